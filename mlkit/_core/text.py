"""Estimators as text: ``Ridge(alpha=2.0)``, nested and wrapped at 80 columns.

A value is first turned into a tree of atoms and containers whose width on one line is known;
laying it out is then one walk that asks of each container whether it fits.
"""

import functools
import inspect
import re

from .config import current

WIDTH = 80
# Entries of a container that are shown; the rest is "...".
MAX_ENTRIES = 30

_SIMPLE = (int, float, complex, str, bytes, bool, type(None))
_BRACKETS = {list: "[]", tuple: "()", dict: "{}", set: "{}", frozenset: "{}"}


class _Group:
    """Opener, entries, closer; an entry is (label, node), a node a str or a group."""

    __slots__ = ("closer", "dots", "entries", "opener", "width")

    def __init__(self, opener, entries, closer, dots=""):
        self.opener = opener
        self.entries = entries
        self.closer = closer
        # Written behind the last entry without asking for room.
        self.dots = dots
        inner = sum(len(label) + _width(node) for label, node in entries)
        self.width = inner + 2 * max(0, len(entries) - 1) + len(opener + dots + closer)

    def __str__(self):
        inner = ", ".join(f"{label}{node}" for label, node in self.entries)
        return f"{self.opener}{inner}{self.dots}{self.closer}"


def _width(node):
    return len(node) if isinstance(node, str) else node.width


def estimator_text(estimator, n_char_max=700):
    """The constructor call that makes an estimator like this one.

    Parameters
    ----------
    estimator : object with ``get_params``
    n_char_max : int, default=700
        Characters, blanks not counted, beyond which the middle is left out.

    Returns
    -------
    str
        Parameters in alphabetical order; only changed ones under the setting
        ``print_changed_only``.

    Examples
    --------
    >>> from mlkit._core.text import estimator_text
    >>> class Ridge:
    ...     def __init__(self, alpha=1.0, tol=1e-4):
    ...         self.alpha, self.tol = alpha, tol
    ...     def get_params(self, deep=True):
    ...         return vars(self)
    >>> estimator_text(Ridge(alpha=2.0))
    'Ridge(alpha=2.0)'
    """
    lines = []
    _lay_out(_estimator_node(estimator, set()), 0, 0, lines)
    return _without_middle("".join(lines), n_char_max)


def is_estimator(value):
    """Whether a value is an instance with ``get_params``."""
    return hasattr(value, "get_params") and not isinstance(value, type)


# ------------------------------------------------------------------------------ parameters
@functools.lru_cache(maxsize=1024)
def _defaults(cls):
    init = getattr(cls.__init__, "deprecated_original", cls.__init__)
    parameters = inspect.signature(init).parameters.values()
    return {
        p.name: p.default for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }


def _is_nan(value):
    return isinstance(value, float) and value != value


def _differs(value, default):
    """Whether a value would print differently from the default."""
    if value is default:
        return False
    if default is inspect.Parameter.empty:
        return True
    kind = type(value)
    if kind in _SIMPLE or type(default) in _SIMPLE:
        if _is_nan(value) and _is_nan(default):
            return False
        return kind is not type(default) or value != default
    if is_estimator(value):
        return kind is not type(default) or bool(changed_parameters(value))
    return repr(value) != repr(default)


def changed_parameters(estimator):
    """Parameters that differ from their default, or have none, as a dictionary."""
    defaults = _defaults(type(estimator))
    empty = inspect.Parameter.empty
    return {
        name: value
        for name, value in estimator.get_params(deep=False).items()
        if _differs(value, defaults.get(name, empty))
    }


# ------------------------------------------------------------------------------ tree
def _estimator_node(estimator, above):
    name = type(estimator).__name__
    if id(estimator) in above:
        return f"{name}(...)"
    if current()["print_changed_only"]:
        parameters = changed_parameters(estimator)
    else:
        parameters = estimator.get_params(deep=False)
    above = above | {id(estimator)}
    entries = [(f"{key}=", _node(parameters[key], above)) for key in sorted(parameters)]
    return _Group(f"{name}(", entries, ")")


def _sorted(values, key=lambda value: value):
    try:
        return sorted(values, key=key)
    except TypeError:
        return sorted(values, key=lambda value: (str(type(key(value))), id(key(value))))


def _node(value, above):
    kind = type(value)
    if kind in _SIMPLE:
        return repr(value)
    if is_estimator(value):
        return _estimator_node(value, above)
    # A subclass with a repr of its own (a named tuple, a counter) is left alone.
    family = next((base for base in _BRACKETS if isinstance(value, base)), None)
    if family is None or kind.__repr__ is not family.__repr__ or not value:
        return repr(value)
    if id(value) in above:
        return "..."
    above = above | {id(value)}
    opener, closer = _BRACKETS[family]
    if family is dict:
        items = _sorted(value.items(), key=lambda item: item[0])
        entries = [(f"{key!r}: ", _node(v, above)) for key, v in items[:MAX_ENTRIES]]
    else:
        items = _sorted(value) if family in (set, frozenset) else value
        entries = [("", _node(v, above)) for v in items[:MAX_ENTRIES]]
    if family is tuple and len(value) == 1:
        closer = ",)"
    if family is frozenset:
        opener, closer = "frozenset({", "})"
    return _Group(opener, entries, closer, ", ..." if len(value) > MAX_ENTRIES else "")


# ------------------------------------------------------------------------------ layout
def _lay_out(node, column, reserved, out):
    """Write `node` from `column` on; `reserved` characters must still fit behind it."""
    if isinstance(node, str) or node.width <= WIDTH - column - reserved or not node.entries:
        out.append(str(node))
        return
    column += len(node.opener)
    out.append(node.opener)
    # The blank behind the comma of the last entry on a line may hang over the edge.
    free = room = WIDTH - column + 1
    separator = new_line = ",\n" + " " * column
    last = len(node.entries) - 1
    for i, (label, child) in enumerate(node.entries):
        behind = 1
        if i == last:
            behind = reserved + len(node.closer)
            free, room = free - behind, room - behind
        need = len(label) + _width(child) + 2
        if need > free:
            free, separator = room, new_line
        out.append((separator if i else "") + label)
        if need <= free:
            out.append(str(child))
            free, separator = free - need, ", "
        else:
            _lay_out(child, column + len(label), behind, out)
            # What follows a value of several lines starts a line of its own.
            free, separator = room, new_line
    out.append(node.dots + node.closer)


# ------------------------------------------------------------------------------ shortening
def _without_middle(text, n_char_max):
    """Replace the middle by "..." when there are too many characters that are not blank."""
    if len(text) <= n_char_max:
        return text
    inked = [match.end() for match in re.finditer(r"\S", text)]
    if len(inked) <= n_char_max:
        return text
    half = int(n_char_max) // 2
    left = inked[half - 1] if half else 0
    right = inked[-half] - 1 if half else len(text)
    if "\n" in text[left:right]:
        # The part on the right starts with a whole line.
        right = text.rfind("\n", 0, right)
    # Dots that save nothing are left out.
    return f"{text[:left]}...{text[right:]}" if left + 3 < right else text
