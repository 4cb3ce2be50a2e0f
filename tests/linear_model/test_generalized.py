"""Generalised models: other implementations, definitions, and what parameters mean."""

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose

from mlkit.linear_model import (
    CoxRegressor,
    ElasticNet,
    GeneralizedLinearClassifier,
    GeneralizedLinearRegressor,
    Lasso,
    LogisticRegression,
    NegativeBinomialRegressor,
    OrdinalClassifier,
)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5))
    return X, X @ [0.6, -0.4, 0.2, 0.0, 0.0] + 0.3, rng


TARGETS = {
    ("gaussian", "log"): lambda z, rng: np.exp(z) + rng.normal(size=len(z)),
    ("poisson", "log"): lambda z, rng: rng.poisson(np.exp(z)),
    ("poisson", "sqrt"): lambda z, rng: rng.poisson(np.exp(z)),
    ("gamma", "log"): lambda z, rng: rng.gamma(2.0, np.exp(z) / 2),
    ("gamma", "inverse"): lambda z, rng: rng.gamma(20.0, 1 / (4.0 + z) / 20),
    ("inverse_gaussian", "log"): lambda z, rng: rng.wald(np.exp(z), 2.0),
    ("binomial", "logit"): lambda z, rng: rng.random(len(z)) < 1 / (1 + np.exp(-z)),
    ("binomial", "probit"): lambda z, rng: rng.random(len(z)) < 1 / (1 + np.exp(-z)),
    ("binomial", "cloglog"): lambda z, rng: rng.random(len(z)) < 1 / (1 + np.exp(-z)),
    ("binomial", "cauchit"): lambda z, rng: rng.random(len(z)) < 1 / (1 + np.exp(-z)),
    ("negative_binomial", "log"): lambda z, rng: rng.poisson(np.exp(z) * rng.gamma(2, 0.5, len(z))),
}


@pytest.mark.filterwarnings("ignore:.*does not respect the domain")
@pytest.mark.parametrize(("loss", "link"), sorted(TARGETS))
def test_unpenalised_fits_are_those_of_statsmodels(data, loss, link):
    sm = pytest.importorskip("statsmodels.api")
    X, z, _ = data
    y = TARGETS[loss, link](z, np.random.default_rng(1)).astype(float)
    families, links = sm.families, sm.families.links
    kind = {"logit": "Logit", "log": "Log", "sqrt": "Sqrt", "inverse": "InversePower"}
    kind |= {"probit": "Probit", "cloglog": "CLogLog", "cauchit": "Cauchy"}
    family = {
        "gaussian": families.Gaussian,
        "poisson": families.Poisson,
        "gamma": families.Gamma,
        "inverse_gaussian": families.InverseGaussian,
        "binomial": families.Binomial,
        "negative_binomial": lambda link: families.NegativeBinomial(link, alpha=0.5),
    }[loss]
    ours = GeneralizedLinearRegressor(
        loss={"gaussian": "squared_error"}.get(loss, loss),
        link=link,
        penalty=None,
        dispersion=0.5,
        tol=1e-9,
    ).fit(X, y)
    design = sm.add_constant(X)
    theirs = sm.GLM(y, design, family=family(link=getattr(links, kind[link])()))
    theirs = theirs.fit(tol=1e-12, start_params=np.concatenate([[ours.intercept_], ours.coef_]))
    assert_allclose(ours.coef_, theirs.params[1:], rtol=1e-4, atol=1e-6)
    assert_allclose(ours.intercept_, theirs.params[0], rtol=1e-4, atol=1e-6)
    assert_allclose(ours.score(X, y), 1 - theirs.deviance / theirs.null_deviance, rtol=1e-4)


@pytest.mark.parametrize(("penalty", "ratio"), [("l1", 1.0), ("elasticnet", 0.3)])
def test_least_squares_with_the_lasso_is_the_lasso(data, penalty, ratio):
    X, z, _ = data
    ours = GeneralizedLinearRegressor(penalty=penalty, alpha=0.1, l1_ratio=ratio, tol=1e-9).fit(
        X, z
    )
    theirs = ElasticNet(alpha=0.1, l1_ratio=ratio, tol=1e-15).fit(X, z)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-6)


def test_concave_penalties_are_those_of_skglm(data):
    skglm = pytest.importorskip("skglm")
    X, z, _ = data
    y = z + np.random.default_rng(0).normal(size=len(z))
    ours = GeneralizedLinearRegressor(penalty="mcp", alpha=0.15, concavity=3.0).fit(X, y)
    theirs = skglm.MCPRegression(alpha=0.15, gamma=3.0, tol=1e-9).fit(X, y)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)


def test_logistic_classifier_is_logistic_regression(data):
    X, z, _ = data
    y = np.digitize(z + np.random.default_rng(0).logistic(size=len(z)), [-0.5, 0.8])
    for labels in (y, y > 0):
        ours = GeneralizedLinearClassifier(alpha=0.01, tol=1e-9).fit(X, labels)
        theirs = LogisticRegression(C=1 / (0.01 * len(y)), tol=1e-10).fit(X, labels)
        assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
        assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_hinges_separate_what_can_be_separated(data, loss):
    X, z, _ = data
    y = np.where(z > 0.3, "up", "down")
    model = GeneralizedLinearClassifier(loss=loss, penalty="scad", alpha=0.001).fit(X, y)
    assert model.score(X, y) > 0.97 and not hasattr(model, "predict_proba")


def test_adaptive_weights_free_a_column_and_shut_another(data):
    X, z, _ = data
    weights = [0.0, 1.0, 1e6, 1.0, 1.0]
    model = GeneralizedLinearRegressor(
        loss="poisson", penalty="l1", alpha=0.3, penalty_weights=weights
    ).fit(X, np.round(np.exp(z)))
    free = Lasso(alpha=0.3).fit(X, np.round(np.exp(z)))
    assert model.coef_[2] == 0 and model.coef_[0] > 0.4 and free.coef_[3] == 0


def test_groups_are_in_or_out(data):
    X, z, _ = data
    groups = ["b", "a", "b", "a", "c"]
    model = GeneralizedLinearRegressor(penalty="group", alpha=0.25, groups=groups).fit(X, z)
    active = model.coef_ != 0
    assert active[[0, 2]].all() and not active[4]
    assert active[1] == active[3]


def test_fused_weights_are_equal_in_runs():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 12))
    y = X @ np.repeat([1.0, -1.0, 0.0], 4) + 0.1 * rng.normal(size=400)
    coef = GeneralizedLinearRegressor(penalty="fused", alpha=0.05, l1_ratio=0.2).fit(X, y).coef_
    assert len(np.unique(coef.round(6))) == 3


def test_bounds_hold_and_bind(data):
    X, z, _ = data
    lower, upper = np.full(5, -0.1), np.array([0.2, 1, 1, 1, 1])
    model = GeneralizedLinearRegressor(penalty=None, lower=lower, upper=upper).fit(X, z)
    assert_allclose(model.coef_[:2], [0.2, -0.1])
    assert (model.coef_ >= lower).all() and (model.coef_ <= upper).all()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"penalty": "group", "groups": [0, 1]}, "groups"),
        ({"lower": [0.0, 1.0]}, "lower"),
        ({"lower": 1.0, "upper": 0.0}, "above"),
        ({"penalty": "scad", "concavity": 1.5}, "concavity"),
        ({"penalty": "slope", "penalty_weights": [1, 2, 3, 4, 5]}, "fall"),
        ({"penalty": "l1", "penalty_weights": [-1, 2, 3, 4, 5]}, "penalty_weights"),
        ({"loss": "huber", "link": "log"}, "link"),
        ({"loss": "tweedie", "power": 0.5}, "power"),
        ({"loss": "gamma"}, "positive"),
    ],
    ids=["groups", "lower", "order", "scad", "slope", "weights", "link", "power", "domain"],
)
def test_wrong_parameters_are_named(data, parameters, words):
    X, z, _ = data
    with pytest.raises(ValueError, match=words):
        GeneralizedLinearRegressor(**parameters).fit(X, z)


def test_targets_are_fitted_each_by_itself(data):
    X, z, _ = data
    Y = np.stack([z, -2 * z + X[:, 4]], axis=1)
    both = GeneralizedLinearRegressor(penalty="mcp", alpha=0.1).fit(X, Y)
    one = GeneralizedLinearRegressor(penalty="mcp", alpha=0.1).fit(X, Y[:, 1])
    assert_allclose(both.coef_[1], one.coef_)
    assert both.predict(X).shape == Y.shape


def test_many_columns_of_a_smooth_problem(data):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 500))
    y = rng.poisson(np.exp(0.3 * X[:, 0])).astype(float)
    model = GeneralizedLinearRegressor(loss="poisson", alpha=0.5, tol=1e-7).fit(X, y)
    mean = model.predict(X)
    assert np.abs(X.T @ (mean - y) / 80 + 0.5 * model.coef_).max() < 1e-6
    bounded = GeneralizedLinearRegressor(loss="poisson", alpha=0.5, lower=-9.0).fit(X, y)
    assert_allclose(bounded.coef_, model.coef_, atol=1e-5)


def test_warm_start_ends_at_once(data):
    X, z, _ = data
    model = GeneralizedLinearRegressor(loss="huber", penalty="l1", alpha=0.05, warm_start=True)
    cold = model.fit(X, z).n_iter_
    assert model.fit(X, z).n_iter_ <= 1 < cold + 1


def test_negative_binomial_dispersion_is_that_of_statsmodels(data):
    sm = pytest.importorskip("statsmodels.api")
    X, z, _ = data
    y = TARGETS["negative_binomial", "log"](z, np.random.default_rng(1)).astype(float)
    ours = NegativeBinomialRegressor(penalty=None, tol=1e-9).fit(X, y)
    theirs = sm.NegativeBinomial(y, sm.add_constant(X)).fit(disp=0, maxiter=500)
    assert_allclose(ours.coef_, theirs.params[1:-1], atol=1e-4)
    assert_allclose(ours.dispersion_, theirs.params[-1], rtol=1e-3)


def test_negative_binomial_of_poisson_counts_is_nearly_poisson(data):
    X, z, _ = data
    y = np.random.default_rng(3).poisson(np.exp(z)).astype(float)
    model = NegativeBinomialRegressor(penalty=None).fit(X, y)
    assert model.dispersion_ < 0.1
    twice = NegativeBinomialRegressor(penalty=None).fit(X, y, sample_weight=np.full(300, 2.0))
    assert_allclose(twice.coef_, model.coef_, atol=1e-6)


def test_ordinal_is_that_of_statsmodels(data):
    miscmodels = pytest.importorskip("statsmodels.miscmodels.ordinal_model")
    X, z, _ = data
    y = np.digitize(2 * z + np.random.default_rng(0).logistic(size=len(z)), [-1, 0.5, 2])
    ours = OrdinalClassifier(penalty=None, tol=1e-9).fit(X, y)
    model = miscmodels.OrderedModel(y, X, distr="logit")
    theirs = model.fit(method="bfgs", disp=0, maxiter=500, gtol=1e-8)
    assert_allclose(ours.coef_, theirs.params[:5], atol=1e-4)
    cuts = model.transform_threshold_params(theirs.params)[1:-1]
    assert_allclose(ours.thresholds_, cuts, atol=1e-4)
    assert_allclose(ours.predict_proba(X), theirs.model.predict(theirs.params), atol=1e-4)


def test_ordinal_of_two_classes_is_logistic_regression(data):
    X, z, _ = data
    y = np.where(z + np.random.default_rng(0).logistic(size=len(z)) > 0, "yes", "no")
    ours = OrdinalClassifier(alpha=0.01, tol=1e-9).fit(X, y)
    theirs = LogisticRegression(C=1 / 3.0, tol=1e-10).fit(X, y)
    assert_allclose(ours.coef_, theirs.coef_[0], atol=1e-5)
    assert_allclose(-ours.thresholds_, theirs.intercept_, atol=1e-5)
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-4)


@pytest.fixture(scope="module")
def survival(data):
    X, z, _ = data
    rng = np.random.default_rng(5)
    time, censored = rng.exponential(np.exp(-z)), rng.exponential(2.0, size=len(z))
    y = np.stack([np.round(np.minimum(time, censored), 1), time <= censored], axis=1)
    return X, y


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_cox_is_that_of_statsmodels(survival, ties):
    phreg = pytest.importorskip("statsmodels.duration.hazard_regression")
    X, y = survival
    ours = CoxRegressor(penalty=None, ties=ties, tol=1e-9).fit(X, y)
    theirs = phreg.PHReg(y[:, 0], X, status=y[:, 1], ties=ties).fit()
    assert_allclose(ours.coef_, theirs.params, rtol=1e-5)
    strata = np.arange(len(X)) % 3
    ours = CoxRegressor(penalty=None, ties=ties, tol=1e-9).fit(X, y, strata=strata)
    theirs = phreg.PHReg(y[:, 0], X, status=y[:, 1], ties=ties, strata=strata).fit()
    assert_allclose(ours.coef_, theirs.params, rtol=1e-5)


def test_cox_survival_falls_from_one_and_counts_events(survival):
    """Breslow's hazards, summed over rows, are the events seen."""
    X, y = survival
    model = CoxRegressor(penalty="l1", alpha=0.01).fit(X, y)
    curves = model.predict_survival(X)
    assert (np.diff(curves, axis=1) <= 0).all() and (curves <= 1).all()
    own = model.predict_cumulative_hazard(X, np.unique(y[:, 0]))
    place = np.searchsorted(np.unique(y[:, 0]), y[:, 0])
    assert_allclose(own[np.arange(len(X)), place].sum(), y[:, 1].sum(), rtol=1e-9)
    assert (model.predict_survival(X, [-1.0]) == 1).all()


def test_cox_of_constant_risks_has_the_hazard_of_nelson_and_aalen(survival):
    X, y = survival
    model = CoxRegressor(penalty="l1", alpha=10.0).fit(X, y)
    assert not model.coef_.any()
    moments = np.unique(y[:, 0])
    died = np.array([y[y[:, 0] == t, 1].sum() for t in moments])
    at_risk = np.array([(y[:, 0] >= t).sum() for t in moments])
    expected = np.cumsum(died / at_risk)
    assert_allclose(model.predict_cumulative_hazard(X[:1], moments)[0], expected, rtol=1e-12)


def test_cox_strata_have_hazards_of_their_own(survival):
    X, y = survival
    strata = np.where(np.arange(len(X)) % 2, "a", "b")
    model = CoxRegressor(penalty=None).fit(X, y, strata=strata)
    curves = model.predict_survival(X[[0, 0]], [0.5], strata=["a", "b"])
    assert curves[0] != curves[1]
    with pytest.raises(ValueError, match="strata"):
        model.predict_survival(X)
    with pytest.raises(ValueError, match="labels"):
        model.predict_survival(X[:1], strata=["c"])


def test_concordance_by_pairs(survival):
    X, y = survival
    model = CoxRegressor(penalty=None).fit(X, y)
    risk, told, known = model.predict(X), 0.0, 0
    for i in np.flatnonzero(y[:, 1]):
        for j in range(len(y)):
            if y[j, 0] > y[i, 0] or (y[j, 0] == y[i, 0] and not y[j, 1]):
                known += 1
                told += (risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j])
    assert_allclose(model.score(X, y), told / known, rtol=1e-12)


def test_sparse_is_dense(survival):
    X, y = survival
    X = X * (np.abs(X) > 0.5)
    for model in (CoxRegressor(alpha=0.01), GeneralizedLinearRegressor(penalty="slope", alpha=0.1)):
        target = y if isinstance(model, CoxRegressor) else y[:, 0]
        dense = model.fit(X, target).coef_
        for make in (scipy.sparse.csr_array, scipy.sparse.csc_matrix):
            assert_allclose(model.fit(make(X), target).coef_, dense, atol=1e-6)


def test_single_precision_stays(data):
    X, z, _ = data
    model = GeneralizedLinearRegressor(penalty="group", alpha=0.05)
    coef = model.fit(X, z).coef_
    single = model.fit(X.astype(np.float32), z.astype(np.float32))
    assert single.coef_.dtype == single.predict(X.astype(np.float32)).dtype == np.float32
    assert_allclose(single.coef_, coef, atol=1e-4)
