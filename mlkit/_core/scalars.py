"""Checks of plain arguments: a number in a range, a cache."""

import numbers

_BOUNDARIES = {
    "both": (True, True),
    "left": (True, False),
    "right": (False, True),
    "neither": (False, False),
}


def _words(kind):
    if kind is numbers.Integral:
        return "int"
    if kind is numbers.Real:
        return "float"
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def check_scalar(x, name, target_type, *, min_val=None, max_val=None, include_boundaries="both"):
    """Return `x` if it is of a type and within bounds.

    Parameters
    ----------
    x : object
    name : str
        For messages.
    target_type : type or tuple of types
    min_val, max_val : number or None, default None
        Bounds.
    include_boundaries : {"left", "right", "both", "neither"}, default "both"
        Which bounds belong to the range.

    Returns
    -------
    x

    Raises
    ------
    TypeError
        For another type.
    ValueError
        Beyond a bound, or if `include_boundaries` names a bound that is not given.

    Examples
    --------
    >>> from mlkit.utils import check_scalar
    >>> check_scalar(10, "x", int, min_val=1, max_val=20)
    10
    """
    if not isinstance(x, target_type):
        kinds = [
            _words(k) for k in (target_type if isinstance(target_type, tuple) else (target_type,))
        ]
        expected = kinds[0] if len(kinds) == 1 else "{" + ", ".join(kinds) + "}"
        raise TypeError(f"{name} must be an instance of {expected}, not {_words(type(x))}.")
    if include_boundaries not in _BOUNDARIES:
        raise ValueError(
            f"include_boundaries={include_boundaries!r}: must be one of {tuple(_BOUNDARIES)}"
        )
    for side, bound in (("left", min_val), ("right", max_val)):
        if include_boundaries == side and bound is None:
            argument = "min_val" if side == "left" else "max_val"
            raise ValueError(f"include_boundaries={side!r} includes {argument}, which is not given")
    low_closed, high_closed = _BOUNDARIES[include_boundaries]
    if min_val is not None and not (x >= min_val if low_closed else x > min_val):
        raise ValueError(f"{name} == {x}, must be {'>=' if low_closed else '>'} {min_val}.")
    if max_val is not None and not (x <= max_val if high_closed else x < max_val):
        raise ValueError(f"{name} == {x}, must be {'<=' if high_closed else '<'} {max_val}.")
    return x


def check_memory(memory):
    """Return a cache with joblib's ``Memory.cache``.

    Parameters
    ----------
    memory : None, str or object with a ``cache`` method
        None caches nothing; a string is a directory.

    Returns
    -------
    object with a ``cache`` method

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> from mlkit.utils.validation import check_memory
    >>> check_memory("caches")
    Memory(location=...)
    """
    if memory is None or isinstance(memory, str):
        import joblib

        return joblib.Memory(location=memory, verbose=0)
    if not hasattr(memory, "cache"):
        raise ValueError(
            f"memory={memory!r}: must be None, a directory's name or an object with a method "
            "`cache`, such as joblib.Memory"
        )
    return memory
