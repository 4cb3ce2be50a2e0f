"""Sample weights: a weight is a number of repetitions, and is checked like the rest."""

import numpy as np

from ._claims import assert_same, refuses
from ._subject import (
    Problem,
    check,
    deterministic,
    fitted,
    optional,
    plain,
    results,
    validates,
    weighted,
)

_fits_weights = (weighted, plain)


def _weighted_fit(subject, problem, weight):
    return fitted(subject.fresh(), problem.X, problem.y, sample_weight=weight)


def _weights(problem):
    return np.linspace(0.5, 2, len(problem.X))


@check(weighted, deterministic)
def check_weights_none_is_one(subject):
    """Weights of one give the results of no weights."""
    problem = subject.problem()
    none, ones = (
        results(_weighted_fit(subject, problem, weight), problem.X)
        for weight in (None, np.ones(len(problem.X)))
    )
    assert_same(subject, ones, none, "weights of 1 give the results of none", tolerance=1e-5)


@check(*_fits_weights, deterministic)
def check_weight_two_is_a_row_twice(subject):
    """A weight k gives the results of k copies of the row, and 0 those of no row."""
    problem = subject.problem(n_rows=36)
    rng = np.random.default_rng(5)
    weight = rng.integers(0, 4, len(problem.X))
    repeated = problem.part(np.repeat(np.arange(len(weight)), weight))
    shuffle = rng.permutation(len(repeated.y))
    repeated = repeated.part(shuffle)
    weighted_fit = fitted(subject.tight(), problem.X, problem.y, sample_weight=weight)
    repeated_fit = fitted(subject.tight(), repeated.X, repeated.y, sample_weight=None)
    X = problem.X
    if not _judges_new_rows(subject):
        return
    assert_same(
        subject,
        results(weighted_fit, X),
        results(repeated_fit, X),
        "an integer weight gives the results of so many copies of the row",
        tolerance=1e-4,
    )


def _judges_new_rows(subject):
    """Results of a fit alone have a row for each row fitted, which differ in number here."""
    return any(hasattr(subject.estimator, name) for name in ("predict", "transform"))


@check(*_fits_weights, validates)
def check_weights_all_zero(subject):
    """Weights that are all zero are a ValueError that says so."""
    problem = subject.problem()
    with refuses(subject, "weights that are all zero", saying=("weight",)):
        _weighted_fit(subject, problem, np.zeros(len(problem.X)))


@check(*_fits_weights, validates)
def check_weights_of_another_length(subject):
    """One weight too few is a ValueError."""
    problem = subject.problem()
    with refuses(subject, "one weight too few"):
        _weighted_fit(subject, problem, np.ones(len(problem.X) - 1))


@check(*_fits_weights, validates)
def check_weights_of_two_dimensions(subject):
    """Weights of two dimensions are a ValueError."""
    problem = subject.problem()
    with refuses(subject, "weights of two dimensions"):
        _weighted_fit(subject, problem, np.ones((len(problem.X), 2)))


@check(*_fits_weights, validates)
def check_weights_nan(subject):
    """NaN among the weights is a ValueError."""
    problem = subject.problem()
    weight = np.ones(len(problem.X))
    weight[2] = np.nan
    with refuses(subject, "NaN among the weights", saying=("nan", "finite", "weight")):
        _weighted_fit(subject, problem, weight)


@check(*_fits_weights)
def check_weights_are_kept(subject):
    """``fit`` leaves the weights as they were."""
    problem = subject.problem()
    weight = _weights(problem)
    before = weight.copy()
    _weighted_fit(subject, problem, weight)
    assert np.array_equal(weight, before), f"{subject.name}.fit changes sample_weight"


@check(*_fits_weights, deterministic)
def check_weights_in_a_list(subject):
    """Weights in a list give the results of an array."""
    problem = subject.problem()
    weight = _weights(problem)
    array, listed = (
        results(_weighted_fit(subject, problem, each), problem.X)
        for each in (weight, weight.tolist())
    )
    assert_same(subject, listed, array, "weights in a list give the results of an array")


@check(*_fits_weights, deterministic)
def check_weights_in_a_series(subject):
    """Weights in a pandas series, whatever its index, give the results of an array."""
    pandas = optional("pandas")
    problem = subject.problem()
    weight = _weights(problem)
    series = pandas.Series(weight, index=np.arange(len(weight))[::-1])
    array, given = (
        results(_weighted_fit(subject, problem, each), problem.X) for each in (weight, series)
    )
    assert_same(subject, given, array, "weights in a series give the results of an array")


@check(*_fits_weights, deterministic)
def check_weights_of_integers(subject):
    """Weights of integers give the results of the same floats."""
    problem = subject.problem()
    weight = 1 + np.arange(len(problem.X)) % 3
    floats, integers = (
        results(_weighted_fit(subject, problem, each), problem.X)
        for each in (weight.astype(float), weight)
    )
    assert_same(subject, integers, floats, "integer weights give the results of the same floats")


@check(*_fits_weights, deterministic)
def check_weights_matter_to_score(subject):
    """``score`` with weights is ``score`` of rows repeated so often, where it takes weights."""
    import inspect

    score = getattr(subject.estimator, "score", None)
    if score is None or "sample_weight" not in inspect.signature(score).parameters:
        return
    problem = subject.problem()
    model = subject.fit(problem)
    # A target that is wrong in a third of the rows: a perfect score is the same with any weights.
    wrong = np.arange(len(problem.X)) < len(problem.X) // 3
    y = np.where(wrong, np.roll(problem.y, 1, axis=0).T, problem.y.T).T
    other = Problem(problem.features, y, problem.kernel)
    weight = 1 + np.arange(len(problem.X)) % 3
    repeated = np.repeat(np.arange(len(weight)), weight)
    found = model.score(other.X, other.y, sample_weight=weight)
    expected = model.score(other.X[repeated], other.y[repeated])
    assert abs(found - expected) <= 1e-6 * max(1, abs(expected)), (
        f"{subject.name}.score with integer weights is {found}, with rows repeated {expected}"
    )
