"""Kernel support vector machines beside scikit-learn: fit at equal tolerance, and predict.

Beside each fit stands the dual's objective, which is to be as low; beside predictions how far the
decisions of the two are apart. Run it alone on a quiet machine: ``python benchmarks/bench_svm.py``.
"""

import warnings

from sidebyside import compare, describe  # isort: skip  (sets the environment before numpy)

import numpy as np
import scipy.sparse
import sklearn.metrics.pairwise
import sklearn.svm

import mlkit.svm


def rows(n, p, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    score = np.tanh(X @ rng.normal(size=p) / 3) + 0.5 * np.sin(2 * X[:, 0] * X[:, 1])
    return X, score + 0.5 * rng.normal(size=n)


def text(n, p, per_row):
    rng = np.random.default_rng(0)
    X = scipy.sparse.random_array((n, p), density=per_row / p, format="csr", rng=rng)
    return X, X @ rng.normal(size=p)


def objective(model, target, margin):
    """½βᵀKβ − yᵀβ + ε Σ|β|, of two classes or numbers."""
    beta = np.ravel(getattr(model.dual_coef_, "toarray", lambda: model.dual_coef_)())
    vectors = model.support_vectors_
    options = {"gamma": model._gamma} if model.kernel == "rbf" else {}
    K = sklearn.metrics.pairwise.pairwise_kernels(vectors, metric=model.kernel, **options)
    target = target[model.support_]
    return 0.5 * beta @ (K @ beta) - target @ beta + margin * np.abs(beta).sum()


def run(work, name, X, y, new, **options):
    models = {
        package.__name__: getattr(package, name)(**options) for package in (mlkit.svm, sklearn.svm)
    }
    fits = {key: lambda m=model: m.fit(X, y) for key, model in models.items()}
    for fit in fits.values():
        fit()
    quality = {}
    if len(np.unique(y)) == 2 or name == "SVR":
        target = np.where(y == y.max(), 1.0, -1.0) if name == "SVC" else y
        margin = options.get("epsilon", 0.1) if name == "SVR" else 0.0
        quality = {
            key: f"objective {objective(model, target, margin):.6g}"
            for key, model in models.items()
        }
    compare(f"{work}: fit", fits, rounds=3, quality=quality)
    for count in (1, len(new) if hasattr(new, "__len__") else new.shape[0]):
        some = new[:count]
        decide = {
            key: getattr(model, "decision_function", model.predict) for key, model in models.items()
        }
        first, second = (each(some) for each in decide.values())
        apart = np.abs(first - second).max() / np.abs(second).max()
        calls = {key: lambda f=each, rows=some: f(rows) for key, each in decide.items()}
        quality = {"mlkit.svm": f"{apart:.0e} apart"}
        compare(f"{work}: decide {count} rows", calls, rounds=5, quality=quality)


def main():
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    new = rows(5_000, 28, 1)[0]
    X, y = rows(10_000, 28)
    run("SVC rbf 10kx28", "SVC", X, y > 0, new)
    run("SVC rbf 10kx28, C=100", "SVC", X, y > 0, new, C=100.0)
    run("SVR rbf 5kx28", "SVR", X[:5000], y[:5000], new)
    run(
        "SVC rbf 6kx28, 10 classes",
        "SVC",
        X[:6000],
        np.digitize(y[:6000], np.linspace(-2, 2, 9)),
        new,
    )
    run("OneClassSVM rbf 10kx28", "OneClassSVM", X, y, new, nu=0.1)
    run("SVC linear 2kx28", "SVC", X[:2000], y[:2000] > 0, new, kernel="linear")
    run("SVC rbf 100x10", "SVC", X[:100, :10], y[:100] > 0, new[:, :10])
    X, y = text(4_000, 20_000, 80)
    run("SVC linear sparse 4kx20k", "SVC", X, y > 0, X[:500], kernel="linear")


if __name__ == "__main__":
    main()
