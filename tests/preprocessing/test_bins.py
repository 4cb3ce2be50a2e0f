"""Cutting into bins: definitions, and parity with scikit-learn."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.preprocessing as reference

from mlkit.preprocessing import KBinsDiscretizer

RNG = np.random.default_rng(0)
STRATEGIES = ["uniform", "quantile", "kmeans"]
pytestmark = [
    pytest.mark.filterwarnings("ignore:Bins whose"),
    pytest.mark.filterwarnings("ignore:Number of distinct"),
    pytest.mark.filterwarnings("ignore:Feature . is constant"),
]


def table(n_rows=120, dtype=float):
    X = np.stack(
        [
            RNG.normal(size=n_rows),
            RNG.integers(0, 7, n_rows),
            np.exp(2 * RNG.normal(size=n_rows)),
            np.ones(n_rows),
        ],
        axis=1,
    )
    return X.astype(dtype)


def same(ours, theirs, X, rtol=1e-10):
    assert ours.n_bins_.tolist() == theirs.n_bins_.tolist()
    for a, b in zip(ours.bin_edges_, theirs.bin_edges_, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)
    got, expected = ours.transform(X), theirs.transform(X)
    assert sp.issparse(got) == sp.issparse(expected) and got.dtype == expected.dtype
    if sp.issparse(got):
        got, expected = got.toarray(), expected.toarray()
    np.testing.assert_array_equal(got, expected)
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("encode", ["onehot", "onehot-dense", "ordinal"])
@pytest.mark.parametrize("n_bins", [2, 5, [3, 2, 9, 4]])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_parity(strategy, n_bins, encode, weighted):
    X = table()
    least = strategy == "kmeans"  # where scikit-learn starts centres from rows of weight 0
    weight = RNG.integers(least, 3, len(X)).astype(float) if weighted else None
    params = {"n_bins": n_bins, "encode": encode, "strategy": strategy}
    ours = KBinsDiscretizer(**params).fit(X, sample_weight=weight)
    theirs = reference.KBinsDiscretizer(**params).fit(X, sample_weight=weight)
    same(ours, theirs, table() * 1.2)
    Z = theirs.transform(X)
    with np.errstate(invalid="ignore"):
        expected = theirs.inverse_transform(Z)
    np.testing.assert_allclose(ours.inverse_transform(Z), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "method",
    [
        "inverted_cdf",
        "averaged_inverted_cdf",
        "closest_observation",
        "interpolated_inverted_cdf",
        "hazen",
        "weibull",
        "linear",
        "median_unbiased",
        "normal_unbiased",
    ],
)
def test_quantile_methods(method):
    X = table()
    kwargs = {"n_bins": 4, "quantile_method": method}
    same(KBinsDiscretizer(**kwargs).fit(X), reference.KBinsDiscretizer(**kwargs).fit(X), X)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_subsample_draws_the_same_rows(strategy, weighted):
    X = table(400)
    weight = RNG.random(400) if weighted else None
    kwargs = {"n_bins": 3, "strategy": strategy, "subsample": 100, "random_state": 3}
    ours = KBinsDiscretizer(**kwargs).fit(X, sample_weight=weight)
    same(ours, reference.KBinsDiscretizer(**kwargs).fit(X, sample_weight=weight), X)


@pytest.mark.parametrize("given", [np.float32, np.float64, int])
@pytest.mark.parametrize("dtype", [None, np.float32, np.float64])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_dtypes(strategy, dtype, given):
    X = table(dtype=given)
    kwargs = {"n_bins": 3, "strategy": strategy, "dtype": dtype, "encode": "ordinal"}
    same(KBinsDiscretizer(**kwargs).fit(X), reference.KBinsDiscretizer(**kwargs).fit(X), X, 1e-5)


@pytest.mark.parametrize("encode", ["onehot", "onehot-dense", "ordinal"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_middle_of_a_bin_is_in_it(strategy, encode):
    X = table()[:, :3]
    bins = KBinsDiscretizer(4, encode=encode, strategy=strategy).fit(X)
    Z = bins.transform(X)
    back = bins.transform(bins.inverse_transform(Z))
    if encode == "onehot":
        Z, back = Z.toarray(), back.toarray()
    np.testing.assert_array_equal(back, Z)


def test_quantile_bins_are_of_equal_weight():
    X = RNG.normal(size=(1000, 2))
    counts = np.bincount(KBinsDiscretizer(8, encode="ordinal").fit_transform(X)[:, 0].astype(int))
    assert counts.tolist() == [125] * 8


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_weight_two_is_the_row_twice(strategy):
    X = table()
    weight = RNG.integers(0, 3, len(X))
    a = KBinsDiscretizer(4, strategy=strategy).fit(X, sample_weight=weight)
    b = KBinsDiscretizer(4, strategy=strategy).fit(np.repeat(X, weight, axis=0))
    for x, y in zip(a.bin_edges_, b.bin_edges_, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-2 if strategy == "kmeans" else 1e-12)


def test_frames():
    frame = pd.DataFrame(table(30), columns=list("abcd"))
    out = (
        KBinsDiscretizer(2, encode="onehot-dense", strategy="uniform")
        .set_output(transform="pandas")
        .fit_transform(frame)
    )
    assert out.columns.tolist() == ["a_0.0", "a_1.0", "b_0.0", "b_1.0", "c_0.0", "c_1.0", "d_0.0"]


def test_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        KBinsDiscretizer(3).fit(RNG.normal(size=(50, 1)))
    with pytest.warns(UserWarning, match="Feature 0 is constant"):
        KBinsDiscretizer(3).fit([[1.0], [1.0]])
    with pytest.warns(UserWarning, match="too small"):
        KBinsDiscretizer(3).fit([[1.0], [1.0], [1.0], [1.0], [2.0]])
    with pytest.warns(UserWarning, match="distinct clusters"):
        KBinsDiscretizer(3, strategy="kmeans").fit([[1.0], [1.0], [2.0]])


@pytest.mark.parametrize(
    "params, X, words",
    [
        ({"n_bins": 1}, np.ones((3, 2)), "'n_bins'"),
        ({"n_bins": [3]}, np.ones((3, 2)), "scalar or array"),
        ({"n_bins": [3, 1]}, np.ones((3, 2)), "indices 1"),
        ({"n_bins": [3.5, 1]}, np.ones((3, 2)), "indices 0, 1"),
        ({"strategy": "kmeans"}, np.arange(3.0)[:, None], "n_samples=3"),
        ({}, [[np.nan]], "NaN"),
    ],
)
def test_bad_input(params, X, words):
    with pytest.raises(ValueError, match=words):
        KBinsDiscretizer(**params).fit(X)


def test_bad_weights_and_codes():
    X = table()
    with pytest.raises(ValueError, match="averaged_inverted_cdf"):
        KBinsDiscretizer(quantile_method="linear").fit(X, sample_weight=np.ones(len(X)))
    with pytest.raises(ValueError, match="zero"):
        KBinsDiscretizer().fit(X, sample_weight=np.zeros(len(X)))
    bins = KBinsDiscretizer(2, encode="onehot-dense").fit(X)
    with pytest.raises(ValueError, match="Incorrect number of features"):
        bins.inverse_transform(np.ones((2, 3)))
    with pytest.raises(ValueError, match="can not be inverted"):
        bins.inverse_transform(np.zeros((2, bins.n_bins_.sum())))
