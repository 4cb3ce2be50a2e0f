"""Conditional methods and deprecated names."""

import inspect
import pickle
import warnings

import pytest

from mlkit.utils import deprecated
from mlkit.utils.metaestimators import available_if


class Switch:
    def __init__(self, on=True):
        self.on = on

    @available_if(lambda self: self.on)
    def read(self, x=1):
        """Doc of read."""
        return x

    @available_if(lambda self: self.absent)
    def never(self):
        return 0


def test_the_method_is_there_when_the_condition_holds():
    assert Switch().read(x=3) == 3
    assert hasattr(Switch(), "read") and not hasattr(Switch(on=False), "read")
    assert Switch.read.__doc__ == Switch().read.__doc__ == "Doc of read."
    assert list(inspect.signature(Switch().read).parameters) == ["x"]


def test_the_unbound_method_asks_as_well():
    assert Switch.read(Switch(), 5) == 5
    with pytest.raises(AttributeError, match="'Switch' has no attribute 'read'"):
        Switch.read(Switch(on=False))


def test_an_attribute_error_of_the_condition_is_the_cause():
    with pytest.raises(AttributeError, match="'never'") as caught:
        _ = Switch().never
    assert "absent" in str(caught.value.__cause__)


def test_other_errors_of_the_condition_pass():
    class Broken:
        @available_if(lambda self: 1 / 0)
        def f(self):
            return 0

    with pytest.raises(ZeroDivisionError):
        _ = Broken().f


def test_bound_methods_pickle():
    assert pickle.loads(pickle.dumps(Switch().read))(4) == 4


@deprecated("use new")
def old(a, b=2):
    """Doc of old."""
    return a + b


@deprecated("a message")
class Old:
    def __init__(self, a, b=1):
        self.a = a


class Heir(Old):
    def __init__(self):
        self.a = 0


class Holder:
    @deprecated()
    @property
    def size(self):
        """Doc of size."""
        return 3


def test_use_warns_and_works():
    with pytest.warns(FutureWarning, match="Function old is deprecated; use new"):
        assert old(1) == 3
    with pytest.warns(FutureWarning, match="Class Old is deprecated; a message"):
        assert Old(5).a == 5
    with pytest.warns(FutureWarning, match="a message"):
        assert Heir().a == 0
    with pytest.warns(FutureWarning, match="Attribute size is deprecated$"):
        assert Holder().size == 3


def test_doc_signature_and_pickling_remain():
    assert old.__doc__ == "Doc of old." and Holder.size.__doc__ == "Doc of size."
    assert list(inspect.signature(Old).parameters) == ["a", "b"]
    assert list(inspect.signature(old).parameters) == ["a", "b"]
    assert pickle.loads(pickle.dumps(old)) is old


def test_looking_at_it_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _ = old, Old, Holder.size
