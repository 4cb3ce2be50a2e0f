"""Questions to an estimator: is it fitted, and what does its ``fit`` take."""

import inspect

from .errors import NotFittedError, twin


def is_fitted(estimator, attributes=None, all_or_any=all):
    """True if `estimator` has what ``fit`` sets.

    Parameters
    ----------
    estimator : estimator object
    attributes : str, list of str, tuple of str or None, default None
        None asks ``__sklearn_is_fitted__`` if there is one, and else looks for any instance
        attribute that ends in, and does not begin with, an underscore.
    all_or_any : callable, default all
        How to judge several attributes.
    """
    if attributes is not None:
        names = attributes if isinstance(attributes, (list, tuple)) else [attributes]
        return all_or_any([hasattr(estimator, name) for name in names])
    if hasattr(estimator, "__sklearn_is_fitted__"):
        return estimator.__sklearn_is_fitted__()
    return any(name[-1:] == "_" and name[:2] != "__" for name in vars(estimator))


def check_is_fitted(estimator, attributes=None, *, msg=None, all_or_any=all):
    """Raise NotFittedError unless `estimator` is fitted.

    Parameters
    ----------
    estimator : estimator object
    attributes : str, list of str, tuple of str or None, default None
        What must be there; None: see Notes.
    msg : str or None, default None
        Message; ``%(name)s`` becomes the estimator's name.
    all_or_any : callable, default all
        `all` or `any` of `attributes`.

    Raises
    ------
    NotFittedError
        If it is not fitted.
    TypeError
        If it is a class or has no ``fit``.

    Notes
    -----
    Without `attributes`, ``__sklearn_is_fitted__`` decides, and failing that any attribute of
    the instance whose name ends in an underscore. Stateless estimators pass unless `attributes`
    are named.

    Examples
    --------
    >>> from mlkit.utils.validation import check_is_fitted
    >>> from mlkit.preprocessing import StandardScaler
    >>> check_is_fitted(StandardScaler().fit([[0.0], [1.0]]))
    """
    if isinstance(estimator, type):
        raise TypeError(f"{estimator} is a class: check_is_fitted takes an instance")
    if not hasattr(estimator, "fit"):
        raise TypeError(f"{estimator!r} is no estimator: it has no fit")
    stateless = attributes is None and not requires_fit(estimator)
    if stateless or is_fitted(estimator, attributes, all_or_any):
        return
    name = type(estimator).__name__
    if msg is None:
        msg = "This %(name)s instance is not fitted yet: call 'fit' with data before using it."
    raise twin(NotFittedError)(msg % {"name": name})


def requires_fit(estimator):
    """What the tags of `estimator` say; True for an object without tags."""
    tags = getattr(estimator, "__sklearn_tags__", None)
    return tags is None or tags().requires_fit


def has_fit_parameter(estimator, parameter):
    """True if the ``fit`` of `estimator` takes a parameter of that name.

    Parameters
    ----------
    estimator : estimator object or class
    parameter : str

    Returns
    -------
    bool

    Examples
    --------
    >>> from mlkit.utils.validation import has_fit_parameter
    >>> from mlkit.preprocessing import StandardScaler
    >>> has_fit_parameter(StandardScaler(), "sample_weight")
    True
    """
    return hasattr(estimator, "fit") and parameter in inspect.signature(estimator.fit).parameters
