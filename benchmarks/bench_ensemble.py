"""Ensembles beside scikit-learn: fits, predictions of many rows and of one, equal scores shown.

Run: python benchmarks/bench_ensemble.py [--small]
"""

from sidebyside import compare, describe  # isort: skip  (it sets up BLAS before numpy loads)

import sys
import warnings

import sklearn.ensemble
import sklearn.linear_model
import sklearn.naive_bayes
from sklearn.datasets import make_classification, make_friedman1

import mlkit.ensemble
import mlkit.linear_model


def rows(n_rows, classes):
    """Columns of which some matter, and classes or numbers."""
    if classes:
        return make_classification(
            n_rows, 20, n_informative=8, n_classes=classes, flip_y=0.05, random_state=0
        )
    return make_friedman1(n_rows, 20, noise=1.0, random_state=0)


def boosted():
    """Name, parameters, rows and number of classes of each ensemble of trees."""
    yield "GradientBoostingClassifier", {}, 20_000, 2
    yield "GradientBoostingClassifier", {"loss": "exponential", "subsample": 0.5}, 20_000, 2
    yield "GradientBoostingClassifier", {"n_estimators": 30}, 20_000, 5
    yield "GradientBoostingClassifier", {"max_features": "sqrt"}, 20_000, 2
    yield "GradientBoostingRegressor", {}, 20_000, 0
    yield "GradientBoostingRegressor", {"loss": "absolute_error"}, 20_000, 0
    yield "GradientBoostingRegressor", {"loss": "huber"}, 20_000, 0
    yield "GradientBoostingRegressor", {"max_depth": 6, "n_estimators": 30}, 20_000, 0
    yield "GradientBoostingRegressor", {}, 500, 0
    yield "AdaBoostClassifier", {}, 20_000, 2
    yield "AdaBoostClassifier", {}, 20_000, 5
    yield "AdaBoostRegressor", {}, 20_000, 0
    yield "BaggingClassifier", {}, 20_000, 5
    yield "BaggingClassifier", {"max_features": 0.5}, 20_000, 5
    yield "BaggingRegressor", {}, 20_000, 0


def _both(name, params):
    modules = {"mlkit": mlkit.ensemble, "scikit-learn": sklearn.ensemble}
    return {peer: getattr(module, name)(**params) for peer, module in modules.items()}


def trees(scale):
    """Fit, predict, and predict one row."""
    for name, params, n_rows, classes in boosted():
        n_rows //= scale
        X, y = rows(2 * n_rows, classes)
        fit, test = (X[:n_rows], y[:n_rows]), (X[n_rows:], y[n_rows:])
        models = _both(name, {"random_state": 0, **params})
        told = ", ".join(f"{key}={value}" for key, value in params.items())
        title = f"{name}({told}), {n_rows} × 20, {classes or 'no'} classes"
        calls = {peer: lambda m=model, d=fit: m.fit(*d) for peer, model in models.items()}
        for model in models.values():
            model.fit(*fit)
        quality = {peer: f"test score {model.score(*test):.4f}" for peer, model in models.items()}
        compare(f"fit: {title}", calls, rounds=3, quality=quality)
        for what, X_test in (("predict", test[0]), ("predict one row", test[0][:1])):
            calls = {peer: lambda m=m, X=X_test: m.predict(X) for peer, m in models.items()}
            compare(f"{what}: {title}", calls, rounds=5)


def named(scale):
    """Voting and stacking of models of the same library: what is added to their own time."""
    X, y = rows(20_000 // scale, 2)
    pools = {
        "mlkit": mlkit.linear_model.LogisticRegression,
        "scikit-learn": sklearn.linear_model.LogisticRegression,
    }
    modules = {"mlkit": mlkit.ensemble, "scikit-learn": sklearn.ensemble}
    for name, params in (("VotingClassifier", {"voting": "soft"}), ("StackingClassifier", {})):
        models = {}
        for peer, logistic in pools.items():
            held = [("logistic", logistic()), ("bayes", sklearn.naive_bayes.GaussianNB())]
            if name == "StackingClassifier":
                params = {"final_estimator": logistic()}
            models[peer] = getattr(modules[peer], name)(held, **params).fit(X, y)
        quality = {peer: f"score {model.score(X, y):.4f}" for peer, model in models.items()}
        calls = {peer: lambda m=model: m.fit(X, y) for peer, model in models.items()}
        compare(f"fit: {name}, {len(y)} × 20", calls, rounds=5, quality=quality)


def main():
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    scale = 10 if "--small" in sys.argv else 1
    trees(scale)
    named(scale)


if __name__ == "__main__":
    main()
