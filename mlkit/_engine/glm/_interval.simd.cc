// Kernels of interval.hpp, compiled once for each level of the processor.
#include <math.h>

#include "interval.hpp"
#include "rows.hpp"

namespace {

// How far z is above (positive) or below its interval.
inline double outside(double z, double lower, double upper) {
    const double over = z - upper, under = z - lower;
    return over > 0 ? over : (under < 0 ? under : 0.0);
}

template <class Rows>
void margins(const Rows& rows, ptrdiff_t first, ptrdiff_t last, const double* w, double constant,
             double* out) {
    for (ptrdiff_t i = first; i < last; ++i) out[i] = rows(i).dot(w) + constant;
}

template <class Rows>
ptrdiff_t gather(const Rows& rows, const IntervalRows& s, ptrdiff_t first, ptrdiff_t last,
                 const double* z, double* out) {
    const ptrdiff_t width = s.p + 2;
    ptrdiff_t found = 0;
    for (ptrdiff_t i = first; i < last; ++i) {
        const double distance = outside(z[i], s.lower[i], s.upper[i]);
        if (distance == 0.0 || !(s.cost[i] > 0)) continue;
        const double root = sqrt(2.0 * s.cost[i]);
        double* to = out + found * width;
        rows(i).spread(root, s.p, to);
        to[s.p] = root * s.bias;
        to[s.p + 1] = root * distance;
        ++found;
    }
    return found;
}

Bend along(const IntervalRows& s, ptrdiff_t first, ptrdiff_t last, const double* z,
           const double* change, double t) {
    constexpr ptrdiff_t L = 8;
    double slope[L] = {0.0}, curvature[L] = {0.0}, size[L] = {0.0};
    ptrdiff_t i = first;
    for (; i + L <= last; i += L) {
#pragma omp simd
        for (ptrdiff_t l = 0; l < L; ++l) {
            const double d = outside(z[i + l] + t * change[i + l], s.lower[i + l], s.upper[i + l]);
            const double pull = 2.0 * s.cost[i + l] * change[i + l];
            slope[l] += pull * d;
            size[l] += fabs(pull * d);
            curvature[l] += d != 0.0 ? pull * change[i + l] : 0.0;
        }
    }
    for (; i < last; ++i) {
        const double d = outside(z[i] + t * change[i], s.lower[i], s.upper[i]);
        const double pull = 2.0 * s.cost[i] * change[i];
        slope[0] += pull * d;
        size[0] += fabs(pull * d);
        curvature[0] += d != 0.0 ? pull * change[i] : 0.0;
    }
    Bend total = {0.0, 0.0, 0.0};
    for (ptrdiff_t l = 0; l < L; ++l) {
        total.slope += slope[l];
        total.curvature += curvature[l];
        total.size += size[l];
    }
    return total;
}

template <class T>
void run_margins(const IntervalRows& s, ptrdiff_t first, ptrdiff_t last, const double* w,
                 double constant, double* out) {
    const T* x = static_cast<const T*>(s.x);
    if (s.indices == nullptr)
        margins(DenseRows<T>{x, s.p}, first, last, w, constant, out);
    else
        margins(SparseRows<T>{x, s.indices, s.indptr}, first, last, w, constant, out);
}

template <class T>
ptrdiff_t run_gather(const IntervalRows& s, ptrdiff_t first, ptrdiff_t last, const double* z,
                     double* out) {
    const T* x = static_cast<const T*>(s.x);
    if (s.indices == nullptr) return gather(DenseRows<T>{x, s.p}, s, first, last, z, out);
    return gather(SparseRows<T>{x, s.indices, s.indptr}, s, first, last, z, out);
}

}  // namespace

MLKIT_TABLE(IntervalKernels, interval_kernels) = {&run_margins<float>, &run_margins<double>,
                                                  &run_gather<float>, &run_gather<double>,
                                                  &along};
