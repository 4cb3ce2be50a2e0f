"""Settings: they nest, they do not leak between threads, they reach what reads them."""

import threading

import pytest

import mlkit
from mlkit import config_context, get_config, set_config


def test_a_context_restores_even_after_an_error():
    before = get_config()
    with pytest.raises(ZeroDivisionError), config_context(assume_finite=True):
        with config_context(working_memory=7):
            assert get_config()["assume_finite"]
            assert get_config()["working_memory"] == 7
        assert get_config()["working_memory"] == before["working_memory"]
        1 / 0
    assert get_config() == before


def test_what_is_returned_is_a_copy():
    get_config()["assume_finite"] = "broken"
    assert get_config()["assume_finite"] is False


def test_a_thread_has_settings_of_its_own():
    seen = []

    def work():
        set_config(working_memory=1)
        seen.append(get_config()["working_memory"])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [1]
    assert get_config()["working_memory"] == 1024


@pytest.mark.parametrize("key", ["display", "transform_output", "sparse_interface"])
def test_an_unknown_value_is_refused(key):
    with pytest.raises(ValueError, match=key), config_context(**{key: "unheard of"}):
        pass


def test_finite_input_may_be_trusted():
    with pytest.raises(ValueError, match="NaN"):
        mlkit.utils.check_array([[float("nan")]])
    with config_context(assume_finite=True):
        mlkit.utils.check_array([[float("nan")]])
