"""Transformers: fit and transform, dtypes, and the way back."""

import numpy as np

from ._claims import assert_same, dense, refuses, same
from ._subject import check, deterministic, fitted, has, lacks, needs_fit, numeric, plain

_transformer = has("transform")


def _invertible(subject, problem):
    """A fitted transformer that remembers what the way back needs, where that is a choice."""
    remembering = {"add_indicator": True} if "add_indicator" in subject.params else {}
    return fitted(subject.fresh(**remembering), problem.X, problem.y)


def _parts(values):
    return {
        f"part {i}": each
        for i, each in enumerate(values if isinstance(values, tuple) else [values])
    }


@check(has("transform", "fit_transform"), deterministic)
def check_fit_transform(subject):
    """``fit_transform`` gives the result of ``fit`` and then ``transform``."""
    problem = subject.problem()
    apart = subject.fit(problem).transform(problem.X)
    together = subject.fresh().fit_transform(problem.X, problem.y)
    if isinstance(together, tuple) and not isinstance(apart, tuple):
        together = together[0]
    assert_same(
        subject,
        _parts(together),
        _parts(apart),
        "fit_transform gives the result of fit and then transform",
        tolerance=1e-3,
    )


@check(_transformer)
def check_transform_keeps_rows(subject):
    """``transform`` returns two dimensions, and a row for each row."""
    problem = subject.problem()
    model = subject.fit(problem)
    for part in _parts(model.transform(problem.X[:20])).values():
        shape = getattr(part, "shape", None) or np.shape(part)
        assert len(shape) == 2 and shape[0] == 20, (
            f"{subject.name}.transform of 20 rows returns the shape {shape}"
        )


@check(_transformer, numeric)
def check_dtype_is_kept(subject):
    """The result has the dtype of X for each dtype that the tags say is preserved."""
    problem = subject.problem()
    for dtype in subject.tags.transformer_tags.preserves_dtype:
        X = problem.X.astype(dtype)
        model = fitted(subject.fresh(), X, problem.y)
        found = next(iter(_parts(model.transform(X)).values())).dtype
        assert found == np.dtype(dtype), (
            f"{subject.name}: the tags say that {dtype} is preserved; transform returns {found}"
        )


@check(_transformer, lacks(needs_fit))
def check_stateless(subject):
    """``transform`` works before ``fit``, and does the same, where the tags need no fit."""
    problem = subject.problem()
    try:
        before = subject.fresh().transform(problem.X)
    except Exception as error:
        raise AssertionError(
            f"{subject.name}: the tags need no fit, yet transform before it raises "
            f"{type(error).__name__}: {error}"
        ) from error
    after = subject.fit(problem).transform(problem.X)
    assert same(before, after), f"{subject.name}: the tags need no fit, yet fit changes transform"


@check(has("transform", "inverse_transform"), numeric)
def check_inverse_transform_has_the_shape_of_X(subject):
    """``inverse_transform`` of what ``transform`` returned has the shape of X."""
    problem = subject.problem()
    model = _invertible(subject, problem)
    made = next(iter(_parts(model.transform(problem.X)).values()))
    found = next(iter(_parts(model.inverse_transform(made)).values())).shape
    assert found == problem.X.shape, (
        f"{subject.name}.inverse_transform returns the shape {found} for X of {problem.X.shape}"
    )


@check(has("transform", "inverse_transform"), numeric, deterministic)
def check_transform_inverts_its_inverse(subject):
    """What ``inverse_transform`` returns is transformed to the same again, for the same columns."""
    problem = subject.problem()
    model = _invertible(subject, problem)
    made = next(iter(_parts(model.transform(problem.X)).values()))
    if made.shape != problem.X.shape:
        return
    back = next(iter(_parts(model.inverse_transform(made)).values()))
    again = next(iter(_parts(model.transform(back)).values()))
    assert same(dense(again), dense(made), 1e-4), (
        f"{subject.name}: transform of inverse_transform is not what was inverted"
    )


@check(has("transform", "inverse_transform"), numeric, plain, needs_fit)
def check_inverse_transform_keeps_the_width(subject):
    """``inverse_transform`` of more columns than ``transform`` makes is a ValueError."""
    problem = subject.problem()
    model = _invertible(subject, problem)
    made = dense(next(iter(_parts(model.transform(problem.X)).values())))
    with refuses(subject, "a column too many in inverse_transform"):
        model.inverse_transform(np.column_stack([made, made[:, 0]]))
