// Functions of DUAL_LANES numbers side by side, for sources that are compiled once a level: plain
// loops of a fixed length, which the compiler turns into vectors.
#ifndef MLKIT_LANES_HPP
#define MLKIT_LANES_HPP

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "dual.hpp"

namespace {

template <class T>
struct ExpTerms;

// exp(x) = 2^k exp(r), |r| <= ln 2 / 2. Adding SHIFT, 1.5 times two to the number of bits of a
// mantissa, rounds to an integer k and leaves it in the lowest bits. ln 2 is split so that k times
// its first part is exact. The series ends where the next term is below half a unit of the last
// place. LEAST keeps 2^k from underflow: what lies below is 0.
template <>
struct ExpTerms<double> {
    typedef int64_t Bits;
    static const int MANTISSA = 52, TERMS = 13;
    static constexpr double SHIFT = 6755399441055744.0, LEAST = -707.0, MOST = 709.0;
    static constexpr double HIGH = 0x1.62e42fee00000p-1, LOW = 0x1.a39ef35793c76p-33;
};
template <>
struct ExpTerms<float> {
    typedef int32_t Bits;
    static const int MANTISSA = 23, TERMS = 7;
    static constexpr float SHIFT = 12582912.0f, LEAST = -86.0f, MOST = 88.0f;
    static constexpr float HIGH = 0x1.62e400p-1f, LOW = 0x1.7f7d1cp-20f;
};

template <class T>
inline T exp_one(T x) {
    typedef ExpTerms<T> E;
    typedef typename E::Bits Bits;
    const T kept = x < E::LEAST ? E::LEAST : (x > E::MOST ? E::MOST : x);
    const T shifted = fma_if_fast(kept, static_cast<T>(1.4426950408889634), T(E::SHIFT));
    const T k = shifted - E::SHIFT;
    T r = fma_if_fast(k, T(-E::HIGH), kept);
    r = fma_if_fast(k, T(-E::LOW), r);
    static constexpr double INVERSE[14] = {
        1.0,          1.0,           1.0 / 2,        1.0 / 6,         1.0 / 24,
        1.0 / 120,    1.0 / 720,     1.0 / 5040,     1.0 / 40320,     1.0 / 362880,
        1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};
    T sum = static_cast<T>(INVERSE[E::TERMS]);
#if defined(__GNUC__)
#pragma GCC unroll 16
#endif
    for (int i = E::TERMS - 1; i >= 0; i--) sum = fma_if_fast(sum, r, static_cast<T>(INVERSE[i]));
    Bits power, bits;
    memcpy(&power, &shifted, sizeof(T));
    memcpy(&bits, &sum, sizeof(T));
    // Unsigned, for a shift that drops bits.
    bits += static_cast<Bits>(static_cast<uint64_t>(power) << E::MANTISSA);
    T out;
    memcpy(&out, &bits, sizeof(T));
    return x < E::LEAST ? T(0) : (x > E::MOST ? T(INFINITY) : (x == x ? out : x));
}

template <class T>
inline void exp_lanes(T* x) {
    for (int l = 0; l < DUAL_LANES; l++) x[l] = exp_one(x[l]);
}

// Products by squaring: the same factors in the same order for every lane.
template <class T>
inline void power_lanes(T* x, int degree) {
    T out[DUAL_LANES], base[DUAL_LANES];
    for (int l = 0; l < DUAL_LANES; l++) {
        out[l] = T(1);
        base[l] = x[l];
    }
    for (; degree > 0; degree >>= 1) {
        if (degree & 1)
            for (int l = 0; l < DUAL_LANES; l++) out[l] *= base[l];
        for (int l = 0; l < DUAL_LANES; l++) base[l] *= base[l];
    }
    for (int l = 0; l < DUAL_LANES; l++) x[l] = out[l];
}

// tanh |x| = (1 - e) / (1 + e), e = exp(-2 |x|).
template <class T>
inline void tanh_lanes(T* x) {
    for (int l = 0; l < DUAL_LANES; l++) {
        const T e = exp_one(T(-2) * (x[l] < 0 ? -x[l] : x[l]));
        const T size = (T(1) - e) / (T(1) + e);
        x[l] = x[l] < 0 ? -size : size;
    }
}

// Kernels from products of rows, or from squared distances for KERNEL_RBF, in place.
template <class T>
inline void finish_lanes(const KernelForm& form, T* x) {
    const T gamma = static_cast<T>(form.gamma), constant = static_cast<T>(form.constant);
    switch (form.kind) {
        case KERNEL_LINEAR: return;
        case KERNEL_RBF:
            for (int l = 0; l < DUAL_LANES; l++) x[l] *= -gamma;
            return exp_lanes(x);
        default: break;
    }
    for (int l = 0; l < DUAL_LANES; l++) x[l] = x[l] * gamma + constant;
    if (form.kind == KERNEL_POLYNOMIAL) return power_lanes(x, form.degree);
    tanh_lanes(x);
}

}  // namespace

#endif
