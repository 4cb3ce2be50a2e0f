"""Terms of documents counted: by a vocabulary that grows, by a given one, or by hashing.

What a document's features are is said by `Words`, `Chars` or `BoundedChars`, which the kernels
understand, or comes as an iterable of features from a function.
"""

from array import array
from collections import Counter
from dataclasses import dataclass
from itertools import compress, islice

import numpy as np

from ..._core.parallel import n_threads
from . import text


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


def index_dtype(*sizes):
    """int32 if it holds all of `sizes`, else int64."""
    return np.int32 if max(sizes) <= np.iinfo(np.int32).max else np.int64


class FeatureCounts:
    """Counts of features that are hashable objects, of all that are met or of given ones.

    Parameters
    ----------
    vocabulary : dict of feature to column, optional
        The only features to count; by default all are learned.
    """

    def __init__(self, vocabulary=None):
        self._grows = vocabulary is None
        self._column = {} if vocabulary is None else vocabulary
        self._indptr, self._indices, self._counts = array("q", [0]), array("q"), array("q")

    def read(self, documents):
        """Count the features of further documents, each an iterable of features."""
        known = self._column
        for features in documents:
            found = Counter(features)
            if self._grows:
                for feature in found:
                    if feature not in known:
                        known[feature] = len(known)
            elif not known.keys() >= found.keys():
                found = {feature: n for feature, n in found.items() if feature in known}
            self._indices.extend([known[feature] for feature in found])
            self._counts.extend(found.values())
            self._indptr.append(len(self._indices))

    @property
    def n_documents(self):
        """Documents read."""
        return len(self._indptr) - 1

    def finish(self):
        """Sort the features that were learned; return their number."""
        self._terms, self._rank = sorted_terms(self._column)
        return len(self._terms)

    def vocabulary(self, kept=None):
        """Return the learned features with their columns, 0, 1, ... in sorted order.

        Parameters
        ----------
        kept : ndarray of bool of shape (n_features,), optional
            Which of the sorted features get a column; by default all.
        """
        terms = self._terms if kept is None else compress(self._terms, kept)
        return {term: j for j, term in enumerate(terms)}

    def _stored(self):
        indices = _as_array(self._indices)
        return self._rank[indices] if self._grows else indices

    def document_frequency(self):
        """In how many documents each of the sorted features is."""
        return np.bincount(self._stored(), minlength=len(self._column))

    def totals(self):
        """How often each of the sorted features occurs."""
        out = np.zeros(len(self._column), dtype=np.int64)
        np.add.at(out, self._stored(), _as_array(self._counts))
        return out

    def matrix(self, columns, n_columns, dtype):
        """Return ``(indptr, indices, data)`` of the counts, a row a document.

        Parameters
        ----------
        columns : ndarray of int of shape (n_features,), or None
            Column of each sorted feature, -1 for those to leave out; None: as they are numbered.
        n_columns : int
        dtype : dtype
        """
        indices, counts = self._stored(), _as_array(self._counts)
        indptr = np.frombuffer(self._indptr, np.int64)
        if columns is not None:
            indices = columns[indices]
            kept = indices >= 0
            before = np.concatenate([[0], np.cumsum(kept)])
            indptr, indices, counts = before[indptr], indices[kept], counts[kept]
        width = index_dtype(len(indices), n_columns)
        rows = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
        order = np.lexsort((indices, rows))
        return indptr.astype(width), indices[order].astype(width), counts[order].astype(dtype)


def _as_array(values):
    return np.frombuffer(values, values.typecode) if values else np.empty(0, values.typecode)


def given_terms(plan, vocabulary=None):
    """What compiled code must know to count the terms of `vocabulary`; of any without one.

    Parameters
    ----------
    plan : Words, Chars or BoundedChars
    vocabulary : dict of str to column, optional
    """
    words = type(plan) is Words
    stop_words = plan.stop_words if words else ()
    return text.GivenTerms(stop_words, vocabulary, len(vocabulary or ()), words)


class TermCounts:
    """`FeatureCounts` of terms as `plan` says, by compiled code.

    Parameters
    ----------
    plan : Words, Chars or BoundedChars
    given : GivenTerms
        From `given_terms`.
    hashed : tuple of (int, bool), optional
        Number of columns to hash terms into, and whether hashes have signs.
    """

    def __init__(self, plan, given, hashed=None):
        self._plan = plan
        self.n_documents = 0
        self._counter = text.TermCounter(
            _UNITS[type(plan)], plan.low, min(plan.high, 2**31), given, hashed
        )

    def read(self, documents):
        """Count the terms of further documents, each a str; a block at a time."""
        documents = iter(documents)
        while block := list(islice(documents, _BLOCK)):
            self._counter.read(
                block, lower=self._plan.lower, accents=self._plan.accents, n_threads=n_threads()
            )
            self.n_documents += len(block)

    def finish(self):
        """Sort the terms that were learned; return their number."""
        return self._counter.finish()

    def vocabulary(self, kept=None):
        """Return the sorted terms with their columns, as `FeatureCounts.vocabulary` does."""
        return self._counter.vocabulary(kept)

    def document_frequency(self):
        """In how many documents each of the sorted terms is."""
        return self._counter.document_frequency()

    def totals(self):
        """How often each of the sorted terms occurs."""
        return self._counter.totals()

    def matrix(self, columns, n_columns, dtype):
        """Return ``(indptr, indices, data)`` of the counts, as `FeatureCounts.matrix` does."""
        if columns is None:
            columns = np.arange(self._counter.n_terms)
        native = np.dtype(dtype) if np.dtype(dtype).char in "lfd" else np.dtype(np.int64)
        indptr, indices, data = self._counter.matrix(
            np.ascontiguousarray(columns, dtype=np.int32), n_columns, native, n_threads=n_threads()
        )
        return indptr, indices, data.astype(dtype, copy=False)


# Documents whose texts are held at once; enough for threads to have their share of a block.
_BLOCK = 1 << 14
_UNITS = {Words: text.WORDS, Chars: text.CHARS, BoundedChars: text.BOUNDED}


def sorted_terms(vocabulary):
    """Return the sorted terms of `vocabulary` and, by their numbers, their ranks."""
    terms = sorted(vocabulary)
    rank = np.empty(len(terms), dtype=np.int64)
    rank[[vocabulary[term] for term in terms]] = np.arange(len(terms))
    return terms, rank


def hash_features(samples, n_features, alternate_sign, *, names_alone=False):
    """Place features by the hash of their names; see `text.hash_features`.

    Returns
    -------
    indptr, indices : ndarrays of one dtype
        Columns of a row may repeat.
    values : ndarray of float64
    """
    indptr, indices, values = text.hash_features(samples, n_features, alternate_sign, names_alone)
    width = index_dtype(len(indices), n_features)
    return indptr.astype(width), indices.astype(width, copy=False), values


_NORMS = {None: 0, "l1": 1, "l2": 2}


def weigh_rows(X, weights, norm):
    """Multiply the columns of a CSR matrix by weights and divide its rows by their norms, in place.

    Parameters
    ----------
    X : CSR matrix of float32 or float64
    weights : array-like of shape (n_columns,), or None
    norm : {"l1", "l2"} or None
    """
    if weights is not None:
        weights = np.ascontiguousarray(weights, dtype=X.dtype)
    if X.indices.dtype != X.indptr.dtype:
        X.indices = X.indices.astype(X.indptr.dtype)
    text.weigh(
        X.data, X.indices, X.indptr, weights, _NORMS[norm], n_threads=_threads_for(len(X.data))
    )


def _threads_for(n_stored):
    return n_threads() if n_stored > 1 << 16 else 1
