"""Discovery walks the tables of public names."""

import inspect

import pytest

from mlkit.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from mlkit.utils.discovery import all_displays, all_estimators, all_functions


def test_estimators_are_concrete_sorted_and_named():
    found = all_estimators()
    names = [name for name, _ in found]
    assert names == sorted(names) and len(set(names)) == len(names)
    for name, cls in found:
        assert cls.__name__ == name
        assert issubclass(cls, BaseEstimator) and not inspect.isabstract(cls)
        assert hasattr(cls, "fit"), name
    assert {"DummyClassifier", "DummyRegressor"} <= set(names)
    assert "BaseEstimator" not in names


@pytest.mark.parametrize(
    "role, mixin",
    [
        ("classifier", ClassifierMixin),
        ("regressor", RegressorMixin),
        ("transformer", TransformerMixin),
    ],
)
def test_a_role_keeps_its_own(role, mixin):
    everything = all_estimators()
    kept = all_estimators(type_filter=role)
    assert kept == [(name, cls) for name, cls in everything if issubclass(cls, mixin)]
    both = all_estimators(type_filter=[role, "cluster"])
    assert set(kept) <= set(both)


@pytest.mark.parametrize("role", ["nothing", ["classifier", "x"], 3])
def test_unknown_roles_are_refused(role):
    with pytest.raises(ValueError, match="type_filter"):
        all_estimators(type_filter=role)


def test_functions_and_displays():
    names = dict(all_functions())
    assert {"shuffle", "clone", "row_norms"} <= set(names)
    assert all(inspect.isfunction(function) for function in names.values())
    for name, cls in all_displays():
        assert name.endswith("Display") and inspect.isclass(cls)
