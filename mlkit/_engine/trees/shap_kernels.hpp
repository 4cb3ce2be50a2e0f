// Shapley values of sums of trees, a block of rows at a time.
#ifndef MLKIT_SHAP_KERNELS_HPP
#define MLKIT_SHAP_KERNELS_HPP

#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"

namespace mlkit_shap {

const int LANES = 16;  // rows that walk a tree side by side: two wide registers of doubles

struct Tree {  // one tree of `Trees`; children count from its root
    const int32_t *feature, *left, *right, *category;
    const double* threshold;
    const uint8_t* missing_left;
    const uint32_t* bitsets;
    ptrdiff_t n_words;
    const double* share;  // (n_nodes,) part of the parent's weight that came to the node
    const double* value;  // (n_nodes, width)
    ptrdiff_t width;
};

// Where a path stands: one record a level, level 0 the root.
struct Level {
    int32_t node, feature, before;  // `before`: the level that tested this feature last
    int32_t stage;                  // children entered so far
    double zero;                    // weight that takes this path's turns on the feature
    double one[LANES];              // 1 where the row takes all of them itself
};

struct Work {             // of one thread
    Level* level;         // (depth + 1,)
    double* inverse;      // (depth + 1, n_points) 1 / (t + (1 - t) zero)
    double* product;      // (depth + 1, n_points, LANES)
    double* slope;        // (depth + 1, n_points, LANES)
    double* below;        // (depth + 1, width, n_points, LANES)
    int32_t* last;        // (n_features,) level that tested a feature last, 0 if none
    const double* x;      // (n_features, LANES)
    double* out;          // (n_features, n_columns, LANES)
    const double* point;  // (n_points,) t in (0, 1), their weights, and 1 / (1 - t)
    const double* weight;
    const double* rest;
    ptrdiff_t n_points, n_columns, column;
};

struct Kernels {
    void (*explain)(const Tree&, const Work&);
};
MLKIT_KERNELS(Kernels, shap_kernels)

}  // namespace mlkit_shap
#endif
