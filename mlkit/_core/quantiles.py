"""Weighted percentiles by the inverse of the weighted distribution function."""

import numpy as np


def weighted_percentile(array, sample_weight, percentile_rank=50, average=False):
    """Least value at which the weighted distribution function reaches a rank.

    With values in increasing order, ``x₍ₖ₎`` is the answer for rank r when
    ``Σ_{i<k} wᵢ < r/100 · Σ w ≤ Σ_{i≤k} wᵢ``; NaN and weight 0 are passed over.

    Parameters
    ----------
    array : array-like of shape (n_rows,) or (n_rows, n_columns)
    sample_weight : array-like of shape (n_rows,) or of the shape of `array`
        None: all equal.
    percentile_rank : float or array-like of shape (n_ranks,), default=50
        In percent.
    average : bool, default=False
        Where the sum of weights hits the rank exactly, the mean of this value and the next one
        (with unit weights and rank 50, the median).

    Returns
    -------
    scalar or ndarray
        A scalar for one column and one rank, else of shape (n_columns,), (n_ranks,) or
        (n_columns, n_ranks). NaN for a column of nothing but NaN.

    Examples
    --------
    >>> from mlkit._core.quantiles import weighted_percentile
    >>> float(weighted_percentile([1.0, 2.0, 3.0], [1, 1, 2], 50))
    2.0
    """
    values = np.asarray(array)
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    if values.ndim == 0:
        return values[()]
    ranks = np.asarray(percentile_rank, dtype=np.float64)
    columns = values[:, None] if values.ndim == 1 else values
    weight = np.ones(len(values)) if sample_weight is None else np.asarray(sample_weight)
    if weight.ndim < columns.ndim:
        weight = weight[:, None]
    weight = np.broadcast_to(weight, columns.shape)

    order = np.argsort(columns, axis=0)
    ordered = np.take_along_axis(columns, order, axis=0)
    weight = np.take_along_axis(weight, order, axis=0).astype(np.float64)
    weight[np.isnan(ordered)] = 0.0
    reached = np.cumsum(weight, axis=0)
    out = np.empty((columns.shape[1], ranks.size), dtype=values.dtype)
    for column in range(columns.shape[1]):
        out[column] = _of_column(
            ordered[:, column], weight[:, column], reached[:, column], ranks.ravel(), average
        )
    shape = values.shape[1:] + ranks.shape
    return out.reshape(shape)[()]


def _of_column(values, weight, reached, ranks, average):
    positive = np.flatnonzero(weight > 0)
    if not len(positive):
        # No weight at all: the last value, which is NaN if all are.
        return np.full(len(ranks), values[-1])
    wanted = ranks / 100 * reached[-1]
    # Sums of weights are rounded: a rank met but for the last digits counts as met.
    slack = _SLACK * reached[-1]
    levels = reached[positive]
    at = np.searchsorted(levels, wanted - slack).clip(max=len(levels) - 1)
    found = values[positive[at]]
    if average:
        met = np.abs(levels[at] - wanted) <= slack
        following = values[positive[np.minimum(at + 1, len(levels) - 1)]]
        found = np.where(met, (found + following) / 2, found)
    return found


# A few units in the last place of a sum of weights.
_SLACK = 4 * np.finfo(np.float64).eps
