"""``cv_results_``: one row a candidate, one column a figure."""

import numbers
import warnings

import numpy as np


def rank(values):
    """Rank of each score, 1 the best, equal scores sharing the best rank; NaN comes last."""
    values = np.asarray(values, dtype=float)
    if np.isnan(values).all():
        return np.ones(len(values), dtype=np.int32)
    filled = np.where(np.isnan(values), np.nanmin(values) - 1, values)
    # The rank of a score is one more than the number of scores above it.
    return (1 + np.searchsorted(np.sort(-filled), -filled)).astype(np.int32)


def _column_dtype(values):
    """The dtype that holds numbers as they are; object for all else, estimators and text."""
    if not all(isinstance(value, (numbers.Number, np.number, np.bool_)) for value in values):
        return object
    dtype = np.array(values).dtype
    return object if dtype.kind in "US" else dtype


def parameter_columns(candidates):
    """Masked array of each parameter over candidates; masked where a candidate has it not."""
    names = sorted({name for candidate in candidates for name in candidate})
    columns = {}
    for name in names:
        values = {i: each[name] for i, each in enumerate(candidates) if name in each}
        column = np.ma.MaskedArray(
            np.empty(len(candidates), dtype=_column_dtype(list(values.values()))), mask=True
        )
        for i, value in values.items():
            column[i] = value
        columns[f"param_{name}"] = column
    return columns


def _summary(table, name, values, *, by_split=False, ranked=False):
    """Put splits, mean, deviation and rank of an (n_candidates, n_splits) array into `table`.

    Candidates that were given up, as the column ``pruned`` says, have no mean, and no warning.
    """
    if by_split:
        for split in range(values.shape[1]):
            table[f"split{split}_{name}"] = values[:, split]
    mean = values.mean(axis=1)
    table[f"mean_{name}"] = mean
    # An overflow of a score of 1e300 is no reason to fail.
    with np.errstate(over="ignore", invalid="ignore"):
        table[f"std_{name}"] = np.sqrt(((values - mean[:, np.newaxis]) ** 2).mean(axis=1))
    meant = mean[~table["pruned"]] if "pruned" in table else mean
    if name.startswith(("test_", "train_")) and not np.isfinite(meant).all():
        warnings.warn(
            f"One or more of the {name.split('_')[0]} scores are non-finite: {mean}",
            UserWarning,
            stacklevel=6,
        )
    if ranked:
        table[f"rank_{name}"] = rank(mean)


def search_table(candidates, n_splits, times, scores, train_scores, more=None):
    """Build ``cv_results_``.

    Parameters
    ----------
    candidates : list of dict
    n_splits : int
    times : dict of name to array of shape (n_candidates * n_splits,)
    scores, train_scores : dict of name to array of that shape
        `train_scores` may be empty.
    more : dict, default=None
        Columns that come first.

    Returns
    -------
    dict of str to array of shape (n_candidates,)
    """
    shape = (len(candidates), n_splits)
    table = {name: np.asarray(values) for name, values in (more or {}).items()}
    for name, values in times.items():
        _summary(table, name, np.reshape(values, shape))
    table.update(parameter_columns(candidates))
    table["params"] = candidates
    for name, values in scores.items():
        values = np.asarray(values, dtype=np.float64).reshape(shape)
        _summary(table, f"test_{name}", values, by_split=True, ranked=True)
        if train_scores:
            values = np.asarray(train_scores[name], dtype=np.float64).reshape(shape)
            _summary(table, f"train_{name}", values, by_split=True)
    return table
