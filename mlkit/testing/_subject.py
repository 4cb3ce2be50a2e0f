"""The estimator under check, what it takes, and data that it can be fitted to."""

import functools
import unittest
import warnings

import numpy as np

from .._core.arrays import has_fit_parameter
from .._core.params import clone
from .._core.tags import get_tags

# What a fitted estimator computes row by row, in the order in which checks call it.
OUTPUTS = ("predict", "predict_proba", "decision_function", "score_samples", "transform")
# What stands for the result of a fit where no method computes anything for new rows.
RESULTS = ("labels_", "embedding_", "row_labels_")
SEED = 0
_CENTRES = 3
# Five deviations between centres: every classifier that learns at all tells the groups apart.
_SPREAD = 5.0


class Problem:
    """Rows that an estimator can be fitted to.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_columns)
        Points; X is made of them.
    y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
    kernel : callable or None, default None
        For estimators of pairwise input, what makes X of two sets of points.
    groups : ndarray of shape (n_rows,)
        The group from which each row was drawn.

    Examples
    --------
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.testing import Subject
    >>> problem = Subject("Ridge", Ridge()).problem(n_rows=12, n_columns=2)
    >>> problem.X.shape, problem.part(slice(0, 6)).y.shape
    ((12, 2), (6,))
    """

    def __init__(self, features, y, kernel=None, groups=None):
        self.features = features
        self.y = y
        self.kernel = kernel
        self.groups = groups

    @property
    def X(self):
        """What is given to ``fit``: the points, or the square matrix of their kernel."""
        if self.kernel is None:
            return self.features.copy()
        return self.kernel(self.features, self.features)

    def part(self, index):
        """The problem of some of the rows."""
        groups = None if self.groups is None else self.groups[index]
        return Problem(self.features[index], self.y[index], self.kernel, groups)


def _squared_distances(A, B):
    return ((A[:, np.newaxis, :] - B) ** 2).sum(axis=2)


def _distances(A, B):
    return np.sqrt(_squared_distances(A, B))


def _similarities(A, B):
    return np.exp(-_squared_distances(A, B) / A.shape[1])


class Subject:
    """An estimator under check.

    Parameters
    ----------
    name : str
        What messages call it.
    estimator : estimator object
        Never fitted itself: checks work on clones.

    Examples
    --------
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.testing import Subject
    >>> subject = Subject("Ridge", Ridge())
    >>> subject.kind, subject.takes_weights
    ('regressor', True)
    """

    def __init__(self, name, estimator):
        self.name = name
        self.estimator = estimator

    @functools.cached_property
    def tags(self):
        """The estimator's tags."""
        return get_tags(self.estimator)

    @property
    def kind(self):
        """The role that the tags tell."""
        return self.tags.estimator_type

    @property
    def takes_weights(self):
        """Whether ``fit`` has a parameter `sample_weight`."""
        return has_fit_parameter(self.estimator, "sample_weight")

    @functools.cached_property
    def params(self):
        """Parameters of the estimator itself."""
        return self.estimator.get_params(deep=False)

    def fresh(self, **params):
        """A clone with every seed fixed, so that nothing but a check's change tells two apart."""
        copied = clone(self.estimator)
        seeds = {
            name: SEED
            for name in copied.get_params(deep=True)
            if name == "random_state" or name.endswith("__random_state")
        }
        return copied.set_params(**{**seeds, **params})

    def tight(self):
        """A fresh estimator that iterates to the end, where it has parameters for that.

        Two ways to one optimum meet there and not before. Boosting has a `tol` too, but its
        rounds are the model: it keeps them.
        """
        if "learning_rate" in self.params:
            return self.fresh()
        limits = {"tol": 1e-8, "max_iter": 5000}
        given = {name: self.params.get(name) for name in limits}
        return self.fresh(
            **{
                name: limits[name]
                for name, value in given.items()
                if isinstance(value, (int, float)) and value > 0
            }
        )

    def fit(self, problem, **fit_params):
        """A fresh estimator fitted to a problem."""
        return fitted(self.fresh(), problem.X, problem.y, **fit_params)

    # ------------------------------------------------------------------------ data
    def problem(self, n_rows=30, n_columns=4, n_groups=_CENTRES, spread=_SPREAD):
        """Data of three far groups that the estimator takes, the same at every call."""
        if n_groups > 2 and self.tags.classifier_tags and not self.tags.classifier_tags.multi_class:
            n_groups = 2
        rng = np.random.default_rng(7)
        centres = spread * rng.standard_normal((n_groups, n_columns))
        groups = np.arange(n_rows) % n_groups
        features = centres[groups] + rng.standard_normal((n_rows, n_columns))
        if self.tags.input_tags.positive_only:
            features -= features.min()
        if self.tags.input_tags.categorical and not self.tags.input_tags.positive_only:
            features = np.round(features / _SPREAD)
        return Problem(features, self.target(features, groups), self._kernel(), groups)

    def _kernel(self):
        if not self.tags.input_tags.pairwise:
            return None
        params = self.estimator.get_params(deep=True)
        measured = any(
            value == "precomputed" and name.rpartition("__")[2] in ("metric", "dissimilarity")
            for name, value in params.items()
            if isinstance(value, str)
        )
        return _distances if measured else _similarities

    def target(self, features, groups):
        """A target that the estimator takes: groups, or a noisy linear function of the rows."""
        target_tags = self.tags.target_tags
        if self.kind != "regressor":
            y = groups.astype(np.int64)
            other = (groups == groups.max()).astype(np.int64)
        else:
            rng = np.random.default_rng(11)
            y = features @ np.linspace(1, 2, features.shape[1])
            y = (y - y.mean()) / max(y.std(), 1e-12) + 0.1 * rng.standard_normal(len(y))
            y = np.exp(y) if target_tags.positive_only else y
            other = y[::-1].copy()
        single = target_tags.single_output and not target_tags.two_d_labels
        return y if single else np.column_stack([y, other])


def fitted(estimator, *data, **fit_params):
    """The estimator after ``fit``, whatever ``fit`` returns."""
    estimator.fit(*data, **fit_params)
    return estimator


def outputs(model, X, only=OUTPUTS):
    """What the methods of a fitted estimator return for X, by method."""
    return {name: getattr(model, name)(X) for name in only if hasattr(model, name)}


def results(model, X):
    """`outputs`, or the attributes that hold the result of the fit where no method does."""
    found = outputs(model, X)
    if found:
        return found
    return {name: getattr(model, name) for name in RESULTS if hasattr(model, name)}


# ------------------------------------------------------------------------- a check
def check(*conditions):
    """Make a check of a function of a `Subject`: it applies where all `conditions` hold.

    The check takes a name and an estimator; warnings of the estimator are not shown.
    """

    def decorate(function):
        def run(name, estimator):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    function(Subject(name, estimator))
                except (AssertionError, unittest.SkipTest):
                    raise
                except Exception as error:
                    raise AssertionError(
                        f"{name} raises {type(error).__name__} in {function.__name__}: {error}"
                    ) from error

        run.__name__, run.__qualname__ = function.__name__, function.__qualname__
        run.__doc__, run.__module__ = function.__doc__, function.__module__
        run.conditions = conditions
        return run

    return decorate


def applies(run, subject):
    """Whether all conditions of a check hold for a subject."""
    return all(condition(subject) for condition in run.conditions)


def has(*methods):
    """Condition: the estimator has these methods."""
    return lambda subject: all(hasattr(subject.estimator, name) for name in methods)


def has_any(*methods):
    """Condition: the estimator has one of these methods."""
    return lambda subject: any(hasattr(subject.estimator, name) for name in methods)


def has_parameter(name):
    """Condition: the constructor has this parameter."""
    return lambda subject: name in subject.params


def kind(*names):
    """Condition: the tags tell one of these roles."""
    return lambda subject: subject.kind in names


def lacks(condition):
    """Condition: another one does not hold."""
    return lambda subject: not condition(subject)


def validates(subject):
    """Condition: X is checked, and holds numbers that can be anything."""
    return not subject.tags.no_validation


def plain(subject):
    """Condition: X is points, not the square matrix of a kernel."""
    return not subject.tags.input_tags.pairwise


def numeric(subject):
    """Condition: X holds numbers only."""
    given = subject.tags.input_tags
    return validates(subject) and not (given.categorical or given.string or given.pairwise)


def deterministic(subject):
    """Condition: the same seed gives the same result."""
    return not subject.tags.non_deterministic


def weighted(subject):
    """Condition: ``fit`` takes sample weights."""
    return subject.takes_weights


def needs_y(subject):
    """Condition: ``fit`` needs y."""
    return bool(subject.tags.target_tags.required)


def single_output(subject):
    """Condition: y may be one column."""
    target = subject.tags.target_tags
    return target.single_output and not target.two_d_labels


def needs_fit(subject):
    """Condition: ``fit`` comes before anything else."""
    return subject.tags.requires_fit


def learns(subject):
    """Condition: the tags do not say that the score is poor on simple data."""
    tags = subject.tags.classifier_tags or subject.tags.regressor_tags
    return tags is not None and not tags.poor_score


def optional(module):
    """Import a package that a check needs, or skip the check."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise unittest.SkipTest(f"{module} is not installed") from error
