"""Probabilities from decisions of pairs of classes."""

import math

import numpy as np

# No pair is taken to be certain, so that coupling has one solution.
_CERTAIN = 1e-7


def fit_sigmoid(decision, positive, max_iter=100):
    """a and b of ``P(positive | d) = 1 / (1 + exp(a d + b))``, by penalised likelihood.

    The targets are ``(n₊ + 1) / (n₊ + 2)`` and ``1 / (n₋ + 2)``, what Laplace's rule makes of 1 and
    0; Newton's method with halving steps.

    Parameters
    ----------
    decision : ndarray of float64, shape (n,)
    positive : ndarray of bool, shape (n,)
    max_iter : int, default 100

    Returns
    -------
    a, b : float

    References
    ----------
    Lin, H.-T., Lin, C.-J. and Weng, R. C. (2007). A note on Platt's probabilistic outputs for
    support vector machines. Machine Learning 68.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.kernels.platt import fit_sigmoid
    >>> a, b = fit_sigmoid(np.array([-1.0, -0.5, 0.5, 1.0]), np.array([False, False, True, True]))
    >>> a < 0, abs(b) < 1e-9
    (True, True)
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    target = np.where(positive, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
    theta = np.array([0.0, math.log((n_negative + 1) / (n_positive + 1))])
    columns = np.column_stack([decision, np.ones(len(decision))])

    def loss(theta):
        z = columns @ theta
        return float((np.logaddexp(0.0, z) + (target - 1.0) * z).sum()), z

    value, z = loss(theta)
    for _ in range(max_iter):
        p = np.exp(-np.logaddexp(0.0, z))
        slope = columns.T @ (target - p)
        if np.abs(slope).max() < 1e-9 * max(1.0, np.abs(columns).sum()):
            break
        curved = (columns * (p * (1.0 - p))[:, None]).T @ columns
        # Decisions may all be alike, and curvature vanish far out.
        curved[np.diag_indices(2)] += 1e-12
        step = -np.linalg.solve(curved, slope)
        size = 1.0
        while size > 1e-10:
            new, new_z = loss(theta + size * step)
            if new <= value + 1e-4 * size * float(slope @ step):
                break
            size *= 0.5
        else:
            break
        theta, value, z = theta + size * step, new, new_z
    return float(theta[0]), float(theta[1])


def sigmoid(decision, a, b):
    """``1 / (1 + exp(a d + b))``, kept off 0 and 1."""
    p = np.exp(-np.logaddexp(0.0, a * decision + b))
    return np.clip(p, _CERTAIN, 1.0 - _CERTAIN)


def couple(pairs, n_classes):
    """Probabilities of classes p that fit those of pairs r best.

    ``min Σ (r_ji p_i − r_ij p_j)²`` over i < j with ``Σ p = 1``: a system of linear equations.

    Parameters
    ----------
    pairs : ndarray of shape (n, n_classes (n_classes − 1) / 2)
        Probability of the first class of each pair, in the order (0, 1), (0, 2), ...
    n_classes : int

    Returns
    -------
    ndarray of shape (n, n_classes)

    References
    ----------
    Wu, T.-F., Lin, C.-J. and Weng, R. C. (2004). Probability estimates for multi-class
    classification by pairwise coupling. Journal of Machine Learning Research 5.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.kernels.platt import couple
    >>> couple(np.array([[0.5, 0.5, 0.5]]), 3).round(3)
    array([[0.333, 0.333, 0.333]])
    """
    n, k = len(pairs), n_classes
    first, second = np.triu_indices(k, 1)
    r = np.zeros((n, k, k))
    r[:, first, second] = pairs
    r[:, second, first] = 1.0 - pairs
    turned = r.transpose(0, 2, 1)
    system = np.zeros((n, k + 1, k + 1))
    system[:, :k, :k] = -r * turned
    diagonal = np.arange(k)
    system[:, diagonal, diagonal] = (turned**2).sum(axis=2)
    system[:, :k, k] = system[:, k, :k] = 1.0
    right = np.zeros((n, k + 1, 1))
    right[:, k] = 1.0
    found = np.linalg.solve(system, right)[:, :k, 0]
    # Exact solutions are positive; rounding may miss by its own size.
    found = np.maximum(found, 0.0)
    return found / found.sum(axis=1, keepdims=True)
