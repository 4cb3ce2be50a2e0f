"""Texts become matrices: counts of terms, tf-idf, hashed counts."""

import numbers
import warnings
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from .._core.arrays import check_array, check_is_fitted
from .._core.config import current
from .._core.domains import Predicate, anything, boolean, integer, iterable, mapping, none, one_of
from .._core.errors import NotFittedError, twin
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import OneToOneColumns, Transformer
from .._core.sparse import as_interface, issparse
from .._core.tags import Traits
from .._engine.encode.vocabulary import (
    FeatureCounts,
    TermCounts,
    given_terms,
    hash_features,
    weigh_rows,
)
from ._analysis import (
    TextAnalyzer,
    strip_accents_ascii,
    strip_accents_unicode,
    strip_tags,
)
from ._stop_words import ENGLISH_STOP_WORDS
from .hashing import summed_rows

__all__ = [
    "ENGLISH_STOP_WORDS",
    "CountVectorizer",
    "HashingVectorizer",
    "TfidfTransformer",
    "TfidfVectorizer",
    "strip_accents_ascii",
    "strip_accents_unicode",
    "strip_tags",
]

# 1 is one document and 1.0 is all of them.
_share = Predicate(
    "float in [0, 1]",
    lambda value: (
        isinstance(value, numbers.Real)
        and not isinstance(value, numbers.Integral)
        and 0 <= value <= 1
    ),
)
_norm = param("l2", one_of("l1", "l2") | none, "Norm that each row is divided by; None: none.")


class CountVectorizer(TextAnalyzer):
    """Counts of terms: ``X[i, j]`` is how often term j occurs in document i.

    The vocabulary is learned in ``fit``, or given. With the parameters that are functions and
    ``token_pattern`` left alone, documents are analysed by compiled code, on all processors.

    See Also
    --------
    TfidfVectorizer : Counts weighted by how rare a term is.
    HashingVectorizer : Without a vocabulary.

    Examples
    --------
    >>> from mlkit.feature_extraction.text import CountVectorizer
    >>> vectorizer = CountVectorizer()
    >>> vectorizer.fit_transform(["One dog, two cats.", "Two dogs; two cats!"]).toarray()
    array([[1, 1, 0, 1, 1],
           [1, 0, 1, 0, 2]])
    >>> vectorizer.get_feature_names_out()
    array(['cats', 'dog', 'dogs', 'one', 'two'], dtype=object)
    """

    traits = Traits(two_d_array=False, string=True)

    max_df: object = param(
        1.0,
        _share | integer(1),
        "Terms in more documents than that are left out: a number, or as a float a share. Not "
        "for a given vocabulary, like the next two.",
    )
    min_df: object = param(1, _share | integer(1), "Terms in fewer documents are left out.")
    max_features: object = param(
        None, integer(1) | none, "At most that many terms, those that occur most often."
    )
    vocabulary: object = param(
        None,
        mapping | iterable | none,
        "Terms, or a mapping from terms to columns; None learns them.",
    )
    binary: bool = param(False, boolean, "Whether to tell presence instead of counts.")
    dtype: type = param(np.int64, anything, "Dtype of the result.")

    vocabulary_ = fitted("dict", "Column of each term.")
    fixed_vocabulary_ = fitted("bool", "Whether the vocabulary was given.")

    # ---------------------------------------------------------------------- public methods
    def fit(self, raw_documents, y=None):
        """Learn the vocabulary.

        Parameters
        ----------
        raw_documents : iterable of documents
            Of str, bytes, file names or files, as the parameter `input` says.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If no term is found or left, or a given vocabulary is empty or has gaps.
        """
        self._learn(raw_documents)
        return self

    def fit_transform(self, raw_documents, y=None):
        """Learn the vocabulary and return the matrix of counts.

        Parameters
        ----------
        raw_documents : iterable of documents
        y : ignored

        Returns
        -------
        CSR matrix of shape (n_documents, n_terms)
        """
        return self._matrix(*self._learn(raw_documents))

    def transform(self, raw_documents):
        """Return the matrix of counts of the terms that were learned or given.

        Parameters
        ----------
        raw_documents : iterable of documents

        Returns
        -------
        CSR matrix of shape (n_documents, n_terms)
        """
        self._check_documents(raw_documents)
        self._need_vocabulary()
        return self._matrix(self._read(raw_documents, self.vocabulary_))

    def inverse_transform(self, X):
        """Return the terms of each row that are not zero.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_documents, n_terms)

        Returns
        -------
        list of ndarrays of str
        """
        self._need_vocabulary()
        X = check_array(X, accept_sparse="csr", ensure_all_finite=False)
        terms = np.array(self._terms())
        if issparse(X):
            rows = (X[[i]].nonzero()[1] for i in range(X.shape[0]))
        else:
            rows = (np.flatnonzero(row) for row in X)
        return [terms[columns] for columns in rows]

    def get_feature_names_out(self, input_features=None):
        """Return the terms, by column.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str objects
        """
        self._need_vocabulary()
        return np.asarray(self._terms(), dtype=object)

    # -------------------------------------------------------------------------- vocabulary
    def _terms(self):
        return sorted(self.vocabulary_, key=self.vocabulary_.get)

    def _take_vocabulary(self):
        """Set `fixed_vocabulary_`, and `vocabulary_` where one is given."""
        given = self.vocabulary
        self.fixed_vocabulary_ = given is not None
        if given is not None:
            self.vocabulary_ = _as_vocabulary(given, type(self).__name__)

    def _warn_of_upper_case(self):
        """Warn of given terms that texts in lower case cannot contain."""
        if not self.lowercase or self.preprocessor is not None or callable(self.analyzer):
            return
        upper = [each for each in self.vocabulary_ if isinstance(each, str) and _has_upper(each)]
        if upper:
            warnings.warn(
                f"{type(self).__name__}(lowercase=True): the vocabulary has terms with upper case "
                f"characters, such as {upper[0]!r}, which no document will match; pass "
                "lowercase=False or terms in lower case",
                UserWarning,
                stacklevel=3,
            )

    def _need_vocabulary(self):
        if "vocabulary_" not in vars(self):
            self._take_vocabulary()
            if not self.fixed_vocabulary_:
                raise twin(NotFittedError)(
                    f"{type(self).__name__}: Vocabulary not fitted or provided; call fit, or pass "
                    "vocabulary="
                )

    # ---------------------------------------------------------------------------- counting
    def _learn(self, raw_documents):
        """Set `vocabulary_`; return the counts, and the columns of the terms counted."""
        self._check_params()
        self._check_documents(raw_documents)
        self._take_vocabulary()
        self._warn_of_unused()
        if self.fixed_vocabulary_:
            self._warn_of_upper_case()
            return self._read(raw_documents, self.vocabulary_), None
        counts = self._read(raw_documents)
        if not counts.finish():
            raise ValueError(
                f"{type(self).__name__}: no terms in the documents: all words are stop words, or "
                "token_pattern matches none"
            )
        kept = self._kept(counts)
        self.vocabulary_ = counts.vocabulary(kept)
        return counts, None if kept is None else np.where(kept, np.cumsum(kept) - 1, -1)

    def _read(self, raw_documents, vocabulary=None):
        """Count the terms of documents: those of `vocabulary`, or all without one."""
        plan = self._compiled()
        given = plan and self._given(plan, raw_documents, vocabulary)
        if given is None:
            counts = FeatureCounts(vocabulary)
            counts.read(map(self.build_analyzer(), raw_documents))
            return counts
        if self.stop_words is not None:
            self.build_analyzer()  # which warns of inconsistent ones
        counts = TermCounts(plan, given)
        counts.read(self._texts(raw_documents))
        return counts

    def _given(self, plan, documents, vocabulary):
        """What compiled code must know, or None where learning it would take longer than counting.

        It learns a term in a twentieth of a microsecond, and Python counts a short document in
        20; so it learns when as many documents have been met, in this call or before.
        """
        if vocabulary is None:
            return given_terms(plan)
        known = _KNOWN.get(self)
        if known is None or known.plan != plan or known.vocabulary is not vocabulary:
            known = _KNOWN[self] = _Known(plan, vocabulary)
        known.n_documents += len(documents) if hasattr(documents, "__len__") else len(vocabulary)
        if known.n_terms != len(vocabulary):
            known.n_terms, known.given = len(vocabulary), None
        if known.given is None and known.n_documents * 300 > len(vocabulary):
            known.given = given_terms(plan, vocabulary)
        return known.given

    def _matrix(self, counts, columns=None):
        from scipy.sparse import csr_array, csr_matrix

        n_columns = len(self.vocabulary_)
        indptr, indices, data = counts.matrix(columns, n_columns, self.dtype)
        if self.binary:
            data.fill(1)
        # The class wanted, at once: its checks are most of the time that one document takes.
        kind = csr_array if current()["sparse_interface"] == "sparray" else csr_matrix
        X = kind((data, indices, indptr), shape=(counts.n_documents, n_columns))
        X.has_canonical_format = True
        return X

    def _kept(self, counts):
        """Which terms are neither too frequent nor too rare nor too many; None for all."""
        n_documents = counts.n_documents
        most, least = _as_count(self.max_df, n_documents), _as_count(self.min_df, n_documents)
        if most < least:
            raise ValueError(
                f"{type(self).__name__}: max_df corresponds to < documents than min_df: "
                f"max_df={self.max_df} is {most:g} and min_df={self.min_df} is {least:g} of "
                f"{n_documents} documents"
            )
        if most >= n_documents and least <= 1 and self.max_features is None:
            return None
        frequency = counts.document_frequency()
        kept = (frequency >= least) & (frequency <= most)
        if self.max_features is not None and kept.sum() > self.max_features:
            total = frequency if self.binary else counts.totals()
            if np.dtype(self.dtype).kind == "f":
                total = total.astype(self.dtype)
            # Among terms that occur equally often, NumPy's default sort decides which stay.
            chosen = np.flatnonzero(kept)[np.argsort(-total[kept])[: self.max_features]]
            kept = np.zeros_like(kept)
            kept[chosen] = True
        if not kept.any():
            raise ValueError(
                f"{type(self).__name__}: min_df={self.min_df} and max_df={self.max_df} leave no "
                "terms; widen them"
            )
        return kept


@dataclass
class _Known:
    """A vocabulary as compiled code knows it, once it has been used enough."""

    plan: object
    vocabulary: dict
    n_terms: int = 0
    n_documents: int = 0
    given: object = None


# Kept beside the vectorizers, not in them: it is no part of their state and is not pickled.
_KNOWN = WeakKeyDictionary()


def _has_upper(term):
    return any(map(str.isupper, term))


def _as_count(bound, n_documents):
    """A bound on document frequency as a number of documents."""
    return bound if isinstance(bound, numbers.Integral) else bound * n_documents


def _as_vocabulary(given, owner):
    """A dict from terms to columns, from a mapping or terms."""
    if not hasattr(given, "keys"):
        terms = sorted(given) if isinstance(given, (set, frozenset)) else list(given)
        vocabulary = {term: j for j, term in enumerate(terms)}
        if len(vocabulary) < len(terms):
            twice = next(term for j, term in enumerate(terms) if vocabulary[term] != j)
            raise ValueError(f"{owner}: Duplicate term in vocabulary: {twice!r}")
    else:
        vocabulary = dict(given)
        columns = set(vocabulary.values())
        if len(columns) < len(vocabulary):
            raise ValueError(f"{owner}: Vocabulary contains repeated indices.")
        gap = next((j for j in range(len(vocabulary)) if j not in columns), None)
        if gap is not None:
            raise ValueError(
                f"{owner}: Vocabulary of size {len(vocabulary)} doesn't contain index {gap}."
            )
    if not vocabulary:
        raise ValueError(f"{owner}: the vocabulary given has no terms")
    return vocabulary


# ------------------------------------------------------------------------------- tf-idf
class TfidfTransformer(OneToOneColumns, Transformer, Estimator, auto_wrap_output_keys=None):
    """Counts weighted by rarity: ``tf · idf`` with ``idf(t) = ln((1 + n) / (1 + df(t))) + 1``.

    n is the number of documents and df(t) how many of them contain t; without smoothing
    ``idf(t) = ln(n / df(t)) + 1``. Rows are then divided by their norm.

    References
    ----------
    Manning, Raghavan and Schütze (2008). Introduction to Information Retrieval. Chapter 6.

    Examples
    --------
    >>> from mlkit.feature_extraction.text import TfidfTransformer
    >>> TfidfTransformer(norm=None).fit_transform([[3, 0], [2, 1], [3, 0]]).toarray().round(3)
    array([[3.   , 0.   ],
           [2.   , 1.693],
           [3.   , 0.   ]])
    """

    traits = Traits(sparse=("csr", "csc"), preserves=("float64", "float32"))

    norm: str = _norm
    use_idf: bool = param(True, boolean, "Whether to weight by idf.")
    smooth_idf: bool = param(
        True, boolean, "Whether to count one more document, which has every term."
    )
    sublinear_tf: bool = param(False, boolean, "Whether tf becomes ``1 + ln(tf)``.")

    idf_ = fitted("(n_features,)", "Weights of the terms, if `use_idf`.")

    def fit(self, X, y=None):
        """Learn the weights of terms.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_documents, n_terms)
            Counts.
        y : ignored

        Returns
        -------
        self
        """
        X = self._check_fit(X)
        if self.use_idf:
            self.idf_ = _idf(X, self.smooth_idf)
        return self

    def transform(self, X, copy=True):
        """Weight counts.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_documents, n_terms)
            Counts.
        copy : bool, default=True
            Whether to leave X alone; a CSR matrix of floats may be overwritten otherwise.

        Returns
        -------
        CSR matrix of shape (n_documents, n_terms)
        """
        from scipy.sparse import csr_array

        check_is_fitted(self)
        given = X
        X = self._check_X(X, sparse=("csr",))
        if not issparse(X):
            X = csr_array(X)
        elif copy and (X is given or np.may_share_memory(X.data, getattr(given, "data", None))):
            X = X.copy()
        return as_interface(self._weigh(X))

    def _weigh(self, X):
        """Weight the counts of a CSR matrix of floats, in place."""
        if self.sublinear_tf:
            np.log(X.data, out=X.data)
            X.data += 1
        if self.use_idf and len(self.idf_) != X.shape[1]:
            raise ValueError(f"TfidfTransformer: X has {X.shape[1]} terms, idf_ {len(self.idf_)}")
        weigh_rows(X, self.idf_ if self.use_idf else None, self.norm)
        return X


def _idf(X, smooth):
    """``ln(n / df) + 1`` in the dtype of `X`, n and df one more each if `smooth`."""
    if issparse(X):
        stored = X if X.format == "csr" else X.tocsr()
        frequency = np.bincount(stored.indices, minlength=X.shape[1])
    else:
        frequency = np.count_nonzero(X, axis=0)
    frequency = frequency.astype(X.dtype) + X.dtype.type(smooth)
    return np.log(X.dtype.type(X.shape[0] + smooth) / frequency) + X.dtype.type(1)


class TfidfVectorizer(CountVectorizer):
    """Texts to weighted counts: `CountVectorizer` followed by `TfidfTransformer`.

    See Also
    --------
    CountVectorizer : Counts alone, with the same vocabulary.
    TfidfTransformer : The weights.

    Examples
    --------
    >>> from mlkit.feature_extraction.text import TfidfVectorizer
    >>> vectorizer = TfidfVectorizer()
    >>> vectorizer.fit_transform(["One dog, two cats.", "Two dogs; two cats!"]).toarray().round(2)
    array([[0.41, 0.58, 0.  , 0.58, 0.41],
           [0.38, 0.  , 0.53, 0.  , 0.76]])
    """

    dtype: type = param(np.float64, anything, "Dtype of the result: float64 or float32.")
    norm: str = _norm
    use_idf: bool = param(True, boolean, "Whether to weight by idf.")
    smooth_idf: bool = param(
        True, boolean, "Whether to count one more document, which has every term."
    )
    sublinear_tf: bool = param(False, boolean, "Whether tf becomes ``1 + ln(tf)``.")

    @property
    def idf_(self):
        """Weights of the terms, an ndarray of shape (n_terms,); only with `use_idf`.

        It may be set, to weights learned elsewhere, if the vocabulary is known or given.
        """
        if "_tfidf" not in vars(self):
            raise twin(NotFittedError)(
                f"{type(self).__name__} is not fitted yet: call 'fit' before reading idf_"
            )
        return self._tfidf.idf_

    @idf_.setter
    def idf_(self, value):
        if not self.use_idf:
            raise ValueError(f"{type(self).__name__}(use_idf=False): `idf_` cannot be set")
        if not hasattr(self, "vocabulary_"):
            self._take_vocabulary()
        if len(value) != len(getattr(self, "vocabulary_", value)):
            raise ValueError(
                f"{type(self).__name__}: idf length = {len(value)} must be equal to vocabulary "
                f"size = {len(self.vocabulary_)}"
            )
        self._tfidf = self._weights()
        self._tfidf.idf_ = value

    def _weights(self):
        """A transformer with the parameters of this one."""
        return TfidfTransformer(
            norm=self.norm,
            use_idf=self.use_idf,
            smooth_idf=self.smooth_idf,
            sublinear_tf=self.sublinear_tf,
        )

    def _warn_of_dtype(self):
        if self.dtype not in (np.float64, np.float32, np.float16):
            warnings.warn(
                f"TfidfVectorizer: Only np.float64 and np.float32 should be used as 'dtype': "
                f"{self.dtype} will be converted to np.float64",
                UserWarning,
                stacklevel=3,
            )

    def fit(self, raw_documents, y=None):
        """Learn vocabulary and weights.

        Parameters
        ----------
        raw_documents : iterable of documents
        y : ignored

        Returns
        -------
        self
        """
        self._check_params()
        self._warn_of_dtype()
        X = super().fit_transform(raw_documents)
        self._tfidf = self._weights().fit(X)
        return self

    def fit_transform(self, raw_documents, y=None):
        """Learn vocabulary and weights and return the matrix of weighted counts.

        Parameters
        ----------
        raw_documents : iterable of documents
        y : ignored

        Returns
        -------
        CSR matrix of shape (n_documents, n_terms)
        """
        self._check_params()
        self._warn_of_dtype()
        X = super().fit_transform(raw_documents)
        self._tfidf = self._weights().fit(X)
        return self._tfidf.transform(X, copy=False)

    def transform(self, raw_documents):
        """Return the matrix of weighted counts.

        Parameters
        ----------
        raw_documents : iterable of documents

        Returns
        -------
        CSR matrix of shape (n_documents, n_terms)
        """
        check_is_fitted(self, "_tfidf", msg="The TF-IDF vectorizer is not fitted")
        return self._tfidf.transform(super().transform(raw_documents), copy=False)


# ------------------------------------------------------------------------------ hashing
class HashingVectorizer(Transformer, TextAnalyzer, auto_wrap_output_keys=None):
    """Counts of terms by hash: ``X[i, |h(t)| mod n] += sign(h(t))`` for each term t of text i.

    h is the signed 32-bit MurmurHash3 of the term's UTF-8 form. There is no vocabulary: nothing
    is learned, memory does not grow with the texts, and terms cannot be had back. Rows are then
    divided by their norm.

    See Also
    --------
    CountVectorizer : With a vocabulary.
    FeatureHasher : The same for mappings, pairs and lists of names.

    Examples
    --------
    >>> from mlkit.feature_extraction.text import HashingVectorizer
    >>> vectorizer = HashingVectorizer(n_features=8, norm=None)
    >>> vectorizer.transform(["One dog, two cats.", "Two dogs; two cats!"]).shape
    (2, 8)
    """

    traits = Traits(two_d_array=False, string=True, requires_fit=False)

    n_features: int = param(2**20, integer(1, 2**31 - 2), "Columns; few of them collide.")
    binary: bool = param(False, boolean, "Whether to tell presence instead of counts.")
    norm: str = _norm
    alternate_sign: bool = param(
        True,
        boolean,
        "Whether terms count with the sign of their hash, so that collisions cancel on average.",
    )
    dtype: type = param(np.float64, anything, "Dtype of the result.")

    def partial_fit(self, X, y=None):
        """Check the parameters: there is nothing to learn.

        Parameters
        ----------
        X : ignored
        y : ignored

        Returns
        -------
        self
        """
        self._check_params()
        return self

    def fit(self, X, y=None):
        """Check the parameters: there is nothing to learn.

        Parameters
        ----------
        X : iterable of documents
        y : ignored

        Returns
        -------
        self
        """
        self._check_params()
        self._check_documents(X)
        self._warn_of_unused()
        return self

    def transform(self, X):
        """Return the matrix of hashed counts.

        Parameters
        ----------
        X : iterable of documents
            Of str, bytes, file names or files, as the parameter `input` says.

        Returns
        -------
        CSR matrix of shape (n_documents, n_features)
        """
        self._check_params()
        self._check_documents(X)
        X = self._hashed(X)
        if self.binary:
            X.data.fill(1)
        if self.norm is not None:
            X = X if X.dtype.char in "fd" else X.astype(np.float64)
            weigh_rows(X, None, self.norm)
        return X

    def fit_transform(self, X, y=None):
        """Check the parameters and return the matrix of hashed counts.

        Parameters
        ----------
        X : iterable of documents
        y : ignored

        Returns
        -------
        CSR matrix of shape (n_documents, n_features)
        """
        return self.fit(X).transform(X)

    def _hashed(self, documents):
        from scipy.sparse import csr_array

        plan = self._compiled()
        if plan is None or self.stop_words is not None:
            analyze = self.build_analyzer()  # which warns of inconsistent stop words
        if plan is None:
            arrays = hash_features(
                map(analyze, documents), self.n_features, self.alternate_sign, names_alone=True
            )
            X = summed_rows(*arrays, self.n_features, self.dtype)
        else:
            hashed = self.n_features, self.alternate_sign
            counts = TermCounts(plan, given_terms(plan), hashed)
            counts.read(self._texts(documents))
            indptr, indices, data = counts.matrix(None, self.n_features, self.dtype)
            X = csr_array((data, indices, indptr), shape=(counts.n_documents, self.n_features))
            X.has_canonical_format = True
        if not X.shape[0]:
            raise ValueError(f"{type(self).__name__}: no documents were given; pass at least one")
        return as_interface(X)
