"""mlkit's own checks, for every public estimator: none may fail."""

import warnings

import pytest

from mlkit._core.tags import get_tags
from mlkit.testing import check_estimator

from .instances import every_instance, identify

INSTANCES = [each for each in every_instance() if get_tags(each).input_tags.two_d_array]

# Checks that may fail, with the reason.
_SHORTER = {"check_sparse_is_dense": "steps of the constant term are shorter for sparse rows"}
_BY_STEPS = {
    **_SHORTER,
    "check_weight_two_is_a_row_twice": "a row twice is two steps, a weight of two a longer one",
}
_BY_SEEDS = {"check_weight_two_is_a_row_twice": "seeds are drawn by the order of the rows"}
_COLUMNS = "what it clusters are columns"
EXPECTED = {
    "FeatureAgglomeration": {
        "check_role_has_its_methods": _COLUMNS,
        "check_cluster_labels": _COLUMNS,
        "check_far_groups_are_found": _COLUMNS,
    },
    "BisectingKMeans": _BY_SEEDS,
    "KMeans": _BY_SEEDS,
    "MiniBatchKMeans": _BY_SEEDS,
    "CalibratedClassifierCV": {
        "check_weight_two_is_a_row_twice": "rows that are repeated fall into other folds",
    },
    "HistGradientBoostingRanker": {
        "check_weight_two_is_a_row_twice": "copies of a row compete with it for ranks",
        "check_weights_matter_to_score": "copies of a row take ranks of other rows",
    },
    "QuantileTransformer": {
        "check_sparse_is_dense": "the zeros of sparse X are left out, those of dense X are not",
    },
    "TargetEncoder": {
        "check_fit_transform": "fit_transform encodes each fold by the others, transform by all",
    },
    "PassiveAggressiveClassifier": _SHORTER,
    "PassiveAggressiveRegressor": _SHORTER,
    "Perceptron": _BY_STEPS,
    "SGDClassifier": _BY_STEPS,
    "SGDOneClassSVM": _BY_STEPS,
    "SGDRegressor": _BY_STEPS,
    "ColumnTransformer": {
        "check_other_names_are_refused": "columns are taken by name, in whatever order they come",
    },
}


@pytest.mark.parametrize("estimator", INSTANCES, ids=identify)
def test_contract(estimator):
    expected = EXPECTED.get(type(estimator).__name__, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(
            estimator, on_fail=None, on_skip=None, expected_failed_checks=expected
        )
    bad = {r["check_name"]: r["exception"] for r in results if r["status"] in ("failed", "skipped")}
    assert not bad, "\n".join(f"{name}: {error}" for name, error in bad.items())
    stale = set(expected) - {r["check_name"] for r in results if r["status"] == "xfail"}
    assert not stale, f"expected to fail, and passed: {stale}"
