"""Bunch is a dictionary whose keys are attributes."""

import copy
import pickle

import pytest

from mlkit.utils import Bunch


def test_keys_and_attributes_are_one():
    bunch = Bunch(a=1)
    bunch.b = 2
    bunch["c"] = 3
    assert dict(bunch) == {"a": 1, "b": 2, "c": 3} and bunch.c == 3
    assert {"a", "b", "c", "items"} <= set(dir(bunch))
    del bunch.a
    assert "a" not in bunch and not hasattr(bunch, "a")
    with pytest.raises(AttributeError, match="a"):
        _ = bunch.a
    with pytest.raises(AttributeError):
        del bunch.a


@pytest.mark.parametrize(
    "twice", [copy.copy, copy.deepcopy, lambda b: pickle.loads(pickle.dumps(b))]
)
def test_copies_are_bunches_that_stay_in_step(twice):
    bunch = twice(Bunch(a=[1]))
    assert isinstance(bunch, Bunch) and bunch.a == [1]
    bunch.a = 2
    assert bunch["a"] == 2
    bunch["a"] = 3
    assert bunch.a == 3


def test_copy_method_gives_a_bunch():
    assert isinstance(Bunch(a=1).copy(), Bunch)
