"""The calibration curve by its definition, and its plot."""

import numpy as np
import pytest
import sklearn.calibration as reference
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mlkit.calibration import CalibrationDisplay, calibration_curve
from mlkit.datasets import load_breast_cancer
from mlkit.linear_model import LogisticRegression

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@given(
    data=st.lists(st.tuples(st.booleans(), st.sampled_from(np.linspace(0, 1, 21))), min_size=1),
    n_bins=st.integers(1, 8),
    strategy=st.sampled_from(["uniform", "quantile"]),
)
@settings(max_examples=80)
def test_a_bin_holds_its_right_end(data, n_bins, strategy):
    y, p = np.array([each[0] for each in data]), np.array([each[1] for each in data])
    happened, said = calibration_curve(y, p, n_bins=n_bins, strategy=strategy)
    ends = np.linspace(0, 1, n_bins + 1)
    ends = np.percentile(p, 100 * ends) if strategy == "quantile" else ends
    expected = []
    for i in range(n_bins):
        low = -np.inf if i == 0 else ends[i]
        high = np.inf if i == n_bins - 1 else ends[i + 1]
        inside = (p > low) & (p <= high)
        if inside.any():
            expected.append((y[inside].mean(), p[inside].mean()))
    assert_allclose(np.transpose(expected), [happened, said], atol=1e-12)


@pytest.mark.parametrize("y", [[0, 1, 2], ["a", "b", "a"], [0.5, 1.5, 0.5]])
def test_labels_without_a_known_positive_class_are_refused(y):
    with pytest.raises(ValueError):
        calibration_curve(y, [0.1, 0.2, 0.3])


def test_probabilities_beyond_one_are_refused():
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        calibration_curve([0, 1], [0.1, 1.2])


def test_words_need_their_positive_class():
    happened, _ = calibration_curve(["no", "yes"], [0.9, 0.1], pos_label="no", n_bins=2)
    assert happened.tolist() == [0.0, 1.0]


def read(display):
    ax = display.ax_
    return (
        ax.get_xlabel().strip(),
        ax.get_ylabel().strip(),
        [text.get_text() for text in ax.get_legend().texts],
        [(line.get_linestyle(), line.get_marker()) for line in ax.lines],
    )


@pytest.mark.parametrize("options", [{}, {"n_bins": 3, "strategy": "quantile", "name": "it"},
                                     {"ref_line": False, "color": "red"}])  # fmt: skip
def test_the_plot_is_scikit_learns(options):
    X, y = load_breast_cancer(return_X_y=True)
    model = LogisticRegression(C=0.01, max_iter=500).fit(X[:, :3], y)
    ours = CalibrationDisplay.from_estimator(model, X[:, :3], y, **options)
    theirs = reference.CalibrationDisplay.from_predictions(
        y, model.predict_proba(X[:, :3])[:, 1], **{"name": "LogisticRegression", **options}
    )
    assert read(ours) == read(theirs)
    assert_allclose(ours.line_.get_xydata(), theirs.line_.get_xydata())


def test_curves_share_one_diagonal():
    _, ax = plt.subplots()
    for name in ("first", "second"):
        display = CalibrationDisplay.from_predictions([0, 1, 1], [0.1, 0.5, 0.9], name=name, ax=ax)
    assert display.ax_ is ax
    assert [text.get_text() for text in ax.get_legend().texts] == [
        "Perfectly calibrated",
        "first",
        "second",
    ]
