"""Trees drawn by matplotlib."""

from .._core.domains import anything, array_like, boolean, integer, none, one_of
from .._core.errors import import_optional
from .._core.params import checked
from ._picture import GREY, picture


@checked(
    decision_tree=anything,
    max_depth=integer(0) | none,
    feature_names=array_like | none,
    class_names=array_like | boolean | none,
    label=one_of("all", "root", "none"),
    filled=boolean,
    impurity=boolean,
    node_ids=boolean,
    proportion=boolean,
    rounded=boolean,
    precision=integer(0) | none,
    ax=anything,
    fontsize=integer(0) | none,
)
def plot_tree(
    decision_tree,
    *,
    max_depth=None,
    feature_names=None,
    class_names=None,
    label="all",
    filled=False,
    impurity=True,
    node_ids=False,
    proportion=False,
    rounded=False,
    precision=3,
    ax=None,
    fontsize=None,
):
    """Draw a tree.

    Parameters
    ----------
    decision_tree : fitted decision tree
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
    impurity : bool, default=True
    node_ids : bool, default=False
    proportion : bool, default=False
        Whether samples are percentages, and values shares of the classes.
    rounded : bool, default=False
    precision : int, default=3
        Digits behind the point.
    ax : matplotlib axes, default=None
        None is the current one, cleared.
    fontsize : int, default=None
        None makes the texts as large as fits.

    Returns
    -------
    list of matplotlib annotations
        Nodes depth first; behind the root's children, the answers on their edges.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from mlkit.tree import DecisionTreeRegressor, plot_tree
    >>> tree = DecisionTreeRegressor().fit([[0.0], [1.0]], [3.0, 5.0])
    >>> [a.get_text().split()[0] for a in plot_tree(tree)]
    ['x[0]', 'squared_error', 'True', 'squared_error', 'False']
    """
    drawn = picture(
        decision_tree,
        "plot_tree",
        feature_names=feature_names,
        class_names=None if class_names is False else class_names,
        label=label,
        impurity=impurity,
        node_ids=node_ids,
        proportion=proportion,
        precision=precision,
    )
    pyplot = import_optional("matplotlib.pyplot", "plot", "plot_tree")
    if ax is None:
        ax = pyplot.gca()
    ax.clear()
    ax.set_axis_off()
    order, place, n_leaves, n_levels = _layout(drawn.tree, max_depth)
    box = {"boxstyle": "round" if rounded else "square"}
    arrow = {"arrowstyle": "<-", "shrinkA": 0, "color": "black"}
    centred = {"ha": "center", "va": "center", "xycoords": "axes fraction", "zorder": 100}
    size = {} if fontsize is None else {"fontsize": fontsize}
    shown = []
    for node, parent, hidden in order:
        fill = (GREY if hidden else drawn.colour(node)) if filled else "white"
        options = {**size, **centred, "bbox": {**box, "facecolor": fill}}
        text = "\n  (...)  \n" if hidden else drawn.text(node)
        if parent < 0:
            shown.append(ax.annotate(text, place[node], **options))
            continue
        shown.append(ax.annotate(text, place[parent], place[node], arrowprops=arrow, **options))
        if parent == 0:
            shown.append(_answer(ax, drawn.tree, node, place, size))
    if fontsize is None:
        _fit_texts(ax, shown, n_leaves, n_levels)
    return shown


def _answer(ax, tree, node, place, size):
    """The answer that leads from the root to a child, on its edge."""
    left = node == tree.children_left[0]
    (x, y), (u, v) = place[0], place[node]
    return ax.annotate(
        "True  " if left else "  False",
        ((x + u) / 2, (y + v) / 2),
        xycoords="axes fraction",
        ha="right" if left else "left",
        **size,
    )


def _layout(tree, max_depth):
    """Nodes depth first with their parents and whether they hide more; places in the unit square.

    Leaves are one step apart, a node stands over the middle of its children.
    """
    order, stack, depth = [], [(0, -1, 0)], {}
    while stack:
        node, parent, level = stack.pop()
        hidden = max_depth is not None and level > max_depth
        order.append((node, parent, hidden))
        depth[node] = level
        if tree.children_left[node] >= 0 and not hidden:
            stack.append((tree.children_right[node], node, level + 1))
            stack.append((tree.children_left[node], node, level + 1))
    across, n_leaves = {}, 0
    for node, _, hidden in order:
        if hidden or tree.children_left[node] < 0:
            across[node] = n_leaves
            n_leaves += 1
    for node, _, _ in reversed(order):
        if node not in across:
            children = tree.children_left[node], tree.children_right[node]
            across[node] = sum(across[child] for child in children) / 2
    n_levels = max(depth.values()) + 1
    place = {
        node: ((across[node] + 0.5) / n_leaves, 1 - (depth[node] + 0.5) / n_levels)
        for node, _, _ in order
    }
    return order, place, n_leaves, n_levels


def _fit_texts(ax, annotations, n_leaves, n_levels):
    """Shrink texts until a box fits the distance between leaves and between levels."""
    renderer = ax.figure.canvas.get_renderer()
    axes = ax.get_window_extent(renderer)
    boxes = [
        a.get_bbox_patch().get_window_extent(renderer) for a in annotations if a.get_bbox_patch()
    ]
    widest, highest = max(b.width for b in boxes), max(b.height for b in boxes)
    room = min(axes.width / n_leaves / widest, 0.8 * axes.height / n_levels / highest)
    for annotation in annotations:
        annotation.set_fontsize(annotation.get_fontsize() * min(1.0, room))
