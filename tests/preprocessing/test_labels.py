"""Label encoders: they invert themselves, and give scikit-learn's results."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.preprocessing as reference

from mlkit.preprocessing import LabelBinarizer, LabelEncoder, MultiLabelBinarizer, label_binarize

RNG = np.random.default_rng(0)
WORDS = np.array(["no", "yes", "maybe", "Ünï"])
LABELS = {
    "two": RNG.integers(0, 2, size=40),
    "int32": RNG.integers(-3, 4, size=40).astype(np.int32),
    "strings": WORDS[RNG.integers(4, size=40)],
    "objects": WORDS[RNG.integers(4, size=40)].astype(object),
    "list": WORDS[RNG.integers(2, size=40)].tolist(),
    "bools": RNG.random(40) > 0.5,
    "series": pd.Series(WORDS[RNG.integers(4, size=40)]),
    "one": ["a"] * 5,
}


@pytest.mark.parametrize("name", LABELS)
def test_label_encoder_is_unique(name):
    y = LABELS[name]
    encoder = LabelEncoder()
    codes = encoder.fit_transform(y)
    classes, expected = np.unique(np.asarray(y), return_inverse=True)
    np.testing.assert_array_equal(encoder.classes_, classes)
    np.testing.assert_array_equal(codes, expected)
    np.testing.assert_array_equal(encoder.transform(y), codes)
    np.testing.assert_array_equal(encoder.inverse_transform(codes), np.asarray(y))


def test_label_encoder_keeps_missing_labels():
    y = np.array(["b", None, np.nan, "a", "b"], dtype=object)
    encoder, theirs = LabelEncoder().fit(y), reference.LabelEncoder().fit(y)
    assert [str(c) for c in encoder.classes_] == [str(c) for c in theirs.classes_]
    np.testing.assert_array_equal(encoder.transform(y), theirs.transform(y))
    floats = np.array([2.0, np.nan, 1.0, np.nan])
    assert LabelEncoder().fit_transform(floats).tolist() == [1, 2, 0, 2]


def test_label_encoder_refuses_what_it_has_not_seen():
    encoder = LabelEncoder().fit(["a", "b"])
    with pytest.raises(ValueError, match=r"unseen labels: \['c'"):
        encoder.transform(["a", "c"])
    with pytest.raises(ValueError, match=r"unseen labels: \[-1, 2\]"):
        encoder.inverse_transform([0, 2, -1])
    with pytest.raises(ValueError, match="1d array"):
        encoder.fit([["a", "b"]])
    with pytest.raises(TypeError, match="strings or numbers"):
        encoder.fit(np.array(["a", 1], dtype=object))
    with pytest.raises(ValueError, match="not fitted"):
        LabelEncoder().transform(["a"])
    assert len(encoder.transform([])) == len(encoder.inverse_transform([])) == 0


@pytest.mark.parametrize("marks", [(0, 1), (-1, 1), (-2, 0), (3, 7)])
@pytest.mark.parametrize("name", LABELS)
def test_label_binarizer_parity_and_inverse(name, marks):
    y, (neg, pos) = LABELS[name], marks
    ours = LabelBinarizer(neg_label=neg, pos_label=pos).fit(y)
    theirs = reference.LabelBinarizer(neg_label=neg, pos_label=pos).fit(y)
    Y, expected = ours.transform(y), theirs.transform(y)
    np.testing.assert_array_equal(Y, expected)
    assert Y.dtype == expected.dtype and ours.y_type_ == theirs.y_type_
    np.testing.assert_array_equal(ours.inverse_transform(Y), np.asarray(y))


@pytest.mark.parametrize("name", LABELS)
def test_sparse_labels_equal_dense(name):
    y = LABELS[name]
    sparse = LabelBinarizer(sparse_output=True)
    Y = sparse.fit_transform(y)
    assert Y.format == "csr"
    np.testing.assert_array_equal(Y.toarray(), LabelBinarizer().fit_transform(y))
    np.testing.assert_array_equal(sparse.inverse_transform(Y), np.asarray(y))
    # Scores of which the greatest counts, zeros stored or not, and the threshold.
    scores = RNG.normal(size=Y.shape) * (RNG.random(Y.shape) < 0.5)
    np.testing.assert_array_equal(
        sparse.inverse_transform(sp.csr_array(scores), threshold=0),
        sparse.inverse_transform(scores, threshold=0),
    )


def test_indicators():
    Y = RNG.integers(0, 2, size=(12, 3))
    for given in (Y, sp.csr_array(Y), sp.csc_matrix(Y), Y.tolist()):
        binarizer = LabelBinarizer(neg_label=-1, pos_label=2).fit(given)
        out = binarizer.transform(given)
        np.testing.assert_array_equal(out, np.where(Y == 1, 2, -1))
        back = binarizer.inverse_transform(out)
        np.testing.assert_array_equal(back.toarray() if sp.issparse(back) else back, Y)
    with pytest.raises(ValueError, match="fit saw plain labels"):
        LabelBinarizer().fit([1, 2]).transform(Y)


def test_label_binarize_keeps_the_order_of_classes():
    for classes in ([1, 2, 4, 6], [6, 4, 2, 1], [2, 6, 1, 4, 9]):
        for y in ([1, 6], [4, 2, 1], [7, 1, 2], [1, 1]):
            expected = np.equal.outer(y, classes).astype(int)
            np.testing.assert_array_equal(label_binarize(y, classes=classes), expected)
            sparse = label_binarize(y, classes=classes, sparse_output=True)
            np.testing.assert_array_equal(sparse.toarray(), expected)
    np.testing.assert_array_equal(label_binarize(["n", "y"], classes=["y", "n"]), [[1], [0]])


@pytest.mark.parametrize(
    "y, params, words",
    [
        ([], {}, "0 samples"),
        ([1.5, 2.5], {}, "continuous"),
        (np.array([[1, 2], [3, 4]]), {}, "several outputs"),
        ([1, 2], {"neg_label": 1, "pos_label": 1}, "strictly less"),
        ([1, 2], {"pos_label": 2, "neg_label": 1, "sparse_output": True}, "neg_label=0"),
        (np.array([[1, 0], [0, 1]]), {}, "do not match"),
        ([1, 2], {"pos_label": 0.5}, "'pos_label'"),
    ],
)
def test_bad_labels(y, params, words):
    with pytest.raises(ValueError, match=words):
        label_binarize(y, classes=[1, 2, 3], **params)


SETS = [{"sci-fi", "thriller"}, {"comedy"}, set(), {"comedy", "thriller"}]


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("y", [SETS, [(2, 3), (1,), (1, 1, 2)], [[(1, 2)], [(3,), (1, 2)]]])
def test_label_sets(y, sparse):
    binarizer = MultiLabelBinarizer(sparse_output=sparse)
    Y = binarizer.fit_transform(iter(y))
    assert sp.issparse(Y) == sparse
    dense = Y.toarray() if sparse else Y
    np.testing.assert_array_equal(dense, reference.MultiLabelBinarizer().fit_transform(y))
    assert [set(row) for row in binarizer.inverse_transform(Y)] == [set(row) for row in y]
    np.testing.assert_array_equal(
        MultiLabelBinarizer(classes=binarizer.classes_[::-1]).fit_transform(y), dense[:, ::-1]
    )


def test_label_sets_bad_input():
    binarizer = MultiLabelBinarizer().fit([[1, 2]])
    with pytest.warns(UserWarning, match=r"unknown class\(es\) \[3\]"):
        assert binarizer.transform([[1, 3]]).tolist() == [[1, 0]]
    with pytest.raises(ValueError, match="0 and 1 alone"):
        binarizer.inverse_transform(np.array([[2, 0]]))
    with pytest.raises(ValueError, match="2 columns"):
        binarizer.inverse_transform(np.array([[1]]))
    with pytest.raises(ValueError, match="duplicate"):
        MultiLabelBinarizer(classes=[1, 1]).fit([[1]])
