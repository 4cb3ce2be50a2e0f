// Eight doubles side by side, in as many registers as the level of the processor needs.
//
// Sums over columns are kept in eight partial sums that are added in one order, at every level.
#ifndef MLKIT_LANES_HPP
#define MLKIT_LANES_HPP

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "measure.hpp"

#if defined(__GNUC__) && defined(__AVX2__)
#include <immintrin.h>
#endif

namespace {

#if defined(__GNUC__) && defined(__AVX512F__)
const int DOUBLES = 8;
#elif defined(__GNUC__) && defined(__AVX2__)
const int DOUBLES = 4;
#elif defined(__GNUC__)
const int DOUBLES = 2;
#else
const int DOUBLES = 1;
#endif
#if defined(__GNUC__)
typedef double Doubles __attribute__((vector_size(DOUBLES * 8), aligned(8), may_alias));
#else
typedef double Doubles;
#endif
const int PARTS = ROW_LANES / DOUBLES;

inline Doubles load(const double* x) {
    Doubles out;
    memcpy(&out, x, sizeof out);
    return out;
}
inline Doubles magnitude(Doubles x) { return x < 0 ? -x : x; }

// Adds halves, then halves of those, and so in the same order whatever the registers.
inline double total(const Doubles (&part)[PARTS]) {
#if defined(__GNUC__) && defined(__AVX2__)
#if defined(__AVX512F__)
    // Forms with a mask: compilers take the others to read what was never set.
    const __m256d four = _mm512_maskz_extractf64x4_pd(0xf, (__m512d)part[0], 0)
                         + _mm512_maskz_extractf64x4_pd(0xf, (__m512d)part[0], 1);
#else
    const __m256d four = (__m256d)part[0] + (__m256d)part[1];
#endif
    const __m128d two = _mm256_castpd256_pd128(four) + _mm256_extractf128_pd(four, 1);
    return two[0] + two[1];
#else
    double a[ROW_LANES];
    memcpy(a, part, sizeof a);
    return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
#endif
}
inline double greatest(const Doubles (&part)[PARTS]) {
    double a[ROW_LANES], out = 0.0;
    memcpy(a, part, sizeof a);
    for (int l = 0; l < ROW_LANES; l++) out = a[l] > out ? a[l] : out;
    return out;
}

// x^p lane by lane; the exponents that occur most without pow.
inline Doubles raised(Doubles x, double p) {
    if (p == 3.0) return x * x * x;
    if (p == 4.0) return (x * x) * (x * x);
    double lanes[DOUBLES];
    memcpy(lanes, &x, sizeof x);
    if (p == 1.5)
        for (int l = 0; l < DOUBLES; l++) lanes[l] *= sqrt(lanes[l]);
    else
        for (int l = 0; l < DOUBLES; l++) lanes[l] = lanes[l] == 0.0 ? 0.0 : pow(lanes[l], p);
    return load(lanes);
}

// What a column adds to the two sums of a measure, and the reduced distance that they make. `a` and
// `b` are the rows, `first` and `second` the sums.
struct Squares {
    static void step(Doubles a, Doubles b, Doubles& first, Doubles&, double) {
        const Doubles away = a - b;
        first += away * away;
    }
};
struct Magnitudes {
    static void step(Doubles a, Doubles b, Doubles& first, Doubles&, double) {
        first += magnitude(a - b);
    }
};
struct Greatest {
    static void step(Doubles a, Doubles b, Doubles& first, Doubles&, double) {
        const Doubles away = magnitude(a - b);
        first = away > first ? away : first;
    }
};
struct Powers {
    static void step(Doubles a, Doubles b, Doubles& first, Doubles&, double p) {
        first += raised(magnitude(a - b), p);
    }
};
struct Unequal {
    static void step(Doubles a, Doubles b, Doubles& first, Doubles&, double) {
        const Doubles none = a - a, one = none + 1.0;
        first += a == b ? none : one;
    }
};
struct Relative {  // canberra: a column of two zeros adds nothing
    static void step(Doubles a, Doubles b, Doubles& first, Doubles&, double) {
        const Doubles scale = magnitude(a) + magnitude(b), one = (a - a) + 1.0;
        first += magnitude(a - b) / (scale == 0 ? one : scale);
    }
};
struct Shares {  // braycurtis
    static void step(Doubles a, Doubles b, Doubles& first, Doubles& second, double) {
        first += magnitude(a - b);
        second += magnitude(a) + magnitude(b);
    }
};
struct Truths {  // of rows of zeros and ones: where both are 1, and where they differ
    static void step(Doubles a, Doubles b, Doubles& first, Doubles& second, double) {
        first += a * b;
        second += magnitude(a - b);
    }
};

template <class M>
inline void sums(const double* a, const double* b, const Measure& measure, Doubles (&first)[PARTS],
                 Doubles (&second)[PARTS]) {
    memset(first, 0, sizeof first);
    memset(second, 0, sizeof second);
    for (ptrdiff_t j = 0; j < measure.width; j += ROW_LANES)
        for (int part = 0; part < PARTS; part++)
            M::step(load(a + j + part * DOUBLES), load(b + j + part * DOUBLES), first[part],
                    second[part], measure.p);
}

// 0/0 is 0: two rows without anything are alike.
inline double share(double part, double whole) { return whole == 0.0 ? 0.0 : part / whole; }

inline double of_truths(double both, double differ, const Measure& measure) {
    const double n = static_cast<double>(measure.n_columns);
    switch (measure.kind) {
        case JACCARD: return share(differ, differ + both);
        case DICE: return share(differ, differ + 2 * both);
        case ROGERSTANIMOTO: return share(2 * differ, n + differ);
        case RUSSELLRAO: return share(n - both, n);
        case SOKALSNEATH: return share(differ, differ + 0.5 * both);
        case MATCHING: return share(differ, n);
        default: return share(differ - both + n, differ + n);
    }
}

typedef double (*Reduced)(const double*, const double*, const Measure&);

template <class M>
double reduced(const double* a, const double* b, const Measure& measure) {
    Doubles first[PARTS], second[PARTS];
    sums<M>(a, b, measure, first, second);
    return total(first);
}
double reduced_greatest(const double* a, const double* b, const Measure& measure) {
    Doubles first[PARTS], second[PARTS];
    sums<Greatest>(a, b, measure, first, second);
    return greatest(first);
}
double reduced_unequal(const double* a, const double* b, const Measure& measure) {
    return share(reduced<Unequal>(a, b, measure), static_cast<double>(measure.n_columns));
}
double reduced_shares(const double* a, const double* b, const Measure& measure) {
    Doubles first[PARTS], second[PARTS];
    sums<Shares>(a, b, measure, first, second);
    return share(total(first), total(second));
}
double reduced_truths(const double* a, const double* b, const Measure& measure) {
    Doubles first[PARTS], second[PARTS];
    sums<Truths>(a, b, measure, first, second);
    return of_truths(total(first), total(second), measure);
}

inline Reduced reduced_of(int kind) {
    switch (kind) {
        case EUCLIDEAN:
        case ARC:
        case SQUARED_EUCLIDEAN: return &reduced<Squares>;
        case MANHATTAN: return &reduced<Magnitudes>;
        case CHEBYSHEV: return &reduced_greatest;
        case MINKOWSKI: return &reduced<Powers>;
        case HAMMING: return &reduced_unequal;
        case CANBERRA: return &reduced<Relative>;
        case BRAYCURTIS: return &reduced_shares;
        default: return &reduced_truths;
    }
}

inline double expanded(double value, const Measure& measure) {
    if (measure.kind == EUCLIDEAN) return sqrt(value);
    if (measure.kind == ARC) return 2.0 * asin(value < 4.0 ? 0.5 * sqrt(value) : 1.0);
    return measure.kind == MINKOWSKI ? pow(value, 1.0 / measure.p) : value;
}
inline double contracted(double value, const Measure& measure) {
    if (measure.kind == EUCLIDEAN) return value * value;
    // Half a turn is as far as it goes; rounding may have made a chord longer than the diameter.
    if (measure.kind == ARC)
        return value < 3.1415926535897 ? 4.0 * sin(0.5 * value) * sin(0.5 * value) : HUGE_VAL;
    return measure.kind == MINKOWSKI ? pow(value, measure.p) : value;
}

}  // namespace

#endif
