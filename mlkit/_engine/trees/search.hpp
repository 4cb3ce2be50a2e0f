// The search for the best cut of a node, and the rows of its children.
//
// Three ways to meet the rows of a node in order of a feature: lists of all features sorted once
// and parted with every split (`Columns::lists`), where every feature is looked at everywhere;
// codes gathered and sorted in the node, where few are; and one random cut a feature, which needs
// no order.
#ifndef MLKIT_TREE_SEARCH_HPP
#define MLKIT_TREE_SEARCH_HPP

#include <cstring>

#include "columns.hpp"
#include "exact_kernels.hpp"

namespace mlkit_tree {

struct Limits {
    int max_depth;
    ptrdiff_t min_samples_split, min_samples_leaf, max_leaf_nodes, max_features;
    double min_weight_leaf, min_impurity_decrease;
    bool random_cuts;
    const int8_t* monotonic;  // by feature, or null
};

struct Node {
    ptrdiff_t start, end;
    int depth;
    double impurity, low, high;
};

struct Split {
    bool found = false, missing_left = false;
    int32_t feature = -2;
    double threshold = -2, gain = 0, impurity_left = 0, impurity_right = 0;
    double bound = 0;        // between the children's values, for monotone features
    ptrdiff_t middle = 0;    // where the right child's rows begin
    double score = -INFINITE;
    uint32_t last_left = 0;  // greatest code that goes left
    uint32_t first_right = 0;  // least code that goes right, of a cut whose threshold is due
};

// A 32-bit xorshift (Marsaglia, 2003, "Xorshift RNGs", Journal of Statistical Software 8).
struct Random {
    uint32_t state;
    uint32_t next() {
        if (!state) state = 1;
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return state & 0x7fffffffu;
    }
    ptrdiff_t between(ptrdiff_t low, ptrdiff_t high) {
        return low + static_cast<ptrdiff_t>(next() % static_cast<uint32_t>(high - low));
    }
    double uniform(double low, double high) {
        return (high - low) * static_cast<double>(next()) / 2147483647.0 + low;
    }
};

inline bool must_be_leaf(const Limits& limits, int depth, ptrdiff_t m, double w, double impurity) {
    return depth >= limits.max_depth || m < limits.min_samples_split ||
           m < 2 * limits.min_samples_leaf || w < 2 * limits.min_weight_leaf ||
           impurity <= EPSILON;
}

template <class C>
class Search {
   public:
    Search(const Columns& x, const Target& t, const Limits& limits, uint32_t seed)
        : x(x), limits(limits), weight(t.weight), total_weight(t.total_weight), criterion(t),
          random{seed} {}

    void start() {
        for (ptrdiff_t i = 0; i < x.n_rows; i++)
            if (weight[i] != 0) rows.push_back(static_cast<uint32_t>(i));
        const ptrdiff_t n = n_rows();
        features.resize(x.n_features);
        for (ptrdiff_t f = 0; f < x.n_features; f++) features[f] = static_cast<int32_t>(f);
        constants.resize(x.n_features);
        moved.resize(n + 16);
        if (x.lists) {
            start_lists();
            return;
        }
        entries.resize(n);
        scratch.resize(n);
        codes.resize(n);
        if (x.by_row) {
            block_rows = std::max<ptrdiff_t>(BLOCK_CODES / x.row_step, 64);
            side_by_side = x.keyed;
            in_block.resize(n);
        }
        if (side_by_side) {
            for (auto* lane : {&least, &most, &end, &last, &also}) lane->assign(x.row_step, 0);
            cuts.reserve(x.n_features);
        }
        if (!x.codes) {
            place.assign(x.n_rows, UINT32_MAX);
            for (ptrdiff_t i = 0; i < n; i++) place[rows[i]] = static_cast<uint32_t>(i);
        }
    }
    ptrdiff_t n_rows() const { return static_cast<ptrdiff_t>(rows.size()); }

    // Look at a node: its weight.
    double enter(ptrdiff_t start, ptrdiff_t end) {
        criterion.enter(rows.data() + start, end - start);
        return criterion.w_node;
    }
    double impurity(ptrdiff_t start, ptrdiff_t end) const {
        return criterion.impurity(rows.data() + start, end - start);
    }
    void value(ptrdiff_t start, ptrdiff_t end, double* out) const {
        criterion.value(rows.data() + start, end - start, out);
    }
    void label(ptrdiff_t start, ptrdiff_t end, int32_t node, int32_t* leaf_of) const {
        for (ptrdiff_t i = start; i < end; i++) leaf_of[rows[i]] = node;
    }

    // The best split of the node entered last, its rows parted; `n_constant` first features are
    // known to be constant here, and then those of its children are.
    Split split(const Node& node, ptrdiff_t& n_constant) {
        if (!x.lists) {
            criterion.localise(rows.data() + node.start, node.end - node.start);
            if (node.end - node.start <= block_rows && !inside_block(node)) copy_block(node);
        }
        Split best = draw_features(node, n_constant);
        if (!best.found) return best;
        if (best.threshold != best.threshold) {
            const float* table = x.table(best.feature);
            const uint32_t first_cut = x.binned[best.feature] ? 1 : 0;  // of the right one's bin
            best.threshold = between(table[best.last_left], table[best.first_right - first_cut]);
        }
        part(node, best);
        return best;
    }

   private:
    const Columns& x;
    const Limits& limits;
    const double* weight;
    const double total_weight;
    const ExactKernels& kernels = exact_kernels();
    C criterion;
    Random random;
    std::vector<uint32_t> rows, moved, codes, place, counts, code_rows;
    std::vector<int32_t> features, constants;
    std::vector<Entry> entries, scratch, lists, turned;
    std::vector<uint32_t> goes_left;  // a bit for each row

    // Codes of the rows of a subtree, column after column, so that its nodes find them in the
    // cache; `in_block` is the place of a row among them. Subtrees are met one after the other.
    static const ptrdiff_t BLOCK_CODES = 1 << 17;
    ptrdiff_t block_rows = 0, block_start = 0, block_end = 0;
    std::vector<uint32_t> block, in_block;

    // Random cuts of all columns are looked at side by side where codes lie row after row: what a
    // pass over the rows of a node finds of each column, and the cut drawn of it.
    struct Cut {
        int32_t feature;
        double threshold;
        bool missing, missing_left;
    };
    bool side_by_side = false;
    std::vector<uint32_t> least, most, end, last, also;
    std::vector<Cut> cuts;

    bool inside_block(const Node& node) const {
        return node.start >= block_start && node.end <= block_end;
    }
    void copy_block(const Node& node) {
        block_start = node.start;
        block_end = node.end;
        const ptrdiff_t m = node.end - node.start;
        const uint32_t* row = rows.data() + node.start;
        if (block.empty()) block.resize(block_rows * x.row_step);
        for (ptrdiff_t i = 0; i < m; i++) in_block[node.start + i] = static_cast<uint32_t>(i);
        if (side_by_side) {
            for (ptrdiff_t i = 0; i < m; i++) {
                const uint32_t* from = x.by_row + static_cast<size_t>(row[i]) * x.row_step;
                std::copy(from, from + x.row_step, block.data() + i * x.row_step);
            }
            return;
        }
        // From rows, of which a small node meets few: of columns it would touch nearly all lines.
        for (ptrdiff_t i = 0; i < m; i++) {
            const uint32_t* from = x.by_row + static_cast<size_t>(row[i]) * x.n_features;
            for (ptrdiff_t f = 0; f < x.n_features; f++) block[f * block_rows + i] = from[f];
        }
    }
    // A dense column of a node, and the places of its rows there.
    const uint32_t* column_of(int32_t feature, const Node& node, const uint32_t*& at) const {
        if (inside_block(node)) {
            at = in_block.data() + node.start;
            return block.data() + feature * block_rows;
        }
        at = rows.data() + node.start;
        return x.codes + feature * x.n_rows;
    }

    // `features` holds, in turn: constants known above, constants found here, those still to be
    // drawn, those drawn. What is known above keeps its order for the node's relatives.
    Split draw_features(const Node& node, ptrdiff_t& n_constant) {
        Split best;
        const ptrdiff_t n_known = n_constant;
        if (side_by_side) start_cuts(node);
        ptrdiff_t end = x.n_features, visited = 0, found = 0, passed = 0, all = n_known;
        while (end > all && (visited < limits.max_features || visited <= found + passed)) {
            visited++;
            ptrdiff_t j = random.between(passed, end - found);
            if (j < n_known) {
                std::swap(features[j], features[passed++]);
                continue;
            }
            j += found;
            const bool constant = side_by_side         ? !draw_cut(features[j], node)
                                  : limits.random_cuts ? !try_random(features[j], node, best)
                                                       : !try_all(features[j], node, best);
            if (constant) {
                std::swap(features[j], features[all++]);
                found++;
            } else {
                std::swap(features[j], features[--end]);
            }
        }
        if (side_by_side) try_cuts(node, best);
        std::copy(constants.begin(), constants.begin() + n_known, features.begin());
        std::copy(features.begin() + n_known, features.begin() + all, constants.begin() + n_known);
        n_constant = all;
        return best;
    }

    typedef typename C::Scan Scan;

    bool allowed(const Scan& scan, const Node& node, int32_t feature) const {
        if (!limits.monotonic) return true;
        const double first = scan.left_mean(), second = scan.right_mean();
        return first >= node.low && first <= node.high && second >= node.low &&
               second <= node.high && (first - second) * limits.monotonic[feature] <= 0;
    }
    bool large_enough(ptrdiff_t n_left, ptrdiff_t n_right) const {
        return n_left >= limits.min_samples_leaf && n_right >= limits.min_samples_leaf;
    }
    bool heavy_enough(const Scan& scan) const {
        return scan.w_left() >= limits.min_weight_leaf && scan.w_right() >= limits.min_weight_leaf;
    }

    // ---------------------------------------------------------------- every cut
    // Entries of a node in order of a feature, missing ones last.
    const Entry* in_order(int32_t feature, const Node& node) {
        if (x.lists) return lists.data() + feature * n_rows() + node.start;
        const ptrdiff_t m = node.end - node.start;
        if (x.codes) {
            const uint32_t* row;
            const uint32_t* column = column_of(feature, node, row);
            for (ptrdiff_t i = 0; i < m; i++)
                entries[i] = Entry{static_cast<uint32_t>(i), column[row[i]]};
        } else {
            gather(feature, node);
            for (ptrdiff_t i = 0; i < m; i++)
                entries[i] = Entry{static_cast<uint32_t>(i), codes[i]};
        }
        sort_entries(entries, scratch, m, counts);
        return entries.data();
    }

    // Look at all cuts of a feature; false if it is constant.
    bool try_all(int32_t feature, const Node& node, Split& best) {
        const ptrdiff_t m = node.end - node.start;
        const uint32_t missing = x.n_codes(feature);
        if constexpr (C::CELLS) {
            if (!x.lists && missing < FEW_CODES && missing < CODES_A_ROW * m)
                return try_codes(feature, node, best);
        }
        const Entry* e = in_order(feature, node);
        ptrdiff_t present = m;
        if (e[m - 1].code == missing)
            present = std::lower_bound(e, e + m, missing,
                                       [](const Entry& a, uint32_t b) { return a.code < b; }) - e;
        if (present == 0) return false;
        if (present == m && x.same(feature, e[0].code, e[m - 1].code)) return false;
        scan(feature, node, e, present, false, best);
        if (present < m) scan(feature, node, e, present, true, best);
        return true;
    }

    void scan(int32_t feature, const Node& node, const Entry* e, ptrdiff_t present,
              bool missing_left, Split& best) {
        const ptrdiff_t m = node.end - node.start, before = missing_left ? m - present : 0;
        const uint32_t reach = x.reach[feature];
        const ptrdiff_t least = limits.min_samples_leaf;
        const bool restricted = limits.monotonic || limits.min_weight_leaf > 0;
        Scan run(criterion);
        if (C::ORDERED) {
            turned.assign(e, e + m);
            if (missing_left) std::rotate(turned.begin(), turned.begin() + present, turned.end());
            run.order(turned.data(), m);
        }
        run.reset();
        if (missing_left)
            for (ptrdiff_t i = present; i < m; i++) run.add(e[i].tag);
        for (ptrdiff_t i = 1; i < present; i++) {
            run.add(e[i - 1].tag);
            const uint32_t left = e[i - 1].code, right = e[i].code;
            if (left == right) continue;
            if (!x.apart(feature, left, right, reach)) continue;
            const ptrdiff_t n_left = i + before;
            if (n_left < least) continue;
            if (m - n_left < least) break;
            if (restricted && !(heavy_enough(run) && allowed(run, node, feature))) continue;
            if (!run.improves(best.score)) continue;
            take(feature, NAN, left, best);
            best.first_right = right;
            best.missing_left = present < m ? missing_left : n_left > m - n_left;
        }
        if (present == m || missing_left || !large_enough(present, m - present)) return;
        run.reset();  // the cut between what is there and what is missing
        for (ptrdiff_t i = 0; i < present; i++) run.add(e[i].tag);
        if (heavy_enough(run) && allowed(run, node, feature) && run.improves(best.score)) {
            take(feature, INFINITE, x.n_codes(feature) - 1, best);
            best.missing_left = false;
        }
    }

    // ---------------------------------------------------------------- sums by code
    // Where a column has few codes for the rows, they need no order: sums of the rows of a code do.
    static const uint32_t FEW_CODES = 1 << 16;
    static const ptrdiff_t CODES_A_ROW = 8;  // passing by so many is quicker than sorting a row

    bool try_codes(int32_t feature, const Node& node, Split& best) {
        const ptrdiff_t m = node.end - node.start;
        const uint32_t missing = x.n_codes(feature);
        gather(feature, node);
        code_rows.assign(missing + 1, 0);
        Scan run(criterion);
        run.count(codes.data(), m, missing + 1, code_rows.data());
        const ptrdiff_t present = m - code_rows[missing];
        if (present == 0) return false;
        uint32_t least = 0, most = missing - 1;
        while (!code_rows[least]) least++;
        while (!code_rows[most]) most--;
        if (present == m && x.same(feature, least, most)) return false;
        scan_codes(run, feature, node, least, most, false, best);
        if (present < m) scan_codes(run, feature, node, least, most, true, best);
        return true;
    }

    void scan_codes(Scan& run, int32_t feature, const Node& node, uint32_t least, uint32_t most,
                    bool missing_left, Split& best) {
        const ptrdiff_t m = node.end - node.start;
        const uint32_t reach = x.reach[feature], missing = x.n_codes(feature);
        const ptrdiff_t n_missing = code_rows[missing];
        const bool restricted = limits.monotonic || limits.min_weight_leaf > 0;
        run.reset();
        if (missing_left) run.add_code(missing);
        ptrdiff_t n_left = missing_left ? n_missing : 0;
        for (uint32_t left = least, right = least; right < most; left = right) {
            run.add_code(left);
            n_left += code_rows[left];
            do right++; while (!code_rows[right]);
            if (n_left < limits.min_samples_leaf || !x.apart(feature, left, right, reach)) continue;
            if (m - n_left < limits.min_samples_leaf) break;
            if (restricted && !(heavy_enough(run) && allowed(run, node, feature))) continue;
            if (!run.improves(best.score)) continue;
            take(feature, NAN, left, best);
            best.first_right = right;
            best.missing_left = n_missing ? missing_left : n_left > m - n_left;
        }
        if (!n_missing || missing_left || !large_enough(m - n_missing, n_missing)) return;
        run.reset();  // the cut between what is there and what is missing
        for (uint32_t code = least; code <= most; code++)
            if (code_rows[code]) run.add_code(code);
        if (heavy_enough(run) && allowed(run, node, feature) && run.improves(best.score)) {
            take(feature, INFINITE, missing - 1, best);
            best.missing_left = false;
        }
    }

    static void take(int32_t feature, double threshold, uint32_t last_left, Split& best) {
        best.found = true;
        best.feature = feature;
        best.threshold = threshold;
        best.last_left = last_left;
    }

    // What lies between two values, or the lower one where that rounds to the upper.
    static double between(double low, double high) {
        const double middle = low / 2 + high / 2;
        return middle == high || middle == INFINITE || middle == -INFINITE ? low : middle;
    }

    // ---------------------------------------------------------------- one random cut
    bool try_random(int32_t feature, const Node& node, Split& best) {
        const ptrdiff_t m = node.end - node.start;
        const uint32_t missing = x.missing(feature);
        uint32_t least, most;
        const ptrdiff_t present = gather_range(feature, node, missing, least, most);
        if (present == 0) return false;
        const float low = x.value(feature, least), high = x.value(feature, most);
        if (present == m && high <= low + RESOLUTION) return false;
        double threshold = random.uniform(low, high);
        if (threshold == high) threshold = low;
        const bool missing_left = present < m && random.between(0, 2) == 1;
        const uint32_t last = last_code_up_to(threshold, feature, least, most, m);
        Scan run(criterion);
        if (C::ORDERED) order_sides(run, m, last, missing, missing_left);
        run.reset();
        // A missing value has the greatest code of all.
        const ptrdiff_t n_left =
            run.add_left(Side{codes.data(), m, last, missing_left ? missing : last});
        if (!large_enough(n_left, m - n_left) || !heavy_enough(run) ||
            !allowed(run, node, feature) || !run.improves(best.score))
            return true;
        take(feature, threshold, last, best);
        best.missing_left = present < m ? missing_left : n_left > m - n_left;
        return true;
    }

    // ---------------------------------------------------------------- random cuts side by side
    RowCodes rows_of(const Node& node) const {
        const bool inside = inside_block(node);
        return RowCodes{inside ? block.data() : x.by_row, x.row_step,
                        (inside ? in_block.data() : rows.data()) + node.start,
                        node.end - node.start, x.any_missing};
    }
    void start_cuts(const Node& node) {
        cuts.clear();
        kernels.range_rows(rows_of(node), least.data(), most.data(), end.data());
    }
    // Draw the cut of a feature; false if it is constant.
    bool draw_cut(int32_t feature, const Node& node) {
        if (end[feature] == 0) return false;
        const bool missing = x.any_missing && most[feature] == UINT32_MAX;
        const uint32_t top = end[feature] - 1;
        const float low = x.value(feature, least[feature]), high = x.value(feature, top);
        if (!missing && high <= low + RESOLUTION) return false;
        double threshold = random.uniform(low, high);
        if (threshold == high) threshold = low;
        const bool missing_left = missing && random.between(0, 2) == 1;
        last[feature] = last_code_up_to(threshold, feature, least[feature], top,
                                        node.end - node.start);
        also[feature] = missing_left ? UINT32_MAX : last[feature];
        cuts.push_back(Cut{feature, threshold, missing, missing_left});
        return true;
    }
    // The best of the cuts drawn, in the order in which they were.
    void try_cuts(const Node& node, Split& best) {
        if (cuts.empty()) return;
        const ptrdiff_t m = node.end - node.start;
        Scan run(criterion);
        if constexpr (C::LANES) run.lanes(rows_of(node), RowCuts{last.data(), also.data()});
        for (const Cut& cut : cuts) {
            ptrdiff_t n_left;
            if constexpr (C::LANES) {
                n_left = run.use(cut.feature);
            } else {
                const uint32_t up_to = last[cut.feature];
                gather(cut.feature, node);
                if (C::ORDERED) order_sides(run, m, up_to, UINT32_MAX, cut.missing_left);
                run.reset();
                n_left = run.add_left(Side{codes.data(), m, up_to, also[cut.feature]});
            }
            if (!large_enough(n_left, m - n_left) || !heavy_enough(run) ||
                !allowed(run, node, cut.feature) || !run.improves(best.score))
                continue;
            take(cut.feature, cut.threshold, last[cut.feature], best);
            best.missing_left = cut.missing ? cut.missing_left : n_left > m - n_left;
        }
    }

    // The greatest code whose value is not above a threshold: by its bits; among the codes of a
    // small node, for the table is far from the cache; or in the table.
    uint32_t last_code_up_to(double threshold, int32_t feature, uint32_t least, uint32_t most,
                             ptrdiff_t m) const {
        if (x.keyed) {
            const float rounded = static_cast<float>(threshold);
            return Columns::key_of(rounded) - (static_cast<double>(rounded) > threshold ? 1 : 0);
        }
        const float* table = x.table(feature);
        if (m > 32)
            return static_cast<uint32_t>(
                       std::upper_bound(table + least, table + most + 1, threshold,
                                        [](double a, float b) {
                                            return a < static_cast<double>(b);
                                        }) - table) - 1;
        uint32_t last = least;
        for (ptrdiff_t i = 0; i < m; i++)
            if (codes[i] > last && codes[i] <= most && table[codes[i]] <= threshold)
                last = codes[i];
        return last;
    }

    void order_sides(Scan& run, ptrdiff_t m, uint32_t last, uint32_t missing, bool missing_left) {
        ptrdiff_t at = 0;
        for (int side = 0; side < 2; side++)
            for (ptrdiff_t i = 0; i < m; i++) {
                const bool left = codes[i] == missing ? missing_left : codes[i] <= last;
                if (left == (side == 0)) entries[at++] = Entry{static_cast<uint32_t>(i), codes[i]};
            }
        run.order(entries.data(), m);
    }

    // ---------------------------------------------------------------- codes of a node
    ptrdiff_t gather_range(int32_t feature, const Node& node, uint32_t missing, uint32_t& least,
                           uint32_t& most) {
        const ptrdiff_t m = node.end - node.start;
        if (x.codes) {
            const uint32_t* at;
            const uint32_t* column = column_of(feature, node, at);
            return kernels.gather_range(column, at, m, codes.data(), missing, &least, &most);
        }
        gather(feature, node);
        ptrdiff_t present = 0;
        least = missing;
        most = 0;
        for (ptrdiff_t i = 0; i < m; i++) {
            const bool there = codes[i] != missing;
            least = std::min(least, codes[i]);
            most = std::max(most, there ? codes[i] : 0);
            present += there;
        }
        return present;
    }
    void gather(int32_t feature, const Node& node) {
        if (side_by_side) {
            kernels.gather_rows(rows_of(node), feature, codes.data());
            return;
        }
        const uint32_t* row = rows.data() + node.start;
        const ptrdiff_t m = node.end - node.start;
        if (x.codes) {
            const uint32_t* at;
            const uint32_t* column = column_of(feature, node, at);
            uint32_t least, most;
            kernels.gather_range(column, at, m, codes.data(), UINT32_MAX, &least, &most);
            return;
        }
        const int64_t first = x.indptr[feature], last = x.indptr[feature + 1];
        std::fill(codes.begin(), codes.begin() + m, x.zero[feature]);
        int bits = 1;
        while ((last - first) >> bits) bits++;
        if (m * bits < last - first) {  // few rows: look each up
            const int32_t* begin = x.indices + first;
            const int32_t* end = x.indices + last;
            for (ptrdiff_t i = 0; i < m; i++) {
                const int32_t* at = std::lower_bound(begin, end, static_cast<int32_t>(row[i]));
                if (at != end && *at == static_cast<int32_t>(row[i]))
                    codes[i] = x.stored[at - x.indices];
            }
            return;
        }
        for (int64_t k = first; k < last; k++) {
            const uint32_t at = place[x.indices[k]];
            if (at >= static_cast<uint32_t>(node.start) && at < static_cast<uint32_t>(node.end))
                codes[at - node.start] = x.stored[k];
        }
    }

    // ---------------------------------------------------------------- children
    void part(const Node& node, Split& best) {
        ptrdiff_t n_left;
        if (x.lists) {
            n_left = mark(node, best);
            part_marked(node);
        } else {
            gather(best.feature, node);
            const uint32_t missing = x.missing(best.feature);
            const Side side{codes.data(), node.end - node.start, best.last_left,
                            best.missing_left ? missing : best.last_left};
            if (block_rows && inside_block(node))
                kernels.part(side, in_block.data() + node.start, moved.data());
            n_left = kernels.part(side, rows.data() + node.start, moved.data());
            if (!place.empty())
                for (ptrdiff_t i = node.start; i < node.end; i++)
                    place[rows[i]] = static_cast<uint32_t>(i);
        }
        best.middle = node.start + n_left;
        const ptrdiff_t m = node.end - node.start;
        criterion.sides(rows.data() + node.start, n_left, m, best.impurity_left,
                        best.impurity_right);
        const double w = criterion.w_node, first = criterion.w_left, second = criterion.w_right;
        best.gain = (w / total_weight) * (node.impurity - (second / w * best.impurity_right) -
                                          (first / w * best.impurity_left));
        if (limits.monotonic) best.bound = (criterion.left_mean() + criterion.right_mean()) / 2;
        if (x.lists && !(must_be_leaf(limits, node.depth + 1, n_left, first, best.impurity_left) &&
                         must_be_leaf(limits, node.depth + 1, m - n_left, second,
                                      best.impurity_right)))
            part_lists(node);
    }

    // Those that go left, in order, then the others.
    void part_marked(const Node& node) {
        uint32_t* values = rows.data() + node.start;
        ptrdiff_t n_left = 0, n_right = 0;
        for (ptrdiff_t i = 0; i < node.end - node.start; i++) {
            const uint32_t moving = values[i];
            const bool goes = is_marked(moving);
            values[n_left] = moving;
            moved[n_right] = moving;
            n_left += goes;
            n_right += !goes;
        }
        std::copy(moved.begin(), moved.begin() + n_right, values + n_left);
    }

    // ---------------------------------------------------------------- sorted lists
    void start_lists() {
        const ptrdiff_t n = n_rows();
        lists.resize(static_cast<size_t>(n) * x.n_features);
        goes_left.resize(x.n_rows / 32 + 1);
        scratch.resize(n + 8);
        for (ptrdiff_t f = 0; f < x.n_features; f++) {
            const Entry* from = x.lists + f * x.n_rows;
            Entry* to = lists.data() + f * n;
            if (n == x.n_rows) {
                std::copy(from, from + n, to);
                continue;
            }
            for (ptrdiff_t i = 0; i < x.n_rows; i++)
                if (weight[from[i].tag] != 0) *to++ = from[i];
        }
    }
    bool is_marked(uint32_t row) const { return (goes_left[row >> 5] >> (row & 31)) & 1; }

    ptrdiff_t mark(const Node& node, const Split& best) {
        const Entry* e = lists.data() + best.feature * n_rows() + node.start;
        const uint32_t missing = x.n_codes(best.feature);
        ptrdiff_t n_left = 0;
        for (ptrdiff_t i = 0; i < node.end - node.start; i++) {
            const bool left = e[i].code == missing ? best.missing_left : e[i].code <= best.last_left;
            const uint32_t bit = 1u << (e[i].tag & 31);
            uint32_t& word = goes_left[e[i].tag >> 5];
            word = left ? word | bit : word & ~bit;
            n_left += left;
        }
        return n_left;
    }

    void part_lists(const Node& node) {
        const ptrdiff_t n = n_rows(), m = node.end - node.start;
        for (ptrdiff_t f = 0; f < x.n_features; f++) {
            uint64_t* e = reinterpret_cast<uint64_t*>(lists.data() + f * n + node.start);
            kernels.part_pairs(e, m, goes_left.data(),
                               reinterpret_cast<uint64_t*>(scratch.data()));
        }
    }
};

}  // namespace mlkit_tree
#endif
