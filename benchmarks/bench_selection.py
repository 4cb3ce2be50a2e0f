"""Feature selection, isotonic regression, projections and kernel maps, beside scikit-learn.

Run it alone on a quiet machine: ``python benchmarks/bench_selection.py [name ...]``. Behind each
line stands the greatest difference of the two libraries' results.
"""

import argparse
import warnings

from sidebyside import compare, describe  # first: it looks after the environment

# isort: split
import numpy as np
import scipy.sparse
import sklearn.feature_selection
import sklearn.isotonic
import sklearn.kernel_approximation
import sklearn.random_projection

import mlkit.feature_selection
import mlkit.isotonic
import mlkit.kernel_approximation
import mlkit.random_projection

LIBRARIES = {"mlkit": mlkit, "scikit-learn": sklearn}


def table(n=100_000, p=50, classes=4):
    """Numbers not below 0, the first ten columns about the class."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, n)
    X = rng.exponential(size=(n, p))
    X[:, :10] += 0.2 * y[:, None]
    return X, y


def both(work, call, difference, **options):
    """Compare ``call(library)`` of the two libraries."""
    results = [call(library)() for library in LIBRARIES.values()]
    away = f"difference {difference(*results):.1e}"
    functions = {name: call(library) for name, library in LIBRARIES.items()}
    compare(work, functions, quality={"mlkit": away}, **options)


def relative(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return float(np.max(np.abs(a - b) / np.maximum(np.abs(b), 1e-300), where=b != 0, initial=0))


def absolute(a, b):
    a, b = (part.toarray() if scipy.sparse.issparse(part) else np.asarray(part) for part in (a, b))
    return float(np.abs(a - b).max())


def scores():
    X, y = table()
    for name in ("chi2", "f_classif", "f_regression"):
        for kind, data in (
            ("rows", X),
            ("columns", np.asfortranarray(X)),
            ("CSR, a fifth stored", scipy.sparse.csr_matrix(np.where(X > 1.6, X, 0))),
        ):

            def call(library, name=name, data=data):
                return lambda: getattr(library.feature_selection, name)(data, y)[0]

            both(f"{name} 100k x 50, {kind}", call, relative)


def information():
    X, y = table()
    target = X[:, :5].sum(axis=1) + np.random.default_rng(1).normal(size=len(X))
    for name, data, goal, options in (
        ("mutual_info_classif", X, y, {}),
        ("mutual_info_classif", np.floor(3 * X), y, {"discrete_features": True}),
        ("mutual_info_regression", X, target, {}),
        ("mutual_info_regression", np.floor(3 * X), target, {"discrete_features": True}),
    ):

        def call(library, name=name, data=data, goal=goal, options=options):
            function = getattr(library.feature_selection, name)
            return lambda: function(data, goal, random_state=0, **options)

        both(f"{name} 100k x 50 {options or ''}", call, absolute, rounds=1, seconds=0)


def isotonic():
    rng = np.random.default_rng(0)
    x = rng.random(1_000_000)
    for dtype in ("f8", "f4"):
        X, y = x.astype(dtype), (x + rng.normal(scale=0.1, size=len(x))).astype(dtype)

        def fit(library, X=X, y=y):
            return lambda: library.isotonic.IsotonicRegression().fit(X, y).y_thresholds_

        def predict(library, X=X, y=y):
            model = library.isotonic.IsotonicRegression(out_of_bounds="clip").fit(X, y)
            return lambda: model.predict(X)

        both(f"IsotonicRegression.fit 1M, {dtype}", fit, absolute, rounds=3)
        both(f"IsotonicRegression.predict 1M, {dtype}", predict, absolute, rounds=3)


def maps():
    X, _ = table(20_000)
    for module, name, options in (
        ("kernel_approximation", "RBFSampler", {"random_state": 0}),
        ("kernel_approximation", "Nystroem", {"random_state": 0}),
        ("kernel_approximation", "Nystroem", {"kernel": "laplacian", "random_state": 0}),
        ("kernel_approximation", "Nystroem", {"kernel": "chi2", "random_state": 0}),
        ("kernel_approximation", "PolynomialCountSketch", {"random_state": 0}),
        ("kernel_approximation", "AdditiveChi2Sampler", {}),
        ("random_projection", "SparseRandomProjection", {"n_components": 20, "random_state": 0}),
    ):

        def call(library, module=module, name=name, options=options):
            model = getattr(getattr(library, module), name)(**options).fit(X)
            return lambda: model.transform(X)

        both(f"{name}.transform 20k x 50 {options}", call, absolute, rounds=3)


def one_row():
    X, y = table(2000)
    row = X[:1]
    for name, options in (("VarianceThreshold", {}), ("SelectKBest", {"k": 10})):

        def call(library, name=name, options=options):
            model = getattr(library.feature_selection, name)(**options).fit(X, y)
            return lambda: model.transform(row)

        both(f"{name}.transform, one row of 50", call, absolute)


WORK = {each.__name__: each for each in (scores, information, isotonic, maps, one_row)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*WORK, []], help="default: all")
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    for name in parser.parse_args().names or WORK:
        WORK[name]()
