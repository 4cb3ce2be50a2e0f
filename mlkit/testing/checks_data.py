"""What X and y may be: memory, dtypes, sparse formats; and what is refused, and how."""

import tempfile
from pathlib import Path

import numpy as np

from ._claims import assert_same, refuses
from ._subject import (
    OUTPUTS,
    check,
    deterministic,
    fitted,
    has_any,
    kind,
    needs_y,
    numeric,
    outputs,
    plain,
    results,
    single_output,
    validates,
)


def _two_d_only(subject):
    given = subject.tags.input_tags
    return validates(subject) and not (given.one_d_array or given.three_d_array)


def _no_missing(subject):
    return numeric(subject) and not subject.tags.input_tags.allow_nan


def _missing(subject):
    return subject.tags.input_tags.allow_nan and plain(subject)


def _supervised(subject):
    return needs_y(subject) and kind("classifier", "regressor")(subject)


# ------------------------------------------------------------------------------ shapes
@check(validates)
def check_no_rows(subject):
    """X of no rows is a ValueError."""
    problem = subject.problem()
    with refuses(subject, "X of no rows", saying=("sample", "empty", "row")):
        fitted(subject.fresh(), problem.X[:0], problem.y[:0])


@check(validates, plain)
def check_no_columns(subject):
    """X of no columns is a ValueError."""
    problem = subject.problem()
    with refuses(subject, "X of no columns", saying=("0 feature", "no feature", "no column")):
        fitted(subject.fresh(), problem.X[:, :0], problem.y)


@check(_two_d_only)
def check_one_d_fit(subject):
    """X of one dimension in ``fit`` is a ValueError that asks for two."""
    problem = subject.problem()
    with refuses(subject, "X of one dimension", saying=("2d", "dimension", "reshape", "1d")):
        fitted(subject.fresh(), problem.X[:, 0].copy(), problem.y)


@check(_two_d_only, has_any(*OUTPUTS))
def check_one_d_later(subject):
    """X of one dimension after ``fit`` is a ValueError that asks for two."""
    problem = subject.problem()
    model = subject.fit(problem)
    for method in OUTPUTS:
        if hasattr(model, method):
            with refuses(
                subject, f"one dimension in {method}", saying=("2d", "dimension", "reshape", "1d")
            ):
                getattr(model, method)(problem.X[0])


@check(_two_d_only)
def check_three_d_fit(subject):
    """X of three dimensions is a ValueError."""
    problem = subject.problem()
    with refuses(subject, "X of three dimensions"):
        fitted(subject.fresh(), problem.X[:, :, np.newaxis], problem.y)


# ------------------------------------------------------------------------------ values
@check(numeric)
def check_complex_is_refused(subject):
    """Complex numbers are a ValueError."""
    problem = subject.problem()
    with refuses(subject, "complex X", saying=("complex",)):
        fitted(subject.fresh(), problem.X * 1j, problem.y)


@check(numeric)
def check_text_is_refused(subject):
    """Words in place of numbers are a ValueError or TypeError."""
    problem = subject.problem()
    X = np.full(problem.X.shape, "word", dtype=object)
    with refuses(subject, "words as X", errors=(ValueError, TypeError)):
        fitted(subject.fresh(), X, problem.y)


@check(numeric)
def check_objects_are_refused(subject):
    """Objects that are no numbers are a ValueError or TypeError."""
    problem = subject.problem()
    X = problem.X.astype(object)
    X[0, 0] = {"no": "number"}
    with refuses(subject, "a dict in X", errors=(ValueError, TypeError)):
        fitted(subject.fresh(), X, problem.y)


@check(numeric, deterministic)
def check_objects_that_are_numbers(subject):
    """An object array of numbers gives the results of the floats."""
    problem = subject.problem()
    expected = results(subject.fit(problem), problem.X)
    model = fitted(subject.fresh(), problem.X.astype(object), problem.y)
    found = results(model, problem.X)
    assert_same(subject, found, expected, "numbers as objects give the results of floats")


def _with(X, value):
    X = X.copy()
    X[1, 0] = value
    return X


@check(_no_missing)
def check_nan_in_fit(subject):
    """NaN in ``fit`` is a ValueError that names it, unless the tags say that it is allowed."""
    problem = subject.problem()
    with refuses(subject, "NaN in fit", saying=("nan", "missing")):
        fitted(subject.fresh(), _with(problem.X, np.nan), problem.y)


@check(_no_missing, has_any(*OUTPUTS))
def check_nan_later(subject):
    """NaN after ``fit`` is a ValueError that names it, unless the tags say that it is allowed."""
    problem = subject.problem()
    model = subject.fit(problem)
    for method in OUTPUTS:
        if hasattr(model, method):
            with refuses(subject, f"NaN in {method}", saying=("nan", "missing")):
                getattr(model, method)(_with(problem.X, np.nan))


@check(numeric)
def check_infinity_in_fit(subject):
    """Infinity in ``fit`` is a ValueError that names it; missing values are another matter."""
    problem = subject.problem()
    if _tolerates_infinity(subject, problem):
        return
    with refuses(subject, "infinity in fit", saying=("inf", "finite", "large")):
        fitted(subject.fresh(), _with(problem.X, np.inf), problem.y)


@check(_no_missing, has_any(*OUTPUTS))
def check_infinity_later(subject):
    """Infinity after ``fit`` is a ValueError that names it."""
    problem = subject.problem()
    model = subject.fit(problem)
    for method in OUTPUTS:
        if hasattr(model, method):
            with refuses(subject, f"infinity in {method}", saying=("inf", "finite", "large")):
                getattr(model, method)(_with(problem.X, np.inf))


def _tolerates_infinity(subject, problem):
    """Whether NaN is allowed and infinity too, as where values are binned or just passed on."""
    if not subject.tags.input_tags.allow_nan:
        return False
    try:
        fitted(subject.fresh(), _with(problem.X, np.inf), problem.y)
    except ValueError:
        return False
    return True


@check(_missing)
def check_nan_is_allowed(subject):
    """NaN is accepted, in ``fit`` and after, where the tags say so."""
    problem = subject.problem()
    X = _with(problem.X, np.nan)
    try:
        results(fitted(subject.fresh(), X, problem.y), X)
    except Exception as error:
        raise AssertionError(
            f"{subject.name}: the tags allow NaN, which raises {type(error).__name__}: {error}"
        ) from error


@check(lambda subject: subject.tags.input_tags.positive_only and numeric(subject))
def check_negative_is_refused(subject):
    """Values below 0 are a ValueError where the tags say that X is positive."""
    problem = subject.problem()
    with refuses(subject, "negative X", saying=("negative", "positive", "non-negative")):
        fitted(subject.fresh(), _with(problem.X, -1.0), problem.y)


# ------------------------------------------------------------------------------ memory
def _strided(X):
    room = np.zeros((2 * X.shape[0], 3 * X.shape[1]), dtype=X.dtype)
    room[::2, ::3] = X
    return room[::2, ::3]


_LAYOUTS = {
    "Fortran order": np.asfortranarray,
    "gaps between entries": _strided,
    "negative strides": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
}


@check(deterministic)
def check_memory_layout_changes_nothing(subject):
    """X in Fortran order, with gaps or with negative strides gives the results of a plain array."""
    problem = subject.problem()
    expected = results(subject.fit(problem), problem.X)
    for words, arrange in _LAYOUTS.items():
        X = arrange(problem.X)
        found = results(fitted(subject.fresh(), X, problem.y), X)
        assert_same(subject, found, expected, f"{words} in X give the results of a plain array")


@check(deterministic)
def check_read_only_memory(subject):
    """X and y that cannot be written to, in a memory-mapped file, give the same results."""
    problem = subject.problem()
    expected = results(subject.fit(problem), problem.X)
    with tempfile.TemporaryDirectory() as folder:
        X, y = (_mapped(Path(folder) / name, a) for name, a in (("X", problem.X), ("y", problem.y)))
        try:
            found = results(fitted(subject.fresh(), X, y), X)
        except Exception as error:
            raise AssertionError(
                f"{subject.name} meets memory that is read-only with {type(error).__name__}: "
                f"{error}"
            ) from error
        finally:
            # Some systems keep a file that is mapped from being removed.
            del X, y
    assert_same(subject, found, expected, "memory that is read-only gives the same results")


def _mapped(path, array):
    np.save(f"{path}.npy", array)
    return np.load(f"{path}.npy", mmap_mode="r")


@check(deterministic, numeric)
def check_lists(subject):
    """Nested lists give the results of arrays."""
    problem = subject.problem()
    expected = results(subject.fit(problem), problem.X)
    found = results(fitted(subject.fresh(), problem.X.tolist(), problem.y.tolist()), problem.X)
    assert_same(subject, found, expected, "lists give the results of arrays")


class _ArrayLike:
    """An array behind ``__array__``: neither indexing nor arithmetic."""

    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._array, dtype=dtype)

    def __len__(self):
        return len(self._array)

    @property
    def shape(self):
        return self._array.shape


@check(deterministic, numeric)
def check_array_likes(subject):
    """Objects with ``__array__`` and a shape give the results of arrays."""
    problem = subject.problem()
    expected = results(subject.fit(problem), problem.X)
    model = fitted(subject.fresh(), _ArrayLike(problem.X), _ArrayLike(problem.y))
    found = results(model, problem.X)
    assert_same(subject, found, expected, "objects with __array__ give the results of arrays")


# ------------------------------------------------------------------------------ dtypes
@check(numeric)
def check_dtypes(subject):
    """Integers and single precision are accepted, and the estimator can be used with them."""
    problem = subject.problem()
    for dtype in (np.float32, np.int64, np.int32):
        X = problem.X.astype(dtype)
        try:
            results(fitted(subject.fresh(), X, problem.y), X)
        except Exception as error:
            raise AssertionError(
                f"{subject.name} meets {np.dtype(dtype)} with {type(error).__name__}: {error}"
            ) from error


@check(numeric, deterministic)
def check_integers_are_numbers(subject):
    """Integers give the results of the same numbers as floats."""
    problem = subject.problem()
    X = np.round(problem.X).astype(np.int64)
    expected, found = (
        results(fitted(subject.fresh(), data, problem.y), data) for data in (X.astype(float), X)
    )
    assert_same(subject, found, expected, "integers give the results of the same floats")


# ------------------------------------------------------------------------------ sparse
def _containers(X):
    """X in each sparse format, as array and as matrix, and with 64-bit indices."""
    import scipy.sparse

    for kind_ in ("csr", "csc", "coo", "bsr", "lil", "dok", "dia"):
        yield f"{kind_}_array", getattr(scipy.sparse, f"{kind_}_array")(X)
    for kind_ in ("csr", "csc", "coo"):
        yield f"{kind_}_matrix", getattr(scipy.sparse, f"{kind_}_matrix")(X)
    wide = scipy.sparse.csr_array(X)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    yield "csr_array with 64-bit indices", wide


def _sparse(subject):
    return subject.tags.input_tags.sparse and plain(subject)


def _dense_only(subject):
    return not subject.tags.input_tags.sparse and validates(subject) and plain(subject)


def _thinned(problem):
    X = problem.X
    X[np.abs(X) < np.median(np.abs(X))] = 0
    return X


# What an estimator that takes sparse data at all takes; the rest may be refused, in words.
_USUAL = {f"{name}_{kind_}" for name in ("csr", "csc", "coo") for kind_ in ("array", "matrix")}


def _sparse_results(subject, model, sparse):
    """Results for sparse X; densities and the like may be for dense X alone, if they say so."""
    found = {}
    for method in OUTPUTS:
        try:
            found.update(outputs(model, sparse, only=(method,)))
        except (TypeError, ValueError) as error:
            if method in ("predict", "transform") or "sparse" not in str(error).lower():
                raise
    return found or results(model, sparse)


@check(_sparse)
def check_sparse_is_accepted(subject):
    """Every sparse format works where the tags say so, or is refused with the word "sparse"."""
    problem = subject.problem()
    X = _thinned(problem)
    for words, container in _containers(X):
        try:
            _sparse_results(subject, fitted(subject.fresh(), container, problem.y), container)
        except Exception as error:
            refused = isinstance(error, (ValueError, TypeError)) and "sparse" in str(error).lower()
            assert refused and words not in _USUAL, (
                f"{subject.name}: the tags allow sparse X, yet {words} raises "
                f"{type(error).__name__}: {error}"
            )


@check(_sparse, deterministic)
def check_sparse_is_dense(subject):
    """Sparse X gives the results of the same numbers in a plain array, within the tolerance."""
    import scipy.sparse

    problem = subject.problem()
    X = _thinned(problem)
    sparse = scipy.sparse.csr_array(X)
    try:
        found = _sparse_results(subject, fitted(subject.tight(), sparse, problem.y), sparse)
    except (ValueError, TypeError):
        return  # check_sparse_is_accepted says so
    expected = results(fitted(subject.tight(), X, problem.y), X)
    expected = {name: expected[name] for name in found}
    assert_same(subject, found, expected, "sparse X gives the results of dense", tolerance=1e-3)


@check(_dense_only)
def check_sparse_is_refused(subject):
    """Sparse X is a TypeError or ValueError that says "sparse" where the tags do not allow it."""
    problem = subject.problem()
    for words, container in _containers(_thinned(problem)):
        with refuses(subject, words, errors=(ValueError, TypeError), saying=("sparse",)):
            fitted(subject.fresh(), container, problem.y)


# ----------------------------------------------------------------------------------- y
@check(needs_y, validates)
def check_y_is_required(subject):
    """``fit`` without y is a ValueError that says so, where the tags say that y is required."""
    X = subject.problem().X
    with refuses(subject, "y=None", errors=(ValueError, TypeError), saying=("y", "target")):
        fitted(subject.fresh(), X, None)


@check(needs_y, validates)
def check_y_of_another_length(subject):
    """X and y of different lengths are a ValueError."""
    problem = subject.problem()
    with refuses(
        subject, "fewer rows in y than in X", saying=("samples", "length", "rows", "shape", "size")
    ):
        fitted(subject.fresh(), problem.X, problem.y[:-1])


@check(_supervised, validates, single_output)
def check_y_nan(subject):
    """NaN or infinity in y is a ValueError."""
    problem = subject.problem()
    for value in (np.nan, np.inf):
        y = problem.y.astype(float)
        y[0] = value
        with refuses(subject, f"{value} in y", saying=("nan", "inf", "finite", "missing", "large")):
            fitted(subject.fresh(), problem.X, y)


@check(_supervised, validates)
def check_y_empty(subject):
    """y of no rows beside an X of some is a ValueError."""
    problem = subject.problem()
    with refuses(subject, "an empty y"):
        fitted(subject.fresh(), problem.X, problem.y[:0])


@check(_supervised, single_output, deterministic)
def check_y_in_one_column(subject):
    """y of shape (n, 1) gives the predictions of y of shape (n,)."""
    problem = subject.problem()
    expected = subject.fit(problem).predict(problem.X)
    found = fitted(subject.fresh(), problem.X, problem.y[:, np.newaxis]).predict(problem.X)
    assert_same(
        subject,
        {"predict": np.ravel(found)},
        {"predict": np.ravel(expected)},
        "y in one column gives the predictions of y in one dimension",
    )
