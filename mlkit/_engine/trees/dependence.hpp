// Means of trees over the training rows with some columns fixed, at all points of a grid at once.
#ifndef MLKIT_DEPENDENCE_HPP
#define MLKIT_DEPENDENCE_HPP

#include <stddef.h>
#include <stdint.h>

#include <vector>

namespace mlkit_dependence {

struct Trees {  // the arrays of `Trees`
    const int64_t* offset;
    ptrdiff_t n_trees, width;
    const int32_t *feature, *left, *right, *category;
    const double *threshold, *weight, *value;
    const uint8_t* missing_left;
    const uint32_t* bitsets;
    ptrdiff_t n_words;
};

inline bool goes_left(const Trees& t, int64_t i, double x) {
    if (!t.category || t.category[i] < 0) return x == x ? x <= t.threshold[i] : t.missing_left[i];
    if (!(x >= 0)) return t.missing_left[i];
    if (x >= 32.0 * static_cast<double>(t.n_words)) return false;
    const uint32_t code = static_cast<uint32_t>(x);
    return (t.bitsets[t.category[i] * t.n_words + (code >> 5)] >> (code & 31)) & 1;
}

// A node on the way, with the share of the weight that comes to it: `scale` at all points, or at
// point p `scale` times row `level` of the table of shares.
struct Visit {
    int32_t node;
    ptrdiff_t level;
    double scale;
};

// Last row of shares that a waiting visit needs.
inline ptrdiff_t last_needed(const std::vector<Visit>& stack, ptrdiff_t level) {
    for (const Visit& v : stack) level = v.level > level ? v.level : level;
    return level;
}

// out[column[t]][p] += mean of tree t at point p. grid is (n_fixed, n_points); fixed[f] is the row
// of feature f, or -1.
inline void add(const Trees& t, const double* grid, ptrdiff_t n_points, const int32_t* fixed,
                const int32_t* column, double* out) {
    std::vector<Visit> stack;
    std::vector<double> shares(static_cast<size_t>(n_points), 1.0);  // row 0: all of it
    for (ptrdiff_t tree = 0; tree < t.n_trees; tree++) {
        const int64_t first = t.offset[tree];
        double* to = out + column[tree] * n_points;
        stack.assign(1, {0, 0, 1.0});
        while (!stack.empty()) {
            const Visit v = stack.back();
            stack.pop_back();
            const int64_t i = first + v.node;
            if (t.left[i] < 0) {
                const double value = v.scale * t.value[i * t.width];
                const double* share = shares.data() + v.level * n_points;
                for (ptrdiff_t p = 0; p < n_points; p++) to[p] += share[p] * value;
                continue;
            }
            const int32_t row = fixed[t.feature[i]];
            if (row < 0) {
                const double here = t.weight[i], gone = t.weight[first + t.left[i]];
                const double part = here > 0 ? gone / here : 0.5;  // without weight, half each
                stack.push_back({t.right[i], v.level, v.scale * (1 - part)});
                stack.push_back({t.left[i], v.level, v.scale * part});
                continue;
            }
            const ptrdiff_t low = last_needed(stack, v.level);
            shares.resize(static_cast<size_t>((low + 3) * n_points));
            const double* share = shares.data() + v.level * n_points;
            double* left = shares.data() + (low + 1) * n_points;
            double* right = shares.data() + (low + 2) * n_points;
            bool any_left = false, any_right = false;
            for (ptrdiff_t p = 0; p < n_points; p++) {
                const bool side = goes_left(t, i, grid[row * n_points + p]);
                left[p] = side ? share[p] : 0;
                right[p] = side ? 0 : share[p];
                any_left |= left[p] != 0;
                any_right |= right[p] != 0;
            }
            if (any_right) stack.push_back({t.right[i], low + 2, v.scale});
            if (any_left) stack.push_back({t.left[i], low + 1, v.scale});
        }
    }
}

}  // namespace mlkit_dependence
#endif
