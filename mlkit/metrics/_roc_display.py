"""Plot of the ROC curve; matplotlib is imported when one is drawn."""

from ._axes import chance_options, despined, require_matplotlib, unit_square
from ._curve_display import CurvesDisplay
from ._curves import auc, roc_curve


class RocCurveDisplay(CurvesDisplay):
    """Plot of true over false positive rates, of one classifier or of several folds.

    Parameters
    ----------
    fpr, tpr : ndarray, or list of ndarray
        Rates, of one curve or of each.
    roc_auc : float or list of float, default=None
        Areas, for the legend.
    name : str or list of str, default=None
        Names, for the legend.
    pos_label : int, float, bool or str, default=None
        The positive class, for the names of the axes.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
    line_ : Line2D, or a list of them for several curves
    chance_level_ : Line2D or None
        The diagonal, of guessing.

    Examples
    --------
    >>> from mlkit.metrics import RocCurveDisplay
    >>> display = RocCurveDisplay.from_predictions([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> display.line_.get_label()
    'Classifier (AUC = 0.75)'
    """

    _curve = ("fpr", "tpr", "roc_auc")
    _summary = "AUC"

    def __init__(self, *, fpr, tpr, roc_auc=None, name=None, pos_label=None):
        self.fpr = fpr
        self.tpr = tpr
        self.roc_auc = roc_auc
        self.name = name
        self.pos_label = pos_label

    def plot(
        self,
        ax=None,
        *,
        name=None,
        curve_kwargs=None,
        plot_chance_level=False,
        chance_level_kw=None,
        despine=False,
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
            the mean of their areas; a list gives an entry each.
        plot_chance_level : bool, default=False
            Whether to draw the diagonal.
        chance_level_kw : dict, default=None
            For its ``Axes.plot``.
        despine : bool, default=False
            Whether to take away the upper and the right border.

        Returns
        -------
        RocCurveDisplay
            Itself.
        """
        named = self._draw(ax, name, curve_kwargs)
        unit_square(self.ax_, "False Positive Rate", "True Positive Rate", self.pos_label)
        self.chance_level_ = None
        if plot_chance_level:
            style = {"label": "Chance level (AUC = 0.5)", **chance_options(chance_level_kw)}
            (self.chance_level_,) = self.ax_.plot((0, 1), (0, 1), **style)
        if despine:
            despined(self.ax_)
        if named or plot_chance_level:
            self.ax_.legend(loc="lower right")
        return self

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
        curve_kwargs=None,
        plot_chance_level=False,
        chance_level_kw=None,
        despine=False,
    ):
        """Draw the curve of a fitted binary classifier.

        Parameters
        ----------
        estimator : fitted classifier
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
        drop_intermediate : bool, default=True
            Leave out points on a straight line between others.
        response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
            "auto" is the first of the other two that there is.
        pos_label : int, float, bool or str, default=None
            The positive class; None is the second one of the classifier.
        name : str, default=None
            For the legend; None is the name of the estimator's class.
        ax, curve_kwargs, plot_chance_level, chance_level_kw, despine
            As in `plot`.

        Returns
        -------
        RocCurveDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        scores, pos_label, name = cls._of_estimator(
            estimator, X, response_method=response_method, pos_label=pos_label, name=name
        )
        return cls.from_predictions(
            y_true=y,
            y_score=scores,
            sample_weight=sample_weight,
            drop_intermediate=drop_intermediate,
            pos_label=pos_label,
            name=name,
            ax=ax,
            curve_kwargs=curve_kwargs,
            plot_chance_level=plot_chance_level,
            chance_level_kw=chance_level_kw,
            despine=despine,
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
        curve_kwargs=None,
        plot_chance_level=False,
        chance_level_kw=None,
        despine=False,
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
        ax, curve_kwargs, plot_chance_level, chance_level_kw, despine
            As in `plot`.

        Returns
        -------
        RocCurveDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_predictions")
        pos_label, name = cls._of_predictions(
            y_true, y_score, sample_weight=sample_weight, pos_label=pos_label, name=name
        )
        fpr, tpr, area = _measured(drop_intermediate)(y_true, y_score, pos_label, sample_weight)
        display = cls(fpr=fpr, tpr=tpr, roc_auc=area, name=name, pos_label=pos_label)
        return display.plot(
            ax=ax,
            curve_kwargs=curve_kwargs,
            plot_chance_level=plot_chance_level,
            chance_level_kw=chance_level_kw,
            despine=despine,
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
        ax=None,
        name=None,
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
        RocCurveDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_cv_results")
        (fpr, tpr, areas), pos_label = cls._of_folds(
            cv_results,
            X,
            y,
            sample_weight=sample_weight,
            response_method=response_method,
            pos_label=pos_label,
            measure=_measured(drop_intermediate),
        )
        display = cls(fpr=fpr, tpr=tpr, roc_auc=areas, name=name, pos_label=pos_label)
        return display.plot(
            ax=ax,
            curve_kwargs=curve_kwargs,
            plot_chance_level=plot_chance_level,
            chance_level_kw=chance_level_kwargs,
            despine=despine,
        )


def _measured(drop_intermediate):
    """A function of labels, scores, positive class and weights: both rates and the area."""

    def measure(y_true, y_score, pos_label, sample_weight):
        fpr, tpr, _ = roc_curve(
            y_true,
            y_score,
            pos_label=pos_label,
            sample_weight=sample_weight,
            drop_intermediate=drop_intermediate,
        )
        return fpr, tpr, auc(fpr, tpr)

    return measure
