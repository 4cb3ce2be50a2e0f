"""Accuracy and R², the two numbers that ``score`` returns.

Sums are NumPy's pairwise ones, never BLAS dot products: those change in the last
bits with the number of threads.
"""

import sys
import warnings

import numpy as np

from .errors import UndefinedMetricWarning, twin

_TEXT = frozenset("US")
_NUMBER = frozenset("biuf")


def accuracy(y_true, y_pred, weight=None):
    """Share of rows in which every label of `y_pred` equals that of `y_true`.

    Parameters
    ----------
    y_true, y_pred : array-like or sparse matrix of shape (n_rows,) or (n_rows, n_labels)
        A single column counts as one dimension.
    weight : array of shape (n_rows,), optional

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For shapes that differ, no rows, or words on one side and numbers on the other.
    """
    right = same_rows(_as_labels(y_true), _as_labels(y_pred))
    if weight is None:
        return float(np.count_nonzero(right) / right.shape[0])
    return weighted_mean(right, weight)


def same_rows(y_true, y_pred):
    """Boolean array of the rows in which two arrays of labels agree."""
    if y_true.shape != y_pred.shape:
        raise ValueError(
            "y_true and y_pred need as many rows and columns each; "
            f"their shapes are {y_true.shape} and {y_pred.shape}"
        )
    if y_true.shape[0] == 0:
        raise ValueError("A score needs at least one row; got 0 samples")
    if hasattr(y_true, "tocsr") or hasattr(y_pred, "tocsr"):
        sparse = sys.modules["scipy.sparse"]
        differ = sparse.csr_array(y_true) != sparse.csr_array(y_pred)
        return np.asarray(differ.sum(axis=1)).ravel() == 0
    kinds = {y_true.dtype.kind, y_pred.dtype.kind}
    if kinds & _TEXT and kinds & _NUMBER:
        raise ValueError(
            f"y_true holds {y_true.dtype} and y_pred {y_pred.dtype}: give both as words or both as "
            "numbers"
        )
    same = y_true == y_pred
    return same if same.ndim == 1 else same.all(axis=1)


def weighted_mean(values, weight):
    """``Σ wᵢ vᵢ / Σ wᵢ`` as a float."""
    weight = np.asarray(weight)
    if weight.shape != values.shape:
        raise ValueError(
            f"sample_weight.shape == {weight.shape}, expected {values.shape}: one weight a row"
        )
    total = np.add.reduce(weight, dtype=float)
    if total == 0:
        raise ZeroDivisionError("sample_weight sums to zero, so no mean exists")
    return float(np.add.reduce(weight * values, dtype=float) / total)


def _as_labels(y):
    if hasattr(y, "tocsr"):
        return y
    y = np.asarray(y)
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def r2(y_true, y_pred, weight=None):
    """``1 − Σ w (y − ŷ)² / Σ w (y − ȳ)²``, averaged over outputs.

    A constant y scores 1 when it is predicted exactly and 0 otherwise.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,) or (n_rows, n_outputs)
    weight : array of shape (n_rows,), optional

    Returns
    -------
    float
        NaN, with a warning, for fewer than two rows.
    """
    y_true, y_pred = np.asarray(y_true, dtype=float), np.asarray(y_pred, dtype=float)
    if y_true.shape != y_pred.shape:
        n_rows = len(y_true)
        if n_rows != len(y_pred) or y_true.size != y_pred.size:
            raise ValueError(
                "y_true and y_pred need as many rows and columns each; "
                f"their shapes are {y_true.shape} and {y_pred.shape}"
            )
        y_true, y_pred = y_true.reshape(n_rows, -1), y_pred.reshape(n_rows, -1)
    if too_few_rows(y_true.shape[0]):
        return float("nan")
    residual, spread = squared_sums(y_true, y_pred, weight)
    if y_true.ndim == 1:
        return float(explained(residual, spread))
    return float(explained(residual, spread).mean())


def too_few_rows(n_rows):
    """Whether R² is undefined for that many rows; warns if so."""
    if n_rows < 2:
        message = "R² is undefined for fewer than two rows: nan is returned"
        warnings.warn(message, twin(UndefinedMetricWarning), stacklevel=3)
    return n_rows < 2


def squared_sums(y_true, y_pred, weight=None):
    """``Σ w (y − ŷ)²`` and ``Σ w (y − ȳ)²`` over rows; arrays for 2-D y."""
    residual = y_true - y_pred
    residual *= residual
    if weight is None:
        spread = y_true - np.add.reduce(y_true) / y_true.shape[0]
        spread *= spread
    else:
        weight = np.asarray(weight, dtype=float)
        if y_true.ndim == 2:
            weight = weight[:, None]
        spread = y_true - np.add.reduce(weight * y_true) / np.add.reduce(weight)
        spread *= spread
        spread *= weight
        residual *= weight
    return np.add.reduce(residual), np.add.reduce(spread)


def explained(residual, spread, force_finite=True):
    """``1 − residual / spread``; where spread is 0: 1 if residual is 0 too, else 0.

    With ``force_finite=False`` these cases stay NaN and −∞.
    """
    if isinstance(spread, float) and spread != 0:
        return 1 - residual / spread
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1 - np.asarray(residual) / np.asarray(spread)
    if not force_finite:
        return share
    return np.where(spread == 0, (residual == 0).astype(float), share)
