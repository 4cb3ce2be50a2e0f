"""Drawing one curve or several, each with a number that sums it up in the legend."""

import numpy as np

from .._core.indexing import safe_indexing
from ._axes import axes_or_new, binary_labels, binary_scores, fold_rows, options

_MANY = {"alpha": 0.5, "linestyle": "--", "color": "blue"}


class CurvesDisplay:
    """Base of displays that hold a curve (arrays), or several (lists of arrays).

    A subclass names its attributes in `_curve`: those along x and y, and the number of each curve;
    and says what that number is called, in `_summary`.
    """

    _curve = ()
    _summary = ""
    _style = {}

    # ----------------------------------------------------------------- arguments
    def _curves(self):
        """Lists of what there is along x, along y, and of the numbers (None if there are none)."""
        owner = type(self).__name__
        found = [getattr(self, name) for name in self._curve]
        many = [isinstance(each, list) for each in found if each is not None]
        lengths = [len(each) if isinstance(each, list) else 1 for each in found if each is not None]
        if len(set(many)) > 1 or len(set(lengths)) > 1:
            sizes = ", ".join(
                f"{name} of length {len(each) if isinstance(each, list) else 1}"
                for name, each in zip(self._curve, found, strict=True)
                if each is not None
            )
            raise ValueError(
                f"{owner}: {', '.join(self._curve)} must be lists of the same length, or all of "
                f"one curve; got {sizes}"
            )
        return [each if each is None or isinstance(each, list) else [each] for each in found]

    def _styles(self, n_curves, curve_kwargs):
        """Options of each curve."""
        if isinstance(curve_kwargs, (list, tuple)) and len(curve_kwargs) != n_curves:
            raise ValueError(
                f"{type(self).__name__}: curve_kwargs must be None, a dict, or a list of "
                f"{n_curves} dicts, one a curve; got {len(curve_kwargs)} of them"
            )
        defaults = {**self._style, **(_MANY if n_curves > 1 else {})}
        each = curve_kwargs if isinstance(curve_kwargs, (list, tuple)) else [curve_kwargs]
        styles = [options(defaults, given) for given in each]
        return styles if len(styles) == n_curves else styles * n_curves

    def _labels(self, n_curves, name, numbers, separate):
        """Words for the legend, one a curve; None for a curve that has none."""
        owner = type(self).__name__
        names = list(name) if isinstance(name, (list, tuple)) else [name]
        if len(names) not in (1, n_curves):
            raise ValueError(
                f"{owner}: name must be a str or a list of {n_curves} of them, got {len(names)}"
            )
        if len(names) > 1 and not separate:
            raise ValueError(
                f"{owner}: {n_curves} names in curves that look the same tell nothing apart; pass "
                f"curve_kwargs as a list of {n_curves} dicts, or one name"
            )
        if n_curves > 1 and not separate:
            first = _joined(names[0], self._summary, _mean_words(numbers))
            return [first] + [None] * (n_curves - 1)
        names = names * n_curves if len(names) < n_curves else names
        numbers = [None] * n_curves if numbers is None else numbers
        return [
            _joined(each, self._summary, None if number is None else f"{number:0.2f}")
            for each, number in zip(names, numbers, strict=True)
        ]

    # ------------------------------------------------------------------- drawing
    def _draw(self, ax, name, curve_kwargs):
        """Draw all curves; set ``line_``, ``ax_`` and ``figure_``, return whether any is named."""
        x, y, numbers = self._curves()
        ax = axes_or_new(ax, type(self).__name__)
        styles = self._styles(len(x), curve_kwargs)
        name = self.name if name is None else name
        separate = len(x) == 1 or isinstance(curve_kwargs, (list, tuple))
        labels = self._labels(len(x), name, numbers, separate)
        lines = []
        for along_x, along_y, label, style in zip(x, y, labels, styles, strict=True):
            named = {} if label is None else {"label": label}
            lines.extend(ax.plot(along_x, along_y, **{**named, **style}))
        self.line_ = lines if isinstance(getattr(self, self._curve[0]), list) else lines[0]
        self.ax_, self.figure_ = ax, ax.figure
        return any(not line.get_label().startswith("_") for line in lines)

    # -------------------------------------------------------------- constructors
    @classmethod
    def _of_folds(cls, cv_results, X, y, *, sample_weight, response_method, pos_label, measure):
        """What `measure` finds of each fold's test rows, and the positive class.

        ``measure(y_true, y_score, pos_label, sample_weight)``.
        """
        found, positive = [], pos_label
        for estimator, test in fold_rows(cv_results, X, y, sample_weight):
            scores, positive = binary_scores(
                estimator,
                safe_indexing(X, test),
                response_method=response_method,
                pos_label=pos_label,
            )
            weight = None if sample_weight is None else safe_indexing(sample_weight, test)
            found.append(measure(safe_indexing(y, test), scores, positive, weight))
        return [list(each) for each in zip(*found, strict=True)], positive

    @staticmethod
    def _of_estimator(estimator, X, *, response_method, pos_label, name):
        """Scores, positive class and name of a fitted binary classifier."""
        scores, pos_label = binary_scores(
            estimator, X, response_method=response_method, pos_label=pos_label
        )
        return scores, pos_label, type(estimator).__name__ if name is None else name

    @staticmethod
    def _of_predictions(y_true, y_score, *, sample_weight, pos_label, name):
        """Positive class and name of labels and scores."""
        pos_label = binary_labels(y_true, y_score, sample_weight, pos_label)
        return pos_label, "Classifier" if name is None else name


def mean_and_deviation(numbers):
    """Words for several numbers: their mean and standard deviation."""
    return f"{np.mean(numbers):0.2f} +/- {np.std(numbers):0.2f}"


def _mean_words(numbers):
    return None if numbers is None else mean_and_deviation(numbers)


def _joined(name, summary, words):
    if words is None:
        return name
    return f"{summary} = {words}" if name is None else f"{name} ({summary} = {words})"
