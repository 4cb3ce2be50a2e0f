"""Every key selects from every container what it selects from the array."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from mlkit._core import indexing

X = np.arange(12).reshape(4, 3)
NAMES = ["a", "b", "c"]
CONTAINERS = {
    "array": X,
    "read-only": X.copy(),
    "csr": sp.csr_array(X),
    "csc_matrix": sp.csc_matrix(X),
    "coo": sp.coo_array(X),
    "dia": sp.dia_array(X),
    "lil": sp.lil_array(X),
    "pandas": pd.DataFrame(X, columns=NAMES, index=[5, 6, 7, 8]),
    "polars": pl.DataFrame(X, schema=NAMES),
    "arrow": pa.table({name: X[:, j] for j, name in enumerate(NAMES)}),
}
CONTAINERS["read-only"].flags.writeable = False
FRAMES = ["pandas", "polars", "arrow"]
ROW_KEYS = [
    [0, 2],
    (3, 1),
    [-1],
    [1, 1, 0],
    np.array([2, 0]),
    np.array([1], dtype=np.uint8),
    [np.int64(3)],
    pd.Series([0, 1]),
    [True, False, True, False],
    np.array([False, False, True, True]),
    pd.Series([True, False, True, False]),
    slice(1, 3),
    slice(None, None, 2),
    slice(-2, None),
    range(2),
    [],
]
COLUMN_KEYS = [
    [0, 2],
    [-1, 0],
    np.array([1]),
    [True, False, True],
    np.array([False, True, True]),
    slice(None),
    slice(1, None),
    slice(None, None, 2),
    [],
]
NAMED_KEYS = [
    (["c", "a"], [2, 0]),
    (("b",), [1]),
    (np.array(["a", "b"]), [0, 1]),
    (np.array(["b"], dtype=object), [1]),
    (pd.Index(["c"]), [2]),
    (slice("a", "b"), [0, 1]),
    (slice("b", None), [1, 2]),
    (slice(None, "a"), [0]),
]


def dense(values):
    return values.toarray() if sp.issparse(values) else np.asarray(values)


def plain(key):
    """The key as NumPy takes it."""
    if isinstance(key, slice):
        return key
    key = np.asarray(key)
    return key.astype(int) if key.size == 0 else key


@pytest.mark.parametrize("key", ROW_KEYS, ids=repr)
@pytest.mark.parametrize("name", CONTAINERS)
def test_rows(name, key):
    taken = indexing.take_rows(CONTAINERS[name], key)
    assert_array_equal(dense(taken), X[plain(key)])
    if name in FRAMES:
        assert type(taken) is type(CONTAINERS[name])
    if name == "pandas":
        assert_array_equal(taken.index, np.array([5, 6, 7, 8])[plain(key)])


@pytest.mark.parametrize("key", ROW_KEYS, ids=repr)
@pytest.mark.parametrize(
    "container", [list, np.array, pd.Series, pl.Series, pa.array, lambda v: pa.chunked_array([v])]
)
def test_rows_of_one_column(container, key):
    values = [10, 20, 30, 40]
    taken = indexing.take_rows(container(values), key)
    assert list(np.asarray(taken)) == list(np.array(values)[plain(key)])
    assert type(taken) is type(container(values))


@pytest.mark.parametrize("key", COLUMN_KEYS, ids=repr)
@pytest.mark.parametrize("name", CONTAINERS)
def test_columns(name, key):
    container = CONTAINERS[name]
    taken = indexing.take_columns(container, key)
    if not (isinstance(key, list) and not key and name in ("polars", "arrow")):
        assert_array_equal(dense(taken), X[:, plain(key)])
    assert indexing.column_index(container, key) == np.arange(3)[plain(key)].tolist()


@pytest.mark.parametrize("key, places", NAMED_KEYS, ids=repr)
@pytest.mark.parametrize("name", CONTAINERS)
def test_columns_by_name(name, key, places):
    container = CONTAINERS[name]
    if name in FRAMES:
        assert_array_equal(dense(indexing.take_columns(container, key)), X[:, places])
        assert indexing.column_index(container, key) == places
    else:
        for function in (indexing.take_columns, indexing.column_index):
            with pytest.raises(ValueError, match="only where X is a data frame"):
                function(container, key)


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_scalar_takes_one(name):
    container = CONTAINERS[name]
    for place in (0, 2, -1, np.int64(1)):
        assert_array_equal(dense(indexing.take_rows(container, place)).ravel(), X[place])
        assert_array_equal(dense(indexing.take_columns(container, place)).ravel(), X[:, place])
    if name in FRAMES:
        assert_array_equal(dense(indexing.take_columns(container, "b")), X[:, 1])
        assert dense(indexing.take_columns(container, "b")).ndim == 1


@pytest.mark.parametrize("container", [list, pd.Series, pl.Series, pa.array])
def test_a_scalar_takes_one_element(container):
    assert indexing.take_rows(container([1, 2, 3]), 2) == 3


def test_none_takes_all():
    assert indexing.take_rows(X, None) is X


@pytest.mark.parametrize("name", [*CONTAINERS, "list"])
def test_beyond_the_end(name):
    container = CONTAINERS.get(name, X.tolist())
    with pytest.raises(IndexError):
        indexing.take_rows(container, [0, 9])
    if name != "list":
        with pytest.raises(ValueError, match=r"all features must be in \[0, 2\]"):
            indexing.column_index(container, 10)


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: indexing.take_rows(X, ["a"]), ValueError),
        (lambda: indexing.take_columns(X.tolist(), [0]), ValueError),
        (lambda: indexing.take_columns(np.arange(3), [0]), ValueError),
        (lambda: indexing.take_columns(CONTAINERS["pandas"], [1.0]), ValueError),
        (lambda: indexing.take_columns(CONTAINERS["pandas"], ["a", 1]), ValueError),
        (lambda: indexing.column_index(CONTAINERS["polars"], ["zz"]), ValueError),
        (lambda: indexing.column_index(CONTAINERS["arrow"], object()), ValueError),
        (lambda: indexing.column_index(X, None), ValueError),
        (
            lambda: indexing.column_index(CONTAINERS["pandas"], slice("a", None, 2)),
            NotImplementedError,
        ),
        (
            lambda: indexing.column_index(pd.DataFrame(X, columns=["a", "a", "b"]), ["a"]),
            ValueError,
        ),
        (lambda: indexing.safe_indexing(X, [0], axis=3), ValueError),
        (lambda: indexing.key_type(slice(0, 2), accept_slice=False), TypeError),
        (lambda: indexing.key_type(1.0), ValueError),
    ],
)
def test_senseless_keys_are_refused(call, error):
    with pytest.raises(error):
        call()


def test_a_callable_chooses():
    assert indexing.column_index(CONTAINERS["pandas"], lambda frame: list(frame.columns[1:])) == [
        1,
        2,
    ]
