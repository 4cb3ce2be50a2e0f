"""Plots of metrics: scikit-learn's artists, labels and axes; curves are those of the metrics."""

import sys

import numpy as np
import pytest
import sklearn.metrics as reference
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_validate

import mlkit.metrics as ours

plt = pytest.importorskip("matplotlib.pyplot")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
Y = (X[:, 0] + RNG.normal(size=120) > 0).astype(int)
WORDS = np.array(["no", "yes"])[Y]
WEIGHT = RNG.uniform(size=120)
MODEL, WORDY = LogisticRegression().fit(X, Y), LogisticRegression().fit(X, WORDS)
FOLDS = cross_validate(LogisticRegression(), X, Y, cv=3, return_estimator=True, return_indices=True)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def line(each):
    return (each.get_label(), each.get_color(), each.get_linestyle(), each.get_drawstyle(),
            each.get_alpha(), each.get_marker())  # fmt: skip


def same(display, way, /, *args, **options):
    """Draw by both libraries and compare what is seen."""
    mine, other = (getattr(getattr(m, display), way)(*args, **options) for m in (ours, reference))
    a, b = mine.ax_, other.ax_
    for read in ("get_xlabel", "get_ylabel", "get_aspect", "get_title"):
        assert getattr(a, read)() == getattr(b, read)()
    assert_allclose([*a.get_xlim(), *a.get_ylim()], [*b.get_xlim(), *b.get_ylim()], atol=1e-7)
    assert [line(each) for each in a.lines] == [line(each) for each in b.lines]
    for p, q in zip(a.lines, b.lines, strict=True):
        assert_allclose(p.get_xydata(), q.get_xydata(), atol=1e-7)
    legends = [ax.get_legend() and [t.get_text() for t in ax.get_legend().texts] for ax in (a, b)]
    assert legends[0] == legends[1]
    assert [t.get_text() for t in a.texts] == [t.get_text() for t in b.texts]
    ticks = [[t.get_text() for t in ax.get_xticklabels()] for ax in (a, b)]
    assert ticks[0] == ticks[1]
    for side in ("top", "left"):
        assert a.spines[side].get_visible() == b.spines[side].get_visible()
    attributes = {key for key in vars(other) if not key.startswith("_")}
    assert attributes <= set(vars(mine)) | {"y_pred", "estimator_name"}
    return mine


@pytest.mark.parametrize("name", ["RocCurveDisplay", "PrecisionRecallDisplay"])
def test_curves_are_scikit_learns(name):
    same(name, "from_estimator", MODEL, X, Y)
    same(name, "from_estimator", WORDY, X, WORDS, pos_label="no", name="m", despine=True,
         plot_chance_level=True, curve_kwargs={"color": "red"}, chance_level_kw={"c": "blue"},
         response_method="decision_function", drop_intermediate=False,
         sample_weight=WEIGHT)  # fmt: skip
    scores = MODEL.predict_proba(X)[:, 1]
    same(name, "from_predictions", Y, scores, plot_chance_level=True)
    same(name, "from_cv_results", FOLDS, X, Y)
    same(name, "from_cv_results", FOLDS, X, Y, name="q", curve_kwargs={"color": "r"})
    same(name, "from_cv_results", FOLDS, X, Y, name=["a", "b", "c"], plot_chance_level=True,
         curve_kwargs=[{"color": c} for c in "rgb"], chance_level_kwargs={"ls": ":"},
         sample_weight=WEIGHT)  # fmt: skip


@pytest.mark.parametrize("name", ["RocCurveDisplay", "PrecisionRecallDisplay"])
@pytest.mark.parametrize(
    ("way", "args", "options", "message"),
    [
        ("from_cv_results", ({}, X, Y), {}, "cross_validate"),
        ("from_cv_results", (FOLDS, X[:60], Y[:60]), {}, "120 rows"),
        ("from_cv_results", (FOLDS, X, Y), {"name": ["a", "b", "c"]}, "curve_kwargs"),
        ("from_cv_results", (FOLDS, X, Y), {"name": ["a", "b"]}, "3"),
        ("from_cv_results", (FOLDS, X, Y), {"curve_kwargs": [{}]}, "curve_kwargs"),
        ("from_estimator", (Ridge().fit(X, Y), X, Y), {}, "Ridge"),
        ("from_predictions", (np.arange(120) % 3, X[:, 0]), {}, "multiclass"),
        ("from_predictions", (WORDS, X[:, 0]), {}, "pos_label"),
        ("from_predictions", (Y, X[:9, 0]), {}, "samples|rows"),
    ],
)
def test_curves_that_cannot_be_drawn(name, way, args, options, message):
    with pytest.raises(ValueError, match=message):
        getattr(getattr(ours, name), way)(*args, **options)


def test_precision_options_come_one_way():
    draw = ours.PrecisionRecallDisplay.from_predictions
    assert draw(Y, X[:, 0], color="green").line_.get_color() == "green"
    with pytest.raises(ValueError, match="not both"):
        draw(Y, X[:, 0], color="green", curve_kwargs={"color": "red"})
    with pytest.raises(ValueError, match="prevalence_pos_label"):
        ours.PrecisionRecallDisplay([0.0, 1], [1.0, 0]).plot(plot_chance_level=True)


def test_detection_errors_are_scikit_learns():
    same("DetCurveDisplay", "from_estimator", MODEL, X, Y, color="r", drop_intermediate=False)
    same("DetCurveDisplay", "from_predictions", WORDS, X[:, 0], pos_label="no", name="z")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"normalize": "true", "colorbar": False, "xticks_rotation": 45, "values_format": ".3f"},
        {"labels": ["yes", "no"], "display_labels": ["Y", "N"], "include_values": False},
        {"sample_weight": WEIGHT, "cmap": "Blues", "text_kw": {"color": "r"},
         "im_kw": {"vmin": 0}},
    ],
)  # fmt: skip
def test_confusion_is_scikit_learns(options):
    mine = same("ConfusionMatrixDisplay", "from_estimator", WORDY, X, WORDS, **options)
    theirs = reference.ConfusionMatrixDisplay.from_predictions(WORDS, WORDY.predict(X), **options)
    assert_allclose(mine.confusion_matrix, theirs.confusion_matrix)
    assert_allclose(mine.im_.get_clim(), theirs.im_.get_clim())
    assert (mine.text_ is None) == (theirs.text_ is None)
    if mine.text_ is not None:
        colors = [[t.get_color() for t in each.text_.ravel()] for each in (mine, theirs)]
        assert colors[0] == colors[1]


def test_numbers_in_cells_are_short():
    for matrix in (np.array([[10_000_000, 2], [3, 4]]), np.array([[1e7, 2.123456], [3, 4]])):
        mine, other = (m.ConfusionMatrixDisplay(matrix).plot() for m in (ours, reference))
        texts = [[t.get_text() for t in each.text_.ravel()] for each in (mine, other)]
        assert texts[0] == texts[1]


@pytest.mark.parametrize("kind", ["actual_vs_predicted", "residual_vs_predicted"])
@pytest.mark.parametrize("subsample", [50, 0.3, None])
def test_errors_are_scikit_learns(kind, subsample):
    model = Ridge().fit(X, X[:, 0] * 3 + X[:, 1] ** 2)
    mine = same(
        "PredictionErrorDisplay", "from_estimator", model, X, X[:, 0], kind=kind,
        subsample=subsample, random_state=0, scatter_kwargs={"c": "g"},
        line_kwargs={"ls": ":"},
    )  # fmt: skip
    points = mine.scatter_.get_offsets()
    above = mine.y_true - (mine.y_pred if kind.startswith("residual") else 0)
    assert_array_equal(points, np.stack([mine.y_pred, above], axis=1))


@pytest.mark.parametrize("options", [{"subsample": -1}, {"subsample": 1.5}, {"kind": "other"}])
def test_errors_that_cannot_be_drawn(options):
    with pytest.raises(ValueError):
        ours.PredictionErrorDisplay.from_predictions(X[:, 0], X[:, 1], **options)


def test_short_and_long_spellings_are_one():
    with pytest.raises(TypeError):
        ours.RocCurveDisplay.from_predictions(Y, X[:, 0], curve_kwargs={"c": "r", "color": "b"})


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"plot"):
        ours.RocCurveDisplay.from_predictions(Y, X[:, 0])


def test_axes_are_those_that_are_given(tmp_path):
    figure, axes = plt.subplots(2, 2)
    scores = X[:, 0]
    displays = [
        ours.RocCurveDisplay.from_predictions(Y, scores, ax=axes[0, 0]),
        ours.PrecisionRecallDisplay.from_predictions(Y, scores, ax=axes[0, 1]),
        ours.DetCurveDisplay.from_predictions(Y, scores, ax=axes[1, 0]),
        ours.ConfusionMatrixDisplay.from_predictions(Y, scores > 0, ax=axes[1, 1]),
    ]
    assert all(each.ax_ is ax for each, ax in zip(displays, axes.ravel(), strict=True))
    figure.savefig(tmp_path / "all.png")
    assert (tmp_path / "all.png").stat().st_size > 5000
