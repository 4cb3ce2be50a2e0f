"""The task is told by the target."""

import numpy as np
import pytest

from mlkit.cli.errors import CommandError
from mlkit.cli.read import Table
from mlkit.cli.target import read_target


def target(values, task="auto"):
    if isinstance(values, list):
        column = np.empty(len(values), dtype=object)
        column[:] = values
        values = column
    return read_target(Table("f.csv", {"y": values, "x": values}, len(values)), "y", task)


@pytest.mark.parametrize(
    ("values", "task", "kind"),
    [
        (["a", "b"] * 5, "classification", "U"),
        (["0", "1"] * 5, "classification", "i"),
        (["1.0", "2.0"] * 5, "classification", "i"),
        (["0.5", "1.5"] * 5, "regression", "f"),
        (["1,5", "2,5"] * 5, "regression", "f"),
        ([str(i) for i in range(30)], "regression", "f"),
        (np.arange(30.0), "regression", "f"),
        (["True", "False"] * 5, "classification", "U"),
    ],
)
def test_tasks(values, task, kind):
    found = target(values)
    assert found.task == task and found.y.dtype.kind == kind
    assert len(found.y) == len(found.rows)


def test_tasks_that_are_given():
    assert target(["0", "1", "2"] * 5, "regression").y.dtype == float
    labels = target(["0.5", "1.5"] * 5, "classification").y
    assert set(labels) == {"0.5", "1.5"}


def test_rows_without_a_target_are_left_out():
    found = target(["a", None, "b"] * 4)
    assert found.rows.tolist() == [i for i in range(12) if i % 3 != 1]
    table = found.rows_of(Table("f.csv", {"y": np.arange(12), "x": np.arange(12)}, 12))
    assert list(table.columns) == ["x"] and table.columns["x"].tolist() == found.rows.tolist()
    assert any("4 rows without a target" in note for note in found.notes)


def test_rare_classes_are_left_out():
    found = target(["a", "b"] * 5 + ["c", "c"])
    assert set(found.y) == {"a", "b"} and len(found.rows) == 10
    assert any("2 rows of classes" in note and note.endswith(": c") for note in found.notes)


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        ([None] * 5, "auto", "missing in all rows"),
        (["a"] * 5, "auto", r"constant \(a\)"),
        (["3"] * 5, "auto", r"constant \(3\)"),
        (["3.5"] * 5, "regression", r"constant \(3.5\)"),
        (["a", "b", None], "regression", "2 entries that are no numbers, the first is 'a'"),
        ([str(i) for i in range(30)] + ["x"], "auto", "1 entry .* 'x': correct them"),
        ([f"n{i}" for i in range(30)], "auto", "30 different values in 30 rows"),
        (["a", "a", "a", "b"], "auto", r"two classes.*a \(3\), b \(1\)"),
        (np.array(["2020-01-01", "2021-01-01"], "M8[us]"), "auto", "is a date"),
    ],
)
def test_what_is_no_target(values, task, message):
    with pytest.raises(CommandError, match=message):
        target(values, task)
