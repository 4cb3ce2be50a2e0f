"""Kinds of targets, labels and class weights: definitions, and agreement with scikit-learn."""

import warnings
from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils import class_weight as sklearn_weight
from sklearn.utils import multiclass as sklearn_multiclass

from mlkit._core import targets

RAGGED = np.array([np.array([]), np.array([1, 2, 3])], dtype=object)
KINDS = {
    "binary": [
        [0, 1],
        [1, 1],
        [],
        [0],
        [True, False],
        np.array([[0], [1]]),
        [3.0, 5.0],
        ["a", "b"],
        np.array(["a", "b"], dtype=object),
        pd.Series(["a", "b"], dtype="category"),
        pd.Series([1, 0], dtype="Int32"),
        pl.Series(["a", "b"]),
    ],
    "multiclass": [
        [1, 0, 2],
        np.array([1, 0, 2], dtype=np.int8),
        [1.0, 0.0, 2.0],
        ["a", "b", "c"],
        np.array([[1], [0], [2]]),
        range(5),
        pl.Series([1, 2, 3]),
    ],
    "continuous": [[1e-5], [0, 0.5], np.array([[0], [0.5]], dtype=np.float32)],
    "multilabel-indicator": [
        [[0, 1], [1, 0]],
        [[0, 1]],
        [[-1, 1], [1, -1]],
        [[0.0, 1.0], [1.0, 1.0]],
        sp.csr_array([[0, 1], [1, 0]]),
        sp.lil_array([[0, 1], [1, 0]]),
        sp.coo_array(np.zeros((2, 2))),
        pd.DataFrame([[0, 1], [1, 1]], dtype="Int32"),
    ],
    "multiclass-multioutput": [
        [[1, 2, 3]],
        [["a", "b"], ["c", "d"]],
        sp.csr_array([[1, 2], [0, 1]]),
        pd.DataFrame([[1, 2], [3, 1]], dtype="Int32"),
    ],
    "continuous-multioutput": [
        [[0, 0.5]],
        sp.csc_array([[0, 0.5]]),
        pd.DataFrame([[1.4, 3.1], [3.1, 1.4]], dtype="Float32"),
    ],
    "unknown": [
        [[]],
        [()],
        RAGGED,
        [{1, 2}, {1}],
        np.array(0),
        np.zeros((2, 2, 2)),
        np.array([[], []]),
    ],
}
PAIRS = [(kind, y) for kind, examples in KINDS.items() for y in examples]
NO_TARGETS = [{1, 2}, {0: "a"}, "abc", None, [[1], [2], [0, 1]], [1 + 1j, 2]]


@pytest.mark.parametrize("kind, y", PAIRS, ids=str)
def test_kind_of_target(kind, y):
    assert targets.type_of_target(y) == kind == sklearn_multiclass.type_of_target(y)
    assert targets.is_multilabel(y) == (kind == "multilabel-indicator")
    if kind in ("unknown", "continuous", "continuous-multioutput"):
        with pytest.raises(ValueError, match="Unknown label type"):
            targets.check_classification_targets(y)
    else:
        targets.check_classification_targets(y)
    if kind == "unknown":
        with pytest.raises(ValueError, match="Unknown label type"):
            targets.type_of_target(y, raise_unknown=True)


@pytest.mark.parametrize("y", NO_TARGETS, ids=str)
def test_what_is_no_target_is_refused(y):
    for module in (targets, sklearn_multiclass):
        with pytest.raises(ValueError):
            module.type_of_target(y)


def test_bytes_are_no_labels():
    for y in ([b"a", b"b"], np.array([b"a", b"b"]), np.array([b"a"], dtype=object)):
        with pytest.raises(TypeError, match="bytes"):
            targets.type_of_target(y)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_value_of_a_target_is_refused(bad):
    with pytest.raises(ValueError, match="Input y contains"):
        targets.check_classification_targets(np.array([0.0, bad]))


def test_warns_of_almost_as_many_classes_as_rows():
    with pytest.warns(UserWarning, match="more than half of the rows"):
        targets.check_classification_targets(np.arange(25))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        targets.check_classification_targets(np.arange(10))
        targets.check_classification_targets(np.arange(40) // 2)
        targets.unique_labels(np.arange(25))


# ---------------------------------------------------------------------------------- labels
RNG = np.random.RandomState(0)
COLUMNS = {
    "few integers": RNG.randint(-3, 4, 200),
    "wide integers": RNG.randint(-(2**60), 2**60, 200),
    "unsigned": RNG.randint(0, 300, 200).astype(np.uint16),
    "int8": RNG.randint(-128, 128, 200).astype(np.int8),
    "floats": RNG.randint(0, 5, 200) / 4,
    "bools": RNG.rand(200) > 0.5,
    "text": RNG.choice(["x", "yy", "a"], 200),
    "objects": RNG.choice(["x", "yy", "a"], 200).astype(object),
    "dates": np.arange(20).astype("M8[D]"),
    "one": np.zeros(5, dtype=int),
    "none": np.array([], dtype=int),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_codes_decode(name):
    y = COLUMNS[name]
    classes, codes = targets.encode_labels(y)
    assert classes.dtype == y.dtype
    assert codes.dtype == np.int64
    assert_array_equal(classes, np.unique(y))
    assert_array_equal(classes[codes], y)


def test_labels_that_do_not_compare_are_refused():
    with pytest.raises(TypeError, match="strings or numbers"):
        targets.encode_labels(np.array(["a", 1], dtype=object))


@pytest.mark.parametrize("first, second", list(product(PAIRS, PAIRS[::5])), ids=str)
def test_unique_labels_follow_scikit_learn(first, second):
    ys = first[1], second[1]
    try:
        expected = sklearn_multiclass.unique_labels(*ys)
    except ValueError:
        with pytest.raises(ValueError):
            targets.unique_labels(*ys)
        return
    found = targets.unique_labels(*ys)
    assert_array_equal(found, expected)
    if expected.dtype != bool:  # of bools with integers, both of which are labels 0 and 1
        assert found.dtype.kind == expected.dtype.kind


def test_unique_labels_refuse_a_mixture():
    for ys in ([["1", 2]], [[["1", 2], [1, 3]]], [[4, 0], ["a"]], [], [[0, 1], [[0, 1], [1, 0]]]):
        with pytest.raises(ValueError):
            targets.unique_labels(*ys)
    with pytest.raises(ValueError, match="different widths"):
        targets.unique_labels(np.ones((5, 4)), np.ones((5, 5)))


def test_numeric_target():
    assert targets.check_numeric_target([1, 2]).dtype == np.float64
    assert targets.check_numeric_target(np.ones(2, np.float32)).dtype == np.float32
    assert targets.check_numeric_target([["1"], ["2"]], multi_output=True).shape == (2, 1)
    for bad in (["a", "b"], [1, np.nan], [[1, 2], [3, 4]]):
        with pytest.raises(ValueError):
            targets.check_numeric_target(bad)


# --------------------------------------------------------------------------------- weights
def test_balanced_classes_weigh_the_same():
    y = RNG.choice(4, 100, p=[0.1, 0.2, 0.3, 0.4])
    weight = targets.compute_sample_weight("balanced", y)
    assert_allclose(np.bincount(y, weights=weight), len(y) / 4)


def test_balanced_counts_by_sample_weight():
    y, times = np.array([0, 0, 1, 2]), np.array([3, 1, 2, 5])
    classes = np.arange(3)
    weighted = targets.compute_class_weight("balanced", classes=classes, y=y, sample_weight=times)
    repeated = targets.compute_class_weight("balanced", classes=classes, y=np.repeat(y, times))
    assert_allclose(weighted, repeated)


@pytest.mark.parametrize("sample_weight", [None, [1.0, 2.0, 3.0, 0.5]])
@pytest.mark.parametrize("classes", [[0, 1], [0, 1, 2], [1, 0], ["a", "b"]])
@pytest.mark.parametrize("y", [[0, 1, 1, 0], [0, 1, 2, 1], [0, 0, 0, 0], ["a", "b", "a", "a"]])
@pytest.mark.parametrize(
    "given", [None, "balanced", "wrong", {}, {0: 2}, {0: 2, 1: 3}, {0: 2, 7: 1}, {"a": 3}, 3]
)
def test_class_weights_follow_scikit_learn(given, y, classes, sample_weight):
    call = {"classes": np.array(classes), "y": np.array(y), "sample_weight": sample_weight}
    try:
        expected = sklearn_weight.compute_class_weight(given, **call)
    except (ValueError, TypeError):
        with pytest.raises(ValueError):
            targets.compute_class_weight(given, **call)
    else:
        assert_allclose(targets.compute_class_weight(given, **call), expected)


@pytest.mark.parametrize(
    "given, y, indices",
    [
        ("balanced", [1, 1, 1, 2, 2, 2], None),
        ({1: 2, 2: 1}, [1, 1, 1, 2, 2, 2], None),
        ("balanced", [[1, 0], [1, 0], [1, 0], [2, 1], [2, 1], [2, 1]], None),
        ([{1: 2, 2: 1}, {0: 1, 1: 2}], [[1, 0], [1, 0], [2, 1]], None),
        ("balanced", [1, 1, 1, 2, 2, 2], [0, 1, 1, 2, 2, 3]),
        ("balanced", [1, 1, 1, 2, 2, 3], range(5)),
        ("balanced", [[1, 0], [1, 0], [2, 1]], [0, 2, 2]),
        ("balanced", ["a", "b", "a"], None),
        (None, [1, 2], None),
        ("balanced", sp.csc_array([[1, 0], [1, 2], [0, 0]]), None),
        ("wrong", [1, 2], None),
        ({1: 2}, [1, 2], [0]),
        ([{1: 2}], [[1, 0], [2, 1]], None),
        ({1: 2, 2: 1}, [[1, 0], [2, 1]], None),
    ],
)
def test_sample_weights_follow_scikit_learn(given, y, indices):
    try:
        expected = sklearn_weight.compute_sample_weight(given, y, indices=indices)
    except ValueError:
        with pytest.raises(ValueError):
            targets.compute_sample_weight(given, y, indices=indices)
    else:
        assert_allclose(targets.compute_sample_weight(given, y, indices=indices), expected)


@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]])
def test_distribution_counts_each_column(weight):
    y = np.array([[1, 0, 0], [2, 2, 0], [1, 3, 0], [4, 2, 0], [2, 0, 0], [1, 3, 0]])
    mass = np.ones(6) if weight is None else np.array(weight)
    dense = targets.class_distribution(y, weight)
    for j, column in enumerate(y.T):
        assert_array_equal(dense[0][j], np.unique(column))
        share = [mass[column == label].sum() / mass.sum() for label in np.unique(column)]
        assert_allclose(dense[2][j], share)
    stored_zero = sp.csc_array(y)
    stored_zero.data[0] = 0
    for X, reference in ((sp.csc_array(y), y), (stored_zero, stored_zero.toarray())):
        for ours, theirs in zip(
            targets.class_distribution(X, weight),
            targets.class_distribution(reference, weight),
            strict=True,
        ):
            for a, b in zip(ours, theirs, strict=True):
                assert_allclose(a, b)
