"""The column to predict: what it is, which rows have it, and the task that it makes."""

from dataclasses import dataclass

import numpy as np

from ..preprocessing._column_kinds import as_numbers, as_text, is_missing
from .errors import CommandError
from .layout import plural
from .read import Table

# Whole numbers with so few values are names of classes.
_FEW_VALUES = 10
# A class with fewer rows cannot be in a fold's training rows, its test rows and those held out.
_FEWEST_OF_CLASS = 3
_MOST_CLASSES_SHARE = 0.5
_NUMERIC_SHARE = 0.9
_SHOWN = 5


@dataclass(frozen=True)
class Target:
    """The target of the rows that have one.

    Attributes
    ----------
    name : str
    task : {"classification", "regression"}
    y : ndarray
        Classes (text or int) or floats.
    rows : ndarray of int
        The rows of the table that have a target.
    notes : list of str
        What was decided, for the reader.
    """

    name: str
    task: str
    y: np.ndarray
    rows: np.ndarray
    notes: list

    def rows_of(self, table):
        """The rows of a table that have a target, without the target itself."""
        columns = {
            name: values[self.rows] for name, values in table.columns.items() if name != self.name
        }
        return Table(table.source, columns, len(self.rows))


def read_target(table, name, task="auto"):
    """Read the target of a table, and decide the task by it if it is not given.

    Parameters
    ----------
    table : Table
    name : str
    task : {"auto", "classification", "regression"}

    Returns
    -------
    Target

    Raises
    ------
    CommandError
        If the target is missing in all rows, or constant, or no target for the task.
    """
    title = f"{table.source}: the target {name!r}"
    values = table.columns[name]
    rows = np.flatnonzero(~is_missing(values))
    notes = []
    if not len(rows):
        raise CommandError(f"{title} is missing in all rows")
    if len(rows) < len(values):
        notes.append(f"left out: {plural(len(values) - len(rows), 'row')} without a target")
    values = values[rows]
    if values.dtype.kind == "M":
        raise CommandError(f"{title} is a date: give the number of days since some day")
    y = _as_numbers(values, title, task)
    if task == "auto":
        task = "regression" if y is not None and not _names_classes(y) else "classification"
    if task == "regression":
        notes.insert(0, f"target: {name}, a number from {y.min():g} to {y.max():g}: regression")
    else:
        y, kept, more = _classes(values, y, title, name)
        rows, notes = rows[kept], more + notes
    if len(set(y.tolist())) == 1:
        raise CommandError(f"{title} is constant ({y[0]}): there is nothing to learn")
    return Target(name, task, y, rows, notes)


def _as_numbers(values, title, task):
    """The target as floats, None if it is text."""
    found = as_numbers(values, ".")
    if np.isnan(found).any():
        found = as_numbers(values, ",")
    strays = np.flatnonzero(np.isnan(found))
    if not len(strays):
        return found
    mostly = len(strays) < (1 - _NUMERIC_SHARE) * len(values)
    if task == "regression" or (task == "auto" and mostly):
        raise CommandError(
            f"{title} has {plural(len(strays), 'entry').replace('entrys', 'entries')} that "
            f"are no numbers, the first is {str(values[strays[0]])[:40]!r}"
            + (": correct them, or give --task classification" if mostly else "")
        )
    return None


def _names_classes(y):
    return bool(np.all(y % 1 == 0)) and len(np.unique(y)) <= _FEW_VALUES


def _classes(values, y, title, name):
    """Labels of classes, the rows of those with enough rows, and notes."""
    if y is not None and np.all(y % 1 == 0):
        y = y.astype(np.int64)
    else:
        y = as_text(values).astype(str)
    labels, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    if len(labels) > max(_FEW_VALUES, _MOST_CLASSES_SHARE * len(y)):
        raise CommandError(
            f"{title} has {len(labels)} different values in {len(y)} rows, too many for classes"
        )
    if len(labels) == 1:
        return y, np.arange(len(y)), []
    kept = np.flatnonzero(counts[codes] >= _FEWEST_OF_CLASS)
    large = counts >= _FEWEST_OF_CLASS
    if large.sum() < 2:
        raise CommandError(
            f"{title} needs two classes with at least {_FEWEST_OF_CLASS} rows each, it has "
            + ", ".join(f"{label} ({n})" for label, n in list(zip(labels, counts, strict=True))[:9])
        )
    shares = sorted(zip(counts[large], labels[large], strict=True), key=lambda each: -each[0])
    text = ", ".join(f"{label} {count / len(kept):.0%}" for count, label in shares[:_SHOWN])
    text += ", ..." if len(shares) > _SHOWN else ""
    notes = [f"target: {name}, {len(shares)} classes ({text}): classification"]
    if len(kept) < len(y):
        few = ", ".join(map(str, labels[~large][:_SHOWN]))
        notes.append(
            f"left out: {plural(len(y) - len(kept), 'row')} of classes with fewer than "
            f"{_FEWEST_OF_CLASS} rows: {few}"
        )
    return y[kept], kept, notes
