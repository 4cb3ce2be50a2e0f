"""Metrics of labels against their definitions, counted one row at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from mlkit.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    class_likelihood_ratios,
    classification_report,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    fbeta_score,
    hamming_loss,
    jaccard_score,
    matthews_corrcoef,
    multilabel_confusion_matrix,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
    zero_one_loss,
)

ALPHABETS = [
    [0, 1],
    [-1, 1],
    [0, 1, 2, 3],
    [3, 10**6, 10**12],
    [-(2**63), 0, 2**63 - 1],
    [0.0, 2.0, 5.0],
    [False, True],
    ["no", "yes"],
    ["", "a", "aa", "ä", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
]
SIZES = (1, 2, 7, 40)


@st.composite
def pairs(draw):
    """Two label vectors over one alphabet, and whole weights."""
    alphabet = draw(st.sampled_from(ALPHABETS))
    n = draw(st.integers(1, 12))
    y_true = draw(st.lists(st.sampled_from(alphabet), min_size=n, max_size=n))
    y_pred = draw(st.lists(st.sampled_from(alphabet), min_size=n, max_size=n))
    weight = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n).filter(any))
    return y_true, y_pred, weight


def table(y_true, y_pred, weight=None):
    """Confusion table by the definition, and its classes."""
    classes = sorted({*y_true, *y_pred})
    weight = [1] * len(y_true) if weight is None else weight
    counts = np.zeros((len(classes), len(classes)))
    for t, p, w in zip(y_true, y_pred, weight, strict=True):
        counts[classes.index(t), classes.index(p)] += w
    return counts, classes


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, deadline=None)
@given(pairs())
def test_confusion_by_definition(case):
    y_true, y_pred, weight = case
    for w in (None, weight):
        expected, classes = table(y_true, y_pred, w)
        found = confusion_matrix(y_true, y_pred, sample_weight=w)
        assert_allclose(found, expected)
        share = expected.trace() / expected.sum()
        assert_allclose(accuracy_score(y_true, y_pred, sample_weight=w), share)
        assert_allclose(zero_one_loss(y_true, y_pred, sample_weight=w), 1 - share)
        assert_allclose(hamming_loss(y_true, y_pred, sample_weight=w), 1 - share)
        each = multilabel_confusion_matrix(y_true, y_pred, sample_weight=w)
        for i in range(len(classes)):
            tp, fn = expected[i, i], expected[i].sum() - expected[i, i]
            fp = expected[:, i].sum() - tp
            assert_allclose(each[i], [[expected.sum() - tp - fn - fp, fp], [fn, tp]])


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, deadline=None)
@given(pairs(), st.sampled_from([0, 0.5, 1, 3]), st.sampled_from([0.0, 1.0]))
def test_precision_recall_f_by_definition(case, beta, empty):
    y_true, y_pred, weight = case
    counts, _ = table(y_true, y_pred, weight)
    tp, true, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)

    def ratio(a, b):
        return np.array([x / y if y else empty for x, y in zip(a, b, strict=True)])

    expected = {
        precision_score: ratio(tp, predicted),
        recall_score: ratio(tp, true),
        jaccard_score: ratio(tp, true + predicted - tp),
        f1_score: ratio(2 * tp, true + predicted),
    }
    options = {"sample_weight": weight, "zero_division": empty}
    for function, values in expected.items():
        assert_allclose(function(y_true, y_pred, average=None, **options), values)
        assert_allclose(function(y_true, y_pred, average="macro", **options), values.mean())
        weighted = np.average(values, weights=true)
        assert_allclose(function(y_true, y_pred, average="weighted", **options), weighted)
    f = fbeta_score(y_true, y_pred, beta=beta, average=None, **options)
    assert_allclose(f, ratio((1 + beta**2) * tp, beta**2 * true + predicted))
    micro = precision_score(y_true, y_pred, average="micro", **options)
    assert_allclose(micro, accuracy_score(y_true, y_pred, sample_weight=weight))
    support = precision_recall_fscore_support(y_true, y_pred, **options)[3]
    assert_allclose(support, true)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=100, deadline=None)
@given(pairs())
def test_weight_counts_rows(case):
    """A weight of k is the row k times, and 0 leaves it out."""
    y_true, y_pred, weight = case
    again = [np.repeat(y, weight) for y in (y_true, y_pred)]
    classes = sorted({*y_true, *y_pred})
    for function, options in [
        (accuracy_score, {}),
        (confusion_matrix, {"labels": np.unique(again[0])}),
        (f1_score, {"average": None, "labels": classes}),
        (jaccard_score, {"average": "macro", "labels": classes}),
        (matthews_corrcoef, {}),
        (balanced_accuracy_score, {}),
        (cohen_kappa_score, {}),
    ]:
        weighted = function(y_true, y_pred, sample_weight=weight, **options)
        assert_allclose(
            weighted, function(*again, **options), err_msg=function.__name__, atol=1e-14
        )


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=100, deadline=None)
@given(pairs())
def test_kinds_of_labels_are_alike(case):
    """Renaming classes in order changes nothing, whatever the type of the names."""
    y_true, y_pred, _ = case
    classes = sorted({*y_true, *y_pred})
    codes = [[classes.index(each) for each in y] for y in (y_true, y_pred)]
    names = np.array([f"class {i:02}" for i in range(len(classes))], dtype=object)
    for other in (
        codes,
        [np.array(c, dtype=np.uint8) for c in codes],
        [np.array(c) * 1.0 for c in codes],
        [np.array(c) * 10**15 for c in codes],
        [names[c] for c in codes],
        [names[c].astype(str) for c in codes],
    ):
        assert_array_equal(confusion_matrix(*other), confusion_matrix(y_true, y_pred))
        assert f1_score(*other, average="macro") == f1_score(y_true, y_pred, average="macro")
        assert accuracy_score(*other) == accuracy_score(y_true, y_pred)
        assert matthews_corrcoef(*other) == matthews_corrcoef(y_true, y_pred)


def test_agreement_by_definition(rng):
    """Kappa from expected agreement; Matthews' coefficient as a correlation."""
    y, p = rng.integers(0, 2, 50), rng.integers(0, 2, 50)
    assert_allclose(matthews_corrcoef(y, p), np.corrcoef(y, p)[0, 1])
    y, p = rng.integers(0, 4, 50), rng.integers(0, 4, 50)
    agreed = np.mean(y == p)
    chance = sum(np.mean(y == k) * np.mean(p == k) for k in range(4))
    assert_allclose(cohen_kappa_score(y, p), (agreed - chance) / (1 - chance))
    assert_allclose(cohen_kappa_score(p, y), cohen_kappa_score(y, p))
    far = (y[:, None] - p) ** 2
    expected = 1 - np.mean((y - p) ** 2) / far.mean()
    assert_allclose(cohen_kappa_score(y, p, weights="quadratic"), expected)
    recalls = [np.mean(p[y == k] == k) for k in range(4)]
    assert_allclose(balanced_accuracy_score(y, p), np.mean(recalls))
    chance_level = balanced_accuracy_score(y, np.zeros_like(y), adjusted=True)
    assert_allclose(chance_level, 0, atol=1e-15)


def test_likelihood_ratios_by_definition(rng):
    y, p = rng.integers(0, 2, 50), rng.integers(0, 2, 50)
    sensitivity, specificity = np.mean(p[y == 1]), np.mean(1 - p[y == 0])
    found = class_likelihood_ratios(y, p)
    assert_allclose(found, (sensitivity / (1 - specificity), (1 - sensitivity) / specificity))
    flipped = class_likelihood_ratios(y, p, labels=[1, 0])
    assert_allclose(flipped, (specificity / (1 - sensitivity), (1 - specificity) / sensitivity))
    with pytest.warns(UserWarning, match="no false positives"):
        assert class_likelihood_ratios(y, y, replace_undefined_by={"LR+": 5, "LR-": 1})[0] == 5
    with pytest.raises(ValueError, match="LR-"):
        class_likelihood_ratios(y, y, replace_undefined_by={"LR+": 5, "LR-": 2})


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "samples", None])
@pytest.mark.filterwarnings("ignore::mlkit._core.errors.UndefinedMetricWarning")
def test_sparse_indicators_are_dense_ones(rng, form, average):
    y, p = (rng.random((30, 6)) < 0.3).astype(int), (rng.random((30, 6)) < 0.3).astype(int)
    p[:4] = y[:4]
    weight = rng.random(30)
    for function in (precision_score, recall_score, f1_score, jaccard_score):
        options = {"average": average, "sample_weight": weight}
        assert_allclose(function(form(y), form(p), **options), function(y, p, **options))
        assert_allclose(function(form(y), p, **options), function(y, p, **options))
    for function in (accuracy_score, zero_one_loss, hamming_loss, multilabel_confusion_matrix):
        dense = function(y, p, sample_weight=weight)
        assert_allclose(function(form(y), form(p), sample_weight=weight), dense)
    rows = (y == p).all(axis=1)
    assert_allclose(accuracy_score(form(y), form(p)), rows.mean())
    assert_allclose(hamming_loss(form(y), form(p)), np.mean(y != p))
    assert 0 < rows.mean() < 1


def test_stored_zeros_of_sparse_indicators_are_no_labels():
    y = sparse.csr_array(np.array([[1, 0], [1, 1]]))
    p = y.copy()
    p.data[0] = 0
    assert_array_equal(multilabel_confusion_matrix(y, p)[0], [[0, 0], [1, 1]])
    assert accuracy_score(y, p) == 0.5
    assert p.nnz == 3  # the caller's matrix is left as it was


def test_many_rows_are_counted_like_few(rng):
    """Blocks, hashed words and wide ranges give the counts that one dictionary gives."""
    n = 70_000
    y, p = rng.integers(0, 9, n), rng.integers(0, 9, n)
    expected = np.zeros((9, 9), dtype=int)
    np.add.at(expected, (y, p), 1)
    words = np.array(["", "a", "aa", "ab", "b", "ba", "x" * 20, "y", "z"])
    assert_array_equal(confusion_matrix(y, p), expected)
    assert_array_equal(confusion_matrix(words[y], words[p]), expected)
    assert_array_equal(confusion_matrix(words.astype(object)[y], words[p]), expected)
    assert_array_equal(confusion_matrix(y * 10**9, p * 10**9), expected)
    assert_array_equal(confusion_matrix(y - 2**62, p - 2**62), expected)
    assert_array_equal(confusion_matrix(y - 100, (p - 100).astype(np.int8)), expected)
    assert_array_equal(
        confusion_matrix(y.astype(np.uint64) + 2**63, p.astype(np.uint64) + 2**63), expected
    )
    weight = rng.random(n)
    total = np.zeros((9, 9))
    np.add.at(total, (y, p), weight)
    assert_allclose(confusion_matrix(y, p, sample_weight=weight), total)


def test_a_class_of_weight_zero_stays():
    found = confusion_matrix([0, 1, 2], [0, 1, 1], sample_weight=[1, 2, 0])
    assert_array_equal(found, [[1, 0, 0], [0, 2, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    "y_true, y_pred, error, words",
    [
        ([], [], ValueError, "at least one row"),
        ([0, 1], [0, 1, 1], ValueError, "as many rows"),
        ([0.5, 1], [0, 1], ValueError, "continuous"),
        ([np.nan, 1], [0, 1], ValueError, "NaN"),
        (["a", "b"], [0, 1], ValueError, "words"),
        ([[0, 1], [1, 1]], [0, 1], ValueError, "different kinds"),
        ([[0, 2], [1, 1]], [[0, 2], [1, 1]], ValueError, "multiclass-multioutput"),
        ([[0, 1], [1, 1]], [[0, 1, 1], [1, 1, 1]], ValueError, "columns"),
        (5, [0, 1], ValueError, "y_true"),
        ("ab", ["a", "b"], ValueError, "y_true"),
        (np.array(1), [0, 1], TypeError, "scalar"),
        ([b"a", b"b"], [b"a", b"b"], TypeError, "bytes"),
        (["a", None], ["a", "b"], (ValueError, TypeError), "labels"),
    ],
)
def test_bad_targets_are_refused(y_true, y_pred, error, words):
    for function in (accuracy_score, confusion_matrix, f1_score):
        if function is accuracy_score and words == "labels":
            continue  # a missing label is simply not equal
        with pytest.raises(error, match=words):
            function(y_true, y_pred)


@pytest.mark.parametrize(
    "weight, words",
    [([1, 2, 3], "one weight a row"), ([[1], [2]], "1D"), ([1, np.nan], "NaN"), ([0, 0], "zero")],
)
def test_bad_weights_are_refused(weight, words):
    with pytest.raises((ValueError, ZeroDivisionError), match=words):
        accuracy_score([0, 1], [0, 1], sample_weight=weight)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: f1_score([0, 1, 2], [0, 1, 2]), "average='binary'"),
        (lambda: f1_score([[0, 1]], [[0, 1]]), "average='binary'"),
        (lambda: f1_score(["a", "b"], ["a", "b"]), "pos_label=1"),
        (lambda: f1_score([0, 1], [0, 1], average="samples"), "indicators"),
        (lambda: f1_score([0, 1], [0, 1], average="mean"), "average"),
        (lambda: f1_score([0, 1], [0, 1], zero_division=2), "zero_division"),
        (lambda: jaccard_score([0, 1], [0, 1], zero_division=np.nan), "zero_division"),
        (lambda: fbeta_score([0, 1], [0, 1], beta=-1), "beta"),
        (lambda: confusion_matrix([0, 1], [0, 1], labels=[]), "labels is empty"),
        (lambda: confusion_matrix([0, 1], [0, 1], labels=[7]), "occurs in y_true"),
        (lambda: confusion_matrix([[0, 1]], [[0, 1]]), "multilabel"),
        (lambda: confusion_matrix([0, 1], [0, 1], normalize="rows"), "normalize"),
        (lambda: multilabel_confusion_matrix([[0, 1]], [[0, 1]], labels=[2]), "columns"),
        (lambda: cohen_kappa_score([0, 1], [0, 1], weights="cubic"), "weights"),
        (lambda: class_likelihood_ratios([0, 1, 2], [0, 1, 2]), "two classes"),
        (lambda: classification_report([0, 1], [0, 1], target_names=["a"]), "target_names"),
        (lambda: accuracy_score([0, 1], [0, 1], normalize="yes"), "normalize"),
    ],
)
def test_bad_options_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_undefined_values_warn_and_can_be_chosen():
    for function in (precision_score, recall_score, f1_score, jaccard_score):
        with pytest.warns(UserWarning, match="0 / 0"):
            assert function([0, 0], [0, 0]) == 0
        assert function([0, 0], [0, 0], zero_division=1) == 1
    assert np.isnan(precision_score([0, 1], [0, 0], zero_division=np.nan))
    assert precision_score([0, 1], [0, 0], zero_division=np.nan, average="macro") == 0.5
    with pytest.warns(UserWarning, match="ignored"):
        f1_score([0, 1], [0, 1], average="macro", pos_label=0)
    with pytest.warns(UserWarning, match="one cell"):
        confusion_matrix([1], [1])
    with pytest.warns(UserWarning, match="kappa"):
        assert cohen_kappa_score([1], [1], replace_undefined_by=0.0) == 0
    with pytest.warns(UserWarning, match="y_true has not"):
        balanced_accuracy_score([0, 0], [0, 1])


def test_report_agrees_with_its_parts(rng):
    y, p = rng.integers(0, 3, 60), rng.integers(0, 3, 60)
    names = ["red", "green", "a long name of a class"]
    report = classification_report(y, p, target_names=names, output_dict=True)
    values = precision_recall_fscore_support(y, p)
    for i, name in enumerate(names):
        assert_allclose(list(report[name].values()), [part[i] for part in values])
    assert report["accuracy"] == accuracy_score(y, p)
    assert report["macro avg"]["f1-score"] == f1_score(y, p, average="macro")
    text = classification_report(y, p, target_names=names, digits=3)
    rows = text.splitlines()
    assert rows[0].split() == ["precision", "recall", "f1-score", "support"]
    assert f"{report['red']['recall']:.3f}" in rows[2]
    assert len({len(row) for row in rows if row}) == 1
    part = classification_report(y, p, labels=[1, 2], output_dict=True)
    assert "accuracy" not in part
    assert part["micro avg"]["recall"] == recall_score(y, p, labels=[1, 2], average="micro")
