"""Bad input, by the table: the type of the error, and that its message helps.

A message names the estimator or the argument, says what is wrong with it, and where there is
one, the remedy. Estimators come from discovery; a family joins the table by being there.
"""

import re

import numpy as np
import pytest
import scipy.sparse

from mlkit._core.tags import get_tags
from mlkit.exceptions import NotFittedError
from mlkit.testing import Subject

from .instances import every_instance, identify

pytestmark = pytest.mark.filterwarnings("ignore")

SUBJECTS = {
    identify(each): Subject(type(each).__name__, each)
    for each in every_instance()
    if get_tags(each).input_tags.two_d_array
}
# They look at X only through the estimators that they hold, which then are named in messages.
DELEGATING = {
    "GridSearchCV",
    "HalvingGridSearchCV",
    "HalvingRandomSearchCV",
    "OptunaSearchCV",
    "RandomizedSearchCV",
}
DELEGATING |= {"FunctionTransformer", "DummyClassifier", "DummyRegressor"}


def _names(subject):
    """The estimator's class, and those of all it holds."""
    found = {type(subject.estimator).__name__}
    waiting = list(subject.estimator.get_params(deep=True).values())
    while waiting:
        value = waiting.pop()
        if isinstance(value, (list, tuple)):
            waiting += value
        elif hasattr(value, "get_params") and not isinstance(value, type):
            found.add(type(value).__name__)
    # What a meta-estimator fits when none is given.
    return found | {"LinearRegression"} if len(found) > 1 or "Target" in subject.name else found


def _explained(error, subject, *words):
    """Assert that a message has one of each tuple of words, and a name."""
    message = str(error)
    for choice in words:
        choice = (choice,) if isinstance(choice, str) else choice
        assert any(re.search(each, message) for each in choice), f"none of {choice} in: {message}"
    if subject is not None:
        assert any(name in message for name in _names(subject)), f"nobody is named in: {message}"


# -------------------------------------------------------------------------------- X in fit
def _dict_in(X):
    X = X.astype(object)
    X[0, 0] = {"a": 1}
    return X


BAD_X = {
    "NaN": (lambda X: np.where(np.eye(*X.shape) > 0, np.nan, X), "NaN", ("imput", "missing")),
    "infinity": (lambda X: np.where(np.eye(*X.shape) > 0, np.inf, X), "infinity"),
    "one dimension": (lambda X: X[:, 0].copy(), "Expected 2D array, got 1D", "reshape"),
    "no dimension": (lambda X: np.float64(3), ("Expected 2D array", "scalar", "0 ?[dD]")),
    "three dimensions": (lambda X: X[:, :, np.newaxis], ("3 dimensions", "3D", "dim 3")),
    "complex": (lambda X: X * 1j, "Complex data not supported"),
    "words": (lambda X: np.full(X.shape, "word", dtype=object), "word", ("float", "numeric")),
    "a dict": (_dict_in, ("dict", "float", "number")),
    "no rows": (lambda X: X[:0], r"0 sample\(s\)", r"minimum of \d"),
    "no columns": (lambda X: X[:, :0], r"0 feature\(s\)", r"minimum of \d"),
}
NUMERIC = {"words", "a dict"}


def _x_cases():
    for name, subject in SUBJECTS.items():
        tags = subject.tags
        holds = any("__" in key for key in subject.estimator.get_params(deep=True))
        if tags.no_validation or subject.name in DELEGATING or subject.name == "ColumnTransformer":
            continue
        for what in BAD_X:
            if what in ("NaN", "infinity") and (tags.input_tags.allow_nan or holds):
                continue
            if what in NUMERIC and (tags.input_tags.string or tags.input_tags.categorical or holds):
                continue
            yield pytest.param(name, what, id=f"{name}-{what}")


X_CASES = list(_x_cases())


@pytest.mark.parametrize("name, what", X_CASES)
def test_bad_X(name, what):
    subject = SUBJECTS[name]
    problem = subject.problem()
    spoil, *words = BAD_X[what]
    X = spoil(problem.X)
    y = problem.y[:0] if what == "no rows" else problem.y
    with pytest.raises((ValueError, TypeError)) as raised:
        subject.fresh().fit(X, y)
    _explained(raised.value, subject, *words)


def _sparse_cases():
    for name, subject in SUBJECTS.items():
        if not subject.tags.input_tags.sparse and not subject.tags.no_validation:
            yield name


@pytest.mark.parametrize("name", list(_sparse_cases()))
def test_sparse_X_where_it_is_not_taken(name):
    subject = SUBJECTS[name]
    problem = subject.problem()
    with pytest.raises((TypeError, ValueError)) as raised:
        subject.fresh().fit(scipy.sparse.csr_array(problem.X), problem.y)
    _explained(raised.value, subject, "sparse", ("toarray", "dense"))


# ------------------------------------------------------------------------------- X later
METHODS = ("predict", "transform")


def _later_cases():
    for name, subject in SUBJECTS.items():
        for method in METHODS:
            # A matrix of pairs has as many columns as rows, so its width is told otherwise.
            plain = not (subject.tags.no_validation or name == "KernelCenterer")
            if hasattr(subject.estimator, method) and plain:
                yield pytest.param(name, method, id=f"{name}-{method}")


LATER = list(_later_cases())


@pytest.mark.parametrize("name, method", LATER)
def test_other_columns_than_in_fit(name, method):
    subject = SUBJECTS[name]
    problem = subject.problem()
    model = subject.fit(problem)
    with pytest.raises(ValueError, match="3 features") as raised:
        getattr(model, method)(problem.X[:, :3])
    _explained(raised.value, subject, "4 features")


@pytest.mark.parametrize("name, method", LATER)
def test_use_before_fit(name, method):
    subject = SUBJECTS[name]
    if not subject.tags.requires_fit:
        return
    with pytest.raises(NotFittedError, match="fit") as raised:
        getattr(subject.fresh(), method)(subject.problem().X)
    _explained(raised.value, subject)


@pytest.mark.parametrize("name, method", LATER)
def test_one_row_without_its_brackets(name, method):
    subject = SUBJECTS[name]
    problem = subject.problem()
    model = subject.fit(problem)
    with pytest.raises(ValueError, match="Expected 2D array, got 1D") as raised:
        getattr(model, method)(problem.X[0])
    _explained(raised.value, None, "reshape")


@pytest.mark.parametrize("name, method", LATER)
def test_other_names_than_in_fit(name, method):
    pandas = pytest.importorskip("pandas")
    subject = SUBJECTS[name]
    if subject.name == "ColumnTransformer":
        return
    problem = subject.problem()
    frame = pandas.DataFrame(problem.X, columns=["a", "b", "c", "d"])
    model = subject.fresh().fit(frame, problem.y)
    with pytest.raises(ValueError, match="feature names") as raised:
        getattr(model, method)(frame.rename(columns={"a": "z"}))
    _explained(raised.value, None, "- z", "- a")
    with pytest.raises(ValueError, match="same order"):
        getattr(model, method)(frame[["d", "c", "b", "a"]])


# ------------------------------------------------------------------------------------- y
BAD_Y = {
    "None": (lambda y: None, r"requires y|y .*None|missing"),
    "a row less": (lambda y: y[:-1], r"\[30, 29\]|29"),
    "NaN": (lambda y: np.where(np.arange(len(y)) == 3, np.nan, y), "NaN"),
    "infinity": (lambda y: np.where(np.arange(len(y)) == 3, np.inf, y), "infinity"),
    "three dimensions": (lambda y: y[:, np.newaxis, np.newaxis], "dim|1d|shape|label"),
}
SUPERVISED = {
    name: subject
    for name, subject in SUBJECTS.items()
    if subject.kind in ("classifier", "regressor")
    and subject.name not in DELEGATING
    and subject.tags.target_tags.single_output
}
Y_CASES = [pytest.param(name, what, id=f"{name}-{what}") for name in SUPERVISED for what in BAD_Y]


@pytest.mark.parametrize("name, what", Y_CASES)
def test_bad_y(name, what):
    subject = SUBJECTS[name]
    problem = subject.problem()
    spoil, words = BAD_Y[what]
    with pytest.raises((ValueError, TypeError), match=words):
        subject.fresh().fit(problem.X, spoil(problem.y))


@pytest.mark.parametrize("name", list(SUPERVISED))
def test_y_of_the_wrong_kind(name):
    """Numbers for a classifier, words for a regressor."""
    subject = SUBJECTS[name]
    problem = subject.problem()
    if subject.kind == "classifier":
        y, words = problem.features[:, 0] + 0.05, "Unknown label type.*(regress|bin)"
    else:
        y, words = np.full(len(problem.X), "word"), "word|strings|numeric"
    with pytest.raises((ValueError, TypeError), match=words):
        subject.fresh().fit(problem.X, y)


# ------------------------------------------------------------------------------- weights
BAD_WEIGHTS = {
    "a row less": (lambda n: np.ones(n - 1), r"29"),
    "two dimensions": (lambda n: np.ones((n, 2)), "1D|dimension"),
    "all zero": (lambda n: np.zeros(n), "weight.*zero"),
    "NaN": (lambda n: np.full(n, np.nan), "sample_weight.*NaN"),
    "words": (lambda n: ["a"] * n, "sample_weight.*(float|number)"),
}
WEIGHT_CASES = [
    pytest.param(name, what, id=f"{name}-{what}")
    for name, subject in SUBJECTS.items()
    if subject.takes_weights
    for what in BAD_WEIGHTS
]


@pytest.mark.parametrize("name, what", WEIGHT_CASES)
def test_bad_weights(name, what):
    subject = SUBJECTS[name]
    problem = subject.problem()
    make, words = BAD_WEIGHTS[what]
    with pytest.raises(ValueError, match=words):
        subject.fresh().fit(problem.X, problem.y, sample_weight=make(len(problem.X)))


# ---------------------------------------------------------------------------- parameters
class Strange:
    """A value that no parameter takes."""

    def __repr__(self):
        return "<strange>"


STRANGE = (Strange(), -3.5, "nonsense", -1, None, 1e300)


def _parameter_cases():
    for name, subject in SUBJECTS.items():
        for parameter, declared in getattr(type(subject.estimator), "_params", {}).items():
            bad = [value for value in STRANGE if not declared.domain.admits(value)]
            for value in bad[:2]:
                yield pytest.param(name, parameter, value, id=f"{name}-{parameter}-{value!r}")


PARAMETERS = list(_parameter_cases())


@pytest.mark.parametrize("name, parameter, value", PARAMETERS)
def test_bad_parameter(name, parameter, value):
    """Told at ``fit``: the parameter, the estimator, the value, and what it may be."""
    subject = SUBJECTS[name]
    problem = subject.problem()
    estimator = subject.fresh()
    setattr(estimator, parameter, value)
    with pytest.raises((ValueError, TypeError)) as raised:
        estimator.fit(problem.X, problem.y)
    message = str(raised.value)
    assert parameter in message, message
    assert subject.name in message, message
    declared = type(estimator)._params[parameter].domain
    told = repr(value) in message or type(value).__name__ in message
    assert told or declared.words in message, message


UNKNOWN = [pytest.param(name, id=name) for name in SUBJECTS]


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_parameter(name):
    subject = SUBJECTS[name]
    with pytest.raises(ValueError, match="no_such_parameter") as raised:
        subject.fresh().set_params(no_such_parameter=1)
    _explained(raised.value, subject, "[Vv]alid")


def test_the_table_is_long():
    tables = (X_CASES, LATER * 4, Y_CASES, WEIGHT_CASES, PARAMETERS, UNKNOWN)
    assert sum(map(len, tables)) >= 200
