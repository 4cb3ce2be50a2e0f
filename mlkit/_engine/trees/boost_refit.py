"""New leaf values for trees that stay as they are.

Round by round, a leaf's step on new rows is ``η · argmin_t Σ w (g t + h t² / 2) + l2 t² / 2`` at
the raw predictions of the rounds before, or η times the quantile of the residuals; its new value
is ``decay · old + (1 − decay) · step``.
"""

from dataclasses import replace

import numpy as np

from .boost import location
from .boost_losses import output_loss


def refitted(trees, X, loss, table, *, learning_rate, l2, decay, n_threads=1):
    """Return the trees with values for the rows of X; a leaf that none comes to keeps its own.

    Parameters
    ----------
    trees : Trees
        Rounds of boosting, one after another.
    X : ndarray of shape (n_rows, n_features)
    loss : Loss
        As `Booster` takes it.
    table : Table
        y, weights and raw predictions before the first round, which become those after the last.
    learning_rate, l2, decay : float
    n_threads : int

    Returns
    -------
    Trees
    """
    value, width = trees.value.copy(), trees.value.shape[1]
    for first in range(0, trees.n_trees, table.raw.shape[1] // width):
        gradient, curvature = _terms(loss, table, n_threads)
        residual_at = table.raw.copy() if not loss.smooth else table.raw
        for k in range(table.raw.shape[1] // width):
            tree = trees.tree(first + k)
            leaf = tree.apply(X, n_threads=n_threads)[:, 0]
            reached = np.bincount(leaf, table.weight, minlength=tree.n_nodes) > 0
            here = value[trees.offset[first + k] : trees.offset[first + k + 1], :, 0]
            for j in range(width):
                column = k * width + j
                if loss.smooth:
                    step = _newton(leaf, gradient[:, column], curvature, column, l2, len(here))
                else:
                    residual = table.target(column) - residual_at[:, column]
                    step = _locations(output_loss(loss, column), leaf, residual, table.weight, here)
                blend = decay * here[:, j] + (1 - decay) * learning_rate * step
                here[:, j] = np.where(reached, blend, here[:, j])
            table.raw[:, k * width : (k + 1) * width] += here[leaf]
    return replace(trees, value=value)


def _terms(loss, table, n_threads):
    """Gradients and, None where they are 1, curvatures, both times the weights."""
    if not loss.smooth:
        return None, None
    gradient, curvature = np.empty_like(table.raw), None
    if loss.curved and not loss.quadratic:
        curvature = np.empty_like(table.raw)
    loss.evaluate(
        table.y,
        table.raw,
        table.weight,
        gradient=gradient,
        curvature=curvature,
        n_threads=n_threads,
    )
    if curvature is None and table.weight is not None:
        curvature = np.repeat(table.weight[:, None], table.raw.shape[1], axis=1)
    return gradient, curvature


def _newton(leaf, gradient, curvature, column, l2, n_nodes):
    total = np.bincount(leaf, gradient, minlength=n_nodes)
    bend = np.bincount(leaf, None if curvature is None else curvature[:, column], minlength=n_nodes)
    # 1e-15: a node without rows has the value 0.
    return -total / (bend + l2 + 1e-15)


def _locations(loss, leaf, residual, weight, nodes):
    out = np.zeros(len(nodes))
    order = np.argsort(leaf, kind="stable")
    found, starts = np.unique(leaf[order], return_index=True)
    for node, rows in zip(found, np.split(order, starts[1:]), strict=True):
        part = None if weight is None else weight[rows]
        if part is None or part.any():
            out[node] = location(loss, residual[rows], part)
    return out
