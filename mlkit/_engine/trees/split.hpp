// Best threshold of a column in a node, from the column's sums by code.
//
// With value v(G, H) = −G / (H + l2), cut to [low, high], a node's loss is G v to second order, and
// the gain of a split is what it takes off: G v − G_L v_L − G_R v_R. Of equal gains the lowest
// code is taken with missing values on the right, the highest with missing values on the left.
#pragma once
#include <math.h>

#include "grow_kernels.hpp"

namespace {

constexpr ptrdiff_t SCAN = 64;  // candidates whose gains are computed side by side
constexpr double NO_GAIN = -1.0;

struct Candidates {
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

// Gains of the first n candidates, NO_GAIN where a side is too small.
template <bool BOUNDED>
void gains(const NodeSums& s, ptrdiff_t n, int monotone, Candidates& c) {
    const double loss = s.value * s.gradient, rows = static_cast<double>(s.count);
    const double least = static_cast<double>(s.min_rows);
    for (ptrdiff_t i = 0; i < n; ++i) {
        const double left = c.gradient[i], right = s.gradient - left;
        const double left_curve = c.curvature[i], right_curve = s.curvature - left_curve;
        double left_value = node_value(s, left, left_curve);
        double right_value = node_value(s, right, right_curve);
        bool valid = (c.count[i] >= least) & (rows - c.count[i] >= least) &
                     (left_curve >= s.min_curvature) & (right_curve >= s.min_curvature);
        if (BOUNDED) {
            left_value = clipped(s, left_value);
            right_value = clipped(s, right_value);
            valid &= !(((monotone > 0) & (left_value > right_value)) |
                       ((monotone < 0) & (left_value < right_value)));
        }
        const double gain = loss - left * left_value - right * right_value;
        c.gain[i] = valid ? gain : NO_GAIN;
    }
}

inline void evaluate(const NodeSums& s, ptrdiff_t n, int monotone, Candidates& c) {
    if (s.bounded)
        gains<true>(s, n, monotone, c);
    else
        gains<false>(s, n, monotone, c);
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

// Candidates "codes up to c go left" for c < n; `first` are the sums that go left in any case.
// `last`: of equal gains the last wins.
bool scan_codes(const NodeSums& s, const Cell* cells, ptrdiff_t n, Cell first, bool last,
                int monotone, Split* best) {
    Candidates c;
    Cell left = first;
    bool found = false;
    double top = best->gain;
    const int64_t mask = (int64_t(1) << s.count_bits) - 1;
    for (ptrdiff_t start = 0; start < n; start += SCAN) {
        const ptrdiff_t here = n - start < SCAN ? n - start : SCAN;
        int64_t gradient[SCAN], second[SCAN];
        const Cell before = left;
        for (ptrdiff_t i = 0; i < here; ++i) {
            left.first += cells[start + i].first;
            left.second += cells[start + i].second;
            gradient[i] = left.first;
            second[i] = left.second;
        }
        if (left.second == before.second) continue;  // no rows: no new split
        for (ptrdiff_t i = 0; i < here; ++i) {
            c.gradient[i] = static_cast<double>(gradient[i]) * s.gradient_unit;
            c.count[i] = static_cast<double>(second[i] & mask);
        }
        if (s.curvature_unit == 0.0)
            for (ptrdiff_t i = 0; i < here; ++i) c.curvature[i] = c.count[i];
        else
            for (ptrdiff_t i = 0; i < here; ++i)
                c.curvature[i] = static_cast<double>(second[i] >> s.count_bits) * s.curvature_unit;
        evaluate(s, here, monotone, c);
        const double value = greatest(c.gain, here);
        if (!beats(s, value, top) && !(last && found && !beats(s, top, value))) continue;
        ptrdiff_t at = 0;
        for (ptrdiff_t i = 0; i < here; ++i) {
            if (beats(s, value, c.gain[i])) continue;
            at = i;
            if (!last) break;
        }
        top = c.gain[at];
        found = true;
        best->gain = top;
        best->code = static_cast<int32_t>(start + at);
        best->left = {gradient[at], second[at]};
    }
    return found;
}

bool scan(const NodeSums& s, const Cell* cells, ptrdiff_t n_bins, bool missing, int monotone,
          Split* best) {
    // Where values are missing, "all present ones go left" is a candidate, too.
    bool found = scan_codes(s, cells, missing ? n_bins : n_bins - 1, Cell{0, 0}, false, monotone,
                            best);
    if (found) best->missing_left = false;
    if (missing && cells[n_bins].second != 0 &&
        scan_codes(s, cells, n_bins - 1, cells[n_bins], true, monotone, best)) {
        best->missing_left = true;
        found = true;
    }
    return found;
}

}  // namespace
