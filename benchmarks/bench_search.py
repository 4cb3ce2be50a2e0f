"""Searches and splits beside scikit-learn.

Run it alone on a quiet machine: ``python benchmarks/bench_search.py [name ...]``. Behind each line
stands the greatest difference of the two libraries' mean scores, or whether their splits are equal.
"""

import argparse
import warnings

from sidebyside import compare, describe  # first: it looks after the environment

# isort: split
import numpy as np
import sklearn.decomposition
import sklearn.dummy
import sklearn.ensemble
import sklearn.linear_model
import sklearn.model_selection
import sklearn.pipeline
from sklearn.datasets import make_classification, make_regression

import mlkit.decomposition
import mlkit.dummy
import mlkit.ensemble
import mlkit.linear_model
import mlkit.model_selection
import mlkit.pipeline

LIBRARIES = {"mlkit": mlkit, "scikit-learn": sklearn}


def both(work, call, quality, **options):
    """Compare ``call(library)`` of the two libraries; `quality` sets their results side by side."""
    results = [call(library)() for library in LIBRARIES.values()]
    functions = {name: call(library) for name, library in LIBRARIES.items()}
    compare(work, functions, quality={"mlkit": quality(*results)}, **options)


def scores(a, b):
    a, b = (each.cv_results_["mean_test_score"] for each in (a, b))
    return f"difference of scores {np.abs(a - b).max():.1e}"


def equal(a, b):
    same = all(
        np.array_equal(x, y) for c, d in zip(a, b, strict=True) for x, y in zip(c, d, strict=True)
    )
    return "equal" if same else "DIFFERENT"


def grids():
    X, y = make_classification(2000, 20, n_informative=10, random_state=0)
    wide, z = make_classification(2000, 400, n_informative=50, random_state=0)
    grid = {"C": np.logspace(-3, 3, 20)}

    def logistic(library):
        model = library.linear_model.LogisticRegression()
        return lambda: library.model_selection.GridSearchCV(model, grid, cv=5).fit(X, y)

    def piped(library):
        model = library.pipeline.make_pipeline(
            library.decomposition.PCA(20, svd_solver="full"),
            library.linear_model.LogisticRegression(),
        )
        named = {"logisticregression__C": grid["C"]}
        return lambda: library.model_selection.GridSearchCV(model, named, cv=5).fit(wide, z)

    both("GridSearchCV 5 x 20, LogisticRegression, 2k x 20", logistic, scores, rounds=5)
    both("GridSearchCV 5 x 20, PCA and LogisticRegression, 2k x 400", piped, scores, rounds=3)


def boosting():
    X, y = make_regression(5000, 20, noise=10, random_state=0)
    grid = {
        "max_iter": list(range(20, 201, 20)),
        "learning_rate": [0.05, 0.1],
        "max_depth": [3, 6],
    }

    def call(library):
        model = library.ensemble.HistGradientBoostingRegressor(random_state=0)
        return lambda: library.model_selection.GridSearchCV(model, grid, cv=5).fit(X, y)

    def longest(library):
        model = library.ensemble.HistGradientBoostingRegressor(random_state=0)
        one = {name: values[-1:] for name, values in grid.items()}
        return lambda: library.model_selection.GridSearchCV(model, one, cv=5).fit(X, y)

    both("the longest run alone, 5 folds", longest, scores, rounds=3)
    both("GridSearchCV 5 x 40, histogram boosting, 5k x 20", call, scores, rounds=3)


def splits():
    rng = np.random.default_rng(0)
    n = 1_000_000
    X, y = rng.normal(size=(n, 10)), rng.integers(0, 10, n)

    def folds(shuffle):
        def call(library):
            cv = library.model_selection.StratifiedKFold(
                5, shuffle=shuffle, random_state=0 if shuffle else None
            )
            return lambda: list(cv.split(X, y))

        return call

    def parts(stratify, *arrays):
        def call(library):
            split = library.model_selection.train_test_split
            return lambda: [split(*arrays, random_state=0, stratify=y if stratify else None)]

        return call

    both("StratifiedKFold(5) 1M, 10 classes", folds(False), equal)
    both("StratifiedKFold(5, shuffle=True) 1M, 10 classes", folds(True), equal)
    both("train_test_split 1M, rows and labels", parts(False, y, X[:, 0].copy()), equal)
    both("train_test_split 1M x 10", parts(False, X, y), equal)
    both("train_test_split 1M x 10, stratified", parts(True, X, y), equal)


def overhead():
    """What cross-validation costs beside the fits: a model that does nothing."""
    X, y = np.zeros((100, 3)), np.arange(100) % 2

    def call(library):
        model = library.dummy.DummyClassifier()
        return lambda: library.model_selection.cross_validate(model, X, y, cv=5)["test_score"]

    both("cross_validate, 5 folds of nothing", call, lambda a, b: equal([[a]], [[b]]))


WORK = {each.__name__: each for each in (grids, boosting, splits, overhead)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*WORK, []], help="default: all")
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    for name in parser.parse_args().names or WORK:
        WORK[name]()
