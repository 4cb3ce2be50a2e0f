"""Powers of maximal likelihood: optimality, agreement with SciPy, and values that overflow."""

import numpy as np
import pytest
from scipy import stats

from mlkit._engine.mixture.power import (
    best_box_cox,
    best_yeo_johnson,
    box_cox,
    inverse_box_cox,
    inverse_yeo_johnson,
    minimum_on_line,
    yeo_johnson,
)

RNG = np.random.default_rng(0)
COLUMNS = {
    "normal": RNG.normal(size=300),
    "shifted": 5 + RNG.normal(size=300),
    "skewed": np.exp(RNG.normal(size=300)),
    "chi": RNG.chisquare(2, size=200),
    "whole": RNG.integers(-3, 9, size=100).astype(float),
    "negative": -np.exp(RNG.normal(size=100)),
    "tiny": 1e-4 * RNG.random(50),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_yeo_johnson_is_the_optimum(name):
    x = COLUMNS[name]
    power, theirs = best_yeo_johnson(x), stats.yeojohnson_normmax(x)
    at = stats.yeojohnson_llf
    assert abs(power - theirs) < 1e-4 or at(power, x) >= at(theirs, x) - 1e-9
    np.testing.assert_allclose(yeo_johnson(x, power), stats.yeojohnson(x, power), rtol=1e-9)


@pytest.mark.parametrize("name", ["shifted", "skewed", "chi"])
def test_box_cox_is_the_optimum(name):
    x = COLUMNS[name]
    x = x - x.min() + 0.1
    power, theirs = best_box_cox(x), stats.boxcox_normmax(x, method="mle")
    assert abs(power - theirs) < 1e-4
    np.testing.assert_allclose(box_cox(x, power), stats.boxcox(x, power), rtol=1e-9)


@pytest.mark.parametrize("power", [-3.0, 0.0, 0.5, 1.0, 2.0, 4.5])
def test_inverse(power):
    x = RNG.normal(size=50)
    np.testing.assert_allclose(inverse_yeo_johnson(yeo_johnson(x, power), power), x, rtol=1e-9)
    x = np.exp(x)
    np.testing.assert_allclose(inverse_box_cox(box_cox(x, power), power), x, rtol=1e-9)


@pytest.mark.parametrize(
    "x",
    [
        [2003.0, 1950.0, 1997.0, 2000.0, 2009.0, 2009.0, 1980.0, 1999.0, 2007.0, 1991.0],
        [1e200, 1e201, 1e202],
        [2.0, 2.0, 2.0, 1e300],
        [1e-300, 1e-299, 1e-298],
    ],
)
def test_nothing_overflows(x):
    x = np.array(x)
    for each in (x, -x):
        y = yeo_johnson(each, best_yeo_johnson(each))
        assert np.isfinite(y**2).all()
    y = box_cox(x, best_box_cox(x))
    assert np.isfinite(y**2).all() and y.std() > 0


@pytest.mark.parametrize("at", [-30.0, -1.9, 0.0, 0.3, 7.0])
def test_brent_finds_the_minimum(at):
    found = minimum_on_line(lambda x: abs(x - at) ** 3 + (x - at) ** 2, -2.0, 2.0, (-50.0, 50.0))
    assert abs(found - at) < 1e-6
    assert minimum_on_line(lambda x: -x, -2.0, 2.0, (-5.0, 5.0)) > 4.999
