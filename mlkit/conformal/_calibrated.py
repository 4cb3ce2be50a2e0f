"""What intervals and sets share: models fitted to some rows, scores of the rows they have not seen.

A score says how strange a true y is beside the prediction. A new row's y is as likely as any
other's to have any rank among the n scores, so it lies below the ⌈(n + 1) c⌉-th with probability
c at least, whatever the model, as long as rows come from one law in any order.
"""

import math
import warnings

import numpy as np

from .._core.arrays import check_is_fitted, indexable, num_samples
from .._core.available import available_if
from .._core.domains import between, has_methods, integer, one_of
from .._core.estimator import Estimator
from .._core.jobs import run_jobs
from .._core.params import clone, fitted, param, required
from .._core.roles import Meta, is_classifier
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    route_directly,
    routing_enabled,
)
from .._core.shared import n_jobs, random_state
from .._core.tags import get_tags
from .._engine.evaluate.fit_score import refuse_no_rows, rows_of_params, take_split
from ..model_selection import ShuffleSplit, StratifiedShuffleSplit, check_cv
from ..model_selection._validate import CV

_NAMES = ("n_features_in_", "feature_names_in_")
# Rounding of coverage * (n + 1) must not turn a whole number into the next one.
_EPS = 1e-9


def rank_of(coverage, n_scores):
    """⌈(n + 1) c⌉, the rank of the score below which a new one lies with probability c."""
    return math.ceil(coverage * (n_scores + 1) - _EPS)


def bound(scores, coverage):
    """The score of that rank, along the first axis; infinite where there are too few."""
    rank = rank_of(coverage, len(scores))
    if rank > len(scores):
        return np.full(scores.shape[1:], np.inf)
    return np.partition(scores, rank - 1, axis=0)[rank - 1]


def warn_of_few(owner, coverage, n_scores):
    """Say that there are too few scores to exclude anything."""
    least = math.ceil(coverage / (1 - coverage) - _EPS)
    warnings.warn(
        f"{type(owner).__name__}: {n_scores} calibration rows cannot say what has a probability "
        f"of {coverage}, so nothing is excluded; {least} are needed",
        UserWarning,
        stacklevel=3,
    )


def is_frozen(estimator):
    """Whether an estimator is fitted for good, as in a FrozenEstimator: its clone is itself."""
    return hasattr(estimator, "__sklearn_clone__") and clone(estimator) is estimator


def _fit_part(part, X, y, train, test, fit_params):
    """Fit a part on `train`, unless that is None, and return it with its answers for `test`."""
    if train is not None:
        part.fit(*take_split(part.estimator, X, y, train), rows_of_params(X, fit_params, train))
    X_test, _ = take_split(part.estimator, X, None, test, train)
    return part, part.answer(X_test)


class Conformal(Meta, Estimator):
    """Base of estimators around another one whose errors on unseen rows they know.

    A subclass has `_part`, which makes something with ``fit(X, y, params)``, ``answer(X)`` and
    ``estimator``; and `_scores`, which turns answers and y into scores.
    """

    estimator: object = param(
        required, has_methods("fit", "predict"), "The model, of any library.", kw_only=False
    )
    method: str = param(
        "cv+",
        one_of("cv+", "split"),
        '"split" fits to some rows and scores the others; "cv+" fits a model a fold and scores '
        "each row by the model that has not seen it, which wastes no rows.",
    )
    coverage: float = param(
        0.9, between(0, 1, closed="neither"), "Probability with which the truth is held."
    )
    cv: object = param(
        None, CV, 'Folds of "cv+", as in `check_cv`; each row is tested at most once.'
    )
    calibration_size: object = param(
        0.25,
        between(0, 1, closed="neither") | integer(1),
        'Share or number of rows that "split" keeps for scores.',
    )
    n_jobs: int = n_jobs
    random_state: object = random_state

    estimator_ = fitted("estimator", "The model that predicts.")
    n_features_in_ = fitted("int", "Columns that the model saw, if it tells.")
    feature_names_in_ = fitted("ndarray of str", "Their names, if it saw any.")

    # --------------------------------------------------------------------------- fit
    def _fit_parts(self, X, y, params):
        """Fit the parts; return them with the rows each was not fitted to and its answers there."""
        routed = self._routed(params)
        fit_params = routed["estimator"]["fit"]
        calls = [
            ((self._part(), X, y, train, test, fit_params), {})
            for train, test in self._folds(X, y, routed["splitter"]["split"])
        ]
        found = run_jobs(_fit_part, calls, n_jobs=self.n_jobs)
        tested = [call[0][4] for call in calls]
        self._fit_whole(found[0][0], X, y, fit_params, whole=len(found) > 1)
        for name in _NAMES:
            vars(self).pop(name, None)
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return [(part, rows, answer) for (part, answer), rows in zip(found, tested, strict=True)]

    def _checked_rows(self, X, y):
        self._check_params()
        self._frozen = is_frozen(self.estimator)
        refuse_no_rows(self, X)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        return indexable(X, y)

    def _folds(self, X, y, split_params):
        n_rows = num_samples(X)
        if self._frozen:
            return [(None, np.arange(n_rows))]
        classifier = is_classifier(self)
        if self.method == "split":
            stratify = classifier and np.unique(y, return_counts=True)[1].min() > 1
            kind = StratifiedShuffleSplit if stratify else ShuffleSplit
            splitter = kind(1, test_size=self.calibration_size, random_state=self.random_state)
            return list(splitter.split(X, y))
        folds = list(check_cv(self.cv, y, classifier=classifier).split(X, y, **split_params))
        tested = np.concatenate([test for _, test in folds])
        if len(np.unique(tested)) < len(tested):
            raise ValueError(
                f"{type(self).__name__}(cv={self.cv!r}): a row must be tested at most once, by "
                "one model that has not seen it; use a splitter such as KFold"
            )
        return folds

    def _fit_whole(self, part, X, y, fit_params, whole):
        """Set `estimator_`: the part's own model, or with several parts one fitted to all rows."""
        self.estimator_ = part.estimator
        if whole:
            args = take_split(part.estimator, X, y, np.arange(num_samples(X)))
            self.estimator_ = self._whole().fit(*args, **rows_of_params(X, fit_params))

    def _whole(self):
        """The unfitted model that predicts."""
        return clone(self.estimator)

    # ---------------------------------------------------------------------- metadata
    def _routed(self, params):
        if routing_enabled():
            return process_routing(self, "fit", **params)
        params = dict(params)
        groups = params.pop("groups", None)
        return route_directly(
            estimator={"fit": params},
            splitter={"split": {"groups": groups} if groups is not None else {}},
        )

    def get_metadata_routing(self):
        """Return which metadata goes to the model and to the splitter.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)
        return router.add(
            splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split")
        )

    # --------------------------------------------------------------------- predictions
    def predict(self, X):
        """Return the model's predictions.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict(X)

    def _wanted(self, coverage):
        """The coverage that is asked for."""
        check_is_fitted(self, "estimator_")
        if coverage is None:
            return self.coverage
        if not 0 < coverage < 1:
            raise ValueError(
                f"{type(self).__name__}: coverage must lie between 0 and 1, got {coverage!r}"
            )
        return coverage

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        held = get_tags(self.estimator)
        for name in ("sparse", "allow_nan", "pairwise", "categorical", "string"):
            setattr(tags.input_tags, name, getattr(held.input_tags, name))
        return tags


def held_has(method):
    """Availability of a method: that of the model, fitted or not."""

    def check(self):
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return available_if(check)
