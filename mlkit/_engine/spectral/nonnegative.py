"""Non-negative factors ``X ≈ WH``: divergences, starting points and the steps that lessen them.

The divergence is of the family of β: half the squared distance for β = 2, Kullback-Leibler for
1, Itakura-Saito for 0.
"""

from dataclasses import dataclass

import numpy as np

from ..._core.parallel import n_threads
from ..._core.seeds import check_random_state
from ..._core.sparse import issparse
from ._nonnegative import descend, products_at
from .svd import randomized_svd

# Divisors and arguments of logarithms are kept above it, the same for float32 and float64.
TINY = float(np.finfo(np.float32).eps)
# Entries of W H made at a time where X is sparse: 8 MiB of doubles.
_BLOCK = 1 << 20
# Multiplications that are worth waking threads for.
_WORTH_THREADS = 1 << 18
# Entries of the nonnegative SVD below it are zeros.
_NOTHING = 1e-6


@dataclass(frozen=True)
class Penalty:
    """``l1 ‖·‖₁ + l2 ‖·‖² / 2`` on the entries of a factor."""

    l1: float = 0.0
    l2: float = 0.0

    def value(self, factor):
        """The penalty, with the square not halved, as the costs of batches count it."""
        return self.l1 * factor.sum() + self.l2 * (factor * factor).sum()


def _threads(work):
    return n_threads() if work >= _WORTH_THREADS else 1


# --------------------------------------------------------------------------- divergence
def _row_blocks(n_rows, n_columns):
    step = max(1, _BLOCK // max(1, n_columns))
    return (slice(first, first + step) for first in range(0, n_rows, step))


def _stored_products(X, W, H):
    return products_at(W, H.T, X.indptr, X.indices, _threads(X.nnz * len(H)))


def divergence(X, W, H, beta):
    """The β-divergence of X from ``WH``.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_columns)
    W : ndarray of shape (n_rows, k)
    H : ndarray of shape (k, n_columns)
    beta : float

    Returns
    -------
    float

    Notes
    -----
    For a sparse X only what is stored is compared with the product; sums of the whole product
    are taken from the factors (β = 1, 2) or by blocks of rows.
    """
    if beta == 2:
        return _half_squares(X, W, H)
    if issparse(X):
        values, product = X.data, _stored_products(X, W, H)
    else:
        values, product = X.ravel(), (W @ H).ravel()
    there = values > TINY
    values, product = values[there], np.maximum(product[there], TINY)
    if beta == 1:
        whole = W.sum(axis=0) @ H.sum(axis=1)
        return float((values * np.log(values / product)).sum() + whole - values.sum())
    if beta == 0:
        ratio = values / product
        return float(ratio.sum() - np.log(ratio).sum() - X.shape[0] * X.shape[1])
    whole = sum(((W[rows] @ H) ** beta).sum() for rows in _row_blocks(len(W), H.shape[1]))
    found = (values**beta).sum() - beta * (values * product ** (beta - 1)).sum()
    return float((found + (beta - 1) * whole) / (beta * (beta - 1)))


def _half_squares(X, W, H):
    if not issparse(X):
        gap = X - W @ H
        return float(np.vdot(gap, gap) / 2)
    squares = np.vdot(X.data, X.data) + np.vdot(W.T @ W, H @ H.T)
    return float((squares - 2 * np.vdot(X @ H.T, W)) / 2)


def distance(X, W, H, beta):
    """``√(2 D)`` of the divergence D, which is the norm of ``X − WH`` for β = 2."""
    return float(np.sqrt(2 * max(divergence(X, W, H, beta), 0)))


# --------------------------------------------------------------------------- beginnings
def begin(X, k, how, seed):
    """Starting factors.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_rows, n_columns)
    k : int
    how : {"random", "nndsvd", "nndsvda", "nndsvdar"}
        By chance; by the positive parts of singular vectors (Boutsidis and Gallopoulos, "SVD
        based initialization", Pattern Recognition 41, 2008), zeros as they are, or in their
        place the mean of X, or small numbers by chance.
    seed : None, int, RandomState or Generator
        An int seeds the singular vectors and the small numbers alike, as scikit-learn has it.

    Returns
    -------
    W : ndarray of shape (n_rows, k)
    H : ndarray of shape (k, n_columns)
    """
    rng = check_random_state(seed)
    if how == "random":
        scale = np.sqrt(X.mean() / k)
        H = np.abs(scale * rng.standard_normal(size=(k, X.shape[1])))
        W = np.abs(scale * rng.standard_normal(size=(X.shape[0], k)))
        return W.astype(X.dtype, copy=False), H.astype(X.dtype, copy=False)
    left, values, right = randomized_svd(X, k, random_state=seed)
    W, H = np.zeros_like(left), np.zeros_like(right)
    for j in range(k):
        u, v = left[:, j], right[j]
        if j == 0:  # of one sign, as X is
            u, v = np.abs(u), np.abs(v)
            W[:, 0], H[0] = np.sqrt(values[0]) * u, np.sqrt(values[0]) * v
            continue
        parts = [(np.maximum(s * u, 0), np.maximum(s * v, 0)) for s in (1, -1)]
        norms = [(np.linalg.norm(a), np.linalg.norm(b)) for a, b in parts]
        sizes = [a * b for a, b in norms]
        best = 0 if sizes[0] > sizes[1] else 1
        if sizes[best] > 0:
            share = np.sqrt(values[j] * sizes[best])
            W[:, j] = share / norms[best][0] * parts[best][0]
            H[j] = share / norms[best][1] * parts[best][1]
    for factor in (W, H):
        factor[factor < _NOTHING] = 0
    if how == "nndsvda":
        W[W == 0] = H[H == 0] = X.mean()
    elif how == "nndsvdar":
        for factor in (W, H):
            empty = factor == 0
            drawn = rng.standard_normal(size=int(empty.sum()))
            factor[empty] = np.abs(X.mean() * drawn / 100)
    return W, H


# ------------------------------------------------------------------------------- descent
def _step(X, W, Ht, penalty, order):
    gram, cross = Ht.T @ Ht, np.asarray(X @ Ht)
    gram.flat[:: len(gram) + 1] += penalty.l2
    if penalty.l1:
        cross = cross - penalty.l1
    return descend(W, gram, cross, order, _threads(W.size * len(gram)))


def by_descent(X, W, H, penalties, *, tol, max_iter, update_H=True, rng=None, report=None):
    """Least ``½‖X − WH‖²`` and penalties, by coordinate descent on W and H in turn.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_rows, n_columns)
    W, H : ndarray
        Where to start.
    penalties : pair of Penalty
        Of W and of H.
    tol : float
        Stop when the projected gradients sum up to this share of the first ones.
    max_iter : int
    update_H : bool
    rng : RandomState or Generator, optional
        Shuffles the components at each step; in order without it.
    report : callable, optional
        Told the iteration and the share.

    Returns
    -------
    W, H, n_iter
    """
    W, Ht = np.array(W, order="C"), np.array(H.T, order="C")
    n_iter, first = 0, None
    for n_iter in range(1, max_iter + 1):
        violation = _step(X, W, Ht, penalties[0], _order(W.shape[1], rng))
        if update_H:
            violation += _step(X.T, Ht, W, penalties[1], _order(W.shape[1], rng))
        first = violation if first is None else first
        if first == 0:
            break
        if report:
            report(n_iter, violation / first)
        if violation <= tol * first:
            break
    return W, Ht.T if update_H else H, n_iter


def _order(k, rng):
    return np.arange(k) if rng is None else rng.permutation(k)


# ------------------------------------------------------------------------- multiplication
def exponent(beta):
    """The power of a multiplicative step that is sure to lessen the divergence.

    C. Févotte, J. Idier, "Algorithms for nonnegative matrix factorization with the
    β-divergence", Neural Computation 23 (2011).
    """
    if beta < 1:
        return 1 / (2 - beta)
    return 1 / (beta - 1) if beta > 2 else 1.0


def _ratios(X, W, H, beta):
    """``X (WH)^(β−2)``, sparse as X is."""
    if issparse(X):
        product = _stored_products(X, W, H)
        made = X.copy()
        made.data = X.data * np.maximum(product, TINY) ** (beta - 2)
        return made
    product = W @ H
    if beta < 2:
        np.maximum(product, TINY, out=product)
    product **= beta - 2
    product *= X
    return product


def _powers_times(W, H, beta, other, of_rows):
    """``(WH)^(β−1) Hᵀ``, or ``Wᵀ (WH)^(β−1)`` with `other` = W, by blocks of rows."""
    out = np.zeros((len(W), other.shape[0]) if of_rows else (other.shape[1], H.shape[1]), W.dtype)
    for rows in _row_blocks(len(W), H.shape[1]):
        power = np.maximum(W[rows] @ H, TINY) ** (beta - 1)
        if of_rows:
            out[rows] = power @ other.T
        else:
            out += other[rows].T @ power
    return out


def pull_on_rows(X, W, H, beta):
    """Numerator and denominator of the step on W: the negative and positive parts of −∇."""
    if beta == 2:
        return np.asarray(X @ H.T), W @ (H @ H.T)
    numerator = np.asarray(_ratios(X, W, H, beta) @ H.T)
    if beta == 1:
        return numerator, np.broadcast_to(H.sum(axis=1), W.shape).copy()
    return numerator, _powers_times(W, H, beta, H, True)


def pull_on_columns(X, W, H, beta):
    """Numerator and denominator of the step on H."""
    if beta == 2:
        return np.asarray(X.T @ W).T, (W.T @ W) @ H
    numerator = np.asarray(_ratios(X, W, H, beta).T @ W).T
    if beta == 1:
        return numerator, np.broadcast_to(W.sum(axis=0)[:, None], H.shape).copy()
    return numerator, _powers_times(W, H, beta, W, False)


def _penalised(denominator, factor, penalty):
    if penalty.l1:
        denominator += penalty.l1
    if penalty.l2:
        denominator += penalty.l2 * factor
    denominator[denominator == 0] = TINY
    return denominator


def multiply_rows(X, W, H, beta, penalty):
    """W after one multiplicative step; tiny entries become zeros where β < 1."""
    numerator, denominator = pull_on_rows(X, W, H, beta)
    step = numerator / _penalised(denominator, W, penalty)
    power = exponent(beta)
    made = W * (step if power == 1 else step**power)
    if beta < 1:
        made[made < np.finfo(np.float64).eps] = 0
    return made


def multiply_columns(X, W, H, beta, penalty, history=None, memory=1.0):
    """H after one multiplicative step; tiny entries become zeros where β ≤ 1.

    With `history`, a pair of arrays of the numerators and denominators of earlier batches, which
    are kept up to date with a weight of `memory`, H is the quotient of both.
    """
    numerator, denominator = pull_on_columns(X, W, H, beta)
    denominator = _penalised(denominator, H, penalty)
    power = exponent(beta)
    if history is None:
        step = numerator / denominator
        made = H * (step if power == 1 else step**power)
    else:
        past, divisor = history
        past *= memory
        past += numerator * (H if power == 1 else H ** (1 / power))
        divisor *= memory
        divisor += denominator
        made = past / divisor
        made = made if power == 1 else made**power
    if beta <= 1:
        made[made < np.finfo(np.float64).eps] = 0
    return made


def by_multiplying(X, W, H, beta, penalties, *, tol, max_iter, update_H=True, report=None):
    """Lessen the β-divergence and penalties by multiplicative steps on W and H in turn.

    Parameters and result are those of `by_descent`; it stops when ten iterations lessen
    `distance` by less than `tol` of the first.
    """
    n_iter = 0
    start = before = distance(X, W, H, beta)
    for n_iter in range(1, max_iter + 1):
        W = multiply_rows(X, W, H, beta, penalties[0])
        if update_H:
            H = multiply_columns(X, W, H, beta, penalties[1])
        if tol > 0 and n_iter % 10 == 0:
            now = distance(X, W, H, beta)
            if report:
                report(n_iter, now)
            if before - now < tol * start:
                break
            before = now
    return W, H, n_iter


def rows_of(X, H, beta, penalty, *, tol, max_iter):
    """W for given H by multiplicative steps from a constant, until it moves by at most `tol`."""
    k = len(H)
    W = np.full((X.shape[0], k), np.sqrt(X.mean() / k), dtype=X.dtype)
    for _ in range(max_iter):
        made = multiply_rows(X, W, H, beta, penalty)
        moved = np.linalg.norm(made - W)
        W = made
        if tol > 0 and moved <= tol * np.linalg.norm(W):
            break
    return W
