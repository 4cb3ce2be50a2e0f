"""Plots of learning and validation curves; matplotlib is imported when one is drawn."""

import numpy as np

from .._core.errors import import_optional
from ._curves import learning_curve, validation_curve

# Gaps between values that differ by more are better seen on a logarithmic axis.
_UNEVEN = 5


def _score_name(scoring, negate):
    """Words for a metric: of its name, or of whether scores are negated."""
    if scoring is None:
        return "Negative score" if negate else "Score"
    name = scoring.__name__ if callable(scoring) else scoring
    negative = name.startswith("neg_")
    name = name.removeprefix("neg_")
    if negative != negate:  # one minus, of the name or of the plot
        name = f"negative_{name}"
    return name.replace("_", " ").capitalize()


def _axis_scale(values):
    """The scale on which `values` are about evenly spaced."""
    values = np.asarray(values)
    if values.dtype.kind not in "iuf" or len(values) < 3:
        return "linear"
    gaps = np.diff(np.sort(values))
    if not gaps.max() > _UNEVEN * gaps.min():
        return "linear"
    return "symlog" if values.min() <= 0 else "log"


class _CurveDisplay:
    """Mean scores over folds along an axis, with their deviation."""

    def _plot_curve(
        self,
        x,
        *,
        ax,
        negate_score,
        score_name,
        score_type,
        std_display_style,
        line_kw,
        fill_between_kw,
        errorbar_kw,
    ):
        owner = type(self).__name__
        if std_display_style not in ("errorbar", "fill_between", None):
            raise ValueError(
                f"{owner}: std_display_style must be 'errorbar', 'fill_between' or None, got "
                f"{std_display_style!r}"
            )
        if score_type not in ("test", "train", "both"):
            raise ValueError(
                f"{owner}: score_type must be 'train', 'test' or 'both', got {score_type!r}"
            )
        if ax is None:
            ax = import_optional("matplotlib.pyplot", "plot", owner).subplots()[1]
        scores = {"Train": self.train_scores, "Test": self.test_scores}
        shown = {
            label: -np.asarray(values) if negate_score else np.asarray(values)
            for label, values in scores.items()
            if score_type in ("both", label.lower())
        }
        if std_display_style == "errorbar":
            self._draw_bars(ax, x, shown, errorbar_kw)
        else:
            self._draw_lines(ax, x, shown, line_kw)
            if std_display_style == "fill_between":
                self._draw_bands(ax, x, shown, fill_between_kw)
        ax.set_xscale(_axis_scale(x))
        if score_name is None:
            score_name = self.score_name or _score_name(None, negate_score)
        ax.set_ylabel(score_name)
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw_lines(self, ax, x, shown, options):
        self.errorbar_ = self.fill_between_ = None
        self.lines_ = [
            *(
                ax.plot(x, values.mean(axis=1), **{"label": label, **(options or {})})[0]
                for label, values in shown.items()
            )
        ]

    def _draw_bands(self, ax, x, shown, options):
        self.fill_between_ = [
            ax.fill_between(
                x,
                values.mean(axis=1) - values.std(axis=1),
                values.mean(axis=1) + values.std(axis=1),
                **{"alpha": 0.5, **(options or {})},
            )
            for values in shown.values()
        ]

    def _draw_bars(self, ax, x, shown, options):
        self.lines_ = self.fill_between_ = None
        self.errorbar_ = [
            ax.errorbar(
                x,
                values.mean(axis=1),
                values.std(axis=1),
                **{"label": label, **(options or {})},
            )
            for label, values in shown.items()
        ]


class LearningCurveDisplay(_CurveDisplay):
    """Plot of a learning curve: scores over the number of training rows.

    Parameters
    ----------
    train_sizes : ndarray of shape (n_ticks,)
    train_scores, test_scores : ndarray of shape (n_ticks, n_folds)
        As `learning_curve` returns them.
    score_name : str, default=None
        Label of the y axis.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
    lines_ : list of Line2D, or None for ``std_display_style="errorbar"``
    fill_between_ : list of PolyCollection, or None for other styles
    errorbar_ : list of ErrorbarContainer, or None for other styles

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import LearningCurveDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> display = LearningCurveDisplay.from_estimator(Ridge(), X, y)  # doctest: +SKIP
    """

    def __init__(self, *, train_sizes, train_scores, test_scores, score_name=None):
        self.train_sizes = train_sizes
        self.train_scores = train_scores
        self.test_scores = test_scores
        self.score_name = score_name

    def plot(
        self,
        ax=None,
        *,
        negate_score=False,
        score_name=None,
        score_type="both",
        std_display_style="fill_between",
        line_kw=None,
        fill_between_kw=None,
        errorbar_kw=None,
    ):
        """Draw the curve.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where; None is a new figure.
        negate_score : bool, default=False
            Draw −score, for a metric whose name begins with ``neg_``.
        score_name : str, default=None
            Label of the y axis.
        score_type : {"test", "train", "both"}, default="both"
        std_display_style : {"errorbar", "fill_between"} or None, default="fill_between"
            How the standard deviation over folds is shown.
        line_kw, fill_between_kw, errorbar_kw : dict, default=None
            For ``Axes.plot``, ``Axes.fill_between`` and ``Axes.errorbar``.

        Returns
        -------
        LearningCurveDisplay
            Itself.
        """
        self._plot_curve(
            self.train_sizes,
            ax=ax,
            negate_score=negate_score,
            score_name=score_name,
            score_type=score_type,
            std_display_style=std_display_style,
            line_kw=line_kw,
            fill_between_kw=fill_between_kw,
            errorbar_kw=errorbar_kw,
        )
        self.ax_.set_xlabel("Number of samples in the training set")
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        groups=None,
        train_sizes=np.linspace(0.1, 1.0, 5),  # noqa: B008 never changed
        cv=None,
        scoring=None,
        exploit_incremental_learning=False,
        n_jobs=None,
        pre_dispatch="all",
        verbose=0,
        shuffle=False,
        random_state=None,
        error_score=np.nan,
        fit_params=None,
        ax=None,
        negate_score=False,
        score_name=None,
        score_type="both",
        std_display_style="fill_between",
        line_kw=None,
        fill_between_kw=None,
        errorbar_kw=None,
    ):
        """Compute a learning curve and draw it.

        Parameters
        ----------
        estimator : estimator object
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
        groups, train_sizes, cv, scoring, exploit_incremental_learning, n_jobs, pre_dispatch
            As in `learning_curve`.
        verbose, shuffle, random_state, error_score
            As in `learning_curve`.
        fit_params : dict, default=None
            Passed to ``fit``: the `params` of `learning_curve`.
        ax, negate_score, score_name, score_type, std_display_style
            As in `plot`; the score's name is by default that of `scoring`.
        line_kw, fill_between_kw, errorbar_kw : dict, default=None
            As in `plot`.

        Returns
        -------
        LearningCurveDisplay
        """
        train_sizes, train_scores, test_scores = learning_curve(
            estimator,
            X,
            y,
            groups=groups,
            train_sizes=train_sizes,
            cv=cv,
            scoring=scoring,
            exploit_incremental_learning=exploit_incremental_learning,
            n_jobs=n_jobs,
            pre_dispatch=pre_dispatch,
            verbose=verbose,
            shuffle=shuffle,
            random_state=random_state,
            error_score=error_score,
            params=fit_params,
        )
        display = cls(
            train_sizes=train_sizes,
            train_scores=train_scores,
            test_scores=test_scores,
            score_name=score_name or _score_name(scoring, negate_score),
        )
        return display.plot(
            ax=ax,
            negate_score=negate_score,
            score_type=score_type,
            std_display_style=std_display_style,
            line_kw=line_kw,
            fill_between_kw=fill_between_kw,
            errorbar_kw=errorbar_kw,
        )


class ValidationCurveDisplay(_CurveDisplay):
    """Plot of a validation curve: scores over the values of a parameter.

    Parameters
    ----------
    param_name : str
    param_range : array-like of shape (n_values,)
    train_scores, test_scores : ndarray of shape (n_values, n_folds)
        As `validation_curve` returns them.
    score_name : str, default=None
        Label of the y axis.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
    lines_ : list of Line2D, or None for ``std_display_style="errorbar"``
    fill_between_ : list of PolyCollection, or None for other styles
    errorbar_ : list of ErrorbarContainer, or None for other styles

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.model_selection import ValidationCurveDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> display = ValidationCurveDisplay.from_estimator(  # doctest: +SKIP
    ...     Ridge(), X, y, param_name="alpha", param_range=[0.01, 1, 100]
    ... )
    """

    def __init__(self, *, param_name, param_range, train_scores, test_scores, score_name=None):
        self.param_name = param_name
        self.param_range = param_range
        self.train_scores = train_scores
        self.test_scores = test_scores
        self.score_name = score_name

    def plot(
        self,
        ax=None,
        *,
        negate_score=False,
        score_name=None,
        score_type="both",
        std_display_style="fill_between",
        line_kw=None,
        fill_between_kw=None,
        errorbar_kw=None,
    ):
        """Draw the curve; on a logarithmic axis if the values are so spaced.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where; None is a new figure.
        negate_score, score_name, score_type, std_display_style
            As in `LearningCurveDisplay.plot`.
        line_kw, fill_between_kw, errorbar_kw : dict, default=None
            For ``Axes.plot``, ``Axes.fill_between`` and ``Axes.errorbar``.

        Returns
        -------
        ValidationCurveDisplay
            Itself.
        """
        self._plot_curve(
            self.param_range,
            ax=ax,
            negate_score=negate_score,
            score_name=score_name,
            score_type=score_type,
            std_display_style=std_display_style,
            line_kw=line_kw,
            fill_between_kw=fill_between_kw,
            errorbar_kw=errorbar_kw,
        )
        self.ax_.set_xlabel(self.param_name)
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        param_name,
        param_range,
        groups=None,
        cv=None,
        scoring=None,
        n_jobs=None,
        pre_dispatch="all",
        verbose=0,
        error_score=np.nan,
        fit_params=None,
        ax=None,
        negate_score=False,
        score_name=None,
        score_type="both",
        std_display_style="fill_between",
        line_kw=None,
        fill_between_kw=None,
        errorbar_kw=None,
    ):
        """Compute a validation curve and draw it.

        Parameters
        ----------
        estimator : estimator object
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
        param_name : str
        param_range : array-like of shape (n_values,)
        groups, cv, scoring, n_jobs, pre_dispatch, verbose, error_score
            As in `validation_curve`.
        fit_params : dict, default=None
            Passed to ``fit``: the `params` of `validation_curve`.
        ax, negate_score, score_name, score_type, std_display_style
            As in `plot`; the score's name is by default that of `scoring`.
        line_kw, fill_between_kw, errorbar_kw : dict, default=None
            As in `plot`.

        Returns
        -------
        ValidationCurveDisplay
        """
        train_scores, test_scores = validation_curve(
            estimator,
            X,
            y,
            param_name=param_name,
            param_range=param_range,
            groups=groups,
            cv=cv,
            scoring=scoring,
            n_jobs=n_jobs,
            pre_dispatch=pre_dispatch,
            verbose=verbose,
            error_score=error_score,
            params=fit_params,
        )
        display = cls(
            param_name=param_name,
            param_range=np.asarray(param_range),
            train_scores=train_scores,
            test_scores=test_scores,
            score_name=score_name or _score_name(scoring, negate_score),
        )
        return display.plot(
            ax=ax,
            negate_score=negate_score,
            score_type=score_type,
            std_display_style=std_display_style,
            line_kw=line_kw,
            fill_between_kw=fill_between_kw,
            errorbar_kw=errorbar_kw,
        )
