"""Importances of columns as a fitted estimator tells them."""

from operator import attrgetter

import numpy as np

from .._core.domains import callable_, string
from .._core.params import param
from .._core.sparse import issparse

getter_param = param(
    "auto",
    string | callable_,
    "Where the importances are: the path of an attribute of the fitted estimator "
    '(``"named_steps.model.coef_"``), a function of it, or "auto": ``coef_``, else '
    "``feature_importances_``.",
)


def importances(estimator, getter, reduce):
    """One importance a column.

    Parameters
    ----------
    estimator : fitted estimator
    getter : str or callable
    reduce : callable
        Makes of an array of shape (n_features,) or (n_outputs, n_features) one of (n_features,).

    Returns
    -------
    ndarray of shape (n_features,)

    Raises
    ------
    ValueError
        If ``getter="auto"`` finds nothing.
    """
    if callable(getter):
        found = getter(estimator)
    elif getter != "auto":
        found = attrgetter(getter)(estimator)
    else:
        found = _stated(estimator)
    return reduce(found.toarray() if issparse(found) else np.asarray(found))


def _stated(estimator):
    for name in ("coef_", "feature_importances_"):
        if hasattr(estimator, name):
            return getattr(estimator, name)
    raise ValueError(
        f"{type(estimator).__name__} has neither coef_ nor feature_importances_: fit it, or say by "
        "importance_getter where its importances are"
    )


def squares(coefficients):
    """Sum of squares over outputs."""
    squared = coefficients**2
    return squared if squared.ndim == 1 else squared.sum(axis=0)


def norms(coefficients, order):
    """Norm over outputs, of the order given."""
    if coefficients.ndim == 1:
        return np.abs(coefficients)
    return np.linalg.norm(coefficients, axis=0, ord=order)
