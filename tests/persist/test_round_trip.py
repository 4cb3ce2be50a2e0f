"""A model that was saved and loaded is the model that it was."""

import math
import pickle
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats

from mlkit import set_config
from mlkit.callback import ProgressBar
from mlkit.compose import ColumnTransformer
from mlkit.datasets import load_iris
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.metrics import f1_score, make_scorer
from mlkit.model_selection import GridSearchCV, RandomizedSearchCV, StratifiedKFold
from mlkit.persist import load, save
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from mlkit.utils import Bunch

from .samples import ESTIMATORS, assert_same, fitted, made, outputs

# What the names and checksums of the archive cost a model of almost no numbers.
ENVELOPE = 256


@pytest.fixture
def through(tmp_path):
    """Save a value and load it."""

    def pass_through(value):
        save(value, tmp_path / "model.mlkit")
        return load(tmp_path / "model.mlkit")

    return pass_through


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator(name, tmp_path):
    model, X = fitted(name)
    path = tmp_path / "model.mlkit"
    save(model, path)
    again = load(path)
    assert type(again) is type(model)
    assert repr(again) == repr(model)
    assert vars(again).keys() == vars(model).keys()
    assert_same(outputs(model, X), outputs(again, X))
    assert path.stat().st_size <= 1.1 * len(pickle.dumps(model)) + ENVELOPE


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_unfitted_estimator(name, through):
    model = made(name)
    assert repr(through(model)) == repr(model)


def test_saving_twice_gives_the_same_bytes(tmp_path):
    model, _ = fitted("Ridge")
    save(model, tmp_path / "a")
    save(load(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_nested_models(through):
    X, y = load_iris(return_X_y=True)
    columns = ColumnTransformer(
        [("scale", StandardScaler(), [0, 1]), ("log", FunctionTransformer(np.log1p), slice(2, 4))]
    )
    search = GridSearchCV(
        make_pipeline(columns, LogisticRegression()),
        {"logisticregression__C": [0.1, 1.0]},
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
        scoring={"f1": make_scorer(f1_score, average="macro"), "accuracy": "accuracy"},
        refit="f1",
    ).fit(X, y)
    again = through(search)
    assert_same(outputs(search, X), outputs(again, X))
    assert again.score(X, y) == search.score(X, y)
    assert again.best_params_ == search.best_params_
    assert again.fit(X, y).best_score_ == search.best_score_
    for name, column in search.cv_results_.items():
        assert type(again.cv_results_[name]) is type(column)
        if "time" not in name:
            np.testing.assert_array_equal(again.cv_results_[name], column)


def test_models_with_categories_and_names(through):
    frame = pytest.importorskip("pandas").DataFrame({"c": ["a", None, "b"], "d": ["x", "y", "x"]})
    encoder = OneHotEncoder(handle_unknown="ignore").fit(frame)
    again = through(encoder)
    assert again.get_feature_names_out().tolist() == encoder.get_feature_names_out().tolist()
    assert_same(outputs(encoder, frame), outputs(again, frame))


def test_distributions_of_a_search(through):
    search = RandomizedSearchCV(Ridge(), {"alpha": stats.loguniform(1e-3, 1e3)}, random_state=3)
    again = through(search)
    X, y = load_iris(return_X_y=True)
    assert again.fit(X, y).best_params_ == search.fit(X, y).best_params_


def test_callbacks_stay_behind(through, capsys):
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}).set_callbacks(ProgressBar())
    again = through(search.fit(X, y))
    capsys.readouterr()
    again.fit(X, y)
    assert capsys.readouterr().out == ""


def test_metadata_requests(through):
    set_config(enable_metadata_routing=True)
    model = Ridge().set_fit_request(sample_weight="w")
    assert repr(through(model).get_metadata_routing()) == repr(model.get_metadata_routing())


# ------------------------------------------------------------------------- plain values
def values():
    scalars = (
        st.none()
        | st.booleans()
        | st.integers(-(1 << 200), 1 << 200)
        | st.floats(allow_nan=False)
        | st.complex_numbers(allow_nan=False)
        | st.text()
        | st.binary()
    )
    keys = st.recursive(
        st.text() | st.integers() | st.booleans() | st.binary(),
        lambda inner: st.tuples(inner, inner),
        max_leaves=3,
    )
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner)
            | st.tuples(inner, inner)
            | st.dictionaries(keys, inner)
            | st.sets(keys)
            | st.frozensets(keys)
        ),
        max_leaves=12,
    )


def kinds(value):
    """A value as nested tuples that tell 1 from True and 1.0, and -0.0 from 0.0."""
    if isinstance(value, dict):
        return ("dict", [(kinds(k), kinds(v)) for k, v in value.items()])
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [kinds(each) for each in value])
    if isinstance(value, (set, frozenset)):
        return (type(value).__name__, sorted((kinds(each) for each in value), key=repr))
    return (type(value).__name__, repr(value))


@given(values())
def test_plain_values(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "value.mlkit"
    save([value], path)
    assert kinds(load(path)[0]) == kinds(value)


@pytest.mark.parametrize(
    "value",
    [
        math.inf,
        -math.inf,
        -0.0,
        ...,
        slice(1, None, 2),
        range(1, 10, 3),
        1 << 3000,
        np.float32(0.1),
        np.int8(-3),
        np.bool_(True),
        np.str_("né"),
        np.datetime64("2020-02-29", "D"),
        np.dtype("<f4"),
        np.dtype(object),
        np.dtype("U7"),
        float,
        np.int32,
        np.mean,
        np.log1p,
        f1_score,
        "\ud800",
        np.complex128(1 + 2j),
    ],
)
def test_single_values(value, through):
    again = through([value])[0]
    assert type(again) is type(value)
    assert again == value and repr(again) == repr(value)


def test_nan_is_the_one_that_code_asks_for(through):
    assert through([float("nan")])[0] is np.nan


ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.arange(6, dtype=">i4"),
    np.asfortranarray(np.arange(6.0, dtype="f4").reshape(2, 3)),
    np.asfortranarray(np.random.default_rng(0).random((700, 3))),
    np.zeros((0, 3)),
    np.zeros((2, 0), dtype="U0"),
    np.array(3.5),
    np.array([True, False]),
    np.array(["a", "bcd"]),
    np.array([b"a", b"bcd"]),
    np.array([1 + 2j, -0.0j]),
    np.array(["2020-01-01", "NaT"], dtype="M8[s]"),
    np.array([1, 2], dtype="m8[h]"),
    np.arange(5000)[::2],
    np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
    np.arange(6, dtype=np.longdouble),
    np.array([np.inf, np.nan, -0.0]),
    np.broadcast_to(np.float16(2), (3, 4)),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_arrays(array, through):
    again = through(array)
    assert type(again) is np.ndarray
    assert again.dtype == array.dtype and again.shape == array.shape
    assert again.tobytes() == array.tobytes()
    assert not array.flags.fnc or again.flags.fnc
    assert again.flags.writeable


def test_arrays_of_objects(through):
    array = np.array([["a", None], [1, np.nan]], dtype=object)
    again = through(array)
    assert again.dtype == object and again.shape == (2, 2)
    assert again[0].tolist() == ["a", None] and again[1, 0] == 1 and again[1, 1] is np.nan
    assert through(np.empty((0, 2), dtype=object)).shape == (0, 2)


def test_masked_arrays(through):
    array = np.ma.MaskedArray([0.1, 1.0, 2.0], [True, False, False], fill_value=-1)
    again = through(array)
    assert again.fill_value == -1 and again.tolist() == [None, 1.0, 2.0]
    objects = np.ma.MaskedArray(["a", None], [False, True], dtype=object)
    assert through(objects).tolist() == ["a", None]


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia", "lil", "dok"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_sparse_matrices(form, kind, through):
    matrix = sparse.random(40, 30, 0.1, random_state=0, dtype=np.float32)
    matrix = getattr(sparse, f"{form}_{kind}")(matrix)
    again = through(matrix)
    assert type(again) is type(matrix) and again.dtype == matrix.dtype
    assert (again.toarray() == matrix.toarray()).all()


@pytest.mark.parametrize("bits", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
def test_random_generators_go_on(bits, through):
    generator = np.random.Generator(getattr(np.random, bits)(5))
    generator.random(3, dtype="f4")
    again = through(generator)
    assert (again.random(5, dtype="f4") == generator.random(5, dtype="f4")).all()
    assert (again.spawn(1)[0].random(3) == generator.spawn(1)[0].random(3)).all()


def test_random_states_go_on(through):
    state = np.random.RandomState(3)
    state.normal(size=3)
    assert (through(state).normal(size=5) == state.normal(size=5)).all()


# ------------------------------------------------------------------------------ sharing
def test_what_is_shared_stays_shared(through):
    array, inner = np.arange(2000.0), [1]
    first, second, third = through([array, (array, inner), {"inner": inner}])
    assert second[0] is first and third["inner"] is second[1]


def test_equal_arrays_are_stored_once_and_stay_apart(tmp_path):
    array = np.random.default_rng(0).random(10_000)
    save([array, array.copy()], tmp_path / "model")
    assert (tmp_path / "model").stat().st_size < 1.1 * array.nbytes
    first, second = load(tmp_path / "model")
    first[0] = 9
    assert second[0] == array[0]


def test_what_contains_itself(through):
    loop = [1]
    loop.append({"loop": loop})
    again = through(loop)
    assert again[1]["loop"] is again
    model = Ridge()
    model.me_ = [model]
    again = through(model)
    assert again.me_[0] is again


def test_bunches(through):
    bunch = Bunch(a=1, b=[2])
    again = through(bunch)
    assert type(again) is Bunch and again.b == [2]


def test_order_of_keys(through):
    assert list(through({"b": 1, "a": 2})) == ["b", "a"]
    assert list(through({2: 1, 1: 2, "x": 0})) == [2, 1, "x"]


def test_other_dictionaries_are_refused(through):
    with pytest.raises(ValueError, match="OrderedDict"):
        through(OrderedDict(a=1))
