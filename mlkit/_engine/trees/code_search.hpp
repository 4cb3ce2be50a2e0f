// Searches among a column's edges, many side by side and without branches.
#pragma once
#include "code_kernels.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace {

constexpr ptrdiff_t LANES = 32;

// at[l] = how many of the 2^levels − 1 edges lie below x[l].
template <class T>
inline void search(const T* edges, int levels, const T* x, int32_t* at) {
    for (ptrdiff_t l = 0; l < LANES; ++l) at[l] = 0;
    for (int32_t half = int32_t(1) << levels >> 1; half > 0; half >>= 1) {
        const T* middle = edges + half - 1;
#pragma omp simd
        for (ptrdiff_t l = 0; l < LANES; ++l) at[l] += middle[at[l]] < x[l] ? half : 0;
    }
}

#if defined(__AVX512F__)
// The upper five levels look at 31 edges, which two registers hold; the rest are gathered.
inline void search(const float* edges, int levels, const float* x, int32_t* at) {
    const int upper = levels < 5 ? levels : 5, rest = levels - upper;
    alignas(64) float pivot[32];
    for (int i = 0; i < 31; ++i)
        pivot[i] = i < (1 << upper) - 1 ? edges[((i + 1) << rest) - 1] : __builtin_inff();
    pivot[31] = __builtin_inff();
    const __m512 low = _mm512_load_ps(pivot), high = _mm512_load_ps(pivot + 16);
    for (ptrdiff_t l = 0; l < LANES; l += 16) {
        const __m512 value = _mm512_loadu_ps(x + l);
        __m512i found = _mm512_setzero_si512();
        for (int half = 16; half > 0; half >>= 1) {
            const __m512i place = _mm512_add_epi32(found, _mm512_set1_epi32(half - 1));
            const __mmask16 below =
                _mm512_cmp_ps_mask(_mm512_permutex2var_ps(low, place, high), value, _CMP_LT_OQ);
            found = _mm512_mask_add_epi32(found, below, found, _mm512_set1_epi32(half));
        }
        // The masked forms are for gcc, which warns of its own undefined operands in the others.
        found = _mm512_maskz_sll_epi32(0xffff, found, _mm_cvtsi32_si128(rest));
        for (int half = 1 << rest >> 1; half > 0; half >>= 1) {
            const __m512 middle =
                _mm512_mask_i32gather_ps(value, 0xffff, found, edges + half - 1, 4);
            const __mmask16 below = _mm512_cmp_ps_mask(middle, value, _CMP_LT_OQ);
            found = _mm512_mask_add_epi32(found, below, found, _mm512_set1_epi32(half));
        }
        _mm512_storeu_si512(at + l, found);
    }
}
#endif

template <class T, class Code>
void encode_as(const CodeTask<T>& t) {
    T x[LANES];
    int32_t at[LANES];
    for (ptrdiff_t start = 0; start < t.n; start += LANES) {
        const ptrdiff_t here = t.n - start < LANES ? t.n - start : LANES;
        for (ptrdiff_t l = 0; l < here; ++l) x[l] = t.values[(start + l) * t.step];
        for (ptrdiff_t l = here; l < LANES; ++l) x[l] = 0;
        search(t.edges, t.levels, x, at);
        for (ptrdiff_t l = 0; l < LANES; ++l) at[l] = x[l] == x[l] ? at[l] : t.missing;
        uint8_t* out = t.out + start * t.out_step;
        if (t.out_step == static_cast<ptrdiff_t>(sizeof(Code))) {  // a run: written in one go
            for (ptrdiff_t l = 0; l < here; ++l)
                reinterpret_cast<Code*>(out)[l] = static_cast<Code>(at[l]);
            continue;
        }
        for (ptrdiff_t l = 0; l < here; ++l)
            *reinterpret_cast<Code*>(out + l * t.out_step) = static_cast<Code>(at[l]);
    }
}

template <class T>
void encode(const CodeTask<T>& t) {
    t.code_bytes == 1 ? encode_as<T, uint8_t>(t) : encode_as<T, uint16_t>(t);
}

}  // namespace
