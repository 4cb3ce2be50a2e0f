"""Agreement of two label vectors beyond what chance or class sizes explain."""

import warnings
from numbers import Real

import numpy as np

from .._core import domains as d
from .._core.errors import InvalidParameterError
from ._classification import class_table
from ._core import metric, warn_undefined


@metric("balanced_accuracy", adjusted=d.boolean)
def balanced_accuracy_score(y_true, y_pred, *, sample_weight=None, adjusted=False):
    """Mean over the classes in `y_true` of the share of their rows that is found.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.
    adjusted : bool, default=False
        Rescale so that chance scores 0: ``(score − 1/k) / (1 − 1/k)`` for k classes.

    Returns
    -------
    float

    References
    ----------
    Brodersen, Ong, Stephan, Buhmann. The balanced accuracy and its posterior distribution.
    ICPR 2010.

    Examples
    --------
    >>> from mlkit.metrics import balanced_accuracy_score
    >>> balanced_accuracy_score([0, 0, 0, 1], [0, 0, 1, 1])
    0.8333333333333333
    """
    table, _ = class_table(y_true, y_pred, None, sample_weight)
    size = table.sum(axis=1)
    present = size != 0
    if not present.all():
        warnings.warn("y_pred has classes that y_true has not", UserWarning, stacklevel=3)
    score = (table.diagonal()[present] / size[present]).mean()
    if adjusted:
        n_classes = np.count_nonzero(present)
        if n_classes == 1:
            warn_undefined("With one class, chance is always right: nan is returned", stacklevel=3)
            return float("nan")
        score = (score - 1 / n_classes) / (1 - 1 / n_classes)
    return float(score)


@metric("matthews_corrcoef")
def matthews_corrcoef(y_true, y_pred, *, sample_weight=None):
    """Correlation of the indicator matrices of true and predicted classes; 0 if either is constant.

    With the confusion table C, its sums t of rows and p of columns, and its total s:
    ``(s ΣCₖₖ − t·p) / √((s² − p·p)(s² − t·t))``.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.

    Returns
    -------
    float

    References
    ----------
    Gorodkin. Comparing two K-category assignments by a K-category correlation coefficient.
    Computational Biology and Chemistry 28 (2004).

    Examples
    --------
    >>> from mlkit.metrics import matthews_corrcoef
    >>> matthews_corrcoef([1, 1, 1, 0], [1, 0, 1, 0])
    0.5773502691896258
    """
    table, _ = class_table(y_true, y_pred, None, sample_weight)
    # Squares of counts overflow int64 above 3e9 rows, and products of them far earlier.
    table = table.astype(float)
    true, predicted, total = table.sum(axis=1), table.sum(axis=0), table.sum()
    common = np.trace(table) * total - true @ predicted
    spread = (total**2 - predicted @ predicted) * (total**2 - true @ true)
    return 0.0 if spread == 0 else float(common / np.sqrt(spread))


_undefined = d.Predicate(
    "nan or float in [-1, 1]",
    lambda value: isinstance(value, Real) and (value != value or -1 <= value <= 1),
)


@metric(y1=d.array_like, y2=d.array_like, weights=d.one_of("linear", "quadratic") | d.none,
        replace_undefined_by=_undefined)  # fmt: skip
def cohen_kappa_score(
    y1, y2, *, labels=None, weights=None, sample_weight=None, replace_undefined_by=np.nan
):
    """Agreement of two raters beyond chance: ``1 − Σ D∘C / Σ D∘E``.

    C is the table of their ratings, E what it would be were they independent, and D the weight
    of a disagreement: 1, or the difference of the classes' positions, or its square.

    Parameters
    ----------
    y1, y2 : array-like of shape (n_samples,)
        The two raters' labels.
    weights : {"linear", "quadratic"}, default=None
        Weight of a disagreement; None counts all alike.
    replace_undefined_by : float in [-1, 1] or nan, default=nan
        The value where both raters use one and the same class, or none of `labels`.

    Returns
    -------
    float

    References
    ----------
    Cohen. A coefficient of agreement for nominal scales. Educational and Psychological
    Measurement 20 (1960).

    Examples
    --------
    >>> from mlkit.metrics import cohen_kappa_score
    >>> cohen_kappa_score([0, 0, 1, 1], [0, 1, 1, 1])
    0.5
    """
    table, _ = class_table(y1, y2, labels, sample_weight, name="y1")
    first, second, total = table.sum(axis=1), table.sum(axis=0), table.sum()
    place = np.arange(len(table))
    if weights is None:
        penalty = 1.0 - np.eye(len(table))
    else:
        penalty = abs(place[:, None] - place) ** (1.0 if weights == "linear" else 2.0)
    chance = 0 if total == 0 else (penalty * np.outer(first, second)).sum() / total
    if chance == 0:
        warn_undefined(
            "Both raters use one class alone, or none of `labels`, so kappa is 0 / 0: "
            f"{replace_undefined_by} is returned",
            stacklevel=3,
        )
        return replace_undefined_by
    return float(1 - (penalty * table).sum() / chance)


_ratio_default = d.mapping | d.Predicate(
    "1.0 or nan", lambda value: isinstance(value, Real) and (value != value or value == 1)
)


@metric(replace_undefined_by=_ratio_default)
def class_likelihood_ratios(
    y_true, y_pred, *, labels=None, sample_weight=None, replace_undefined_by=np.nan
):
    """``sensitivity / (1 − specificity)`` and ``(1 − sensitivity) / specificity`` of two classes.

    They are what the odds of the positive class are multiplied by after a positive, and after a
    negative, prediction.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.
    labels : array-like of shape (2,), default=None
        The negative and the positive class.
    replace_undefined_by : 1.0, nan or dict, default=nan
        Value of a ratio whose denominator is 0; a dict gives it for each of ``"LR+"`` (1 or
        more) and ``"LR-"`` (between 0 and 1).

    Returns
    -------
    (float, float)

    Examples
    --------
    >>> from mlkit.metrics import class_likelihood_ratios
    >>> class_likelihood_ratios([0, 1, 0, 1, 0], [1, 1, 0, 0, 0])
    (1.5, 0.75)
    """
    default = _ratio_defaults(replace_undefined_by)
    table, classes = class_table(y_true, y_pred, labels, sample_weight)
    if len(classes) != 2:
        raise ValueError(f"Likelihood ratios need two classes; these are {list(classes)}")
    (tn, fp), (fn, tp) = table.tolist()
    if tp + fn == 0:
        warn_undefined("y_true has no row of the positive class: both ratios are nan", stacklevel=3)
        return float("nan"), float("nan")
    positive = _ratio(tp * (tn + fp), fp * (tp + fn), default["LR+"], "LR+ (no false positives)")
    negative = _ratio(fn * (tn + fp), tn * (tp + fn), default["LR-"], "LR- (no true negatives)")
    return positive, negative


def _ratio(part, whole, default, what):
    if whole == 0:
        warn_undefined(f"{what} has denominator 0: {default} is returned", stacklevel=4)
        return float(default)
    return part / whole


def _ratio_defaults(given):
    if not hasattr(given, "keys"):
        return {"LR+": given, "LR-": given}
    ranges = {"LR+": (1, np.inf), "LR-": (0, 1)}
    for name, (least, most) in ranges.items():
        value = given.get(name)
        if not isinstance(value, Real) or not (value != value or least <= value <= most):
            raise InvalidParameterError(
                f"replace_undefined_by of class_likelihood_ratios needs {name!r} in "
                f"[{least}, {most}] or nan; got {given!r}"
            )
    return given


# A search needs one number, and an undefined ratio should look like a useless model.


@metric("positive_likelihood_ratio")
def positive_likelihood_ratio(y_true, y_pred, *, sample_weight=None):
    """The first of `class_likelihood_ratios`; 1 where it is undefined."""
    ratios = class_likelihood_ratios(
        y_true, y_pred, sample_weight=sample_weight, replace_undefined_by=1.0
    )
    return ratios[0]


@metric("neg_negative_likelihood_ratio", better="lower")
def negative_likelihood_ratio(y_true, y_pred, *, sample_weight=None):
    """The second of `class_likelihood_ratios`; 1 where it is undefined."""
    ratios = class_likelihood_ratios(
        y_true, y_pred, sample_weight=sample_weight, replace_undefined_by=1.0
    )
    return ratios[1]
