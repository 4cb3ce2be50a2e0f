"""LogisticRegression: the definition, scikit-learn's results, and the protocol."""

import warnings
from functools import cache

import numpy as np
import pytest
import sklearn.linear_model
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import logsumexp
from sklearn.utils.estimator_checks import (
    check_class_weight_balanced_linear_classifier,
    check_estimator,
)

from mlkit._core.parallel import blas_threads
from mlkit.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from mlkit.exceptions import ConvergenceWarning
from mlkit.linear_model import LogisticRegression

SOLVERS = ["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga", "liblinear"]
SETS = {
    "breast_cancer": load_breast_cancer,
    "wine": load_wine,
    "iris": load_iris,
    "digits": load_digits,
}


def real(name, scaled=True):
    X, y = SETS[name](return_X_y=True)
    return (X - X.mean(axis=0)) / (X.std(axis=0) + (X.std(axis=0) == 0)) if scaled else X, y


@cache
def default_reference(name, scaled):
    """scikit-learn's default fit; one BLAS thread, as several fight over small products."""
    with warnings.catch_warnings(), blas_threads(1):
        warnings.simplefilter("ignore")
        return sklearn.linear_model.LogisticRegression().fit(*real(name, scaled))


@cache
def tight_reference(name, C, weighted, step):
    X, y = (part[::step] for part in real(name))
    weight = np.random.default_rng(0).uniform(0.2, 2, len(y)) if weighted else None
    model = sklearn.linear_model.LogisticRegression(
        C=C, solver="newton-cg", tol=1e-9, max_iter=1000
    )
    with blas_threads(1):
        return model.fit(X, y, weight)


def objective(model, X, y, weight=None, C=1.0, l1_ratio=0.0):
    """C Σ w ℓ + (1 − r) ‖β‖²/2 + r ‖β‖₁, by the definition."""
    weight = np.ones(len(y)) if weight is None else weight
    scores = X @ model.coef_.T + model.intercept_
    codes = np.searchsorted(model.classes_, y)
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    loss = logsumexp(scores, axis=1) - scores[np.arange(len(y)), codes]
    coef = model.coef_
    return (
        C * (weight @ loss) + (1 - l1_ratio) * (coef**2).sum() / 2 + l1_ratio * np.abs(coef).sum()
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("solver", SOLVERS)
def test_scikit_learn_accepts_it(solver):
    model = LogisticRegression(solver=solver)
    results = check_estimator(model, on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed
    check_class_weight_balanced_linear_classifier("LogisticRegression", model)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("C", [0.01, 1.0])
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("solver", SOLVERS[:3])
def test_tight_fits_agree_with_scikit_learn(solver, name, C, weighted):
    step = 3 if name == "digits" else 1
    X, y = (part[::step] for part in real(name))
    weight = np.random.default_rng(0).uniform(0.2, 2, len(y)) if weighted else None
    ours = LogisticRegression(C=C, solver=solver, tol=1e-8, max_iter=1000).fit(X, y, weight)
    theirs = tight_reference(name, C, weighted, step)
    assert_allclose(ours.coef_, theirs.coef_, atol=2e-5)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=2e-5)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("solver", SOLVERS[:5])
def test_default_fits_are_no_worse_and_do_not_warn(solver, name, scaled):
    """On raw scales, too, where scikit-learn's default stops at max_iter."""
    X, y = real(name, scaled)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = LogisticRegression(solver=solver).fit(X, y)
    theirs = default_reference(name, scaled)
    assert objective(ours, X, y) <= objective(theirs, X, y) * (1 + 1e-6)
    assert ours.n_iter_[0] < 100
    if scaled:
        # Coefficients differ by what scikit-learn's own stopping leaves open.
        assert np.abs(ours.coef_ - theirs.coef_).max() < 0.1
        assert (ours.predict(X) == theirs.predict(X)).mean() > 0.995


@pytest.mark.parametrize("l1_ratio", [0.3, 1.0])
@pytest.mark.parametrize("name", ["breast_cancer", "wine"])
def test_l1_parity(name, l1_ratio):
    X, y = real(name)
    C = 0.1
    ours = LogisticRegression(C=C, l1_ratio=l1_ratio, solver="saga", tol=1e-8).fit(X, y)
    theirs = sklearn.linear_model.LogisticRegression(
        C=C, l1_ratio=l1_ratio, solver="saga", tol=1e-9, max_iter=20_000, random_state=0
    ).fit(X, y)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
    assert_array_equal(ours.coef_ != 0, theirs.coef_ != 0)
    best = objective(theirs, X, y, C=C, l1_ratio=l1_ratio)
    assert objective(ours, X, y, C=C, l1_ratio=l1_ratio) <= best * (1 + 1e-9)


@pytest.mark.parametrize("scaling", [1.0, 7.0])
@pytest.mark.parametrize("l1_ratio", [0, 1])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_liblinear_penalises_the_intercept(fit_intercept, l1_ratio, scaling):
    X, y = real("breast_cancer")
    options = {
        "C": 0.5,
        "solver": "liblinear",
        "l1_ratio": l1_ratio,
        "fit_intercept": fit_intercept,
        "intercept_scaling": scaling,
        "random_state": 0,
    }
    ours = LogisticRegression(tol=1e-8, **options).fit(X, y)
    theirs = sklearn.linear_model.LogisticRegression(tol=1e-8, max_iter=5000, **options).fit(X, y)
    assert_allclose(ours.coef_, theirs.coef_, atol=2e-3)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=2e-3)


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_array, sparse.csr_matrix])
@pytest.mark.parametrize("solver", SOLVERS)
def test_sparse_is_dense(solver, form):
    X, y = real("breast_cancer")
    X = np.where(np.abs(X) > 1, X, 0.0)
    options = {"solver": solver, "tol": 1e-8, "max_iter": 500}
    dense, loose = (LogisticRegression(**options).fit(A, y) for A in (X, form(X)))
    assert_allclose(loose.coef_, dense.coef_, atol=1e-5)
    assert_allclose(loose.predict_proba(form(X)), dense.predict_proba(X), atol=1e-6)
    loose.sparsify()
    assert_allclose(loose.predict_proba(form(X)), dense.predict_proba(X), atol=1e-6)
    assert_array_equal(loose.predict(X), dense.predict(X))
    assert isinstance(loose.densify().coef_, np.ndarray)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("balanced", [None, "balanced", {0: 2.0, 1: 0.5}])
def test_weight_two_is_the_row_twice(solver, balanced):
    X, y = real("breast_cancer")
    weight = np.random.default_rng(0).integers(0, 3, len(y))
    options = {"solver": solver, "tol": 1e-9, "max_iter": 500, "class_weight": balanced}
    weighted = LogisticRegression(**options).fit(X, y, weight)
    repeated = LogisticRegression(**options).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert_allclose(weighted.coef_, repeated.coef_, atol=1e-5)


@pytest.mark.parametrize("name", ["breast_cancer", "wine"])
def test_float32_is_kept(name):
    X, y = real(name)
    single = LogisticRegression().fit(X.astype(np.float32), y)
    double = LogisticRegression().fit(X, y)
    assert single.coef_.dtype == np.float32 == single.predict_proba(X.astype(np.float32)).dtype
    assert_allclose(single.coef_, double.coef_, atol=5e-3)


@pytest.mark.parametrize("labels", [["b", "a", "c"], [2.0, -1.0, 7.0], [True, False, False]])
def test_any_labels(labels):
    X, y = real("iris")
    model = LogisticRegression().fit(X, np.array(labels)[y])
    assert_array_equal(model.classes_, np.unique(labels))
    assert model.score(X, np.array(labels)[y]) > 0.9
    proba = model.predict_proba(X)
    assert_allclose(proba.sum(axis=1), 1.0)
    assert_allclose(model.predict_log_proba(X), np.log(proba), rtol=1e-9, atol=1e-12)
    assert_array_equal(model.classes_[proba.argmax(axis=1)], model.predict(X))


def test_warm_start_continues():
    X, y = real("digits")
    model = LogisticRegression(warm_start=True).fit(X, y)
    first = model.n_iter_[0]
    assert model.fit(X, y).n_iter_[0] <= 1 < first
    other = LogisticRegression(warm_start=True).fit(X[:, :30], y)
    assert other.fit(X, y).coef_.shape == (10, 64)  # another width starts afresh


def test_unpenalised_maximum_likelihood():
    """At C = ∞ the likelihood equations hold: Xᵀ(y − p) = 0."""
    X, y = load_iris(return_X_y=True)
    y = (y == 1).astype(int)
    for solver in SOLVERS[:3]:
        model = LogisticRegression(C=np.inf, solver=solver, tol=1e-8, max_iter=500).fit(X, y)
        residual = y - model.predict_proba(X)[:, 1]
        assert_allclose(X.T @ residual, 0.0, atol=1e-5)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"l1_ratio": 0.5}, "l1_ratio=0.5"),
        ({"solver": "liblinear", "l1_ratio": 0.5}, "saga"),
        ({"solver": "liblinear", "C": np.inf}, "finite C"),
        ({"dual": True}, "dual=True"),
        ({"C": 0.0}, "'C'"),
        ({"C": -1}, "'C'"),
        ({"tol": 0}, "'tol'"),
        ({"solver": "adam"}, "'solver'"),
        ({"max_iter": -1}, "'max_iter'"),
        ({"class_weight": "even"}, "class_weight"),
        ({"l1_ratio": 2}, "'l1_ratio'"),
    ],
)
def test_bad_parameters_are_named(options, message):
    X, y = real("breast_cancer")
    with pytest.raises(ValueError, match=message):
        LogisticRegression(**options).fit(X, y)


def test_bad_targets_are_named():
    X, y = real("iris")
    with pytest.raises(ValueError, match="only one class"):
        LogisticRegression().fit(X, np.zeros(len(X)))
    with pytest.raises(ValueError, match="Only binary .* got 3 classes"):
        LogisticRegression(solver="liblinear").fit(X, y)
    with pytest.raises(ValueError, match="Unknown label type"):
        LogisticRegression().fit(X, np.linspace(0, 1, len(X)))


def test_too_few_iterations_are_told():
    X, y = real("digits", scaled=False)
    with pytest.warns(ConvergenceWarning, match="stopped after 2 iterations with a gradient"):
        LogisticRegression(max_iter=2).fit(X, y)


def test_superseded_parameters_still_work():
    X, y = real("breast_cancer")
    for penalty, options in [("l2", {}), ("l1", {"l1_ratio": 1.0}), (None, {"C": np.inf})]:
        new = LogisticRegression(solver="saga", max_iter=500, **options).fit(X, y)
        with pytest.warns(FutureWarning, match="'penalty' was deprecated"):
            old = LogisticRegression(penalty, solver="saga", max_iter=500).fit(X, y)
        assert_allclose(old.coef_, new.coef_)
    with pytest.warns(FutureWarning, match="'n_jobs' has no effect"):
        LogisticRegression(n_jobs=2).fit(X, y)


class Recorder:
    """A callback that scores the model after each iteration and may stop."""

    def __init__(self, stop_at=None):
        self.stop_at, self.scores, self.titles = stop_at, [], []

    def setup(self, estimator, context):
        self.titles.append("setup")

    def teardown(self, estimator, context):
        self.titles.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        if context.parent is not None and fitted_estimator is not None:
            self.scores.append(fitted_estimator.score(X, y))
        return self.stop_at is not None and len(self.scores) >= self.stop_at


@pytest.mark.parametrize("solver, l1_ratio", [("lbfgs", 0), ("newton-cholesky", 0), ("saga", 0.5)])
def test_callbacks_see_each_iteration_and_stop_it(solver, l1_ratio):
    X, y = real("wine")
    recorder = Recorder()
    model = LogisticRegression(solver=solver, l1_ratio=l1_ratio)
    model.set_callbacks(recorder).fit(X, y)
    assert len(recorder.scores) >= model.n_iter_[0] > 3
    assert recorder.scores[-1] > 0.95
    assert recorder.titles == ["setup", "teardown"]
    stopper = Recorder(stop_at=2)
    assert model.set_callbacks(stopper).fit(X, y).n_iter_[0] == 2
    assert len(stopper.scores) == 2


def test_verbose_prints_each_iteration(capsys):
    X, y = real("iris")
    model = LogisticRegression(verbose=1).fit(X, y)
    assert len(capsys.readouterr().out.splitlines()) == model.n_iter_[0]


def test_import_is_light():
    import subprocess
    import sys

    code = (
        "import sys, mlkit.linear_model as m; m.LogisticRegression; m.Ridge; m.LinearRegression;"
        "heavy = {'scipy.stats', 'scipy.optimize', 'scipy.sparse.linalg', 'pandas', 'joblib', "
        "'sklearn'} & set(sys.modules); sys.exit(str(sorted(heavy)) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
