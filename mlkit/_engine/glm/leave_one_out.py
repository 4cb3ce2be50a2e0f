"""Errors of ridge regression at rows that a fit leaves out, for many penalties, without the fits.

With ``H = X̃ (X̃ᵀX̃ + αI)⁻¹ X̃ᵀ``, and ``1 / n`` more for the intercept, the row's error without the
row is ``(y_i − ŷ_i) / (1 − H_ii)``; one decomposition serves all α.

References
----------
Rifkin, R. M. and Lippert, R. A. (2007). Notes on regularized least squares. MIT-CSAIL-TR-2007-025.
"""

import numpy as np

from .closed_form import thin_svd

# 1 − H_ii below which it is rounding.
_LEAST = np.finfo(np.float64).eps


def left_out_errors(gram, alphas, *, by_singular_values=False):
    """Yield (rows, errors), errors ``y_i − ŷ_i`` of fits without row i, (rows, K, n_alphas).

    Parameters
    ----------
    gram : Gram
        Of a weighted problem the row is left out with all its weight.
    alphas : sequence of float
        Greater than 0.
    by_singular_values : bool
        Decompose X̃ itself in place of its Gram matrix; X̃ becomes dense.
    """
    alphas = np.asarray(alphas, dtype=np.float64)
    if gram.of_columns:
        bases = _singular_columns if by_singular_values else _eigen_columns
        yield from _by_columns(gram.data, *bases(gram), alphas)
    else:
        bases = _singular_rows if by_singular_values else _eigen_rows
        yield slice(None), _by_rows(gram.data, *bases(gram), alphas)


def _eigen_columns(gram):
    """Eigenvalues of ``X̃ᵀWX̃`` and its eigenvectors."""
    values, basis = np.linalg.eigh(gram.matrix())
    return np.maximum(values, 0.0), basis


def _singular_columns(gram):
    data = gram.data
    X = data.design.columns.centred(data.design.center, data.weight)
    _, values, right = thin_svd(X)
    return values**2, right.T


def _by_columns(data, values, basis, alphas):
    weight = data.weight
    total = len(data.y) if weight is None else weight.sum()
    inverse = 1.0 / (values[:, None] + alphas)
    pulled = basis.T @ data.design.pull(data.weighted(data.y))
    coef = (pulled[:, :, None] * inverse[:, None, :]).reshape(len(values), -1)
    for rows, block in data.design.projections(basis):
        y = data.y[rows]
        error = y[:, :, None] - (block @ coef).reshape(*y.shape, len(alphas))
        leverage = np.square(block) @ inverse
        if data.design.center is not None:
            leverage += 1.0 / total
        if weight is not None:
            leverage *= weight[rows, None]
        yield rows, error / np.maximum(1.0 - leverage, _LEAST)[:, None, :]


def _intercept_direction(data):
    """√w at unit length, along which rows of X̃ do not vary; None without an intercept."""
    if data.design.center is None:
        return None
    root = np.ones(len(data.y)) if data.weight is None else np.sqrt(data.weight)
    return root / np.linalg.norm(root)


def _eigen_rows(gram):
    """Eigenvalues of ``W½X̃X̃ᵀW½`` and its eigenvectors, but for the intercept's direction.

    That has the eigenvalue 0, maybe among others; it is singled out by giving it the greatest.
    """
    data = gram.data
    matrix = gram.matrix()
    if data.weight is not None:
        root = np.sqrt(data.weight)
        matrix = matrix * root[:, None] * root
    direction = _intercept_direction(data)
    if direction is None:
        values, basis = np.linalg.eigh(matrix)
        return np.maximum(values, 0.0), basis
    lift = 2.0 * np.linalg.norm(matrix) or 1.0
    values, basis = np.linalg.eigh(matrix + lift * np.outer(direction, direction))
    return np.maximum(values[:-1], 0.0), basis[:, :-1]


def _singular_rows(gram):
    data = gram.data
    X = data.design.columns.centred(data.design.center, data.weight)
    direction = _intercept_direction(data)
    if direction is None:
        basis, values, _ = thin_svd(X)
        return values**2, basis
    lift = 2.0 * np.linalg.norm(X) or 1.0
    basis, values, _ = thin_svd(np.hstack([X, lift * direction[:, None]]))
    return values[1:] ** 2, basis[:, 1:]


def _by_rows(data, values, basis, alphas):
    """From ``c = (K + αI)⁻¹ ỹ`` and the inverse's diagonal d: the error is c / d, scaled by √w."""
    inverse = 1.0 / (values[:, None] + alphas)
    projected = basis.T @ data.rooted(data.y)
    dual = np.tensordot(basis, projected[:, :, None] * inverse[:, None, :], axes=1)
    diagonal = np.square(basis) @ inverse
    if data.weight is None:
        return dual / diagonal[:, None, :]
    root = np.sqrt(data.weight)
    kept = root > 0
    error = np.empty_like(dual)
    error[kept] = dual[kept] / (diagonal[kept, None, :] * root[kept, None, None])
    # A row without weight is left out of every fit.
    for a in range(len(alphas)):
        if kept.all():
            break
        coef = data.design.pull(data.rooted(dual[:, :, a]))
        error[~kept, :, a] = (data.y - data.design.margins(coef))[~kept]
    return error
