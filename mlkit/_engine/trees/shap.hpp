// Rows through the kernel of `_shap.simd.cc`, block by block.
#ifndef MLKIT_SHAP_HPP
#define MLKIT_SHAP_HPP

#include <algorithm>
#include <vector>

#include "shap_kernels.hpp"

namespace mlkit_shap {

struct Forest {  // the arrays of `Trees`, and what is known of each tree
    const int64_t* offset;
    ptrdiff_t n_trees, n_features, depth, width;
    Tree all;                  // from the first root
    const int32_t* column;     // (n_trees,) at which a tree's values begin
    const int32_t* rule;       // (n_trees,) index of its points
    const int64_t* rule_start; // (n_rules + 1,) in point, weight and rest
    const double *point, *weight, *rest;
    ptrdiff_t most_points;
};

inline Tree tree_of(const Forest& f, ptrdiff_t t) {
    const int64_t first = f.offset[t];
    Tree tree = f.all;
    tree.feature += first;
    tree.left += first;
    tree.right += first;
    if (tree.category) tree.category += first;
    tree.threshold += first;
    tree.missing_left += first;
    tree.share += first;
    tree.value += first * f.width;
    return tree;
}

// out[row, feature, column] += each tree's part, the trees in order. X in C order.
inline void add(const Forest& f, const double* X, ptrdiff_t n_rows, double* out,
                ptrdiff_t n_columns, int n_threads) {
    const ptrdiff_t n_blocks = (n_rows + LANES - 1) / LANES, levels = f.depth + 1;
    (void)n_threads;
#pragma omp parallel num_threads(n_threads) if (n_threads > 1 && n_blocks > 1)
    {
        const ptrdiff_t points = f.most_points, size = points * LANES;
        std::vector<Level> level(levels);
        std::vector<double> inverse(levels * points), product(levels * size), slope(levels * size);
        std::vector<double> below(levels * size * f.width);
        std::vector<double> x(f.n_features * LANES), sums(f.n_features * n_columns * LANES);
        std::vector<int32_t> last(f.n_features, 0);
        Work w = {level.data(), inverse.data(), product.data(), slope.data(), below.data(),
                  last.data(), x.data(), sums.data(), nullptr, nullptr, nullptr, 0, n_columns, 0};
#pragma omp for schedule(dynamic)
        for (ptrdiff_t b = 0; b < n_blocks; b++) {
            const ptrdiff_t first = b * LANES;
            const int rows = static_cast<int>(std::min<ptrdiff_t>(LANES, n_rows - first));
            for (ptrdiff_t j = 0; j < f.n_features; j++)
                for (int l = 0; l < LANES; l++)  // lanes without a row repeat the last
                    x[j * LANES + l] = X[(first + std::min(l, rows - 1)) * f.n_features + j];
            std::fill(sums.begin(), sums.end(), 0.0);
            for (ptrdiff_t t = 0; t < f.n_trees; t++) {
                const int64_t start = f.rule_start[f.rule[t]];
                w.n_points = f.rule_start[f.rule[t] + 1] - start;
                w.point = f.point + start;
                w.weight = f.weight + start;
                w.rest = f.rest + start;
                w.column = f.column[t];
                shap_kernels().explain(tree_of(f, t), w);
            }
            const ptrdiff_t cells = f.n_features * n_columns;
            for (int l = 0; l < rows; l++)
                for (ptrdiff_t c = 0; c < cells; c++)
                    out[(first + l) * cells + c] += sums[c * LANES + l];
        }
    }
}

}  // namespace mlkit_shap
#endif
