"""The door for data accepts, refuses and converts as scikit-learn's, but for stated exceptions."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.utils import check_array as sklearn_check_array
from sklearn.utils import validation as sklearn_validation

from mlkit._core import arrays
from mlkit._core.config import config_context
from mlkit._core.errors import DataConversionWarning, NotFittedError
from mlkit._core.estimator import Estimator
from mlkit._core.tags import Traits

A = np.random.RandomState(0).randn(4, 3)
FLOATS = [np.float64, np.float32]


class Protocol:
    """What NumPy reads by ``__array__``."""

    def __array__(self, dtype=None, copy=None):
        return A if dtype is None else A.astype(dtype)


def read_only(values):
    values = values.copy()
    values.flags.writeable = False
    return values


INPUTS = {
    "float64": A,
    "float32": A.astype(np.float32),
    "float16": A.astype(np.float16),
    "fortran": np.asfortranarray(A),
    "strided": np.random.RandomState(0).randn(8, 6)[::2, ::2],
    "reversed": A[::-1],
    "read-only": read_only(A),
    "big-endian": A.astype(">f8"),
    "longdouble": A.astype(np.longdouble),
    "int": np.arange(6).reshape(3, 2),
    "uint8": np.arange(6, dtype=np.uint8).reshape(3, 2),
    "bool": A > 0,
    "complex": A + 1j,
    "object": A.astype(object),
    "object of text": np.array([["a", 1]], dtype=object),
    "object of digits": np.array([["1", "2"]], dtype=object),
    "text": np.array([["1", "2"]]),
    "bytes": np.array([[b"1", b"2"]]),
    "dates": np.array([["2020-01-01"]], dtype="M8[D]"),
    "0-d": np.array(1.0),
    "1-d": np.arange(3.0),
    "3-d": np.zeros((2, 2, 2)),
    "no rows": np.empty((0, 3)),
    "no columns": np.empty((3, 0)),
    "NaN": np.array([[1, np.nan]]),
    "infinity": np.array([[1, np.inf]]),
    "overflowing sum": np.full((2, 2), 1e308),
    "np.matrix": np.asmatrix(A),
    "protocol": Protocol(),
    "list": [[1, 2], [3, 4]],
    "list of floats": [[1, 2.5]],
    "list of text": [["a", "b"]],
    "mixed list": [[1, "b"]],
    "ragged list": [[1, 2], [3]],
    "empty list": [],
    "list of empty": [[]],
    "list of arrays": [np.arange(2), np.arange(2)],
    "tuple": ((1, 2), (3, 4)),
    "number": 10,
    "string": "abc",
    "None": None,
    "range": range(3),
    "csr_matrix": sp.csr_matrix(A),
    "csr_array": sp.csr_array(A),
    "csc_array": sp.csc_array(A),
    "coo_array": sp.coo_array(A),
    "lil_matrix": sp.lil_matrix(A),
    "dia_array": sp.dia_array(A),
    "bsr_array": sp.bsr_array(A),
    "csr of int": sp.csr_array(np.eye(3, dtype=int)),
    "csr of complex": sp.csr_array(A + 1j),
    "csr with NaN": sp.csr_array([[np.nan, 0]]),
    "pandas": pd.DataFrame(A, columns=list("abc")),
    "pandas float32": pd.DataFrame(A.astype(np.float32)),
    "pandas int, float": pd.DataFrame({"a": [1, 2], "b": [1.5, 2]}),
    "pandas bool, float": pd.DataFrame({"a": [True, False], "b": [1.5, 2]}),
    "pandas bool, int": pd.DataFrame({"a": [True, False], "b": [1, 2]}),
    "pandas bool": pd.DataFrame({"a": [True, False]}),
    "pandas text": pd.DataFrame({"a": ["x", "y"]}),
    "pandas text, int": pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}),
    "pandas Int64": pd.DataFrame({"a": pd.array([1, 2], dtype="Int64")}),
    "pandas Int64 with NA": pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": [1.0, 2]}),
    "pandas boolean with NA": pd.DataFrame({"a": pd.array([True, None], dtype="boolean")}),
    "pandas categories": pd.DataFrame({"a": pd.Categorical([1, 2, 3])}),
    "pandas categories, float": pd.DataFrame({"a": pd.Categorical([1, 2]), "b": [1.5, 2]}),
    "pandas sparse": pd.DataFrame({c: pd.arrays.SparseArray([0, 1], fill_value=0) for c in "ab"}),
    "pandas arrow": pd.DataFrame({"a": pd.array([1.0, 2], dtype="double[pyarrow]"), "b": [1.0, 2]}),
    "pandas narrow": pd.DataFrame({"a": np.ones(2, np.float16), "b": np.ones(2, np.float32)}),
    "series": pd.Series([1, 2, 3]),
    "series Int64 with NA": pd.Series([1, None], dtype="Int64"),
    "series boolean": pd.Series([True, False], dtype="boolean"),
    "pandas array": pd.array([1, None], dtype="Int32"),
    "polars": pl.DataFrame(A),
    "polars int": pl.DataFrame({"a": [1, 2], "b": [1, 2]}),
    "polars null": pl.DataFrame({"a": [1, None], "b": [1.0, 2]}),
    "polars bool, float": pl.DataFrame({"a": [True, False], "b": [1.0, 2]}),
    "polars series": pl.Series([1, 2]),
    "arrow": pa.table({"a": [1.0, 2.0], "b": [1.0, 3.0]}),
    "arrow null": pa.table({"a": [1, None], "b": [1.0, 3.0]}),
    "arrow array": pa.array([1, 2]),
}
OPTIONS = [
    {},
    {"dtype": None},
    {"dtype": FLOATS},
    {"dtype": np.float64},
    {"dtype": np.float32},
    {"dtype": int},
    {"accept_sparse": True},
    {"accept_sparse": ["csr", "coo"]},
    {"accept_sparse": "csc", "dtype": FLOATS},
    {"ensure_2d": False},
    {"ensure_2d": False, "dtype": None, "ensure_all_finite": False},
    {"ensure_all_finite": "allow-nan"},
    {"ensure_all_finite": False, "dtype": FLOATS},
    {"order": "C"},
    {"order": "F"},
    {"order": "F", "copy": True, "accept_sparse": True},
    {"allow_nd": True},
    {"allow_nd": True, "ensure_2d": False, "dtype": None},
    {"force_writeable": True},
    {"ensure_min_samples": 3},
    {"ensure_min_features": 3},
    {"ensure_non_negative": True},
    {"ensure_min_samples": 0, "ensure_min_features": 0},
]


def outcome(function, *args, **kwargs):
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        return error
    return result


def assert_same(ours, theirs):
    """Equal in type, dtype and values; an error may be of a subclass."""
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), repr(ours)[:200]
        return
    assert not isinstance(ours, Exception), ours
    assert type(ours) is type(theirs)
    assert ours.dtype == theirs.dtype
    if sp.issparse(theirs):
        assert ours.format == theirs.format
        ours, theirs = ours.toarray(), theirs.toarray()
    assert_array_equal(ours, theirs)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", INPUTS)
def test_check_array_follows_scikit_learn(name, options):
    X = INPUTS[name]
    theirs = outcome(sklearn_check_array, X, **options)
    ours = outcome(arrays.check_array, X, **options)
    if name in ("None", "string") and isinstance(theirs, Exception):
        # Refused in any case; here for its shape, before its type is looked at.
        assert isinstance(ours, (ValueError, TypeError))
        return
    assert_same(ours, theirs)
    if isinstance(theirs, Exception):
        return
    assert (ours is X) == (theirs is X)
    if options.get("order") and not sp.issparse(ours):
        assert ours.flags[f"{options['order']}_CONTIGUOUS"]
    if options.get("copy") and isinstance(X, np.ndarray):
        assert not np.may_share_memory(ours, X)
    if options.get("force_writeable") and not sp.issparse(ours):
        assert ours.flags.writeable


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"a": pd.Categorical(["x", "y"])}),
        pl.DataFrame({"a": ["x", "y"]}),
        pa.table({"a": ["x", "y"]}),
    ],
    ids=["pandas", "polars", "arrow"],
)
def test_text_is_no_number(X):
    with pytest.raises(ValueError, match="cannot become float64"):
        arrays.check_array(X)
    assert arrays.check_array(X, dtype=None).dtype == object


def test_missing_in_a_list_is_found():
    with pytest.raises(ValueError, match="NaN"):
        arrays.check_array([[1, None]])


@pytest.mark.parametrize(
    "X",
    [
        A.astype(">f4"),
        pd.DataFrame({"a": pd.array([1, None], dtype="Float32")}),
        pl.DataFrame(A.astype(np.float32)),
    ],
    ids=["big-endian", "nullable", "polars"],
)
def test_float32_stays_float32(X):
    checked = arrays.check_array(X, dtype=FLOATS, ensure_all_finite=False)
    assert checked.dtype == np.float32
    assert checked.dtype.isnative


def test_nan_does_not_become_true():
    with pytest.raises(ValueError, match="NaN"):
        arrays.check_array([[np.nan, 1.0]], dtype=bool)


def test_objects_of_a_list_are_kept():
    assert arrays.check_array([[1, "a"]], dtype=object).tolist() == [[1, "a"]]


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("format", ["csr", "csc", "coo", "dok", "lil", "bsr", "dia"])
def test_stored_values_of_any_format_are_checked(format, value):
    X = sp.csr_array([[0.0, value], [1.0, 0.0]]).asformat(format)
    with pytest.raises(ValueError, match="contains"):
        arrays.check_array(X, accept_sparse=True)


@pytest.mark.parametrize("position", [0, 17, -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_a_single_bad_value_is_found(position, dtype):
    X = np.ones(40, dtype=dtype)
    for view in (X.reshape(8, 5), X.reshape(5, 8).T, X.reshape(8, 5)[::-1]):
        arrays.assert_all_finite(view)
        X[position] = np.nan
        arrays.assert_all_finite(view, allow_nan=True)
        with pytest.raises(ValueError, match="NaN"):
            arrays.assert_all_finite(view)
        X[position] = -np.inf
        with pytest.raises(ValueError, match="infinity"):
            arrays.assert_all_finite(view, allow_nan=True)
        with config_context(assume_finite=True):
            arrays.assert_all_finite(view)
        X[position] = 1


def test_foreign_frame_is_read_by_its_protocol():
    class Frame:
        def __init__(self, table):
            self._table = table
            self.columns = table.column_names

        def __arrow_c_stream__(self, requested_schema=None):
            return self._table.__arrow_c_stream__(requested_schema)

    X = Frame(pa.table({"a": [1.0, 2.0], "b": [3.0, 4.0]}))
    assert_array_equal(arrays.check_array(X), [[1.0, 3.0], [2.0, 4.0]])


# --------------------------------------------------------------------------- lengths, vectors
@pytest.mark.parametrize("name", INPUTS)
def test_rows_and_columns_are_counted_alike(name):
    X = INPUTS[name]
    for ours, theirs in (
        (arrays.num_samples, sklearn_validation._num_samples),
        (arrays.num_features, sklearn_validation._num_features),
    ):
        got, expected = outcome(ours, X), outcome(theirs, X)
        if isinstance(expected, TypeError):
            assert isinstance(got, TypeError)
        elif not isinstance(expected, Exception):
            assert got == expected


def test_consistent_length():
    arrays.check_consistent_length([1], (2,), np.array([3]), sp.csr_array((1, 2)), None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        arrays.check_consistent_length([1, 2], [1])
    for bad in (1, object(), np.array(1), Estimator()):
        with pytest.raises(TypeError):
            arrays.check_consistent_length([1, 2], bad)


def test_column_is_ravelled_with_a_warning():
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed when a 1d array"):
        assert arrays.column_or_1d([[1], [2]], warn=True).tolist() == [1, 2]
    with pytest.raises(ValueError, match="y should be a 1d array"):
        arrays.column_or_1d(A)
    with pytest.raises(TypeError):
        arrays.column_or_1d(sp.csr_array([[1], [2]]))


def test_nullable_labels_keep_their_type():
    y = pd.Series([0, 1, 1], dtype="Int64")
    assert arrays.column_or_1d(y).dtype == np.int64
    assert arrays.column_or_1d(y.astype("boolean")).dtype == bool


def test_indexable():
    made = arrays.indexable(sp.coo_array(A), None, [1, 2, 3, 4])
    assert made[0].format == "csr"
    assert made[1] is None
    with pytest.raises(ValueError):
        arrays.indexable(A, [1])


# --------------------------------------------------------------------------------- weights
def test_sample_weight():
    X = np.zeros((3, 2))
    assert arrays.check_sample_weight(None, X) is None
    assert_array_equal(arrays.check_sample_weight(2, X), [2.0, 2.0, 2.0])
    assert arrays.check_sample_weight(np.ones(3, np.float32), X).dtype == np.float32
    assert arrays.check_sample_weight([1, 2, 3], X).dtype == np.float64
    strided = np.ones(6)[::2]
    assert arrays.check_sample_weight(strided, X).flags.c_contiguous
    for bad in ([1, 2], np.ones((3, 1)), [1, np.nan, 1], [1, np.inf, 1], ["a", "b", "c"]):
        with pytest.raises(ValueError):
            arrays.check_sample_weight(bad, X)
    with pytest.raises(ValueError, match="Negative values in data"):
        arrays.check_sample_weight([1, -1, 1], X, non_negative=True)
    with pytest.raises(ValueError, match="zero"):
        arrays.check_sample_weight(np.zeros(3), X, allow_zero=False)


def test_weight_copy():
    weight = np.ones(3)
    assert arrays.check_sample_weight(weight, weight) is weight
    copied = arrays.check_sample_weight(weight, weight, copy=True)
    assert not np.may_share_memory(copied, weight)


# --------------------------------------------------------------------------------- values
@pytest.mark.parametrize("format", ["csr", "csc", "coo", "lil", "dok", "bsr"])
def test_symmetric_part(format):
    M = np.array([[0.0, 2.0], [0.0, 2.0]])
    X = sp.csr_array(M).asformat(format)
    with pytest.warns(UserWarning, match="symmetric"):
        part = arrays.check_symmetric(X)
    assert part.format == format
    assert_array_equal(part.toarray(), (M + M.T) / 2)
    with pytest.raises(ValueError):
        arrays.check_symmetric(X, raise_exception=True)
    S = M @ M.T
    assert arrays.check_symmetric(S) is S


@pytest.mark.parametrize("retype", [np.asarray, sp.csr_array, sp.lil_array, sp.dok_array])
def test_negative_values_are_refused(retype):
    arrays.check_non_negative(retype([[0, 1], [0, 0]]), "a test")
    with pytest.raises(ValueError, match="Negative values in data passed to a test"):
        arrays.check_non_negative(retype([[0, 1], [-1, 0]]), "a test")


@pytest.mark.parametrize(
    "dtype, expected",
    [
        (np.int8, "f4"),
        (bool, "f4"),
        (np.uint32, "f4"),
        (np.int64, "f8"),
        (object, "f8"),
        ("f4", "f4"),
    ],
)
def test_as_float_array(dtype, expected):
    X = np.ones((3, 2), dtype=dtype)
    assert arrays.as_float_array(X).dtype == np.dtype(expected)
    assert not np.may_share_memory(arrays.as_float_array(X), X)


@pytest.mark.parametrize(
    "x, kind, bounds, closed, error",
    [
        (1, float, (2, 4), "neither", TypeError),
        (1, int, (2, 4), "both", ValueError),
        (2, int, (2, 4), "right", ValueError),
        (4, int, (2, 4), "left", ValueError),
        (4, int, (2, 4), "wrong", ValueError),
        (4, int, (None, 4), "left", ValueError),
        (2, int, (2, 4), "left", None),
        (4, (int, str), (2, 4), "right", None),
        ("a", (int, str), (None, None), "both", None),
    ],
)
def test_check_scalar(x, kind, bounds, closed, error):
    call = {"min_val": bounds[0], "max_val": bounds[1], "include_boundaries": closed}
    if error is None:
        assert arrays.check_scalar(x, "x", kind, **call) is x
    else:
        with pytest.raises(error):
            arrays.check_scalar(x, "x", kind, **call)


def test_memory(tmp_path):
    assert arrays.check_memory(None).location is None
    assert arrays.check_memory(str(tmp_path)).location == str(tmp_path)
    with pytest.raises(ValueError, match="memory=1"):
        arrays.check_memory(1)


# -------------------------------------------------------------------------- estimator's door
class Plain(Estimator):
    traits = Traits(sparse=("csr",))

    def fit(self, X, y=None):
        self.seen = arrays.check_input(self, X, reset=True)
        return self

    def look(self, X, **overrides):
        return arrays.check_input(self, X, reset=False, **overrides)


class Columns(Plain):
    traits = Traits(order="F", missing=True, dtype="float64", min_rows=2, positive=True)


def test_width_and_names_are_remembered():
    frame = pd.DataFrame(A, columns=list("abc"))
    model = Plain().fit(frame)
    assert model.n_features_in_ == 3
    assert model.feature_names_in_.tolist() == list("abc")
    assert model.feature_names_in_.dtype == object
    for same in (frame, frame.iloc[:1], pl.DataFrame(A, schema=list("abc"))):
        assert_array_equal(model.look(same), A[: len(same)])
    with pytest.warns(UserWarning, match="X does not have valid feature names, but Plain"):
        model.look(A)
    for columns, phrase in (
        ("cba", "must be in the same order"),
        ("abx", "unseen at fit time:\n- x\n"),
        ("xbc", "yet now missing:\n- a\n"),
    ):
        with pytest.raises(ValueError, match=phrase):
            model.look(pd.DataFrame(A, columns=list(columns)))
    model.fit(A)
    assert not hasattr(model, "feature_names_in_")
    with pytest.warns(UserWarning, match="X has feature names, but Plain was fitted without"):
        model.look(frame)
    with pytest.raises(ValueError, match="X has 2 features, but Plain is expecting 3 features"):
        model.look(A[:, :2])


def test_names_of_mixed_type_are_refused():
    with pytest.raises(TypeError, match="must all be strings"):
        Plain().fit(pd.DataFrame(A, columns=["a", 1, "c"]))
    assert not hasattr(Plain().fit(pd.DataFrame(A)), "feature_names_in_")


def test_unfitted_estimator_is_refused():
    with pytest.raises(NotFittedError, match="Plain"):
        Plain().look(A)


def test_traits_rule_the_door():
    with_nan = np.abs(A).astype(np.float32)
    with_nan[0, 0] = np.nan
    seen = Columns().fit(with_nan).seen
    assert seen.flags.f_contiguous
    assert seen.dtype == np.float64
    model = Columns().fit(np.abs(A))
    assert len(model.look(np.abs(A[:1]))) == 1  # fit's least number of rows binds fit alone
    with pytest.raises(ValueError, match="Negative values"):
        model.look(A)
    with pytest.raises(ValueError, match="minimum of 2"):
        Columns().fit(np.abs(A[:1]))
    assert model.look(A, positive=False, dtype="any").dtype == np.float64
    with pytest.raises(TypeError, match="sparse"):
        model.look(sp.csr_array(np.abs(A)))


def test_sparse_input_comes_in_the_first_format_and_narrow():
    X = sp.csc_array(A)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    seen = Plain().fit(X).seen
    assert seen.format == "csr"
    assert seen.indices.dtype == seen.indptr.dtype == np.int32
    assert_array_equal(seen.toarray(), A)


def test_kernels_get_aligned_native_data():
    raw = np.zeros(A.nbytes + 1, dtype=np.uint8)
    unaligned = raw[1:].view(np.float64).reshape(A.shape)
    unaligned[:] = A
    for X in (unaligned, A.astype(">f8")):
        seen = Plain().fit(X).seen
        assert seen.flags.aligned and seen.dtype.isnative
        assert_array_equal(seen, A)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1.0]), "b": [1.0, 2.0]}),
        pd.DataFrame({"a": [1, 2], "b": [1.0, 2.0]}),
        pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": [1.0, 2.0]}),
        pl.DataFrame({"a": [1, 2], "b": [1.0, None]}),
        pl.DataFrame({"a": ["1", "2"], "b": [1.0, 2.0]}),
    ],
    ids=["sparse", "mixed", "nullable", "null", "text"],
)
@pytest.mark.filterwarnings("ignore:a pandas.DataFrame with sparse")
def test_quick_lane_decides_as_the_long_way(frame):
    model = Plain().fit(pd.DataFrame(A[:, :2], columns=["a", "b"]))
    quick = outcome(model.look, frame)
    long_way = outcome(model.look, frame, min_rows=1)
    if isinstance(long_way, Exception):
        assert type(quick) is type(long_way)
    else:
        assert_array_equal(quick, long_way)


# ---------------------------------------------------------------------------- validate_data
class Foreign:
    """An estimator that has no traits."""

    def fit(self, X, y=None):
        return self


def test_validate_data_serves_any_estimator():
    model = Foreign()
    X, y = arrays.validate_data(model, pd.DataFrame(A, columns=list("abc")), [0, 1, 0, 1])
    assert isinstance(X, np.ndarray) and y.tolist() == [0, 1, 0, 1]
    assert model.n_features_in_ == 3 and model.feature_names_in_.tolist() == list("abc")
    frame = pd.DataFrame(A, columns=list("abc"))
    assert arrays.validate_data(model, frame, reset=False, skip_check_array=True) is frame
    assert arrays.validate_data(model, y=[1, 2]).tolist() == [1, 2]
    with pytest.raises(ValueError):
        arrays.validate_data(model)
    with pytest.raises(ValueError, match="expecting 3 features"):
        arrays.validate_data(model, A[:, :2], reset=False, skip_check_array=True)


def test_validate_data_separately():
    X, y = arrays.validate_data(
        Foreign(), A, [[1.0], [2.0]], validate_separately=({"dtype": np.float32}, {"dtype": int})
    )
    assert X.dtype == np.float32 and y.dtype == int and y.shape == (2, 1)


def test_fitted_or_not():
    model = Plain()
    with pytest.raises(NotFittedError, match="Hello Plain"):
        arrays.check_is_fitted(model, msg="Hello %(name)s")
    with pytest.raises(TypeError):
        arrays.check_is_fitted(Plain)
    with pytest.raises(TypeError):
        arrays.check_is_fitted("Plain")
    arrays.check_is_fitted(model.fit(A))
    arrays.check_is_fitted(model, ["n_features_in_", "coef_"], all_or_any=any)
    with pytest.raises(NotFittedError):
        arrays.check_is_fitted(model, ["n_features_in_", "coef_"])
    assert arrays.has_fit_parameter(model, "y")
    assert not arrays.has_fit_parameter(model, "sample_weight")


def test_stateless_estimator_needs_no_fit():
    class Stateless(Plain):
        traits = Traits(requires_fit=False)

    arrays.check_is_fitted(Stateless())
    assert_array_equal(Stateless().look(A), A)
