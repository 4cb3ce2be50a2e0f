"""Declared parameters: constructor, reading, setting, cloning, checking, documentation."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone as their_clone
from sklearn.linear_model import Ridge as TheirRidge

from mlkit._core.config import config_context
from mlkit._core.domains import at_least, boolean, integer, none, one_of
from mlkit._core.errors import InvalidParameterError
from mlkit._core.estimator import Estimator
from mlkit._core.params import checked, clone, fitted, param, required


class Line(Estimator):
    """A line.

    References
    ----------
    Euclid.
    """

    slope: float = param(1.0, at_least(0), "How steep it is.", kw_only=False)
    where: object = param(None, integer(0) | one_of("here") | none, "Where it starts.")
    inner: object = param(None, none | at_least(-1), "Anything.")
    length_ = fitted("float", "How long it is.")


class Steeper(Line):
    """A line that starts steeper."""

    slope: float = param(5.0, at_least(0), "How steep it is.", kw_only=False)
    wavy: bool = param(False, boolean, "Whether it waves.")


class ByHand(Line):
    def __init__(self, slope=2.0, extra=3):
        super().__init__(slope=slope)
        self.extra = extra


class Needy(Estimator):
    estimator: object = param(required, at_least(0), "Needed.", kw_only=False)


def test_the_constructor_comes_from_the_declarations():
    assert Line().get_params() == {"slope": 1.0, "where": None, "inner": None}
    assert Line(3.0, where="here").slope == 3.0
    with pytest.raises(TypeError):
        Line(3.0, "here")
    with pytest.raises(TypeError):
        Line(slop=3.0)
    with pytest.raises(TypeError, match="estimator"):
        Needy()


def test_a_subclass_adds_and_redeclares():
    assert Steeper().get_params() == {"slope": 5.0, "where": None, "inner": None, "wavy": False}
    assert Line().slope == 1.0
    assert not hasattr(Line, "slope"), "a declaration is no class attribute"


def test_a_hand_written_constructor_is_the_truth():
    model = ByHand(extra=4)
    assert model.get_params() == {"slope": 2.0, "extra": 4}
    assert clone(model).extra == 4

    class Below(ByHand):
        pass

    assert Below(extra=1).get_params() == {"slope": 2.0, "extra": 1}


def test_nested_parameters_are_read_and_set_by_name():
    outer = Line(inner=Line(2.0))
    assert outer.get_params()["inner__slope"] == 2.0
    assert "inner__slope" not in outer.get_params(deep=False)
    outer.set_params(inner__slope=7.0, slope=3.0)
    assert (outer.inner.slope, outer.slope) == (7.0, 3.0)
    # A replaced estimator gets the parameters set in the same call.
    outer.set_params(inner=Line(), inner__slope=9.0)
    assert outer.inner.slope == 9.0


@pytest.mark.parametrize("name", ["slop", "inner__slop", "inner__inner__slope"])
def test_an_unknown_name_is_refused_with_the_choices(name):
    with pytest.raises(ValueError, match=r"[Ii]nvalid parameter.*slope"):
        Line(inner=Line()).set_params(**{name: 1})


def test_clone_copies_parameters_and_nothing_else():
    model = Line(slope=np.float64(3), inner=Line())
    model.length_ = 3
    copied = clone(model)
    assert copied.slope == 3
    assert copied.inner is not model.inner
    assert not hasattr(copied, "length_")
    assert [type(each) for each in clone([model, Steeper()])] == [Line, Steeper]


def test_clone_understands_scikit_learn_and_the_other_way_round():
    assert clone(TheirRidge(alpha=3)).alpha == 3
    assert their_clone(Line(slope=3)).slope == 3
    nested = Line(inner=TheirRidge(alpha=3))
    assert clone(nested).inner.alpha == 3
    assert clone(nested).inner is not nested.inner


def test_clone_refuses_what_it_cannot_copy():
    class Changing(Estimator):
        def __init__(self, rows=()):
            self.rows = list(rows)

    with pytest.raises(RuntimeError, match="rows"):
        clone(Changing(rows=[1]))
    with pytest.raises(TypeError, match="class"):
        clone(Line)
    with pytest.raises(TypeError, match="not an estimator"):
        clone(3)

    class Many(Estimator):
        def __init__(self, *parts):
            self.parts = parts

    with pytest.raises(RuntimeError, match="parts"):
        Many(1).get_params()


def test_values_are_checked_at_fit_and_not_before():
    model = Line(slope=-1, where="there")
    with pytest.raises(InvalidParameterError, match=r"'slope' parameter of Line.*float ≥ 0.*-1"):
        model._check_params()
    with pytest.raises(InvalidParameterError, match=r"'where'.*\{'here'\} or None.*'there'"):
        model.set_params(slope=1)._check_params()
    with config_context(skip_parameter_validation=True):
        model._check_params()
    assert issubclass(InvalidParameterError, ValueError)
    assert issubclass(InvalidParameterError, TypeError)


def test_functions_are_checked_by_name_and_by_position():
    @checked(size=integer(1), flag=boolean)
    def function(size, *, flag=True, free=None):
        """Doc."""
        return size, flag, free

    assert function(2, free="x") == (2, True, "x")
    assert function.__doc__ == "Doc."
    for call in (lambda: function(0), lambda: function(size=0), lambda: function(1, flag=1)):
        with pytest.raises(InvalidParameterError, match="function"):
            call()


def test_the_docstring_holds_each_declaration_before_later_sections():
    doc = Line.__doc__
    parts = ["A line.", "Parameters\n", "slope : float ≥ 0, default=1.0", "How steep"]
    parts += ["Attributes\n", "length_ : float", "References\n"]
    places = [doc.index(part) for part in parts]
    assert places == sorted(places)


def test_pickling_keeps_state_and_warns_of_another_version():
    model = Line(slope=3)
    model.length_ = np.arange(3)
    copied = pickle.loads(pickle.dumps(model))
    assert copied.slope == 3
    np.testing.assert_array_equal(copied.length_, model.length_)

    from mlkit.dummy import DummyRegressor

    state = DummyRegressor().__getstate__()
    with pytest.warns(UserWarning, match="pickled by mlkit 0.0.0"):
        DummyRegressor().__setstate__({**state, "_mlkit_version": "0.0.0"})
