"""Power transformations to a normal distribution, and the exponents that fit best."""

import numpy as np

# exp of more than this, squared and summed over the rows, leaves the range of float64.
_MOST = 340.0
# Below this spread of exponents exp loses digits that expm1 keeps.
_SMALL = 0.1


def box_cox(x, power):
    """``(x^λ − 1) / λ``, and ``log x`` for λ = 0; x > 0."""
    return _power(np.log(x), power)


def inverse_box_cox(y, power):
    """The x with ``box_cox(x, λ) = y``; NaN where there is none."""
    return np.exp(_root(y, power))


def yeo_johnson(x, power):
    """``((1 + x)^λ − 1) / λ`` for x ≥ 0 and ``−((1 − x)^(2−λ) − 1) / (2 − λ)`` for x < 0.

    I.-K. Yeo and R. A. Johnson, "A new family of power transformations to improve normality or
    symmetry", Biometrika 87, 2000.
    """
    size = np.log1p(np.abs(x))
    return np.where(x < 0, -_power(size, 2 - power), _power(size, power))


def inverse_yeo_johnson(y, power):
    """The x with ``yeo_johnson(x, λ) = y``; NaN where there is none."""
    below = y < 0
    up = np.expm1(_root(np.where(below, 0, y), power))
    down = -np.expm1(_root(np.where(below, -y, 0), 2 - power))
    return np.where(below, down, up)


def _power(log, power):
    with np.errstate(over="ignore"):
        return log if power == 0 else np.expm1(power * log) / power


def _root(y, power):
    if power == 0:
        return y
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.log1p(power * y) / power


def best_box_cox(x):
    """The λ under which ``box_cox(x, λ)`` is most likely to be normal.

    The log-likelihood is ``(λ − 1) Σ log x − n/2 · log Var(y)``. With d the deviations of
    ``log x`` from their mean it is ``−n/2 · log Var((e^{λd} − 1) / λ)`` up to a constant, in which
    no power of x overflows and no digits cancel. λ is kept where y² is a float64.

    Parameters
    ----------
    x : ndarray of float64, shape (n_rows,)
        Positive, not all equal.

    Returns
    -------
    float
    """
    return _best_of_logs(np.log(x))


def _best_of_logs(log):
    away = log - log.mean()
    if away.var() == 0:  # as happens within 1e-154 of 1: no power changes their shape
        return 1.0
    most = _MOST / np.abs(log).max()

    def loss(power):
        return _log_spread(power * away) - 2 * np.log(abs(power)) if power else np.log(away.var())

    return minimum_on_line(loss, -2.0, 2.0, (-most, most))


def _log_spread(exponents):
    """``log Var(e^exponents)``."""
    most = exponents.max()
    if most > _MOST:
        return 2 * most + np.log(np.exp(exponents - most).var())
    spread = most - exponents.min()
    values = np.exp(exponents) if spread > _SMALL else np.expm1(exponents)
    with np.errstate(divide="ignore"):
        return np.log(values.var())


def best_yeo_johnson(x):
    """The λ under which ``yeo_johnson(x, λ)`` is most likely to be normal.

    The log-likelihood is ``(λ − 1) Σ sign(x) log(1 + |x|) − n/2 · log Var(y)``. Where all values
    have one sign it is that of the Box-Cox transformation of ``1 + |x|``.

    Parameters
    ----------
    x : ndarray of float64, shape (n_rows,)

    Returns
    -------
    float
        1 if all values are equal.
    """
    if x.min() == x.max():
        return 1.0
    log = np.log1p(np.abs(x))
    if x.min() >= 0:
        return _best_of_logs(log)
    if x.max() <= 0:
        return 2 - _best_of_logs(log)
    up, down = log[x >= 0], log[x < 0]
    slope = 2 * (up.sum() - down.sum()) / len(x)

    def loss(power):
        return _log_variance(up, down, power) - (power - 1) * slope

    return minimum_on_line(loss, -2.0, 2.0, (2 - _MOST / down.max(), _MOST / up.max()))


def _log_variance(up, down, power):
    """``log Var(y)`` of a Yeo-Johnson transformation from logarithms on both sides of zero.

    Within the bounds of λ no exponent leaves the range of float64.
    """
    values = np.concatenate([_quick_power(up, power), -_quick_power(down, 2 - power)])
    with np.errstate(divide="ignore"):
        return np.log(values.var())


def _quick_power(log, power):
    """As `_power`; by exp, which is quicker, where digits of ``e^z − 1`` are not needed."""
    if abs(power) < _SMALL:
        return _power(log, power)
    values = np.exp(power * log)
    values -= 1
    values /= power
    return values


_GOLDEN = (3 - 5**0.5) / 2


def minimum_on_line(function, low, high, bounds, tol=1e-8, max_iter=500):
    """A local minimum by Brent's method, from an interval that is widened downhill first.

    R. P. Brent, "Algorithms for minimization without derivatives", 1973, chapter 5: parabolas
    through the three best points, golden sections where they do not converge.

    Parameters
    ----------
    function : callable
    low, high : float
        Where to begin.
    bounds : pair of float
        The search never leaves them.
    tol : float
        Relative accuracy.
    max_iter : int

    Returns
    -------
    float

    Examples
    --------
    >>> round(minimum_on_line(lambda x: (x - 3.0) ** 2, -2.0, 2.0, (-10.0, 10.0)), 6)
    3.0
    """
    low, x, high = _bracket(function, low, high, bounds)
    second = third = x
    at = at_second = at_third = function(x)
    step = before = 0.0
    for _ in range(max_iter):
        middle, accuracy = (low + high) / 2, tol * abs(x) + 1e-11
        if abs(x - middle) <= 2 * accuracy - (high - low) / 2:
            break
        proposed = None
        if abs(before) > accuracy:
            proposed = _vertex((x, at), (second, at_second), (third, at_third))
        if (
            proposed is not None
            and abs(proposed) < abs(before) / 2
            and (low + 2 * accuracy <= x + proposed <= high - 2 * accuracy)
        ):
            step, before = proposed, step
        else:
            before = (low if x >= middle else high) - x
            step = _GOLDEN * before
        trial = x + (step if abs(step) >= accuracy else np.copysign(accuracy, step))
        at_trial = function(trial)
        if at_trial <= at:
            low, high = (x, high) if trial >= x else (low, x)
            third, at_third, second, at_second, x, at = second, at_second, x, at, trial, at_trial
            continue
        low, high = (trial, high) if trial < x else (low, trial)
        if at_trial <= at_second or second == x:
            third, at_third, second, at_second = second, at_second, trial, at_trial
        elif at_trial <= at_third or third in (x, second):
            third, at_third = trial, at_trial
    return float(x)


def _vertex(best, second, third):
    """Step from the best point to the vertex of the parabola through three; None without one."""
    (x, f), (w, fw), (v, fv) = best, second, third
    r, q = (x - w) * (f - fv), (x - v) * (f - fw)
    p, q = (x - v) * q - (x - w) * r, 2 * (q - r)
    return None if q == 0 or not np.isfinite(p / q) else -p / q


def _bracket(function, low, high, bounds):
    """Three points, the middle one the lowest, or the last within the bounds downhill."""
    low, high = max(low, bounds[0]), min(high, bounds[1])
    middle = (low + high) / 2
    at_low, at_middle, at_high = function(low), function(middle), function(high)
    while at_low < at_middle and low > bounds[0]:
        high, middle, at_middle = middle, low, at_low
        low = max(bounds[0], middle - 2 * (high - middle))
        at_low = function(low)
    while at_high < at_middle and high < bounds[1]:
        low, middle, at_middle = middle, high, at_high
        high = min(bounds[1], middle + 2 * (middle - low))
        at_high = function(high)
    return low, middle, high
