// Coordinate descent on the duals of linear machines: what is solved, and the passes' kernels.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"

// The dual of  ‖w‖²/2 + Σ U_i d(w x_i, [l_i, u_i]),  d the distance to an interval:
//   ‖Σ β_i x_i‖²/2 + Σ D_i β_i²/2 − Σ (l_i β_i⁺ − u_i β_i⁻),  −U_i ≤ β_i ≤ U_i.
// D = 0 for the distance itself; U = ∞ and D = 1/2C for C times its square. A side whose end is
// infinite is closed. Rows have one more column of the value `bias`, whose weight is `w_bias`.
struct DualPass {
    ptrdiff_t n, p;
    const void* x;
    const int32_t* indices;
    const int64_t* indptr;
    const double *lower, *upper, *bound, *ridge, *curvature;
    double bias;
    double *beta, *w, w_bias;
    int32_t* active;  // the first n_active of these rows are met
    ptrdiff_t n_rows, n_active;  // rows that have a part, and those among them that are met
    uint32_t seed;
    double limit, worst;  // violations: above which slack a row is left out; the greatest found
    ptrdiff_t n_passes;
    bool converged;
};

// The dual of  Σ_k ‖w_k‖²/2 + Σ C_i max_k (w_k x_i − w_{y_i} x_i + 1 − δ_{k y_i}):
//   Σ_k ‖Σ_i α_ik x_i‖²/2 + Σ_{i, k≠y_i} α_ik,  Σ_k α_ik = 0,  α_ik ≤ C_i δ_{k y_i}.
// w is (p + 1, k), the last row that of the bias.
struct ClassPass {
    ptrdiff_t n, p, k;
    const void* x;
    const int32_t* indices;
    const int64_t* indptr;
    const int32_t* label;
    const double *cost, *square;
    double bias;
    double *alpha, *w, *scratch;  // scratch: 3 k
    int32_t* active;
    ptrdiff_t n_rows, n_active;
    uint32_t seed;
    double limit, worst;
    ptrdiff_t n_passes;
    bool converged;
};

// Passes until no violation is beyond the tolerance, or the given number of them.
struct DualKernels {
    void (*passes_f4)(DualPass&, ptrdiff_t, double);
    void (*passes_f8)(DualPass&, ptrdiff_t, double);
    void (*classes_f4)(ClassPass&, ptrdiff_t, double);
    void (*classes_f8)(ClassPass&, ptrdiff_t, double);
};

MLKIT_KERNELS(DualKernels, dual_kernels)
