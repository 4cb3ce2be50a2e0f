// Kernels of trees on blocks of rows.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "code_kernels.hpp"
#include "dispatch.hpp"

// Rows of a block: its codes of some dozens of columns, and the answers of a path, stay in the
// first-level cache.
constexpr ptrdiff_t BLOCK = 256;

// slot[out] = for each row: left, if (code − shift) mod 2^bits <= width, or if the table of the
// step says so; else right. An operand below 0 is the number of a leaf, ~operand.
struct BlockStep {
    int32_t out, column, shift, width, table, left, right;
};

struct BlockTask {
    const BlockStep* steps;
    const int64_t *start, *first_leaf;
    const double* value;
    ptrdiff_t n_trees;
    const int32_t* target;      // column of the sums of each tree; null: 0
    const uint8_t* tables;      // table_size bytes each
    ptrdiff_t table_size;
    int code_bytes;
    const uint8_t* codes;       // of a block, column by column
    uint8_t* slots;
    double* sums;               // BLOCK for each target
};

struct BlockKernels {
    void (*walk)(const BlockTask&);
    void (*encode_f4)(const CodeTask<float>&);
    void (*encode_f8)(const CodeTask<double>&);
};

MLKIT_KERNELS(BlockKernels, block_kernels)

static inline void encode_block(const CodeTask<float>& task) { block_kernels().encode_f4(task); }
static inline void encode_block(const CodeTask<double>& task) { block_kernels().encode_f8(task); }
