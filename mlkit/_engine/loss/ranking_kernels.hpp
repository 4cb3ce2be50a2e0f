// The pairs that one document of a query makes with those ranked below it.
#pragma once
#include <stddef.h>

#include "dispatch.hpp"

// Documents that are worked on side by side; arrays are that much longer than a query.
constexpr ptrdiff_t PAIR_LANES = 8;

struct PairTask {
    ptrdiff_t top, n;  // the document, and how many there are
    const double *score, *gain, *discount, *root;  // by rank; root 0 behind the last one
    double sigmoid, scale;
    bool by_distance;  // a pair counts less the farther its scores are apart
    double *gradient, *curvature;  // added to
    bool valued;  // whether the loss itself is wanted
};

struct PairSums {
    double slope, value;  // Σ |λ| and the loss
};

struct RankingKernels {
    PairSums (*pairs)(const PairTask&);
};

MLKIT_KERNELS(RankingKernels, ranking_kernels)
