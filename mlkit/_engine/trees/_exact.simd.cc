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
    if (i < s.n) {
        const int rest = static_cast<int>(s.n - i);
        const __mmask16 used = static_cast<__mmask16>((1u << rest) - 1);
        const __m512i code = _mm512_maskz_loadu_epi32(used, s.codes + i);
        const __m512i moving = _mm512_maskz_loadu_epi32(used, values + i);
        const __mmask16 left = used & (_mm512_cmple_epu32_mask(code, last) |
                                       _mm512_cmpeq_epu32_mask(code, also));
        const int goes = __builtin_popcount(left);
        _mm512_mask_storeu_epi32(values + n_left, static_cast<__mmask16>((1u << goes) - 1),
                                 _mm512_maskz_compress_epi32(left, moving));
        _mm512_storeu_si512(scratch + n_right, _mm512_maskz_compress_epi32(used & ~left, moving));
        n_left += goes;
        n_right += rest - goes;
        i = s.n;
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

// ---------------------------------------------------------------- columns side by side
const ptrdiff_t AHEAD = 12;  // rows between reading one and asking for it

inline const uint32_t* row_at(const RowCodes& x, ptrdiff_t i) {
    return x.base + static_cast<size_t>(x.place[i]) * static_cast<size_t>(x.step);
}
// Ask for the codes from column `c` on, `width` of them, of a row that is due soon.
inline void ask_for(const RowCodes& x, ptrdiff_t i, ptrdiff_t c, ptrdiff_t width) {
#if defined(__GNUC__)
    if (i + AHEAD >= x.n) return;
    const uint32_t* row = row_at(x, i + AHEAD) + c;
    __builtin_prefetch(row);
    if (width > 16) __builtin_prefetch(row + 16);
#else
    (void)x, (void)i, (void)c, (void)width;
#endif
}

#ifdef MLKIT_COMPRESSES
const ptrdiff_t LANES = 32;

// The columns of a pass: two registers, of which the second, or the end of each, may be empty.
struct Lanes {
    ptrdiff_t first, width;
    __mmask16 use[2];
    Lanes(const RowCodes& x, ptrdiff_t first)
        : first(first), width(x.step - first < LANES ? x.step - first : LANES) {
        const uint32_t all = width >= 32 ? 0xffffffffu : (1u << width) - 1;
        use[0] = static_cast<__mmask16>(all);
        use[1] = static_cast<__mmask16>(all >> 16);
    }
    __m512i load(const uint32_t* from, int half) const {
        return _mm512_maskz_loadu_epi32(use[half], from + first + 16 * half);
    }
    void store(uint32_t* to, int half, __m512i x) const {
        _mm512_mask_storeu_epi32(to + first + 16 * half, use[half], x);
    }
    void store(double* to, int quarter, __m512d x) const {
        const __mmask8 used = static_cast<__mmask8>(use[quarter / 2] >> (quarter % 2 * 8));
        _mm512_mask_storeu_pd(to + first + 8 * quarter, used, x);
    }
};

template <bool MISSING>
inline __mmask16 left_of(__m512i code, __m512i last, __m512i also) {
    const __mmask16 left = _mm512_cmple_epu32_mask(code, last);
    return MISSING ? static_cast<__mmask16>(left | _mm512_cmpeq_epu32_mask(code, also)) : left;
}

template <bool MISSING>
void range_lanes(const RowCodes& x, uint32_t* least, uint32_t* most, uint32_t* end) {
    const __m512i one = _mm512_set1_epi32(1);
    for (ptrdiff_t c = 0; c < x.step; c += LANES) {
        const Lanes lanes(x, c);
        __m512i low0 = _mm512_set1_epi32(-1), low1 = low0;
        __m512i high0 = _mm512_setzero_si512(), high1 = high0, end0 = high0, end1 = high0;
        for (ptrdiff_t i = 0; i < x.n; i++) {
            ask_for(x, i, c, lanes.width);
            const uint32_t* row = row_at(x, i);
            const __m512i a = lanes.load(row, 0), b = lanes.load(row, 1);
            low0 = _mm512_min_epu32(low0, a);
            low1 = _mm512_min_epu32(low1, b);
            high0 = _mm512_max_epu32(high0, a);
            high1 = _mm512_max_epu32(high1, b);
            if (MISSING) {
                end0 = _mm512_max_epu32(end0, _mm512_add_epi32(a, one));
                end1 = _mm512_max_epu32(end1, _mm512_add_epi32(b, one));
            }
        }
        lanes.store(least, 0, low0);
        lanes.store(least, 1, low1);
        lanes.store(most, 0, high0);
        lanes.store(most, 1, high1);
        lanes.store(end, 0, MISSING ? end0 : _mm512_add_epi32(high0, one));
        lanes.store(end, 1, MISSING ? end1 : _mm512_add_epi32(high1, one));
    }
}

template <bool MISSING>
void count_lanes(const RowCodes& x, const RowCuts& cuts, const uint32_t* packed, uint32_t* n,
                 uint32_t* high, uint32_t* low) {
    const __m512i one = _mm512_set1_epi32(1);
    for (ptrdiff_t c = 0; c < x.step; c += LANES) {
        const Lanes lanes(x, c);
        const __m512i last0 = lanes.load(cuts.last, 0), last1 = lanes.load(cuts.last, 1);
        const __m512i also0 = lanes.load(cuts.also, 0), also1 = lanes.load(cuts.also, 1);
        __m512i n0 = _mm512_setzero_si512(), n1 = n0, high0 = n0, high1 = n0, low0 = n0, low1 = n0;
        for (ptrdiff_t i = 0; i < x.n; i++) {
            ask_for(x, i, c, lanes.width);
            const uint32_t* row = row_at(x, i);
            const __mmask16 a = left_of<MISSING>(lanes.load(row, 0), last0, also0);
            const __mmask16 b = left_of<MISSING>(lanes.load(row, 1), last1, also1);
            const __m512i above = _mm512_set1_epi32(static_cast<int>(packed[i] >> 16));
            const __m512i below = _mm512_set1_epi32(static_cast<int>(packed[i] & 0xffffu));
            n0 = _mm512_mask_add_epi32(n0, a, n0, one);
            n1 = _mm512_mask_add_epi32(n1, b, n1, one);
            high0 = _mm512_mask_add_epi32(high0, a, high0, above);
            high1 = _mm512_mask_add_epi32(high1, b, high1, above);
            low0 = _mm512_mask_add_epi32(low0, a, low0, below);
            low1 = _mm512_mask_add_epi32(low1, b, low1, below);
        }
        lanes.store(n, 0, n0);
        lanes.store(n, 1, n1);
        lanes.store(high, 0, high0);
        lanes.store(high, 1, high1);
        lanes.store(low, 0, low0);
        lanes.store(low, 1, low1);
    }
}

template <bool MISSING, bool BOTH>
void sum_lanes(const RowCodes& x, const RowCuts& cuts, const double* first, const double* second,
               uint32_t* n, double* sum, double* other) {
    const __m512i one = _mm512_set1_epi32(1);
    for (ptrdiff_t c = 0; c < x.step; c += LANES) {
        const Lanes lanes(x, c);
        const __m512i last0 = lanes.load(cuts.last, 0), last1 = lanes.load(cuts.last, 1);
        const __m512i also0 = lanes.load(cuts.also, 0), also1 = lanes.load(cuts.also, 1);
        __m512i n0 = _mm512_setzero_si512(), n1 = n0;
        __m512d s0 = _mm512_setzero_pd(), s1 = s0, s2 = s0, s3 = s0;
        __m512d t0 = s0, t1 = s0, t2 = s0, t3 = s0;
        for (ptrdiff_t i = 0; i < x.n; i++) {
            ask_for(x, i, c, lanes.width);
            const uint32_t* row = row_at(x, i);
            const __mmask16 a = left_of<MISSING>(lanes.load(row, 0), last0, also0);
            const __mmask16 b = left_of<MISSING>(lanes.load(row, 1), last1, also1);
            const __mmask8 a0 = static_cast<__mmask8>(a), a1 = static_cast<__mmask8>(a >> 8);
            const __mmask8 b0 = static_cast<__mmask8>(b), b1 = static_cast<__mmask8>(b >> 8);
            const __m512d value = _mm512_set1_pd(first[i]);
            n0 = _mm512_mask_add_epi32(n0, a, n0, one);
            n1 = _mm512_mask_add_epi32(n1, b, n1, one);
            s0 = _mm512_mask_add_pd(s0, a0, s0, value);
            s1 = _mm512_mask_add_pd(s1, a1, s1, value);
            s2 = _mm512_mask_add_pd(s2, b0, s2, value);
            s3 = _mm512_mask_add_pd(s3, b1, s3, value);
            if (BOTH) {
                const __m512d weight = _mm512_set1_pd(second[i]);
                t0 = _mm512_mask_add_pd(t0, a0, t0, weight);
                t1 = _mm512_mask_add_pd(t1, a1, t1, weight);
                t2 = _mm512_mask_add_pd(t2, b0, t2, weight);
                t3 = _mm512_mask_add_pd(t3, b1, t3, weight);
            }
        }
        lanes.store(n, 0, n0);
        lanes.store(n, 1, n1);
        lanes.store(sum, 0, s0);
        lanes.store(sum, 1, s1);
        lanes.store(sum, 2, s2);
        lanes.store(sum, 3, s3);
        if (!BOTH) continue;
        lanes.store(other, 0, t0);
        lanes.store(other, 1, t1);
        lanes.store(other, 2, t2);
        lanes.store(other, 3, t3);
    }
}
#else
const ptrdiff_t LANES = 8;

template <bool MISSING>
void range_lanes(const RowCodes& x, uint32_t* least, uint32_t* most, uint32_t* end) {
    for (ptrdiff_t c = 0; c < x.step; c += LANES) {
        uint32_t low[LANES], high[LANES], beyond[LANES];
        for (int l = 0; l < LANES; l++) low[l] = UINT32_MAX, high[l] = beyond[l] = 0;
        for (ptrdiff_t i = 0; i < x.n; i++) {
            ask_for(x, i, c, LANES);
            const uint32_t* row = row_at(x, i) + c;
            for (int l = 0; l < LANES; l++) {
                low[l] = row[l] < low[l] ? row[l] : low[l];
                high[l] = row[l] > high[l] ? row[l] : high[l];
                if (MISSING) beyond[l] = row[l] + 1 > beyond[l] ? row[l] + 1 : beyond[l];
            }
        }
        for (int l = 0; l < LANES; l++) {
            least[c + l] = low[l];
            most[c + l] = high[l];
            end[c + l] = MISSING ? beyond[l] : high[l] + 1;
        }
    }
}

// All ones where a code goes left, else 0.
template <bool MISSING>
inline void mark_left(const uint32_t* row, const uint32_t* last, const uint32_t* also,
                      uint32_t* left) {
    for (int l = 0; l < LANES; l++)
        left[l] = 0u - static_cast<uint32_t>((row[l] <= last[l]) | (MISSING & (row[l] == also[l])));
}

template <bool MISSING>
void count_lanes(const RowCodes& x, const RowCuts& cuts, const uint32_t* packed, uint32_t* n,
                 uint32_t* high, uint32_t* low) {
    for (ptrdiff_t c = 0; c < x.step; c += LANES) {
        uint32_t rows[LANES] = {}, above[LANES] = {}, below[LANES] = {}, left[LANES];
        for (ptrdiff_t i = 0; i < x.n; i++) {
            ask_for(x, i, c, LANES);
            mark_left<MISSING>(row_at(x, i) + c, cuts.last + c, cuts.also + c, left);
            const uint32_t one = packed[i] >> 16, two = packed[i] & 0xffffu;
            for (int l = 0; l < LANES; l++) {
                rows[l] -= left[l];
                above[l] += one & left[l];
                below[l] += two & left[l];
            }
        }
        for (int l = 0; l < LANES; l++) {
            n[c + l] = rows[l];
            high[c + l] = above[l];
            low[c + l] = below[l];
        }
    }
}

template <bool MISSING, bool BOTH>
void sum_lanes(const RowCodes& x, const RowCuts& cuts, const double* first, const double* second,
               uint32_t* n, double* sum, double* other) {
    for (ptrdiff_t c = 0; c < x.step; c += LANES) {
        uint32_t rows[LANES] = {}, left[LANES];
        double one[LANES] = {}, two[LANES] = {};
        for (ptrdiff_t i = 0; i < x.n; i++) {
            ask_for(x, i, c, LANES);
            mark_left<MISSING>(row_at(x, i) + c, cuts.last + c, cuts.also + c, left);
            for (int l = 0; l < LANES; l++) {
                rows[l] -= left[l];
                one[l] += left[l] ? first[i] : 0.0;
                if (BOTH) two[l] += left[l] ? second[i] : 0.0;
            }
        }
        for (int l = 0; l < LANES; l++) {
            n[c + l] = rows[l];
            sum[c + l] = one[l];
            if (BOTH) other[c + l] = two[l];
        }
    }
}
#endif

void range_rows(const RowCodes& x, uint32_t* least, uint32_t* most, uint32_t* end) {
    x.missing ? range_lanes<true>(x, least, most, end) : range_lanes<false>(x, least, most, end);
}

void count_rows(const RowCodes& x, const RowCuts& cuts, const uint32_t* packed, uint32_t* n,
                uint32_t* high, uint32_t* low) {
    x.missing ? count_lanes<true>(x, cuts, packed, n, high, low)
              : count_lanes<false>(x, cuts, packed, n, high, low);
}

void sum_rows(const RowCodes& x, const RowCuts& cuts, const double* first, const double* second,
              uint32_t* n, double* sum, double* other) {
    if (second)
        x.missing ? sum_lanes<true, true>(x, cuts, first, second, n, sum, other)
                  : sum_lanes<false, true>(x, cuts, first, second, n, sum, other);
    else
        x.missing ? sum_lanes<true, false>(x, cuts, first, second, n, sum, other)
                  : sum_lanes<false, false>(x, cuts, first, second, n, sum, other);
}

void gather_rows(const RowCodes& x, ptrdiff_t column, uint32_t* codes) {
    for (ptrdiff_t i = 0; i < x.n; i++) {
        ask_for(x, i, column, 1);
        codes[i] = row_at(x, i)[column];
    }
}

}  // namespace

MLKIT_TABLE(ExactKernels, exact_kernels) = {&gather_range, &sum_halves, &sum_both,   &part,
                                            &part_pairs,   &range_rows, &count_rows, &sum_rows,
                                            &gather_rows};
