// Passes over the rows of a node. Sums are of whole numbers, or of numbers on a grid on which sums
// are exact: their order does not matter.
#include <string.h>

#include "exact_kernels.hpp"

#if defined(__AVX512F__)
#if defined(__GNUC__) && !defined(__clang__)  // of the registers that its own header leaves open
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#define MLKIT_COMPRESSES 1
#endif

namespace {

inline bool goes_left(const Side& s, ptrdiff_t i) {
    return (s.codes[i] <= s.last) | (s.codes[i] == s.also);
}

ptrdiff_t gather_range(const uint32_t* column, const uint32_t* row, ptrdiff_t n, uint32_t* codes,
                       uint32_t missing, uint32_t* least, uint32_t* most) {
    uint32_t low = missing, high = 0;
    ptrdiff_t present = 0, i = 0;
#ifdef MLKIT_COMPRESSES
    __m512i lows = _mm512_set1_epi32(static_cast<int>(missing)), highs = _mm512_setzero_si512();
    const __m512i none = lows;
    for (; i + 16 <= n; i += 16) {
        const __m512i at = _mm512_loadu_si512(row + i);
        const __m512i code = _mm512_i32gather_epi32(at, column, 4);
        _mm512_storeu_si512(codes + i, code);
        const __mmask16 there = _mm512_cmpneq_epu32_mask(code, none);
        lows = _mm512_min_epu32(lows, code);
        highs = _mm512_mask_max_epu32(highs, there, highs, code);
        present += __builtin_popcount(there);
    }
    low = _mm512_reduce_min_epu32(lows);
    high = _mm512_reduce_max_epu32(highs);
#endif
    for (; i < n; i++) {
        const uint32_t code = column[row[i]];
        codes[i] = code;
        const bool there = code != missing;
        low = code < low ? code : low;
        high = there && code > high ? code : high;
        present += there;
    }
    *least = low;
    *most = high;
    return present;
}

ptrdiff_t sum_halves(const Side& s, const uint32_t* packed, uint32_t* high, uint32_t* low) {
    uint32_t above = 0, below = 0;
    ptrdiff_t n = 0, i = 0;
#ifdef MLKIT_COMPRESSES
    const __m512i last = _mm512_set1_epi32(static_cast<int>(s.last));
    const __m512i also = _mm512_set1_epi32(static_cast<int>(s.also));
    const __m512i half = _mm512_set1_epi32(0xffff);
    __m512i highs = _mm512_setzero_si512(), lows = highs;
    for (; i + 16 <= s.n; i += 16) {
        const __m512i code = _mm512_loadu_si512(s.codes + i);
        const __mmask16 left =
            _mm512_cmple_epu32_mask(code, last) | _mm512_cmpeq_epu32_mask(code, also);
        const __m512i both = _mm512_maskz_loadu_epi32(left, packed + i);
        highs = _mm512_add_epi32(highs, _mm512_srli_epi32(both, 16));
        lows = _mm512_add_epi32(lows, _mm512_and_si512(both, half));
        n += __builtin_popcount(left);
    }
    above = static_cast<uint32_t>(_mm512_reduce_add_epi32(highs));
    below = static_cast<uint32_t>(_mm512_reduce_add_epi32(lows));
#endif
    for (; i < s.n; i++) {
        const uint32_t goes = goes_left(s, i) ? 0xffffffffu : 0u;
        above += (packed[i] >> 16) & goes;
        below += packed[i] & 0xffffu & goes;
        n += goes & 1u;
    }
    *high = above;
    *low = below;
    return n;
}

ptrdiff_t sum_both(const Side& s, const double* first, const double* second, double* sum,
                   double* other) {
    double one = 0, two = 0;
    ptrdiff_t n = 0, i = 0;
#ifdef MLKIT_COMPRESSES
    const __m256i last = _mm256_set1_epi32(static_cast<int>(s.last));
    const __m256i also = _mm256_set1_epi32(static_cast<int>(s.also));
    __m512d ones = _mm512_setzero_pd(), twos = ones;
    for (; i + 8 <= s.n; i += 8) {
        const __m256i code =
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(s.codes + i));
        const __mmask8 left =
            _mm256_cmple_epu32_mask(code, last) | _mm256_cmpeq_epu32_mask(code, also);
        ones = _mm512_add_pd(ones, _mm512_maskz_loadu_pd(left, first + i));
        twos = _mm512_add_pd(twos, _mm512_maskz_loadu_pd(left, second + i));
        n += __builtin_popcount(left);
    }
    one = _mm512_reduce_add_pd(ones);
    two = _mm512_reduce_add_pd(twos);
#endif
    for (; i < s.n; i++) {
        const bool goes = goes_left(s, i);
        one += goes ? first[i] : 0.0;
        two += goes ? second[i] : 0.0;
        n += goes;
    }
    *sum = one;
    *other = two;
    return n;
}

ptrdiff_t part(const Side& s, uint32_t* values, uint32_t* scratch) {
    ptrdiff_t n_left = 0, n_right = 0, i = 0;
#ifdef MLKIT_COMPRESSES
    const __m512i last = _mm512_set1_epi32(static_cast<int>(s.last));
    const __m512i also = _mm512_set1_epi32(static_cast<int>(s.also));
    for (; i + 16 <= s.n; i += 16) {
        const __m512i code = _mm512_loadu_si512(s.codes + i);
        const __m512i moving = _mm512_loadu_si512(values + i);
        const __mmask16 left =
            _mm512_cmple_epu32_mask(code, last) | _mm512_cmpeq_epu32_mask(code, also);
        const int goes = __builtin_popcount(left);
        // What is written beyond those that go left has been read.
        _mm512_storeu_si512(values + n_left, _mm512_maskz_compress_epi32(left, moving));
        _mm512_storeu_si512(scratch + n_right,
                            _mm512_maskz_compress_epi32(static_cast<__mmask16>(~left), moving));
        n_left += goes;
        n_right += 16 - goes;
    }
#endif
    for (; i < s.n; i++) {
        const bool goes = goes_left(s, i);
        const uint32_t moving = values[i];
        values[n_left] = moving;
        scratch[n_right] = moving;
        n_left += goes;
        n_right += !goes;
    }
    memcpy(values + n_left, scratch, static_cast<size_t>(n_right) * sizeof *values);
    return n_left;
}

ptrdiff_t part_pairs(uint64_t* pairs, ptrdiff_t n, const uint32_t* bits, uint64_t* scratch) {
    ptrdiff_t n_left = 0, n_right = 0, i = 0;
#ifdef MLKIT_COMPRESSES
    for (; i + 8 <= n; i += 8) {
        const __m512i moving = _mm512_loadu_si512(pairs + i);
        const __m256i tag = _mm512_cvtepi64_epi32(moving);
        const __m256i word = _mm256_i32gather_epi32(reinterpret_cast<const int*>(bits),
                                                    _mm256_srli_epi32(tag, 5), 4);
        const __m256i bit = _mm256_sllv_epi32(_mm256_set1_epi32(1),
                                              _mm256_and_si256(tag, _mm256_set1_epi32(31)));
        const __mmask8 left = _mm256_test_epi32_mask(word, bit);
        const int goes = __builtin_popcount(left);
        _mm512_storeu_si512(pairs + n_left, _mm512_maskz_compress_epi64(left, moving));
        _mm512_storeu_si512(scratch + n_right,
                            _mm512_maskz_compress_epi64(static_cast<__mmask8>(~left), moving));
        n_left += goes;
        n_right += 8 - goes;
    }
#endif
    for (; i < n; i++) {
        const uint64_t moving = pairs[i];
        const uint32_t tag = static_cast<uint32_t>(moving);
        const bool goes = (bits[tag >> 5] >> (tag & 31)) & 1u;
        pairs[n_left] = moving;
        scratch[n_right] = moving;
        n_left += goes;
        n_right += !goes;
    }
    memcpy(pairs + n_left, scratch, static_cast<size_t>(n_right) * sizeof *pairs);
    return n_left;
}

}  // namespace

MLKIT_TABLE(ExactKernels, exact_kernels) = {&gather_range, &sum_halves, &sum_both, &part,
                                            &part_pairs};
