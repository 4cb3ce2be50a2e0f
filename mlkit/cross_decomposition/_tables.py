"""Two tables centred and scaled as one model of both takes them."""

import numpy as np

# A deviation below this share of a column's mean is rounding of a constant.
_CONSTANT = 4 * np.finfo(np.float64).eps


def standardized(A, scale, copy):
    """``(A − mean) / deviation`` of the columns, the mean and the deviation.

    The deviation has divisor n − 1; it is 1 for constant columns, and for all without `scale`.
    """
    mean = A.mean(axis=0)
    A = A - mean if copy or not A.flags.writeable else np.subtract(A, mean, out=A)
    deviation = np.ones(A.shape[1])
    if scale:
        spread = A.std(axis=0, ddof=1)
        varies = spread > _CONSTANT * np.abs(mean)
        deviation[varies] = spread[varies]
        A[:, ~varies] = 0
        A /= deviation
    return A, mean, deviation


def centred(A, mean, copy=True):
    """``A − mean`` in the precision of A, in its own memory without `copy`."""
    if copy or not A.flags.writeable:
        return A - mean.astype(A.dtype, copy=False)
    return np.subtract(A, mean, out=A, casting="same_kind")


def projected(A, mean, deviation, directions, copy=True):
    """``(A − mean) / deviation · directions`` in the precision of A."""
    A = centred(A, mean, copy)
    A /= deviation.astype(A.dtype, copy=False)
    return A @ directions.astype(A.dtype, copy=False)


def as_columns(y):
    """A single target as a table of one column."""
    return y.reshape(-1, 1) if y.ndim == 1 else y


def check_count(estimator, limit, among):
    """Refuse more components than there can be."""
    if estimator.n_components > limit:
        raise ValueError(
            f"{type(estimator).__name__}(n_components={estimator.n_components}): at most {limit} "
            f"can be found, the least of {among}: ask for fewer"
        )


def check_width(estimator, table, width, where, what):
    """Refuse a table of another width than that of fit."""
    if table.shape[1] != width:
        raise ValueError(
            f"{type(estimator).__name__}.{where} has {table.shape[1]} columns, but there are "
            f"{width} {what}"
        )
