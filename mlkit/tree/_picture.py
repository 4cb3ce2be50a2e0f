"""What a picture of a tree says at its nodes, and in which colours."""

import colorsys
from dataclasses import dataclass

import numpy as np

from .._core.arrays import check_is_fitted
from ._categories import sides

# Of hues that start at orange: saturation and value of the colour of a pure node.
_FIRST_HUE, _SATURATION, _VALUE = 25, 0.75, 0.9
GREY = "#C0C0C0"


def palette(n):
    """n colours of evenly spaced hues, as (red, green, blue) of 0 to 255."""
    colours = []
    for hue in np.arange(_FIRST_HUE, _FIRST_HUE + 360, 360.0 / n).astype(int)[:n]:
        rgb = colorsys.hsv_to_rgb(hue % 360 / 360.0, _SATURATION, _VALUE)
        colours.append(tuple(int(255 * part) for part in rgb))
    return colours


def tree_of(decision_tree):
    """The nodes of a fitted estimator, or of what is one already."""
    if hasattr(decision_tree, "fit"):
        check_is_fitted(decision_tree)
        return decision_tree.tree_
    return decision_tree


def check_names(function, names, n_features):
    """Raise unless there is a name for each feature."""
    if names is not None and len(names) != n_features:
        raise ValueError(
            f"{function}: feature_names has {len(names)} names, the tree has {n_features} features"
        )


@dataclass(frozen=True)
class Marks:
    """How a format writes what is not a number."""

    newline: str = "\n"
    at_most: str = "<="
    number_sign: str = "#"
    below: tuple = ("[", "]")
    quote: str = '"'


PLAIN = Marks()
HTML = Marks("<br/>", "&le;", "&#35;", ("<SUB>", "</SUB>"), '"')


@dataclass(frozen=True)
class Picture:
    """Text and colour of each node; parameters as in `export_graphviz`."""

    tree: object
    criterion: str
    feature_names: object
    class_names: object
    label: str
    impurity: bool
    node_ids: bool
    proportion: bool
    precision: int
    marks: Marks = PLAIN
    decision_tree: object = None

    @property
    def _is_classifier(self):
        return self.tree.max_n_classes > 1

    def _subscript(self, letter, number):
        opening, closing = self.marks.below
        return f"{letter}{opening}{number}{closing}"

    def _feature(self, node):
        j = self.tree.feature[node]
        if self.feature_names is None:
            return self._subscript("x", j)
        name = str(self.feature_names[j])
        return name if self.marks is HTML else name.replace('"', '\\"')

    def _number(self, value):
        return repr(float(np.around(value, self.precision)))

    def _row(self, values):
        whole = self._is_classifier and not self.proportion
        nearest = np.rint(values)
        if whole and np.allclose(values, nearest, rtol=1e-9, atol=1e-9):
            return ", ".join(str(int(v)) for v in nearest)
        return ", ".join(self._number(v) for v in values)

    def _value(self, node):
        value, tree = self.tree.value[node], self.tree
        if self._is_classifier and not self.proportion:
            value = value * tree.weighted_n_node_samples[node]
        rows = [f"[{self._row(values)}]" for values in value]
        if len(rows) == 1:
            return rows[0] if self._is_classifier else rows[0].strip("[]")
        return f"[{self.marks.newline.join(rows)}]"

    def _class(self, node):
        best = int(np.argmax(self.tree.value[node][0]))
        if self.class_names is True:
            return self._subscript("y", best)
        return str(self.class_names[best])

    def _answer(self, node):
        """What goes left."""
        categories = sides(self.decision_tree, node)
        if categories is None:
            return f"{self.marks.at_most} {self._number(self.tree.threshold[node])}"
        left = categories[0]
        if self.marks is HTML:
            return "in " + left.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return "in " + left.replace('"', '\\"')

    def text(self, node):
        """What stands at a node, line by line."""
        tree = self.tree
        labelled = self.label == "all" or (self.label == "root" and node == 0)
        lines = []
        if self.node_ids:
            lines.append(("node " if labelled else "") + f"{self.marks.number_sign}{node}")
        if tree.children_left[node] >= 0:
            lines.append(f"{self._feature(node)} {self._answer(node)}")
        said = []
        if self.impurity:
            said.append((self.criterion, self._number(tree.impurity[node])))
        n, n_all = tree.n_node_samples[node], tree.n_node_samples[0]
        said.append(("samples", f"{round(100.0 * n / n_all, 1)}%" if self.proportion else str(n)))
        said.append(("value", self._value(node)))
        if self.class_names is not None and self._is_classifier and tree.n_outputs == 1:
            said.append(("class", self._class(node)))
        lines += [f"{name} = {value}" if labelled else value for name, value in said]
        return self.marks.newline.join(lines)

    def colour(self, node):
        """The stronger, the surer the node is; of the likeliest class, or of a great value."""
        tree = self.tree
        colours = palette(tree.n_classes[0])
        best = 0
        if tree.n_outputs > 1:
            share = _place(-tree.impurity[node], -tree.impurity)
        elif not self._is_classifier:
            share = _place(tree.value[node, 0, 0], tree.value[:, 0, 0])
        else:
            value = tree.value[node, 0]
            best = int(np.argmax(value))
            second, first = np.sort(value)[-2:]
            share = (first - second) / (1 - second)
        mixed = (round(share * part + (1 - share) * 255) for part in colours[best])
        return "#" + "".join(f"{part:02x}" for part in mixed)


def _place(value, values):
    """Where a value lies between the least and the greatest, 0 if these are the same."""
    low, high = values.min(), values.max()
    return (value - low) / (high - low) if high > low else 0.0


def picture(decision_tree, function, *, feature_names, marks=PLAIN, **options):
    """`Picture` of a fitted tree, names checked."""
    tree = tree_of(decision_tree)
    check_names(function, feature_names, tree.n_features)
    criterion = getattr(decision_tree, "criterion", "impurity")
    criterion = criterion if isinstance(criterion, str) else "impurity"
    return Picture(
        tree, criterion, feature_names, marks=marks, decision_tree=decision_tree, **options
    )
