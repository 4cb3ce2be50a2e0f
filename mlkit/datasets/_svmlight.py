"""The svmlight text format: a row is ``label [qid:number] index:value ...  # comment``."""

import bz2
import gzip
import os
from contextlib import contextmanager
from itertools import chain, compress, pairwise

import numpy as np

from .._core import domains
from .._core.convert import check_array
from .._core.domains import (
    array_like,
    boolean,
    has_methods,
    instance_of,
    integer,
    none,
    one_of,
    string,
)
from .._core.params import checked
from .._core.sparse import as_interface, issparse, narrow_index
from .._version import __version__

_OPENERS = {".gz": gzip.open, ".bz2": bz2.open}
# Lines are parsed together, this many bytes of them: enough to make the cost of a call small
# beside that of a token, and little memory.
_BLOCK = 1 << 20
# Rows that are written together, likewise.
_ROWS = 4096
_file = string | instance_of(os.PathLike, int)
_reading = {
    "n_features": integer(1) | none,
    "dtype": domains.anything,
    "multilabel": boolean,
    "zero_based": boolean | one_of("auto"),
    "query_id": boolean,
    "offset": integer(0),
    "length": integer(),
}


@checked(f=_file | has_methods("readlines"), **_reading)
def load_svmlight_file(
    f,
    *,
    n_features=None,
    dtype=np.float64,
    multilabel=False,
    zero_based="auto",
    query_id=False,
    offset=0,
    length=-1,
):
    """Read a sparse matrix and its labels from a file in svmlight format.

    Parameters
    ----------
    f : str, path-like, int or binary file
        An int is a file descriptor. Paths that end in ``.gz`` or ``.bz2`` are decompressed.
    n_features : int ≥ 1 or None, default=None
        Number of columns; None: as many as the file mentions. Parts of a file need it.
    dtype : numpy dtype, default=float64
        Of the values of X.
    multilabel : bool, default=False
        A row has any number of labels, separated by commas.
    zero_based : bool or "auto", default="auto"
        Whether the first column is number 0 in the file; "auto": unless 0 never occurs.
    query_id : bool, default=False
        Return the numbers after ``qid:`` as well.
    offset : int ≥ 0, default=0
        Skip this many bytes and then the rest of a line that has begun.
    length : int, default=-1
        Read the lines that begin within this many bytes from `offset`; 0 or less: all. Parts whose
        offsets and lengths adjoin hold each row once.

    Returns
    -------
    X : CSR of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,), float64, or list of tuples of labels if `multilabel`
    query_id : ndarray of shape (n_samples,), int64
        With ``query_id=True``.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    ValueError
        If a line is not of the format, or mentions more than `n_features` columns.

    References
    ----------
    T. Joachims, SVMlight, https://www.cs.cornell.edu/people/tj/svm_light/

    Examples
    --------
    >>> import io
    >>> from mlkit.datasets import load_svmlight_file
    >>> X, y = load_svmlight_file(io.BytesIO(b"1 1:0.5 3:2\\n-1 2:1\\n"))
    >>> print(X.toarray(), y)
    [[0.5 0.  2. ]
     [0.  1.  0. ]] [ 1. -1.]
    """
    return tuple(
        load_svmlight_files(
            [f],
            n_features=n_features,
            dtype=dtype,
            multilabel=multilabel,
            zero_based=zero_based,
            query_id=query_id,
            offset=offset,
            length=length,
        )
    )


@checked(files=array_like, **_reading)
def load_svmlight_files(
    files,
    *,
    n_features=None,
    dtype=np.float64,
    multilabel=False,
    zero_based="auto",
    query_id=False,
    offset=0,
    length=-1,
):
    """Read several svmlight files into matrices with the same columns.

    Parameters
    ----------
    files : list of str, path-like, int or binary file
    n_features, dtype, multilabel, zero_based, query_id, offset, length
        As for `load_svmlight_file`, for each of the files; "auto" and None are decided on all
        files together.

    Returns
    -------
    list
        ``[X1, y1, X2, y2, ...]``, or ``[X1, y1, q1, X2, y2, q2, ...]`` with ``query_id=True``.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    ValueError
        If a line is not of the format, or mentions more than `n_features` columns.

    Examples
    --------
    >>> import io
    >>> from mlkit.datasets import load_svmlight_files
    >>> train, test = io.BytesIO(b"1 1:0.5 3:2\\n"), io.BytesIO(b"-1 2:1\\n")
    >>> X_train, y_train, X_test, y_test = load_svmlight_files([train, test])
    >>> X_test.shape
    (1, 3)
    """
    is_part = offset > 0 or length > 0
    if is_part and n_features is None:
        raise ValueError(
            f"load_svmlight_files(offset={offset}, length={length}): n_features is required to "
            "read a part of a file, which may not mention every column"
        )
    if is_part and zero_based == "auto":
        # Parts must agree, so none may decide on what it happens to contain.
        zero_based = True
    parsed = [_parse_file(f, dtype, multilabel, offset, length) for f in files]
    least = [rows.index.min() for rows in parsed if len(rows.index)]
    if zero_based == "auto":
        zero_based = len(least) < len(parsed) or min(least, default=0) == 0
    if not zero_based and min(least, default=1) == 0:
        raise ValueError(
            "Invalid index 0 in an svmlight file that counts from 1; pass zero_based=True"
        )
    first = 0 if zero_based else 1
    most = max((rows.index.max() for rows in parsed if len(rows.index)), default=first)
    n_mentioned = int(most) - first + 1
    if n_features is not None and n_features < n_mentioned:
        raise ValueError(
            f"load_svmlight_files(n_features={n_features}): the file has {n_mentioned} features; "
            "pass at least that or None"
        )
    width = n_mentioned if n_features is None else n_features
    return list(chain.from_iterable(rows.arrays(first, width, query_id) for rows in parsed))


class _Rows:
    """Rows in compressed form: `index` and `value` of the cells, `bounds` between the rows."""

    def __init__(self, index, value, sizes, labels, queries):
        self.index = index
        self.value = value
        self.bounds = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        self.labels = labels
        self.queries = queries

    def arrays(self, first, n_features, with_queries):
        """Return ``[X, y]`` or ``[X, y, query_id]``, the first column being number `first`."""
        import scipy.sparse as sp

        shape = (len(self.bounds) - 1, n_features)
        X = narrow_index(sp.csr_array((self.value, self.index - first, self.bounds), shape=shape))
        X.has_canonical_format = True
        if not with_queries:
            return [as_interface(X), self.labels]
        if len(self.queries) not in (0, len(self.labels)):
            raise ValueError(
                f"{len(self.queries)} of {len(self.labels)} rows of an svmlight file have a query "
                "id; give every row one, or none, or pass query_id=False"
            )
        return [as_interface(X), self.labels, self.queries]


@contextmanager
def _opened(f, mode):
    """Open a path or descriptor; a file is used as it is and left open, a descriptor too."""
    if isinstance(f, int):
        with open(f, mode, closefd=False) as file:
            yield file
    elif isinstance(f, (str, os.PathLike)):
        suffix = os.path.splitext(os.fspath(f))[1]
        with _OPENERS.get(suffix, open)(f, mode) as file:
            yield file
    else:
        yield f


def _blocks(file, offset, length):
    """Yield lists of lines: those that begin after `offset` and not after ``offset + length``."""
    begin = 0
    if offset:
        # A line that begins at `offset` itself belongs to the part before.
        file.seek(offset)
        begin = len(file.readline())
    elif length > 0:
        begin = file.tell()
    while lines := file.readlines(_BLOCK):
        if length > 0:
            begins = begin + np.cumsum([0, *map(len, lines)])
            n_within = np.searchsorted(begins[:-1], length, side="right")
            if n_within < len(lines):
                yield lines[:n_within]
                return
            begin = begins[-1]
        yield lines


def _parse_file(f, dtype, multilabel, offset, length):
    """Read one file into `_Rows`."""
    parts = [_no_rows(dtype, multilabel)]
    with _opened(f, "rb") as file:
        for lines in _blocks(file, offset, length):
            text = b"".join(lines)
            if b"#" in text:
                text = b"\n".join([line.partition(b"#")[0] for line in lines])
            parts.append(_parse_block(text, dtype, multilabel))
    columns = {name: [part[name] for part in parts] for name in parts[0]}
    labels = columns.pop("labels")
    labels = list(chain.from_iterable(labels)) if multilabel else np.concatenate(labels)
    joined = {name: np.concatenate(column) for name, column in columns.items()}
    rows = _Rows(**joined, labels=labels)
    _check_order(rows)
    return rows


def _no_rows(dtype, multilabel):
    integers = np.empty(0, dtype=np.int64)
    return {
        "index": integers,
        "value": np.empty(0, dtype=dtype),
        "sizes": integers,
        "labels": [] if multilabel else np.empty(0),
        "queries": integers,
    }


def _parse_block(text, dtype, multilabel):
    """Return the columns of `_Rows` for lines without comments.

    The words of all lines are told apart at once: the first of a line is its label, ``qid:`` may
    follow, and the rest, with a colon each, are cells.
    """
    byte = np.frombuffer(text, dtype=np.uint8)
    space = byte <= ord(" ")
    begin = np.flatnonzero(~space & np.concatenate([[True], space[:-1]]))
    if not len(begin):
        return _no_rows(dtype, multilabel)
    n_colons = np.add.reduceat(byte == ord(":"), begin, dtype=np.int64)
    first = np.diff(np.searchsorted(np.flatnonzero(byte == ord("\n")), begin), prepend=-1) > 0
    label = first & (n_colons == 0) if multilabel else first
    after_label = np.concatenate([[False], label[:-1]]) | (first & ~label)
    query = after_label & (byte[begin] == ord("q"))
    tokens = text.replace(b":", b" ").split()
    if (n_colons != ~label).any() or len(tokens) != len(begin) + n_colons.sum():
        raise ValueError(_complaint(text, begin, label))
    # A word with a colon makes two tokens.
    at = np.cumsum(n_colons + 1) - n_colons - 1
    cell = ~label & ~query

    def take(where):
        chosen = np.zeros(len(tokens), dtype=bool)
        chosen[where] = True
        return compress(tokens, chosen.tolist())

    if set(take(at[query])) - {b"qid"}:
        raise ValueError("a row of an svmlight file begins with a word that is not qid:")
    row = np.cumsum(first) - 1
    texts = take(at[label])
    if multilabel:
        has_label = np.bincount(row[label], minlength=row[-1] + 1).tolist()
        labels = [_many_labels(next(texts)) if has else () for has in has_label]
    else:
        labels = _numbers(texts, float, "label")
    return {
        "index": _numbers(take(at[cell]), int, "index"),
        "value": _numbers(take(at[cell] + 1), float, "value").astype(dtype),
        "sizes": np.bincount(row[cell], minlength=row[-1] + 1),
        "labels": labels,
        "queries": _numbers(take(at[query] + 1), int, "query id"),
    }


def _numbers(texts, kind, noun):
    try:
        return np.fromiter(map(kind, texts), dtype=np.int64 if kind is int else np.float64)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"an svmlight file has a wrong {noun}: {error}") from None


def _many_labels(text):
    return tuple(sorted(_numbers(text.split(b","), float, "label").tolist()))


def _complaint(text, begin, label):
    """Name the first word that is neither a label nor ``index:value``."""
    for start, is_label in zip(begin.tolist(), label.tolist(), strict=True):
        word = text[start : start + 100].split()[0]
        sides = [side for side in word.split(b":") if side]
        if len(sides) != 2 - is_label or word.count(b":") != 1 - is_label:
            break
    form = "a label" if is_label else "index:value"
    return f"an svmlight file has {word!r} where {form} should be"


def _check_order(rows):
    if len(rows.index) and rows.index.min() < 0:
        raise ValueError(f"Invalid index {rows.index.min()} in an svmlight file: it is negative")
    falls = np.diff(rows.index, prepend=-1) <= 0
    falls[rows.bounds[:-1][np.diff(rows.bounds) > 0]] = False
    if falls.any():
        row = np.searchsorted(rows.bounds, falls.argmax(), side="right") - 1
        raise ValueError(
            f"row {row} of an svmlight file has its indices out of order or one of them twice; "
            "they must be sorted and unique"
        )


@checked(
    X=array_like | domains.sparse_matrix,
    y=array_like | domains.sparse_matrix,
    f=_file | has_methods("write"),
    zero_based=boolean,
    comment=string | instance_of(bytes) | none,
    query_id=array_like | none,
    multilabel=boolean,
)
def dump_svmlight_file(X, y, f, *, zero_based=True, comment=None, query_id=None, multilabel=False):
    """Write a matrix and its labels to a file in svmlight format, numbers to 16 digits.

    Parameters
    ----------
    X : array-like or sparse of shape (n_samples, n_features)
        Zeros are left out, unless stored in a sparse X.
    y : array-like or sparse of shape (n_samples,), sparse (n_samples, 1), or (n_samples, n_labels)
        Labels, or, if `multilabel`, an indicator matrix.
    f : str, path-like, int or binary file
        An int is a file descriptor. Paths that end in ``.gz`` or ``.bz2`` are compressed.
    zero_based : bool, default=True
        Number columns from 0, else from 1, which SVMlight itself requires.
    comment : str, ASCII bytes or None, default=None
        Lines for the head of the file, which then also names its writer and where columns start.
    query_id : array-like of int of shape (n_samples,) or None, default=None
        Groups for ranking, written as ``qid:``.
    multilabel : bool, default=False
        Write the numbers of the columns where y is not zero, separated by commas.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    ValueError
        If X, y and `query_id` do not have the same number of rows, or shapes that fit.
    UnicodeDecodeError
        If `comment` is bytes that are not ASCII.

    References
    ----------
    T. Joachims, SVMlight, https://www.cs.cornell.edu/people/tj/svm_light/

    Examples
    --------
    >>> import io
    >>> from mlkit.datasets import dump_svmlight_file
    >>> file = io.BytesIO()
    >>> dump_svmlight_file([[0.5, 0, 2]], [1], file)
    >>> file.getvalue()
    b'1 0:0.5 2:2\\n'
    """
    head = _head(comment, zero_based) if comment else b""
    X = check_array(X, accept_sparse="csr")
    if issparse(X) and not X.has_sorted_indices:
        X = X.sorted_indices()
    y = _check_targets(y, multilabel)
    if y.shape[0] != X.shape[0]:
        raise ValueError(
            f"dump_svmlight_file: X has {X.shape[0]} rows and y {y.shape[0]}; they must be the same"
        )
    queries = None if query_id is None else _check_queries(query_id, X.shape[0])
    with _opened(f, "wb") as file:
        file.write(head)
        for start in range(0, X.shape[0], _ROWS):
            rows = slice(start, start + _ROWS)
            fields = [_label_texts(y[rows], multilabel)]
            if queries is not None:
                fields.append([b"qid:%d" % query for query in queries[rows].tolist()])
            fields.append(_cell_texts(X[rows], 0 if zero_based else 1))
            file.writelines(b" ".join(row) + b"\n" for row in zip(*fields, strict=True))


def _head(comment, zero_based):
    text = comment.decode("ascii") if isinstance(comment, bytes) else comment
    if "\0" in text:
        raise ValueError(
            f"dump_svmlight_file(comment={comment!r}): a NUL byte would end the file for programs "
            "in C; leave it out"
        )
    lines = [
        f"Generated by dump_svmlight_file from mlkit {__version__}",
        f"Column indices are {'zero' if zero_based else 'one'}-based",
        "",
        *text.splitlines(),
    ]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines).encode()


def _check_targets(y, multilabel):
    """Return labels as a vector, or the indicator matrix."""
    y = check_array(y, accept_sparse="csr", ensure_2d=False)
    if multilabel:
        expected, fits = "(n_samples, n_labels)", y.ndim == 2
    elif issparse(y):
        expected, fits = "(n_samples, 1)", y.shape[1] == 1
    else:
        expected, fits = "(n_samples,)", y.ndim == 1
    if not fits:
        raise ValueError(
            f"dump_svmlight_file: y must have shape {expected}, got {y.shape}"
            + ("" if multilabel else "; for an indicator matrix pass multilabel=True")
        )
    return y if multilabel or not issparse(y) else y.toarray().ravel()


def _check_queries(query_id, n_rows):
    queries = np.asarray(query_id)
    if queries.shape != (n_rows,):
        raise ValueError(
            f"dump_svmlight_file: query_id must have shape ({n_rows},), got {queries.shape}"
        )
    whole = queries.astype(np.int64)
    if (whole != queries).any():
        raise ValueError("dump_svmlight_file: query_id must hold whole numbers")
    return whole


def _stored(X):
    """Return the columns and values of the cells to write, and the bounds between rows."""
    if issparse(X):
        return X.indices, X.data, X.indptr
    row, column = np.nonzero(X)
    bounds = np.searchsorted(row, np.arange(len(X) + 1))
    return column, X[row, column], bounds


def _number(values):
    return b"%d" if values.dtype.kind in "biu" else b"%.16g"


def _joined(texts, bounds, separator):
    bounds = bounds.tolist()
    return [separator.join(texts[i:j]) for i, j in pairwise(bounds)]


def _cell_texts(X, first):
    column, value, bounds = _stored(X)
    cell = b"%d:" + _number(value)
    pairs = zip((column + first).tolist(), value.tolist(), strict=True)
    return _joined([cell % pair for pair in pairs], bounds, b" ")


def _label_texts(y, multilabel):
    if not multilabel:
        return [_number(y) % label for label in y.tolist()]
    if issparse(y):
        y = y.copy()
        y.eliminate_zeros()
    column, _, bounds = _stored(y)
    return _joined([b"%d" % label for label in column.tolist()], bounds, b",")
