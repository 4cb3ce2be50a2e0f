// What a split is worth: statistics of a node, one class for each criterion.
//
// A search meets the rows of a node in order of a feature and calls `add` for each; `improves`
// then says whether cutting behind the last one is better than the best cut so far. Scores are
// compared as the definitions have them, in one order of operations, so that equal gains are
// equal to the bit wherever sums are exact, and the first one found stays.
//
// Weights, and weighted targets, are multiples of a power of two that leaves their sums exact, so
// that no order of summation changes a score: a row of weight 2 is the row twice, to the bit.
//
// Rows are met by tags: their own numbers, or their places in the node if `localise` has
// gathered the node's targets, which then lie together.
#ifndef MLKIT_TREE_CRITERIA_HPP
#define MLKIT_TREE_CRITERIA_HPP

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "exact_kernels.hpp"

namespace mlkit_tree {

const double EPSILON = std::numeric_limits<double>::epsilon();
const double INFINITE = std::numeric_limits<double>::infinity();

struct Target {
    const double* y;         // numbers, n_rows x n_outputs
    const double* weighted;  // the same times weight, on a grid
    const int32_t* code;     // or classes, n_rows x n_outputs
    const double* weight;    // n_rows, on a grid
    ptrdiff_t n_outputs, n_values;
    const int32_t* n_classes;  // by output
    double total_weight;
    ptrdiff_t n_rows;
};

struct Entry {  // a row of a node, by the code of its value
    uint32_t tag, code;
};

// A pass over cuts, by a criterion that keeps the sums of the pass itself. Others have a `Scan` of
// their own, whose sums can stay in registers.
template <class C>
class ScanBy {
   public:
    explicit ScanBy(C& c) : c(c) {}
    void order(const Entry* entries, ptrdiff_t m) { c.order(entries, m); }
    void reset() { c.reset(); }
    void add(uint32_t tag) { c.add(tag); }
    // Those of the places in the node that go left; the number of them.
    ptrdiff_t add_left(const Side& s) {
        ptrdiff_t n = 0;
        c.reset();
        for (ptrdiff_t i = 0; i < s.n; i++)
            if (s.codes[i] <= s.last || s.codes[i] == s.also)
                c.add(static_cast<uint32_t>(i)), n++;
        return n;
    }
    double w_left() const { return c.w_left; }
    double w_right() const { return c.w_node - c.w_left; }
    double left_mean() const { return c.left_mean(); }
    double right_mean() const { return c.right_mean(); }
    bool improves(double& best) { return c.improves(best); }

   private:
    C& c;
};

// ------------------------------------------------------------------------------ classes
struct GiniOf {
    static double impurity(const double* count, ptrdiff_t n, double weight) {
        double squares = 0;
        for (ptrdiff_t c = 0; c < n; c++) squares += count[c] * count[c];
        return 1.0 - squares / (weight * weight);
    }
};
struct EntropyOf {
    static double impurity(const double* count, ptrdiff_t n, double weight) {
        double sum = 0;
        for (ptrdiff_t c = 0; c < n; c++)
            if (count[c] > 0) {
                const double share = count[c] / weight;
                sum -= share * (std::log(share) / std::log(2.0));
            }
        return sum;
    }
};

// Mean over outputs of an impurity of the weights of the classes.
template <class Of>
class ClassCounts {
   public:
    typedef ScanBy<ClassCounts> Scan;
    static const bool ORDERED = false, CELLS = false, LANES = false;
    double w_node = 0, w_left = 0, w_right = 0;

    explicit ClassCounts(const Target& target)
        : t(target), total(t.n_outputs * t.n_values), left(total.size()), right(total.size()) {}

    void enter(const uint32_t* rows, ptrdiff_t m) {
        code = t.code;
        weight = t.weight;
        w_node = 0;
        std::fill(total.begin(), total.end(), 0.0);
        for (ptrdiff_t i = 0; i < m; i++) count(total, rows[i]), w_node += weight[rows[i]];
    }
    void localise(const uint32_t* rows, ptrdiff_t m) {
        own_code.resize(m * t.n_outputs);
        own_weight.resize(m);
        for (ptrdiff_t i = 0; i < m; i++) {
            for (ptrdiff_t k = 0; k < t.n_outputs; k++)
                own_code[i * t.n_outputs + k] = t.code[rows[i] * t.n_outputs + k];
            own_weight[i] = t.weight[rows[i]];
        }
        code = own_code.data();
        weight = own_weight.data();
    }
    double impurity(const uint32_t*, ptrdiff_t) const { return mean(total, w_node); }
    void reset() {
        w_left = 0;
        std::fill(left.begin(), left.end(), 0.0);
    }
    void add(uint32_t tag) {
        count(left, tag);
        w_left += weight[tag];
    }
    bool improves(double& best) {
        sum_right();
        const double score = -w_right * mean(right, w_right) - w_left * mean(left, w_left);
        if (!(score > best)) return false;
        best = score;
        return true;
    }
    void sides(const uint32_t* rows, ptrdiff_t m_left, ptrdiff_t, double& first, double& second) {
        code = t.code;
        weight = t.weight;
        reset();
        for (ptrdiff_t i = 0; i < m_left; i++) add(rows[i]);
        sum_right();
        first = mean(left, w_left);
        second = mean(right, w_right);
    }
    void value(const uint32_t*, ptrdiff_t, double* out) const {
        for (size_t i = 0; i < total.size(); i++) out[i] = total[i] / w_node;
    }
    // Share of the second class: what a monotone feature must not lower, or raise.
    double left_mean() const { return left[1] / w_left; }
    double right_mean() { return (total[1] - left[1]) / (w_node - w_left); }
    static void clip(double* value, double low, double high) {
        value[1] = std::min(std::max(value[1], low), high);
        value[0] = 1 - value[1];
    }
    void order(const Entry*, ptrdiff_t) {}

   private:
    const Target& t;
    std::vector<double> total, left, right;
    std::vector<int32_t> own_code;
    std::vector<double> own_weight;
    const int32_t* code = nullptr;
    const double* weight = nullptr;

    void count(std::vector<double>& to, uint32_t tag) const {
        const int32_t* codes = code + static_cast<size_t>(tag) * t.n_outputs;
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) to[k * t.n_values + codes[k]] += weight[tag];
    }
    void sum_right() {
        for (size_t i = 0; i < total.size(); i++) right[i] = total[i] - left[i];
        w_right = w_node - w_left;
    }
    double mean(const std::vector<double>& counts, double w) const {
        double sum = 0;
        for (ptrdiff_t k = 0; k < t.n_outputs; k++)
            sum += Of::impurity(counts.data() + k * t.n_values, t.n_classes[k], w);
        return sum / static_cast<double>(t.n_outputs);
    }
};

// Gini's impurity of one output. Sums of squares follow each row, (c + w)² − c² = w(2c + w), and
// a cut is looked at closely only if Σ c²/w, which is the score but for rounding, comes near the
// best one.
class Gini {
   public:
    static const bool ORDERED = false, CELLS = true, LANES = false;
    class Scan : public ScanBy<Gini> {
       public:
        explicit Scan(Gini& c) : ScanBy<Gini>(c), c(c) {}
        // Weights of the classes, and numbers of rows, of each code.
        void count(const uint32_t* code, ptrdiff_t m, uint32_t n_codes, uint32_t* n_rows) {
            const size_t width = c.total.size();
            c.cells.assign(n_codes * width, 0.0);
            for (ptrdiff_t i = 0; i < m; i++) {
                c.cells[code[i] * width + c.code[i]] += c.weight[i];
                n_rows[code[i]]++;
            }
        }
        void add_code(uint32_t code) { c.add_all(c.cells.data() + code * c.total.size()); }

       private:
        Gini& c;
    };
    double w_node = 0, w_left = 0, w_right = 0;

    explicit Gini(const Target& target)
        : t(target), total(t.n_values), left(t.n_values), right(t.n_values) {}

    void enter(const uint32_t* rows, ptrdiff_t m) {
        code = t.code;
        weight = t.weight;
        w_node = 0;
        std::fill(total.begin(), total.end(), 0.0);
        for (ptrdiff_t i = 0; i < m; i++) {
            total[code[rows[i]]] += weight[rows[i]];
            w_node += weight[rows[i]];
        }
        squares = 0;
        for (const double c : total) squares += c * c;
        near = 0;
    }
    void localise(const uint32_t* rows, ptrdiff_t m) {
        own_code.resize(m);
        own_weight.resize(m);
        for (ptrdiff_t i = 0; i < m; i++) {
            own_code[i] = t.code[rows[i]];
            own_weight[i] = t.weight[rows[i]];
        }
        code = own_code.data();
        weight = own_weight.data();
    }
    double impurity(const uint32_t*, ptrdiff_t) const {
        return 1.0 - squares / (w_node * w_node);
    }
    void reset() {
        w_left = 0;
        std::fill(left.begin(), left.end(), 0.0);
        right = total;
        squares_left = 0;
        squares_right = squares;
    }
    void add(uint32_t tag) {
        const double w = weight[tag];
        const int32_t c = code[tag];
        w_left += w;
        squares_left += w * (2 * left[c] + w);
        squares_right -= w * (2 * right[c] - w);
        left[c] += w;
        right[c] -= w;
    }
    void add_all(const double* classes) {
        squares_left = squares_right = 0;
        for (ptrdiff_t k = 0; k < t.n_values; k++) {
            w_left += classes[k];
            left[k] += classes[k];
            right[k] -= classes[k];
            squares_left += left[k] * left[k];
            squares_right += right[k] * right[k];
        }
    }
    bool improves(double& best) {
        w_right = w_node - w_left;
        const double share = squares_left * w_right + squares_right * w_left;
        const double both = w_left * w_right;
        if (share < near * both) return false;
        // Sums of weights are exact and their squares are not: summed anew, so that how a weight
        // came about, at once or by rows that are alike, does not tell equal cuts apart.
        double first = 0, second = 0;
        for (ptrdiff_t c = 0; c < t.n_values; c++) first += left[c] * left[c];
        for (ptrdiff_t c = 0; c < t.n_values; c++) second += right[c] * right[c];
        const double score = -w_right * (1.0 - second / (w_right * w_right)) -
                             w_left * (1.0 - first / (w_left * w_left));
        if (!(score > best)) return false;
        best = score;
        near = share / both * (1 - 1e-11);  // rounding is some 1e-16 of it
        return true;
    }
    void sides(const uint32_t* rows, ptrdiff_t m_left, ptrdiff_t, double& first, double& second) {
        code = t.code;
        weight = t.weight;
        reset();
        for (ptrdiff_t i = 0; i < m_left; i++) {
            left[code[rows[i]]] += weight[rows[i]];
            w_left += weight[rows[i]];
        }
        w_right = w_node - w_left;
        for (size_t c = 0; c < total.size(); c++) right[c] = total[c] - left[c];
        first = GiniOf::impurity(left.data(), t.n_values, w_left);
        second = GiniOf::impurity(right.data(), t.n_values, w_right);
    }
    void value(const uint32_t*, ptrdiff_t, double* out) const {
        for (size_t i = 0; i < total.size(); i++) out[i] = total[i] / w_node;
    }
    double left_mean() const { return left[1] / w_left; }
    double right_mean() { return (total[1] - left[1]) / (w_node - w_left); }
    static void clip(double* value, double low, double high) {
        value[1] = std::min(std::max(value[1], low), high);
        value[0] = 1 - value[1];
    }
    void order(const Entry*, ptrdiff_t) {}

   private:
    const Target& t;
    std::vector<double> total, left, right, cells;
    double squares = 0, squares_left = 0, squares_right = 0, near = 0;
    std::vector<int32_t> own_code;
    std::vector<double> own_weight;
    const int32_t* code = nullptr;
    const double* weight = nullptr;
};

// ------------------------------------------------------------------------------ numbers
// Sums of weights and of weighted targets, which the criteria of numbers share.
class Sums {
   public:
    double w_node = 0, w_left = 0, w_right = 0;

    explicit Sums(const Target& target)
        : t(target), total(t.n_outputs), left(t.n_outputs), right(t.n_outputs) {}

    void enter(const uint32_t* rows, ptrdiff_t m) {
        weighted = t.weighted;
        weight = t.weight;
        reset();
        for (ptrdiff_t i = 0; i < m; i++) Sums::add(rows[i]);
        total = left;
        w_node = w_left;
    }
    void localise(const uint32_t* rows, ptrdiff_t m) {
        own_weighted.resize(m * t.n_outputs);
        own_weight.resize(m);
        for (ptrdiff_t i = 0; i < m; i++) {
            const double* from = t.weighted + static_cast<size_t>(rows[i]) * t.n_outputs;
            std::copy(from, from + t.n_outputs, own_weighted.data() + i * t.n_outputs);
            own_weight[i] = t.weight[rows[i]];
        }
        weighted = own_weighted.data();
        weight = own_weight.data();
    }
    void reset() {
        w_left = 0;
        std::fill(left.begin(), left.end(), 0.0);
    }
    void add(uint32_t tag) {
        const double* from = weighted + static_cast<size_t>(tag) * t.n_outputs;
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) left[k] += from[k];
        w_left += weight[tag];
    }
    double left_mean() const { return left[0] / w_left; }
    double right_mean() const { return (total[0] - left[0]) / (w_node - w_left); }
    static void clip(double* value, double low, double high) {
        value[0] = std::min(std::max(value[0], low), high);
    }
    void value(const uint32_t* rows, ptrdiff_t m, double* out) const {
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) out[k] = mean_of(rows, m, k);
    }
    void order(const Entry*, ptrdiff_t) {}

   protected:
    const Target& t;
    std::vector<double> total, left, right, own_weighted, own_weight;
    const double *weighted = nullptr, *weight = nullptr;

    double y_of(uint32_t row, ptrdiff_t k) const {
        return t.y[static_cast<size_t>(row) * t.n_outputs + k];
    }
    // Of the targets as they came, not of those on the grid. One value stays what it is.
    double mean_of(const uint32_t* rows, ptrdiff_t m, ptrdiff_t k) const {
        const double first = y_of(rows[0], k);
        double sum = 0, w = 0;
        for (ptrdiff_t i = 0; i < m; i++) {
            sum += t.weight[rows[i]] * (y_of(rows[i], k) - first);
            w += t.weight[rows[i]];
        }
        return first + sum / w;
    }
    void sum_right() {
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) right[k] = total[k] - left[k];
        w_right = w_node - w_left;
    }
    void sum_left(const uint32_t* rows, ptrdiff_t m_left) {
        weighted = t.weighted;
        weight = t.weight;
        reset();
        for (ptrdiff_t i = 0; i < m_left; i++) Sums::add(rows[i]);
        sum_right();
    }
};

// Σ w (y − ȳ)² / Σ w, mean over outputs.
class SquaredError : public Sums {
   public:
    typedef ScanBy<SquaredError> Scan;
    static const bool ORDERED = false, CELLS = false, LANES = false;
    using Sums::Sums;

    double impurity(const uint32_t* rows, ptrdiff_t m) const {
        double sum = 0, w = 0;
        for (ptrdiff_t i = 0; i < m; i++) w += t.weight[rows[i]];
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) {
            const double mean = mean_of(rows, m, k);
            for (ptrdiff_t i = 0; i < m; i++) {
                const double off = y_of(rows[i], k) - mean;
                sum += t.weight[rows[i]] * (off * off);
            }
        }
        return sum / (w * static_cast<double>(t.n_outputs));
    }
    bool improves(double& best) {
        sum_right();
        double first = 0, second = 0;
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) {
            first += left[k] * left[k];
            second += right[k] * right[k];
        }
        const double score = first / w_left + second / w_right;
        if (!(score > best)) return false;
        best = score;
        return true;
    }
    void sides(const uint32_t* rows, ptrdiff_t m_left, ptrdiff_t m, double& one, double& two) {
        sum_left(rows, m_left);
        one = impurity(rows, m_left);
        two = impurity(rows + m_left, m - m_left);
    }
};

// One output of the same. A cut is looked at closely only if it comes near the best one, which
// needs no division.
class SquaredErrorOne : public SquaredError {
   public:
    static const bool CELLS = true, LANES = true;
    explicit SquaredErrorOne(const Target& target) : SquaredError(target) {
        unit = true;
        for (ptrdiff_t i = 0; i < t.n_rows && unit; i++) unit = t.weight[i] == 1.0;
    }

    void enter(const uint32_t* rows, ptrdiff_t m) {
        SquaredError::enter(rows, m);
        near = 0;
    }
    class Scan {
       public:
        explicit Scan(SquaredErrorOne& c)
            : c(c), weighted(c.weighted), weight(c.weight), unit(c.unit), all(c.total[0]),
              w_node(c.w_node), near(c.near) {}
        ~Scan() { c.near = near; }
        void order(const Entry*, ptrdiff_t) {}
        void reset() { sum = w = 0; }
        void add(uint32_t tag) {
            sum += weighted[tag];
            w += unit ? 1.0 : weight[tag];
        }
        ptrdiff_t add_left(const Side& s) {
            return exact_kernels().sum_both(s, weighted, weight, &sum, &w);
        }
        // Sums of the left of a cut of each column, and those of one of them.
        void lanes(const RowCodes& x, const RowCuts& cuts) {
            c.lane_rows.resize(x.step);
            c.lane_sums.resize(2 * x.step);
            double* sums = c.lane_sums.data();
            exact_kernels().sum_rows(x, cuts, weighted, unit ? nullptr : weight,
                                     c.lane_rows.data(), sums, sums + x.step);
        }
        ptrdiff_t use(int32_t column) {
            const size_t n_lanes = c.lane_rows.size();
            sum = c.lane_sums[column];
            w = unit ? static_cast<double>(c.lane_rows[column]) : c.lane_sums[n_lanes + column];
            return c.lane_rows[column];
        }
        // Sums, and numbers of rows, of each code.
        void count(const uint32_t* code, ptrdiff_t m, uint32_t n_codes, uint32_t* n_rows) {
            c.cells.assign(n_codes, Cell{0, 0});
            for (ptrdiff_t i = 0; i < m; i++) {
                Cell& cell = c.cells[code[i]];
                cell.weighted += weighted[i];
                cell.weight += weight[i];
                n_rows[code[i]]++;
            }
        }
        void add_code(uint32_t code) {
            sum += c.cells[code].weighted;
            w += c.cells[code].weight;
        }
        double w_left() const { return w; }
        double w_right() const { return w_node - w; }
        double left_mean() const { return sum / w; }
        double right_mean() const { return (all - sum) / (w_node - w); }
        bool improves(double& best) {
            const double rest = all - sum, other = w_node - w;
            const double share = sum * sum * other + rest * rest * w, both = w * other;
            if (share < near * both) return false;
            const double score = sum * sum / w + rest * rest / other;
            if (!(score > best)) return false;
            best = score;
            near = score * (1 - 1e-11);  // rounding is some 1e-16 of it
            return true;
        }

       private:
        SquaredErrorOne& c;
        const double *weighted, *weight;
        const bool unit;  // every weight is 1, and need not be looked up
        double sum = 0, w = 0, all, w_node, near;
    };

   private:
    struct Cell {
        double weighted, weight;
    };
    bool unit;
    double near = 0;
    std::vector<Cell> cells;
    std::vector<uint32_t> lane_rows;
    std::vector<double> lane_sums;
};

// Half the deviance of Poisson's law: Σ w y log(y / ȳ) / Σ w, mean over outputs. A node whose
// mean is 0 has none, for y is then 0; a cut that makes one is refused.
class Poisson : public Sums {
   public:
    typedef ScanBy<Poisson> Scan;
    static const bool ORDERED = false, CELLS = false, LANES = false;
    using Sums::Sums;

    double impurity(const uint32_t* rows, ptrdiff_t m) const {
        return deviance(rows, m, w_node);
    }
    bool improves(double& best) {
        sum_right();
        double first = 0, second = 0;
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) {
            if (left[k] <= EPSILON || right[k] <= EPSILON) return false;
            const double mean_left = left[k] / w_left, mean_right = right[k] / w_right;
            first -= left[k] * std::log(mean_left);
            second -= right[k] * std::log(mean_right);
        }
        const double score = -first - second;
        if (!(score > best)) return false;
        best = score;
        return true;
    }
    void sides(const uint32_t* rows, ptrdiff_t m_left, ptrdiff_t m, double& one, double& two) {
        sum_left(rows, m_left);
        one = deviance(rows, m_left, w_left);
        two = deviance(rows + m_left, m - m_left, w_right);
    }

   private:
    double deviance(const uint32_t* rows, ptrdiff_t m, double w) const {
        double loss = 0;
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) {
            const double mean = mean_of(rows, m, k);
            if (mean <= EPSILON) return INFINITE;
            for (ptrdiff_t i = 0; i < m; i++) {
                const double value = y_of(rows[i], k);
                if (value > 0) loss += t.weight[rows[i]] * value * std::log(value / mean);
            }
        }
        return loss / (w * static_cast<double>(t.n_outputs));
    }
};

// Prefix sums of weights and of weighted values over the sorted targets of a node, in which rows
// appear one by one: the weighted median and the cost around it take log(n).
class MedianTree {
   public:
    void clear(ptrdiff_t n) {
        size = n;
        sums.assign(n + 1, Pair{0, 0});
        all = Pair{0, 0};
        top = 1;
        while (2 * top <= n) top *= 2;
    }
    void add(ptrdiff_t rank, double w, double wy) {
        for (ptrdiff_t i = rank + 1; i <= size; i += i & -i) {
            sums[i].w += w;
            sums[i].wy += wy;
        }
        all.w += w;
        all.wy += wy;
    }
    // Σ w |y − median| of what was added; `sorted` are the targets by rank.
    double cost(const double* sorted) const {
        ptrdiff_t at = 0;
        Pair below{0, 0};
        const double half = all.w / 2;
        for (ptrdiff_t step = top; step > 0; step /= 2)
            if (at + step <= size && below.w + sums[at + step].w < half) {
                at += step;
                below.w += sums[at].w;
                below.wy += sums[at].wy;
            }
        const double median = sorted[std::min(at, size - 1)];
        const double cost = (median * below.w - below.wy) +
                            ((all.wy - below.wy) - median * (all.w - below.w));
        return cost > 0 ? cost : 0;
    }

   private:
    struct Pair {
        double w, wy;
    };
    ptrdiff_t size = 0, top = 1;
    std::vector<Pair> sums;
    Pair all{0, 0};
};

// Σ w |y − median| / Σ w, mean over outputs. Costs of all beginnings and ends of an order are
// found before its cuts are compared.
class AbsoluteError : public Sums {
   public:
    typedef ScanBy<AbsoluteError> Scan;
    static const bool ORDERED = true, CELLS = false, LANES = false;
    explicit AbsoluteError(const Target& target) : Sums(target) {}

    void enter(const uint32_t* rows, ptrdiff_t m) {
        Sums::enter(rows, m);
        node_rows = rows;
        size = m;
        ranked = false;
    }
    double impurity(const uint32_t* rows, ptrdiff_t m) const { return deviation(rows, m, w_node); }
    void localise(const uint32_t* rows, ptrdiff_t m) {
        Sums::localise(rows, m);
        local = true;
    }
    void order(const Entry* entries, ptrdiff_t m) {
        if (!ranked) rank_targets();
        cost_left.assign(m + 1, 0.0);
        cost_right.assign(m + 1, 0.0);
        entry = entries;
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) {
            const double* by_rank = sorted.data() + k * size;
            fenwick.clear(size);
            for (ptrdiff_t i = 0; i < m; i++) {
                put(entries[i].tag, k);
                cost_left[i + 1] += fenwick.cost(by_rank);
            }
            fenwick.clear(size);
            for (ptrdiff_t i = m - 1; i >= 0; i--) {
                put(entries[i].tag, k);
                cost_right[i] += fenwick.cost(by_rank);
            }
        }
    }
    void reset() {
        Sums::reset();
        passed = 0;
    }
    void add(uint32_t tag) {
        Sums::add(tag);
        passed++;
    }
    bool improves(double& best) {
        w_right = w_node - w_left;
        const double n = static_cast<double>(t.n_outputs);
        const double first = cost_left[passed] / (w_left * n);
        const double second = cost_right[passed] / (w_right * n);
        const double score = -w_right * second - w_left * first;
        if (!(score > best)) return false;
        best = score;
        return true;
    }
    void sides(const uint32_t* rows, ptrdiff_t m_left, ptrdiff_t m, double& one, double& two) {
        entry = nullptr;
        sum_left(rows, m_left);
        one = deviation(rows, m_left, w_left);
        two = deviation(rows + m_left, m - m_left, w_right);
        middle_left = median(rows, m_left, 0);
        middle_right = median(rows + m_left, m - m_left, 0);
    }
    double left_mean() const {
        return entry ? median_of_entries(entry, passed) : middle_left;
    }
    double right_mean() {
        return entry ? median_of_entries(entry + passed, size - passed) : middle_right;
    }
    void value(const uint32_t* rows, ptrdiff_t m, double* out) const {
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) out[k] = median(rows, m, k);
    }

   private:
    const uint32_t* node_rows = nullptr;
    const Entry* entry = nullptr;
    ptrdiff_t size = 0, passed = 0;
    bool ranked = false, local = false;
    double middle_left = 0, middle_right = 0;
    std::vector<double> sorted, cost_left, cost_right;
    std::vector<uint32_t> rank, place;
    MedianTree fenwick;
    struct Weighted {
        double y, w;
    };
    mutable std::vector<Weighted> pairs;

    void put(uint32_t tag, ptrdiff_t k) {
        const size_t at = static_cast<size_t>(tag) * t.n_outputs + k;
        fenwick.add(rank[at], weight[tag], weighted[at]);
    }
    void rank_targets() {
        ranked = true;
        sorted.resize(size * t.n_outputs);
        place.resize(size);
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) {
            for (ptrdiff_t i = 0; i < size; i++) place[i] = static_cast<uint32_t>(i);
            std::sort(place.begin(), place.end(), [&](uint32_t a, uint32_t b) {
                const double ya = target(a, k), yb = target(b, k);
                return ya < yb || (ya == yb && a < b);
            });
            for (ptrdiff_t r = 0; r < size; r++) {
                const size_t tag = local ? place[r] : node_rows[place[r]];
                if ((tag + 1) * t.n_outputs > rank.size()) rank.resize((tag + 1) * t.n_outputs);
                rank[tag * t.n_outputs + k] = static_cast<uint32_t>(r);
                sorted[k * size + r] = target(place[r], k);
            }
        }
    }
    double target(uint32_t i, ptrdiff_t k) const {  // on the grid, as the sums are
        const uint32_t row = node_rows[i];
        return t.weighted[static_cast<size_t>(row) * t.n_outputs + k] / t.weight[row];
    }
    // The weighted median; where weights balance exactly, the middle of two values.
    double middle_of_pairs() const {
        std::sort(pairs.begin(), pairs.end(),
                  [](const Weighted& a, const Weighted& b) { return a.y < b.y; });
        double all = 0, below = 0;
        for (const Weighted& p : pairs) all += p.w;
        const double half = all / 2;
        for (size_t i = 0; i < pairs.size(); i++) {
            below += pairs[i].w;
            if (below > half) return pairs[i].y;
            if (below == half)
                return i + 1 < pairs.size() ? (pairs[i].y + pairs[i + 1].y) / 2 : pairs[i].y;
        }
        return pairs.back().y;
    }
    double median(const uint32_t* rows, ptrdiff_t m, ptrdiff_t k) const {
        pairs.clear();
        for (ptrdiff_t i = 0; i < m; i++)
            pairs.push_back({y_of(rows[i], k), t.weight[rows[i]]});
        return middle_of_pairs();
    }
    double median_of_entries(const Entry* entries, ptrdiff_t m) const {
        pairs.clear();
        for (ptrdiff_t i = 0; i < m; i++)
            pairs.push_back({weighted[entries[i].tag] / weight[entries[i].tag],
                             weight[entries[i].tag]});
        return middle_of_pairs();
    }
    double deviation(const uint32_t* rows, ptrdiff_t m, double w) const {
        double loss = 0;
        for (ptrdiff_t k = 0; k < t.n_outputs; k++) {
            const double middle = median(rows, m, k);
            for (ptrdiff_t i = 0; i < m; i++) {
                loss += t.weight[rows[i]] * std::fabs(y_of(rows[i], k) - middle);
            }
        }
        return loss / (w * static_cast<double>(t.n_outputs));
    }
};

// The power of two of which values of this total of magnitudes are made multiples: the sum of any
// of them then fits the 53 bits of a double.
inline double grid_of(double total) {
    if (!(total > 0) || total - total != 0) return 0;
    return std::ldexp(1.0, std::max(std::ilogb(total) + 1 - 52, -1022));
}
inline double on_grid(double x, double grid) {
    return grid > 0 ? std::nearbyint(x / grid) * grid : x;
}

// Weights on a grid, and weights times targets on another.
inline void put_on_grids(const double* y, const double* weight, ptrdiff_t n_rows,
                         ptrdiff_t n_outputs, double* weight_out, double* weighted) {
    double total = 0;
    for (ptrdiff_t i = 0; i < n_rows; i++) total += std::fabs(weight[i]);
    const double grid = grid_of(total);
    for (ptrdiff_t i = 0; i < n_rows; i++) weight_out[i] = on_grid(weight[i], grid);
    if (!y) return;
    for (ptrdiff_t k = 0; k < n_outputs; k++) {
        double sum = 0;
        for (ptrdiff_t i = 0; i < n_rows; i++)
            sum += std::fabs(weight_out[i] * y[i * n_outputs + k]);
        const double fine = grid_of(sum);
        for (ptrdiff_t i = 0; i < n_rows; i++)
            weighted[i * n_outputs + k] =
                on_grid(weight_out[i] * on_grid(y[i * n_outputs + k], fine), fine);
    }
}

}  // namespace mlkit_tree
#endif
