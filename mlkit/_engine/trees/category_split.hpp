// Best set of categories in a node.
//
// Sorted by G / (H + s), the best of all sets is a prefix for a convex loss (Fisher, 1958), so
// prefixes and suffixes of at most half of the categories are tried. Categories with fewer than
// s rows' worth of curvature stay with the right child.
#pragma once
#include <algorithm>
#include <vector>

#include "grow_kernels.hpp"

constexpr double CATEGORY_SUPPORT = 10.0;

struct CategorySums {
    int32_t code;
    double value, gradient, curvature;
    int64_t count;
    Cell cell;
};

inline CategorySums category_sums(const NodeSums& s, const Cell& cell, int32_t code) {
    CategorySums c;
    c.code = code;
    c.cell = cell;
    c.count = cell.second & ((int64_t(1) << s.count_bits) - 1);
    c.gradient = static_cast<double>(cell.first) * s.gradient_unit;
    c.curvature = s.curvature_unit == 0.0
                      ? static_cast<double>(c.count)
                      : static_cast<double>(cell.second >> s.count_bits) * s.curvature_unit;
    c.value = c.gradient / (c.curvature + CATEGORY_SUPPORT);
    return c;
}

// Gain of sending what sums to (gradient, curvature) left.
inline double set_gain(const NodeSums& s, double gradient, double curvature) {
    const double other = s.gradient - gradient;
    double left = -gradient / (curvature + s.l2 + 1e-15);
    double right = -other / (s.curvature - curvature + s.l2 + 1e-15);
    left = std::min(std::max(left, s.low), s.high);
    right = std::min(std::max(right, s.low), s.high);
    return s.value * s.gradient - gradient * left - other * right;
}

// True if a set beats `best`; `codes` are then the bits of the codes that go left.
inline bool scan_categories(const NodeSums& s, const Cell* cells, int32_t n_bins, bool missing,
                            ptrdiff_t n_words, Split* best, std::vector<uint32_t>* codes) {
    const double support = static_cast<double>(s.count) / s.curvature;
    std::vector<CategorySums> used;
    for (int32_t code = 0; code < n_bins + missing; ++code) {
        if (cells[code].second == 0) continue;
        const CategorySums c = category_sums(s, cells[code], code);
        if (c.curvature * support >= CATEGORY_SUPPORT) used.push_back(c);
    }
    if (used.size() < 2) return false;
    std::stable_sort(used.begin(), used.end(), [](const CategorySums& a, const CategorySums& b) {
        return a.value < b.value;
    });
    const ptrdiff_t n = used.size();
    ptrdiff_t size = 0;
    bool from_end = false;
    for (int direction = 0; direction < 2; ++direction) {
        double gradient = 0, curvature = 0;
        int64_t count = 0;
        Cell left{0, 0};
        for (ptrdiff_t i = 0; i < (n + 1) / 2 - direction; ++i) {
            const CategorySums& c = used[direction == 0 ? i : n - 1 - i];
            count += c.count;
            curvature += c.curvature;
            gradient += c.gradient;
            left = {left.first + c.cell.first, left.second + c.cell.second};
            if (count < s.min_rows || curvature < s.min_curvature) continue;
            if (s.count - count < s.min_rows || s.curvature - curvature < s.min_curvature) break;
            const double gain = set_gain(s, gradient, curvature);
            if (!beats(s, gain, best->gain)) continue;
            best->gain = gain;
            best->left = left;
            size = i + 1;
            from_end = direction == 1;
        }
    }
    if (size == 0) return false;
    codes->assign(n_words, 0);
    best->code = 0;
    best->missing_left = false;
    for (ptrdiff_t i = 0; i < size; ++i) {
        const int32_t code = used[from_end ? n - 1 - i : i].code;
        (*codes)[code >> 5] |= 1u << (code & 31);
        if (code == n_bins) best->missing_left = true;
    }
    return true;
}
