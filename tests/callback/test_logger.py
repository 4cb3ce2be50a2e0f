"""A record for each task's end, and for the beginning of those with tasks below."""

import logging

import pytest

from mlkit.callback import Logger


@pytest.mark.parametrize("backend", ["sequential", "loky"])
def test_tasks_are_logged_here_wherever_they_run(toys, data, caplog, backend):
    caplog.set_level(logging.INFO, "mlkit.callback")
    whole = toys.Nested(toys.Counting(2), n=2, backend=backend)
    whole.set_callbacks(Logger()).fit(*data)
    ends = {r.task_id_path for r in caplog.records if hasattr(r, "duration")}
    begins = {r.task_id_path for r in caplog.records if not hasattr(r, "duration")}
    fits = {(0,), (0, 0), (0, 1)}
    assert ends == fits | {(0, i, j) for i in range(2) for j in range(2)}
    assert begins == fits
    assert caplog.messages[0] == "Nested fit: begins"
    assert any("Nested fit / part Counting fit #1 / step #0: took" in m for m in caplog.messages)


def test_logger_and_level(our_toys, data, caplog):
    caplog.set_level(logging.DEBUG, "mine")
    for logger in ("mine", logging.getLogger("mine")):
        our_toys.Counting(1).set_callbacks(Logger(logger, logging.DEBUG)).fit(*data)
    assert {(r.name, r.levelname) for r in caplog.records} == {("mine", "DEBUG")}
    assert len(caplog.records) == 2 * 3
    our_toys.Nested(our_toys.Counting(1), n=1).set_callbacks(
        Logger("mine", max_propagation_depth=0)
    ).fit(*data)
    assert not any("Counting" in message for message in caplog.messages[6:])


@pytest.mark.parametrize("name, wrong", [("level", "high"), ("logger", 3)])
def test_arguments_are_checked(name, wrong):
    with pytest.raises(ValueError, match=name):
        Logger(**{name: wrong})
