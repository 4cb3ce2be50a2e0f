"""Products of columns: their definition, sparse as dense, and parity with scikit-learn."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.preprocessing as reference

from mlkit.preprocessing import PolynomialFeatures

RNG = np.random.default_rng(0)
DEGREES = [0, 1, 2, 3, 4, (0, 2), (1, 3), (2, 2), (3, 4), (0, 0)]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("interaction", [False, True])
@pytest.mark.parametrize("degree", DEGREES, ids=str)
def test_parity(degree, interaction, bias, order):
    if not bias and (degree == 0 or degree == (0, 0)):
        return
    X = RNG.normal(size=(70, 4))
    params = {
        "degree": degree,
        "interaction_only": interaction,
        "include_bias": bias,
        "order": order,
    }
    ours, theirs = PolynomialFeatures(**params).fit(X), reference.PolynomialFeatures(**params)
    theirs.fit(X)
    Z = ours.transform(X)
    np.testing.assert_allclose(Z, theirs.transform(X), rtol=1e-14)
    assert Z.flags[f"{order}_CONTIGUOUS"]
    np.testing.assert_array_equal(ours.powers_, theirs.powers_)
    assert ours.n_output_features_ == theirs.n_output_features_
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()
    np.testing.assert_allclose(Z, np.prod(X[:, None, :] ** ours.powers_, axis=2), rtol=1e-12)


@pytest.mark.parametrize("form", ["csr", "csc"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("interaction", [False, True])
@pytest.mark.parametrize("degree", DEGREES[1:-1], ids=str)
def test_sparse_equals_dense(degree, interaction, bias, form):
    X = sp.random(60, 7, density=0.3, format=form, random_state=0, dtype=np.float64)
    X = sp.vstack([X, sp.csr_matrix((3, 7))]).asformat(form)
    poly = PolynomialFeatures(degree, interaction_only=interaction, include_bias=bias)
    Z = poly.fit_transform(X)
    assert Z.format == form
    np.testing.assert_array_equal(Z.toarray(), poly.fit_transform(X.toarray()))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    X = RNG.normal(size=(20, 3)).astype(dtype)
    assert PolynomialFeatures().fit_transform(X).dtype == dtype
    assert PolynomialFeatures().fit_transform(sp.csr_array(X)).dtype == dtype
    assert PolynomialFeatures(order="F").fit_transform(X).dtype == dtype


def test_empty_sparse_and_unsorted_indices():
    empty = sp.csr_array((3, 2))
    Z = PolynomialFeatures().fit_transform(empty).toarray()
    np.testing.assert_array_equal(Z, [[1, 0, 0, 0, 0, 0]] * 3)
    X = sp.csr_array((np.array([2.0, 3.0]), np.array([1, 0]), np.array([0, 2])), shape=(1, 2))
    assert PolynomialFeatures().fit_transform(X).toarray().tolist() == [[1, 3, 2, 9, 6, 4]]


@pytest.mark.parametrize(
    "params, words",
    [
        ({"degree": -1}, "degree"),
        ({"degree": (2, 1)}, "min_degree <= max_degree"),
        ({"degree": (1, 1.5)}, "min_degree <= max_degree"),
        ({"degree": (1, 2, 3)}, "min_degree <= max_degree"),
        ({"degree": 0, "include_bias": False}, "empty output"),
        ({"degree": (0, 0), "include_bias": False}, "empty output"),
        ({"degree": 100}, "too large to be indexed"),
    ],
)
def test_bad_parameters(params, words):
    with pytest.raises(ValueError, match=words):
        PolynomialFeatures(**params).fit(np.ones((2, 50)))
