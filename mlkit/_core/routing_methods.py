"""``set_<method>_request`` for every method of a class that takes metadata."""

import inspect
from types import FunctionType

from .routing_requests import (
    SIMPLE_METHODS,
    UNCHANGED,
    UNUSED,
    MetadataRequest,
    routing_enabled,
    routing_title,
)

_DATA = frozenset(("X", "y", "Y", "Xt", "yt"))
_OVERRIDE = "__metadata_request__"

_SETTER_DOC = """Say which metadata ``{method}`` takes from a meta-estimator that routes.

It matters only while metadata is routed (``set_config(enable_metadata_routing=True)``).

Parameters
----------
{entries}

Returns
-------
self

Raises
------
RuntimeError
    If metadata is not routed.
"""
_ENTRY_DOC = """{name} : bool, None or str, default=UNCHANGED
    True: passed on where given. False: kept back. None: an error if given. A string: passed on
    where given under that name. By default the request stays as it is."""


def metadata_names(function, ignore=()):
    """Names of a function's parameters beyond the first, data (``X``, ``y``...) and `ignore`.

    ``*args`` and ``**kwargs`` have no names to route by and are left out.
    """
    while hasattr(function, "__wrapped__") and not hasattr(function, "__signature__"):
        function = function.__wrapped__
    if type(function) is FunctionType and not hasattr(function, "__signature__"):
        code = function.__code__
        count = code.co_argcount + code.co_kwonlyargcount
        names = code.co_varnames[min(1, code.co_argcount) : count]
    else:
        unnamed = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        parameters = list(inspect.signature(function).parameters.values())[1:]
        names = [each.name for each in parameters if each.kind not in unnamed]
    return [name for name in names if name not in _DATA and name not in ignore]


def declared_requests(cls):
    """``{method: {metadata: request}}`` of a class: signatures, then ``__metadata_request__*``.

    A base class's override yields to its subclass's; `UNUSED` takes a metadata away.
    """
    declared = {}
    for method in SIMPLE_METHODS:
        function = getattr(cls, method, None)
        if callable(function):
            declared[method] = dict.fromkeys(metadata_names(function))
    for base in reversed(cls.__mro__):
        # Two leading underscores: the compiler has put the name of the class in front.
        for attribute in [each for each in vars(base) if _OVERRIDE in each]:
            method = attribute.partition(_OVERRIDE)[2]
            if method not in declared:
                continue
            for name, alias in vars(base)[attribute].items():
                if alias == UNUSED and name not in declared[method]:
                    raise ValueError(
                        f"{base.__name__}.{_OVERRIDE}{method} removes {name!r}, which "
                        f"{cls.__name__}.{method} does not take"
                    )
                declared[method][name] = alias
    return {
        method: {name: alias for name, alias in requests.items() if alias != UNUSED}
        for method, requests in declared.items()
    }


class RequestSetter:
    """The method ``set_<method>_request`` of a class; made when it is first asked for.

    Parameters
    ----------
    method : str
        The method whose metadata it sets.
    names : tuple of str
        The metadata it accepts.
    """

    def __init__(self, method, names):
        self.method = method
        self.names = names
        self._function = None

    def __get__(self, instance, owner=None):
        if self._function is None:
            self._function = self._make()
        return self._function.__get__(instance, owner)

    def _make(self):
        method, names = self.method, self.names

        def set_request(self, **requests):
            return _set_request(self, method, names, requests)

        set_request.__name__ = f"set_{method}_request"
        set_request.__qualname__ = set_request.__name__
        this = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        named = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=UNCHANGED)
            for name in names
        ]
        set_request.__signature__ = inspect.Signature([this, *named])
        entries = "\n".join(_ENTRY_DOC.format(name=name) for name in names)
        set_request.__doc__ = _SETTER_DOC.format(method=method, entries=entries or "None.")
        return set_request


def _set_request(consumer, method, names, requests):
    title = f"{routing_title(consumer)}.set_{method}_request"
    if not routing_enabled():
        raise RuntimeError(
            f"{title} is only available while metadata is routed: call "
            "mlkit.set_config(enable_metadata_routing=True)"
        )
    unknown = [name for name in requests if name not in names]
    if unknown:
        raise TypeError(f"Unexpected args: {unknown} in {title}, which accepts {list(names)}")
    request = consumer._get_metadata_request()
    for name, alias in requests.items():
        if alias is not UNCHANGED and alias != UNCHANGED:
            getattr(request, method).add_request(param=name, alias=alias)
    # By name: the estimator would otherwise hold itself, and live until the collector finds it.
    request.owner = type(consumer).__name__
    consumer._metadata_request = request
    return consumer


def _add_setters(cls):
    for method, requests in declared_requests(cls).items():
        name = f"set_{method}_request"
        present = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
        names = tuple(sorted(requests))
        if present is None:
            if names:
                setattr(cls, name, RequestSetter(method, names))
        elif isinstance(present, RequestSetter) and present.names != names:
            setattr(cls, name, RequestSetter(method, names))


class Requests:
    """Mixin of consumers: requests read from signatures, and methods that set them.

    A class attribute ``__metadata_request__fit = {"prop": True}`` declares what no signature
    shows, or changes what it does show; the value `UNUSED` removes it.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        # An override that makes no sense is reported when the routing is asked for: a class
        # statement is no place for it, since routing may never be used.
        try:
            _add_setters(cls)
        except ValueError:
            return

    def _get_metadata_request(self):
        stored = vars(self).get("_metadata_request")
        if stored is None:
            request = MetadataRequest(owner=self)
            request._by_method = declared_requests(type(self))
        else:
            request = stored.__sklearn_clone__()
            request.owner = self
        return request

    def get_metadata_routing(self):
        """Return what each method does with metadata.

        Returns
        -------
        MetadataRequest
        """
        return self._get_metadata_request()
