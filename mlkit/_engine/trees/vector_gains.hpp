// Gains of the thresholds of a column, one output of several at a time.
#pragma once
#include "grow_kernels.hpp"

namespace {

// Adds G_L² / (H_L + l2) + G_R² / (H_R + l2) of each candidate to `gain`, and H_L to `curve`.
void output_gains(const OutputTask& t) {
    constexpr ptrdiff_t SIDE_BY_SIDE = 64;
    double gradient[SIDE_BY_SIDE], curvature[SIDE_BY_SIDE];
    const int64_t mask = (int64_t(1) << t.count_bits) - 1;
    const double penalty = t.l2 + 1e-15;
    int64_t first = t.start.first, second = t.start.second;
    for (ptrdiff_t at = 0; at < t.n; at += SIDE_BY_SIDE) {
        const ptrdiff_t here = t.n - at < SIDE_BY_SIDE ? t.n - at : SIDE_BY_SIDE;
        for (ptrdiff_t i = 0; i < here; ++i) {
            first += t.cells[at + i].first;
            second += t.cells[at + i].second;
            gradient[i] = static_cast<double>(first) * t.gradient_unit;
            curvature[i] = t.curvature_unit == 0.0
                               ? static_cast<double>(second & mask)
                               : static_cast<double>(second >> t.count_bits) * t.curvature_unit;
        }
        for (ptrdiff_t i = 0; i < here; ++i) {
            const double left = gradient[i], right = t.gradient - left;
            const double a = curvature[i] + penalty, b = t.curvature - curvature[i] + penalty;
            t.gain[at + i] += (left * left * b + right * right * a) / (a * b);
            t.curve[at + i] += curvature[i];
        }
    }
}

}  // namespace
