"""One-hot encoding: what each column means, and parity with scikit-learn on fuzzed tables."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
import sklearn.preprocessing as reference

from mlkit.preprocessing import OneHotEncoder, OrdinalEncoder


def table(seed, n=80, unknown=False):
    """A pandas frame of strings, numbers, categories and missing values."""
    rng = np.random.default_rng(seed)
    extra = int(unknown)
    words = np.array(["a", "b", "cc", "d", "é", "zz"][: 4 + 2 * extra], dtype=object)
    text = words[rng.integers(len(words), size=n)].copy()
    text[rng.random(n) < 0.1] = np.nan
    floats = rng.choice([0.5, 1.5, np.nan, 7.0, *([9.0] * extra)], size=n)
    frame = pd.DataFrame(
        {
            "text": pd.Series(text, dtype=object),
            "whole": rng.geometric(0.4, size=n) + 5 * extra * (rng.random(n) < 0.1),
            "float": floats,
            "flag": rng.random(n) > 0.5,
        }
    )
    frame["cat"] = pd.Categorical(words[rng.integers(3 + extra, size=n)], categories=words[::-1])
    return frame


def both(kind, train, test, **params):
    """Fit ours and scikit-learn's on `train`; return both with the same view of `test`."""
    ours, theirs = kind(**params), getattr(reference, kind.__name__)(**params)
    return ours.fit(train), theirs.fit(train), test


def same_arrays(a, b):
    assert a.shape == b.shape
    for x, y in zip(a.ravel().tolist(), b.ravel().tolist(), strict=True):
        assert x == y or (x != x and y != y) or (x is None and y is None), (x, y)


def same_fit(ours, theirs):
    for a, b in zip(ours.categories_, theirs.categories_, strict=True):
        assert a.dtype == b.dtype
        same_arrays(a, b)
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()


FORMS = {
    "pandas": lambda frame: frame,
    "object": lambda frame: frame.to_numpy(dtype=object),
    "strings": lambda frame: frame.astype(str).to_numpy(dtype="U"),
    "numbers": lambda frame: frame[["whole", "float", "flag"]].to_numpy(dtype=float),
}
GROUPING = [
    {},
    {"min_frequency": 10},
    {"min_frequency": 0.2},
    {"max_categories": 3},
    {"max_categories": 1},
    {"max_categories": 4, "min_frequency": 5},
]


@pytest.mark.parametrize("grouping", GROUPING, ids=str)
@pytest.mark.parametrize("drop", [None, "first", "if_binary"])
@pytest.mark.parametrize("unknown", ["error", "ignore", "infrequent_if_exist", "warn"])
@pytest.mark.parametrize("form", FORMS)
def test_parity(form, unknown, drop, grouping):
    for seed in range(2):
        train = FORMS[form](table(seed))
        test = train[::-1] if unknown == "error" else FORMS[form](table(seed + 10, 60, True))
        params = dict(handle_unknown=unknown, drop=drop, **grouping)
        ours, theirs, test = both(OneHotEncoder, train, test, **params)
        same_fit(ours, theirs)
        if drop is None:
            assert ours.drop_idx_ is None
        else:
            assert ours.drop_idx_.tolist() == list(theirs.drop_idx_)
        for a, b in zip(
            getattr(ours, "infrequent_categories_", []),
            getattr(theirs, "infrequent_categories_", []),
            strict=True,
        ):
            assert (a is None) == (b is None)
            if a is not None:
                same_arrays(a, b)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            got, expected = ours.transform(test), theirs.transform(test)
            np.testing.assert_array_equal(got.toarray(), expected.toarray())
            assert got.dtype == expected.dtype and got.has_canonical_format
            if not (drop and grouping):  # scikit-learn 1.9 takes the group for a category
                same_arrays(ours.inverse_transform(got), theirs.inverse_transform(expected))


def test_inverse_names_a_dropped_group():
    X = [["a"], ["b"], ["b"], ["c"], ["c"]]
    encoder = OneHotEncoder(drop="first", min_frequency=2).fit(X)
    back = encoder.inverse_transform(encoder.transform(X)).ravel().tolist()
    assert back == ["infrequent_sklearn", "b", "b", "c", "c"]
    alone = OneHotEncoder(drop="first", max_categories=1).fit(X)
    assert alone.transform(X).shape == (5, 0)
    assert set(alone.inverse_transform(alone.transform(X)).ravel()) == {"infrequent_sklearn"}


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int8, bool])
def test_dense_equals_sparse(dtype):
    frame = table(0)
    sparse = OneHotEncoder(dtype=dtype).fit_transform(frame)
    dense = OneHotEncoder(dtype=dtype, sparse_output=False).fit_transform(frame)
    assert sp.issparse(sparse) and sparse.format == "csr"
    assert sparse.dtype == dense.dtype == dtype
    np.testing.assert_array_equal(sparse.toarray(), dense)
    assert (dense.sum(axis=1) == frame.shape[1]).all() or dtype is bool


def test_inverse_undoes_transform():
    frame = table(3)
    encoder = OneHotEncoder().fit(frame)
    same_arrays(encoder.inverse_transform(encoder.transform(frame)), frame.to_numpy(dtype=object))
    dropped = OneHotEncoder(drop="first").fit(frame)
    same_arrays(dropped.inverse_transform(dropped.transform(frame)), frame.to_numpy(dtype=object))


FRAMES = {
    "pandas": pd.DataFrame,
    "polars": lambda d: pl.DataFrame(d),
    "polars categorical": lambda d: pl.DataFrame(d).with_columns(pl.col("s").cast(pl.Categorical)),
    "polars enum": lambda d: pl.DataFrame(d).with_columns(
        pl.col("s").cast(pl.Enum(["q", "b", "a"]))
    ),
    "arrow": lambda d: pa.table(d),
    "arrow chunks": lambda d: pa.concat_tables([pa.table(d), pa.table(d)]).slice(2, 6),
    "arrow dictionary": lambda d: pa.table({**d, "s": pa.array(d["s"]).dictionary_encode()}),
    "pandas category": lambda d: pd.DataFrame(d).astype({"s": "category"}),
    "pandas python strings": lambda d: pd.DataFrame(d).astype(
        {"s": pd.StringDtype("python", na_value=np.nan)}
    ),
}


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_gives_the_same_matrix(name):
    data = {"s": ["b", "a", None, "b", "a", "b"], "i": [3, 1, 1, 2, 3, 3]}
    frame = FRAMES[name](data)
    if name == "arrow chunks":
        data = frame.to_pydict()
    encoder = OneHotEncoder(sparse_output=False).fit(frame)
    assert [str(v) for v in encoder.categories_[0][:2]] == ["a", "b"]
    expected = np.array([[s == v for v in ("a", "b", None)] for s in data["s"]])
    expected = np.hstack([expected, np.equal.outer(data["i"], [1, 2, 3])])
    np.testing.assert_array_equal(encoder.transform(frame), expected)
    # Another kind of frame at transform knows the same categories, but for what is missing.
    other = pd.DataFrame({"s": ["a", "b"], "i": [1, 3]})
    got = encoder.transform(other)
    np.testing.assert_array_equal(got, [[1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 1]])


@pytest.mark.parametrize("kind", [OneHotEncoder, OrdinalEncoder])
@pytest.mark.parametrize("name", [*FRAMES, "nullable", "dates", "nothing"])
def test_row_by_row_is_the_whole(name, kind):
    """A frame of few rows is read in another way than a long one."""
    if name == "nullable":
        data = {"i": pd.array([1, None, 3] * 3, dtype="Int64"), "f": [0.5, np.nan, 1] * 3}
        frame = pd.DataFrame({**data, "b": pd.array([True, None, False] * 3, dtype="boolean")})
    elif name == "nothing":
        frame = pl.DataFrame({"a": [None] * 9, "b": [True, None, False] * 3})
    elif name == "dates":
        frame = pd.DataFrame({"d": pd.to_datetime(["2020-01-02", None, "2020-01-01"] * 3)})
    else:
        frame = FRAMES[name]({"s": ["b", "a", None] * 2, "i": [3, None, 1] * 2})
    encoder = kind(**({"sparse_output": False} if kind is OneHotEncoder else {})).fit(frame)
    n_rows = frame.shape[0]
    take = frame.iloc.__getitem__ if isinstance(frame, pd.DataFrame) else frame.__getitem__
    rows = [encoder.transform(take(slice(i, i + 1))) for i in range(n_rows)]
    np.testing.assert_array_equal(np.vstack(rows), encoder.transform(frame))


def test_frames_out():
    frame = table(0)
    encoder = OneHotEncoder(sparse_output=False).set_output(transform="pandas").fit(frame)
    out = encoder.transform(frame)
    assert out.columns.tolist() == encoder.get_feature_names_out().tolist()
    assert (out.index == frame.index).all()
    with pytest.raises(ValueError, match="sparse_output=False"):
        OneHotEncoder().set_output(transform="pandas").fit_transform(frame)


def test_given_categories_and_names():
    X = [["b"], ["a"]]
    encoder = OneHotEncoder(categories=[["c", "b", "a"]], sparse_output=False)
    np.testing.assert_array_equal(encoder.fit_transform(X), [[0, 1, 0], [0, 0, 1]])
    named = OneHotEncoder(feature_name_combiner=lambda f, c: f"{c}<{f}").fit(X)
    assert named.get_feature_names_out(["col"]).tolist() == ["a<col", "b<col"]
    with pytest.raises(TypeError, match="must return a str"):
        OneHotEncoder(feature_name_combiner=lambda f, c: 1).fit(X).get_feature_names_out()


def test_drop_by_value():
    X = np.array([["a", 1, np.nan], ["b", 2, 0.0], ["a", 3, 0.0]], dtype=object)
    params = {"drop": ["b", 2, np.nan], "sparse_output": False}
    ours, theirs, _ = both(OneHotEncoder, X, X, **params)
    np.testing.assert_array_equal(ours.transform(X), theirs.transform(X))
    assert ours.drop_idx_.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "params, X, words",
    [
        ({}, [[1, "a"], [2, 3]], "column 1.*int.*str"),
        ({"categories": [[1]]}, [[1, 2]], "1 lists for 2 columns"),
        ({"categories": [[2, 1]]}, [[1], [2]], "Unsorted"),
        ({"categories": [["a", "a"]]}, [["a"]], "duplicate"),
        ({"categories": [[np.nan, 1.0]]}, [[1.0]], "comes last"),
        ({"categories": [["a"]]}, [["a"], ["b"]], "unknown categories \\['b'\\] in column 0"),
        ({"categories": [[b"a"]]}, np.array([["a"]], dtype=object), "bytes"),
        ({"drop": ["a", "b"]}, [["a"]], "length equal"),
        ({"drop": ["q"]}, [["a"]], "'q' in column 0"),
        ({"drop": ["b"], "max_categories": 2}, [["a"], ["a"], ["b"], ["c"]], "infrequent"),
        ({"handle_unknown": "skip"}, [["a"]], "'handle_unknown'"),
        ({"min_frequency": 1.5}, [["a"]], "'min_frequency'"),
        ({"max_categories": 0}, [["a"]], "'max_categories'"),
        ({}, [[np.inf]], "infinity"),
        ({}, np.zeros((0, 2)), "0 sample"),
        ({}, pd.DataFrame({"a": []}), "0 sample"),
        ({}, pd.DataFrame({"a": [np.inf]}), "infinity"),
        ({}, [1, 2], "2D"),
        ({}, sp.eye(3).tocsr(), "dense"),
    ],
)
def test_bad_input(params, X, words):
    with pytest.raises((ValueError, TypeError), match=words):
        OneHotEncoder(**params).fit(X)


def test_bad_input_after_fit():
    frame = table(0)
    encoder = OneHotEncoder().fit(frame)
    for rows in (1, 80):
        with pytest.raises(ValueError, match="unknown categories.*column 1 during transform"):
            encoder.transform(frame[:rows].assign(whole=-1))
        with pytest.raises(ValueError, match="infinity"):
            encoder.transform(frame[:rows].assign(float=np.inf))
    with pytest.raises(ValueError, match="in the same order"):
        encoder.transform(frame[frame.columns[::-1]])
    with pytest.raises(ValueError, match="expects .* columns"):
        encoder.inverse_transform(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="all zeros"):
        encoder.inverse_transform(np.zeros((1, len(encoder.get_feature_names_out()))))
    with pytest.raises(ValueError, match="not fitted"):
        OneHotEncoder().transform(frame)
    with pytest.warns(UserWarning, match="columns \\[1\\]"):
        OneHotEncoder(handle_unknown="warn").fit(frame).transform(frame.assign(whole=-1))


def test_variable_width_strings():
    X = np.array([["b"], ["a much longer one"]], dtype=np.dtypes.StringDType())
    np.testing.assert_array_equal(OrdinalEncoder().fit_transform(X), [[1], [0]])
    np.testing.assert_array_equal(OneHotEncoder().fit_transform(X).toarray(), [[0, 1], [1, 0]])


def test_dates():
    days = pd.date_range("2020-01-01", periods=3)
    encoder = OneHotEncoder(sparse_output=False).fit(pd.DataFrame({0: days[[2, 0, 1, 0]]}))
    assert (encoder.categories_[0] == days.to_numpy()).all()
    coarse = np.array([["2020-01-02"], ["2020-01-01"]], dtype="M8[D]")
    np.testing.assert_array_equal(encoder.transform(coarse), [[0, 1, 0], [1, 0, 0]])
