"""Documents taken apart and their terms counted, without a Python object for each term."""

from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.memory cimport shared_ptr
from libcpp.vector cimport vector

import numpy as np

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    int PyUnicode_KIND(object text)
    void* PyUnicode_DATA(object text)
    bint PyUnicode_IS_ASCII(object text)
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL

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

    cdef cppclass Given:
        vector[int32_t] column_of
        int64_t n_columns
        cbool fixed
        void add_stop_word(Span s) except +
        uint32_t add_single(Span s) except +
        uint32_t add_run(uint32_t run, uint32_t last) except +

    cdef cppclass Counter:
        Counter(int unit, int64_t low, int64_t high, shared_ptr[Given] given) except +
        void hash_into(int64_t n_columns, cbool signs)
        void read(const Text* texts, int64_t n, int n_threads) except +
        int64_t rows()
        int64_t undecodable()
        int64_t finish() except +
        Span spell(int64_t j, vector[uint8_t]& out) except +
        int64_t frequency_of(int64_t j)
        void totals(int64_t* out)
        int64_t choose(const int32_t* column_of, int64_t n_columns, int64_t* lengths) except +
        void write[I, V](const I* indptr, I* indices, V* data, int n_threads) except +

    void fill_tables()
    uint32_t murmur3_bytes "murmur3_32"(const char*, Py_ssize_t, uint32_t)
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

# Characters that are read, or entries that are written, in about the time in which threads start.
cdef int64_t ALONE = 1 << 18


cdef object _prepared(object text, bint lower, object accents):
    """`text` after what only Python can do to it; None if that is nothing."""
    if isinstance(text, str):
        if PyUnicode_IS_ASCII(text):
            return None
        if accents is None and not (lower and (CAPITAL_SIGMA in text or DOTTED_I in text)):
            return None
    if lower:
        if not hasattr(text, "lower"):
            raise AttributeError(
                f"a document is {text!r}, which has no lower case: fill missing texts, with '' for "
                "instance"
            )
        text = text.lower()
    if accents is not None:
        text = accents(text)
    if not isinstance(text, str):
        raise TypeError(f"a document must be str or bytes, not {type(text).__name__}: {text!r}")
    return text


cdef class GivenTerms:
    """What is known before documents are read; it does not change and serves many counters.

    Parameters
    ----------
    stop_words : iterable of str
        Words that are left out before runs are formed.
    columns : dict of str to int, optional
        The only terms to count and their columns, 0 to n_columns - 1; what is no str cannot occur
        and is passed over.
    n_columns : int, default 0
    words : bool, default False
        Terms are runs of words joined by spaces.
    """

    cdef shared_ptr[Given] given
    cdef vector[uint8_t] buffer

    def __cinit__(self, stop_words=(), dict columns=None, int64_t n_columns=0, bint words=False):
        cdef int64_t column
        cdef uint32_t node
        self.given.reset(new Given())
        for word in stop_words:
            if isinstance(word, str):
                self.given.get().add_stop_word(self._padded(word))
        if columns is None:
            return
        if n_columns >= 2**31:
            raise ValueError(f"{n_columns} columns: at most 2**31 - 1 can be counted")
        self.given.get().fixed = True
        self.given.get().n_columns = n_columns
        for term, place in columns.items():
            if not isinstance(term, str):
                continue
            column = place
            if not 0 <= column < n_columns:
                raise ValueError(f"column {column} of term {term!r} is not below {n_columns}")
            node = self._node(term, words)
            self.given.get().column_of[node] = <int32_t>column

    cdef Span _padded(self, str term) except *:
        """UTF-8 with eight bytes to read behind it, until the next call."""
        cdef Span span
        cdef Py_ssize_t size
        cdef const char* text
        cdef bytes encoded
        try:
            text = PyUnicode_AsUTF8AndSize(term, &size)
        except UnicodeEncodeError:
            encoded = term.encode("utf-8", "surrogatepass")
            text, size = encoded, len(encoded)
        if self.buffer.size() < <size_t>size + 8:
            self.buffer.resize(2 * size + 8)
        memcpy(self.buffer.data(), text, size)
        span.at = self.buffer.data()
        span.length = <uint32_t>size
        return span

    cdef uint32_t _node(self, str term, bint words) except? 0xFFFFFFFF:
        """The number of a term; the parts of a run are added too and are no terms."""
        cdef uint32_t node
        if not words or " " not in term:
            return self.given.get().add_single(self._padded(term))
        first, *others = term.split(" ")
        node = self.given.get().add_single(self._padded(first))
        for each in others:
            node = self.given.get().add_run(
                node, self.given.get().add_single(self._padded(each))
            )
        return node


cdef class TermCounter:
    """Counts of terms in documents, of terms that are learned or given, or of their hashes.

    Parameters
    ----------
    unit : int
        `WORDS`, `CHARS` or `BOUNDED`.
    low, high : int
        Terms are runs of `low` to `high` units, 1 ≤ low ≤ high.
    given : GivenTerms
        Stop words, and the terms to count unless all are learned.
    hashed : tuple of (int, bool), optional
        Number of columns that terms are hashed into, below 2³¹, and whether hashes have signs.
    """

    cdef Counter* counter
    cdef bint grows
    cdef readonly int64_t n_terms

    def __cinit__(
        self, int unit, int64_t low, int64_t high, GivenTerms given not None, hashed=None
    ):
        if not 0 <= unit <= 2 or not 1 <= low <= high:
            raise ValueError(f"unit={unit}, low={low}, high={high}: no way to form terms")
        if hashed is not None and not 1 <= hashed[0] < 2**31:
            raise ValueError(f"{hashed[0]} columns to hash into: need 1 to 2**31 - 1")
        self.grows = hashed is None and not given.given.get().fixed
        self.counter = new Counter(unit, low, high, given.given)
        if hashed is not None:
            self.counter.hash_into(hashed[0], hashed[1])

    def __dealloc__(self):
        del self.counter

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
        """Sort the terms that were learned; return their number."""
        with nogil:
            self.n_terms = self.counter.finish()
        return self.n_terms

    def vocabulary(self, kept=None):
        """The learned terms with their columns, 0, 1, ... in sorted order.

        Parameters
        ----------
        kept : ndarray of bool of shape (n_terms,), optional
            Which of the sorted terms get a column; by default all.
        """
        cdef vector[uint8_t] buffer
        cdef Span span
        cdef int64_t j, column = 0
        cdef dict found = {}
        cdef const uint8_t[::1] wanted
        if kept is not None:
            wanted = kept.view(np.uint8)
            if wanted.shape[0] != self.n_terms:
                raise ValueError(f"{wanted.shape[0]} flags for {self.n_terms} terms")
        for j in range(self.n_terms):
            if kept is not None and not wanted[j]:
                continue
            span = self.counter.spell(j, buffer)
            found[PyUnicode_DecodeUTF8(<const char*>span.at, span.length, "surrogatepass")] = column
            column += 1
        return found

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
            Where terms were learned, the column of each of them, sorted, -1 for those to leave out.
        n_columns : int
        dtype : {int64, float32, float64}
        n_threads : int, default 1
        """
        cdef const int32_t[::1] wanted
        cdef const int32_t* column_of = NULL
        if self.grows:
            wanted = columns
            if wanted.shape[0] != self.n_terms:
                raise ValueError(f"{wanted.shape[0]} columns for {self.n_terms} terms")
            if self.n_terms:
                if np.max(columns) >= n_columns:
                    raise ValueError(f"a column is not below {n_columns}")
                column_of = &wanted[0]
        cdef int64_t n_rows = self.counter.rows()
        lengths = np.zeros(n_rows + 1, dtype=np.int64)
        cdef int64_t[::1] view = lengths
        cdef int64_t total = self.counter.choose(column_of, n_columns, &view[1]) if n_rows else 0
        width = np.int32 if max(total, n_columns) < 2**31 else np.int64
        indptr = np.cumsum(lengths).astype(width)
        indices = np.empty(total, dtype=width)
        data = np.empty(total, dtype=dtype)
        _write(self, indptr, indices, data, n_threads if total > ALONE else 1)
        return indptr, indices, data


def _write(
    TermCounter self, index_t[::1] indptr, index_t[::1] indices, value_t[::1] data, int n_threads
):
    if data.shape[0]:
        with nogil:
            self.counter.write(&indptr[0], &indices[0], &data[0], n_threads)


cdef int32_t _hash_name(object name) except? 0:
    cdef Py_ssize_t size
    cdef const char* at
    if isinstance(name, bytes):
        return <int32_t>murmur3_bytes(name, len(<bytes>name), 0)
    if not isinstance(name, str):
        raise TypeError(
            f"feature names must be strings, got {name!r} of type {type(name).__name__}"
        )
    at = PyUnicode_AsUTF8AndSize(name, &size)
    return <int32_t>murmur3_bytes(at, size, 0)


def hash_features(samples, int64_t n_features, bint alternate_sign, bint names_alone):
    """Return row bounds, columns and values of samples whose features are placed by their hash.

    Feature f goes to column ``|h| mod n_features`` with the sign of h, where h is the signed
    MurmurHash3 of f (Weinberger et al., 2009). Columns of a row may repeat.

    Parameters
    ----------
    samples : iterable of iterables of (str or bytes, number or str)
        A string s as the value of f is the feature ``f=s`` with value 1.
    n_features : int
        At least 1 and below 2³¹.
    alternate_sign : bool
        Whether the sign of h counts.
    names_alone : bool
        Samples are iterables of names, the value of each is 1.

    Returns
    -------
    indptr : ndarray of int64, indices : ndarray of int32, values : ndarray of float64
    """
    cdef vector[int64_t] bounds = vector[int64_t](1, 0)
    cdef vector[int32_t] columns
    cdef vector[double] numbers
    cdef int64_t hashed
    cdef double number
    if not 1 <= n_features < 2**31:
        raise ValueError(f"{n_features} columns to hash into: need 1 to 2**31 - 1")
    for sample in samples:
        for entry in sample:
            number = 1
            if names_alone:
                name = entry
            else:
                name, value = entry
                if isinstance(value, str):
                    name = f"{name}={value}"
                else:
                    number = value
                    if number == 0:
                        continue
            hashed = _hash_name(name)
            columns.push_back(<int32_t>((-hashed if hashed < 0 else hashed) % n_features))
            numbers.push_back(-number if alternate_sign and hashed < 0 else number)
        bounds.push_back(<int64_t>columns.size())
    indptr = np.empty(bounds.size(), np.int64)
    indices = np.empty(columns.size(), np.int32)
    values = np.empty(numbers.size(), np.float64)
    cdef int64_t[::1] to_bounds = indptr
    cdef int32_t[::1] to_columns = indices
    cdef double[::1] to_numbers = values
    memcpy(&to_bounds[0], bounds.data(), bounds.size() * sizeof(int64_t))
    if columns.size():
        memcpy(&to_columns[0], columns.data(), columns.size() * sizeof(int32_t))
        memcpy(&to_numbers[0], numbers.data(), numbers.size() * sizeof(double))
    return indptr, indices, values


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
