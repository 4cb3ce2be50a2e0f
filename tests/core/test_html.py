"""The diagram: well-formed, escaped, self-contained, and faithful to what an estimator holds."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
import sklearn.compose
import sklearn.ensemble
import sklearn.pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from mlkit._core.html import VisualBlock, estimator_html_repr, visual_block
from mlkit.base import BaseEstimator


class Outline(HTMLParser):
    """Texts of the document; fails where tags do not match."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.tags = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "pre"):
            self.texts.append(data)


class Model(BaseEstimator):
    def __init__(self, alpha=1.0, name="x", estimator=None):
        self.alpha = alpha
        self.name = name
        self.estimator = estimator

    def fit(self, X, y=None):
        self.coef_ = np.arange(2000.0)
        self.label_ = "<b>"
        return self


class Sequence(BaseEstimator):
    def __init__(self, steps):
        self.steps = steps


def test_every_text_of_a_user_is_escaped():
    model = Model(name="<script>alert('x')</script>").fit(None)
    steps = Sequence([("<i>a</i>", model), ("b", "pass&through")])
    text = estimator_html_repr(steps)
    assert "<script" not in text and "<i>" not in text and "<b>" not in text
    outline = Outline(text)
    assert "<i>a</i>" in outline.texts and "pass&through" in outline.texts
    assert "'<b>'" in outline.texts


def test_nothing_comes_from_elsewhere():
    text = estimator_html_repr(Model())
    assert not re.search(r"https?:|//|url\(|@import|<script|<link| on\w+=", text)


def test_changed_parameters_are_marked_and_all_are_there():
    outline = Outline(estimator_html_repr(Model(alpha=3.5)))
    assert [a for t, a in outline.tags if t == "tr"] == [{"class": "mk-changed"}, {}, {}]
    for word in ("alpha", "3.5", "name", "'x'", "estimator", "None"):
        assert word in outline.texts


def test_fitted_attributes_show_once_fitted():
    assert "coef_" not in Outline(estimator_html_repr(Model())).texts
    texts = Outline(estimator_html_repr(Model().fit(None))).texts
    assert "fitted" in texts and "coef_" in texts and "ndarray[float64](2000,)" in texts


def test_blocks_follow_named_parts_and_nested_estimators():
    inner = Model()
    steps = visual_block(Sequence([("a", inner), ("b", None)]))
    assert (steps.kind, steps.estimators, steps.names) == ("serial", [inner, None], ["a", "b"])
    held = visual_block(Model(estimator=inner))
    assert (held.kind, held.estimators, held.names) == ("parallel", [inner], ["estimator"])
    assert visual_block(inner).kind == "single"
    assert visual_block("drop").kind == "single"


def test_an_estimator_may_say_what_it_consists_of():
    class Own(Model):
        def _sk_visual_block_(self):
            return VisualBlock("parallel", ["one", Model()], ["first", "second"])

    texts = Outline(estimator_html_repr(Own())).texts
    assert {"first", "second", "one", "Own", "Model"} <= set(texts)


def test_a_block_that_fails_leaves_a_box():
    class Broken(Model):
        def _sk_visual_block_(self):
            raise TypeError("no steps yet")

    assert "Broken" in Outline(estimator_html_repr(Broken())).texts


@pytest.mark.parametrize("fit", [False, True])
def test_scikit_learns_estimators_are_drawn_too(fit):
    columns = sklearn.compose.ColumnTransformer(
        [("first", StandardScaler(), [0]), ("rest", MinMaxScaler(), [1])], remainder="passthrough"
    )
    vote = sklearn.ensemble.VotingClassifier([("lr", LogisticRegression(C=7))])
    model = sklearn.pipeline.make_pipeline(columns, vote)
    if fit:
        X = np.random.RandomState(0).standard_normal((20, 3))
        model.fit(X, X[:, 0] > 0)
    texts = Outline(estimator_html_repr(model)).texts
    words = {"first", "rest", "StandardScaler", "VotingClassifier", "LogisticRegression", "C", "7"}
    assert words <= set(texts)
    assert ("fitted" in texts) == fit


def test_an_estimator_that_holds_itself_ends():
    model = Model()
    model.estimator = model
    assert Outline(estimator_html_repr(model)).texts.count("Model") >= 1
