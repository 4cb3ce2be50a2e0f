"""A frozen estimator: nothing changes it, everything else is the estimator's."""

import pickle

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as TheirLogistic
from sklearn.preprocessing import StandardScaler as TheirScaler

from mlkit.base import clone, is_classifier
from mlkit.datasets import load_iris
from mlkit.exceptions import NotFittedError
from mlkit.frozen import FrozenEstimator
from mlkit.pipeline import make_pipeline

X, Y = load_iris(return_X_y=True)


def test_fit_and_clone_leave_it_alone():
    model = TheirLogistic(max_iter=1000).fit(X, Y)
    frozen = FrozenEstimator(model)
    before = model.coef_.copy()
    assert clone(frozen) is frozen
    assert frozen.fit(X[:3], Y[::-1][:3]) is frozen
    np.testing.assert_array_equal(model.coef_, before)
    np.testing.assert_array_equal(frozen.predict(X), model.predict(X))
    assert is_classifier(frozen)


def test_it_is_a_step_that_is_not_fitted_again():
    scaler = TheirScaler().fit(X)
    pipe = make_pipeline(FrozenEstimator(scaler), TheirLogistic()).fit(X[:100] * 9, Y[:100])
    np.testing.assert_array_equal(pipe[0].transform(X), scaler.transform(X))


def test_an_unfitted_estimator_is_refused():
    with pytest.raises(NotFittedError):
        FrozenEstimator(TheirLogistic()).fit(X, Y)


def test_its_parameters_are_out_of_reach():
    frozen = FrozenEstimator(TheirLogistic())
    assert list(frozen.get_params()) == ["estimator"]
    with pytest.raises(ValueError, match="estimator__C"):
        frozen.set_params(estimator__C=3)


def test_it_survives_pickling():
    frozen = FrozenEstimator(TheirScaler().fit(X))
    copied = pickle.loads(pickle.dumps(frozen))
    np.testing.assert_array_equal(copied.transform(X), frozen.transform(X))
