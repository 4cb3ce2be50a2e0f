"""What a target is, its classes, and weights made of them."""

import warnings
from collections.abc import Sequence

import numpy as np

from .convert import check_array, check_y
from .domains import array_like, mapping, none, one_of, sequence, sparse_matrix
from .finite import check_finite
from .namespace import namespace
from .params import checked
from .shape import series_values
from .sparse import issparse
from .tables import is_dataframe, to_native

_CLASSIFICATION = ("binary", "multiclass", "multiclass-multioutput", "multilabel-indicator")
# With fewer rows most values may well be classes of their own.
_FEW_ROWS = 20
# A table of codes over a range of integers beats sorting while it stays within the cache.
_TABLE = 1 << 16


# ------------------------------------------------------------------------ kinds of target
def _as_target(y):
    """y as an array; ragged or otherwise unfit sequences as an object array of their items."""
    if issparse(y):
        return y.tocsr() if y.format in ("lil", "dok") else y
    if is_dataframe(y):
        return check_array(
            to_native(y),
            dtype=None,
            ensure_all_finite=False,
            ensure_2d=False,
            ensure_min_samples=0,
            ensure_min_features=0,
        )
    if namespace(y) is not np:
        return y
    try:
        return series_values(y)
    except ValueError:
        items = list(y)
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return array


def _whole(values):
    """True if every float in `values` is a finite integer."""
    with np.errstate(invalid="ignore"):
        return bool(((values == np.floor(values)) & np.isfinite(values)).all())


def _at_most_two(values):
    """True if an array holds at most two distinct values: two passes, no sort."""
    if values.size == 0:
        return True
    if values.dtype.kind in "OUSTM":
        values = values.ravel()  # a few rows mostly show a third value
        return len(set(values[:100].tolist())) <= 2 and len(set(values.tolist())) <= 2
    if values.dtype.kind == "b":
        return True
    least, greatest = values.min(), values.max()
    return bool(((values == least) | (values == greatest)).all())


def is_multilabel(y):
    """True if y is an indicator matrix: two columns or more, of at most two integer values.

    Parameters
    ----------
    y : array-like or sparse matrix

    Returns
    -------
    bool

    Examples
    --------
    >>> from mlkit.utils.multiclass import is_multilabel
    >>> is_multilabel([[1, 0], [0, 1]]), is_multilabel([0, 1])
    (True, False)
    """
    if not (issparse(y) or is_dataframe(y) or hasattr(y, "__array__") or isinstance(y, Sequence)):
        return False
    return not isinstance(y, str) and _is_indicator(_as_target(y))


def _is_indicator(y):
    if y.ndim != 2 or y.shape[1] < 2:
        return False
    values = y.data if issparse(y) else y
    if values.dtype.kind not in "biuf":
        return False
    if not _at_most_two(values):
        return False
    if issparse(y) and values.size and values.min() != values.max() and not (values == 0).any():
        return False  # with the zeros that are not stored these are three values
    return values.dtype.kind != "f" or _whole(values)


def _refuse_no_target(y, name):
    kinds = issparse(y) or isinstance(y, Sequence) or hasattr(y, "__array__") or is_dataframe(y)
    if not kinds or isinstance(y, str):
        raise ValueError(f"{name}Expected array-like (array or non-string sequence), got {y!r}")
    if type(y).__name__ in ("SparseSeries", "SparseArray"):
        raise ValueError(f"{name}a pandas {type(y).__name__} is no target: pass a dense array")


def type_of_target(y, input_name="", raise_unknown=False):
    """Say what kind of target y is, from its dtype, shape and values.

    Parameters
    ----------
    y : array-like, sparse matrix or data frame
    input_name : str, default ""
        What y is called in messages.
    raise_unknown : bool, default False
        Raise ValueError where "unknown" would be returned.

    Returns
    -------
    {"binary", "multiclass", "continuous", "multilabel-indicator", "multiclass-multioutput", \
"continuous-multioutput", "unknown"}
        "binary": at most two values in one column; "multiclass": more, all of them integers,
        strings or bools; "continuous": floats that are no integers; "-multioutput": several
        columns; "multilabel-indicator": several columns of at most two integers.

    Raises
    ------
    ValueError
        If y is no array-like, or a sequence of label sets.
    TypeError
        For labels that are bytes.

    Warns
    -----
    UserWarning
        If more than half of over 20 rows are classes of their own.

    Examples
    --------
    >>> from mlkit.utils.multiclass import type_of_target
    >>> type_of_target([0.1, 0.6]), type_of_target(["a", "b", "a"])
    ('continuous', 'binary')
    """
    name = f"{input_name}: " if input_name else ""
    _refuse_no_target(y, name)
    y = _as_target(y)
    kind = _kind(y, input_name)
    if kind == "unknown" and raise_unknown:
        raise ValueError(f"Unknown label type for {input_name or 'data'}: {y!r}")
    if kind == "multiclass" and y.shape[0] > _FEW_ROWS and _mostly_distinct(y):
        warnings.warn(
            "more than half of the rows have a class of their own: is y the target of a "
            "regression?",
            UserWarning,
            stacklevel=2,
        )
    return kind


def _mostly_distinct(y):
    """True if more than half of the values are distinct; a narrow range needs no count."""
    most = round(y.shape[0] / 2)
    if not issparse(y) and y.dtype.kind in "biuf" and float(y.max()) - float(y.min()) < most:
        return False
    text = not issparse(y) and y.dtype.kind in "OU"
    return len(set(y.ravel().tolist()) if text else encode_labels(y)[0]) > most


def _refuse_label_sets(y, name):
    """Sequences of sequences of labels, and bytes, are no targets."""
    if issparse(y) or y.ndim == 0 or not len(y):
        return
    first = y[0]
    nested = isinstance(first, (Sequence, np.ndarray)) and not isinstance(first, (str, bytes))
    if y.dtype.kind == "O" and y.ndim == 1 and nested and not isinstance(first, np.ndarray):
        raise ValueError(
            f"{name}a sequence of label sequences is no target: pass an indicator matrix, as "
            "MultiLabelBinarizer makes"
        )
    if y.dtype.kind == "S" or (y.dtype.kind == "O" and isinstance(first, bytes)):
        raise TypeError(f"{name}labels are bytes: decode them to str")


def _kind(y, input_name):
    """The kind of target that an array or sparse matrix is."""
    if y.dtype.kind == "c":
        raise ValueError(f"Complex data not supported\n{y!r}")
    if _is_indicator(y):
        return "multilabel-indicator"
    _refuse_label_sets(y, f"{input_name}: " if input_name else "")
    if y.ndim not in (1, 2) or (y.ndim == 2 and y.shape[1] == 0):
        return "unknown"
    columns = 1 if y.ndim == 1 else y.shape[1]
    if y.dtype.kind == "O" and not (y.size and isinstance(y.flat[0], str)):
        return "unknown"
    suffix = "-multioutput" if columns > 1 else ""
    values = y.data if issparse(y) else y
    if values.dtype.kind == "f" and not _whole(values):
        check_finite(values, False, "", input_name)
        return "continuous" + suffix
    if columns == 1 and _at_most_two(values):
        return "binary"
    return "multiclass" + suffix


def check_classification_targets(y):
    """Raise ValueError unless y is a target of classification.

    Parameters
    ----------
    y : array-like

    Raises
    ------
    ValueError
        If y is continuous, or of no known kind.

    Examples
    --------
    >>> from mlkit.utils.multiclass import check_classification_targets
    >>> check_classification_targets([0, 1, 2])
    """
    kind = type_of_target(y, input_name="y")
    if kind not in _CLASSIFICATION:
        raise ValueError(
            f"Unknown label type: {kind}. A classifier needs discrete classes; for continuous "
            "values take a regressor, or bin them first."
        )


def check_numeric_target(y, *, multi_output=False, estimator=None):
    """Return y as finite floats: float32 is kept, the rest becomes float64.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or, if `multi_output`, (n_samples, n_outputs)
    multi_output : bool, default False
    estimator : estimator, str or None, default None
        Named in messages.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        If y is not numeric, not finite or of a wrong shape.
    """
    y = check_y(y, multi_output=multi_output, y_numeric=True, estimator=estimator)
    if y.dtype.kind in "USV":
        try:
            return y.astype(np.float64)
        except ValueError as error:
            raise ValueError(
                f"y holds text, and a regression target is numeric: {error}"
            ) from error
    return y if y.dtype in (np.float32, np.float64) else y.astype(np.float64)


# ---------------------------------------------------------------------------- labels
def encode_labels(y):
    """Return the sorted distinct values of 1-D y and each row's place among them.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Integers, strings, bools or floats.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        Of the dtype of y.
    codes : ndarray of int64, shape (n_samples,)
        ``classes[codes]`` is y.

    Raises
    ------
    TypeError
        If values of y cannot be compared, such as strings and numbers.

    Examples
    --------
    >>> from mlkit._core.targets import encode_labels
    >>> encode_labels(["b", "a", "b"])[1]
    array([1, 0, 1])
    """
    y = np.asarray(series_values(y)).ravel()
    if y.dtype.kind in "OU":
        return _encode_objects(y)
    if y.dtype.kind in "biu" and len(y):
        least, greatest = int(y.min()), int(y.max())
        if greatest - least < max(_TABLE, 2 * len(y)):
            return _encode_integers(y, least, greatest)
    classes, codes = np.unique(y, return_inverse=True)
    return classes, codes.astype(np.int64, copy=False)


def _encode_integers(y, least, greatest):
    if least > np.iinfo(np.int64).max:
        offset = (y - y.dtype.type(least)).astype(np.int64)
    else:
        offset = y.astype(np.int64) - least
    present = np.zeros(greatest - least + 1, dtype=bool)
    present[offset] = True
    codes = (np.cumsum(present) - 1)[offset]
    return np.flatnonzero(present).astype(y.dtype) + y.dtype.type(least), codes


def _encode_objects(y):
    values = y.tolist()
    distinct = set(values)
    try:
        classes = sorted(distinct)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in distinct})
        raise TypeError(
            f"labels must be uniformly strings or numbers, got {kinds}: make them one type"
        ) from error
    place = {label: code for code, label in enumerate(classes)}
    codes = np.fromiter(map(place.__getitem__, values), dtype=np.int64, count=len(values))
    return np.array(classes, dtype=y.dtype), codes


def unique_labels(*ys, ys_types=None):
    """Return the sorted distinct labels of all arguments together.

    Parameters
    ----------
    *ys : array-likes
        Each of one kind: of classes in one column, or indicator matrices of equal width.
    ys_types : set of str or None, default None
        Their kinds if `type_of_target` has been asked already.

    Returns
    -------
    ndarray of shape (n_classes,)
        Of indicator matrices, the column numbers.

    Raises
    ------
    ValueError
        Without arguments, or if kinds, widths or types of labels are mixed.

    Examples
    --------
    >>> from mlkit.utils.multiclass import unique_labels
    >>> unique_labels([3, 5], [5, 7])
    array([3, 5, 7])
    """
    if not ys:
        raise ValueError("unique_labels: No argument has been passed")
    if ys_types is None:
        for y in ys:
            _refuse_no_target(y, "")
        ys_types = [_kind(_as_target(y), "") for y in ys]
    kinds = set(ys_types)
    if kinds == {"binary", "multiclass"}:
        kinds = {"multiclass"}
    if len(kinds) > 1:
        raise ValueError(f"Mix type of y not allowed, got types {kinds}")
    kind = kinds.pop()
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(f"Unknown label type: {kind}, of {ys!r}")
    if kind == "multilabel-indicator":
        widths = {_as_target(y).shape[1] for y in ys}
        if len(widths) > 1:
            raise ValueError(
                f"indicator matrices of the same labels have different widths: {widths}"
            )
        return np.arange(widths.pop())
    return _join_labels([_distinct(y) for y in ys])


def _distinct(y):
    """Sorted labels of a target of one column; a list must hold one type of them."""
    if isinstance(y, (list, tuple)) and len({isinstance(label, str) for label in y}) > 1:
        raise ValueError("labels are partly words and partly numbers: make them one type")
    try:
        labels = encode_labels(_as_target(y))[0]
    except TypeError as error:
        raise ValueError(str(error)) from error
    return np.array(labels.tolist()) if labels.dtype.kind == "O" else labels


def _join_labels(parts):
    parts = [labels for labels in parts if len(labels)] or parts[:1]
    if len({labels.dtype.kind in "US" for labels in parts}) > 1:
        raise ValueError("labels are partly words and partly numbers: make them one type")
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))


# ----------------------------------------------------------------------------- weights
def class_distribution(y, sample_weight=None):
    """Return classes, their number and their weighted shares, column by column of y.

    Parameters
    ----------
    y : array-like or sparse matrix of shape (n_samples, n_outputs)
    sample_weight : array-like of shape (n_samples,) or None, default None

    Returns
    -------
    classes : list of ndarray
    n_classes : list of int
    class_prior : list of ndarray
        Shares, which sum to 1.

    Examples
    --------
    >>> from mlkit.utils.multiclass import class_distribution
    >>> class_distribution([[1], [1], [3]])[0]
    [array([1, 3])]
    """
    if issparse(y):
        y = y.tocsc()
        columns = [_dense_column(y, j) for j in range(y.shape[1])]
    else:
        y = np.asarray(series_values(to_native(y)))
        columns = list(y.T) if y.ndim > 1 else [y]
    weight = None if sample_weight is None else np.asarray(sample_weight)
    classes, n_classes, class_prior = [], [], []
    for column in columns:
        labels, codes = encode_labels(column)
        mass = np.bincount(codes, weights=weight, minlength=len(labels))
        classes.append(labels)
        n_classes.append(len(labels))
        class_prior.append(mass / mass.sum())
    return classes, n_classes, class_prior


def _dense_column(y, j):
    """Column j of CSC y; duplicates are summed."""
    column = np.zeros(y.shape[0], dtype=y.dtype)
    span = slice(y.indptr[j], y.indptr[j + 1])
    np.add.at(column, y.indices[span], y.data[span])
    return column


@checked(class_weight=mapping | one_of("balanced") | none, y=array_like)
def compute_class_weight(class_weight, *, classes, y, sample_weight=None):
    """Return the weight of each class.

    "balanced" is ``W / (k W_c)``: total weight over k times the weight of class c.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        A dict gives weights; a class that it leaves out has 1. None is 1 for all.
    classes : ndarray of shape (n_classes,)
    y : array-like of shape (n_samples,)
    sample_weight : array-like of shape (n_samples,) or None, default None
        Counts for "balanced".

    Returns
    -------
    ndarray of float64, shape (n_classes,)

    Raises
    ------
    ValueError
        If y has a label that `classes` lacks, "balanced" meets a class without rows, or
        `class_weight` is something else.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.utils.class_weight import compute_class_weight
    >>> compute_class_weight("balanced", classes=np.array([0, 1]), y=[0, 0, 0, 1])
    array([0.66666667, 2.        ])
    """
    classes = np.asarray(classes)
    present, codes = encode_labels(y)
    extra = set(present.tolist()) - set(classes.tolist())
    if extra:
        raise ValueError(f"classes should include all labels of y; it lacks {sorted(extra)}")
    if class_weight is None or (hasattr(class_weight, "__len__") and len(class_weight) == 0):
        return np.ones(len(classes), dtype=np.float64)
    if isinstance(class_weight, str):
        return _balanced(class_weight, classes, present, codes, sample_weight)
    if not hasattr(class_weight, "get"):
        raise ValueError(f"class_weight={class_weight!r}: must be a dict, 'balanced' or None")
    labels = classes.tolist()
    weight = np.array([class_weight.get(label, 1.0) for label in labels], dtype=np.float64)
    given = [label for label in labels if label in class_weight]
    lacking = [label for label in labels if label not in class_weight]
    if lacking and len(given) != len(class_weight):
        raise ValueError(
            f"The classes {lacking} are not in class_weight, which names others: {class_weight!r}"
        )
    return weight


def _balanced(class_weight, classes, present, codes, sample_weight):
    if class_weight != "balanced":
        raise ValueError(f"class_weight={class_weight!r}: must be a dict, 'balanced' or None")
    place = {label: i for i, label in enumerate(present.tolist())}
    if any(label not in place for label in classes.tolist()):
        raise ValueError(
            "classes should have labels that are in y: 'balanced' divides by their count"
        )
    weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    mass = np.bincount(codes, weights=weight, minlength=len(present))
    share = mass.sum() / (len(present) * mass)
    return share[[place[label] for label in classes.tolist()]].astype(np.float64)


@checked(class_weight=mapping | sequence | one_of("balanced") | none, y=array_like | sparse_matrix)
def compute_sample_weight(class_weight, y, *, indices=None):
    """Return the weight of each row's class, multiplied over the columns of y.

    Parameters
    ----------
    class_weight : dict, list of dicts, "balanced" or None
        A list has a dict for each column of y.
    y : array-like or sparse matrix of shape (n_samples,) or (n_samples, n_outputs)
    indices : array-like of int or None, default None
        Rows, possibly repeated, from which "balanced" is computed; classes that are not
        among them have weight 0.

    Returns
    -------
    ndarray of float64, shape (n_samples,)

    Raises
    ------
    ValueError
        If `class_weight` does not fit y, or `indices` is given without "balanced".

    Examples
    --------
    >>> from mlkit.utils.class_weight import compute_sample_weight
    >>> compute_sample_weight("balanced", [1, 1, 1, 0])
    array([0.66666667, 0.66666667, 0.66666667, 2.        ])
    """
    if issparse(y):
        y = y.tocsc()
        columns = [_dense_column(y, j) for j in range(y.shape[1])]
    else:
        y = np.atleast_1d(np.asarray(_as_target(y)))
        columns = [y] if y.ndim == 1 else list(y.T)
    _check_weights_fit(class_weight, len(columns), indices)
    rows = columns[0].shape[0] if columns else 0
    weight = np.ones(rows, dtype=np.float64)
    several = len(columns) > 1 and not isinstance(class_weight, str) and class_weight is not None
    for k, column in enumerate(columns):
        weight *= _row_weights(class_weight[k] if several else class_weight, column, indices)
    return weight


def _check_weights_fit(class_weight, n_outputs, indices):
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ValueError(
                f"class_weight={class_weight!r}: must be a dict, a list of dicts, 'balanced' or "
                "None"
            )
    elif indices is not None:
        raise ValueError(f"indices need class_weight='balanced', and it is {class_weight!r}")
    elif n_outputs > 1 and class_weight is not None:
        if not hasattr(class_weight, "__iter__") or isinstance(class_weight, dict):
            raise ValueError(
                "for y of several columns class_weight must be a list of dicts or 'balanced'"
            )
        if len(class_weight) != n_outputs:
            raise ValueError(
                f"class_weight has {len(class_weight)} entries and y {n_outputs} columns: they "
                "must match"
            )


def _row_weights(class_weight, column, indices):
    labels, codes = encode_labels(column)
    if indices is None:
        return compute_class_weight(class_weight, classes=labels, y=column)[codes]
    sample = column[indices]
    found = encode_labels(sample)[0]
    by_class = np.zeros(len(labels))
    by_class[np.isin(labels, found)] = compute_class_weight(class_weight, classes=found, y=sample)
    return by_class[codes]
