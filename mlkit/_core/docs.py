"""Documentation is written once: numpydoc sections from declarations."""

import inspect
import re
import textwrap

# A line underlined by dashes opens a section.
_SECTION = re.compile(r"^(\S[^\n]*)\n-{3,}$", re.MULTILINE)


def _entry(name, kind, doc):
    return f"{name} : {kind}\n{textwrap.indent(textwrap.fill(doc, 92), '    ')}"


def _kind(declared):
    words = declared.domain.words
    default = declared.default
    if type(default).__name__ == "_Required":
        return words
    return f"{words}, default={default!r}"


def with_sections(doc, parameters, attributes):
    """Insert "Parameters" and "Attributes" before the first section of a class's docstring."""
    text = inspect.cleandoc(doc)
    first = _SECTION.search(text)
    if first is not None and first[1] == "Parameters":
        return text
    head, tail = (text, "") if first is None else (text[: first.start()], text[first.start() :])
    parts = [head.rstrip()]
    if parameters:
        entries = [_entry(name, _kind(each), each.doc) for name, each in parameters.items()]
        parts.append("Parameters\n----------\n" + "\n".join(entries))
    if attributes:
        entries = [_entry(name, each.shape, each.doc) for name, each in attributes.items()]
        parts.append("Attributes\n----------\n" + "\n".join(entries))
    if tail:
        parts.append(tail)
    return "\n\n".join(parts)
