"""Trees in the language of Graphviz."""

from .._core.domains import anything, array_like, boolean, integer, none, one_of, string
from .._core.params import checked
from ._picture import GREY, HTML, PLAIN, picture


@checked(
    decision_tree=anything,
    max_depth=integer(0) | none,
    feature_names=array_like | none,
    class_names=array_like | boolean | none,
    label=one_of("all", "root", "none"),
    filled=boolean,
    leaves_parallel=boolean,
    impurity=boolean,
    node_ids=boolean,
    proportion=boolean,
    rotate=boolean,
    rounded=boolean,
    special_characters=boolean,
    precision=integer(0) | none,
    fontname=string,
)
def export_graphviz(
    decision_tree,
    out_file=None,
    *,
    max_depth=None,
    feature_names=None,
    class_names=None,
    label="all",
    filled=False,
    leaves_parallel=False,
    impurity=True,
    node_ids=False,
    proportion=False,
    rotate=False,
    rounded=False,
    special_characters=False,
    precision=3,
    fontname="helvetica",
):
    """Write a tree in the DOT language, of which Graphviz makes pictures.

    Parameters
    ----------
    decision_tree : fitted decision tree
    out_file : str or file object, default=None
        Where to write; None returns the text.
    max_depth : int, default=None
        Nodes below it become dots; None shows all.
    feature_names : array-like of str, default=None
        None is x[0], x[1], ...
    class_names : array-like of str or bool, default=None
        Names in the order of ``classes_``; True is y[0], y[1], ...; None leaves classes out.
    label : {"all", "root", "none"}, default="all"
        At which nodes numbers have names.
    filled : bool, default=False
        Whether nodes are coloured by class or value, the surer the stronger.
    leaves_parallel : bool, default=False
        Whether all leaves are drawn at the bottom.
    impurity : bool, default=True
    node_ids : bool, default=False
    proportion : bool, default=False
        Whether samples are percentages, and values shares of the classes.
    rotate : bool, default=False
        Whether the tree grows to the right.
    rounded : bool, default=False
    special_characters : bool, default=False
        Whether to write HTML characters, which PostScript cannot show.
    precision : int, default=3
        Digits behind the point.
    fontname : str, default="helvetica"

    Returns
    -------
    str or None
        The text, if `out_file` is None.

    Examples
    --------
    >>> from mlkit.tree import DecisionTreeRegressor, export_graphviz
    >>> tree = DecisionTreeRegressor().fit([[0.0], [1.0]], [3.0, 5.0])
    >>> print(export_graphviz(tree, impurity=False).splitlines()[3])
    0 [label="x[0] <= 0.5\\nsamples = 2\\nvalue = 4.0"] ;
    """
    drawn = picture(
        decision_tree,
        "export_graphviz",
        feature_names=feature_names,
        class_names=None if class_names is False else class_names,
        label=label,
        impurity=impurity,
        node_ids=node_ids,
        proportion=proportion,
        precision=precision,
        marks=HTML if special_characters else PLAIN,
    )
    style = [name for name, wanted in (("filled", filled), ("rounded", rounded)) if wanted]
    lines = ["digraph Tree {", _node_style(style, fontname)]
    if leaves_parallel:
        lines.append("graph [ranksep=equally, splines=polyline] ;")
    lines.append(f'edge [fontname="{fontname}"] ;')
    if rotate:
        lines.append("rankdir=LR ;")
    body, ranks = _body(drawn, max_depth, filled, -45 if rotate else 45)
    lines += body
    if leaves_parallel:
        lines += [f"{{rank=same ; {'; '.join(map(str, ranks[rank]))}}} ;" for rank in sorted(ranks)]
    text = "\n".join([*lines, "}"])
    return _write(text, out_file)


def _node_style(style, fontname):
    if not style:
        return f'node [shape=box, fontname="{fontname}"] ;'
    return f'node [shape=box, style="{", ".join(style)}", color="black", fontname="{fontname}"] ;'


def _body(drawn, max_depth, filled, angle):
    """Lines of nodes and edges, depth first; nodes by rank, leaves having one of their own."""
    tree, lines, ranks = drawn.tree, [], {}
    stack = [(0, -1, 0)]
    while stack:
        node, parent, depth = stack.pop()
        left, right = tree.children_left[node], tree.children_right[node]
        hidden = max_depth is not None and depth > max_depth
        ranks.setdefault("leaves" if left < 0 or hidden else str(depth), []).append(node)
        if hidden:
            fill = f', fillcolor="{GREY}"' if filled else ""
            lines.append(f'{node} [label="(...)"{fill}] ;')
        else:
            lines.append(_node(drawn, node, filled))
        if parent >= 0:
            lines.append(f"{parent} -> {node}{_edge_label(tree, parent, node, angle)} ;")
        if left >= 0 and not hidden:
            stack += [(right, node, depth + 1), (left, node, depth + 1)]
    return lines, ranks


def _node(drawn, node, filled):
    text = drawn.text(node)
    if drawn.marks is HTML:
        label = f"<{text}>"
    else:
        label = '"' + text.replace("\n", "\\n") + '"'
    fill = f', fillcolor="{drawn.colour(node)}"' if filled else ""
    return f"{node} [label={label}{fill}] ;"


def _edge_label(tree, parent, node, angle):
    """The root's edges say which answer they are."""
    if parent != 0:
        return ""
    if node == tree.children_left[0]:
        return f' [labeldistance=2.5, labelangle={angle}, headlabel="True"]'
    return f' [labeldistance=2.5, labelangle={-angle}, headlabel="False"]'


def _write(text, out_file):
    if out_file is None:
        return text
    if hasattr(out_file, "write"):
        out_file.write(text)
    else:
        with open(out_file, "w", encoding="utf-8") as file:
            file.write(text)
    return None
