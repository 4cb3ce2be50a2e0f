# distutils: language = c++
"""Rounds of additive boosting: `additive.py` says what they compute."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t

from ..loss._losses cimport LOSS_LANES, evaluate

cdef extern from "additive.hpp" namespace "mlkit_additive" nogil:
    cdef cppclass Limits:
        Py_ssize_t max_leaves
        double min_rows, l2, rate
    cdef cppclass Cells:
        const double* sums
        const double* rows
        Py_ssize_t k
    cdef cppclass Cutter:
        void line(const Cells&, Py_ssize_t, bint, const Limits&, double*) except +
        double plane(const Cells&, Py_ssize_t, Py_ssize_t, const Limits&, double*) except +


cdef void add_up(const uint16_t* code, Py_ssize_t n, Py_ssize_t k, const double* gradient,
                 const double* curvature, Py_ssize_t n_cells, double* sums) noexcept nogil:
    """Sums of the gradients, then of the curvatures, of each cell's rows."""
    cdef Py_ssize_t i, j
    cdef double* cell
    for i in range(n_cells * 2 * k):
        sums[i] = 0
    for i in range(n):
        cell = sums + code[i] * 2 * k
        for j in range(k):
            cell[j] += gradient[i * k + j]
            cell[k + j] += curvature[i * k + j]


cdef void move(const uint16_t* code, Py_ssize_t n, Py_ssize_t k, const double* step,
               double* raw) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(n):
        for j in range(k):
            raw[i * k + j] += step[code[i] * k + j]


cdef class Terms:
    """Terms of a model and the rows it is fitted to.

    Parameters
    ----------
    codes : ndarray of uint16, shape (n_terms, n_rows), C order
        Cell of each row.
    shape : ndarray of int32, shape (n_terms, 2)
        Of a column ``(n_bins, 0)``: its missing values are cell n_bins. Of a grid its two sides;
        row-major.
    nominal : ndarray of uint8, shape (n_terms,)
        Columns without an order.
    weight : ndarray of float64, shape (n_rows,), or None
        A row of weight 2 counts as two.
    """

    cdef const uint16_t[:, ::1] codes
    cdef readonly object start, rows  # rows: their weight in each cell
    cdef const int32_t[:, ::1] shape
    cdef const uint8_t[::1] nominal
    cdef const int64_t[::1] first
    cdef const double[::1] n_rows
    cdef Py_ssize_t widest

    def __init__(self, codes, shape, nominal, weight=None):
        shape = np.ascontiguousarray(shape, dtype=np.int32).reshape(-1, 2)
        sizes = np.where(shape[:, 1] > 0, shape[:, 0] * shape[:, 1], shape[:, 0] + 1)
        if len(codes) != len(shape) or len(nominal) != len(shape):
            raise ValueError("codes, shape and nominal have an entry a term")
        if (shape[:, 0] < 1).any() or (shape[:, 1] < 0).any() or sizes.max(initial=0) > 1 << 16:
            raise ValueError("a term has 1 to 65,536 cells")
        if codes.shape[1] and (codes.max(axis=1) >= sizes).any():
            raise ValueError("a code is beyond its term's cells")
        counts = [np.bincount(c, weight, minlength=s) for c, s in zip(codes, sizes, strict=True)]
        self.start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.rows = np.concatenate([*counts, []]).astype(np.float64)
        self.codes, self.shape = codes, shape
        self.nominal = np.ascontiguousarray(nominal, dtype=np.uint8)
        self.first, self.n_rows = self.start, self.rows
        self.widest = sizes.max(initial=1)

    def round(self, loss, const double[:, ::1] y, const double[::1] weight, double[:, ::1] raw,
              double[:, ::1] scores, const uint16_t[:, ::1] held_codes, double[:, ::1] held_raw,
              Py_ssize_t max_leaves, double min_rows, double l2, double rate):
        """One step for each term in turn: add it to `scores`, `raw` and `held_raw`."""
        cdef Py_ssize_t n = self.codes.shape[1], m = held_codes.shape[1], k = raw.shape[1], t
        cdef Py_ssize_t n_terms = self.codes.shape[0], i
        cdef Cutter cutter
        cdef Limits limits
        cdef Cells cells
        cdef int kind = loss.kind
        cdef double parameter = loss.parameter
        cdef const double* w = NULL
        self._check(y, weight, raw, scores)
        if held_codes.shape[0] != n_terms or held_raw.shape[0] != m or held_raw.shape[1] != k:
            raise ValueError("the rows held out have the shapes of the others")
        if m and np.any(np.max(held_codes, axis=1) >= np.diff(self.start)):
            raise ValueError("a code is beyond its term's cells")
        if n == 0 or n_terms == 0:
            return
        cdef double[:, ::1] gradient = np.empty((n, k)), curvature = np.empty((n, k))
        cdef double[::1] sums = np.empty(self.widest * 2 * k), step = np.empty(self.widest * k)
        cdef double[::1] scratch = np.empty(k * LOSS_LANES)
        limits.max_leaves, limits.min_rows, limits.l2, limits.rate = max_leaves, min_rows, l2, rate
        cells.k = k
        if weight is not None:
            w = &weight[0]
        with nogil:
            for t in range(n_terms):
                evaluate(kind, parameter, n, k, &y[0, 0], &raw[0, 0], w, 1.0, <double*> NULL,
                         &gradient[0, 0], &curvature[0, 0], &scratch[0])
                add_up(&self.codes[t, 0], n, k, &gradient[0, 0], &curvature[0, 0],
                       self.first[t + 1] - self.first[t], &sums[0])
                cells.sums, cells.rows = &sums[0], &self.n_rows[self.first[t]]
                if self.shape[t, 1]:
                    cutter.plane(cells, self.shape[t, 0], self.shape[t, 1], limits, &step[0])
                else:
                    cutter.line(cells, self.shape[t, 0], self.nominal[t], limits, &step[0])
                move(&self.codes[t, 0], n, k, &step[0], &raw[0, 0])
                if m:
                    move(&held_codes[t, 0], m, k, &step[0], &held_raw[0, 0])
                for i in range((self.first[t + 1] - self.first[t]) * k):
                    (&scores[self.first[t], 0])[i] += step[i]

    def gains(self, const double[:, ::1] gradient, const double[:, ::1] curvature,
              double min_rows, double l2):
        """What one step of each grid would take off the loss, but for a factor of 2."""
        cdef Py_ssize_t n = self.codes.shape[1], k = gradient.shape[1], t
        cdef Py_ssize_t n_terms = self.codes.shape[0]
        cdef Cutter cutter
        cdef Limits limits
        cdef Cells cells
        if gradient.shape[0] != n or curvature.shape[0] != n or curvature.shape[1] != k:
            raise ValueError("gradient and curvature have a row a row")
        out = np.zeros(n_terms)
        cdef double[::1] gain = out, sums = np.empty(self.widest * 2 * k)
        limits.max_leaves, limits.min_rows, limits.l2, limits.rate = 4, min_rows, l2, 1.0
        cells.k = k
        if n == 0:
            return out
        with nogil:
            for t in range(n_terms):
                if self.shape[t, 1] == 0:
                    continue
                add_up(&self.codes[t, 0], n, k, &gradient[0, 0], &curvature[0, 0],
                       self.first[t + 1] - self.first[t], &sums[0])
                cells.sums, cells.rows = &sums[0], &self.n_rows[self.first[t]]
                gain[t] = cutter.plane(cells, self.shape[t, 0], self.shape[t, 1], limits, NULL)
        return out

    cdef _check(self, const double[:, ::1] y, const double[::1] weight, double[:, ::1] raw,
                double[:, ::1] scores):
        n = self.codes.shape[1]
        if y.shape[0] != n or raw.shape[0] != n or (weight is not None and weight.shape[0] != n):
            raise ValueError(f"y, weight and raw have {n} rows")
        if raw.shape[1] < 1 or y.shape[1] not in (1, raw.shape[1]):
            raise ValueError("y has a column, or as many as raw")
        if scores.shape[0] != len(self.rows) or scores.shape[1] != raw.shape[1]:
            raise ValueError("scores have a row a cell and raw's columns")
