"""Folds for estimators that choose their own penalty, from what ``cv`` may be."""

import numbers

import numpy as np

from .._core.domains import has_methods, integer, iterable, none
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    refuse_params,
    routing_enabled,
)
from .._engine.evaluate.folds import contiguous, stratified

CV = integer(2) | has_methods("split") | iterable | none


def split_rows(cv, X, y, labels=None, **params):
    """(train, test) rows of each fold.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        None is 5.
    X, y : what a splitter is given.
    labels : ndarray of shape (n,), optional
        Classes to share evenly among the folds of an int.
    **params
        Metadata for the splitter.
    """
    if hasattr(cv, "split") and not isinstance(cv, str):
        return list(cv.split(X, y, **params))
    if cv is not None and not isinstance(cv, numbers.Integral):
        return [(np.asarray(train), np.asarray(test)) for train, test in cv]
    n_rows, n_folds = X.shape[0], 5 if cv is None else int(cv)
    if n_folds > n_rows:
        raise ValueError(
            f"Cannot have number of splits n_splits={n_folds} greater than the number of samples: "
            f"n_samples={n_rows}; use a smaller cv"
        )
    if labels is not None and n_folds > np.bincount(labels).max():
        raise ValueError(
            f"cv={n_folds} cannot be greater than the number of members in each class; use a "
            "smaller cv"
        )
    fold = contiguous(n_rows, n_folds) if labels is None else stratified(labels, n_folds)
    rows = np.arange(n_rows)
    return [(rows[fold != k], rows[fold == k]) for k in range(n_folds)]


class RoutesToSplitter:
    """Estimators whose ``fit`` hands metadata to the splitter ``cv``."""

    def get_metadata_routing(self):
        """Return which metadata goes to the model and which to the splitter.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(
            splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split")
        )

    def _routed(self, sample_weight, params):
        """Metadata of the splitter."""
        refuse_params(params, self, "fit")
        if not routing_enabled():
            return {}
        given = {"sample_weight": sample_weight, **params}
        return process_routing(self, "fit", **given)["splitter"]["split"]
