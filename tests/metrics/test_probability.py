"""Scores of probabilities against their definitions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mlkit.metrics import (
    brier_score_loss,
    d2_brier_score,
    d2_log_loss_score,
    hinge_loss,
    log_loss,
)


@pytest.fixture
def problem(rng):
    return rng.integers(0, 3, 60), rng.dirichlet(np.ones(3), 60), rng.integers(0, 4, 60)


def test_by_definition(problem):
    y, proba, weight = problem
    own = proba[np.arange(60), y]
    one_hot = np.eye(3)[y]
    square = ((proba - one_hot) ** 2).sum(axis=1)
    assert_allclose(log_loss(y, proba), -np.log(own).mean())
    assert_allclose(log_loss(y, proba, normalize=False), -np.log(own).sum())
    weighted = log_loss(y, proba, sample_weight=weight)
    assert_allclose(weighted, -np.average(np.log(own), weights=weight))
    assert_allclose(log_loss(one_hot, proba), log_loss(y, proba))
    assert_allclose(brier_score_loss(y, proba), square.mean())
    assert_allclose(brier_score_loss(y, proba, scale_by_half=True), square.mean() / 2)
    share = np.bincount(y) / 60
    null = -np.log(share[y]).mean()
    assert_allclose(d2_log_loss_score(y, proba), 1 - log_loss(y, proba) / null)
    null = ((share - one_hot) ** 2).sum(axis=1).mean()
    assert_allclose(d2_brier_score(y, proba), 1 - square.mean() / null)


def test_weight_counts_rows(problem):
    y, proba, weight = problem
    again = np.repeat(y, weight), np.repeat(proba, weight, axis=0)
    for function in (log_loss, brier_score_loss, d2_log_loss_score, d2_brier_score, hinge_loss):
        assert_allclose(function(y, proba, sample_weight=weight), function(*again))


def test_names_of_classes_do_not_matter(problem):
    y, proba, _ = problem
    words = np.array(["a", "b", "c"])[y]
    for function in (log_loss, brier_score_loss, d2_log_loss_score, d2_brier_score, hinge_loss):
        assert function(words, proba) == function(y, proba)
        assert function(words.astype(object), proba) == function(y, proba)
        assert function(y * 10.0 - 3, proba) == function(y, proba)


def test_one_column_is_that_of_the_greater_label(rng):
    y, p = rng.integers(0, 2, 30), rng.random(30)
    both = np.column_stack([1 - p, p])
    for function in (log_loss, brier_score_loss, d2_log_loss_score, d2_brier_score):
        assert_allclose(function(y, p), function(y, both))
        assert_allclose(function(y, p[:, None]), function(y, both))
        assert_allclose(function(2 * y - 1, p), function(y, both))
    words = np.where(y == 1, "yes", "no")
    assert_allclose(brier_score_loss(words, p, pos_label="yes"), np.mean((y - p) ** 2))
    assert_allclose(brier_score_loss(words, 1 - p, pos_label="no"), np.mean((y - p) ** 2))


def test_missing_classes_are_named_by_labels(problem):
    y, proba, _ = problem
    part = y != 1
    with pytest.raises(ValueError, match="labels"):
        log_loss(y[part], proba[part])
    found = log_loss(y[part], proba[part], labels=[0, 1, 2])
    assert_allclose(found, -np.log(proba[np.arange(60), y][part]).mean())
    with pytest.warns(UserWarning, match="not sorted"):
        assert log_loss(y[part], proba[part], labels=[2, 1, 0]) == found
    assert hinge_loss(y[part], proba[part], labels=[0, 1, 2]) > 0


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_certainty_that_is_wrong_costs_much_but_not_all(dtype):
    proba = np.array([[1, 0], [0, 1]], dtype=dtype)
    assert_allclose(log_loss([1, 0], proba), -np.log(np.finfo(dtype).eps), rtol=1e-3)
    assert log_loss([0, 1], proba) < 2 * np.finfo(dtype).eps
    assert brier_score_loss([0, 1], proba) == 0


def test_hinge_by_definition(rng):
    y, decision = rng.choice([-1, 1], 30), rng.normal(size=30)
    assert_allclose(hinge_loss(y, decision), np.maximum(0, 1 - y * decision).mean())
    assert_allclose(hinge_loss(y + 5, decision), hinge_loss(y, decision))
    y, decision = rng.integers(0, 4, 30), rng.normal(size=(30, 4))
    margins = [row[k] - max(np.delete(row, k)) for k, row in zip(y, decision, strict=True)]
    assert_allclose(hinge_loss(y, decision), np.maximum(0, 1 - np.array(margins)).mean())


def test_shares_of_one_row_are_undefined():
    for function in (d2_log_loss_score, d2_brier_score):
        with pytest.warns(UserWarning, match="fewer than two rows"):
            assert np.isnan(function([1], [0.5]))


@pytest.mark.parametrize("function", [log_loss, brier_score_loss, d2_log_loss_score])
@pytest.mark.parametrize(
    "y, proba, words",
    [
        ([0, 1], [0.1, 1.2], "between 0 and 1"),
        ([0, 1], [-0.1, 0.2], "between 0 and 1"),
        ([0, 1], [0.1, np.nan], "NaN"),
        ([0, 1, 1], [0.1, 0.2], "as many rows"),
        ([0, 1, 2], [0.1, 0.2, 0.3], "classes"),
        ([0, 0], [[0.5, 0.5], [0.5, 0.5]], "one label"),
        ([0.5, 1], [0.1, 0.2], "label"),
        ([], [], "one row"),
    ],
)
def test_bad_input_is_refused(function, y, proba, words):
    with pytest.raises(ValueError, match=words):
        function(y, proba)


def test_rows_that_do_not_sum_to_one_are_told():
    with pytest.warns(UserWarning, match="sum to 1"):
        log_loss([0, 1], [[0.5, 0.4], [0.5, 0.5]])
    with pytest.raises(ValueError, match="pos_label"):
        brier_score_loss(["a", "b"], [0.1, 0.2])
    with pytest.warns(FutureWarning, match="y_proba"):
        assert log_loss([0, 1], y_pred=[0.1, 0.2]) == log_loss([0, 1], [0.1, 0.2])
    with pytest.raises(ValueError, match="needs y_proba"):
        log_loss([0, 1])
