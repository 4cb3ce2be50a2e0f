// Rows of X, dense or CSR, as solvers that go row by row meet them; weights are doubles.
//
// All of it is in an anonymous namespace: the file is compiled once for each level of the
// processor (see dispatch.hpp). Sums are the same at every level, to the bit.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace {

// Rows fetched ahead: a row's latency over the work on one, in random order.
constexpr ptrdiff_t AHEAD = 8;
constexpr ptrdiff_t LANES = 16;

// Runs `block(j, width)` over 0 … n in blocks of falling powers of two, each a loop of known
// length and so a few wide instructions; lane l of a block is partial sum l.
template <class F16, class F8, class F4, class F1>
inline void blocks(ptrdiff_t n, const F16& f16, const F8& f8, const F4& f4, const F1& f1) {
    ptrdiff_t j = 0;
    for (; j + 16 <= n; j += 16) f16(j);
    if (j + 8 <= n) f8(j), j += 8;
    if (j + 4 <= n) f4(j), j += 4;
    for (; j < n; ++j) f1(j);
}

inline double folded(double* part) {
    for (ptrdiff_t l = 0; l < 8; ++l) part[l] += part[l + 8];
    for (ptrdiff_t l = 0; l < 4; ++l) part[l] += part[l + 4];
    return (part[0] + part[2]) + (part[1] + part[3]);
}

template <int W, class T>
inline void dot_block(double* part, const T* x, const double* w) {
#pragma omp simd
    for (int l = 0; l < W; ++l) part[l] += static_cast<double>(x[l]) * w[l];
}

template <int W, class T>
inline void add_block(double* part, const T* x, double c, double* w) {
#pragma omp simd
    for (int l = 0; l < W; ++l) {
        const double u = w[l] + c * static_cast<double>(x[l]);
        w[l] = u;
        part[l] += u * u;
    }
}

template <int W, class T>
inline void axpy_block(const T* x, double c, double* w) {
#pragma omp simd
    for (int l = 0; l < W; ++l) w[l] += c * static_cast<double>(x[l]);
}

template <class T>
struct DenseRow {
    const T* x;
    ptrdiff_t p;

    double dot(const double* w) const {
        double part[LANES] = {0.0};
        const T* a = x;
        blocks(p, [&](ptrdiff_t j) { dot_block<16>(part, a + j, w + j); },
               [&](ptrdiff_t j) { dot_block<8>(part, a + j, w + j); },
               [&](ptrdiff_t j) { dot_block<4>(part, a + j, w + j); },
               [&](ptrdiff_t j) { dot_block<1>(part, a + j, w + j); });
        return folded(part);
    }
    double square() const {
        double part[LANES] = {0.0};
        for (ptrdiff_t j = 0; j < p; ++j) part[j & 15] += static_cast<double>(x[j]) * x[j];
        return folded(part);
    }
    // w += c x; returns Σ w² after it.
    double add(double c, double* w, double) const {
        double part[LANES] = {0.0};
        const T* a = x;
        blocks(p, [&](ptrdiff_t j) { add_block<16>(part, a + j, c, w + j); },
               [&](ptrdiff_t j) { add_block<8>(part, a + j, c, w + j); },
               [&](ptrdiff_t j) { add_block<4>(part, a + j, c, w + j); },
               [&](ptrdiff_t j) { add_block<1>(part, a + j, c, w + j); });
        return folded(part);
    }
    void axpy(double c, double* w) const {
        const T* a = x;
        blocks(p, [&](ptrdiff_t j) { axpy_block<16>(a + j, c, w + j); },
               [&](ptrdiff_t j) { axpy_block<8>(a + j, c, w + j); },
               [&](ptrdiff_t j) { axpy_block<4>(a + j, c, w + j); },
               [&](ptrdiff_t j) { axpy_block<1>(a + j, c, w + j); });
    }
    template <class F>
    void each(const F& f) const {
        for (ptrdiff_t j = 0; j < p; ++j) f(j);
    }
    template <class F>
    void each_entry(const F& f) const {
        for (ptrdiff_t j = 0; j < p; ++j) f(j, static_cast<double>(x[j]));
    }
    // out = c x, of the given width.
    void spread(double c, ptrdiff_t width, double* out) const {
#pragma omp simd
        for (ptrdiff_t j = 0; j < width; ++j) out[j] = c * static_cast<double>(x[j]);
    }
};

template <class T>
struct SparseRow {
    const T* x;
    const int32_t* at;
    ptrdiff_t count;

    double dot(const double* w) const {
        double part[8] = {0.0};
        ptrdiff_t k = 0;
        for (; k + 8 <= count; k += 8)
#pragma omp simd
            for (int l = 0; l < 8; ++l) part[l] += static_cast<double>(x[k + l]) * w[at[k + l]];
        for (; k < count; ++k) part[k & 7] += static_cast<double>(x[k]) * w[at[k]];
        for (int l = 0; l < 4; ++l) part[l] += part[l + 4];
        return (part[0] + part[2]) + (part[1] + part[3]);
    }
    double square() const {
        double sum = 0.0;
        for (ptrdiff_t k = 0; k < count; ++k) sum += static_cast<double>(x[k]) * x[k];
        return sum;
    }
    double add(double c, double* w, double squares) const {
        for (ptrdiff_t k = 0; k < count; ++k) {
            const double d = c * static_cast<double>(x[k]), before = w[at[k]];
            w[at[k]] = before + d;
            squares += d * (2.0 * before + d);
        }
        return squares < 0 ? 0.0 : squares;
    }
    void axpy(double c, double* w) const {
        for (ptrdiff_t k = 0; k < count; ++k) w[at[k]] += c * static_cast<double>(x[k]);
    }
    template <class F>
    void each(const F& f) const {
        for (ptrdiff_t k = 0; k < count; ++k) f(at[k]);
    }
    template <class F>
    void each_entry(const F& f) const {
        for (ptrdiff_t k = 0; k < count; ++k) f(at[k], static_cast<double>(x[k]));
    }
    void spread(double c, ptrdiff_t width, double* out) const {
        for (ptrdiff_t j = 0; j < width; ++j) out[j] = 0.0;
        axpy(c, out);
    }
};

template <class T>
struct DenseRows {
    const T* x;
    ptrdiff_t p;
    DenseRow<T> operator()(ptrdiff_t i) const { return {x + i * p, p}; }
    void fetch(ptrdiff_t i) const {
        const char* from = reinterpret_cast<const char*>(x + i * p);
        const ptrdiff_t bytes = p * static_cast<ptrdiff_t>(sizeof(T));
        // The processor follows a longer run by itself.
        const ptrdiff_t most = bytes < 1024 ? bytes : 1024;
        for (ptrdiff_t b = 0; b < most; b += 64) __builtin_prefetch(from + b);
        __builtin_prefetch(from + bytes - 1);
    }
    void fetch_start(ptrdiff_t) const {}
};

template <class T>
struct SparseRows {
    const T* x;
    const int32_t* indices;
    const int64_t* indptr;
    SparseRow<T> operator()(ptrdiff_t i) const {
        return {x + indptr[i], indices + indptr[i], static_cast<ptrdiff_t>(indptr[i + 1] - indptr[i])};
    }
    void fetch_start(ptrdiff_t i) const { __builtin_prefetch(indptr + i); }
    void fetch(ptrdiff_t i) const {
        const int64_t first = indptr[i], count = indptr[i + 1] - first;
        const int64_t most = count < 256 ? count : 256;
        for (int64_t k = 0; k < most; k += 16) __builtin_prefetch(indices + first + k);
        for (int64_t k = 0; k < most; k += 64 / sizeof(T)) __builtin_prefetch(x + first + k);
    }
};

}  // namespace
