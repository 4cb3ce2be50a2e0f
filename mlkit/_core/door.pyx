"""The quick door: is X a plain array that an estimator may use as it is.

`is_plain` answers in a fraction of a microsecond for one row, so that ``predict`` of a row does
not pay for the questions that frames, lists and sparse matrices need. What it turns away goes
through `arrays.check_array`, which knows why.
"""

import os

import numpy as np

cimport numpy as cnp
from cython.parallel cimport prange

from . import parallel

cnp.import_array()

cdef extern from "dispatch.hpp":
    int mlkit_requested_level() nogil

cdef extern from "scan.hpp" nogil:
    bint scan_finite(const float*, Py_ssize_t n, Py_ssize_t step, bint allow_nan)
    bint scan_finite(const double*, Py_ssize_t n, Py_ssize_t step, bint allow_nan)

ctypedef fused real_t:
    float
    double

cdef enum:
    PARALLEL_BYTES = 4 << 20    # below, waking threads costs more than the scan
    USEFUL_THREADS = 4          # as many draw all that the memory gives
    CORES_A_THREAD = 2          # one thread draws what two cores could: on two it scans alone
    CHUNK = 1 << 16             # entries a thread takes at a time

if mlkit_requested_level() < 0:
    raise ValueError(
        f"environment variable MLKIT_CPU={os.environ.get('MLKIT_CPU')!r}: must be one of "
        "'baseline', 'avx2', 'avx512'"
    )


cdef bint finite_line(
    const real_t* x, Py_ssize_t n, Py_ssize_t step, bint allow_nan, int n_threads
) noexcept nogil:
    """Whether n entries, `step` apart, are finite."""
    cdef Py_ssize_t chunk, n_chunks = (n + CHUNK - 1) // CHUNK
    cdef int found = 0
    if n_threads <= 1 or n_chunks <= 1:
        return scan_finite(x, n, step, allow_nan)
    for chunk in prange(n_chunks, schedule="dynamic", num_threads=n_threads):
        found += not scan_finite(
            x + chunk * CHUNK * step, min(<Py_ssize_t>CHUNK, n - chunk * CHUNK), step, allow_nan
        )
    return found == 0


cdef bint finite_plane(
    const real_t* x, Py_ssize_t n_rows, Py_ssize_t n_columns, Py_ssize_t row_step,
    Py_ssize_t column_step, bint allow_nan, int n_threads,
) noexcept nogil:
    """Whether entries x[i·row_step + j·column_step] are finite, met in the order of memory."""
    cdef Py_ssize_t i, n_lines = n_rows, n = n_columns, far = row_step, near = column_step
    cdef int found = 0
    if n_columns == 1 or (
        n_rows > 1 and row_step * row_step < column_step * column_step
    ):
        n_lines, n, far, near = n_columns, n_rows, column_step, row_step
    if n_lines == 1 or far == n * near:
        return finite_line(x, n_lines * n, near, allow_nan, n_threads)
    if n_threads <= 1:
        for i in range(n_lines):
            if not scan_finite(x + i * far, n, near, allow_nan):
                return False
        return True
    for i in prange(n_lines, schedule="guided", num_threads=n_threads):
        found += not scan_finite(x + i * far, n, near, allow_nan)
    return found == 0


cdef int threads_for(cnp.ndarray array) except -1:
    """Threads worth starting for a scan of `array`."""
    if cnp.PyArray_NBYTES(array) < PARALLEL_BYTES:
        return 1
    return max(1, min(parallel.n_threads() // CORES_A_THREAD, USEFUL_THREADS))


cdef bint finite_array(cnp.ndarray array, bint allow_nan, int n_threads) except -1:
    """Whether an array of at most two dimensions, native float32 or float64, is finite."""
    cdef int ndim = cnp.PyArray_NDIM(array)
    cdef Py_ssize_t size = cnp.PyArray_ITEMSIZE(array)
    cdef Py_ssize_t n_rows = 1, n_columns = 1, row_step = 1, column_step = 1
    cdef void* data = cnp.PyArray_DATA(array)
    cdef bint answer
    if ndim > 0:
        n_columns = cnp.PyArray_DIM(array, ndim - 1)
        column_step = cnp.PyArray_STRIDE(array, ndim - 1) // size
    if ndim > 1:
        n_rows = cnp.PyArray_DIM(array, 0)
        row_step = cnp.PyArray_STRIDE(array, 0) // size
    if n_rows * n_columns < 256:    # releasing the interpreter costs more than the scan
        if size == 4:
            return finite_plane(
                <float*>data, n_rows, n_columns, row_step, column_step, allow_nan, 1
            )
        return finite_plane(<double*>data, n_rows, n_columns, row_step, column_step, allow_nan, 1)
    with nogil:
        if size == 4:
            answer = finite_plane(
                <float*>data, n_rows, n_columns, row_step, column_step, allow_nan, n_threads
            )
        else:
            answer = finite_plane(
                <double*>data, n_rows, n_columns, row_step, column_step, allow_nan, n_threads
            )
    return answer


cdef inline bint is_native_real(cnp.ndarray array) noexcept:
    """Whether entries are aligned float32 or float64 in this machine's byte order."""
    cdef int kind = cnp.PyArray_TYPE(array)
    return (
        (kind == cnp.NPY_FLOAT64 or kind == cnp.NPY_FLOAT32)
        and cnp.PyArray_ISBEHAVED_RO(array)
        and whole_steps(array)
    )


cdef inline bint whole_steps(cnp.ndarray array) noexcept:
    """Whether strides are whole entries: a field of a structured array has others."""
    cdef int axis
    for axis in range(cnp.PyArray_NDIM(array)):
        if cnp.PyArray_STRIDE(array, axis) % cnp.PyArray_ITEMSIZE(array) != 0:
            return False
    return True


def is_plain(X, Py_ssize_t n_columns, bint allow_nan):
    """True if X may be used as it is: a matrix of finite floats of the expected width.

    Parameters
    ----------
    X : object
    n_columns : int
        The width that is expected; negative for any.
    allow_nan : bool
        Let NaN pass. Infinity never passes.

    Returns
    -------
    bool
        True only for an exact `numpy.ndarray` (no subclass) of two dimensions, neither of them
        empty, with aligned float32 or float64 entries in native byte order, all finite.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._core.door import is_plain
    >>> is_plain(np.ones((1, 3)), 3, False), is_plain([[1.0, 2.0, 3.0]], 3, False)
    (True, False)
    """
    cdef cnp.ndarray array
    if not cnp.PyArray_CheckExact(X):
        return False
    array = <cnp.ndarray>X
    if (
        cnp.PyArray_NDIM(array) != 2
        or cnp.PyArray_SIZE(array) == 0
        or (n_columns >= 0 and cnp.PyArray_DIM(array, 1) != n_columns)
        or not is_native_real(array)
    ):
        return False
    return finite_array(array, allow_nan, threads_for(array))


def all_finite(array, bint allow_nan=False):
    """True if no entry is infinite and, unless `allow_nan`, none is NaN.

    Parameters
    ----------
    array : ndarray
        Of numbers, in any order and number of dimensions. float32 and float64 are scanned where
        they lie, at the speed of memory and without the interpreter's lock.
    allow_nan : bool, default False

    Returns
    -------
    bool

    Raises
    ------
    TypeError
        If entries are not numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._core.door import all_finite
    >>> X = np.array([1.0, np.nan])
    >>> all_finite(X), all_finite(X, allow_nan=True)
    (False, True)
    """
    array = np.asarray(array)
    kind = array.dtype.kind
    if kind in "biu":
        return True
    if kind not in "fc":
        raise TypeError(f"all_finite needs an array of numbers, got dtype {array.dtype}")
    if kind == "c" or not is_native_real(array):
        return not (np.isinf(array) if allow_nan else ~np.isfinite(array)).any()
    if array.ndim > 2:
        # One line where that is possible without a copy; a C-order copy of the rest.
        array = array.ravel(order="K")
    return finite_array(array, allow_nan, threads_for(array))
