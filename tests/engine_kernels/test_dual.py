"""The dual solver: optimality by definition, whatever the rows, their number and the threads."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.kernels import dual as duals
from mlkit._engine.kernels.dual import (
    DensePoints,
    DenseSums,
    Kernel,
    Settings,
    SparsePoints,
    SparseSums,
    StoredPoints,
    StoredSums,
    solve,
)

KERNELS = [
    Kernel("linear"),
    Kernel("poly", 0.3, 1.0, 3),
    Kernel("rbf", 0.4),
    Kernel("sigmoid", 0.02, -0.1),
]
KINDS = [each.kind for each in KERNELS]


def gram(kernel, X, Y):
    products = X @ Y.T
    if kernel.kind == "linear":
        return products
    if kernel.kind == "poly":
        return (kernel.gamma * products + kernel.constant) ** kernel.degree
    if kernel.kind == "sigmoid":
        return np.tanh(kernel.gamma * products + kernel.constant)
    away = ((X[:, None] - Y[None]) ** 2).sum(axis=2)
    return np.exp(-kernel.gamma * away)


def rows(n, d=4, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def distances(X):
    squares = (X**2).sum(axis=1)
    away = np.maximum(squares[:, None] + squares - 2 * X @ X.T, 0.0)
    np.fill_diagonal(away, 0.0)
    return away


def signs(X, noise=0.5):
    rng = np.random.default_rng(1)
    return np.where(X[:, 0] + X[:, 1] ** 2 - 1 + noise * rng.normal(size=len(X)) > 0, 1.0, -1.0)


def every_dual(X):
    rng = np.random.default_rng(2)
    n = len(X)
    weight, y = rng.uniform(0.5, 2.0, n), X[:, 0] + 0.3 * rng.normal(size=n)
    return {
        "separate": duals.separate(signs(X), 3.0 * weight),
        "separate_share": duals.separate_share(signs(X), weight, 0.4),
        "fit_tube": duals.fit_tube(y, 2.0 * weight, 0.1),
        "fit_tube_share": duals.fit_tube_share(y, 2.0 * weight, 0.3),
        "enclose": duals.enclose(weight, 0.3),
    }


def violation(dual, value, gradient):
    """By how much a variable that can go up lies below one of its group that can go down."""
    worst = 0.0
    for g in range(dual.n_groups):
        own = dual.group == g
        rises, falls = own & (value < dual.upper), own & (value > dual.lower)
        if rises.any() and falls.any():
            worst = max(worst, gradient[falls].max() - gradient[rises].min())
    return worst


def solved(dual, points, n, **settings):
    """Values by variable, with f = Kβ; `solve` returns them by row."""
    value = dual.start.copy()
    limits = duals._Limits(
        settings.get("tol", 1e-3), settings.get("max_iter", 2**62), settings.get("cache", 2e8),
        settings.get("shrinking", True), settings.get("n_threads", 1),
    )  # fmt: skip
    index = np.arange(n, dtype=np.int32)
    found = points.solve(dual, value, index, settings.get("exact", True), limits)
    return value, *found


@pytest.mark.parametrize("kernel", KERNELS, ids=KINDS)
@pytest.mark.parametrize("name", list(every_dual(rows(20))))
@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("n", [60, 1300])
def test_solution_is_optimal(name, kernel, exact, n):
    """Bounds and sums are kept, and no pair of variables violates optimality by more than tol."""
    X = rows(n)
    dual = every_dual(X)[name]
    value, gradient, _, gap = solved(dual, DensePoints(X, kernel), n, exact=exact, tol=1e-2)
    assert (value >= dual.lower).all() and (value <= dual.upper).all()
    for g in range(dual.n_groups):
        own = dual.group == g
        assert_allclose(value[own].sum(), dual.start[own].sum(), atol=1e-9 * n)
    f = gram(kernel, X, X) @ np.bincount(dual.row, value, minlength=n)
    exactly = f[dual.row] + dual.linear
    scale = np.abs(exactly).max()
    scale += np.abs(gram(kernel, X, X)).max() * np.abs(value).sum()
    assert_allclose(gradient, exactly, atol=1e-9 * scale)
    assert violation(dual, value, exactly) <= 1e-2 + 1e-9 * scale
    assert gap <= 1e-2


@pytest.mark.parametrize("name", list(every_dual(rows(20))))
def test_one_working_set_after_another_finds_the_minimum(name):
    """Above 1024 variables, 512 at a time; the objective is that of a tight tolerance."""
    X = rows(1300)
    dual, index = every_dual(X)[name], np.arange(1300, dtype=np.int32)
    points = DensePoints(X, KERNELS[2])
    loose = solve(dual, points, index, Settings(tol=1e-3))
    tight = solve(dual, points, index, Settings(tol=1e-8))
    assert tight.gap <= 1e-8
    assert loose.objective >= tight.objective - 1e-9 * abs(tight.objective)
    assert_allclose(loose.objective, tight.objective, rtol=1e-5)


def wide():
    """A problem of which half the variables settle while the others are still far from it."""
    X = rows(3000, 28)
    return duals.separate(np.sign(X @ rows(28, 1, 1)[:, 0]), np.full(3000, 100.0)), X


@pytest.mark.parametrize("exact", [True, False])
def test_threads_change_no_bit(exact):
    dual, X = wide()
    points = DensePoints(X, Kernel("rbf", 0.05))
    value, gradient, n_iter, _ = solved(dual, points, 3000, exact=exact)
    for n_threads in (2, 4):
        again = solved(dual, points, 3000, exact=exact, n_threads=n_threads)
        assert_array_equal(again[0], value)
        assert_array_equal(again[1], gradient)
        assert again[2] == n_iter


@pytest.mark.parametrize("form", ["dense", "sparse", "stored"])
def test_shrinking_and_a_small_cache_take_other_steps_to_the_same_minimum(form):
    dual, X = wide()
    kernel = Kernel("rbf", 0.05)
    points = {
        "dense": lambda: DensePoints(X, kernel),
        "sparse": lambda: SparsePoints(sp.csr_array(X), kernel),
        "stored": lambda: StoredPoints(np.exp(-0.05 * distances(X))),
    }[form]()
    found = {}
    for shrinking in (True, False):
        for cache in (2e8, 1e6):
            value, gradient, n_iter, gap = solved(
                dual, points, 3000, exact=False, tol=1e-5, shrinking=shrinking, cache=cache
            )
            assert gap <= 1e-5
            found[shrinking, cache] = n_iter, 0.5 * value @ (gradient + dual.linear)
    assert found[True, 2e8][0] != found[False, 2e8][0]  # variables were set aside
    least = found[False, 2e8][1]
    for _, objective in found.values():
        assert_allclose(objective, least, rtol=1e-8)


@pytest.mark.parametrize("kernel", KERNELS, ids=KINDS)
@pytest.mark.parametrize("n", [60, 1300])
def test_sparse_and_stored_rows_are_as_dense_ones(kernel, n):
    X = np.where(rows(n) > 0.3, rows(n), 0.0)
    index = np.arange(n, dtype=np.int32)
    dual = duals.separate(signs(rows(n)), np.full(n, 1.0))
    found = [
        solve(dual, points, index, Settings(tol=1e-6))
        for points in (
            DensePoints(X, kernel),
            SparsePoints(sp.csr_array(X), kernel),
            StoredPoints(gram(kernel, X, X)),
        )
    ]
    for each in found[1:]:
        assert_allclose(each.objective, found[0].objective, rtol=1e-7)
        assert_allclose(each.levels, found[0].levels, atol=1e-4)


@pytest.mark.parametrize("exact", [True, False])
def test_hard_problems_reach_their_tolerance(exact):
    """A huge cost, a narrow kernel, rows three times, far from the origin."""
    X = np.repeat(rows(500, seed=3), 3, axis=0) + 1e4
    flip = np.random.default_rng(4).uniform(size=1500) < 0.1
    y = np.where(flip, -1, 1) * signs(X - 1e4)
    dual = duals.separate(y, np.full(1500, 1e4))
    value, gradient, _, gap = solved(dual, DensePoints(X, Kernel("rbf", 10.0)), 1500, exact=exact)
    f = gram(Kernel("rbf", 10.0), X, X) @ value
    assert_allclose(gradient, f + dual.linear, atol=1e-6)
    assert gap <= 1e-3


def test_max_iter_ends_the_search():
    X = rows(1300)
    dual = duals.separate(signs(X), np.full(1300, 10.0))
    for n_iter in (0, 1, 700):
        found = solve(dual, DensePoints(X, KERNELS[2]), np.arange(1300, dtype=np.int32),
                      Settings(max_iter=n_iter))  # fmt: skip
        assert found.n_iter == n_iter
        assert found.gap > 1e-3


def test_an_infinite_cost_separates():
    X = np.array([[-2.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    dual = duals.separate(np.array([-1.0, -1.0, 1.0, 1.0]), np.full(4, np.inf))
    found = solve(dual, DensePoints(X, Kernel("linear")), np.arange(4, dtype=np.int32), Settings())
    assert_allclose(found.coef @ X, [1.0, 0.0], atol=1e-12)


# ------------------------------------------------------------------------------------- sums
@pytest.mark.parametrize("kernel", KERNELS, ids=KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_out", [1, 3])
def test_sums_are_those_of_the_definition(kernel, dtype, n_out):
    rng = np.random.default_rng(0)
    X, S = rows(37, 5).astype(dtype), rows(45, 5, 1).astype(dtype)
    coef, sizes = rng.normal(size=(n_out, 45)), [20, 0, 25]
    K = gram(kernel, X.astype(np.float64), S.astype(np.float64))
    ends = np.cumsum([0, *sizes])
    expected = np.stack([K[:, a:b] @ coef[:, a:b].T for a, b in itertools.pairwise(ends)], axis=1)
    near = 1e-4 if dtype == np.float32 else 1e-12
    dense = DenseSums.of(kernel, S, coef, sizes)
    assert_allclose(dense(X), expected, atol=near * np.abs(K).max())
    assert_array_equal(dense(X, n_threads=3), dense(X))
    assert_array_equal(dense(X[4:5]), dense(X)[4:5])
    sparse = SparseSums.of(kernel, sp.csr_array(S), coef, sizes)
    assert_allclose(sparse(sp.csr_array(X)), expected, atol=1e-9 * np.abs(K).max())
    assert_array_equal(sparse(sp.csr_array(X), n_threads=3), sparse(sp.csr_array(X)))
    stored = StoredSums.of(np.arange(45), coef, sizes)
    assert_allclose(stored(K), expected, atol=1e-12 * np.abs(K).max())


def test_the_exponential_is_exact_to_its_last_digits():
    x = np.linspace(0, 700, 20001)[:, None]
    one = DenseSums.of(Kernel("rbf", 1.0), np.zeros((1, 1)), np.ones((1, 1)), [1])
    assert_allclose(one(np.sqrt(x))[:, 0, 0], np.exp(-(np.sqrt(x[:, 0]) ** 2)), rtol=5e-16)
    assert one(np.array([[40.0]]))[0, 0, 0] == 0.0  # exp(-1600) is no float


def test_arrays_that_do_not_fit_are_refused():
    X = rows(6)
    dual, index = duals.separate(np.ones(6), np.ones(6)), np.arange(6, dtype=np.int32)
    with pytest.raises(ValueError, match="row beyond the 3"):
        solve(dual, DensePoints(X, KERNELS[0]), index[:3], Settings())
    with pytest.raises(ValueError, match="the kernels here"):
        solve(dual, DensePoints(X, Kernel("cosine")), index, Settings())
    with pytest.raises(ValueError, match="beyond the kernel"):
        solve(dual, StoredPoints(np.eye(5)), index, Settings())
    with pytest.raises(ValueError, match="do not fit"):
        DenseSums.of(KERNELS[0], X, np.ones((1, 6)), [6])(rows(3, 5))
    broken = sp.csr_array(X)
    broken.indices[0] = 99
    with pytest.raises(ValueError, match="do not fit"):
        solve(dual, SparsePoints(broken, KERNELS[0]), index, Settings())
