// Gini's impurity of two classes whose weights are small whole numbers, which those of rows drawn
// with replacement are: the weight of a row and of the second class lie in one number, and one
// addition counts both.
#ifndef MLKIT_TREE_PACKED_HPP
#define MLKIT_TREE_PACKED_HPP

#include "criteria.hpp"

namespace mlkit_tree {

class PairCounts {
   public:
    static const bool ORDERED = false, CELLS = true, LANES = true;
    double w_node = 0, w_left = 0, w_right = 0;

    explicit PairCounts(const Target& target) : t(target) {
        rows_of.resize(t.n_rows);
        for (ptrdiff_t i = 0; i < t.n_rows; i++) {
            const uint32_t w = static_cast<uint32_t>(t.weight[i]);
            rows_of[i] = (w << 16) | (t.code[i] ? w : 0);
        }
    }
    static bool fits(const Target& t) {
        if (t.n_outputs != 1 || t.n_values != 2 || !(t.total_weight < 2147483647.0)) return false;
        for (ptrdiff_t i = 0; i < t.n_rows; i++)
            if (!(t.weight[i] >= 0 && t.weight[i] <= 65535 &&
                  t.weight[i] == static_cast<double>(static_cast<uint32_t>(t.weight[i]))))
                return false;
        return true;
    }

    void enter(const uint32_t* rows, ptrdiff_t m) {
        payload = rows_of.data();
        total = 0;
        for (ptrdiff_t i = 0; i < m; i++) total += wide(payload[rows[i]]);
        w_node = weight(total);
        near = 0;
    }
    void localise(const uint32_t* rows, ptrdiff_t m) {
        if (static_cast<ptrdiff_t>(local.size()) < m) local.resize(m);
        for (ptrdiff_t i = 0; i < m; i++) local[i] = rows_of[rows[i]];
        payload = local.data();
    }
    double impurity(const uint32_t*, ptrdiff_t) const { return impurity_of(total); }
    void sides(const uint32_t* rows, ptrdiff_t m_left, ptrdiff_t, double& first, double& second) {
        left = 0;
        for (ptrdiff_t i = 0; i < m_left; i++) left += wide(rows_of[rows[i]]);
        w_left = weight(left);
        w_right = weight(total - left);
        first = impurity_of(left);
        second = impurity_of(total - left);
    }
    void value(const uint32_t*, ptrdiff_t, double* out) const {
        out[0] = (w_node - second_class(total)) / w_node;
        out[1] = second_class(total) / w_node;
    }
    double left_mean() const { return second_class(left) / weight(left); }
    double right_mean() const { return second_class(total - left) / weight(total - left); }
    static void clip(double* value, double low, double high) {
        value[1] = std::min(std::max(value[1], low), high);
        value[0] = 1 - value[1];
    }

    class Scan {
       public:
        explicit Scan(PairCounts& c) : c(c), payload(c.payload), total(c.total), near(c.near) {}
        ~Scan() { c.near = near; }
        void order(const Entry*, ptrdiff_t) {}
        void reset() { left = 0; }
        void add(uint32_t tag) { left += wide(payload[tag]); }
        ptrdiff_t add_left(const Side& s) {
            uint32_t weight, second;
            const ptrdiff_t n = exact_kernels().sum_halves(s, payload, &weight, &second);
            left = static_cast<uint64_t>(weight) << 32 | second;
            return n;
        }
        // Weights of the left of a cut of each column, and those of one of them.
        void lanes(const RowCodes& x, const RowCuts& cuts) {
            c.lane.resize(3 * x.step);
            uint32_t* sums = c.lane.data();
            exact_kernels().count_rows(x, cuts, payload, sums, sums + x.step, sums + 2 * x.step);
        }
        ptrdiff_t use(int32_t column) {
            const size_t n_lanes = c.lane.size() / 3;
            const uint32_t* sums = c.lane.data() + column;
            left = static_cast<uint64_t>(sums[n_lanes]) << 32 | sums[2 * n_lanes];
            return sums[0];
        }
        // Weights of both classes, and numbers of rows, of each code.
        void count(const uint32_t* code, ptrdiff_t m, uint32_t n_codes, uint32_t* n_rows) {
            c.cells.assign(n_codes, 0);
            uint64_t* cell = c.cells.data();
            for (ptrdiff_t i = 0; i < m; i++) {
                cell[code[i]] += wide(payload[i]);
                n_rows[code[i]]++;
            }
        }
        void add_code(uint32_t code) { left += c.cells[code]; }
        double w_left() const { return weight(left); }
        double w_right() const { return weight(total - left); }
        double left_mean() const { return second_class(left) / weight(left); }
        double right_mean() const { return second_class(total - left) / weight(total - left); }
        bool improves(double& best) {
            const double wl = weight(left), wr = weight(total - left);
            const double sl = squares(left), sr = squares(total - left);
            const double share = sl * wr + sr * wl, both = wl * wr;
            if (share < near * both) return false;
            const double score = -wr * (1.0 - sr / (wr * wr)) - wl * (1.0 - sl / (wl * wl));
            if (!(score > best)) return false;
            best = score;
            near = share / both * (1 - 1e-11);  // rounding is some 1e-16 of it
            return true;
        }

       private:
        PairCounts& c;
        const uint32_t* payload;
        uint64_t left = 0, total;
        double near;
    };

   private:
    const Target& t;
    std::vector<uint32_t> rows_of, local, lane;
    const uint32_t* payload = nullptr;
    std::vector<uint64_t> cells;
    uint64_t total = 0, left = 0;  // weight above, that of the second class in the lower half
    double near = 0;

    static uint64_t wide(uint32_t p) {
        return (static_cast<uint64_t>(p >> 16) << 32) | (p & 0xffffu);
    }
    static double weight(uint64_t x) { return static_cast<double>(static_cast<int32_t>(x >> 32)); }
    static double second_class(uint64_t x) { return static_cast<double>(static_cast<int32_t>(x)); }
    static double squares(uint64_t x) {
        const double one = second_class(x), zero = weight(x) - one;
        return zero * zero + one * one;
    }
    static double impurity_of(uint64_t x) { return 1.0 - squares(x) / (weight(x) * weight(x)); }
};

}  // namespace mlkit_tree
#endif
