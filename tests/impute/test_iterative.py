"""Imputing in turn: what a round means, parity with scikit-learn, draws, limits."""

import warnings

import numpy as np
import pytest
import scipy.stats as st
import sklearn
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer as Reference
from sklearn.linear_model import LinearRegression

import mlkit
from mlkit._core.errors import InvalidParameterError
from mlkit.exceptions import ConvergenceWarning
from mlkit.experimental import enable_iterative_imputer as enabled  # noqa: F401
from mlkit.impute import IterativeImputer, SimpleImputer
from mlkit.impute._chained_ridge import Products
from mlkit.impute._iterative import truncated_normal
from mlkit.linear_model import BayesianRidge, Ridge

ORDERS = ["ascending", "descending", "roman", "arabic", "random"]


def table(n_rows=200, n_columns=5, share=0.2, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 2)) @ rng.normal(size=(2, n_columns))
    X = (X + 0.3 * rng.normal(size=X.shape)).astype(dtype)
    X[rng.random(X.shape) < share] = np.nan
    return X


@pytest.fixture(autouse=True)
def rounds_may_run_out():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
        yield


@pytest.mark.parametrize(
    "params",
    [{"imputation_order": order} for order in ORDERS]
    + [
        {"tol": 0.05},
        {"n_nearest_features": 2},
        {"initial_strategy": "median", "add_indicator": True},
        {"initial_strategy": "constant", "fill_value": 3.0},
        {"skip_complete": True, "max_iter": 3},
        {"min_value": -0.5, "max_value": [0.5, 1.0, 1.5, 2.0, 0.1]},
        {"sample_posterior": True, "max_iter": 4},
        {"max_iter": 0},
    ],
    ids=lambda params: "-".join(sorted(params)),
)
def test_parity(params):
    X, new = table(), table(60, seed=1)
    X[:, 3] = np.nan_to_num(X[:, 3])
    ours = IterativeImputer(random_state=0, **params).fit(X)
    theirs = Reference(random_state=0, **params).fit(X)
    assert ours.n_iter_ == theirs.n_iter_
    assert len(ours.imputation_sequence_) == len(theirs.imputation_sequence_)
    np.testing.assert_allclose(ours.transform(new), theirs.transform(new), rtol=1e-9, atol=1e-10)
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())


@pytest.mark.filterwarnings("ignore:Skipping features")
@pytest.mark.parametrize("marker", [np.nan, -99.0])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("strategy", ["mean", "constant"])
def test_empty_columns_are_left_out_or_kept(strategy, keep, marker):
    X = table()
    X[:, 2] = np.nan
    X = np.where(np.isnan(X), marker, X)
    params = {
        "missing_values": marker,
        "initial_strategy": strategy,
        "keep_empty_features": keep,
        "max_iter": 2,
    }
    ours, theirs = IterativeImputer(**params).fit(X), Reference(**params).fit(X)
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X), atol=1e-10)
    assert ours.transform(X).shape[1] == 4 + keep


def test_settled_values_are_what_the_models_of_the_others_predict():
    X = table(share=0.04)
    imputer = IterativeImputer(BayesianRidge(tol=1e-12), max_iter=500, tol=1e-10)
    filled = imputer.fit_transform(X)
    assert imputer.n_iter_ < 500
    for column in range(X.shape[1]):
        missing, others = np.isnan(X[:, column]), np.arange(X.shape[1]) != column
        model = BayesianRidge(tol=1e-12).fit(filled[~missing][:, others], X[~missing, column])
        predicted = model.predict(filled[missing][:, others])
        np.testing.assert_allclose(filled[missing, column], predicted, atol=1e-6)


def test_transform_of_the_same_rows_replays_the_fit():
    X = table()
    imputer = IterativeImputer()
    np.testing.assert_allclose(imputer.fit_transform(X), imputer.transform(X), atol=1e-12)


@pytest.mark.parametrize("share", [0.05, 0.7])
@pytest.mark.parametrize("scale", [1.0, 1e5])
def test_products_give_the_models_of_rows(share, scale):
    """A subclass is fitted to rows, for what it overrides is not known."""

    class OnRows(BayesianRidge):
        pass

    X = table(share=share) * [1, scale, 1, 1 / scale, 1] + [0, 1e3, 0, 0, -10]
    on_products = IterativeImputer(max_iter=4).fit(X).imputation_sequence_
    on_rows = IterativeImputer(OnRows(), max_iter=4).fit(X).imputation_sequence_
    for ours, theirs in zip(on_products, on_rows, strict=True):
        for name in ("coef_", "intercept_", "alpha_", "lambda_", "sigma_", "X_offset_"):
            expected = getattr(theirs.estimator, name)
            size = np.abs(expected).max()
            np.testing.assert_allclose(
                getattr(ours.estimator, name), expected, rtol=1e-5, atol=1e-6 * size
            )


def test_products_stay_true_while_values_change():
    X = np.nan_to_num(table())
    products, rng = Products(X), np.random.default_rng(0)
    for column in [0, 3, 3, 1]:
        mask = rng.random(len(X)) < 0.3
        products.replace(mask, X[mask] - products.centre, column, rng.normal(size=mask.sum()))
    rows = X - products.centre
    np.testing.assert_allclose(products.gram, rows.T @ rows, atol=1e-10)
    np.testing.assert_allclose(products.sums, rows.sum(axis=0), atol=1e-11)


@pytest.mark.parametrize("kind", ["copied", "constant", "exact", "huge"])
def test_hard_columns(kind):
    """Where products lose the digits, rows are looked at; constants do no harm."""
    X = table()
    column = {
        "copied": X[:, 0],
        "constant": np.where(np.isnan(X[:, 0]), np.nan, 7.0),
        "exact": np.nan_to_num(X) @ [1, 2, 3, 4, 5.0],
        "huge": 1e12 * X[:, 1] + 1e15,
    }[kind]
    X = np.column_stack([X, column])
    ours, theirs = IterativeImputer(max_iter=3), Reference(max_iter=3)
    ours, theirs = ours.fit_transform(X), theirs.fit_transform(X)
    size = np.abs(theirs).max(axis=0)
    np.testing.assert_allclose(ours / size, theirs / size, atol=2e-4)


def test_single_precision_stays():
    X = table(dtype=np.float32)
    single = IterativeImputer(max_iter=3).fit(X)
    assert single.transform(X).dtype == np.float32
    assert single.imputation_sequence_[0].estimator.coef_.dtype == np.float32
    double = IterativeImputer(max_iter=3).fit_transform(X.astype(float))
    np.testing.assert_allclose(single.transform(X), double, atol=1e-3)


def test_columns_complete_in_fit():
    X, new = table(), table(50, seed=1)
    X[:, 1] = np.nan_to_num(X[:, 1])
    first = SimpleImputer().fit(X).transform(new)
    skipped = IterativeImputer(skip_complete=True).fit(X)
    missing = np.isnan(new[:, 1])
    np.testing.assert_array_equal(skipped.transform(new)[missing, 1], first[missing, 1])
    assert skipped.n_features_with_missing_ == 4
    predicted = IterativeImputer().fit(X).transform(new)
    assert np.all(predicted[missing, 1] != first[missing, 1])


def test_orders():
    X = table()
    X[:5, 2] = np.nan
    n_missing = np.isnan(X).sum(axis=0)

    def first_round(order):
        fitted = IterativeImputer(imputation_order=order, max_iter=1, random_state=0).fit(X)
        return [step.feat_idx for step in fitted.imputation_sequence_]

    assert first_round("roman") == [0, 1, 2, 3, 4]
    assert first_round("arabic") == [4, 3, 2, 1, 0]
    assert np.all(np.diff(n_missing[first_round("ascending")]) >= 0)
    assert np.all(np.diff(n_missing[first_round("descending")]) <= 0)
    assert sorted(first_round("random")) == [0, 1, 2, 3, 4]


def test_neighbours_are_drawn_by_correlation():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 4))
    X[:, 1] = X[:, 0] + 0.01 * rng.normal(size=2000)
    X[::7, 0] = np.nan
    imputer = IterativeImputer(
        n_nearest_features=1, max_iter=20, sample_posterior=True, skip_complete=True, random_state=0
    ).fit(X)
    drawn = np.concatenate([step.neighbor_feat_idx for step in imputer.imputation_sequence_])
    assert 0 not in drawn
    assert np.mean(drawn == 1) > 0.7


# ------------------------------------------------------------------------------ draws
@pytest.mark.parametrize(
    "limits", [(-np.inf, np.inf), (-0.5, 1.0), (0, np.inf), (7, 8), (-np.inf, -9), (-60, -50)]
)
def test_draws_follow_the_truncated_normal_distribution(limits):
    mean, deviation = np.full(4000, 0.3), np.full(4000, 1.7)
    drawn = truncated_normal(mean, deviation, *limits, np.random.RandomState(0))
    low, high = (np.array(limits) - 0.3) / 1.7
    assert drawn.min() >= limits[0] and drawn.max() <= limits[1]
    assert st.kstest(drawn, st.truncnorm(low, high, 0.3, 1.7).cdf).pvalue > 1e-3


def test_imputations_differ_as_the_posterior_does():
    X = np.column_stack([np.linspace(0, 1, 400)] * 2)
    X[:, 1] += np.random.default_rng(0).normal(scale=0.2, size=400)
    X[0, 1] = np.nan
    draws = [
        IterativeImputer(sample_posterior=True, max_iter=1, random_state=seed).fit_transform(X)
        for seed in range(150)
    ]
    values = np.array([each[0, 1] for each in draws])
    model = BayesianRidge().fit(X[1:, :1], X[1:, 1])
    mean, deviation = model.predict(X[:1, :1], return_std=True)
    assert st.kstest(values, st.norm(mean[0], deviation[0]).cdf).pvalue > 1e-3
    again = IterativeImputer(sample_posterior=True, max_iter=1, random_state=149).fit_transform(X)
    np.testing.assert_array_equal(again, draws[-1])


# ------------------------------------------------------------------------------ models
@pytest.mark.parametrize("model", [Ridge(), LinearRegression()], ids=["ours", "scikit-learn's"])
def test_any_regressor(model):
    X = table()
    ours = IterativeImputer(model, max_iter=4).fit_transform(X)
    theirs = Reference(LinearRegression() if isinstance(model, LinearRegression) else model)
    np.testing.assert_allclose(ours, theirs.set_params(max_iter=4).fit_transform(X), atol=1e-8)


class Noting(Ridge):
    seen = []

    def fit(self, X, y, sample_weight=None):
        Noting.seen.append((len(X), None if sample_weight is None else len(sample_weight)))
        return super().fit(X, y, sample_weight)


def test_weights_reach_the_rows_they_belong_to():
    X = table()
    Noting.seen.clear()
    with mlkit.config_context(enable_metadata_routing=True):
        imputer = IterativeImputer(Noting().set_fit_request(sample_weight=True), max_iter=1)
        imputer.fit(X, sample_weight=np.ones(len(X)))
    assert Noting.seen == [(n, n) for n, _ in Noting.seen]
    assert {n for n, _ in Noting.seen} == set((~np.isnan(X)).sum(axis=0).tolist())
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        IterativeImputer().fit(X, sample_weight=np.ones(len(X)))


# ------------------------------------------------------------------------------ edges
def test_nothing_to_do():
    X = np.nan_to_num(table())
    np.testing.assert_array_equal(IterativeImputer().fit_transform(X), X)
    one = IterativeImputer().fit(table()[:, :1])
    assert one.n_iter_ == 0
    assert not np.isnan(one.transform(table()[:, :1])).any()
    with pytest.warns(UserWarning, match="without any observed values"):
        nothing = IterativeImputer().fit_transform(np.full((3, 2), np.nan))
    assert nothing.shape == (3, 0)


def test_input_is_left_as_it_is():
    X = table()
    before = X.copy()
    IterativeImputer(max_iter=2).fit(X).transform(X)
    np.testing.assert_array_equal(X, before)


def test_limits_that_cannot_be():
    X = table()
    with pytest.raises(ValueError, match="min_value must be below max_value"):
        IterativeImputer(min_value=2, max_value=2).fit(X)
    with pytest.raises(ValueError, match="one value for each of the 5 columns"):
        IterativeImputer(max_value=[1, 2]).fit(X)
    with pytest.raises(InvalidParameterError):
        IterativeImputer(max_iter=-1).fit(X)


def test_rounds_that_are_not_enough_are_told(capsys):
    with pytest.warns(ConvergenceWarning, match="max_iter=2") as told:
        IterativeImputer(max_iter=2, tol=1e-12, verbose=2).fit(table())
    assert issubclass(told[0].category, sklearn.exceptions.ConvergenceWarning)
    assert told[0].filename == __file__
    assert capsys.readouterr().out.count("change") == 2


@pytest.mark.filterwarnings("ignore:Skipping features")
def test_frames():
    import pandas as pd

    X = pd.DataFrame(table(), columns=list("abcde")).assign(e=np.nan)
    filled = IterativeImputer(max_iter=2).set_output(transform="pandas").fit_transform(X)
    assert list(filled.columns) == list("abcd")
    assert filled.notna().all(axis=None)
