"""Metadata reaches whom it was asked by, in our routers, in scikit-learn's, and in mixtures."""

import copy
import gc
import inspect
import pickle
import weakref

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.exceptions import UnsetMetadataPassedError as TheirUnset
from sklearn.utils import metadata_routing as theirs

import mlkit
from mlkit._core import routing as ours
from mlkit._core.errors import UnsetMetadataPassedError

W = np.array([1.0, 2.0])
V = np.array([3.0, 4.0])


@pytest.fixture(autouse=True)
def routed():
    with mlkit.config_context(enable_metadata_routing=True):
        yield


class Recording:
    """Keeps what its methods were given."""

    def _keep(self, method, **given):
        calls = vars(self).setdefault("calls", {})
        calls[method] = {name: value for name, value in given.items() if value is not None}
        return self

    def fit(self, X, y=None, sample_weight=None, groups=None):
        return self._keep("fit", sample_weight=sample_weight, groups=groups)

    def predict(self, X, sample_weight=None):
        self._keep("predict", sample_weight=sample_weight)
        return X

    def transform(self, X, sample_weight=None):
        self._keep("transform", sample_weight=sample_weight)
        return X

    def score(self, X, y):
        return 0.0


class Ours(Recording, ours.Requests):
    pass


class Theirs(Recording, BaseEstimator):
    pass


class Whole:
    """A meta-estimator over one part; `library` makes its router."""

    library = ours

    def __init__(self, part):
        self.part = part

    def fit(self, X, y=None, **params):
        routed = self.library.process_routing(self, "fit", **params)
        self.part.fit(X, y, **routed["part"]["fit"])
        return self

    def get_metadata_routing(self):
        mapping = self.library.MethodMapping().add(caller="fit", callee="fit")
        router = self.library.MetadataRouter(owner=self)
        return router.add(part=self.part, method_mapping=mapping)


class TheirWhole(Whole):
    library = theirs


WHOLES = [Whole, TheirWhole]
PARTS = [Ours, Theirs]
mixed = pytest.mark.parametrize("whole", WHOLES)
parts = pytest.mark.parametrize("part", PARTS)


def test_names_and_constants_are_scikit_learns():
    for name in ("UNUSED", "UNCHANGED", "WARN"):
        assert getattr(ours, name) == getattr(theirs, name)
    from sklearn.utils import _metadata_requests

    # imbalanced-learn, where a test has imported it, adds a method of its own to the lists.
    for mine, known in (
        (ours.METHODS, _metadata_requests.METHODS),
        (ours.SIMPLE_METHODS, _metadata_requests.SIMPLE_METHODS),
    ):
        assert list(mine) == [name for name in known if name != "fit_resample"]


@pytest.mark.parametrize(
    "value", [True, False, None, "$WARN$", "$UNUSED$", "no identifier", "w", 3]
)
def test_kinds_of_request_agree_with_scikit_learn(value):
    from sklearn.utils import _metadata_requests

    assert ours.request_is_alias(value) == _metadata_requests.request_is_alias(value)
    assert ours.request_is_valid(value) == _metadata_requests.request_is_valid(value)


# ---------------------------------------------------------------------- declarations


class Plain(ours.Requests):
    def fit(self, X, y, *, prop=None, sample_weight=None, **rest):
        pass

    def predict(self, X, *more):
        pass

    def score(self, X, y, sample_weight=None):
        pass


def test_requests_are_read_from_signatures():
    request = Plain().get_metadata_routing()
    assert request.fit.requests == {"prop": None, "sample_weight": None}
    assert request.score.requests == {"sample_weight": None}
    assert not hasattr(Plain, "set_predict_request")
    assert not hasattr(Plain, "set_fit_transform_request")


def test_signatures_are_read_as_scikit_learn_reads_them():
    """Same names for plain, wrapped, keyword-only, static and builtin methods."""
    from sklearn.utils._metadata_requests import _MetadataRequester

    class Methods:
        @sklearn.base._fit_context(prefer_skip_nested_validation=True)
        def fit(self, X, y=None, /, a=1, *args, b, c=2, **kwargs):
            pass

        def partial_fit(*args, b=1, **kwargs):
            pass

        @staticmethod
        def transform(Xt, d=1):
            pass

        predict = lambda self, X, Y=None, e=None: X  # noqa: E731

    class A(Methods, ours.Requests):
        pass

    class B(Methods, _MetadataRequester):
        pass

    for method in ("fit", "partial_fit", "transform", "predict"):
        expected = B._get_class_level_metadata_request_values(method)
        assert getattr(A().get_metadata_routing(), method).requests == expected


def test_metadata_names_of_a_function():
    def metric(y_true, y_pred, sample_weight=None, *, beta=1.0, **rest):
        pass

    assert ours.metadata_names(metric, ignore=("y_pred",)) == ["sample_weight", "beta"]
    metric.__signature__ = inspect.signature(lambda y_true, other: None)
    assert ours.metadata_names(metric) == ["other"]


def test_class_overrides_follow_the_method_resolution_order():
    class Base(ours.Requests):
        __metadata_request__split = {"groups": True}

        def split(self, X, y=None):
            pass

    class a(Base):
        __metadata_request__split = {"groups": "domain"}

    class Z(a):
        __metadata_request__split = {"groups": ours.UNUSED}

    assert Base().get_metadata_routing().split.requests == {"groups": True}
    assert a().get_metadata_routing().split.requests == {"groups": "domain"}
    assert Z().get_metadata_routing().split.requests == {}
    with pytest.raises(TypeError, match="groups"):
        Z().set_split_request(groups=True)


def test_an_override_that_removes_nothing_is_an_error_when_asked():
    class Wrong(ours.Requests):
        __metadata_request__fit = {"prop": ours.UNUSED}

        def fit(self, X, y):
            pass

    with pytest.raises(ValueError, match="prop"):
        Wrong().get_metadata_routing()


def test_own_setter_is_kept():
    class Own(ours.Requests):
        def set_score_request(self, **given):
            return given

        def score(self, X, y, sample_weight=None):
            pass

    assert Own().set_score_request(anything=1) == {"anything": 1}


def test_setters_look_like_methods():
    signature = inspect.signature(Plain().set_fit_request)
    assert list(signature.parameters) == ["prop", "sample_weight"]
    assert all(p.kind == p.KEYWORD_ONLY for p in signature.parameters.values())
    assert signature.parameters["prop"].default == ours.UNCHANGED
    assert "prop" in Plain.set_fit_request.__doc__
    assert Plain.set_fit_request.__name__ == "set_fit_request"
    with pytest.raises(TypeError):
        Plain().set_fit_request(True)


def test_setter_taken_from_its_class_still_binds():
    class Copy(Plain):
        pass

    Copy.set_fit_request = Copy.set_fit_request
    request = Copy().set_fit_request(prop=True).get_metadata_routing()
    assert request.fit.requests["prop"] is True


def test_setters_change_only_what_they_are_given():
    est = Plain().set_fit_request(prop="other").set_fit_request(sample_weight=True)
    request = est.get_metadata_routing()
    assert request.fit.requests == {"prop": "other", "sample_weight": True}
    assert request.score.requests == {"sample_weight": None}
    assert request.owner is est
    with pytest.raises(TypeError, match="nothing_such"):
        est.set_fit_request(nothing_such=True)


def test_setters_need_routing():
    with (
        mlkit.config_context(enable_metadata_routing=False),
        pytest.raises(RuntimeError, match="enable_metadata_routing"),
    ):
        Plain().set_fit_request(prop=True)


def test_scikit_learns_setting_counts():
    with mlkit.config_context(enable_metadata_routing=False):
        assert not ours.routing_enabled()
        with sklearn.config_context(enable_metadata_routing=True):
            assert ours.routing_enabled()
            Plain().set_fit_request(prop=True)


def test_an_estimator_with_requests_does_not_hold_itself():
    est = Plain().set_fit_request(prop=True)
    seen = weakref.ref(est)
    gc.disable()
    try:
        del est
        assert seen() is None
    finally:
        gc.enable()


# ---------------------------------------------------------------------- requests


def test_request_values():
    request = ours.MetadataRequest(owner="test")
    fit = request.fit
    for alias in (None, False, True, "other"):
        fit.add_request(param="p", alias=alias)
        assert request.fit.requests == {"p": alias}
    assert fit._get_param_names(return_alias=False) == {"p"}
    assert fit._get_param_names(return_alias=True) == {"other"}
    fit.add_request(param="p", alias="p")
    assert request.fit.requests == {"p": True}
    fit.add_request(param="p", alias=ours.UNUSED)
    assert request.fit.requests == {}
    for wrong in (1.4, "two words", [1]):
        with pytest.raises(ValueError, match="'p'"):
            fit.add_request(param="p", alias=wrong)
    with pytest.raises(ValueError, match="UNUSED"):
        fit.add_request(param="p", alias=ours.UNUSED)
    with pytest.raises(AttributeError):
        request.no_method


@pytest.mark.parametrize(
    "alias, consumed", [(True, {"p"}), ("q", {"q"}), (None, set()), (False, set())]
)
def test_consumes_what_is_passed_on(alias, consumed):
    request = ours.MetadataRequest(owner="test")
    request.fit.add_request(param="p", alias=alias)
    assert request.consumes("fit", iter(["p", "q"])) == consumed


def test_composite_methods_are_the_union_of_their_parts():
    request = ours.MetadataRequest(owner="test")
    request.fit.add_request(param="a", alias=True)
    request.transform.add_request(param="b", alias="c")
    assert request.fit_transform.requests == {"a": True, "b": "c"}
    request.transform.add_request(param="a", alias=False)
    with pytest.raises(ValueError, match="Conflicting"):
        request.fit_transform
    assert request.fit_predict.requests == {"a": True}


class Uncopyable:
    def __deepcopy__(self, memo):
        raise AssertionError("the owner must not be copied")


@pytest.mark.parametrize("duplicate", [copy.deepcopy, sklearn.clone, ours.get_routing_for_object])
def test_copies_share_the_owner_and_nothing_else(duplicate):
    request = ours.MetadataRequest(owner=Uncopyable())
    request.fit.add_request(param="p", alias=True)
    router = ours.MetadataRouter(owner=request.owner).add_self_request(request)
    router.add(part=request, method_mapping=ours.MethodMapping().add(caller="fit", callee="fit"))
    copied = duplicate(request)
    copied.fit.add_request(param="p", alias=False)
    assert copied.owner is request.owner
    assert request.fit.requests == {"p": True}
    if duplicate is not copy.deepcopy:
        copied = duplicate(router)
        copied._route_mappings["part"].mapping.add(caller="fit", callee="score")
        assert copied.owner is router.owner
        assert len(list(router._route_mappings["part"].mapping)) == 1


def test_pickles():
    est = Plain().set_fit_request(prop="other")
    again = pickle.loads(pickle.dumps(est))
    assert again.get_metadata_routing().fit.requests == est.get_metadata_routing().fit.requests
    routed = ours.process_routing(Whole(Ours()), "fit")
    assert pickle.loads(pickle.dumps(routed))["part"]["fit"] == {}


def test_text():
    est = Ours().set_fit_request(groups=True)
    whole = Whole(est).get_metadata_routing().add_self_request(Plain())
    assert str(whole) == str(
        {
            "$self_request": Plain().get_metadata_routing()._serialize(),
            "part": {
                "mapping": [{"caller": "fit", "callee": "fit"}],
                "router": est.get_metadata_routing()._serialize(),
            },
        }
    )
    names = [name for name, pair in whole]
    assert names == ["$self_request", "part"]


# ---------------------------------------------------------------------- routers


@pytest.fixture
def sklearn_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@mixed
@parts
def test_requested_metadata_arrives(whole, part, sklearn_routed):
    p = part().set_fit_request(sample_weight="weight", groups=True)
    whole(p).fit(None, weight=W, groups=V)
    assert p.calls["fit"]["sample_weight"] is W
    assert p.calls["fit"]["groups"] is V


@mixed
@parts
def test_two_levels(whole, part, sklearn_routed):
    for inner in WHOLES:
        p = part().set_fit_request(sample_weight="weight", groups=False)
        whole(inner(p)).fit(None, weight=W)
        assert list(p.calls["fit"]) == ["sample_weight"]
        assert p.calls["fit"]["sample_weight"] is W


@mixed
@parts
def test_undecided_metadata_is_refused(whole, part, sklearn_routed):
    """Ours is also scikit-learn's class, so that either can be caught."""
    with pytest.raises(TheirUnset) as caught:
        whole(part()).fit(None, sample_weight=W)
    assert list(caught.value.unrequested_params) == ["sample_weight"]
    assert isinstance(caught.value, UnsetMetadataPassedError) == (part is Ours)


@mixed
@parts
def test_unknown_and_declined_metadata_is_an_error(whole, part, sklearn_routed):
    with pytest.raises(TypeError, match="other"):
        whole(part()).fit(None, other=W)
    with pytest.raises(TypeError, match="sample_weight"):
        whole(part().set_fit_request(sample_weight=False)).fit(None, sample_weight=W)


@mixed
@parts
def test_none_counts_as_not_given(whole, part, sklearn_routed):
    p = part()
    whole(p).fit(None, sample_weight=None)
    assert p.calls["fit"] == {}


@mixed
@parts
def test_recent_support_warns_and_is_ignored(whole, part, sklearn_routed):
    class Recent(part):
        __metadata_request__fit = {"sample_weight": ours.WARN}

    p = Recent()
    with pytest.warns(UserWarning, match="ignored"):
        whole(p).fit(None, sample_weight=W)
    assert p.calls["fit"] == {}


class Both(Whole, ours.Requests):
    """A meta-estimator that uses ``sample_weight`` itself as well."""

    def fit(self, X, y=None, sample_weight=None, **params):
        self.own = sample_weight
        return super().fit(X, y, sample_weight=sample_weight, **params)

    def get_metadata_routing(self):
        return super().get_metadata_routing().add_self_request(self)


@mixed
def test_router_that_also_consumes(whole, sklearn_routed):
    p = Ours().set_fit_request(sample_weight="inner")
    outer = whole(both := Both(p).set_fit_request(sample_weight="outer"))
    outer.fit(None, inner=W, outer=V)
    assert both.own is V
    assert p.calls["fit"]["sample_weight"] is W
    # Alone, it takes its own metadata by name, without a request.
    p = Ours().set_fit_request(sample_weight=False)
    assert Both(p).fit(None, sample_weight=W).own is W
    assert p.calls["fit"] == {}


@mixed
def test_a_name_cannot_mean_two_things(whole, sklearn_routed):
    both = Both(Ours().set_fit_request(sample_weight=True)).set_fit_request(sample_weight="outer")
    with pytest.raises(ValueError, match="conflict on sample_weight"):
        whole(both).fit(None, sample_weight=W, outer=V)


def test_router_consumes():
    part = Ours().set_fit_request(sample_weight="weight")
    router = Both(part).set_fit_request(sample_weight=True).get_metadata_routing()
    assert router.consumes("fit", ["weight", "sample_weight", "x"]) == {"weight", "sample_weight"}
    assert router.consumes("predict", ["weight"]) == set()
    # A composite method consumes what its parts do.
    assert router.consumes("fit_transform", ["weight"]) == {"weight"}


def test_mapping_refuses_what_is_no_method():
    with pytest.raises(ValueError, match="callee"):
        ours.MethodMapping().add(caller="fit", callee="fitt")
    with pytest.raises(ValueError, match="caller"):
        ours.MethodMapping().add(caller="fitt", callee="fit")
    with pytest.raises(ValueError, match="MetadataRequest"):
        ours.MetadataRouter(owner="x").add_self_request(ours.MetadataRouter(owner="y"))


def test_process_routing_refuses():
    with pytest.raises(TypeError, match="no_method"):
        ours.process_routing(Ours(), "no_method", groups=W)
    with pytest.raises(AttributeError, match="get_metadata_routing"):
        ours.process_routing(object(), "fit", groups=W)


@pytest.mark.parametrize("enabled", [True, False])
def test_nothing_given_nothing_looked_up(enabled):
    class Broken:
        def get_metadata_routing(self):
            raise NotImplementedError

    with mlkit.config_context(enable_metadata_routing=enabled):
        routed = ours.process_routing(Broken(), "fit")
    for part in (routed["a"], routed.a, routed.get("a")):
        assert set(part) == set(ours.METHODS)
        assert not any(part.values())


def test_objects_without_routing_have_an_empty_request():
    for obj in (None, object(), "text"):
        assert str(ours.get_routing_for_object(obj)) == "{}"


@pytest.mark.parametrize("part", PARTS)
def test_scikit_learns_pipeline_and_splitter(part, sklearn_routed):
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import Pipeline

    class Scored(part):
        def __sklearn_tags__(self):
            return BaseEstimator.__sklearn_tags__(BaseEstimator())

    step = Scored().set_fit_request(sample_weight=True).set_transform_request(sample_weight=False)
    pipe = Pipeline([("step", step)]).fit(np.eye(2), sample_weight=W)
    assert pipe.named_steps["step"].calls["fit"]["sample_weight"] is W
    router = ours.MetadataRouter(owner="search").add(
        splitter=GroupKFold(),
        method_mapping=ours.MethodMapping().add(caller="fit", callee="split"),
    )
    assert router.route_params(caller="fit", params={"groups": W})["splitter"]["split"].groups is W


# ---------------------------------------------------------------------- routing off


def test_params_are_refused_without_routing():
    ours.refuse_params({"a": 1}, Ours(), "fit")
    with mlkit.config_context(enable_metadata_routing=False):
        ours.refuse_params({"a": 1}, Ours(), "fit", allow=["a"])
        with pytest.raises(ValueError, match=r"Ours\.fit"):
            ours.refuse_params({"a": 1}, Ours(), "fit")


def test_route_directly():
    routed = ours.route_directly(estimator={"fit": {"a": 1}}, other=None)
    assert routed.estimator.fit == {"a": 1}
    assert routed["other"]["score"] == {}
    assert set(routed.estimator) == set(ours.METHODS)


def test_params_by_step():
    sort = ours.params_by_step
    assert sort({"a__x": 1, "a__b__y": 2}, ["a", "c"], "P.fit") == {
        "a": {"x": 1, "b__y": 2},
        "c": {},
    }
    with pytest.raises(ValueError, match="step__x"):
        sort({"x": 1}, ["a"], "P.fit")
    with pytest.raises(ValueError, match="'c__x'"):
        sort({"c__x": 1}, ["a"], "P.fit")
