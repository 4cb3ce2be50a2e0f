"""MurmurHash3 of integers, bytes, text and arrays of integers."""

import numpy as np

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int32_t, uint32_t

cdef extern from "murmur3.hpp" nogil:
    uint32_t murmur3_bytes "murmur3_32"(const char*, Py_ssize_t, uint32_t)
    uint32_t murmur3_int "murmur3_32"(int32_t, uint32_t)


def murmurhash3_int_u32(int32_t key, uint32_t seed):
    """Unsigned hash of the four bytes of an integer."""
    return murmur3_int(key, seed)


def murmurhash3_int_s32(int32_t key, uint32_t seed):
    """Signed hash of the four bytes of an integer."""
    return <int32_t>murmur3_int(key, seed)


def murmurhash3_bytes_u32(bytes key not None, uint32_t seed):
    """Unsigned hash of bytes."""
    return murmur3_bytes(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), seed)


def murmurhash3_bytes_s32(bytes key not None, uint32_t seed):
    """Signed hash of bytes."""
    return <int32_t>murmur3_bytes(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), seed)


def murmurhash3_bytes_array_u32(const int32_t[:] key, uint32_t seed):
    """Unsigned hash of each integer of an array of one dimension."""
    out = np.empty(key.shape[0], dtype=np.uint32)
    cdef uint32_t[::1] target = out
    cdef Py_ssize_t i
    with nogil:
        for i in range(key.shape[0]):
            target[i] = murmur3_int(key[i], seed)
    return out


def murmurhash3_bytes_array_s32(const int32_t[:] key, uint32_t seed):
    """Signed hash of each integer of an array of one dimension."""
    return murmurhash3_bytes_array_u32(key, seed).view(np.int32)


def murmurhash3_32(key, seed=0, positive=False):
    """Return the 32-bit MurmurHash3 of a key.

    Parameters
    ----------
    key : int, bytes, str or ndarray of int32
        Text is hashed as UTF-8, an integer as its four bytes, an array entry by entry.
    seed : int, default 0
        Of 32 bits, unsigned.
    positive : bool, default False
        Return the hash as an unsigned integer instead of a signed one.

    Returns
    -------
    int, or ndarray of int32 or uint32 in the shape of `key`

    Raises
    ------
    TypeError
        For another kind of key.
    OverflowError
        For an integer or a seed that does not fit in 32 bits.

    References
    ----------
    Appleby, A. (2011). MurmurHash3.

    Examples
    --------
    >>> from mlkit.utils import murmurhash3_32
    >>> murmurhash3_32("Hello World!", seed=42)
    3565178
    >>> murmurhash3_32(b"Hello World!", seed=42, positive=True)
    3565178
    """
    if isinstance(key, str):
        key = key.encode("utf-8")
    if isinstance(key, bytes):
        return murmurhash3_bytes_u32(key, seed) if positive else murmurhash3_bytes_s32(key, seed)
    if isinstance(key, (int, np.integer)):
        return murmurhash3_int_u32(key, seed) if positive else murmurhash3_int_s32(key, seed)
    if isinstance(key, np.ndarray):
        if key.dtype != np.int32:
            raise TypeError(f"an array to hash must have dtype int32, got {key.dtype}")
        hashes = murmurhash3_bytes_array_u32(np.ascontiguousarray(key).ravel(), seed)
        return hashes.view(np.uint32 if positive else np.int32).reshape(key.shape)
    raise TypeError(
        f"cannot hash {key!r} of type {type(key).__name__}: pass an int, bytes, str or an array of "
        "dtype int32"
    )
