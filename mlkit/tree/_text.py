"""Trees as indented text."""

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.domains import array_like, boolean, has_methods, integer, none
from .._core.params import checked
from ._categories import sides
from ._picture import check_names


@checked(
    decision_tree=has_methods("fit", "predict"),
    feature_names=array_like | none,
    class_names=array_like | none,
    max_depth=integer(0) | none,
    spacing=integer(1),
    decimals=integer(0),
    show_weights=boolean,
)
def export_text(
    decision_tree,
    *,
    feature_names=None,
    class_names=None,
    max_depth=10,
    spacing=3,
    decimals=2,
    show_weights=False,
):
    """Return the rules of a tree as text, a line for each answer and each leaf.

    Parameters
    ----------
    decision_tree : fitted decision tree
    feature_names : array-like of str, default=None
        None is feature_0, feature_1, ...
    class_names : array-like of str, default=None
        Names in the order of ``classes_``; None is the labels. For one output.
    max_depth : int or None, default=10
        What lies below it is left out, and said to be; None shows all.
    spacing : int, default=3
        Width of a level.
    decimals : int, default=2
        Digits behind the point.
    show_weights : bool, default=False
        Whether leaves of a classifier show the weight of each class.

    Returns
    -------
    str

    Examples
    --------
    >>> from mlkit.tree import DecisionTreeClassifier, export_text
    >>> tree = DecisionTreeClassifier().fit([[0.0], [1.0]], ["no", "yes"])
    >>> print(export_text(tree, feature_names=["x"]), end="")
    |--- x <= 0.50
    |   |--- class: no
    |--- x >  0.50
    |   |--- class: yes
    """
    check_is_fitted(decision_tree)
    tree = decision_tree.tree_
    check_names("export_text", feature_names, tree.n_features)
    if feature_names is None:
        feature_names = [f"feature_{j}" for j in range(tree.n_features)]
    leaf = _Leaf(decision_tree, class_names, decimals, show_weights)
    lines = []

    def write(depth, text):
        lines.append(("|" + " " * spacing) * (depth - 1) + "|" + "-" * spacing + " " + text)

    def visit(node, depth):
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            write(depth, leaf.text(node))
        elif max_depth is not None and depth > max_depth + 1:
            write(depth, f"truncated branch of depth {_levels(tree, node)}")
        else:
            name, threshold = feature_names[tree.feature[node]], tree.threshold[node]
            answers = f"<= {threshold:.{decimals}f}", f">  {threshold:.{decimals}f}"
            categories = sides(decision_tree, node)
            if categories is not None:
                answers = tuple(f"in {each}" for each in categories)
            write(depth, f"{name} {answers[0]}")
            visits.append((right, depth + 1, f"{name} {answers[1]}"))
            visits.append((left, depth + 1, None))

    # A stack: trees may be deeper than Python's.
    visits = [(0, 1, None)]
    while visits:
        node, depth, answer = visits.pop()
        if answer is not None:
            write(depth - 1, answer)
        visit(node, depth)
    return "\n".join(lines) + "\n"


class _Leaf:
    """What is said at a leaf."""

    def __init__(self, decision_tree, class_names, decimals, show_weights):
        self.tree = decision_tree.tree_
        self.decimals, self.show_weights = decimals, show_weights
        classes = getattr(decision_tree, "classes_", None)
        one = classes is not None and not isinstance(classes, list)
        if one and class_names is not None and len(class_names) != len(classes):
            raise ValueError(
                f"export_text: class_names has {len(class_names)} names, the tree has "
                f"{len(classes)} classes"
            )
        self.classes = classes
        self.names = class_names if one and class_names is not None else classes

    def _numbers(self, values):
        return "[" + ", ".join(f"{v:.{self.decimals}f}" for v in values) + "]"

    def text(self, node):
        value = self.tree.value[node]
        if self.classes is None:
            return f"value: {self._numbers(value[:, 0])}"
        shown = ""
        if self.show_weights:
            weights = value * self.tree.weighted_n_node_samples[node]
            shown = f"weights: {', '.join(self._numbers(w) for w in weights)} "
        if isinstance(self.classes, list):
            best = [own[np.argmax(v)] for own, v in zip(self.classes, value, strict=True)]
            return f"{shown}class: [{', '.join(map(str, best))}]"
        return f"{shown}class: {self.names[np.argmax(value[0])]}"


def _levels(tree, node):
    """Number of levels of the subtree of a node."""
    levels, at = 0, [node]
    while at:
        levels += 1
        at = [
            child
            for i in at
            for child in (tree.children_left[i], tree.children_right[i])
            if child >= 0
        ]
    return levels
