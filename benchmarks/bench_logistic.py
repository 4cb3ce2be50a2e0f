"""Logistic regression beside scikit-learn, scikit-learn-intelex and skglm.

Run it alone on a quiet machine: ``python benchmarks/bench_logistic.py [name ...]``. Beside the
seconds stands how far each objective lies above the best of all (relative): times without the
accuracy that they buy cannot be compared. Peers that are not installed are left out.
"""

import argparse
import importlib.util
import warnings

from sidebyside import compare, describe  # isort: skip: it sets up BLAS before numpy is loaded

import numpy as np
import scipy.sparse
import sklearn.linear_model
from scipy.special import logsumexp

import mlkit.linear_model


def classes(n, p, k=2, density=1.0):
    """Labels drawn from a linear model; sparse rows where the density is below 1."""
    rng = np.random.default_rng(0)
    if density < 1:
        size = int(n * p * density)
        cells = (rng.integers(0, n, size), rng.integers(0, p, size))
        X = scipy.sparse.csr_matrix((rng.exponential(size=size), cells), shape=(n, p))
    else:
        X = rng.normal(size=(n, p))
    scores = X @ (rng.normal(size=(p, k)) / np.sqrt(p * density))
    return X, (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)


def objective(model, X, y, C, l1):
    coef = np.atleast_2d(model.coef_).astype(float)
    scores = X @ coef.T + model.intercept_
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    loss = logsumexp(scores, axis=1) - scores[np.arange(len(y)), y]
    return loss.sum() + (np.abs(coef).sum() if l1 else 0.5 * (coef**2).sum()) / C


def run(work, X, y, models, C=1.0, l1=False, rounds=3):
    values = {name: objective(model.fit(X, y), X, y, C, l1) for name, model in models.items()}
    best = min(values.values())
    compare(
        work,
        {name: (lambda model=model: model.fit(X, y)) for name, model in models.items()},
        rounds=rounds,
        quality={name: f"+{(value - best) / best:.0e}" for name, value in values.items()},
    )


def peers(*solvers):
    """mlkit, each solver of scikit-learn, and scikit-learn-intelex where it is installed."""
    models = {"mlkit": mlkit.linear_model.LogisticRegression(max_iter=1000)}
    for solver in solvers:
        model = sklearn.linear_model.LogisticRegression(solver=solver, max_iter=1000)
        models[f"sk {solver}"] = model
    if importlib.util.find_spec("sklearnex"):
        from sklearnex.linear_model import LogisticRegression

        models["sklearnex"] = LogisticRegression(max_iter=1000)
    return models


def dense():
    run("500,000 x 50", *classes(500_000, 50), peers("lbfgs", "newton-cholesky"))


def multinomial():
    run("60,000 x 784, 10 classes", *classes(60_000, 784, 10), peers("lbfgs", "newton-cg"))


def sparse():
    models = peers("lbfgs", "newton-cg", "liblinear")
    run("sparse 50,000 x 100,000", *classes(50_000, 100_000, density=1e-3), models)


def lasso():
    X, y = classes(20_000, 50_000, density=1e-3)
    for C in (1.0, 10.0):
        options = {"l1_ratio": 1.0, "C": C, "max_iter": 1000}
        models = {
            "mlkit": mlkit.linear_model.LogisticRegression(solver="saga", **options),
            # Its penalty is that of the intercept, too, divided by the scaling.
            "sk liblinear": sklearn.linear_model.LogisticRegression(
                solver="liblinear", intercept_scaling=10, **options
            ),
        }
        if importlib.util.find_spec("skglm"):
            from skglm import SparseLogisticRegression

            models["skglm"] = SparseLogisticRegression(alpha=1 / (C * len(y)), tol=1e-6)
        run(f"L1, sparse 20,000 x 50,000, C = {C:g}", X, y, models, C, l1=True)


def small():
    run("100 x 10", *classes(100, 10), peers("lbfgs", "newton-cholesky"), rounds=7)


WORK = {f.__name__: f for f in (dense, multinomial, sparse, lasso, small)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(WORK)}; all by default")
    names = parser.parse_args().names or list(WORK)
    describe("numpy", "scipy", "mlkit", "scikit-learn")
    warnings.simplefilter("ignore")
    for name in names:
        WORK[name]()


if __name__ == "__main__":
    main()
