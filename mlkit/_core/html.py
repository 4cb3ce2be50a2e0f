"""Estimators as HTML: a diagram of nested boxes that open on their parameters.

Boxes are ``<details>`` elements, so that nothing needs a script, a font or a network. Every text
that comes from a user is escaped. What an estimator consists of is asked of it by
``_sk_visual_block_()``, which scientific notebooks know from scikit-learn; an estimator without
that method is read from its parameters.
"""

from dataclasses import dataclass
from html import escape

from .fitted import is_fitted
from .text import changed_parameters, estimator_text, is_estimator

# What is shown of a value, and of a list of names.
_MAX_VALUE = 200
_MAX_NAMES = 50
# Deeper estimators are shown closed and without parts: a diagram is no place to recurse for ever.
_MAX_DEPTH = 12

_STYLE = """
.mk{font:13px/1.4 system-ui,sans-serif;color:inherit;max-width:100%;overflow-x:auto;padding:4px}
.mk *{box-sizing:border-box}
.mk-row{display:flex;align-items:flex-start;gap:8px}
.mk-col{display:flex;flex-direction:column;align-items:center}
.mk-col>.mk-item+.mk-item::before{content:"";display:block;width:1px;height:10px;
margin:0 auto;background:currentColor;opacity:.4}
.mk-group{border:1px dashed color-mix(in srgb,currentColor 40%,transparent);border-radius:6px;
padding:8px;text-align:center}
.mk-name{font-weight:600;font-size:12px;opacity:.75;margin-bottom:4px}
.mk-box{border:1px solid color-mix(in srgb,currentColor 35%,transparent);border-radius:5px;
background:color-mix(in srgb,#e8a33d 14%,transparent);text-align:left;display:inline-block}
.mk-box.mk-fitted{background:color-mix(in srgb,#3d8be8 16%,transparent)}
.mk-box>summary{cursor:pointer;padding:4px 10px;font-family:ui-monospace,monospace}
.mk-box>.mk-body{padding:2px 10px 8px}
.mk-state{font-size:11px;opacity:.65;margin-left:8px}
.mk table{border-collapse:collapse;font-size:12px;margin:4px 0}
.mk td,.mk th{padding:1px 8px;text-align:left;vertical-align:top;border:0;
font-family:ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.mk caption{text-align:left;font-weight:600;opacity:.75}
.mk tr.mk-changed td{font-weight:600}
.mk tr.mk-changed td:first-child::before{content:"\\25cf\\00a0";color:#d9822b}
.mk-text{display:none}
"""
# Where the page drops styles (an untrusted notebook), this text is what remains to be seen.
_FALLBACK = '<pre class="mk-text">{}</pre>'


@dataclass(frozen=True)
class VisualBlock:
    """What an estimator consists of.

    Parameters
    ----------
    kind : {"single", "serial", "parallel"}
        A leaf; parts one after the other; parts side by side.
    estimators : sequence of estimator, str or None
        The parts; for a leaf, the estimator.
    names : sequence of str
        A name for each part.
    name_details : sequence of str or None
        More about each part (the columns it gets).
    """

    kind: str
    estimators: object
    names: object = None
    name_details: object = None
    name_caption: object = None
    dash_wrapped: bool = True
    doc_link_label: object = None  # scikit-learn's diagram asks for it

    def _sk_visual_block_(self):
        return self


def estimator_html_repr(estimator):
    """A diagram of an estimator and what it holds, as HTML for a notebook.

    Each box opens on a table of parameters, changed ones marked, and of fitted attributes.

    Parameters
    ----------
    estimator : object with ``get_params``

    Returns
    -------
    str
        A ``<div>`` with its own style, without scripts or external resources.

    Examples
    --------
    >>> from mlkit.dummy import DummyClassifier
    >>> from mlkit.utils import estimator_html_repr
    >>> "DummyClassifier" in estimator_html_repr(DummyClassifier())
    True
    """
    text = escape(estimator_text(estimator))
    diagram = _diagram(estimator, 0, open_box=True)
    return f'<style>{_STYLE}</style><div class="mk">{_FALLBACK.format(text)}{diagram}</div>'


# ------------------------------------------------------------------------------ structure
def visual_block(estimator):
    """The `VisualBlock` of an estimator, by its own word or from its parameters."""
    if is_estimator(estimator) or isinstance(estimator, VisualBlock):
        own = getattr(estimator, "_sk_visual_block_", None)
        if own is not None:
            return _own_block(own, estimator)
    if not is_estimator(estimator):
        return VisualBlock("single", estimator)
    return _block_of_parameters(estimator.get_params(deep=False)) or VisualBlock(
        "single", estimator
    )


def _own_block(method, estimator):
    try:
        return method()
    except Exception:
        # Half-built estimators (steps that are no list yet) must still print.
        return VisualBlock("single", estimator)


def _block_of_parameters(parameters):
    """A block for named parts in a list, or for parameters that are estimators; else None."""
    for key, value in parameters.items():
        if isinstance(value, (list, tuple)) and value and all(map(_is_named_part, value)):
            details = [str(part[2]) if len(part) > 2 else None for part in value]
            return VisualBlock(
                "serial" if key == "steps" else "parallel",
                [part[1] for part in value],
                [part[0] for part in value],
                details,
            )
    held = {key: value for key, value in parameters.items() if is_estimator(value)}
    return VisualBlock("parallel", list(held.values()), list(held)) if held else None


def _is_named_part(part):
    return (
        isinstance(part, tuple)
        and len(part) in (2, 3)
        and isinstance(part[0], str)
        and (is_estimator(part[1]) or part[1] is None or isinstance(part[1], str))
    )


# ------------------------------------------------------------------------------ drawing
def _diagram(estimator, depth, open_box=False):
    block = visual_block(estimator)
    if block.kind == "single" or depth >= _MAX_DEPTH:
        return _box(estimator, open_box)
    head = "" if isinstance(estimator, VisualBlock) else _box(estimator, open_box=False)
    parts = list(block.estimators)
    names = list(block.names or [None] * len(parts))
    details = block.name_details
    details = list(details) if isinstance(details, (list, tuple)) else [None] * len(parts)
    drawn = "".join(
        f'<div class="mk-item">{_label(name, detail)}{_diagram(part, depth + 1)}</div>'
        for part, name, detail in zip(parts, names, details, strict=False)
    )
    arranged = "mk-col" if block.kind == "serial" else "mk-row"
    return f'<div class="mk-group">{head}<div class="{arranged}">{drawn}</div></div>'


def _label(name, detail):
    if name is None:
        return ""
    hint = "" if detail is None else f' title="{escape(_short(str(detail)))}"'
    return f'<div class="mk-name"{hint}>{escape(str(name))}</div>'


def _box(estimator, open_box):
    if not is_estimator(estimator):
        return f'<div class="mk-box"><span class="mk-body">{escape(str(estimator))}</span></div>'
    fitted = _fitted(estimator)
    kind = "mk-box mk-fitted" if fitted else "mk-box"
    state = "fitted" if fitted else "not fitted"
    body = _parameter_table(estimator) + (_fitted_tables(estimator) if fitted else "")
    return (
        f'<details class="{kind}"{" open" if open_box else ""}>'
        f"<summary>{escape(type(estimator).__name__)}"
        f'<span class="mk-state">{state}</span></summary>'
        f'<div class="mk-body">{body}</div></details>'
    )


def _fitted(estimator):
    try:
        return is_fitted(estimator)
    except Exception:
        # A foreign estimator's own answer may fail; its picture should not.
        return False


# ------------------------------------------------------------------------------ tables
def _table(title, rows):
    if not rows:
        return ""
    return f"<table><caption>{title}</caption><tbody>{''.join(rows)}</tbody></table>"


def _parameter_table(estimator):
    changed = changed_parameters(estimator)
    declared = getattr(type(estimator), "_params", {})
    rows = []
    for name, value in estimator.get_params(deep=False).items():
        mark = ' class="mk-changed"' if name in changed else ""
        rows.append(f"<tr{mark}>{_cell(name, declared)}<td>{escape(_shown(value))}</td></tr>")
    return _table("Parameters", rows)


def _cell(name, declared):
    doc = getattr(declared.get(name), "doc", None) if isinstance(declared, dict) else None
    hint = f' title="{escape(doc)}"' if doc else ""
    return f"<td{hint}>{escape(name)}</td>"


def _fitted_tables(estimator):
    declared = getattr(type(estimator), "_fitted", {})
    rows = [
        f"<tr>{_cell(name, declared)}<td>{escape(kind)}</td><td>{escape(value)}</td></tr>"
        for name, kind, value in _fitted_attributes(estimator)
    ]
    return _table("Fitted attributes", rows) + _feature_table(estimator)


def _fitted_attributes(estimator):
    """(name, type, what it holds) of the public attributes that end in an underscore."""
    for name, value in sorted(getattr(estimator, "__dict__", {}).items()):
        if not name.endswith("_") or name.startswith("_"):
            continue
        shape = getattr(value, "shape", None)
        kind = type(value).__name__
        if isinstance(shape, tuple) and shape:
            dtype = getattr(value, "dtype", None)
            kind = f"{kind}[{dtype}]{shape}" if dtype is not None else f"{kind}{shape}"
        yield name, kind, _shown(value)


def _feature_table(estimator):
    try:
        names = estimator.get_feature_names_out()
    except Exception:
        # Many have no such method, some only after other steps were fitted.
        return ""
    shown = [f"<tr><td>{escape(str(name))}</td></tr>" for name in names[:_MAX_NAMES]]
    if len(names) > _MAX_NAMES:
        shown.append(f"<tr><td>and {len(names) - _MAX_NAMES} more</td></tr>")
    return f"<details><summary>{len(names)} output features</summary>{_table('', shown)}</details>"


def _short(text):
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 3] + "..."


def _shown(value):
    if is_estimator(value):
        return _short(estimator_text(value))
    if not isinstance(value, type) and hasattr(value, "ravel") and value.size > 1000:
        # The text of a large array is long to make and cut off anyway.
        return f"{_short(str(value.ravel()[:4]))[:-1]} ...]"
    return _short(repr(value))
