"""What holds for every transformer of columns: threads, order, single rows, zeros left out."""

import numpy as np
import pytest
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from mlkit.feature_selection import (
    SelectKBest,
    VarianceThreshold,
    chi2,
    f_regression,
    mutual_info_classif,
    r_regression,
)
from mlkit.impute import KNNImputer, MissingIndicator, SimpleImputer
from mlkit.kernel_approximation import AdditiveChi2Sampler, Nystroem, RBFSampler
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
    TablePreprocessor,
    TargetEncoder,
)
from mlkit.random_projection import GaussianRandomProjection, SparseRandomProjection

EXACT_BINS = {"quantile_method": "averaged_inverted_cdf"}
MODELS = [
    StandardScaler(),
    MinMaxScaler(),
    MaxAbsScaler(),
    RobustScaler(),
    Normalizer(),
    Binarizer(threshold=1.0),
    QuantileTransformer(n_quantiles=40, subsample=None),
    QuantileTransformer(n_quantiles=40, output_distribution="normal", subsample=None),
    PowerTransformer(),
    PowerTransformer(method="box-cox"),
    KBinsDiscretizer(subsample=None, **EXACT_BINS),
    KBinsDiscretizer(encode="ordinal", strategy="uniform"),
    SplineTransformer(),
    SplineTransformer(knots="quantile", sparse_output=True, extrapolation="linear"),
    PolynomialFeatures(3, interaction_only=True),
    SimpleImputer(),
    SimpleImputer(strategy="median", add_indicator=True),
    SimpleImputer(strategy="most_frequent"),
    KNNImputer(),
    MissingIndicator(),
    VarianceThreshold(0.5),
    SelectKBest(k=3),
    SelectKBest(chi2, k=3),
    SelectKBest(mutual_info_classif, k=3),
    OneHotEncoder(handle_unknown="ignore", max_categories=20),
    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    TargetEncoder(target_type="continuous"),
    TablePreprocessor(),
    RBFSampler(n_components=9, random_state=0),
    Nystroem(n_components=9, random_state=0),
    AdditiveChi2Sampler(),
    GaussianRandomProjection(4, random_state=0),
    SparseRandomProjection(4, random_state=0),
]
WITH_NAN = (SimpleImputer, KNNImputer, MissingIndicator)
WITH_CATEGORIES = (OneHotEncoder, OrdinalEncoder, TargetEncoder)


def cases(models):
    return [pytest.param(model, id=f"{k}-{type(model).__name__}") for k, model in enumerate(models)]


def table(model, n_rows):
    """Positive numbers with few categories or with gaps, as the model takes them, and a target."""
    rng = np.random.default_rng(0)
    X = rng.gamma(2.0, size=(n_rows, 6))
    if isinstance(model, WITH_CATEGORIES):
        X = np.floor(X * 3)
    if isinstance(model, WITH_NAN):
        X[rng.random(X.shape) < 0.1] = np.nan
    return X, (np.nan_to_num(X[:, 0]) + rng.normal(size=n_rows) > 2).astype(int)


def dense(found):
    return found.toarray() if sp.issparse(found) else np.asarray(found)


@pytest.mark.parametrize("model", cases(MODELS))
def test_threads_change_nothing(model):
    X, y = table(model, 600 if isinstance(model, KNNImputer) else 12_000)
    with threadpool_limits(1):
        alone = dense(model.fit(X, y).transform(X))
    np.testing.assert_array_equal(dense(model.fit(X, y).transform(X)), alone)


@pytest.mark.parametrize("model", cases(MODELS))
def test_rows_are_transformed_one_by_one(model):
    X, y = table(model, 300)
    model.fit(X, y)
    whole = dense(model.transform(X))
    order = np.random.default_rng(1).permutation(len(X))
    np.testing.assert_allclose(dense(model.transform(X[order])), whole[order], rtol=1e-12)
    for i in (0, 17, 299):
        np.testing.assert_allclose(
            dense(model.transform(X[i : i + 1]))[0], whole[i], rtol=1e-9, atol=1e-12
        )


# Rows are drawn, by their place.
DRAWS = (Nystroem,)


@pytest.mark.parametrize("model", cases([each for each in MODELS if not isinstance(each, DRAWS)]))
def test_the_order_of_rows_does_not_matter_to_fit(model):
    X, y = table(model, 300)
    order = np.random.default_rng(1).permutation(len(X))
    straight = dense(model.fit(X, y).transform(X[:50]))
    shuffled = dense(model.fit(X[order], y[order]).transform(X[:50]))
    # A power of maximal likelihood is found to the root of rounding: the likelihood is flat there.
    accuracy = 1e-5 if isinstance(model, PowerTransformer) else 1e-9
    np.testing.assert_allclose(shuffled, straight, rtol=accuracy, atol=accuracy)


@pytest.mark.parametrize("form", ["csr", "csc"])
@pytest.mark.parametrize(
    "model",
    cases(
        [
            StandardScaler(with_mean=False),
            MaxAbsScaler(),
            RobustScaler(with_centering=False),
            Normalizer("l1"),
            Binarizer(threshold=0.5),
            QuantileTransformer(n_quantiles=40, subsample=None),
            PolynomialFeatures(2),
            SimpleImputer(missing_values=2.0),
            VarianceThreshold(0.5),
            SelectKBest(k=3),
            SelectKBest(chi2, k=3),
            SelectKBest(f_regression, k=3),
            SelectKBest(r_regression, k=3),
            RBFSampler(n_components=9, random_state=0),
            AdditiveChi2Sampler(),
            GaussianRandomProjection(4, random_state=0),
            SparseRandomProjection(4, random_state=0),
        ]
    ),
)
def test_zeros_may_be_left_out(model, form):
    rng = np.random.default_rng(0)
    X = np.floor(rng.gamma(1.5, size=(200, 6)) * (rng.random((200, 6)) < 0.6) * 4) / 2
    y = (X[:, 0] > 0.5).astype(int)
    expected = dense(model.fit(X, y).transform(X))
    sparse = sp.csr_array(X).asformat(form)
    found = dense(model.fit(sparse, y).transform(sparse))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "model",
    cases(
        [
            StandardScaler(),
            MinMaxScaler((-2, 3)),
            MaxAbsScaler(),
            RobustScaler(),
            PowerTransformer(),
            PowerTransformer(method="box-cox", standardize=False),
            QuantileTransformer(n_quantiles=200),
            OneHotEncoder(drop="first"),
            OrdinalEncoder(),
            SelectKBest(k=6),
            GaussianRandomProjection(6, random_state=0),
        ]
    ),
)
def test_the_inverse_undoes_the_transform(model):
    X, y = table(model, 200)
    if isinstance(model, OneHotEncoder):
        X = np.floor(X)
    back = model.fit(X, y).inverse_transform(model.transform(X))
    np.testing.assert_allclose(np.asarray(back, dtype=float), X, rtol=1e-7, atol=1e-9)
