"""Voting: the label with the most votes, mean probabilities, mean predictions."""

import numpy as np
import pytest
import sklearn.ensemble as reference
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes, load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier

import mlkit
from mlkit.base import BaseEstimator, ClassifierMixin
from mlkit.ensemble import VotingClassifier, VotingRegressor
from mlkit.linear_model import LogisticRegression, Ridge, RidgeClassifier

X, Y = load_iris(return_X_y=True)
NAMES = load_iris().target_names[Y]
XR, YR = load_diabetes(return_X_y=True)
MODELS = [
    ("tree", DecisionTreeClassifier(max_depth=1)),
    ("bayes", GaussianNB()),
    ("near", KNeighborsClassifier(1)),
]


@pytest.mark.parametrize("weights", [None, [2, 1, 0.5], [1, 0, 0]])
@pytest.mark.parametrize("voting", ["hard", "soft"])
def test_it_votes_as_scikit_learns(voting, weights):
    options = {"voting": voting, "weights": weights}
    ours = VotingClassifier(MODELS, **options).fit(X, NAMES)
    theirs = reference.VotingClassifier(MODELS, **options).fit(X, NAMES)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert_allclose(ours.transform(X), theirs.transform(X))
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()


def test_hard_votes_follow_from_the_definition():
    weights = [0.3, 1.0, 0.8]
    model = VotingClassifier(MODELS, weights=weights).fit(X, NAMES)
    for row, label in zip(X[::7], model.predict(X[::7]), strict=True):
        votes = dict.fromkeys(model.classes_, 0.0)
        for each, weight in zip(model.estimators_, weights, strict=True):
            votes[model.classes_[each.predict([row])[0]]] += weight
        assert votes[label] == max(votes.values())


def test_soft_votes_are_mean_probabilities():
    model = VotingClassifier(MODELS, voting="soft", weights=[1, 2, 1]).fit(X, Y)
    parts = [each.predict_proba(X) for each in model.estimators_]
    assert_allclose(model.predict_proba(X), (parts[0] + 2 * parts[1] + parts[2]) / 4)
    stacked = model.set_params(flatten_transform=False).transform(X)
    assert_array_equal(stacked, parts)
    with pytest.raises(ValueError, match="flatten"):
        model.get_feature_names_out()


def test_labels_tie_towards_the_first():
    class Says(ClassifierMixin, BaseEstimator):
        def __init__(self, label=0):
            self.label = label

        def fit(self, X, y, sample_weight=None):
            self.fitted_ = True
            return self

        def predict(self, X):
            return np.full(len(X), self.label)

    model = VotingClassifier([("a", Says(2)), ("b", Says(1))]).fit(X, NAMES)
    assert set(model.predict(X)) == {model.classes_[1]}


def test_probabilities_are_of_soft_votes_only():
    assert not hasattr(VotingClassifier(MODELS), "predict_proba")
    assert hasattr(VotingClassifier(MODELS, voting="soft"), "predict_proba")


@pytest.mark.parametrize("weights", [None, [3, 1]])
def test_a_regressor_gives_the_weighted_mean(weights):
    models = [("ridge", Ridge()), ("near", KNeighborsRegressor())]
    model = VotingRegressor(models, weights=weights).fit(XR, YR)
    columns = model.transform(XR)
    assert_allclose(model.predict(XR), np.average(columns, axis=1, weights=weights))
    assert_array_equal(columns[:, 1], KNeighborsRegressor().fit(XR, YR).predict(XR))
    assert model.get_feature_names_out().tolist() == [
        "votingregressor_ridge",
        "votingregressor_near",
    ]


def test_a_dropped_model_has_no_say_and_takes_its_weight_along():
    whole = VotingClassifier(MODELS[1:], voting="soft", weights=[1, 3]).fit(X, Y)
    part = VotingClassifier(MODELS, voting="soft", weights=[7, 1, 3])
    part.set_params(tree="drop").fit(X, Y)
    assert_array_equal(part.predict_proba(X), whole.predict_proba(X))
    assert part.named_estimators_.tree == "drop"
    assert part.named_estimators_["near"] is part.estimators_[1]
    with pytest.raises(ValueError, match="dropped"):
        part.set_params(bayes="drop", near="drop").fit(X, Y)


def test_names_reach_the_parameters():
    model = VotingClassifier(MODELS)
    assert model.set_params(near__n_neighbors=4).get_params()["near__n_neighbors"] == 4
    assert model.named_estimators.near.n_neighbors == 4
    MODELS[2][1].n_neighbors = 1


def test_a_weight_of_two_is_a_row_twice():
    weight = np.where(np.arange(len(Y)) % 3, 1.0, 2.0)
    twice = np.repeat(np.arange(len(Y)), weight.astype(int))
    models = [("a", LogisticRegression(tol=1e-10)), ("b", RidgeClassifier())]
    weighted = VotingClassifier(models[:1], voting="soft").fit(X, Y, sample_weight=weight)
    repeated = VotingClassifier(models[:1], voting="soft").fit(X[twice], Y[twice])
    assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-5)
    near = VotingClassifier([("near", KNeighborsClassifier())])
    with pytest.raises(TypeError, match="does not support sample weight"):
        near.fit(X, Y, sample_weight=weight)


@pytest.mark.parametrize(
    ("models", "match"),
    [
        ([], "pairs"),
        ([("a", GaussianNB()), ("a", GaussianNB())], "unique"),
        ([("a__b", GaussianNB())], "__"),
        ([("weights", GaussianNB())], "clash"),
        ([("a", Ridge())], "classifier"),
    ],
    ids=["empty", "repeated", "nested", "clash", "regressor"],
)
def test_models_that_cannot_be(models, match):
    with pytest.raises(ValueError, match=match):
        VotingClassifier(models).fit(X, Y)


def test_bad_weights_and_targets():
    with pytest.raises(ValueError, match="one number a model"):
        VotingClassifier(MODELS, weights=[1]).fit(X, Y)
    with pytest.raises(NotImplementedError, match="one label a row"):
        VotingClassifier(MODELS).fit(X, np.c_[Y == 0, Y == 1])
    with pytest.raises(ValueError, match="Unknown label type"):
        VotingClassifier(MODELS).fit(X, X[:, 0])


def test_jobs_do_not_change_it(capsys):
    one = VotingClassifier(MODELS, voting="soft", verbose=True).fit(X, Y)
    assert capsys.readouterr().out.count("Processing") == 3
    two = VotingClassifier(MODELS, voting="soft", n_jobs=2).fit(X, Y)
    assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_metadata_goes_where_it_is_asked_for():
    weight = np.linspace(1, 2, len(Y))
    with mlkit.config_context(enable_metadata_routing=True):
        asks = LogisticRegression().set_fit_request(sample_weight=True)
        declines = LogisticRegression().set_fit_request(sample_weight=False)
        model = VotingClassifier([("yes", asks), ("no", declines)]).fit(X, Y, sample_weight=weight)
    alone = LogisticRegression().fit(X, Y, sample_weight=weight)
    assert_array_equal(model.named_estimators_.yes.coef_, alone.coef_)
    assert_array_equal(model.named_estimators_.no.coef_, LogisticRegression().fit(X, Y).coef_)


class _Watcher:
    """Notes the tasks that end; goes down to the models."""

    max_propagation_depth = None

    def __init__(self):
        self.ended = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.ended.append((type(estimator).__name__, context.task_name))


def test_callbacks_see_the_models():
    watcher = _Watcher()
    models = [("a", LogisticRegression()), ("bayes", GaussianNB())]
    VotingClassifier(models).set_callbacks(watcher).fit(X, Y)
    names = [name for name, _ in watcher.ended]
    assert names[-1] == "VotingClassifier"
    assert "LogisticRegression" in names
    assert ("VotingClassifier", "fit-bayes") in watcher.ended
