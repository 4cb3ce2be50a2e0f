"""scikit-learn's own checks, for every public estimator: none may fail.

Those that scikit-learn chooses by isinstance, and so never runs for classes that do not inherit
from its own, are called by name.
"""

import inspect
import json
import os
import subprocess
import sys
import warnings
from functools import partial
from unittest import SkipTest

import pytest
from sklearn.utils import estimator_checks as theirs
from sklearn.utils._test_common import instance_generator

import mlkit
from mlkit._core.tags import get_tags

from .instances import every_instance, identify, unbuilt

INSTANCES = every_instance()
TWO_D = [each for each in INSTANCES if get_tags(each).input_tags.two_d_array]
each_instance = pytest.mark.parametrize("estimator", TWO_D, ids=identify)

_IN_PLACE = "the estimators given are those that are fitted, as in scikit-learn"
_BY_COLUMN = "a column that is missing is what it tells first"
_STEPS = "a row twice is two steps, a weight of two one step of twice the length"
_BY_STEPS = {
    "check_sample_weight_equivalence_on_dense_data": _STEPS,
    "check_sample_weight_equivalence_on_sparse_data": _STEPS,
}
_SEEDS = "seeds are drawn by the order of the rows"
_BY_SEEDS = dict.fromkeys(_BY_STEPS, _SEEDS)
# Checks that may fail, with the reason; scikit-learn expects the same of its own class.
EXPECTED = {
    "BisectingKMeans": _BY_SEEDS,
    "ColumnTransformer": {
        "check_estimators_empty_data_messages": _BY_COLUMN,
        "check_complex_data": _BY_COLUMN,
    },
    "FeatureUnion": {
        "check_estimators_overwrite_params": _IN_PLACE,
        "check_dont_overwrite_parameters": _IN_PLACE,
    },
    "KMeans": _BY_SEEDS,
    "MiniBatchKMeans": _BY_SEEDS,
    "NuSVC": {
        **dict.fromkeys(_BY_STEPS, "nu asks more of a class than the check's data has"),
        "check_class_weight_classifiers": "nu is lowered to what a class of little weight has",
    },
    "Perceptron": _BY_STEPS,
    "Pipeline": {
        "check_estimators_overwrite_params": _IN_PLACE,
        "check_dont_overwrite_parameters": _IN_PLACE,
    },
    "RANSACRegressor": dict.fromkeys(_BY_STEPS, "a row twice is drawn twice as often"),
    "SGDClassifier": _BY_STEPS,
    "SGDOneClassSVM": _BY_STEPS,
    "SGDRegressor": _BY_STEPS,
}
# scikit-learn skips these where a method is absent, as it may be.
MAY_SKIP = {
    "check_array_api_input",  # has a test of its own here: the environment decides
    "check_classifiers_multilabel_output_format_decision_function",
    "check_classifiers_multilabel_output_format_predict_proba",
    "check_regressor_data_not_an_array",  # not for cross_decomposition, whose tests have it
}


@each_instance
@pytest.mark.filterwarnings("ignore")
def test_check_estimator(estimator):
    expected = EXPECTED.get(type(estimator).__name__, {})
    results = theirs.check_estimator(
        estimator, on_fail=None, on_skip=None, expected_failed_checks=expected
    )
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed, "\n".join(f"{name}: {error!r}" for name, error in failed.items())
    skipped = {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "skipped"}
    assert not set(skipped) - MAY_SKIP, skipped
    stale = set(expected) & {r["check_name"] for r in results if r["status"] == "passed"}
    assert not stale, f"expected to fail, and passed: {stale}"
    assert sum(r["status"] == "passed" for r in results) > 25


def test_no_more_is_excused_than_scikit_learn_excuses():
    """Each check that may fail is one that scikit-learn expects to fail for its own class."""
    excused = {
        cls.__name__: set(checks)
        for cls, checks in instance_generator.PER_ESTIMATOR_XFAIL_CHECKS.items()
    }
    for name, checks in EXPECTED.items():
        assert set(checks) <= excused.get(name, set())


# ------------------------------------------------------ chosen by isinstance: by name
CLUSTERING = [
    theirs.check_clusterer_compute_labels_predict,
    theirs.check_clustering,
    partial(theirs.check_clustering, readonly_memmap=True),
    theirs.check_estimators_partial_fit_n_features,
    theirs.check_non_transformer_estimators_n_iter,
]
# What scikit-learn's own tests run for its classes beyond check_estimator.
FRAMES = [
    theirs.check_dataframe_column_names_consistency,
    theirs.check_inplace_ensure_writeable,
]
NAMES = [
    theirs.check_transformer_get_feature_names_out,
    theirs.check_transformer_get_feature_names_out_pandas,
    theirs.check_get_feature_names_out_error,
]
OUTPUT = [
    theirs.check_set_output_transform,
    theirs.check_set_output_transform_pandas,
    theirs.check_set_output_transform_polars,
    theirs.check_global_output_transform_pandas,
    theirs.check_global_set_output_transform_polars,
]
# These take columns by name or position: what a frame is called matters to them.
BY_COLUMN = {"ColumnTransformer"}


def _is_linear_classifier(estimator):
    weighed = "class_weight" in estimator.get_params(deep=False)
    linear = type(estimator).__module__.startswith("mlkit.linear_model")
    return weighed and linear and get_tags(estimator).estimator_type == "classifier"


def _makes_sparse(estimator):
    return getattr(estimator, "sparse_output", getattr(estimator, "sparse", False)) is True


def by_name(estimator):
    """The checks that scikit-learn would also run if the class were its own."""
    tags, name = get_tags(estimator), type(estimator).__name__
    found = []
    if tags.estimator_type == "clusterer" and name != "FeatureAgglomeration":
        found += CLUSTERING
    if _is_linear_classifier(estimator):
        found.append(theirs.check_class_weight_balanced_linear_classifier)
    if not tags.no_validation and name not in BY_COLUMN:
        found += FRAMES
    if hasattr(estimator, "transform") and hasattr(estimator, "get_feature_names_out"):
        found += NAMES
    if hasattr(estimator, "set_output"):
        found += OUTPUT
    return found


def _pairs():
    for estimator in TWO_D:
        for check in by_name(estimator):
            name = getattr(check, "func", check).__name__
            more = "-readonly" if isinstance(check, partial) else ""
            yield pytest.param(estimator, check, id=f"{identify(estimator)}-{name}{more}")


@pytest.mark.parametrize("estimator, check", list(_pairs()))
@pytest.mark.filterwarnings("ignore")
def test_check_by_name(estimator, check, monkeypatch):
    monkeypatch.setattr(theirs, "config_context", mlkit.config_context)
    if _makes_sparse(estimator) and "output" in str(check):
        estimator = type(estimator)(**{**estimator.get_params(deep=False), "sparse_output": False})
    try:
        if "balanced" in getattr(check, "__name__", ""):
            check(type(estimator).__name__, type(estimator)())
        else:
            check(type(estimator).__name__, estimator)
    except SkipTest as skipped:
        pytest.skip(str(skipped))


def test_nothing_is_chosen_by_isinstance_but_what_is_known():
    """The places where scikit-learn asks for a class of its own to choose checks."""
    source = "".join(
        inspect.getsource(value)
        for name, value in vars(theirs).items()
        if name.startswith("_yield") and name.endswith("checks")
    )
    asked = {part.split(")")[0].split(", ")[-1] for part in source.split("isinstance(")[1:]}
    assert asked == {"BaseEstimator", "ClusterMixin", "LinearClassifierMixin"}


# ------------------------------------------------------------------------- array API
ARRAY_API = """
import json, os, sys, warnings
sys.path.insert(0, sys.argv[1])
warnings.simplefilter("ignore")
from unittest import SkipTest
from sklearn.utils.estimator_checks import check_array_api_input
from contracts.instances import every_instance, identify
from mlkit._core.tags import get_tags

report = {}
for estimator in every_instance():
    if not get_tags(estimator).input_tags.two_d_array:
        continue
    if hasattr(estimator, "add_indicator"):
        estimator.set_params(add_indicator=True)  # or there is no way back
    if hasattr(estimator, "reg_param"):
        estimator.set_params(reg_param=0.1)  # columns of the check's table depend on others
    try:
        check_array_api_input(
            type(estimator).__name__, estimator, array_namespace="numpy",
            expect_only_array_outputs=False,
        )
        report[identify(estimator)] = "passed"
    except SkipTest as skipped:
        report[identify(estimator)] = f"skipped: {skipped}"
    except Exception as error:
        report[identify(estimator)] = repr(error)
print("REPORT", json.dumps(report))
"""


def test_array_api_input():
    """With dispatch on, NumPy input gives what it gives with dispatch off."""
    tests = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    run = subprocess.run(
        [sys.executable, "-c", ARRAY_API, tests],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout.rpartition("REPORT ")[2])
    assert len(report) == len(TWO_D)
    bad = {name: outcome for name, outcome in report.items() if outcome != "passed"}
    assert not bad


def test_every_estimator_has_an_instance():
    assert not unbuilt()
    names = {type(each).__name__ for each in INSTANCES}
    assert {"Ridge", "LogisticRegression", "Pipeline", "StandardScaler"} <= names
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for each in INSTANCES:
            assert type(each)(**each.get_params(deep=False)) is not each
