"""Plots of the functions of additive models."""

import numpy as np

from .._core.errors import import_optional


def plot_shape(shape, ax=None, output=None):
    """Draw the function of a term: steps with the deviation of bags, bars, or a map.

    Parameters
    ----------
    shape : Bunch
        From ``shape`` of an additive model.
    ax : matplotlib Axes or None
        Where to draw; None makes a figure.
    output : int or None
        Which class of more than two.

    Returns
    -------
    matplotlib Axes
    """
    pyplot = import_optional("matplotlib.pyplot", "plot", "to plot a term")
    ax = pyplot.subplots()[1] if ax is None else ax
    scores, deviations = shape.scores, shape.deviations
    if scores.ndim > len(shape.features):
        if output is None:
            raise ValueError("output: name the class to draw, by its position in classes_")
        scores, deviations = scores[..., output], deviations[..., output]
    if len(shape.features) == 2:
        _map(ax, shape, scores)
    elif _are_names(shape.edges[0]):
        _bars(ax, shape.edges[0], scores, deviations)
    else:
        _steps(ax, shape.edges[0], scores, deviations)
    ax.set_title(f"{shape.name} (importance {shape.importance:.3g})")
    return ax


def _are_names(edges):
    return edges.dtype.kind not in "fiu"


def _steps(ax, edges, scores, deviations):
    ends = _ends(edges)
    ax.stairs(scores[:-1], ends, baseline=None)
    low, high = scores - deviations, scores + deviations
    ax.fill_between(
        np.repeat(ends, 2)[1:-1], np.repeat(low[:-1], 2), np.repeat(high[:-1], 2), alpha=0.2
    )
    ax.axhline(scores[-1], linestyle=":", label="missing")
    ax.set_ylabel("part of the raw prediction")
    ax.legend()


def _bars(ax, names, scores, deviations):
    labels = [*map(str, names), "missing"]
    ax.bar(labels, scores, yerr=deviations)
    ax.set_ylabel("part of the raw prediction")


def _map(ax, shape, scores):
    first, second = shape.edges
    ends = []
    for edges, n_cells in zip((first, second), scores.shape, strict=True):
        names = _are_names(edges)
        ends.append(np.arange(n_cells) - 0.5 if names else _ends(edges))
    limit = max(abs(scores[:-1, :-1]).max(), 1e-12)
    mesh = ax.pcolormesh(
        *ends, scores[:-1, :-1].T, cmap="coolwarm", vmin=-limit, vmax=limit, shading="flat"
    )
    for edges, axis in ((first, ax.xaxis), (second, ax.yaxis)):
        if _are_names(edges):
            axis.set_ticks(np.arange(len(edges)), [str(name) for name in edges])
    ax.figure.colorbar(mesh, ax=ax, label="part of the raw prediction")
    names = shape.name.split(" & ")
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[-1])


def _ends(edges):
    """Edges with an end added on each side, as far as the bins there are wide on the mean."""
    if len(edges) == 0:
        return np.array([-1.0, 1.0])
    width = (edges[-1] - edges[0]) / (len(edges) - 1) if len(edges) > 1 else 1.0
    return np.concatenate([[edges[0] - width], edges, [edges[-1] + width]])
