"""Categories: every kind of column is found, ordered, counted and looked up alike."""

import numpy as np
import pytest

from mlkit._engine.encode.categories import Coded, Lookup, count, factorize, find, is_missing

RNG = np.random.default_rng(0)
WORDS = np.array([f"word {i}" for i in range(40)] + ["", "Ünï", "日本"])
N = 500


def _floats():
    values = np.round(RNG.normal(size=N), 1)
    values[::9] = np.nan
    values[1] = -0.0
    return values


COLUMNS = {
    "fixed strings": WORDS[RNG.integers(len(WORDS), size=N)],
    "bytes": np.char.encode(WORDS[RNG.integers(len(WORDS), size=N)], "utf-8"),
    "objects": np.array(WORDS[RNG.integers(len(WORDS), size=N)].tolist(), dtype=object),
    "shared objects": np.array(WORDS.tolist(), dtype=object)[RNG.integers(len(WORDS), size=N)],
    "small integers": RNG.integers(-5, 30, size=N),
    "wide integers": RNG.integers(-(2**62), 2**62, size=N),
    "unsigned": RNG.integers(2**63, 2**64, size=N, dtype=np.uint64),
    "bytes integers": RNG.integers(-128, 127, size=N).astype(np.int8),
    "booleans": RNG.random(N) > 0.5,
    "floats": _floats(),
    "single floats": _floats().astype(np.float32),
    "dates": np.array(RNG.integers(10**6, size=N), dtype="M8[D]"),
    "object integers": RNG.integers(0, 9, size=N).astype(object),
    "empty": np.zeros(0),
    "strided": RNG.integers(0, 9, size=(N, 3))[:, 1],
    "strided strings": WORDS[RNG.integers(len(WORDS), size=(N, 3))][:, 1],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_find_is_unique_with_counts_and_inverse(name):
    column = COLUMNS[name]
    found = find(column)
    values, codes, counts = np.unique(column, return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(found.values, values)
    np.testing.assert_array_equal(found.codes, codes)
    np.testing.assert_array_equal(found.counts, counts)
    assert found.values.dtype == column.dtype


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("rows", [slice(None), slice(7)], ids=["many", "few"])
def test_lookup_inverts_find(name, rows):
    found = find(COLUMNS[name])
    np.testing.assert_array_equal(
        Lookup(found.values).codes(COLUMNS[name][rows]), found.codes[rows]
    )


@pytest.mark.parametrize("repeat", [1, 100])
def test_unknown_values_have_code_minus_one(repeat):
    lookup = Lookup(np.array(["a", "b"], dtype=object))
    column = np.array(["b", "c", None, "a", float("nan")] * repeat, dtype=object)
    assert lookup.codes(column).tolist() == [1, -1, -1, 0, -1] * repeat
    numbers = Lookup(np.array([1.0, 2.5, np.nan]))
    assert numbers.codes(np.array([np.nan, 1.0, 3.0] * repeat)).tolist() == [2, 0, -1] * repeat
    assert numbers.codes(np.array([1, 2] * 60)).tolist() == [0, -1] * 60


@pytest.mark.parametrize("repeat", [1, 100])
def test_missing_objects_come_last_none_before_nan(repeat):
    pd = pytest.importorskip("pandas")
    items = [np.nan, "b", None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, "a"] * repeat
    found = find(np.array(items, dtype=object))
    assert found.values[:3].tolist() == ["a", "b", None]
    assert len(found.values) == 4 and is_missing(found.values[3])
    assert found.counts.tolist() == [repeat, repeat, repeat, 5 * repeat]
    np.testing.assert_array_equal(Lookup(found.values).codes(np.array(items, object)), found.codes)


@pytest.mark.parametrize("name", COLUMNS)
def test_count_is_find_without_codes(name):
    values, counts = count(COLUMNS[name])
    found = find(COLUMNS[name])
    np.testing.assert_array_equal(values, found.values)
    np.testing.assert_array_equal(counts, found.counts)


DAYS = np.array(["2020-01-03", "2020-01-01", "2020-01-02"], dtype="M8[D]")


@pytest.mark.parametrize("missing", [None, float("nan")])
@pytest.mark.parametrize(
    "values", [DAYS, np.array(["x", "y", "z"], dtype=object), np.array([3, 1, 2])]
)
def test_coded_column_equals_its_array(missing, values):
    column = Coded(np.array([2, 0, -1, 2, 2, -1], dtype=np.int8), values, missing)
    found, plain = find(column), find(column.to_array())
    assert [str(v) for v in found.values] == [str(v) for v in plain.values]
    np.testing.assert_array_equal(found.codes, plain.codes)
    np.testing.assert_array_equal(found.counts, plain.counts)
    np.testing.assert_array_equal(Lookup(plain.values).codes(column), plain.codes)
    np.testing.assert_array_equal(Lookup(plain.values).codes(column[:2]), plain.codes[:2])
    values, counts = count(column)
    assert [str(v) for v in values] == [str(v) for v in plain.values]
    np.testing.assert_array_equal(counts, plain.counts)


def test_factorize_is_undone_by_its_uniques():
    for column in COLUMNS.values():
        codes, uniques = factorize(column)
        assert codes.dtype == np.int32
        np.testing.assert_array_equal(uniques[codes], column)
        assert len(uniques) == len(set(codes.tolist()))


def test_many_distinct_values():
    column = RNG.permutation(200_000)
    twice = np.sort(np.repeat(column[:100_000], 2)) * 10**9  # sorted: neighbours recur
    for cast in (column.astype(float) + 0.5, column * 10**9, column.astype("U"), twice):
        values, inverse = np.unique(cast, return_inverse=True)
        found = find(cast)
        np.testing.assert_array_equal(found.values, values)
        np.testing.assert_array_equal(found.codes, inverse)


def test_mixed_and_unhashable_objects_are_refused():
    with pytest.raises(TypeError, match=r"\['int', 'str'\]"):
        find(np.array([1, "a"], dtype=object))
    column = np.empty(2, dtype=object)
    column[:] = [[1], [2]]
    with pytest.raises(TypeError, match="unhashable"):
        find(column)
    with pytest.raises(TypeError, match="complex"):
        find(np.array([1j]))
