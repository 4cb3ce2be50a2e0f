// Sums of a loss over samples, with what derivatives are wanted.
#pragma once
#include <stddef.h>

#include "dispatch.hpp"

// The numbers by which losses.py names the functors of losses.hpp.
enum LossKind {
    LOSS_SQUARED = 0,
    LOSS_ABSOLUTE = 1,
    LOSS_PINBALL = 2,
    LOSS_HUBER = 3,
    LOSS_LOGISTIC = 4,
    LOSS_POISSON = 5,
    LOSS_GAMMA = 6,
    LOSS_TWEEDIE = 7,
    LOSS_TWEEDIE_IDENTITY = 8,
    LOSS_HINGE = 9,
    LOSS_SQUARED_HINGE = 10,
    LOSS_MULTINOMIAL = 11
};

// Samples that are worked on side by side; scratch of a multinomial loss is so many rows.
constexpr ptrdiff_t LOSS_LANES = 16;

// n samples of k outputs. y is (n, k), of a multinomial loss (n, 1); null weights are ones.
template <class T>
struct LossBlock {
    int kind;
    double parameter;
    ptrdiff_t n, k;
    const T *y, *z, *weight;
    double factor;
    T *values, *gradient, *curvature;  // null where not wanted; shaped as y, z, z
    double* scratch;                   // k * LOSS_LANES
};

struct LossKernels {
    // factor Σ w l(y, z); what is filled is multiplied by w * factor, too.
    double (*evaluate_f4)(const LossBlock<float>&);
    double (*evaluate_f8)(const LossBlock<double>&);
};

MLKIT_KERNELS(LossKernels, loss_kernels)

static inline double evaluate_block(const LossBlock<float>& block) {
    return loss_kernels().evaluate_f4(block);
}
static inline double evaluate_block(const LossBlock<double>& block) {
    return loss_kernels().evaluate_f8(block);
}

// Null stays null.
template <class T>
static inline T* moved(T* pointer, ptrdiff_t offset) {
    return pointer == nullptr ? nullptr : pointer + offset;
}
