"""AdaBoost: the rounds of SAMME and of AdaBoost.R2, and what the stages tell."""

import warnings

import numpy as np
import pytest
import sklearn.ensemble as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_diabetes, make_classification
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier as TheirTree

from mlkit.ensemble import AdaBoostClassifier, AdaBoostRegressor
from mlkit.linear_model import Ridge
from mlkit.tree import DecisionTreeClassifier, DecisionTreeRegressor

DATA = {k: make_classification(120, n_classes=k, n_informative=5, random_state=0) for k in (2, 3)}
WEIGHT = np.random.RandomState(0).rand(120) * 2
XR, YR = load_diabetes(return_X_y=True)


@pytest.mark.parametrize(
    "options", [{"n_estimators": 12}, {"n_estimators": 9, "learning_rate": 0.5}]
)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "model",
    [TheirTree(max_depth=1), TheirTree(max_depth=3), GaussianNB()],
    ids=["stump", "tree", "bayes"],
)
@pytest.mark.parametrize("n_classes", DATA)
def test_a_classifier_is_scikit_learns(n_classes, model, weighted, options):
    X, y = DATA[n_classes]
    weight = {"sample_weight": WEIGHT} if weighted else {}
    ours = AdaBoostClassifier(model, random_state=3, **options)
    theirs = reference.AdaBoostClassifier(model, random_state=3, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs.fit(X, y, **weight)
        except ValueError:
            with pytest.raises(ValueError, match="worse than random"):
                ours.fit(X, y, **weight)
            return
        ours.fit(X, y, **weight)
    assert_allclose(ours.estimator_errors_, theirs.estimator_errors_, atol=1e-14)
    assert_allclose(ours.estimator_weights_, theirs.estimator_weights_, rtol=1e-10)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-10)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    for stage, same in zip(
        ours.staged_decision_function(X), theirs.staged_decision_function(X), strict=True
    ):
        assert_allclose(stage, same, atol=1e-12)
    assert list(ours.staged_score(X, y)) == list(theirs.staged_score(X, y))


@pytest.mark.parametrize(
    "options",
    [{}, {"loss": "square"}, {"loss": "exponential"}, {"learning_rate": 0.3}, {"n_estimators": 3}],
)
def test_a_regressor_is_scikit_learns(options):
    ours = AdaBoostRegressor(LinearRegression(), random_state=3, **options).fit(XR, YR)
    theirs = reference.AdaBoostRegressor(LinearRegression(), random_state=3, **options).fit(XR, YR)
    assert_allclose(ours.predict(XR), theirs.predict(XR))
    assert_allclose(list(ours.staged_score(XR, YR)), list(theirs.staged_score(XR, YR)))
    assert_allclose(ours.estimator_weights_, theirs.estimator_weights_)


def test_default_trees_are_scikit_learns():
    X, y = DATA[2]
    ours = AdaBoostClassifier(random_state=0).fit(X, y)
    theirs = reference.AdaBoostClassifier(random_state=0).fit(X, y)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    ours = AdaBoostRegressor(random_state=0).fit(XR, YR)
    theirs = reference.AdaBoostRegressor(random_state=0).fit(XR, YR)
    assert abs(ours.score(XR, YR) - theirs.score(XR, YR)) < 0.02


class _OnceMore(DecisionTreeClassifier):
    """A tree that is not known to share columns."""


class _OnceMoreRegressor(DecisionTreeRegressor):
    """The same."""


@pytest.mark.parametrize("weighted", [False, True])
def test_sharing_columns_changes_nothing(weighted):
    X, y = DATA[3]
    weight = np.where(np.arange(120) % 5, 1.0, 0.0) if weighted else None
    shared = AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), random_state=0)
    alone = AdaBoostClassifier(_OnceMore(max_depth=2), random_state=0)
    shared.fit(X, y, sample_weight=weight)
    alone.fit(X, y, sample_weight=weight)
    assert_allclose(shared.predict_proba(X), alone.predict_proba(X), rtol=1e-11)
    assert_allclose(shared.feature_importances_, alone.feature_importances_, rtol=1e-11)


@pytest.mark.parametrize("options", [{"max_depth": 3}, {"max_depth": 3, "min_samples_leaf": 9}])
def test_rows_drawn_may_be_weights(options):
    """A tree of drawn rows is that of their counts, unless leaves are limited by rows."""
    shared = AdaBoostRegressor(DecisionTreeRegressor(**options), random_state=0).fit(XR, YR)
    alone = AdaBoostRegressor(_OnceMoreRegressor(**options), random_state=0).fit(XR, YR)
    assert_allclose(shared.predict(XR), alone.predict(XR), rtol=1e-9)


def test_one_walk_through_all_trees_is_model_by_model():
    X, y = DATA[3]
    shared = AdaBoostClassifier(n_estimators=9, random_state=0).fit(X, y)
    *_, stage = shared.staged_decision_function(X)
    assert_allclose(shared.decision_function(X), stage, atol=1e-14)
    shared.estimators_[4] = shared.estimators_[0]
    *_, stage = shared.staged_decision_function(X)
    assert_allclose(shared.decision_function(X), stage, atol=1e-14)
    regressor = AdaBoostRegressor(n_estimators=9, random_state=0).fit(XR, YR)
    said = np.array([each.predict(XR) for each in regressor]).T
    assert_array_equal(regressor.predict(XR), regressor._median(said))


def test_the_weights_of_rows_follow_from_the_errors():
    X, y = DATA[2]
    model = AdaBoostClassifier(TheirTree(max_depth=1), n_estimators=2, random_state=0).fit(X, y)
    wrong = model[0].predict(X) != y
    error = wrong.mean()
    assert_allclose(model.estimator_weights_[0], np.log((1 - error) / error))
    weight = np.where(wrong, np.exp(model.estimator_weights_[0]), 1.0)
    # Half of the new weight is on the rows that were wrong.
    assert_allclose(weight[wrong].sum(), weight[~wrong].sum())
    second = model[1].predict(X) != y
    assert_allclose(model.estimator_errors_[1], weight[second].sum() / weight.sum())


def test_a_prediction_is_the_weighted_median():
    model = AdaBoostRegressor(n_estimators=7, random_state=0).fit(XR, YR)
    said = np.array([each.predict(XR[:5]) for each in model])
    say = model.estimator_weights_
    for column, predicted in zip(said.T, model.predict(XR[:5]), strict=True):
        assert say[column < predicted].sum() < say.sum() / 2 <= say[column <= predicted].sum()


def test_the_last_stage_is_the_whole():
    X, y = DATA[3]
    model = AdaBoostClassifier(n_estimators=6, random_state=0).fit(X, y)
    *_, last = model.staged_predict_proba(X)
    assert_allclose(last, model.predict_proba(X), rtol=1e-12)
    *_, last = model.staged_predict(X)
    assert_array_equal(last, model.predict(X))
    assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))
    regressor = AdaBoostRegressor(n_estimators=6, random_state=0).fit(XR, YR)
    *_, last = regressor.staged_predict(XR)
    assert_array_equal(last, regressor.predict(XR))


def test_a_perfect_fit_ends_the_rounds():
    X, y = DATA[2]
    model = AdaBoostClassifier(DecisionTreeClassifier(), random_state=0).fit(X, y)
    assert len(model) == 1
    assert model.estimator_weights_[0] == 1
    assert model.estimator_errors_[0] == 0


def test_weights_of_0_stay_0():
    X, y = DATA[2]
    weight = np.where(np.arange(120) < 60, 1.0, 0.0)
    part = AdaBoostClassifier(n_estimators=10, random_state=0).fit(X[:60], y[:60])
    whole = AdaBoostClassifier(n_estimators=10, random_state=0).fit(X, y, sample_weight=weight)
    assert_allclose(whole.predict_proba(X), part.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_x(kind):
    X, y = DATA[3]
    model = AdaBoostClassifier(random_state=0).fit(kind(X), y)
    dense = AdaBoostClassifier(random_state=0).fit(X, y)
    assert_array_equal(model.predict_proba(kind(X)), dense.predict_proba(X))


def test_what_cannot_be_boosted():
    X, y = DATA[2]
    with pytest.raises(ValueError, match="doesn't support sample_weight"):
        AdaBoostClassifier(KNeighborsClassifier()).fit(X, y)
    with pytest.raises(ValueError, match="Negative values"):
        AdaBoostClassifier().fit(X, y, sample_weight=-np.ones(120))
    assert not hasattr(AdaBoostRegressor(Ridge()).fit(XR, YR), "feature_importances_")
