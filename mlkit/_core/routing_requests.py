"""Requests: what each method of a consumer does with the metadata it might be given."""

import sys
import warnings

from .bunch import Bunch
from .config import current
from .errors import UnsetMetadataPassedError, twin

UNUSED = "$UNUSED$"  # removes a metadata that a signature or a base class declares
WARN = "$WARN$"  # ignored with a warning: support is newer than its callers
UNCHANGED = "$UNCHANGED$"  # default of the arguments of set_*_request

SIMPLE_METHODS = (
    "fit",
    "partial_fit",
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "score",
    "split",
    "transform",
    "inverse_transform",
)
COMPOSITE_METHODS = {"fit_transform": ("fit", "transform"), "fit_predict": ("fit", "predict")}
METHODS = (*SIMPLE_METHODS, *COMPOSITE_METHODS)

_VALUES = (False, True, None, UNUSED, WARN)


def routing_enabled():
    """Whether metadata is routed: by mlkit's settings, or by scikit-learn's where it is loaded."""
    if current()["enable_metadata_routing"]:
        return True
    theirs = getattr(sys.modules.get("sklearn"), "get_config", None)
    return theirs is not None and theirs().get("enable_metadata_routing", False)


def request_is_alias(item):
    """Whether a request is another name for the metadata: a string that is an identifier."""
    return isinstance(item, str) and item not in (UNUSED, WARN) and item.isidentifier()


def request_is_valid(item):
    """Whether a request is one of the fixed values: True, False, None, UNUSED, WARN."""
    return any(item is value for value in _VALUES[:3]) or (
        isinstance(item, str) and item in _VALUES[3:]
    )


def routing_title(obj):
    """How messages call an object: what it says of itself, or the name of its class."""
    said = getattr(obj, "_routing_repr", None)
    if said is not None and not isinstance(obj, type):
        return said()
    return obj if isinstance(obj, str) else type(obj).__name__


class MethodRequest:
    """What one method of a consumer does with each metadata.

    A view: changing it changes the `MetadataRequest` it was taken from.

    Parameters
    ----------
    owner : object
        The consumer, or its name.
    method : str
        The name of the method.
    requests : dict, optional
        The request of each metadata: True, False, None, `WARN` or another name.
    """

    def __init__(self, owner, method, requests=None):
        self.owner = owner
        self.method = method
        self._requests = {} if requests is None else requests

    @property
    def requests(self):
        """The request of each metadata, by name."""
        return self._requests

    def __sklearn_clone__(self):
        return type(self)(self.owner, self.method, dict(self._requests))

    def add_request(self, *, param, alias):
        """Set the request of one metadata.

        Parameters
        ----------
        param : str
            The metadata.
        alias : bool, None or str
            Passed on (True), kept back (False), an error if given (None), or taken from the
            metadata of that name. `UNUSED` forgets `param`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `alias` is none of these, or if there is no `param` to forget.
        """
        if not (request_is_alias(alias) or request_is_valid(alias)):
            raise ValueError(
                f"{routing_title(self.owner)}.{self.method}: the request for {param!r} is "
                f"{alias!r}; give True, False, None, or an identifier under which the "
                "metadata is passed"
            )
        if alias == UNUSED:
            if param not in self._requests:
                raise ValueError(
                    f"{routing_title(self.owner)}.{self.method} has no metadata {param!r} that "
                    f"UNUSED could remove; it has {sorted(self._requests)}"
                )
            del self._requests[param]
        else:
            self._requests[param] = True if alias == param else alias
        return self

    def _get_param_names(self, return_alias):
        """Names of the metadata that are not kept back, by alias if so wished."""
        return {
            alias if return_alias and not request_is_valid(alias) else name
            for name, alias in self._requests.items()
            if alias is not False
        }

    def _consumes(self, params):
        """The names among `params` that this method would receive something for."""
        keys = {name if alias is True else alias for name, alias in self._requests.items()}
        return {name for name in params if name in keys}

    def _check_warnings(self, *, params):
        """Warn of metadata in `params` whose support is so new that it is still ignored."""
        for name, alias in self._requests.items():
            if alias == WARN and name in (params or ()):
                title = routing_title(self.owner)
                warnings.warn(
                    f"{title} has learnt to take {name}, which is ignored "
                    f"until set_{self.method}_request({name}=True) asks for it, or "
                    f"set_{self.method}_request({name}=False) declines it for good",
                    UserWarning,
                    stacklevel=3,
                )

    def _route_params(self, params, parent, caller):
        """Pick from `params` what the method asked for, under its own names."""
        self._check_warnings(params=params)
        given = {name: value for name, value in params.items() if value is not None}
        routed, unset = Bunch(), {}
        for name, alias in self._requests.items():
            if alias is False or alias == WARN:
                continue
            key = name if alias is True or alias is None else alias
            if key in given:
                (unset if alias is None else routed)[name] = given[key]
        if unset:
            self._refuse(unset, routed, parent, caller)
        return routed

    def _refuse(self, unset, routed, parent, caller):
        owner = routing_title(self.owner)
        setters = "".join(
            f".set_{method}_request({{metadata}}=True/False)"
            for method in COMPOSITE_METHODS.get(self.method, (self.method,))
        )
        raise twin(UnsetMetadataPassedError)(
            message=(
                f"[{', '.join(unset)}] given, but nobody said whether {owner}.{self.method} wants "
                f"them, which {routing_title(parent)}.{caller} "
                f"calls. Decide for each of them with `{owner}{setters}`"
            ),
            unrequested_params=unset,
            routed_params=routed,
        )

    def _serialize(self):
        return self._requests

    def __repr__(self):
        return str(self._serialize())


class MetadataRequest:
    """What the methods of a consumer do with metadata.

    ``request.fit``, ``request.score`` and so on are the requests of one method each;
    ``request.fit_transform`` and ``request.fit_predict`` are made of their two parts'.

    Parameters
    ----------
    owner : object
        The consumer, or its name; for messages only.

    Examples
    --------
    >>> from mlkit.utils.metadata_routing import MetadataRequest
    >>> request = MetadataRequest(owner="model")
    >>> request.fit.add_request(param="sample_weight", alias="weight")
    {'sample_weight': 'weight'}
    >>> request.consumes("fit", ["weight", "groups"])
    {'weight'}
    """

    _type = "metadata_request"

    def __init__(self, owner):
        self.owner = owner
        self._by_method = {}

    def __getattr__(self, name):
        if name in SIMPLE_METHODS:
            return MethodRequest(self.owner, name, self._by_method.setdefault(name, {}))
        if name in COMPOSITE_METHODS:
            return self._compose(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name)

    def _compose(self, name):
        merged = {}
        for part in COMPOSITE_METHODS[name]:
            for metadata, alias in self._by_method.get(part, {}).items():
                if merged.setdefault(metadata, alias) != alias:
                    raise ValueError(
                        f"Conflicting metadata requests for {metadata} in {name} of "
                        f"{routing_title(self.owner)}: {merged[metadata]!r} and {alias!r}; "
                        f"{' and '.join(COMPOSITE_METHODS[name])} must ask for the same"
                    )
        return MethodRequest(self.owner, name, merged)

    def __sklearn_clone__(self):
        copied = type(self)(self.owner)
        copied._by_method = {method: dict(each) for method, each in self._by_method.items()}
        return copied

    def __deepcopy__(self, memo):
        # The owner may be large, and holds this request itself.
        copied = self.__sklearn_clone__()
        copied.owner = memo.get(id(self.owner), self.owner)
        return copied

    def consumes(self, method, params):
        """Return the names among `params` that `method` would receive something for.

        Parameters
        ----------
        method : str
        params : iterable of str

        Returns
        -------
        set of str
        """
        return getattr(self, method)._consumes(params)

    def _get_param_names(self, method, return_alias, ignore_self_request=None):
        return getattr(self, method)._get_param_names(return_alias)

    def _check_warnings(self, *, method, params):
        getattr(self, method)._check_warnings(params=params)

    def _route_params(self, *, params, method, parent, caller):
        return getattr(self, method)._route_params(params, parent, caller)

    def _serialize(self):
        declared = ((method, self._by_method.get(method)) for method in SIMPLE_METHODS)
        return {method: requests for method, requests in declared if requests}

    def __repr__(self):
        return str(self._serialize())
