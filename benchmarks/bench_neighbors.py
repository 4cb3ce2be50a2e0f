"""Nearest neighbours beside scikit-learn: the same neighbours, and the time that they take.

Run: python benchmarks/bench_neighbors.py [quick]
"""

from sidebyside import compare, describe  # isort: skip  (it sets up BLAS before numpy loads)

import sys
import warnings

import numpy as np
import scipy.sparse as sp
import sklearn.neighbors

import mlkit.neighbors


def both(name, fit, **params):
    """The same model of both, fitted."""
    homes = (mlkit.neighbors, sklearn.neighbors)
    return [getattr(home, name)(**params).fit(*fit) for home in homes]


def told(name, params, X):
    options = ", ".join(f"{key}={value}" for key, value in params.items())
    return f"{name}({options}), {X.shape[0]} x {X.shape[1]} {X.dtype}"


def queries(quick):
    """Name, parameters, rows and queries of each piece of work with kneighbors."""
    rng = np.random.default_rng(0)
    n = 5_000 if quick else 20_000
    for d in (8, 28, 128):
        for dtype in (np.float32, np.float64):
            X = rng.standard_normal((n, d)).astype(dtype)
            yield {"algorithm": "brute"}, X, X
    for d in (2, 3, 8, 12):
        X = rng.random((n * 5 // 2, d))
        yield {"algorithm": "kd_tree"}, X, X[:n]
    X = rng.standard_normal((n, 20))
    for metric in ("manhattan", "chebyshev", "canberra", "cosine", "braycurtis", "correlation"):
        yield {"algorithm": "brute", "metric": metric}, X, X[:1000]
    yield {"algorithm": "brute", "p": 3}, X, X[:1000]
    X = rng.uniform(-1, 1, (n, 2))
    yield {"algorithm": "ball_tree", "metric": "haversine"}, X, X[:5000]
    X = sp.random_array((n // 2, 2000), density=0.01, format="csr", rng=rng)
    for metric in ("euclidean", "cosine"):
        yield {"metric": metric}, X, X[:1000]


def kneighbors(quick):
    for params, X, Q in queries(quick):
        ours, theirs = both("NearestNeighbors", (X,), **params)
        found, known = ours.kneighbors(Q, 10), theirs.kneighbors(Q, 10)
        gap = np.abs(found[0] - known[0]).max()
        same = (found[1] == known[1]).mean()
        calls = {
            "mlkit": lambda m=ours, Q=Q: m.kneighbors(Q, 10),
            "scikit-learn": lambda m=theirs, Q=Q: m.kneighbors(Q, 10),
        }
        quality = {"mlkit": f"{same:.2%} of indices the same, largest difference {gap:.0e}"}
        work = f"kneighbors, {told('NearestNeighbors', params, X)}, {Q.shape[0]} queries"
        compare(work, calls, rounds=3, quality=quality)


def within(quick):
    rng = np.random.default_rng(1)
    X = rng.random((10_000 if quick else 50_000, 3))
    ours, theirs = both("NearestNeighbors", (X,))
    radius = float(np.median(ours.kneighbors(X[:100], 20)[0][:, -1]))
    found, known = (sum(map(len, m.radius_neighbors(X[:5000], radius)[1])) for m in (ours, theirs))
    calls = {
        "mlkit": lambda: ours.radius_neighbors(X[:5000], radius),
        "scikit-learn": lambda: theirs.radius_neighbors(X[:5000], radius),
    }
    quality = {"mlkit": f"{found} pairs", "scikit-learn": f"{known} pairs"}
    compare("radius_neighbors, 3 columns, 5000 queries", calls, rounds=5, quality=quality)


def trees(quick):
    X = np.random.default_rng(2).standard_normal((20_000 if quick else 100_000, 3))
    for name in ("KDTree", "BallTree"):
        ours, theirs = (getattr(home, name) for home in (mlkit.neighbors, sklearn.neighbors))
        calls = {"mlkit": lambda m=ours: m(X), "scikit-learn": lambda m=theirs: m(X)}
        compare(f"{name}, build, {X.shape}", calls, rounds=5)


def models(quick):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((10_000 if quick else 50_000, 3))
    y = 1 * (X[:, 0] > 0) + (X[:, 1] > 0)
    Q = rng.standard_normal((5000, 3))
    for name in ("KNeighborsClassifier", "KNeighborsRegressor"):
        for params in ({}, {"weights": "distance"}):
            ours, theirs = both(name, (X, y), **params)
            gap = np.abs(ours.predict(Q) - theirs.predict(Q)).max()
            for rows, what in ((Q, "5000 queries"), (Q[:1], "one query")):
                calls = {
                    "mlkit": lambda m=ours, Q=rows: m.predict(Q),
                    "scikit-learn": lambda m=theirs, Q=rows: m.predict(Q),
                }
                quality = {"mlkit": f"largest difference {gap:.0e}"}
                work = f"predict, {told(name, params, X)}, {what}"
                compare(work, calls, rounds=5, quality=quality)
    for name, params in (
        ("LocalOutlierFactor", {}),
        ("KernelDensity", {"bandwidth": 0.3}),
        ("KernelDensity", {"bandwidth": 0.3, "rtol": 1e-2}),
        ("KernelDensity", {"bandwidth": 0.3, "kernel": "tophat"}),
    ):
        rows = X[:5000] if name == "KernelDensity" else X[:20_000]
        ours, theirs = both(name, (rows,), **params)
        if name == "KernelDensity":
            runs = {"mlkit": ours, "scikit-learn": theirs}
            calls = {key: lambda m=m: m.score_samples(Q[:1000]) for key, m in runs.items()}
            gap = np.nanmax(np.abs(np.exp(calls["mlkit"]()) - np.exp(calls["scikit-learn"]())))
        else:
            runs = {"mlkit": ours, "scikit-learn": theirs}
            calls = {key: lambda m=m, X=rows: m.fit(X) for key, m in runs.items()}
            gap = np.abs(ours.negative_outlier_factor_ - theirs.negative_outlier_factor_).max()
        quality = {"mlkit": f"largest difference {gap:.0e}"}
        compare(told(name, params, rows), calls, rounds=3, quality=quality)


def main():
    warnings.simplefilter("ignore")
    quick = "quick" in sys.argv[1:]
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    for work in (kneighbors, within, trees, models):
        work(quick)


if __name__ == "__main__":
    main()
