// Steps of additive boosting: a small tree on one column, or on the grid of two.
#ifndef MLKIT_ADDITIVE_HPP
#define MLKIT_ADDITIVE_HPP

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <vector>

namespace mlkit_additive {

struct Limits {
    ptrdiff_t max_leaves;
    double min_rows, l2, rate;
};

// Sums of one term's cells: gradients, then curvatures, of k outputs; and the rows' weight.
struct Cells {
    const double* sums;  // (n_cells, 2 k)
    const double* rows;  // (n_cells,)
    ptrdiff_t k;
};

// Less curvature than this in a leaf makes its step a quotient of rounding errors.
const double LEAST_CURVATURE = 1e-9;
// Gains that differ by less, relative to the sums they are differences of, differ by rounding: the
// first of them is taken, so that rows that stand twice and rows of weight 2 give the same cuts.
const double ROUNDING = 1e-10;

class Cutter {
   public:
    // Steps of the ordinary cells 0 ... m - 1 of a column and of its missing ones, cell m. A
    // nominal column's cells are put in the order of their means first.
    void line(const Cells& cells, ptrdiff_t m, bool nominal, const Limits& limits, double* step) {
        const ptrdiff_t k = cells.k;
        order_.resize(m);
        for (ptrdiff_t i = 0; i < m; i++) order_[i] = static_cast<int32_t>(i);
        if (nominal) by_mean(cells, m, limits.l2);
        segments_.assign(1, best_cut(cells, 0, m, limits));
        while (static_cast<ptrdiff_t>(segments_.size()) < limits.max_leaves) {
            size_t best = 0;
            for (size_t s = 1; s < segments_.size(); s++)
                if (segments_[s].gain > segments_[best].gain * (1 + ROUNDING)) best = s;
            const Segment whole = segments_[best];
            if (!(whole.gain > 0)) break;
            segments_[best] = best_cut(cells, whole.begin, whole.cut, limits);
            segments_.push_back(best_cut(cells, whole.cut, whole.end, limits));
        }
        for (const Segment& s : segments_) {
            sum(cells, s.begin, s.end);
            // A column that cannot be cut has a step of its own all the same: the intercept's.
            for (ptrdiff_t j = 0; j < k; j++) {
                const double value = newton(total_[j], total_[k + j], limits);
                for (ptrdiff_t i = s.begin; i < s.end; i++) step[order_[i] * k + j] = value;
            }
        }
        const bool enough = cells.rows[m] >= limits.min_rows;
        for (ptrdiff_t j = 0; j < k; j++)
            step[m * k + j] =
                enough ? newton(cells.sums[m * 2 * k + j], cells.sums[(m * 2 + 1) * k + j], limits)
                       : 0;
    }

    // Steps of an (a, b) grid that is cut once along one side and each half once along the other;
    // returns the gain, 0 where rows do not suffice.
    double plane(const Cells& cells, ptrdiff_t a, ptrdiff_t b, const Limits& limits, double* step) {
        Quarter best = {0, 0, 0, 0, false};
        for (int turned = 0; turned < 2; turned++) {
            const ptrdiff_t n = turned ? b : a, m = turned ? a : b;
            const ptrdiff_t over = turned ? 1 : b, along = turned ? b : 1;
            accumulate(cells, n, m, over, along);
            const double all = whole(cells.k, n, m, limits);
            for (ptrdiff_t c = 1; c < n; c++) {
                ptrdiff_t low = 0, high = 0;
                const double below = half(cells.k, m, 0, c, limits, &low);
                if (low == 0) continue;
                const double above = half(cells.k, m, c, n, limits, &high);
                if (high == 0) continue;
                const double gain = below + above - all;
                if (gain > best.gain + ROUNDING * (gain + all)) best = {gain, c, low, high, turned != 0};
            }
        }
        if (step) fill(cells, a, b, best, limits, step);
        return best.gain;
    }

   private:
    struct Segment {
        ptrdiff_t begin, end, cut;
        double gain;
    };
    struct Quarter {
        double gain;
        ptrdiff_t cut, low, high;
        bool turned;
    };

    static double newton(double gradient, double curvature, const Limits& limits) {
        return curvature > LEAST_CURVATURE ? -limits.rate * gradient / (curvature + limits.l2) : 0;
    }
    static double fit(const double* sums, ptrdiff_t k, double l2) {
        double out = 0;
        for (ptrdiff_t j = 0; j < k; j++)
            if (sums[k + j] > LEAST_CURVATURE) out += sums[j] * sums[j] / (sums[k + j] + l2);
        return out;
    }

    void by_mean(const Cells& cells, ptrdiff_t m, double l2) {
        // Of several outputs the one that the column tells apart most.
        const ptrdiff_t k = cells.k;
        ptrdiff_t chosen = 0;
        double most = -1;
        for (ptrdiff_t j = 0; j < k; j++) {
            double spread = 0;
            for (ptrdiff_t i = 0; i < m; i++) {
                const double g = cells.sums[i * 2 * k + j], h = cells.sums[(i * 2 + 1) * k + j];
                if (h > LEAST_CURVATURE) spread += g * g / (h + l2);
            }
            if (spread > most) most = spread, chosen = j;
        }
        mean_.resize(m);
        for (ptrdiff_t i = 0; i < m; i++) {
            const double h = cells.sums[(i * 2 + 1) * k + chosen];
            mean_[i] = h > LEAST_CURVATURE ? cells.sums[i * 2 * k + chosen] / (h + l2) : 0;
        }
        const double* mean = mean_.data();
        std::sort(order_.begin(), order_.end(), [mean](int32_t i, int32_t j) {
            return mean[i] < mean[j] || (mean[i] == mean[j] && i < j);
        });
    }

    void sum(const Cells& cells, ptrdiff_t begin, ptrdiff_t end) {
        total_.assign(2 * cells.k, 0.0);
        rows_ = 0;
        for (ptrdiff_t i = begin; i < end; i++) {
            const double* cell = cells.sums + order_[i] * 2 * cells.k;
            for (ptrdiff_t j = 0; j < 2 * cells.k; j++) total_[j] += cell[j];
            rows_ += cells.rows[order_[i]];
        }
    }

    Segment best_cut(const Cells& cells, ptrdiff_t begin, ptrdiff_t end, const Limits& limits) {
        const ptrdiff_t k = cells.k;
        Segment best = {begin, end, begin, 0};
        sum(cells, begin, end);
        left_.assign(2 * k, 0.0);
        right_.resize(2 * k);
        const double all = fit(total_.data(), k, limits.l2);
        double rows = 0;
        for (ptrdiff_t i = begin; i + 1 < end; i++) {
            const double* cell = cells.sums + order_[i] * 2 * k;
            for (ptrdiff_t j = 0; j < 2 * k; j++) left_[j] += cell[j];
            rows += cells.rows[order_[i]];
            if (rows < limits.min_rows || cells.rows[order_[i]] == 0) continue;
            if (rows_ - rows < limits.min_rows) break;
            for (ptrdiff_t j = 0; j < 2 * k; j++) right_[j] = total_[j] - left_[j];
            const double gain =
                fit(left_.data(), k, limits.l2) + fit(right_.data(), k, limits.l2) - all;
            if (gain > best.gain + ROUNDING * (gain + all)) best.gain = gain, best.cut = i + 1;
        }
        return best;
    }

    // prefix_[c][i] = sums of cells (0 ... c - 1, i); the last entry of each is rows.
    void accumulate(const Cells& cells, ptrdiff_t n, ptrdiff_t m, ptrdiff_t over, ptrdiff_t along) {
        const ptrdiff_t width = 2 * cells.k + 1;
        prefix_.assign((n + 1) * m * width, 0.0);
        for (ptrdiff_t c = 0; c < n; c++)
            for (ptrdiff_t i = 0; i < m; i++) {
                const ptrdiff_t cell = c * over + i * along;
                const double* from = prefix_.data() + (c * m + i) * width;
                double* to = prefix_.data() + ((c + 1) * m + i) * width;
                for (ptrdiff_t j = 0; j + 1 < width; j++)
                    to[j] = from[j] + cells.sums[cell * (width - 1) + j];
                to[width - 1] = from[width - 1] + cells.rows[cell];
            }
    }

    double whole(ptrdiff_t k, ptrdiff_t n, ptrdiff_t m, const Limits& limits) {
        strip(k, m, 0, n);
        return fit(total_.data(), k, limits.l2);
    }

    void strip(ptrdiff_t k, ptrdiff_t m, ptrdiff_t begin, ptrdiff_t end) {
        const ptrdiff_t width = 2 * k + 1;
        total_.assign(width, 0.0);
        for (ptrdiff_t i = 0; i < m; i++)
            for (ptrdiff_t j = 0; j < width; j++)
                total_[j] += prefix_[(end * m + i) * width + j] - prefix_[(begin * m + i) * width + j];
    }

    // Best cut of the cells (begin ... end - 1, ·); its fit, and the cut, 0 if there is none.
    double half(ptrdiff_t k, ptrdiff_t m, ptrdiff_t begin, ptrdiff_t end, const Limits& limits,
                ptrdiff_t* cut) {
        const ptrdiff_t width = 2 * k + 1;
        strip(k, m, begin, end);
        left_.assign(width, 0.0);
        right_.resize(width);
        double best = 0;
        *cut = 0;
        if (total_[2 * k] < 2 * limits.min_rows) return 0;
        for (ptrdiff_t i = 0; i + 1 < m; i++) {
            const double* high = prefix_.data() + (end * m + i) * width;
            const double* low = prefix_.data() + (begin * m + i) * width;
            if (high[2 * k] == low[2 * k]) continue;  // no rows: the cut before is the same
            for (ptrdiff_t j = 0; j < width; j++) left_[j] += high[j] - low[j];
            if (left_[2 * k] < limits.min_rows) continue;
            if (total_[2 * k] - left_[2 * k] < limits.min_rows) break;
            for (ptrdiff_t j = 0; j < width; j++) right_[j] = total_[j] - left_[j];
            const double gain = fit(left_.data(), k, limits.l2) + fit(right_.data(), k, limits.l2);
            if (*cut == 0 || gain > best * (1 + ROUNDING)) best = gain, *cut = i + 1;
        }
        return best;
    }

    void fill(const Cells& cells, ptrdiff_t a, ptrdiff_t b, const Quarter& q, const Limits& limits,
              double* step) {
        const ptrdiff_t k = cells.k;
        if (q.cut == 0) {
            std::fill(step, step + a * b * k, 0.0);
            return;
        }
        quarters_.assign(4 * 2 * k, 0.0);
        for (int pass = 0; pass < 2; pass++)
            for (ptrdiff_t x = 0; x < a; x++)
                for (ptrdiff_t y = 0; y < b; y++) {
                    const ptrdiff_t first = q.turned ? y : x, second = q.turned ? x : y;
                    const bool high = first >= q.cut;
                    const ptrdiff_t part = 2 * high + (second >= (high ? q.high : q.low));
                    const ptrdiff_t cell = x * b + y;
                    double* sums = quarters_.data() + part * 2 * k;
                    if (pass == 0)
                        for (ptrdiff_t j = 0; j < 2 * k; j++) sums[j] += cells.sums[cell * 2 * k + j];
                    else
                        for (ptrdiff_t j = 0; j < k; j++)
                            step[cell * k + j] = newton(sums[j], sums[k + j], limits);
                }
    }

    std::vector<int32_t> order_;
    std::vector<Segment> segments_;
    std::vector<double> mean_, total_, left_, right_, prefix_, quarters_;
    double rows_ = 0;
};

}  // namespace mlkit_additive
#endif
