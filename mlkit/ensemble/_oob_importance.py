"""Importances of features by the rows that trees were grown without."""

import numpy as np

from .._core.domains import boolean
from .._core.params import fitted, param
from .._core.sparse import issparse
from .._core.targets import compute_sample_weight
from .._engine.trees.forest import run_side_by_side
from .._engine.trees.node_sums import node_totals, node_weights

oob_importances = param(
    False,
    boolean,
    "Whether to measure what the splits on each feature explain of the targets of rows that a "
    "tree was grown without, as `oob_importances_`.",
)
importances_of_others = fitted(
    "(n_features,)",
    "Mean over trees and outputs of ``Σ_m Σ_i w_i (y_i − u_m) (v_c(i) − v_m) / Σ w`` over the "
    "nodes m that split on the feature and their rows i out of bag, u_m being the mean of these, "
    "v_m the value of the node and c(i) the child of the row (Li et al. 2019, MDI-oob); about 0, "
    "or below, for features that y does not depend on. There if `oob_importances` is set.",
)


class OutOfBagImportances:
    """Mixin: what splits explain of targets that they were not chosen by.

    A node m on feature j has the mean ``v_m`` of its drawn rows, and the mean ``u_m`` of its rows
    i that are out of bag, of weight ``w_i``. With ``c(i)`` the child of row i, the feature gets

    ``Σ_m Σ_i w_i (y_i − u_m) · (v_c(i) − v_m) / Σ w``

    from a tree, the sums over the nodes on j and over its rows out of bag. Over the drawn rows
    this is the decrease of variance, or of the Gini index of one-hot labels; over the others, its
    expectation is 0 where y does not depend on j, however many values j has. Li et al. have
    ``y_i`` in place of ``y_i − u_m``, which has the same expectation, but depends on the origin
    of y. A row that is the same as a drawn one is not out of bag.

    References
    ----------
    Li, X., Wang, Y., Basu, S., Kumbier, K. and Yu, B. (2019). A debiased MDI feature importance
    measure for random forests. NeurIPS.
    Zhou, Z. and Hooker, G. (2021). Unbiased measurement of feature importance in tree-based
    methods. ACM Transactions on Knowledge Discovery from Data 15.
    """

    def _set_oob_importances(self, X, codes, weight, n_threads):
        X = X.tocsr() if issparse(X) else X
        codes = codes if codes.dtype.kind == "i" else codes - codes.mean(axis=0)

        def one(i):
            left_out, own = self._out_of_bag(self._seeds[i], weight, codes)
            if not own.any():
                return None
            tree = self._trees.tree(i)
            leaf = tree.apply(X[left_out])[:, 0]
            return explained(tree, leaf, codes[left_out], own)

        each = run_side_by_side(one, self._trees.n_trees, n_threads)
        each = [own for own in each if own is not None]
        nothing = np.full(self.n_features_in_, np.nan)
        self.oob_importances_ = np.mean(each, axis=0) if each else nothing

    def _out_of_bag(self, seed, weight, codes):
        """Rows that the tree of a seed was grown without, and their weights."""
        drawn = self._drawn_rows(seed)
        left_out = np.flatnonzero(self._draws.left_out(drawn))
        own = np.ones(len(left_out)) if weight is None else weight[left_out]
        if getattr(self, "class_weight", None) == "balanced_subsample":
            own = own * compute_sample_weight("balanced", codes, indices=drawn)[left_out]
        return left_out, own


def explained(tree, leaf, target, weight):
    """What the splits on each feature explain of some targets; see `OutOfBagImportances`.

    Parameters
    ----------
    tree : Trees
        One tree.
    leaf : ndarray of int, shape (n_rows,)
    target : ndarray of shape (n_rows, n_outputs)
        Codes of classes as integers, or numbers.
    weight : ndarray of float64, shape (n_rows,)
        Not all 0.

    Returns
    -------
    ndarray of float64, shape (n_features,)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.structure import Trees
    >>> from mlkit.ensemble._oob_importance import explained
    >>> stump = Trees.build(feature=[1, -2, -2], threshold=[0.5, -2, -2], left=[1, -1, -1],
    ...                     right=[2, -1, -1], value=[[[2.0]], [[1.0]], [[3.0]]], n_features=2)
    >>> explained(stump, np.array([1, 2]), np.array([[0.0], [4.0]]), np.ones(2)).tolist()
    [0.0, 2.0]
    """
    mass, total = node_weights(tree, leaf, weight), node_totals(tree, leaf, target, weight)
    inner = np.flatnonzero(~tree.is_leaf)
    mean = total[inner] / np.where(mass[inner] > 0, mass[inner], 1.0)[:, None, None]
    gain = np.zeros(len(inner))
    for child in (tree.left[inner], tree.right[inner]):
        surplus = total[child] - mass[child][:, None, None] * mean
        step = tree.value[child] - tree.value[inner]
        gain += (surplus * step).sum(axis=2).mean(axis=1)
    return np.bincount(tree.feature[inner], gain, minlength=tree.n_features) / mass[0]
