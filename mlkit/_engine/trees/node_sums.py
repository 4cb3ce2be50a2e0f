"""Sums over the rows of each node, of rows that a tree need not be grown on."""

import numpy as np


def node_weights(tree, leaf, weight):
    """Return the weight of the rows in each node.

    Parameters
    ----------
    tree : Trees
        One tree.
    leaf : ndarray of int, shape (n_rows,)
    weight : ndarray of float64, shape (n_rows,)

    Returns
    -------
    ndarray of float64, shape (n_nodes,)
    """
    mass = np.bincount(leaf, weight, minlength=tree.n_nodes)
    return tree.subtotals(mass[tree.is_leaf])


def node_totals(tree, leaf, target, weight):
    """Return weighted sums of the targets in each node, or of the weights of each class.

    Parameters
    ----------
    tree : Trees
        One tree.
    leaf : ndarray of int, shape (n_rows,)
    target : ndarray of shape (n_rows, n_outputs)
        Codes of classes as integers, or numbers.
    weight : ndarray of float64, shape (n_rows,)

    Returns
    -------
    ndarray of float64, shape of ``tree.value``
    """
    total = np.zeros(tree.value.shape)
    n_nodes, width = tree.n_nodes, total.shape[2]
    for k, own in enumerate(target.T):
        if target.dtype.kind == "i":
            cell = np.bincount(leaf * width + own, weight, minlength=n_nodes * width)
            total[:, k] = cell.reshape(-1, width)
        else:
            total[:, k, 0] = np.bincount(leaf, weight * own, minlength=n_nodes)
    return tree.subtotals(total[tree.is_leaf])
