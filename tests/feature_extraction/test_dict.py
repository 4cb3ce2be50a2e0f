"""DictVectorizer: scikit-learn's matrices, and back again."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction import DictVectorizer as Peer

from mlkit.exceptions import NotFittedError
from mlkit.feature_extraction import DictVectorizer

SAMPLES = [
    {"town": "Ulm", "rooms": 2, "tags": ["old", "dear", "old"]},
    {"town": "Bonn", "rooms": None, "balcony": True},
    {},
    {"rooms": 0.5, 7: "x", "tags": ("dear",), "town": ""},
    {"rooms": 0, "balcony": False, "town": "Ulm"},
]


def dense(X):
    return X.toarray() if sp.issparse(X) else X


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("separator", ["=", "::"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_matrix_is_that_of_scikit_learn(sparse, separator, dtype):
    samples = [{str(name): value for name, value in each.items()} for each in SAMPLES]
    for sort in (True, False):
        parameters = {"sparse": sparse, "separator": separator, "dtype": dtype, "sort": sort}
        a, b = DictVectorizer(**parameters), Peer(**parameters)
        found, expected = a.fit_transform(samples), b.fit_transform(samples)
        assert type(found) is type(expected) and found.dtype == expected.dtype
        assert np.array_equal(dense(found), dense(expected), equal_nan=True)
        assert a.vocabulary_ == b.vocabulary_ and a.feature_names_ == b.feature_names_
        assert np.array_equal(a.get_feature_names_out(), b.get_feature_names_out())
        again = DictVectorizer(**parameters).fit(samples)
        assert again.vocabulary_ == a.vocabulary_
        assert np.array_equal(dense(again.transform(samples)), dense(found), equal_nan=True)


def test_names_of_several_types_are_kept_unsorted():
    vectorizer = DictVectorizer(sort=False, sparse=False).fit(SAMPLES)
    assert vectorizer.feature_names_ == list(vectorizer.vocabulary_)
    assert "7=x" in vectorizer.feature_names_
    assert DictVectorizer(sort=False).fit([{7: 1}]).get_feature_names_out().tolist() == ["7"]


@pytest.mark.parametrize("as_matrix", [np.asarray, sp.csr_matrix, sp.csc_matrix])
def test_inverse(as_matrix):
    samples = [{"a": 1.5, "b=x": 1.0}, {"b=y": 1.0}, {}]
    vectorizer = DictVectorizer(sparse=False)
    X = vectorizer.fit_transform([{"a": 1.5, "b": "x"}, {"b": "y"}, {}])
    assert vectorizer.inverse_transform(as_matrix(X)) == samples


@pytest.mark.parametrize("indices", [True, False])
def test_restrict(indices):
    support = [2, 0] if indices else [True, False, True]
    a, b = (cls().fit([{"a": 1, "b": 2, "c": 3}]) for cls in (DictVectorizer, Peer))
    a.restrict(support, indices=indices)
    b.restrict(support, indices=indices)
    assert a.feature_names_ == b.feature_names_ and a.vocabulary_ == b.vocabulary_
    sample = {"a": 1, "b": 2, "c": 3}
    assert np.array_equal(a.transform(sample).toarray(), b.transform(sample).toarray())


def test_unseen_features_are_left_out():
    vectorizer = DictVectorizer().fit([{"a": 1, "b": "x"}])
    assert vectorizer.transform({"a": 2, "b": "y", "c": 1}).toarray().tolist() == [[2, 0]]
    assert vectorizer.transform(iter([{"z": 1}, {}])).nnz == 0


@pytest.mark.parametrize("value", [{"b": 1}, object(), [1, 2], np.zeros(2)])
def test_values_of_other_kinds(value):
    for method in ("fit", "fit_transform"):
        with pytest.raises(TypeError, match="Unsupported"):
            getattr(DictVectorizer(), method)([{"a": value}])


def test_errors():
    with pytest.raises(ValueError, match="empty"):
        DictVectorizer().fit_transform([])
    for method in ("transform", "inverse_transform", "restrict"):
        with pytest.raises(NotFittedError):
            getattr(DictVectorizer(), method)([{"a": 1}])
