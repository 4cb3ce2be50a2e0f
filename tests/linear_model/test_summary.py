"""Standard errors, tests and criteria of unpenalised fits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from mlkit.linear_model import (
    GammaRegressor,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    TweedieRegressor,
)

EXACT = {"tol": 1e-12, "max_iter": 1000, "solver": "newton-cholesky"}
SMALL = ["HC1", "HC2", "HC3"]
KINDS = ["nonrobust", "HC0", "HC1", "HC2", "HC3", "cluster"]


def problem(n=150, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.randn(n, 3) * [1, 5, 0.1]
    z = 0.3 + X @ [0.5, -0.1, 2.0]
    groups, weight = rng.randint(0, 12, n), rng.randint(1, 4, n).astype(float)
    ys = {
        "linear": z + rng.randn(n) * (1 + np.abs(X[:, 0])),
        "logistic": (z + rng.logistic(size=n) > 0).astype(int),
        "poisson": rng.poisson(np.exp(z)).astype(float),
        "gamma": rng.gamma(2, np.exp(z) / 2),
        "inverse": rng.gamma(2, np.exp(z) / 2),
    }
    return X, ys, groups, weight


MODELS = {
    "linear": lambda: LinearRegression(),
    "logistic": lambda: LogisticRegression(C=np.inf, **EXACT),
    "poisson": lambda: PoissonRegressor(alpha=0, **EXACT),
    "gamma": lambda: GammaRegressor(alpha=0, **EXACT),
    "inverse": lambda: TweedieRegressor(power=3, link="log", alpha=0, **EXACT),
}


def reference(name, y, A, **weights):
    sm = pytest.importorskip("statsmodels.api")
    families = sm.families
    log = families.links.Log()
    if name == "linear":
        return sm.WLS(y, A, weights=weights["var_weights"]) if weights else sm.OLS(y, A)
    if name == "logistic":
        return sm.Logit(y, A)
    family = {
        "poisson": families.Poisson(),
        "gamma": families.Gamma(log),
        "inverse": families.InverseGaussian(log),
    }[name]
    return sm.GLM(y, A, family=family, **weights)


def agrees(summary, theirs):
    for ours, other in (
        (summary.coef, theirs.params),
        (summary.std_error, theirs.bse),
        (summary.p_value, theirs.pvalues),
        (summary.interval, theirs.conf_int()),
        (summary.covariance, theirs.cov_params()),
        (summary.log_likelihood, theirs.llf),
        (summary.aic, theirs.aic),
        (summary.bic, getattr(theirs, "bic_llf", None) or theirs.bic),
    ):
        assert_allclose(ours, other, rtol=1e-6, atol=1e-10)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name, kind",
    # Of other models than the linear one statsmodels leaves out the factors for small samples.
    [(name, kind) for name in MODELS for kind in KINDS if name == "linear" or kind not in SMALL],
)
def test_it_is_statsmodels(name, kind):
    X, ys, groups, _ = problem()
    y, A = ys[name], np.c_[np.ones(len(X)), X]
    given = {"groups": groups} if kind == "cluster" else {}
    summary = MODELS[name]().fit(X, y).summary(X, y, covariance=kind, **given)
    options = {"cov_type": kind, "use_t": name not in ("logistic", "poisson")}
    options |= {"cov_kwds": given} if given else {}
    options |= {"disp": 0, "method": "newton", "tol": 1e-14} if name == "logistic" else {}
    options |= {"tol": 1e-14} if name not in ("linear", "logistic") else {}
    agrees(summary, reference(name, y, A).fit(**options))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["linear", "poisson", "gamma", "inverse"])
def test_precisions_are_statsmodels(name):
    X, ys, _, weight = problem()
    y, A = ys[name], np.c_[np.ones(len(X)), X]
    summary = MODELS[name]().fit(X, y, weight).summary(X, y, weight, weights="precisions")
    options = {"use_t": name != "poisson"} | ({} if name == "linear" else {"tol": 1e-14})
    agrees(summary, reference(name, y, A, var_weights=weight).fit(**options))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MODELS)
def test_counts_are_rows_repeated(name, kind):
    X, ys, groups, weight = problem()
    y, times = ys[name], weight.astype(int)
    rows = np.repeat(np.arange(len(y)), times)
    grouped = kind == "cluster"
    one = MODELS[name]().fit(X, y, weight)
    one = one.summary(X, y, weight, covariance=kind, groups=groups if grouped else None)
    more = MODELS[name]().fit(X[rows], y[rows])
    more = more.summary(X[rows], y[rows], covariance=kind, groups=groups[rows] if grouped else None)
    for field in ("coef", "std_error", "p_value", "interval", "log_likelihood", "aic", "bic"):
        assert_allclose(getattr(one, field), getattr(more, field), rtol=1e-6, atol=1e-12)
    for field in ("deviance", "r_squared", "dispersion", "n_samples", "df_residual"):
        assert_allclose(getattr(one, field), getattr(more, field), rtol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["linear", "poisson"])
def test_sparse_is_dense(name, kind):
    X, ys, groups, _ = problem()
    X[np.abs(X) < 0.1] = 0
    given = {"covariance": kind, "groups": groups if kind == "cluster" else None}
    model = MODELS[name]().fit(X, ys[name])
    dense = model.summary(X, ys[name], **given)
    other = model.summary(sparse.csr_matrix(X), ys[name], **given)
    assert_allclose(other.covariance, dense.covariance, rtol=1e-8)


@pytest.mark.parametrize("kind", ["HC1", "HC2", "HC3"])
def test_small_sample_factors_of_a_logistic_fit(kind):
    """The definitions, from the rows' scores and leverages."""
    X, ys, _, _ = problem()
    y, A = ys["logistic"], np.c_[np.ones(len(X)), X]
    model = MODELS["logistic"]().fit(X, y)
    p = model.predict_proba(X)[:, 1]
    inverse = np.linalg.inv((A * (p * (1 - p))[:, None]).T @ A)
    leverage = np.einsum("ij,jk,ik->i", A, inverse, A) * p * (1 - p)
    factor = {
        "HC1": len(y) / (len(y) - 4),
        "HC2": 1 / (1 - leverage),
        "HC3": 1 / (1 - leverage) ** 2,
    }[kind]
    scores = A * (np.sqrt(factor) * (y - p))[:, None]
    expected = inverse @ scores.T @ scores @ inverse
    assert_allclose(model.summary(X, y, covariance=kind).covariance, expected, rtol=1e-6)


def test_intervals_without_an_intercept_and_dependent_columns():
    X, ys, _, _ = problem()
    y = ys["linear"]
    plain = LinearRegression(fit_intercept=False).fit(X, y).summary(X, y, level=0.5)
    assert plain.names == ["x0", "x1", "x2"] and plain.interval.shape == (3, 2)
    assert_allclose(plain.r_squared, 1 - ((y - X @ plain.coef) ** 2).sum() / (y**2).sum())
    doubled = np.hstack([X, X[:, :1]])
    model = LinearRegression().fit(doubled, y)
    summary = model.summary(doubled, y)
    assert summary.df_residual == len(y) - 4
    whole = LinearRegression().fit(X, y).summary(X, y)
    assert_allclose(summary.std_error[1], whole.std_error[1] / 2)
    assert_allclose(summary.std_error[2:4], whole.std_error[2:4])


def test_names_and_tables():
    pandas = pytest.importorskip("pandas")
    X, ys, _, _ = problem()
    frame = pandas.DataFrame(X, columns=["size", "age", "dose"])
    summary = LinearRegression().fit(frame, ys["linear"]).summary(frame, ys["linear"])
    table = summary.to_frame()
    assert table.index.tolist() == ["intercept", "size", "age", "dose"]
    assert_allclose(table["std_error"], summary.std_error)
    text = str(summary)
    assert all(word in text for word in ("dose", "AIC", "95% interval", "residual df 146"))


@pytest.mark.parametrize(
    "model, said",
    [
        (LinearRegression(positive=True), "positive=False"),
        (LogisticRegression(), "C=np.inf"),
        (PoissonRegressor(), "alpha=0"),
    ],
)
def test_fits_without_a_theory_are_refused(model, said):
    X, ys, groups, _ = problem()
    y = ys["logistic"]
    with pytest.raises(ValueError, match=said):
        model.fit(X, y).summary(X, y)
    several = LinearRegression().fit(X, np.c_[y, y])
    with pytest.raises(ValueError, match="several targets"):
        several.summary(X, np.c_[y, y])
    with pytest.raises(ValueError, match="groups go together"):
        LinearRegression().fit(X, y).summary(X, y, covariance="cluster")
    three = LogisticRegression(C=np.inf, **EXACT).fit(X, groups % 3)
    with pytest.raises(ValueError, match="more than two classes"):
        three.summary(X, groups % 3)
