"""Linear models: time to a fit and the objective it reaches, beside scikit-learn.

Run it alone on a quiet machine: ``python benchmarks/bench_glm.py [name ...]``. Each line gives the
seconds of the best of several fits, and how far the objective lies above the better of the
two (relative), since times without the accuracy that they buy cannot be compared.
"""

import argparse
import os
import platform
import time
import warnings

import numpy as np
import scipy.sparse
import sklearn.linear_model
from scipy.special import logsumexp

import mlkit.linear_model


def classes(n, p, k=2, density=1.0, dtype=np.float64):
    """Labels from a noisy linear model; sparse rows where the density is below 1."""
    rng = np.random.default_rng(0)
    if density < 1:
        X = scipy.sparse.random_array((n, p), density=density, format="csr", rng=rng)
        X.data = rng.exponential(size=X.nnz)
    else:
        X = rng.normal(size=(n, p))
    scores = X @ (rng.normal(size=(p, k)) / np.sqrt(p * density))
    y = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    return X.astype(dtype), y


def numbers(n, p, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p))
    return X.astype(dtype), (X @ rng.normal(size=p) + rng.normal(size=n)).astype(dtype)


def log_objective(model, X, y, C):
    scores = X @ model.coef_.T.astype(float) + model.intercept_
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    loss = logsumexp(scores, axis=1) - scores[np.arange(len(y)), y]
    return loss.sum() + (model.coef_.astype(float) ** 2).sum() / (2 * C)


def square_objective(model, X, y, alpha):
    residual = y - X @ model.coef_.astype(float) - model.intercept_
    return residual @ residual + alpha * (model.coef_.astype(float) ** 2).sum()


def logistic(**options):
    return "LogisticRegression", options, lambda m, X, y: log_objective(m, X, y, 1.0)


def ridge(name="Ridge", alpha=1.0, **options):
    options = {"alpha": alpha, **options} if name == "Ridge" else options
    return name, options, lambda m, X, y: square_objective(m, X, y, alpha)


CASES = {
    "logistic-100x10": (lambda: classes(100, 10), logistic()),
    "logistic-100kx28": (lambda: classes(100_000, 28), logistic()),
    "logistic-100kx28-f32": (lambda: classes(100_000, 28, dtype=np.float32), logistic()),
    "logistic-100kx28-newton": (
        lambda: classes(100_000, 28),
        logistic(solver="newton-cholesky"),
    ),
    "multinomial-20kx200x10": (lambda: classes(20_000, 200, 10), logistic()),
    "logistic-sparse-20kx50k": (lambda: classes(20_000, 50_000, density=0.002), logistic()),
    "ridge-200kx100": (lambda: numbers(200_000, 100), ridge()),
    "ols-200kx100": (lambda: numbers(200_000, 100), ridge("LinearRegression", 0.0)),
    "ridge-500x5000": (lambda: numbers(500, 5000), ridge()),
}


def best_time(make, X, y, budget=2.0):
    """Seconds of the quickest fit within a budget of seconds, and the model."""
    times, spent = [], 0.0
    while not times or (spent < budget and len(times) < 50):
        model = make()
        start = time.perf_counter()
        model.fit(X, y)
        times.append(time.perf_counter() - start)
        spent += times[-1]
    return min(times), model


def run(name):
    data, (estimator, options, objective) = CASES[name]
    X, y = data()
    results = {}
    for package in (mlkit, sklearn):
        cls = getattr(package.linear_model, estimator)
        seconds, model = best_time(lambda cls=cls: cls(**options), X, y)
        rounds = np.max(getattr(model, "n_iter_", None) or 1)
        results[package.__name__] = seconds, objective(model, X, y), rounds
    best = min(value for _, value, _ in results.values())
    for package, (seconds, value, n_iter) in results.items():
        above = (value - best) / abs(best)
        print(f"{name:26} {package:8} {seconds:9.4f} s  above best {above:8.1e}  rounds {n_iter}")
    ours, theirs = (results[p][0] for p in ("mlkit", "sklearn"))
    print(f"{name:26} {'ratio':8} {theirs / ours:9.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(CASES), help=", ".join(CASES))
    warnings.simplefilter("ignore")
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, numpy "
        f"{np.__version__}, scikit-learn {sklearn.__version__}"
    )
    for name in parser.parse_args().names:
        run(name)


if __name__ == "__main__":
    main()
