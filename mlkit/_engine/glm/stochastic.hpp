// Stochastic gradient descent over rows: what is fitted, its state, and the epochs' kernels.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"
#include "draws.hpp"

// The numbers by which stochastic.py names losses and learning rates.
enum StepLoss {
    STEP_HINGE = 0,
    STEP_SQUARED_HINGE = 1,
    STEP_LOGISTIC = 2,
    STEP_MODIFIED_HUBER = 3,
    STEP_SQUARED = 4,
    STEP_HUBER = 5,
    STEP_EPSILON = 6,
    STEP_SQUARED_EPSILON = 7
};
enum StepRate {
    RATE_CONSTANT = 0,
    RATE_OPTIMAL = 1,
    RATE_INVERSE = 2,
    RATE_ADAPTIVE = 3,
    RATE_PASSIVE = 4,         // a step that ends on the margin, at most eta0 long
    RATE_PASSIVE_SQUARED = 5  // the same with a squared slack
};

// One problem. Weights are `scale * v`, so that shrinking all of them is one product; their mean
// over steps is `(lead * v + drift) / span`, so that adding a row to it costs its entries alone
// (Xu, 2011). `taken` is what the L1 penalty has taken of each weight (Tsuruoka et al., 2009).
struct Descent {
    // rows: CSR, or dense where indices is null
    ptrdiff_t n, p;
    const void* x;
    const int32_t* indices;
    const int64_t* indptr;
    const double *y, *weight;  // null weights are ones
    const uint8_t* held;       // null, or 1 for the rows of the validation set
    int32_t* order;
    // what is minimised
    int loss, rate;
    double parameter, alpha, l1_ratio, eta0, power, weight_up, weight_down;
    bool shuffle, intercepted, one_class, l2, l1, wants_objective;
    double intercept_decay;
    double average_from;  // 0 is never
    // where it stands
    double *v, *drift, *taken;  // null drift and taken where unused
    double scale, lead, span, intercept, mean_intercept;
    double squares, absolutes;  // Σ v², Σ |v|
    double t, t_zero, eta, cumulative;
    uint32_t seed;
    // of the last epoch
    double loss_sum, objective_sum;
    ptrdiff_t n_steps;
};

struct StepKernels {
    void (*epoch_f4)(Descent&);
    void (*epoch_f8)(Descent&);
};

MLKIT_KERNELS(StepKernels, step_kernels)

// Brings scale to 1 and the mean to `drift` alone.
static inline void settle(Descent& s) {
    if (s.drift != nullptr) {
        for (ptrdiff_t j = 0; j < s.p; ++j) s.drift[j] = (s.drift[j] + s.lead * s.v[j]) / s.span;
        s.lead = 0.0;
        s.span = 1.0;
    }
    s.squares = s.absolutes = 0.0;
    for (ptrdiff_t j = 0; j < s.p; ++j) {
        s.v[j] *= s.scale;
        s.squares += s.v[j] * s.v[j];
        s.absolutes += s.v[j] < 0 ? -s.v[j] : s.v[j];
    }
    s.scale = 1.0;
}
