"""Rows in pieces and fitted states merged: any way to cut a table gives one fit."""

import copy

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from mlkit import clone
from mlkit._engine.encode.sketch import SIZE, Sketch
from mlkit._engine.encode.tallies import together
from mlkit.impute import SimpleImputer
from mlkit.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

N = 240
CUTS = [[120], [1, 2, 3], [50, 51, 200], list(range(20, 240, 20))]


def numbers(n=N, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3)) * [1, 100, 0.01] + [0, 1e4, 5]
    X[rng.random(X.shape) < 0.2] = np.nan
    X[:60, 2] = np.nan
    return X.round(3)


def words(n=N, seed=0):
    rng = np.random.default_rng(seed)
    X = np.empty((n, 2), dtype=object)
    X[:, 0] = rng.choice(list("abcdefgh"), size=n, p=[0.3, 0.3, 0.2, 0.1, 0.04, 0.03, 0.02, 0.01])
    X[:, 1] = rng.choice([1, 2, 3, None], size=n)
    return X


OF_NUMBERS = {
    "standard": StandardScaler(),
    "standard, no mean": StandardScaler(with_mean=False),
    "range": MinMaxScaler((-1, 2), clip=True),
    "greatest": MaxAbsScaler(),
    "robust": RobustScaler(quantile_range=(10, 80), unit_variance=True),
    "uniform": QuantileTransformer(n_quantiles=50, subsample=None),
    "normal": QuantileTransformer(n_quantiles=1000, output_distribution="normal", subsample=None),
    "mean": SimpleImputer(add_indicator=True),
    "median": SimpleImputer(strategy="median"),
    "mode": SimpleImputer(strategy="most_frequent"),
    "constant": SimpleImputer(strategy="constant", fill_value=7.0),
}
OF_WORDS = {
    "one-hot": OneHotEncoder(sparse_output=False),
    "one-hot, rare": OneHotEncoder(sparse_output=False, min_frequency=0.05, max_categories=4),
    "one-hot, dropped": OneHotEncoder(sparse_output=False, drop="first"),
    "ordinal": OrdinalEncoder(),
    "ordinal, rare": OrdinalEncoder(min_frequency=10),
    "mode": SimpleImputer(strategy="most_frequent", missing_values=None),
    "listed": OneHotEncoder(
        sparse_output=False, categories=[list("abcdefgh"), [1, 2, 3, None]], max_categories=3
    ),
}
ALL = [(each, numbers) for each in OF_NUMBERS.values()] + [(e, words) for e in OF_WORDS.values()]
NAMES = [*OF_NUMBERS, *[f"words: {name}" for name in OF_WORDS]]

pytestmark = pytest.mark.filterwarnings("ignore:n_quantiles", "ignore:Skipping features")


def same(first, second, X):
    np.testing.assert_allclose(
        np.asarray(first.transform(X), dtype=object).astype(str).shape,
        np.asarray(second.transform(X), dtype=object).astype(str).shape,
    )
    a, b = first.transform(X), second.transform(X)
    if a.dtype.kind == "O":
        assert a.tolist() == b.tolist()
    else:
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("model", "make"), ALL, ids=NAMES)
@pytest.mark.parametrize("cuts", CUTS, ids=["halves", "rows", "uneven", "many"])
def test_any_pieces_are_one_fit(model, make, cuts):
    X = make()
    whole, pieces = clone(model).fit(X), clone(model)
    for piece in np.split(X, cuts):
        pieces.partial_fit(piece)
    same(pieces, whole, make(seed=0))


@pytest.mark.parametrize(("model", "make"), ALL, ids=NAMES)
def test_merged_states_are_one_fit(model, make):
    X = make()
    whole = clone(model).fit(X)
    parts = [clone(model).partial_fit(piece) for piece in np.split(X, [30, 31, 150])]
    untouched = copy.deepcopy(parts[1])
    merged = parts[0]
    for part in parts[1:]:
        assert merged.merge(part) is merged
    same(merged, whole, X)
    same(parts[1], untouched, X[30:31])
    later = clone(model).partial_fit(X[:150]).merge(clone(model).partial_fit(X[150:]))
    same(later, whole, X)


@pytest.mark.parametrize("kind", ["continuous", "binary", "multiclass"])
@pytest.mark.parametrize("smooth", ["auto", 5.0])
@pytest.mark.parametrize("cuts", CUTS, ids=["halves", "rows", "uneven", "many"])
def test_target_means_in_pieces(kind, smooth, cuts):
    X, rng = words(), np.random.default_rng(1)
    y = rng.normal(size=N) + (X[:, 0] == "a")
    classes = None
    if kind != "continuous":
        edges = [0.0] if kind == "binary" else [-0.5, 0.5]
        y = np.array(["no", "perhaps", "yes"])[np.digitize(y, edges)]
        classes = np.unique(y)
    whole = TargetEncoder(smooth=smooth).fit(X, y)
    pieces, parts = TargetEncoder(smooth=smooth), []
    for rows in np.split(np.arange(N), cuts):
        pieces.partial_fit(X[rows], y[rows], classes=classes if rows[0] == 0 else None)
        parts.append(TargetEncoder(smooth=smooth).partial_fit(X[rows], y[rows], classes=classes))
    for part in parts[1:]:
        parts[0].merge(part)
    for each in (pieces, parts[0]):
        np.testing.assert_allclose(each.target_mean_, whole.target_mean_)
        np.testing.assert_allclose(each.transform(X), whole.transform(X), atol=1e-12)


def test_frames_in_pieces():
    frame = pd.DataFrame(words(), columns=["a", "b"]).astype({"a": "category"})
    whole = OneHotEncoder(sparse_output=False).fit(frame)
    for library in (frame, pl.from_pandas(frame)):
        pieces = OneHotEncoder(sparse_output=False)
        pieces.partial_fit(library[:100]).partial_fit(library[100:])
        assert list(pieces.categories_[0]) == list(whole.categories_[0])
        assert list(pieces.feature_names_in_) == ["a", "b"]


def test_sparse_pieces():
    X = sp.random(300, 4, density=0.4, format="csc", random_state=0)
    for model in (
        SimpleImputer(missing_values=np.nan, strategy="median"),
        SimpleImputer(strategy="most_frequent"),
        RobustScaler(with_centering=False),
        QuantileTransformer(n_quantiles=20, subsample=None),
    ):
        whole, pieces = clone(model).fit(X), clone(model)
        for piece in (X[:10], X[10:200], X[200:]):
            pieces.partial_fit(piece.tocsc())
        np.testing.assert_allclose(
            pieces.transform(X).toarray(), whole.transform(X).toarray(), atol=1e-12
        )


def test_fit_starts_afresh():
    for model, make in ALL:
        fresh = clone(model).fit(make(seed=1))
        used = clone(model).partial_fit(make()).fit(make(seed=1))
        same(used, fresh, make(seed=1))


# ---------------------------------------------------------------------------- refused
@pytest.mark.parametrize("model", [RobustScaler(), QuantileTransformer(n_quantiles=5)])
def test_quantiles_cannot_be_added_to_a_plain_fit(model):
    X = numbers()
    fitted = clone(model).fit(X)
    with pytest.raises(ValueError, match="use partial_fit from the first"):
        fitted.merge(clone(model).partial_fit(X))
    with pytest.warns(UserWarning, match="starts afresh"):
        fitted.partial_fit(X[:50])
    same(fitted, clone(model).partial_fit(X[:50]), X)


def test_states_that_do_not_match():
    X = numbers()
    with pytest.raises(ValueError, match="same class"):
        StandardScaler().fit(X).merge(MinMaxScaler().fit(X))
    with pytest.raises(ValueError, match="3 columns"):
        MinMaxScaler().fit(X).merge(MinMaxScaler().fit(X[:, :2]))
    with pytest.raises(ValueError, match="as many columns"):
        OneHotEncoder().fit(words()).merge(OneHotEncoder().fit(words()[:, :1]))
    with pytest.raises(ValueError, match="does not match"):
        SimpleImputer().fit(X).merge(SimpleImputer(strategy="most_frequent").fit(X))
    with pytest.raises(ValueError, match="keeps no statistics"):
        plain = StandardScaler(with_mean=False, with_std=False).fit(X)
        plain.merge(plain)
    with pytest.raises(ValueError, match="cannot take them in pieces"):
        SimpleImputer(strategy=np.mean).partial_fit(X)
    medians = SimpleImputer(strategy="median")
    with pytest.raises(ValueError, match="partial_fit from the first"):
        clone(medians).fit(X).merge(clone(medians).fit(X))
    with pytest.warns(UserWarning, match="starts afresh"):
        medians.fit(X).partial_fit(X)
    encoder = TargetEncoder().fit(words(), np.arange(N) % 2)
    with pytest.raises(ValueError, match="were not among the first"):
        encoder.partial_fit(words(), np.arange(N) % 3)
    with pytest.raises(ValueError, match="targets differ"):
        encoder.merge(TargetEncoder().fit(words(), np.arange(N) / 7))


def test_categories_that_cannot_be_sorted_together():
    encoder = OneHotEncoder().fit([["a"], ["b"]])
    with pytest.raises(TypeError, match="cannot sort"):
        encoder.partial_fit(np.array([[1], [2]], dtype=object))


# --------------------------------------------------------------------------- summaries
@pytest.mark.parametrize("shape", ["sorted", "reversed", "random", "few values"])
def test_ranks_are_off_by_no_more_than_is_told(shape):
    rng, n = np.random.default_rng(0), 200_000
    values = {
        "sorted": np.arange(n, dtype=float),
        "reversed": np.arange(n, dtype=float)[::-1],
        "random": rng.normal(size=n),
        "few values": rng.integers(0, 5, size=n).astype(float),
    }[shape]
    sketch, parts = Sketch(512), []
    for piece in np.array_split(values, 37):
        sketch.add(piece)
        parts.append(Sketch(512))
        parts[-1].add(piece)
    for part in parts[1:]:
        parts[0].merge(part)
    levels, ordered = np.linspace(0, 1, 101), np.sort(values)
    for each in (sketch, parts[0]):
        assert each.count == n
        assert 0 < each.slack < 0.03 * n
        assert sum(map(len, each._levels)) <= 512 * len(each._levels)
        found = each.quantiles(levels)
        assert found[0] == ordered[0]
        assert found[-1] == ordered[-1]
        place = levels * (n - 1)
        low = np.searchsorted(ordered, found, side="left")
        high = np.searchsorted(ordered, found, side="right")
        off = np.maximum(np.maximum(low - place, place - high), 0)
        # Between two values kept, interpolation adds at most the weight of one.
        assert off.max() <= each.slack + (1 << len(each._levels))


def test_few_values_are_all_kept():
    values = np.random.default_rng(0).normal(size=SIZE)
    sketch = Sketch()
    for piece in np.array_split(values, 11):
        sketch.add(piece)
    assert sketch.slack == 0
    levels = np.linspace(0, 1, 17)
    np.testing.assert_allclose(sketch.quantiles(levels), np.quantile(values, levels), atol=1e-12)


def test_a_long_column_in_pieces():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60_000, 1))
    scaler, mapped = RobustScaler(), QuantileTransformer(n_quantiles=100)
    for piece in np.array_split(X, 9):
        scaler.partial_fit(piece)
        mapped.partial_fit(piece)
    assert 0 < scaler.rank_error_ < 0.002
    assert abs(scaler.center_[0]) < 0.01
    uniform = mapped.transform(X).ravel()
    assert np.abs(np.sort(uniform) - np.linspace(0, 1, len(X))).max() < 0.01


def test_tallies():
    values, counts = together(
        np.array(["b", None], dtype=object),
        np.array([2, 1]),
        np.array(["a", "b"]),
        np.array([5, 1]),
    )
    assert values.tolist() == ["a", "b", None]
    assert counts.tolist() == [5, 3, 1]
