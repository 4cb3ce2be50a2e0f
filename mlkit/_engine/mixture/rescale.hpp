// Columns shifted and stretched in one pass over memory.
#ifndef MLKIT_RESCALE_HPP
#define MLKIT_RESCALE_HPP

#include <stddef.h>

#include "dispatch.hpp"

// Entry i of n takes the parameters i mod period; `out` may be `x`.
struct RescaleKernels {
    // out = (x - shift) / scale
    void (*reduce_f4)(const float* x, ptrdiff_t n, const float* shift, const float* scale,
                      ptrdiff_t period, float* out);
    void (*reduce_f8)(const double* x, ptrdiff_t n, const double* shift, const double* scale,
                      ptrdiff_t period, double* out);
    // out = x * scale + shift, rounded twice
    void (*expand_f4)(const float* x, ptrdiff_t n, const float* shift, const float* scale,
                      ptrdiff_t period, float* out);
    void (*expand_f8)(const double* x, ptrdiff_t n, const double* shift, const double* scale,
                      ptrdiff_t period, double* out);
};

MLKIT_KERNELS(RescaleKernels, rescale_kernels)

static inline void rescale_run(bool expand, const float* x, ptrdiff_t n, const float* shift,
                               const float* scale, ptrdiff_t period, float* out) {
    const RescaleKernels& kernels = rescale_kernels();
    (expand ? kernels.expand_f4 : kernels.reduce_f4)(x, n, shift, scale, period, out);
}
static inline void rescale_run(bool expand, const double* x, ptrdiff_t n, const double* shift,
                               const double* scale, ptrdiff_t period, double* out) {
    const RescaleKernels& kernels = rescale_kernels();
    (expand ? kernels.expand_f8 : kernels.reduce_f8)(x, n, shift, scale, period, out);
}

#endif
