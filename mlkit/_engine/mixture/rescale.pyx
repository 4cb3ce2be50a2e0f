"""Columns shifted and stretched: ``(x − shift) / scale`` and ``x · scale + shift``."""

import numpy as np

from cython.parallel cimport prange

ctypedef fused real_t:
    float
    double

cdef extern from "rescale.hpp" nogil:
    void rescale_run(bint expand, const float* x, Py_ssize_t n, const float* shift,
                     const float* scale, Py_ssize_t period, float* out)
    void rescale_run(bint expand, const double* x, Py_ssize_t n, const double* shift,
                     const double* scale, Py_ssize_t period, double* out)

cdef enum:
    PERIOD = 256    # parameters are repeated up to this length: the inner loop is long
    CHUNK = 65536   # entries a thread takes at a time


def rescale(X, shift, scale, out, bint expand, int n_threads):
    """Write ``(X − shift) / scale``, or ``X · scale + shift`` if `expand`, into `out`.

    Parameters
    ----------
    X : ndarray of float32 or float64, shape (n_rows, n_columns), C- or F-contiguous
    shift, scale : ndarray of shape (n_columns,)
        Brought to the dtype of X first, so that all is computed in it.
    out : ndarray like X
        X itself, or memory apart from it, in the order of X.
    expand : bool
    n_threads : int

    Returns
    -------
    out

    Raises
    ------
    ValueError
        If shapes, dtypes or orders do not agree.
    """
    if X.dtype != np.float32 and X.dtype != np.float64:
        raise ValueError(f"X must be float32 or float64, got {X.dtype}")
    if out.shape != X.shape or out.dtype != X.dtype:
        raise ValueError(f"out is {out.dtype} of shape {out.shape}, X {X.dtype} of {X.shape}")
    shift = np.ascontiguousarray(shift, dtype=X.dtype)
    scale = np.ascontiguousarray(scale, dtype=X.dtype)
    if shift.shape != X.shape[1:] or scale.shape != X.shape[1:]:
        raise ValueError(f"shift {shift.shape} and scale {scale.shape} must be one a column")
    if X.size == 0:
        return out
    cdef Py_ssize_t repeats
    if X.flags.c_contiguous and out.flags.c_contiguous:
        repeats = max(1, PERIOD // X.shape[1])
        lines, results = X.reshape(1, -1), out.reshape(1, -1)
        shift, scale = np.tile(shift, repeats)[None], np.tile(scale, repeats)[None]
    elif X.flags.f_contiguous and out.flags.f_contiguous:
        lines, results = X.T, out.T
        shift, scale = (np.repeat(each[:, None], PERIOD, axis=1) for each in (shift, scale))
    else:
        raise ValueError("X and out must both be C-contiguous or both F-contiguous")
    if X.dtype == np.float32:
        _lines[float](lines, shift, scale, results, expand, n_threads)
    else:
        _lines[double](lines, shift, scale, results, expand, n_threads)
    return out


cdef void _lines(const real_t[:, ::1] X, const real_t[:, ::1] shift, const real_t[:, ::1] scale,
                 real_t[:, ::1] out, bint expand, int n_threads) noexcept:
    """Each line of X with its line of parameters, which repeat along it."""
    cdef Py_ssize_t n = X.shape[1], period = shift.shape[1]
    cdef Py_ssize_t chunk = period * max(1, CHUNK // period)
    cdef Py_ssize_t per_line = (n + chunk - 1) // chunk, task, line, start
    for task in prange(X.shape[0] * per_line, nogil=True, schedule="static",
                       num_threads=n_threads):
        line = task // per_line
        start = (task % per_line) * chunk
        rescale_run(expand, &X[line, start], min(chunk, n - start), &shift[line, 0],
                    &scale[line, 0], period, &out[line, start])
