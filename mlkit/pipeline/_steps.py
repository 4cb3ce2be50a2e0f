"""Fitting one step of a pipeline, and what goes from a step to the next."""

from contextlib import contextmanager, nullcontext
from typing import NamedTuple

from .._core.arrays import num_samples
from .._core.elapsed import timed
from .._core.indexing import safe_indexing
from .._core.tags import get_tags
from .._engine.evaluate.fit_score import is_per_row, rows_of_params


def is_idle(step):
    """Whether a step does nothing."""
    return step is None or (isinstance(step, str) and step == "passthrough")


def resamples(step):
    """Whether a step chooses or makes training rows, as imbalanced-learn's samplers do.

    It takes part in ``fit`` only: what is predicted are the rows that are given.
    """
    return hasattr(step, "fit_resample") and not hasattr(step, "transform")


def has_tags(step):
    return hasattr(step, "__sklearn_tags__")


def needs_fit(step):
    return get_tags(step).requires_fit if has_tags(step) else True


class Flow(NamedTuple):
    """The training data on its way through the steps.

    `rows` are its rows' places in `source`, the data that ``fit`` was given; None is all of them,
    and `MADE` says that a sampler made rows of its own.
    """

    X: object
    y: object
    source: object
    rows: object = None

    def follow(self, params, name, whole=()):
        """Keyword arguments of a step, those with a value a row for the rows that are left.

        `whole` names those that belong to other rows, such as a validation set.
        """
        if self.rows is None:
            return params
        n_rows = num_samples(self.source)
        followed = {}
        for method, given in params.items():
            by_row = {
                key: value
                for key, value in given.items()
                if key not in whole and is_per_row(value, n_rows)
            }
            if by_row and self.rows is MADE:
                raise ValueError(
                    f"Pipeline: step {name!r} comes behind a step that makes rows, for which "
                    f"{sorted(by_row)} have no values; leave them out, or use a sampler that "
                    "chooses rows and tells them as sample_indices_"
                )
            followed[method] = {**given, **rows_of_params(self.source, by_row, self.rows)}
        return followed


MADE = object()


@contextmanager
def reported(context, caller, step, X, y):
    """Run the block as the task `context` of `caller`, with its callbacks handed on to `step`."""
    if context is None:
        yield
        return
    handed_on = nullcontext() if is_idle(step) else context.propagate_callback_context(step)
    with handed_on:
        context.call_on_fit_task_begin(estimator=caller, X=X, y=y)
        yield
        context.call_on_fit_task_end(estimator=caller, X=X, y=y)


def fit_transform_one(transformer, X, y, params, message=None, caller=None, context=None):
    """Return X transformed and the transformer fitted; a function, so that it can be cached."""
    with timed("Pipeline", message), reported(context, caller, transformer, X, y):
        if hasattr(transformer, "fit_transform"):
            return transformer.fit_transform(X, y, **params["fit_transform"]), transformer
        fitted = transformer.fit(X, y, **params["fit"])
        return fitted.transform(X, **params["transform"]), transformer


def resample_one(sampler, flow, message=None, caller=None, context=None):
    """Return the flow behind a sampler, which is fitted."""
    with timed("Pipeline", message), reported(context, caller, sampler, flow.X, flow.y):
        X, y = sampler.fit_resample(flow.X, flow.y)
    chosen = getattr(sampler, "sample_indices_", None)
    if chosen is None or flow.rows is MADE:
        rows = MADE
    else:
        rows = chosen if flow.rows is None else safe_indexing(flow.rows, chosen)
    return flow._replace(X=X, y=y, rows=rows)
