"""Gradient boosting: stages are scikit-learn's, and steps down the loss by their definitions."""

import pickle

import numpy as np
import pytest
import sklearn.ensemble as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.datasets import load_breast_cancer, load_diabetes, make_classification
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsRegressor

from mlkit.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from mlkit.exceptions import NotFittedError
from mlkit.linear_model import Ridge

# Continuous columns without ties, so that no two cuts gain the same.
_, YR = load_diabetes(return_X_y=True)
XR = np.random.RandomState(0).randn(442, 10) + 10 * load_diabetes().data
WEIGHT = np.random.RandomState(1).rand(442)
CLASSES = {
    k: make_classification(300, n_classes=k, n_informative=5, random_state=1) for k in (2, 4)
}
SETTINGS = {
    "default": {},
    "some features": {"max_features": 3},
    "best leaf first": {"max_depth": None, "max_leaf_nodes": 6},
    "large leaves": {"min_samples_leaf": 9, "min_samples_split": 0.1},
    "share of weight": {"min_weight_fraction_leaf": 0.05},
    "from zero": {"init": "zero"},
    "pruned": {"ccp_alpha": 20.0},
    "stops early": {"n_iter_no_change": 3},
}


def _agree(ours, theirs, X, rtol=1e-9):
    name = "decision_function" if hasattr(theirs, "decision_function") else "predict"
    assert ours.n_estimators_ == theirs.n_estimators_
    assert ours.estimators_.shape == theirs.estimators_.shape
    assert_allclose(ours.train_score_, theirs.train_score_, rtol=rtol)
    expected = getattr(theirs, name)(X)
    assert_allclose(getattr(ours, name)(X), expected, rtol=rtol, atol=rtol * np.abs(expected).max())


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_a_regressor_is_scikit_learns(loss, weighted, setting):
    options = {"loss": loss, "n_estimators": 15, "random_state": 0, **SETTINGS[setting]}
    weight = {"sample_weight": WEIGHT} if weighted else {}
    ours = GradientBoostingRegressor(**options).fit(XR, YR, **weight)
    theirs = reference.GradientBoostingRegressor(**options).fit(XR, YR, **weight)
    _agree(ours, theirs, XR)
    for tree, same in zip(ours.estimators_[:3, 0], theirs.estimators_[:3, 0], strict=True):
        # Of two columns that part a few rows alike either may be taken.
        alike = tree.tree_.feature == same.tree_.feature
        assert alike.mean() > 0.9
        assert_array_equal(tree.tree_.threshold[alike], same.tree_.threshold[alike])
        values, expected = np.sort(tree.tree_.value.ravel()), np.sort(same.tree_.value.ravel())
        assert_allclose(values, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("loss", ["absolute_error", "quantile"])
def test_losses_of_two_slopes_are_as_good(loss):
    """Slopes have two values only and cuts tie, so trees differ; the loss does not."""
    options = {"loss": loss, "n_estimators": 40, "random_state": 0, "alpha": 0.8}
    ours = GradientBoostingRegressor(**options).fit(XR, YR)
    theirs = reference.GradientBoostingRegressor(**options).fit(XR, YR)
    assert_allclose(ours.train_score_[0], theirs.train_score_[0], rtol=1e-9)
    assert_allclose(ours.train_score_[-1], theirs.train_score_[-1], rtol=0.03)


@pytest.mark.parametrize("setting", ["default", "some features", "from zero", "large leaves"])
@pytest.mark.parametrize(
    ("n_classes", "loss"), [(2, "log_loss"), (2, "exponential"), (4, "log_loss")]
)
def test_a_classifier_is_scikit_learns(n_classes, loss, setting):
    X, y = CLASSES[n_classes]
    options = {"loss": loss, "n_estimators": 8, "random_state": 0, **SETTINGS[setting]}
    names = np.array(["a", "b", "c", "d"])[y]
    ours = GradientBoostingClassifier(**options).fit(X, names)
    theirs = reference.GradientBoostingClassifier(**options).fit(X, names)
    # Slopes have few values at first and cuts tie: either may be taken, and both are as good.
    assert_allclose(ours.train_score_, theirs.train_score_, rtol=0.02)
    assert np.mean(ours.predict(X) == theirs.predict(X)) > 0.95
    assert_array_equal(ours.classes_, theirs.classes_)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
def test_leaves_take_the_step_that_lowers_the_loss_most(loss):
    """The step of a leaf is the best constant; of Huber's loss Friedman's estimate of it."""
    model = GradientBoostingRegressor(loss=loss, n_estimators=1, learning_rate=1.0, alpha=0.7)
    model.fit(XR, YR)
    start = model.init_.predict(XR)
    leaf = model.apply(XR)[:, 0].astype(int)
    objective = model._objective().at(YR, start[:, None], None)
    for node in np.unique(leaf):
        rows = leaf == node
        residual = (YR - start)[rows]

        def total(step, residual=residual):
            return objective.mean_loss(residual, np.full((len(residual), 1), step))

        best = minimize_scalar(total, bounds=(residual.min(), residual.max()), method="bounded")
        step = model.estimators_[0, 0].tree_.value[node, 0, 0]
        assert total(step) <= best.fun * (1.02 if loss == "huber" else 1 + 1e-6)


@pytest.mark.parametrize(
    ("n_classes", "loss"), [(2, "log_loss"), (2, "exponential"), (4, "log_loss")]
)
def test_leaves_of_a_classifier_take_a_newton_step(n_classes, loss):
    X, y = CLASSES[n_classes]
    model = GradientBoostingClassifier(loss=loss, n_estimators=1, learning_rate=1.0).fit(X, y)
    share = np.bincount(y) / len(y)
    for k, tree in enumerate(model.estimators_[0]):
        if loss == "exponential":
            z = 0.5 * np.log(share[1] / share[0])
            slope = np.where(y == 1, np.exp(-z), -np.exp(z))
            curvature = np.abs(slope)
        else:
            label = 1 if n_classes == 2 else k
            slope = (y == label) - share[label]
            curvature = np.full(len(y), share[label] * (1 - share[label]))
        factor = 1 if n_classes == 2 else 3 / 4
        leaf = tree.apply(X)
        for node in np.unique(leaf):
            rows = leaf == node
            step = factor * slope[rows].sum() / curvature[rows].sum()
            assert_allclose(tree.tree_.value[node, 0, 0], step, rtol=1e-6)


def test_predictions_are_sums_of_trees():
    X, y = CLASSES[4]
    model = GradientBoostingClassifier(n_estimators=5, learning_rate=0.3, random_state=0).fit(X, y)
    raw = np.log(np.bincount(y) / len(y)) * np.ones((len(X), 1))
    raw -= raw.mean(axis=1, keepdims=True)
    for stage in model.estimators_:
        for k, tree in enumerate(stage):
            raw[:, k] += 0.3 * tree.predict(X)
    assert_allclose(model.decision_function(X), raw)
    odds = np.exp(raw)
    assert_allclose(model.predict_proba(X), odds / odds.sum(axis=1, keepdims=True))
    assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))
    assert model.apply(X).shape == (300, 5, 4)
    assert_array_equal(model.apply(X)[:, 2, 1], model.estimators_[2, 1].apply(X))


def test_the_last_stage_is_the_whole():
    X, y = CLASSES[2]
    model = GradientBoostingClassifier(n_estimators=7, random_state=0).fit(X, y)
    assert len(list(model.staged_predict(X))) == len(model) == 7
    *_, raw = model.staged_decision_function(X)
    assert_array_equal(raw[:, 0], model.decision_function(X))
    *_, share = model.staged_predict_proba(X)
    assert_array_equal(share, model.predict_proba(X))
    loss = [
        -2 * np.mean(np.log(share[np.arange(len(y)), y])) for share in model.staged_predict_proba(X)
    ]
    assert_allclose(model.train_score_, loss)


def test_rows_out_of_the_bag():
    options = {"subsample": 0.5, "n_estimators": 12, "random_state": 0, "loss": "absolute_error"}
    ours = GradientBoostingRegressor(**options).fit(XR, YR)
    theirs = reference.GradientBoostingRegressor(**options).fit(XR, YR)
    assert_allclose(ours.train_score_[0], theirs.train_score_[0])
    assert_allclose(ours.oob_improvement_[0], theirs.oob_improvement_[0])
    assert_allclose(ours.oob_scores_, theirs.oob_scores_, rtol=0.05)
    assert ours.oob_score_ == ours.oob_scores_[-1]
    assert_allclose(-np.diff(ours.oob_scores_), ours.oob_improvement_[1:])
    assert not hasattr(GradientBoostingRegressor(n_estimators=1).fit(XR, YR), "oob_scores_")


def test_a_weight_of_two_is_a_row_twice():
    weight = 1.0 + np.arange(442) % 2
    twice = np.repeat(np.arange(442), weight.astype(int))
    for loss in ("squared_error", "absolute_error", "quantile"):
        model = GradientBoostingRegressor(loss=loss, n_estimators=8, random_state=0)
        weighted = model.fit(XR, YR, sample_weight=weight).predict(XR)
        assert_allclose(weighted, model.fit(XR[twice], YR[twice]).predict(XR), rtol=1e-9)


@pytest.mark.parametrize("subsample", [1.0, 0.7])
def test_warm_start_goes_on(subsample):
    X, y = CLASSES[4]
    options = {"subsample": subsample, "random_state": 0}
    parts = GradientBoostingClassifier(n_estimators=4, warm_start=True, **options).fit(X, y)
    parts.set_params(n_estimators=9).fit(X, y)
    whole = GradientBoostingClassifier(n_estimators=9, **options).fit(X, y)
    assert_array_equal(parts.decision_function(X), whole.decision_function(X))
    assert_array_equal(parts.train_score_, whole.train_score_)
    with pytest.raises(ValueError, match="must not be less"):
        parts.set_params(n_estimators=2).fit(X, y)
    again = parts.set_params(n_estimators=2, warm_start=False).fit(X, y)
    assert len(again.estimators_) == 2


def test_trees_keep_the_parameters_they_were_grown_under():
    model = GradientBoostingRegressor(max_depth=1, n_estimators=3, warm_start=True).fit(XR, YR)
    model.set_params(max_depth=2, n_estimators=5).fit(XR, YR)
    assert [tree.max_depth for tree in model.estimators_[:, 0]] == [1, 1, 1, 2, 2]


@pytest.mark.parametrize("init", [Ridge(), LinearRegression(), KNeighborsRegressor()])
def test_it_begins_with_a_model(init):
    model = GradientBoostingRegressor(init=init, n_estimators=3).fit(XR, YR)
    start = model.init_.predict(XR)
    added = sum(tree.predict(XR) for tree in model.estimators_[:, 0])
    assert_allclose(model.predict(XR), start + 0.1 * added)
    assert init is not model.init_
    if isinstance(init, KNeighborsRegressor):
        with pytest.raises(ValueError, match="does not support sample weights"):
            model.fit(XR, YR, sample_weight=WEIGHT)


def test_it_begins_with_probabilities():
    X, y = CLASSES[4]
    model = GradientBoostingClassifier(init=LogisticRegression(), n_estimators=2).fit(X, y)
    theirs = reference.GradientBoostingClassifier(init=LogisticRegression(), n_estimators=2)
    assert_allclose(model.predict_proba(X), theirs.fit(X, y).predict_proba(X), atol=1e-4)


def test_rows_held_out_end_it():
    X, y = load_breast_cancer(return_X_y=True)
    options = {"n_estimators": 500, "n_iter_no_change": 5, "random_state": 0, "tol": 1e-3}
    model = GradientBoostingClassifier(**options).fit(X, y)
    assert model.n_estimators_ == len(model.train_score_) == len(model.estimators_) < 300
    assert model.score(X, y) > 0.97


def test_a_monitor_sees_each_stage_and_ends_it():
    seen = []

    def monitor(number, model, state):
        seen.append((number, model.train_score_[number], len(model.estimators_)))
        assert_allclose(model.predict(XR), state["raw_predictions"][:, 0])
        return number == 4

    model = GradientBoostingRegressor(n_estimators=50).fit(XR, YR, monitor=monitor)
    assert [number for number, _, _ in seen] == list(range(5))
    assert [count for _, _, count in seen] == [1, 2, 3, 4, 5]
    assert_array_equal(model.train_score_, [score for _, score, _ in seen])


class _Watcher:
    """Ends a fit after some stages, noting how well the model so far predicts."""

    def __init__(self):
        self.scores = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        if context.task_name == "stage":
            self.scores.append(fitted_estimator.score(X, y))
        return len(self.scores) == 6


def test_callbacks_see_each_stage_and_end_it():
    watcher = _Watcher()
    model = GradientBoostingRegressor(n_estimators=50).set_callbacks(watcher).fit(XR, YR)
    assert model.n_estimators_ == 6
    assert watcher.scores == sorted(watcher.scores)
    assert watcher.scores[-1] == model.score(XR, YR)


@pytest.mark.parametrize(("verbose", "n_lines"), [(1, 1 + 10 + 4), (2, 1 + 50)])
def test_it_tells_of_its_progress(capsys, verbose, n_lines):
    GradientBoostingRegressor(n_estimators=50, subsample=0.8, verbose=verbose).fit(XR, YR)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Iter", "Train", "Loss", "OOB", "Improve", "Remaining", "Time"]
    assert len(lines) == n_lines


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("subsample", [1.0, 0.6])
def test_sparse_x(kind, subsample):
    X = np.where(np.abs(XR) > 1, XR, 0.0)
    model = GradientBoostingRegressor(n_estimators=10, subsample=subsample, random_state=0)
    dense = model.fit(X, YR).predict(X)
    assert_allclose(model.fit(kind(X), YR).predict(kind(X)), dense, rtol=1e-9)


def test_missing_values_go_where_they_fit():
    rng = np.random.RandomState(0)
    X = rng.rand(300, 3)
    y = np.where(X[:, 0] > 0.5, 3.0, 0.0)
    X[rng.rand(300) < 0.3, 0] = np.nan
    y[np.isnan(X[:, 0])] = 7.0
    model = GradientBoostingRegressor(n_estimators=60, learning_rate=0.3).fit(X, y)
    assert model.score(X, y) > 0.999


def test_importances_are_mean_decreases():
    model = GradientBoostingRegressor(n_estimators=10, random_state=0).fit(XR, YR)
    parts = [
        tree.tree_.compute_feature_importances(normalize=False) for tree in model.estimators_[:, 0]
    ]
    assert_allclose(model.feature_importances_, np.mean(parts, axis=0) / np.mean(parts, 0).sum())
    constant = GradientBoostingRegressor(n_estimators=2).fit(XR, np.ones(442))
    assert_array_equal(constant.feature_importances_, np.zeros(10))


def test_partial_dependence_by_recursion():
    theirs = reference.GradientBoostingRegressor(n_estimators=15, random_state=0).fit(XR, YR)
    model = GradientBoostingRegressor(n_estimators=15, random_state=0).fit(XR, YR)
    grid = XR[:6, [8, 2]]
    assert_allclose(
        model._compute_partial_dependence_recursion(grid, [8, 2]),
        theirs._compute_partial_dependence_recursion(
            grid.astype(np.float32), np.array([8, 2], dtype=np.intp)
        ),
    )


def test_it_is_pickled_without_what_can_be_made_again():
    model = GradientBoostingRegressor(n_estimators=30, random_state=0).fit(XR, YR)
    size = len(pickle.dumps(model))
    assert model.estimators_.shape == (30, 1)
    assert len(pickle.dumps(model)) == size
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(XR), model.predict(XR))
    theirs = reference.GradientBoostingRegressor(n_estimators=30, random_state=0).fit(XR, YR)
    assert size < len(pickle.dumps(theirs)) / 2


def test_what_cannot_be_fitted():
    X, y = CLASSES[4]
    with pytest.raises(ValueError, match="exponential"):
        GradientBoostingClassifier(loss="exponential").fit(X, y)
    with pytest.raises(ValueError, match="minimum of 2 classes"):
        GradientBoostingClassifier().fit(X, np.zeros(300))
    with pytest.raises(ValueError, match="minimum of 2 classes"):
        GradientBoostingClassifier().fit(X, y, sample_weight=(y == 1).astype(float))
    with pytest.raises(NotFittedError):
        GradientBoostingClassifier().predict(X)
    with pytest.raises(AttributeError, match="before fit"):
        _ = GradientBoostingClassifier().estimators_
    with pytest.warns(FutureWarning, match="criterion"):
        GradientBoostingClassifier(criterion="squared_error", n_estimators=1).fit(X, y)
