// Trees on blocks of rows, in codes: each node is one comparison of a column of codes.
//
// From the leaves up, a node's answer for a block of rows is, row by row, that of its left or its
// right child, so a tree costs a comparison and a choice a node, for as many rows as a register
// has bytes, and no branch or indirection. The number of the leaf comes out at the root.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <vector>

#include "block_kernels.hpp"

// Nodes of all trees as `Trees` has them, in codes.
struct CodedTrees {
    const int64_t* offset;
    ptrdiff_t n_trees;
    const int32_t *left, *right, *column, *shift, *width, *table;
    const double* value;
};

// A list of steps that ends with the root of each tree.
struct BlockProgram {
    std::vector<BlockStep> steps;
    std::vector<int64_t> start;      // of a tree's steps
    std::vector<double> value;       // of its leaves
    std::vector<int64_t> first_leaf;
    ptrdiff_t n_slots = 1, most_leaves = 1;

    void build(const CodedTrees& trees) {
        start.assign(1, 0);
        first_leaf.assign(1, 0);
        for (ptrdiff_t t = 0; t < trees.n_trees; ++t) {
            add_tree(trees, trees.offset[t]);
            start.push_back(static_cast<int64_t>(steps.size()));
            most_leaves = std::max<ptrdiff_t>(most_leaves, value.size() - first_leaf.back());
            first_leaf.push_back(static_cast<int64_t>(value.size()));
        }
    }

private:
    struct Visit {
        int32_t node;
        int32_t slot;
        bool opened;
    };

    // What a parent reads for a child: the slot of an inner node, or a leaf's number.
    int32_t operand(const CodedTrees& trees, int64_t root, int32_t node, int32_t slot) {
        if (trees.left[root + node] >= 0) return slot;
        value.push_back(trees.value[root + node]);
        return ~static_cast<int32_t>(value.size() - 1 - first_leaf.back());
    }

    void add_tree(const CodedTrees& trees, int64_t root) {
        if (trees.left[root] < 0) {
            value.push_back(trees.value[root]);
            return;
        }
        std::vector<Visit> stack{{0, 0, false}};
        while (!stack.empty()) {
            const Visit visit = stack.back();
            const int64_t at = root + visit.node;
            const int32_t left = trees.left[at], right = trees.right[at];
            const bool left_inner = trees.left[root + left] >= 0;
            const int32_t right_slot = visit.slot + (left_inner ? 1 : 0);
            if (!visit.opened) {
                stack.back().opened = true;
                n_slots = std::max<ptrdiff_t>(n_slots, right_slot + 1);
                if (trees.left[root + right] >= 0) stack.push_back({right, right_slot, false});
                if (left_inner) stack.push_back({left, visit.slot, false});
                continue;
            }
            stack.pop_back();
            BlockStep step;
            step.out = visit.slot;
            step.column = trees.column[at];
            step.shift = trees.shift[at];
            step.width = trees.width[at];
            step.table = trees.table[at];
            step.left = operand(trees, root, left, visit.slot);
            step.right = operand(trees, root, right, right_slot);
            steps.push_back(step);
        }
    }
};
