"""Bagging: scikit-learn's draws for a seed, and the mean of models fitted to them."""

import warnings

import numpy as np
import pytest
import sklearn.ensemble as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_diabetes, make_classification
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier as TheirTree

import mlkit
from mlkit.ensemble import BaggingClassifier, BaggingRegressor
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.tree import DecisionTreeClassifier

X, Y = make_classification(120, n_classes=3, n_informative=5, random_state=0)
NAMES = np.array(["a", "b", "c"])[Y]
WEIGHT = np.random.RandomState(0).rand(120) * 2
XR, YR = load_diabetes(return_X_y=True)

DRAWS = {
    "all rows": {},
    "half of the rows": {"max_samples": 0.5},
    "without replacement": {"bootstrap": False, "max_samples": 50},
    "some columns": {"max_features": 0.4},
    "columns with replacement": {"bootstrap_features": True, "max_features": 7},
    "out of bag": {"oob_score": True, "n_estimators": 30},
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize(
    "model",
    [TheirTree(max_depth=3), SVC(), GaussianNB()],
    ids=["tree", "votes", "bayes"],
)
def test_a_classifier_is_scikit_learns(model, draw, weighted):
    weight = {"sample_weight": WEIGHT} if weighted else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # draws without replacement and weights do not go together
        ours = BaggingClassifier(model, random_state=3, **DRAWS[draw]).fit(X, NAMES, **weight)
        theirs = reference.BaggingClassifier(model, random_state=3, **DRAWS[draw])
        theirs.fit(X, NAMES, **weight)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-14)
    for rows, same in zip(ours.estimators_samples_, theirs.estimators_samples_, strict=True):
        assert_array_equal(rows, same)
    for columns, same in zip(ours.estimators_features_, theirs.estimators_features_, strict=True):
        assert_array_equal(columns, same)
    if ours.oob_score:
        assert_allclose(ours.oob_decision_function_, theirs.oob_decision_function_)
        assert ours.oob_score_ == theirs.oob_score_
    assert hasattr(ours, "decision_function") == hasattr(theirs, "decision_function")
    if hasattr(ours, "decision_function"):
        assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-12)


@pytest.mark.parametrize("draw", DRAWS)
def test_a_regressor_is_scikit_learns(draw):
    options = {"random_state": 3, **DRAWS[draw]}
    options["max_features"] = min(options.get("max_features", 1.0), 5)
    ours = BaggingRegressor(KNeighborsRegressor(), **options).fit(XR, YR)
    theirs = reference.BaggingRegressor(KNeighborsRegressor(), **options).fit(XR, YR)
    assert_allclose(ours.predict(XR), theirs.predict(XR))
    if ours.oob_score:
        assert_allclose(ours.oob_prediction_, theirs.oob_prediction_)
        assert_allclose(ours.oob_score_, theirs.oob_score_)


def test_our_trees_on_shared_columns_are_trees_fitted_alone():
    model = BaggingClassifier(DecisionTreeClassifier(), n_estimators=5, random_state=0).fit(X, Y)
    for tree, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        alone = DecisionTreeClassifier(random_state=tree.random_state)
        alone.fit(X, Y, sample_weight=np.bincount(rows, minlength=120))
        assert_array_equal(tree.tree_.threshold, alone.tree_.threshold)
        assert_array_equal(tree.predict_proba(X), alone.predict_proba(X))
    theirs = reference.BaggingClassifier(TheirTree(), n_estimators=5, random_state=0).fit(X, Y)
    assert np.mean(model.predict(X) == theirs.predict(X)) > 0.98


def test_one_walk_through_all_trees_is_model_by_model():
    model = BaggingClassifier(n_estimators=6, random_state=0).fit(X, Y)
    parts = [each.predict_proba(X) for each in model]
    assert_allclose(model.predict_proba(X), np.mean(parts, axis=0), atol=1e-15)
    regressor = BaggingRegressor(n_estimators=6, random_state=0).fit(XR, np.c_[YR, XR])
    assert_allclose(regressor.predict(XR), np.mean([each.predict(XR) for each in regressor], 0))


def test_the_mean_of_what_models_predict():
    model = BaggingRegressor(Ridge(), n_estimators=4, max_features=3, random_state=0).fit(XR, YR)
    parts = [
        each.predict(XR[:, columns])
        for each, columns in zip(model.estimators_, model.estimators_features_, strict=True)
    ]
    assert_allclose(model.predict(XR), np.mean(parts, axis=0))


def test_rows_become_weights_where_the_model_takes_them():
    model = BaggingClassifier(LogisticRegression(tol=1e-8), n_estimators=2, random_state=0)
    model.fit(X, Y)
    rows = model.estimators_samples_[0]
    copies = LogisticRegression(tol=1e-8).fit(X[rows], Y[rows])
    assert_allclose(model[0].coef_, copies.coef_, rtol=1e-4)


def test_models_that_lack_a_class_give_it_nothing():
    y = np.zeros(60, dtype=int)
    y[:2], y[2:30] = 2, 1
    rows = X[:60]
    # Drawn rows are taken out of X for a model that knows no weights.
    model = BaggingClassifier(KNeighborsClassifier(), n_estimators=20, random_state=0)
    model.fit(rows, y)
    lacking = [each for each in model.estimators_ if len(each.classes_) == 2]
    assert lacking
    share = model.predict_proba(rows)
    assert share.shape == (60, 3)
    assert_allclose(share.sum(axis=1), 1)
    with np.errstate(divide="ignore"):
        assert_allclose(np.exp(model.predict_log_proba(rows)), share)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_out_of_bag_predictions_are_of_models_without_the_row(n_outputs):
    y = YR if n_outputs == 1 else np.c_[YR, XR[:, 0]]
    model = BaggingRegressor(n_estimators=30, oob_score=True, random_state=0).fit(XR, y)
    row = 7
    said = [
        each.predict(XR[[row]])[0]
        for each, rows in zip(model.estimators_, model.estimators_samples_, strict=True)
        if row not in rows
    ]
    assert_allclose(model.oob_prediction_[row], np.mean(said, axis=0))
    assert 0.2 < model.oob_score_ < 1


def test_warm_start_goes_on_with_the_draws():
    parts = BaggingClassifier(n_estimators=4, warm_start=True, random_state=0).fit(X, Y)
    parts.set_params(n_estimators=9).fit(X, Y)
    whole = BaggingClassifier(n_estimators=9, random_state=0).fit(X, Y)
    assert_array_equal(parts.predict_proba(X), whole.predict_proba(X))
    with pytest.warns(UserWarning, match="does not fit new trees"):
        parts.fit(X, Y)
    with pytest.raises(ValueError, match="must not be less"):
        parts.set_params(n_estimators=3).fit(X, Y)


@pytest.mark.parametrize("model", [None, LogisticRegression()], ids=["trees", "linear"])
def test_jobs_do_not_change_it(model):
    one = BaggingClassifier(model, random_state=0).fit(X, Y)
    two = BaggingClassifier(model, random_state=0, n_jobs=2).fit(X, Y)
    assert_array_equal(one.predict_proba(X), two.predict_proba(X))


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_x(kind):
    model = BaggingClassifier(random_state=0, max_features=0.5).fit(kind(X), Y)
    dense = BaggingClassifier(random_state=0, max_features=0.5).fit(X, Y)
    assert_array_equal(model.predict_proba(kind(X)), dense.predict_proba(X))


def test_missing_values_are_the_models_affair():
    holed = X.copy()
    holed[::7, 0] = np.nan
    assert BaggingClassifier(random_state=0).fit(holed, Y).score(holed, Y) > 0.9
    with pytest.raises(ValueError, match="NaN"):
        BaggingClassifier(LogisticRegression()).fit(holed, Y)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"max_samples": 121, "bootstrap": False}, "without replacement"),
        ({"max_features": 21}, "columns"),
        ({"oob_score": True, "bootstrap": False}, "bootstrap=True"),
        ({"oob_score": True, "warm_start": True}, "warm_start=False"),
    ],
    ids=["rows", "columns", "no bag", "warm"],
)
def test_draws_that_cannot_be(options, match):
    with pytest.raises(ValueError, match=match):
        BaggingClassifier(**options).fit(X, Y)


def test_weights_say_how_often_rows_are_drawn():
    weight = np.where(np.arange(120) < 60, 3.0, 1.0)
    model = BaggingClassifier(n_estimators=60, max_samples=1.0, random_state=0)
    drawn = np.concatenate(model.fit(X, Y, sample_weight=weight).estimators_samples_)
    assert len(drawn) == 60 * 240
    assert abs(np.mean(drawn < 60) - 0.75) < 0.02
    with pytest.warns(UserWarning, match="bootstrap=True is recommended"):
        BaggingClassifier(bootstrap=False).fit(X, Y, sample_weight=weight)
    with pytest.warns(UserWarning, match="less than one row"):
        BaggingClassifier(max_samples=1e-3).fit(X, Y)


def test_metadata_goes_to_the_models():
    with mlkit.config_context(enable_metadata_routing=True):
        asks = LogisticRegression().set_fit_request(sample_weight=True)
        model = BaggingClassifier(asks, n_estimators=2, random_state=0).fit(X, Y)
        assert model.get_metadata_routing().consumes("fit", ["sample_weight"]) == {"sample_weight"}
    plain = BaggingClassifier(LogisticRegression(), n_estimators=2, random_state=0).fit(X, Y)
    assert_allclose(model.predict_proba(X), plain.predict_proba(X))


def test_it_is_a_sequence_of_models():
    model = BaggingClassifier(n_estimators=3, random_state=0).fit(X, NAMES)
    assert len(model) == 3
    assert list(model) == model.estimators_
    assert model[1] is model.estimators_[1]
    assert len({each.random_state for each in model}) == 3
