"""Classifiers and regressors by neighbours: votes and means over what a search finds."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
    sort_graph_by_row_values,
)

CLASSIFIERS = (KNeighborsClassifier, RadiusNeighborsClassifier)
REGRESSORS = (KNeighborsRegressor, RadiusNeighborsRegressor)


def decay(distance):
    """Weights of a function: of a matrix, or of an array of arrays."""
    return 1.0 / (distance + 1.0)


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 3))
    return X, np.array(["a", "c", "b"])[np.digitize(X[:, 0], [-0.5, 0.5])], X[:20] + 0.05


def neighbours(model, Q):
    """Index, distance and weight of the neighbours of each row of Q."""
    if hasattr(model, "kneighbors"):
        distance, index = model.kneighbors(Q)
    else:
        distance, index = model.radius_neighbors(Q)
    weigh = {"uniform": np.ones_like, None: np.ones_like, "distance": np.reciprocal}
    function = weigh.get(model.weights, model.weights)
    for d, i in zip(distance, index, strict=True):
        yield i, function(d)


@pytest.mark.parametrize("weights", ["uniform", None, "distance", decay],
                         ids=["uniform", "none", "distance", "function"])  # fmt: skip
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_votes_are_weights_of_each_class(problem, kind, weights):
    X, y, Q = problem
    model = kind(weights=weights).fit(X, y)
    expected = []
    for index, weight in neighbours(model, Q):
        votes = np.array([weight[y[index] == each].sum() for each in model.classes_])
        expected.append(votes / votes.sum())
    assert_allclose(model.predict_proba(Q), expected)
    assert_array_equal(model.predict(Q), model.classes_[np.argmax(expected, axis=1)])


@pytest.mark.parametrize("weights", ["uniform", "distance", decay],
                         ids=["uniform", "distance", "function"])  # fmt: skip
@pytest.mark.parametrize("kind", REGRESSORS)
def test_predictions_are_weighted_means(problem, kind, weights):
    X, _, Q = problem
    Y = np.column_stack([X @ [1.0, 2.0, 3.0], X[:, 0] ** 2])
    model = kind(weights=weights).fit(X, Y)
    expected = [np.average(Y[i], axis=0, weights=w) for i, w in neighbours(model, Q)]
    assert_allclose(model.predict(Q), expected)
    assert_allclose(kind(weights=weights).fit(X, Y[:, 1]).predict(Q), np.array(expected)[:, 1])


@pytest.mark.parametrize("kind", [*CLASSIFIERS, *REGRESSORS])
def test_a_row_at_distance_zero_counts_alone(kind):
    X, y = np.array([[0.0], [0.0], [1.0], [1.1]]), np.array([2, 2, 7, 8])
    model = kind(2, weights="distance").fit(X, y)
    assert_array_equal(model.predict([[0.0], [1.0]]), [2, 7])


@pytest.mark.parametrize("kind", [*CLASSIFIERS, *REGRESSORS])
def test_none_leaves_each_row_out(problem, kind):
    X, y, _ = problem
    y = y if kind in CLASSIFIERS else X.sum(axis=1)
    options = {"outlier_label": "most_frequent"} if kind is RadiusNeighborsClassifier else {}
    options |= {} if "KN" in kind.__name__ else {"radius": 3.0}
    model = kind(**options).fit(X, y)
    left_out = [
        kind(**options).fit(np.delete(X, i, 0), np.delete(y, i)).predict(X[[i]])[0]
        for i in range(40)
    ]
    found = model.predict(None)[:40]
    if kind in CLASSIFIERS:
        assert_array_equal(found, left_out)
        assert model.score(None, y) == np.mean(model.predict(None) == y)
    else:
        assert_allclose(found, left_out)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_each_output_votes_for_itself(problem, kind):
    X, y, Q = problem
    Y = np.column_stack([y, np.where(X[:, 1] > 0, "u", "v")])
    both = kind().fit(X, Y)
    assert both.outputs_2d_
    for j in range(2):
        one = kind().fit(X, Y[:, j])
        assert_array_equal(both.predict(Q)[:, j], one.predict(Q))
        assert_array_equal(both.predict_proba(Q)[j], one.predict_proba(Q))
        assert_array_equal(both.classes_[j], one.classes_)


def test_labels_as_a_sparse_indicator(problem):
    X, y, Q = problem
    Y = (y[:, None] == np.unique(y)).astype(int)
    dense, sparse = (KNeighborsClassifier().fit(X, each) for each in (Y, sp.csr_array(Y)))
    assert_array_equal(dense.predict(Q), sparse.predict(Q))


def test_equal_votes_go_to_the_first_class():
    model = KNeighborsClassifier(2).fit([[0.0], [1.0]], ["b", "a"])
    assert model.predict([[0.4]]) == ["a"]


def test_a_column_of_labels_is_a_row_of_them(problem):
    X, y, Q = problem
    with pytest.warns(UserWarning, match="column-vector"):
        model = KNeighborsClassifier().fit(X, y[:, None])
    assert_array_equal(model.predict(Q), KNeighborsClassifier().fit(X, y).predict(Q))


def test_weights_that_are_all_zero_are_refused(problem):
    X, y, Q = problem
    model = KNeighborsClassifier(weights=np.zeros_like).fit(X, y)
    for method in (model.predict, model.predict_proba):
        with pytest.raises(ValueError, match="weight zero"):
            method(Q)


class TestOutliers:
    X, y = np.arange(6.0)[:, None], np.array([1, 1, 1, 2, 2, 5])

    def model(self, label, y=None):
        return RadiusNeighborsClassifier(1.0, outlier_label=label).fit(
            self.X, self.y if y is None else y
        )

    def test_are_refused_without_a_label(self):
        with pytest.raises(ValueError, match=r"rows \[1\]"):
            self.model(None).predict([[0.0], [99.0]])

    @pytest.mark.parametrize(("label", "expected"), [("most_frequent", 1), (2, 2)])
    def test_get_a_label_of_y(self, label, expected):
        model = self.model(label)
        assert_array_equal(model.predict([[5.0], [99.0]]), [2, expected])
        assert_array_equal(model.predict_proba([[99.0]])[0], model.classes_ == expected)

    def test_get_another_label_without_probability(self):
        model = self.model(9)
        with pytest.warns(UserWarning, match="not a label of y"):
            assert_array_equal(model.predict([[99.0], [0.0]]), [9, 1])
        with pytest.warns(UserWarning, match="not a label of y"):
            assert_array_equal(model.predict_proba([[99.0]]), [[0, 0, 0]])

    def test_get_a_label_for_each_output(self):
        model = self.model([5, 2], np.column_stack([self.y, self.y]))
        assert_array_equal(model.predict([[99.0]]), [[5, 2]])

    @pytest.mark.parametrize(
        ("label", "error"), [("a", TypeError), ([1, 2], ValueError), ([[1]], TypeError)]
    )
    def test_need_a_label_like_those_of_y(self, label, error):
        with pytest.raises(error, match="outlier_label"):
            self.model(label)


def test_no_neighbour_is_no_prediction():
    model = RadiusNeighborsRegressor(1.0).fit([[0.0], [1.0]], [1.0, 3.0])
    with pytest.warns(UserWarning, match="predicting NaN"):
        assert_array_equal(model.predict([[0.5], [99.0]]), [2.0, np.nan])


@pytest.mark.parametrize("kind", [*CLASSIFIERS, *REGRESSORS])
def test_distances_instead_of_rows(problem, kind):
    X, y, Q = problem
    y = y if kind in CLASSIFIERS else X.sum(axis=1)
    full = np.sqrt(((X[:, None] - X) ** 2).sum(axis=2))
    far = np.sqrt(((Q[:, None] - X) ** 2).sum(axis=2))
    rows, known = kind().fit(X, y), kind(metric="precomputed").fit(full, y)
    assert_array_equal(known.predict(far), rows.predict(Q))
    graph = sort_graph_by_row_values(sp.csr_array(far), warn_when_not_sorted=False)
    assert_array_equal(known.predict(graph), rows.predict(Q))
