"""The regressor sees f(y); predictions come back through the inverse."""

import pickle

import numpy as np
import pytest
import sklearn.compose
import sklearn.linear_model
import sklearn.preprocessing
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.estimator_checks import check_estimator

from mlkit import config_context
from mlkit.base import BaseEstimator, RegressorMixin, clone
from mlkit.compose import TransformedTargetRegressor
from mlkit.exceptions import NotFittedError
from mlkit.linear_model import LinearRegression, Ridge
from mlkit.preprocessing import FunctionTransformer, StandardScaler

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
y = np.exp(X @ [1.0, 0.5, -1.0] + 0.1 * rng.normal(size=30))
Y = np.column_stack([y, y**2])


@pytest.mark.parametrize("target", [y, y[:, None], Y], ids=["1-D", "column", "two"])
@pytest.mark.parametrize("kind", ["functions", "transformer", "scaler", "nothing"])
def test_is_the_regressor_on_the_transformed_target(target, kind):
    f, back = {"functions": (np.log, np.exp), "transformer": (np.log, np.exp)}.get(
        kind, (lambda a: a, lambda a: a)
    )
    arguments = {
        "functions": {"func": np.log, "inverse_func": np.exp},
        "transformer": {"transformer": FunctionTransformer(np.log, np.exp)},
        "scaler": {"transformer": StandardScaler()},
        "nothing": {},
    }[kind]
    model = TransformedTargetRegressor(LinearRegression(), **arguments).fit(X, target)
    by_hand = back(LinearRegression().fit(X, f(target)).predict(X))
    assert model.predict(X).shape == by_hand.shape == target.shape
    assert_allclose(model.predict(X), by_hand, rtol=1e-10, atol=1e-10)
    assert model.n_features_in_ == 3


@pytest.mark.parametrize("target", [y, Y], ids=["1-D", "two"])
def test_equals_scikit_learns(target):
    arguments = {"func": np.log1p, "inverse_func": np.expm1}
    ours = TransformedTargetRegressor(Ridge(), **arguments).fit(X, target)
    reference = sklearn.linear_model.Ridge()
    theirs = sklearn.compose.TransformedTargetRegressor(reference, **arguments).fit(X, target)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)
    assert ours.score(X, target) == pytest.approx(theirs.score(X, target))
    scaled = TransformedTargetRegressor(
        sklearn.linear_model.Ridge(), transformer=sklearn.preprocessing.StandardScaler()
    )
    assert_allclose(scaled.fit(X, target).predict(X).mean(axis=0), target.mean(axis=0))


def test_the_regressor_sees_one_dimension_of_one_dimension():
    class Asserting(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            self.ndim_ = y.ndim
            return self

        def predict(self, X):
            return np.zeros(len(X))

    scaled = TransformedTargetRegressor(Asserting(), transformer=StandardScaler())
    assert scaled.fit(X, y).regressor_.ndim_ == 1
    assert scaled.predict(X).shape == (30,)
    assert scaled.fit(X, y[:, None]).regressor_.ndim_ == 2


def test_a_wrong_inverse_warns():
    arguments = {"func": np.sqrt, "inverse_func": np.exp}
    with pytest.warns(UserWarning, match="check_inverse") as met:
        TransformedTargetRegressor(**arguments).fit(X, y)
    assert len(met) == 1
    TransformedTargetRegressor(**arguments, check_inverse=False).fit(X, y)


@pytest.mark.parametrize(
    "arguments",
    [
        {"func": np.log},
        {"inverse_func": np.exp},
        {"transformer": StandardScaler(), "func": np.log, "inverse_func": np.exp},
        {"regressor": StandardScaler()},
        {"check_inverse": "no"},
    ],
    ids=str,
)
def test_parameters_that_disagree(arguments):
    with pytest.raises(ValueError, match="TransformedTargetRegressor"):
        TransformedTargetRegressor(**arguments).fit(X, y)


def test_parts_are_cloned():
    given, scaler = Ridge(alpha=3.0), StandardScaler()
    model = TransformedTargetRegressor(given, transformer=scaler).fit(X, y)
    assert model.regressor_ is not given and model.transformer_ is not scaler
    assert not hasattr(given, "coef_") and not hasattr(scaler, "mean_")
    assert clone(model).get_params()["regressor__alpha"] == 3.0
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


def test_not_fitted_and_no_target():
    with pytest.raises(NotFittedError):
        TransformedTargetRegressor().predict(X)
    assert not hasattr(TransformedTargetRegressor(), "n_features_in_")
    with pytest.raises(ValueError, match="requires y"):
        TransformedTargetRegressor().fit(X, None)


@pytest.mark.parametrize("routed", [False, True])
def test_weights_reach_the_regressor(routed):
    weight = rng.uniform(size=30)
    with config_context(enable_metadata_routing=routed):
        inner = Ridge().set_fit_request(sample_weight=True) if routed else Ridge()
        model = TransformedTargetRegressor(inner, func=np.log, inverse_func=np.exp)
        model.fit(X, y, sample_weight=weight)
    by_hand = Ridge().fit(X, np.log(y), sample_weight=weight)
    assert_allclose(model.predict(X), np.exp(by_hand.predict(X)))


def test_containers_of_x_are_not_those_of_y():
    with config_context(transform_output="pandas"):
        model = TransformedTargetRegressor(transformer=StandardScaler()).fit(X, y)
        assert type(model.predict(X)) is np.ndarray


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("regressor", [None, Ridge()], ids=str)
def test_scikit_learn_accepts_it(regressor):
    model = TransformedTargetRegressor(regressor)
    results = check_estimator(model, on_fail=None, on_skip=None)
    assert not [each["check_name"] for each in results if each["status"] == "failed"]
