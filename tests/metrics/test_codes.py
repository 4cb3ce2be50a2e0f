"""Labels as codes: classes are sorted, and classes[codes] are the labels again."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mlkit.metrics import accuracy_score, confusion_matrix, f1_score
from mlkit.metrics._codes import encode_pair, encode_words

WORDS = np.array(["spam", "ham", "ei", "", "naïve"])


@pytest.mark.parametrize("n", [20, 5000])
@pytest.mark.parametrize("kinds", [("U", "U"), ("O", "O"), ("U", "O"), ("O", "U")])
def test_words_are_their_codes(n, kinds):
    rng = np.random.default_rng(0)
    # The second vector has a word that the first has not, and is narrower.
    y_true = WORDS[rng.integers(0, 4, n)].astype(kinds[0])
    y_pred = WORDS[rng.integers(2, 5, n)].astype(kinds[1])
    classes, true, predicted = encode_pair(y_true, y_pred)
    assert_array_equal(classes, sorted({*y_true.tolist(), *y_pred.tolist()}))
    assert_array_equal(classes[true], y_true)
    assert_array_equal(classes[predicted], y_pred)
    words, codes = encode_words(y_true)
    assert_array_equal(words, np.unique(y_true.astype(str)))
    assert_array_equal(words[codes], y_true)


@pytest.mark.parametrize("n_classes", [3, 300])
def test_tables_of_words_are_those_of_numbers(n_classes):
    rng = np.random.default_rng(1)
    y_true, y_pred = rng.integers(0, n_classes, (2, 4000))
    weight = rng.random(4000)
    name = np.array([f"class {i:03d}" for i in range(n_classes)])
    for kind in ("U", "O"):
        a, b = name[y_true].astype(kind), name[y_pred].astype(kind)
        for options in ({}, {"sample_weight": weight}):
            assert_array_equal(
                confusion_matrix(a, b, **options), confusion_matrix(y_true, y_pred, **options)
            )
            assert f1_score(a, b, average="macro", **options) == pytest.approx(
                f1_score(y_true, y_pred, average="macro", **options), rel=1e-12
            )


def test_labels_of_two_types_are_refused():
    y = np.array(["a", 1] * 1000, dtype=object)
    with pytest.raises((TypeError, ValueError)):
        confusion_matrix(y, y)


@pytest.mark.parametrize("error", [TypeError, ValueError])
def test_a_weight_without_dimension_is_refused(error):
    with pytest.raises(error, match="0 dimensions"):
        accuracy_score([0, 1], [0, 1], sample_weight=np.array(1.0))
