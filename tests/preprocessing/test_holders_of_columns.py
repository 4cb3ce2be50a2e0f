"""Encoders: the same column in pandas, polars or Arrow, of any type, is the same categories."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn.preprocessing as reference

import mlkit.preprocessing as preprocessing

N = 60
RNG = np.random.default_rng(0)
ABSENT = RNG.random(N) < 0.2
WORDS = np.array(["b", "a", "ç", "long one", "z"], dtype=object)[RNG.integers(0, 5, N)]
NUMBERS = RNG.integers(-3, 4, N)
TARGET = RNG.normal(size=N)
DAY = dt.date(2020, 1, 1)


def gaps(values):
    return [None if absent else value for value, absent in zip(values, ABSENT, strict=True)]


INTS = [int(value) for value in NUMBERS]
DAYS = [DAY + dt.timedelta(value) for value in INTS]
HOURS = [dt.datetime(2020, 1, 1) + dt.timedelta(hours=value) for value in INTS]
SPANS = [dt.timedelta(hours=value) for value in INTS]
TRUTHS = [value > 0 for value in INTS]
HALVES = [value / 2 for value in INTS]
ENUM = ["unused", "z", "b", "a", "ç", "long one"]


def object_series(absent):
    values = WORDS.copy()
    values[ABSENT] = absent
    return pd.Series(values, dtype=object)


# What a column is made of, and who holds it.
COLUMNS = {
    "pandas object": (WORDS, pd.Series(WORDS, dtype=object)),
    "pandas object None": (gaps(WORDS), object_series(None)),
    "pandas object nan": (gaps(WORDS), object_series(np.nan)),
    "pandas object NA": (gaps(WORDS), object_series(pd.NA)),
    "pandas str": (gaps(WORDS), pd.Series(gaps(WORDS), dtype="str")),
    "pandas string": (gaps(WORDS), pd.Series(gaps(WORDS), dtype="string[python]")),
    "pandas Arrow string": (gaps(WORDS), pd.Series(gaps(WORDS), dtype="string[pyarrow]")),
    "pandas category": (gaps(WORDS), pd.Series(pd.Categorical(gaps(WORDS), categories=ENUM))),
    "pandas int8": (INTS, pd.Series(INTS, dtype="int8")),
    "pandas Int64": (gaps(INTS), pd.Series(gaps(INTS), dtype="Int64")),
    "pandas boolean": (gaps(TRUTHS), pd.Series(gaps(TRUTHS), dtype="boolean")),
    "pandas Float64": (gaps(HALVES), pd.Series(gaps(HALVES), dtype="Float64")),
    "pandas datetime": (HOURS, pd.Series(HOURS)),
    "pandas datetime NaT": (gaps(HOURS), pd.Series(gaps(HOURS), dtype="datetime64[us]")),
    "pandas timedelta": (SPANS, pd.Series(SPANS)),
    "pandas zone": (HOURS, pd.Series(HOURS).dt.tz_localize("UTC")),
    "pandas dates": (DAYS, pd.Series(DAYS, dtype=object)),
    "polars String": (gaps(WORDS), pl.Series(gaps(WORDS))),
    "polars Categorical": (gaps(WORDS), pl.Series(gaps(WORDS), dtype=pl.Categorical)),
    "polars Enum": (gaps(WORDS), pl.Series(gaps(WORDS), dtype=pl.Enum(ENUM))),
    "polars Int64": (gaps(INTS), pl.Series(gaps(INTS))),
    "polars Boolean": (gaps(TRUTHS), pl.Series(gaps(TRUTHS))),
    "polars Float64": (gaps(HALVES), pl.Series(gaps(HALVES))),
    "polars NaN": (gaps(HALVES), pl.Series(gaps(HALVES)).fill_null(float("nan"))),
    "polars Date": (gaps(DAYS), pl.Series(gaps(DAYS))),
    "polars Datetime": (gaps(HOURS), pl.Series(gaps(HOURS))),
    "polars Duration": (SPANS, pl.Series(SPANS)),
    "polars Null": ([None] * N, pl.Series([None] * N)),
    "Arrow string": (gaps(WORDS), pa.array(gaps(WORDS))),
    "Arrow large_string": (gaps(WORDS), pa.array(gaps(WORDS), pa.large_string())),
    "Arrow string_view": (gaps(WORDS), pa.array(gaps(WORDS)).cast(pa.string_view())),
    "Arrow dictionary": (gaps(WORDS), pa.array(gaps(WORDS)).dictionary_encode()),
    "Arrow int64": (gaps(INTS), pa.array(gaps(INTS))),
    "Arrow bool": (gaps(TRUTHS), pa.array(gaps(TRUTHS))),
    "Arrow date32": (gaps(DAYS), pa.array(gaps(DAYS))),
    "Arrow timestamp": (gaps(HOURS), pa.array(gaps(HOURS))),
    "Arrow null": ([None] * N, pa.nulls(N)),
}
# NaT is unknown there after it was fitted; nulls of Arrow dictionaries become another category;
# pandas.NA among objects is refused.
WRONG_THERE = {
    "pandas datetime NaT",
    "polars Date",
    "polars Datetime",
    "Arrow date32",
    "Arrow timestamp",
    "Arrow dictionary",
    "pandas object NA",
    "pandas string",
    "pandas Arrow string",
}


def framed(column):
    if isinstance(column, pd.Series):
        return column.to_frame("c")
    return pl.DataFrame({"c": column}) if isinstance(column, pl.Series) else pa.table({"c": column})


def codes_of(values):
    """Place of each value among those that are there, in order; what is absent comes last."""
    present = sorted({value for value in values if value is not None})
    return np.array([len(present) if v is None else present.index(v) for v in values]), present


@pytest.mark.parametrize("name", COLUMNS)
def test_codes_are_places_among_sorted_values(name):
    values, column = COLUMNS[name]
    codes, present = codes_of(values)
    X = framed(column)
    ordinal = preprocessing.OrdinalEncoder(encoded_missing_value=len(present)).fit(X)
    np.testing.assert_array_equal(ordinal.transform(X).ravel(), codes)
    onehot = preprocessing.OneHotEncoder(sparse_output=False).fit(X)
    np.testing.assert_array_equal(onehot.transform(X), np.eye(codes.max() + 1)[codes])
    assert len(onehot.categories_[0]) == codes.max() + 1


@pytest.mark.parametrize("name", COLUMNS)
def test_target_means_are_of_those_codes(name):
    values, column = COLUMNS[name]
    codes, _ = codes_of(values)
    X = framed(column)
    encoder = preprocessing.TargetEncoder(smooth=0.0, target_type="continuous").fit(X, TARGET)
    means = np.bincount(codes, TARGET) / np.maximum(np.bincount(codes), 1)
    np.testing.assert_allclose(encoder.transform(X).ravel(), means[codes])


def same(found, expected):
    """Equal entries, where any mark of absence equals any other."""
    found, expected = (np.asarray(each, dtype=object).ravel() for each in (found, expected))
    absent = pd.isna(found)
    np.testing.assert_array_equal(absent, pd.isna(expected))
    assert (found[~absent] == expected[~absent]).all()


@pytest.mark.parametrize("kind", ["OneHotEncoder", "OrdinalEncoder", "TargetEncoder"])
@pytest.mark.parametrize("name", [name for name in COLUMNS if name not in WRONG_THERE])
def test_equals_scikit_learn(name, kind):
    X = framed(COLUMNS[name][1])
    settings = {
        "OneHotEncoder": {"sparse_output": False},
        "OrdinalEncoder": {},
        "TargetEncoder": {"target_type": "continuous"},
    }[kind]
    ours, theirs = (
        getattr(library, kind)(**settings).fit(X, TARGET) for library in (preprocessing, reference)
    )
    found, expected = ours.transform(X), theirs.transform(X)
    np.testing.assert_allclose(found, expected)
    same(ours.categories_[0], theirs.categories_[0])
    assert ours.categories_[0].dtype == theirs.categories_[0].dtype
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
    if kind != "TargetEncoder":  # scikit-learn writes codes into what it inverts
        same(ours.inverse_transform(found), theirs.inverse_transform(expected.copy()))


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize(
    "name", ["pandas category", "polars Enum", "Arrow dictionary", "Arrow null"]
)
def test_results_in_frames(name, container):
    X = framed(COLUMNS[name][1])
    for kind, settings in [
        (preprocessing.OneHotEncoder, {"sparse_output": False}),
        (preprocessing.OrdinalEncoder, {}),
        (preprocessing.TargetEncoder, {"target_type": "continuous"}),
    ]:
        plain = kind(**settings).fit(X, TARGET)
        frame = kind(**settings).set_output(transform=container).fit(X, TARGET).transform(X)
        assert type(frame).__module__.startswith(container)
        assert list(frame.columns) == list(plain.get_feature_names_out())
        np.testing.assert_array_equal(frame.to_numpy(), plain.transform(X))


@pytest.mark.parametrize("first", ["pandas object", "polars String", "Arrow dictionary"])
@pytest.mark.parametrize("then", ["pandas category", "polars Categorical", "Arrow large_string"])
def test_one_library_at_fit_and_another_at_transform(first, then):
    encoder = preprocessing.OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    encoder.fit(framed(COLUMNS[first][1]))
    values, column = COLUMNS[then]
    present = np.array([value is not None for value in values])
    found = encoder.transform(framed(column))
    expected = np.equal.outer(WORDS[present], sorted(set(WORDS)))
    np.testing.assert_array_equal(found[present, : expected.shape[1]], expected)
    assert (found[~present, : expected.shape[1]] == 0).all()


def test_a_million_categories():
    """Each value its own category; numbers of that many digits are in order as text, too."""
    order = np.random.default_rng(0).permutation(1_000_000)
    X = pa.table({"c": pa.array(order + 1_000_000).cast(pa.string())})
    ordinal = preprocessing.OrdinalEncoder(dtype=np.int32).fit(X)
    codes = ordinal.transform(X)
    np.testing.assert_array_equal(codes.ravel(), order)
    one_hot = preprocessing.OneHotEncoder(dtype=bool).fit(X).transform(X.slice(0, 1000))
    np.testing.assert_array_equal(one_hot.indices, order[:1000])
    assert one_hot.shape == (1000, 1_000_000)
    frequent = preprocessing.OneHotEncoder(max_categories=3).fit(X)
    assert frequent.transform(X.slice(0, 5)).shape == (5, 3)
