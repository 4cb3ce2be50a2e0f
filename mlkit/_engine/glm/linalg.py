"""Solving with positive semi-definite matrices by Cholesky, with a measure of its trust."""

import numpy as np
from scipy.linalg import lapack

# Reciprocal condition below which a factorised Gram matrix is not trusted.
_TRUSTED = 1e-13


def factorise(matrix, lift=0.0):
    """Cholesky factor of D A D + lift I, D, and the reciprocal condition; D A D has unit diagonal.

    Scaling to a unit diagonal is within a factor of p of the best diagonal scaling
    (van der Sluis, 1969), so units of the columns do not spoil the test. Where the diagonal is
    zero, and so is the row of a semi-definite matrix, solutions are zero, too.
    """
    diagonal = np.diagonal(matrix)
    if not np.isfinite(diagonal).all() or not (lift or (diagonal >= 0).all()):
        return None, None, 0.0
    inverse_root = np.zeros(len(matrix))
    np.divide(1.0, np.sqrt(np.maximum(diagonal, 0.0)), out=inverse_root, where=diagonal > 0)
    scaled = matrix * inverse_root[:, None] * inverse_root
    scaled.reshape(-1)[:: len(scaled) + 1] += lift + (inverse_root == 0)
    norm = np.abs(scaled).sum(axis=0).max(initial=0.0)
    factor, info = lapack.dpotrf(scaled, lower=1, clean=0, overwrite_a=1)
    if info != 0 or not np.isfinite(norm):
        return None, None, 0.0
    condition, _ = lapack.dpocon(factor, norm, uplo="L")
    return factor, inverse_root, float(condition)


def solve_factorised(factor, inverse_root, right):
    """A⁻¹ B from `factorise`'s factor."""
    right = right[:, None] if right.ndim == 1 else right
    solution, _ = lapack.dpotrs(factor, right * inverse_root[:, None], lower=1)
    return solution * inverse_root[:, None]


def newton_direction(matrix, right):
    """A⁻¹ b for a positive semi-definite A; close to the least change where A is singular.

    A singular A is lifted by 1e-11 of its (unit) diagonal: along its null space b is rounding, so
    the step stays small there; along the rest Newton's iteration corrects what the lift costs.
    """
    factor, inverse_root, condition = factorise(matrix)
    if condition < _TRUSTED:
        lift = 1e-11
        while factor is None and lift < 1.0:
            factor, inverse_root, _ = factorise(matrix, lift)
            lift *= 100.0
        if factor is None:
            return right
    return solve_factorised(factor, inverse_root, right).reshape(right.shape)
