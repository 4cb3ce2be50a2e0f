// Shapley values of one tree for a block of rows, compiled once for each level of the processor.
#include "shap_kernels.hpp"

namespace {

using mlkit_shap::LANES;
using mlkit_shap::Level;
using mlkit_shap::Tree;
using mlkit_shap::Work;

inline bool in_set(const Tree& tree, int32_t node, double x, bool missing_left) {
    if (!(x >= 0)) return missing_left;
    if (x >= 32.0 * static_cast<double>(tree.n_words)) return false;
    const uint32_t code = static_cast<uint32_t>(x);
    const uint32_t* set = tree.bitsets + tree.category[node] * tree.n_words;
    return (set[code >> 5] >> (code & 31)) & 1;
}

// 1 for the rows that `node` sends to the left, 0 for the others.
inline void test(const Tree& tree, int32_t node, const double* x, double* left) {
    const double threshold = tree.threshold[node];
    const bool missing_left = tree.missing_left[node] != 0;
    if (tree.category && tree.category[node] >= 0) {
        for (int l = 0; l < LANES; l++) left[l] = in_set(tree, node, x[l], missing_left);
        return;
    }
    const double missing = missing_left ? 1.0 : 0.0;
    for (int l = 0; l < LANES; l++) {
        const double here = x[l] <= threshold ? 1.0 : 0.0;
        left[l] = x[l] == x[l] ? here : missing;
    }
}

// Step from the node at `depth` to its child on one side: factor and slope of each point.
void descend(const Tree& tree, const Work& w, ptrdiff_t depth, bool to_left) {
    const Level& from = w.level[depth];
    Level& to = w.level[depth + 1];
    const Level& old = w.level[w.last[from.feature]];
    const double* old_inverse = w.inverse + w.last[from.feature] * w.n_points;
    to.node = to_left ? tree.left[from.node] : tree.right[from.node];
    to.before = w.last[from.feature];
    to.feature = -1;
    to.stage = 0;
    const double share = tree.share[to.node];
    to.zero = old.zero * share;
    double old_one[LANES];
    for (int l = 0; l < LANES; l++) old_one[l] = old.one[l];
    test(tree, from.node, w.x + static_cast<ptrdiff_t>(from.feature) * LANES, to.one);
    for (int l = 0; l < LANES; l++) to.one[l] = old_one[l] * (to_left ? to.one[l] : 1 - to.one[l]);
    for (ptrdiff_t q = 0; q < w.n_points; q++) {
        const double t = w.point[q], up = t + (1 - t) * to.zero;
        const double inverse = 1 / up, before = old_inverse[q];
        w.inverse[(depth + 1) * w.n_points + q] = inverse;
        // The row's own turns: none before, none now; some before, none now; some now.
        const double ratio_lost = (1 - t) * to.zero * before, ratio_kept = up * before;
        const double slope_old = (1 - old.zero) * before;
        const double slope_lost = -w.rest[q] - slope_old;
        const double slope_kept = (1 - to.zero) * inverse - slope_old;
        const double* product = w.product + (depth * w.n_points + q) * LANES;
        double* next = w.product + ((depth + 1) * w.n_points + q) * LANES;
        double* slope = w.slope + ((depth + 1) * w.n_points + q) * LANES;
        for (int l = 0; l < LANES; l++) {
            const double lost = old_one[l] - to.one[l], none = 1 - old_one[l];
            next[l] = product[l] * (none * share + lost * ratio_lost + to.one[l] * ratio_kept);
            slope[l] = lost * slope_lost + to.one[l] * slope_kept;
        }
    }
}

void arrive(const Tree& tree, const Work& w, ptrdiff_t depth) {
    const ptrdiff_t size = w.n_points * LANES;
    const double* product = w.product + depth * size;
    double* below = w.below + depth * tree.width * size;
    const int32_t node = w.level[depth].node;
    const bool leaf = tree.left[node] < 0;
    for (ptrdiff_t k = 0; k < tree.width; k++) {
        const double value = tree.value[node * tree.width + k];
        for (ptrdiff_t i = 0; i < size; i++) below[k * size + i] = leaf ? value * product[i] : 0;
    }
}

// What the leaves below a child add to the feature its parent tests, and to the parent's leaves.
void fold(const Tree& tree, const Work& w, ptrdiff_t depth) {
    const ptrdiff_t size = w.n_points * LANES;
    const double* slope = w.slope + (depth + 1) * size;
    const int32_t feature = w.level[depth].feature;
    for (ptrdiff_t k = 0; k < tree.width; k++) {
        const double* child = w.below + ((depth + 1) * tree.width + k) * size;
        double* parent = w.below + (depth * tree.width + k) * size;
        double sum[LANES];
        for (int l = 0; l < LANES; l++) sum[l] = 0;
        for (ptrdiff_t q = 0; q < w.n_points; q++)
            for (int l = 0; l < LANES; l++) {
                const ptrdiff_t i = q * LANES + l;
                sum[l] += slope[i] * child[i];
                parent[i] += child[i];
            }
        double* out = w.out + (feature * w.n_columns + w.column + k) * LANES;
        for (int l = 0; l < LANES; l++) out[l] += sum[l];
    }
}

void explain(const Tree& tree, const Work& w) {
    Level& root = w.level[0];
    root.node = root.stage = root.before = 0;
    root.zero = 1;
    for (int l = 0; l < LANES; l++) root.one[l] = 1;
    for (ptrdiff_t q = 0; q < w.n_points; q++) {
        w.inverse[q] = 1;
        for (int l = 0; l < LANES; l++) w.product[q * LANES + l] = w.weight[q];
    }
    arrive(tree, w, 0);
    ptrdiff_t depth = 0;
    while (depth >= 0) {
        Level& at = w.level[depth];
        if (tree.left[at.node] < 0 || at.stage == 2) {
            depth--;
            if (depth < 0) return;
            w.last[w.level[depth].feature] = w.level[depth + 1].before;
            fold(tree, w, depth);
            continue;
        }
        at.feature = tree.feature[at.node];
        descend(tree, w, depth, at.stage == 0);
        w.last[at.feature] = static_cast<int32_t>(depth + 1);
        at.stage++;
        arrive(tree, w, ++depth);
    }
}

}  // namespace

namespace mlkit_shap {
MLKIT_TABLE(Kernels, shap_kernels) = {&explain};
}
