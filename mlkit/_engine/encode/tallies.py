"""Counts of values that come in pieces."""

import numpy as np

from .categories import factorize, sort_order


def together(values, counts, more, more_counts, *, ordered=True):
    """Distinct values of two tallies and how often each occurs in both.

    Parameters
    ----------
    values, more : ndarray
        Distinct values.
    counts, more_counts : ndarray of int
    ordered : bool, default True
        Whether to sort, for which values must be comparable.

    Returns
    -------
    values : ndarray
        Sorted, missing ones last; else in no order.
    counts : ndarray of int

    Raises
    ------
    TypeError
        If the values cannot be compared with one another.

    Examples
    --------
    >>> import numpy as np
    >>> together(np.array([1, 3]), np.array([2, 1]), np.array([2, 3]), np.array([1, 4]))
    (array([1, 2, 3]), array([2, 1, 5]))
    """
    if not len(values) or not len(more):
        return (more, more_counts) if not len(values) else (values, counts)
    if values.dtype.kind == "O" or more.dtype.kind == "O":
        values, more = values.astype(object), more.astype(object)
    codes, uniques = factorize(np.concatenate([values, more]))
    both = np.concatenate([counts, more_counts])
    totals = np.bincount(codes, weights=both, minlength=len(uniques)).astype(np.int64)
    if not ordered:
        return uniques, totals
    order = sort_order(uniques)
    return uniques[order], totals[order]
