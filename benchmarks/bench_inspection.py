"""Permutation importance, partial dependence and calibration beside scikit-learn.

Trees are fitted by each library with the same settings on 100,000 rows of 30 columns; models that
both libraries take as they are (a linear one) must give the same numbers.

Run: python benchmarks/bench_inspection.py
"""

from sidebyside import compare, describe  # isort: skip  (it sets up BLAS before numpy loads)

import numpy as np
import sklearn.calibration as their_calibration
import sklearn.ensemble as their_trees
import sklearn.inspection as theirs

import mlkit.calibration as our_calibration
import mlkit.ensemble as our_trees
import mlkit.inspection as ours
from mlkit.linear_model import LogisticRegression

RNG = np.random.default_rng(0)
MODELS = {
    "HistGradientBoostingRegressor": {"max_iter": 100, "random_state": 0},
    "RandomForestRegressor": {"n_estimators": 20, "max_depth": 10, "random_state": 0},
}


def data(n_rows=100_000, n_columns=30):
    X = RNG.normal(size=(n_rows, n_columns))
    return X, X[:, 0] * X[:, 1] + np.sin(2 * X[:, 2]) + 0.1 * RNG.normal(size=n_rows)


def trees(name, settings):
    X, y = data()
    mine = getattr(our_trees, name)(**settings).fit(X[:20_000], y[:20_000])
    other = getattr(their_trees, name)(**settings).fit(X[:20_000], y[:20_000])

    def both(function, **options):
        return {
            "mlkit": lambda: getattr(ours, function)(mine, X, **options),
            "scikit-learn": lambda: getattr(theirs, function)(other, X, **options),
        }

    shuffled = {"y": y, "n_repeats": 1, "random_state": 0}
    compare(f"permutation_importance, {name}", both("permutation_importance", **shuffled), rounds=1)
    for method in ("brute", "recursion"):
        options = {"features": [0], "method": method, "grid_resolution": 20}
        compare(
            f"partial_dependence by {method}, {name}",
            both("partial_dependence", **options),
            rounds=3,
        )


def linear():
    X, y = data(20_000, 10)
    model = LogisticRegression().fit(X, y > 0)
    options = {"n_repeats": 3, "random_state": 0}
    gap = np.abs(
        ours.permutation_importance(model, X, y > 0, **options).importances
        - theirs.permutation_importance(model, X, y > 0, **options).importances
    ).max()
    compare(
        "permutation_importance, LogisticRegression 20,000 x 10",
        {
            "mlkit": lambda: ours.permutation_importance(model, X, y > 0, **options),
            "scikit-learn": lambda: theirs.permutation_importance(model, X, y > 0, **options),
        },
        rounds=3,
        quality={"mlkit": f"largest difference {gap:.1e}"},
    )


def calibration(n_rows=200_000):
    X, y = data(n_rows, 5)
    labels = y + RNG.normal(size=n_rows) > 0
    for method in ("sigmoid", "isotonic", "temperature"):
        made = {
            name: module.CalibratedClassifierCV(LogisticRegression(), method=method, cv=3)
            for name, module in (("mlkit", our_calibration), ("scikit-learn", their_calibration))
        }
        first, second = (each.fit(X, labels).predict_proba(X) for each in made.values())
        compare(
            f"CalibratedClassifierCV({method!r}), {n_rows:,} rows",
            {name: (lambda m=model: m.fit(X, labels)) for name, model in made.items()},
            rounds=3,
            quality={"mlkit": f"largest difference {np.abs(first - second).max():.1e}"},
        )


if __name__ == "__main__":
    describe("mlkit", "scikit-learn", "numpy")
    for each, parameters in MODELS.items():
        trees(each, parameters)
    linear()
    calibration()
