// Distances of one row to many where values are missing, and the nearest of those that have one.
#ifndef MLKIT_DONORS_HPP
#define MLKIT_DONORS_HPP

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"

struct DonorKernels {
    // out[i] = p / c * sum of (x[j] - y[j * n + i])² over the c columns of p that both rows have;
    // infinite if there is none. has_y is 0 or 1, and y is 0 where that is. `shared` is scratch.
    void (*distances)(const double* x, const uint8_t* has_x, ptrdiff_t p, const double* y,
                      const double* has_y, ptrdiff_t n, double* out, double* shared);
};

MLKIT_KERNELS(DonorKernels, donor_kernels)

static inline void donor_distances(const double* x, const uint8_t* has_x, ptrdiff_t p,
                                   const double* y, const double* has_y, ptrdiff_t n,
                                   double* out, double* shared) {
    donor_kernels().distances(x, has_x, p, y, has_y, n, out, shared);
}

// The k nearest of the rows that have a value, nearest first, of equally near ones the first
// first; what is left of the k has an infinite distance.
static inline void donor_nearest(const double* distance, const double* has, ptrdiff_t n,
                                 ptrdiff_t k, ptrdiff_t* index, double* nearest) {
    for (ptrdiff_t m = 0; m < k; ++m) {
        index[m] = 0;
        nearest[m] = HUGE_VAL;
    }
    for (ptrdiff_t i = 0; i < n; ++i) {
        if (!(distance[i] < nearest[k - 1]) || has[i] == 0) continue;
        ptrdiff_t place = k - 1;
        for (; place > 0 && distance[i] < nearest[place - 1]; --place) {
            nearest[place] = nearest[place - 1];
            index[place] = index[place - 1];
        }
        nearest[place] = distance[i];
        index[place] = i;
    }
}

#endif
