// Scans of dense blocks at memory speed: is all finite, moments and extremes of columns.
#ifndef MLKIT_SCAN_HPP
#define MLKIT_SCAN_HPP

#include <stddef.h>

#include "dispatch.hpp"

// A block of a matrix: entry (i, j) is x[i * row_step + j * column_step].
// `weight` is one a row, or null for ones; entries that are NaN have weight 0 if skip_nan.
template <class T>
struct ScanBlock {
    const T* x;
    ptrdiff_t n_rows, n_columns, row_step, column_step;
    const double* weight;
    bool skip_nan;
};

struct ScanKernels {
    // Whether no entry is infinite, and none NaN unless they are allowed; n entries, step apart.
    bool (*finite_f4)(const float*, ptrdiff_t n, ptrdiff_t step, bool allow_nan);
    bool (*finite_f8)(const double*, ptrdiff_t n, ptrdiff_t step, bool allow_nan);
    // total = Σw, mean = Σwx / Σw, spread = Σw(x − mean)² of each column of a block.
    void (*moments_f4)(const ScanBlock<float>&, double* total, double* mean, double* spread);
    void (*moments_f8)(const ScanBlock<double>&, double* total, double* mean, double* spread);
    // Least and greatest of each column of a block, without NaN; +inf and −inf of none.
    void (*range_f4)(const ScanBlock<float>&, float* least, float* greatest);
    void (*range_f8)(const ScanBlock<double>&, double* least, double* greatest);
};

MLKIT_KERNELS(ScanKernels, scan_kernels)

// The kernel in use, by the type of the entries.
static inline bool scan_finite(const float* x, ptrdiff_t n, ptrdiff_t step, bool allow_nan) {
    return scan_kernels().finite_f4(x, n, step, allow_nan);
}
static inline bool scan_finite(const double* x, ptrdiff_t n, ptrdiff_t step, bool allow_nan) {
    return scan_kernels().finite_f8(x, n, step, allow_nan);
}
static inline void scan_moments(const ScanBlock<float>& b, double* w, double* m, double* s) {
    scan_kernels().moments_f4(b, w, m, s);
}
static inline void scan_moments(const ScanBlock<double>& b, double* w, double* m, double* s) {
    scan_kernels().moments_f8(b, w, m, s);
}
static inline void scan_range(const ScanBlock<float>& b, float* least, float* greatest) {
    scan_kernels().range_f4(b, least, greatest);
}
static inline void scan_range(const ScanBlock<double>& b, double* least, double* greatest) {
    scan_kernels().range_f8(b, least, greatest);
}

#endif
