"""A design is its matrix: dense or sparse, either order, centred and scaled."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit._engine.glm.design import Design
from mlkit._engine.loss.losses import LOSSES, BinaryLogistic, Multinomial

FORMS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)[::2, ::2],
    "slice of rows": lambda X: np.pad(X, ((0, 0), (3, 2)))[:, 3:-2],
    "backwards": lambda X: X[::-1].copy()[::-1],
    "columns backwards": lambda X: X[:, ::-1].copy()[:, ::-1],
    "csr": sparse.csr_array,
    "csc": sparse.csc_array,
    "csr_matrix": sparse.csr_matrix,
}


def matrix(n=500, p=7, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * (rng.random((n, p)) < 0.4)
    return X.astype(dtype), rng


@pytest.fixture(params=FORMS)
def form(request):
    return FORMS[request.param]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("moved", [False, True])
def test_products_are_those_of_the_matrix(form, dtype, moved):
    X, rng = matrix(dtype=dtype)
    center, scale = (rng.normal(size=7), rng.uniform(1, 2, size=7)) if moved else (0.0, 1.0)
    dense = (X - center) / scale
    design = Design(form(X), *((center, scale) if moved else (None, None)))
    coef, residual = rng.normal(size=(7, 3)), rng.normal(size=(500, 3)).astype(dtype)
    weight = rng.uniform(size=500).astype(dtype)
    tolerance = {"rtol": 1e-4, "atol": 1e-3} if dtype == np.float32 else {"atol": 1e-11}
    intercept = np.array([1.0, 2.0, 3.0])
    margins = design.margins(coef, intercept)
    assert margins.dtype == dtype
    assert_allclose(margins, dense @ coef + intercept, **tolerance)
    assert_allclose(design.pull(residual), dense.T @ residual, **tolerance)
    assert_allclose(design.gram(weight), dense.T @ (weight[:, None] * dense), **tolerance)
    mean, variance = design.moments(weight)
    assert_allclose(mean, np.average(X, axis=0, weights=weight), **tolerance)
    assert_allclose(variance, np.average((X - mean) ** 2, axis=0, weights=weight), **tolerance)
    raw, b = design.to_raw(coef, intercept)
    assert_allclose(X @ raw + b, dense @ coef + intercept, **tolerance)
    for back, there in zip(design.from_raw(raw, b), (coef, intercept), strict=True):
        assert_allclose(back, there, **tolerance)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_one_pass_gives_value_and_gradient(form, loss):
    """∂F/∂β = Xᵀ w ℓ'(y, Xβ + b), from the loss's own derivatives."""
    X, rng = matrix()
    K = getattr(loss, "n_classes", 1)
    y = (rng.integers(K, size=(500, 1)) if K > 1 else rng.gamma(2, size=(500, 1))).astype(float)
    y = np.minimum(y, 1) if isinstance(loss, BinaryLogistic) else y
    coef, intercept = rng.normal(size=(7, K)) * 0.1, np.full(K, 2.0)
    weight, center = rng.uniform(size=500), rng.normal(size=7) * 0.1
    design = Design(form(X), center)
    margins, value, gradient, sums = design.evaluate(loss, y, weight, 0.5, coef, intercept)
    expected = (X - center) @ coef + intercept
    assert_allclose(margins, expected, atol=1e-12)
    residual = 0.5 * loss.gradient(y, expected, weight).reshape(500, K)
    assert_allclose(value, 0.5 * loss.value(y, expected, weight))
    assert_allclose(gradient, (X - center).T @ residual, atol=1e-11)
    assert_allclose(sums, residual.sum(axis=0), atol=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", [1, 4])
def test_threads_do_not_change_a_bit(form, dtype, n_classes):
    X, rng = matrix(n=40_000, p=12, dtype=dtype)
    loss = Multinomial(4) if n_classes > 1 else BinaryLogistic()
    y = rng.integers(max(2, n_classes), size=(40_000, 1)).astype(dtype)
    coef, intercept = rng.normal(size=(12, n_classes)), np.zeros(n_classes)
    one, four = (
        Design(form(X), n_threads=t).evaluate(loss, y, None, 1.0, coef, intercept) for t in (1, 4)
    )
    for a, b in zip(one, four, strict=True):
        assert_array_equal(a, b)


def test_wrong_shapes_are_refused():
    X, _ = matrix()
    design, loss = Design(X), BinaryLogistic()
    with pytest.raises(ValueError, match="disagree"):
        design.evaluate(loss, np.zeros((400, 1)), None, 1.0, np.zeros((7, 1)), np.zeros(1))
    with pytest.raises(ValueError, match="disagree"):
        design.evaluate(loss, np.zeros((500, 1)), None, 1.0, np.zeros((6, 1)), np.zeros(1))
    with pytest.raises(ValueError, match="disagree"):
        design.evaluate(loss, np.zeros((500, 1)), np.ones(3), 1.0, np.zeros((7, 1)), np.zeros(1))


def test_bad_sparse_indices_are_refused():
    bad = sparse.csr_matrix((np.ones(2), np.array([0, 9]), np.array([0, 1, 2])), shape=(2, 10))
    bad._shape = (2, 3)
    with pytest.raises(ValueError, match="outside"):
        Design(bad).evaluate(
            BinaryLogistic(), np.zeros((2, 1)), None, 1.0, np.zeros((3, 1)), np.zeros(1)
        )


def test_rows_that_are_one_row_in_memory():
    """A broadcast row has a stride of 0, which no product may take for a width."""
    row = np.arange(7.0)
    design = Design(np.broadcast_to(row, (50, 7)))
    loss, y, coef = BinaryLogistic(), np.ones((50, 1)), np.full((7, 1), 0.1)
    margins, _, gradient, sums = design.evaluate(loss, y, None, 1.0, coef, np.zeros(1))
    assert_allclose(margins, row @ coef * np.ones((50, 1)))
    assert_allclose(gradient[:, 0], row * sums)
    assert_allclose(design.gram(), 50 * np.outer(row, row))


@pytest.mark.parametrize("shape", [(1, 7), (7, 1), (1, 1)], ids=str)
def test_single_rows_and_columns(shape, form):
    X = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    design, coef = Design(form(X)), np.full((shape[1], 2), 0.5)
    y = np.ones((shape[0], 1))
    margins, *_ = design.evaluate(Multinomial(2), y, None, 1.0, coef, np.zeros(2))
    assert_allclose(margins, X @ coef)
    assert_allclose(design.margins(coef), X @ coef)
