"""Trees and forests beside scikit-learn: fit, prediction, one row, bytes, with equal accuracy.

``python benchmarks/bench_trees.py [n_rows]``; both run one after the other, the medians of three
rounds and their ratio are printed, and the accuracy on rows that were not seen.
"""

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


def compare(what, calls):
    """Seconds of each of `calls`, medians over rounds that take turns; the results of the last."""
    seconds, results = [[] for _ in calls], [None] * len(calls)
    for _ in range(ROUNDS):
        for k, call in enumerate(calls):
            spent, results[k] = timed(call)
            seconds[k].append(spent)
    ours, theirs = map(statistics.median, seconds)
    print(f"{what:44s} {ours:9.4f} s {theirs:9.4f} s {theirs / ours:7.1f}x", end="")
    return results


def bins():
    """Forests of 256 bins beside scikit-learn's of every cut."""
    import sklearn.ensemble

    for name in ("RandomForestClassifier", "RandomForestRegressor"):
        options = {"n_estimators": 20, "random_state": 0, "n_jobs": 2}
        ours = getattr(ensemble, name)(**options, max_bins=256)
        yield name, [ours, getattr(sklearn.ensemble, name)(**options)]


def models():
    import sklearn.ensemble
    import sklearn.tree

    cases = [
        (tree, sklearn.tree, "DecisionTreeClassifier", {}),
        (tree, sklearn.tree, "DecisionTreeRegressor", {}),
        (ensemble, sklearn.ensemble, "RandomForestClassifier", {"n_estimators": 20}),
        (ensemble, sklearn.ensemble, "RandomForestRegressor", {"n_estimators": 10}),
        (ensemble, sklearn.ensemble, "ExtraTreesClassifier", {"n_estimators": 20}),
    ]
    for ours, theirs, name, options in cases:
        if "n_estimators" in options:
            options = {**options, "n_jobs": 2}
        yield name, [getattr(home, name)(random_state=0, **options) for home in (ours, theirs)]


def main(n_rows):
    import sklearn.ensemble

    X, y, X_new, y_new = problem(n_rows)
    print(f"{n_rows} rows, {X.shape[1]} features; mlkit, scikit-learn, ratio")
    for name, pair in models():
        target, unseen = (y, y_new) if name.endswith("Regressor") else (y > 0, y_new > 0)
        compare(f"{name}.fit", [lambda m=m, t=target: m.fit(X, t) for m in pair])
        print("   score", *(f"{m.score(X_new, unseen):.4f}" for m in pair))
        compare(f"{name}.predict", [lambda m=m: m.predict(X_new) for m in pair])
        print()
        one = X_new[:1]
        compare(
            f"{name}.predict, one row, 100 times",
            [lambda m=m, x=one: [m.predict(x) for _ in range(100)] for m in pair],
        )
        print(f"   bytes {len(pickle.dumps(pair[0]))} {len(pickle.dumps(pair[1]))}")
    for name, pair in bins():
        target, unseen = (y, y_new) if name.endswith("Regressor") else (y > 0, y_new > 0)
        compare(f"{name}(max_bins=256).fit", [lambda m=m, t=target: m.fit(X, t) for m in pair])
        print("   score", *(f"{m.score(X_new, unseen):.4f}" for m in pair))
    pair = [home.IsolationForest(random_state=0) for home in (ensemble, sklearn.ensemble)]
    scores = compare(
        "IsolationForest.fit, score",
        [lambda m=m: m.fit(X[:, :20]).score_samples(X[:, :20]) for m in pair],
    )
    print("   greatest difference of scores", f"{np.abs(scores[0] - scores[1]).max():.1e}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
