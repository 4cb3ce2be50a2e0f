"""Columns of many values as bins of about as many rows each."""

import numpy as np


def coarsen(columns, max_bins, categorical=()):
    """Give near values one code in columns of more than `max_bins` values.

    Parameters
    ----------
    columns : Columns
        With codes; changed in place. The value of a code becomes the cut between its bin and the
        next one.
    max_bins : int
    categorical : sequence of int, default ()
        Columns that stay as they are.
    """
    binned = np.zeros(columns.n_features, dtype=np.uint8)
    tables = []
    for f in range(columns.n_features):
        table = columns.table_of(f)
        if len(table) > max_bins and f not in categorical:
            bin_of = bins_of(columns.counts_of(f, len(table)), max_bins)
            last = np.flatnonzero(np.diff(bin_of))  # of each bin but the greatest
            missing = bin_of[-1] + 1
            columns.recode(f, np.append(bin_of, missing).astype(np.uint32))
            table = np.append(_between(table[last], table[last + 1]), table[-1:])
            binned[f] = 1
        tables.append(table)
    columns.set_tables(tables, binned)


def bins_of(counts, max_bins):
    """Return the bin of each value, ascending; bins hold about as many rows each, none is empty.

    Parameters
    ----------
    counts : ndarray of int, shape (n_values,)
        Rows of each value.
    max_bins : int

    Returns
    -------
    ndarray of int64, shape (n_values,)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.exact_bins import bins_of
    >>> bins_of(np.array([1, 1, 1, 1, 8, 1]), 3).tolist()
    [0, 0, 0, 0, 1, 2]
    """
    middle = np.cumsum(counts) - counts / 2
    share = np.floor(middle * (max_bins / counts.sum()))
    return np.cumsum(np.diff(share, prepend=share[0]) > 0)


def _between(low, high):
    """Floats from `low` up to below `high`, in the middle where there is one."""
    middle = ((low.astype(np.float64) + high) / 2).astype(np.float32)
    return np.where(middle >= high, low, middle)
