"""Columns are chosen by pattern and by type, of whichever library the frame is."""

import copy

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlkit.compose import make_column_selector

TABLE = pd.DataFrame(
    {
        "int": np.arange(3, dtype=np.int32),
        "float": [1.5, None, 2.0],
        "text": ["a", "b", "a"],
        "flag": [True, False, True],
        "kind": pd.Categorical(["u", "v", "u"]),
        "when": pd.to_datetime(["2020-01-01"] * 3),
    }
)
FRAMES = {
    "pandas": TABLE,
    "polars": pl.from_pandas(TABLE),
    "arrow": pa.Table.from_pandas(TABLE),
}


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, list(TABLE)),
        ({"pattern": "^f"}, ["float", "flag"]),
        ({"pattern": "n"}, ["int", "kind", "when"]),
        ({"dtype_include": np.number}, ["int", "float"]),
        ({"dtype_include": "number"}, ["int", "float"]),
        ({"dtype_include": np.int32}, ["int"]),
        ({"dtype_include": "int32"}, ["int"]),
        ({"dtype_include": np.floating}, ["float"]),
        ({"dtype_include": [object, "string"]}, ["text"]),
        ({"dtype_include": bool}, ["flag"]),
        ({"dtype_include": "category"}, ["kind"]),
        ({"dtype_include": "datetime"}, ["when"]),
        ({"dtype_include": ["category", bool]}, ["flag", "kind"]),
        ({"dtype_exclude": np.number}, ["text", "flag", "kind", "when"]),
        ({"dtype_exclude": ["number", "category", "datetime"]}, ["text", "flag"]),
        ({"dtype_include": np.number, "dtype_exclude": np.int32}, ["float"]),
        ({"dtype_include": np.number, "pattern": "t$"}, ["int", "float"]),
        ({"dtype_include": np.number, "pattern": "^i"}, ["int"]),
    ],
    ids=str,
)
def test_all_that_is_given_must_hold(kind, arguments, expected):
    assert make_column_selector(**arguments)(FRAMES[kind]) == expected


@pytest.mark.parametrize(
    ("kind", "dtype", "expected"),
    [
        ("polars", pl.Int32, ["int"]),
        ("polars", pl.String, ["text"]),
        ("polars", pl.Categorical, ["kind"]),
        ("arrow", pa.int32(), ["int"]),
        ("arrow", pa.bool_(), ["flag"]),
        ("pandas", pd.CategoricalDtype, ["kind"]),
    ],
)
def test_types_of_the_frames_own_library(kind, dtype, expected):
    assert make_column_selector(dtype_include=dtype)(FRAMES[kind]) == expected


def test_columns_without_names_of_type_string():
    frame = pd.DataFrame(np.ones((2, 3)))
    assert make_column_selector(dtype_include=np.number)(frame) == [0, 1, 2]


def test_only_frames_have_columns():
    with pytest.raises(ValueError, match="data frames"):
        make_column_selector()(np.ones((2, 2)))


def test_shown_and_copied():
    selector = make_column_selector("^a", dtype_include="number")
    assert repr(selector) == "make_column_selector(pattern='^a', dtype_include='number')"
    assert vars(copy.deepcopy(selector)) == vars(selector)
