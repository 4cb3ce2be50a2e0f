"""Clusterers and outlier detectors: labels, and what they are worth on clear data."""

import numpy as np

from ._claims import refuses
from ._subject import check, fitted, has, has_parameter, kind, needs_fit, plain

_clusterer = kind("clusterer")
_detector = kind("outlier_detector")


# ---------------------------------------------------------------------------- clusters
@check(_clusterer)
def check_cluster_labels(subject):
    """``labels_`` holds an integer a row: 0, 1, ... without gaps, and below 0 for noise."""
    problem = subject.problem()
    model = subject.fit(problem)
    labels = getattr(model, "labels_", None)
    assert labels is not None and np.shape(labels) == (len(problem.X),), (
        f"{subject.name}: labels_ is no array of one label a row"
    )
    assert labels.dtype.kind == "i", f"{subject.name}: labels_ are {labels.dtype}, no integers"
    clusters = np.unique(labels[labels >= 0])
    assert np.array_equal(clusters, np.arange(len(clusters))), (
        f"{subject.name}: the numbers of clusters have gaps: {clusters}"
    )


@check(_clusterer, has_parameter("n_clusters"), plain)
def check_far_groups_are_found(subject):
    """Three far groups of rows are told apart by three clusters."""
    problem = subject.problem(n_rows=45)
    labels = fitted(subject.fresh(n_clusters=3), problem.X).labels_
    pairs = labels[:, np.newaxis] == labels
    wanted = problem.groups[:, np.newaxis] == problem.groups
    agreement = np.mean(pairs == wanted)
    assert agreement > 0.85, (
        f"{subject.name}: {agreement:.0%} of the pairs of rows are together or apart as they "
        "should be"
    )


@check(_clusterer, has("predict"), plain)
def check_predicted_clusters_are_labels(subject):
    """``predict`` returns numbers of clusters that ``fit`` found."""
    problem = subject.problem()
    model = subject.fit(problem)
    found = np.asarray(model.predict(problem.X))
    assert found.shape == (len(problem.X),), (
        f"{subject.name}.predict returns the shape {found.shape}"
    )
    strange = np.setdiff1d(found, model.labels_)
    assert not len(strange), f"{subject.name}.predict returns clusters that fit lacks: {strange}"


# ---------------------------------------------------------------------------- outliers
@check(_detector)
def check_outlier_labels(subject):
    """Labels are 1 for inliers and -1 for outliers, integers."""
    problem = subject.problem(n_rows=60)
    labels = np.asarray(subject.fresh().fit_predict(problem.X))
    assert labels.shape == (len(problem.X),) and labels.dtype.kind == "i", (
        f"{subject.name}.fit_predict returns {labels.dtype} of shape {labels.shape}"
    )
    assert np.isin(labels, (-1, 1)).all(), (
        f"{subject.name}.fit_predict returns {np.unique(labels)}, not 1 and -1"
    )


@check(_detector, has("predict", "decision_function"), needs_fit)
def check_sign_of_decision_is_the_label(subject):
    """``decision_function`` is below 0 where ``predict`` says outlier, and at least 0 elsewhere."""
    problem = subject.problem(n_rows=60)
    model = subject.fit(problem)
    decision = np.asarray(model.decision_function(problem.X))
    labels = np.asarray(model.predict(problem.X))
    assert decision.shape == labels.shape, (
        f"{subject.name}.decision_function has the shape {decision.shape}"
    )
    clear = np.abs(decision) > 1e-9
    assert np.array_equal(labels[clear] == 1, decision[clear] > 0), (
        f"{subject.name}: the sign of decision_function is not what predict says"
    )


@check(_detector, has("score_samples", "decision_function"))
def check_decision_is_score_less_offset(subject):
    """``decision_function`` is ``score_samples`` less ``offset_``."""
    problem = subject.problem(n_rows=60)
    model = subject.fit(problem)
    found = np.asarray(model.decision_function(problem.X))
    expected = np.asarray(model.score_samples(problem.X)) - model.offset_
    assert np.allclose(found, expected), (
        f"{subject.name}: decision_function is not score_samples - offset_"
    )


@check(_detector, has_parameter("contamination"))
def check_contamination_is_the_share(subject):
    """The share of rows labelled as outliers in ``fit`` is `contamination`."""
    problem = subject.problem(n_rows=100)
    labels = np.asarray(subject.fresh(contamination=0.2).fit_predict(problem.X))
    share = np.mean(labels == -1)
    # Ties at the threshold may move a few rows.
    assert abs(share - 0.2) <= 0.05, (
        f"{subject.name}: {share:.0%} of the rows are outliers with contamination=0.2"
    )


@check(_detector, has_parameter("contamination"))
def check_contamination_is_a_share(subject):
    """A `contamination` below 0 or above one half is a ValueError."""
    problem = subject.problem()
    for value in (-0.5, 0.7):
        with refuses(subject, f"contamination={value}", saying=("contamination",)):
            fitted(subject.fresh(contamination=value), problem.X)
