// Exact growing: every cut between two values of a node is looked at.
//
// Features are drawn without repetition until `max_features` of them were worth a look. Those
// that are constant in a node stay so below it and are not looked at again. The stream of random
// numbers, the order of the draws and the comparison of scores are such that a seed gives the
// trees that users of scikit-learn know.
#ifndef MLKIT_TREE_EXACT_HPP
#define MLKIT_TREE_EXACT_HPP

#include "columns.hpp"
#include "packed.hpp"
#include "search.hpp"

namespace mlkit_tree {

struct Grown {  // the arrays of one tree, as in `Trees`
    std::vector<int32_t> feature, left, right;
    std::vector<double> threshold, impurity, weight, value;
    std::vector<uint8_t> missing_left;
    std::vector<int64_t> n_samples;
};

template <class C>
class Grower {
   public:
    Grower(const Columns& x, const Target& t, const Limits& limits, uint32_t seed, Grown& out,
           int32_t* leaf_of)
        : limits(limits), n_values(t.n_outputs * t.n_values), search(x, t, limits, seed),
          out(out), leaf_of(leaf_of) {}

    void grow() {
        search.start();
        reserve();
        if (limits.max_leaf_nodes > 0) best_first();
        else depth_first();
    }

   private:
    struct Task {
        ptrdiff_t start, end;
        int32_t parent;
        bool is_left;
        int depth;
        ptrdiff_t n_constant;
        double impurity, low, high;
    };
    struct Ready {  // a node of the tree, split if its turn comes
        Task task;
        Split split;
        int32_t node;
        ptrdiff_t n_constant;
        bool leaf;
        bool operator<(const Ready& other) const { return split.gain < other.split.gain; }
    };
    const Limits& limits;
    const ptrdiff_t n_values;
    Search<C> search;
    Grown& out;
    int32_t* leaf_of;

    // Space for as many nodes as there may be: arrays that grow are copied time and again, and
    // memory that is not written to is none.
    void reserve() {
        ptrdiff_t most = std::min<ptrdiff_t>(2 * search.n_rows(), 1 << 20);
        if (limits.max_leaf_nodes > 0) most = std::min(most, 2 * limits.max_leaf_nodes);
        if (limits.max_depth < 20) most = std::min<ptrdiff_t>(most, 2 << limits.max_depth);
        for (auto* array : {&out.feature, &out.left, &out.right}) array->reserve(most);
        for (auto* array : {&out.threshold, &out.impurity, &out.weight}) array->reserve(most);
        out.missing_left.reserve(most);
        out.n_samples.reserve(most);
        if (n_values <= 4) out.value.reserve(most * n_values);
    }

    Task root() const {
        return {0, search.n_rows(), -1, false, 0, 0, INFINITE, -INFINITE, INFINITE};
    }

    // Add a node and look for its split.
    Ready visit(Task task) {
        Ready ready{task, Split(), static_cast<int32_t>(out.feature.size()), task.n_constant, true};
        const ptrdiff_t m = task.end - task.start;
        const double w = search.enter(task.start, task.end);
        if (task.parent < 0) ready.task.impurity = search.impurity(task.start, task.end);
        if (!must_be_leaf(limits, task.depth, m, w, ready.task.impurity)) {
            const Node node{task.start, task.end, task.depth, ready.task.impurity, task.low,
                            task.high};
            ready.split = search.split(node, ready.n_constant);
            ready.leaf = !ready.split.found ||
                         ready.split.gain + EPSILON < limits.min_impurity_decrease;
        }
        if (ready.leaf) ready.split.gain = 0;
        append(ready, m, w);
        return ready;
    }

    void append(const Ready& ready, ptrdiff_t m, double w) {
        const Task& task = ready.task;
        if (task.parent >= 0) (task.is_left ? out.left : out.right)[task.parent] = ready.node;
        out.feature.push_back(ready.leaf ? -2 : ready.split.feature);
        out.threshold.push_back(ready.leaf ? -2 : ready.split.threshold);
        out.missing_left.push_back(!ready.leaf && ready.split.missing_left);
        out.left.push_back(-1);
        out.right.push_back(-1);
        out.impurity.push_back(task.impurity);
        out.n_samples.push_back(m);
        out.weight.push_back(w);
        const size_t at = out.value.size();
        out.value.resize(at + n_values);
        search.value(task.start, task.end, out.value.data() + at);
        if (limits.monotonic) C::clip(out.value.data() + at, task.low, task.high);
    }

    Task child(const Ready& ready, bool left) const {
        const Task& task = ready.task;
        const Split& split = ready.split;
        Task out{task.start, split.middle, ready.node, left, task.depth + 1, ready.n_constant,
                 left ? split.impurity_left : split.impurity_right, task.low, task.high};
        if (limits.max_leaf_nodes > 0) out.n_constant = 0;
        if (!left) out.start = split.middle, out.end = task.end;
        const int sign = limits.monotonic ? limits.monotonic[split.feature] : 0;
        if (sign != 0) ((sign > 0) == left ? out.high : out.low) = split.bound;
        return out;
    }

    void close(const Ready& ready) {
        if (leaf_of) search.label(ready.task.start, ready.task.end, ready.node, leaf_of);
    }

    void depth_first() {
        std::vector<Task> stack{root()};
        while (!stack.empty()) {
            const Task task = stack.back();
            stack.pop_back();
            const Ready ready = visit(task);
            if (ready.leaf) {
                close(ready);
                continue;
            }
            stack.push_back(child(ready, false));
            stack.push_back(child(ready, true));
        }
    }

    // The leaf whose split gains most is split next, until there are enough leaves. Nodes do not
    // follow their parents here, so none can know what was constant above.
    void best_first() {
        std::vector<Ready> heap{visit(root())};
        ptrdiff_t splits = limits.max_leaf_nodes - 1;
        while (!heap.empty()) {
            std::pop_heap(heap.begin(), heap.end());
            const Ready ready = heap.back();
            heap.pop_back();
            if (ready.leaf || splits <= 0) {
                out.feature[ready.node] = -2;
                out.threshold[ready.node] = -2;
                out.missing_left[ready.node] = 0;
                close(ready);
                continue;
            }
            splits--;
            const Ready first = visit(child(ready, true)), second = visit(child(ready, false));
            heap.push_back(first);
            std::push_heap(heap.begin(), heap.end());
            heap.push_back(second);
            std::push_heap(heap.begin(), heap.end());
        }
    }
};

enum Kind { GINI, ENTROPY, SQUARED_ERROR, ABSOLUTE_ERROR, POISSON };

template <class C>
inline void grow_by(const Columns& x, const Target& t, const Limits& limits, uint32_t seed,
                    Grown& out, int32_t* leaf_of) {
    Grower<C>(x, t, limits, seed, out, leaf_of).grow();
}

inline void grow_tree(int kind, const Columns& x, const Target& t, const Limits& limits,
                      uint32_t seed, Grown& out, int32_t* leaf_of) {
    const bool one = t.n_outputs == 1;
    if (kind == GINI && PairCounts::fits(t))
        grow_by<PairCounts>(x, t, limits, seed, out, leaf_of);
    else if (kind == GINI && one) grow_by<Gini>(x, t, limits, seed, out, leaf_of);
    else if (kind == GINI) grow_by<ClassCounts<GiniOf>>(x, t, limits, seed, out, leaf_of);
    else if (kind == ENTROPY) grow_by<ClassCounts<EntropyOf>>(x, t, limits, seed, out, leaf_of);
    else if (kind == SQUARED_ERROR && one)
        grow_by<SquaredErrorOne>(x, t, limits, seed, out, leaf_of);
    else if (kind == SQUARED_ERROR) grow_by<SquaredError>(x, t, limits, seed, out, leaf_of);
    else if (kind == ABSOLUTE_ERROR) grow_by<AbsoluteError>(x, t, limits, seed, out, leaf_of);
    else grow_by<Poisson>(x, t, limits, seed, out, leaf_of);
}

}  // namespace mlkit_tree
#endif
