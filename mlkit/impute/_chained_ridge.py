"""Bayesian ridge of one column on others, over and over, from products that are kept up to date.

Imputing in turn regresses each column on the others, on the rows that have it. What Bayesian ridge
wants to know of n rows are the products of their columns, p² numbers; from one regression to the
next only one column changes, and only in the rows that miss it. So the products are found once,
O(np²), and a regression with m missing values costs O(mp² + p³).
"""

import numpy as np

from .._engine.glm.evidence import Evidence

# Rows that are turned to doubles at a time: they stay in the cache.
_BLOCK = 4096

# Eigenvalues come with an error of 1e-16 of the greatest. Where shrinkage and the least of them
# together are below this part of it, weights would have fewer than six digits; so would the
# residual below this part of the target's squares, from which it is found by subtraction.
_LEAST_SHARE = 1e-10


class Products:
    """Sums of the columns of a matrix and of their products, about fixed centres.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Without missing values. `replace` changes it in place.
    """

    def __init__(self, X):
        self.X = X
        self.centre = X.mean(axis=0, dtype=np.float64)
        width = X.shape[1]
        self.sums, self.gram = np.zeros(width), np.zeros((width, width))
        for start in range(0, len(X), _BLOCK):
            self._add(X[start : start + _BLOCK] - self.centre)

    def _add(self, rows):
        self.sums += rows.sum(axis=0)
        self.gram += rows.T @ rows

    def without(self, left_out, rows_left_out):
        """Number, sums and products of the rows where the mask `left_out` is False."""
        count = len(self.X) - len(rows_left_out)
        if count < len(rows_left_out):  # subtraction would cost more time and more digits
            rows = self.X[~left_out] - self.centre
            return count, rows.sum(axis=0), rows.T @ rows
        gram = self.gram - rows_left_out.T @ rows_left_out
        return count, self.sums - rows_left_out.sum(axis=0), gram

    def replace(self, mask, rows, column, values):
        """Write `values` into a column where `mask` is True; `rows` are those before, centred."""
        self.X[mask, column] = values
        # What was written may have been rounded to the matrix's precision.
        change = self.X[mask, column] - self.centre[column] - rows[:, column]
        cross = rows.T @ change
        cross[column] += (change @ change) / 2
        self.gram[column] += cross
        self.gram[:, column] += cross
        self.sums[column] += change.sum()


def ridge_of_products(count, sums, gram, column, others, model):
    """Fit one Bayesian ridge with an intercept to products of columns.

    Parameters
    ----------
    count, sums, gram
        Number of rows, sums of columns and of products of columns about some centres.
    column : int
        The target.
    others : ndarray of int
        The regressors.
    model : BayesianRidge
        Its parameters count.

    Returns
    -------
    Evidence, means of the regressors and of the target (from the centres), or None where products
    do not tell enough digits.
    """
    mean = sums / count
    centred = gram - np.outer(sums, mean)
    cross, total = centred[others, column], centred[column, column]
    eigen, vectors = np.linalg.eigh(centred[np.ix_(others, others)])
    np.maximum(eigen, 0, out=eigen)
    # What is left of lost digits may run away; it is thrown away below.
    with np.errstate(all="ignore"):
        fit, residual = _most_evident(eigen, vectors, vectors.T @ cross, total, count, model)
    shrinkage = fit.lambda_ / fit.alpha
    if not (
        eigen[0] + shrinkage > _LEAST_SHARE * eigen[-1] and residual > _LEAST_SHARE * total > 0
    ):
        return None
    fit.covariance = (vectors / (fit.alpha * eigen + fit.lambda_)) @ vectors.T
    return fit, mean[others], mean[column]


def _most_evident(eigen, vectors, target, total, count, model):
    """MacKay's re-estimates of both precisions, in the basis in which the products are diagonal."""
    priors = model._priors()
    alpha = model.alpha_init or 1 / (total / count + np.finfo(np.float64).eps)
    fit = Evidence(None, alpha, model.lambda_init or 1.0)
    previous = None

    def posterior():
        weights = target / (eigen + fit.lambda_ / fit.alpha)
        residual = total - 2 * (weights @ target) + (weights * weights) @ eigen
        return weights, max(residual, 0.0)

    for n_iter in range(1, model.max_iter + 1):
        fit.n_iter = n_iter
        weights, residual = posterior()
        determined = np.sum(fit.alpha * eigen / (fit.lambda_ + fit.alpha * eigen))
        fit.lambda_ = priors.weights(determined, weights @ weights)
        fit.alpha = priors.noise(count, determined, residual)
        coef = vectors @ weights
        if previous is not None and np.abs(previous - coef).sum() < model.tol:
            fit.converged = True
            break
        previous = coef
    weights, residual = posterior()
    fit.coef = vectors @ weights
    return fit, residual
