"""Numeric preprocessing and target encoding beside scikit-learn: fit_transform.

Run: python benchmarks/bench_preprocessing.py
"""

from sidebyside import compare, describe  # isort: skip  (it sets up BLAS before numpy loads)

import warnings

import numpy as np
import sklearn.preprocessing

import mlkit.preprocessing


def work():
    """Name, estimator's name, parameters and data of each piece of work."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200_000, 20))
    y = rng.normal(size=len(X))
    categories = rng.integers(0, 100, size=(len(X), 3)).astype(object)
    seed = {"random_state": 0}
    yield "uniform quantiles", "QuantileTransformer", seed, (X,)
    yield "normal quantiles", "QuantileTransformer", {**seed, "output_distribution": "normal"}, (X,)
    yield "bins, numbers", "KBinsDiscretizer", {"encode": "ordinal"}, (X,)
    yield "bins, one-hot", "KBinsDiscretizer", {}, (X,)
    yield "bins by k-means", "KBinsDiscretizer", {"strategy": "kmeans"}, (X[:20_000],)
    yield "powers", "PowerTransformer", {}, (X[:50_000],)
    yield "products, degree 3", "PolynomialFeatures", {"degree": 3}, (X[:10_000],)
    yield "splines", "SplineTransformer", {}, (X,)
    yield "target means", "TargetEncoder", {"cv": 5}, (categories, y)


def main():
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    for name, estimator, params, data in work():
        ours = getattr(mlkit.preprocessing, estimator)(**params)
        theirs = getattr(sklearn.preprocessing, estimator)(**params)
        quality = None
        if estimator != "TargetEncoder":  # whose folds are drawn anew
            gap = np.abs(ours.fit_transform(*data) - theirs.fit_transform(*data)).max()
            quality = {"mlkit": f"largest difference to scikit-learn {gap:.0e}"}
        calls = {
            "mlkit": lambda m=ours, d=data: m.fit_transform(*d),
            "scikit-learn": lambda m=theirs, d=data: m.fit_transform(*d),
        }
        compare(f"{estimator}: {name}", calls, rounds=5, quality=quality)


if __name__ == "__main__":
    main()
