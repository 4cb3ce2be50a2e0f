"""Least squares over many small samples of rows, and the spatial median of the results."""

import numpy as np

from ._spatial import weiszfeld_step

# Entries of samples that are solved together: 8 MB.
_BATCH = 1 << 20


def fits_of_samples(design, y, samples):
    """Coefficients of least squares on each sample of rows; of least norm where there are several.

    Parameters
    ----------
    design : ndarray of shape (n, m)
    y : ndarray of shape (n,)
    samples : ndarray of int, shape (n_samples, k)

    Returns
    -------
    ndarray of shape (n_samples, m)
    """
    n_samples, k = samples.shape
    m = design.shape[1]
    out = np.empty((n_samples, m))
    step = max(1, _BATCH // max(1, k * m))
    for first in range(0, n_samples, step):
        part = slice(first, first + step)
        out[part] = _solve_batch(design[samples[part]], y[samples[part]])
    return out


def _solve_batch(blocks, targets):
    """Least squares of each block; where its columns depend on one another, one by one."""
    k, m = blocks.shape[1:]
    if k < m:
        return np.array([_shortest(*pair) for pair in zip(blocks, targets, strict=True)])
    q, r = np.linalg.qr(blocks)
    diagonal = np.abs(np.diagonal(r, axis1=1, axis2=2))
    # As LAPACK's gelss cuts singular values at the precision.
    sound = diagonal.min(axis=1) > 1e-12 * diagonal.max(axis=1)
    out = np.empty((len(blocks), m))
    pulled = np.einsum("bkm,bk->bm", q[sound], targets[sound])
    out[sound] = np.linalg.solve(r[sound], pulled[:, :, None])[:, :, 0]
    for i in np.flatnonzero(~sound):
        out[i] = _shortest(blocks[i], targets[i])
    return out


def _shortest(block, target):
    return np.linalg.lstsq(block, target, rcond=None)[0]


def spatial_median(points, max_iter, tol):
    """The point with the least sum of distances to `points`; (iterations, point, converged).

    Weiszfeld's iteration as modified by Vardi and Zhang (2000), from the mean, until a step is
    shorter than `tol`.
    """
    if points.shape[1] == 1:
        return 1, np.median(points, axis=0), True
    points = np.ascontiguousarray(points, dtype=np.float64)
    centre, following = points.mean(axis=0), np.empty(points.shape[1])
    near = float(np.finfo(np.float64).eps)
    for n_iter in range(max_iter):
        weiszfeld_step(points, centre, following, near)
        short = np.square(following - centre).sum() < tol**2
        if short:
            return n_iter, following, True
        centre, following = following, centre
    return max(max_iter - 1, 0), centre, False
