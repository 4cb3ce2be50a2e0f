"""Plot of false negative over false positive rates; matplotlib is imported when one is drawn."""

import numpy as np

from ._axes import axes_or_new, binary_labels, binary_scores, require_matplotlib
from ._curves import det_curve

# Rates that are named on the axes; beyond ±3 deviations of the normal distribution is 0.1 %.
_TICKS = (0.001, 0.01, 0.05, 0.20, 0.5, 0.80, 0.95, 0.99, 0.999)
_LIMIT = 3


class DetCurveDisplay:
    """Plot of the detection error trade-off, on axes where a normal score's curve is straight.

    Parameters
    ----------
    fpr, fnr : ndarray of shape (n_thresholds,)
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
    >>> from mlkit.metrics import DetCurveDisplay
    >>> display = DetCurveDisplay.from_predictions([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> display.fnr
    array([0. , 0.5, 0.5])
    """

    def __init__(self, *, fpr, fnr, estimator_name=None, pos_label=None):
        self.fpr = fpr
        self.fnr = fnr
        self.estimator_name = estimator_name
        self.pos_label = pos_label

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        sample_weight=None,
        drop_intermediate=True,
        response_method="auto",
        pos_label=None,
        name=None,
        ax=None,
        **kwargs,
    ):
        """Draw the curve of a fitted binary classifier.

        Parameters
        ----------
        estimator : fitted classifier
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
        drop_intermediate : bool, default=True
            Leave out points where the number of true positives stays the same.
        response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
            "auto" is the first of the other two that there is.
        pos_label : int, float, bool or str, default=None
            The positive class; None is the second one of the classifier.
        name : str, default=None
            For the legend; None is the name of the estimator's class.
        ax : matplotlib Axes, default=None
        **kwargs : dict
            For ``Axes.plot``.

        Returns
        -------
        DetCurveDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        scores, pos_label = binary_scores(
            estimator, X, response_method=response_method, pos_label=pos_label
        )
        return cls.from_predictions(
            y,
            scores,
            sample_weight=sample_weight,
            drop_intermediate=drop_intermediate,
            pos_label=pos_label,
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score=None,
        *,
        sample_weight=None,
        drop_intermediate=True,
        pos_label=None,
        name=None,
        ax=None,
        **kwargs,
    ):
        """Draw the curve of labels and scores.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            Labels of two classes.
        y_score : array-like of shape (n_samples,)
            Probabilities of the positive class, or decisions.
        sample_weight, drop_intermediate : as in `from_estimator`
        pos_label : int, float, bool or str, default=None
            The positive class; None is 1, for labels in {0, 1} or {-1, 1}.
        name : str, default=None
            For the legend; None is "Classifier".
        ax : matplotlib Axes, default=None
        **kwargs : dict
            For ``Axes.plot``.

        Returns
        -------
        DetCurveDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_predictions")
        pos_label = binary_labels(y_true, y_score, sample_weight, pos_label)
        fpr, fnr, _ = det_curve(
            y_true,
            y_score,
            pos_label=pos_label,
            sample_weight=sample_weight,
            drop_intermediate=drop_intermediate,
        )
        display = cls(
            fpr=fpr,
            fnr=fnr,
            estimator_name="Classifier" if name is None else name,
            pos_label=pos_label,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, *, name=None, **kwargs):
        """Draw the curve.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where; None is a new figure.
        name : str, default=None
            For the legend, in place of the display's.
        **kwargs : dict
            For ``Axes.plot``.

        Returns
        -------
        DetCurveDisplay
            Itself.
        """
        ax = axes_or_new(ax, type(self).__name__)
        from scipy.special import ndtri

        name = self.estimator_name if name is None else name
        named = {} if name is None else {"label": name}
        # The normal quantile of 0 is −∞; of the least number beside 0 it can be drawn.
        least = np.finfo(np.asarray(self.fpr).dtype).eps
        rates = (np.clip(each, least, 1 - least) for each in (self.fpr, self.fnr))
        (self.line_,) = ax.plot(*(ndtri(each) for each in rates), **{**named, **kwargs})
        suffix = "" if self.pos_label is None else f" (Positive label: {self.pos_label})"
        ax.set(
            xlabel=f"False Positive Rate{suffix}", ylabel=f"False Negative Rate{suffix}"
        )  # fmt: skip
        if "label" in named or "label" in kwargs:
            ax.legend(loc="lower right")
        places = ndtri(_TICKS)
        words = [
            f"{rate:.0%}" if (100 * rate) == int(100 * rate) else f"{rate:.1%}" for rate in _TICKS
        ]
        ax.set_xticks(places, words)
        ax.set_yticks(places, words)
        ax.set_xlim(-_LIMIT, _LIMIT)
        ax.set_ylim(-_LIMIT, _LIMIT)
        self.ax_, self.figure_ = ax, ax.figure
        return self
