"""Matrix generators: spectrum, definiteness, codes, blocks."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from mlkit import config_context
from mlkit.datasets import (
    make_biclusters,
    make_checkerboard,
    make_low_rank_matrix,
    make_sparse_coded_signal,
    make_sparse_spd_matrix,
    make_spd_matrix,
)


@pytest.mark.parametrize("shape", [(30, 12), (12, 30)])
@pytest.mark.parametrize("tail", [0.0, 0.3, 1.0])
def test_singular_values_are_the_stated_ones(shape, tail):
    X = make_low_rank_matrix(*shape, effective_rank=4, tail_strength=tail, random_state=0)
    i = np.arange(12) / 4
    expected = (1 - tail) * np.exp(-(i**2)) + tail * np.exp(-0.1 * i)
    assert_allclose(np.linalg.svd(X, compute_uv=False), expected, atol=1e-12)


def test_sparse_codes():
    data, dictionary, code = make_sparse_coded_signal(
        6, n_components=9, n_features=7, n_nonzero_coefs=3, random_state=0
    )
    assert data.shape == (6, 7)
    assert_allclose(code @ dictionary, data)
    assert_allclose((dictionary**2).sum(axis=1), 1)
    assert_array_equal((code != 0).sum(axis=1), 3)
    with pytest.raises(ValueError, match="n_nonzero_coefs=10"):
        make_sparse_coded_signal(6, n_components=9, n_features=7, n_nonzero_coefs=10)


@pytest.mark.parametrize("seed", range(5))
def test_spd(seed):
    X = make_spd_matrix(8, random_state=seed)
    assert_allclose(X, X.T)
    assert np.linalg.eigvalsh(X).min() > 0


@pytest.mark.parametrize("norm_diag", [False, True])
def test_sparse_spd(norm_diag):
    options = {"n_dim": 30, "alpha": 0.9, "norm_diag": norm_diag, "random_state": 0}
    X = make_sparse_spd_matrix(**options)
    assert_allclose(X, X.T)
    assert np.linalg.eigvalsh(X).min() > 0
    assert 0.02 < (X - np.diag(X.diagonal()) != 0).mean() < 0.5
    if norm_diag:
        assert_allclose(X.diagonal(), 1)
    for name in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil"):
        sparse = make_sparse_spd_matrix(**options, sparse_format=name)
        assert sparse.format == name
        assert_array_equal(sparse.toarray(), X)
    with config_context(sparse_interface="sparray"):
        assert isinstance(make_sparse_spd_matrix(5, sparse_format="csr"), sp.sparray)


def test_sparse_spd_of_alpha_one_is_the_identity():
    assert_array_equal(make_sparse_spd_matrix(4, alpha=1.0, random_state=0), np.eye(4))


@pytest.mark.parametrize("shuffle", [False, True])
def test_biclusters(shuffle):
    X, rows, columns = make_biclusters((40, 30), 4, shuffle=shuffle, random_state=0)
    assert_array_equal(rows.sum(axis=0), 1)
    assert_array_equal(columns.sum(axis=0), 1)
    covered = np.zeros(X.shape, dtype=bool)
    for row, column in zip(rows, columns, strict=True):
        block = X[np.ix_(row, column)]
        assert 10 <= block.min() == block.max() <= 100
        covered |= np.outer(row, column)
    assert not X[~covered].any()


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("n_clusters", [3, (4, 2)])
def test_checkerboard(shuffle, n_clusters):
    X, rows, columns = make_checkerboard((40, 30), n_clusters, shuffle=shuffle, random_state=0)
    assert len(rows) == len(columns) == np.prod(n_clusters) ** (1 + np.isscalar(n_clusters))
    covered = np.zeros(X.shape, dtype=int)
    for row, column in zip(rows, columns, strict=True):
        block = X[np.ix_(row, column)]
        assert 10 <= block.min() == block.max() <= 100
        covered += np.outer(row, column)
    assert_array_equal(covered, 1)


@pytest.mark.parametrize("make", [make_biclusters, make_checkerboard])
def test_noise_is_added_to_every_value(make):
    clean, *_ = make((60, 50), 2, shuffle=False, random_state=0)
    noisy, *_ = make((60, 50), 2, shuffle=False, noise=3.0, random_state=0)
    assert_allclose((noisy - clean).std(), 3, rtol=0.1)
    assert ((noisy - clean) != 0).all()


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (make_low_rank_matrix, {"effective_rank": 0}),
        (make_low_rank_matrix, {"tail_strength": 2}),
        (make_spd_matrix, {"n_dim": 0}),
        (make_sparse_spd_matrix, {"sparse_format": "dense"}),
        (make_sparse_spd_matrix, {"largest_coef": 1.5}),
    ],
)
def test_bad_argument_is_refused(make, options):
    (parameter,) = options
    with pytest.raises(ValueError, match=parameter):
        make(**options)
