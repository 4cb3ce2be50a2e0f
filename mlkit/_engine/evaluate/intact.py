"""Data that several fits read: which estimators may write into it, and copies for those."""

import copy

# Classes from here are tested to leave their input alone, but for what is asked by parameters.
_KNOWN = ("mlkit.", "sklearn.")


def _writes_by(name, value):
    """Whether a parameter allows its estimator to write into its input."""
    last = name.rpartition("__")[2]
    if last.startswith("copy"):
        return value is False
    if last.startswith("overwrite") or last == "inplace":
        return bool(value)
    # What a user's function does to its argument is unknown.
    return "func" in last and callable(value)


def is_allowed_to_write(estimator):
    """Whether a parameter of an estimator, or of one within it, lets it write into its input."""
    found = estimator.get_params() if hasattr(estimator, "get_params") else {}
    return any(_writes_by(name, value) for name, value in found.items())


def may_write(estimator, params=None):
    """Whether an estimator, or one within it, may write into the data that it is given.

    Parameters
    ----------
    estimator : estimator object
    params : dict, default=None
        Parameters that it will be given.
    """
    found = estimator.get_params() if hasattr(estimator, "get_params") else {}
    found = {**found, **(params or {})}
    held = [each for each in found.values() if hasattr(each, "fit") or hasattr(each, "transform")]
    known = all(
        type(each).__module__.startswith(_KNOWN) or isinstance(each, type)
        for each in (estimator, *held)
    )
    return not known or any(_writes_by(name, value) for name, value in found.items())


def fresh(data):
    """A copy of data that may be written into."""
    if data is None:
        return None
    return data.copy() if hasattr(data, "copy") and not isinstance(data, list) else _deep(data)


def _deep(data):
    return data.clone() if hasattr(data, "clone") else copy.deepcopy(data)
