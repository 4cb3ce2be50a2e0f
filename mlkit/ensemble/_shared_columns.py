"""Decision trees of an ensemble, grown on columns that were put in order once for all of them."""

import operator
from dataclasses import replace

from .._core.parallel import n_threads
from .._core.sparse import issparse
from .._engine.trees import exact
from .._engine.trees.structure import Trees
from ..tree import DecisionTreeClassifier, DecisionTreeRegressor
from ..tree import _base as of_trees

# X of fewer values is put in order before other threads have begun.
_MANY = 200_000

_KINDS = (DecisionTreeClassifier, DecisionTreeRegressor)


def columns_for(model, X):
    """Return the columns of X for trees like `model`; None if it is something else.

    Parameters
    ----------
    model : estimator
    X : ndarray or sparse matrix of shape (n_rows, n_features)
        Checked.

    Returns
    -------
    Columns or None
    """
    # A subclass may grow its trees in another way; medians know no missing values; rows are
    # parted by what is in them.
    if type(model) not in _KINDS or model.criterion == "absolute_error" or X.dtype.kind != "f":
        return None
    if model.honest is not None or model.categorical_features is not None:
        return None
    model._check_params()
    n_features = X.shape[1]
    everything = of_trees.n_drawn(model.max_features, n_features) >= n_features
    return ordered(type(model).__name__, X, everything and model.splitter == "best")


def ordered(who, X, everything):
    """Return the columns of X for trees that look at all cuts of `everything`, or of some columns.

    Raises
    ------
    ValueError
        In the name of `who`, for values that float32 cannot hold.
    """
    columns = exact.prepare(
        X.tocsc() if issparse(X) else X,
        lists=None if everything else False,
        n_threads=threads_for(X),
    )
    if not columns.finite:
        raise ValueError(
            f"{who}: Input X contains infinity or a value too large for dtype('float32')."
        )
    return columns


def threads_for(X, per_row=None):
    """Threads that are worth starting for X: all for many values, or rows times `per_row`."""
    per_row = X.shape[1] if per_row is None else per_row
    return n_threads() if X.shape[0] * per_row > _MANY else 1


def fit_tree(model, columns, y, weight, seed):
    """Fit a tree to rows whose columns are known; return the leaf of each row.

    Parameters
    ----------
    model : DecisionTreeClassifier or DecisionTreeRegressor
    columns : Columns
    y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
    weight : ndarray of shape (n_rows,)
    seed : int
        Of the draws within the tree.

    Returns
    -------
    ndarray of int32, shape (n_rows,), or None
        −1 at weight 0; None if the tree was pruned since.
    """
    model.n_features_in_ = columns.n_features
    y, n_classes = model._encode(y)
    by_class = model._class_weights(y)
    weight = weight if by_class is None else weight * by_class
    who = type(model).__name__
    limits = of_trees.limits_of(model, columns.n_rows, columns.n_features, weight.sum())
    signs = of_trees.signs_of(who, model.monotonic_cst, columns.n_features, n_classes, y.shape[1])
    limits = replace(limits, monotonic=signs)
    criterion = model._criterion(n_classes)
    trees, leaf = exact.grow_leaves(columns, y, weight, criterion, limits, seed)
    if model.ccp_alpha > 0:
        trees = of_trees.prune(trees, model.ccp_alpha)
    model._keep(trees, n_classes, y.shape[1])
    return leaf if model.ccp_alpha == 0 else None


def joined(models, values=None, key=None):
    """Return the trees of all models as one object, so that rows walk through them at once.

    Parameters
    ----------
    models : list of estimators
    values : callable, default=None
        Takes the number and the tree of a model and returns other values of its nodes, of shape
        (n_nodes, n_outputs, n_values).
    key : hashable, default=None
        What the values depend on beside the trees. What was made last is kept with the first tree.

    Returns
    -------
    Trees or None
        None if a model is no tree of ours.
    """
    if not all(type(each) in _KINDS and each._table is None for each in models):
        return None
    first, *rest = own = [each.tree_.trees for each in models]
    known = first.__dict__.get("_joined")
    if known is None or known[0] != key or not _are(known[1], rest):
        if values is not None:
            own = [replace(trees, value=values(i, trees)) for i, trees in enumerate(own)]
        known = (key, rest, Trees.concatenate(own))
        object.__setattr__(first, "_joined", known)
    return known[2]


def _are(known, trees):
    """Whether two lists hold the same objects."""
    return len(known) == len(trees) and all(map(operator.is_, known, trees))


def as_walked(X):
    """X as trees walk it, or None if it holds something else than floats."""
    if X.dtype.kind != "f":
        return None
    return X.tocsr() if issparse(X) else X


def counts_rows(model):
    """Whether a row drawn twice is more to a tree than a row of weight 2."""
    return not (
        model.min_samples_split == 2
        and model.min_samples_leaf == 1
        and isinstance(model.min_samples_leaf, int)
    )
