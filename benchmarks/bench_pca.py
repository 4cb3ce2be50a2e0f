"""Principal components: time to factors of stated accuracy, and to transform one row.

Run: python benchmarks/bench_pca.py
"""

from sidebyside import compare, describe  # isort: skip  (it sets up BLAS before numpy loads)

import numpy as np
import scipy.sparse as sp
import sklearn.decomposition as reference

import mlkit.decomposition as ours

LIBRARIES = {"mlkit": ours, "scikit-learn": reference}

DENSE = [
    # rows, columns, components, solver
    (100_000, 28, None, "auto"),
    (20_000, 500, 20, "auto"),
    (5_000, 800, 20, "auto"),
    (3_000, 300, None, "full"),
    (200, 5_000, 10, "full"),
    (1_797, 64, 0.95, "auto"),
]


def steep(n_rows, n_columns, dtype):
    """Gaussian rows whose deviations fall to a hundredth, away from the origin."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_columns)) * np.geomspace(1, 1e-2, n_columns) + 3
    return X.astype(dtype)


def error(values, X):
    """Greatest relative error of singular values beside LAPACK's in float64."""
    X = np.asarray(X.toarray() if sp.issparse(X) else X, dtype=np.float64)
    exact = np.linalg.svd(X, compute_uv=False)[: len(values)]
    return f"error {np.abs(values / exact - 1).max():.0e}"


def fits(work, name, X, options, exact):
    """Compare fits of estimator `name` on X; the accuracy is that of its singular values."""
    models = {who: getattr(each, name)(**options) for who, each in LIBRARIES.items()}
    quality = {who: error(each.fit(X).singular_values_, exact) for who, each in models.items()}
    compare(work, {who: lambda m=m: m.fit(X) for who, m in models.items()}, quality=quality)


def dense():
    for n_rows, n_columns, count, solver in DENSE:
        for dtype in (np.float64, np.float32):
            X = steep(n_rows, n_columns, dtype)
            options = {"n_components": count, "svd_solver": solver, "random_state": 0}
            work = f"PCA({count}, {solver}), {n_rows} x {n_columns}, {np.dtype(dtype)}"
            fits(work, "PCA", X, options, X - X.mean(axis=0, dtype=np.float64))


def sparse():
    X = sp.random_array((20_000, 2_000), density=0.01, format="csr", rng=0)
    centred = X.toarray() - X.mean(axis=0)
    fits("PCA(20), sparse 1 %, 20000 x 2000", "PCA", X, {"n_components": 20}, centred)
    for algorithm in ("randomized", "arpack"):
        options = {"n_components": 50, "algorithm": algorithm, "random_state": 0}
        fits(f"TruncatedSVD(50, {algorithm}), the same", "TruncatedSVD", X, options, X)


def batches():
    for n_rows, n_columns, size in ((5_000, 200, 200), (1_000, 3_000, 100)):
        X = steep(n_rows, n_columns, np.float64)
        work = f"IncrementalPCA(10), {n_rows} x {n_columns} in batches of {size}"
        options = {"n_components": 10, "batch_size": size}
        fits(work, "IncrementalPCA", X, options, X - X.mean(axis=0))


def models():
    """Iterated models: the accuracy is the likelihood reached, or the steps taken."""
    X = steep(2_000, 40, np.float64)
    for method in ("lapack", "randomized"):
        made = {who: each.FactorAnalysis(3, svd_method=method) for who, each in LIBRARIES.items()}
        quality = {who: f"log-likelihood {m.fit(X).score(X):.6f}" for who, m in made.items()}
        calls = {who: lambda m=m: m.fit(X) for who, m in made.items()}
        compare(f"FactorAnalysis(3, {method}), 2000 x 40", calls, quality=quality)
    rng = np.random.default_rng(0)
    X = rng.laplace(size=(20_000, 8)) @ rng.standard_normal((8, 8))
    made = {who: each.FastICA(random_state=0) for who, each in LIBRARIES.items()}
    quality = {who: f"{m.fit(X).n_iter_} iterations" for who, m in made.items()}
    calls = {who: lambda m=m: m.fit(X) for who, m in made.items()}
    compare("FastICA, 20000 x 8", calls, quality=quality)


def one_row():
    X = steep(2_000, 30, np.float64)
    row = X[:1]
    for name in ("PCA", "TruncatedSVD", "IncrementalPCA"):
        made = {who: getattr(each, name)(n_components=5).fit(X) for who, each in LIBRARIES.items()}
        calls = {who: lambda m=m: m.transform(row) for who, m in made.items()}
        compare(f"{name}.transform of one row of 30", calls)


def main():
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    dense()
    sparse()
    batches()
    models()
    one_row()


if __name__ == "__main__":
    main()
