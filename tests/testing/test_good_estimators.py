"""Estimators that keep the contract pass every check."""

import pytest

from mlkit.testing import all_checks, check_estimator
from mlkit.testing._suite import checks_of

from .toys import GOOD


def failures(estimator, **options):
    """What failed, by the name of the check."""
    results = check_estimator(estimator, on_fail=None, on_skip=None, **options)
    assert not [r for r in results if r["status"] == "skipped"]
    return {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"}


@pytest.mark.parametrize("estimator", GOOD, ids=lambda each: type(each).__name__)
def test_toys_pass(estimator):
    assert not failures(estimator)


def test_the_toys_meet_every_check():
    """No check is left that applies to none of the estimators here."""
    met = {check.__name__ for each in GOOD for check in checks_of(each)}
    assert met == {check.__name__ for check in all_checks()}
    assert len(met) > 100


def _theirs():
    from sklearn.cluster import AgglomerativeClustering, KMeans
    from sklearn.decomposition import PCA
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.naive_bayes import GaussianNB, MultinomialNB
    from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from sklearn.svm import SVC

    not_rows = {"check_weight_two_is_a_row_twice": "rows are drawn, and not so often as they weigh"}
    drawn = {
        **not_rows,
        "check_weights_none_is_one": "weights change how rows are drawn",
        "check_class_weight_none_is_one": "weights change how rows are drawn",
    }
    wide = {"check_sparse_is_accepted": "64-bit indices are refused"}
    return [
        (LogisticRegression(solver="newton-cholesky"), {}),
        (Ridge(), {}),
        (StandardScaler(), {}),
        (OneHotEncoder(handle_unknown="ignore"), {}),
        (PCA(2), {}),
        (GaussianNB(), {}),
        (MultinomialNB(), {}),
        (KNeighborsClassifier(), {}),
        (LocalOutlierFactor(n_neighbors=5), {}),
        (AgglomerativeClustering(3), {}),
        (SVC(kernel="precomputed"), {}),
        (KMeans(3, n_init=1), {**not_rows, **wide}),
        (RandomForestClassifier(5), {**drawn, **wide}),
        (make_pipeline(StandardScaler(), Ridge()), {}),
    ]


@pytest.mark.parametrize("estimator, expected", _theirs(), ids=lambda v: type(v).__name__)
def test_estimators_of_scikit_learn_pass(estimator, expected):
    assert not failures(estimator, expected_failed_checks=expected)


def test_lightgbm_takes_weights_that_are_all_zero():
    """By decision of its authors: a check tells what another library is known for."""
    lightgbm = pytest.importorskip("lightgbm")
    estimator = lightgbm.LGBMRegressor(n_estimators=3, n_jobs=1, verbosity=-1)
    check = next(each for each in all_checks() if each.__name__ == "check_weights_all_zero")
    with pytest.raises(AssertionError, match="accepts weights that are all zero"):
        check("LGBMRegressor", estimator)
