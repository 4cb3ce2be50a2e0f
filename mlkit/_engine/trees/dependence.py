"""Partial dependence of trees: their mean over the training rows with some columns fixed."""

import numpy as np


def partial_dependence(trees, grid, columns):
    """Return Σ over trees of the mean prediction with `columns` at each point of a grid.

    A node that looks at another column passes the point to both children in proportion to
    their training weight (Friedman, 2001, section 8.2).

    Parameters
    ----------
    trees : Trees
        Of one value a leaf.
    grid : ndarray of shape (n_points, n_grid_columns)
    columns : ndarray of int, shape (n_grid_columns,)

    Returns
    -------
    ndarray of float64, shape (n_points,)
    """
    place = {int(column): i for i, column in enumerate(columns)}
    left, right = trees.children()
    out = np.zeros(len(grid))
    share = {int(root): np.ones(len(grid)) for root in trees.offset[:-1]}
    for node in range(trees.n_nodes):
        here = share.pop(node)
        if left[node] < 0:
            out += here * trees.value[node, 0, 0]
            continue
        column = place.get(int(trees.feature[node]))
        if column is None:
            part = trees.weight[left[node]] / trees.weight[node]
        else:
            part = _goes_left(trees, node, grid[:, column])
        share[int(left[node])] = here * part
        share[int(right[node])] = here * (1 - part)
    return out


def _goes_left(trees, node, values):
    missing = np.isnan(values)
    number = -1 if trees.category is None else trees.category[node]
    if number < 0:
        left = values <= trees.threshold[node]
        return np.where(missing, trees.missing_left[node], left)
    bits = trees.bitsets[number]
    missing |= (values < 0) | (values >= 32 * len(bits))
    code = np.where(missing, 0, values).astype(np.int64)
    left = bits[code // 32] >> (code % 32).astype(np.uint32) & 1
    return np.where(missing, trees.missing_left[node], left)
