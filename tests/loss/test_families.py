"""Losses that are not compiled: their derivatives, ties of times, links."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mlkit._engine.loss.families import (
    Binomial,
    FamilyLoss,
    Gaussian,
    NegativeBinomial,
    Tweedie,
)
from mlkit._engine.loss.links import (
    Cauchit,
    ComplementaryLogLog,
    Identity,
    Log,
    Logit,
    Power,
    Probit,
)
from mlkit._engine.loss.losses import BinaryLogistic, PinballLoss, PoissonLoss
from mlkit._engine.loss.ordered import OrderedLogistic
from mlkit._engine.loss.smoothed import Smoothed
from mlkit._engine.loss.survival import CoxLoss

UNIT = (Logit(), Probit(), ComplementaryLogLog(), Cauchit())
POSITIVE = (Log(), Identity(), Power(-1.0), Power(-2.0), Power(0.5))
CASES = [(Binomial(), link) for link in UNIT]
CASES += [(Tweedie(p), link) for p in (1, 1.5, 2, 3) for link in POSITIVE]
CASES += [(NegativeBinomial(0.7), link) for link in POSITIVE]
CASES += [(Gaussian(), link) for link in (Identity(), Log())]
NAMES = [
    f"{type(f).__name__}{getattr(f, 'power', '')}-{type(g).__name__}{getattr(g, 'exponent', '')}"
    for f, g in CASES
]


def case(family, link):
    rng = np.random.default_rng(0)
    raw = rng.normal(size=60) if link in UNIT else rng.uniform(0.5, 2.0, size=60)
    y = rng.random(60) if link in UNIT else rng.gamma(2.0, 1.0, size=60)
    return y, raw, rng.uniform(0.5, 2.0, size=60)


@pytest.mark.parametrize(("family", "link"), CASES, ids=NAMES)
def test_derivatives_by_finite_differences(family, link):
    loss = FamilyLoss(link, family)
    y, raw, weight = case(family, link)
    gradient, curvature = loss.gradient_curvature(y, raw, weight)
    h = 1e-5

    def value(i, step):
        return loss.value(y[i : i + 1], raw[i : i + 1] + step, weight[i : i + 1])

    slope = [(value(i, h) - value(i, -h)) / (2 * h) for i in range(60)]
    assert_allclose(gradient, slope, rtol=1e-5, atol=1e-6)
    bend = [(value(i, 10 * h) - 2 * value(i, 0) + value(i, -10 * h)) / 1e-8 for i in range(60)]
    assert_allclose(curvature, bend, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("family", "link"), CASES, ids=NAMES)
def test_expected_curvature_is_that_of_the_mean(family, link):
    """At y = μ the observed curvature is the expected one."""
    loss = FamilyLoss(link, family)
    _, raw, weight = case(family, link)
    y = link.inverse(raw)
    gradient, curvature = loss.gradient_curvature(y, raw, weight)
    expected = loss.expected(raw[:, None], weight, 1.0, curvature[:, None])
    assert_allclose(gradient, 0.0, atol=1e-12)
    assert_allclose(curvature, expected[:, 0], rtol=1e-9)


@pytest.mark.parametrize(
    "link",
    [*UNIT, *POSITIVE],
    ids=[type(g).__name__ + str(getattr(g, "exponent", "")) for g in (*UNIT, *POSITIVE)],
)
def test_links_are_undone_and_have_their_slopes(link):
    mean = np.linspace(0.05, 0.95, 19)
    raw = link(mean)
    assert_allclose(link.inverse(raw), mean, rtol=1e-12)
    h = 1e-6
    assert_allclose(
        link.slope(raw), (link.inverse(raw + h) - link.inverse(raw - h)) / (2 * h), rtol=1e-6
    )
    bend = (link.slope(raw + h) - link.slope(raw - h)) / (2 * h)
    assert_allclose(link.bend(raw), bend, rtol=1e-5, atol=1e-8)


def test_a_family_under_its_own_link_is_the_compiled_loss():
    rng = np.random.default_rng(0)
    y, raw = rng.poisson(2.0, 50).astype(float), rng.normal(size=50)
    ours, theirs = FamilyLoss(Log(), Tweedie(1)), PoissonLoss()
    assert_allclose(ours.gradient(y, raw), theirs.gradient(y, raw), rtol=1e-10)
    assert_allclose(ours.value(y, raw), theirs.value(y, raw), rtol=1e-10)
    share = rng.random(50)
    ours, theirs = FamilyLoss(Logit(), Binomial()), BinaryLogistic()
    assert_allclose(ours.value(share, 8 * raw), theirs.value(share, 8 * raw), rtol=1e-6)
    assert Binomial().compiled("logit") == theirs and Binomial().compiled("probit") is None


def test_means_outside_of_the_family_cost_infinitely():
    loss = FamilyLoss(Identity(), Tweedie(1))
    assert loss.value([1.0, 2.0], [0.5, -0.1]) == np.inf
    assert np.isfinite(FamilyLoss(Probit(), Binomial()).value([1.0, 0.0], [50.0, -50.0]))


def test_poisson_is_the_limit_of_the_negative_binomial():
    rng = np.random.default_rng(0)
    y, raw = rng.poisson(2.0, 50).astype(float), rng.normal(size=50)
    near = FamilyLoss(Log(), NegativeBinomial(1e-8)).gradient(y, raw)
    assert_allclose(near, PoissonLoss().gradient(y, raw), rtol=1e-6, atol=1e-6)


def test_smoothed_losses_lie_below_by_a_bound():
    rng = np.random.default_rng(0)
    y, raw = rng.normal(size=200), rng.normal(size=200)
    loss, width = PinballLoss(0.2), 0.3
    below = loss.per_sample(y, raw)
    for i in range(200):
        near = Smoothed(loss, width).value(y[i : i + 1], raw[i : i + 1])
        assert below[i] - width * 0.8**2 / 2 - 1e-12 <= near <= below[i] + 1e-12


def partial_likelihood(time, event, strata, z, w, efron):
    """Minus the log partial likelihood by its definition, term by term."""
    total = 0.0
    for stratum in np.unique(strata):
        own = strata == stratum
        for t in np.unique(time[own & event & (w > 0)]):
            tied = own & event & (time == t) & (w > 0)
            risk, at_tie = (w * np.exp(z))[own & (time >= t)].sum(), (w * np.exp(z))[tied].sum()
            total -= (w * z)[tied].sum()
            for place in range(tied.sum()):
                if efron:
                    left = risk - place / tied.sum() * at_tie
                    total += w[tied].mean() * np.log(left)
                else:
                    total += w[tied][place] * np.log(risk)
    return total


@pytest.mark.parametrize("efron", [False, True])
@pytest.mark.parametrize("n_strata", [1, 3])
def test_partial_likelihood_by_its_definition(efron, n_strata):
    rng = np.random.default_rng(2)
    n = 40
    time, event = np.round(rng.exponential(size=n), 1), rng.random(n) < 0.6
    strata, z = rng.integers(0, n_strata, n), rng.normal(size=n)
    weight = rng.integers(0, 3, n).astype(float)
    strata = np.unique(strata, return_inverse=True)[1]
    loss, y = CoxLoss(time, event, strata, efron), event.astype(float)
    expected = partial_likelihood(time, event, strata, z, weight, efron)
    assert_allclose(loss.value(y, z, weight), expected, rtol=1e-12)
    assert_allclose(loss.value(y, z + 1e3, weight), expected, rtol=1e-9)
    gradient, h = loss.gradient(y, z, weight), 1e-6
    for i in range(n):
        step = h * (np.arange(n) == i)
        change = loss.value(y, z + step, weight) - loss.value(y, z - step, weight)
        assert_allclose(gradient[i], change / (2 * h), atol=1e-6)


@pytest.mark.parametrize("efron", [False, True])
def test_partial_likelihood_hessian(efron):
    """D − Σ u a aᵀ, from finite differences of the gradient."""
    rng = np.random.default_rng(2)
    n = 25
    time, event = np.round(rng.exponential(size=n), 1), rng.random(n) < 0.6
    loss, z = CoxLoss(time, event, efron=efron), rng.normal(size=n)
    terms = loss.terms(z, None)
    diagonal, weight, groups = loss.curvatures(terms, 1.0)
    sums = np.zeros((2 * loss.n_moments, n))
    sums[groups, np.arange(n)] = terms["rates"]
    means = loss.at_risk(sums, terms)
    matrix = np.diag(diagonal) - means.T @ (weight[:, None] * means)
    y, h = event.astype(float), 1e-6
    for i in range(n):
        step = h * (np.arange(n) == i)
        change = loss.gradient(y, z + step) - loss.gradient(y, z - step)
        assert_allclose(matrix[i], change / (2 * h), atol=1e-6)


def test_ordered_loss_is_minus_the_log_of_its_probability():
    rng = np.random.default_rng(0)
    cuts, z, y = np.array([-1.0, 0.3, 2.0]), 3 * rng.normal(size=80), rng.integers(0, 4, 80)
    loss = OrderedLogistic(n_levels=4)
    share = loss.probabilities(z, cuts)
    assert_allclose(share.sum(axis=1), 1.0)
    assert_allclose(loss.value_of(y, z, cuts), -np.log(share[np.arange(80), y]), rtol=1e-9)
    weight = rng.random(80)
    _, by_z, by_cut = loss.gradients(y, z, cuts, weight, 1.0)
    bend, cross, between = loss.curvatures(y, z, cuts, weight, 1.0)
    h = 1e-6
    for k in range(3):
        step = h * (np.arange(3) == k)
        above, below = (loss.gradients(y, z, cuts + s, weight, 1.0) for s in (step, -step))
        assert_allclose(by_cut[k], (above[0] - below[0]) / (2 * h), rtol=1e-5, atol=1e-6)
        assert_allclose(cross[:, k], (above[1] - below[1]) / (2 * h), atol=1e-6)
        assert_allclose(between[k], (above[2] - below[2]) / (2 * h), rtol=1e-5, atol=1e-5)
    above, below = (loss.gradients(y, z + s, cuts, weight, 1.0)[1] for s in (h, -h))
    assert_allclose(bend, (above - below) / (2 * h), atol=1e-6)
    assert_allclose(by_z.sum(), -by_cut.sum(), rtol=1e-9)
