"""Covariances of the coefficients of unpenalised fits.

With scores ``s_i a_i`` (a_i the row, with a one for the intercept, and s_i the derivative of the
log-likelihood in its margin) and the information ``I = Σ w_i v_i a_i a_iᵀ``, coefficients are near
normal with covariance ``φ I⁻¹`` if the model holds, and ``I⁻¹ M I⁻¹`` in any case, M the sum of
squares of the scores of rows, or of groups of rows.

References
----------
White, H. (1980). A heteroskedasticity-consistent covariance matrix estimator and a direct test for
heteroskedasticity. Econometrica 48.

MacKinnon, J. G. and White, H. (1985). Some heteroskedasticity-consistent covariance matrix
estimators with improved finite sample properties. Journal of Econometrics 29.

Liang, K.-Y. and Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models.
Biometrika 73.
"""

from dataclasses import dataclass

import numpy as np

from .design import Design

# Eigenvalue of the information, with a unit diagonal, that is rounding beside the greatest.
_RANK = 1e-12


@dataclass(frozen=True)
class Likelihood:
    """What a fit says of each row.

    Attributes
    ----------
    score : ndarray of shape (n,)
        ``∂ log f / ∂z``, times the dispersion, without the row's weight.
    information : ndarray of shape (n,)
        Its expected variance, likewise: v.
    observed : ndarray of shape (n,)
        Minus the score's own derivative, of which v is the mean; robust covariances take it.
    counts : ndarray of shape (n,)
        How many rows each one stands for.
    precision : ndarray of shape (n,)
        Factors of the row's log-likelihood.
    """

    score: np.ndarray
    information: np.ndarray
    observed: np.ndarray
    counts: np.ndarray
    precision: np.ndarray


def inverted(matrix):
    """The inverse of a symmetric matrix and its rank; of a singular one on its range alone."""
    root = np.sqrt(np.maximum(np.diagonal(matrix), 0.0))
    scale = np.divide(1.0, root, out=np.zeros(len(root)), where=root > 0)
    values, basis = np.linalg.eigh(matrix * scale[:, None] * scale)
    kept = np.abs(values) > _RANK * np.abs(values).max(initial=0.0)
    basis = basis[:, kept] * scale[:, None]
    return (basis / values[kept]) @ basis.T, int(kept.sum())


class Information:
    """The information of a design and its inverse; `rank` is the number of free coefficients."""

    def __init__(self, X, likelihood, fit_intercept):
        self.design, self.likelihood = Design(X), likelihood
        self.fit_intercept = fit_intercept
        weight = likelihood.counts * likelihood.precision
        self.inverse, self.rank = inverted(self.product(weight * likelihood.information))
        self.bread = self.inverse
        if likelihood.observed is not likelihood.information:
            self.bread = inverted(self.product(weight * likelihood.observed))[0]

    def product(self, weight):
        """``Σ u_i a_i a_iᵀ`` for u of any sign, the intercept first."""
        gram = self.design.gram(np.maximum(weight, 0.0))
        if (weight < 0).any():
            gram -= self.design.gram(np.maximum(-weight, 0.0))
        if not self.fit_intercept:
            return gram
        out = np.empty((len(gram) + 1,) * 2)
        out[1:, 1:] = gram
        out[0, 1:] = out[1:, 0] = self.design.pull(weight[:, None])[:, 0]
        out[0, 0] = weight.sum()
        return out

    def leverages(self):
        """The weight of each row's own value in its fit."""
        part = self.inverse[self.fit_intercept :, self.fit_intercept :]
        X = self.design.columns.X
        along = X @ part
        own = X.multiply(along).sum(axis=1) if hasattr(X, "multiply") else (X * along).sum(axis=1)
        own = np.asarray(own, dtype=np.float64).ravel()
        if self.fit_intercept:
            own += 2.0 * (X @ self.inverse[0, 1:]) + self.inverse[0, 0]
        return own * self.likelihood.precision * self.likelihood.information

    def robust(self, kind, n):
        """``I⁻¹ M I⁻¹`` with rows' scores as they are ("HC0"), or enlarged for small samples."""
        of = self.likelihood
        weight = of.counts * np.square(of.precision * of.score)
        if kind == "HC1":
            weight *= n / (n - self.rank)
        elif kind != "HC0":
            weight /= np.maximum(1.0 - self.leverages(), 1e-12) ** {"HC2": 1, "HC3": 2}[kind]
        return self.bread @ self.product(weight) @ self.bread

    def clustered(self, groups, n):
        """``I⁻¹ M I⁻¹`` with the scores of groups, and the customary small-sample factor."""
        from scipy.sparse import csr_array

        _, codes = np.unique(groups, return_inverse=True)
        of, n_groups = self.likelihood, codes.max() + 1
        score = of.counts * of.precision * of.score
        gather = csr_array((score, (codes, np.arange(len(codes)))), shape=(n_groups, len(codes)))
        sums = gather @ self.design.columns.X
        sums = sums.toarray() if hasattr(sums, "toarray") else np.asarray(sums)
        if self.fit_intercept:
            sums = np.hstack([np.bincount(codes, weights=score)[:, None], sums])
        factor = n_groups / (n_groups - 1) * (n - 1) / (n - self.rank)
        return factor * self.bread @ (sums.T @ sums) @ self.bread
