"""A union is what its transformers make of X, side by side."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.pipeline
import sklearn.preprocessing
from numpy.testing import assert_array_equal
from sklearn.utils.estimator_checks import check_estimator

from mlkit import config_context
from mlkit.base import BaseEstimator, TransformerMixin
from mlkit.pipeline import FeatureUnion, make_union
from mlkit.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

X = np.random.default_rng(0).normal(size=(20, 3)).round(1)


class Scaled(TransformerMixin, BaseEstimator):
    """X times a factor given as metadata."""

    def fit(self, X, y=None, factor=1.0):
        self.factor_ = factor
        return self

    def transform(self, X, extra=0.0):
        return X * self.factor_ + extra


def test_columns_are_the_transformers_by_hand():
    union = FeatureUnion([("a", StandardScaler()), ("b", MinMaxScaler()), ("c", "passthrough")])
    by_hand = np.hstack([StandardScaler().fit_transform(X), MinMaxScaler().fit_transform(X), X])
    assert_array_equal(union.fit_transform(X), by_hand)
    assert_array_equal(union.fit(X).transform(X), by_hand)
    assert union.n_features_in_ == 3


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("library", [sklearn.preprocessing, None], ids=["theirs", "ours"])
def test_equals_scikit_learns(n_jobs, library):
    scaler = (library or __import__("mlkit.preprocessing", fromlist=["x"])).MinMaxScaler
    parts = [("a", scaler()), ("b", "drop"), ("c", scaler((-1, 1)))]
    weights = {"c": 3.0}
    ours = FeatureUnion(parts, n_jobs=n_jobs, transformer_weights=weights)
    theirs = sklearn.pipeline.FeatureUnion(list(parts), transformer_weights=weights)
    assert_array_equal(ours.fit_transform(X), theirs.fit_transform(X))
    assert_array_equal(ours.get_feature_names_out(), theirs.get_feature_names_out())


def test_one_sparse_part_makes_all_sparse():
    encoder = OneHotEncoder(handle_unknown="ignore")
    union = make_union(encoder, StandardScaler())
    out = union.fit_transform(X)
    assert sp.issparse(out) and out.format == "csr"
    by_hand = [OneHotEncoder().fit_transform(X).toarray(), StandardScaler().fit_transform(X)]
    assert_array_equal(out.toarray(), np.hstack(by_hand))


@pytest.mark.parametrize("parts", [[], [("a", "drop")]])
def test_nothing_has_no_columns(parts):
    assert FeatureUnion(parts).fit(X).transform(X).shape == (20, 0)
    assert FeatureUnion(parts).fit_transform(X).shape == (20, 0)


def test_names_of_columns():
    frame = pd.DataFrame(X, columns=list("abc"))
    union = FeatureUnion([("s", StandardScaler()), ("p", "passthrough")])
    names = [f"{part}__{column}" for part in "sp" for column in "abc"]
    assert union.fit(frame).get_feature_names_out().tolist() == names
    assert union.feature_names_in_.tolist() == list("abc")
    union.verbose_feature_names_out = False
    with pytest.raises(ValueError, match="not unique"):
        union.get_feature_names_out()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_out(library):
    frame = pd.DataFrame(X, columns=list("abc"), index=np.arange(20) + 5)
    union = FeatureUnion([("s", StandardScaler()), ("p", "passthrough")])
    plain = union.fit_transform(frame)
    out = union.set_output(transform=library).fit_transform(frame)
    assert type(out).__module__.startswith(library)
    assert list(out.columns) == union.get_feature_names_out().tolist()
    assert_array_equal(out.to_numpy(), np.asarray(plain))
    if library == "pandas":
        assert (out.index == frame.index).all()


def test_parts_are_set_by_name():
    union = make_union(StandardScaler(), MinMaxScaler())
    union.set_params(minmaxscaler__feature_range=(0, 9), standardscaler="drop")
    assert union.fit_transform(X).max() == pytest.approx(9)
    assert union["minmaxscaler"] is union.named_transformers.minmaxscaler


@pytest.mark.parametrize(
    ("parts", "kwargs", "error"),
    [
        ([("a", StandardScaler()), ("a", MinMaxScaler())], {}, ValueError),
        ([("a", object())], {}, TypeError),
        ([("a", StandardScaler)], {}, TypeError),
        ([("a", StandardScaler())], {"transformer_weights": {"b": 1}}, ValueError),
    ],
)
def test_what_is_no_union_is_refused(parts, kwargs, error):
    with pytest.raises(error, match="FeatureUnion"):
        FeatureUnion(parts, **kwargs).fit(X)


def test_a_vector_is_no_column():
    class Flat(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return X[:, 0]

    with pytest.raises(ValueError, match="'flat'.*2D"):
        FeatureUnion([("flat", Flat())]).fit_transform(X)


def test_metadata():
    union = make_union(Scaled(), StandardScaler())
    with pytest.raises(TypeError):  # unrouted parameters go to every transformer
        union.fit(X, factor=2.0)
    alone = make_union(Scaled())
    assert_array_equal(alone.fit_transform(X, factor=2.0), 2 * X)
    with config_context(enable_metadata_routing=True):
        part = Scaled().set_fit_request(factor=True).set_transform_request(extra=True)
        union = make_union(part, StandardScaler())
        union.fit(X, factor=2.0)
        assert_array_equal(union.transform(X, extra=1.0)[:, :3], 2 * X + 1)
        union = make_union(Scaled().set_fit_request(factor=True), StandardScaler())
        assert_array_equal(union.fit_transform(X, factor=3.0)[:, :3], 3 * X)


def test_verbose_prints_a_line_a_transformer(capsys):
    FeatureUnion([("a", StandardScaler()), ("b", "drop"), ("c", MinMaxScaler())], verbose=True).fit(
        X
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.startswith("[FeatureUnion]") for line in lines] == [True, True]
    assert "(step 1 of 3) Processing a" in lines[0] and "(step 3 of 3) Processing c" in lines[1]


@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it():
    union = make_union(StandardScaler(), MinMaxScaler())
    results = check_estimator(union, on_fail=None, on_skip=None)
    failed = {each["check_name"] for each in results if each["status"] == "failed"}
    # Both libraries fit the very transformers that they are given.
    assert failed == {"check_estimators_overwrite_params", "check_dont_overwrite_parameters"}
