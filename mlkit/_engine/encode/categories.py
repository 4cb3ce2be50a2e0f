"""Categories of a column: find them, count them, and number values by them."""

import sys
from dataclasses import dataclass

import numpy as np

from .factorize import factorize_objects, factorize_rows, factorize_words

# Below this many values a Python loop over a dict beats the set-up of the kernels.
_FEW = 64
# An integer column whose range is at most this many times its length is numbered by a
# direct table; wider ones are hashed, which needs memory for the distinct values alone.
_DENSE_RANGE = 4
# Values looked at to see whether a column repeats itself.
_SAMPLE = 1024


@dataclass(frozen=True)
class Coded:
    """A column that came as codes into a list of values.

    Attributes
    ----------
    codes : ndarray of int, shape (n_rows,)
        Position in `values`; negative for a missing value.
    values : ndarray, shape (n_values,)
        Distinct values, none of them missing.
    missing : None or float nan
        What a negative code stands for.
    """

    codes: np.ndarray
    values: np.ndarray
    missing: object = float("nan")

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, rows):
        return Coded(self.codes[rows], self.values, self.missing)

    def to_array(self):
        """The column as an ordinary array."""
        if not (self.codes < 0).any():
            return self.values[self.codes]
        return _with_missing(self.values, self.missing)[self.codes]


@dataclass(frozen=True)
class Found:
    """Sorted categories of a column, the code of each row, and rows a category."""

    values: np.ndarray
    codes: np.ndarray
    counts: np.ndarray


def _with_missing(values, missing):
    """`values` with the missing value appended, in a dtype that can hold it."""
    if values.dtype.kind in "iufb" and missing is not None:
        return np.append(values.astype(np.result_type(values.dtype, np.float32)), missing)
    if values.dtype.kind in "mM":
        return np.append(values, np.array("NaT", dtype=values.dtype))
    out = np.empty(len(values) + 1, dtype=object)
    out[:-1] = values
    out[-1] = missing
    return out


def is_missing(value):
    """Whether a scalar is None, NaN, NaT or pandas' NA."""
    if value is None:
        return True
    pandas = sys.modules.get("pandas")
    if pandas is not None and value is getattr(pandas, "NA", None):
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return False


def factorize(column):
    """Number the distinct values of a column, in no particular order.

    Parameters
    ----------
    column : ndarray of shape (n_rows,), or Coded
        Numbers, booleans, dates, fixed-width strings or objects.

    Returns
    -------
    codes : ndarray of int32, shape (n_rows,)
    uniques : ndarray
        Distinct values in the order of their codes. NaNs are one value.

    Raises
    ------
    TypeError
        If an object cannot be hashed.
    """
    if isinstance(column, Coded):
        return _factorize_coded(column)
    kind = column.dtype.kind
    if kind == "O":
        codes, uniques = factorize_objects(column)
        return _merge_missing(codes, uniques)
    if kind in "US":
        rows = np.ascontiguousarray(column)
        width = rows.dtype.itemsize
        codes, first = factorize_rows(rows.view(np.uint8).reshape(len(rows), width))
        return codes, column[first]
    if kind in "iub":
        return _factorize_integers(column)
    return _factorize_words(column)


def _factorize_words(column):
    """Number 64-bit values by hashing, or by sorting where few of them recur.

    Hashing touches random memory for each distinct value, which costs more than sorting then.
    """
    sample = column[:: max(1, len(column) // _SAMPLE)]
    if len(column) > 4 * _SAMPLE and len(np.unique(sample)) > 0.9 * len(sample):
        values, codes = np.unique(column, return_inverse=True)
        return codes.astype(np.int32), values
    codes, first = factorize_words(_as_words(column))
    return codes, column[first]


def _occurring(column):
    """Values of a `Coded` column, the missing one last, and how many rows have each."""
    n_values = len(column.values)
    counts = np.bincount(column.codes.astype(np.intp) + 1, minlength=n_values + 1)
    counts = np.roll(counts, -1)  # code −1 was counted first
    values = column.values
    if counts[n_values]:
        values = _with_missing(values, column.missing)
    return values, counts


def _factorize_coded(column):
    """Renumber the codes that occur; those of absent values are skipped."""
    values, counts = _occurring(column)
    present = np.flatnonzero(counts)
    rank = np.zeros(len(counts), dtype=np.int32)
    rank[present] = np.arange(len(present), dtype=np.int32)
    return rank[column.codes], values[present]


def _factorize_integers(column):
    if len(column) and column.dtype.itemsize <= 8:
        low, high = int(column.min()), int(column.max())
        size = high - low + 1
        if size <= max(_DENSE_RANGE * len(column), 1024):
            # Signed and unsigned differences agree modulo 2^64, and this one is small.
            offset = column.astype(np.int64) - np.int64(low) if high < 2**63 else None
            if offset is not None:
                present = np.flatnonzero(np.bincount(offset, minlength=size))
                rank = np.empty(size, dtype=np.int32)
                rank[present] = np.arange(len(present), dtype=np.int32)
                return rank[offset], (present + low).astype(column.dtype)
    return _factorize_words(column)


def _as_words(column):
    """Each value as the 64 bits that identify it: 0.0 is −0.0, and NaNs are one."""
    if column.dtype.kind in "iubmM":
        wide = column.astype(np.int64) if column.dtype.kind != "u" else column.astype(np.uint64)
        return np.ascontiguousarray(wide).view(np.uint64)
    if column.dtype.kind == "f":
        wide = column.astype(np.float64) + 0.0
        wide[np.isnan(wide)] = np.nan
        return np.ascontiguousarray(wide).view(np.uint64)
    raise TypeError(f"cannot find the categories of a column of dtype {column.dtype}")


def _merge_missing(codes, uniques):
    """Fold every NaN-like object other than None into one; return codes and an object array."""
    odd = [i for i, value in enumerate(uniques) if value is not None and is_missing(value)]
    if len(odd) > 1:
        keep = np.ones(len(uniques), dtype=bool)
        keep[odd[1:]] = False
        rank = np.cumsum(keep, dtype=np.int32) - np.int32(1)
        rank[odd[1:]] = rank[odd[0]]
        codes = rank[codes]
        uniques = [value for value, kept in zip(uniques, keep, strict=True) if kept]
    if odd:
        uniques[odd[0]] = float("nan")
    return codes, as_object_array(uniques)


def as_object_array(values):
    """A one-dimensional object array of a sequence, whatever its items are."""
    out = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        out[i] = value
    return out


def sort_order(values):
    """Positions that sort distinct values: present ones ascending, then None, then NaN.

    Raises
    ------
    TypeError
        If the values cannot be compared, as strings with numbers.
    """
    if values.dtype.kind != "O":
        return np.argsort(values, kind="stable")
    items = values.tolist()
    missing = [i for i, value in enumerate(items) if is_missing(value)]
    gone = set(missing)
    present = [i for i in range(len(items)) if i not in gone] if gone else list(range(len(items)))
    try:
        present.sort(key=items.__getitem__)
    except TypeError:
        kinds = sorted({type(items[i]).__name__ for i in present})
        raise TypeError(
            f"the values of a column must be all strings or all numbers to be sorted; got {kinds}"
        ) from None
    missing.sort(key=lambda i: items[i] is not None)
    return np.array(present + missing, dtype=np.intp)


def find(column):
    """Find the categories of a column.

    Parameters
    ----------
    column : ndarray of shape (n_rows,), or Coded

    Returns
    -------
    Found
        Values ascending, missing ones last (None before NaN); the code of each
        row among them; how many rows have each.

    Raises
    ------
    TypeError
        If values cannot be hashed or compared with one another.

    Examples
    --------
    >>> import numpy as np
    >>> found = find(np.array(["b", None, "a", "b"], dtype=object))
    >>> found.values, found.codes, found.counts
    (array(['a', 'b', None], dtype=object), array([1, 2, 0, 1], dtype=int32), array([1, 2, 1]))
    """
    codes, uniques = factorize(column)
    order = sort_order(uniques)
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    codes = rank[codes] if len(order) else codes
    return Found(uniques[order], codes, np.bincount(codes, minlength=len(order)))


def count(column):
    """Find the categories of a column and count their rows, without numbering the rows.

    Parameters
    ----------
    column : ndarray of shape (n_rows,), or Coded

    Returns
    -------
    values : ndarray of shape (n_categories,)
        As of `find`.
    counts : ndarray of int, shape (n_categories,)

    Raises
    ------
    TypeError
        If values cannot be hashed or compared with one another.
    """
    if isinstance(column, Coded):
        values, counts = _occurring(column)
        present = np.flatnonzero(counts)
        uniques, counts = values[present], counts[present]
    else:
        codes, uniques = factorize(column)
        counts = np.bincount(codes, minlength=len(uniques))
    order = sort_order(uniques)
    return uniques[order], counts[order]


class Lookup:
    """Numbers values by a given list of categories.

    Parameters
    ----------
    values : ndarray of shape (n_categories,)
        Distinct categories; may hold None and NaN.

    Notes
    -----
    Values match if they are equal and hash alike, so 1, 1.0 and True are one
    category, and "1" is another.
    """

    def __init__(self, values):
        self.index = {}
        self.nan = -1
        for code, key in enumerate(_keys(values)):
            if key is not None and is_missing(key):
                self.nan = code
            else:
                self.index[key] = code

    def code(self, value):
        """The code of one value, −1 if it is unknown."""
        found = self.index.get(value)
        if found is not None:
            return found
        return self.nan if value is not None and is_missing(value) else -1

    def codes(self, column):
        """The code of each value of a column (ndarray or Coded), −1 where it is unknown.

        Returns
        -------
        ndarray of int32, shape (n_rows,)
        """
        if len(column) <= _FEW and not isinstance(column, Coded):
            return np.array([self.code(key) for key in _keys(column)], dtype=np.int32)
        if isinstance(column, Coded) and len(column.values) <= _DENSE_RANGE * len(column):
            lost = None if column.values.dtype.kind in "mM" else column.missing
            keys, codes = [*_keys(column.values), lost], column.codes  # −1 is the last
        else:
            codes, uniques = factorize(column)
            keys = _keys(uniques)
        table = np.array([self.code(key) for key in keys], dtype=np.int32)
        return table[codes] if len(table) else codes


def _keys(values):
    """Values as Python objects that are equal if the values are."""
    if values.dtype.kind in "mM":
        # Units differ between columns of dates; nanoseconds hold the usual ones.
        fine = "M8[ns]" if values.dtype.kind == "M" else "m8[ns]"
        ticks = values.astype(fine)
        gone = np.isnat(ticks)
        return [
            None if lost else tick
            for tick, lost in zip(ticks.view("i8").tolist(), gone, strict=True)
        ]
    return values.tolist()
