"""Metadata routing: which keyword argument of a router reaches which method of which part.

A *request* says, for one method of a consumer, what becomes of each metadata (``sample_weight``,
``groups``...): passed on (True), kept back (False), an error if given (None), or passed on when
given under another name (a string). A *router* holds the requests of its parts and a mapping from
its own methods to theirs.

Requests and routers speak to one another only through ``_type``, ``__sklearn_clone__``,
``consumes``, ``_get_param_names``, ``_check_warnings``, ``_route_params`` and ``_serialize``, with
scikit-learn's argument names: either library's objects may hold the other's.
"""

from typing import NamedTuple

from .bunch import Bunch
from .routing_methods import Requests, metadata_names
from .routing_requests import (
    COMPOSITE_METHODS,
    METHODS,
    SIMPLE_METHODS,
    UNCHANGED,
    UNUSED,
    WARN,
    MetadataRequest,
    MethodRequest,
    request_is_alias,
    request_is_valid,
    routing_enabled,
    routing_title,
)

__all__ = [
    "COMPOSITE_METHODS",
    "METHODS",
    "SIMPLE_METHODS",
    "UNCHANGED",
    "UNUSED",
    "WARN",
    "MetadataRequest",
    "MetadataRouter",
    "MethodMapping",
    "MethodRequest",
    "Requests",
    "get_routing_for_object",
    "metadata_names",
    "params_by_step",
    "process_routing",
    "refuse_params",
    "request_is_alias",
    "request_is_valid",
    "route_directly",
    "routing_enabled",
    "routing_title",
]


def _components(method):
    """The method and, for a composite one, the methods it is made of."""
    return (method, *COMPOSITE_METHODS.get(method, ()))


class MethodPair(NamedTuple):
    """A router's method (`caller`) that calls a part's (`callee`)."""

    caller: str
    callee: str


class RouterMappingPair(NamedTuple):
    """A part of a router: its request or router, and when its methods are called."""

    mapping: "MethodMapping"
    router: object


class MethodMapping:
    """Which method of a router calls which method of its part.

    Examples
    --------
    >>> from mlkit.utils.metadata_routing import MethodMapping
    >>> MethodMapping().add(caller="fit", callee="transform")
    [{'caller': 'fit', 'callee': 'transform'}]
    """

    def __init__(self):
        self._routes = []

    def __iter__(self):
        return iter(self._routes)

    def add(self, *, caller, callee):
        """Say that the router's method `caller` calls the part's method `callee`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If either is no method that metadata is routed to.
        """
        for role, method in (("caller", caller), ("callee", callee)):
            if method not in METHODS:
                raise ValueError(
                    f"Given {role}: {method!r} takes no routed metadata; methods are {METHODS}"
                )
        self._routes.append(MethodPair(caller, callee))
        return self

    def _copy(self):
        copied = MethodMapping()
        copied._routes = [MethodPair(*pair) for pair in self._routes]
        return copied

    def _serialize(self):
        return [pair._asdict() for pair in self._routes]

    def __repr__(self):
        return str(self._serialize())


class MetadataRouter:
    """Who receives the metadata that is passed to the methods of a meta-estimator.

    Parameters
    ----------
    owner : object
        The meta-estimator, or a name; for messages only.

    Examples
    --------
    >>> from mlkit.utils.metadata_routing import MetadataRequest, MetadataRouter, MethodMapping
    >>> part = MetadataRequest(owner="part")
    >>> _ = part.fit.add_request(param="sample_weight", alias=True)
    >>> router = MetadataRouter(owner="whole").add(
    ...     estimator=part, method_mapping=MethodMapping().add(caller="fit", callee="fit")
    ... )
    >>> router.route_params(caller="fit", params={"sample_weight": [1, 2]})
    {'estimator': {'fit': {'sample_weight': [1, 2]}}}
    """

    _type = "metadata_router"

    def __init__(self, owner):
        self.owner = owner
        self._self_request = None
        self._route_mappings = {}

    def __sklearn_clone__(self):
        copied = type(self)(self.owner)
        if self._self_request is not None:
            copied._self_request = self._self_request.__sklearn_clone__()
        for name, (mapping, router) in self._route_mappings.items():
            copied._route_mappings[name] = RouterMappingPair(
                mapping._copy(), router.__sklearn_clone__()
            )
        return copied

    def add_self_request(self, obj):
        """Add the router's own request: a meta-estimator that also uses metadata itself.

        Parameters
        ----------
        obj : estimator or MetadataRequest

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `obj` is neither.
        """
        if getattr(obj, "_type", None) == "metadata_request":
            self._self_request = obj.__sklearn_clone__()
        elif hasattr(obj, "_get_metadata_request"):
            self._self_request = obj._get_metadata_request().__sklearn_clone__()
        else:
            raise ValueError(
                f"not an object that asks for metadata, nor a MetadataRequest: "
                f"{type(obj).__name__}; inherit from mlkit.base.BaseEstimator"
            )
        return self

    def add(self, *, method_mapping, **objs):
        """Add parts by name, all with the same mapping.

        Parameters
        ----------
        method_mapping : MethodMapping
            Which of the router's methods call which of the parts'.
        **objs : dict
            Estimators, scorers, splitters, requests or routers.

        Returns
        -------
        self
        """
        for name, obj in objs.items():
            mapping = MethodMapping()
            mapping._routes = [MethodPair(*pair) for pair in method_mapping]
            self._route_mappings[name] = RouterMappingPair(mapping, get_routing_for_object(obj))
        return self

    def _calls(self, method):
        """Parts and their methods that `method`, or a component of it, calls."""
        callers = _components(method)
        for mapping, router in self._route_mappings.values():
            for caller, callee in mapping:
                if caller in callers:
                    yield router, callee

    def consumes(self, method, params):
        """Return the names among `params` that the router or any part uses in `method`.

        Parameters
        ----------
        method : str
        params : iterable of str

        Returns
        -------
        set of str
        """
        params = set(params)
        used = set()
        if self._self_request is not None:
            used |= self._self_request.consumes(method=method, params=params)
        for router, callee in self._calls(method):
            used |= router.consumes(method=callee, params=params)
        return used

    def _get_param_names(self, *, method, return_alias, ignore_self_request):
        """Names that `method` takes; parts are always asked for theirs by alias."""
        names = set()
        if self._self_request is not None and not ignore_self_request:
            names |= self._self_request._get_param_names(method=method, return_alias=return_alias)
        for router, callee in self._calls(method):
            names |= router._get_param_names(
                method=callee, return_alias=True, ignore_self_request=False
            )
        return names

    def _route_params(self, *, params, method, parent, caller):
        """What this router, itself a part of `parent`, must be given for `method`.

        What its parts understand is handed over whole; it is sorted out one level down.
        """
        routed = Bunch()
        if self._self_request is not None:
            routed.update(
                self._self_request._route_params(
                    params=params, method=method, parent=parent, caller=caller
                )
            )
        names = self._get_param_names(method=method, return_alias=True, ignore_self_request=True)
        for name in names & params.keys():
            if name in routed and routed[name] is not params[name]:
                title = routing_title(self.owner)
                raise ValueError(
                    f"In {title}, there is a conflict on {name} between what {title} itself and "
                    "what its parts asked for: give the parts' metadata another name in their "
                    "set_*_request"
                )
            routed[name] = params[name]
        return routed

    def route_params(self, *, caller, params):
        """Sort the metadata given to the router's method `caller` by part and method.

        Parameters
        ----------
        caller : str
            The router's method.
        params : dict
            Metadata by name.

        Returns
        -------
        Bunch
            ``{part: {method: {name: value}}}``.

        Raises
        ------
        UnsetMetadataPassedError
            If a part has not said whether it wants one of them.
        """
        if self._self_request is not None:
            self._self_request._check_warnings(params=params, method=caller)
        return Bunch(
            **{
                name: Bunch(
                    **{
                        pair.callee: router._route_params(
                            params=params, method=pair.callee, parent=self.owner, caller=caller
                        )
                        for pair in mapping
                        if pair.caller == caller
                    }
                )
                for name, (mapping, router) in self._route_mappings.items()
            }
        )

    def validate_metadata(self, *, method, params):
        """Raise TypeError if nobody takes one of the metadata `params` in `method`."""
        known = self._get_param_names(method=method, return_alias=False, ignore_self_request=False)
        extra = [name for name in params if name not in known]
        if extra:
            raise TypeError(
                f"{routing_title(self.owner)}.{method} got unexpected argument(s) {extra}: neither "
                "it nor its parts request them"
            )

    def _serialize(self):
        whole = {}
        if self._self_request is not None:
            whole["$self_request"] = self._self_request._serialize()
        for name, (mapping, router) in self._route_mappings.items():
            whole[name] = {"mapping": mapping._serialize(), "router": router._serialize()}
        return whole

    def __iter__(self):
        if self._self_request is not None:
            identity = MethodMapping()
            for method in METHODS:
                identity.add(caller=method, callee=method)
            yield "$self_request", RouterMappingPair(identity, self._self_request)
        yield from self._route_mappings.items()

    def __repr__(self):
        return str(self._serialize())


def get_routing_for_object(obj=None):
    """Return a copy of an object's request or router; an empty request if it has none.

    Parameters
    ----------
    obj : object
        An estimator, a scorer, a splitter, a request, a router, or anything else.

    Returns
    -------
    MetadataRequest or MetadataRouter

    Examples
    --------
    >>> from mlkit.utils.metadata_routing import get_routing_for_object
    >>> get_routing_for_object("no estimator")
    {}
    """
    if hasattr(obj, "get_metadata_routing"):
        return obj.get_metadata_routing().__sklearn_clone__()
    if getattr(obj, "_type", None) in ("metadata_request", "metadata_router"):
        return obj.__sklearn_clone__()
    return MetadataRequest(owner=None)


class NothingRouted:
    """Routed parameters when no metadata was given: empty for each part and each method."""

    def get(self, name, default=None):
        """Empty parameters of each method of the part `name`; there is always a part."""
        return self[name]

    def __getitem__(self, name):
        return Bunch(**{method: {} for method in METHODS})

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]


def process_routing(_obj, _method, /, **kwargs):
    """Check the metadata given to a method of a router and sort it by part and method.

    Without metadata nothing is looked up, whatever the settings: the result is empty for every
    part.

    Parameters
    ----------
    _obj : object
        A meta-estimator with ``get_metadata_routing``, or a `MetadataRouter`.
    _method : str
        The method that was called.
    **kwargs : dict
        The metadata; None counts as not given.

    Returns
    -------
    Bunch
        ``{part: {method: {name: value}}}``; use item access.

    Raises
    ------
    TypeError
        If nobody takes a metadata, or if `_method` takes none.
    UnsetMetadataPassedError
        If a part has not said whether it wants one.
    AttributeError
        If `_obj` routes nothing.

    Examples
    --------
    >>> from mlkit.utils.metadata_routing import MetadataRouter, process_routing
    >>> process_routing(MetadataRouter(owner="whole"), "fit")["estimator"]["fit"]
    {}
    """
    if not kwargs:
        return NothingRouted()
    if (
        not hasattr(_obj, "get_metadata_routing")
        and getattr(_obj, "_type", "") != "metadata_router"
    ):
        raise AttributeError(
            f"{routing_title(_obj)} routes no metadata: define get_metadata_routing or pass a "
            "MetadataRouter"
        )
    if _method not in METHODS:
        raise TypeError(f"{_method!r} takes no routed metadata; methods are {METHODS}")
    router = get_routing_for_object(_obj)
    router.validate_metadata(params=kwargs, method=_method)
    return router.route_params(params=kwargs, caller=_method)


# What follows serves meta-estimators when metadata is not routed.


def refuse_params(params, owner, method, allow=()):
    """Raise ValueError for metadata, other than `allow`, that only routing could deliver."""
    extra = [name for name in params if name not in allow]
    if extra and not routing_enabled():
        title = f"{routing_title(owner)}.{method}" if method else routing_title(owner)
        raise ValueError(
            f"{title} got {extra}, which are passed on only if metadata is routed: call "
            "mlkit.set_config(enable_metadata_routing=True)"
        )


def route_directly(**parts):
    """Routed parameters written by hand: ``route_directly(estimator={"fit": fit_params})``.

    Every part has every method; those not named receive nothing.
    """
    return Bunch(
        **{
            part: Bunch(**{method: dict((given or {}).get(method, ())) for method in METHODS})
            for part, given in parts.items()
        }
    )


def params_by_step(params, steps, caller):
    """Sort ``step__name`` parameters by step, for a composition whose metadata is not routed.

    Parameters
    ----------
    params : dict
        Parameters named ``step__name``.
    steps : iterable of str
        Names of the steps.
    caller : str
        Who was called, for messages: ``"Pipeline.fit"``.

    Returns
    -------
    dict of dict
        ``{step: {name: value}}``, with each step.

    Raises
    ------
    ValueError
        If a parameter names no step.
    """
    sorted_params = {step: {} for step in steps}
    for key, value in params.items():
        step, delimiter, name = key.partition("__")
        if not delimiter:
            raise ValueError(
                f"{caller} does not accept the {key} parameter: write step__{key} to pass it to a "
                f"step, one of {list(sorted_params)}"
            )
        if step not in sorted_params:
            raise ValueError(f"{caller}: {key!r} names no step; steps are {list(sorted_params)}")
        sorted_params[step][name] = value
    return sorted_params
