"""Selection column by column, by what each adds to a cross-validated score."""

import numbers

import numpy as np

from .._core.arrays import check_is_fitted, indexable
from .._core.domains import (
    between,
    callable_,
    estimator,
    has_methods,
    integer,
    iterable,
    none,
    one_of,
    real,
    string,
)
from .._core.estimator import Estimator
from .._core.jobs import run_jobs
from .._core.params import clone, fitted, param, required
from .._core.roles import Meta, is_classifier
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    refuse_params,
)
from .._core.shared import n_jobs
from .._core.tags import Traits, get_tags
from .._engine.evaluate.cut import split_rows
from .._engine.evaluate.fit_score import Job, check_failures, fit_and_score, gather
from ..metrics import check_scoring
from ._base import SelectorMixin


class SequentialFeatureSelector(Meta, SelectorMixin, Estimator):
    """Add (or drop) columns one at a time, each time the one that leaves the best score.

    The score is the mean over folds of a cross-validation of the model; all candidates are judged
    on the same folds.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.feature_selection import SequentialFeatureSelector
    >>> from mlkit.linear_model import Ridge
    >>> X, y = load_diabetes(return_X_y=True)
    >>> chosen = SequentialFeatureSelector(Ridge(0.1), n_features_to_select=2).fit(X, y)
    >>> chosen.get_support(indices=True)
    array([2, 8])
    """

    traits = Traits(sparse=("csc",), dtype="numeric", min_columns=2)

    estimator: object = param(required, estimator, "The model, not fitted.", kw_only=False)
    n_features_to_select: object = param(
        "auto",
        one_of("auto") | between(0, 1, "right") | integer(1),
        'Columns to keep: a number, or a share; "auto" is half of them, or with `tol` as many as '
        "pay.",
    )
    tol: float = param(
        None,
        none | real,
        'With ``n_features_to_select="auto"``: stop when the score rises by less. It may be '
        "negative going backward.",
    )
    direction: str = param("forward", one_of("forward", "backward"), "Add columns, or drop them.")
    scoring: object = param(
        None, none | string | callable_, "Scorer; None is the model's ``score``."
    )
    cv: object = param(
        5,
        integer() | has_methods("split") | iterable | none,
        "Folds: a number (stratified for classes), a splitter, pairs of rows; None is 5.",
    )
    n_jobs: int = n_jobs

    support_ = fitted("(n_features,) of bool", "Which columns are kept.")
    n_features_to_select_ = fitted("int", "Columns kept.")

    def _rounds(self, n_features):
        """How many columns are added or dropped at most; and how many are to be kept."""
        wanted = self.n_features_to_select
        if isinstance(wanted, str):
            kept = n_features // 2 if self.tol is None else n_features - 1
            return kept, kept
        if isinstance(wanted, numbers.Integral):
            if wanted >= n_features:
                raise ValueError(
                    f"SequentialFeatureSelector(n_features_to_select={wanted}) must be < "
                    f"n_features = {n_features}: nothing would be selected"
                )
            kept = int(wanted)
        else:
            kept = int(n_features * wanted)
        return (kept if self.direction == "forward" else n_features - kept), kept

    def fit(self, X, y=None, **params):
        """Choose columns.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            None for a model that needs none.
        **params : dict
            Metadata for model, scorer and splitter, with metadata routing.

        Returns
        -------
        self
        """
        self._check_params()
        refuse_params(params, self, "fit")
        X, y = indexable(self._check_fit(X, missing=get_tags(self).input_tags.allow_nan), y)
        n_rounds, _ = self._rounds(X.shape[1])
        if self.tol is not None and self.tol < 0 and self.direction == "forward":
            raise ValueError(
                f"SequentialFeatureSelector(tol={self.tol}) must be above 0 where columns are added"
            )
        routed = process_routing(self, "fit", **params)
        splitter = routed["splitter"]["split"]
        folds = split_rows(self.cv, X, y, classifier=is_classifier(self.estimator), **splitter)
        job = Job(
            scorer=check_scoring(self.estimator, scoring=self.scoring),
            fit_params=routed["estimator"]["fit"],
            score_params=routed["scorer"]["score"],
        )
        chosen = self._choose(X, y, folds, job, n_rounds)
        self.support_ = ~chosen if self.direction == "backward" else chosen
        self.n_features_to_select_ = self.support_.sum()
        return self

    def _choose(self, X, y, folds, job, n_rounds):
        """Mask of the columns added, or dropped, round by round."""
        stops = self.tol is not None and isinstance(self.n_features_to_select, str)
        chosen, before = np.zeros(X.shape[1], dtype=bool), -np.inf
        for _ in range(n_rounds):
            candidates = np.flatnonzero(~chosen)
            scores = self._candidate_scores(X, y, folds, job, chosen, candidates)
            best = np.argmax(scores)
            if stops and scores[best] - before < self.tol:
                break
            before = scores[best]
            chosen[candidates[best]] = True
        return chosen

    def _candidate_scores(self, X, y, folds, job, chosen, candidates):
        """Mean score over folds with each candidate added to those chosen."""
        calls = []
        for column in candidates:
            mask = chosen.copy()
            mask[column] = True
            columns = X[:, ~mask if self.direction == "backward" else mask]
            calls += [
                ((clone(self.estimator), columns, y, train, test, job), {}) for train, test in folds
            ]
        results = run_jobs(fit_and_score, calls, n_jobs=self.n_jobs)
        check_failures(results, job.error_score)
        return gather(results, "test_scores")["score"].reshape(len(candidates), -1).mean(axis=1)

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_

    def get_metadata_routing(self):
        """Return what metadata the model, the splitter and the scorer get.

        Returns
        -------
        MetadataRouter
        """
        fitting = MethodMapping().add(caller="fit", callee="fit")
        cutting = MethodMapping().add(caller="fit", callee="split")
        scoring = MethodMapping().add(caller="fit", callee="score")
        router = MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=fitting)
        router.add(splitter=self.cv, method_mapping=cutting)
        scorer = check_scoring(self.estimator, scoring=self.scoring)
        return router.add(scorer=scorer, method_mapping=scoring)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        held = get_tags(self.estimator)
        tags.input_tags.sparse = held.input_tags.sparse
        tags.input_tags.allow_nan = held.input_tags.allow_nan
        return tags
