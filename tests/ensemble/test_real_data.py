"""On data of the world, scores out of sample are scikit-learn's."""

import warnings

import numpy as np
import pytest
import sklearn.ensemble as reference
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from mlkit import ensemble

CLASSES = {"cancer": load_breast_cancer, "wine": load_wine, "digits": load_digits}
SETTINGS = {
    "GradientBoosting": {"n_estimators": 20},
    "AdaBoost": {"n_estimators": 20},
    "Bagging": {"n_estimators": 20},
}


def _scores(cls, options, X, y):
    """Scores on the odd rows after fits to the even ones, of several seeds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.array(
            [
                cls(random_state=seed, **options).fit(X[::2], y[::2]).score(X[1::2], y[1::2])
                for seed in range(3)
            ]
        )


@pytest.mark.parametrize("data", CLASSES)
@pytest.mark.parametrize("family", SETTINGS)
def test_classifiers(family, data):
    X, y = CLASSES[data](return_X_y=True)
    X, y = X[:600], y[:600]
    name, options = f"{family}Classifier", SETTINGS[family]
    ours = _scores(getattr(ensemble, name), options, X, y)
    theirs = _scores(getattr(reference, name), options, X, y)
    assert ours.mean() > theirs.mean() - 0.02


@pytest.mark.parametrize(
    ("family", "loss"),
    [
        ("AdaBoost", {}),
        ("Bagging", {}),
        ("GradientBoosting", {}),
        ("GradientBoosting", {"loss": "huber"}),
        ("GradientBoosting", {"loss": "absolute_error"}),
    ],
    ids=["adaboost", "bagging", "squares", "huber", "absolute"],
)
def test_regressors(family, loss):
    X, y = load_diabetes(return_X_y=True)
    name, options = f"{family}Regressor", {**SETTINGS[family], **loss}
    ours = _scores(getattr(ensemble, name), options, X, y)
    theirs = _scores(getattr(reference, name), options, X, y)
    assert ours.mean() > theirs.mean() - 0.03
