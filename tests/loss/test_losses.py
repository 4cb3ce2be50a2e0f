"""Every loss: derivatives by finite differences, sums, baseline, threads."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlkit._engine.loss.losses import LOSSES, BinaryLogistic, Multinomial, weighted_quantile


def case(loss, n=300, seed=0, dtype=np.float64):
    """Targets in the loss's domain and raw predictions away from its kinks."""
    rng = np.random.default_rng(seed)
    y = rng.gamma(2.0, 1.0, size=n)
    raw = rng.normal(size=n)
    if loss.domain == "-1 or 1":
        y = rng.choice([-1.0, 1.0], size=n)
    elif isinstance(loss, Multinomial):
        y = rng.integers(loss.n_classes, size=n).astype(float)
        raw = rng.normal(size=(n, loss.n_classes)) * 3
    elif isinstance(loss, BinaryLogistic):
        y = rng.choice([0.0, 1.0, 0.3], size=n)
        raw = raw * 5
    if loss.link.lowest == -np.inf and hasattr(loss, "power"):
        raw = np.exp(raw)  # the identity link needs a mean in the domain
    assert loss.admits(y)
    return y.astype(dtype), raw.astype(dtype), rng.uniform(0.5, 2.0, size=n).astype(dtype)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_derivatives_by_finite_differences(loss):
    y, raw, weight = case(loss)
    gradient, curvature = loss.gradient_curvature(y, raw, weight)
    step = 1e-6
    columns = range(raw.shape[1]) if raw.ndim == 2 else [...]
    for k in columns:
        shift = np.zeros_like(raw)
        shift[:, k] = step
        if raw.ndim == 1:
            shift[...] = step
        above, below = (loss.per_sample(y, raw + s, weight) for s in (shift, -shift))
        kink = np.abs(gradient - loss.gradient(y, raw + 3 * shift, weight)) > 0.1
        smooth = ~(kink[:, k] if raw.ndim == 2 else kink)
        assert smooth.mean() > 0.98
        difference = (above - below) / (2 * step)
        assert_allclose(
            gradient[:, k][smooth] if raw.ndim == 2 else gradient[smooth],
            difference[smooth],
            rtol=1e-6,
            atol=1e-7,
        )
        slopes = [loss.gradient(y, raw + s, weight) for s in (shift, -shift)]
        second = (slopes[0] - slopes[1]) / (2 * step)
        pick = (slice(None), k) if raw.ndim == 2 else slice(None)
        bend = np.abs(second[pick] - curvature[pick]) > 1e-5 * (1 + np.abs(curvature[pick]))
        assert bend[smooth].sum() <= (0 if loss.domain != "-1 or 1" else 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_value_is_weighted_sum_of_samples_for_any_number_of_threads(loss, dtype):
    y, raw, weight = case(loss, n=20_000, dtype=dtype)
    tolerance = 1e-5 if dtype == np.float32 else 1e-11
    each = loss.per_sample(y, raw, weight)
    assert each.dtype == dtype
    assert_allclose(loss.value(y, raw, weight), each.sum(dtype=float), rtol=tolerance)
    assert_allclose(each, weight * loss.per_sample(y, raw), rtol=tolerance, atol=1e-6)
    assert loss.value(y, raw, weight) == loss.value(y, raw, weight, n_threads=3)
    one, three = (loss.gradient_curvature(y, raw, weight, n_threads=t) for t in (1, 3))
    assert_array_equal(one, three)
    assert one[0].dtype == dtype
    # the loop without weights is another: ones must give the same
    assert_allclose(loss.value(y, raw), loss.value(y, raw, np.ones_like(y)), rtol=1e-12)
    assert_array_equal(loss.gradient(y, raw), loss.gradient(y, raw, np.ones_like(y)))


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_baseline_is_the_best_constant(loss):
    y, raw, weight = case(loss, seed=1)
    best = loss.baseline(y, weight)
    shape = raw.shape if raw.ndim == 2 else (len(y), 1)

    def at(z):
        return loss.value(y, np.broadcast_to(z, shape), weight)

    rng = np.random.default_rng(2)
    floor = at(best)
    for scale in (1e-3, 0.1, 0.5):
        for _ in range(5):
            assert at(best + scale * rng.choice([-1, 1], size=best.shape)) >= floor - 1e-12 * abs(
                floor
            )


def test_logistic_is_exact_far_out():
    """log(1 + e^z) − z and its derivatives without overflow or cancellation."""
    loss = BinaryLogistic()
    z = np.array([-800.0, -40.0, -1e-3, 0.0, 1e-3, 40.0, 800.0])
    with np.errstate(over="ignore"):
        expected = np.where(z < -30, -z, np.log1p(np.exp(-z)))
    assert_allclose(loss.per_sample(np.ones(7), z), expected, rtol=1e-14, atol=1e-300)
    assert_allclose(loss.per_sample(np.zeros(7), -z), expected, rtol=1e-14, atol=1e-300)
    tail = loss.gradient(np.ones(1), np.array([40.0]))
    assert_allclose(tail, -np.exp(-40.0), rtol=1e-14)


def test_multi_target_is_the_sum_of_targets():
    for loss in LOSSES:
        if isinstance(loss, Multinomial):
            continue
        y, raw, weight = case(loss)
        both = loss.value(np.c_[y, y[::-1]], np.c_[raw, raw[::-1]], weight)
        apart = loss.value(y, raw, weight) + loss.value(y[::-1], raw[::-1], weight)
        assert_allclose(both, apart, rtol=1e-12)


def test_shapes_are_checked_at_the_door():
    with pytest.raises(ValueError, match="shape"):
        BinaryLogistic().value(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="weights"):
        BinaryLogistic().value(np.zeros(3), np.zeros(3), np.ones(2))


@pytest.mark.parametrize("level", [0.0, 0.25, 0.5, 1.0])
def test_weighted_quantile_is_that_of_repeated_rows(level):
    rng = np.random.default_rng(0)
    y, weight = rng.normal(size=40), rng.integers(1, 4, size=40)
    assert_array_equal(
        weighted_quantile(y, level, weight), weighted_quantile(np.repeat(y, weight), level)
    )


def test_every_processor_level_gives_the_same_bits():
    import os
    import subprocess
    import sys

    code = (
        "import hashlib, numpy as np\n"
        "from mlkit._engine.loss.losses import LOSSES\n"
        "rng, digest = np.random.default_rng(0), hashlib.sha256()\n"
        "for loss in LOSSES:\n"
        "    k = getattr(loss, 'n_classes', 1)\n"
        "    raw = rng.uniform(0.1, 2, size=(5001, k))\n"
        "    y = rng.integers(0, 2, 5001).astype(float)\n"
        "    for part in (*loss.gradient_curvature(y, raw), np.array(loss.value(y, raw))):\n"
        "        digest.update(part.tobytes())\n"
        "print(digest.hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "MLKIT_CPU": level},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for level in ("baseline", "avx2", "avx512")
    }
    assert len(found) == 1


def test_a_class_that_there_is_not_makes_nan_and_touches_nothing():
    loss, raw = Multinomial(3), np.zeros((4, 3))
    for label in (-1.0, 3.0, 1e300, np.nan, np.inf):
        y = np.array([0.0, label, 1.0, 2.0])
        assert not loss.admits(y)
        assert np.isnan(loss.value(y, raw))
        assert np.isfinite(loss.gradient(y, raw)).all()
