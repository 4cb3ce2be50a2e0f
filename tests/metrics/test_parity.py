"""Equal to scikit-learn's numbers, warnings and kinds of error on random targets."""

import warnings

import numpy as np
import pytest
import sklearn.metrics as theirs
from numpy.testing import assert_allclose

import mlkit.metrics as ours

N = 40


def outcome(function, args, kwargs):
    """Value, or the error; and whether there was a warning for users."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = function(*args, **kwargs)
        except Exception as error:
            value = error
    kinds = {issubclass(w.category, UserWarning) for w in caught} - {False}
    return value, kinds


def same(name, *args, tol=1e-12, warned=True, **kwargs):
    mine, my_kinds = outcome(getattr(ours, name), args, kwargs)
    other, other_kinds = outcome(getattr(theirs, name), args, kwargs)
    if isinstance(other, Exception):
        assert isinstance(mine, Exception), f"gave {mine!r}, not {other!r}"
        assert isinstance(mine, (ValueError, TypeError, ZeroDivisionError, NotImplementedError))
        return
    assert not isinstance(mine, Exception), f"raised {mine!r}"
    for a, b in zip(*(v if isinstance(v, tuple) else (v,) for v in (mine, other)), strict=True):
        if isinstance(b, str) or b is None:
            assert a == b
        elif isinstance(b, dict):
            assert_same_dict(a, b)
        else:
            assert np.shape(a) == np.shape(b)
            assert np.isscalar(a) == np.isscalar(b)
            assert_allclose(a, b, rtol=tol, atol=tol)
    if warned:
        assert my_kinds == other_kinds


def assert_same_dict(a, b):
    assert list(a) == list(b)
    for key in b:
        if isinstance(b[key], dict):
            assert_same_dict(a[key], b[key])
        else:
            assert_allclose(a[key], b[key], rtol=1e-12)


def labels(kind, rng):
    if kind == "binary":
        return rng.integers(0, 2, N), rng.integers(0, 2, N)
    if kind == "signs":
        return rng.choice([-1, 1], N), rng.choice([-1, 1], N)
    if kind == "bool":
        return rng.random(N) < 0.5, rng.random(N) < 0.5
    if kind == "float":
        return rng.integers(0, 3, N) * 1.0, rng.integers(0, 3, N) * 1.0
    if kind == "multiclass":
        return rng.integers(0, 4, N), rng.integers(0, 4, N)
    if kind == "gaps":
        return rng.choice([-7, 3, 10**9], N), rng.choice([3, 5, 10**9], N)
    if kind == "uint8":
        return rng.integers(0, 256, N).astype(np.uint8), rng.integers(0, 256, N).astype(np.uint8)
    if kind == "words":
        return rng.choice(["cat", "dog", "emu"], N), rng.choice(["cat", "dog", "ox"], N)
    if kind == "objects":
        words = np.array(["cat", "dog"], dtype=object)
        return words[rng.integers(0, 2, N)], words[rng.integers(0, 2, N)]
    if kind == "one class":
        return np.ones(N, dtype=int), np.ones(N, dtype=int)
    if kind == "one row":
        return np.array([1]), np.array([0])
    if kind == "indicators":
        return (rng.random((N, 5)) < 0.4).astype(int), (rng.random((N, 5)) < 0.4).astype(int)
    if kind == "empty indicators":
        y = (rng.random((N, 5)) < 0.4).astype(int)
        z = y.copy()
        y[:, 2] = z[:, 2] = z[:, 1] = 0
        y[:3] = z[:3] = 0
        return y, z
    raise KeyError(kind)


KINDS = ["binary", "signs", "bool", "float", "multiclass", "gaps", "uint8", "words", "objects",
         "one class", "one row", "indicators", "empty indicators"]  # fmt: skip
WEIGHTS = [None, "random", "zeros"]


def weights(kind, n, rng):
    if kind is None:
        return None
    w = rng.random(n) + 0.1
    if kind == "zeros":
        w[: n // 3] = 0
    return w


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name, options",
    [
        ("accuracy_score", {}),
        ("accuracy_score", {"normalize": False}),
        ("zero_one_loss", {}),
        ("zero_one_loss", {"normalize": False}),
        ("hamming_loss", {}),
        ("confusion_matrix", {}),
        ("confusion_matrix", {"normalize": "true"}),
        ("confusion_matrix", {"normalize": "pred"}),
        ("confusion_matrix", {"normalize": "all"}),
        ("multilabel_confusion_matrix", {}),
        ("multilabel_confusion_matrix", {"samplewise": True}),
        ("cohen_kappa_score", {}),
        ("cohen_kappa_score", {"weights": "linear"}),
        ("cohen_kappa_score", {"weights": "quadratic"}),
        ("matthews_corrcoef", {}),
        ("balanced_accuracy_score", {}),
        ("classification_report", {}),
        ("classification_report", {"output_dict": True, "zero_division": 0}),
        ("class_likelihood_ratios", {}),
    ],
)
def test_label_metrics(name, options, kind, weight):
    rng = np.random.default_rng(0)
    y_true, y_pred = labels(kind, rng)
    w = weights(weight, len(y_true), rng)
    # A table of one cell makes their functions warn of it, though they show no table.
    warned = kind != "one class" and name != "class_likelihood_ratios"
    if name == "classification_report" and (w is not None or kind in ("uint8", "one row")):
        options = {**options, "output_dict": True}  # the text shows support to the last digit
    same(name, y_true, y_pred, sample_weight=w, warned=warned, **options)


@pytest.mark.parametrize("average", ["binary", "micro", "macro", "weighted", "samples", None])
@pytest.mark.parametrize("zero_division", ["warn", 0, 1, np.nan])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weight", [None, "random"])
def test_precision_recall_family(kind, zero_division, average, weight):
    rng = np.random.default_rng(1)
    y_true, y_pred = labels(kind, rng)
    options = {"average": average, "zero_division": zero_division}
    options["sample_weight"] = weights(weight, len(y_true), rng)
    if average == "binary" and y_true.dtype.kind in "OU":
        options["pos_label"] = "cat"
    for name in ("precision_score", "recall_score", "f1_score", "jaccard_score"):
        same(name, y_true, y_pred, **options)
    same("fbeta_score", y_true, y_pred, beta=0.5, **options)
    for beta in (0, 2, np.inf):
        same("precision_recall_fscore_support", y_true, y_pred, beta=beta, **options)


@pytest.mark.parametrize("labels_", [[1], [2, 0], [3, 1, 9], [9]])
@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
@pytest.mark.parametrize("zero_division", ["warn", 1, np.nan])
def test_chosen_labels(labels_, average, zero_division):
    rng = np.random.default_rng(2)
    y_true, y_pred = labels("multiclass", rng)
    for name in ("precision_score", "recall_score", "f1_score", "jaccard_score"):
        options = {"labels": labels_, "average": average, "zero_division": zero_division}
        same(name, y_true, y_pred, **options)
    for name in ("confusion_matrix", "multilabel_confusion_matrix", "classification_report"):
        same(name, y_true, y_pred, labels=labels_)
    same("cohen_kappa_score", y_true, y_pred, labels=labels_, warned=False)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "samples", None])
def test_chosen_columns(average):
    rng = np.random.default_rng(3)
    y_true, y_pred = labels("indicators", rng)
    same("f1_score", y_true, y_pred, labels=[3, 1], average=average)
    same("multilabel_confusion_matrix", y_true, y_pred, labels=[3, 1])
    same("multilabel_confusion_matrix", y_true, y_pred, labels=[3, 1], samplewise=True)
    same("f1_score", y_true, y_pred, labels=[3, 5], average=average)


# ---------------------------------------------------------------- scores


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("kind", ["binary", "signs", "bool", "one class", "words", "float32"])
def test_binary_curves(kind, ties, weight):
    rng = np.random.default_rng(4)
    y = labels("binary" if kind == "float32" else kind, rng)[0]
    options = {}
    if kind == "words":
        y, options = np.where(y == "cat", "cat", "dog"), {"pos_label": "cat"}
    score = rng.normal(size=N) + (y == y[0])
    score = np.round(score, 0 if ties else 12).astype(np.float32 if kind == "float32" else float)
    w = weights(weight, N, rng)
    for drop in (False, True):
        for name in ("roc_curve", "precision_recall_curve", "det_curve"):
            same(name, y, score, sample_weight=w, drop_intermediate=drop, **options)
    same("confusion_matrix_at_thresholds", y, score, sample_weight=w, **options)
    same("average_precision_score", y, score, sample_weight=w, **options)
    for max_fpr in (None, 0.3, 1.0):
        same("roc_auc_score", y, score, sample_weight=w, max_fpr=max_fpr)
    same("metric_at_thresholds", y, score, theirs.accuracy_score, sample_weight=w)


@pytest.mark.parametrize("weight", [None, "random"])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "samples", None])
def test_areas_of_several_classes(average, ties, weight):
    rng = np.random.default_rng(5)
    y = rng.integers(0, 3, N)
    proba = rng.dirichlet(np.ones(3), N)
    if ties:
        proba = np.round(proba * 4) + 1
        proba /= proba.sum(axis=1, keepdims=True)
    w = weights(weight, N, rng)
    for multi_class in ("raise", "ovr", "ovo"):
        same("roc_auc_score", y, proba, multi_class=multi_class, average=average, sample_weight=w)
    same("average_precision_score", y, proba, average=average, sample_weight=w)
    indicators = rng.random((N, 4)) < 0.4
    score = np.round(rng.normal(size=(N, 4)), 0 if ties else 9)
    same("roc_auc_score", indicators.astype(int), score, average=average, sample_weight=w)
    same("average_precision_score", indicators.astype(int), score, average=average,
         sample_weight=w)  # fmt: skip


@pytest.mark.parametrize("weight", [None, "random"])
@pytest.mark.parametrize("ties", [False, True])
def test_rankings_of_labels(ties, weight):
    rng = np.random.default_rng(12)
    y = (rng.random((N, 5)) < 0.4).astype(int)
    y[0], y[1] = 0, 1
    score = np.round(rng.normal(size=(N, 5)), 0 if ties else 9)
    w = weights(weight, N, rng)
    for name in (
        "coverage_error",
        "label_ranking_average_precision_score",
        "label_ranking_loss",
        "dcg_score",
        "ndcg_score",
    ):
        same(name, y, score, sample_weight=w)
        same(name, y[:, 0], score[:, 0])
        same(name, y, score[:, :3])
    gains = rng.integers(0, 5, (N, 5)) * 1.0
    for k in (None, 1, 3, 9):
        same("dcg_score", gains, score, k=k, sample_weight=w, log_base=3)
        same("ndcg_score", gains, score, k=k, sample_weight=w)
        if not ties:
            same("dcg_score", gains, score, k=k, ignore_ties=True)
            same("ndcg_score", gains, score, k=k, ignore_ties=True)
    same("ndcg_score", gains - 1, score)


def test_areas_with_missing_classes():
    rng = np.random.default_rng(6)
    y, proba = rng.choice([0, 2], N), rng.dirichlet(np.ones(3), N)
    same("roc_auc_score", y, proba, multi_class="ovr")
    same("roc_auc_score", y, proba, multi_class="ovr", labels=[0, 1, 2])
    same("roc_auc_score", y, proba, multi_class="ovo", labels=[2, 1, 0])
    same("roc_auc_score", y, proba, multi_class="ovr", labels=[0, 1, 1])
    same("roc_auc_score", y, proba[:, :2])


@pytest.mark.parametrize("weight", [None, "random"])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k(k, weight):
    rng = np.random.default_rng(7)
    y, score = rng.integers(0, 3, N), rng.integers(0, 4, (N, 3)) / 4
    w = weights(weight, N, rng)
    for normalize in (True, False):
        same("top_k_accuracy_score", y, score, k=k, normalize=normalize, sample_weight=w)
    same("top_k_accuracy_score", y % 2, score[:, 0], k=k)
    same("top_k_accuracy_score", y % 2, score[:, 0] - 0.3, k=k)
    same("top_k_accuracy_score", y % 2, score, k=k)
    same("top_k_accuracy_score", y % 2, score, k=k, labels=[0, 1, 2])


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "words", "indicators", "certain"])
def test_probabilities(kind, dtype, weight):
    rng = np.random.default_rng(8)
    y = labels("binary" if kind == "certain" else kind, rng)[0]
    k = y.shape[1] if y.ndim == 2 else len(np.unique(y))
    proba = rng.dirichlet(np.ones(k), N)
    if kind == "certain":
        proba = np.round(proba)
    proba, w = proba.astype(dtype), weights(weight, N, rng)
    tol = 1e-12 if dtype is np.float64 else 1e-5
    for name in ("log_loss", "brier_score_loss", "d2_log_loss_score", "d2_brier_score"):
        same(name, y, proba, sample_weight=w, tol=tol)
        if k == 2:
            same(name, y, proba[:, 1], sample_weight=w, tol=tol)
            same(name, y, proba[:, 1:], sample_weight=w, tol=tol)
    same("log_loss", y, proba, normalize=False, tol=tol)
    for half in (True, False):
        same("brier_score_loss", y, proba, scale_by_half=half, tol=tol)
    same("log_loss", y, proba * 0.9, tol=tol)
    same("log_loss", y, proba * 2, tol=tol)
    same("log_loss", y, proba[:, :-1], tol=tol)


@pytest.mark.parametrize("kind", ["binary", "signs", "multiclass", "words"])
def test_hinge(kind):
    rng = np.random.default_rng(9)
    y = labels(kind, rng)[0]
    k = len(np.unique(y))
    decision = rng.normal(size=N) if k == 2 else rng.normal(size=(N, k))
    same("hinge_loss", y, decision)
    same("hinge_loss", y, decision, sample_weight=rng.random(N))
    same("hinge_loss", y[y != y[0]], decision[y != y[0]], labels=np.unique(y), warned=False) if (
        k > 2
    ) else None
    same("hinge_loss", y, decision[..., :1])


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("shape", [(N,), (N, 1), (N, 3), "constant", "perfect", "two", "one"])
@pytest.mark.parametrize("multioutput", ["uniform_average", "raw_values", [0.2, 0.5, 0.9]])
def test_errors_of_numbers(shape, multioutput, weight):
    rng = np.random.default_rng(10)
    rows = {"two": (2, 3), "one": (1, 3), "constant": (N, 3), "perfect": (N, 3)}
    y = rng.random(rows.get(shape, shape)) + 0.1
    if shape in ("constant", "perfect"):
        y[:, 0] = 3.0
    p = y.copy() if shape == "perfect" else y + rng.random(y.shape)
    w = weights(weight, len(y), rng)
    scalar = y.ndim == 1 or y.shape[1] == 1
    for name in (
        "mean_squared_error",
        "root_mean_squared_error",
        "mean_absolute_error",
        "median_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_log_error",
        "root_mean_squared_log_error",
        "mean_pinball_loss",
        "d2_pinball_score",
        "d2_absolute_error_score",
        "r2_score",
        "explained_variance_score",
    ):
        if scalar and name.startswith("root") and isinstance(multioutput, list):
            continue  # weights for one output are an error here, and pass there
        same(name, y, p, sample_weight=w, multioutput=multioutput)
    for alpha in (0, 0.3, 1):
        for name in ("mean_pinball_loss", "d2_pinball_score"):
            same(name, y, p, sample_weight=w, alpha=alpha, multioutput=multioutput)
    for name in ("r2_score", "explained_variance_score"):
        same(name, y, p, sample_weight=w, multioutput=multioutput, force_finite=False)
        same(name, y, p, sample_weight=w, multioutput="variance_weighted")
    same("max_error", y, p)


@pytest.mark.parametrize("weight", [None, "random"])
@pytest.mark.parametrize("power", [-1.5, 0, 1, 1.5, 2, 3, 3.5, 0.5])
def test_deviances(power, weight):
    rng = np.random.default_rng(11)
    y, p = rng.integers(0, 4, N).astype(float), rng.random(N) + 0.1
    w = weights(weight, N, rng)
    for target in (y, y + 0.5, y - 0.5):
        for name in ("mean_tweedie_deviance", "d2_tweedie_score"):
            same(name, target, p, power=power, sample_weight=w)
            same(name, target, -p, power=power, sample_weight=w)
        same("mean_poisson_deviance", target, p, sample_weight=w)
        same("mean_gamma_deviance", target, p, sample_weight=w)
