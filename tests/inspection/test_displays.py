"""Plots of boundaries and dependences: scikit-learn's artists, numbers and labels."""

import numpy as np
import pandas as pd
import pytest
import sklearn.inspection as reference
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge

import mlkit.inspection as ours
from mlkit.inspection import DecisionBoundaryDisplay, PartialDependenceDisplay

plt = pytest.importorskip("matplotlib.pyplot")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
LABELS = np.array(["a", "b", "c"])[(X[:, 0] > 0.3).astype(int) + (X[:, 1] > 0)]
WIDE = RNG.normal(size=(60, 5))
Y = WIDE @ [1, 2, 0, -1, 0] + WIDE[:, 0] * WIDE[:, 1]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def surfaces(display):
    found = display.surface_ if isinstance(display.surface_, list) else [display.surface_]
    read = []
    for each in found:
        levels = getattr(each, "levels", None)
        values = np.ma.filled(np.ma.masked_invalid(np.ma.asarray(each.get_array())), -99.0)
        read.append((type(each).__name__, each.get_zorder(), levels, values, each.get_clim(),
                     [each.get_cmap()(share) for share in (0.0, 0.4, 1.0)]))  # fmt: skip
    return read


def same_surfaces(mine, other):
    assert len(surfaces(mine)) == len(surfaces(other))
    for a, b in zip(surfaces(mine), surfaces(other), strict=True):
        assert a[:2] == b[:2]
        assert (a[2] is None) == (b[2] is None)
        for i in (2, 3, 4, 5):
            if a[i] is not None:
                assert_allclose(a[i], b[i], atol=1e-7)


MODELS = {
    "two": LogisticRegression().fit(X, LABELS == "a"),
    "three": LogisticRegression().fit(X, LABELS),
    "numbers": Ridge().fit(X, X[:, 0]),
    "clusters": KMeans(3, n_init=1, random_state=0).fit(X),
    "outliers": IsolationForest(n_estimators=3, random_state=0).fit(X),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("plot_method", ["contourf", "contour", "pcolormesh"])
@pytest.mark.parametrize("response_method", ["auto", "predict"])
def test_boundaries_are_scikit_learns(model, plot_method, response_method):
    options = {"plot_method": plot_method, "response_method": response_method}
    mine, other = (
        module.DecisionBoundaryDisplay.from_estimator(
            MODELS[model], X, grid_resolution=6, **options
        )
        for module in (ours, reference)
    )
    assert mine.n_classes == other.n_classes
    assert_allclose(mine.response, other.response)
    assert_array_equal(mine.xx0, other.xx0)
    same_surfaces(mine, other)


@pytest.mark.parametrize(
    "options",
    [
        {"class_of_interest": "b"},
        {"multiclass_colors": ["red", "green", "blue"]},
        {"multiclass_colors": "plasma"},
        {"multiclass_colors": "tab10"},
        {"response_method": "predict_proba", "alpha": 0.3, "eps": 0.1},
    ],
)
def test_options_of_boundaries_are_scikit_learns(options):
    mine, other = (
        module.DecisionBoundaryDisplay.from_estimator(
            MODELS["three"], X, grid_resolution=6, **options
        )
        for module in (ours, reference)
    )
    same_surfaces(mine, other)
    if mine.n_classes > 2:
        assert_allclose(mine.multiclass_colors_, other.multiclass_colors_)


def test_each_point_has_the_colour_of_its_class():
    display = DecisionBoundaryDisplay.from_estimator(MODELS["three"], X, grid_resolution=9)
    grid = np.c_[display.xx0.ravel(), display.xx1.ravel()]
    best = np.searchsorted(["a", "b", "c"], MODELS["three"].predict(grid)).reshape(9, 9)
    assert_array_equal(display.response.argmax(axis=2), best)


def test_a_frame_names_the_axes_and_stays_a_frame():
    import polars

    for frame in (pd.DataFrame(X, columns=["u", "v"]), polars.DataFrame(X, schema=["u", "v"])):
        from mlkit.linear_model import LogisticRegression as Ours

        display = DecisionBoundaryDisplay.from_estimator(Ours().fit(frame, LABELS), frame)
        assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("u", "v")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"grid_resolution": 1}, ValueError),
        ({"eps": -1}, ValueError),
        ({"plot_method": "lines"}, ValueError),
        ({"response_method": "transform"}, AttributeError),
        ({"class_of_interest": "z"}, ValueError),
        ({"multiclass_colors": ["red"]}, ValueError),
        ({"multiclass_colors": ["red", "green", "nocolor"]}, ValueError),
        ({"multiclass_colors": "nomap"}, ValueError),
        ({"multiclass_colors": 3}, TypeError),
    ],
)
def test_what_has_no_boundary_is_refused(options, error):
    with pytest.raises(error):
        DecisionBoundaryDisplay.from_estimator(MODELS["three"], X, **options)


def test_more_columns_and_outputs_are_refused():
    with pytest.raises(ValueError, match="2 columns"):
        DecisionBoundaryDisplay.from_estimator(MODELS["two"], WIDE)
    with pytest.raises(ValueError, match="several outputs"):
        DecisionBoundaryDisplay.from_estimator(Ridge().fit(X, X), X)


# ------------------------------------------------------------------ partial dependence
REGRESSOR = Ridge().fit(WIDE, Y)
CLASSIFIER = LogisticRegression().fit(WIDE, np.digitize(Y, [-1, 1]))


def panels(display):
    read = []
    for ax in display.axes_.ravel():
        if ax is None:
            read.append(None)
            continue
        lines = [line.get_xydata() for line in ax.lines]
        marks = [np.array(c.get_segments()) for c in ax.collections if hasattr(c, "get_segments")]
        labels = (ax.get_xlabel(), ax.get_ylabel(), len(ax.patches), len(ax.images))
        texts = [text.get_text() for text in ax.texts]
        legend = ax.get_legend() and [text.get_text() for text in ax.get_legend().texts]
        read.append((labels, texts, legend, lines, marks, ax.get_xlim(), ax.get_ylim()))
    return read


def same_panels(mine, other):
    for a, b in zip(panels(mine), panels(other), strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert a[:3] == b[:3]
            for i in (3, 4):
                for p, q in zip(a[i], b[i], strict=True):
                    assert_allclose(p, q, atol=1e-7)
            assert_allclose(a[5:], b[5:], atol=1e-7)
    for name in ("lines_", "deciles_vlines_", "deciles_hlines_", "contours_", "bars_", "heatmaps_"):
        p, q = getattr(mine, name), getattr(other, name)
        assert p.shape == q.shape, name
        assert_array_equal([each is None for each in p.flat], [each is None for each in q.flat])


@pytest.mark.parametrize(
    "options",
    [
        {"features": [0, 1, (0, 1), 3]},
        {"features": [0, 1], "kind": "both", "subsample": 4, "random_state": 0},
        {"features": [0], "kind": "individual", "subsample": 0.2, "random_state": 0,
         "centered": True},
        {"features": [0, 1, 2], "n_cols": 2, "centered": True, "kind": "both", "subsample": None,
         "line_kw": {"color": "r"}, "pd_line_kw": {"label": "mean"}},
        {"features": [0, (1, 2), 3], "kind": ["both", "average", "individual"], "subsample": 3,
         "random_state": 1},
        {"features": ["u", ("v", "w")], "feature_names": list("uvwxy")},
    ],
)  # fmt: skip
def test_dependences_are_drawn_as_scikit_learns(options):
    mine, other = (
        module.PartialDependenceDisplay.from_estimator(
            REGRESSOR, WIDE, grid_resolution=5, **options
        )
        for module in (ours, reference)
    )
    same_panels(mine, other)
    assert mine.features == other.features and mine.kind == other.kind
    for column, deciles in other.deciles.items():
        assert_allclose(mine.deciles[column], deciles)


def frame_of():
    from mlkit.compose import make_column_transformer
    from mlkit.linear_model import Ridge as Ours
    from mlkit.pipeline import make_pipeline
    from mlkit.preprocessing import OneHotEncoder

    frame = pd.DataFrame(WIDE, columns=list("abcde"))
    frame["word"] = np.array(["x", "y", "z"])[np.arange(60) % 3]
    frame["side"] = np.array(["p", "q"])[np.arange(60) % 2]
    columns = make_column_transformer((OneHotEncoder(), ["word", "side"]), remainder="passthrough")
    return make_pipeline(columns, Ours()).fit(frame, Y), frame


@pytest.mark.parametrize("centered", [False, True])
def test_categories_are_bars_and_tables(centered):
    model, frame = frame_of()
    mine, other = (
        module.PartialDependenceDisplay.from_estimator(
            model,
            frame,
            ["word", "a", *([] if centered else [("word", "side")])],
            categorical_features=["word", "side"],
            grid_resolution=5,
            centered=centered,
        )
        for module in (ours, reference)
    )
    same_panels(mine, other)


def test_a_class_is_chosen_by_its_label_and_an_output_by_its_number():
    mine = PartialDependenceDisplay.from_estimator(CLASSIFIER, WIDE, [0], target=2)
    assert mine.target_idx == 2
    several = Ridge().fit(WIDE, np.stack([Y, -Y], axis=1))
    first, second = (
        PartialDependenceDisplay.from_estimator(several, WIDE, [0], target=t) for t in (0, 1)
    )
    assert_allclose(first.lines_[0, 0].get_ydata(), -second.lines_[0, 0].get_ydata())
    for model, target in ((CLASSIFIER, None), (CLASSIFIER, 9), (several, None), (several, 2)):
        with pytest.raises(ValueError, match="target"):
            PartialDependenceDisplay.from_estimator(model, WIDE, [0], target=target)


def test_axes_are_those_that_are_given():
    _, axes = plt.subplots(1, 2)
    display = PartialDependenceDisplay.from_estimator(REGRESSOR, WIDE, [0, 1], ax=axes)
    assert display.axes_[0] is axes[0] and display.bounding_ax_ is None
    with pytest.raises(ValueError, match="Expected ax to have 2 axes"):
        display.plot(ax=plt.subplots(1, 3)[1])
    grid = display.plot()
    assert not grid.bounding_ax_.axison
    with pytest.raises(ValueError, match="already used"):
        display.plot(ax=grid.bounding_ax_)


@pytest.mark.parametrize(
    "options",
    [
        {"features": [(0, 1, 2)]},
        {"features": [0, 1], "kind": ["average"]},
        {"features": [(0, 1)], "kind": "both"},
        {"features": [0], "kind": "some"},
        {"features": [9]},
        {"features": ["nobody"]},
        {"features": [True]},
        {"features": [0], "kind": "both", "subsample": 0},
        {"features": [0], "kind": "both", "subsample": 1.5},
        {"features": [0], "categorical_features": [0], "grid_resolution": 5},
        {"features": [(0, 1)], "categorical_features": [0]},
        {"features": [0], "categorical_features": [0], "kind": "both"},
    ],
)
def test_what_cannot_be_drawn_is_refused(options):
    with pytest.raises(ValueError):
        PartialDependenceDisplay.from_estimator(REGRESSOR, WIDE, **options)


def test_values_of_ones_own_are_found_by_name():
    model, frame = frame_of()
    display = PartialDependenceDisplay.from_estimator(
        model,
        frame,
        ["word", "a"],
        categorical_features=["word", "side"],
        custom_values={"word": ["x", "z"], "a": [0.0, 1.0]},
    )
    assert [len(each.grid_values[0]) for each in display.pd_results] == [2, 2]


def test_plots_are_saved(tmp_path):
    display = PartialDependenceDisplay.from_estimator(REGRESSOR, WIDE, [0, (1, 2)])
    display.figure_.savefig(tmp_path / "dependence.png")
    assert (tmp_path / "dependence.png").stat().st_size > 5000
