"""Iterations end `patience` steps after the best score, and the best model stays."""

import numpy as np
import pytest

from mlkit.callback import EarlyStopping


@pytest.fixture
def rising():
    """Scores that the scorer gives, one after another."""

    def make(*scores):
        left = iter(scores)
        return lambda estimator, X, y: next(left)

    return make


@pytest.mark.parametrize("patience", [1, 2])
@pytest.mark.parametrize("restore_best", [True, False])
def test_stops_after_patience_and_restores(toys, data, rising, patience, restore_best):
    scores = [0.0, 1.0, 2.0, 1.0, 1.5, 1.9, 3.0]
    stop = EarlyStopping(scoring=rising(*scores), patience=patience, restore_best=restore_best)
    model = toys.Counting(7).set_callbacks(stop).fit(*data)
    shorter = toys.Counting(3 if restore_best else 3 + patience).fit(*data)
    np.testing.assert_array_equal(model.mean_, shorter.mean_)
    assert model.n_iter_ == shorter.n_iter_
    (run,) = stop.get_runs()
    assert run["best_score"] == 2.0
    assert run["best_task_id"] == 2
    assert run["n_tasks"] == 3 + patience
    assert run["stopped"]


def test_held_out_data_decides(toys, data):
    """The model walks from 0 to the mean of y; held-out y lies half-way."""
    X, y = data
    steps = [toys.Counting(i, 0.1).fit(X, y).mean_[0] for i in range(1, 40)]
    target = np.full(len(y), steps[19])
    stop = EarlyStopping(X, target, patience=3)
    model = toys.Counting(40, 0.1).set_callbacks(stop).fit(X, y)
    assert model.n_iter_ == 20
    assert stop.get_runs()[0]["n_tasks"] == 23


def test_small_gains_do_not_count(our_toys, data, rising):
    stop = EarlyStopping(scoring=rising(0, 0.5, 0.6, 0.7, 9), patience=2, min_delta=0.3)
    our_toys.Counting(5).set_callbacks(stop).fit(*data)
    run = stop.get_runs()[0]
    assert (run["best_task_id"], run["n_tasks"]) == (1, 4)


def test_nan_is_no_improvement(our_toys, data, rising):
    stop = EarlyStopping(scoring=rising(0.0, np.nan, np.nan, 9), patience=2)
    our_toys.Counting(4).set_callbacks(stop).fit(*data)
    assert stop.get_runs()[0]["best_task_id"] == 0


def test_without_a_reason_nothing_changes(our_toys, data):
    stop = EarlyStopping(patience=3)
    model = our_toys.Counting(9).set_callbacks(stop).fit(*data)
    np.testing.assert_array_equal(model.mean_, our_toys.Counting(9).fit(*data).mean_)
    assert not stop.get_runs()[0]["stopped"]


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_each_part_stops_on_its_own(toys, data, backend):
    X, y = data
    stop = EarlyStopping(X, np.zeros(len(y)), patience=2)  # best at the first step
    part = toys.Counting(9).set_callbacks(stop)
    whole = toys.Nested(part, n=3, backend=backend).fit(X, y)
    runs = stop.get_runs()
    assert len({run["run_id"] for run in runs}) == 1
    assert sorted(run["parent_task_id_path"] for run in runs) == [(0, 0), (0, 1), (0, 2)]
    assert all(run["n_tasks"] == 3 for run in runs)
    assert whole.parts_ == [1, 1, 1]


@pytest.mark.parametrize("name, wrong", [("patience", 0), ("min_delta", -1), ("scoring", 3)])
def test_arguments_are_checked(name, wrong):
    with pytest.raises(ValueError, match=name):
        EarlyStopping(**{name: wrong})


def test_best_step_of_scikit_learns_solver_stays(data):
    """Their L-BFGS goes on, since it does not heed callbacks yet; the best step is restored."""
    from sklearn.linear_model import LogisticRegression

    X, y = data
    stop = EarlyStopping(scoring=lambda e, X, y: -abs(e.coef_).sum(), patience=2)  # falls
    model = LogisticRegression(C=100.0).set_callbacks(stop).fit(X, y > 3)
    with pytest.warns(UserWarning, match="converge"):
        first = LogisticRegression(C=100.0, max_iter=1).fit(X, y > 3)
    np.testing.assert_allclose(model.coef_, first.coef_)
    assert stop.get_runs()[0]["best_task_id"] == 0
