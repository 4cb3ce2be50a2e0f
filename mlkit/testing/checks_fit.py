"""What ``fit`` does and leaves alone, and that results depend on the data and nothing else."""

import copy
import pickle

import numpy as np

from .._core.tags import get_tags
from ._claims import assert_same, changed, refuses, same, same_value, snapshot
from ._subject import (
    OUTPUTS,
    check,
    deterministic,
    fitted,
    has,
    has_any,
    has_parameter,
    kind,
    lacks,
    needs_y,
    numeric,
    outputs,
    plain,
    results,
    validates,
)

_RULES = {"n_features_in_", "feature_names_in_"}


def _copies_input(subject):
    """Condition: no parameter says that X may be overwritten."""
    return all(subject.params.get(name, True) is not False for name in ("copy", "copy_X", "copy_x"))


def _no_warm_start(subject):
    """Condition: a fit starts afresh."""
    return not subject.params.get("warm_start", False)


def _has_inner(subject):
    """Condition: a parameter is an estimator."""
    return any(
        hasattr(value, "get_params") and not isinstance(value, type)
        for value in subject.params.values()
    )


# ---------------------------------------------------------------------------- what fit does
@check()
def check_fit_returns_self(subject):
    """``fit`` returns the estimator itself."""
    problem = subject.problem()
    estimator = subject.fresh()
    assert estimator.fit(problem.X, problem.y) is estimator, (
        f"{subject.name}.fit does not return self"
    )


@check(has("partial_fit"))
def check_partial_fit_returns_self(subject):
    """``partial_fit`` returns the estimator itself."""
    problem = subject.problem()
    estimator = subject.fresh()
    assert _partial_fit(subject, estimator, problem) is estimator, (
        f"{subject.name}.partial_fit does not return self"
    )


def _partial_fit(subject, estimator, problem):
    if subject.kind == "classifier":
        return estimator.partial_fit(problem.X, problem.y, classes=np.unique(problem.y))
    return estimator.partial_fit(problem.X, problem.y)


@check()
def check_fit_keeps_parameters(subject):
    """``fit`` leaves every parameter as it was given."""
    problem = subject.problem()
    estimator = subject.fresh()
    before = {
        name: copy.deepcopy(value) for name, value in estimator.get_params(deep=False).items()
    }
    held = estimator.get_params(deep=False)
    estimator.fit(problem.X, problem.y)
    after = estimator.get_params(deep=False)
    for name, value in before.items():
        unchanged = after[name] is held[name] and same_value(copy.deepcopy(held[name]), value)
        # What has no `==` of its own can only be the same object.
        opaque = after[name] is held[name] and type(value).__eq__ is object.__eq__
        assert unchanged or opaque or same_value(after[name], value), (
            f"{subject.name}.fit changes the parameter {name!r} from {value!r} to {after[name]!r}"
        )


@check(_has_inner)
def check_fit_keeps_inner_estimators(subject):
    """``fit`` works on clones of the estimators it was given: theirs stay unfitted."""
    problem = subject.problem()
    estimator = subject.fresh()
    inner = {
        name: value
        for name, value in estimator.get_params(deep=False).items()
        if hasattr(value, "get_params") and not isinstance(value, type)
    }
    before = {name: set(vars(value)) for name, value in inner.items()}
    estimator.fit(problem.X, problem.y)
    for name, value in inner.items():
        more = sorted(set(vars(value)) - before[name])
        assert not more, (
            f"{subject.name}.fit sets {more} on the estimator given as {name!r}; fit a clone"
        )


@check()
def check_fit_names_its_results(subject):
    """What ``fit`` adds to the estimator ends, or begins, with an underscore."""
    before = set(vars(subject.fresh()))
    problem = subject.problem()
    added = set(vars(subject.fit(problem))) - before
    bad = sorted(name for name in added if not (name.endswith("_") or name.startswith("_")))
    assert not bad, f"{subject.name}.fit sets {bad}, whose names do not end in an underscore"


@check(_copies_input)
def check_fit_keeps_its_input(subject):
    """``fit`` leaves X and y as they were."""
    problem = subject.problem()
    X, y = problem.X, problem.y.copy()
    fitted(subject.fresh(), X, y)
    assert np.array_equal(X, problem.X), f"{subject.name}.fit changes X"
    assert np.array_equal(y, problem.y), f"{subject.name}.fit changes y"


@check(_copies_input, has_any(*OUTPUTS))
def check_methods_keep_their_input(subject):
    """Methods of a fitted estimator leave X as it was."""
    problem = subject.problem()
    model = subject.fit(problem)
    for method in OUTPUTS:
        X = problem.X
        outputs(model, X, only=(method,))
        assert np.array_equal(X, problem.X), f"{subject.name}.{method} changes X"


@check(has_any(*OUTPUTS))
def check_methods_keep_the_state(subject):
    """Predicting or transforming changes no attribute of the fitted estimator."""
    problem = subject.problem()
    model = subject.fit(problem)
    before = snapshot(model)
    for method in OUTPUTS:
        outputs(model, problem.X, only=(method,))
        names = [name for name in changed(before, vars(model)) if not name.startswith("_")]
        assert not names, f"{subject.name}.{method} changes the attributes {names}"


# -------------------------------------------------------------------------- n_features_in_
@check(validates)
def check_n_features_in(subject):
    """``n_features_in_`` is absent before ``fit`` and the number of columns after."""
    estimator = subject.fresh()
    assert not hasattr(estimator, "n_features_in_"), f"{subject.name} has n_features_in_ before fit"
    problem = subject.problem()
    estimator.fit(problem.X, problem.y)
    found = getattr(estimator, "n_features_in_", None)
    assert found == problem.X.shape[1], (
        f"{subject.name}: n_features_in_ is {found} after fit to {problem.X.shape[1]} columns"
    )


@check(validates, plain, has_any(*OUTPUTS))
def check_width_is_kept(subject):
    """X of another number of columns than in ``fit`` is a ValueError that tells both numbers."""
    problem = subject.problem()
    model = subject.fit(problem)
    for method in OUTPUTS:
        if hasattr(model, method):
            with refuses(
                subject,
                f"3 columns in {method} after fit to 4",
                saying=("3 features, but", "4 features"),
            ):
                getattr(model, method)(problem.X[:, :3])


@check(validates, plain, has("partial_fit"))
def check_partial_fit_keeps_the_width(subject):
    """``partial_fit`` with another number of columns than the first is a ValueError."""
    estimator = subject.fresh()
    _partial_fit(subject, estimator, subject.problem())
    with refuses(subject, "3 columns in partial_fit after 4"):
        _partial_fit(subject, estimator, subject.problem(n_columns=3))


# ------------------------------------------------------------------------- same again
@check(deterministic)
def check_fit_twice_is_fit_once(subject):
    """A second ``fit`` to the same data gives the same results."""
    problem = subject.problem()
    model = subject.fit(problem)
    first = copy.deepcopy(results(model, problem.X))
    model.fit(problem.X, problem.y)
    assert_same(
        subject, results(model, problem.X), first, "a second fit gives the results of the first"
    )


@check(deterministic, _no_warm_start)
def check_fit_forgets(subject):
    """``fit`` keeps nothing of what was fitted before, other rows or other columns."""
    problem = subject.problem()
    fresh = results(subject.fit(problem), problem.X)
    used = subject.fit(subject.problem(n_rows=24, n_columns=3))
    used.fit(problem.X, problem.y)
    assert_same(
        subject, results(used, problem.X), fresh, "fit forgets what it was fitted to before"
    )


@check(deterministic, has_parameter("random_state"))
def check_random_state_reproduces(subject):
    """The same int as `random_state` gives the same results, whatever was drawn in between."""
    problem = subject.problem()
    first = results(subject.fit(problem), problem.X)
    state = np.random.get_state()
    try:
        np.random.seed(987)
        second = results(subject.fit(problem), problem.X)
    finally:
        np.random.set_state(state)
    assert_same(subject, second, first, "the same random_state gives the same results")


@check(has_parameter("random_state"))
def check_global_state_is_kept(subject):
    """With a `random_state` of its own an estimator draws nothing from NumPy's global generator."""
    problem = subject.problem()
    before = np.random.get_state()[1:3]
    subject.fit(problem)
    after = np.random.get_state()[1:3]
    kept = np.array_equal(before[0], after[0]) and before[1] == after[1]
    assert kept, f"{subject.name}.fit draws from NumPy's global generator despite random_state"


@check(deterministic, has_parameter("n_jobs"))
def check_n_jobs_changes_nothing(subject):
    """Two jobs give the results of one."""
    problem = subject.problem()
    one, two = (
        results(fitted(subject.fresh(n_jobs=n), problem.X, problem.y), problem.X) for n in (1, 2)
    )
    assert_same(subject, two, one, "n_jobs=2 gives the results of n_jobs=1")


@check()
def check_pickle_fitted(subject):
    """A fitted estimator survives pickling with its results."""
    problem = subject.problem()
    model = subject.fit(problem)
    before = results(model, problem.X)
    restored = pickle.loads(pickle.dumps(model))
    assert_same(subject, results(restored, problem.X), before, "results survive pickling")


@check(has_parameter("max_iter"))
def check_n_iter(subject):
    """``n_iter_``, where ``fit`` sets it, is at least 1 and at most `max_iter`."""
    problem = subject.problem()
    model = subject.fit(problem)
    counts = getattr(model, "n_iter_", None)
    if counts is None:
        return
    counts = np.ravel(counts)
    limit = model.get_params(deep=False)["max_iter"]
    assert (counts >= 1).all(), f"{subject.name}: n_iter_ is {counts} after fit"
    bounded = isinstance(limit, (int, np.integer)) and limit > 0
    assert not bounded or (counts <= limit).all(), (
        f"{subject.name}: n_iter_ is {counts} with max_iter={limit}"
    )


@check(has_parameter("verbose"))
def check_verbose_zero_is_silent(subject):
    """Nothing is printed unless `verbose` asks for it."""
    import contextlib
    import io

    if subject.params["verbose"] not in (0, False, -1, None):
        return
    problem = subject.problem()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        subject.fit(problem)
    assert not printed.getvalue(), f"{subject.name}.fit prints {printed.getvalue()[:60]!r}"


# -------------------------------------------------------------------------- rows apart
@check(deterministic, plain, has_any(*OUTPUTS))
def check_rows_are_independent(subject):
    """What a method returns for some rows is what it returns for them among all rows."""
    problem = subject.problem()
    model = subject.fit(problem)
    whole = outputs(model, problem.X)
    for index in (np.arange(0, 10), np.array([17])):
        part = outputs(model, problem.X[index])
        for method, values in whole.items():
            expected = _rows(values, index)
            assert same(part[method], expected), (
                f"{subject.name}.{method}: the result for {len(index)} of the rows is not that "
                "for them among all rows"
            )


@check(deterministic, plain, has_any(*OUTPUTS))
def check_order_of_rows_is_followed(subject):
    """Rows in another order give results in that order."""
    problem = subject.problem()
    model = subject.fit(problem)
    whole = outputs(model, problem.X)
    order = np.random.default_rng(3).permutation(len(problem.X))
    mixed = outputs(model, problem.X[order])
    for method, values in whole.items():
        assert same(mixed[method], _rows(values, order)), (
            f"{subject.name}.{method}: rows in another order do not give results in that order"
        )


def _rows(values, index):
    if isinstance(values, (tuple, list)) and np.ndim(values[0]) > 0:
        return type(values)(_rows(each, index) for each in values)
    return (values.tocsr() if hasattr(values, "tocsr") else np.asarray(values))[index]


# -------------------------------------------------------------------------- small data
_FEW = ("1 sample", "n_samples", "one sample", "sample", "class", "row", "number of")


@check(validates, plain)
def check_fit_to_one_row(subject):
    """One row can be fitted, or is refused by a ValueError that says so."""
    problem = subject.problem(n_rows=1)
    try:
        subject.fit(problem)
    except ValueError as error:
        message = str(error).lower()
        assert any(word in message for word in _FEW), (
            f"{subject.name} refuses one row without saying why: {error}"
        )
    except Exception as error:
        raise AssertionError(
            f"{subject.name} meets one row with {type(error).__name__}: {error}"
        ) from error


@check(validates, plain)
def check_fit_to_one_column(subject):
    """One column can be fitted, or is refused by a ValueError that says so."""
    problem = subject.problem(n_columns=1)
    try:
        subject.fit(problem)
    except ValueError as error:
        message = str(error).lower()
        assert any(word in message for word in ("feature", "column", "component")), (
            f"{subject.name} refuses one column without saying why: {error}"
        )
    except Exception as error:
        raise AssertionError(
            f"{subject.name} meets one column with {type(error).__name__}: {error}"
        ) from error


def _holds_supervised(subject):
    """Condition: an estimator that it holds needs y."""
    held = [value for value in subject.params.values() if hasattr(value, "__sklearn_tags__")]
    return any(get_tags(value).target_tags.required for value in held)


@check(lacks(needs_y), lacks(kind("classifier", "regressor")), lacks(_holds_supervised))
def check_fit_without_y(subject):
    """``fit(X)`` and ``fit(X, None)`` work where the tags say that y is not required."""
    X = subject.problem().X
    for arguments in ((X,), (X, None)):
        try:
            fitted(subject.fresh(), *arguments)
        except Exception as error:
            # Whether y is needed may be up to a function that the estimator is given.
            if isinstance(error, ValueError) and "requires y" in str(error):
                continue
            raise AssertionError(
                f"{subject.name}: the tags say that y is not required, but fit without y raises "
                f"{type(error).__name__}: {error}"
            ) from error


@check(kind("classifier", "regressor"), has("predict"))
def check_predictions_have_one_row_each(subject):
    """``predict`` returns one row for each row of X, in the shape of y."""
    problem = subject.problem()
    found = np.shape(subject.fit(problem).predict(problem.X))
    assert found == problem.y.shape, (
        f"{subject.name}.predict returns the shape {found} for y of shape {problem.y.shape}"
    )


@check(numeric, has("fit_predict"))
def check_fit_predict_is_fit_then_labels(subject):
    """``fit_predict`` gives the labels of ``fit``: ``labels_``, or what ``predict`` says."""
    problem = subject.problem()
    labels = subject.fresh().fit_predict(problem.X)
    model = fitted(subject.fresh(), problem.X)
    if subject.kind == "outlier_detector" and hasattr(model, "predict"):
        expected = model.predict(problem.X)
    else:
        expected = getattr(model, "labels_", None)
    if expected is None or not deterministic(subject):
        return
    assert np.array_equal(labels, expected), (
        f"{subject.name}.fit_predict differs from the labels of fit"
    )
