"""Drawing one dependence into one Axes: lines, contours, bars or a table of colours."""

from dataclasses import dataclass

import numpy as np

from ..metrics._axes import options

# Height of the marks of deciles, as a share of the Axes.
_MARK = 0.05
_N_LEVELS = 8


@dataclass(frozen=True)
class Style:
    """Options of the artists, as the user gave them, and the limits that panels share."""

    line: dict
    ice: dict
    average: dict
    contour: dict
    bar: dict
    heatmap: dict
    limits: dict


def draw_lines(ax, values, average, individual, kind, style):
    """One line a row of `individual`, then that of `average`; either may be None."""
    lines = []
    if individual is not None:
        faint = options({"alpha": 0.3, "linewidth": 0.5, "color": "C0"}, style.line)
        faint.pop("label", None)
        look = options(faint, style.ice)
        for each in individual:
            lines.append(ax.plot(values, each, **look)[0])
    if average is not None:
        default = {"color": "C0"}
        if kind == "both":
            default.update(linestyle="--", label="average")
        look = options(options(default, style.line), style.average)
        lines.append(ax.plot(values, average, **look)[0])
        if "label" in look:
            ax.legend()
    return lines


def draw_bars(ax, values, average, style):
    """One bar a category; return the first, as an Axes' bars are found from it."""
    bars = ax.bar(np.asarray(values).astype(str), average, **{"color": "C0", **style.bar})
    ax.tick_params(axis="x", rotation=90)
    return bars[0]


def limit_height(ax, limits):
    """Set the range of y to that of all panels."""
    low = min(each[0] for each in limits.values())
    high = max(each[1] for each in limits.values())
    ax.set_ylim(low, high)


def mark_deciles(ax, deciles, axis, extend=False):
    """Short lines at the deciles, along the lower (axis "x") or the left border ("y").

    Those beyond the Axes are not seen, unless x is made to `extend` to them.
    """
    from matplotlib.transforms import blended_transform_factory

    if axis == "x":
        limits = ax.get_xlim()
        place = blended_transform_factory(ax.transData, ax.transAxes)
        marks = ax.vlines(deciles, 0, _MARK, transform=place, color="k")
        if not extend:
            ax.set_xlim(limits)
        return marks
    limits = ax.get_ylim()
    place = blended_transform_factory(ax.transAxes, ax.transData)
    marks = ax.hlines(deciles, 0, _MARK, transform=place, color="k")
    ax.set_ylim(limits)
    return marks


def draw_contours(ax, axes_values, average, style):
    """Filled contours of a dependence on two columns, and lines that are labelled."""
    across, up = np.meshgrid(*axes_values)
    levels = np.linspace(*style.limits[2], num=_N_LEVELS)
    lines = ax.contour(across, up, average.T, levels=levels, linewidths=0.5, colors="k")
    look = {
        "levels": levels,
        "vmin": levels[0],
        "vmax": levels[-1],
        "alpha": 0.75,
        **style.contour,
    }
    filled = ax.contourf(across, up, average.T, **look)
    ax.clabel(lines, fmt="%2.2f", colors="k", fontsize=10, inline=True)
    return filled


def draw_heatmap(ax, axes_values, average, style):
    """A table of colours and numbers: the first column's categories down, the second's across."""
    image = ax.imshow(average, **{"cmap": "viridis", **style.heatmap})
    ends = image.cmap(0), image.cmap(1.0)
    middle = (average.max() + average.min()) / 2
    for i, j in np.ndindex(*average.shape):
        color = ends[int(average[i, j] < middle)]
        ax.text(j, i, f"{average[i, j]:2.2f}", ha="center", va="center", color=color)
    ax.figure.colorbar(image, ax=ax)
    ax.set(
        xticks=np.arange(len(axes_values[1])),
        yticks=np.arange(len(axes_values[0])),
        xticklabels=axes_values[1],
        yticklabels=axes_values[0],
    )
    ax.tick_params(axis="x", rotation=90)
    return image
