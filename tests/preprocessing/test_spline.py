"""B-splines: they sum to 1, are smooth, and are scikit-learn's."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.preprocessing as reference

from mlkit import preprocessing
from mlkit.preprocessing import SplineTransformer

RNG = np.random.default_rng(0)
BEYOND = ["constant", "linear", "continue", "periodic"]


def table(n_rows=150):
    return np.column_stack(
        [RNG.normal(size=n_rows), RNG.random(n_rows), RNG.exponential(size=n_rows)]
    )


def _reference(params, X, new):
    """scikit-learn's result column by column: for several it extrapolates degrees 0 and 1 wrongly,
    and degree 0 beyond the last knot, which is a line of no slope, not as a constant."""
    params = dict(params)
    if params["degree"] == 0 and params["extrapolation"] == "constant":
        params["extrapolation"] = "linear"
    parts = []
    for j in range(X.shape[1]):
        given = params["knots"] if isinstance(params["knots"], str) else params["knots"][:, [j]]
        spline = reference.SplineTransformer(**{**params, "knots": given}).fit(X[:, [j]])
        parts.append(spline.transform(new[:, [j]]))
    return np.hstack(parts)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("knots", ["uniform", "quantile", "given"])
@pytest.mark.parametrize("degree", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("beyond", BEYOND)
def test_parity(beyond, degree, knots, bias):
    X = table()
    new = np.vstack([X, 3 * X - 1, X.min(axis=0), X.max(axis=0)])
    if knots == "given":
        knots = np.linspace(0.1, 0.9, 7)[:, None] ** [1, 2, 3]
    params = {
        "n_knots": 6,
        "degree": degree,
        "knots": knots,
        "extrapolation": beyond,
        "include_bias": bias,
    }
    ours, theirs = SplineTransformer(**params).fit(X), reference.SplineTransformer(**params).fit(X)
    for a, b in zip(ours.bsplines_, theirs.bsplines_, strict=True):
        np.testing.assert_allclose(a.t, b.t, rtol=1e-12, atol=1e-13)
        a.t[:] = b.t  # degree 0 has steps, which a digit more or less of a knot moves
    ours._knots = np.stack([each.t for each in theirs.bsplines_])
    expected = _reference(params, X, new)
    scale = np.abs(expected).max()
    got = ours.transform(new)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11 * scale)
    assert ours.n_features_out_ == theirs.n_features_out_ == got.shape[1]
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()
    sparse = ours.set_params(sparse_output=True).transform(new)
    assert sp.issparse(sparse) and sparse.format == "csr"
    np.testing.assert_array_equal(sparse.toarray(), got)


@pytest.mark.parametrize("degree", [0, 1, 3])
@pytest.mark.parametrize("beyond", BEYOND)
def test_splines_sum_to_one(beyond, degree):
    X = table()
    spline = SplineTransformer(n_knots=5, degree=degree, extrapolation=beyond).fit(X)
    Z = spline.transform(3 * X)
    sums = Z.reshape(len(X), 3, -1).sum(axis=2)
    np.testing.assert_allclose(sums, 1, atol=1e-6 * max(1, np.abs(Z).max()))


@pytest.mark.parametrize("knots", ["uniform", "quantile"])
def test_weights(knots):
    X = table()
    weight = RNG.integers(0, 3, len(X)).astype(float)
    ours = SplineTransformer(knots=knots).fit(X, sample_weight=weight)
    theirs = reference.SplineTransformer(knots=knots).fit(X, sample_weight=weight)
    for a, b in zip(ours.bsplines_, theirs.bsplines_, strict=True):
        np.testing.assert_allclose(a.t, b.t, rtol=1e-12)


@pytest.mark.parametrize("sparse_output", [False, True])
def test_missing_values_have_no_spline(sparse_output):
    X = table()
    X[::7, 1] = np.nan
    params = {"handle_missing": "zeros", "sparse_output": sparse_output, "knots": "quantile"}
    got = SplineTransformer(**params).fit_transform(X)
    expected = reference.SplineTransformer(**params).fit_transform(X)
    if sparse_output:
        got, expected = got.toarray(), expected.toarray()
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="NaN"):
        SplineTransformer().fit(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_dtype_and_order(order, dtype):
    X = table().astype(dtype)
    Z = SplineTransformer(order=order).fit_transform(X)
    assert Z.dtype == dtype and Z.flags[f"{order}_CONTIGUOUS"]
    np.testing.assert_allclose(Z, SplineTransformer().fit_transform(X.astype(float)), atol=1e-5)
    parts = SplineTransformer(order=order).fit(X)
    np.testing.assert_array_equal(np.vstack([parts.transform(x) for x in np.array_split(X, 9)]), Z)


@pytest.mark.parametrize(
    "params, words",
    [
        ({"n_knots": 1}, "'n_knots'"),
        ({"degree": -1}, "'degree'"),
        ({"knots": [[1.0, 2, 3]]}, "2 rows at least"),
        ({"knots": [[1.0], [2.0]]}, "knots have 1 columns"),
        ({"knots": [[1.0] * 3, [1.0] * 3]}, "must ascend"),
        ({"extrapolation": "periodic", "n_knots": 3}, "more knots than"),
    ],
)
def test_bad_parameters(params, words):
    with pytest.raises(ValueError, match=words):
        SplineTransformer(**params).fit(table())


def test_values_beyond_the_knots_can_be_refused():
    X = table()
    spline = SplineTransformer(extrapolation="error").fit(X)
    spline.transform(X)
    with pytest.raises(ValueError, match="beyond the limits"):
        spline.transform(2 * X)


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("knots", ["uniform", "quantile"])
@pytest.mark.parametrize("at", ["all", "bottom", "top", "both"])
def test_equal_knots(at, knots, degree):
    """Where many values are one, quantiles are, and an interval between knots has no length."""
    spread = np.random.default_rng(0).random(40)
    below, above = np.zeros(60 * (at in ("bottom", "both"))), np.ones(60 * (at in ("top", "both")))
    X = np.concatenate([below, spread, above])[:, None] if at != "all" else np.full((20, 1), 3.0)
    ours, theirs = (
        each.SplineTransformer(knots=knots, degree=degree).fit(X)
        for each in (preprocessing, reference)
    )
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X), atol=1e-12)
