"""The recursion of L-BFGS and the block model it starts from."""

import numpy as np
import pytest

from mlkit._engine.glm._lbfgs import Blocks, Pairs


def steps_on(hessian, count, memory, rng):
    """Pairs of random steps on a quadratic, and the steps."""
    size = len(hessian)
    pairs, point, steps = Pairs(size, memory), rng.normal(size=(size, 1)), []
    for _ in range(count):
        following = point + rng.normal(size=(size, 1))
        pairs.remember(point, hessian @ point, following, hessian @ following)
        steps.append(following - point)
        point = following
    return pairs, steps


@pytest.mark.parametrize("count", [1, 3, 9])
def test_the_model_maps_the_last_change_to_the_last_step(count):
    rng = np.random.default_rng(0)
    root = rng.normal(size=(6, 6))
    hessian = root @ root.T + np.eye(6)
    pairs, steps = steps_on(hessian, count, 4, rng)
    assert len(pairs) == min(count, 4)
    np.testing.assert_allclose(
        pairs.downhill(hessian @ steps[-1], lambda g: 3.0 * g), steps[-1], rtol=1e-9
    )


def test_the_recursion_is_the_formula_of_bfgs():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(5, 5))
    hessian = root @ root.T + np.eye(5)
    pairs, steps = steps_on(hessian, 4, 3, rng)
    change = hessian @ steps[-1]
    inverse = np.eye(5) * (steps[-1].T @ change).item() / (change.T @ change).item()
    for step in steps[-3:]:  # Nocedal and Wright (2006), equation 6.17
        change = hessian @ step
        rho = 1 / (step.T @ change).item()
        left = np.eye(5) - rho * step @ change.T
        inverse = left @ inverse @ left.T + rho * step @ step.T
    gradient = rng.normal(size=(5, 1))
    np.testing.assert_allclose(pairs.downhill(gradient, lambda g: g), inverse @ gradient)


def test_a_step_without_curvature_is_not_kept_and_costs_no_other():
    rng = np.random.default_rng(2)
    pairs, steps = steps_on(np.eye(3), 2, 2, rng)
    zero, one = np.zeros((3, 1)), np.ones((3, 1))
    pairs.remember(zero, zero, one, -one)
    assert len(pairs) == 2
    np.testing.assert_allclose(pairs.downhill(steps[-1], lambda g: g), steps[-1])


@pytest.mark.parametrize("p", [1, 7, 40])
def test_blocks_solve_each_output_with_its_matrix(p):
    rng = np.random.default_rng(3)
    root = rng.normal(size=(2, p, p))
    matrices = root @ root.transpose(0, 2, 1) + p * np.eye(p)
    scale = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    factors = np.linalg.cholesky(matrices / scale[:, :, None] / scale[:, None])
    gradient = rng.normal(size=(p + 1, 2))
    out = Blocks(factors, 1 / scale, np.array([2.0, 4.0]), False)(gradient)
    for k in range(2):
        np.testing.assert_allclose(matrices[k] @ out[:-1, k], gradient[:-1, k])
    np.testing.assert_allclose(out[-1], gradient[-1] / [2.0, 4.0])
    balanced = Blocks(factors, 1 / scale, np.ones(2), True)(gradient)
    np.testing.assert_allclose(balanced.sum(axis=1), 0.0, atol=1e-12)


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="entries"):
        Pairs(3, 2).downhill(np.ones((2, 1)), lambda g: g)
    with pytest.raises(ValueError, match="expected"):
        Blocks(np.ones((1, 2, 2)), np.ones((1, 2)), None, False)(np.ones((3, 1)))
    with pytest.raises(ValueError, match="expected"):
        Pairs(2, 2).remember(*[np.ones((3, 1))] * 4)
