// Kernels of donors.hpp, compiled once for each level of the processor (see dispatch.hpp).
#include "donors.hpp"

namespace {

// Of rows at a time: their sums and counts, 8 KiB, stay in the first cache.
const ptrdiff_t TILE = 512;

void add(double x, const double* MLKIT_RESTRICT y, const double* MLKIT_RESTRICT has, ptrdiff_t n,
         double* MLKIT_RESTRICT sum, double* MLKIT_RESTRICT shared) {
    for (ptrdiff_t i = 0; i < n; ++i) {
        const double gap = (x - y[i]) * has[i];
        sum[i] += gap * gap;
        shared[i] += has[i];
    }
}

void distances(const double* x, const uint8_t* has_x, ptrdiff_t p, const double* y,
               const double* has_y, ptrdiff_t n, double* out, double* shared) {
    for (ptrdiff_t start = 0; start < n; start += TILE) {
        const ptrdiff_t rows = n - start < TILE ? n - start : TILE;
        double* sum = out + start;
        for (ptrdiff_t i = 0; i < rows; ++i) sum[i] = shared[i] = 0;
        for (ptrdiff_t j = 0; j < p; ++j)
            if (has_x[j]) add(x[j], y + j * n + start, has_y + j * n + start, rows, sum, shared);
        for (ptrdiff_t i = 0; i < rows; ++i)
            sum[i] = shared[i] > 0 ? sum[i] / shared[i] * static_cast<double>(p) : HUGE_VAL;
    }
}

}  // namespace

MLKIT_TABLE(DonorKernels, donor_kernels) = {
    &distances,
};
