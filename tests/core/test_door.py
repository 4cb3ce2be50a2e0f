import numpy as np
import pytest

from mlkit._core import parallel
from mlkit._core.door import all_finite, is_plain

FLOATS = [np.float32, np.float64]
BAD = [np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("order", "CF")
def test_a_plain_matrix_is_plain(dtype, order):
    X = np.ones((5, 3), dtype=dtype, order=order)
    assert is_plain(X, 3, False)
    assert is_plain(X, -1, False)
    assert is_plain(X[::2, ::-1], 3, False)
    X.setflags(write=False)
    assert is_plain(X, 3, False)


class Subclass(np.ndarray):
    pass


@pytest.mark.parametrize(
    "X",
    [
        [[1.0, 2.0, 3.0]],
        np.ones(3),
        np.ones((1, 3, 1)),
        np.ones((2, 4)),
        np.ones((0, 3)),
        np.ones((2, 3), dtype=np.int64),
        np.ones((2, 3), dtype=np.float16),
        np.ones((2, 3), dtype=object),
        np.ones((2, 3), dtype=">f8"),
        np.ones((2, 3)).view(Subclass),
        np.ma.masked_array(np.ones((2, 3))),
        np.frombuffer(b"\0" * 25, dtype=np.uint8)[1:].view("f8").reshape(1, 3),
        np.ones((2, 3), dtype=[("a", "f8"), ("b", "i4")])["a"],
        None,
        "text",
    ],
    ids=lambda X: f"{type(X).__name__} {getattr(X, 'dtype', '')} {getattr(X, 'shape', '')}",
)
def test_whatever_else_is_not_plain(X):
    assert not is_plain(X, 3, False)


def test_no_columns_are_not_plain():
    assert not is_plain(np.ones((3, 0)), -1, False)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 300, 1023, 1024, 1025, 5000])
def test_a_bad_entry_is_found_wherever_it_is(dtype, bad, n):
    for where in {0, n // 2, n - 1}:
        x = np.zeros(n, dtype=dtype)
        x[where] = bad
        passes = bool(np.isnan(bad))
        assert not all_finite(x)
        assert all_finite(x, allow_nan=True) == passes
        assert not is_plain(x[:, None], 1, False)
        assert is_plain(x[None, :], n, True) == passes


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_largest_and_the_smallest_numbers_are_finite(dtype):
    info = np.finfo(dtype)
    x = np.array([info.max, info.min, info.tiny, info.smallest_subnormal, -0.0] * 20, dtype=dtype)
    assert all_finite(x)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    "view",
    [
        np.s_[:, :],
        np.s_[::2],
        np.s_[::-1],
        np.s_[:, ::3],
        np.s_[5:, 2:-3],
        np.s_[:, 4],
        np.s_[7],
        np.s_[::-2, ::-1],
    ],
    ids=str,
)
def test_views_are_scanned_and_nothing_else(dtype, bad, view):
    for order in "CF":
        X = np.full((40, 20), bad, dtype=dtype, order=order)
        X[view] = 0
        assert all_finite(X[view])
        X[view].flat[-1]  # the view is not empty
        spoiled = np.zeros((40, 20), dtype=dtype, order=order)
        spoiled[view].T[..., -1] = bad
        assert not all_finite(spoiled[view])


@pytest.mark.parametrize("shape", [(2_000_000,), (1_000_000, 2), (3, 700_000)])
@pytest.mark.parametrize("order", "CF")
def test_large_arrays_in_threads(shape, order, monkeypatch):
    monkeypatch.setattr(parallel, "n_threads", lambda: 8)  # four for a scan, whatever is here
    X = np.zeros(shape, order=order)
    assert all_finite(X)
    for where in (0, X.size // 2, X.size - 1):
        X.flat[where] = np.nan
        assert not all_finite(X)
        assert all_finite(X, allow_nan=True)
        assert not all_finite(X[::2].T if where == 0 else X[::-1])
        X.flat[where] = 0


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, bool])
def test_integers_are_finite(dtype):
    assert all_finite(np.ones(3, dtype=dtype))


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, np.complex128, ">f8", ">f4"])
def test_other_numbers(dtype):
    x = np.ones((3, 2), dtype=dtype)
    assert all_finite(x)
    x[1, 1] = np.nan
    assert not all_finite(x)
    assert all_finite(x, allow_nan=True)
    x[1, 0] = np.inf
    assert not all_finite(x, allow_nan=True)


def test_many_dimensions_and_none():
    X = np.zeros((3, 4, 5))
    assert all_finite(X) and all_finite(X[:, ::2].transpose(2, 0, 1))
    X[2, 3, 4] = np.inf
    assert not all_finite(X) and not all_finite(X.T)
    assert all_finite(np.float64(1)) and not all_finite(np.array(np.nan))
    assert all_finite(np.empty((0, 3))) and all_finite(np.empty(0))


def test_text_is_refused():
    with pytest.raises(TypeError, match="array of numbers, got dtype"):
        all_finite(np.array(["a"]))
