"""Plot of a confusion matrix; matplotlib is imported when one is drawn."""

import numpy as np

from .._core.targets import unique_labels
from ._axes import axes_or_new, require_matplotlib
from ._classification import confusion_matrix
from ._response import role_of


class ConfusionMatrixDisplay:
    """Plot of a confusion matrix: a row for each true class, a column for each predicted one.

    Parameters
    ----------
    confusion_matrix : ndarray of shape (n_classes, n_classes)
    display_labels : array-like of shape (n_classes,), default=None
        Names of the classes; None numbers them.

    Attributes
    ----------
    im_ : AxesImage
    text_ : ndarray of Text, shape (n_classes, n_classes), or None without values
    ax_, figure_ : matplotlib Axes and Figure

    Examples
    --------
    >>> from mlkit.metrics import ConfusionMatrixDisplay
    >>> display = ConfusionMatrixDisplay.from_predictions(["a", "b", "b"], ["a", "b", "a"])
    >>> display.confusion_matrix
    array([[1, 0],
           [1, 1]])
    """

    def __init__(self, confusion_matrix, *, display_labels=None):
        self.confusion_matrix = confusion_matrix
        self.display_labels = display_labels

    def plot(
        self,
        *,
        include_values=True,
        cmap="viridis",
        xticks_rotation="horizontal",
        values_format=None,
        ax=None,
        colorbar=True,
        im_kw=None,
        text_kw=None,
    ):
        """Draw the matrix.

        Parameters
        ----------
        include_values : bool, default=True
            Whether to write the numbers into the cells.
        cmap : str or matplotlib Colormap, default="viridis"
        xticks_rotation : {"vertical", "horizontal"} or float, default="horizontal"
            Rotation of the class names below.
        values_format : str, default=None
            Format of the numbers; None is the shorter of "d", for counts, and ".2g".
        ax : matplotlib Axes, default=None
            Where; None is a new figure.
        colorbar : bool, default=True
        im_kw, text_kw : dict, default=None
            For ``Axes.imshow`` and ``Axes.text``.

        Returns
        -------
        ConfusionMatrixDisplay
            Itself.
        """
        ax = axes_or_new(ax, type(self).__name__)
        matrix = self.confusion_matrix
        n_classes = len(matrix)
        style = {"interpolation": "nearest", "cmap": cmap, **(im_kw or {})}
        self.im_ = ax.imshow(matrix, **style)
        self.text_ = None
        if include_values:
            self._write_values(ax, values_format, text_kw)
        if colorbar:
            ax.figure.colorbar(self.im_, ax=ax)
        names = np.arange(n_classes) if self.display_labels is None else self.display_labels
        ax.set(
            xticks=np.arange(n_classes),
            yticks=np.arange(n_classes),
            xticklabels=names,
            yticklabels=names,
            xlabel="Predicted label",
            ylabel="True label",
            ylim=(n_classes - 0.5, -0.5),
        )
        for tick in ax.get_xticklabels():
            tick.set_rotation(xticks_rotation)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _write_values(self, ax, values_format, text_kw):
        """Numbers in the cells, dark on light and light on dark."""
        matrix = self.confusion_matrix
        ends = self.im_.cmap(0), self.im_.cmap(1.0)
        middle = (matrix.max() + matrix.min()) / 2.0
        self.text_ = np.empty(matrix.shape, dtype=object)
        for i, j in np.ndindex(*matrix.shape):
            style = {
                "ha": "center",
                "va": "center",
                "color": ends[int(matrix[i, j] < middle)],
                **(text_kw or {}),
            }
            words = _number_words(matrix[i, j], values_format)
            self.text_[i, j] = ax.text(j, i, words, **style)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        labels=None,
        sample_weight=None,
        normalize=None,
        display_labels=None,
        include_values=True,
        xticks_rotation="horizontal",
        values_format=None,
        cmap="viridis",
        ax=None,
        colorbar=True,
        im_kw=None,
        text_kw=None,
    ):
        """Draw the confusion matrix of a fitted classifier.

        Parameters
        ----------
        estimator : fitted classifier
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        labels : array-like of shape (n_classes,), default=None
            The classes and their order; None is those that occur, sorted.
        sample_weight : array-like of shape (n_samples,), default=None
        normalize : {"true", "pred", "all"}, default=None
            Make rows, columns or the whole sum to 1.
        display_labels : array-like of shape (n_classes,), default=None
            Names of the classes; None is `labels`, or the classes themselves.
        include_values, xticks_rotation, values_format, cmap, ax, colorbar, im_kw, text_kw
            As in `plot`.

        Returns
        -------
        ConfusionMatrixDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        role = role_of(estimator)
        if role != "classifier":
            raise ValueError(
                f"{cls.__name__}.from_estimator is for classifiers; {type(estimator).__name__} is "
                f"a {role}"
            )
        return cls.from_predictions(
            y,
            estimator.predict(X),
            labels=labels,
            sample_weight=sample_weight,
            normalize=normalize,
            display_labels=display_labels,
            include_values=include_values,
            xticks_rotation=xticks_rotation,
            values_format=values_format,
            cmap=cmap,
            ax=ax,
            colorbar=colorbar,
            im_kw=im_kw,
            text_kw=text_kw,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        labels=None,
        sample_weight=None,
        normalize=None,
        display_labels=None,
        include_values=True,
        xticks_rotation="horizontal",
        values_format=None,
        cmap="viridis",
        ax=None,
        colorbar=True,
        im_kw=None,
        text_kw=None,
    ):
        """Draw the confusion matrix of true and predicted labels.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
        labels, sample_weight, normalize, display_labels : as in `from_estimator`
        include_values, xticks_rotation, values_format, cmap, ax, colorbar, im_kw, text_kw
            As in `plot`.

        Returns
        -------
        ConfusionMatrixDisplay
        """
        require_matplotlib(f"{cls.__name__}.from_predictions")
        if display_labels is None:
            display_labels = unique_labels(y_true, y_pred) if labels is None else labels
        matrix = confusion_matrix(
            y_true, y_pred, sample_weight=sample_weight, labels=labels, normalize=normalize
        )
        display = cls(confusion_matrix=matrix, display_labels=display_labels)
        return display.plot(
            include_values=include_values,
            cmap=cmap,
            ax=ax,
            xticks_rotation=xticks_rotation,
            values_format=values_format,
            colorbar=colorbar,
            im_kw=im_kw,
            text_kw=text_kw,
        )


def _number_words(number, values_format):
    if values_format is not None:
        return format(number, values_format)
    short = format(number, ".2g")
    if number.dtype.kind == "f":
        return short
    whole = format(number, "d")
    return whole if len(whole) < len(short) else short
