"""The least C at which an L1 penalty leaves a weight."""

import numpy as np

from .._core.arrays import check_array, check_consistent_length, column_or_1d
from .._core.domains import above, boolean, one_of
from .._core.params import checked
from .._core.targets import encode_labels

# |∂ℓ/∂z| at z = 0: 2 of the squared hinge, 1/2 of the logistic loss.
_SLOPES = {"squared_hinge": 2.0, "log": 0.5}


@checked(loss=one_of(*_SLOPES), fit_intercept=boolean, intercept_scaling=above(0))
def l1_min_c(X, y, *, loss="squared_hinge", fit_intercept=True, intercept_scaling=1.0):
    """Return the C below which the weights of an L1-penalised linear classifier are all zero.

    At w = 0 the slopes of ``C Σ ℓ`` are ``C |ℓ′(0)| |Σ y x_j|``; while the greatest of them is at
    most 1, the slope of the penalty, no weight leaves zero.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
        Labels; of more than two classes the least C of any against the rest.
    loss : {"squared_hinge", "log"}, default="squared_hinge"
        Of `LinearSVC`, or of `LogisticRegression`.
    fit_intercept : bool, default=True
        Whether the intercept is a penalised weight, too.
    intercept_scaling : float, default=1.0
        Value of the intercept's column.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If no C gives a weight.

    Examples
    --------
    >>> from mlkit.svm import l1_min_c
    >>> l1_min_c([[-1.0], [1.0], [3.0]], [0, 1, 1], fit_intercept=False)
    0.1
    """
    X = check_array(X, accept_sparse="csr")
    y = column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    classes, codes = encode_labels(y)
    labels = [1] if len(classes) == 2 else range(len(classes))
    signs = np.where(codes[:, None] == np.asarray(labels), 1.0, -1.0)
    greatest = np.abs(X.T @ signs).max(initial=0.0)
    if fit_intercept:
        greatest = max(greatest, intercept_scaling * np.abs(signs.sum(axis=0)).max(initial=0.0))
    if greatest == 0.0:
        raise ValueError(
            "l1_min_c is ill-posed for this data: columns of X do not correlate with the classes, "
            "so that every C leaves all weights zero"
        )
    return float(1.0 / (_SLOPES[loss] * greatest))
