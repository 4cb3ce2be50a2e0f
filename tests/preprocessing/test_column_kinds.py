"""What columns are taken for, and the features made of them."""

import numpy as np
import pandas as pd
import pytest

from mlkit.preprocessing import TablePreprocessor
from mlkit.preprocessing._column_kinds import Column, decide

MANY = 40


def column(values):
    if isinstance(values, np.ndarray):
        return values
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def days(layout, n=MANY):
    dates = np.datetime64("2021-01-28") + np.arange(n) * 9
    return [date.astype(object).strftime(layout) for date in dates]


CASES = {
    "integers": (["1", "3", "2"] * MANY, "number"),
    "floats": (["1.5", "-2e3", ".5", None], "number"),
    "decimal commas": (["1,5", "-2,25", "3"], "number"),
    "some entries that are none": (["1", "2", "4"] * MANY + ["unknown"], "number"),
    "too many that are none": (["1", "2", "x", "y"] * MANY, "category"),
    "thousands": (["1,000.5", "2,000.5"], "category"),
    "Python's own numbers": (["1_000", "2_000"], "category"),
    "row numbers": ([str(i) for i in range(MANY)], "identifier"),
    "numbers in any order": ([str(i) for i in range(MANY)][::-1], "number"),
    "names": ([f"name {i}" for i in range(MANY)], "identifier"),
    "a few names": (["Ann", "Bob", "Cy"], "category"),
    "categories": (["a", "b", None, "a"], "category"),
    "yes and no": (["yes", "no", "yes", None], "boolean"),
    "true and false": (["True", "FALSE", "true"], "boolean"),
    "one value": (["a", "a", "a"], "constant"),
    "one number and missing": (["1", None, "1"], "constant"),
    "nothing": ([None, None], "missing"),
    "iso dates": (days("%Y-%m-%d"), "date"),
    "iso times": (days("%Y-%m-%dT%H:%M:%S+02:00"), "date"),
    "dots": (days("%d.%m.%Y"), "date"),
    "month first": (days("%m/%d/%Y"), "date"),
    "float array": (np.array([1.5, np.nan, 2.0]), "number"),
    "counter array": (np.arange(MANY, dtype=float), "identifier"),
    "infinite": (np.array([np.inf, -np.inf]), "missing"),
    "times": (np.array(["2020-01-01", "NaT", "2020-03-01"], "M8[us]"), "date"),
}


@pytest.mark.parametrize(("values", "kind"), CASES.values(), ids=CASES)
def test_kinds(values, kind):
    assert decide("c", column(values)).kind == kind


@pytest.mark.parametrize(("values", "kind"), CASES.values(), ids=CASES)
def test_what_is_used_makes_features_of_each_row(values, kind):
    values = column(values)
    decided = decide("c", values)
    again = Column(**decided.as_dict())
    assert again == decided
    if decided.used:
        for name, made in decided.features(values)[0].items():
            assert name.startswith("c") and len(made) == len(values)


def test_missing_entries_are_counted_and_kept():
    decided = decide("c", column(["1", None, "3", "x"] + ["2"] * 100))
    assert decided.missing == 2
    made, strays = decided.features(column(["5", None, "x", "inf"]))
    np.testing.assert_array_equal(made["c"], [5, np.nan, np.nan, np.nan])
    assert strays == 2


def test_decimal_commas():
    made, _ = decide("c", column(["1,5", "2,5"])).features(column(["-0,25", "1.5", "1e3"]))
    np.testing.assert_array_equal(made["c"], [-0.25, np.nan, np.nan])


def test_truths_however_they_are_written():
    decided = decide("c", column(["no", "yes"]))
    made, strays = decided.features(column(["yes", "NO", "true", "0", "maybe", None]))
    np.testing.assert_array_equal(made["c"], [1, 0, 1, 0, np.nan, np.nan])
    assert strays == 1


def test_categories_from_a_file_with_types():
    made, _ = decide("c", column(["1a", "2b"])).features(np.array([1.0, 2.5, np.nan]))
    assert made["c"].tolist() == ["1", "2.5", None]


def test_parts_of_dates():
    decided = Column("c", "date", "iso", values=["days", "month", "day", "weekday", "hour"])
    texts = ["1970-01-01", "2024-02-29T18:30:00", None, "yesterday", "1969-12-31"]
    made, strays = decided.features(column(texts))
    nan = np.nan
    np.testing.assert_array_equal(made["c (month)"], [1, 2, nan, nan, 12])
    np.testing.assert_array_equal(made["c (day)"], [1, 29, nan, nan, 31])
    np.testing.assert_array_equal(made["c (weekday)"], [3, 3, nan, nan, 2])
    np.testing.assert_array_equal(made["c (hour)"], [0, 18.5, nan, nan, 0])
    assert made["c (days)"][0] == 0 and made["c (days)"][4] == -1
    assert strays == 1


def test_only_parts_that_differ():
    assert decide("c", column(["2020-01-01", "2021-01-01"])).values == ["days", "weekday"]


def test_day_or_month_first():
    assert decide("c", column(["01/02/2020", "03/04/2020"])).format == "%d/%m/%Y"
    assert decide("c", column(["01/02/2020", "03/14/2020"])).format == "%m/%d/%Y"


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("5 days 03:04:05", 5 * 86400 + 3 * 3600 + 4 * 60 + 5),
        ("5 days, 3:04:05", 5 * 86400 + 3 * 3600 + 4 * 60 + 5),
        ("1 day", 86400),
        ("2d", 2 * 86400),
        ("-1 days +23:00:00", -3600),
        ("23:59", 23 * 3600 + 59 * 60),
        ("100:00:00.5", 360000.5),
        ("-0:00:30", -30),
        ("P5DT3H4M5.6S", 5 * 86400 + 3 * 3600 + 4 * 60 + 5.6),
        ("-PT90M", -5400),
        ("P2W", 14 * 86400),
        *[
            (text, np.nan)
            for text in ("", "P", "PT", "5", "3:4", "12:61", "days", "1 day x", "P1Y")
        ],
    ],
)
def test_durations_in_texts(text, seconds):
    decided = decide("c", column(["0:01", text or "no", "0:02"]))
    found = Column("c", "duration").features(column([text, None]))[0]["c (seconds)"]
    np.testing.assert_array_equal(found, [seconds, np.nan])
    assert (decided.kind == "duration") == (not np.isnan(seconds))


def test_a_duration_is_the_same_from_text_and_from_a_type():
    spans = np.array([90_061, -3_600, 59], dtype="m8[s]")
    written = pd.Series(spans).astype(str)
    typed = TablePreprocessor(scale=False).fit_transform(pd.DataFrame({"c": spans}))
    read = TablePreprocessor(scale=False).fit_transform(pd.DataFrame({"c": written}))
    np.testing.assert_array_equal(read, typed)
    np.testing.assert_array_equal(read.ravel(), [90_061, -3_600, 59])
