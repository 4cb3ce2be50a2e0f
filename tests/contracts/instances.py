"""An instance of every public estimator, quick to fit, found by discovery.

A class whose parameters all have defaults appears by itself; `SPECIAL` names what a class
needs beyond that. A new class with a required parameter that is not in `BUILT` fails the tests
until it is named here.
"""

import inspect
import warnings

from mlkit.utils.discovery import all_estimators


def _classifier():
    from mlkit.linear_model import LogisticRegression

    return LogisticRegression()


def _regressor():
    from mlkit.linear_model import Ridge

    return Ridge()


def _scaler():
    from mlkit.preprocessing import StandardScaler

    return StandardScaler()


def _minmax():
    from mlkit.preprocessing import MinMaxScaler

    return MinMaxScaler()


def _quantile_regressor():
    from mlkit.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(loss="quantile", quantile=0.5, max_iter=10)


def _for_role(cls):
    if "Quantile" in cls.__name__:
        return _quantile_regressor()
    return _classifier() if "Classif" in cls.__name__ else _regressor()


# Required parameters by name; each takes the class that wants one.
BUILT = {
    "estimator": _for_role,
    "base_estimator": _for_role,
    "regressor": lambda cls: _regressor(),
    "transformer": lambda cls: _scaler(),
    "estimators": lambda cls: [("first", _for_role(cls)), ("second", _for_role(cls))],
    "steps": lambda cls: [("scale", _scaler()), ("fit", _classifier())],
    "transformer_list": lambda cls: [("scale", _scaler()), ("range", _minmax())],
    "transformers": lambda cls: [("scale", _scaler(), [0, 1])],
    "param_grid": lambda cls: {"alpha": [0.1, 1.0]},
    "param_distributions": lambda cls: {"alpha": [0.1, 1.0]},
}

# Parameters under which a class is quick, or does more than by default.
QUICK = {
    "n_estimators": 5,
    "n_init": 2,
    "n_restarts_optimizer": 0,
}

_ONE_PENALTY = [{"alphas": [0.1], "cv": 3}]

SPECIAL = {
    "GridSearchCV": [{"cv": 2}],
    "RandomizedSearchCV": [{"cv": 2, "n_iter": 2}],
    "OptunaSearchCV": [{"cv": 2, "n_iter": 2}],
    "HalvingGridSearchCV": [{"cv": 2, "min_resources": "smallest"}],
    "HalvingRandomSearchCV": [{"cv": 2, "n_candidates": 2}],
    # The checks of messages ask for the name of the estimator that was given.
    "CalibratedClassifierCV": [{"estimator": _classifier(), "cv": 2}],
    # Labels agree with the sign of decisions, as checks want, at a probability of a half only.
    "TunedThresholdClassifierCV": [{"cv": 3, "thresholds": [0.5, 1.0]}],
    # One penalty: with more, rows repeated and rows weighted are split into different folds.
    "LassoCV": _ONE_PENALTY,
    "ElasticNetCV": _ONE_PENALTY,
    "MultiTaskLassoCV": _ONE_PENALTY,
    "RidgeCV": [{"alphas": [1.0]}],
    "RidgeClassifierCV": [{"alphas": [1.0]}],
    "LogisticRegressionCV": [{"Cs": [1.0], "cv": 3, "use_legacy_attributes": False}],
    "MultiTaskElasticNetCV": _ONE_PENALTY,
    # The default number of components wants thousands of columns.
    "GaussianRandomProjection": [{"n_components": 2}],
    "SparseRandomProjection": [{"n_components": 2}],
    # Entries must exceed -skewedness, and the checks draw from a normal law.
    "SkewedChi2Sampler": [{"skewedness": 30.0}],
    # Sparse X with values below 0 is refused unless its zeros are left out.
    "QuantileTransformer": [{"ignore_implicit_zeros": True, "n_quantiles": 10}],
    # With more components than one, W found anew for the H found may be another minimum.
    "MiniBatchNMF": [{"n_components": 1, "batch_size": 20, "fresh_restarts": True, "max_iter": 20}],
    "NMF": [{"n_components": 1, "max_iter": 500}],
    # For sparse X the default number of components is one less.
    "PCA": [{"n_components": 2}],
    "PLSCanonical": [{"n_components": 1}],
    "PLSRegression": [{"n_components": 1}],
    "PLSSVD": [{"n_components": 1}],
    "CCA": [{"n_components": 1}],
    # Rows held out may hold categories that those fitted do not.
    "CategoricalNB": [{"min_categories": 20}],
    # A leaf's least number of rows counts rows whatever their weights.
    "HistGradientBoostingClassifier": [{"min_samples_leaf": 1}],
    "HistGradientBoostingRegressor": [{"min_samples_leaf": 1}],
    "ExplainableBoostingClassifier": [{"max_iter": 50, "n_bags": 2}],
    "ExplainableBoostingRegressor": [{"max_iter": 50, "n_bags": 2}],
    # Frames hold no sparse data.
    "RandomTreesEmbedding": [{"sparse_output": False}],
    # It cannot be fitted, which is what nearly every check begins with.
    "FrozenEstimator": [],
    # The checks of classifiers give one target, which these refuse; their tags say to skip them.
    "ClassifierChain": [],
    "MultiOutputClassifier": [],
}


def _required(cls):
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return [
        each.name
        for each in parameters
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]


def instances(cls):
    """Instances of a class to be checked: one, or those that `SPECIAL` lists."""
    quick = {name: value for name, value in QUICK.items() if name in cls._get_param_names()}
    made = []
    for special in SPECIAL.get(cls.__name__, [{}]):
        missing = [name for name in _required(cls) if name not in special and name not in BUILT]
        if missing:
            raise LookupError(
                f"{cls.__name__} needs {missing}: name a way to build it in BUILT or SPECIAL"
            )
        built = {name: BUILT[name](cls) for name in _required(cls) if name not in special}
        made.append(cls(**{**quick, **built, **special}))
    return made


def classes():
    """Every public estimator class."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [cls for _, cls in all_estimators()]


def every_instance():
    """All instances to be checked; classes that cannot be built are left to `unbuilt`."""
    without = {cls for cls, _ in unbuilt()}
    return [each for cls in classes() if cls not in without for each in instances(cls)]


def unbuilt():
    """Classes of which no instance can be made, with the reason."""
    found = []
    for cls in classes():
        try:
            instances(cls)
        except LookupError as error:
            found.append((cls, str(error)))
    return found


def identify(estimator):
    """The id of a test: the class, and the parameters by which instances of it differ."""
    cls = type(estimator)
    special = SPECIAL.get(cls.__name__, [{}])
    if len(special) < 2:
        return cls.__name__
    which = next(
        each
        for each in special
        if all(repr(getattr(estimator, name)) == repr(value) for name, value in each.items())
    )
    return f"{cls.__name__}({', '.join(f'{k}={v!r}' for k, v in which.items())})"
