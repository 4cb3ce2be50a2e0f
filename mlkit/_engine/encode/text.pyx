"""Documents taken apart and their terms counted, without a Python object for each term."""

from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

import numpy as np

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    int PyUnicode_KIND(object text)
    void* PyUnicode_DATA(object text)
    bint PyUnicode_IS_ASCII(object text)

cdef extern from "count_terms.hpp" namespace "mlkit_text" nogil:
    struct Span:
        const uint8_t* at
        uint32_t length

    struct Text:
        const void* data
        int64_t length
        int width
        cbool ascii
        cbool lower

    cdef cppclass Counter:
        Counter(int unit, int64_t low, int64_t high, cbool grow) except +
        void hash_into(int64_t n_columns, cbool signs)
        void add_stop_word(Span s) except +
        uint32_t add_single(Span s) except +
        uint32_t add_run(uint32_t run, uint32_t last) except +
        void read(const Text* texts, int64_t n, int n_threads) except +
        int64_t rows()
        size_t n_given()
        int64_t undecodable()
        int64_t finish() except +
        void spell(int64_t j, vector[char]& out) except +
        int64_t frequency_of(int64_t j)
        void totals(int64_t* out)
        int64_t choose(const int32_t* column_of, int64_t n_columns, int64_t* lengths) except +
        void write[I, V](const I* indptr, I* indices, V* data, int n_threads) except +

    void fill_tables()
    void weigh_rows[V, I](
        V* data, const I* indices, const I* indptr, int64_t n_rows, const V* weights, int norm,
        int n_threads,
    )


ctypedef fused index_t:
    int32_t
    int64_t

ctypedef fused value_t:
    int64_t
    float
    double

ctypedef fused real_t:
    float
    double

fill_tables()

WORDS, CHARS, BOUNDED = 0, 1, 2

# Code points whose lower case is more than one code point, or depends on those around.
cdef str CAPITAL_SIGMA = "\u03a3"
cdef str DOTTED_I = "\u0130"

# Four bytes of UTF-8 a character must be counted in 31 bits.
cdef Py_ssize_t LONGEST = 1 << 29

# Characters that are read in about the time in which threads start and their terms are merged.
cdef int64_t ALONE = 1 << 18


cdef object _prepared(object text, bint lower, object accents):
    """`text` after what only Python can do to it; None if that is nothing."""
    if isinstance(text, str):
        if PyUnicode_IS_ASCII(text):
            return None
        if accents is None and not (lower and (CAPITAL_SIGMA in text or DOTTED_I in text)):
            return None
    if lower:
        text = text.lower()
    if accents is not None:
        text = accents(text)
    if not isinstance(text, str):
        raise TypeError(f"a document must be str or bytes, not {type(text).__name__}: {text!r}")
    return text


cdef class TermCounter:
    """Counts of terms in documents, of terms that are learned or given, or of their hashes.

    Parameters
    ----------
    unit : int
        `WORDS`, `CHARS` or `BOUNDED`.
    low, high : int
        Terms are runs of `low` to `high` units, 1 ≤ low ≤ high.
    stop_words : iterable of str
        Words that are left out before runs are formed.
    terms : iterable of str, optional
        The only terms to count; by default all are learned.
    hashed : tuple of (int, bool), optional
        Number of columns that terms are hashed into, below 2³¹, and whether hashes have signs.
    """

    cdef Counter* counter
    cdef vector[int32_t] number  # of a given term, by its node
    cdef bint grows, hashes
    cdef readonly int64_t n_terms

    def __cinit__(
        self, int unit, int64_t low, int64_t high, *, stop_words=(), terms=None, hashed=None
    ):
        if not 0 <= unit <= 2 or not 1 <= low <= high:
            raise ValueError(f"unit={unit}, low={low}, high={high}: no way to form terms")
        self.grows = terms is None and hashed is None
        self.hashes = hashed is not None
        self.counter = new Counter(unit, low, high, self.grows)
        for word in stop_words:
            self._add_stop_word(word)
        if hashed is not None:
            if not 1 <= hashed[0] < 2**31:
                raise ValueError(f"{hashed[0]} columns to hash into: need 1 to 2**31 - 1")
            self.counter.hash_into(hashed[0], hashed[1])
        if terms is not None:
            self._give(terms, unit == WORDS)

    def __dealloc__(self):
        del self.counter

    cdef _add_stop_word(self, str word):
        cdef bytes padded = word.encode("utf-8", "surrogatepass")
        cdef Span span
        span.length = <uint32_t>len(padded)
        padded += bytes(8)
        span.at = padded
        self.counter.add_stop_word(span)

    cdef uint32_t _single(self, str term) except? 0xFFFFFFFF:
        cdef bytes padded = term.encode("utf-8", "surrogatepass")
        cdef Span span
        span.length = <uint32_t>len(padded)
        padded += bytes(8)
        span.at = padded
        return self.counter.add_single(span)

    cdef _give(self, terms, bint words):
        """Add the given terms; a run of words has its parts added too, which are no terms."""
        cdef uint32_t node
        cdef int32_t j = 0
        for term in terms:
            if words and " " in term:
                first, *others = term.split(" ")
                node = self._single(first)
                for each in others:
                    node = self.counter.add_run(node, self._single(each))
            else:
                node = self._single(term)
            if self.number.size() <= node:
                self.number.resize(2 * node + 16, -1)
            self.number[node] = j
            j += 1
        self.n_terms = j

    def read(self, list documents not None, *, bint lower, accents=None, int n_threads=1):
        """Count the terms of some documents more.

        Parameters
        ----------
        documents : list of str
        lower : bool
            Turn them to lower case first, as `str.lower` does.
        accents : callable, optional
            Applied then to documents that are not ASCII.
        n_threads : int, default 1
            At most; a few documents are read by one.
        """
        cdef Py_ssize_t i, n = len(documents)
        cdef int64_t n_characters = 0
        cdef vector[Text] texts = vector[Text](n)
        cdef list held = []  # what `texts` points into
        cdef object text, prepared
        if n_threads < 1:
            raise ValueError(f"n_threads={n_threads}: must be at least 1")
        for i in range(n):
            text = documents[i]
            prepared = _prepared(text, lower, accents)
            if prepared is not None:
                text = prepared
            held.append(text)
            if PyUnicode_GET_LENGTH(text) > LONGEST:
                raise ValueError(
                    f"document {i} has {len(text)} characters: cut documents above {LONGEST}"
                )
            texts[i].data = PyUnicode_DATA(text)
            texts[i].length = PyUnicode_GET_LENGTH(text)
            texts[i].width = PyUnicode_KIND(text)
            texts[i].ascii = PyUnicode_IS_ASCII(text)
            texts[i].lower = lower and prepared is None
            n_characters += texts[i].length
        if n_characters < ALONE:
            n_threads = 1
        cdef int64_t before = self.counter.rows()
        if n:
            with nogil:
                self.counter.read(&texts[0], n, n_threads)
        cdef int64_t wrong = self.counter.undecodable()
        if wrong >= before:
            held[wrong - before].encode("utf-8")  # which says where
        del held

    def finish(self):
        """Sort the terms that were learned; return them in a list."""
        cdef vector[char] buffer
        cdef int64_t j
        cdef list terms = []
        with nogil:
            self.n_terms = self.counter.finish()
        for j in range(self.n_terms):
            self.counter.spell(j, buffer)
            terms.append(PyUnicode_DecodeUTF8(buffer.data(), buffer.size(), "surrogatepass"))
        return terms

    def document_frequency(self):
        """In how many documents each of the sorted terms is, after `finish`."""
        out = np.empty(self.n_terms, dtype=np.int64)
        cdef int64_t[::1] view = out
        cdef int64_t j
        for j in range(self.n_terms):
            view[j] = self.counter.frequency_of(j)
        return out

    def totals(self):
        """How often each of the sorted terms occurs, after `finish`."""
        out = np.zeros(self.n_terms, dtype=np.int64)
        cdef int64_t[::1] view = out
        if self.n_terms:
            self.counter.totals(&view[0])
        return out

    def matrix(self, columns, int64_t n_columns, dtype, *, int n_threads=1):
        """Return ``(indptr, indices, data)`` of the counts, a row a document.

        Parameters
        ----------
        columns : ndarray of int32 of shape (n_terms,), or None
            Column of each term, sorted or as they were given, -1 for those to leave out; None
            where terms are hashed.
        n_columns : int
        dtype : {int64, float32, float64}
        n_threads : int, default 1
        """
        cdef const int32_t[::1] wanted
        cdef vector[int32_t] column_of = vector[int32_t](1, -1)
        cdef size_t i
        if not self.hashes:
            wanted = columns
            if wanted.shape[0] != self.n_terms:
                raise ValueError(f"{wanted.shape[0]} columns for {self.n_terms} terms")
            if self.n_terms and np.max(columns) >= n_columns:
                raise ValueError(f"a column is not below {n_columns}")
            if self.grows:
                column_of.resize(self.n_terms + 1, -1)
                for i in range(<size_t>self.n_terms):
                    column_of[i] = wanted[i]
            else:
                column_of.resize(self.counter.n_given() + 1, -1)
                for i in range(min(self.number.size(), self.counter.n_given())):
                    column_of[i] = wanted[self.number[i]] if self.number[i] >= 0 else -1
        cdef int64_t n_rows = self.counter.rows()
        lengths = np.zeros(n_rows + 1, dtype=np.int64)
        cdef int64_t[::1] view = lengths
        cdef int64_t total = self.counter.choose(&column_of[0], n_columns, &view[1])
        width = np.int32 if max(total, n_columns) < 2**31 else np.int64
        indptr = np.cumsum(lengths).astype(width)
        indices = np.empty(total, dtype=width)
        data = np.empty(total, dtype=dtype)
        _write(self, indptr, indices, data, n_threads)
        return indptr, indices, data


def _write(
    TermCounter self, index_t[::1] indptr, index_t[::1] indices, value_t[::1] data, int n_threads
):
    if data.shape[0]:
        with nogil:
            self.counter.write(&indptr[0], &indices[0], &data[0], n_threads)


def weigh(
    real_t[::1] data, const index_t[::1] indices, const index_t[::1] indptr, weights, int norm,
    *, int n_threads=1,
):
    """Multiply the entries of a CSR matrix by weights of columns and divide rows by their norms.

    Parameters
    ----------
    data, indices, indptr : ndarrays
        Of the matrix; `data` is changed.
    weights : ndarray of shape (n_columns,), or None
        In the dtype of `data`.
    norm : {0, 1, 2}
        No division, by the sum of absolute values, by the Euclidean norm.
    n_threads : int, default 1
    """
    cdef const real_t[::1] factors
    cdef const real_t* factor = NULL
    cdef Py_ssize_t k, n_rows = indptr.shape[0] - 1
    if n_rows < 0 or indptr[0] != 0 or indptr[n_rows] > min(data.shape[0], indices.shape[0]):
        raise ValueError("indptr does not fit indices and data")
    for k in range(n_rows):
        if indptr[k] > indptr[k + 1]:
            raise ValueError("indptr must not decrease")
    if weights is not None and data.shape[0]:
        factors = weights
        for k in range(indices.shape[0]):
            if not 0 <= indices[k] < factors.shape[0]:
                raise ValueError(f"column {indices[k]} has no weight")
        factor = &factors[0]
    if data.shape[0] and n_rows:
        with nogil:
            weigh_rows(&data[0], &indices[0], &indptr[0], n_rows, factor, norm, n_threads)
