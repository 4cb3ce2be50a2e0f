"""What all plots share: the door of matplotlib, options of artists, scores of binary targets."""

import numpy as np

from .._core.arrays import check_consistent_length, check_is_fitted
from .._core.errors import import_optional
from .._core.targets import type_of_target
from ._codes import check_binary
from ._response import pick_method, role_of, select_response

_AUTO = ("predict_proba", "decision_function")
_CHANCE = {"color": "k", "linestyle": "--"}


def require_matplotlib(owner):
    """Return ``matplotlib.pyplot``; ImportError names `owner` and the extra to install."""
    return import_optional("matplotlib.pyplot", "plot", owner)


def axes_or_new(ax, owner):
    """The axes that were given, or those of a new figure."""
    pyplot = require_matplotlib(owner)
    return pyplot.subplots()[1] if ax is None else ax


def options(defaults, given, artist="Line2D"):
    """Options of an artist: `given` over `defaults`, short and long spellings being one.

    Raises
    ------
    TypeError
        If `given` has both spellings of an option.
    """
    from matplotlib import cbook, collections, lines

    kind = {"Line2D": lines.Line2D, "Collection": collections.Collection}[artist]
    if artist == "Collection" and "c" in (given or ()):  # of points, a colour or numbers for it
        defaults = {name: value for name, value in defaults.items() if name != "color"}
    return {**cbook.normalize_kwargs(defaults, kind), **cbook.normalize_kwargs(given, kind)}


def chance_options(given, many=False):
    """Options of the line of guessing, fainter where there are many."""
    return options({**_CHANCE, "alpha": 0.3} if many else _CHANCE, given)


def despined(ax):
    """Take away the upper and right border, and let the others end at 0 and 1."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        ax.spines[side].set_bounds(0, 1)


def unit_square(ax, x_label, y_label, pos_label):
    """Square axes from 0 to 1, named with the positive class."""
    suffix = "" if pos_label is None else f" (Positive label: {pos_label})"
    ax.set(
        xlabel=x_label + suffix,
        xlim=(-0.01, 1.01),
        ylabel=y_label + suffix,
        ylim=(-0.01, 1.01),
        aspect="equal",
    )


def binary_scores(estimator, X, *, response_method="auto", pos_label=None):
    """Scores of the positive class by a fitted binary classifier, and the class.

    Raises
    ------
    NotFittedError
    ValueError
        If it is no classifier of two classes.
    """
    check_is_fitted(estimator)
    name = type(estimator).__name__
    role = role_of(estimator)
    if role != "classifier":
        raise ValueError(
            f"This plot expects a binary classifier as estimator, but {name} is a {role}"
        )
    classes = estimator.classes_
    if len(classes) != 2:
        raise ValueError(
            f"This plot expects a binary classifier as estimator; {name} was fitted to "
            f"{len(classes)} classes"
        )
    method = pick_method(estimator, _AUTO if response_method == "auto" else response_method)
    response = getattr(estimator, method)(X)
    scores = select_response(estimator, method, response, pos_label)
    return scores, classes[1] if pos_label is None else pos_label


def binary_labels(y_true, scores, sample_weight=None, pos_label=None):
    """Check that labels are of two classes; return the positive one.

    Raises
    ------
    ValueError
        For other targets, for lengths that differ, and for classes of which none is known to be
        positive.
    """
    kind = type_of_target(y_true)
    if kind != "binary":
        raise ValueError(
            f"This plot is for a binary target, with labels of two classes; y is {kind}"
        )
    check_consistent_length(y_true, scores, sample_weight)
    if pos_label is None:
        check_binary(np.asarray(y_true), None)
        return 1
    return pos_label


def fold_rows(cv_results, X, y, sample_weight):
    """Check results of `cross_validate` against the data; yield each fold's model and test rows.

    Raises
    ------
    ValueError
        If models or rows were not kept, or are of other data.
    """
    missing = {"estimator", "indices"} - set(cv_results)
    if missing:
        raise ValueError(
            f"cv_results lacks {sorted(missing)}: call cross_validate with return_estimator=True "
            "and return_indices=True"
        )
    train, test = cv_results["indices"]["train"], cv_results["indices"]["test"]
    expected = len(train[0]) + len(test[0])
    rows = X.shape[0] if hasattr(X, "shape") else len(X)
    if rows != expected:
        raise ValueError(f"cv_results is of {expected} rows, but X has {rows}")
    check_consistent_length(X, y, sample_weight)
    kind = type_of_target(y)
    if kind != "binary":
        raise ValueError(
            f"This plot is for a binary target, with labels of two classes; y is {kind}"
        )
    return list(zip(cv_results["estimator"], test, strict=True))
