"""Metrics beside scikit-learn: rankings, log loss, clusterings and distances.

Run: python benchmarks/bench_metrics.py
"""

from sidebyside import compare, describe  # isort: skip  (it sets up BLAS before numpy loads)

import numpy as np
import sklearn.metrics as theirs

import mlkit.metrics as ours

RNG = np.random.default_rng(0)


def difference(a, b):
    """Largest difference of two results, of a curve's first array."""
    a, b = (
        np.asarray(each[0] if isinstance(each, tuple) else each, dtype=float) for each in (a, b)
    )
    return float(np.abs(a - b).max())


def race(work, name, *args, tolerance, rounds=5, **options):
    """Time one metric of both libraries; their results must agree."""
    mine, other = getattr(ours, name), getattr(theirs, name)
    gap = difference(mine(*args, **options), other(*args, **options))
    assert gap <= tolerance, f"{work}: results differ by {gap}"
    compare(
        f"{name}, {work}",
        {
            "mlkit": lambda: mine(*args, **options),
            "scikit-learn": lambda: other(*args, **options),
        },
        rounds=rounds,
        seconds=0.2,
        quality={"mlkit": f"largest difference {gap:.1e}"},
    )


def rankings(n):
    y = RNG.integers(0, 2, n)
    score = RNG.random(n) * 0.7 + y * 0.3
    weight = RNG.random(n)
    for name in ("roc_auc_score", "average_precision_score", "roc_curve"):
        race(f"{n:,} rows of float64", name, y, score, tolerance=1e-9)
        race(f"{n:,} rows of float32", name, y, score.astype(np.float32), tolerance=1e-9)
    race(f"{n:,} weighted rows", "roc_auc_score", y, score, sample_weight=weight, tolerance=1e-9)


def labels(n):
    y, guess = RNG.integers(0, 10, (2, n))
    proba = RNG.random((n, 10))
    proba /= proba.sum(axis=1, keepdims=True)
    race(f"{n:,} rows, 10 classes", "log_loss", y, proba, tolerance=1e-9)
    race(f"{n:,} rows, 10 classes", "confusion_matrix", y, guess, tolerance=0)
    race(f"{n:,} rows, 10 clusters", "adjusted_rand_score", y, guess, tolerance=1e-9)
    race(f"{n:,} rows, 10 clusters", "v_measure_score", y, guess, tolerance=1e-9)


def few(n=10):
    y, guess = RNG.integers(0, 2, (2, n))
    for name in ("accuracy_score", "f1_score"):
        race(f"{n} rows", name, y, guess, tolerance=1e-12)
    race(f"{n} rows", "r2_score", RNG.random(n), RNG.random(n), tolerance=1e-9)


def distances():
    X, cluster = RNG.standard_normal((20_000, 10)), RNG.integers(0, 10, 20_000)
    race("20,000 x 10, 10 clusters", "silhouette_score", X, cluster, tolerance=1e-9, rounds=3)
    for columns in (10, 50, 200):
        X = RNG.standard_normal((5_000, columns))
        for metric in ("euclidean", "manhattan"):
            race(f"5,000 x {columns}, {metric}", "pairwise_distances", X, metric=metric,
                 tolerance=1e-6, rounds=3)  # fmt: skip


def main():
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    print("Threads: as many as cores; ratio: peer's time / mlkit's")
    rankings(1_000_000)
    labels(1_000_000)
    few()
    distances()


if __name__ == "__main__":
    main()
