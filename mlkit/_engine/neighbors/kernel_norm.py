"""Constants that make kernels integrate to one."""

import math

import numpy as np

KERNELS = ("gaussian", "tophat", "epanechnikov", "exponential", "linear", "cosine")


def log_ball(d):
    """Logarithm of the volume of the unit ball in d dimensions."""
    return 0.5 * d * math.log(math.pi) - math.lgamma(0.5 * d + 1)


def log_norm(kernel, h, d):
    """``−log ∫ K(‖x‖ / h) dx`` over d dimensions.

    Parameters
    ----------
    kernel : str
        One of `KERNELS`.
    h : float
        Bandwidth.
    d : int

    Returns
    -------
    float

    Examples
    --------
    >>> from mlkit._engine.neighbors.kernel_norm import log_norm
    >>> round(log_norm("tophat", 0.5, 1), 3)
    0.0
    """
    if kernel == "gaussian":
        integral = 0.5 * d * math.log(2 * math.pi)
    elif kernel == "tophat":
        integral = log_ball(d)
    elif kernel == "epanechnikov":
        integral = log_ball(d) + math.log(2 / (d + 2))
    elif kernel == "exponential":
        integral = log_ball(d) + math.lgamma(d + 1)
    elif kernel == "linear":
        integral = log_ball(d) - math.log(d + 1)
    else:
        integral = log_ball(d) + math.log(d * _cosine_moment(d - 1))
    return -integral - d * math.log(h)


def _cosine_moment(n):
    """``∫₀¹ cos(πr/2) rⁿ dr`` by Gauss' rule: exact to rounding, since cosine is analytic."""
    node, weight = np.polynomial.legendre.leggauss(48 + n // 2)
    r = 0.5 * (node + 1)
    return 0.5 * float(weight @ (np.cos(0.5 * np.pi * r) * r**n))
