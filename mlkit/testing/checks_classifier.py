"""Classifiers: classes, labels of any kind, probabilities, weights of classes."""

import numpy as np

from ._claims import assert_same, dense, refuses, same
from ._subject import (
    check,
    deterministic,
    fitted,
    has,
    has_parameter,
    kind,
    learns,
    needs_fit,
    numeric,
    outputs,
    single_output,
)

_classifier = kind("classifier")
_one_label = (_classifier, single_output)


def _multi_class(subject):
    return subject.tags.classifier_tags.multi_class


def _multi_label(subject):
    return subject.tags.classifier_tags.multi_label


@check(*_one_label, needs_fit)
def check_classes(subject):
    """``classes_`` holds the distinct labels, sorted."""
    problem = subject.problem()
    labels = np.unique(problem.y) * 3 - 1
    model = fitted(subject.fresh(), problem.X, problem.y * 3 - 1)
    found = getattr(model, "classes_", None)
    assert found is not None and np.array_equal(found, labels), (
        f"{subject.name}: classes_ is {found} for the labels {labels}"
    )


@check(*_one_label)
def check_predictions_are_labels(subject):
    """``predict`` returns labels of ``fit``, of their dtype."""
    problem = subject.problem()
    y = problem.y * 3 - 1
    found = np.asarray(fitted(subject.fresh(), problem.X, y).predict(problem.X))
    assert np.isin(found, y).all() and found.dtype.kind == y.dtype.kind, (
        f"{subject.name}.predict returns {np.unique(found)} of {found.dtype} for labels "
        f"{np.unique(y)} of {y.dtype}"
    )


def _check_renamed(subject, names):
    problem = subject.problem()
    renamed = np.asarray(names, dtype=np.asarray(names).dtype)[problem.y]
    numbers = outputs(subject.fit(problem), problem.X)
    words = outputs(fitted(subject.fresh(), problem.X, renamed), problem.X)
    numbers["predict"] = np.asarray(names)[np.asarray(numbers["predict"], dtype=int)]
    words["predict"] = np.asarray(words["predict"])
    assert_same(subject, words, numbers, f"labels {names} give the results of 0, 1, 2, renamed")


@check(*_one_label, deterministic)
def check_labels_of_text(subject):
    """Labels that are strings give the results of integers in the same order."""
    _check_renamed(subject, ["apple", "berry", "cherry"])


@check(*_one_label, deterministic)
def check_labels_of_objects(subject):
    """Strings in an array of objects give the results of integers in the same order."""
    _check_renamed(subject, np.array(["apple", "berry", "cherry"], dtype=object))


@check(*_one_label, deterministic)
def check_labels_of_bool(subject):
    """True and False give the results of 1 and 0."""
    problem = subject.problem(n_groups=2)
    numbers = outputs(subject.fit(problem), problem.X)
    logical = outputs(fitted(subject.fresh(), problem.X, problem.y == 1), problem.X)
    numbers["predict"] = numbers["predict"] == 1
    assert_same(subject, logical, numbers, "labels True and False give the results of 1 and 0")


@check(*_one_label)
def check_one_class(subject):
    """y of one class is predicted, or refused by a ValueError that says "class"."""
    problem = subject.problem()
    y = np.full_like(problem.y, 5)
    try:
        found = fitted(subject.fresh(), problem.X, y).predict(problem.X)
    except ValueError as error:
        assert "class" in str(error).lower(), (
            f"{subject.name} refuses y of one class without saying so: {error}"
        )
    else:
        assert np.array_equal(found, y), f"{subject.name} was fitted to one class and predicts more"


@check(_classifier, numeric, single_output)
def check_continuous_target_is_refused(subject):
    """Continuous y is a ValueError with the words "Unknown label type"."""
    problem = subject.problem()
    with refuses(subject, "continuous y", saying=("unknown label type", "continuous")):
        fitted(subject.fresh(), problem.X, problem.features[:, 0] + 0.1)


@check(*_one_label, lambda subject: not _multi_class(subject))
def check_many_classes_are_refused(subject):
    """Three classes are a ValueError where the tags say that two are the most."""
    problem = subject.problem()
    y = np.arange(len(problem.y)) % 3
    with refuses(subject, "three classes", saying=("class", "binary", "multiclass")):
        fitted(subject.fresh(), problem.X, y)


@check(*_one_label, learns)
def check_accuracy(subject):
    """Five of six rows of far groups are predicted right, unless the tags promise little."""
    problem = subject.problem(n_rows=60)
    score = np.mean(subject.fit(problem).predict(problem.X) == problem.y)
    assert score > 5 / 6, f"{subject.name} predicts {score:.0%} of the rows of far groups right"


# ---------------------------------------------------------------------- probabilities
@check(*_one_label, has("predict_proba"))
def check_probabilities(subject):
    """``predict_proba`` has a column a class; entries are in [0, 1] and rows sum to 1."""
    for n_groups in (2, 3) if _multi_class(subject) else (2,):
        problem = subject.problem(n_groups=n_groups)
        found = np.asarray(subject.fit(problem).predict_proba(problem.X))
        shape = (len(problem.X), n_groups)
        assert found.shape == shape, (
            f"{subject.name}.predict_proba has the shape {found.shape}, expected {shape}"
        )
        assert (found >= 0).all() and (found <= 1 + 1e-9).all(), (
            f"{subject.name}.predict_proba is outside [0, 1]"
        )
        # Single precision, summed over a few classes.
        assert np.allclose(found.sum(axis=1), 1, atol=1e-5), (
            f"{subject.name}.predict_proba does not sum to 1"
        )


@check(*_one_label, has("predict_proba"), learns)
def check_predictions_are_most_probable(subject):
    """``predict`` returns the class of highest probability."""
    problem = subject.problem()
    model = subject.fit(problem)
    probability = np.asarray(model.predict_proba(problem.X))
    codes = np.searchsorted(model.classes_, model.predict(problem.X))
    chosen = probability[np.arange(len(codes)), codes]
    # Equal probabilities leave the choice open.
    assert (chosen >= probability.max(axis=1) - 1e-6).all(), (
        f"{subject.name}.predict is not the class of highest probability"
    )


@check(*_one_label, has("predict_proba", "predict_log_proba"))
def check_log_probabilities(subject):
    """``predict_log_proba`` is the logarithm of ``predict_proba``."""
    # Groups that overlap: far ones have logarithms of 0 and beyond what a float holds.
    problem = subject.problem(spread=0.3)
    model = subject.fit(problem)
    with np.errstate(divide="ignore"):
        expected = np.log(model.predict_proba(problem.X))
    found = model.predict_log_proba(problem.X)
    # A probability that underflows has a logarithm of its own when it is computed as one.
    likely = expected > -30
    assert same(np.asarray(found)[likely], expected[likely], 1e-5), (
        f"{subject.name}.predict_log_proba is not the logarithm of predict_proba"
    )


@check(*_one_label, has("decision_function"))
def check_decision_function(subject):
    """``decision_function`` is 1-D for two classes, above 0 where ``predict`` says the second."""
    problem = subject.problem(n_groups=2)
    model = subject.fit(problem)
    found = np.asarray(model.decision_function(problem.X))
    assert found.shape == (len(problem.X),), (
        f"{subject.name}.decision_function has the shape {found.shape} for two classes"
    )
    agree = (found > 0) == (model.predict(problem.X) == model.classes_[1])
    assert agree[found != 0].all(), (
        f"{subject.name}: the sign of decision_function is not what predict says"
    )


@check(*_one_label, has("decision_function"), _multi_class)
def check_decision_function_of_many(subject):
    """For three classes ``decision_function`` has three columns, the largest what is predicted."""
    problem = subject.problem()
    model = subject.fit(problem)
    found = np.asarray(model.decision_function(problem.X))
    # One for a class and one for a pair of classes are both three here.
    assert found.shape == (len(problem.X), 3), (
        f"{subject.name}.decision_function has the shape {found.shape} for three classes"
    )
    if getattr(model, "decision_function_shape", "ovr") == "ovo":
        return
    codes = np.searchsorted(model.classes_, model.predict(problem.X))
    chosen = found[np.arange(len(codes)), codes]
    assert (chosen >= found.max(axis=1) - 1e-6).all(), (
        f"{subject.name}: the largest decision_function is not what predict says"
    )


# -------------------------------------------------------------------- weights of classes
_weighs_classes = (*_one_label, has_parameter("class_weight"))


@check(*_weighs_classes, learns)
def check_class_weight_matters(subject):
    """A class that weighs a million times the others is predicted for overlapping rows."""
    rng = np.random.default_rng(0)
    problem = subject.problem(n_rows=60, n_groups=2)
    X = rng.standard_normal(problem.X.shape)
    X = np.abs(X) if subject.tags.input_tags.positive_only else X
    params = {"min_samples_leaf": 20, "min_weight_fraction_leaf": 0.01, "max_iter": 1000}
    params = {name: value for name, value in params.items() if name in subject.params}
    weights = {0: 1e3, 1: 1e-3}
    model = fitted(subject.fresh(class_weight=weights, **params), X, problem.y)
    share = np.mean(model.predict(X) == 0)
    assert share > 0.85, (
        f"{subject.name}: with class_weight={weights} only {share:.0%} of the rows are "
        "predicted as the heavy class"
    )


@check(*_weighs_classes, deterministic)
def check_class_weight_balanced(subject):
    """``class_weight="balanced"`` is the weight ``n / (classes * count)`` of each class."""
    problem = subject.problem(n_rows=60)
    rows = np.flatnonzero((problem.y != 0) | (np.arange(60) < 24))
    problem = problem.part(rows)
    classes, counts = np.unique(problem.y, return_counts=True)
    weights = dict(zip(classes.tolist(), len(rows) / (len(classes) * counts), strict=True))
    named, given = (
        outputs(fitted(subject.fresh(class_weight=each), problem.X, problem.y), problem.X)
        for each in ("balanced", weights)
    )
    assert_same(
        subject, named, given, f'class_weight="balanced" gives the results of {weights}', 1e-4
    )


@check(*_weighs_classes, deterministic)
def check_class_weight_none_is_one(subject):
    """Weights of 1 for each class give the results of ``class_weight=None``."""
    problem = subject.problem()
    weights = dict.fromkeys(np.unique(problem.y).tolist(), 1.0)
    none, ones = (
        outputs(fitted(subject.fresh(class_weight=each), problem.X, problem.y), problem.X)
        for each in (None, weights)
    )
    assert_same(subject, ones, none, "class weights of 1 give the results of None", 1e-5)


# ------------------------------------------------------------------------ several labels
@check(_classifier, _multi_label)
def check_labels_of_a_matrix(subject):
    """For y an indicator matrix ``predict`` returns one of the same shape."""
    problem = subject.problem()
    y = np.column_stack([problem.groups == 0, problem.groups != 1]).astype(int)
    found = dense(fitted(subject.fresh(), problem.X, y).predict(problem.X))
    assert found.shape == y.shape and np.isin(found, (0, 1)).all(), (
        f"{subject.name}.predict returns no indicator matrix of shape {y.shape}: shape "
        f"{found.shape}, values {np.unique(found)[:5]}"
    )


@check(_classifier, lambda s: not _multi_label(s) and not s.tags.target_tags.multi_output)
def check_matrix_of_labels_is_refused(subject):
    """y of two columns is a ValueError where the tags say that one is the most."""
    problem = subject.problem()
    y = np.column_stack([problem.groups == 0, problem.groups != 1]).astype(int)
    with refuses(subject, "y of two columns"):
        fitted(subject.fresh(), problem.X, y)
