"""mlkit beside others: inside scikit-learn's tools, around others' estimators, and without any."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import sklearn.base
import sklearn.compose
import sklearn.ensemble
import sklearn.linear_model
import sklearn.model_selection
import sklearn.pipeline
import sklearn.preprocessing
import sklearn.utils
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.compose import ColumnTransformer
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.metrics import accuracy_score
from mlkit.model_selection import GridSearchCV, cross_val_predict, cross_validate
from mlkit.pipeline import FeatureUnion, Pipeline, make_pipeline
from mlkit.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module")
def table():
    """A frame with numbers and words, and the class of each row."""
    rng = np.random.default_rng(0)
    n = 120
    frame = pd.DataFrame(
        {
            "age": rng.uniform(20, 60, n),
            "income": rng.lognormal(3, 1, n),
            "city": rng.choice(["here", "there", "nowhere"], n),
        }
    )
    score = (frame["age"] - 40) / 10 + (frame["city"] == "here") * 2 - 0.5
    return frame, (score + 0.3 * rng.standard_normal(n) > 0).astype(int).to_numpy()


@pytest.fixture(scope="module")
def numbers(table):
    frame, y = table
    return frame[["age", "income"]].to_numpy(), y


# ------------------------------------------------------- mlkit inside scikit-learn's tools
def test_clone(numbers):
    fitted = Ridge(alpha=2.0).fit(*numbers)
    copied = sklearn.base.clone(fitted)
    assert type(copied) is Ridge and copied.alpha == 2.0
    assert not hasattr(copied, "coef_")


def test_roles_are_seen():
    assert sklearn.base.is_classifier(LogisticRegression())
    assert sklearn.base.is_regressor(Ridge())
    assert not sklearn.base.is_regressor(StandardScaler())
    assert isinstance(sklearn.utils.get_tags(Ridge()), sklearn.utils.Tags)


def test_their_pipeline(numbers):
    X, y = numbers
    theirs = sklearn.pipeline.make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    ours = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    assert_allclose(theirs.predict_proba(X), ours.predict_proba(X))
    assert theirs.score(X, y) == ours.score(X, y)


def test_their_pipeline_sets_output(table):
    frame = table[0][["age", "income"]]
    theirs = sklearn.pipeline.make_pipeline(StandardScaler(), MinMaxScaler())
    made = theirs.set_output(transform="pandas").fit_transform(frame)
    assert list(made.columns) == ["age", "income"]
    assert_array_equal(made.index, frame.index)


def test_their_search(numbers):
    X, y = numbers
    grid = {"logisticregression__C": [0.1, 1.0, 10.0]}
    make = {"ours": GridSearchCV, "theirs": sklearn.model_selection.GridSearchCV}
    model = make_pipeline(StandardScaler(), LogisticRegression())
    found = {name: search(model, grid, cv=3).fit(X, y) for name, search in make.items()}
    assert found["ours"].best_params_ == found["theirs"].best_params_
    assert_allclose(
        found["ours"].cv_results_["mean_test_score"], found["theirs"].cv_results_["mean_test_score"]
    )


def test_their_cross_validation(numbers):
    X, y = numbers
    model = LogisticRegression()
    theirs = sklearn.model_selection.cross_val_predict(model, X, y, cv=3)
    assert_array_equal(theirs, cross_val_predict(model, X, y, cv=3))


def test_their_voting(numbers):
    X, y = numbers
    members = [
        ("ours", LogisticRegression()),
        ("theirs", sklearn.linear_model.LogisticRegression()),
    ]
    vote = sklearn.ensemble.VotingClassifier(members, voting="soft").fit(X, y)
    assert vote.predict_proba(X).shape == (len(X), 2)
    alone = [vote.named_estimators_[name].predict_proba(X) for name in ("ours", "theirs")]
    assert_allclose(vote.predict_proba(X), np.mean(alone, axis=0))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda m: sklearn.ensemble.BaggingClassifier(m, n_estimators=3, random_state=0),
        lambda m: sklearn.ensemble.StackingClassifier([("one", m)], cv=2),
        lambda m: sklearn.ensemble.AdaBoostClassifier(m, n_estimators=3, random_state=0),
    ],
    ids=["bagging", "stacking", "boosting"],
)
def test_their_ensembles(numbers, wrap):
    X, y = numbers
    assert wrap(LogisticRegression()).fit(X, y).score(X, y) > 0.7


def test_their_column_transformer(table):
    frame, _ = table
    steps = [("numbers", StandardScaler(), ["age", "income"]), ("words", OneHotEncoder(), ["city"])]
    theirs = sklearn.compose.ColumnTransformer(steps)
    ours = ColumnTransformer(steps)
    assert_allclose(theirs.fit_transform(frame), ours.fit_transform(frame))
    assert_array_equal(theirs.get_feature_names_out(), ours.get_feature_names_out())


def test_their_display(numbers):
    model = sklearn.pipeline.make_pipeline(StandardScaler(), LogisticRegression(C=3.0))
    page = sklearn.utils.estimator_html_repr(model.fit(*numbers))
    assert "StandardScaler" in page and "LogisticRegression" in page
    assert "LogisticRegression" in sklearn.utils.estimator_html_repr(LogisticRegression())


def test_their_names_catch_our_errors(numbers):
    from sklearn.exceptions import ConvergenceWarning, NotFittedError

    with pytest.raises(NotFittedError):
        Ridge().predict(numbers[0])
    with pytest.warns(ConvergenceWarning):
        LogisticRegression(max_iter=1, solver="lbfgs").fit(*numbers)


def test_their_routing(numbers):
    X, y = numbers
    with sklearn.config_context(enable_metadata_routing=True):
        model = sklearn.pipeline.make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            Ridge().set_fit_request(sample_weight=True),
        )
        weighted = model.fit(X, y, sample_weight=np.arange(1.0, len(X) + 1)).predict(X)
        assert not np.allclose(weighted, sklearn.base.clone(model).fit(X, y).predict(X))


# ------------------------------------------------------- others' estimators inside mlkit's
def _theirs():
    models = [
        sklearn.linear_model.LogisticRegression(),
        sklearn.ensemble.RandomForestClassifier(n_estimators=5, random_state=0),
        sklearn.pipeline.make_pipeline(
            sklearn.preprocessing.StandardScaler(), sklearn.linear_model.LogisticRegression()
        ),
    ]
    return [pytest.param(each, id=type(each).__name__) for each in models]


def _lightgbm():
    lightgbm = pytest.importorskip("lightgbm")
    return lightgbm.LGBMClassifier(n_estimators=5, n_jobs=1, verbosity=-1)


def _xgboost():
    xgboost = pytest.importorskip("xgboost")
    return xgboost.XGBClassifier(n_estimators=5, n_jobs=1)


def _made(model):
    return model() if callable(model) else model


others = pytest.mark.parametrize("model", [*_theirs(), _lightgbm, _xgboost])


@others
def test_our_pipeline(numbers, model):
    X, y = numbers
    model = _made(model)
    pipe = Pipeline([("scale", sklearn.preprocessing.StandardScaler()), ("fit", model)]).fit(X, y)
    scaled = sklearn.preprocessing.StandardScaler().fit_transform(X)
    alone = sklearn.base.clone(model).fit(scaled, y)
    assert_allclose(pipe.predict_proba(X), alone.predict_proba(scaled))
    restored = pickle.loads(pickle.dumps(pipe))
    assert_array_equal(restored.predict(X), pipe.predict(X))
    assert type(model).__name__ in repr(pipe)


@others
def test_our_search(numbers, model):
    X, y = numbers
    model = _made(model)
    name = next(
        key
        for key in ("n_estimators", "C", "logisticregression__C")
        if key in model.get_params(deep=True)
    )
    search = GridSearchCV(model, {name: [1, 4]}, cv=3).fit(X, y)
    theirs = sklearn.model_selection.GridSearchCV(model, {name: [1, 4]}, cv=3).fit(X, y)
    assert search.best_params_ == theirs.best_params_
    assert_allclose(
        search.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"], rtol=1e-12
    )
    assert type(search.best_estimator_) is type(model)


@others
def test_our_cross_validation(numbers, model):
    X, y = numbers
    model = _made(model)
    ours = cross_validate(model, X, y, cv=3, scoring=["accuracy", "neg_log_loss"])
    theirs = sklearn.model_selection.cross_validate(
        model, X, y, cv=3, scoring=["accuracy", "neg_log_loss"]
    )
    for name in ("test_accuracy", "test_neg_log_loss"):
        assert_allclose(ours[name], theirs[name], rtol=1e-6)  # XGBoost's chances are float32


def test_our_column_transformer(table):
    frame, y = table
    steps = [
        ("numbers", sklearn.preprocessing.StandardScaler(), ["age", "income"]),
        ("words", sklearn.preprocessing.OneHotEncoder(), ["city"]),
    ]
    ours = ColumnTransformer(steps).fit(frame)
    theirs = sklearn.compose.ColumnTransformer(steps).fit(frame)
    assert_allclose(ours.transform(frame), theirs.transform(frame))
    assert_array_equal(ours.get_feature_names_out(), theirs.get_feature_names_out())
    model = make_pipeline(ColumnTransformer(steps), _lightgbm()).fit(frame, y)
    assert accuracy_score(y, model.predict(frame)) > 0.6


def test_our_union(numbers):
    X, _ = numbers
    union = FeatureUnion(
        [("theirs", sklearn.preprocessing.StandardScaler()), ("ours", MinMaxScaler())]
    )
    made = union.fit_transform(X)
    assert_allclose(made[:, :2], sklearn.preprocessing.StandardScaler().fit_transform(X))
    assert_allclose(made[:, 2:], MinMaxScaler().fit_transform(X))


def test_our_pipeline_sets_output_of_theirs(table):
    frame = table[0][["age", "income"]]
    pipe = make_pipeline(sklearn.preprocessing.StandardScaler(), MinMaxScaler())
    made = pipe.set_output(transform="polars").fit_transform(frame)
    assert type(made).__module__.startswith("polars")
    assert made.columns == ["age", "income"]


# --------------------------------------------------------------------- without any of them
SCRIPT = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")

BLOCKED = {"sklearn", "lightgbm", "xgboost", "matplotlib", "polars", "pyarrow", "pytest"}
sys.meta_path.insert(0, Blocker())

import numpy as np
from mlkit import clone, config_context
from mlkit.compose import ColumnTransformer
from mlkit.datasets import load_iris
from mlkit.impute import SimpleImputer
from mlkit.linear_model import LogisticRegression
from mlkit.metrics import accuracy_score, classification_report, confusion_matrix, roc_auc_score
from mlkit.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, train_test_split
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from mlkit.exceptions import NotFittedError

X, y = load_iris(return_X_y=True)
X = np.column_stack([X, y % 2])
X[::17, 0] = np.nan
train, test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
columns = ColumnTransformer([
    ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), slice(0, 4)),
    ("kinds", OneHotEncoder(handle_unknown="ignore"), [4]),
])
model = make_pipeline(columns, LogisticRegression())
try:
    model.predict(test)
except NotFittedError:
    pass
else:
    raise SystemExit("predicted before fit")
search = GridSearchCV(model, {"logisticregression__C": [0.1, 1, 10]}, cv=StratifiedKFold(3))
search.fit(train, y_train)
score = accuracy_score(y_test, search.predict(test))
assert score > 0.9, score
assert confusion_matrix(y_test, search.predict(test)).trace() == round(score * len(y_test))
assert "accuracy" in classification_report(y_test, search.predict(test))
assert roc_auc_score(y_test, search.predict_proba(test), multi_class="ovr") > 0.95
assert len(cross_val_score(clone(model), X, y, cv=3)) == 3
repr(search), search._repr_html_()
import pickle
assert (pickle.loads(pickle.dumps(search)).predict(test) == search.predict(test)).all()
assert not [name for name in sys.modules if name.split(".")[0] in BLOCKED]
print("done")
"""


def test_a_whole_script_without_scikit_learn():
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        capture_output=True,
        text=True,
        env=os.environ,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("done\n")
