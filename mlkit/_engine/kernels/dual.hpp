// Kernels of pairs of rows over packed tiles, and the innermost loops of the dual solver.
//
// Targets are packed in blocks of LANES rows, column by column: entry (row l, column j) of block b
// is packed[(b * n_columns + j) * LANES + l]. Rows that fill up a block may hold anything finite.
#ifndef MLKIT_DUAL_HPP
#define MLKIT_DUAL_HPP

#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"

enum KernelKind { KERNEL_LINEAR = 0, KERNEL_POLYNOMIAL = 1, KERNEL_RBF = 2, KERNEL_SIGMOID = 3 };

// <x, y>; (gamma <x, y> + constant)^degree; exp(-gamma |x - y|^2); tanh(gamma <x, y> + constant).
struct KernelForm {
    int kind, degree;
    double gamma, constant;
};

enum { DUAL_LANES = 16 };

// Rows that are compared with a block at once: as many as fill the registers, at most this.
enum { DUAL_QUERIES = 8 };

// CSR rows; a target's squared norm is read for KERNEL_RBF only.
template <class T>
struct SparseTargets {
    const T* data;
    const int32_t* indices;
    const int64_t* indptr;
    const double* squares;
};

// One working set: its part of K, row by row, and of all that belongs to its variables. Variables
// of group g are those from start[g] to start[g + 1], and each such range is filled up to a
// multiple of DUAL_LANES by variables that can move neither up (up is inf) nor down (down is -inf);
// up and down are 0 for those that can.
struct WorkingSet {
    ptrdiff_t n_groups, start[3];
    const double *K, *diagonal, *lower, *upper;
    double *value, *gradient, *up, *down;
};

struct DualKernels {
    // out[q][i], i < n_blocks * LANES: kernel of row q of x and packed row i.
    void (*fill_f4)(const KernelForm&, const float* x, ptrdiff_t n_queries, const float* packed,
                    ptrdiff_t n_blocks, ptrdiff_t n_columns, float* const* out);
    void (*fill_f8)(const KernelForm&, const double* x, ptrdiff_t n_queries, const double* packed,
                    ptrdiff_t n_blocks, ptrdiff_t n_columns, double* const* out);
    // sums[(q * n_out + r) * LANES + l] += sum over blocks b of coef[(b * n_out + r) * LANES + l]
    // times the kernel of row q of x and packed row l of block b.
    void (*gather_f4)(const KernelForm&, const float* x, ptrdiff_t n_queries, const float* packed,
                      ptrdiff_t n_blocks, ptrdiff_t n_columns, const double* coef, ptrdiff_t n_out,
                      double* sums);
    void (*gather_f8)(const KernelForm&, const double* x, ptrdiff_t n_queries, const double* packed,
                      ptrdiff_t n_blocks, ptrdiff_t n_columns, const double* coef, ptrdiff_t n_out,
                      double* sums);
    // out[(i - first) * LANES + l]: kernel of target i, first <= i < last, and column l of table,
    // which holds LANES rows of squared norms table_squares, column by column.
    void (*sparse_f4)(const KernelForm&, const SparseTargets<float>&, ptrdiff_t first,
                      ptrdiff_t last, const float* table, const double* table_squares, float* out);
    void (*sparse_f8)(const KernelForm&, const SparseTargets<double>&, ptrdiff_t first,
                      ptrdiff_t last, const double* table, const double* table_squares,
                      double* out);
    // f[i] += sum over r of step[r] rows[r][i], first <= i < last, both multiples of LANES.
    void (*accumulate_f4)(const float* const* rows, const double* step, ptrdiff_t n_rows,
                          ptrdiff_t first, ptrdiff_t last, double* f);
    void (*accumulate_f8)(const double* const* rows, const double* step, ptrdiff_t n_rows,
                          ptrdiff_t first, ptrdiff_t last, double* f);
    // Pairs of variables are moved until none violates optimality by more than `tol`, or max_iter
    // times; return how often.
    int64_t (*descend)(const WorkingSet&, double tol, int64_t max_iter);
};

MLKIT_KERNELS(DualKernels, dual_kernels)

// The kernels of a floating type, by overloading.
static inline void fill_tile(const KernelForm& form, const float* x, ptrdiff_t n_queries,
                             const float* packed, ptrdiff_t n_blocks, ptrdiff_t n_columns,
                             float* const* out) {
    dual_kernels().fill_f4(form, x, n_queries, packed, n_blocks, n_columns, out);
}
static inline void fill_tile(const KernelForm& form, const double* x, ptrdiff_t n_queries,
                             const double* packed, ptrdiff_t n_blocks, ptrdiff_t n_columns,
                             double* const* out) {
    dual_kernels().fill_f8(form, x, n_queries, packed, n_blocks, n_columns, out);
}
static inline void gather_tile(const KernelForm& form, const float* x, ptrdiff_t n_queries,
                               const float* packed, ptrdiff_t n_blocks, ptrdiff_t n_columns,
                               const double* coef, ptrdiff_t n_out, double* sums) {
    dual_kernels().gather_f4(form, x, n_queries, packed, n_blocks, n_columns, coef, n_out, sums);
}
static inline void gather_tile(const KernelForm& form, const double* x, ptrdiff_t n_queries,
                               const double* packed, ptrdiff_t n_blocks, ptrdiff_t n_columns,
                               const double* coef, ptrdiff_t n_out, double* sums) {
    dual_kernels().gather_f8(form, x, n_queries, packed, n_blocks, n_columns, coef, n_out, sums);
}
static inline void sparse_tile(const KernelForm& form, const SparseTargets<float>& targets,
                               ptrdiff_t first, ptrdiff_t last, const float* table,
                               const double* squares, float* out) {
    dual_kernels().sparse_f4(form, targets, first, last, table, squares, out);
}
static inline void sparse_tile(const KernelForm& form, const SparseTargets<double>& targets,
                               ptrdiff_t first, ptrdiff_t last, const double* table,
                               const double* squares, double* out) {
    dual_kernels().sparse_f8(form, targets, first, last, table, squares, out);
}
static inline void accumulate_rows(const float* const* rows, const double* step, ptrdiff_t n_rows,
                                   ptrdiff_t first, ptrdiff_t last, double* f) {
    dual_kernels().accumulate_f4(rows, step, n_rows, first, last, f);
}
static inline void accumulate_rows(const double* const* rows, const double* step,
                                   ptrdiff_t n_rows, ptrdiff_t first, ptrdiff_t last, double* f) {
    dual_kernels().accumulate_f8(rows, step, n_rows, first, last, f);
}

#endif
