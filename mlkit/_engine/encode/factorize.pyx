"""Distinct values of a column, numbered by first appearance."""

from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t, uintptr_t
from libcpp.vector cimport vector

import numpy as np

cdef extern from "first_seen.hpp" namespace "mlkit" nogil:
    cdef cppclass Words:
        const uint64_t* data

    cdef cppclass Rows:
        const uint8_t* data
        size_t width

    void number_by_first_seen[Keys](
        const Keys& keys, size_t n, int32_t* codes, vector[int64_t]& first
    ) except +


cdef struct Seen:
    PyObject* item
    int32_t code


cdef int64_t MOST_ROWS = 2147483647


cdef void _check_rows(Py_ssize_t n) except *:
    if n > MOST_ROWS:
        raise ValueError(f"a column of {n} rows is too long: codes are 32-bit")


cdef object _as_array(vector[int64_t]& first):
    cdef Py_ssize_t i, n = <Py_ssize_t>first.size()
    out = np.empty(n, dtype=np.int64)
    cdef int64_t[::1] view = out
    for i in range(n):
        view[i] = first[i]
    return out


def factorize_words(const uint64_t[::1] words not None):
    """Return ``(codes, first)`` of 64-bit keys.

    ``codes[i]`` numbers the key of row i by first appearance, ``first[code]`` is
    the row where that key was first met.
    """
    cdef Py_ssize_t n = words.shape[0]
    _check_rows(n)
    codes = np.empty(n, dtype=np.int32)
    cdef int32_t[::1] out = codes
    cdef vector[int64_t] first
    cdef Words keys
    if n:
        keys.data = &words[0]
        with nogil:
            number_by_first_seen(keys, <size_t>n, &out[0], first)
    return codes, _as_array(first)


def factorize_rows(const uint8_t[:, ::1] rows not None):
    """Return ``(codes, first)`` as `factorize_words`, a key being the bytes of a row."""
    cdef Py_ssize_t n = rows.shape[0]
    _check_rows(n)
    codes = np.empty(n, dtype=np.int32)
    cdef int32_t[::1] out = codes
    cdef vector[int64_t] first
    cdef Rows keys
    if n and rows.shape[1]:
        keys.data = &rows[0, 0]
        keys.width = <size_t>rows.shape[1]
        with nogil:
            number_by_first_seen(keys, <size_t>n, &out[0], first)
    elif n:
        codes[:] = 0
        first.push_back(0)
    return codes, _as_array(first)


def factorize_objects(values not None):
    """Return ``(codes, uniques)`` of a one-dimensional object array.

    Values are one if they are equal and hash alike; every float NaN is one
    value. A column of strings repeats few objects, so the code of an object is
    looked for by its address before it is hashed.

    Raises
    ------
    TypeError
        If a value cannot be hashed.
    """
    values = np.asarray(values, dtype=object)
    if values.ndim != 1:
        raise ValueError(f"values must have one dimension, got {values.ndim}")
    cdef Py_ssize_t i, n = values.shape[0]
    _check_rows(n)
    codes = np.empty(n, dtype=np.int32)
    cdef int32_t[::1] out = codes
    # A column of a table is read where it lies: a copy would touch the count of each object.
    cdef char* start = <char*><uintptr_t>values.__array_interface__["data"][0]
    cdef Py_ssize_t step = values.strides[0]
    cdef int bits = 4
    while bits < 13 and (1 << bits) < 2 * n:
        bits += 1
    cdef Seen empty
    empty.item = NULL
    empty.code = -1
    cdef vector[Seen] cache = vector[Seen](1 << bits, empty)
    cdef dict known = {}
    cdef list uniques = []
    cdef int32_t code, nan_code = -1
    cdef size_t slot
    cdef PyObject* address
    cdef object item, found
    for i in range(n):
        address = (<PyObject**>(start + i * step))[0]
        slot = (<uint64_t><uintptr_t>address * 0x9E3779B97F4A7C15ULL) >> (64 - bits)
        if cache[slot].item == address:
            out[i] = cache[slot].code
            continue
        item = <object>address if address != NULL else None
        if isinstance(item, float) and item != item:
            if nan_code < 0:
                nan_code = <int32_t>len(uniques)
                uniques.append(item)
            code = nan_code
        else:
            found = known.get(item)
            if found is None:
                code = <int32_t>len(uniques)
                known[item] = code
                uniques.append(item)
            else:
                code = found
        cache[slot].item = address
        cache[slot].code = code
        out[i] = code
    return codes, uniques
