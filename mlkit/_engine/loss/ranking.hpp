// Losses and scores of one query: documents with gains, ranked by their scores.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "ranking_kernels.hpp"

struct Query {
    const int32_t* rows;
    ptrdiff_t n;
    const double *score, *gain, *root;  // by row; a null root is 1
    double scale;                       // of the loss, and of all that follows from it
    double *gradient, *curvature;       // by row, null where not wanted
};

static inline double discount_of(ptrdiff_t rank) { return 1.0 / std::log2(2.0 + rank); }

// Rows by falling score. Of equal scores the least gain comes first, which the loss then mends, and
// which does not depend on the order of the rows but for those that are alike.
static inline std::vector<int32_t> ranked(const Query& q) {
    std::vector<int32_t> order(q.rows, q.rows + q.n);
    std::stable_sort(order.begin(), order.end(), [&q](int32_t a, int32_t b) {
        if (q.score[a] != q.score[b]) return q.score[a] > q.score[b];
        return q.gain[a] < q.gain[b];
    });
    return order;
}

static inline void hand_out(const Query& q, const std::vector<int32_t>& order, const double* slope,
                            const double* bend, double factor) {
    for (ptrdiff_t i = 0; i < q.n; ++i) {
        if (q.gradient != nullptr) q.gradient[order[i]] = factor * slope[i];
        if (q.curvature != nullptr) q.curvature[order[i]] = factor * bend[i];
    }
}

// Σ over pairs of |ΔDCG| / `best` log(1 + exp(−sigmoid (z_better − z_worse))), where one of the pair
// is among the first `depth`. NaN where derivatives are wanted, which need no logarithms.
static inline double lambda_loss(const Query& q, double best, double sigmoid, ptrdiff_t depth,
                                 bool even) {
    const std::vector<int32_t> order = ranked(q);
    const ptrdiff_t room = q.n + PAIR_LANES;
    std::vector<double> memory(6 * room, 0.0);
    double *score = memory.data(), *gain = score + room, *discount = gain + room;
    double *root = discount + room, *slope = root + room, *bend = slope + room;
    for (ptrdiff_t i = 0; i < q.n; ++i) {
        score[i] = q.score[order[i]];
        gain[i] = q.gain[order[i]];
        discount[i] = discount_of(i);
        root[i] = q.root == nullptr ? 1.0 : q.root[order[i]];
    }
    for (ptrdiff_t i = q.n; i < room; ++i) score[i] = q.n ? score[q.n - 1] : 0.0;
    const bool spread = q.n > 0 && score[0] != score[q.n - 1];
    const bool valued = q.gradient == nullptr && q.curvature == nullptr;
    double value = valued ? 0 : NAN, total = 0;
    if (best > 0)
        for (ptrdiff_t i = 0; i < std::min(depth, q.n - 1); ++i) {
            const PairSums sums = ranking_kernels().pairs(
                {i, q.n, score, gain, discount, root, sigmoid, 1.0 / best, even && spread, slope,
                 bend, valued});
            value += sums.value;
            total += 2 * sums.slope;
        }
    // A query's pull grows with the logarithm of what its pairs add up to.
    const double factor = q.scale * (even && total > 0 ? std::log2(1 + total) / total : 1.0);
    hand_out(q, order, slope, bend, factor);
    return factor * value;
}

// −Σ p log softmax(z), p the shares of the documents in the query's gains.
static inline double softmax_loss(const Query& q) {
    const std::vector<int32_t> order(q.rows, q.rows + q.n);
    std::vector<double> slope(q.n, 0.0), bend(q.n, 0.0);
    double top = -INFINITY, sum = 0, gains = 0, value = 0;
    for (int32_t row : order) top = std::max(top, q.score[row]);
    for (ptrdiff_t i = 0; i < q.n; ++i) {
        const double w = q.root == nullptr ? 1.0 : q.root[order[i]] * q.root[order[i]];
        slope[i] = w * std::exp(q.score[order[i]] - top);
        bend[i] = w * q.gain[order[i]];
        sum += slope[i];
        gains += bend[i];
    }
    for (ptrdiff_t i = 0; i < q.n; ++i) {
        const double p = gains > 0 ? bend[i] / gains : 0.0, guess = slope[i] / sum;
        if (p > 0) value += p * (std::log(sum) + top - q.score[order[i]]);
        slope[i] = gains > 0 ? guess - p : 0.0;
        bend[i] = gains > 0 ? guess * (1 - guess) : 0.0;
    }
    hand_out(q, order, slope.data(), bend.data(), q.scale);
    return q.scale * value;
}

// Discounted gain of the first `depth`; documents of equal scores share their discounts.
static inline double discounted_gain(const Query& q, ptrdiff_t depth) {
    const std::vector<int32_t> order = ranked(q);
    double total = 0;
    for (ptrdiff_t i = 0; i < std::min(q.n, depth);) {
        ptrdiff_t end = i;
        double gain = 0, discount = 0;
        for (; end < q.n && q.score[order[end]] == q.score[order[i]]; ++end) {
            gain += q.gain[order[end]];
            if (end < depth) discount += discount_of(end);
        }
        total += gain * discount / (end - i);
        i = end;
    }
    return total;
}
