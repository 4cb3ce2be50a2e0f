"""Data frames in and out: values, names of columns, containers of results."""

import warnings

import numpy as np

from ._claims import assert_same, dense, refuses, same
from ._subject import (
    OUTPUTS,
    check,
    deterministic,
    fitted,
    has,
    has_any,
    optional,
    plain,
    results,
    validates,
)


def _takes_names(subject):
    """Condition: columns may have names."""
    return validates(subject) and plain(subject)


def _names(problem):
    return [f"column {i}" for i in range(problem.X.shape[1])]


def _pandas(problem, names=None):
    return optional("pandas").DataFrame(problem.X, columns=names or _names(problem))


def _polars(problem, names=None):
    return optional("polars").DataFrame(problem.X, schema=names or _names(problem), orient="row")


# ---------------------------------------------------------------------------- frames in
def _check_frame(subject, make):
    problem = subject.problem()
    expected = results(subject.fit(problem), problem.X)
    frame = make(problem)
    found = results(fitted(subject.fresh(), frame, problem.y), frame)
    library = type(frame).__module__.split(".")[0]
    assert_same(subject, found, expected, f"a frame of {library} gives the results of an array")


@check(_takes_names, deterministic)
def check_pandas_is_array(subject):
    """A pandas frame gives the results of its values."""
    _check_frame(subject, _pandas)


@check(_takes_names, deterministic)
def check_polars_is_array(subject):
    """A polars frame gives the results of its values."""
    _check_frame(subject, _polars)


@check(_takes_names, deterministic)
def check_series_is_array(subject):
    """y as a pandas series with an index of its own gives the results of its values."""
    pandas = optional("pandas")
    problem = subject.problem()
    expected = results(subject.fit(problem), problem.X)
    index = np.arange(len(problem.y))[::-1]
    make = pandas.Series if problem.y.ndim == 1 else pandas.DataFrame
    found = results(fitted(subject.fresh(), problem.X, make(problem.y, index=index)), problem.X)
    assert_same(subject, found, expected, "y as a series gives the results of an array")


# ----------------------------------------------------------------------------- names in
@check(_takes_names)
def check_names_are_stored(subject):
    """``feature_names_in_`` holds the names of a frame's columns as an array of objects."""
    problem = subject.problem()
    model = fitted(subject.fresh(), _pandas(problem), problem.y)
    found = getattr(model, "feature_names_in_", None)
    assert found is not None, f"{subject.name} has no feature_names_in_ after fit to a frame"
    assert isinstance(found, np.ndarray) and found.dtype == object, (
        f"{subject.name}: feature_names_in_ is no array of objects"
    )
    assert found.tolist() == _names(problem), f"{subject.name}: feature_names_in_ is {found}"


@check(_takes_names)
def check_names_are_forgotten(subject):
    """Without names of strings ``feature_names_in_`` is absent, after a fit to a frame too."""
    problem = subject.problem()
    model = fitted(subject.fresh(), problem.X, problem.y)
    assert not hasattr(model, "feature_names_in_"), (
        f"{subject.name} has feature_names_in_ after fit to an array"
    )
    model = fitted(subject.fresh(), _pandas(problem), problem.y)
    model.fit(problem.X, problem.y)
    assert not hasattr(model, "feature_names_in_"), (
        f"{subject.name} keeps feature_names_in_ from an earlier fit"
    )


@check(_takes_names, has_any(*OUTPUTS))
def check_other_names_are_refused(subject):
    """Names, or an order of names, other than in ``fit`` are a ValueError."""
    problem = subject.problem()
    names = _names(problem)
    model = fitted(subject.fresh(), _pandas(problem), problem.y)
    others = {"another order of names": names[::-1], "other names": ["other", *names[1:]]}
    for words, given in others.items():
        for method in OUTPUTS:
            if hasattr(model, method):
                with refuses(subject, f"{words} in {method}", saying=("feature names", "columns")):
                    getattr(model, method)(_pandas(problem, given))


@check(_takes_names, has_any(*OUTPUTS))
def check_missing_names_warn(subject):
    """An array after a frame, or a frame after an array, is a UserWarning."""
    problem = subject.problem()
    frame = _pandas(problem)
    pairs = {"an array after fit to a frame": (frame, problem.X)}
    pairs["a frame after fit to an array"] = (problem.X, frame)
    for words, (first, second) in pairs.items():
        model = fitted(subject.fresh(), first, problem.y)
        for method in OUTPUTS:
            if not hasattr(model, method):
                continue
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                getattr(model, method)(second)
            assert any("feature names" in str(each.message) for each in caught), (
                f"{subject.name}.{method} takes {words} without a warning"
            )


@check(_takes_names, has_any(*OUTPUTS))
def check_same_names_do_not_warn(subject):
    """Frames with the names of ``fit`` give no warning about names."""
    problem = subject.problem()
    frame = _pandas(problem)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results(fitted(subject.fresh(), frame, problem.y), frame)
    about = [str(each.message) for each in caught if "feature names" in str(each.message)]
    assert not about, f"{subject.name} warns though the names are those of fit: {about[0]}"


# ---------------------------------------------------------------------------- names out
_names_out = has("transform", "get_feature_names_out")
_wraps = has("transform", "get_feature_names_out", "set_output")


def _first(values):
    return values[0] if isinstance(values, tuple) else values


@check(_names_out)
def check_output_names(subject):
    """``get_feature_names_out`` returns an array of strings, one for each column of the result."""
    problem = subject.problem()
    model = subject.fit(problem)
    names = model.get_feature_names_out()
    assert isinstance(names, np.ndarray) and all(isinstance(each, str) for each in names), (
        f"{subject.name}.get_feature_names_out returns no array of strings: {names!r}"
    )
    width = _first(model.transform(problem.X)).shape[1]
    assert len(names) == width, (
        f"{subject.name}.get_feature_names_out has {len(names)} names, transform {width} columns"
    )


@check(_names_out, _takes_names)
def check_output_names_are_distinct(subject):
    """No two columns of the result have the same name."""
    problem = subject.problem()
    model = fitted(subject.fresh(), _pandas(problem), problem.y)
    names = list(model.get_feature_names_out())
    assert len(set(names)) == len(names), (
        f"{subject.name}.get_feature_names_out names two columns alike: {names}"
    )


@check(_names_out, _takes_names)
def check_output_names_take_the_width(subject):
    """``get_feature_names_out`` of too few names is a ValueError."""
    model = subject.fit(subject.problem())
    with refuses(subject, "3 names in get_feature_names_out after fit to 4 columns"):
        model.get_feature_names_out(["a", "b", "c"])


# --------------------------------------------------------------------------- frames out
def _check_set_output(subject, library, make):
    problem = subject.problem()
    module = optional(library)
    frame = make(problem)
    plain_ = fitted(subject.fresh(), frame, problem.y)
    expected = _first(plain_.transform(frame))
    wrapped = fitted(subject.fresh().set_output(transform=library), frame, problem.y)
    try:
        found = _first(wrapped.transform(frame))
    except ValueError as error:
        # A frame cannot hold a sparse result; saying so is all that can be asked.
        assert hasattr(expected, "toarray") and "sparse" in str(error).lower(), (
            f"{subject.name}.set_output(transform={library!r}): transform raises {error}"
        )
        return
    assert isinstance(found, module.DataFrame), (
        f"{subject.name}.set_output(transform={library!r}): transform returns "
        f"{type(found).__name__}"
    )
    assert list(found.columns) == list(wrapped.get_feature_names_out()), (
        f"{subject.name}: columns of the frame are not get_feature_names_out"
    )
    assert same(dense(found), dense(expected)), (
        f"{subject.name}.set_output(transform={library!r}) changes the values"
    )


@check(_wraps, _takes_names, deterministic)
def check_set_output_pandas(subject):
    """``set_output(transform="pandas")`` gives a pandas frame of the same values, named."""
    _check_set_output(subject, "pandas", _pandas)


@check(_wraps, _takes_names, deterministic)
def check_set_output_polars(subject):
    """``set_output(transform="polars")`` gives a polars frame of the same values, named."""
    _check_set_output(subject, "polars", _polars)


@check(_wraps, _takes_names)
def check_set_output_keeps_the_index(subject):
    """A pandas result has the index of the pandas frame that came in."""
    problem = subject.problem()
    frame = _pandas(problem)
    frame.index = [f"row {i}" for i in range(len(frame))]
    transformer = subject.fresh().set_output(transform="pandas")
    try:
        found = _first(fitted(transformer, frame, problem.y).transform(frame))
    except ValueError:
        return
    assert list(found.index) == list(frame.index), (
        f"{subject.name}: the frame returned has lost the index"
    )
