"""A table of any columns: what becomes of each, whichever library holds it."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlkit import clone
from mlkit._core.errors import InvalidParameterError
from mlkit.impute import SimpleImputer
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.model_selection import cross_val_score
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import OneHotEncoder, StandardScaler, TablePreprocessor, TargetEncoder

N = 120


def table(n=N, seed=0):
    """A pandas frame with a column of each kind, most with missing entries."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=n),
            "count": rng.integers(0, 9, size=n),
            "colour": rng.choice(["red", "green", "blue"], size=n),
            "town": rng.choice([f"town {i}" for i in range(45)], size=n),
            "day": pd.Timestamp("2023-11-05") + pd.to_timedelta(rng.integers(0, 9000, n), "h"),
            "took": pd.to_timedelta(rng.exponential(50, size=n), "s").round("us"),
            "known": rng.random(n) < 0.4,
            "number": np.arange(n),
            "same": "x",
        }
    )
    for j, name in enumerate(["size", "colour", "town", "day", "took"]):
        frame.loc[frame.index[j :: 7 + j], name] = None
    return frame


def target(frame, seed=1):
    rng = np.random.default_rng(seed)
    return frame["count"].to_numpy() + rng.normal(size=len(frame))


def test_what_is_decided():
    frame = table()
    fitted = TablePreprocessor().fit(frame, target(frame))
    assert {column.name: column.kind for column in fitted.columns_} == {
        "size": "number",
        "count": "number",
        "colour": "category",
        "town": "category",
        "day": "date",
        "took": "duration",
        "known": "boolean",
        "number": "identifier",
        "same": "constant",
    }
    for column in fitted.columns_:
        assert column.missing == frame[column.name].isna().sum()
    lines = fitted.report().splitlines()
    assert len(lines) == 1 + frame.shape[1]
    assert "mean of the target" in next(line for line in lines if line.startswith("town"))
    assert "left out" in lines[-1]
    assert fitted.transform(frame).shape[1] == len(fitted.get_feature_names_out())


def test_the_report_is_printed(capsys):
    fitted = TablePreprocessor(verbose=True).fit(table())
    assert capsys.readouterr().out.strip() == fitted.report().strip()


def test_numbers_are_filled_by_the_median_and_scaled():
    frame = table()[["size", "count"]]
    found = TablePreprocessor().fit_transform(frame)
    filled = SimpleImputer(strategy="median").fit_transform(frame)
    expected = np.column_stack([StandardScaler().fit_transform(filled), frame["size"].isna()])
    np.testing.assert_allclose(found, expected, atol=1e-12)
    plain = TablePreprocessor(scale=False, add_indicator=False).fit_transform(frame)
    np.testing.assert_array_equal(plain, filled)


def test_categories_get_a_column_each():
    frame = table()[["colour"]]
    fitted = TablePreprocessor().fit(frame)
    expected = OneHotEncoder(sparse_output=False).fit(frame.fillna("missing"))
    np.testing.assert_array_equal(
        fitted.transform(frame), expected.transform(frame.fillna("missing"))
    )
    assert fitted.get_feature_names_out().tolist()[:2] == ["colour_blue", "colour_green"]
    new = pd.DataFrame({"colour": ["violet", "red"]})
    np.testing.assert_array_equal(fitted.transform(new).sum(axis=1), [0, 1])


def test_dates_are_their_parts():
    times = [
        dt.datetime(2024, 2, 29, 12, 30),
        None,
        dt.datetime(2023, 12, 31),
        dt.datetime(2022, 1, 1),
    ]
    found = TablePreprocessor(scale=False, add_indicator=False).fit(pd.DataFrame({"t": times}))
    values = dict(
        zip(
            found.get_feature_names_out(),
            found.transform(pd.DataFrame({"t": times})).T,
            strict=True,
        )
    )
    assert values["t (days)"][0] == (times[0] - dt.datetime(1970, 1, 1)).total_seconds() / 86400
    there = [time for time in times if time is not None]
    rows = [0, 2, 3]
    assert values["t (month)"][rows].tolist() == [time.month for time in there]
    assert values["t (day)"][rows].tolist() == [time.day for time in there]
    assert values["t (weekday)"][rows].tolist() == [time.weekday() for time in there]
    assert values["t (hour)"][rows].tolist() == [12.5, 0, 0]
    assert values["t (month)"][1] == 2  # the median of 2, 12 and 1


def test_durations_are_seconds():
    took = pd.Series([pd.Timedelta("1h"), pd.Timedelta("90s"), pd.NaT])
    found = TablePreprocessor(scale=False, add_indicator=False).fit_transform(
        pd.DataFrame({"d": took})
    )
    assert found.ravel().tolist() == [3600, 90, 1845]


# ------------------------------------------------------------------- many categories
def test_a_target_that_a_row_helped_to_learn_does_not_reach_it():
    """Codes of noise say nothing of its own target where folds are crossed; else they do."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"c": rng.choice([f"{i}" for i in range(300)], size=1500)})
    X["c"] = "c" + X["c"]
    y = rng.normal(size=1500)
    crossed = TablePreprocessor(random_state=0).fit_transform(X, y)[:, 0]
    leaking = TablePreprocessor().fit(X, y).transform(X)[:, 0]
    assert abs(np.corrcoef(crossed, y)[0, 1]) < 0.1
    assert np.corrcoef(leaking, y)[0, 1] > 0.3
    np.testing.assert_allclose(leaking, TargetEncoder().fit(X, y).transform(X)[:, 0])


@pytest.mark.parametrize("kind", ["numbers", "two classes", "three classes"])
def test_targets(kind):
    frame = table()
    y = target(frame)
    if kind != "numbers":
        edges = [0.5] if kind == "two classes" else [0.3, 0.7]
        y = np.array(["a", "b", "c"])[np.digitize(y, np.quantile(y, edges))]
    fitted = TablePreprocessor(random_state=0)
    found = fitted.fit_transform(frame, y)
    assert found.shape[1] == len(fitted.get_feature_names_out())
    n_codes = sum(name.startswith("town") for name in fitted.get_feature_names_out())
    assert n_codes == (3 if kind == "three classes" else 1)
    np.testing.assert_array_equal(found, clone(fitted).fit_transform(frame, y))


def test_whole_numbers_as_targets():
    """Numbers of many values are no classes; of few they are, unless it is said otherwise."""
    frame = table()[["town"]]
    many, few = np.arange(N) % 50, np.arange(N) % 3
    assert TablePreprocessor().fit(frame, many).transform(frame).shape == (N, 1)
    assert TablePreprocessor().fit(frame, few).transform(frame).shape == (N, 3)
    told = TablePreprocessor(target_type="continuous").fit(frame, few)
    assert told.transform(frame).shape == (N, 1)


def test_hashing_needs_no_target_and_knows_all_values():
    frame = table()[["town"]]
    fitted = TablePreprocessor(n_hashed=16).fit(frame)
    found = fitted.transform(frame)
    assert found.shape == (N, 16)
    np.testing.assert_array_equal(np.abs(found).sum(axis=1), frame["town"].notna())
    new = fitted.transform(pd.DataFrame({"town": ["never met", None]}))
    assert np.abs(new).sum(axis=1).tolist() == [1, 0]
    same = frame["town"] == frame["town"][0]
    np.testing.assert_array_equal(found[same], np.tile(found[0], (same.sum(), 1)))


def test_the_most_frequent_categories():
    frame = table()[["town"]]
    fitted = TablePreprocessor(many_categories="frequent", max_categories=5)
    assert fitted.fit_transform(frame).shape == (N, 6)
    assert (fitted.transform(frame).sum(axis=1) == 1).all()


# ----------------------------------------------------------------------- properties
def holders():
    frame = table()
    text = frame.astype(object).where(frame.notna(), None)
    return {
        "polars": pl.from_pandas(frame),
        "pyarrow": pa.Table.from_pandas(frame),
        "objects": text.to_numpy(),
        "nullable": frame.convert_dtypes(),
        "categories": frame.astype({"colour": "category", "town": "category"}),
        "zone": frame.assign(day=frame["day"].dt.tz_localize("Asia/Tokyo")),
    }


@pytest.mark.parametrize("holder", sorted(holders()))
def test_any_holder_of_the_same_table_gives_the_same_features(holder):
    frame, other = table(), holders()[holder]
    y = target(frame)
    expected = TablePreprocessor(random_state=0).fit_transform(frame, y)
    fitted = TablePreprocessor(random_state=0)
    np.testing.assert_allclose(fitted.fit_transform(other, y), expected, atol=1e-9)
    np.testing.assert_allclose(
        fitted.transform(other), TablePreprocessor().fit(frame, y).transform(frame), atol=1e-9
    )


@pytest.mark.parametrize("library", ["pandas", "polars", "numpy"])
def test_rows_alone_are_as_in_the_table(library):
    frame, new = table(), table(40, seed=3)
    new.loc[3, "colour"] = "violet"
    fit = {"pandas": frame, "polars": pl.from_pandas(frame), "numpy": frame.to_numpy(object)}
    rows = {"pandas": new, "polars": pl.from_pandas(new), "numpy": new.to_numpy(object)}
    fitted = TablePreprocessor().fit(fit[library], target(frame))
    whole = fitted.transform(rows[library])
    taken = rows[library].iloc if library == "pandas" else rows[library]
    for i in range(len(new)):
        np.testing.assert_allclose(fitted.transform(taken[i : i + 1])[0], whole[i], atol=1e-9)


def test_the_order_of_rows_changes_nothing():
    frame = table().drop(columns="number")
    order = np.random.default_rng(0).permutation(N)
    y = target(frame)
    first = TablePreprocessor().fit(frame, y).transform(frame)
    second = TablePreprocessor().fit(frame.iloc[order], y[order]).transform(frame)
    np.testing.assert_allclose(first, second, atol=1e-9)


def test_output_frames():
    frame = table()
    for kind, library in [("pandas", pd), ("polars", pl)]:
        out = TablePreprocessor().set_output(transform=kind).fit(frame).transform(frame)
        assert isinstance(out, library.DataFrame)
        assert list(out.columns)[:2] == ["size", "count"]


def test_entries_of_another_kind_are_missing():
    frame = pd.DataFrame(
        {"a": [1.0, 2.0, 9.0], "d": pd.to_datetime(["2020-01-01", "2021-02-02", None])}
    )
    fitted = TablePreprocessor(scale=False).fit(frame)
    new = pd.DataFrame({"a": ["?", "7"], "d": ["soon", "2020-01-01"]})
    found = fitted.transform(new)
    names = fitted.get_feature_names_out().tolist()
    assert found[:, names.index("a")].tolist() == [2.0, 7.0]
    assert found[:, names.index("d (days) (missing)")].tolist() == [1, 0]


def test_your_own_decisions():
    frame = table()
    kinds = {"count": "category", "number": "number", 0: "drop", "same": "category"}
    fitted = TablePreprocessor(kinds=kinds).fit(frame)
    decided = {column.name: column.kind for column in fitted.columns_}
    assert decided["count"] == decided["same"] == "category"
    assert decided["number"] == "number"
    assert decided["size"] == "drop"
    again = TablePreprocessor(kinds=dict(enumerate(fitted.columns_))).fit(frame)
    np.testing.assert_array_equal(again.transform(frame), fitted.transform(frame))
    for wrong in ({"nothing": "number"}, {"size": "colour"}, {99: "number"}):
        with pytest.raises(InvalidParameterError, match="keys are names or positions"):
            TablePreprocessor(kinds=wrong).fit(frame)
    with pytest.raises(ValueError, match="cannot be used as a date"):
        TablePreprocessor(kinds={"colour": "date"}).fit(frame)


def test_in_a_pipeline():
    frame = table(300)
    y = target(frame)
    assert cross_val_score(make_pipeline(TablePreprocessor(), Ridge()), frame, y).mean() > 0.7
    model = make_pipeline(TablePreprocessor(), LogisticRegression())
    assert cross_val_score(model, frame, y > np.median(y)).mean() > 0.7


# ------------------------------------------------------------------------ bad tables
def test_nothing_is_left():
    with pytest.raises(ValueError, match="1 sample"):
        TablePreprocessor().fit([["a", 1.0]])
    with pytest.raises(ValueError, match=r"x0 \(constant\)"):
        TablePreprocessor().fit([["a", None], ["a", None]])


def test_a_target_is_asked_for():
    with pytest.raises(ValueError, match="requires y"):
        TablePreprocessor(many_categories="target").fit(table())


def test_columns_of_mixed_entries_are_categories():
    frame = pd.DataFrame({"m": ["a", 1, 2.5, None, dt.date(2020, 1, 1), "a"]})
    fitted = TablePreprocessor().fit(frame)
    assert fitted.columns_[0].kind == "category"
    assert fitted.transform(frame).sum() == 6


def test_infinite_and_huge_numbers():
    frame = pd.DataFrame({"a": [np.inf, 1.0, 2.0, -np.inf], "b": [1e300, -1e300, 0, 1]})
    found = TablePreprocessor().fit_transform(frame)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("n_values", [1000, 20_000])
def test_many_values(n_values):
    values = [f"v{i}" for i in range(n_values)] * 2
    frame = pd.DataFrame({"c": values})
    fitted = TablePreprocessor().fit(frame, np.random.default_rng(0).normal(size=len(values)))
    assert fitted.transform(frame).shape == (2 * n_values, 1)
