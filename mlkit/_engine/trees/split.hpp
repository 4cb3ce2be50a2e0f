// Best threshold of a column in a node, from the column's sums by code.
//
// With value v(G, H) = −G / (H + l2), cut to [low, high], a node's loss is G v to second order, and
// the gain of a split is what it takes off: G v − G_L v_L − G_R v_R. Of equal gains the lowest
// code is taken with missing values on the right, the highest with missing values on the left.
#pragma once
#include <math.h>

#include "histogram.hpp"

namespace {

constexpr ptrdiff_t SCAN = 64;  // candidates whose gains are computed side by side
constexpr double NO_GAIN = -1.0;

struct Candidates {
    Cell left[SCAN];
    double gradient[SCAN], curvature[SCAN], count[SCAN], gain[SCAN];
};

inline double node_value(const NodeSums& s, double gradient, double curvature) {
    // 1e-15: a node without curvature and penalty has value 0 · 1e15 = 0, and not NaN.
    return -gradient / (curvature + s.l2 + 1e-15);
}

inline double clipped(const NodeSums& s, double value) {
    value = value < s.low ? s.low : value;
    return value > s.high ? s.high : value;
}

inline bool large_enough(const NodeSums& s, double rows, double left, double left_curve,
                         double right_curve) {
    const double least = static_cast<double>(s.min_rows);
    return (left >= least) & (rows - left >= least) & (left_curve >= s.min_curvature) &
           (right_curve >= s.min_curvature);
}

// Gains of the first n candidates, NO_GAIN where a side is too small.
void free_gains(const NodeSums& s, ptrdiff_t n, Candidates& c) {
    const double loss = s.value * s.gradient, rows = static_cast<double>(s.count);
    for (ptrdiff_t i = 0; i < n; ++i) {
        const double left = c.gradient[i], right = s.gradient - left;
        const double left_curve = c.curvature[i], right_curve = s.curvature - left_curve;
        const double a = left_curve + (s.l2 + 1e-15), b = right_curve + (s.l2 + 1e-15);
        // G_L² / a + G_R² / b by one division, which is what this loop waits for
        const double gain = loss + (left * left * b + right * right * a) / (a * b);
        c.gain[i] = large_enough(s, rows, c.count[i], left_curve, right_curve) ? gain : NO_GAIN;
    }
}

// The same where values have bounds.
void bounded_gains(const NodeSums& s, ptrdiff_t n, int monotone, Candidates& c) {
    const double loss = s.value * s.gradient, rows = static_cast<double>(s.count);
    for (ptrdiff_t i = 0; i < n; ++i) {
        const double left = c.gradient[i], right = s.gradient - left;
        const double left_curve = c.curvature[i], right_curve = s.curvature - left_curve;
        const double left_value = clipped(s, node_value(s, left, left_curve));
        const double right_value = clipped(s, node_value(s, right, right_curve));
        const bool turned = ((monotone > 0) & (left_value > right_value)) |
                            ((monotone < 0) & (left_value < right_value));
        const bool valid = large_enough(s, rows, c.count[i], left_curve, right_curve) & !turned;
        c.gain[i] = valid ? loss - left * left_value - right * right_value : NO_GAIN;
    }
}

inline void evaluate(const NodeSums& s, ptrdiff_t n, int monotone, Candidates& c) {
    const int64_t mask = (int64_t(1) << s.count_bits) - 1;
    for (ptrdiff_t i = 0; i < n; ++i) {
        c.gradient[i] = static_cast<double>(c.left[i].first) * s.gradient_unit;
        c.count[i] = static_cast<double>(c.left[i].second & mask);
    }
    if (s.curvature_unit == 0.0)
        for (ptrdiff_t i = 0; i < n; ++i) c.curvature[i] = c.count[i];
    else
        for (ptrdiff_t i = 0; i < n; ++i)
            c.curvature[i] =
                static_cast<double>(c.left[i].second >> s.count_bits) * s.curvature_unit;
    if (s.bounded)
        bounded_gains(s, n, monotone, c);
    else
        free_gains(s, n, c);
}

inline double greatest(const double* x, ptrdiff_t n) {
    double lane[8];
    for (int l = 0; l < 8; ++l) lane[l] = NO_GAIN;
    ptrdiff_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; ++l) lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
    for (; i < n; ++i) lane[0] = x[i] > lane[0] ? x[i] : lane[0];
    double top = lane[0];
    for (int l = 1; l < 8; ++l) top = lane[l] > top ? lane[l] : top;
    return top;
}

constexpr ptrdiff_t GROUP = 4;  // codes that are summed side by side

#if defined(__AVX512F__)
struct Running {
    __m512i sum;  // in each of its four pairs
    explicit Running(Cell start)
        : sum(_mm512_broadcast_i64x2(_mm_set_epi64x(start.second, start.first))) {}
    Cell cell() const {
        alignas(16) Cell out;
        _mm_store_si128(reinterpret_cast<__m128i*>(&out), _mm512_castsi512_si128(sum));
        return out;
    }
};

// Sums up to each of four codes, packed to `out` where a cell of `marks` is not empty.
inline ptrdiff_t collect_group(const Cell* cells, const Cell* marks, Running* before, Cell* out) {
    const __m512i zero = _mm512_setzero_si512(), x = _mm512_loadu_si512(cells);
    __m512i y = _mm512_add_epi64(x, _mm512_alignr_epi64(x, zero, 6));
    y = _mm512_add_epi64(y, _mm512_alignr_epi64(y, zero, 4));
    const __m512i sums = _mm512_add_epi64(before->sum, y);
    before->sum = _mm512_add_epi64(before->sum, _mm512_shuffle_i64x2(y, y, 0xff));
    const __m512i mark = _mm512_loadu_si512(marks);
    const unsigned used = _mm512_test_epi64_mask(mark, mark) & 0xaau;
    const __mmask8 lanes = static_cast<__mmask8>(used | used >> 1);
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi64(lanes, sums));
    return __builtin_popcount(used);
}
#else
struct Running {
    Cell sum;
    explicit Running(Cell start) : sum(start) {}
    Cell cell() const { return sum; }
};

inline ptrdiff_t collect_group(const Cell* cells, const Cell* marks, Running* before, Cell* out) {
    ptrdiff_t found = 0;
    for (ptrdiff_t i = 0; i < GROUP; ++i) {
        before->sum.first += cells[i].first;
        before->sum.second += cells[i].second;
        out[found] = before->sum;
        found += marks[i].second != 0;
    }
    return found;
}
#endif

// The next candidates "codes up to c go left", c < n: of those that part the rows in the same way,
// the lowest, or with LAST the highest. Returns their number; `at` and `left` move on.
template <bool LAST>
inline ptrdiff_t collect(const Cell* cells, ptrdiff_t n, ptrdiff_t* at, Cell* left, Candidates& c) {
    const Cell* marks = cells + LAST;
    ptrdiff_t found = 0, code = *at;
    Running sum(*left);
    for (; code + GROUP <= n && found <= SCAN - GROUP; code += GROUP)
        found += collect_group(cells + code, marks + code, &sum, c.left + found);
    Cell last = sum.cell();
    for (; code + GROUP > n && code < n && found < SCAN; ++code) {
        last.first += cells[code].first;
        last.second += cells[code].second;
        c.left[found] = last;
        found += marks[code].second != 0;
    }
    *at = code;
    *left = last;
    return found;
}

// The code of candidate number `rank` of those from code `at` on.
template <bool LAST>
inline int32_t code_of(const Cell* cells, ptrdiff_t at, ptrdiff_t rank) {
    for (;; ++at)
        if (cells[at + LAST].second != 0 && rank-- == 0) return static_cast<int32_t>(at);
}

// `first` are the sums that go left in any case. LAST: of equal gains the last wins.
template <bool LAST>
bool scan_codes(const NodeSums& s, const Cell* cells, ptrdiff_t n, Cell first, int monotone,
                Split* best) {
    Candidates c;
    Cell left = first;
    bool found = false;
    double top = best->gain;
    ptrdiff_t best_begin = 0, best_rank = 0;
    for (ptrdiff_t start = 0; start < n;) {
        const ptrdiff_t begin = start;
        const ptrdiff_t here = collect<LAST>(cells, n, &start, &left, c);
        evaluate(s, here, monotone, c);
        const double value = greatest(c.gain, here);
        if (!beats(s, value, top) && !(LAST && found && !beats(s, top, value))) continue;
        ptrdiff_t at = 0;
        for (ptrdiff_t i = 0; i < here; ++i) {
            if (beats(s, value, c.gain[i])) continue;
            at = i;
            if (!LAST) break;
        }
        top = c.gain[at];
        found = true;
        best->gain = top;
        best->left = c.left[at];
        best_begin = begin;
        best_rank = at;
    }
    if (found) best->code = code_of<LAST>(cells, best_begin, best_rank);
    return found;
}

bool scan(const NodeSums& s, const Cell* cells, ptrdiff_t n_bins, bool missing, int monotone,
          Split* best) {
    // Where values are missing, "all present ones go left" is a candidate, too.
    bool found = scan_codes<false>(s, cells, missing ? n_bins : n_bins - 1, Cell{0, 0}, monotone,
                                   best);
    if (found) best->missing_left = false;
    if (missing && cells[n_bins].second != 0 &&
        scan_codes<true>(s, cells, n_bins - 1, cells[n_bins], monotone, best)) {
        best->missing_left = true;
        found = true;
    }
    return found;
}

}  // namespace
