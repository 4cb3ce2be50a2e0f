"""What a parameter may be: one class a kind, with `admits` and its words for docs and errors."""

import math
import numbers
import sys
from dataclasses import dataclass

import numpy as np


class Domain:
    """A set of values; ``a | b`` is their union."""

    words = ""

    def admits(self, value):
        """Whether `value` belongs to the domain."""
        raise NotImplementedError

    def __or__(self, other):
        return Union((*_parts(self), *_parts(other)))

    def __repr__(self):
        return f"<{self.words}>"


def _parts(domain):
    return domain.parts if isinstance(domain, Union) else (domain,)


class Union(Domain):
    """A value of any of several domains."""

    def __init__(self, parts):
        self.parts = parts

    @property
    def words(self):
        words = [part.words for part in self.parts]
        return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]

    def admits(self, value):
        return any(part.admits(value) for part in self.parts)


def _is_bool(value):
    return isinstance(value, (bool, np.bool_))


@dataclass(frozen=True, repr=False)
class Interval(Domain):
    """Numbers between two ends; `kind` is `numbers.Real` or `numbers.Integral`, never a bool."""

    least: float
    most: float
    open_left: bool = False
    open_right: bool = False
    kind: type = numbers.Real

    @property
    def words(self):
        noun = "int" if self.kind is numbers.Integral else "float"
        left, right = math.isfinite(self.least), math.isfinite(self.most)
        if left and right:
            ends = (
                "(["[not self.open_left] + f"{self.least}, {self.most}" + ")]"[not self.open_right]
            )
            return f"{noun} in {ends}"
        if left:
            return f"{noun} {'>' if self.open_left else '≥'} {self.least}"
        if right:
            return f"{noun} {'<' if self.open_right else '≤'} {self.most}"
        return noun if self.open_left or self.kind is numbers.Integral else f"{noun} or infinity"

    def admits(self, value):
        if not isinstance(value, self.kind) or _is_bool(value) or value != value:
            return False
        above = value > self.least if self.open_left else value >= self.least
        return bool(above and (value < self.most if self.open_right else value <= self.most))


def at_least(least):
    """Finite numbers ≥ `least`."""
    return Interval(least, math.inf, open_right=True)


def above(least):
    """Finite numbers > `least`."""
    return Interval(least, math.inf, open_left=True, open_right=True)


def at_most(most):
    """Finite numbers ≤ `most`."""
    return Interval(-math.inf, most, open_left=True)


def between(least, most, closed="both"):
    """Numbers between two ends; `closed` is "both", "left", "right" or "neither"."""
    return Interval(least, most, closed not in ("both", "left"), closed not in ("both", "right"))


def integer(least=None, most=None):
    """Whole numbers, at least `least` and at most `most` where given."""
    return Interval(
        -math.inf if least is None else least,
        math.inf if most is None else most,
        kind=numbers.Integral,
    )


real = Interval(-math.inf, math.inf, open_left=True, open_right=True)
real_or_inf = Interval(-math.inf, math.inf)


@dataclass(frozen=True, repr=False)
class OneOf(Domain):
    """One of a few values."""

    values: tuple

    @property
    def words(self):
        return "{" + ", ".join(map(repr, self.values)) + "}"

    def admits(self, value):
        # An array or a frame compares elementwise and NaN is no member: types first, then `==`.
        return any(
            value is each or (type(value) is type(each) and value == each)
            or (isinstance(value, str) and isinstance(each, str) and value == each)
            for each in self.values
        )  # fmt: skip


def one_of(*values):
    """One of `values`."""
    return OneOf(values)


class Predicate(Domain):
    """Values for which a function is true."""

    def __init__(self, words, admits):
        self.words = words
        self.admits = admits


def _is_array_like(value):
    if isinstance(value, (str, bytes, dict, type)):
        return False
    return hasattr(value, "__len__") or hasattr(value, "shape") or hasattr(value, "__array__")


def _is_sparse(value):
    scipy_sparse = sys.modules.get("scipy.sparse")
    return scipy_sparse is not None and scipy_sparse.issparse(value)


def _is_seed(value):
    if isinstance(value, numbers.Integral) and not _is_bool(value):
        return 0 <= value < 2**32
    kinds = (np.random.RandomState, np.random.Generator)
    return value is None or isinstance(value, kinds) or value is np.random


anything = Predicate("object", lambda value: True)
none = Predicate("None", lambda value: value is None)
boolean = Predicate("bool", _is_bool)
string = Predicate("str", lambda value: isinstance(value, str))
callable_ = Predicate("callable", callable)
array_like = Predicate("array-like", _is_array_like)
sparse_matrix = Predicate("sparse matrix", _is_sparse)
mapping = Predicate("dict", lambda value: hasattr(value, "keys") and hasattr(value, "__getitem__"))
sequence = Predicate("list or tuple", lambda value: isinstance(value, (list, tuple)))
iterable = Predicate("iterable", lambda value: hasattr(value, "__iter__"))
random_state = Predicate("None, int in [0, 2**32 - 1], RandomState or Generator", _is_seed)
missing_marker = Predicate(
    "number, str, None, NaN or pandas.NA",
    lambda value: (
        value is None
        or isinstance(value, (str, numbers.Number))
        or type(value).__name__ == "NAType"
    ),
)


def instance_of(*types):
    """Instances of any of `types`."""
    words = " or ".join(each.__name__ for each in types)
    return Predicate(words, lambda value: isinstance(value, types))


def has_methods(*names):
    """Objects (not classes) that have these methods."""
    return Predicate(
        "object with " + ", ".join(names),
        lambda value: not isinstance(value, type) and all(hasattr(value, name) for name in names),
    )


estimator = has_methods("fit")
