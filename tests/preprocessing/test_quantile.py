"""Mapping by quantiles: definitions, inverse, sparse as dense, parity with scikit-learn."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.preprocessing as reference

from mlkit.preprocessing import QuantileTransformer, quantile_transform

RNG = np.random.default_rng(0)
pytestmark = pytest.mark.filterwarnings("ignore:n_quantiles")


def table(n_rows=300, dtype=float):
    X = np.stack(
        [RNG.normal(size=n_rows), RNG.integers(0, 5, n_rows), np.exp(3 * RNG.normal(size=n_rows))],
        axis=1,
    )
    X[RNG.random(X.shape) < 0.05] = np.nan
    return X.astype(dtype)


def both(**params):
    return QuantileTransformer(**params), reference.QuantileTransformer(**params)


@pytest.mark.parametrize("output", ["uniform", "normal"])
@pytest.mark.parametrize("n_quantiles", [1, 2, 10, 1000])
@pytest.mark.parametrize("subsample", [10_000, 100, None])
def test_parity(output, n_quantiles, subsample):
    X, new = table(), table() * 1.3
    if subsample == 100 and n_quantiles > 100:
        n_quantiles = 100
    ours, theirs = both(
        n_quantiles=n_quantiles, output_distribution=output, subsample=subsample, random_state=0
    )
    ours.fit(X), theirs.fit(X)
    np.testing.assert_allclose(ours.quantiles_, theirs.quantiles_, rtol=1e-10, atol=1e-13)
    np.testing.assert_array_equal(ours.references_, theirs.references_)
    assert ours.n_quantiles_ == theirs.n_quantiles_
    for each in (X, new):
        Z = theirs.transform(each)
        np.testing.assert_allclose(ours.transform(each), Z, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(
            ours.inverse_transform(Z), theirs.inverse_transform(Z), rtol=1e-9, atol=1e-9
        )


@pytest.mark.parametrize("form", ["csr", "csc"])
@pytest.mark.parametrize("ignore", [False, True])
@pytest.mark.parametrize("subsample", [1000, 60])
@pytest.mark.parametrize("output", ["uniform", "normal"])
def test_sparse_parity(output, subsample, ignore, form):
    X = sp.random(300, 4, density=0.5, format=form, random_state=1)
    X.data[::9] = np.nan
    if ignore:
        X.data[1::5] *= -1
    ours, theirs = both(
        n_quantiles=50,
        output_distribution=output,
        subsample=subsample,
        ignore_implicit_zeros=ignore,
        random_state=0,
    )
    Z, expected = ours.fit_transform(X), theirs.fit_transform(X)
    assert Z.format == expected.format
    np.testing.assert_allclose(ours.quantiles_, theirs.quantiles_, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(Z.toarray(), expected.toarray(), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        ours.inverse_transform(Z).toarray(), theirs.inverse_transform(Z).toarray(), atol=1e-9
    )


def test_output_is_uniform_or_normal_and_inverse_undoes():
    X = np.exp(RNG.normal(size=(5000, 2)))
    uniform = QuantileTransformer(subsample=None).fit(X)
    Z = np.sort(uniform.transform(X)[:, 0])
    assert np.abs(Z - np.linspace(0, 1, len(Z))).max() < 1e-3
    np.testing.assert_allclose(uniform.inverse_transform(uniform.transform(X)), X, rtol=1e-9)
    normal = QuantileTransformer(output_distribution="normal", subsample=None).fit(X)
    Z = normal.transform(X)
    assert abs(Z.mean()) < 1e-2 and abs(Z.std() - 1) < 0.02
    np.testing.assert_allclose(normal.inverse_transform(Z), X, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("output", ["uniform", "normal"])
def test_dtype_copy_and_order(output, dtype):
    X = table(dtype=dtype)
    before = X.copy()
    transformer = QuantileTransformer(n_quantiles=20, output_distribution=output)
    Z = transformer.fit_transform(X)
    assert Z.dtype == dtype
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(transformer.transform(np.asfortranarray(X)), Z)
    expected = reference.QuantileTransformer(
        n_quantiles=20, output_distribution=output
    ).fit_transform(X)
    # In float32 scikit-learn's margin is lost beside a greatest value of 4.
    inside = X[:, 1] != 4 if dtype == np.float32 else np.full(len(X), True)
    np.testing.assert_allclose(
        Z[inside], expected[inside], atol=1e-5 if dtype == np.float32 else 1e-9
    )
    in_place = transformer.set_params(copy=False).transform(X)
    assert in_place is X
    np.testing.assert_array_equal(X, Z)


def test_rows_are_mapped_alone():
    X = table()
    transformer = QuantileTransformer(output_distribution="normal").fit(X)
    parts = [transformer.transform(part) for part in np.array_split(X, 7)]
    np.testing.assert_array_equal(np.concatenate(parts), transformer.transform(X))


@pytest.mark.parametrize("axis", [0, 1])
def test_function(axis):
    X = table(40)
    np.testing.assert_allclose(
        quantile_transform(X, axis=axis, n_quantiles=10),
        reference.quantile_transform(X, axis=axis, n_quantiles=10),
        atol=1e-10,
    )
    S = sp.random(30, 30, density=0.4, random_state=0, format="csr")
    np.testing.assert_allclose(
        quantile_transform(S, axis=axis, n_quantiles=10).toarray(),
        reference.quantile_transform(S, axis=axis, n_quantiles=10).toarray(),
        atol=1e-10,
    )


@pytest.mark.filterwarnings("ignore:n_quantiles")
def test_bad_input():
    X = table(50)
    with pytest.raises(ValueError, match="quantiles cannot be greater"):
        QuantileTransformer(n_quantiles=20, subsample=10).fit(X)
    with pytest.raises(ValueError, match="non-negative sparse"):
        QuantileTransformer().fit(sp.csc_array([[-1.0], [2.0]]))
    with pytest.warns(UserWarning, match="ignore_implicit_zeros"):
        QuantileTransformer(ignore_implicit_zeros=True).fit(X)
    with pytest.raises(ValueError, match="'output_distribution'"):
        QuantileTransformer(output_distribution="beta").fit(X)
    with pytest.raises(ValueError, match="'axis'"):
        quantile_transform(X, axis=2)


@pytest.mark.filterwarnings("default:n_quantiles")
def test_too_many_quantiles_are_said():
    with pytest.warns(UserWarning, match="set to n_samples"):
        assert QuantileTransformer().fit(table(50)).n_quantiles_ == 50
