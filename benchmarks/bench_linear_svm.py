"""Linear support vector machines and quantile regression beside scikit-learn.

Times are to the minimum: beside each stands how far the objective is above the best of the two.
Run it alone on a quiet machine: ``python benchmarks/bench_linear_svm.py``.
"""

import warnings

from sidebyside import compare, describe  # isort: skip  (sets the environment before numpy)

import numpy as np
import scipy.sparse
import sklearn.linear_model
import sklearn.svm

import mlkit.linear_model
import mlkit.svm


def rows(n, p, noise=2.0):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p))
    return X, (X @ rng.normal(size=p) + noise * rng.normal(size=n) > 0).astype(int)


def sparse_rows(n, p, per_row):
    rng = np.random.default_rng(0)
    X = scipy.sparse.random_array((n, p), density=per_row / p, format="csr", rng=rng)
    return X, (X @ rng.normal(size=p) + 0.3 * rng.normal(size=n) > 0).astype(int)


def margin_value(model, X, y):
    w, b = np.ravel(model.coef_), float(np.ravel(model.intercept_)[0])
    short = np.maximum(0.0, 1.0 - np.where(y > 0, 1, -1) * (X @ w + b))
    loss = short.sum() if model.loss == "hinge" else (short**2).sum()
    norm = np.abs(w).sum() + abs(b) if model.penalty == "l1" else 0.5 * (w @ w + b * b)
    return norm + model.C * loss


def absolute_value(model, X, y):
    w, b = model.coef_, float(np.ravel(model.intercept_)[0])
    error = np.maximum(0.0, np.abs(y - X @ w - b) - model.epsilon)
    loss = (error**2).sum() if model.loss.startswith("squared") else error.sum()
    return 0.5 * (w @ w + b * b) + model.C * loss


def pinball_value(model, X, y):
    error = y - model.predict(X)
    loss = np.maximum(model.quantile * error, (model.quantile - 1) * error).mean()
    return loss + model.alpha * np.abs(model.coef_).sum()


def run(name, module, estimator, value, data, **options):
    X, y = data
    models = {
        package.__name__: getattr(getattr(package, module), estimator)(**options)
        for package in (mlkit, sklearn)
    }
    compare(name, {key: lambda m=model: m.fit(X, y) for key, model in models.items()}, rounds=3)
    reached = {key: value(model, X, y) for key, model in models.items()}
    best = min(reached.values())
    print(
        " " * 8 + ", ".join(f"{k} {(v - best) / abs(best):.0e} above" for k, v in reached.items())
    )


def main():
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    dense, text = rows(100_000, 30), sparse_rows(20_000, 50_000, 100)
    numbers = dense[0], dense[0][:, 0] + np.random.default_rng(1).normal(size=100_000)
    svc, svr = ("svm", "LinearSVC", margin_value), ("svm", "LinearSVR", absolute_value)
    quantile = ("linear_model", "QuantileRegressor", pinball_value)
    run("LinearSVC 100kx30", *svc, dense)
    run("LinearSVC 100kx30, dual", *svc, dense, dual=True)
    run("LinearSVC 100kx30, hinge", *svc, dense, loss="hinge")
    run("LinearSVC 100kx30, L1", *svc, dense, penalty="l1", dual=False)
    run("LinearSVC sparse 20kx50k", *svc, text)
    run("LinearSVC sparse 20kx50k, hinge", *svc, text, loss="hinge")
    run("LinearSVR 100kx30", *svr, numbers)
    run("LinearSVR 100kx30, squares", *svr, numbers, loss="squared_epsilon_insensitive")
    X = rows(20_000, 50)[0]
    noisy = X, X[:, 0] + np.random.default_rng(1).standard_t(3, size=20_000)
    run("QuantileRegressor 20kx50", *quantile, noisy, alpha=0.0)
    run("QuantileRegressor 20kx50, L1", *quantile, noisy, alpha=0.01, quantile=0.9)
    small = rows(100, 10)
    run("LinearSVC 100x10", *svc, small)
    run("LinearSVC 100x10, hinge", *svc, small, loss="hinge")
    run("LinearSVR 100x10", *svr, (small[0], small[0][:, 0]))


if __name__ == "__main__":
    main()
