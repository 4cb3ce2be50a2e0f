"""The log holds, for each step, the score of the model that a fit of that many steps gives."""

import gc
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from mlkit.callback import ScoringMonitor, ScoringMonitorLog, _mailbox


def mse(estimator, X, y, sample_weight=None):
    return -np.average((y - estimator.predict(X)) ** 2, weights=sample_weight)


def test_scores_are_those_of_shorter_fits(toys, data):
    monitor = ScoringMonitor(scoring=mse)
    toys.Counting(4).set_callbacks(monitor).fit(*data)
    log = monitor.get_logs()
    steps = [row for row in log.data if row["task_name"] == "step"]
    for i, row in enumerate(steps):
        assert row["score"] == pytest.approx(mse(toys.Counting(i + 1).fit(*data), *data))
        assert row["task_id_path"] == (0, i)
        assert row["parent_task_id_path"] == (0,)
        assert (row["task_id"], row["estimator_name"]) == (i, "Counting")
        assert row["sequential_subtasks"] is True
    assert len(steps) == 4
    assert len(log.data) == 5
    assert log.data[0]["task_name"] == "fit"
    assert isinstance(log, ScoringMonitorLog)
    assert log.estimator_name == "Counting"
    assert list(log.data_as_pandas.columns) == list(log.data[0])


def test_weights_reach_the_scorer(toys, data):
    X, y = data
    weight = np.arange(len(y)) % 3
    logs = []
    for fit in ({}, {"sample_weight": weight}):
        monitor = ScoringMonitor(scoring=mse)
        model = toys.Counting(2).set_callbacks(monitor).fit(X, y, **fit)
        logs.append(monitor.get_logs().data[-1]["score"])
    assert logs[0] == pytest.approx(mse(model, X, y))
    assert logs[1] == pytest.approx(mse(model, X, y, weight))


def test_scoring_by_name(toys, data):
    """A column each, as `check_scoring` scores them."""
    X, y = data
    for scoring in ("r2", ["r2", "neg_mean_squared_error"], None):
        monitor = ScoringMonitor(scoring=scoring)
        model = toys.Counting(2).set_callbacks(monitor).fit(X, y)
        row = monitor.get_logs().data[-1]
        expected = {"score": model.score(X, y)}
        if scoring is not None:
            total = np.sum((y - y.mean()) ** 2)
            expected = {"r2": 1 - np.sum((y - model.predict(X)) ** 2) / total}
        if isinstance(scoring, list):
            expected["neg_mean_squared_error"] = mse(model, X, y)
        assert {name: row[name] for name in expected} == pytest.approx(expected)
        assert len(row) == 6 + len(expected)


def test_held_out_data_is_scored_beside(toys, data):
    X, y = data
    monitor = ScoringMonitor(scoring=lambda e, X, y: {"a": mse(e, X, y), "b": 0}, X_val=X, y_val=-y)
    model = toys.Counting(2).set_callbacks(monitor).fit(X, y)
    row = monitor.get_logs().data[-1]
    assert row["a"] == pytest.approx(mse(model, X, y))
    assert row["val_a"] == pytest.approx(mse(model, X, -y))
    assert row["b"] == row["val_b"] == 0


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_parts_of_a_meta_estimator_are_one_run(toys, data, backend):
    monitor = ScoringMonitor(scoring=mse)
    part = toys.Counting(2).set_callbacks(monitor)
    toys.Nested(part, n=3, backend=backend).fit(*data)
    (log,) = monitor.get_logs(select="all")
    assert log.estimator_name == "Nested"
    assert [row["task_id_path"] for row in log.data] == [
        *((0, i) for i in range(3)),
        *((0, i, j) for i in range(3) for j in range(2)),
    ]
    scores = [row["score"] for row in log.data]
    assert scores[:3] == [scores[0]] * 3
    whole = monitor.get_logs(include_lineage=True).data
    assert whole[0]["task_id_path"] == (0,)
    assert whole[0]["estimator_name"] == "Nested"
    assert "score" not in whole[0]
    assert whole[1:] == log.data


def test_each_outermost_fit_is_a_run(our_toys, data):
    monitor = ScoringMonitor(scoring=mse)
    with pytest.raises(ValueError, match="No logs"):
        monitor.get_logs()
    model = our_toys.Counting(2).set_callbacks(monitor)
    model.fit(*data)
    model.fit(*data)
    first, second = monitor.get_logs(select="all")
    assert first.timestamp < second.timestamp
    assert first.data == second.data
    assert monitor.get_logs().run_id == second.run_id


@pytest.mark.parametrize("wrong", [{"select": "last"}, {"include_lineage": "no"}])
def test_arguments_are_checked(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ScoringMonitor(scoring=None).get_logs(**wrong)
    with pytest.raises(ValueError, match="scoring"):
        ScoringMonitor(scoring=3)


def test_a_pickle_loaded_here_is_another_monitor(our_toys, data):
    monitor = ScoringMonitor(scoring=mse)
    model = our_toys.Counting(2).set_callbacks(monitor).fit(*data)
    copied = pickle.loads(pickle.dumps(monitor))
    our_toys.Counting(2).set_callbacks(copied).fit(*data)
    assert len(monitor.get_logs("all")) == 1
    assert len(copied.get_logs("all")) == 2
    assert model.n_iter_ == 2


@pytest.mark.parametrize("alive", [True, False])
def test_a_pickle_loaded_by_no_worker_works_alone(tmp_path, alive):
    monitor = ScoringMonitor(scoring=None)
    (tmp_path / "monitor").write_bytes(pickle.dumps(monitor))
    if not alive:
        del monitor
        gc.collect()
    code = (
        f"import pickle; m = pickle.load(open({str(tmp_path / 'monitor')!r}, 'rb'))\n"
        "m._post((('id', 'E', 't'), [dict(task_id=0)], dict(score=1)))\n"
        "assert m.get_logs().data[0]['score'] == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_nothing_listens_before_a_pickle_nor_after_the_owner():
    threads = threading.active_count()
    monitor = ScoringMonitor(scoring=None)
    assert threading.active_count() == threads
    address = monitor._mailbox.share()[0]
    assert address in _mailbox._held
    del monitor
    gc.collect()
    assert address not in _mailbox._held
    end = time.monotonic() + 5
    while threading.active_count() > threads and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() == threads


def test_scikit_learns_estimators_are_monitored(data):
    """Search, pipeline and solver of theirs; in processes too."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    X, y = data
    accuracy = lambda e, X, y, sample_weight=None: e.score(X, y, sample_weight)  # noqa: E731
    monitor = ScoringMonitor(scoring=accuracy)
    model = make_pipeline(LogisticRegression(max_iter=20).set_callbacks(monitor))
    GridSearchCV(model, {"logisticregression__C": [1.0, 2.0]}, cv=2, n_jobs=2).fit(X, y > 3)
    (log,) = monitor.get_logs("all")
    assert log.estimator_name == "GridSearchCV"
    fits = [row for row in log.data if row["task_name"] == "fit"]
    assert len(fits) == 2 * 2 + 1
    assert all(0 <= row["score"] <= 1 for row in log.data)
    assert len(log.data) > len(fits)
