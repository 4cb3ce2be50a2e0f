"""Plot of partial dependences; matplotlib is imported when one is drawn."""

import math
from itertools import chain

import numpy as np

from .._core.arrays import check_array, num_samples
from .._core.bunch import Bunch
from .._core.jobs import run_jobs
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.tables import is_dataframe, to_native
from ..metrics._axes import require_matplotlib
from ..metrics._error_display import rows_to_draw
from ._columns import replaceable
from ._dependence import partial_dependence
from ._features import categories_among, names_of, number_of
from ._grid import plotting_quantiles
from ._panels import (
    Style,
    draw_bars,
    draw_contours,
    draw_heatmap,
    draw_lines,
    limit_height,
    mark_deciles,
)

# Room above and below the curves, as a share of their range.
_MARGIN = 0.05


class PartialDependenceDisplay:
    """Plots of partial dependences: lines of one column, contours of two, bars of categories.

    Parameters
    ----------
    pd_results : list of Bunch
        As `partial_dependence` returns them, one a plot.
    features : list of tuple of int
        Columns of each plot: one or two.
    feature_names : list of str
        Names of all columns.
    target_idx : int
        Which output of a model of several is drawn.
    deciles : dict of int to ndarray
        Deciles of each column that is drawn.
    kind : {"average", "individual", "both"} or list of them, default="average"
        The mean, one line a row, or both; a list has one a plot.
    subsample : int, float or None, default=1000
        How many rows get a line, or the share of them; None is all.
    random_state : None, int, RandomState or Generator, default=None
        Chooses these rows.
    is_categorical : list of tuple of bool, default=None
        Whether the columns of each plot are categories; None is of numbers.

    Attributes
    ----------
    bounding_ax_ : Axes or None
        What the plots were put into.
    axes_ : ndarray of Axes
        One a plot, None where the grid of plots has none; the arrays below are of its shape.
    lines_ : ndarray of Line2D
        With a further axis if there is one line a row; the mean is the last of them.
    deciles_vlines_, deciles_hlines_ : ndarray of LineCollection
    contours_, bars_, heatmaps_ : ndarray of QuadContourSet, Rectangle (the first bar), AxesImage
    figure_ : Figure

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.inspection import PartialDependenceDisplay
    >>> from mlkit.linear_model import Ridge
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = Ridge().fit(X, y)
    >>> display = PartialDependenceDisplay.from_estimator(model, X, [0, (2, 3)])
    >>> display.axes_.shape
    (1, 2)
    """

    def __init__(
        self,
        pd_results,
        *,
        features,
        feature_names,
        target_idx,
        deciles,
        kind="average",
        subsample=1000,
        random_state=None,
        is_categorical=None,
    ):
        self.pd_results = pd_results
        self.features = features
        self.feature_names = feature_names
        self.target_idx = target_idx
        self.deciles = deciles
        self.kind = kind
        self.subsample = subsample
        self.random_state = random_state
        self.is_categorical = is_categorical

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        features,
        *,
        sample_weight=None,
        categorical_features=None,
        feature_names=None,
        target=None,
        response_method="auto",
        n_cols=3,
        grid_resolution=100,
        percentiles=(0.05, 0.95),
        custom_values=None,
        method="auto",
        n_jobs=None,
        verbose=0,
        line_kw=None,
        ice_lines_kw=None,
        pd_line_kw=None,
        contour_kw=None,
        ax=None,
        kind="average",
        centered=False,
        subsample=1000,
        random_state=None,
    ):
        """Compute partial dependences of a fitted model and draw them.

        Parameters
        ----------
        estimator : fitted regressor or classifier
        X : array-like or data frame of shape (n_samples, n_features)
        features : list of int, str or pairs of them
            One plot each: of one column, or of two together.
        sample_weight : array-like of shape (n_samples,), default=None
        categorical_features : array-like of bool, int or str, default=None
        feature_names : array-like of str, default=None
            Names of the columns; None is those of a frame, or x0, x1, ...
        target : int, float, bool or str, default=None
            The class, of more than two, or the number of the output that is drawn.
        response_method, grid_resolution, percentiles, custom_values, method
            As in `partial_dependence`.
        n_jobs, verbose : int
            Workers, over the plots, and their messages.
        n_cols, line_kw, ice_lines_kw, pd_line_kw, contour_kw, ax, centered
            As in `plot`.
        kind, subsample, random_state
            As in the class.

        Returns
        -------
        PartialDependenceDisplay

        Raises
        ------
        ValueError
            For features, kinds, or a target that cannot be drawn.
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        rows_to_draw(cls.__name__, subsample, num_samples(X))
        computed = _compute(
            estimator,
            X,
            features,
            target,
            feature_names,
            _panel_kinds(kind, features),
            custom_values,
            {"n_jobs": n_jobs, "verbose": verbose},
            sample_weight=sample_weight,
            categorical_features=categorical_features,
            response_method=response_method,
            method=method,
            grid_resolution=grid_resolution,
            percentiles=percentiles,
        )
        display = cls(**computed, kind=kind, subsample=subsample, random_state=random_state)
        return display.plot(
            ax=ax,
            n_cols=n_cols,
            line_kw=line_kw,
            ice_lines_kw=ice_lines_kw,
            pd_line_kw=pd_line_kw,
            contour_kw=contour_kw,
            centered=centered,
        )

    def plot(
        self,
        *,
        ax=None,
        n_cols=3,
        line_kw=None,
        ice_lines_kw=None,
        pd_line_kw=None,
        contour_kw=None,
        bar_kw=None,
        heatmap_kw=None,
        pdp_lim=None,
        centered=False,
    ):
        """Draw the plots.

        Parameters
        ----------
        ax : Axes or array-like of Axes, default=None
            One Axes is filled with a grid of plots; of several each gets one. None is a new figure.
        n_cols : int, default=3
            Columns of that grid, at most.
        line_kw, ice_lines_kw, pd_line_kw : dict, default=None
            For ``Axes.plot``: of all lines, of those of rows, and of means.
        contour_kw, bar_kw, heatmap_kw : dict, default=None
            For ``Axes.contourf``, ``Axes.bar`` and ``Axes.imshow``.
        pdp_lim : dict of int to (low, high), default=None
            Ranges that plots of one (1) and of two columns (2) share; None is what they need.
        centered : bool, default=False
            Whether to show differences from what is at the first value (of the first column).

        Returns
        -------
        PartialDependenceDisplay
            Itself.
        """
        pyplot = require_matplotlib(type(self).__name__)
        kinds = _panel_kinds(self.kind, self.features)
        categorical = self.is_categorical or [(False,) * len(pair) for pair in self.features]
        results = [_centred(each) for each in self.pd_results] if centered else self.pd_results
        limits = _limits(results, self.target_idx) if pdp_lim is None else pdp_lim
        given = (line_kw, ice_lines_kw, pd_line_kw, contour_kw, bar_kw, heatmap_kw)
        style = Style(*(each or {} for each in given), limits)
        rows = self._rows_drawn(results, kinds)
        in_grid = self._make_axes(pyplot, ax, n_cols)
        self._make_arrays(kinds, len(rows))
        for panel, place in enumerate(in_grid):
            is_categorical = categorical[panel]
            if len(is_categorical) == 2:
                self._draw_two(panel, results[panel], is_categorical, style)
            else:
                self._draw_one(panel, results[panel], is_categorical[0], kinds[panel], style, rows)
                self._name_height(self.axes_.ravel()[panel], place)
        return self

    # ------------------------------------------------------------------ preparation
    def _rows_drawn(self, results, kinds):
        """Rows that get a line; none if only means are drawn."""
        of_rows = [r for r, kind in zip(results, kinds, strict=True) if kind != "average"]
        if not of_rows:
            return np.arange(0)
        n_rows = of_rows[0].individual.shape[1]
        n_drawn = rows_to_draw(type(self).__name__, self.subsample, n_rows)
        if isinstance(self.subsample, float):
            n_drawn = math.ceil(n_rows * self.subsample)
        if n_drawn >= n_rows:
            return np.arange(n_rows)
        rng = check_random_state(self.random_state)
        return rng.choice(n_rows, n_drawn, replace=False)

    def _make_axes(self, pyplot, ax, n_cols):
        """Set ``axes_``, ``bounding_ax_`` and ``figure_``; return the column of each panel."""
        from matplotlib.axes import Axes
        from matplotlib.gridspec import GridSpecFromSubplotSpec

        n_panels = len(self.features)
        if ax is None:
            ax = pyplot.subplots()[1]
        if not isinstance(ax, Axes):
            ax = np.asarray(ax, dtype=object)
            if ax.size != n_panels:
                raise ValueError(f"Expected ax to have {n_panels} axes, got {ax.size}")
            self.bounding_ax_, self.axes_ = None, ax
            self.figure_ = ax.ravel()[0].figure
            return [panel % ax.shape[1] if ax.ndim == 2 else 0 for panel in range(n_panels)]
        if not ax.axison:
            raise ValueError(
                "The ax was already used for a grid of plots; pass ax=display.axes_ to draw on "
                "these"
            )
        ax.set_axis_off()
        self.bounding_ax_, self.figure_ = ax, ax.figure
        n_cols = min(n_cols, n_panels)
        n_rows = math.ceil(n_panels / n_cols)
        places = GridSpecFromSubplotSpec(n_rows, n_cols, subplot_spec=ax.get_subplotspec())
        self.axes_ = np.empty((n_rows, n_cols), dtype=object)
        for panel in range(n_panels):
            self.axes_.flat[panel] = self.figure_.add_subplot(places[panel])
        return [panel % n_cols for panel in range(n_panels)]

    def _make_arrays(self, kinds, n_rows):
        """Arrays of artists, of None so far."""
        shape = self.axes_.shape
        deep = shape if set(kinds) == {"average"} else (*shape, n_rows + ("both" in kinds))
        if n_rows and "both" not in kinds and "average" in kinds:
            deep = (*shape, max(n_rows, 1))
        self.lines_ = np.empty(deep, dtype=object)
        for name in ("deciles_vlines_", "deciles_hlines_", "contours_", "bars_", "heatmaps_"):
            setattr(self, name, np.empty(shape, dtype=object))

    # ---------------------------------------------------------------------- drawing
    def _draw_one(self, panel, result, is_categorical, kind, style, rows):
        """A dependence on one column."""
        ax, (column,) = self.axes_.ravel()[panel], self.features[panel]
        values = result.grid_values[0]
        average = result.average[self.target_idx] if kind != "individual" else None
        if is_categorical:
            self.bars_.ravel()[panel] = draw_bars(ax, values, average, style)
        else:
            individual = None
            if kind != "average":
                individual = result.individual[self.target_idx][rows]
            lines = draw_lines(ax, values, average, individual, kind, style)
            slots = self.lines_.reshape(len(self.axes_.ravel()), -1)[panel]
            if individual is None:
                slots[-1:] = lines
            else:
                slots[: len(lines)] = lines
            self.deciles_vlines_.ravel()[panel] = mark_deciles(
                ax, self.deciles[column], "x", extend=True
            )
        limit_height(ax, style.limits)
        if not ax.get_xlabel():
            ax.set_xlabel(self.feature_names[column])

    def _name_height(self, ax, place):
        """Name the y axis of the first panel of a row; the others have the same numbers."""
        if place == 0:
            if not ax.get_ylabel():
                ax.set_ylabel("Partial dependence")
        else:
            ax.set_yticklabels([])

    def _draw_two(self, panel, result, is_categorical, style):
        """A dependence on two columns."""
        ax, pair = self.axes_.ravel()[panel], self.features[panel]
        average = result.average[self.target_idx]
        if all(is_categorical):
            self.heatmaps_.ravel()[panel] = draw_heatmap(ax, result.grid_values, average, style)
            pair = pair[::-1]
        else:
            contours = draw_contours(ax, result.grid_values, average, style)
            self.contours_.ravel()[panel] = contours
            self.deciles_vlines_.ravel()[panel] = mark_deciles(ax, self.deciles[pair[0]], "x")
            self.deciles_hlines_.ravel()[panel] = mark_deciles(ax, self.deciles[pair[1]], "y")
        if not ax.get_xlabel():
            ax.set_xlabel(self.feature_names[pair[0]])
        ax.set_ylabel(self.feature_names[pair[1]])


# ------------------------------------------------------------------- what is to be drawn
def _compute(estimator, X, features, target, feature_names, kinds, custom_values, jobs, **options):
    """The dependences, and all else that a display is made of but for its looks."""
    target_idx = _target_index(estimator, target)
    X = to_native(X)
    if not (is_dataframe(X) or issparse(X) or isinstance(X, np.ndarray)):
        X = check_array(X, ensure_all_finite="allow-nan", dtype=None)
    names = names_of(X, feature_names)
    columns = _panel_columns(features, names)
    categorical = [
        tuple(categories_among(pair, options["categorical_features"], names, X.shape[1]))
        for pair in columns
    ]
    data = replaceable(X)
    _check_categories(columns, categorical, kinds, data, options["grid_resolution"], names)
    options |= {"feature_names": feature_names, "custom_values": _by_number(custom_values, names)}
    calls = [
        ((estimator, X, list(pair)), {"kind": kind, **options})
        for pair, kind in zip(columns, kinds, strict=True)
    ]
    results = run_jobs(partial_dependence, calls, **jobs)
    if target_idx is None:
        target_idx = _only_output(results[0], kinds[0], target)
    return {
        "pd_results": results,
        "features": columns,
        "feature_names": names,
        "target_idx": target_idx,
        "deciles": _deciles(data, columns, categorical),
        "is_categorical": categorical,
    }


def _panel_columns(features, names):
    """Column numbers of each plot, a tuple of one or two."""
    columns = []
    for each in features:
        pair = (each,) if isinstance(each, str) or np.ndim(each) == 0 else tuple(each)
        if len(pair) not in (1, 2):
            raise ValueError(
                "features: each entry is a column, by number or name, or a pair of them; got "
                f"{each!r}"
            )
        numbers = tuple(number_of(feature, names) for feature in pair)
        if max(numbers) >= len(names):
            raise ValueError(
                f"features: column {max(numbers)} is beyond the {len(names)} names of columns"
            )
        columns.append(numbers)
    return columns


def _panel_kinds(kind, features):
    """The kind of each plot."""
    kinds = [kind] * len(features) if isinstance(kind, str) else list(kind)
    if len(kinds) != len(features):
        raise ValueError(
            f"kind, as a list, has one entry a plot: {len(kinds)} were given for {len(features)} "
            "plots"
        )
    for each, feature in zip(kinds, features, strict=True):
        if each != "average" and not isinstance(feature, str) and np.size(feature) > 1:
            raise ValueError(
                f"ICE plot, one line a row, cannot be drawn of two columns {feature!r}: their kind "
                "must be 'average'"
            )
    return kinds


def _check_categories(columns, categorical, kinds, data, grid_resolution, names):
    """Raise ValueError for categories beside numbers, one line a row, or too many of them."""
    for pair, flags, kind in zip(columns, categorical, kinds, strict=True):
        if not any(flags):
            continue
        if not all(flags):
            raise ValueError(
                f"a column of categories and one of numbers, {[names[j] for j in pair]}, cannot be "
                "drawn together"
            )
        if kind != "average":
            raise ValueError(
                f"kind={kind!r} draws lines of rows, which categories, {names[pair[0]]!r}, do not "
                "have: their kind must be 'average'"
            )
        n_categories = max(len(set(np.asarray(data.column(j)).tolist())) for j in pair)
        if len(pair) == 1 and n_categories > grid_resolution:
            raise ValueError(
                f"column {names[pair[0]]!r} has {n_categories} categories, more than "
                f"grid_resolution={grid_resolution}"
            )


def _target_index(estimator, target):
    """Position of the class that is drawn; None if the results must tell."""
    classes = getattr(estimator, "classes_", None)
    if classes is None or np.size(classes) <= 2:
        return 0 if classes is not None else None
    if target is None:
        raise ValueError("target must be specified for multi-class: which class is to be drawn?")
    known = np.asarray(classes).tolist()
    if target not in known:
        raise ValueError(f"target={target!r} is none of the classes {known}")
    return known.index(target)


def _only_output(result, kind, target):
    """Position of the output of a regressor that is drawn."""
    n_outputs = len(result.individual if kind == "individual" else result.average)
    if n_outputs == 1:
        return 0
    if target is None:
        raise ValueError("target must be specified for a regressor of several outputs")
    if not 0 <= target < n_outputs:
        raise ValueError(f"target must be in [0, {n_outputs - 1}], got {target}")
    return target


def _by_number(custom_values, names):
    if custom_values is None:
        return None
    return {number_of(key, names): values for key, values in custom_values.items()}


def _deciles(data, columns, categorical):
    """Deciles of each column of numbers."""
    found = {}
    pairs = chain.from_iterable(
        zip(*each, strict=True) for each in zip(columns, categorical, strict=True)
    )
    for j, is_categorical in pairs:
        if not is_categorical and j not in found:
            values = np.asarray(data.column(j)).astype(float)
            found[j] = plotting_quantiles(values[~np.isnan(values)], np.arange(0.1, 1.0, 0.1))
    return found


def _centred(result):
    """A result as differences from that at the first value of its first column."""
    shifted = {}
    if "average" in result:
        shifted["average"] = result.average - result.average[:, :1]
    if "individual" in result:  # of one column: its values are the last axis
        shifted["individual"] = result.individual - result.individual[..., :1]
    return Bunch(**{**result, **shifted})


def _limits(results, target_idx):
    """For results of one and of two columns: the range of all of them, with a margin."""
    limits = {}
    for result in results:
        values = result.get("individual", result.get("average"))[target_idx]
        n_columns = len(result.grid_values)
        low, high = float(values.min()), float(values.max())
        margin = _MARGIN * (high - low)
        known = limits.get(n_columns, (np.inf, -np.inf))
        limits[n_columns] = (min(known[0], low - margin), max(known[1], high + margin))
    return limits
