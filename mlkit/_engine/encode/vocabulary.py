"""Terms of documents counted: by a vocabulary that grows, by a given one, or by hashing.

What a document's features are is said by `Words`, `Chars` or `BoundedChars`, which the kernels
understand, or comes as an iterable of features from a function.
"""

from array import array
from collections import Counter
from dataclasses import dataclass

import numpy as np

from ..native.hashing import murmurhash3_32


@dataclass(frozen=True)
class Terms:
    """Runs of `low` to `high` units of a document.

    Parameters
    ----------
    low, high : int
        1 ≤ low ≤ high.
    lower : bool
        Lower case first.
    accents : callable or None
        Then this, from str to str; ASCII must be left as it is.
    """

    low: int
    high: int
    lower: bool = True
    accents: object = None


@dataclass(frozen=True)
class Words(Terms):
    """Runs of words, joined by spaces; a word is what ``(?u)\\b\\w\\w+\\b`` finds.

    Parameters
    ----------
    stop_words : frozenset of str
        Words that are left out before runs are formed.
    """

    stop_words: frozenset = frozenset()


class Chars(Terms):
    """Runs of characters; two or more characters of white space are one space."""


class BoundedChars(Terms):
    """Runs of characters of each word padded by spaces; words are what `str.split` returns."""


@dataclass
class Counts:
    """How often each term occurs in each document, as the arrays of a CSR matrix.

    Parameters
    ----------
    indptr : ndarray of shape (n_documents + 1,)
    indices : ndarray of shape (n_stored,)
        Columns, in the order in which a document's features first appear.
    counts : ndarray of shape (n_stored,)
    """

    indptr: np.ndarray
    indices: np.ndarray
    counts: np.ndarray


def index_dtype(*sizes):
    """int32 if it holds all of `sizes`, else int64."""
    return np.int32 if max(sizes) <= np.iinfo(np.int32).max else np.int64


def count_features(documents, vocabulary, grow):
    """Count features that are hashable objects.

    Parameters
    ----------
    documents : iterable of iterables of features
    vocabulary : dict of feature to int
        Features that it lacks are numbered and added if `grow`, else left out.
    grow : bool

    Returns
    -------
    Counts
    """
    indptr, indices, counts = array("q", [0]), array("q"), array("q")
    for features in documents:
        found = Counter(features)
        if grow:
            for feature in found:
                if feature not in vocabulary:
                    vocabulary[feature] = len(vocabulary)
        elif not vocabulary.keys() >= found.keys():
            found = {feature: n for feature, n in found.items() if feature in vocabulary}
        indices.extend([vocabulary[feature] for feature in found])
        counts.extend(found.values())
        indptr.append(len(indices))
    width = index_dtype(len(indices), len(vocabulary))
    return Counts(
        np.frombuffer(indptr, np.int64).astype(width),
        np.frombuffer(indices, np.int64).astype(width) if indices else np.empty(0, width),
        np.frombuffer(counts, np.int64) if counts else np.empty(0, np.int64),
    )


def sorted_terms(vocabulary):
    """Return the sorted terms of `vocabulary` and, by their numbers, their ranks."""
    terms = sorted(vocabulary)
    rank = np.empty(len(terms), dtype=np.int64)
    rank[[vocabulary[term] for term in terms]] = np.arange(len(terms))
    return terms, rank


def hash_features(samples, n_features, alternate_sign):
    """Add up the values of features by the hash of their names.

    Feature f goes to column ``|h| mod n_features`` with the sign of h, where h is the signed
    MurmurHash3 of f (Weinberger et al., 2009).

    Parameters
    ----------
    samples : iterable of iterables of (str or bytes, number or str)
        A string s as the value of f is the feature ``f=s`` with value 1.
    n_features : int
        At least 1 and below 2³¹.
    alternate_sign : bool
        Whether the sign of h counts.

    Returns
    -------
    indptr, indices, values : ndarrays
        Columns of a row may repeat.
    """
    indptr, indices, values = array("q", [0]), array("q"), array("d")
    for sample in samples:
        for name, value in sample:
            if isinstance(value, str):
                name, value = f"{name}={value}", 1
            if value == 0:
                continue
            if not isinstance(name, (str, bytes)):
                raise TypeError(
                    f"feature names must be strings, got {name!r} of type {type(name).__name__}"
                )
            hashed = murmurhash3_32(name)
            indices.append(abs(hashed) % n_features)
            values.append(-value if alternate_sign and hashed < 0 else value)
        indptr.append(len(indices))
    width = index_dtype(len(indices), n_features)
    return (
        np.frombuffer(indptr, np.int64).astype(width),
        np.frombuffer(indices, np.int64).astype(width) if indices else np.empty(0, width),
        np.frombuffer(values, np.float64) if values else np.empty(0),
    )
