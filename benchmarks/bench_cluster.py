"""Clusterings beside scikit-learn, with the sums of squares or labels they end with.

The same seed draws the same first centres, so k-means walks the same path. Run it alone on a quiet
machine: ``python benchmarks/bench_cluster.py``.
"""

import warnings

from sidebyside import compare, describe  # isort: skip  (sets the environment before numpy)

import numpy as np
import scipy.sparse
import sklearn.cluster

import mlkit.cluster

PACKAGES = (mlkit, sklearn)


def rows(n, d, dtype=np.float32):
    return np.random.default_rng(0).normal(size=(n, d)).astype(dtype)


def run(name, estimator, X, what="inertia_", **options):
    models = {
        package.__name__: getattr(package.cluster, estimator)(**options) for package in PACKAGES
    }
    compare(name, {key: lambda m=model: m.fit(X) for key, model in models.items()})
    ours, theirs = models.values()
    same = np.mean(ours.labels_ == theirs.labels_)
    told = f"{'':8}{same:.2%} of the labels are equal"
    if hasattr(ours, what):
        told += f"; {what} {getattr(ours, what):.6g} and {getattr(theirs, what):.6g}"
    print(told)


def main():
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    for n, d, k in [(200_000, 32, 100), (200_000, 32, 1000), (100_000, 28, 8), (1_000, 10, 8)]:
        options = {"n_clusters": k, "init": "random", "n_init": 1, "max_iter": 10, "tol": 0.0}
        run(f"k-means {n:,}x{d}, k={k}, 10 rounds", "KMeans", rows(n, d), random_state=0, **options)
    wide = {"n_clusters": 100, "init": "random", "n_init": 1, "max_iter": 10, "tol": 0.0}
    run("the same, float64", "KMeans", rows(200_000, 32, np.float64), random_state=0, **wide)
    run("seeds 200,000x32, k=100", "KMeans", rows(200_000, 32), n_clusters=100, max_iter=1,
        random_state=0)  # fmt: skip
    blobs = np.repeat(rows(300, 8) * 5, 300, axis=0) + rows(90_000, 8)
    run("elkan 90,000x8, k=300", "KMeans", blobs, n_clusters=300, algorithm="elkan", random_state=0)
    run("lloyd 90,000x8, k=300", "KMeans", blobs, n_clusters=300, random_state=0)
    text = scipy.sparse.random_array((50_000, 5_000), density=0.01, format="csr",
                                     rng=np.random.default_rng(0))  # fmt: skip
    run("sparse 50,000x5,000, k=20", "KMeans", text, n_clusters=20, max_iter=5, random_state=0)
    run("batches 500,000x20, k=50", "MiniBatchKMeans", rows(500_000, 20), n_clusters=50,
        random_state=0)  # fmt: skip
    run("halves 100,000x20, k=30", "BisectingKMeans", rows(100_000, 20), n_clusters=30,
        random_state=0)  # fmt: skip
    run("DBSCAN 50,000x3", "DBSCAN", rows(50_000, 3), eps=0.1)
    run("DBSCAN 10,000x20", "DBSCAN", rows(10_000, 20), eps=4.0)
    run("mean shift 2,000x2", "MeanShift", rows(2_000, 2), bandwidth=0.6)
    run("affinity propagation 1,000x5", "AffinityPropagation", rows(1_000, 5), random_state=0)
    run("Ward 5,000x20", "AgglomerativeClustering", rows(5_000, 20), n_clusters=10)
    run("single 5,000x20", "AgglomerativeClustering", rows(5_000, 20), linkage="single")


if __name__ == "__main__":
    main()
