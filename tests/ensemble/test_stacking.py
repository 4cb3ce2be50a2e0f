"""Stacking: the final model is fitted to out-of-fold predictions, and predicts from fresh ones."""

import numpy as np
import pytest
import sklearn.ensemble as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    make_multilabel_classification,
)
from sklearn.linear_model import RidgeCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import mlkit
from mlkit.ensemble import StackingClassifier, StackingRegressor
from mlkit.exceptions import NotFittedError
from mlkit.frozen import FrozenEstimator
from mlkit.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from mlkit.model_selection import KFold, StratifiedKFold, cross_val_predict
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import StandardScaler

X, Y = load_iris(return_X_y=True)
NAMES = load_iris().target_names[Y]
XB, YB = load_breast_cancer(return_X_y=True)
XR, YR = load_diabetes(return_X_y=True)
MODELS = [("bayes", GaussianNB()), ("near", KNeighborsClassifier()), ("ridge", RidgeClassifier())]
FINAL = LogisticRegression(max_iter=1000)


def _both(models, final, X, y, **options):
    ours = StackingClassifier(models, final, **options).fit(X, y)
    return ours, reference.StackingClassifier(models, final, **options).fit(X, y)


@pytest.mark.parametrize("passthrough", [False, True])
@pytest.mark.parametrize("stack_method", ["auto", "predict"])
@pytest.mark.parametrize(
    "data", [(X, NAMES), (XB[:, :5], YB)], ids=["three classes", "two classes"]
)
def test_a_classifier_is_scikit_learns(data, stack_method, passthrough):
    options = {"stack_method": stack_method, "passthrough": passthrough, "cv": 3}
    ours, theirs = _both(MODELS, FINAL, *data, **options)
    assert_array_equal(ours.predict(data[0]), theirs.predict(data[0]))
    assert_allclose(ours.predict_proba(data[0]), theirs.predict_proba(data[0]), atol=1e-12)
    assert_allclose(ours.transform(data[0]), theirs.transform(data[0]))
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()
    assert ours.stack_method_ == theirs.stack_method_


@pytest.mark.parametrize("passthrough", [False, True])
def test_a_regressor_is_scikit_learns(passthrough):
    models = [("tree", DecisionTreeRegressor(max_depth=3)), ("near", KNeighborsRegressor())]
    cv = KFold(4, shuffle=True, random_state=0)
    ours = StackingRegressor(models, RidgeCV(), passthrough=passthrough, cv=cv).fit(XR, YR)
    theirs = reference.StackingRegressor(models, RidgeCV(), passthrough=passthrough, cv=cv)
    assert_allclose(ours.predict(XR), theirs.fit(XR, YR).predict(XR))


def test_the_final_model_is_fitted_to_predictions_out_of_fold():
    cv = StratifiedKFold(4)
    model = StackingClassifier(MODELS[:1], FINAL, cv=cv).fit(X, Y)
    table = cross_val_predict(GaussianNB(), X, Y, cv=cv, method="predict_proba")
    alone = LogisticRegression(max_iter=1000).fit(table, Y)
    assert_array_equal(model.final_estimator_.coef_, alone.coef_)
    assert_array_equal(model.predict(X), alone.predict(GaussianNB().fit(X, Y).predict_proba(X)))


def test_folds_drawn_at_random_are_the_same_for_all_models():
    cv = KFold(3, shuffle=True)
    twins = [("a", DecisionTreeRegressor(random_state=0))]
    twins.append(("b", DecisionTreeRegressor(random_state=0)))
    model = StackingRegressor(twins, LinearRegression(), cv=cv).fit(XR, YR)
    # Equal columns share the least norm solution evenly.
    assert_allclose(*model.final_estimator_.coef_)


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_matrix])
def test_sparse_x_is_passed_through_as_it_is(kind):
    models = [("logistic", LogisticRegression()), ("ridge", RidgeClassifier())]
    dense = StackingClassifier(models, FINAL, passthrough=True).fit(X, Y)
    model = StackingClassifier(models, FINAL, passthrough=True).fit(kind(X), Y)
    table = model.transform(kind(X))
    assert table.format == kind(X).format
    assert_allclose(table.toarray(), dense.transform(X), atol=1e-4)


@pytest.mark.parametrize("frozen", [False, True])
def test_fitted_models_are_left_as_they_are(frozen):
    fitted = GaussianNB().fit(X[::2], Y[::2])
    given = FrozenEstimator(fitted) if frozen else fitted
    model = StackingClassifier([("bayes", given)], FINAL, cv=3 if frozen else "prefit").fit(X, Y)
    assert_array_equal(model.transform(X), fitted.predict_proba(X))
    assert model.estimators_[0] is given
    alone = LogisticRegression(max_iter=1000).fit(fitted.predict_proba(X), Y)
    # Folds give the same numbers in an array of another memory order.
    assert_allclose(model.final_estimator_.coef_, alone.coef_, rtol=1e-10)


def test_prefit_models_must_be_fitted():
    with pytest.raises(NotFittedError):
        StackingClassifier([("a", LogisticRegression())], FINAL, cv="prefit").fit(X, Y)


def test_several_labels_a_row():
    X, Y = make_multilabel_classification(n_classes=3, random_state=0)
    models = [("near", KNeighborsClassifier()), ("tree", DecisionTreeClassifier(random_state=0))]
    ours, theirs = _both(models, KNeighborsClassifier(), X, Y)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X))
    assert_allclose(ours.transform(X), theirs.transform(X))
    assert len(ours.get_feature_names_out()) == ours.transform(X).shape[1] == 6
    assert [each.tolist() for each in ours.classes_] == [[0, 1]] * 3


def test_dropped_models_make_no_columns():
    whole = StackingClassifier(MODELS[1:], FINAL).fit(X, Y)
    part = StackingClassifier(MODELS, FINAL).set_params(bayes="drop").fit(X, Y)
    assert_array_equal(part.predict_proba(X), whole.predict_proba(X))
    assert part.named_estimators_.bayes == "drop"
    assert part.get_feature_names_out().tolist() == whole.get_feature_names_out().tolist()


def test_weights_reach_all_models():
    weight = np.where(Y == 0, 1.0, 3.0)
    models = [("logistic", LogisticRegression()), ("bayes", GaussianNB())]
    ours = StackingClassifier(models, FINAL).fit(X, Y, sample_weight=weight)
    theirs = reference.StackingClassifier(models, FINAL).fit(X, Y, sample_weight=weight)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-10)
    with pytest.raises(TypeError, match="does not support sample weight"):
        StackingClassifier(MODELS, FINAL).fit(X, Y, sample_weight=weight)


def test_the_methods_are_the_final_models():
    assert not hasattr(StackingClassifier(MODELS, GaussianNB()), "decision_function")
    assert hasattr(StackingClassifier(MODELS, GaussianNB()), "predict_proba")
    assert not hasattr(StackingClassifier(MODELS, RidgeClassifier()), "predict_proba")
    assert hasattr(StackingClassifier(MODELS), "decision_function")
    model = StackingClassifier(MODELS, RidgeClassifier()).fit(X, Y)
    assert model.decision_function(X).shape == (150, 3)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"final_estimator": Ridge()}, "should be a classifier"),
        ({"stack_method": "predict_proba"}, "does not implement"),
        ({"cv": [(np.arange(75), np.arange(75, 150))]}, "each row once"),
    ],
    ids=["role", "method", "folds"],
)
def test_what_cannot_be_stacked(options, match):
    with pytest.raises(ValueError, match=match):
        StackingClassifier(MODELS, **{"final_estimator": FINAL, **options}).fit(X, Y)


def test_predict_hands_its_arguments_on():
    from sklearn.gaussian_process import GaussianProcessRegressor

    model = StackingRegressor([("ridge", Ridge())], GaussianProcessRegressor(optimizer=None))
    model.fit(XR[:60], YR[:60])
    mean, spread = model.predict(XR[:5], return_std=True)
    assert mean.shape == spread.shape == (5,)


def test_metadata_goes_where_it_is_asked_for():
    weight = np.linspace(1, 2, len(Y))
    with mlkit.config_context(enable_metadata_routing=True):
        asks = LogisticRegression().set_fit_request(sample_weight="heft")
        final = LogisticRegression().set_fit_request(sample_weight=True)
        declines = LogisticRegression().set_fit_request(sample_weight=False)
        model = StackingClassifier([("yes", asks), ("no", declines)], final)
        routing = model.get_metadata_routing()
        assert routing.consumes("fit", ["heft", "sample_weight"]) == {"heft"}
        plain = StackingClassifier([("no", declines)], final).fit(X, Y)
        assert_array_equal(plain.named_estimators_.no.coef_, LogisticRegression().fit(X, Y).coef_)
        asks.set_fit_request(sample_weight=True)
        model.fit(X, Y, sample_weight=weight)
    alone = LogisticRegression().fit(X, Y, sample_weight=weight)
    assert_array_equal(model.named_estimators_.yes.coef_, alone.coef_)


def test_jobs_do_not_change_it():
    one = StackingClassifier(MODELS, FINAL).fit(X, NAMES)
    two = StackingClassifier(MODELS, FINAL, n_jobs=2).fit(X, NAMES)
    assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_it_holds_and_is_held():
    inner = StackingClassifier(MODELS, FINAL, cv=2)
    whole = make_pipeline(StandardScaler(), StackingClassifier([("in", inner)], FINAL, cv=2))
    assert whole.fit(X, NAMES).score(X, NAMES) > 0.95
    assert "stackingclassifier" in mlkit.clone(whole)._repr_html_inner().lower()


def test_frames_give_names():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = StackingClassifier(MODELS, FINAL, passthrough=True).set_output(transform="pandas")
    table = model.fit(frame, NAMES).transform(frame)
    assert table.columns[-4:].tolist() == list("abcd")
    assert model.predict(frame).shape == (150,)
