// Pairs of documents, compiled once for each level of the processor.
#include "losses.hpp"
#include "ranking_kernels.hpp"

namespace {

constexpr ptrdiff_t LANES = PAIR_LANES;
// What is added to the distance of two scores that it is divided by: LightGBM's.
constexpr double LEAST_DISTANCE = 0.01;

inline double folded(const double* part) {
    double total = 0.0;
    for (ptrdiff_t l = 0; l < LANES; ++l) total += part[l];
    return total;
}

template <bool VALUED>
PairSums sum_pairs(const PairTask& t) {
    double pull[LANES] = {0.0}, bend[LANES] = {0.0}, slope[LANES] = {0.0}, value[LANES] = {0.0};
    const double z = t.score[t.top], gain = t.gain[t.top], discount = t.discount[t.top];
    const double scale = t.scale * t.root[t.top], near = t.by_distance ? LEAST_DISTANCE : 1.0;
    const double spread = t.by_distance ? 1.0 : 0.0;
    for (ptrdiff_t at = t.top + 1; at < t.n; at += LANES) {
        double *g = t.gradient + at, *h = t.curvature + at;
        const double *score = t.score + at, *gains = t.gain + at, *root = t.root + at;
        const double* discounts = t.discount + at;
#pragma omp simd
        for (ptrdiff_t l = 0; l < LANES; ++l) {
            const double ahead = gain - gains[l], distance = z - score[l];
            const double sign = ahead > 0 ? 1.0 : -1.0;
            const double change = sign * ahead * (discount - discounts[l]) * scale * root[l] /
                                  (near + spread * distance);
            // The better document is ahead by sign * distance; distance is not negative.
            const double x = t.sigmoid * distance, e = fast_exp(-x), share = 1.0 / (1.0 + e);
            const double wrong = ahead > 0 ? e * share : share;
            const double force = t.sigmoid * wrong * change;
            const double curve = t.sigmoid * force * (1.0 - wrong);
            pull[l] += sign * force;
            bend[l] += curve;
            slope[l] += force;
            if (VALUED) value[l] += change * (log1p_unit(e) + (ahead > 0 ? 0.0 : x));
            g[l] += sign * force;
            h[l] += curve;
        }
    }
    t.gradient[t.top] -= folded(pull);
    t.curvature[t.top] += folded(bend);
    return {folded(slope), folded(value)};
}

PairSums pairs(const PairTask& t) { return t.valued ? sum_pairs<true>(t) : sum_pairs<false>(t); }

}  // namespace

MLKIT_TABLE(RankingKernels, ranking_kernels) = {&pairs};
