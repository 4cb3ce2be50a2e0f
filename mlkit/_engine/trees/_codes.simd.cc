// Codes of values, compiled once for each level of the processor.
#include "code_kernels.hpp"

namespace {

constexpr ptrdiff_t LANES = 32;  // searches that run side by side, without branches

template <class T>
inline void search(const T* edges, int levels, const T* x, int32_t* at) {
    for (ptrdiff_t l = 0; l < LANES; ++l) at[l] = 0;
    for (int32_t half = int32_t(1) << levels >> 1; half > 0; half >>= 1) {
        const T* middle = edges + half - 1;
#pragma omp simd
        for (ptrdiff_t l = 0; l < LANES; ++l) at[l] += middle[at[l]] < x[l] ? half : 0;
    }
}

template <class T>
void encode(const CodeTask<T>& t) {
    T x[LANES];
    int32_t at[LANES];
    for (ptrdiff_t start = 0; start < t.n; start += LANES) {
        const ptrdiff_t here = t.n - start < LANES ? t.n - start : LANES;
        for (ptrdiff_t l = 0; l < here; ++l) x[l] = t.values[(start + l) * t.step];
        for (ptrdiff_t l = here; l < LANES; ++l) x[l] = 0;
        search(t.edges, t.levels, x, at);
        for (ptrdiff_t l = 0; l < LANES; ++l) at[l] = x[l] == x[l] ? at[l] : t.missing;
        uint8_t* out = t.out + start * t.out_step;
        if (t.code_bytes == 1)
            for (ptrdiff_t l = 0; l < here; ++l) out[l * t.out_step] = static_cast<uint8_t>(at[l]);
        else
            for (ptrdiff_t l = 0; l < here; ++l)
                *reinterpret_cast<uint16_t*>(out + l * t.out_step) = static_cast<uint16_t>(at[l]);
    }
}

}  // namespace

MLKIT_TABLE(CodeKernels, code_kernels) = {&encode<float>, &encode<double>};
