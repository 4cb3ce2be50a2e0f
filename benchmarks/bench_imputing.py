"""Imputing beside scikit-learn: fit_transform of tables with missing values.

Run: python benchmarks/bench_imputing.py
"""

from sidebyside import compare, describe  # isort: skip  (it sets up BLAS before numpy loads)

import warnings

import numpy as np
import sklearn.impute
from sklearn.experimental import enable_iterative_imputer  # noqa: F401

import mlkit.impute


def gappy(n_rows, n_columns, rank=5):
    """Correlated columns, a tenth of the values missing."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, rank)) @ rng.normal(size=(rank, n_columns))
    X += rng.normal(size=X.shape)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X


def work():
    """Estimator's name, parameters and shape of the data of each piece of work."""
    yield "SimpleImputer", {}, (1_000_000, 20)
    yield "SimpleImputer", {"strategy": "median"}, (1_000_000, 20)
    yield "SimpleImputer", {"strategy": "most_frequent"}, (50_000, 20)
    yield "KNNImputer", {}, (5000, 20)
    yield "KNNImputer", {"weights": "distance"}, (5000, 20)
    yield "IterativeImputer", {}, (20_000, 20)
    yield "IterativeImputer", {"sample_posterior": True, "random_state": 0}, (20_000, 20)
    yield "MissingIndicator", {}, (1_000_000, 20)


def main():
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    for name, params, shape in work():
        X = gappy(*shape)
        ours = getattr(mlkit.impute, name)(**params)
        theirs = getattr(sklearn.impute, name)(**params)
        gap = np.abs(1.0 * ours.fit_transform(X) - theirs.fit_transform(X)).max()
        calls = {
            "mlkit": lambda m=ours, X=X: m.fit_transform(X),
            "scikit-learn": lambda m=theirs, X=X: m.fit_transform(X),
        }
        told = ", ".join(f"{key}={value}" for key, value in params.items())
        quality = {"mlkit": f"largest difference to scikit-learn {gap:.0e}"}
        compare(f"{name}({told}), {shape}", calls, rounds=5, quality=quality)


if __name__ == "__main__":
    main()
