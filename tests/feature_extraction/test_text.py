"""Vectorizers: scikit-learn's own matrices, and the definitions."""

import copy
import io
import itertools
import pickle
import random
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.feature_extraction.text as peer

import mlkit.feature_extraction.text as ours
from mlkit.base import clone
from mlkit.exceptions import NotFittedError
from mlkit.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)

VECTORIZERS = ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer")


def corpus(n, seed=0):
    """Texts of a few hundred words of unequal frequency, in several scripts."""
    rng = random.Random(seed)
    letters = ["abcdefghij", "ABcdé ßÉ", "άΣσς", "日本語", "_09"]
    known = ["".join(rng.choices(rng.choice(letters), k=rng.randint(1, 9))) for _ in range(300)]
    known += ["the", "and", "of", "not"]
    texts = []
    for _ in range(n):
        k = rng.choice([0, 1, 2, 20, 60])
        chosen = rng.choices(known, weights=range(1, len(known) + 1), k=k)
        texts.append("".join(word + rng.choice([" ", "  ", ", ", "\n", "'"]) for word in chosen))
    return [*texts, "", " ", "\t\n", "\ud800 lone surrogate", "a\u0301 combined", "İstanbul ΟΔΟΣ"]


DOCUMENTS = corpus(120)
HASHABLE = [each for each in DOCUMENTS if "\ud800" not in each]


def assert_same(found, expected):
    """The same matrix: class, dtype and sorted indices; floats to four units of rounding."""
    expected = expected.copy()
    expected.sort_indices()
    assert type(found) is type(expected)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    assert found.indptr.dtype == expected.indptr.dtype
    assert np.array_equal(found.indptr, expected.indptr)
    assert np.array_equal(found.indices, expected.indices)
    if found.dtype.kind == "f":
        # scikit-learn adds up a row in the order in which terms were first met.
        eps = 4 * np.finfo(found.dtype).eps
        np.testing.assert_allclose(found.data, expected.data, rtol=eps, atol=0)
    else:
        assert np.array_equal(found.data, expected.data)


def check_against_peer(name, documents, **parameters):
    a, b = getattr(ours, name)(**parameters), getattr(peer, name)(**parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found, expected = a.fit_transform(documents), b.fit_transform(documents)
        assert_same(found, expected)
        assert_same(a.transform(documents[::-2]), b.transform(documents[::-2]))
    if hasattr(b, "vocabulary_"):
        assert a.vocabulary_ == b.vocabulary_
        assert np.array_equal(a.get_feature_names_out(), b.get_feature_names_out())
    if name == "TfidfVectorizer" and parameters.get("use_idf", True):
        np.testing.assert_allclose(a.idf_, b.idf_, rtol=4 * np.finfo(b.idf_.dtype).eps)


RANGES = [(1, 1), (1, 2), (2, 3), (3, 9), (0, 2)]


@pytest.mark.parametrize("stop_words", [None, "english", ["the", "abc", "ß"]])
@pytest.mark.parametrize("strip_accents", [None, "ascii", "unicode", str.title])
@pytest.mark.parametrize("ngram_range", RANGES)
@pytest.mark.parametrize("analyzer", ["word", "char", "char_wb"])
def test_analysis_is_that_of_scikit_learn(analyzer, ngram_range, strip_accents, stop_words):
    documents = DOCUMENTS[-30:]
    for lowercase in (True, False):
        parameters = {
            "analyzer": analyzer,
            "ngram_range": ngram_range,
            "strip_accents": strip_accents,
            "stop_words": stop_words,
            "lowercase": lowercase,
        }
        check_against_peer("CountVectorizer", documents, **parameters)
        hashable = [each for each in documents if "\ud800" not in each]
        check_against_peer("HashingVectorizer", hashable, n_features=50, **parameters)


@pytest.mark.parametrize("name", VECTORIZERS)
@pytest.mark.parametrize(
    "parameters",
    [
        {"token_pattern": r"(?u)\b\w+\b"},
        {"token_pattern": r"(?u)\b(\w)\w*\b"},
        {"tokenizer": str.split, "token_pattern": None, "ngram_range": (1, 2)},
        {"preprocessor": str.swapcase},
        {"analyzer": str.split},
        {"analyzer": list},
    ],
    ids=str,
)
def test_functions_and_patterns(name, parameters):
    check_against_peer(name, HASHABLE, **parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {"max_df": 3},
        {"max_df": 0.3, "min_df": 0.05},
        {"min_df": 2},
        {"max_features": 7},
        {"max_features": 40, "binary": True},
        {"min_df": 2, "max_df": 0.5, "max_features": 30, "ngram_range": (1, 3)},
        {"max_features": 40, "dtype": np.float32},
        {"binary": True, "dtype": np.uint8},
        {"vocabulary": ["abc", "the", "日本", "the the", "no"], "ngram_range": (1, 2)},
        {"vocabulary": {"the": 1, "and": 0}, "binary": True},
        {"vocabulary": {"of", "the"}, "max_features": 1},
    ],
    ids=str,
)
def test_choice_of_terms(parameters):
    parameters.setdefault("analyzer", "word")
    check_against_peer("CountVectorizer", DOCUMENTS, **parameters)
    custom = {**parameters, "tokenizer": str.split, "token_pattern": None}
    check_against_peer("CountVectorizer", DOCUMENTS, **custom)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("norm", ["l1", "l2", None])
@pytest.mark.parametrize("use_idf, smooth_idf", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("sublinear_tf, binary", [(False, False), (True, False), (False, True)])
def test_weights_are_those_of_scikit_learn(norm, use_idf, smooth_idf, sublinear_tf, binary, dtype):
    parameters = {
        "norm": norm,
        "use_idf": use_idf,
        "smooth_idf": smooth_idf,
        "sublinear_tf": sublinear_tf,
    }
    check_against_peer("TfidfVectorizer", DOCUMENTS, binary=binary, dtype=dtype, **parameters)
    counts = CountVectorizer(dtype=dtype).fit_transform(DOCUMENTS)
    for X in (counts, counts.tocsc(), counts.toarray()):
        a, b = TfidfTransformer(**parameters), peer.TfidfTransformer(**parameters)
        assert_same(a.fit_transform(X), b.fit_transform(X))


@pytest.mark.parametrize("norm", ["l1", "l2", None])
@pytest.mark.parametrize("alternate_sign, binary", [(True, False), (False, False), (True, True)])
@pytest.mark.parametrize("n_features", [1, 10, 2**20, 2**31 - 2])
def test_hashing_is_that_of_scikit_learn(n_features, alternate_sign, binary, norm):
    for dtype in (np.float64, np.float32):
        check_against_peer(
            "HashingVectorizer",
            HASHABLE,
            n_features=n_features,
            alternate_sign=alternate_sign,
            binary=binary,
            norm=norm,
            dtype=dtype,
        )


def test_tf_idf_by_definition():
    counts = np.array([[3, 0, 1], [2, 0, 0], [3, 0, 0], [4, 2, 0]])
    idf = np.log((1 + 4) / (1 + (counts > 0).sum(axis=0))) + 1
    expected = counts * idf
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = TfidfTransformer().fit_transform(counts)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-15)


def test_order_and_chunks_of_documents_change_nothing():
    vectorizer = CountVectorizer(ngram_range=(1, 2))
    X = vectorizer.fit_transform(DOCUMENTS)
    order = np.random.RandomState(0).permutation(len(DOCUMENTS))
    shuffled = CountVectorizer(ngram_range=(1, 2))
    Y = shuffled.fit_transform(DOCUMENTS[i] for i in order)
    assert shuffled.vocabulary_ == vectorizer.vocabulary_
    assert (X[order] != Y).nnz == 0
    parts = [vectorizer.transform(DOCUMENTS[i : i + 7]) for i in range(0, len(DOCUMENTS), 7)]
    assert (sp.vstack(parts) != X).nnz == 0
    hasher = HashingVectorizer()
    parts = [hasher.transform([each]) for each in HASHABLE]
    assert (sp.vstack(parts) != hasher.transform(HASHABLE)).nnz == 0


def test_fit_then_transform_is_fit_transform():
    for vectorizer in (CountVectorizer(min_df=2), TfidfVectorizer(), TfidfVectorizer(norm="l1")):
        X = vectorizer.fit_transform(DOCUMENTS)
        Y = clone(vectorizer).fit(DOCUMENTS).transform(DOCUMENTS)
        assert X.has_canonical_format and Y.has_canonical_format
        assert X.data.tobytes() == Y.data.tobytes()
        assert np.array_equal(X.indices, Y.indices)


def test_small_batches_of_a_large_vocabulary():
    """Python counts a few documents until compiled code is worth its preparation."""
    words = [a + b + c for a, b, c in itertools.product("abcdefghijklmnop", repeat=3)]
    vectorizer = CountVectorizer().fit([" ".join(words)])
    expected = peer.CountVectorizer(vocabulary=vectorizer.vocabulary_)
    for k in range(40):
        documents = [" ".join(words[k : k + 5] * 2), "unknown"]
        assert_same(vectorizer.transform(documents), expected.transform(documents))
    changed = dict.fromkeys(["abc", "bcd"])
    vectorizer.vocabulary_ = {term: j for j, term in enumerate(changed)}
    assert vectorizer.transform(["bcd abc bcd"] * 50).toarray()[0].tolist() == [1, 2]
    vectorizer.vocabulary_["cde"] = 2
    assert vectorizer.transform(["cde bcd"] * 50).toarray()[0].tolist() == [0, 1, 1]


def test_kinds_of_input(tmp_path):
    texts = ["one two", "two é"]
    expected = CountVectorizer().fit_transform(texts).toarray()
    paths = []
    for i, each in enumerate(texts):
        paths.append(tmp_path / f"{i}.txt")
        paths[-1].write_bytes(each.encode())
    given = {
        "content": [each.encode() for each in texts],
        "filename": paths,
        "file": [io.StringIO(texts[0]), io.BytesIO(texts[1].encode())],
    }
    for kind, documents in given.items():
        assert np.array_equal(
            CountVectorizer(input=kind).fit_transform(documents).toarray(), expected
        )
    for documents in (np.array(texts), np.array(texts, dtype=object), iter(texts), tuple(texts)):
        assert np.array_equal(CountVectorizer().fit_transform(documents).toarray(), expected)
    with pytest.raises(UnicodeDecodeError):
        CountVectorizer(encoding="ascii").fit(given["content"])
    CountVectorizer(encoding="ascii", decode_error="ignore").fit(given["content"])


@pytest.mark.parametrize(
    "parameters, documents, match",
    [
        ({}, "one text", "Iterable over raw text documents"),
        ({}, ["a", "b"], "no terms"),
        ({}, [], "no terms"),
        ({}, [np.nan], "np.nan is an invalid document"),
        ({"min_df": 3}, ["ab", "cd", "ef"], "leave no terms"),
        ({"max_df": 1, "min_df": 2}, ["ab", "cd"], "max_df corresponds to < documents"),
        ({"ngram_range": (2, 1)}, ["ab"], "lower boundary larger"),
        ({"vocabulary": []}, ["ab"], "no terms"),
        ({"vocabulary": ["a", "b", "a"]}, ["ab"], "Duplicate term in vocabulary: 'a'"),
        ({"vocabulary": {"a": 0, "b": 0}}, ["ab"], "repeated indices"),
        ({"vocabulary": {"a": 0, "b": 2}}, ["ab"], "doesn't contain index 1"),
        ({"token_pattern": "(a)(b)"}, ["ab"], "one at most is the token"),
        ({"max_df": 0}, ["ab"], "max_df"),
        ({"stop_words": "french"}, ["ab"], "stop_words"),
        ({"analyzer": "line"}, ["ab"], "analyzer"),
    ],
)
def test_errors_of_value(parameters, documents, match):
    with pytest.raises(ValueError, match=match):
        CountVectorizer(**parameters).fit_transform(documents)
    with pytest.raises(ValueError):
        peer.CountVectorizer(**parameters).fit_transform(documents)


def test_other_errors():
    with pytest.raises(AttributeError, match="lower case: fill missing texts"):
        CountVectorizer().fit([None])
    with pytest.raises(UnicodeDecodeError) as caught:
        CountVectorizer().fit([b"caf\xe9"])
    assert "decode_error='replace'" in caught.value.__notes__[0]
    with pytest.raises(TypeError, match="str or bytes"):
        CountVectorizer(lowercase=False).fit([3])
    for vectorizer in (CountVectorizer(), TfidfVectorizer()):
        for method in ("transform", "inverse_transform"):
            with pytest.raises(NotFittedError):
                getattr(vectorizer, method)(["ab"])
    with pytest.raises(ValueError, match="no documents"):
        HashingVectorizer().transform([])
    with pytest.raises(UnicodeEncodeError):
        HashingVectorizer(analyzer="char").transform(["a\ud800"])


@pytest.mark.parametrize(
    "parameters, about",
    [
        ({"tokenizer": str.split}, "token_pattern"),
        ({"analyzer": str.split, "preprocessor": str.lower}, "preprocessor"),
        ({"analyzer": str.split, "ngram_range": (1, 2)}, "ngram_range"),
        ({"analyzer": "char", "stop_words": ["a"]}, "stop_words"),
        ({"analyzer": "char", "tokenizer": str.split, "token_pattern": None}, "tokenizer"),
        ({"stop_words": ["the's"]}, "stop words are cleaned"),
        ({"vocabulary": ["Upper"]}, "upper case"),
    ],
)
def test_warnings(parameters, about):
    with pytest.warns(UserWarning, match=about):
        CountVectorizer(**parameters).fit(["some text"])
    with pytest.warns(UserWarning):
        peer.CountVectorizer(**parameters).fit(["some text"])


def test_stop_words_are_warned_of_once():
    vectorizer = CountVectorizer(stop_words=["the's"])
    with pytest.warns(UserWarning, match="stop words are cleaned"):
        vectorizer.fit(["some text"])
    vectorizer.fit(["some text"]).transform(["text"])  # warnings are errors here


def test_weights_learned_elsewhere():
    fitted = TfidfVectorizer().fit(DOCUMENTS)
    other = TfidfVectorizer(vocabulary=fitted.vocabulary_)
    other.idf_ = fitted.idf_
    assert (other.transform(DOCUMENTS) != fitted.transform(DOCUMENTS)).nnz == 0
    with pytest.raises(ValueError, match="idf length"):
        other.idf_ = fitted.idf_[1:]
    with pytest.raises(ValueError, match="cannot be set"):
        TfidfVectorizer(use_idf=False, vocabulary=["a"]).idf_ = [1.0]
    with pytest.raises(ValueError, match="terms"):
        TfidfTransformer().fit(np.ones((2, 2))).set_params(norm=None)._weigh(sp.csr_array((1, 3)))


def test_copy_of_counts():
    X = sp.csr_matrix(np.array([[1.0, 2.0], [0.0, 1.0]]))
    transformer = TfidfTransformer().fit(X)
    before = X.copy()
    assert transformer.transform(X) is not X
    assert (before != X).nnz == 0
    assert transformer.transform(X, copy=False) is X
    assert (before != X).nnz > 0


@pytest.mark.parametrize("name", VECTORIZERS)
def test_copies_and_pickles(name):
    vectorizer = getattr(ours, name)(stop_words="english").fit(HASHABLE)
    X = vectorizer.transform(HASHABLE)
    for each in (pickle.loads(pickle.dumps(vectorizer)), copy.deepcopy(vectorizer)):
        assert (each.transform(HASHABLE) != X).nnz == 0
    for build in ("build_analyzer", "build_preprocessor", "build_tokenizer"):
        function = getattr(vectorizer, build)()
        again = pickle.loads(pickle.dumps(function))
        assert list(again("Some text, and é")) == list(function("Some text, and é"))


def test_inverse_transform():
    vectorizer = CountVectorizer().fit(DOCUMENTS)
    X = vectorizer.transform(DOCUMENTS)
    analyze = vectorizer.build_analyzer()
    for matrix in (X, X.toarray(), X.tocsc()):
        for terms, document in zip(vectorizer.inverse_transform(matrix), DOCUMENTS, strict=True):
            assert set(terms) == set(analyze(document))


@pytest.mark.parametrize("name", ["strip_accents_unicode", "strip_accents_ascii", "strip_tags"])
def test_cleaning(name):
    for each in (
        *DOCUMENTS,
        "a<b c='d'>e</b>",
        "a\u0301\u0300",
        "ﬁne ½ ℂ",
        *map(chr, range(0x3000)),
    ):
        assert getattr(ours, name)(each) == getattr(peer, name)(each)


def test_english_stop_words():
    assert ours.ENGLISH_STOP_WORDS == peer.ENGLISH_STOP_WORDS
