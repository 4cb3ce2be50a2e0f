// Minimal cost-complexity pruning (Breiman, Friedman, Olshen and Stone, 1984, "Classification and
// Regression Trees", 3.3): the inner node t with the least (R(t) − R(T_t)) / (|T_t| − 1) becomes a
// leaf, again and again. A heap keeps the costs; one that has changed since is put in anew.
#ifndef MLKIT_TREE_WEAKEST_LINK_HPP
#define MLKIT_TREE_WEAKEST_LINK_HPP

#include <stddef.h>
#include <stdint.h>

#include <queue>
#include <vector>

namespace mlkit_tree {

struct Link {
    double cost;
    int32_t node;
    bool operator<(const Link& other) const {  // least cost first, then the earlier node
        return cost != other.cost ? cost > other.cost : node > other.node;
    }
};

inline ptrdiff_t weakest_links(const int32_t* left, const int32_t* right, const double* risk,
                               ptrdiff_t n, double most, uint8_t* is_leaf, double* costs,
                               double* risks, double* total) {
    std::vector<int32_t> parent(n, -1), n_leaves(n, 1);
    std::vector<double> branch(risk, risk + n), cost(n, 0);
    std::vector<uint8_t> inside(n, 1);
    for (ptrdiff_t i = 0; i < n; i++) {
        is_leaf[i] = left[i] < 0;
        if (!is_leaf[i]) parent[left[i]] = parent[right[i]] = static_cast<int32_t>(i), branch[i] = 0;
    }
    for (ptrdiff_t i = 0; i < n; i++)
        if (!is_leaf[i]) n_leaves[i] = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        if (is_leaf[i])
            for (int32_t up = parent[i]; up >= 0; up = parent[up]) {
                branch[up] += risk[i];
                n_leaves[up]++;
            }
    std::priority_queue<Link> heap;
    const auto put = [&](int32_t i) {
        cost[i] = (risk[i] - branch[i]) / (n_leaves[i] - 1);
        heap.push({cost[i], i});
    };
    for (ptrdiff_t i = 0; i < n; i++)
        if (!is_leaf[i]) put(static_cast<int32_t>(i));
    *total = branch[0];
    ptrdiff_t n_steps = 0;
    std::vector<int32_t> below;
    while (!heap.empty()) {
        const Link link = heap.top();
        heap.pop();
        const int32_t at = link.node;
        if (!inside[at] || is_leaf[at] || link.cost != cost[at]) continue;
        if (link.cost > most) break;
        is_leaf[at] = 1;
        below.assign({left[at], right[at]});
        while (!below.empty()) {
            const int32_t i = below.back();
            below.pop_back();
            if (!inside[i]) continue;
            inside[i] = 0;
            if (!is_leaf[i]) below.push_back(left[i]), below.push_back(right[i]);
        }
        const int32_t fewer = n_leaves[at] - 1;
        const double more = risk[at] - branch[at];
        n_leaves[at] = 1;
        branch[at] = risk[at];
        for (int32_t up = parent[at]; up >= 0; up = parent[up]) {
            n_leaves[up] -= fewer;
            branch[up] += more;
            put(up);
        }
        costs[n_steps] = link.cost;
        risks[n_steps++] = branch[0];
    }
    return n_steps;
}

}  // namespace mlkit_tree
#endif
