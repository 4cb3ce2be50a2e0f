// A screen in single precision before the distances that decide: sixteen rows at a time.
//
// Rows are centred, scaled to at most 1 and rounded to float, in blocks of SCREEN_LANES, column by
// column. A pair passes if its rounded distance is no more than the limit widened by all that
// rounding can have done, so no pair that belongs is lost; which pairs belong is decided by
// `reduced` in double precision.
#ifndef MLKIT_SCREEN_HPP
#define MLKIT_SCREEN_HPP

#include <math.h>
#include <stddef.h>

#include "lanes.hpp"
#include "search.hpp"

#if defined(__GNUC__) && defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#endif

namespace {

#if defined(__GNUC__) && defined(__AVX512F__)
const int FLOATS = 16, GROUP = 12;
#elif defined(__GNUC__) && defined(__AVX2__)
const int FLOATS = 8, GROUP = 5;
#elif defined(__GNUC__)
const int FLOATS = 4, GROUP = 3;
#else
const int FLOATS = 1, GROUP = 1;
#endif
#if defined(__GNUC__)
typedef float Floats __attribute__((vector_size(FLOATS * 4), aligned(4), may_alias));
#else
typedef float Floats;
#endif
const int PIECES = SCREEN_LANES / FLOATS;

inline Floats add_square(Floats away, Floats sum) {
#if defined(__GNUC__) && defined(__AVX512F__)
    return (Floats)_mm512_fmadd_ps((__m512)away, (__m512)away, (__m512)sum);
#elif defined(__GNUC__) && defined(__AVX2__) && defined(__FMA__)
    return (Floats)_mm256_fmadd_ps((__m256)away, (__m256)away, (__m256)sum);
#else
    return sum + away * away;
#endif
}
struct ScreenSquares {
    static Floats step(Floats sum, Floats away) { return add_square(away, sum); }
};
struct ScreenMagnitudes {
    static Floats step(Floats sum, Floats away) { return sum + (away < 0 ? -away : away); }
};
struct ScreenGreatest {
    static Floats step(Floats sum, Floats away) {
        away = away < 0 ? -away : away;
        return away > sum ? away : sum;
    }
};

// Bits of the lanes of one block that are within `limit`.
inline unsigned within(const Floats (&sum)[PIECES], float limit) {
#if defined(__GNUC__) && defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)sum[0], _mm512_set1_ps(limit), _CMP_LE_OQ);
#elif defined(__GNUC__) && defined(__AVX2__) && defined(__FMA__)
    const __m256 most = _mm256_set1_ps(limit);
    const int low = _mm256_movemask_ps(_mm256_cmp_ps((__m256)sum[0], most, _CMP_LE_OQ));
    const int high = _mm256_movemask_ps(_mm256_cmp_ps((__m256)sum[1], most, _CMP_LE_OQ));
    return static_cast<unsigned>(low) | static_cast<unsigned>(high) << 8;
#else
    float lanes[SCREEN_LANES];
    memcpy(lanes, sum, sizeof lanes);
    unsigned bits = 0;
    for (int l = 0; l < SCREEN_LANES; l++) bits |= static_cast<unsigned>(lanes[l] <= limit) << l;
    return bits;
#endif
}

// Bits of the rows of a block that pass for each of Q queries, whose entries x are laid out column
// by column.
template <class S, int Q>
inline void screen(const float* x, const float* block, ptrdiff_t d, const float* limit,
                   unsigned* bits) {
    Floats sum[Q][PIECES];
    memset(sum, 0, sizeof sum);
    for (ptrdiff_t j = 0; j < d; j++) {
        // Read a register at a time: a copy of them all goes through memory in smaller parts, and
        // waits for these.
        const Floats* y = reinterpret_cast<const Floats*>(block + j * SCREEN_LANES);
        for (int q = 0; q < Q; q++)
            for (int piece = 0; piece < PIECES; piece++)
                sum[q][piece] = S::step(sum[q][piece], y[piece] - x[j * Q + q]);
    }
    for (int q = 0; q < Q; q++) bits[q] = within(sum[q], limit[q]);
}

typedef void (*Screen)(const float*, const float*, ptrdiff_t, const float*, unsigned*);

struct Screens {
    Screen one, group;
};
template <class S>
inline Screens both() {
    Screens out = {&screen<S, 1>, &screen<S, GROUP>};
    return out;
}
inline Screens screens_of(int kind) {
    if (kind == MANHATTAN) return both<ScreenMagnitudes>();
    return kind == CHEBYSHEV ? both<ScreenGreatest>() : both<ScreenSquares>();
}
// The limit of a screen, in float.
//
// An entry v becomes v(1 + e), |e| <= 2^-24, and so a difference is off by 2^-24 of the moduli of
// its two entries; summing d terms in float is off by d 2^-24 of the sum. All of it is doubled,
// and the last factor covers the rounding of the limit itself.
struct Limit {
    double root, growth, scale, most;
    bool squared;

    Limit(int kind, double d, double scale)
        : root((kind == MANHATTAN ? d : kind == CHEBYSHEV ? 1.0 : sqrt(d)) * 0x1p-23),
          growth((1.0 + (d + 8.0) * 0x1p-23) * (1.0 + 0x1p-20)),
          scale(scale),
          most(HUGE_VAL),
          squared(kind <= SQUARED_EUCLIDEAN || kind == ARC) {}

    void set(double bound) { most = (squared ? sqrt(bound) : bound) * scale; }

    // For rows whose entries have moduli that add up to `reach`.
    float of(double reach) const {
        double limit = most + root * reach + 1e-18;
        if (squared) limit *= limit;
        limit *= growth;
        return limit < 1e37 ? static_cast<float>(limit) : HUGE_VALF;
    }
};

inline int lowest_bit(unsigned bits) {
#if defined(__GNUC__)
    return __builtin_ctz(bits);
#else
    int l = 0;
    while (!(bits & 1u << l)) l++;
    return l;
#endif
}

}  // namespace

#endif
