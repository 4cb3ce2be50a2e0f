"""Text of estimators: scikit-learn's own text of its own estimators is the reference."""

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator as ReferenceEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_selection import RFE
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

import mlkit
from mlkit._core.text import estimator_text
from mlkit.base import BaseEstimator

PIPELINE = make_pipeline(
    ColumnTransformer(
        [
            (
                "num",
                make_pipeline(StandardScaler(), MinMaxScaler(feature_range=(0, 9))),
                ["a", "bc"],
            ),
            ("cat", OneHotEncoder(categories=[["a", "b"], list(range(40))]), [1, 2]),
        ],
        remainder="passthrough",
    ),
    LogisticRegression(C=3.3, max_iter=12345),
)
ESTIMATORS = [
    SVC(),
    SVC(C=2, class_weight={i: i * 1.5 for i in range(35)}),
    SVC(kernel=max),
    LogisticRegression(C=99, class_weight=0.4, fit_intercept=False, tol=1234, verbose=True),
    RFE(RFE(RFE(RFE(RFE(LogisticRegression()))))),
    PIPELINE,
    VotingClassifier([("a", SVC(C=2)), ("b", PIPELINE)]),
    GridSearchCV(
        PIPELINE,
        {"C": list(np.logspace(-4, 4, 9)), "a": [{1, 2}, frozenset([3]), (1,)], "b": [{}, [], ()]},
        cv=5,
    ),
    RandomForestClassifier(random_state=np.random.RandomState(0)),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("changed_only", [True, False])
@pytest.mark.parametrize("n_char_max", [4, 40, 151, 700, 10**9])
def test_text_is_the_references(estimator, changed_only, n_char_max):
    with (
        sklearn.config_context(print_changed_only=changed_only),
        mlkit.config_context(print_changed_only=changed_only),
    ):
        want = ReferenceEstimator.__repr__(estimator, N_CHAR_MAX=n_char_max)
        assert estimator_text(estimator, n_char_max) == want


class Ridge(BaseEstimator):
    def __init__(self, alpha=1.0, missing=np.nan, estimator=None, grid=None):
        self.alpha = alpha
        self.missing = missing
        self.estimator = estimator
        self.grid = grid


def test_only_changed_parameters_are_shown():
    assert repr(Ridge()) == "Ridge()"
    assert repr(Ridge(alpha=2.0, missing=float("nan"))) == "Ridge(alpha=2.0)"
    assert repr(Ridge(alpha=1)) == "Ridge(alpha=1)"
    assert repr(Ridge(estimator=Ridge())) == "Ridge(estimator=Ridge())"
    with mlkit.config_context(print_changed_only=False):
        assert repr(Ridge()) == "Ridge(alpha=1.0, estimator=None, grid=None, missing=nan)"


def test_text_evaluates_to_an_equal_estimator():
    model = Ridge(alpha=[0.1] * 25, grid={"a": (1,), "b": {"c": ["x" * 40, "y" * 40]}})
    again = eval(repr(model))
    assert again.get_params() == model.get_params()
    assert max(map(len, repr(model).splitlines())) <= 80


def test_an_estimator_that_holds_itself_ends():
    model = Ridge()
    model.estimator = Ridge(estimator=model)
    assert repr(model) == "Ridge(estimator=Ridge(estimator=Ridge(...)))"
    rows = [1]
    rows.append(rows)
    assert repr(Ridge(grid=rows)) == "Ridge(grid=[1, ...])"


def test_long_containers_are_cut():
    assert repr(Ridge(grid=list(range(31)))).endswith("29, ...])")
    assert repr(Ridge(grid=list(range(30)))).endswith("28, 29])")


def test_parameters_that_the_signature_lacks_are_shown():
    class Open(BaseEstimator):
        def __init__(self, a=1):
            self.a = a

        def get_params(self, deep=True):
            return {"a": self.a, "extra": None}

    assert repr(Open()) == "Open(extra=None)"
