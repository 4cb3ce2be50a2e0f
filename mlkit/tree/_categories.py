"""Trees on tables with categories: what fit reads, what predict reads, and what a split says."""

import numpy as np

from .._core.domains import array_like, none, one_of
from .._core.params import param
from .._core.sparse import issparse
from .._engine.trees.category_ranks import RankedCategories
from ._mixed_columns import MixedInput

# Numbers of categories are float32s, and those are whole up to here.
_MOST = 2**24
_SHOWN = 8

categorical_features = param(
    None,
    array_like | one_of("from_dtype") | none,
    "Mask, positions or names of features whose values are categories, words or numbers; "
    '"from_dtype" takes the categorical and text columns of a data frame. Splits on them part '
    "sets of categories, found in the order of the mean response of the tree's rows (of several "
    "classes or outputs, of its first principal component). A category that fit did not see, or "
    "the tree's rows lack, goes as a missing value does. None: all values are numbers.",
)


class CategoricalInput(MixedInput):
    """Trees and forests whose X may hold categories."""

    categorical_features = None

    @property
    def _table(self):
        """`MixedColumns` of fit, or None where all features are numbers."""
        return vars(self).get("_columns")

    def _check_table(self, X, y, **options):
        """X of a fit as numbers, and y, both checked."""
        before = self._table
        for name in ("_columns", "is_categorical_"):
            vars(self).pop(name, None)
        if self.categorical_features is None:
            return self._check_fit(X, y, **options)
        if issparse(X):
            raise TypeError(
                f"{type(self).__name__}: categorical_features is for dense tables, and sparse data "
                "was passed: use X.toarray(), or one-hot columns without categorical_features"
            )
        self._check_params()
        X, y = self._read(X, y, _MOST)
        if getattr(self, "warm_start", False) and "_trees" in vars(self):
            self._check_same(before)
        return X, y

    def _check_same(self, before):
        now = self._table
        lists = [[] if each is None else each.categories for each in (before, now)]
        same = len(lists[0]) == len(lists[1]) and all(
            np.array_equal(a, b) if a is not None and b is not None else a is b
            for a, b in zip(*lists, strict=True)
        )
        if not same:
            raise ValueError(
                f"{type(self).__name__}: with warm_start=True the categories of X must be those "
                "of the first fit; set warm_start=False to fit anew"
            )

    def _grid(self, grid, features):
        """Points of some features as numbers; words may have come to stand for all of them."""
        if self._table is None:
            return grid
        out = np.empty(np.shape(grid))
        for own, column, j in zip(out.T, np.asarray(grid).T, features, strict=True):
            values = self._table.categories[j]
            if values is None:
                own[:] = column.astype(np.float64)
                continue
            values = values.tolist()
            place = {str(value): i for i, value in enumerate(values)}
            place |= {value: i for i, value in enumerate(values)}
            own[:] = [place.get(value, np.nan) for value in column.tolist()]
        return out

    def _ranked(self, X, signs):
        """`RankedCategories` of X as `_check_table` returned it; None without categories."""
        if self._table is None:
            return None
        mask = self._table.mask
        if signs is not None and signs[mask].any():
            raise ValueError(
                f"{type(self).__name__}: monotonic_cst must be 0 for categorical features, which "
                "have no order"
            )
        return RankedCategories(X, mask)


def sides(decision_tree, node):
    """Categories that go left and right at a node, as text; None where it compares numbers.

    Parameters
    ----------
    decision_tree : fitted decision tree
    node : int

    Returns
    -------
    tuple of str, or None
    """
    tree = getattr(decision_tree, "tree_", decision_tree)
    trees = getattr(tree, "trees", None)
    if trees is None or trees.category is None or trees.category[node] < 0:
        return None
    inside = np.unpackbits(
        trees.bitsets[trees.category[node]].astype("<u4").view(np.uint8), bitorder="little"
    ).astype(bool)
    table = vars(decision_tree).get("_columns")
    if table is None:
        known = np.arange(np.flatnonzero(inside).max(initial=-1) + 1)
    else:
        known = table.categories[trees.feature[node]]
    inside = inside[: len(known)]
    return _listed(known[inside]), _listed(known[~inside])


def _listed(values):
    shown = [str(value) for value in values[:_SHOWN]]
    more = len(values) - len(shown)
    return "{" + ", ".join([*shown, f"{more} more"] if more else shown) + "}"
