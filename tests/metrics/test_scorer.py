"""Scorers: which method they ask, of which class, with which sign, and what they cost."""

import pickle

import numpy as np
import pytest
import sklearn
import sklearn.metrics
from numpy.testing import assert_allclose
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression as TheirLogistic
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import mlkit
from mlkit.linear_model import LinearRegression, LogisticRegression
from mlkit.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    check_scoring,
    f1_score,
    get_scorer,
    get_scorer_names,
    log_loss,
    make_scorer,
    roc_auc_score,
)
from mlkit.utils.metadata_routing import MetadataRouter, MethodMapping

X, Y = make_classification(120, random_state=0)
WORDS = np.array(["no", "yes"])[Y]
OURS = LogisticRegression().fit(X, Y)
NAMED = LogisticRegression().fit(X, WORDS)


class Counting:
    """A classifier, by tags and classes_ alone, that counts what it is asked."""

    def __init__(self):
        self.calls = []
        self.classes_ = np.array([0, 1])

    def fit(self, X, y):
        return self

    def __sklearn_tags__(self):
        return OURS.__sklearn_tags__()

    def _ask(self, method, X):
        self.calls.append(method)
        return getattr(OURS, method)(X)

    def predict(self, X):
        return self._ask("predict", X)

    def predict_proba(self, X):
        return self._ask("predict_proba", X)

    def decision_function(self, X):
        return self._ask("decision_function", X)


def outcome(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return error


def estimators():
    many, classes = make_classification(120, n_classes=3, n_informative=5, random_state=0)
    features, indicators = make_multilabel_classification(60, random_state=0)
    numbers, target = make_regression(60, random_state=0)
    target = target - target.min() + 1
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    yield "binary", TheirLogistic(), X, Y
    yield "words", TheirLogistic(), X, WORDS
    yield "ours", LogisticRegression(), X, WORDS
    yield "multiclass", TheirLogistic(), many, classes
    yield "ours multiclass", LogisticRegression(), many, classes
    yield "no decision", tree, X, Y
    yield "multilabel", KNeighborsClassifier(), features, indicators
    yield "regressor", DecisionTreeRegressor(max_depth=3, random_state=0), numbers, target
    yield "our regressor", LinearRegression(), numbers, target
    yield "outliers", IsolationForest(n_estimators=5, random_state=0), X, Y * 2 - 1


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", list(estimators()), ids=lambda case: case[0])
def test_every_scorer_gives_what_theirs_gives(case):
    _, estimator, features, target = case
    estimator.fit(features, target)
    for name in get_scorer_names():
        mine = outcome(get_scorer(name), estimator, features, target)
        other = outcome(sklearn.metrics.get_scorer(name), estimator, features, target)
        if isinstance(other, Exception):
            assert isinstance(mine, Exception), name
        else:
            # Where the value is 0, rounding is left of it: hence the absolute tolerance.
            assert_allclose(mine, other, rtol=1e-11, atol=1e-12, err_msg=name)
            assert np.isscalar(mine)


def test_names_and_words_are_theirs():
    assert set(get_scorer_names()) <= set(sklearn.metrics.get_scorer_names())
    for name in get_scorer_names():
        assert repr(get_scorer(name)) == repr(sklearn.metrics.get_scorer(name))
        again = pickle.loads(pickle.dumps(get_scorer(name)))
        assert repr(again) == repr(get_scorer(name))
        assert get_scorer(name) is not get_scorer(name)
    assert get_scorer(len) is len


def test_sign_and_options():
    loss = make_scorer(log_loss, response_method="predict_proba", greater_is_better=False)
    assert loss(OURS, X, Y) == -log_loss(Y, OURS.predict_proba(X))
    half = make_scorer(f1_score, average="micro")
    assert half(OURS, X, Y) == f1_score(Y, OURS.predict(X), average="micro")
    weight = np.arange(len(Y))
    found = get_scorer("accuracy")(OURS, X, Y, sample_weight=weight)
    assert found == accuracy_score(Y, OURS.predict(X), sample_weight=weight)


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_positive_class_is_that_of_pos_label(method):
    response = getattr(NAMED, method)(X)
    columns = {"yes": response, "no": -response}
    if method == "predict_proba":
        columns = {"yes": response[:, 1], "no": response[:, 0]}
    for label, score in columns.items():
        scorer = make_scorer(average_precision_score, response_method=method, pos_label=label)
        assert scorer(NAMED, X, WORDS) == average_precision_score(WORDS, score, pos_label=label)
    with pytest.raises(ValueError, match="pos_label"):
        make_scorer(brier_score_loss, response_method=method, pos_label="x")(NAMED, X, WORDS)
    assert_allclose(get_scorer("roc_auc")(NAMED, X, WORDS), get_scorer("roc_auc")(OURS, X, Y))


def test_first_method_that_is_there():
    scorer = make_scorer(roc_auc_score, response_method=["decision_function", "predict_proba"])
    tree = DecisionTreeClassifier(max_depth=3).fit(X, Y)
    assert scorer(tree, X, Y) == roc_auc_score(Y, tree.predict_proba(X)[:, 1])
    estimator = Counting()
    scorer(estimator, X, Y)
    assert estimator.calls == ["decision_function"]
    regressor = DecisionTreeRegressor().fit(X, Y)
    with pytest.raises(AttributeError, match="none of the following attributes"):
        scorer(regressor, X, Y)
    with pytest.raises(ValueError, match="response_method"):
        make_scorer(roc_auc_score, response_method=["transform"])
    with pytest.raises(ValueError, match="response_method"):
        make_scorer(roc_auc_score, response_method="transform")


def test_several_scores_ask_each_method_once():
    estimator = Counting()
    names = ["accuracy", "f1", "neg_log_loss", "neg_brier_score", "roc_auc", "average_precision"]
    found = check_scoring(estimator, names)(estimator, X, Y)
    assert sorted(estimator.calls) == ["decision_function", "predict", "predict_proba"]
    assert found == {name: get_scorer(name)(estimator, X, Y) for name in names}
    assert check_scoring(scoring={"a": "accuracy", "b": len})._scorers["b"] is len


def test_an_error_of_one_score_can_be_kept():
    def fails(estimator, X, y):
        raise KeyError("no luck")

    scoring = {"accuracy": "accuracy", "fails": fails}
    found = check_scoring(scoring=scoring, raise_exc=False)(OURS, X, Y)
    assert found["accuracy"] == OURS.score(X, Y)
    assert "no luck" in found["fails"]
    with pytest.raises(KeyError):
        check_scoring(scoring=scoring)(OURS, X, Y)


def test_weights_reach_what_takes_them():
    weight = np.arange(len(Y))

    def unweighted(estimator, X, y):
        return 1.0

    found = check_scoring(scoring={"a": "accuracy", "b": unweighted})
    assert found(OURS, X, Y, sample_weight=weight)["b"] == 1
    alone = get_scorer("accuracy")(OURS, X, Y, sample_weight=weight)
    assert found(OURS, X, Y, sample_weight=weight)["a"] == alone
    assert alone != get_scorer("accuracy")(OURS, X, Y)
    with pytest.raises(ValueError, match="metadata"):
        get_scorer("accuracy")(OURS, X, Y, groups=weight)


def test_own_score_without_scoring():
    scorer = check_scoring(OURS)
    assert scorer(OURS, X, Y) == OURS.score(X, Y)
    assert repr(scorer) == "LogisticRegression.score"

    class NoScore:
        def fit(self, X, y):
            return self

    assert check_scoring(NoScore(), allow_none=True) is None
    with pytest.raises(TypeError, match="score"):
        check_scoring(NoScore())


@pytest.mark.parametrize(
    "scoring, words",
    [
        ("acuracy", "get_scorer_names"),
        (accuracy_score, "make_scorer"),
        (sklearn.metrics.accuracy_score, "make_scorer"),
        ([], "empty"),
        ({}, "empty"),
        (["accuracy", "accuracy"], "twice"),
        (["accuracy", 3], "strings"),
        ({3: "accuracy"}, "strings"),
        ([get_scorer("accuracy")], "strings"),
        (3, "scoring"),
    ],
)
def test_bad_scoring_is_refused(scoring, words):
    with pytest.raises(ValueError, match=words):
        check_scoring(OURS, scoring)


def test_inside_their_searches():
    grid = {"C": [0.1, 1.0]}
    for scoring, refit in (
        (get_scorer("roc_auc"), True),
        ({"a": get_scorer("roc_auc"), "b": make_scorer(f1_score)}, "a"),
        (check_scoring(scoring=["roc_auc", "f1"]), "roc_auc"),
    ):
        search = GridSearchCV(TheirLogistic(), grid, scoring=scoring, refit=refit).fit(X, Y)
        theirs = GridSearchCV(TheirLogistic(), grid, scoring="roc_auc").fit(X, Y)
        assert_allclose(search.best_score_, theirs.best_score_)


@pytest.fixture
def routed():
    with mlkit.config_context(enable_metadata_routing=True):
        yield


def test_requests(routed):
    scorer = get_scorer("accuracy")
    assert scorer.get_metadata_routing().score.requests == {"sample_weight": None}
    assert get_scorer("neg_max_error").get_metadata_routing().score.requests == {}
    assert scorer.set_score_request(sample_weight="w") is scorer
    router = MetadataRouter(owner="whole").add(
        scorer=scorer, method_mapping=MethodMapping().add(caller="score", callee="score")
    )
    routed = router.route_params(caller="score", params={"w": [1]})
    assert routed["scorer"]["score"] == {"sample_weight": [1]}
    with pytest.warns(UserWarning, match="labels"):
        make_scorer(log_loss, labels=[0, 1]).set_score_request(labels=True)


def test_requests_of_several_scorers(routed):
    weight = np.arange(len(Y))
    scoring = {
        "weighted": get_scorer("accuracy").set_score_request(sample_weight=True),
        "plain": get_scorer("accuracy").set_score_request(sample_weight=False),
    }
    found = check_scoring(scoring=scoring)(OURS, X, Y, sample_weight=weight)
    assert found["plain"] == OURS.score(X, Y)
    assert found["weighted"] == OURS.score(X, Y, sample_weight=weight)


def test_requests_inside_their_cross_validation(rng):
    weight = rng.random(len(Y))
    with sklearn.config_context(enable_metadata_routing=True):
        model = TheirLogistic().set_fit_request(sample_weight=True)
        found = {}
        for library in (mlkit.metrics, sklearn.metrics):
            scorer = library.get_scorer("accuracy").set_score_request(sample_weight=True)
            result = cross_validate(model, X, Y, scoring=scorer, params={"sample_weight": weight})
            found[library.__name__] = result["test_score"]
    assert_allclose(found["mlkit.metrics"], found["sklearn.metrics"])


def test_requests_need_routing():
    with pytest.raises(RuntimeError, match="enable_metadata_routing"):
        get_scorer("accuracy").set_score_request(sample_weight=True)
