"""Random projections: scikit-learn's matrices, and what Johnson and Lindenstrauss promise."""

import numpy as np
import pytest
import sklearn.random_projection as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.spatial.distance import pdist

import mlkit.random_projection as ours
from mlkit.datasets import load_digits
from mlkit.exceptions import DataDimensionalityWarning
from mlkit.random_projection import (
    GaussianRandomProjection,
    SparseRandomProjection,
    johnson_lindenstrauss_min_dim,
)

X = load_digits().data
KINDS = [
    ("GaussianRandomProjection", {}),
    ("SparseRandomProjection", {}),
    ("SparseRandomProjection", {"density": 0.4, "dense_output": True}),
    ("SparseRandomProjection", {"density": 1.0}),
    ("SparseRandomProjection", {"density": 1 / 64**2}),
]


def dense(data):
    return data.toarray() if sparse.issparse(data) else data


@pytest.mark.parametrize(("name", "options"), KINDS)
@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix, sparse.csc_array])
def test_as_scikit_learn(name, options, dtype, kind):
    data = kind(X.astype(dtype))
    options = {"n_components": 9, "random_state": 3, "compute_inverse_components": True, **options}
    found, expected = (getattr(m, name)(**options).fit(data) for m in (ours, reference))
    assert_array_equal(dense(found.components_), dense(expected.components_))
    assert type(found.components_) is type(expected.components_)
    projected, target = found.transform(data), expected.transform(data)
    assert sparse.issparse(projected) == sparse.issparse(target)
    assert projected.dtype == target.dtype == dtype
    assert_allclose(dense(projected), dense(target), atol=1e-10 if dtype == "f8" else 1e-3)
    back = found.inverse_transform(projected)
    assert_allclose(back, expected.inverse_transform(target), atol=1e-9 if dtype == "f8" else 1e-3)
    if np.linalg.matrix_rank(dense(found.components_)) == 9:
        assert_allclose(dense(found.transform(back)), dense(projected), atol=1e-3)


@pytest.mark.parametrize("cls", [GaussianRandomProjection, SparseRandomProjection])
def test_distances_are_kept(cls):
    data = np.random.RandomState(0).rand(40, 4000)
    model = cls(eps=0.3, random_state=0).fit(data)
    assert model.n_components_ == johnson_lindenstrauss_min_dim(40, eps=0.3)
    ratio = pdist(model.transform(data)) ** 2 / pdist(data) ** 2
    assert ratio.min() > 0.7 and ratio.max() < 1.3


@pytest.mark.parametrize("density", [0.05, 0.5, 1.0])
def test_entries(density):
    model = SparseRandomProjection(200, density=density, random_state=0)
    entries = dense(model.fit(np.zeros((2, 300))).components_)
    assert (entries != 0).mean() == pytest.approx(density, rel=0.05)
    size = np.sqrt(1 / density / 200)
    assert_allclose(np.unique(abs(entries[entries != 0])), size)
    assert entries.mean() == pytest.approx(0, abs=0.01)


def test_min_dim():
    assert_array_equal(
        johnson_lindenstrauss_min_dim([10, 1e6], eps=[0.1, 0.5]),
        reference.johnson_lindenstrauss_min_dim([10, 1e6], eps=[0.1, 0.5]),
    )
    for n, eps in ((0, 0.5), (10, 0), (10, 1), ([1, -1], 0.5), (10, [0.5, 2])):
        with pytest.raises(ValueError):
            johnson_lindenstrauss_min_dim(n, eps=eps)


def test_names_and_number():
    model = GaussianRandomProjection(3, random_state=0).fit(X)
    assert list(model.get_feature_names_out()) == [f"gaussianrandomprojection{i}" for i in range(3)]
    with pytest.warns(DataDimensionalityWarning, match="not be reduced"):
        assert GaussianRandomProjection(65).fit_transform(X).shape[1] == 65
    with pytest.raises(ValueError, match="larger than n_features=64"):
        SparseRandomProjection().fit(X)
    with pytest.raises(ValueError, match="eps"):
        GaussianRandomProjection(eps=1.5).fit(X)
    with pytest.raises(ValueError, match="density"):
        SparseRandomProjection(3, density=1.1).fit(X)
    with pytest.raises(ValueError, match="'n_components' parameter"):
        SparseRandomProjection(0).fit(X)
