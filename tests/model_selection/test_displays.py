"""Plots of curves: what is drawn are the means, and the artists are scikit-learn's."""

import numpy as np
import pytest
import sklearn.model_selection as reference
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

from mlkit.model_selection import LearningCurveDisplay, ValidationCurveDisplay

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")
DATA = load_diabetes(return_X_y=True)
OF_VALUES = {"param_name": "alpha", "param_range": [0.01, 1, 100]}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.mark.parametrize(
    ("name", "more"), [("LearningCurveDisplay", {}), ("ValidationCurveDisplay", OF_VALUES)]
)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"score_type": "test", "std_display_style": None, "line_kw": {"color": "red"}},
        {"std_display_style": "errorbar", "scoring": "neg_mean_absolute_error"},
        {"scoring": "neg_mean_absolute_error", "negate_score": True, "score_type": "train"},
        {"scoring": "r2", "negate_score": True, "score_name": None},
    ],
)
def test_the_plot_is_scikit_learns(name, more, options):
    cls = {"LearningCurveDisplay": LearningCurveDisplay}.get(name, ValidationCurveDisplay)
    ours = cls.from_estimator(Ridge(), *DATA, **more, **options)
    theirs = getattr(reference, name).from_estimator(Ridge(), *DATA, **more, **options)
    for read in ("get_xlabel", "get_ylabel", "get_xscale"):
        assert getattr(ours.ax_, read)() == getattr(theirs.ax_, read)()
    for artists in ("lines_", "errorbar_", "fill_between_"):
        mine, other = getattr(ours, artists), getattr(theirs, artists)
        assert (mine is None) == (other is None)
        assert mine is None or list(map(type, mine)) == list(map(type, other))
    legends = [[text.get_text() for text in each.ax_.get_legend().texts] for each in (ours, theirs)]
    assert legends[0] == legends[1]
    for mine, other in zip(ours.lines_ or (), theirs.lines_ or (), strict=True):
        np.testing.assert_allclose(mine.get_ydata(), other.get_ydata())


def test_lines_are_means_on_the_given_axes(tmp_path):
    _, ax = plt.subplots()
    display = LearningCurveDisplay.from_estimator(Ridge(), *DATA, ax=ax)
    assert display.ax_ is ax
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), display.test_scores.mean(axis=1))
    display.figure_.savefig(tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 5000


def test_values_without_order_are_drawn():
    display = ValidationCurveDisplay.from_estimator(
        Ridge(), *DATA, param_name="solver", param_range=["svd", "cholesky", "lsqr"]
    )
    assert display.ax_.get_xscale() == "linear"


@pytest.mark.parametrize("options", [{"score_type": "all"}, {"std_display_style": "cloud"}])
def test_unknown_styles_are_refused(options):
    with pytest.raises(ValueError):
        LearningCurveDisplay.from_estimator(Ridge(), *DATA, **options)
