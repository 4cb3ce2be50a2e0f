"""Independent components: whitening, contrasts, and Hyvärinen's fixed-point iterations."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from .leading import by_svd


# A contrast maps projections x, rows of which are components, to g(x) and the mean of g′(x) over
# each row, where g is the derivative of what is maximised. It may overwrite x.
@dataclass(frozen=True)
class LogCosh:
    """``g(x) = tanh αx``: good for most sources."""

    alpha: float = 1.0

    def __call__(self, x):
        x *= self.alpha
        g = np.tanh(x, out=x)
        return g, self.alpha * (1 - np.vecdot(g, g) / x.shape[-1])


class Exp:
    """``g(x) = x exp(−x²/2)``: for sources with heavy tails, robust."""

    def __call__(self, x):
        bell = np.exp(x * x / -2)
        g = x * bell
        return g, bell.mean(axis=-1) - np.vecdot(x, g) / x.shape[-1]


class Cube:
    """``g(x) = x³``, kurtosis: for sources with light tails and no outliers."""

    def __call__(self, x):
        square = x * x
        return x * square, 3 * square.mean(axis=-1)


def directions_by_svd(centred):
    """Singular values and right vectors (rows) of centred rows, the first entry ≥ 0 in each."""
    found = by_svd(centred)
    return found.values, _first_positive(found.right)


def directions_by_gram(centred):
    """The same from the eigenpairs of the Gram matrix, and how many of them are rounding."""
    squares, vectors = linalg.eigh(centred.T @ centred, check_finite=False)
    squares, vectors = squares[::-1], vectors[:, ::-1]
    # A square is known to eps of the greatest; a few eps keep its root from being 0.
    info = np.finfo(centred.dtype)
    least = max(10 * info.eps * squares[0], info.tiny)
    degenerate = int((squares < least).sum())
    values = np.sqrt(np.maximum(squares, least)).astype(centred.dtype)
    return values, _first_positive(vectors.T), degenerate


def _first_positive(right):
    return np.where(right[:, :1] < 0, -right, right)


def decorrelated(W):
    """The orthogonal matrix nearest to W, ``(WWᵀ)^{−½} W``."""
    left, _, right = linalg.svd(W, full_matrices=False, check_finite=False)
    return left @ right


def parallel(Z, contrast, W, max_iter, tol):
    """All components at once: ``W ← (WWᵀ)^{−½}W`` after ``wᵢ ← E[z g(wᵢᵀz)] − E[g′(wᵢᵀz)] wᵢ``.

    Parameters
    ----------
    Z : ndarray of shape (k, n)
        Whitened rows, transposed.
    contrast : callable
    W : ndarray of shape (k, k)
        Start.
    max_iter : int
    tol : float
        Stops when no direction turns by more: ``1 − |wᵢ · wᵢ'|``.

    Returns
    -------
    W : ndarray of shape (k, k)
    n_iter : int
    turned : float
        By how much the last iteration turned a direction.
    """
    W = decorrelated(W)
    for n_iter in range(1, max_iter + 1):  # noqa: B007 its last value is used
        g, slope = contrast(W @ Z)
        new = decorrelated(g @ Z.T / Z.shape[1] - slope[:, None] * W)
        turned = float(np.abs(np.abs(np.vecdot(new, W)) - 1).max())
        W = new
        if turned < tol:
            break
    return W, n_iter, turned


def deflation(Z, contrast, W, max_iter, tol):
    """One component after another, each orthogonal to those before; as `parallel`."""
    found = np.zeros_like(W)
    most, worst = 0, 0.0
    for i, start in enumerate(W):
        w = start / np.linalg.norm(start)
        for n_iter in range(1, max_iter + 1):  # noqa: B007 its last value is used
            g, slope = contrast((w @ Z)[None])
            new = (Z @ g[0]) / Z.shape[1] - np.mean(slope) * w
            new -= found[:i].T @ (found[:i] @ new)
            new /= np.linalg.norm(new)
            turned = float(abs(abs(new @ w) - 1))
            w = new
            if turned < tol:
                break
        found[i] = w
        most, worst = max(most, n_iter), max(worst, turned)
    return found, most, worst
