"""Scorers: callables ``scorer(estimator, X, y)`` whose value is better the higher it is."""

import copy
import inspect
import warnings
from traceback import format_exc

from .._core import domains as d
from .._core.bunch import Bunch
from .._core.params import checked
from .._core.routing import (
    MetadataRequest,
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
    refuse_params,
    routing_enabled,
)
from . import (  # noqa: F401
    _agreement,
    _classification,
    _deviance,
    _partitions,
    _probability,
    _ranking,
    _regression,
)
from ._core import SCORERS
from ._response import pick_method, role_of, select_response

_METHODS = ("predict", "predict_proba", "decision_function")


def _takes(function, name):
    try:
        return name in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _call(cache, estimator, method, X):
    """Response of the estimator, once for each method if there is a cache."""
    if cache is None:
        return getattr(estimator, method)(X)
    if method not in cache:
        cache[method] = getattr(estimator, method)(X)
    return cache[method]


class Scorer:
    """A metric with its options, its sign, and the estimator's methods that feed it.

    Parameters
    ----------
    score_func : callable
        ``score_func(y_true, response, **kwargs)``.
    sign : {1, -1}
    kwargs : dict
        Options of `score_func`.
    response_method : str or sequence of str
    """

    def __init__(self, score_func, sign, kwargs, response_method="predict"):
        self._score_func = score_func
        self._sign = sign
        self._kwargs = kwargs
        self._response_method = response_method

    def __call__(self, estimator, X, y_true, sample_weight=None, **kwargs):
        """Score of a fitted estimator's response to X.

        Parameters
        ----------
        estimator : estimator object
        X : data that its methods take
        y_true : array-like
            True target.
        sample_weight : array-like of shape (n_samples,), default=None
            Passed to the metric if given.
        **kwargs : dict
            Further metadata, while metadata is routed.

        Returns
        -------
        float
        """
        refuse_params(kwargs, self, None)
        if sample_weight is not None:
            kwargs["sample_weight"] = sample_weight
        return self._score(None, estimator, X, y_true, **kwargs)

    def _score(self, cache, estimator, X, y_true, **kwargs):
        self._warn_overlap("kwargs and metadata both give", kwargs)
        method = pick_method(estimator, self._response_method)
        response = _call(cache, estimator, method, X)
        if method != "predict":
            pos_label = None if role_of(estimator) == "regressor" else self._get_pos_label()
            response = select_response(estimator, method, response, pos_label)
        return self._sign * self._score_func(y_true, response, **{**self._kwargs, **kwargs})

    def _get_pos_label(self):
        if "pos_label" in self._kwargs:
            return self._kwargs["pos_label"]
        parameter = inspect.signature(self._score_func).parameters.get("pos_label")
        return (
            None if parameter is None or parameter.default is parameter.empty else parameter.default
        )

    def _accept_sample_weight(self):
        return _takes(self._score_func, "sample_weight")

    def _warn_overlap(self, message, kwargs):
        overlap = sorted({*self._kwargs} & {*kwargs})
        if overlap:
            warnings.warn(
                f"{message} {overlap}; what is passed at the call, or by request, wins",
                UserWarning,
                stacklevel=3,
            )

    def __repr__(self):
        name = getattr(self._score_func, "__name__", None) or repr(self._score_func)
        sign = "" if self._sign > 0 else ", greater_is_better=False"
        options = "".join(f", {key}={value}" for key, value in self._kwargs.items())
        return f"make_scorer({name}{sign}, response_method={self._response_method!r}{options})"

    def get_metadata_routing(self):
        """Return which metadata the scorer wants.

        Returns
        -------
        MetadataRequest
        """
        stored = vars(self).get("_metadata_request")
        if stored is not None:
            return get_routing_for_object(stored)
        request = MetadataRequest(owner=self)
        if self._accept_sample_weight():
            request.score.add_request(param="sample_weight", alias=None)
        return request

    def set_score_request(self, **kwargs):
        """Say which metadata the scorer takes from a meta-estimator that routes.

        Parameters
        ----------
        **kwargs : dict
            ``metadata=True`` passes it on, False keeps it back, None makes it an error, and a
            string passes on what is given under that name.

        Returns
        -------
        self

        Raises
        ------
        RuntimeError
            If metadata is not routed.
        """
        if not routing_enabled():
            raise RuntimeError(
                "set_score_request is only available while metadata is routed: call "
                "mlkit.set_config(enable_metadata_routing=True)"
            )
        self._warn_overlap("kwargs of make_scorer and the request both give", kwargs)
        request = self.get_metadata_routing()
        for name, alias in kwargs.items():
            request.score.add_request(param=name, alias=alias)
        self._metadata_request = request
        return self


class PassthroughScorer:
    """The estimator's own ``score``.

    Parameters
    ----------
    estimator : estimator object
    """

    def __init__(self, estimator):
        self._estimator = estimator

    def __call__(self, estimator, *args, **kwargs):
        """What ``estimator.score`` returns."""
        return estimator.score(*args, **kwargs)

    def __repr__(self):
        return f"{type(self._estimator).__name__}.score"

    def _accept_sample_weight(self):
        return _takes(self._estimator.score, "sample_weight")

    def get_metadata_routing(self):
        """Return which metadata the estimator's ``score`` wants.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="score", callee="score")
        return MetadataRouter(owner=self).add(estimator=self._estimator, method_mapping=mapping)


class MultimetricScorer:
    """Several scorers that share the estimator's responses.

    Parameters
    ----------
    scorers : dict of str to callable
    raise_exc : bool, default=True
        Let errors of a scorer pass; False returns the traceback's text in place of its score.
    """

    def __init__(self, *, scorers, raise_exc=True):
        self._scorers = scorers
        self._raise_exc = raise_exc

    def __call__(self, estimator, *args, **kwargs):
        """Scores by name.

        Returns
        -------
        dict of str to float
        """
        cache, scores = {}, {}
        routed = self._route(kwargs)
        for name, scorer in self._scorers.items():
            passed = routed[name]["score"]
            try:
                if isinstance(scorer, Scorer):
                    scores[name] = scorer._score(cache, estimator, *args, **passed)
                else:
                    scores[name] = scorer(estimator, *args, **passed)
            except Exception:
                if self._raise_exc:
                    raise
                scores[name] = format_exc()
        return scores

    def _route(self, kwargs):
        if routing_enabled():
            return process_routing(self, "score", **kwargs)
        # Without routing the weights reach whatever takes them, and the rest reaches all.
        rest = {key: value for key, value in kwargs.items() if key != "sample_weight"}
        return {
            name: Bunch(score=kwargs if _accepts_weight(scorer) else rest)
            for name, scorer in self._scorers.items()
        }

    def __repr__(self):
        names = ", ".join(f'"{name}"' for name in self._scorers)
        return f"MultiMetricScorer({names})"

    def _accept_sample_weight(self):
        return any(_accepts_weight(scorer) for scorer in self._scorers.values())

    def get_metadata_routing(self):
        """Return which metadata the scorers want.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="score", callee="score")
        return MetadataRouter(owner=self).add(**self._scorers, method_mapping=mapping)


def _accepts_weight(scorer):
    asked = getattr(scorer, "_accept_sample_weight", None)
    return asked() if asked is not None else _takes(scorer, "sample_weight")


_SCORERS = {
    name: Scorer(each.function, each.sign, dict(each.options), each.response)
    for name, each in SCORERS.items()
}


def get_scorer_names():
    """Names that `get_scorer` knows.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from mlkit.metrics import get_scorer_names
    >>> "accuracy" in get_scorer_names()
    True
    """
    return sorted(_SCORERS)


_scoring = d.string | d.callable_ | d.none


@checked(scoring=_scoring)
def get_scorer(scoring):
    """Return the scorer of a name; a callable is returned as it is.

    Parameters
    ----------
    scoring : str, callable or None
        One of `get_scorer_names`, or a scorer.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``; a new object for each call with a name.

    Raises
    ------
    ValueError
        For a name that is not known.

    Examples
    --------
    >>> from mlkit.metrics import get_scorer
    >>> get_scorer("neg_log_loss")
    make_scorer(log_loss, greater_is_better=False, response_method='predict_proba')
    """
    if not isinstance(scoring, str):
        return scoring
    if scoring not in _SCORERS:
        raise ValueError(f"{scoring!r} is not a valid scoring value: see get_scorer_names()")
    return copy.deepcopy(_SCORERS[scoring])


@checked(
    score_func=d.callable_,
    response_method=d.one_of(*_METHODS) | d.sequence,
    greater_is_better=d.boolean,
)
def make_scorer(score_func, *, response_method="predict", greater_is_better=True, **kwargs):
    """Make a scorer of a metric.

    Parameters
    ----------
    score_func : callable
        ``score_func(y_true, response, **kwargs)``, which returns a number.
    response_method : {"predict", "predict_proba", "decision_function"} or list of these
        The estimator's method that gives the response; of a list, the first that it has. Of two
        classes a response has one column, that of ``pos_label`` or the greater label.
    greater_is_better : bool, default=True
        False for a loss: the scorer then returns its negative.
    **kwargs : dict
        Options of `score_func`.

    Returns
    -------
    Scorer
        ``scorer(estimator, X, y, sample_weight=None)``.

    Examples
    --------
    >>> from mlkit.metrics import fbeta_score, make_scorer
    >>> make_scorer(fbeta_score, beta=2)
    make_scorer(fbeta_score, response_method='predict', beta=2)
    """
    strange = [] if isinstance(response_method, str) else [
        name for name in response_method if name not in _METHODS
    ]  # fmt: skip
    if strange:
        raise ValueError(f"make_scorer: response_method has {strange}; methods are {_METHODS}")
    return Scorer(score_func, 1 if greater_is_better else -1, kwargs, response_method)


@checked(
    estimator=d.estimator | d.none,
    scoring=_scoring | d.sequence | d.instance_of(set, frozenset, dict),
    allow_none=d.boolean,
    raise_exc=d.boolean,
)
def check_scoring(estimator=None, scoring=None, *, allow_none=False, raise_exc=True):
    """Return the scorer that `scoring` means.

    Parameters
    ----------
    estimator : estimator object, default=None
        Its ``score`` is used if `scoring` is None.
    scoring : str, callable, list, tuple, set, dict or None
        A name or a scorer; or several names, or a dict of names to either, for a scorer that
        returns a dict.
    allow_none : bool, default=False
        Return None, in place of an error, if there is neither `scoring` nor ``score``.
    raise_exc : bool, default=True
        For several scorers: let an error of one pass, or return its text in place of a score.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``.

    Raises
    ------
    TypeError
        If nothing is there to score with.
    ValueError
        For a metric in place of a scorer, or names that are not distinct strings.

    Examples
    --------
    >>> from mlkit.metrics import check_scoring
    >>> check_scoring(scoring=["accuracy", "r2"])
    MultiMetricScorer("accuracy", "r2")
    """
    if isinstance(scoring, str):
        return get_scorer(scoring)
    if callable(scoring):
        _refuse_metric(scoring)
        return scoring
    if scoring is not None:
        scorers = check_multimetric_scoring(estimator, scoring)
        return MultimetricScorer(scorers=scorers, raise_exc=raise_exc)
    if hasattr(estimator, "score"):
        return PassthroughScorer(estimator)
    if allow_none:
        return None
    raise TypeError(
        f"Nothing to score with: {estimator!r} has no method score, so scoring must name a metric"
    )


def _refuse_metric(scoring):
    module = getattr(scoring, "__module__", None) or ""
    is_metric = module.startswith(("mlkit.metrics.", "sklearn.metrics.")) and inspect.isroutine(
        scoring
    )
    if is_metric:
        raise ValueError(
            f"scoring={scoring!r} is a metric of (y_true, y_pred), not a scorer of (estimator, X, "
            "y): pass its name, or make_scorer of it"
        )


def check_multimetric_scoring(estimator, scoring):
    """Return the dict of scorers that a list, tuple, set or dict means."""
    if not scoring:
        raise ValueError(f"scoring={scoring!r} is empty: name at least one metric")
    strange = [each for each in scoring if not isinstance(each, str)]
    if strange:
        raise ValueError(
            f"scoring has {strange}: several metrics are given as strings, or as a dict of names "
            "(strings) to scorers"
        )
    if len(set(scoring)) < len(scoring):
        raise ValueError(f"scoring={scoring!r} names a metric twice")
    named = scoring if isinstance(scoring, dict) else {name: name for name in scoring}
    return {name: check_scoring(estimator, scoring=each) for name, each in named.items()}
