"""The calibration curve: how often it happens, over how likely it was said to be."""

import numpy as np

from .._core.arrays import check_consistent_length, column_or_1d
from .._core.domains import array_like, boolean, integer, none, one_of, real, string
from .._core.params import checked
from ..metrics._axes import axes_or_new, binary_labels, binary_scores, require_matplotlib
from ..metrics._codes import check_binary


@checked(
    y_true=array_like,
    y_prob=array_like,
    pos_label=real | string | boolean | none,
    n_bins=integer(1),
    strategy=one_of("uniform", "quantile"),
)
def calibration_curve(y_true, y_prob, *, pos_label=None, n_bins=5, strategy="uniform"):
    """In bins of the predicted probability: the share of the positive class, the mean prediction.

    A bin holds its right end and not its left one, the first both. Of a calibrated classifier both
    numbers are alike, up to chance.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    y_prob : array-like of shape (n_samples,)
        Probabilities of the positive class.
    pos_label : int, float, bool or str, default=None
        The positive class; None is 1, for labels in {0, 1} or {-1, 1}.
    n_bins : int, default=5
        Bins at most: empty ones are left out.
    strategy : {"uniform", "quantile"}, default="uniform"
        Bins of the same width, or between quantiles of the predictions.

    Returns
    -------
    prob_true, prob_pred : ndarrays of shape (n_bins,) or less

    Raises
    ------
    ValueError
        For probabilities outside of [0, 1], or more than two classes.

    References
    ----------
    Niculescu-Mizil and Caruana, "Predicting good probabilities with supervised learning", ICML
    2005.

    Examples
    --------
    >>> from mlkit.calibration import calibration_curve
    >>> calibration_curve([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.8], n_bins=2)
    (array([0., 1.]), array([0.2, 0.7]))
    """
    y_true, y_prob = column_or_1d(y_true), column_or_1d(y_prob)
    check_consistent_length(y_true, y_prob)
    if y_prob.min() < 0 or y_prob.max() > 1:
        raise ValueError(
            f"y_prob must be in [0, 1]; it is in [{y_prob.min():g}, {y_prob.max():g}]"
        )  # fmt: skip
    positive = check_binary(y_true, pos_label)
    if len(np.unique(y_true)) > 2:
        raise ValueError(
            "calibration_curve is only for binary classification: y_true has more than two labels"
        )
    ends = np.linspace(0, 1, n_bins + 1)
    if strategy == "quantile":
        ends = np.percentile(y_prob, ends * 100)
    bins = np.searchsorted(ends[1:-1], y_prob)
    counts = np.bincount(bins, minlength=n_bins)
    filled = counts > 0
    counts = counts[filled]
    said = np.bincount(bins, weights=y_prob, minlength=n_bins)[filled] / counts
    happened = np.bincount(bins, weights=positive, minlength=n_bins)[filled] / counts
    return happened, said


class CalibrationDisplay:
    """Plot of a calibration curve, with the diagonal of a perfect one.

    Parameters
    ----------
    prob_true, prob_pred : ndarray of shape (n_bins,)
        As `calibration_curve` returns them.
    y_prob : ndarray of shape (n_samples,)
        The probabilities that were binned.
    estimator_name : str, default=None
        For the legend.
    pos_label : int, float, bool or str, default=None
        The positive class, for the names of the axes.

    Attributes
    ----------
    line_ : Line2D
    ax_, figure_ : matplotlib Axes and Figure

    Examples
    --------
    >>> from mlkit.calibration import CalibrationDisplay
    >>> display = CalibrationDisplay.from_predictions([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.8], n_bins=2)
    >>> display.prob_true
    array([0., 1.])
    """

    def __init__(self, prob_true, prob_pred, y_prob, *, estimator_name=None, pos_label=None):
        self.prob_true = prob_true
        self.prob_pred = prob_pred
        self.y_prob = y_prob
        self.estimator_name = estimator_name
        self.pos_label = pos_label

    def plot(self, *, ax=None, name=None, ref_line=True, **kwargs):
        """Draw the curve.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where; None is a new figure.
        name : str, default=None
            For the legend, in place of the display's.
        ref_line : bool, default=True
            Whether to draw the diagonal; once, however many curves are drawn on it.
        **kwargs : dict
            For ``Axes.plot``.

        Returns
        -------
        CalibrationDisplay
            Itself.
        """
        ax = axes_or_new(ax, type(self).__name__)
        perfect = "Perfectly calibrated"
        if ref_line and perfect not in ax.get_legend_handles_labels()[1]:
            ax.plot([0, 1], [0, 1], "k:", label=perfect)
        name = self.estimator_name if name is None else name
        named = {} if name is None else {"label": name}
        self.line_ = ax.plot(self.prob_pred, self.prob_true, "s-", **{**named, **kwargs})[0]
        ax.legend(loc="lower right")
        suffix = "" if self.pos_label is None else f"(Positive class: {self.pos_label})"
        ax.set(
            xlabel=f"Mean predicted probability {suffix}", ylabel=f"Fraction of positives {suffix}"
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        n_bins=5,
        strategy="uniform",
        pos_label=None,
        name=None,
        ax=None,
        ref_line=True,
        **kwargs,
    ):
        """Draw the curve of a fitted binary classifier with ``predict_proba``.

        Parameters
        ----------
        estimator : fitted classifier
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        n_bins, strategy
            As in `calibration_curve`.
        pos_label : int, float, bool or str, default=None
            The positive class; None is the second one of the classifier.
        name : str, default=None
            For the legend; None is the name of the estimator's class.
        ax, ref_line, **kwargs
            As in `plot`.

        Returns
        -------
        CalibrationDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        y_prob, pos_label = binary_scores(
            estimator, X, response_method="predict_proba", pos_label=pos_label
        )
        return cls.from_predictions(
            y,
            y_prob,
            n_bins=n_bins,
            strategy=strategy,
            pos_label=pos_label,
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
            ref_line=ref_line,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_prob,
        *,
        n_bins=5,
        strategy="uniform",
        pos_label=None,
        name=None,
        ax=None,
        ref_line=True,
        **kwargs,
    ):
        """Draw the curve of labels and probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
        y_prob : array-like of shape (n_samples,)
        n_bins, strategy, pos_label
            As in `calibration_curve`.
        name : str, default=None
            For the legend; None is "Classifier".
        ax, ref_line, **kwargs
            As in `plot`.

        Returns
        -------
        CalibrationDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_predictions")
        pos_label = binary_labels(y_true, y_prob, None, pos_label)
        prob_true, prob_pred = calibration_curve(
            y_true, y_prob, n_bins=n_bins, strategy=strategy, pos_label=pos_label
        )
        display = cls(
            prob_true=prob_true,
            prob_pred=prob_pred,
            y_prob=y_prob,
            estimator_name="Classifier" if name is None else name,
            pos_label=pos_label,
        )
        return display.plot(ax=ax, ref_line=ref_line, **kwargs)
