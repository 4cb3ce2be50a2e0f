"""What checks claim: two results are the same, a block is refused, an estimator is unchanged."""

import copy
import sys
from contextlib import contextmanager

import numpy as np

# Order of summation may differ between two ways to the same number, nothing else may.
CLOSE = 1e-6


def dense(values):
    """An array of anything that a method returns: sparse matrices, frames and series as well."""
    if hasattr(values, "toarray"):
        return values.toarray()
    if hasattr(values, "to_numpy"):
        return np.asarray(values.to_numpy())
    return np.asarray(values)


def _ragged(values):
    return isinstance(values, (tuple, list)) and any(np.ndim(each) > 0 for each in values)


def same(actual, expected, tolerance=CLOSE):
    """Whether two results are equal: floats within `tolerance` of the largest, the rest exactly."""
    if isinstance(actual, dict) and isinstance(expected, dict):
        return set(actual) == set(expected) and all(
            same(actual[key], expected[key], tolerance) for key in actual
        )
    if _ragged(actual) or _ragged(expected):
        return len(actual) == len(expected) and all(
            same(a, b, tolerance) for a, b in zip(actual, expected, strict=True)
        )
    actual, expected = dense(actual), dense(expected)
    if actual.shape != expected.shape:
        return False
    if actual.dtype.kind not in "fc" and expected.dtype.kind not in "fc":
        return bool(np.array_equal(actual, expected))
    finite = np.abs(expected[np.isfinite(expected)]) if expected.dtype.kind in "fc" else [1]
    scale = max(1.0, np.max(finite, initial=0))
    return bool(
        np.allclose(actual, expected, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
    )


def assert_same(subject, actual, expected, claim, tolerance=CLOSE):
    """Claim that two dicts of results are equal; say which method differs, and by how much."""
    assert set(actual) == set(expected), (
        f"{subject.name}: {claim}, yet one has {sorted(actual)} and the other {sorted(expected)}"
    )
    for method in expected:
        assert same(actual[method], expected[method], tolerance), (
            f"{subject.name}.{method}: {claim}, yet they differ"
            f"{_difference(actual[method], expected[method])}"
        )


def _difference(actual, expected):
    try:
        actual, expected = dense(actual), dense(expected)
        if actual.shape != expected.shape:
            return f": shapes {actual.shape} and {expected.shape}"
        if actual.dtype.kind in "OUS":
            return f" in {np.mean(actual != expected):.0%} of the entries"
        return f" by up to {np.nanmax(np.abs(actual.astype(float) - expected)):.2g}"
    except (ValueError, TypeError):
        return ""


@contextmanager
def refuses(subject, what, *, errors=(ValueError,), saying=()):
    """Claim that the block raises one of `errors`, with one of the words `saying` in it."""
    try:
        yield
    except errors as error:
        message = str(error).lower()
        assert not saying or any(word.lower() in message for word in saying), (
            f"{subject.name} refuses {what} without saying why: its message has none of "
            f"{list(saying)}: {error}"
        )
    except Exception as error:
        raise AssertionError(
            f"{subject.name} meets {what} with {type(error).__name__}, not "
            f"{' or '.join(each.__name__ for each in errors)}: {error}"
        ) from error
    else:
        raise AssertionError(f"{subject.name} accepts {what}")


def is_not_fitted_error(error):
    """Whether an exception is a NotFittedError, mlkit's or scikit-learn's."""
    return any(each.__name__ == "NotFittedError" for each in type(error).__mro__)


# ----------------------------------------------------------------------- parameters
def same_value(one, other):
    """Whether two values of a parameter are the same: estimators by their parameters."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if hasattr(one, "get_params") and not isinstance(one, type):
        return same_value(one.get_params(deep=False), other.get_params(deep=False))
    if isinstance(one, dict):
        return set(one) == set(other) and all(same_value(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same_value, one, other))
    if isinstance(one, np.random.RandomState):
        return same_value(one.get_state(), other.get_state())
    if isinstance(one, np.random.Generator):
        return one.bit_generator.state == other.bit_generator.state
    if isinstance(one, float) and one != one:
        return other != other
    if isinstance(one, np.ndarray) and one.dtype == object:  # which may hold arrays
        return one.shape == other.shape and same_value(one.tolist(), other.tolist())
    if _is_data(one):
        return same(one, other, tolerance=0)
    try:
        return bool(one == other)
    except ValueError:
        return False


def _is_data(value):
    scipy_sparse = sys.modules.get("scipy.sparse")
    return hasattr(value, "__array__") or (
        scipy_sparse is not None and scipy_sparse.issparse(value)
    )


def snapshot(estimator):
    """A copy of all attributes of an estimator, to compare with later."""
    return {name: copy.deepcopy(value) for name, value in vars(estimator).items()}


def changed(before, after):
    """Names that were added, removed or given another value between two sets of attributes."""
    names = sorted(set(before) ^ set(after))
    for name in sorted(set(before) & set(after)):
        if not same_value_or_opaque(before[name], after[name]):
            names.append(name)
    return names


def same_value_or_opaque(one, other):
    """`same_value`, where objects that compare by identity alone count as the same."""
    if same_value(one, other):
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray) and one.dtype == object:
        one, other = one.tolist(), other.tolist()
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same_value_or_opaque, one, other))
    if isinstance(one, dict):
        return set(one) == set(other) and all(
            same_value_or_opaque(one[key], other[key]) for key in one
        )
    return type(one).__eq__ is object.__eq__
