"""Rows in drawn order and rows by fold: what NumPy's generator draws, in a pass each."""

import numpy as np

from cpython.pycapsule cimport PyCapsule_GetPointer
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memcpy

# Draws made ahead of the exchanges they are for, whose places are then on their way to the cache.
cdef enum:
    AHEAD = 64
    LINE = 64  # bytes that come to the cache together
    LINES = 4  # of a row, that are asked for; the processor guesses the rest
    ROWS_AHEAD = 12

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define mlkit_prefetch(address) __builtin_prefetch(address, 1)
    #define mlkit_prefetch_read(address) __builtin_prefetch(address)
    #else
    #define mlkit_prefetch(address)
    #define mlkit_prefetch_read(address)
    #endif
    """
    void mlkit_prefetch(const void* address) noexcept nogil
    void mlkit_prefetch_read(const void* address) noexcept nogil

# The functions of a NumPy bit generator, as its capsule holds them.
cdef struct Generator:
    void* state
    uint64_t (*next_uint64)(void*) noexcept nogil
    uint32_t (*next_uint32)(void*) noexcept nogil
    double (*next_double)(void*) noexcept nogil
    uint64_t (*next_raw)(void*) noexcept nogil

ctypedef fused item_t:
    int32_t
    int64_t


cdef inline uint32_t below(Generator* draw, uint32_t most, uint32_t mask) noexcept nogil:
    """A number from 0 to `most`: masked bits, drawn again while they are too great."""
    cdef uint32_t value = draw.next_uint32(draw.state) & mask
    while value > most:
        value = draw.next_uint32(draw.state) & mask
    return value


def shuffle(rng, item_t[::1] values):
    """Exchange values as ``rng.shuffle(values)`` does, with the same draws.

    Parameters
    ----------
    rng : numpy.random.RandomState
    values : ndarray of int32 or int64, at most 2 ** 32 of them
    """
    cdef Py_ssize_t last = values.shape[0] - 1, i, taken
    cdef Py_ssize_t places[AHEAD]
    cdef uint32_t mask
    cdef item_t held
    cdef Generator* draw
    if last >= 1 << 32:
        raise ValueError(f"{last + 1} values are more than a 32-bit draw can name")
    bits = rng._bit_generator
    draw = <Generator*>PyCapsule_GetPointer(bits.capsule, "BitGenerator")
    mask = 1
    while last > mask:
        mask = 2 * mask + 1
    with bits.lock, nogil:
        while last > 0:
            taken = min(<Py_ssize_t>AHEAD, last)
            for i in range(taken):
                # The mask is the least that covers what may be drawn.
                while (mask >> 1) >= <uint32_t>(last - i):
                    mask >>= 1
                places[i] = below(draw, <uint32_t>(last - i), mask)
                mlkit_prefetch(&values[places[i]])
            for i in range(taken):
                held = values[last - i]
                values[last - i] = values[places[i]]
                values[places[i]] = held
            last -= taken


def first_rows(const int64_t[::1] codes, Py_ssize_t n_codes):
    """Count the rows of each code, and find its first row; codes are 0 to ``n_codes - 1``.

    Returns
    -------
    counts, first : ndarray of int64 of shape (n_codes,)
    """
    counts = np.zeros(n_codes, dtype=np.int64)
    first = np.zeros(n_codes, dtype=np.int64)
    cdef int64_t[::1] number = counts, place = first
    cdef Py_ssize_t row, code
    cdef int bad = 0
    with nogil:
        for row in range(codes.shape[0]):
            code = codes[row]
            if code < 0 or code >= n_codes:
                bad = 1
                break
            if number[code] == 0:
                place[code] = row
            number[code] += 1
    if bad:
        raise ValueError(f"a code is not within 0 to {n_codes - 1}")
    return counts, first


def deal(const int64_t[::1] codes, int64_t[::1] start, const int32_t[::1] cards):
    """Give each row the next card of its code's pile.

    Parameters
    ----------
    codes : ndarray of int64
        As `first_rows` has checked them.
    start : ndarray of int64 of shape (n_codes,)
        Where in `cards` each pile begins; it ends where they all have been dealt.
    cards : ndarray of int32, as long as `codes`

    Returns
    -------
    ndarray of int32
    """
    cdef Py_ssize_t row, n = codes.shape[0], code
    if cards.shape[0] != n:
        raise ValueError(f"{cards.shape[0]} cards are dealt to {n} rows")
    out = np.empty(n, dtype=np.int32)
    cdef int32_t[::1] given = out
    cdef int bad = 0
    with nogil:
        for row in range(n):
            code = codes[row]
            if code < 0 or code >= start.shape[0] or start[code] < 0 or start[code] >= n:
                bad = 1
                break
            given[row] = cards[start[code]]
            start[code] += 1
    if bad:
        raise ValueError("a row's code has no cards left")
    return out


def apart(const int32_t[::1] fold, int32_t number):
    """Split the rows into those of other folds and those of fold `number`.

    Returns
    -------
    others, own : ndarray of int64
    """
    cdef Py_ssize_t n = fold.shape[0], row, n_own = 0, at_own = 0, at_other = 0
    cdef bint is_own
    with nogil:
        for row in range(n):
            n_own += fold[row] == number
    # One entry more than is kept: both are written at each row, and the pointer of one moves.
    own = np.empty(n_own + 1, dtype=np.int64)
    others = np.empty(n - n_own + 1, dtype=np.int64)
    cdef int64_t[::1] to_own = own, to_others = others
    with nogil:
        for row in range(n):
            is_own = fold[row] == number
            to_own[at_own] = row
            to_others[at_other] = row
            at_own += is_own
            at_other += not is_own
    return others[:n - n_own], own[:n_own]


cdef void ask_for(const uint8_t* row, Py_ssize_t size) noexcept nogil:
    """Have a row brought to the cache."""
    cdef Py_ssize_t at = 0
    while at < size and at < LINES * LINE:
        mlkit_prefetch_read(row + at)
        at += LINE


def gather(const uint8_t[:, ::1] source, const int64_t[::1] rows, uint8_t[:, ::1] out,
           int n_threads):
    """Copy rows of bytes: ``out[i] = source[rows[i]]``.

    Parameters
    ----------
    source : ndarray of uint8 of shape (n_rows, n_bytes)
    rows : ndarray of int64
    out : ndarray of uint8 of shape (len(rows), n_bytes)
    n_threads : int

    Raises
    ------
    IndexError
        For a row that is not there; nothing is copied then.
    """
    cdef Py_ssize_t i, n = rows.shape[0], size = source.shape[1], n_rows = source.shape[0]
    cdef int64_t row
    cdef int bad = 0
    if out.shape[0] != n or out.shape[1] != size:
        raise ValueError(f"out must have {n} rows of {size} bytes")
    with nogil:
        for i in range(n):
            row = rows[i]
            bad |= row < 0 or row >= n_rows
    if bad:
        raise IndexError(f"rows must be from 0 to {n_rows - 1}")
    if n == 0 or size == 0:
        return
    for i in prange(n, nogil=True, schedule="static", num_threads=n_threads):
        if i + ROWS_AHEAD < n:
            ask_for(&source[rows[i + ROWS_AHEAD], 0], size)
        if size == 8:
            memcpy(&out[i, 0], &source[rows[i], 0], 8)
        else:
            memcpy(&out[i, 0], &source[rows[i], 0], size)
