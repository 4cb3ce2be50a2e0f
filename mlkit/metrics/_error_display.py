"""Plot of a regressor's errors; matplotlib is imported when one is drawn."""

import numbers

import numpy as np

from .._core.indexing import safe_indexing
from .._core.seeds import check_random_state
from ._axes import axes_or_new, options, require_matplotlib

_KINDS = ("actual_vs_predicted", "residual_vs_predicted")


class PredictionErrorDisplay:
    """Plot of observed values, or of residuals, over predictions.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n_samples,)

    Attributes
    ----------
    line_ : Line2D
        Where predictions without error lie.
    scatter_ : PathCollection
    ax_, figure_ : matplotlib Axes and Figure

    Examples
    --------
    >>> from mlkit.metrics import PredictionErrorDisplay
    >>> display = PredictionErrorDisplay.from_predictions([1.0, 2.0, 3.0], [1.1, 1.9, 3.2])
    >>> display.ax_.get_xlabel()
    'Predicted values'
    """

    def __init__(self, *, y_true, y_pred):
        self.y_true = y_true
        self.y_pred = y_pred

    def plot(
        self,
        ax=None,
        *,
        kind="residual_vs_predicted",
        scatter_kwargs=None,
        line_kwargs=None,
    ):
        """Draw the points.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where; None is a new figure.
        kind : {"actual_vs_predicted", "residual_vs_predicted"}, default="residual_vs_predicted"
            What is above the predictions: y, or y − ŷ.
        scatter_kwargs, line_kwargs : dict, default=None
            For ``Axes.scatter`` and ``Axes.plot``.

        Returns
        -------
        PredictionErrorDisplay
            Itself.
        """
        if kind not in _KINDS:
            raise ValueError(
                f"{type(self).__name__}: kind must be one of {_KINDS}, got {kind!r}"
            )  # fmt: skip
        ax = axes_or_new(ax, type(self).__name__)
        points = options({"color": "tab:blue", "alpha": 0.8}, scatter_kwargs, "Collection")
        line = options({"color": "black", "alpha": 0.7, "linestyle": "--"}, line_kwargs)
        observed, predicted = np.asarray(self.y_true), np.asarray(self.y_pred)
        if kind == "actual_vs_predicted":
            ends = (
                min(observed.min(), predicted.min()),
                max(observed.max(), predicted.max()),
            )  # fmt: skip
            (self.line_,) = ax.plot(ends, ends, **line)
            above, label = observed, "Actual values"
            ax.set_aspect("equal", adjustable="datalim")
            ticks = np.linspace(*ends, num=5)
            ax.set_xticks(ticks)
            ax.set_yticks(ticks)
        else:
            (self.line_,) = ax.plot([predicted.min(), predicted.max()], [0, 0], **line)
            above, label = observed - predicted, "Residuals (actual - predicted)"
        self.scatter_ = ax.scatter(predicted, above, **points)
        ax.set(xlabel="Predicted values", ylabel=label)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        kind="residual_vs_predicted",
        subsample=1_000,
        random_state=None,
        ax=None,
        scatter_kwargs=None,
        line_kwargs=None,
    ):
        """Draw the errors of a fitted regressor.

        Parameters
        ----------
        estimator : fitted regressor
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        kind : {"actual_vs_predicted", "residual_vs_predicted"}, default="residual_vs_predicted"
        subsample : int, float or None, default=1000
            How many rows are drawn at most, or the share of them; None is all.
        random_state : None, int, RandomState or Generator, default=None
            Chooses these rows.
        ax, scatter_kwargs, line_kwargs
            As in `plot`.

        Returns
        -------
        PredictionErrorDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        return cls.from_predictions(
            y_true=y,
            y_pred=estimator.predict(X),
            kind=kind,
            subsample=subsample,
            random_state=random_state,
            ax=ax,
            scatter_kwargs=scatter_kwargs,
            line_kwargs=line_kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        kind="residual_vs_predicted",
        subsample=1_000,
        random_state=None,
        ax=None,
        scatter_kwargs=None,
        line_kwargs=None,
    ):
        """Draw the errors of predictions.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
        kind, subsample, random_state : as in `from_estimator`
        ax, scatter_kwargs, line_kwargs
            As in `plot`.

        Returns
        -------
        PredictionErrorDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_predictions")
        rng = check_random_state(random_state)
        n_rows = len(y_true)
        size = rows_to_draw(cls.__name__, subsample, n_rows)
        if size < n_rows:
            # With replacement, as the draws of scikit-learn are.
            rows = rng.choice(np.arange(n_rows), size=size)
            y_true, y_pred = safe_indexing(y_true, rows), safe_indexing(y_pred, rows)
        display = cls(y_true=y_true, y_pred=y_pred)
        return display.plot(
            ax=ax, kind=kind, scatter_kwargs=scatter_kwargs, line_kwargs=line_kwargs
        )


def rows_to_draw(owner, subsample, n_rows):
    """How many of the rows `subsample` means; ValueError for a number that cannot be."""
    if subsample is None:
        return n_rows
    if isinstance(subsample, numbers.Integral):
        if subsample <= 0:
            raise ValueError(f"{owner}: subsample={subsample}, a number of rows, must be positive")
        return min(n_rows, int(subsample))
    if not 0 < subsample < 1:
        raise ValueError(f"{owner}: subsample={subsample}, a share of rows, must be in (0, 1)")
    return int(n_rows * subsample)
