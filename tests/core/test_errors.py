"""Exceptions and warnings: both libraries' classes, and what a worker process sends back."""

import pickle
import warnings

import pytest
import sklearn.exceptions as theirs

from mlkit import exceptions as ours
from mlkit._core.errors import import_optional, twin

SHARED = [name for name in ours.__all__ if name != "PositiveSpectrumWarning"]


@pytest.mark.parametrize("name", SHARED)
def test_a_twin_is_caught_by_either_class(name):
    both = twin(getattr(ours, name))
    assert issubclass(both, getattr(ours, name))
    assert issubclass(both, getattr(theirs, name))
    assert twin(getattr(ours, name)) is both


def test_a_twin_survives_pickling():
    error = twin(ours.NotFittedError)("fit first")
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is type(error)
    assert copied.args == ("fit first",)
    details = {"unrequested_params": {"a": 1}, "routed_params": {}}
    error = twin(ours.UnsetMetadataPassedError)(message="which?", **details)
    copied = pickle.loads(pickle.dumps(error))
    assert copied.args == ("which?",)
    assert copied.unrequested_params == {"a": 1}


def test_filters_on_either_class_act():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore", theirs.ConvergenceWarning)
        warnings.warn("slow", twin(ours.ConvergenceWarning), stacklevel=1)
    assert not caught


def test_a_missing_extra_is_named_with_its_command():
    with pytest.raises(ImportError, match=r"plots needs nowhere.*pip install 'mlkit\[plot\]'"):
        import_optional("nowhere.to.be.found", "plot", "plots")
