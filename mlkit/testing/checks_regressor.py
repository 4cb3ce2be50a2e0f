"""Regressors: targets of any number, one or several columns."""

import numpy as np

from ._claims import assert_same, refuses
from ._subject import check, deterministic, fitted, kind, learns, outputs, single_output

_regressor = kind("regressor")


def _multi_output(subject):
    return subject.tags.target_tags.multi_output


@check(_regressor, single_output, deterministic)
def check_integer_target(subject):
    """y of integers gives the predictions of the same numbers as floats."""
    problem = subject.problem()
    y = np.round(3 * problem.y).astype(np.int64)
    y = y - y.min() + 1 if subject.tags.target_tags.positive_only else y
    whole, floats = (
        outputs(fitted(subject.fresh(), problem.X, each), problem.X)
        for each in (y, y.astype(float))
    )
    assert_same(subject, whole, floats, "y of integers gives the results of the same floats")


@check(_regressor, single_output)
def check_predictions_are_floats(subject):
    """``predict`` returns floats, for y of integers too."""
    problem = subject.problem()
    y = np.arange(1, len(problem.y) + 1)
    found = np.asarray(fitted(subject.fresh(), problem.X, y).predict(problem.X))
    assert found.dtype.kind == "f", f"{subject.name}.predict returns {found.dtype}, no floats"


@check(_regressor, single_output)
def check_text_target_is_refused(subject):
    """y of words is a ValueError or TypeError."""
    problem = subject.problem()
    with refuses(subject, "y of words", errors=(ValueError, TypeError)):
        fitted(subject.fresh(), problem.X, np.full(len(problem.y), "word"))


@check(_regressor, single_output, learns)
def check_r2(subject):
    """A linear function of the rows is fitted with R² over one half, unless the tags differ."""
    problem = subject.problem(n_rows=60)
    residual = problem.y - subject.fit(problem).predict(problem.X)
    r2 = 1 - np.sum(residual**2) / np.sum((problem.y - problem.y.mean()) ** 2)
    assert r2 > 0.5, f"{subject.name} has an R² of {r2:.2f} on a noisy linear function"


@check(_regressor)
def check_no_method_of_classifiers(subject):
    """Regressors have no ``decision_function`` or ``predict_proba``."""
    held = [
        name
        for name in ("decision_function", "predict_proba", "predict_log_proba")
        if hasattr(subject.estimator, name)
    ]
    assert not held, f"{subject.name} is a regressor with {held}"


@check(_regressor, _multi_output)
def check_targets_of_two_columns(subject):
    """For y of two columns ``predict`` returns two columns, where the tags allow it."""
    problem = subject.problem()
    y = np.column_stack([np.ravel(problem.y)[: len(problem.X)], np.arange(1, len(problem.X) + 1)])
    found = np.asarray(fitted(subject.fresh(), problem.X, y.astype(float)).predict(problem.X))
    assert found.shape == y.shape, (
        f"{subject.name}.predict returns the shape {found.shape} for y of shape {y.shape}"
    )


@check(_regressor, lambda subject: not _multi_output(subject))
def check_two_columns_are_refused(subject):
    """y of two columns is a ValueError where the tags say that one is the most."""
    problem = subject.problem()
    with refuses(subject, "y of two columns"):
        fitted(subject.fresh(), problem.X, np.column_stack([problem.y, problem.y]))


@check(_regressor, single_output, lambda s: s.tags.target_tags.positive_only)
def check_negative_target_is_refused(subject):
    """Targets below 0 are a ValueError where the tags say that y is positive."""
    problem = subject.problem()
    with refuses(subject, "negative y"):
        fitted(subject.fresh(), problem.X, problem.y - 2 * problem.y.max())
