// Kernels of rescale.hpp, compiled once for each level of the processor (see dispatch.hpp).
#include "rescale.hpp"

namespace {

// The parameters do not overlap the data, and `out` is `x` or apart from it: an entry depends on
// no other, so either may be told to the compiler as free of aliases within a stretch.
template <class T, bool expand>
void run(const T* x, ptrdiff_t n, const T* MLKIT_RESTRICT shift, const T* MLKIT_RESTRICT scale,
         ptrdiff_t period, T* out) {
    for (ptrdiff_t start = 0; start < n; start += period) {
        const ptrdiff_t length = n - start < period ? n - start : period;
        const T* from = x + start;
        T* to = out + start;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep
#endif
        for (ptrdiff_t i = 0; i < length; i++)
            to[i] = expand ? from[i] * scale[i] + shift[i] : (from[i] - shift[i]) / scale[i];
    }
}

}  // namespace

MLKIT_TABLE(RescaleKernels, rescale_kernels) = {
    &run<float, false>,
    &run<double, false>,
    &run<float, true>,
    &run<double, true>,
};
