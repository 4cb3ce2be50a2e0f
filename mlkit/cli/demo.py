"""``mlkit demo``: pipelines are trained, tuned and compared on the bundled data sets."""

import sys
import time

from ..compose import ColumnTransformer
from ..datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from ..model_selection import train_test_split
from ..preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from .layout import Table, plural, say, score, seconds, settings
from .progress import Progress
from .tune import classifiers, folds, n_fits, regressors, tuned

_HELD_OUT = 0.25
_SEX = 1  # column of the diabetes data


def _scaled():
    return [("scale", StandardScaler())]


def _pixels():
    return [("scale", MinMaxScaler())]


def _patients():
    numbers = [column for column in range(10) if column != _SEX]
    columns = [("numbers", StandardScaler(), numbers), ("sex", OneHotEncoder(), [_SEX])]
    return [("columns", ColumnTransformer(columns))]


# Name, loader, task, preparation.
_DATA = [
    ("iris", load_iris, "classification", _scaled),
    ("wine", load_wine, "classification", _scaled),
    ("breast cancer", load_breast_cancer, "classification", _scaled),
    ("digits", load_digits, "classification", _pixels),
    ("diabetes", load_diabetes, "regression", _patients),
]
_SCORES = {"classification": ("accuracy", "accuracy"), "regression": ("r2", "R²")}


def run(arguments, stdout=None, stderr=None):
    """Train, tune and compare on each data set; print a row for each model."""
    stdout, stderr = stdout or sys.stdout, stderr or sys.stderr
    began = time.perf_counter()
    work = [_prepared(*data, arguments) for data in _DATA]
    total = sum(n_fits(each, item["cv"]) for item in work for each in item["candidates"])
    say(stdout, f"{plural(len(work), 'data set')}, {total} fits; a quarter of the rows is held out")
    say(stdout, "")
    table = Table(
        stdout,
        {"data set": -20, "model": -19, "score": -8, "cross-validated": 15, "held out": 8}
        | {"fit": 7, "predict/row": 11, "chosen": -8},
    )
    with Progress(stderr, total) as progress:
        for item in work:
            _compare(item, arguments, table, progress)
    say(stdout, "")
    say(stdout, f"done in {seconds(time.perf_counter() - began)}")


def _prepared(name, load, task, preparation, arguments):
    """Split a data set and make the candidates for it."""
    X, y = load(return_X_y=True)
    labels = y if task == "classification" else None
    parts = train_test_split(
        X, y, test_size=_HELD_OUT, random_state=arguments.seed, stratify=labels
    )
    candidates = classifiers() if task == "classification" else regressors()
    if arguments.quick:
        candidates = [each.shortened(3) for each in candidates]
    return {
        "name": name,
        "shape": X.shape,
        "task": task,
        "preparation": preparation,
        "train": (parts[0], parts[2]),
        "test": (parts[1], parts[3]),
        "candidates": candidates,
        "cv": folds(parts[2], task, 3 if arguments.quick else 5, arguments.seed),
    }


def _compare(item, arguments, table, progress):
    scoring, title = _SCORES[item["task"]]
    name = "{} {}x{}".format(item["name"], *item["shape"])
    for candidate in item["candidates"]:
        progress.begin(f"{item['name']}, {candidate.name}")
        outcome = tuned(
            candidate,
            item["preparation"](),
            item["train"],
            item["test"],
            scoring=scoring,
            cv=item["cv"],
            n_jobs=arguments.jobs,
            progress=progress,
        )
        progress.clear()
        table.row(
            name,
            outcome.name,
            title,
            score(outcome.score, outcome.deviation),
            score(outcome.held_out),
            seconds(outcome.fit_seconds),
            seconds(outcome.row_seconds),
            settings(outcome.settings),
        )
        name = ""
