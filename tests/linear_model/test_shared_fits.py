"""A search over a logistic model gives what its candidates alone give, to the bit."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from mlkit import clone
from mlkit.linear_model import LogisticRegression
from mlkit.model_selection import GridSearchCV

CANDIDATES = [
    {"C": 0.01},
    {"C": 1.0, "tol": 1e-8},
    {"C": np.inf},
    {"C": 0.1, "solver": "newton-cholesky"},
    {"C": 0.1, "solver": "saga", "l1_ratio": 0.5},
    {"max_iter": 300},
]


def problem(n_classes=2, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((90, 5)) + [0, 1e3, 0, 0, 0]
    X[:, 4] = 1.0
    y = np.array(["a", "b", "c"])[np.argmax(X[:, :3] - [0, 1e3, 0], axis=1) % n_classes]
    return X.astype(dtype), y, rng.random(90)


@pytest.mark.filterwarnings("ignore:.*stopped after")
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
@pytest.mark.parametrize("options", [{}, {"class_weight": "balanced"}, {"fit_intercept": False}])
def test_each_candidate_is_its_own_fit(n_classes, dtype, kind, options):
    X, y, weight = problem(n_classes, dtype)
    X = csr_array(X) if kind == "sparse" else X
    for params in ({}, {"sample_weight": weight}):
        model = LogisticRegression(**options)
        fits = dict(model.__mlkit_fit_candidates__(X, y, CANDIDATES, **params))
        assert sorted(fits) == list(range(len(CANDIDATES)))
        for index, found in fits.items():
            alone = clone(model).set_params(**CANDIDATES[index]).fit(X, y, **params)
            assert vars(found).keys() == vars(alone).keys()
            assert found.coef_.dtype == alone.coef_.dtype
            for name in ("coef_", "intercept_", "n_iter_", "classes_"):
                assert_array_equal(getattr(found, name), getattr(alone, name))


def test_a_candidate_that_fails_is_its_exception():
    X, y, _ = problem()
    fits = dict(
        LogisticRegression().__mlkit_fit_candidates__(X, y, [{"C": -1.0}, {"C": 1.0}, {"tol": 0}])
    )
    assert isinstance(fits[0], ValueError) and isinstance(fits[2], ValueError)
    assert_array_equal(fits[1].coef_, LogisticRegression().fit(X, y).coef_)


@pytest.mark.parametrize(
    "candidates",
    [
        [{"C": 1.0}, {"fit_intercept": False}],
        [{"C": 1.0}, {"solver": "liblinear"}],
        [{"C": 1.0}, {"class_weight": "balanced"}],
    ],
)
def test_what_changes_the_rows_is_not_shared(candidates):
    X, y, _ = problem()
    assert LogisticRegression().__mlkit_fit_candidates__(X, y, candidates) is None


def test_a_subclass_fits_by_itself():
    class Own(LogisticRegression):
        pass

    X, y, _ = problem()
    assert Own().__mlkit_fit_candidates__(X, y, [{"C": 1.0}, {"C": 2.0}]) is None


def test_names_of_columns_are_kept():
    pd = pytest.importorskip("pandas")
    X, y, _ = problem()
    table = pd.DataFrame(X, columns=list("pqrst"))
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=3).fit(table, y)
    fits = dict(LogisticRegression().__mlkit_fit_candidates__(table, y, [{"C": 0.1}, {"C": 1.0}]))
    assert list(fits[1].feature_names_in_) == list("pqrst") == list(search.feature_names_in_)
