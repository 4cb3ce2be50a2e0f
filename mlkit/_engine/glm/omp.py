"""Orthogonal matching pursuit: the column most correlated with the residual, again and again.

References
----------
Mallat, S. G. and Zhang, Z. (1993). Matching pursuits with time-frequency dictionaries. IEEE
Transactions on Signal Processing 41.

Rubinstein, R., Zibulevsky, M. and Elad, M. (2008). Efficient implementation of the K-SVD algorithm
using batch orthogonal matching pursuit. Technion, CS-2008-08.
"""

from dataclasses import dataclass

import numpy as np

from ._cholesky import pursue
from .lars import ColumnProducts, Factor

# Share of its first value at which the greatest correlation is rounding, and of a column's square
# at which it is a combination of those chosen.
_ROUNDING = 1e-14


@dataclass
class Pursuits:
    """What was chosen for each of K targets.

    Attributes
    ----------
    chosen : ndarray of int of shape (K, m)
        Columns in the order of choice, −1 after the last.
    coef : ndarray of shape (K, m)
        Their coefficients.
    counts : ndarray of int of shape (K,)
    dependent : ndarray of int of shape (K,)
        1 where a pursuit ended because the columns that were left added nothing.
    path : ndarray of shape (K, m, m) or None
        Coefficients after each choice.
    """

    chosen: np.ndarray
    coef: np.ndarray
    counts: np.ndarray
    dependent: np.ndarray
    path: np.ndarray | None

    @classmethod
    def empty(cls, n_targets, n_chosen, keep_path):
        shape = (n_targets, n_chosen)
        return cls(
            np.full(shape, -1, dtype=np.intp),
            np.zeros(shape),
            np.zeros(n_targets, dtype=np.intp),
            np.zeros(n_targets, dtype=np.intp),
            np.zeros((*shape, n_chosen)) if keep_path else None,
        )

    def dense(self, n_columns):
        """Coefficients (p, K), or with the path (p, K, m)."""
        n_targets = len(self.counts)
        if self.path is None:
            out = np.zeros((n_columns, n_targets))
            for k, count in enumerate(self.counts):
                out[self.chosen[k, :count], k] = self.coef[k, :count]
            return out
        out = np.zeros((n_columns, n_targets, self.counts.max(initial=0)))
        for k, count in enumerate(self.counts):
            for step in range(out.shape[2]):
                # A pursuit that ended early stays where it is.
                last = min(step, count - 1)
                kept = self.chosen[k, : last + 1]
                out[kept, k, step] = self.path[k, last, : last + 1]
        return out


def pursue_gram(gram, correlation, n_chosen, *, squares=None, tol=0.0, keep_path=False, threads=1):
    """Pursuits on ``XᵀX`` and ``Xᵀy`` (K, p); they end at `tol` where ``‖y‖²`` (K,) is given."""
    found = Pursuits.empty(len(correlation), n_chosen, keep_path)
    pursue(
        np.ascontiguousarray(gram, dtype=np.float64),
        np.ascontiguousarray(correlation, dtype=np.float64),
        None if squares is None else np.ascontiguousarray(squares, dtype=np.float64),
        tol,
        found.coef,
        found.chosen,
        found.counts,
        found.dependent,
        found.path,
        threads,
    )
    return found


def pursue_columns(design, y, n_chosen, *, tol=None, keep_path=False):
    """Pursuits for targets y (n, K) on the columns of a design, without their Gram matrix."""
    found = Pursuits.empty(y.shape[1], n_chosen, keep_path)
    correlation = design.pull(y)
    for k in range(y.shape[1]):
        _pursue_one(design, y[:, k], correlation[:, k], tol, found, k)
    return found


def _pursue_one(design, y, correlation, tol, found, k):
    products = ColumnProducts(design, correlation, 1.0)
    products.start()
    factor, chosen, rest = Factor(), [], correlation
    start, residual, coef = np.abs(correlation).max(initial=0.0), y, np.empty(0)
    for step in range(found.chosen.shape[1]):
        if tol is not None and residual @ residual <= tol:
            break
        best = int(np.abs(rest).argmax())
        spent = best in chosen or abs(rest[best]) <= _ROUNDING * start
        if spent or not factor.append(*products.join(best, chosen), eps=_ROUNDING / 64):
            found.dependent[k] = 1
            break
        chosen.append(best)
        coef = factor.solve(correlation[None, chosen])[0]
        if keep := found.path is not None:
            found.path[k, step, : step + 1] = coef
        if step + 1 < found.chosen.shape[1] or tol is not None or keep:
            residual = y - coef @ products.rows.held
            rest = design.pull(residual[:, None])[:, 0]
    found.counts[k] = len(chosen)
    found.chosen[k, : len(chosen)], found.coef[k, : len(chosen)] = chosen, coef
