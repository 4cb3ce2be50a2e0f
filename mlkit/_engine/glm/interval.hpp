// Kernels of Newton's method for squared distances to intervals (interval.py).
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"

// Rows, dense or CSR where indices are not null, with one more column of the value `bias`, and
// each row's interval and cost.
struct IntervalRows {
    ptrdiff_t p;
    const void* x;
    const int32_t* indices;
    const int64_t* indptr;
    const double *lower, *upper, *cost;
    double bias;
};

// The derivative along a direction, its slope, and the size of its terms; see `along`.
struct Bend {
    double slope, curvature, size;
};

struct IntervalKernels {
    // w̃ x̃ of rows first … last, into out[first …]
    void (*margins_f4)(const IntervalRows&, ptrdiff_t, ptrdiff_t, const double*, double, double*);
    void (*margins_f8)(const IntervalRows&, ptrdiff_t, ptrdiff_t, const double*, double, double*);
    // Writes √(2C) (x̃, d) of the rows outside their interval, each p + 2 long, one after the
    // other; returns how many there are.
    ptrdiff_t (*gather_f4)(const IntervalRows&, ptrdiff_t, ptrdiff_t, const double*, double*);
    ptrdiff_t (*gather_f8)(const IntervalRows&, ptrdiff_t, ptrdiff_t, const double*, double*);
    // Of Σ C d(margins + t change)², for rows first … last.
    Bend (*along)(const IntervalRows&, ptrdiff_t, ptrdiff_t, const double*, const double*, double);
};

MLKIT_KERNELS(IntervalKernels, interval_kernels)
