"""Data frames out: containers of transforms, columns side by side, new names."""

from collections import namedtuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from mlkit._core import frames

X = np.arange(6.0).reshape(3, 2)
NAMES = np.array(["a", "b"], dtype=object)


def names():
    return NAMES


def test_default_leaves_all_as_it_is():
    for data in (X, sp.csr_array(X), pd.DataFrame(X)):
        assert frames.wrap_output(data, X, "default", names) is data


@pytest.mark.parametrize("container, kind", [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
@pytest.mark.parametrize(
    "data",
    [
        X,
        X.tolist(),
        pd.DataFrame(X, columns=["x", "y"]),
        pl.DataFrame(X, schema=["x", "y"]),
        pa.table({"x": X[:, 0], "y": X[:, 1]}),
    ],
    ids=["array", "list", "pandas", "polars", "arrow"],
)
def test_any_result_becomes_the_container(container, kind, data):
    made = frames.wrap_output(data, X, container, names)
    assert type(made) is kind
    assert list(made.columns) == ["a", "b"]
    assert_array_equal(made.to_numpy(), X)
    if isinstance(data, (pd.DataFrame, pl.DataFrame)):
        assert list(data.columns) == ["x", "y"]


def test_index_is_that_of_the_input_unless_the_result_has_one():
    original = pd.DataFrame(X, index=["r", "s", "t"])
    assert list(frames.wrap_output(X, original, "pandas", names).index) == ["r", "s", "t"]
    assert list(frames.wrap_output(X, original[0], "pandas", names).index) == ["r", "s", "t"]
    own = pd.DataFrame(X, index=[7, 8, 9])
    assert list(frames.wrap_output(own, original, "pandas", names).index) == [7, 8, 9]


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_sparse_data_is_refused(container):
    with pytest.raises(
        ValueError, match=f"{container.capitalize()} output does not support sparse"
    ):
        frames.wrap_output(sp.csr_array(X), X, container, names)


def test_unknown_container_is_refused():
    with pytest.raises(ValueError, match="output config must be in"):
        frames.wrap_output(X, X, "wrong", names)


def test_names_that_cannot_be_made_are_done_without():
    def fail():
        raise RuntimeError

    assert list(frames.wrap_output(X, X, "pandas", fail).columns) == [0, 1]
    kept = pd.DataFrame(X, columns=["x", "y"])
    assert list(frames.wrap_output(kept, X, "pandas", fail).columns) == ["x", "y"]


def test_tuple_has_its_first_element_wrapped():
    Scores = namedtuple("Scores", "x, y")
    made = frames.wrap_output(Scores(X, 1), X, "pandas", names)
    assert isinstance(made, Scores) and isinstance(made.x, pd.DataFrame) and made.y == 1
    assert type(frames.wrap_output((X, 1), X, "pandas", names)) is tuple


@pytest.mark.parametrize(
    "make",
    [
        lambda values, columns: pd.DataFrame(values, columns=columns),
        lambda values, columns: pl.DataFrame(values, schema=columns),
        lambda values, columns: pa.table(dict(zip(columns, values.T, strict=True))),
    ],
    ids=["pandas", "polars", "arrow"],
)
def test_side_by_side_and_renamed(make):
    joined = frames.hstack_frames([make(X, ["a", "b"]), make(X[:, :1] + 9, ["c"])])
    assert type(joined) is type(make(X, ["a", "b"]))
    assert frames.column_names(joined) == ["a", "b", "c"]
    assert_array_equal(np.asarray(joined), np.hstack([X, X[:, :1] + 9]))
    renamed = frames.rename_columns(joined, np.array(["p", "q", "r"], dtype=object))
    assert frames.column_names(renamed) == ["p", "q", "r"]
    assert frames.column_names(joined) == ["a", "b", "c"]


def test_repeated_names_can_be_renamed():
    twice = pd.DataFrame(X, columns=["a", "a"])
    assert list(frames.rename_columns(twice, ["p", "q"]).columns) == ["p", "q"]


def test_only_frames_are_put_side_by_side():
    with pytest.raises(ValueError):
        frames.hstack_frames([X])


@pytest.mark.parametrize(
    "frame, expected",
    [
        (pd.DataFrame(X, columns=["a", "b"]), ["a", "b"]),
        (pl.DataFrame(X, schema=["a", "b"]), ["a", "b"]),
        (pa.table({"a": [1], "b": [2]}), ["a", "b"]),
        (pa.RecordBatch.from_pydict({"a": [1]}), ["a"]),
        (pd.DataFrame(X), None),
        (pd.DataFrame(X, columns=[["a", "b"], ["c", "d"]]), None),
        (X, None),
        ([[1, 2]], None),
        (sp.csr_array(X), None),
        (pd.Series([1]), None),
        (pl.Series([1]), None),
    ],
)
def test_feature_names(frame, expected):
    found = frames.feature_names(frame)
    assert expected is None if found is None else found.tolist() == expected
    assert frames.is_dataframe(frame) == isinstance(
        frame, (pd.DataFrame, pl.DataFrame, pa.Table, pa.RecordBatch)
    )


def test_narwhals_frames_are_unwrapped():
    nw = pytest.importorskip("narwhals")
    for native in (pd.DataFrame(X, columns=["a", "b"]), pl.DataFrame(X, schema=["a", "b"])):
        wrapped = nw.from_native(native)
        assert frames.feature_names(wrapped).tolist() == ["a", "b"]
        assert type(frames.take_rows(wrapped, [0])) is type(native)


def test_remembered_index_does_not_leak_into_another_frame():
    first, second = pd.DataFrame(X, columns=["a", "b"]), pd.DataFrame(X, columns=["c", "d"])
    for _ in range(2):
        assert frames.column_names(first) == ["a", "b"]
        assert frames.column_names(second) == ["c", "d"]
