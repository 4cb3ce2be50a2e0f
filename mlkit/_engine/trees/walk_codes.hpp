// Rows of a table of codes through the tree that has just been grown.
#pragma once
#include "grow.hpp"

// The leaf of row `codes`, by number of node.
inline int32_t leaf_of(const Grower& grower, const GrowTable& t, const uint8_t* codes) {
    int32_t at = 0;
    while (grower.nodes[at].left >= 0) {
        const GrowNode& node = grower.nodes[at];
        const Split& split = node.split;
        const int32_t code = t.code_bytes == 1
                                 ? codes[split.feature]
                                 : reinterpret_cast<const uint16_t*>(codes)[split.feature];
        bool left;
        if (code >= t.n_bins[split.feature])
            left = split.missing_left;
        else if (split.categorical)
            left = grower.sets[node.set * grower.n_words + (code >> 5)] >> (code & 31) & 1u;
        else
            left = code <= split.code;
        at = left ? node.left : node.right;
    }
    return at;
}

// Values of trees: `n` a node, which are added to as many entries of a row of `k`.
struct NodeValues {
    const double* of_node;
    ptrdiff_t n, k;

    void add(int32_t node, double* out) const {
        for (ptrdiff_t j = 0; j < n; ++j) out[j] += of_node[node * n + j];
    }
};

// out[i * k] += value of the leaf of row i, for rows of another table with the same coding.
inline void add_walked(const Grower& grower, const GrowTable& t, const uint8_t* codes,
                       ptrdiff_t n, const NodeValues& value, double* out, int n_threads) {
    const ptrdiff_t n_chunks = (n + CHUNK - 1) / CHUNK;
    spread(n_chunks > 1 ? n_threads : 1, n_chunks, [&](ptrdiff_t c) {
        for (ptrdiff_t i = c * CHUNK; i < std::min(n, (c + 1) * CHUNK); ++i)
            value.add(leaf_of(grower, t, codes + i * t.stride), out + i * value.k);
    });
}

// The same for the rows on which the tree was grown, whose leaves are known.
inline void add_grown(const Grower& grower, const NodeValues& value, double* out, int n_threads) {
    const ptrdiff_t n_nodes = grower.nodes.size();
    const bool many = grower.nodes[0].end > PARALLEL_WORK;
    spread(many ? n_threads : 1, n_nodes, [&](ptrdiff_t at) {
        const GrowNode& node = grower.nodes[at];
        if (node.left >= 0) return;
        const int32_t* rows = grower.order.data();
        if (value.n == 1) {
            const double x = value.of_node[at];
            for (ptrdiff_t i = node.begin; i < node.end; ++i) out[rows[i] * value.k] += x;
            return;
        }
        for (ptrdiff_t i = node.begin; i < node.end; ++i)
            value.add(static_cast<int32_t>(at), out + rows[i] * value.k);
    });
}
