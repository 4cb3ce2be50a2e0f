"""Plot of precision over recall; matplotlib is imported when one is drawn."""

import numpy as np

from ._axes import chance_options, despined, require_matplotlib, unit_square
from ._codes import check_binary
from ._curve_display import CurvesDisplay, mean_and_deviation
from ._curves import precision_recall_curve
from ._ranking import average_precision_score


class PrecisionRecallDisplay(CurvesDisplay):
    """Plot of precision over recall, of one classifier or of several folds.

    Parameters
    ----------
    precision, recall : ndarray, or list of ndarray
        Of one curve or of each.
    average_precision : float or list of float, default=None
        For the legend.
    name : str or list of str, default=None
        Names, for the legend.
    pos_label : int, float, bool or str, default=None
        The positive class, for the names of the axes.
    prevalence_pos_label : float or list of float, default=None
        Share of the positive class: the precision of guessing.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
    line_ : Line2D, or a list of them for several curves
    chance_level_ : Line2D, a list of them for several curves, or None
        The precision of guessing.

    Examples
    --------
    >>> from mlkit.metrics import PrecisionRecallDisplay
    >>> display = PrecisionRecallDisplay.from_predictions([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> display.line_.get_label()
    'Classifier (AP = 0.83)'
    """

    _curve = ("recall", "precision", "average_precision")
    _summary = "AP"
    _style = {"drawstyle": "steps-post"}

    def __init__(
        self,
        precision,
        recall,
        *,
        average_precision=None,
        name=None,
        pos_label=None,
        prevalence_pos_label=None,
    ):
        self.precision = precision
        self.recall = recall
        self.average_precision = average_precision
        self.name = name
        self.pos_label = pos_label
        self.prevalence_pos_label = prevalence_pos_label

    def plot(
        self,
        ax=None,
        *,
        name=None,
        curve_kwargs=None,
        plot_chance_level=False,
        chance_level_kw=None,
        despine=False,
        **kwargs,
    ):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where; None is a new figure.
        name : str or list of str, default=None
            Names for the legend, in place of the display's; a list needs a list `curve_kwargs`.
        curve_kwargs : dict or list of dict, default=None
            For ``Axes.plot``. One dict, or none, gives several curves one entry in the legend, with
            the mean of their average precisions; a list gives an entry each.
        plot_chance_level : bool, default=False
            Whether to draw the precision of guessing.
        chance_level_kw : dict, default=None
            For its ``Axes.plot``.
        despine : bool, default=False
            Whether to take away the upper and the right border.
        **kwargs : dict
            Another way to write `curve_kwargs`.

        Returns
        -------
        PrecisionRecallDisplay
            Itself.

        Raises
        ------
        ValueError
            For both `curve_kwargs` and further arguments, and for a chance level without
            `prevalence_pos_label`.
        """
        named = self._draw(ax, name, _one_of(curve_kwargs, kwargs))
        unit_square(self.ax_, "Recall", "Precision", self.pos_label)
        self.chance_level_ = None
        if plot_chance_level:
            self._draw_chance(chance_level_kw)
        if despine:
            despined(self.ax_)
        if named or plot_chance_level:
            self.ax_.legend(loc="lower left")
        return self

    def _draw_chance(self, given):
        share = self.prevalence_pos_label
        if share is None:
            raise ValueError(
                "PrecisionRecallDisplay: the chance level is the share of the positive class, "
                "prevalence_pos_label, which was not given; from_estimator and from_predictions "
                "compute it"
            )
        many = isinstance(share, list)
        words = mean_and_deviation(share) if many else f"{share:0.2f}"
        label = {"label": f"Chance level (AP = {words})"}
        lines = []
        for level in share if many else [share]:
            style = {**label, **chance_options(given, many)}
            lines.extend(self.ax_.plot((0, 1), (level, level), **style))
            label = {}
        self.chance_level_ = lines if many else lines[0]

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        sample_weight=None,
        drop_intermediate=False,
        response_method="auto",
        pos_label=None,
        name=None,
        ax=None,
        curve_kwargs=None,
        plot_chance_level=False,
        chance_level_kw=None,
        despine=False,
        **kwargs,
    ):
        """Draw the curve of a fitted binary classifier.

        Parameters
        ----------
        estimator : fitted classifier
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
        drop_intermediate : bool, default=False
            Leave out points between others of the same recall.
        response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
            "auto" is the first of the other two that there is.
        pos_label : int, float, bool or str, default=None
            The positive class; None is the second one of the classifier.
        name : str, default=None
            For the legend; None is the name of the estimator's class.
        ax, curve_kwargs, plot_chance_level, chance_level_kw, despine, **kwargs
            As in `plot`.

        Returns
        -------
        PrecisionRecallDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        scores, pos_label, name = cls._of_estimator(
            estimator, X, response_method=response_method, pos_label=pos_label, name=name
        )
        return cls.from_predictions(
            y,
            scores,
            sample_weight=sample_weight,
            drop_intermediate=drop_intermediate,
            pos_label=pos_label,
            name=name,
            ax=ax,
            curve_kwargs=curve_kwargs,
            plot_chance_level=plot_chance_level,
            chance_level_kw=chance_level_kw,
            despine=despine,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score=None,
        *,
        sample_weight=None,
        drop_intermediate=False,
        pos_label=None,
        name=None,
        ax=None,
        curve_kwargs=None,
        plot_chance_level=False,
        chance_level_kw=None,
        despine=False,
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
        ax, curve_kwargs, plot_chance_level, chance_level_kw, despine, **kwargs
            As in `plot`.

        Returns
        -------
        PrecisionRecallDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_predictions")
        pos_label, name = cls._of_predictions(
            y_true, y_score, sample_weight=sample_weight, pos_label=pos_label, name=name
        )
        measure = _measured(drop_intermediate)
        precision, recall, area, share = measure(y_true, y_score, pos_label, sample_weight)
        display = cls(
            precision=precision,
            recall=recall,
            average_precision=area,
            name=name,
            pos_label=pos_label,
            prevalence_pos_label=share,
        )
        return display.plot(
            ax=ax,
            curve_kwargs=curve_kwargs,
            plot_chance_level=plot_chance_level,
            chance_level_kw=chance_level_kw,
            despine=despine,
            **kwargs,
        )

    @classmethod
    def from_cv_results(
        cls,
        cv_results,
        X,
        y,
        *,
        sample_weight=None,
        drop_intermediate=True,
        response_method="auto",
        pos_label=None,
        name=None,
        ax=None,
        curve_kwargs=None,
        plot_chance_level=False,
        chance_level_kwargs=None,
        despine=False,
    ):
        """Draw a curve for each fold of a cross-validation, on its test rows.

        Parameters
        ----------
        cv_results : dict
            Of `cross_validate` with ``return_estimator=True`` and ``return_indices=True``.
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            The data that were cross-validated.
        sample_weight, drop_intermediate, response_method, pos_label : as in `from_estimator`
        name : str or list of str, default=None
        ax, curve_kwargs, plot_chance_level, despine : as in `plot`
        chance_level_kwargs : dict, default=None
            The `chance_level_kw` of `plot`.

        Returns
        -------
        PrecisionRecallDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_cv_results")
        (precision, recall, areas, shares), pos_label = cls._of_folds(
            cv_results,
            X,
            y,
            sample_weight=sample_weight,
            response_method=response_method,
            pos_label=pos_label,
            measure=_measured(drop_intermediate),
        )
        display = cls(
            precision=precision,
            recall=recall,
            average_precision=areas,
            name=name,
            pos_label=pos_label,
            prevalence_pos_label=shares,
        )
        return display.plot(
            ax=ax,
            curve_kwargs=curve_kwargs,
            plot_chance_level=plot_chance_level,
            chance_level_kw=chance_level_kwargs,
            despine=despine,
        )


def _one_of(curve_kwargs, kwargs):
    if kwargs and curve_kwargs is not None:
        raise ValueError(
            "PrecisionRecallDisplay: options of the line come in curve_kwargs or as further "
            f"arguments, not both; got curve_kwargs={curve_kwargs!r} and {kwargs!r}"
        )
    return kwargs or curve_kwargs


def _measured(drop_intermediate):
    """A function that gives precision, recall, average precision and share of the positive."""

    def measure(y_true, y_score, pos_label, sample_weight):
        precision, recall, _ = precision_recall_curve(
            y_true,
            y_score,
            pos_label=pos_label,
            sample_weight=sample_weight,
            drop_intermediate=drop_intermediate,
        )
        area = average_precision_score(
            y_true, y_score, pos_label=pos_label, sample_weight=sample_weight
        )
        positive = check_binary(np.asarray(y_true), pos_label)
        return precision, recall, area, np.mean(positive)

    return measure
