"""Rows in chunks and columns of categories are the design of the matrix that they stand for."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose

from mlkit._engine.glm.chunks import ChunkedColumns
from mlkit._engine.glm.design import Design
from mlkit._engine.glm.table import TableColumns
from mlkit._engine.loss.losses import PoissonLoss

N = 57


@pytest.fixture(params=["chunks", "sparse chunks", "table", "codes", "part"])
def columns(request):
    """Columns and the matrix they stand for."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(N, 3)) + 5.0
    if request.param.endswith("chunks"):
        X = np.hstack([numbers, rng.normal(size=(N, 2)) * (rng.random((N, 2)) < 0.3)])
        make = scipy.sparse.csr_array if request.param == "sparse chunks" else np.asarray
        cuts = [0, 10, 11, 40, N]
        parts = [make(X[a:b]) for a, b in pairwise(cuts)]
        return ChunkedColumns(lambda: iter(parts), N, 5, X.dtype), X
    codes = [rng.integers(-1, 4, N, dtype=np.int32), rng.integers(0, 2, N, dtype=np.int32)]
    if request.param == "codes":
        numbers = numbers[:, :0]
    X = np.hstack([numbers, codes[0][:, None] == np.arange(4), codes[1][:, None] == np.arange(2)])
    table = TableColumns(numbers, codes, [4, 2])
    if request.param == "part":
        kept = np.array([1, 2, 4, 6, 8])
        return table.take(kept), X[:, kept]
    return table, X


def test_products(columns):
    columns, X = columns
    rng = np.random.default_rng(1)
    coef, residual = rng.normal(size=(X.shape[1], 2)), rng.normal(size=(N, 2))
    assert columns.shape == X.shape
    assert_allclose(columns.times(coef), X @ coef, atol=1e-12)
    assert_allclose(columns.transposed_times(residual), X.T @ residual, atol=1e-12)
    groups, weight = rng.integers(0, 4, N), rng.random(N)
    sums = np.stack([(weight[:, None] * X)[groups == g].sum(axis=0) for g in range(5)])
    assert_allclose(columns.grouped(groups, 5, weight), sums, atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("centred", [False, True])
def test_moments_and_gram(columns, weighted, centred):
    columns, X = columns
    weight = np.random.default_rng(2).integers(0, 3, N).astype(float) if weighted else None
    mean, variance = columns.moments(weight, centred)
    own, moment = Design(X).moments(weight, centred)
    assert_allclose(mean, own, atol=1e-12)
    assert_allclose(variance, moment, atol=1e-10)
    center = own if centred else None
    assert_allclose(columns.gram(weight, center), Design(X, center).gram(weight), atol=1e-9)


def test_losses(columns):
    columns, X = columns
    rng = np.random.default_rng(3)
    y, weight = rng.poisson(2.0, size=(N, 1)).astype(float), rng.random(N)
    coef = 0.1 * rng.normal(size=(X.shape[1], 1))
    ours, theirs = (
        Design(of, X.mean(axis=0)).evaluate(PoissonLoss(), y, weight, 0.5, coef, np.zeros(1))
        for of in (columns, X)
    )
    for one, other in zip(ours, theirs, strict=True):
        assert_allclose(one, other, atol=1e-10)


def test_chunks_that_change_are_refused():
    parts = [np.ones((3, 2)), np.ones((4, 2))]
    columns = ChunkedColumns(lambda: iter(parts), 7, 2, np.float64)
    parts.append(np.ones((1, 2)))
    with pytest.raises(ValueError, match="other than before"):
        columns.times(np.ones((2, 1)))
    del parts[1:]
    with pytest.raises(ValueError, match="other than before"):
        columns.times(np.ones((2, 1)))
