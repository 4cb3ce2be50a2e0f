// Best split of a node whose leaves predict several numbers.
//
// A node's loss is the sum of its outputs', −G² / (H + l2) each. In a `NodeSums` of such a node,
// `gradient` is that loss, `value` is 1, and curvatures are means over the outputs.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "grow_kernels.hpp"

struct VectorSums {
    ptrdiff_t n_outputs, stride;  // cells between the sums of two outputs
    const double *gradient_unit, *curvature_unit;
    const Cell* total;            // of each output

    double gradient(const Cell& cell, ptrdiff_t k) const {
        return static_cast<double>(cell.first) * gradient_unit[k];
    }
    double curvature(const Cell& cell, ptrdiff_t k, int count_bits) const {
        if (curvature_unit[k] == 0.0)
            return static_cast<double>(cell.second & ((int64_t(1) << count_bits) - 1));
        return static_cast<double>(cell.second >> count_bits) * curvature_unit[k];
    }
};

struct VectorScratch {
    std::vector<double> gain, curve;
};

constexpr double NEVER = -1.0;
// Outputs by which categories are sorted at most.
constexpr ptrdiff_t ORDERS = 8;

// Whether sides of `left` rows and mean curvature `curve` are large enough.
inline bool sides_suffice(const NodeSums& s, int64_t left, double curve) {
    return left >= s.min_rows && s.count - left >= s.min_rows && curve >= s.min_curvature &&
           s.curvature - curve >= s.min_curvature;
}

inline int64_t rows_in(const Cell& cell, int count_bits) {
    return cell.second & ((int64_t(1) << count_bits) - 1);
}

// Candidates "codes up to c go left", c < n, and what `start` says besides. LAST: of equal gains
// the last wins, otherwise the first.
template <bool LAST>
inline bool scan_outputs(const NodeSums& s, const VectorSums& v, const Cell* cells, ptrdiff_t n,
                         ptrdiff_t missing_code, VectorScratch& scratch, Split* best) {
    if (n <= 0) return false;
    scratch.gain.assign(n, s.gradient);
    scratch.curve.assign(n, 0.0);
    for (ptrdiff_t k = 0; k < v.n_outputs; ++k) {
        const Cell* column = cells + k * v.stride;
        const Cell start = missing_code < 0 ? Cell{0, 0} : column[missing_code];
        grow_kernels().output_gains({column, n, start, v.gradient_unit[k], v.curvature_unit[k],
                                     s.count_bits, v.gradient(v.total[k], k),
                                     v.curvature(v.total[k], k, s.count_bits), s.l2,
                                     scratch.gain.data(), scratch.curve.data()});
    }
    int64_t left = missing_code < 0 ? 0 : rows_in(cells[missing_code], s.count_bits);
    double top = NEVER;
    for (ptrdiff_t c = 0; c < n; ++c) {
        left += rows_in(cells[c], s.count_bits);
        const double mean = scratch.curve[c] / static_cast<double>(v.n_outputs);
        if (!sides_suffice(s, left, mean)) scratch.gain[c] = NEVER;
        top = std::max(top, scratch.gain[c]);
    }
    if (!beats(s, top, best->gain)) return false;
    ptrdiff_t at = -1;
    for (ptrdiff_t c = 0; c < n && (LAST || at < 0); ++c)
        if (!beats(s, top, scratch.gain[c])) at = c;
    best->gain = scratch.gain[at];
    best->code = static_cast<int32_t>(at);
    return true;
}

// Sums that go left, of each output.
inline void sum_left(const VectorSums& v, const Cell* cells, ptrdiff_t code, ptrdiff_t missing_code,
                     std::vector<Cell>* left) {
    left->assign(v.n_outputs, Cell{0, 0});
    for (ptrdiff_t k = 0; k < v.n_outputs; ++k) {
        const Cell* column = cells + k * v.stride;
        Cell sum = missing_code < 0 ? Cell{0, 0} : column[missing_code];
        for (ptrdiff_t c = 0; c <= code; ++c)
            sum = {sum.first + column[c].first, sum.second + column[c].second};
        (*left)[k] = sum;
    }
}

// Best threshold of a column; true if it beats `best`, which it replaces.
inline bool scan_vector(const NodeSums& s, const VectorSums& v, const Cell* cells,
                        ptrdiff_t n_bins, bool missing, VectorScratch& scratch, Split* best,
                        std::vector<Cell>* left) {
    bool found = scan_outputs<false>(s, v, cells, missing ? n_bins : n_bins - 1, -1, scratch, best);
    if (found) best->missing_left = false;
    if (missing && cells[n_bins].second != 0 &&
        scan_outputs<true>(s, v, cells, n_bins - 1, n_bins, scratch, best)) {
        best->missing_left = true;
        found = true;
    }
    if (found) sum_left(v, cells, best->code, best->missing_left ? n_bins : -1, left);
    return found;
}

// The outputs whose categories differ most in their mean gradients.
inline std::vector<ptrdiff_t> outputs_to_sort_by(const NodeSums& s, const VectorSums& v,
                                                 const Cell* cells,
                                                 const std::vector<int32_t>& codes) {
    std::vector<std::pair<double, ptrdiff_t>> spread;
    for (ptrdiff_t k = 0; k < v.n_outputs; ++k) {
        double sum = 0;
        for (int32_t code : codes) {
            const Cell& cell = cells[k * v.stride + code];
            const double g = v.gradient(cell, k);
            sum += g * g / (v.curvature(cell, k, s.count_bits) + s.l2 + 1e-15);
        }
        spread.push_back({-sum, k});
    }
    std::stable_sort(spread.begin(), spread.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<ptrdiff_t> out;
    for (size_t i = 0; i < spread.size() && static_cast<ptrdiff_t>(i) < ORDERS; ++i)
        out.push_back(spread[i].second);
    return out;
}

// Gain of sending what sums to `left` to the left.
inline double vector_gain(const NodeSums& s, const VectorSums& v, const std::vector<Cell>& left,
                          double* mean_curve) {
    double gain = s.gradient, curve = 0;
    for (ptrdiff_t k = 0; k < v.n_outputs; ++k) {
        const double g = v.gradient(left[k], k), h = v.curvature(left[k], k, s.count_bits);
        const double g_all = v.gradient(v.total[k], k);
        const double h_all = v.curvature(v.total[k], k, s.count_bits);
        gain += g * g / (h + s.l2 + 1e-15) + (g_all - g) * (g_all - g) / (h_all - h + s.l2 + 1e-15);
        curve += h;
    }
    *mean_curve = curve / static_cast<double>(v.n_outputs);
    return gain;
}

// Best set of categories among prefixes, by the mean gradient of one output after the other, of at
// most half of them from either end; as for one output, which has one such order.
inline bool scan_vector_categories(const NodeSums& s, const VectorSums& v, const Cell* cells,
                                   int32_t n_bins, bool missing, double support_rows,
                                   ptrdiff_t n_words, Split* best, std::vector<uint32_t>* words,
                                   std::vector<Cell>* best_left) {
    std::vector<int32_t> used;
    for (int32_t code = 0; code < n_bins + missing; ++code)
        if (rows_in(cells[code], s.count_bits) >= support_rows) used.push_back(code);
    if (used.size() < 2) return false;
    const ptrdiff_t n = used.size();
    bool found = false;
    std::vector<Cell> left;
    for (ptrdiff_t output : outputs_to_sort_by(s, v, cells, used)) {
        const Cell* column = cells + output * v.stride;
        std::vector<std::pair<double, int32_t>> order;
        for (int32_t code : used)
            order.push_back({v.gradient(column[code], output) /
                                 (v.curvature(column[code], output, s.count_bits) + support_rows),
                             code});
        std::stable_sort(order.begin(), order.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        for (int direction = 0; direction < 2; ++direction) {
            left.assign(v.n_outputs, Cell{0, 0});
            for (ptrdiff_t i = 0; i < (n + 1) / 2 - direction; ++i) {
                const int32_t code = order[direction == 0 ? i : n - 1 - i].second;
                for (ptrdiff_t k = 0; k < v.n_outputs; ++k) {
                    const Cell& cell = cells[k * v.stride + code];
                    left[k] = {left[k].first + cell.first, left[k].second + cell.second};
                }
                double curve = 0;
                const double gain = vector_gain(s, v, left, &curve);
                if (!sides_suffice(s, rows_in(left[0], s.count_bits), curve)) continue;
                if (!beats(s, gain, best->gain)) continue;
                found = true;
                best->gain = gain;
                best->code = 0;
                best->missing_left = false;
                *best_left = left;
                words->assign(n_words, 0);
                for (ptrdiff_t j = 0; j <= i; ++j) {
                    const int32_t inside = order[direction == 0 ? j : n - 1 - j].second;
                    (*words)[inside >> 5] |= 1u << (inside & 31);
                    if (inside == n_bins) best->missing_left = true;
                }
            }
        }
    }
    return found;
}
