"""Compiled analysis against `re`, `str` and the definitions, in Python."""

import random
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from mlkit._engine.encode import text
from mlkit._engine.native.hashing import murmurhash3_32

PATTERN = re.compile(r"(?u)\b\w\w+\b")
UNITS = {"words": text.WORDS, "chars": text.CHARS, "bounded": text.BOUNDED}


def words(document, low, high, stop_words=()):
    tokens = [token for token in PATTERN.findall(document) if token not in stop_words]
    return [
        " ".join(tokens[i : i + n])
        for n in range(low, high + 1)
        for i in range(len(tokens) - n + 1)
    ]


def chars(document, low, high):
    document = re.sub(r"\s\s+", " ", document)
    return [document[i : i + n] for n in range(low, high + 1) for i in range(len(document) - n + 1)]


def bounded(document, low, high):
    found = []
    for word in document.split():
        word = f" {word} "
        for n in range(low, high + 1):
            found += [word[i : i + n] for i in range(max(len(word) - n, 0) + 1)]
            if len(word) <= n:
                break
    return found


ANALYSERS = {"words": words, "chars": chars, "bounded": bounded}


def learned(unit, low, high, documents, *, lower=False, stop_words=(), n_threads=1):
    """Vocabulary and, for each document, a dict of counts by term."""
    counter = text.TermCounter(UNITS[unit], low, high, text.GivenTerms(stop_words))
    counter.read(documents, lower=lower, n_threads=n_threads)
    n_terms = counter.finish()
    vocabulary = counter.vocabulary()
    columns = np.arange(n_terms, dtype=np.int32)
    rows = counter.matrix(columns, n_terms, np.int64, n_threads=n_threads)
    return vocabulary, rows


def as_dicts(vocabulary, rows):
    terms, (indptr, indices, data) = list(vocabulary), rows
    return [
        {terms[j]: n for j, n in zip(indices[a:b].tolist(), data[a:b].tolist(), strict=True)}
        for a, b in pairwise(indptr)
    ]


def check_learned(unit, low, high, documents, lower=False):
    vocabulary, rows = learned(unit, low, high, documents, lower=lower)
    seen = [each.lower() for each in documents] if lower else documents
    expected = [Counter(ANALYSERS[unit](each, low, high)) for each in seen]
    assert list(vocabulary) == sorted(set().union(*expected))
    assert list(vocabulary.values()) == list(range(len(vocabulary)))
    assert as_dicts(vocabulary, rows) == expected


def every_code_point(form):
    """Documents of 64 pieces, one for each code point, surrogates included."""
    step = 64
    return [
        "".join(form.format(chr(c)) for c in range(first, first + step))
        for first in range(0, 0x110000, step)
    ]


@pytest.mark.parametrize("form", ["a{0} ", "{0}{0}.", "x{0}y-"])
@pytest.mark.parametrize("lower", [False, True])
def test_words_are_those_of_the_pattern_for_every_code_point(form, lower):
    documents = every_code_point(form)
    # In one context at a time, as the lower case of a sigma depends on what is around it.
    seen = [each.lower() if lower else each for each in documents]
    expected = set().union(*(PATTERN.findall(each) for each in seen))
    vocabulary, _ = learned("words", 1, 1, documents, lower=lower)
    assert list(vocabulary) == sorted(expected)


@pytest.mark.parametrize("unit, form", [("chars", "{0}{0}"), ("bounded", "{0}a")])
def test_characters_are_those_of_str_for_every_code_point(unit, form):
    """White space, twice in a row or alone, and lower case."""
    documents = every_code_point(form)
    expected = set().union(*(ANALYSERS[unit](each.lower(), 1, 1) for each in documents))
    vocabulary, _ = learned(unit, 1, 1, documents, lower=True)
    assert list(vocabulary) == sorted(expected)


def test_lower_case_depends_on_the_code_point_alone():
    """But for two letters, and a text that has one of them is left to Python."""
    odd = [c for c in map(chr, range(0x110000)) if len(c.lower()) != 1]
    assert odd == ["\u0130"]
    assert "a\u03a3".lower() != "a" + "\u03a3".lower()
    check_learned("chars", 1, 2, ["A\u03a3 \u03a3A", "\u0130X", "\u0130"], lower=True)


SPECIAL = "aAbZ_09 \t\n\x1c\x85\xa0.,'-éÉßıİΣσςŉǅﬁ日本\u0301\u200d\u2028\ud800\udfff😀𝔸𞤀\x00"


def fuzzed(n, seed, alphabet=SPECIAL):
    rng = random.Random(seed)
    lengths = [0, 1, 2, 3, 5, 15, 63, 64, 65, 127, 128, 129, 200]
    return ["".join(rng.choices(alphabet, k=rng.choice(lengths))) for _ in range(n)]


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("alphabet", ["aB_1 .", "abé É,", SPECIAL], ids=["ascii", "latin", "all"])
@pytest.mark.parametrize("low, high", [(1, 1), (1, 3), (2, 2), (4, 7)])
@pytest.mark.parametrize("unit", list(UNITS))
def test_random_documents(unit, low, high, alphabet, lower):
    check_learned(unit, low, high, fuzzed(60, seed=low + high, alphabet=alphabet), lower)


@pytest.mark.parametrize("length", [63, 64, 65, 127, 128, 129, 1000])
def test_words_across_blocks(length):
    """Sixty-four bytes are looked at together; a word may begin or end at any of them."""
    for shift in range(3):
        check_learned("words", 1, 1, [" " * shift + "x" * (length - shift), "y" * length + " zz"])


def test_stop_words_go_before_runs_are_formed():
    documents = ["one two three two four", "two", "two one"]
    vocabulary, rows = learned("words", 1, 2, documents, stop_words=["two", "none"])
    assert as_dicts(vocabulary, rows) == [
        Counter(words(each, 1, 2, {"two", "none"})) for each in documents
    ]


def test_terms_are_sorted_as_strings():
    """Runs of words among words: a space is less than any character of a word."""
    documents = fuzzed(300, seed=3, alphabet="abc_09 é日 😀𝔸")
    vocabulary, _ = learned("words", 1, 3, documents)
    assert list(vocabulary) == sorted(vocabulary)


def corpus(n, seed=0):
    rng = random.Random(seed)
    known = ["".join(rng.choices("abcdefghijkl", k=rng.randint(1, 12))) for _ in range(500)]
    return [" ".join(rng.choices(known, k=rng.randint(0, 150))) for _ in range(n)]


@pytest.mark.parametrize("unit, low, high", [("words", 1, 2), ("chars", 2, 3), ("bounded", 1, 4)])
def test_threads_change_nothing(unit, low, high):
    documents = corpus(800) + fuzzed(50, seed=1)
    one, four = (learned(unit, low, high, documents, n_threads=n) for n in (1, 4))
    assert sum(map(len, documents)) > 1 << 18  # enough for threads to be used
    assert list(one[0]) == list(four[0])
    for a, b in zip(one[1], four[1], strict=True):
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("unit, low, high", [("words", 1, 1), ("words", 2, 3), ("bounded", 2, 3)])
def test_given_terms_are_counted_alone(unit, low, high):
    documents = corpus(60)
    vocabulary, rows = learned(unit, low, high, documents)
    chosen = {term: j for j, term in enumerate(list(vocabulary)[::-3])}
    given = text.GivenTerms((), chosen, len(chosen), unit == "words")
    for n_threads in (1, 4):
        counter = text.TermCounter(UNITS[unit], low, high, given)
        counter.read(documents, lower=False, n_threads=n_threads)
        found = counter.matrix(None, len(chosen), np.float64)
        expected = [
            {term: n for term, n in row.items() if term in chosen}
            for row in as_dicts(vocabulary, rows)
        ]
        assert as_dicts(chosen, found) == expected
        assert all((np.diff(found[1][a:b]) > 0).all() for a, b in pairwise(found[0]))


@pytest.mark.parametrize("signs", [False, True])
@pytest.mark.parametrize("n_columns", [1, 7, 2**20, 2**31 - 1])
@pytest.mark.parametrize("stop_words", [(), ("ab", "日本")])
def test_hashed_terms(stop_words, n_columns, signs):
    documents = fuzzed(80, seed=5, alphabet="ab é日本 ")
    counter = text.TermCounter(
        text.WORDS, 1, 2, text.GivenTerms(stop_words), hashed=(n_columns, signs)
    )
    counter.read(documents, lower=False)
    indptr, indices, data = counter.matrix(None, n_columns, np.float64)
    for i, document in enumerate(documents):
        expected = Counter()
        for term in words(document, 1, 2, stop_words):
            hashed = murmurhash3_32(term)
            expected[abs(hashed) % n_columns] += -1 if signs and hashed < 0 else 1
        row = slice(indptr[i], indptr[i + 1])
        assert indices[row].tolist() == sorted(expected)
        assert data[row].tolist() == [expected[j] for j in sorted(expected)]


def test_surrogates_cannot_be_hashed_but_counted():
    given = text.GivenTerms()
    counter = text.TermCounter(text.CHARS, 1, 1, given, hashed=(8, True))
    counter.read(["fine"], lower=False)
    with pytest.raises(UnicodeEncodeError):
        counter.read(["fine", "a\ud800"], lower=False)
    assert "\ud800" in learned("chars", 1, 1, ["a\ud800"])[0]


def test_chosen_columns_and_dtypes():
    documents = corpus(50)
    vocabulary, (_, indices, data) = learned("words", 1, 1, documents)
    counter = text.TermCounter(text.WORDS, 1, 1, text.GivenTerms())
    counter.read(documents, lower=False)
    n_terms = counter.finish()
    kept = np.arange(n_terms) % 3 == 0
    columns = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    assert list(counter.vocabulary(kept)) == list(vocabulary)[::3]
    for dtype in (np.int64, np.float32, np.float64):
        found = counter.matrix(columns, int(kept.sum()), dtype)
        assert found[2].dtype == dtype
        assert (found[1] == columns[indices][kept[indices]]).all()
        assert (found[2] == data[kept[indices]]).all()
    assert (counter.document_frequency() == np.bincount(indices)).all()
    assert (counter.totals() == np.bincount(indices, data)).all()


def test_doors():
    given = text.GivenTerms()
    with pytest.raises(ValueError, match="no way to form terms"):
        text.TermCounter(text.WORDS, 2, 1, given)
    with pytest.raises(ValueError, match="columns to hash into"):
        text.TermCounter(text.WORDS, 1, 1, given, hashed=(2**31, True))
    with pytest.raises(ValueError, match="not below 1"):
        text.GivenTerms((), {"a": 1}, 1)
    counter = text.TermCounter(text.WORDS, 1, 1, given)
    with pytest.raises(TypeError, match="str or bytes"):
        counter.read(["ab", 3], lower=False)
    counter.read(["ab cd"], lower=False)
    counter.finish()
    with pytest.raises(ValueError, match="1 columns for 2 terms"):
        counter.matrix(np.zeros(1, np.int32), 1, np.int64)
    with pytest.raises(ValueError, match="not below 1"):
        counter.matrix(np.arange(2, dtype=np.int32), 1, np.int64)
    with pytest.raises(ValueError, match="has no weight"):
        text.weigh(np.ones(1), np.array([3]), np.array([0, 1]), np.ones(3), 2)
    with pytest.raises(ValueError, match="indptr"):
        text.weigh(np.ones(1), np.array([0]), np.array([0, 2]), None, 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("norm", [0, 1, 2])
def test_weigh(norm, dtype):
    rng = np.random.default_rng(0)
    X = (rng.random((50, 20)) * (rng.random((50, 20)) < 0.4)).astype(dtype)
    weights = rng.random(20).astype(dtype)
    rows, indices = np.nonzero(X)
    indptr = np.searchsorted(rows, np.arange(51)).astype(np.int32)
    expected = X * weights
    if norm:
        size = np.linalg.norm(expected.astype(float), norm, axis=1)
        expected = expected / np.where(size > 0, size, 1)[:, None]
    results = []
    for n_threads in (1, 4):
        data = X[rows, indices]
        text.weigh(data, indices.astype(np.int32), indptr, weights, norm, n_threads=n_threads)
        np.testing.assert_allclose(data, expected[rows, indices], rtol=4 * np.finfo(dtype).eps)
        results.append(data.tobytes())
    assert results[0] == results[1]


LEVEL = """
import sys; sys.path.insert(0, sys.argv[1])
from mlkit._engine.encode import text
c = text.TermCounter(0, 1, 1, text.GivenTerms())
c.read(["".join(map(chr, range(128))) * k + "Zz_9" * k for k in range(1, 9)], lower=True)
c.finish()
print(ascii(c.vocabulary()))
"""


def test_levels_of_the_processor_agree():
    shown = set()
    for level in ("baseline", "avx2", "avx512"):
        result = subprocess.run(
            [sys.executable, "-c", LEVEL, ""],
            capture_output=True,
            text=True,
            check=True,
            env={"MLKIT_CPU": level, "PATH": ""},
        )
        shown.add(result.stdout)
    assert len(shown) == 1 and len(shown.pop()) > 20
