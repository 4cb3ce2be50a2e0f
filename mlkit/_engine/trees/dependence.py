"""Partial dependence of trees: their mean over the training rows with some columns fixed."""

import numpy as np

from ._dependence import add_means


def partial_dependence(trees, grid, columns, *, column=None, n_columns=1):
    """Return sums over trees of the mean prediction with `columns` at each point of a grid.

    A node that looks at another column passes the point to both children in proportion to
    their training weight (Friedman, 2001, section 8.2).

    Parameters
    ----------
    trees : Trees
        The first value of a leaf is meant.
    grid : array-like of shape (n_points, n_grid_columns)
    columns : array-like of int, shape (n_grid_columns,)
    column : ndarray of int32, shape (n_trees,), or None
        Row of the result that a tree adds to; None is 0 for all.
    n_columns : int, default 1

    Returns
    -------
    ndarray of float64, shape (n_columns, n_points)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._engine.trees.dependence import partial_dependence
    >>> from mlkit._engine.trees.structure import Trees
    >>> stump = Trees.build(feature=[1, -2, -2], threshold=[0.5, -2, -2], left=[1, -1, -1],
    ...                     right=[2, -1, -1], value=[[[2.5]], [[1.0]], [[3.0]]], n_features=2,
    ...                     weight=[4.0, 1.0, 3.0])
    >>> partial_dependence(stump, [[0.0], [1.0]], [1]).tolist()
    [[1.0, 3.0]]
    >>> partial_dependence(stump, [[0.0]], [0]).tolist()
    [[2.5]]
    """
    trees.walker  # noqa: B018  checks the arrays
    grid = np.asarray(grid)
    grid = grid.astype(np.float32) if trees.single else grid
    fixed = np.full(trees.n_features, -1, dtype=np.int32)
    fixed[np.asarray(columns, dtype=np.intp)] = np.arange(grid.shape[1])
    out = np.zeros((n_columns, len(grid)))
    column = np.zeros(trees.n_trees) if column is None else column
    points = np.ascontiguousarray(grid.T, dtype=np.float64)
    add_means(trees, points, fixed, np.ascontiguousarray(column, dtype=np.int32), out)
    return out
