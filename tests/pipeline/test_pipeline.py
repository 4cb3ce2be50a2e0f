"""A pipeline is its steps run by hand: what it returns, what it routes, what it remembers."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
import sklearn.pipeline
import sklearn.preprocessing
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.utils.estimator_checks import check_estimator

from mlkit import config_context
from mlkit.base import BaseEstimator, TransformerMixin, clone, is_classifier, is_regressor
from mlkit.callback import CallbackSupportMixin, with_callbacks
from mlkit.exceptions import NotFittedError
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.pipeline import FeatureUnion, Pipeline, make_pipeline
from mlkit.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def three_steps(final):
    return Pipeline([("scale", StandardScaler()), ("squash", MinMaxScaler()), ("model", final)])


class Recorder(CallbackSupportMixin, TransformerMixin, BaseEstimator):
    """Adds `by`; remembers the keyword arguments and the data of each call."""

    def __init__(self, by=0.0):
        self.by = by

    def _note(self, method, X, **given):
        vars(self).setdefault("calls_", []).append((method, X, given))

    @with_callbacks
    def fit(self, X, y=None, sample_weight=None, X_val=None):
        context = self._init_callback_context()
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        self._note("fit", X, sample_weight=sample_weight, X_val=X_val)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def transform(self, X, shift=0.0):
        self._note("transform", X, shift=shift)
        return np.asarray(X) + self.by + shift

    def fit_transform(self, X, y=None, sample_weight=None, X_val=None):
        return self.fit(X, y, sample_weight, X_val).transform(X)

    def predict(self, X, offset=0.0):
        return np.asarray(X)[:, 0] + offset

    def score(self, X, y=None, sample_weight=None):
        self._note("score", X, sample_weight=sample_weight)
        return 0.0


# ------------------------------------------------------------------------- steps by hand
METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]


@pytest.mark.parametrize("method", METHODS)
def test_equals_its_steps_by_hand(iris, method):
    X, y = iris
    pipeline = three_steps(LogisticRegression()).fit(X, y)
    data = X
    for scaler in (StandardScaler(), MinMaxScaler()):
        data = scaler.fit_transform(data)
    by_hand = LogisticRegression().fit(data, y)
    assert_array_equal(getattr(pipeline, method)(X), getattr(by_hand, method)(data))
    assert pipeline.score(X, y) == by_hand.score(data, y)
    assert_array_equal(pipeline.classes_, by_hand.classes_)
    assert pipeline.n_features_in_ == X.shape[1]


@pytest.mark.parametrize("library", [sklearn.preprocessing, None], ids=["theirs", "ours"])
def test_equals_scikit_learns(iris, library):
    """Steps of either library, in either library's pipeline."""
    X, y = iris
    scaler = (library or __import__("mlkit.preprocessing", fromlist=["x"])).StandardScaler()
    steps = [("scale", scaler), ("model", sklearn.linear_model.Ridge())]
    ours, theirs = Pipeline(clone(steps[:0]) + steps), sklearn.pipeline.Pipeline(clone_all(steps))
    assert_allclose(ours.fit(X, y).predict(X), theirs.fit(X, y).predict(X), rtol=1e-12)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y))
    assert is_regressor(ours) and not is_classifier(ours)


def clone_all(steps):
    return [(name, clone(step)) for name, step in steps]


def test_lightgbm_is_a_step(iris):
    lightgbm = pytest.importorskip("lightgbm")
    X, y = iris
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1, min_child_samples=2)
    pipeline = make_pipeline(MinMaxScaler(), model).fit(X, y)
    assert pipeline.score(X, y) > 0.9
    assert_array_equal(pipeline.classes_, [0, 1, 2])


def test_transforms_there_and_back(iris):
    X, _ = iris
    pipeline = make_pipeline(StandardScaler(), MinMaxScaler())
    Z = pipeline.fit_transform(X)
    assert_array_equal(Z, pipeline.transform(X))
    assert_array_equal(Z, make_pipeline(StandardScaler(), MinMaxScaler()).fit(X).transform(X))
    assert_allclose(pipeline.inverse_transform(Z), X, atol=1e-12)


@pytest.mark.parametrize("idle", [None, "passthrough"])
def test_an_idle_step_changes_nothing(iris, idle):
    X, y = iris
    with_idle = Pipeline([("scale", StandardScaler()), ("idle", idle), ("model", Ridge())])
    without = make_pipeline(StandardScaler(), Ridge())
    assert_array_equal(with_idle.fit(X, y).predict(X), without.fit(X, y).predict(X))
    at_end = Pipeline([("scale", StandardScaler()), ("idle", idle)])
    assert_array_equal(at_end.fit_transform(X), StandardScaler().fit_transform(X))
    alone = Pipeline([("idle", idle)])
    assert alone.fit(X).transform(X) is X
    assert alone.inverse_transform(X) is X


def test_has_the_methods_of_its_last_step(iris):
    X, _ = iris
    regressor, classifier = three_steps(Ridge()), three_steps(LogisticRegression())
    assert not hasattr(regressor, "predict_proba") and hasattr(classifier, "predict_proba")
    assert not hasattr(regressor, "transform") and not hasattr(regressor, "fit_predict")
    assert hasattr(make_pipeline(StandardScaler()), "transform")
    assert not hasattr(make_pipeline(OneHotEncoder(), Recorder()), "inverse_transform")
    with pytest.raises(NotFittedError):
        regressor.predict(X)


# ------------------------------------------------------------------------------- the list
def test_slices_are_pipelines_of_the_same_steps(iris):
    X, y = iris
    pipeline = three_steps(Ridge()).fit(X, y)
    assert len(pipeline) == 3
    assert pipeline["model"] is pipeline[-1] is pipeline.named_steps.model is pipeline.steps[2][1]
    before = pipeline[:-1]
    assert type(before) is Pipeline and before[1] is pipeline[1]
    assert_array_equal(pipeline[-1].predict(before.transform(X)), pipeline.predict(X))
    with pytest.raises(ValueError, match="step"):
        pipeline[::2]


def test_nested_parameters():
    pipeline = three_steps(Ridge())
    pipeline.set_params(model__alpha=3.0, scale="passthrough")
    assert pipeline["model"].alpha == 3.0 and pipeline["scale"] == "passthrough"
    assert pipeline.get_params()["model__alpha"] == 3.0
    pipeline.set_params(model=LogisticRegression(), model__C=2.0)
    assert pipeline["model"].C == 2.0
    with pytest.raises(ValueError, match="alpha"):
        pipeline.set_params(model__alpha=1.0)


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([], ValueError),
        ([("a", Ridge()), ("b", Ridge())], TypeError),
        ([("a", StandardScaler()), ("a", Ridge())], ValueError),
        ([("a__b", StandardScaler()), ("c", Ridge())], ValueError),
        ([("memory", Ridge())], ValueError),
        ([("a", StandardScaler), ("b", Ridge())], TypeError),
        ([("a", StandardScaler()), ("b", object())], TypeError),
    ],
)
def test_a_list_that_is_no_pipeline_is_refused(iris, steps, error):
    with pytest.raises(error, match="ipeline"):
        Pipeline(steps).fit(*iris)


def test_clone_and_pickle(iris):
    X, y = iris
    pipeline = three_steps(Ridge(alpha=2.0)).fit(X, y)
    again = pickle.loads(pickle.dumps(pipeline))
    assert_array_equal(again.predict(X), pipeline.predict(X))
    copied = clone(pipeline)
    assert copied["model"] is not pipeline["model"] and copied["model"].alpha == 2.0
    with pytest.raises(NotFittedError):
        copied.predict(X)


def test_a_replaced_step_is_not_fitted(iris):
    X, y = iris
    pipeline = three_steps(Ridge()).fit(X, y)
    pipeline.set_params(model=Ridge())
    with pytest.raises(NotFittedError):
        pipeline.predict(X)
    pipeline.fit(X, y).steps[-1] = ("model", Ridge())
    with pytest.raises(NotFittedError):
        pipeline.predict(X)


# ------------------------------------------------------------------------------ memory
class Counted(TransformerMixin, BaseEstimator):
    """Counts its fits in a file, as the cache returns another object."""

    def __init__(self, path=None):
        self.path = path

    def fit(self, X, y=None):
        with open(self.path, "a") as file:
            file.write("x")
        self.mean_ = X.mean(axis=0)
        return self

    def transform(self, X):
        return X - self.mean_


def test_a_cached_transformer_is_fitted_once(iris, tmp_path):
    X, y = iris
    log = tmp_path / "log"
    given = Counted(str(log))
    for alpha in (1.0, 2.0, 3.0):
        pipeline = make_pipeline(given, Ridge(alpha=alpha), memory=str(tmp_path / "cache"))
        predicted = pipeline.fit(X, y).predict(X)
        plain = Ridge(alpha=alpha).fit(X - X.mean(axis=0), y)
        assert_allclose(predicted, plain.predict(X - X.mean(axis=0)))
    assert log.read_text() == "x"
    assert not hasattr(given, "mean_")
    make_pipeline(given, Ridge(), memory=str(tmp_path / "cache")).fit(X[1:], y[1:])
    assert log.read_text() == "xx"


# ----------------------------------------------------------------------- partial_fit
class RunningMean(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.n_ = 0
        return self.partial_fit(X)

    def partial_fit(self, X, y=None):
        seen = getattr(self, "n_", 0)
        total = getattr(self, "mean_", 0) * seen + X.sum(axis=0)
        self.n_ = seen + len(X)
        self.mean_ = total / self.n_
        return self

    def transform(self, X):
        return X - self.mean_


def test_chunks_are_the_steps_by_hand(iris):
    X, y = iris
    X = X / X.max(axis=0)
    model = sklearn.linear_model.SGDClassifier(random_state=0)
    pipeline = make_pipeline(RunningMean(), clone(model))
    mean, by_hand = RunningMean(), clone(model)
    for rows in np.array_split(np.arange(len(X)), 4):
        pipeline.partial_fit(X[rows], y[rows], sgdclassifier__classes=[0, 1, 2])
        mean.partial_fit(X[rows])
        by_hand.partial_fit(mean.transform(X[rows]), y[rows], classes=[0, 1, 2])
    assert_array_equal(pipeline[-1].coef_, by_hand.coef_)
    assert_array_equal(pipeline.predict(X), by_hand.predict(mean.transform(X)))
    assert not hasattr(make_pipeline(RunningMean(), LogisticRegression()), "partial_fit")


def test_metadata_of_chunks(iris, routing):
    """A chunk's metadata is routed; a validation set is seen as the updated steps make it."""

    class Chunked(Recorder):
        def partial_fit(self, X, y=None, X_val=None):
            self._note("partial_fit", X, X_val=X_val)
            return self

    X, y = iris
    stateless = FunctionTransformer(np.negative)
    last = Chunked().set_partial_fit_request(X_val=True)
    pipeline = make_pipeline(RunningMean(), stateless, last, transform_input=["X_val"])
    pipeline.partial_fit(X, y, X_val=X[:3])
    _, seen, given = last.calls_[0]
    assert_array_equal(seen, pipeline[:-1].transform(X))
    assert_array_equal(given["X_val"], pipeline[:-1].transform(X[:3]))


# -------------------------------------------------------------------------- metadata
def test_fit_parameters_by_step(iris):
    X, y = iris
    weight = np.linspace(0, 1, len(X))
    pipeline = make_pipeline(StandardScaler(), Ridge())
    pipeline.fit(X, y, ridge__sample_weight=weight)
    Z = StandardScaler().fit_transform(X)
    assert_array_equal(pipeline[-1].coef_, Ridge().fit(Z, y, sample_weight=weight).coef_)
    with pytest.raises(ValueError, match="ridge"):
        pipeline.fit(X, y, sample_weight=weight)
    with pytest.raises(ValueError, match="nobody"):
        pipeline.fit(X, y, nobody__sample_weight=weight)


def test_routed_metadata_reaches_who_asked(iris, routing):
    X, y = iris
    weight = np.ones(len(X))
    first = Recorder().set_fit_request(sample_weight=False, X_val=False)
    first.set_transform_request(shift=True)
    last = Recorder().set_fit_request(sample_weight="w", X_val=False)
    last.set_score_request(sample_weight=True).set_predict_request(offset=True)
    pipeline = Pipeline([("first", first), ("last", last)]).fit(X, y, w=weight)
    assert first.calls_[0][2]["sample_weight"] is None
    assert last.calls_[0][2]["sample_weight"] is weight
    assert_array_equal(pipeline.predict(X, shift=1.0, offset=2.0), X[:, 0] + 3.0)
    pipeline.score(X, y, sample_weight=weight)
    assert last.calls_[-1][2]["sample_weight"] is weight
    with pytest.raises(TypeError, match="unknown"):
        pipeline.fit(X, y, unknown=1)


@pytest.mark.parametrize("several", [False, True])
def test_validation_sets_are_transformed_on_the_way(iris, routing, several):
    X, y = iris
    sets = (X[:5], X[5:7]) if several else X[:5]
    last = Recorder().set_fit_request(X_val=True, sample_weight=False)
    squash = MinMaxScaler()
    pipeline = make_pipeline(StandardScaler(), squash, last, transform_input=["X_val"])
    pipeline.fit(X, y, X_val=sets)
    received = last.calls_[0][2]["X_val"]
    expected = [pipeline[:-1].transform(each) for each in (sets if several else (sets,))]
    assert isinstance(received, tuple) is several
    for got, want in zip(received if several else (received,), expected, strict=True):
        assert_array_equal(got, want)


def test_a_renamed_validation_set_is_transformed(iris, routing):
    X, y = iris
    last = Recorder().set_fit_request(X_val="held_out", sample_weight=False)
    pipeline = make_pipeline(StandardScaler(), last, transform_input=["held_out"])
    pipeline.fit(X, y, held_out=X[:5])
    assert_array_equal(last.calls_[0][2]["X_val"], pipeline[0].transform(X[:5]))


def test_transform_input_needs_routing(iris):
    with pytest.raises(ValueError, match="transform_input"):
        make_pipeline(StandardScaler(), Ridge(), transform_input=["X_val"]).fit(*iris)


# ------------------------------------------------------------------- frames and names
def test_output_and_names_pass_through(iris):
    X = pd.DataFrame(iris[0], columns=list("abcd"), index=np.arange(150) + 7)
    pipeline = make_pipeline(StandardScaler(), MinMaxScaler()).set_output(transform="pandas")
    out = pipeline.fit_transform(X)
    assert out.columns.tolist() == list("abcd") and (out.index == X.index).all()
    assert pipeline.get_feature_names_out().tolist() == list("abcd")
    assert pipeline.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(AttributeError, match="last"):
        Pipeline([("first", StandardScaler()), ("last", Ridge())]).fit(
            X, iris[1]
        ).get_feature_names_out()


# ------------------------------------------------------------ callbacks and messages
class Log:
    max_propagation_depth = None

    def __init__(self):
        self.seen = []

    def setup(self, estimator, context):
        self.seen.append("setup")

    def teardown(self, estimator, context):
        self.seen.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.seen.append(("begin", type(estimator).__name__, context.task_name))

    def on_fit_task_end(self, estimator, context):
        self.seen.append(("end", type(estimator).__name__, context.task_name))


def test_callbacks_see_the_steps_in_order(iris):
    log = Log()
    pipeline = Pipeline([("one", Recorder()), ("two", "passthrough"), ("three", Recorder())])
    pipeline.set_callbacks(log).fit(*iris)
    assert log.seen[0] == "setup" and log.seen[-1] == "teardown"
    assert log.seen.count("setup") == log.seen.count("teardown") == 1
    begun = [each[1:] for each in log.seen if each[0] == "begin"]
    assert begun == [
        ("Pipeline", "fit"),
        ("Recorder", "fit"),
        ("Pipeline", "fit two"),
        ("Recorder", "fit"),
    ]
    ended = [each[1:] for each in log.seen if each[0] == "end"]
    assert sorted(ended) == sorted(begun)
    assert "_skl_callbacks" not in vars(pipeline["one"])


def test_verbose_prints_a_line_a_step(iris, capsys):
    three_steps(Ridge()).set_params(verbose=True).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for number, (line, name) in enumerate(zip(lines, ["scale", "squash", "model"], strict=True), 1):
        assert line.startswith("[Pipeline]")
        assert f"(step {number} of 3) Processing {name}, total=" in line


# ------------------------------------------------------------------- beside scikit-learn
# Both libraries fit the very steps that they are given.
FITS_ITS_STEPS = {"check_estimators_overwrite_params", "check_dont_overwrite_parameters"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("final", [Ridge(), LogisticRegression()], ids=["Ridge", "Logistic"])
def test_scikit_learn_accepts_it(final):
    results = check_estimator(make_pipeline(StandardScaler(), final), on_fail=None, on_skip=None)
    failed = {each["check_name"] for each in results if each["status"] == "failed"}
    assert failed == FITS_ITS_STEPS
    assert sum(each["status"] == "passed" for each in results) > 40


def test_in_scikit_learns_pipeline_and_search(iris):
    from sklearn.model_selection import GridSearchCV

    X, y = iris
    inner = make_pipeline(StandardScaler(), MinMaxScaler())
    outer = sklearn.pipeline.make_pipeline(inner, LogisticRegression())
    search = GridSearchCV(outer, {"logisticregression__C": [0.1, 10.0]}, cv=3).fit(X, y)
    assert search.best_score_ > 0.9
    assert "Pipeline" in sklearn.utils.estimator_html_repr(make_pipeline(inner, Ridge()))


def test_diagram_shows_the_steps():
    pipeline = make_pipeline(FeatureUnion([("raw", StandardScaler())]), Ridge())
    block = pipeline._sk_visual_block_()
    assert block.kind == "serial" and block.names == ("featureunion", "ridge")
    html = pipeline._repr_mimebundle_()["text/html"]
    for name in ("StandardScaler", "FeatureUnion", "Ridge"):
        assert name in html
