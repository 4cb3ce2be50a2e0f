// Kernels of tree growth, compiled once for each level of the processor.
#include "grow_kernels.hpp"
#include "histogram.hpp"
#include "partition.hpp"
#include "split.hpp"
#include "vector_gains.hpp"

namespace {

inline int64_t rounded(double x) { return static_cast<int64_t>(x + (x < 0 ? -0.5 : 0.5)); }

void quantise(const double* gradient, const double* curvature, ptrdiff_t k, ptrdiff_t n,
              double gradient_scale, double curvature_scale, int count_bits, Cell* terms) {
    for (ptrdiff_t i = 0; i < n; ++i) terms[i].first = rounded(gradient[i * k] * gradient_scale);
    if (curvature == nullptr) {
        for (ptrdiff_t i = 0; i < n; ++i) terms[i].second = 1;
        return;
    }
    for (ptrdiff_t i = 0; i < n; ++i)
        terms[i].second = (rounded(curvature[i * k] * curvature_scale) << count_bits) + 1;
}

void magnitude(const double* values, ptrdiff_t k, ptrdiff_t n, double* sum) {
    double lane[8] = {0.0};
    ptrdiff_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; ++l) {
            const double x = values[(i + l) * k];
            lane[l] += x < 0 ? -x : x;
        }
    for (; i < n; ++i) lane[0] += values[i * k] < 0 ? -values[i * k] : values[i * k];
    double total = 0.0;
    for (int l = 0; l < 8; ++l) total += lane[l];
    *sum = total;
}

}  // namespace

MLKIT_TABLE(GrowKernels, grow_kernels) = {&accumulate, &subtract, &add,
                                          &take_digit, &scan,     &partition,
                                          &quantise,   &magnitude, &output_gains};
