"""The door of every metric: scorers declared, arguments and targets checked, outputs combined."""

import inspect
import sys
import warnings
from dataclasses import dataclass, field
from numbers import Real

import numpy as np

from .._core import domains as d
from .._core.arrays import assert_all_finite, check_array, check_sample_weight
from .._core.errors import UndefinedMetricWarning, twin
from .._core.params import checked
from .._core.scores import weighted_mean
from .._core.targets import type_of_target
from ._docs import complete

SCORERS = {}
"""Scorer name → `Declared`, filled as the files of this package are imported."""

_is_zero_division = d.Predicate(
    "{'warn', 0.0, 1.0, nan}",
    lambda value: (
        value == "warn"
        if isinstance(value, str)
        else isinstance(value, Real) and (value in (0, 1) or value != value)
    ),
)
_target = d.array_like | d.sparse_matrix
_label = d.real | d.string | d.boolean | d.none
DOMAINS = {
    "y_true": _target,
    "y_pred": _target,
    "y_score": d.array_like,
    "y_proba": d.array_like,
    "sample_weight": d.array_like | d.none,
    "labels": d.array_like | d.none,
    "pos_label": _label,
    "normalize": d.boolean,
    "zero_division": _is_zero_division,
    "drop_intermediate": d.boolean,
    "multioutput": d.one_of("raw_values", "uniform_average") | d.array_like,
    "force_finite": d.boolean,
    "ignore_ties": d.boolean,
}
"""What an argument of that name may be, in every metric that has one."""


@dataclass(frozen=True)
class Declared:
    """A scorer as a metric declares it."""

    function: object
    sign: int = 1
    response: object = "predict"
    options: dict = field(default_factory=dict)


def metric(*names, better="higher", response="predict", variants=None, **domains):
    """Decorate a metric: check its arguments, and register the scorers called `names`.

    Parameters
    ----------
    *names : str
        Scorers of the metric with its default options.
    better : {"higher", "lower"}
        A scorer's sign is such that more is better.
    response : str or tuple of str
        The methods of an estimator that give the second argument, in order of preference.
    variants : dict of str to dict
        Further scorers and the options of the metric that each uses; ``"response"`` among
        them overrides `response`.
    **domains : Domain
        Of arguments that `DOMAINS` does not know, or knows otherwise.
    """

    def decorate(function):
        complete(function)
        known = {**DOMAINS, **domains}
        arguments = [name for name in inspect.signature(function).parameters if name in known]
        wrapped = checked(**{name: known[name] for name in arguments})(function)
        sign = 1 if better == "higher" else -1
        for name, options in {**{name: {} for name in names}, **(variants or {})}.items():
            options = {"response": response, **options}
            SCORERS[name] = Declared(wrapped, sign, options.pop("response"), options)
        return wrapped

    return decorate


def warn_undefined(message, stacklevel=4):
    """Warn that a metric has no value for this input."""
    warnings.warn(message, twin(UndefinedMetricWarning), stacklevel=stacklevel)


def is_sparse(y):
    """Whether `y` is a SciPy sparse matrix or array, without importing SciPy."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and sparse.issparse(y)


# ---------------------------------------------------------------- classes

_PLAIN = frozenset("biuU")


def check_labels(y_true, y_pred, sample_weight=None):
    """Return two label vectors, or two indicator matrices, that can be compared, and the weights.

    Returns
    -------
    multilabel : bool
    y_true, y_pred : 1-D arrays of labels, or 2-D indicators (both arrays or both CSR)
    weight : 1-D float array or None
    """
    y_true, y_pred = as_target(y_true), as_target(y_pred)
    check_rows(y_true, y_pred)
    multilabel = False
    if _are_labels(y_true) and _are_labels(y_pred):
        _refuse_words_and_numbers(y_true, y_pred)
    else:
        multilabel, y_true, y_pred = _look(y_true, y_pred)
    return multilabel, y_true, y_pred, check_weight(sample_weight, y_true)


def as_target(y):
    """`y` as an array; a sparse matrix stays what it is."""
    if type(y) is not np.ndarray:
        if is_sparse(y):
            return y
        y = np.asarray(y)
    if y.ndim == 0:
        raise TypeError(f"A target needs one value a row, got the scalar {y!r}: pass an array-like")
    return y


def check_rows(*arrays):
    """Refuse empty targets and unequal numbers of rows."""
    rows = [array.shape[0] for array in arrays if array is not None]
    if rows and min(rows) != max(rows):
        raise ValueError(f"Targets, scores and weights need as many rows each; they have {rows}")
    if rows[0] == 0:
        raise ValueError("A metric needs at least one row; got 0 samples")


def _are_labels(y):
    """Whether dtype and shape alone tell that these are labels, one a row."""
    if y.ndim != 1:
        return False
    kind = y.dtype.kind
    return kind in _PLAIN or (kind == "O" and isinstance(y[0], str))


def _look(y_true, y_pred):
    """Find the kind of both targets and bring them to one form."""
    kinds = {_kind(y_true, "y_true"), _kind(y_pred, "y_pred")}
    if kinds <= {"binary", "multiclass"}:
        y_true, y_pred = as_column(y_true), as_column(y_pred)
        _refuse_words_and_numbers(y_true, y_pred)
        return False, y_true, y_pred
    if len(kinds) > 1:
        raise ValueError(
            f"y_true and y_pred are of different kinds, {' and '.join(sorted(kinds))}: give class "
            "labels for both, or label indicators for both"
        )
    (kind,) = kinds
    if kind != "multilabel-indicator":
        raise ValueError(f"{kind} is not supported: give class labels or a label indicator matrix")
    if y_true.shape[1] != y_pred.shape[1]:
        raise ValueError(
            f"y_true and y_pred must have as many columns: {y_true.shape[1]} and {y_pred.shape[1]}"
        )
    if is_sparse(y_true) or is_sparse(y_pred):
        sparse = sys.modules["scipy.sparse"]
        return True, _csr(sparse, y_true), _csr(sparse, y_pred)
    return True, y_true != 0, y_pred != 0


def _kind(y, name):
    if _are_labels(y):
        return "multiclass"
    if not is_sparse(y) and y.dtype.kind == "f":
        assert_all_finite(y, input_name=name)
    return type_of_target(y, input_name=name)


def _csr(sparse, y):
    y = sparse.csr_array(y)
    y = y.astype(bool) if y.dtype != bool else y.copy()
    y.eliminate_zeros()
    return y


def as_column(y):
    """A target of shape (n,) or (n, 1) as (n,)."""
    if y.ndim == 1:
        return y
    if y.ndim == 2 and y.shape[1] == 1:
        return y[:, 0]
    raise ValueError(f"One value a row is needed; got an array of shape {y.shape}")


def _refuse_words_and_numbers(y_true, y_pred):
    # Objects that pass as labels are words.
    if (y_true.dtype.kind in "UO") != (y_pred.dtype.kind in "UO"):
        raise ValueError(
            f"y_true holds {y_true.dtype} and y_pred {y_pred.dtype}: give both as words or both as "
            "numbers"
        )


def check_weight(sample_weight, y):
    """Weights of the rows of `y` as a float array; None stays None."""
    if sample_weight is None:
        return None
    return check_sample_weight(sample_weight, y, dtype=np.float64)


def mean(values, weight, normalize=True):
    """Mean of a row-wise quantity, or its sum; a bool counts as 0 or 1."""
    if not normalize:
        return float(np.add.reduce(values if weight is None else values * weight, dtype=float))
    if weight is None:
        total = (
            np.count_nonzero(values) if values.dtype == bool else np.add.reduce(values, dtype=float)
        )
        return float(total / values.shape[0])
    return weighted_mean(values, weight)


def average_over(values, weight):
    """Mean of `values` without NaN, unweighted if no weight is left; NaN if no value is."""
    known = ~np.isnan(values)
    if not known.all():
        values, weight = values[known], None if weight is None else weight[known]
    if values.size == 0:
        return float("nan")
    if weight is None or not weight.any():
        return float(np.add.reduce(values) / values.shape[0])
    return float(np.add.reduce(values * weight) / np.add.reduce(weight))


# ---------------------------------------------------------------- scores and numbers


def check_scores(y_score):
    """Scores as a finite float array of one or two dimensions."""
    if type(y_score) is np.ndarray and y_score.dtype.kind == "f" and y_score.ndim in (1, 2):
        assert_all_finite(y_score, input_name="y_score")
        return y_score
    return check_array(y_score, ensure_2d=False, ensure_min_samples=0, input_name="y_score")


def check_regression(y_true, y_pred, sample_weight=None, *, single=None):
    """Return two float64 targets of one shape, and the weights.

    Both stay one-dimensional if they have one output; `single` names a metric that needs that.
    """
    y_true, y_pred = _numbers(y_true, "y_true"), _numbers(y_pred, "y_pred")
    check_rows(y_true, y_pred)
    if y_true.ndim == 2 or y_pred.ndim == 2:
        y_true, y_pred = (
            y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y for y in (y_true, y_pred)
        )
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"y_true and y_pred need as many outputs; their shapes are {y_true.shape} and "
                f"{y_pred.shape}"
            )
        if single is not None and y_true.ndim == 2:
            raise ValueError(f"{single} is for one output, not for {y_true.shape[1]}")
    return y_true, y_pred, check_weight(sample_weight, y_true)


def _numbers(y, name):
    if type(y) is np.ndarray and y.dtype == np.float64 and y.ndim == 1:
        assert_all_finite(y, input_name=name)
        return y
    return check_array(y, ensure_2d=False, dtype=np.float64, ensure_min_samples=0, input_name=name)


def column_means(values, weight):
    """(Weighted) mean over rows: a number for 1-D values, an array for 2-D ones."""
    if weight is None:
        return np.add.reduce(values) / values.shape[0]
    total = np.add.reduce(weight)
    if total == 0:
        raise ZeroDivisionError("sample_weight sums to zero, so no mean exists")
    return np.add.reduce(values * (weight if values.ndim == 1 else weight[:, None])) / total


def combine_outputs(values, multioutput):
    """One number of the values of outputs, or the array of them for "raw_values"."""
    if isinstance(multioutput, str):
        if multioutput == "raw_values":
            return np.atleast_1d(values)
        return float(values if np.ndim(values) == 0 else values.mean())
    if multioutput is None:
        return float(np.mean(values))
    weight = np.asarray(multioutput, dtype=float)
    if np.ndim(values) == 0:
        raise ValueError("multioutput gives weights of outputs, but there is one output only")
    if weight.shape != values.shape:
        raise ValueError(
            f"multioutput has shape {weight.shape}, but there are {len(values)} outputs to weight"
        )
    return float(np.average(values, weights=weight))
