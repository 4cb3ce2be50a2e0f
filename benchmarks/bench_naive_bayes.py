"""Naive Bayes and discriminant analysis beside scikit-learn: fit, one batch more, predict.

Run it alone on a quiet machine: ``python benchmarks/bench_naive_bayes.py``.
"""

import warnings

from sidebyside import compare, describe  # isort: skip  (sets the environment before numpy)

import numpy as np
import scipy.sparse
import sklearn.discriminant_analysis
import sklearn.naive_bayes

import mlkit.discriminant_analysis
import mlkit.naive_bayes


def problem(n, d, n_classes=5):
    rng = np.random.default_rng(0)
    y = rng.integers(0, n_classes, n)
    return rng.normal(size=(n, d)) + y[:, None] * rng.normal(size=d), y


def words(n, d, per_row):
    rng = np.random.default_rng(0)
    X = scipy.sparse.random_array((n, d), density=per_row / d, format="csr", rng=rng)
    X.data = np.ceil(X.data * 5)
    return X, rng.integers(0, 20, n)


def run(name, module, estimator, X, y, **options):
    models = {
        package.__name__: getattr(getattr(package, module), estimator)(**options)
        for package in (mlkit, sklearn)
    }
    compare(f"{name}, fit", {k: lambda m=m: m.fit(X, y) for k, m in models.items()})
    compare(
        f"{name}, predict_proba", {k: lambda m=m: m.predict_proba(X) for k, m in models.items()}
    )
    if hasattr(models["mlkit"], "partial_fit"):
        some = X[:100], y[:100]
        compare(
            f"{name}, a batch of 100",
            {k: lambda m=m: m.partial_fit(*some) for k, m in models.items()},
        )
    ours, theirs = (m.fit(X, y).predict_proba(X) for m in models.values())
    print(f"{'':8}probabilities differ by {np.abs(ours - theirs).max():.1e}")


def main():
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    X, y = problem(200_000, 30)
    run("Gaussian 200,000x30", "naive_bayes", "GaussianNB", X, y)
    for estimator in ("MultinomialNB", "ComplementNB", "BernoulliNB"):
        run(f"{estimator} sparse 50,000x20,000", "naive_bayes", estimator,
            *words(50_000, 20_000, 80))  # fmt: skip
    run("MultinomialNB 200,000x30", "naive_bayes", "MultinomialNB", np.abs(X), y)
    codes = np.random.default_rng(0).integers(0, 20, (200_000, 10))
    run("CategoricalNB 200,000x10", "naive_bayes", "CategoricalNB", codes, y)
    run("linear 200,000x30", "discriminant_analysis", "LinearDiscriminantAnalysis", X, y)
    run("quadratic 200,000x30", "discriminant_analysis", "QuadraticDiscriminantAnalysis", X, y)


if __name__ == "__main__":
    main()
