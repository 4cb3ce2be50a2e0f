"""Stochastic gradient descent beside scikit-learn: five epochs, dense and sparse, and small fits.

Both walk the same path: the same seed draws the same order of rows, so the weights are compared,
too. Run it alone on a quiet machine: ``python benchmarks/bench_sgd.py``.
"""

import warnings

from sidebyside import compare, describe  # isort: skip  (sets the environment before numpy)

import numpy as np
import scipy.sparse
import sklearn.linear_model

import mlkit.linear_model


def rows(n, p, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p))
    return X.astype(dtype), (X @ rng.normal(size=p) + rng.normal(size=n) > 0).astype(int)


def sparse_rows(n, p, per_row):
    rng = np.random.default_rng(0)
    X = scipy.sparse.random_array((n, p), density=per_row / p, format="csr", rng=rng)
    return X, (X @ rng.normal(size=p) > 0).astype(int)


def run(name, data, estimator="SGDClassifier", **options):
    X, y = data
    options = {"random_state": 0, "max_iter": 5, "tol": None, **options}
    models = {
        package.__name__: getattr(package.linear_model, estimator)(**options)
        for package in (mlkit, sklearn)
    }
    compare(name, {key: lambda m=model: m.fit(X, y) for key, model in models.items()})
    ours, theirs = (np.ravel(model.coef_) for model in models.values())
    print(f"{'':8}weights differ by {np.abs(ours - theirs).max() / np.abs(theirs).max():.1e}")


def main():
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy")
    million = rows(1_000_000, 30)
    run("hinge 1Mx30, 5 epochs", million)
    run("logistic 1Mx30, 5 epochs", million, loss="log_loss")
    run("elastic net 1Mx30, 5 epochs", million, penalty="elasticnet")
    run("averaged 1Mx30, 5 epochs", million, average=True)
    X, y = million
    run("hinge 1Mx30 float32", (X.astype(np.float32), y))
    run("squares 1Mx30", (X, X[:, 0] + y), "SGDRegressor")
    run("one class 1Mx30", million, "SGDOneClassSVM")
    run("hinge sparse 200kx100k, 50 a row", sparse_rows(200_000, 100_000, 50))
    run("hinge 100x10, 5 epochs", rows(100, 10))


if __name__ == "__main__":
    main()
