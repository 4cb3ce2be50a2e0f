"""Transformers need at most one copy of their input beyond what they return."""

import gc
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from mlkit.feature_selection import SelectKBest, VarianceThreshold
from mlkit.impute import IterativeImputer, MissingIndicator, SimpleImputer
from mlkit.kernel_approximation import RBFSampler
from mlkit.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from mlkit.random_projection import GaussianRandomProjection

N = 50_000
# A column or two as scratch, and blocks that do not grow with the rows.
SLACK = 0.3
KINDS = [
    *[kind() for kind in (StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler, Normalizer)],
    Binarizer(),
    QuantileTransformer(n_quantiles=60),
    PowerTransformer(),
    KBinsDiscretizer(quantile_method="averaged_inverted_cdf"),
    KBinsDiscretizer(encode="ordinal", strategy="uniform"),
    SplineTransformer(),
    SplineTransformer(sparse_output=True),
    PolynomialFeatures(),
    SimpleImputer(),
    SimpleImputer(strategy="median"),
    MissingIndicator(),
    VarianceThreshold(),
    SelectKBest(k=10),
    RBFSampler(n_components=40, random_state=0),
    GaussianRandomProjection(10, random_state=0),
]
ENCODERS = [OneHotEncoder(), OrdinalEncoder(), TargetEncoder(target_type="continuous")]
TAKES_NAN = (SimpleImputer, MissingIndicator)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.gamma(2.0, size=(N, 20))
    return X, (X[:, 0] > 1.5).astype(int)


def peak(call):
    """Bytes held at most while `call` runs, without those of its result, and the result."""
    gc.collect()
    tracemalloc.start()
    found = call()
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if sp.issparse(found):
        return held - sum(a.nbytes for a in (found.data, found.indices, found.indptr)), found
    return held - (found.nbytes if isinstance(found, np.ndarray) else 0), found


def each_of(models):
    return [pytest.param(model, id=f"{i}-{type(model).__name__}") for i, model in enumerate(models)]


@pytest.mark.parametrize("model", each_of(KINDS + ENCODERS))
def test_one_copy_at_most(model, data):
    X, y = data
    if isinstance(model, TAKES_NAN):
        X = np.where(np.random.default_rng(1).random(X.shape) < 0.1, np.nan, X)
    elif type(model) in map(type, ENCODERS):
        X = X.astype(np.int64)
    model.fit(X[:60], y[:60]).transform(X[:1])  # what is imported on first use is not of the data
    assert peak(lambda: model.fit(X, y))[0] <= (1 + SLACK) * X.nbytes
    assert peak(lambda: model.transform(X))[0] <= (1 + SLACK) * X.nbytes


@pytest.mark.filterwarnings("ignore:IterativeImputer did not converge")
def test_one_copy_beside_columns_imputed_in_turn(data):
    X = np.where(np.random.default_rng(1).random(data[0].shape) < 0.1, np.nan, data[0])
    model = IterativeImputer(max_iter=2)
    model.fit(X[:60])
    assert peak(lambda: model.fit_transform(X))[0] <= (1 + SLACK) * X.nbytes


@pytest.mark.parametrize(
    "kind", [StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler, Normalizer, Binarizer]
)
def test_no_copy_where_none_is_asked_for(kind, data):
    X = data[0].copy()
    model = kind(copy=False).fit(X)
    held, found = peak(lambda: model.transform(X))
    assert np.shares_memory(found, X)
    assert held + found.nbytes <= SLACK * X.nbytes


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_come_and_go_without_copies(library, data):
    """A frame of one block of floats is read where it lies, and the result becomes one."""
    X = data[0]
    names = [f"c{j}" for j in range(X.shape[1])]
    frame = pd.DataFrame(X, columns=names) if library == "pandas" else pl.DataFrame(X, schema=names)
    model = StandardScaler().set_output(transform=library).fit(frame)
    held, found = peak(lambda: model.transform(frame))
    assert type(found) is type(frame)
    assert list(found.columns) == names
    # The result; polars keeps columns apart, so that there is one copy more on the way.
    assert held <= (1 + SLACK + (library == "polars")) * X.nbytes
    expected = StandardScaler().fit_transform(X)
    np.testing.assert_allclose(found.to_numpy(), expected, rtol=1e-9, atol=1e-12)
