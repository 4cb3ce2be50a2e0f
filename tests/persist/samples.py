"""A fitted estimator of every public class, with rows that it takes."""

import numpy as np

from mlkit.ensemble import HistGradientBoostingRegressor
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.preprocessing import MinMaxScaler, StandardScaler
from mlkit.testing import Subject
from mlkit.testing._subject import OUTPUTS
from mlkit.utils import get_tags
from mlkit.utils.discovery import all_estimators

ESTIMATORS = dict(all_estimators())
# What a constructor must be given, by the name of the parameter.
REQUIRED = {
    "estimator": Ridge(),
    "estimators": [("a", Ridge()), ("b", Ridge(alpha=3.0))],
    "param_grid": {"alpha": [0.1, 1.0]},
    "param_distributions": {"alpha": [0.1, 1.0, 10.0]},
    "steps": [("scale", StandardScaler()), ("model", LogisticRegression())],
    "transformer_list": [("a", StandardScaler()), ("b", MinMaxScaler())],
    "transformers": [
        ("a", StandardScaler(), [0, 1]),
        ("b", "passthrough", [2]),
        ("c", "drop", [3]),
    ],
    "base_estimator": Ridge(),
}
SETTINGS = {
    "ConformalQuantileRegressor": {
        "estimator": HistGradientBoostingRegressor(loss="quantile", quantile=0.5, max_iter=3)
    },
    "GaussianRandomProjection": {"n_components": 2},
    "SkewedChi2Sampler": {"skewedness": 30.0},
    "SparseRandomProjection": {"n_components": 2},
    "OptunaSearchCV": {"n_iter": 2},
    "RandomizedSearchCV": {"n_iter": 2},
    **{name: {"n_components": 1} for name in ("CCA", "PLSCanonical", "PLSSVD")},
    **{
        name: {"estimator": LogisticRegression()}
        for name in (
            "CalibratedClassifierCV",
            "ClassifierChain",
            "ConformalClassifier",
            "FixedThresholdClassifier",
            "MultiOutputClassifier",
            "OneVsOneClassifier",
            "OneVsRestClassifier",
            "OutputCodeClassifier",
            "TunedThresholdClassifierCV",
        )
    },
}
SETTINGS["VotingClassifier"] = {"estimators": [("a", LogisticRegression())]}
SETTINGS["StackingRegressor"] = {"final_estimator": Ridge()}
LABELS = {
    "LabelBinarizer": ["b", "a", "c", "a"],
    "LabelEncoder": ["b", "a", "c", "a"],
    "MultiLabelBinarizer": [("b", "a"), ("c",), ("a",)],
}
TEXTS = ["a cat and a dog", "a dog", "no cat, no bird"]
DICTS = [{"cat": 1.0, "kind": "house"}, {"dog": 2.0}, {"cat": 0.5, "kind": "wild"}]


def made(name):
    """An unfitted estimator of a public class."""
    cls = ESTIMATORS[name]
    required = {
        parameter: REQUIRED[parameter]
        for parameter, declared in cls._params.items()
        if type(declared.default).__name__ == "_Required"
    }
    return cls(**{**required, **SETTINGS.get(name, {})})


def fitted(name):
    """A fitted estimator and what its methods can be given."""
    if name in LABELS:
        return made(name).fit(LABELS[name]), LABELS[name]
    if name == "ClassifierChain":  # its links are of two classes
        X = np.random.default_rng(0).normal(size=(30, 4))
        return made(name).fit(X, (X[:, :3] > 0).astype(int)), X
    estimator = made(name)
    if name == "FrozenEstimator":
        estimator = estimator.set_params(estimator=Subject(name, Ridge()).fit(problem(Ridge())))
    given = get_tags(estimator).input_tags
    if given.dict or (given.string and not given.two_d_array):
        X = DICTS if given.dict else TEXTS
        return estimator.fit(X), X
    data = problem(estimator)
    if hasattr(estimator, "fit"):
        estimator = Subject(name, estimator).fit(data)
    return estimator, data.X


def problem(estimator):
    one_column = not get_tags(estimator).input_tags.two_d_array
    return Subject(type(estimator).__name__, estimator).problem(n_columns=1 if one_column else 4)


def outputs(estimator, X):
    """What an estimator computes, by method, as arrays."""
    found = {}
    for method in (*OUTPUTS, "kneighbors", "embedding_", "labels_"):
        value = getattr(estimator, method, None)
        if value is not None:
            value = value(X) if callable(value) else value
            if isinstance(value, list) and hasattr(value[0], "shape"):  # one array a target
                found.update({f"{method}{i}": each for i, each in enumerate(value)})
                continue
            found[method] = value.toarray() if hasattr(value, "toarray") else np.asarray(value)
    return found


def assert_same(first, second):
    """Equal to the bit: type, shape and every number."""
    assert first.keys() == second.keys()
    for method, value in first.items():
        other = second[method]
        assert value.dtype == other.dtype and value.shape == other.shape, method
        if value.dtype == object:
            assert value.tolist() == other.tolist(), method
        else:
            assert value.tobytes() == other.tobytes(), method
