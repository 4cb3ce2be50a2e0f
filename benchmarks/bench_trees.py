"""Trees and forests beside scikit-learn: fit, prediction, one row, bytes, with equal accuracy.

``python benchmarks/bench_trees.py [n_rows] [name ...]``; names are those of `CASES`, all by
default. Peers take turns, the medians of three rounds and their ratios to mlkit's are printed, and
the accuracy on rows that were not seen. The forests of Intel's extension for scikit-learn are
measured, too, where it is installed.
"""

import importlib
import importlib.util
import pickle
import statistics
import sys
import time

import numpy as np

import mlkit.ensemble as ensemble
import mlkit.tree as tree

ROUNDS = 3


def problem(n_rows, n_features=30, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.randn(2 * n_rows, n_features).astype(np.float32)
    y = X[:, 0] * X[:, 1] + X[:, 2] + 0.8 * rng.randn(2 * n_rows)
    return X[:n_rows], y[:n_rows], X[n_rows:], y[n_rows:]


def timed(call):
    begin = time.perf_counter()
    result = call()
    return time.perf_counter() - begin, result


# The name to ask for, the package and class, and its parameters; "bins" are mlkit's alone.
CASES = {
    "tree": ("tree", "DecisionTreeClassifier", {}),
    "tree-regressor": ("tree", "DecisionTreeRegressor", {}),
    "forest": ("ensemble", "RandomForestClassifier", {"n_estimators": 20}),
    "forest-regressor": ("ensemble", "RandomForestRegressor", {"n_estimators": 10}),
    "extra": ("ensemble", "ExtraTreesClassifier", {"n_estimators": 20}),
    "extra-regressor": ("ensemble", "ExtraTreesRegressor", {"n_estimators": 10}),
    "bins": ("ensemble", "RandomForestClassifier", {"n_estimators": 20}),
    "bins-regressor": ("ensemble", "RandomForestRegressor", {"n_estimators": 20}),
    "isolation": ("ensemble", "IsolationForest", {}),
}


def compare(what, calls):
    """Print the seconds of each peer, medians over rounds that take turns; the last results."""
    seconds, results = {peer: [] for peer in calls}, {}
    for _ in range(ROUNDS):
        for peer, call in calls.items():
            spent, results[peer] = timed(call)
            seconds[peer].append(spent)
    median = {peer: statistics.median(spent) for peer, spent in seconds.items()}
    told = [f"mlkit {median['mlkit']:.4f} s"]
    for peer in list(calls)[1:]:
        told.append(f"{peer} {median[peer]:.4f} s ({median[peer] / median['mlkit']:.1f}x)")
    print(f"{what:50s}", "  ".join(told), flush=True)
    return results


def models(case):
    """An estimator of each peer that has it."""
    package, name, options = CASES[case]
    options = {**options, "random_state": 0}
    if "n_estimators" in options:
        options["n_jobs"] = 2
    own = {"max_bins": 256} if case.startswith("bins") else {}
    found = {
        "mlkit": getattr({"tree": tree, "ensemble": ensemble}[package], name)(**options, **own)
    }
    found["scikit-learn"] = getattr(importlib.import_module(f"sklearn.{package}"), name)(**options)
    if package == "ensemble" and importlib.util.find_spec("sklearnex"):
        accelerated = getattr(importlib.import_module("sklearnex.ensemble"), name, None)
        if accelerated is not None:
            found["sklearnex"] = accelerated(**options)
    return found


def supervised(case, X, y, X_new, y_new):
    """Fit, predict many rows and one, and the bytes of the pickle."""
    peers, name = models(case), CASES[case][1]
    target, unseen = (y, y_new) if name.endswith("Regressor") else (y > 0, y_new > 0)
    compare(f"{case}: {name}.fit", {p: lambda m=m: m.fit(X, target) for p, m in peers.items()})
    print("   score", *(f"{p} {m.score(X_new, unseen):.4f}" for p, m in peers.items()))
    compare(f"{case}: predict", {p: lambda m=m: m.predict(X_new) for p, m in peers.items()})
    one, times = X_new[:1], 20
    compare(
        f"{case}: predict one row, {times} times",
        {p: lambda m=m: [m.predict(one) for _ in range(times)] for p, m in peers.items()},
    )
    print("   bytes", *(f"{p} {len(pickle.dumps(m))}" for p, m in peers.items()))


def isolation(X):
    """Fit and scores of the rows, and how far the scores are from scikit-learn's."""
    peers = {p: m for p, m in models("isolation").items() if p != "sklearnex"}
    X = np.ascontiguousarray(X[:, :20])
    compare("isolation: IsolationForest.fit", {p: lambda m=m: m.fit(X) for p, m in peers.items()})
    calls = {p: lambda m=m: m.fit(X).score_samples(X) for p, m in peers.items()}
    scores = compare("isolation: fit and score_samples", calls)
    apart = np.abs(scores["mlkit"] - scores["scikit-learn"]).max()
    print(f"   greatest difference of scores {apart:.1e}")


def main(arguments):
    n_rows = next((int(word) for word in arguments if word.isdigit()), 100_000)
    cases = [word for word in arguments if not word.isdigit()] or list(CASES)
    unknown = sorted(set(cases) - set(CASES))
    if unknown:
        sys.exit(f"no case is named {', '.join(unknown)}; there are {', '.join(CASES)}")
    X, y, X_new, y_new = problem(n_rows)
    print(f"{n_rows} rows, {X.shape[1]} features; ratios of seconds to mlkit's")
    for case in cases:
        if case == "isolation":
            isolation(X)
        else:
            supervised(case, X, y, X_new, y_new)


if __name__ == "__main__":
    main(sys.argv[1:])
