"""A column transformer is its transformers on their columns, side by side."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
import sklearn.compose
import sklearn.preprocessing
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.estimator_checks import check_estimator

from mlkit import config_context
from mlkit.base import BaseEstimator, TransformerMixin, clone
from mlkit.compose import ColumnTransformer, make_column_selector, make_column_transformer
from mlkit.exceptions import NotFittedError
from mlkit.linear_model import Ridge
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

X = np.random.default_rng(0).normal(size=(12, 5))
TABLE = pd.DataFrame(
    {
        "age": [20.0, 30, 40, 35, 61, 29],
        "income": [1.5, 2.5, 0.5, 3.5, 4.0, 2.0],
        "city": ["Rome", "Oslo", "Rome", "Bonn", "Oslo", "Oslo"],
        "member": [True, False, True, True, False, False],
    }
)
FRAMES = {
    "pandas": lambda table: table,
    "polars": lambda table: pl.DataFrame(table.to_dict("list")),
    "arrow": lambda table: pa.Table.from_pandas(table, preserve_index=False),
}
NUMBERS = ["age", "income"]


def mixed(**kwargs):
    parts = [("num", StandardScaler(), NUMBERS), ("cat", OneHotEncoder(), ["city"])]
    return ColumnTransformer(parts, **kwargs)


class Columns(TransformerMixin, BaseEstimator):
    """Returns X; remembers what it was given."""

    def fit(self, X, y=None, sample_weight=None):
        self.fitted_on_, self.weight_ = X, sample_weight
        return self

    def transform(self, X, extra=0.0):
        return X + extra if extra else X

    def get_feature_names_out(self, input_features=None):
        names = self.fitted_on_.columns if input_features is None else input_features
        return np.asarray(names, dtype=object)


class Length(BaseEstimator):
    """Lengths of the strings of one column, given in 1-D."""

    def fit(self, X, y=None):
        assert np.ndim(X) == 1
        return self

    def transform(self, X):
        return np.array([[len(each)] for each in X])


# ---------------------------------------------------------------------------- the columns
@pytest.mark.parametrize(
    "columns",
    [
        [1, 3],
        [-4, -2],
        slice(1, 4, 2),
        np.array([1, 3]),
        [False, True, False, True, False],
        np.array([False, True, False, True, False]),
        lambda X: [1, 3],
    ],
)
@pytest.mark.parametrize("remainder", ["drop", "passthrough", MinMaxScaler()], ids=str)
@pytest.mark.parametrize("sparse", [False, True])
def test_any_way_to_name_columns(columns, remainder, sparse):
    """Each transformer gets its columns in its order, the remainder comes last."""
    data = sp.csr_matrix(X) if sparse else X
    if sparse and not isinstance(remainder, str):
        remainder = sklearn.preprocessing.MaxAbsScaler()
    scaler = StandardScaler(with_mean=False)
    out = ColumnTransformer([("a", scaler, columns)], remainder=remainder).fit_transform(data)
    out = out.toarray() if sp.issparse(out) else out
    parts = [clone(scaler).fit_transform(X[:, [1, 3]])]
    rest = X[:, [0, 2, 4]]
    if not isinstance(remainder, str):
        parts.append(clone(remainder).fit_transform(rest))
    elif remainder == "passthrough":
        parts.append(rest)
    assert_allclose(out, np.hstack(parts), rtol=1e-14)


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize(
    "columns", [NUMBERS, slice("age", "income"), [0, 1], [True, True, False, False]], ids=str
)
def test_columns_of_frames(kind, columns):
    frame = FRAMES[kind](TABLE)
    out = ColumnTransformer([("a", StandardScaler(), columns)]).fit_transform(frame)
    assert_allclose(out, StandardScaler().fit_transform(TABLE[NUMBERS]), rtol=1e-14)


@pytest.mark.parametrize("kind", FRAMES)
def test_a_scalar_hands_on_one_dimension(kind):
    frame = FRAMES[kind](TABLE)
    for column in ("city", 2):
        out = ColumnTransformer([("n", Length(), column)]).fit_transform(frame)
        assert_array_equal(out, [[4]] * 6)
    with pytest.raises(ValueError, match="list"):
        ColumnTransformer([("s", StandardScaler(), "age")]).fit(frame)


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("remainder", ["drop", "passthrough", Columns()], ids=str)
def test_equals_scikit_learns(kind, remainder):
    """Same numbers, names and places as scikit-learn's, for frames of each library."""
    frame, theirs_frame = FRAMES[kind](TABLE), TABLE if kind == "arrow" else FRAMES[kind](TABLE)
    kwargs = {"remainder": remainder, "sparse_threshold": 0, "transformer_weights": {"num": 2.0}}
    ours = mixed(**kwargs)
    parts = [("num", sklearn.preprocessing.StandardScaler(), NUMBERS)]
    parts += [("cat", sklearn.preprocessing.OneHotEncoder(), ["city"])]
    theirs = sklearn.compose.ColumnTransformer(parts, **kwargs)
    ours_out, theirs_out = ours.fit_transform(frame), theirs.fit_transform(theirs_frame)
    assert_allclose(ours_out.astype(float), theirs_out.astype(float), rtol=1e-14)
    assert ours_out.dtype == theirs_out.dtype
    assert_array_equal(ours.get_feature_names_out(), theirs.get_feature_names_out())
    assert ours.output_indices_ == theirs.output_indices_
    assert ours.sparse_output_ is theirs.sparse_output_ is False
    assert [(n, c) for n, _, c in ours.transformers_] == [
        (n, c) for n, _, c in theirs.transformers_
    ]
    assert_array_equal(ours.feature_names_in_, theirs.feature_names_in_)
    assert_allclose(ours.transform(frame).astype(float), ours_out.astype(float))


@pytest.mark.parametrize(
    ("columns", "rest"),
    [
        ([NUMBERS], ["city", "member"]),
        ([[0, 1]], [2, 3]),
        ([[True, True, False, False]], [False, False, True, True]),
        ([["age"], [1]], [2, 3]),
        ([lambda X: NUMBERS], [2, 3]),
    ],
)
def test_the_remainder_is_written_as_the_others(columns, rest):
    parts = [(f"t{k}", Columns(), each) for k, each in enumerate(columns)]
    fitted = ColumnTransformer(parts, remainder="passthrough").fit(TABLE)
    assert fitted.transformers_[-1][0] == "remainder"
    assert fitted.transformers_[-1][2] == rest


def test_output_indices_cut_out_each_part():
    table = mixed(remainder="passthrough", sparse_threshold=0)
    out = table.fit_transform(TABLE)
    assert_array_equal(out[:, table.output_indices_["cat"]].sum(axis=1), 1)
    assert_array_equal(out[:, table.output_indices_["remainder"]][:, 0], TABLE["member"])
    dropped = ColumnTransformer([("a", "drop", [0]), ("b", Columns(), [])]).fit(X)
    assert list(dropped.output_indices_.values()) == [slice(0, 0)] * 3
    assert dropped.transform(X).shape == (12, 0)
    assert dropped.named_transformers_.a == "drop"


@pytest.mark.parametrize(
    ("columns", "message"),
    [([9], "'a'.*5 feature"), (["x"], "data frame"), ([1.5], "columns"), ([True], "mask")],
)
def test_columns_that_are_not_there(columns, message):
    with pytest.raises(ValueError, match=message):
        ColumnTransformer([("a", Columns(), columns)]).fit(X)


# ------------------------------------------------------------------ after fit on a frame
@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("columns", [NUMBERS, [0, 1]], ids=str)
def test_columns_are_found_by_name(kind, columns):
    """Another order and more columns change nothing; a missing one is named."""
    parts = [("num", StandardScaler(), columns), ("out", "drop", ["member"])]
    table = ColumnTransformer(parts, remainder="passthrough").fit(FRAMES[kind](TABLE))
    expected = table.transform(FRAMES[kind](TABLE))
    moved = TABLE[["city", "income", "member", "age"]].assign(other=1)
    assert_array_equal(table.transform(FRAMES[kind](moved)), expected)
    without = FRAMES[kind](moved.drop(columns="member"))
    assert_array_equal(table.transform(without), expected)
    with pytest.raises(ValueError, match="missing.*age"):
        table.transform(FRAMES[kind](moved.drop(columns="age")))


def test_arrays_after_frames():
    by_number = ColumnTransformer([("a", Columns(), [0, 1])]).fit(TABLE)
    assert_array_equal(by_number.transform(TABLE.to_numpy()), TABLE[NUMBERS])
    with pytest.raises(ValueError, match="5 features"):
        by_number.transform(np.zeros((2, 5)))
    with pytest.raises(ValueError, match="strings"):
        ColumnTransformer([("a", Columns(), NUMBERS)]).fit(TABLE).transform(TABLE.to_numpy())


def test_not_fitted():
    with pytest.raises(NotFittedError):
        mixed().transform(TABLE)
    with pytest.raises(TypeError, match="fit"):
        mixed()["num"]
    with pytest.raises(KeyError, match="nobody"):
        mixed().fit(TABLE)["nobody"]


@pytest.mark.parametrize("data", [X[0], X[:, 0].tolist()])
def test_two_dimensions_are_needed(data):
    with pytest.raises(ValueError, match="2D array"):
        ColumnTransformer([("a", Columns(), [0])]).fit(data)


# ---------------------------------------------------------------------- what comes out
@pytest.mark.parametrize("threshold", [0, 0.3, 0.5, 1])
def test_density_decides_on_sparse_output(threshold):
    table = ColumnTransformer(
        [("dense", Columns(), [0]), ("eye", OneHotEncoder(), [1])], sparse_threshold=threshold
    )
    data = np.column_stack([np.ones(4), np.arange(4)])  # density (4 + 4) / 20
    out = table.fit_transform(data)
    assert table.sparse_output_ == sp.issparse(out) == (threshold > 0.4)
    again = table.transform(data)
    assert sp.issparse(again) == sp.issparse(out)
    dense = out.toarray() if sp.issparse(out) else out
    assert_array_equal(dense, np.hstack([np.ones((4, 1)), np.eye(4)]))


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("kind", ["pandas", "polars"])
@pytest.mark.parametrize("everywhere", [False, True])
def test_frames_out(library, kind, everywhere):
    encoder = OneHotEncoder(sparse_output=False)
    parts = [("num", StandardScaler(), NUMBERS), ("cat", encoder, ["city"])]
    table = ColumnTransformer(parts, remainder="passthrough")
    frame = FRAMES[kind](TABLE)
    plain = clone(table).fit_transform(frame)
    if not everywhere:
        table.set_output(transform=library)
    with config_context(transform_output=library if everywhere else "default"):
        out = table.fit_transform(frame)
        again = table.transform(frame[:2])
    assert type(out).__module__.startswith(library)
    assert list(out.columns) == list(again.columns) == table.get_feature_names_out().tolist()
    assert_array_equal(out.to_numpy().astype(float), plain.astype(float))
    assert "bool" in str(out["remainder__member"].dtype).lower()


def test_index_of_pandas_is_kept():
    frame = TABLE.set_index(np.arange(6) * 10)
    table = ColumnTransformer([("a", StandardScaler(), NUMBERS)]).set_output(transform="pandas")
    assert (table.fit_transform(frame).index == frame.index).all()


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (True, ["num__age", "num__income", "remainder__city", "remainder__member"]),
        (False, ["age", "income", "city", "member"]),
        ("{feature_name}@{transformer_name}", ["age@num", "income@num", "city@remainder"]),
        (lambda part, column: f"{part[0]}-{column}", ["n-age", "n-income", "r-city", "r-member"]),
    ],
)
def test_names_of_columns(style, expected):
    table = ColumnTransformer(
        [("num", StandardScaler(), NUMBERS)],
        remainder="passthrough",
        verbose_feature_names_out=style,
    ).fit(TABLE)
    assert table.get_feature_names_out().tolist()[: len(expected)] == expected
    framed = table.set_output(transform="pandas").transform(TABLE)
    assert framed.columns.tolist() == table.get_feature_names_out().tolist()


def test_names_must_differ():
    parts = [("a", Columns(), ["age"]), ("b", Columns(), ["age"])]
    table = ColumnTransformer(parts, verbose_feature_names_out=False).fit(TABLE)
    with pytest.raises(ValueError, match="not unique"):
        table.get_feature_names_out()
    with pytest.raises(AttributeError, match="'n'"):
        ColumnTransformer([("n", Length(), "city")]).fit(TABLE).get_feature_names_out()


def test_pandas_na_does_not_hide_in_an_array():
    frame = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64")})
    table = ColumnTransformer([("a", Columns(), ["a"])])
    with pytest.raises(ValueError, match=r"'a'.*pandas.NA"):
        table.fit_transform(frame)
    assert table.set_output(transform="pandas").fit_transform(frame)["a__a"].isna().sum() == 1
    whole = pd.DataFrame({"a": pd.array([1, 2, 3], dtype="Int64")})
    assert_array_equal(clone(table).set_output(transform="default").fit_transform(whole), whole)


def test_a_transformer_must_return_a_table():
    class Flat(Columns):
        def transform(self, X):
            return np.asarray(X)[:, 0]

    with pytest.raises(ValueError, match="'flat'.*2D"):
        ColumnTransformer([("flat", Flat(), [0])]).fit(X)


# ------------------------------------------------------------------------- parameters
def test_parameters_by_name():
    table = mixed(remainder=MinMaxScaler())
    table.set_params(num__with_mean=False, remainder__feature_range=(0, 5), cat="drop")
    assert table.get_params()["num__with_mean"] is False
    assert table.get_params()["remainder__feature_range"] == (0, 5)
    assert table.transformers[1] == ("cat", "drop", ["city"])


def test_the_given_transformers_are_left_alone():
    given = StandardScaler()
    table = ColumnTransformer([("a", given, [0])], remainder=given).fit(X)
    assert "mean_" not in vars(given)
    assert table["a"] is table.named_transformers_.a is not given
    assert clone(table).transformers[0][1] is not given


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_workers_and_pickles_give_the_same(n_jobs):
    table = mixed(n_jobs=n_jobs, remainder="passthrough", sparse_threshold=0).fit(TABLE)
    expected = mixed(remainder="passthrough", sparse_threshold=0).fit_transform(TABLE)
    assert_array_equal(table.transform(TABLE), expected)
    assert_array_equal(pickle.loads(pickle.dumps(table)).transform(TABLE), expected)


@pytest.mark.parametrize(
    ("parts", "kwargs", "error"),
    [
        ([("a", Columns(), [0]), ("a", Columns(), [1])], {}, ValueError),
        ([("a__b", Columns(), [0])], {}, ValueError),
        ([("a", object(), [0])], {}, TypeError),
        ([("a", Columns, [0])], {}, TypeError),
        ([("a", Columns(), [0])], {"remainder": "keep"}, ValueError),
        ([("a", Columns(), [0])], {"sparse_threshold": 2}, ValueError),
    ],
)
def test_what_is_no_column_transformer_is_refused(parts, kwargs, error):
    with pytest.raises(error, match="ColumnTransformer"):
        ColumnTransformer(parts, **kwargs).fit(X)


def test_named_after_classes():
    table = make_column_transformer(
        (StandardScaler(), ["age"]), (StandardScaler(), ["income"]), ("drop", ["city"]), n_jobs=1
    )
    assert [name for name, _, _ in table.transformers] == [
        "standardscaler-1",
        "standardscaler-2",
        "drop",
    ]
    assert table.fit_transform(TABLE).shape == (6, 2)


# -------------------------------------------------------------------- metadata, messages
def test_metadata_reaches_who_asked():
    weight = np.arange(12.0)
    with pytest.raises(ValueError, match="sample_weight"):
        ColumnTransformer([("a", Columns(), [0])]).fit(X, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        asks = Columns().set_fit_request(sample_weight=True).set_transform_request(extra=False)
        deaf = Columns().set_fit_request(sample_weight=False).set_transform_request(extra=True)
        table = ColumnTransformer([("asks", asks, [0])], remainder=deaf)
        table.fit(X, sample_weight=weight)
        assert table["asks"].weight_ is weight and table["remainder"].weight_ is None
        assert_array_equal(table.transform(X, extra=1.0), X + [0, 1, 1, 1, 1])
        with pytest.raises(TypeError, match="unknown"):
            table.fit(X, unknown=1)


def test_verbose_prints_a_line_a_transformer(capsys):
    ColumnTransformer(
        [("a", Columns(), [0]), ("b", "drop", [1])], remainder="passthrough", verbose=True
    ).fit(X)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("[ColumnTransformer]") and "(1 of 2) Processing a" in first
    assert "(2 of 2) Processing remainder" in second


def test_diagram_shows_the_columns():
    table = mixed(remainder="passthrough")
    block = table._sk_visual_block_()
    assert block.kind == "parallel" and block.names == ("num", "cat", "remainder")
    assert block.name_details == (NUMBERS, ["city"], [])
    assert table.fit(TABLE)._sk_visual_block_().name_details[-1] == ["member"]
    assert "OneHotEncoder" in table._repr_mimebundle_()["text/html"]
    assert "OneHotEncoder" in sklearn.utils.estimator_html_repr(table)


# ----------------------------------------------------------------- beside scikit-learn
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it():
    table = ColumnTransformer([("a", StandardScaler(), [0])], remainder="passthrough")
    results = check_estimator(table, on_fail=None, on_skip=None)
    failed = {each["check_name"] for each in results if each["status"] == "failed"}
    # The message wanted there is of an estimator that says how many columns it needs.
    assert failed == {"check_estimators_empty_data_messages"}


def test_in_pipelines_of_either_library():
    y = np.arange(6.0)
    ours = make_pipeline(mixed(), Ridge()).fit(TABLE, y)
    theirs = sklearn.pipeline.make_pipeline(mixed(), Ridge()).fit(TABLE, y)
    assert_array_equal(ours.predict(TABLE), theirs.predict(TABLE))
    held = sklearn.compose.ColumnTransformer([("in", mixed(), list(TABLE))]).fit(TABLE)
    assert held.get_feature_names_out()[0] == "in__num__age"
    selected = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include=np.number)),
        (OneHotEncoder(), make_column_selector("^city$")),
    )
    assert_array_equal(selected.fit_transform(TABLE), mixed().fit_transform(TABLE))


def test_lightgbm_on_chosen_columns():
    lightgbm = pytest.importorskip("lightgbm")
    y = np.arange(6) % 2
    table = mixed(sparse_threshold=0)
    model = make_pipeline(table, lightgbm.LGBMClassifier(n_estimators=2, verbose=-1))
    assert_array_equal(model.fit(TABLE, y).classes_, [0, 1])
