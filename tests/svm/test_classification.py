"""SVC and NuSVC: margins by definition, layouts by use, parity with scikit-learn."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.svm
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.exceptions import ConvergenceWarning, NotFittedError
from mlkit.svm import SVC, NuSVC

OPTIONS = [
    {"kernel": "linear"},
    {"kernel": "poly", "coef0": 1.0},
    {"kernel": "rbf", "gamma": 0.5},
    {"kernel": "sigmoid", "gamma": 0.05},
]
each_kernel = pytest.mark.parametrize("options", OPTIONS, ids=[o["kernel"] for o in OPTIONS])
both = pytest.mark.parametrize("name", ["SVC", "NuSVC"])
OURS = {"SVC": SVC, "NuSVC": NuSVC}


def problem(n=90, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    X = rng.normal(size=(n, 4)) + 2.5 * np.eye(4)[y]
    return X, y


@pytest.fixture(params=[2, 4], ids=["two", "four"])
def data(request):
    return problem(n_classes=request.param)


def settings(name, options):
    return {**options, **({"nu": 0.3} if name == "NuSVC" else {"C": 2.0})}


@both
@each_kernel
def test_parity_with_scikit_learn(name, options, data):
    """Both at tol=1e-8: the same support, coefficients within 1e-4 and decisions within 1e-5."""
    X, y = data
    options = {**settings(name, options), "tol": 1e-8, "decision_function_shape": "ovo"}
    ours = OURS[name](**options).fit(X, y)
    theirs = getattr(sklearn.svm, name)(**options).fit(X, y)
    assert_array_equal(ours.support_, theirs.support_)
    assert_array_equal(ours.n_support_, theirs.n_support_)
    for attribute in ("dual_coef_", "intercept_", "support_vectors_", "class_weight_"):
        ours_is, theirs_is = getattr(ours, attribute), getattr(theirs, attribute)
        assert ours_is.shape == theirs_is.shape
        assert_allclose(ours_is, theirs_is, atol=1e-4 * np.abs(theirs_is).max())
    decisions = theirs.decision_function(X)
    scale = np.abs(decisions).max()
    assert_allclose(ours.decision_function(X), decisions, atol=1e-5 * scale)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    ours.decision_function_shape = theirs.decision_function_shape = "ovr"
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-5 * scale)
    assert ours.fit_status_ == theirs.fit_status_ == 0
    assert ours.shape_fit_ == theirs.shape_fit_
    assert ours.n_iter_.shape == theirs.n_iter_.shape and ours.n_iter_.dtype == np.int32


def test_margins_are_those_of_the_definition():
    """α = 0 beyond the margin, C inside it, between on it; Σ yα = 0."""
    X, y = problem(n_classes=2)
    model = SVC(C=2.0).fit(X, y)
    sign, margin = np.where(y == 1, 1, -1), model.decision_function(X) * np.where(y == 1, 1, -1)
    alpha = np.zeros(len(y))
    alpha[model.support_] = model.dual_coef_[0] * sign[model.support_]
    assert_allclose((sign * alpha).sum(), 0, atol=1e-9)
    assert (margin[alpha == 0] >= 1 - 1e-3).all()
    assert (margin[alpha == 2.0] <= 1 + 1e-3).all()
    free = (alpha > 0) & (alpha < 2.0)
    assert free.sum() > 3
    assert_allclose(margin[free], 1, atol=1e-3)


@pytest.mark.parametrize("nu", [0.1, 0.4, 0.7])
def test_nu_bounds_errors_and_support(nu):
    X, y = problem(n_classes=2)
    model = NuSVC(nu=nu).fit(X, y)
    margin = model.decision_function(X) * np.where(y == 1, 1, -1)
    assert (margin < 1 - 1e-3).mean() <= nu <= len(model.support_) / len(y)


@both
@each_kernel
def test_sparse_is_dense(name, options, data):
    X, y = np.where(data[0] > 0, data[0], 0), data[1]
    model = OURS[name](**settings(name, options))
    dense, sparse = model.fit(X, y), OURS[name](**model.get_params()).fit(sp.csc_array(X), y)
    assert sp.issparse(sparse.dual_coef_) and sp.issparse(sparse.support_vectors_)
    assert_allclose(sparse.dual_coef_.toarray(), dense.dual_coef_, atol=1e-7)
    assert_allclose(sparse.support_vectors_.toarray(), dense.support_vectors_)
    expected = dense.decision_function(X)
    assert_allclose(sparse.decision_function(sp.csr_array(X)), expected, atol=1e-8)
    assert_allclose(sparse.decision_function(X), expected, atol=1e-8)
    if options["kernel"] == "linear":
        assert sp.issparse(sparse.coef_)
        assert_allclose(sparse.coef_.toarray(), dense.coef_, atol=1e-8)
    with pytest.raises(ValueError, match="toarray"):
        dense.predict(sp.csr_array(X))


@both
def test_precomputed_and_functions_are_the_kernel_they_compute(name, data):
    X, y = data
    options = settings(name, {})
    linear = OURS[name](kernel="linear", **options).fit(X, y)
    stored = OURS[name](kernel="precomputed", **options).fit(X @ X.T, y)
    called = OURS[name](kernel=lambda A, B: A @ B.T, **options).fit(X, y)
    new = problem(seed=1)[0]
    expected = linear.decision_function(new)
    assert_allclose(stored.decision_function(new @ X.T), expected, atol=1e-8)
    assert_allclose(called.decision_function(new), expected, atol=1e-8)
    assert stored.support_vectors_.shape == called.support_vectors_.shape == (0, 0)
    sparse = OURS[name](kernel=lambda A, B: A @ B.T, **options).fit(sp.csr_array(X), y)
    assert_allclose(sparse.decision_function(sp.csr_array(new)), expected, atol=1e-8)
    with pytest.raises(TypeError, match="dense"):
        stored.fit(sp.csr_array(X @ X.T), y)
    with pytest.raises(ValueError, match="square"):
        stored.fit(X, y)
    with pytest.raises(ValueError, match="gave shape"):
        OURS[name](kernel=lambda A, B: np.ones((3, 3))).fit(X, y)


@both
def test_weights_are_copies_and_zero_is_absence(name, data):
    X, y = data
    weight = np.arange(len(y)) % 3
    model = OURS[name](**settings(name, {}))
    weighted = model.fit(X, y, sample_weight=weight).decision_function(X)
    copies = OURS[name](**model.get_params()).fit(
        np.repeat(X, weight, axis=0), np.repeat(y, weight)
    )
    assert_allclose(weighted, copies.decision_function(X), atol=1e-6)
    negative = OURS[name](gamma=0.3, **settings(name, {})).fit(X, y, np.where(weight, weight, -1))
    absent = OURS[name](gamma=0.3, **settings(name, {})).fit(X, y, weight)
    assert_array_equal(negative.decision_function(X), absent.decision_function(X))


def test_class_weights_are_factors_of_the_cost():
    X, y = problem(n_classes=3)
    by_class = SVC(class_weight={0: 3.0, 2: 0.5}, gamma=0.2).fit(X, y)
    by_row = SVC(gamma=0.2).fit(X, y, sample_weight=np.array([3.0, 1.0, 0.5])[y])
    assert_array_equal(by_class.class_weight_, [3.0, 1.0, 0.5])
    assert_array_equal(by_class.decision_function(X), by_row.decision_function(X))
    few = np.flatnonzero((y < 2) & ~((y == 1) & (np.arange(len(y)) > 30)))
    plain = SVC(C=0.1).fit(X[few], y[few]).predict(X)
    balanced = SVC(C=0.1, class_weight="balanced").fit(X[few], y[few]).predict(X)
    assert (balanced == 1).sum() > (plain == 1).sum()


def test_weights_that_leave_nothing_are_refused():
    X, y = problem(n_classes=2)
    for weight in (0.0, -1.0):
        with pytest.raises(ValueError, match="zero or negative"):
            SVC().fit(X, y, sample_weight=np.full(len(y), weight))
    with pytest.raises(ValueError, match="one class"):
        SVC().fit(X, y, sample_weight=y)
    with pytest.raises(ValueError, match=r"nu is infeasible.* or less"):
        NuSVC(nu=0.9).fit(X, y, sample_weight=np.where(y == 1, 1, 0.1))


def test_a_class_without_weight_is_never_predicted():
    X, y = problem(n_classes=3)
    model = SVC().fit(X, y, sample_weight=np.where(y == 1, 0.0, 1.0))
    assert set(model.predict(X)) == {0, 2}
    assert model.n_support_[1] == 0


def test_ties_are_broken_by_confidence_where_wanted():
    X, y = problem(n_classes=4)
    grid = np.random.default_rng(3).normal(scale=3, size=(2000, 4))
    model = SVC(break_ties=True).fit(X, y)
    best = model.decision_function(grid).argmax(axis=1)
    assert_array_equal(model.predict(grid), best)
    model.break_ties = False
    assert (model.predict(grid) != best).any()
    model.set_params(break_ties=True, decision_function_shape="ovo")
    with pytest.raises(ValueError, match="ovr"):
        model.predict(grid)


def test_float32_stays_float32(data):
    X, y = data
    narrow = SVC().fit(X.astype(np.float32), y)
    assert narrow.support_vectors_.dtype == np.float32
    wide = SVC().fit(X.astype(np.float32).astype(np.float64), y)
    assert_allclose(narrow.dual_coef_, wide.dual_coef_, rtol=1e-6)
    few = X[:5].astype(np.float32)
    assert_allclose(narrow.decision_function(few), wide.decision_function(few), atol=1e-4)


def test_max_iter_warns_and_is_told():
    X, y = problem()
    with pytest.warns(ConvergenceWarning, match="raise max_iter"):
        model = SVC(max_iter=2).fit(X, y)
    assert model.fit_status_ == 1
    assert (model.n_iter_ <= 2).all()


def test_values_beyond_floats_are_refused():
    X, y = problem(n_classes=2)
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="not finite"):
        SVC(kernel="linear").fit(X * 1e200, y)


def test_coefficients_are_of_linear_kernels_and_read_only(data):
    X, y = data
    model = SVC(kernel="linear", decision_function_shape="ovo").fit(X, y)
    scores = X @ model.coef_.T + model.intercept_
    assert_allclose(np.squeeze(scores), model.decision_function(X), atol=1e-9)
    assert not model.coef_.flags.writeable
    assert not hasattr(SVC().fit(X, y), "coef_")
    assert not hasattr(SVC(kernel="linear"), "coef_")


# ---------------------------------------------------------------------------- probabilities
def fit_probabilities(name, X, y, **options):
    with pytest.warns(FutureWarning, match="CalibratedClassifierCV"):
        return OURS[name](probability=True, random_state=0, **options).fit(X, y)


@both
def test_probabilities_rank_as_decisions_and_near_scikit_learn(name):
    X, y = problem(n=400, n_classes=2)
    model = fit_probabilities(name, X, y)
    p = model.predict_proba(X)
    assert_allclose(p.sum(axis=1), 1)
    assert (np.diff(p[np.argsort(model.decision_function(X)), 1]) >= 0).all()
    assert_allclose(model.predict_log_proba(X), np.log(p))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = getattr(sklearn.svm, name)(probability=True, random_state=0).fit(X, y)
        assert model.probA_.shape == theirs.probA_.shape == model.probB_.shape
        assert model.probA_[0] < 0
    assert np.abs(p - theirs.predict_proba(X)).mean() < 0.03  # folds differ


def test_probabilities_of_several_classes():
    X, y = problem(n=300, n_classes=4)
    model = fit_probabilities("SVC", X, y)
    p = model.predict_proba(X)
    assert_allclose(p.sum(axis=1), 1)
    assert (p > 0).all()
    assert (p.argmax(axis=1) == y).mean() > 0.7
    again = fit_probabilities("SVC", X, y)
    assert_array_equal(again.predict_proba(X), p)


def test_probabilities_are_there_when_asked_for_before_fit():
    X, y = problem()
    model = SVC().fit(X, y)
    assert not hasattr(model, "predict_proba")
    model.probability = True
    with pytest.raises(NotFittedError, match="before fit"):
        model.predict_proba(X)
