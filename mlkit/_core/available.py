"""Methods that exist under a condition, and names on their way out."""

import functools
import inspect
import warnings
from types import MethodType


class Conditional:
    """Descriptor: the method where `check` holds, an AttributeError where it does not."""

    def __init__(self, method, check):
        functools.update_wrapper(self, method)
        self._method = method
        self._check = check

    def _demand(self, owner, instance):
        message = f"This {owner.__name__!r} has no attribute {self._method.__name__!r}"
        try:
            available = self._check(instance)
        except AttributeError as error:
            raise AttributeError(message) from error
        if not available:
            raise AttributeError(message)

    def __get__(self, instance, owner=None):
        if instance is not None:
            self._demand(owner or type(instance), instance)
            return MethodType(self._method, instance)

        @functools.wraps(self._method)
        def unbound(instance, *args, **kwargs):
            self._demand(owner, instance)
            return self._method(instance, *args, **kwargs)

        return unbound


def available_if(check):
    """Decorate a method that exists only on instances for which ``check(instance)`` is true.

    `hasattr` is then the question whether an estimator can do something.

    Parameters
    ----------
    check : callable
        Takes the instance; returning false or raising AttributeError hides the method.

    Returns
    -------
    callable
        The decorator.

    Examples
    --------
    >>> from mlkit.utils.metaestimators import available_if
    >>> class Greeter:
    ...     polite = False
    ...     @available_if(lambda self: self.polite)
    ...     def greet(self):
    ...         return "hello"
    >>> hasattr(Greeter(), "greet")
    False
    """
    return lambda method: Conditional(method, check)


class deprecated:
    """Decorate a function, method, property or class so that its use warns.

    Parameters
    ----------
    extra : str, default=""
        What to use instead; ends the warning.

    Examples
    --------
    >>> import warnings
    >>> from mlkit.utils import deprecated
    >>> @deprecated("use new()")
    ... def old():
    ...     return 1
    >>> with warnings.catch_warnings(record=True) as met:
    ...     warnings.simplefilter("always")
    ...     value = old()
    >>> value, str(met[0].message)
    (1, 'Function old is deprecated; use new()')
    """

    def __init__(self, extra=""):
        self.extra = extra

    def __call__(self, obj):
        if isinstance(obj, type):
            return self._mark_class(obj)
        if isinstance(obj, property):
            return self._mark_property(obj)
        return self._mark_function(obj)

    def _message(self, kind, name):
        return f"{kind} {name} is deprecated" + (f"; {self.extra}" if self.extra else "")

    def _mark_class(self, cls):
        message = self._message("Class", cls.__name__)
        signature = inspect.signature(cls)
        original = cls.__new__

        def __new__(cls, *args, **kwargs):
            warnings.warn(message, FutureWarning, stacklevel=2)
            if original is object.__new__:
                return object.__new__(cls)
            return original(cls, *args, **kwargs)

        __new__.deprecated_original = original
        cls.__new__ = __new__
        # Without it the signature of the class would be `(*args, **kwargs)`.
        cls.__signature__ = signature
        return cls

    def _mark_function(self, function):
        message = self._message("Function", function.__name__)

        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            warnings.warn(message, FutureWarning, stacklevel=2)
            return function(*args, **kwargs)

        wrapped.deprecated_original = function
        return wrapped

    def _mark_property(self, prop):
        message = self._message("Attribute", prop.fget.__name__)

        @functools.wraps(prop.fget)
        def getter(instance):
            warnings.warn(message, FutureWarning, stacklevel=2)
            return prop.fget(instance)

        return property(getter, prop.fset, prop.fdel, prop.__doc__)
