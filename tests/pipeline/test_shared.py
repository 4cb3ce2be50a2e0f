"""Candidates that share steps: to the bit the loop's results, and no step fitted twice."""

import numpy as np
import pytest
import scipy.sparse
from imblearn.over_sampling import SMOTE
from imblearn.under_sampling import RandomUnderSampler
from sklearn.datasets import load_breast_cancer, load_diabetes

from mlkit import config_context
from mlkit.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from mlkit.callback import ProgressBar
from mlkit.decomposition import PCA
from mlkit.ensemble import HistGradientBoostingClassifier
from mlkit.exceptions import FitFailedWarning
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    ParameterGrid,
    RandomizedSearchCV,
    validation_curve,
)
from mlkit.pipeline import Pipeline
from mlkit.preprocessing import FunctionTransformer, MinMaxScaler, Normalizer, StandardScaler

X, Y = load_breast_cancer(return_X_y=True)
X, Y = X[::2], Y[::2]


class Unshared(Pipeline):
    """A pipeline that a search fits candidate by candidate."""

    def fit(self, X, y=None, **params):
        return super().fit(X, y, **params)


class Counter(TransformerMixin, BaseEstimator):
    """Counts how often it is fitted and asked to transform."""

    fits = []
    transforms = []

    def __init__(self, by=1.0, fail=False):
        self.by, self.fail = by, fail

    def fit(self, X, y=None):
        Counter.fits.append(self.by)
        if self.fail:
            raise ValueError("asked to fail")
        self.fitted_ = True
        return self

    def transform(self, X):
        Counter.transforms.append(self.by)
        return X * self.by


@pytest.fixture
def counts():
    Counter.fits.clear()
    Counter.transforms.clear()


def assert_same_table(found, expected):
    assert list(found) == list(expected)
    for key, column in expected.items():
        if key == "params":
            assert found[key] == column or str(found[key]) == str(column)
        elif "time" not in key and not key.startswith("param_"):
            np.testing.assert_array_equal(found[key], column, err_msg=key)


def both(steps, grid, search=GridSearchCV, data=(X, Y), fit={}, **options):  # noqa: B006 read only
    tables = []
    for kind in (Pipeline, Unshared):
        model = kind(
            [(name, clone(step) if step != "passthrough" else step) for name, step in steps]
        )
        with np.errstate(all="ignore"):
            own = [part.copy() for part in data]  # the last fit may write into them
            tables.append(search(model, grid, **options).fit(*own, **fit).cv_results_)
    assert_same_table(*tables)
    return tables[0]


MODEL = LogisticRegression(max_iter=1000)
STEPS = [("scale", StandardScaler()), ("reduce", PCA(random_state=0)), ("model", MODEL)]


@pytest.mark.parametrize(
    "grid",
    [
        {"model__C": [0.1, 1, 10]},
        {"reduce__n_components": [2, 5], "model__C": [0.1, 1.0]},
        {"scale__with_mean": [True, False], "reduce__n_components": [2, 5], "model__C": [1]},
        {"scale": [StandardScaler(), MinMaxScaler(), "passthrough"], "model__C": [0.1, 1]},
        {"model": [MODEL, Ridge(), LogisticRegression(C=0.1, max_iter=1000)], "reduce": [None]},
        {"model__C": [1], "steps": [STEPS, STEPS[::2]]},
        {"model__C": [0.1, 1], "verbose": [False]},
        [{"model__C": [0.1, 1]}, {"scale__with_std": [False], "model__C": [0.1, 1]}],
        # 1, 1.0 and True are equal, and are not the same setting.
        {"reduce__n_components": [1, 0.9, 0.99], "model__fit_intercept": [True, False]},
    ],
)
def test_to_the_bit_the_loop(grid):
    both(STEPS, grid, cv=3, return_train_score=True)


@pytest.mark.parametrize("scoring", [["accuracy", "neg_log_loss"], "roc_auc"])
def test_several_scores(scoring):
    grid = {"reduce__n_components": [2, 5], "model__C": [0.1, 1.0]}
    both(STEPS, grid, cv=3, scoring=scoring, refit=False)


def test_weights_and_jobs_and_sparse_rows():
    weight = np.random.RandomState(0).rand(len(Y))
    grid = {"scale__with_std": [True, False], "model__C": [0.1, 1]}
    steps = [("scale", StandardScaler(with_mean=False)), ("model", MODEL)]
    data = (scipy.sparse.csr_matrix(X), Y)
    fit = {"model__sample_weight": weight, "scale__sample_weight": weight}
    one = both(steps, grid, data=data, fit=fit, cv=3)
    two = both(steps, grid, data=data, fit=fit, cv=3, n_jobs=2)
    assert_same_table(two, one)


def test_every_search(counts):
    grid = {"reduce__n_components": [2, 5], "model__C": [0.1, 1.0]}
    both(STEPS, grid, RandomizedSearchCV, n_iter=3, random_state=0, cv=3)
    both(STEPS, grid, HalvingGridSearchCV, cv=3, random_state=0, factor=2)
    curves = [
        validation_curve(
            kind([("count", Counter()), ("model", MODEL)]),
            X,
            Y,
            param_name="model__C",
            param_range=[0.1, 1, 10],
            cv=3,
        )
        for kind in (Pipeline, Unshared)
    ]
    np.testing.assert_array_equal(*curves)
    # Once a fold for the first curve, once a fold and value for the second.
    assert len(Counter.fits) == 3 + 9


def test_a_prefix_is_fitted_and_applied_once_a_fold(counts):
    steps = [("count", Counter()), ("scale", StandardScaler()), ("model", MODEL)]
    grid = {"count__by": [1.0, 2.0], "model__C": [0.1, 1, 10], "scale__with_mean": [True, False]}
    search = GridSearchCV(Pipeline(steps), grid, cv=4, refit=False, scoring=["accuracy", "roc_auc"])
    search.fit(X, Y)
    assert sorted(Counter.fits) == [1.0] * 4 + [2.0] * 4
    # Training and test rows of each fold.
    assert sorted(Counter.transforms) == [1.0] * 8 + [2.0] * 8


def test_a_step_that_fails_fails_its_candidates_only(counts):
    steps = [("count", Counter()), ("model", MODEL)]
    grid = {"count__fail": [False, True], "model__C": [0.1, 1]}
    with (
        pytest.warns(FitFailedWarning, match="asked to fail"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search = GridSearchCV(Pipeline(steps), grid, cv=3).fit(X, Y)
    scores = search.cv_results_["mean_test_score"]
    np.testing.assert_array_equal(np.isnan(scores), [False, False, True, True])
    with pytest.raises(ValueError, match="asked to fail"):
        GridSearchCV(Pipeline(steps), grid, cv=3, error_score="raise").fit(X, Y)
    assert sum(Counter.fits) == 2 * 3 + 1 + 1 + 1  # a fold, and the best on all rows


class Spoiler(TransformerMixin, BaseEstimator):
    """Writes into what it is given."""

    def __init__(self, times=2.0):
        self.times = times

    def fit(self, X, y=None):
        X *= self.times
        self.fitted_ = True
        return self

    def transform(self, X):
        X *= self.times
        return X


@pytest.mark.parametrize(
    "spoiler",
    [
        Spoiler(),
        StandardScaler(copy=False),
        Normalizer(copy=False),
        FunctionTransformer(lambda X: np.multiply(X, 2, out=X)),
    ],
    ids=["own", "standard", "normalizer", "function"],
)
@pytest.mark.parametrize("place", [0, 1])
def test_steps_that_write_into_their_input(spoiler, place):
    steps = [("first", "passthrough"), ("second", "passthrough"), ("model", MODEL)]
    steps[place] = (steps[place][0], spoiler)
    grid = {"model__C": [0.1, 1, 10], steps[1 - place][0]: ["passthrough", MinMaxScaler()]}
    # What a user's own step does to the rows it was fitted to is nobody's to undo.
    both(steps, grid, cv=3, return_train_score=not isinstance(spoiler, Spoiler))


def test_models_that_write_into_their_input():
    data = load_diabetes(return_X_y=True)
    grid = {"model__alpha": [0.1, 1, 10], "model__copy_X": [False, True]}
    both([("scale", StandardScaler()), ("model", Ridge())], grid, cv=3, data=data)


class Together(ClassifierMixin, BaseEstimator):
    """A model that offers to fit candidates together."""

    asked = []

    def __init__(self, value=0):
        self.value = value

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[self.value])

    def __mlkit_fit_candidates__(self, X, y, candidates, **fit_params):
        Together.asked.append((len(candidates), sorted(fit_params)))
        for index in reversed(range(len(candidates))):
            yield index, clone(self).set_params(**candidates[index]).fit(X, y)


@pytest.mark.parametrize("piped", [False, True])
def test_the_protocol_of_a_model(piped):
    Together.asked.clear()
    model = Together()
    name = "value"
    if piped:
        model, name = Pipeline([("scale", StandardScaler()), ("model", model)]), "model__value"
    weight = {("model__" if piped else "") + "sample_weight": np.ones(len(Y))}
    search = GridSearchCV(model, {name: [1, 0]}, cv=3).fit(X, Y, **weight)
    assert Together.asked == [(2, ["sample_weight"])] * 3
    shares = [np.mean(Y == 1), np.mean(Y == 0)]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], shares, atol=0.01)


def test_callbacks_see_each_fit():
    steps = [("count", Counter()), ("model", MODEL)]
    grid = {"model__C": [0.1, 1]}
    Counter.fits.clear()
    search = GridSearchCV(Pipeline(steps), grid, cv=3, refit=False)
    search.set_callbacks(ProgressBar()).fit(X, Y)
    assert len(Counter.fits) == 6


def test_samplers_take_part():
    steps = [("scale", StandardScaler()), ("sample", SMOTE(random_state=0)), ("model", MODEL)]
    grid = {"sample__k_neighbors": [3, 5], "model__C": [0.1, 1]}
    both(steps, grid, cv=3)


def test_grid_order_is_kept():
    grid = {"model__C": [0.1, 1], "reduce__n_components": [2, 5], "scale__with_std": [True, False]}
    found = GridSearchCV(Pipeline(STEPS), grid, cv=2).fit(X, Y).cv_results_["params"]
    assert found == list(ParameterGrid(grid))


# ------------------------------------------------------------------------------- samplers
def test_samplers_change_what_is_fitted_and_not_what_is_predicted():
    sampler = RandomUnderSampler(random_state=0)
    model = Pipeline([("scale", StandardScaler()), ("sample", sampler), ("model", MODEL)])
    model.fit(X, Y)
    scaled = StandardScaler().fit_transform(X)
    by_hand = clone(MODEL).fit(*clone(sampler).fit_resample(scaled, Y))
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(scaled))
    assert len(model.predict(X)) == len(X)


def test_weights_follow_chosen_rows_and_not_made_ones():
    weight = np.random.RandomState(0).rand(len(Y))
    sampler = RandomUnderSampler(random_state=0)
    model = Pipeline([("sample", sampler), ("again", clone(sampler)), ("model", MODEL)])
    with np.errstate(all="ignore"):
        model.fit(X, Y, model__sample_weight=weight)
        rows = np.arange(len(Y))[model["sample"].sample_indices_][model["again"].sample_indices_]
        by_hand = clone(MODEL).fit(X[rows], Y[rows], sample_weight=weight[rows])
    np.testing.assert_array_equal(model["model"].coef_, by_hand.coef_)
    made = Pipeline([("sample", SMOTE(random_state=0)), ("model", MODEL)])
    with pytest.raises(ValueError, match="makes rows"):
        made.fit(X, Y, model__sample_weight=weight)


def test_rows_have_results_whatever_is_sampled():
    sampler = RandomUnderSampler(random_state=0)
    model = Pipeline([("sample", sampler), ("scale", StandardScaler())])
    transformed = model.fit_transform(X, Y)
    np.testing.assert_array_equal(transformed, model.transform(X))
    assert len(transformed) == len(X)
    assert list(model.get_feature_names_out()) == list(model["scale"].get_feature_names_out())
    np.testing.assert_allclose(model.inverse_transform(transformed), X, rtol=1e-7, atol=1e-12)
    ends = Pipeline([("scale", StandardScaler()), ("sample", sampler)])
    sampled, labels = ends.fit_resample(X, Y)
    assert len(sampled) == len(labels) == 2 * min(np.bincount(Y))
    assert not hasattr(model, "partial_fit")


# ---------------------------------------------------------------------- validation sets
def test_validation_rows_go_through_the_steps():
    """Early stopping sees them as the steps before make them, in a search too."""
    scaler, model = StandardScaler(), HistGradientBoostingClassifier(early_stopping=True)
    model.set_params(max_iter=30, n_iter_no_change=3)
    train, held = np.arange(len(X)) % 3 > 0, np.arange(len(X)) % 3 == 0
    given = {"X_val": X[held], "y_val": Y[held]}
    with config_context(enable_metadata_routing=True):
        model.set_fit_request(X_val=True, y_val=True)
        pipe = Pipeline([("scale", scaler), ("model", model)], transform_input=["X_val"])
        fitted = clone(pipe).fit(X[train], Y[train], **given)
        by_hand = clone(scaler).fit(X[train])
        alone = clone(model).fit(
            by_hand.transform(X[train]),
            Y[train],
            X_val=by_hand.transform(X[held]),
            y_val=Y[held],
        )
        np.testing.assert_array_equal(fitted["model"].validation_score_, alone.validation_score_)
        scaled = by_hand.transform(X)
        np.testing.assert_array_equal(fitted.predict_proba(X), alone.predict_proba(scaled))
        grid = {"model__max_iter": [5, 30, 10], "scale__with_std": [True, False]}
        tables = []
        for kind in (Pipeline, Unshared):
            steps = [("scale", clone(scaler)), ("model", clone(model))]
            search = GridSearchCV(kind(steps, transform_input=["X_val"]), grid, cv=2)
            tables.append(search.fit(X[train], Y[train], **given).cv_results_)
        assert_same_table(*tables)
