// Kernels of scan.hpp, compiled once for each level of the processor (see dispatch.hpp).
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <limits>

#include "scan.hpp"

namespace {

// Partial sums of a contiguous column: enough for two AVX-512 registers of doubles, and the same
// number at every level, so that sums are the same to the bit.
constexpr ptrdiff_t LANES = 16;

// Entries between two looks at what was found: 1 KiB or 2 KiB, so that an early NaN ends the
// search early and the loop inside stays branchless.
constexpr ptrdiff_t STRETCH = 256;

template <class T> struct BitsOf;
template <> struct BitsOf<float> {
    typedef uint32_t type;
    static constexpr type infinity = 0x7f800000u, carry = 0x00800000u;
};
template <> struct BitsOf<double> {
    typedef uint64_t type;
    static constexpr type infinity = 0x7ff0000000000000u, carry = 0x0010000000000000u;
};

template <class T, bool allow_nan>
inline bool is_bad(T x) {
    return allow_nan ? x - x != 0 && x == x : x - x != 0;
}

// An exponent of all ones, and no other, carries into the sign when one is added to it: masks and
// sums of integers, which every processor has, where comparisons of 64 bits are newer.
template <class T>
inline bool finite_stretch(const T* x) {
    typedef BitsOf<T> Bits;
    typename Bits::type found = 0;
    for (ptrdiff_t i = 0; i < STRETCH; i++) {
        typename Bits::type bits;
        memcpy(&bits, x + i, sizeof bits);
        found |= (bits & Bits::infinity) + Bits::carry;
    }
    return found >> (8 * sizeof(T) - 1) == 0;
}

// The greatest size of what is no NaN: a maximum passes over NaN.
template <class T>
inline bool no_infinity(const T* x) {
    constexpr ptrdiff_t WIDE = 128 / sizeof(T);
    T lane[WIDE] = {0};
    for (ptrdiff_t i = 0; i < STRETCH; i += WIDE)
        for (ptrdiff_t l = 0; l < WIDE; l++) {
            const T size = x[i + l] < 0 ? -x[i + l] : x[i + l];
            lane[l] = size > lane[l] ? size : lane[l];
        }
    T greatest = 0;
    for (ptrdiff_t l = 0; l < WIDE; l++) greatest = lane[l] > greatest ? lane[l] : greatest;
    return greatest <= std::numeric_limits<T>::max();
}

template <class T, bool allow_nan>
inline bool good_stretch(const T* x) {
    return allow_nan ? no_infinity(x) : finite_stretch(x);
}

template <class T, bool allow_nan>
inline bool finite_rest(const T* x, ptrdiff_t n, ptrdiff_t step) {
    for (ptrdiff_t i = 0; i < n; i++)
        if (is_bad<T, allow_nan>(x[i * step])) return false;
    return true;
}

template <class T, bool allow_nan>
bool finite_run(const T* x, ptrdiff_t n, ptrdiff_t step) {
    if (step == 1) {
        // Two halves side by side: one stream leaves a third of the memory's bandwidth unused.
        const ptrdiff_t half = n / (2 * STRETCH) * STRETCH;
        for (ptrdiff_t i = 0; i < half; i += STRETCH) {
            const bool first = good_stretch<T, allow_nan>(x + i);
            const bool second = good_stretch<T, allow_nan>(x + half + i);
            if (!(first & second)) return false;
        }
        x += 2 * half;
        n -= 2 * half;
    }
    return finite_rest<T, allow_nan>(x, n, step);
}

template <class T>
bool finite(const T* x, ptrdiff_t n, ptrdiff_t step, bool allow_nan) {
    return allow_nan ? finite_run<T, true>(x, n, step) : finite_run<T, false>(x, n, step);
}

template <class T>
inline bool columns_are_contiguous(const ScanBlock<T>& b) {
    return b.row_step == 1 && (b.column_step != 1 || b.n_columns == 1);
}

// The weight of an entry and the entry, with a missing entry as 0 of weight 0.
template <class T, bool skip_nan>
inline void entry(T x, double weight, double& w, double& value) {
    const bool seen = !skip_nan || x == x;
    w = seen ? weight : 0.0;
    value = seen ? static_cast<double>(x) : 0.0;
}

// The sum of what is left around a mean corrects the mean, and the sum of squares around it, for
// the rounding of the mean (Chan, Golub & LeVeque, 1983, eq. 1.7).
inline void correct(double total, double drift, double& mean, double& spread) {
    if (total == 0.0 || drift - drift != 0.0) return;  // nothing seen, or infinity in the column
    mean += drift / total;
    spread -= drift * drift / total;
}

// Columns that grow side by side: their sums stay in the first-level cache.
constexpr ptrdiff_t STRIP = 128;

// Rows are contiguous: sums of up to STRIP columns grow side by side, row after row.
template <class T, bool weighted, bool skip_nan>
void moments_of_strip(const ScanBlock<T>& b, ptrdiff_t first, ptrdiff_t n,
                      double* MLKIT_RESTRICT total, double* MLKIT_RESTRICT mean,
                      double* MLKIT_RESTRICT spread) {
    double drift[STRIP];
    for (ptrdiff_t j = 0; j < n; j++) total[j] = mean[j] = spread[j] = drift[j] = 0.0;
    for (ptrdiff_t i = 0; i < b.n_rows; i++) {
        const T* MLKIT_RESTRICT row = b.x + i * b.row_step + first;
        const double weight = weighted ? b.weight[i] : 1.0;
        for (ptrdiff_t j = 0; j < n; j++) {
            double w, value;
            entry<T, skip_nan>(row[j], weight, w, value);
            total[j] += w;
            mean[j] += w * value;
        }
    }
    for (ptrdiff_t j = 0; j < n; j++) mean[j] = total[j] != 0.0 ? mean[j] / total[j] : 0.0;
    for (ptrdiff_t i = 0; i < b.n_rows; i++) {
        const T* MLKIT_RESTRICT row = b.x + i * b.row_step + first;
        const double weight = weighted ? b.weight[i] : 1.0;
        for (ptrdiff_t j = 0; j < n; j++) {
            double w, value;
            entry<T, skip_nan>(row[j], weight, w, value);
            const double away = value - mean[j];
            drift[j] += w * away;
            spread[j] += w * away * away;
        }
    }
    for (ptrdiff_t j = 0; j < n; j++) correct(total[j], drift[j], mean[j], spread[j]);
}

template <class T, bool weighted, bool skip_nan>
void moments_of_rows(const ScanBlock<T>& b, double* total, double* mean, double* spread) {
    for (ptrdiff_t j = 0; j < b.n_columns; j += STRIP) {
        const ptrdiff_t n = b.n_columns - j < STRIP ? b.n_columns - j : STRIP;
        moments_of_strip<T, weighted, skip_nan>(b, j, n, total + j, mean + j, spread + j);
    }
}

inline double sum_of_lanes(double* lane) {
    for (ptrdiff_t half = LANES / 2; half > 0; half /= 2)
        for (ptrdiff_t l = 0; l < half; l++) lane[l] += lane[l + half];
    return lane[0];
}

// Σw, Σw(x − centre) and Σw(x − centre)² of a contiguous column.
template <class T, bool weighted, bool skip_nan>
inline void sum_column(const T* MLKIT_RESTRICT x, const double* MLKIT_RESTRICT weight, ptrdiff_t n,
                       double centre, double& total, double& first, double& second) {
    double zeroth_lane[LANES] = {0}, first_lane[LANES] = {0}, second_lane[LANES] = {0};
    const auto add = [&](ptrdiff_t i, ptrdiff_t l) {
        double w, value;
        entry<T, skip_nan>(x[i + l], weighted ? weight[i + l] : 1.0, w, value);
        const double away = value - centre;
        zeroth_lane[l] += w;
        first_lane[l] += w * away;
        second_lane[l] += w * away * away;
    };
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (ptrdiff_t l = 0; l < LANES; l++) add(i, l);
    for (ptrdiff_t l = 0; i + l < n; l++) add(i, l);
    total = sum_of_lanes(zeroth_lane);
    first = sum_of_lanes(first_lane);
    second = sum_of_lanes(second_lane);
}

template <class T, bool weighted, bool skip_nan>
void moments_of_columns(const ScanBlock<T>& b, double* total, double* mean, double* spread) {
    for (ptrdiff_t j = 0; j < b.n_columns; j++) {
        const T* x = b.x + j * b.column_step;
        double sum, drift, unused;
        sum_column<T, weighted, skip_nan>(x, b.weight, b.n_rows, 0.0, total[j], sum, unused);
        mean[j] = total[j] != 0.0 ? sum / total[j] : 0.0;
        sum_column<T, weighted, skip_nan>(x, b.weight, b.n_rows, mean[j], unused, drift, spread[j]);
        correct(total[j], drift, mean[j], spread[j]);
    }
}

template <class T, bool weighted, bool skip_nan>
void moments_of(const ScanBlock<T>& b, double* total, double* mean, double* spread) {
    if (columns_are_contiguous(b))
        moments_of_columns<T, weighted, skip_nan>(b, total, mean, spread);
    else
        moments_of_rows<T, weighted, skip_nan>(b, total, mean, spread);
}

template <class T>
void moments(const ScanBlock<T>& b, double* total, double* mean, double* spread) {
    if (b.weight && b.skip_nan) moments_of<T, true, true>(b, total, mean, spread);
    else if (b.weight) moments_of<T, true, false>(b, total, mean, spread);
    else if (b.skip_nan) moments_of<T, false, true>(b, total, mean, spread);
    else moments_of<T, false, false>(b, total, mean, spread);
}

// `x < least` is false for NaN, so missing entries are passed over.
template <class T>
void range_of_rows(const ScanBlock<T>& b, T* MLKIT_RESTRICT least, T* MLKIT_RESTRICT greatest) {
    for (ptrdiff_t i = 0; i < b.n_rows; i++) {
        const T* MLKIT_RESTRICT row = b.x + i * b.row_step;
        for (ptrdiff_t j = 0; j < b.n_columns; j++) {
            least[j] = row[j] < least[j] ? row[j] : least[j];
            greatest[j] = row[j] > greatest[j] ? row[j] : greatest[j];
        }
    }
}

template <class T>
void range_of_column(const T* MLKIT_RESTRICT x, ptrdiff_t n, T& least, T& greatest) {
    T low[LANES], high[LANES];
    for (ptrdiff_t l = 0; l < LANES; l++) low[l] = least, high[l] = greatest;
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (ptrdiff_t l = 0; l < LANES; l++) {
            low[l] = x[i + l] < low[l] ? x[i + l] : low[l];
            high[l] = x[i + l] > high[l] ? x[i + l] : high[l];
        }
    for (; i < n; i++) {
        low[0] = x[i] < low[0] ? x[i] : low[0];
        high[0] = x[i] > high[0] ? x[i] : high[0];
    }
    for (ptrdiff_t l = 0; l < LANES; l++) {
        least = low[l] < least ? low[l] : least;
        greatest = high[l] > greatest ? high[l] : greatest;
    }
}

template <class T>
void range(const ScanBlock<T>& b, T* least, T* greatest) {
    for (ptrdiff_t j = 0; j < b.n_columns; j++) {
        least[j] = std::numeric_limits<T>::infinity();
        greatest[j] = -std::numeric_limits<T>::infinity();
    }
    if (columns_are_contiguous(b))
        for (ptrdiff_t j = 0; j < b.n_columns; j++)
            range_of_column(b.x + j * b.column_step, b.n_rows, least[j], greatest[j]);
    else
        range_of_rows(b, least, greatest);
}

}  // namespace

MLKIT_TABLE(ScanKernels, scan_kernels) = {
    &finite<float>,  &finite<double>, &moments<float>,
    &moments<double>, &range<float>,  &range<double>,
};
