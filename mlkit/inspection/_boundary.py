"""Plot of what a model says of the plane of two columns; matplotlib is imported when drawn."""

import sys
import warnings

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.indexing import take_columns
from .._core.tables import column_names, frame_library, to_native
from .._core.targets import type_of_target
from ..metrics._axes import axes_or_new, require_matplotlib
from ..metrics._response import pick_method, role_of, select_response

_METHODS = ("contourf", "contour", "pcolormesh")
_RESPONSES = ("decision_function", "predict_proba", "predict")
# Ten colours that people with any kind of colour vision tell apart (Petroff, 2021,
# "Accessible color sequences for data visualization", arXiv:2107.02270).
_COLORS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)


class DecisionBoundaryDisplay:
    """Plot of a model's response over the plane of its two columns.

    Of several classes each has its colour: where it is the likeliest, darker the surer.

    Parameters
    ----------
    xx0, xx1 : ndarray of shape (grid_resolution, grid_resolution)
        Coordinates of the grid.
    n_classes : int
        Classes or clusters; 2 for all other responses.
    response : ndarray of shape (grid_resolution, grid_resolution) or (..., n_classes)
    multiclass_colors : list of colours or str, default=None
        Of more than two classes; a str names a colormap of matplotlib. None is ten colours that
        are told apart by anyone, for more classes the colormap "gist_rainbow".
    xlabel, ylabel : str, default=None
        Names of the axes.

    Attributes
    ----------
    surface_ : QuadContourSet, QuadMesh or a list of them
    multiclass_colors_ : ndarray of shape (n_classes, 4)
        Only for more than two classes.
    ax_, figure_ : matplotlib Axes and Figure

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.inspection import DecisionBoundaryDisplay
    >>> from mlkit.linear_model import LogisticRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> model = LogisticRegression().fit(X[:, :2], y)
    >>> display = DecisionBoundaryDisplay.from_estimator(model, X[:, :2], grid_resolution=20)
    >>> display.response.shape, len(display.surface_)
    ((20, 20, 3), 3)
    """

    def __init__(
        self, *, xx0, xx1, n_classes, response, multiclass_colors=None, xlabel=None, ylabel=None
    ):
        self.xx0 = xx0
        self.xx1 = xx1
        self.n_classes = n_classes
        self.response = response
        self.multiclass_colors = multiclass_colors
        self.xlabel = xlabel
        self.ylabel = ylabel

    def plot(self, plot_method="contourf", ax=None, xlabel=None, ylabel=None, **kwargs):
        """Draw the response.

        Parameters
        ----------
        plot_method : {"contourf", "contour", "pcolormesh"}, default="contourf"
            The method of the Axes that draws.
        ax : matplotlib Axes, default=None
            Where; None is a new figure.
        xlabel, ylabel : str, default=None
            Names of the axes, in place of the display's.
        **kwargs : dict
            For that method. Colours of more than two classes are those of `multiclass_colors`.

        Returns
        -------
        DecisionBoundaryDisplay
            Itself.
        """
        _check_plot_method(plot_method)
        ax = axes_or_new(ax, type(self).__name__)
        draw = getattr(ax, plot_method)
        if self.n_classes == 2:
            self.surface_ = draw(self.xx0, self.xx1, self.response, **kwargs)
        else:
            self.multiclass_colors_ = class_colors(self.multiclass_colors, self.n_classes)
            for name in ("cmap", "colors"):
                if kwargs.pop(name, None) is not None:
                    warnings.warn(
                        f"DecisionBoundaryDisplay: {name!r} is left aside, since colours of more "
                        "than two classes are those of 'multiclass_colors'",
                        UserWarning,
                        stacklevel=2,
                    )
            kwargs = {"zorder": -1, **kwargs}
            if self.response.ndim == 2:
                self.surface_ = self._draw_labels(draw, plot_method, kwargs)
            else:
                self.surface_ = self._draw_classes(ax, draw, plot_method, kwargs)
        if xlabel is not None or not ax.get_xlabel():
            ax.set_xlabel(self.xlabel if xlabel is None else xlabel)
        if ylabel is not None or not ax.get_ylabel():
            ax.set_ylabel(self.ylabel if ylabel is None else ylabel)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw_labels(self, draw, plot_method, kwargs):
        """One flat colour a label; of lines, which are of two labels, black."""
        from matplotlib.colors import ListedColormap

        if plot_method == "contour":
            kwargs = {"colors": "black", "levels": np.arange(self.n_classes), **kwargs}
        else:
            colors = {"cmap": ListedColormap(self.multiclass_colors_)}
            if plot_method == "contourf":
                colors["levels"] = np.arange(self.n_classes + 1) - 0.5
            else:
                colors.update(vmin=0, vmax=self.n_classes - 1)
            kwargs = {**colors, **kwargs}
        return draw(self.xx0, self.xx1, self.response, **kwargs)

    def _draw_classes(self, ax, draw, plot_method, kwargs):
        """Where a class is likeliest: from white to its colour; between lines also the borders."""
        from matplotlib.colors import LinearSegmentedColormap

        best = self.response.argmax(axis=2)
        surfaces = []
        for label, color in enumerate(self.multiclass_colors_):
            shades = LinearSegmentedColormap.from_list(
                f"colormap_{label}", [(1.0, 1.0, 1.0, 1.0), color]
            )
            response = np.ma.array(self.response[:, :, label], mask=best != label)
            surfaces.append(draw(self.xx0, self.xx1, response, cmap=shades, **kwargs))
        if plot_method == "contour":
            border = {**kwargs, "colors": "black", "levels": np.arange(self.n_classes)}
            surfaces.append(ax.contour(self.xx0, self.xx1, best, **border))
        return surfaces

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        grid_resolution=100,
        eps=1.0,
        plot_method="contourf",
        response_method="auto",
        class_of_interest=None,
        multiclass_colors=None,
        xlabel=None,
        ylabel=None,
        ax=None,
        **kwargs,
    ):
        """Draw the response of a fitted model of two columns.

        Parameters
        ----------
        estimator : fitted classifier, regressor, clusterer or outlier detector
        X : array-like, sparse matrix or data frame of shape (n_samples, 2)
            Tells the range of both columns.
        grid_resolution : int, default=100
            Points along an axis.
        eps : float, default=1.0
            How far the grid goes beyond the least and the greatest values.
        plot_method : {"contourf", "contour", "pcolormesh"}, default="contourf"
        response_method : {"auto", "decision_function", "predict_proba", "predict"}, default="auto"
            "auto" is the first of the others that there is.
        class_of_interest : int, float, bool or str, default=None
            The class whose response is drawn; None is the second of two, and all of more.
        multiclass_colors, xlabel, ylabel
            As in the class; names are by default those of a frame's columns.
        ax : matplotlib Axes, default=None
        **kwargs : dict
            For the plot method.

        Returns
        -------
        DecisionBoundaryDisplay

        Raises
        ------
        ValueError
            If X has not two columns, the model has several outputs, or an argument is wrong.
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        check_is_fitted(estimator)
        if not grid_resolution > 1:
            raise ValueError(f"grid_resolution must be greater than 1, got {grid_resolution}")
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0, got {eps}")
        _check_plot_method(plot_method)
        X = to_native(X)
        X = X if frame_library(X) or hasattr(X, "shape") else np.asarray(X)
        if X.shape[1] != 2:
            raise ValueError(f"X must have 2 columns, the axes of the plane; it has {X.shape[1]}")
        xx0, xx1 = _mesh(X, eps, grid_resolution)
        grid = _like(X, np.c_[xx0.ravel(), xx1.ravel()])
        response, n_classes = _respond(estimator, X, grid, response_method, class_of_interest)
        names = column_names(X) or ("", "")
        display = cls(
            xx0=xx0,
            xx1=xx1,
            n_classes=n_classes,
            response=response.reshape(*xx0.shape, *response.shape[1:]),
            multiclass_colors=multiclass_colors,
            xlabel=names[0] if xlabel is None else xlabel,
            ylabel=names[1] if ylabel is None else ylabel,
        )
        return display.plot(ax=ax, plot_method=plot_method, **kwargs)


def _check_plot_method(plot_method):
    if plot_method not in _METHODS:
        raise ValueError(f"plot_method must be one of {_METHODS}, got {plot_method!r}")


def _mesh(X, eps, resolution):
    """Coordinates of the grid around the data."""
    axes = []
    for j in range(2):
        column = take_columns(X, [j])
        values = column.toarray() if hasattr(column, "toarray") else np.asarray(column)
        values = values.astype(float)
        axes.append(np.linspace(values.min() - eps, values.max() + eps, resolution))
    return np.meshgrid(*axes)


def _like(X, grid):
    """The grid as a frame of X's library and column names, if X is one."""
    library = frame_library(X)
    if library is None:
        return grid
    names = column_names(X)
    if library == "pandas":
        return sys.modules["pandas"].DataFrame(grid, columns=names)
    if library == "polars":
        return sys.modules["polars"].DataFrame(grid, schema=names)
    return sys.modules["pyarrow"].table(dict(zip(names, grid.T, strict=True)))


def _respond(estimator, X, grid, response_method, class_of_interest):
    """The response at the grid, and the number of classes by which it is coloured."""
    role = role_of(estimator)
    classes = getattr(estimator, "classes_", None) if role == "classifier" else None
    if classes is not None and (isinstance(classes, list) or np.ndim(classes[0]) > 0):
        raise ValueError(
            "a boundary of several labels or outputs cannot be drawn: pass one of them"
        )
    many = classes is not None and len(classes) > 2
    if class_of_interest is not None and classes is not None:
        known = np.asarray(classes).tolist()
        if class_of_interest not in known:
            raise ValueError(
                f"class_of_interest={class_of_interest!r} is not a valid label; they are {known}"
            )
    method = pick_method(estimator, _RESPONSES if response_method == "auto" else response_method)
    response = np.asarray(getattr(estimator, method)(grid))
    if classes is None:
        if response.ndim > 1 and response.shape[1] > 1:
            raise ValueError("a regressor of several outputs cannot be drawn: pass one of them")
        is_label = method == "predict" and role not in ("regressor", "outlier_detector")
        n_classes = _n_labels(estimator, X) if is_label and class_of_interest is None else 2
        return response.reshape(-1), n_classes
    if method == "predict":
        codes = np.searchsorted(classes, response)
        return codes, len(classes) if many and class_of_interest is None else 2
    if not many:
        return select_response(estimator, method, response, class_of_interest), 2
    if class_of_interest is None:
        return response, len(classes)
    return response[:, known.index(class_of_interest)], 2


def _n_labels(estimator, X):
    """How many clusters, or labels of a model without a role; 2 if it predicts no labels."""
    labels = getattr(estimator, "labels_", None)
    labels = estimator.predict(X) if labels is None else labels
    if type_of_target(labels) not in ("binary", "multiclass"):
        return 2
    return len(np.unique(labels))


def class_colors(colors, n_classes):
    """RGBA of each class, from a list of colours, the name of a colormap, or None.

    Raises
    ------
    TypeError, ValueError
        For what matplotlib does not know, and for too few or too many colours.
    """
    import matplotlib
    from matplotlib.colors import is_color_like, to_rgba_array

    if colors is None:
        colors = list(_COLORS[:n_classes]) if n_classes <= len(_COLORS) else "gist_rainbow"
    if isinstance(colors, str):
        if colors not in matplotlib.colormaps:
            raise ValueError(f"multiclass_colors={colors!r} is no colormap of matplotlib")
        shades = matplotlib.colormaps[colors]
        if n_classes > shades.N:
            raise ValueError(
                f"multiclass_colors={colors!r} has {shades.N} colours for {n_classes} classes"
            )
        return shades(np.linspace(0, 1, n_classes))
    if not isinstance(colors, (list, tuple)):
        raise TypeError(
            f"multiclass_colors must be a list of colours or the name of a colormap, got {colors!r}"
        )
    if len(colors) != n_classes:
        raise ValueError(f"multiclass_colors has {len(colors)} colours for {n_classes} classes")
    wrong = [color for color in colors if not is_color_like(color)]
    if wrong:
        raise ValueError(f"multiclass_colors has {wrong}, which matplotlib does not know")
    return to_rgba_array(colors)
