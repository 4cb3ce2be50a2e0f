"""What a fitted estimator says of X, in the form in which a metric takes it."""

import numpy as np

from .._core.tags import get_tags


def pick_method(estimator, names):
    """Name of the first of `names` that the estimator has.

    Raises
    ------
    AttributeError
        If it has none.
    """
    names = (names,) if isinstance(names, str) else names
    for name in names:
        if getattr(estimator, name, None) is not None:
            return name
    raise AttributeError(
        f"{type(estimator).__name__} has none of the following attributes: {', '.join(names)}."
    )


def role_of(estimator):
    """Its tag "classifier", "regressor"..., or None of an object that declares none."""
    try:
        return get_tags(estimator).estimator_type
    except (AttributeError, TypeError):
        return "classifier" if hasattr(estimator, "classes_") else None


def select_response(estimator, method, response, pos_label=None):
    """Turn what `method` returned into labels, numbers, or scores of the classes.

    Of two classes, probabilities are those of `pos_label` (the greater label by default), and
    decisions are positive for it. Of several labels, one column each.

    Raises
    ------
    ValueError
        If `pos_label` is none of two classes, the estimator knows one class only, or it is no
        classifier and `method` is of classifiers only.
    """
    if method == "predict":
        return response
    role = role_of(estimator)
    if role != "classifier":
        if role == "outlier_detector" or (role is None and not hasattr(estimator, "classes_")):
            return response
        raise ValueError(
            f"{type(estimator).__name__} is a {role}, but response_method={method!r} is for "
            "classifiers: use 'predict'"
        )
    if isinstance(response, list):
        return np.stack([proba[:, -1] for proba in response], axis=1)
    classes = getattr(estimator, "classes_", None)
    if classes is not None and not isinstance(classes, list) and len(classes) == 1:
        raise ValueError(
            f"{type(estimator).__name__} was fitted to one class, {classes[0]!r}: {method} tells "
            "nothing apart, which needs two classes"
        )
    if classes is None or isinstance(classes, list) or len(classes) != 2:
        return response
    positive = _position(classes, pos_label)
    if method == "decision_function":
        return response if positive == 1 or response.ndim == 2 else -response
    # Two labels, in place of two classes, have two columns as well, and keep both.
    is_single = np.ndim(classes) == 1
    return response[:, positive] if is_single and response.ndim == 2 else response


def _position(classes, pos_label):
    if pos_label is None:
        return 1
    known = np.asarray(classes).tolist()
    if pos_label not in known:
        raise ValueError(f"pos_label={pos_label!r} is none of the classes {known}")
    return known.index(pos_label)
