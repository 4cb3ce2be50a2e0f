"""Candidates: models with settings to try, tuned on folds, judged on held-out rows."""

import time
import warnings
from dataclasses import dataclass

import numpy as np

from ..dummy import DummyClassifier, DummyRegressor
from ..ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from ..linear_model import LinearRegression, LogisticRegression, Ridge
from ..metrics import get_scorer
from ..model_selection import GridSearchCV, KFold, StratifiedKFold
from ..pipeline import Pipeline

_PREDICTIONS = 3  # the quickest of so many counts: the first one warms caches


@dataclass(frozen=True)
class Candidate:
    """A model and the values of its parameters to try, the most likely best first."""

    name: str
    estimator: object
    grid: dict

    @property
    def n_settings(self):
        """Number of combinations of values."""
        return int(np.prod([len(values) for values in self.grid.values()], dtype=int))

    def shortened(self, most):
        """The candidate with the first values only, `most` combinations at most."""
        grid, left = {}, most
        for name, values in self.grid.items():
            grid[name] = values[: max(1, left)]
            left //= len(grid[name])
        return Candidate(self.name, self.estimator, grid)


# From the middle outwards: where the search is cut short, the extremes are left out.
_STRENGTHS = [1.0, 0.1, 10.0, 0.01, 100.0, 0.001, 1000.0]
_BOOSTING = {"learning_rate": [0.1, 0.03], "max_leaf_nodes": [31, 7]}


def classifiers():
    """What is tried where classes are to be told apart, the baseline first."""
    return [
        Candidate("most frequent class", DummyClassifier(), {}),
        Candidate("logistic regression", LogisticRegression(max_iter=1000), {"C": _STRENGTHS}),
        Candidate("gradient boosting", HistGradientBoostingClassifier(random_state=0), _BOOSTING),
    ]


def regressors():
    """What is tried where a number is to be predicted, the baseline first."""
    return [
        Candidate("mean", DummyRegressor(), {}),
        Candidate("least squares", LinearRegression(), {}),
        Candidate("ridge regression", Ridge(), {"alpha": _STRENGTHS}),
        Candidate("gradient boosting", HistGradientBoostingRegressor(random_state=0), _BOOSTING),
    ]


@dataclass(frozen=True)
class Outcome:
    """What became of a candidate."""

    name: str
    model: object
    settings: dict
    score: float
    deviation: float
    held_out: float
    fit_seconds: float
    row_seconds: float


def folds(y, task, most, seed):
    """A splitter of `most` folds, fewer where a class has fewer rows."""
    if task == "regression":
        return KFold(min(most, len(y)), shuffle=True, random_state=seed)
    rarest = int(np.unique(y, return_counts=True)[1].min())
    return StratifiedKFold(max(2, min(most, rarest)), shuffle=True, random_state=seed)


def n_fits(candidate, cv):
    """Fits of `tuned`, the last one on all rows included."""
    return candidate.n_settings * cv.n_splits + 1


def pipeline(preparation, candidate):
    """Preparation and model as one estimator."""
    return Pipeline([*preparation, ("model", candidate.estimator)])


def tuned(candidate, preparation, train, test, *, scoring, cv, n_jobs=None, progress=None):
    """Tune a candidate on training rows and judge it on the others.

    Parameters
    ----------
    candidate : Candidate
    preparation : list of (str, transformer)
        Steps before the model, fitted anew in each fold.
    train, test : tuple of X and y
    scoring : str
        Name of the score that decides.
    cv : splitter
    n_jobs : int or None
    progress : callback or None

    Returns
    -------
    Outcome
    """
    grid = {f"model__{name}": values for name, values in candidate.grid.items()}
    search = GridSearchCV(
        pipeline(preparation, candidate),
        grid,
        scoring=scoring,
        cv=cv,
        n_jobs=n_jobs,
        error_score="raise",
    )
    if progress is not None:
        search.set_callbacks(progress)
    with warnings.catch_warnings():
        # A setting at the edge of the grid may stop early; its score says what that cost.
        warnings.simplefilter("ignore", UserWarning)
        search.fit(*train)
        scorer = get_scorer(scoring)
        held_out = scorer(search.best_estimator_, *test)
    settings = {name.removeprefix("model__"): v for name, v in search.best_params_.items()}
    return Outcome(
        candidate.name,
        search.best_estimator_,
        settings,
        float(search.best_score_),
        float(search.cv_results_["std_test_score"][search.best_index_]),
        float(held_out),
        search.refit_time_,
        _row_seconds(search.best_estimator_, test[0]),
    )


def _row_seconds(model, X):
    took = []
    for _ in range(_PREDICTIONS):
        began = time.perf_counter()
        model.predict(X)
        took.append(time.perf_counter() - began)
    return min(took) / len(X)
