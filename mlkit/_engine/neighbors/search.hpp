// Nearest rows and rows within a radius: one row after another, or down a tree.
#ifndef MLKIT_SEARCH_HPP
#define MLKIT_SEARCH_HPP

#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"
#include "measure.hpp"

// Rows of a block of the screen.
enum { SCREEN_LANES = 16 };

// The rows that are searched. Without a tree they are in their own order and `order` is null.
struct Targets {
    const double* rows;     // (n, width)
    const float* blocks;    // screened kinds: blocks of SCREEN_LANES rows
    const float* reach;     // greatest modulus of an entry of a block, by block
    const int64_t* order;   // place -> row of the data
    ptrdiff_t n;
    double scale;           // of the blocks, beside the rows
};

// Binary tree in the order of a heap: the children of node v are 2v + 1 and 2v + 2.
struct Tree {
    const int64_t* start;        // places of a node: start[v] .. end[v] - 1
    const int64_t* end;
    const int64_t* first_block;  // its first block, for leaves
    const double* low;           // boxes: (n_nodes, width); balls: centres
    const double* high;          // null for balls
    const double* radius;        // balls alone
    const double* weight;        // of the rows by place; null for 1
    const double* node_weight;   // sums of a node
    ptrdiff_t n_nodes;
    int metric;                  // whether the triangle inequality holds, so that balls bound
};

struct Queries {
    const double* rows;    // (n, width)
    const float* floats;   // as the blocks are, (n, n_columns)
    const float* reach;    // greatest modulus of an entry of a row; past SCREEN_MOST: not screened
    ptrdiff_t n;
};

// Entries beyond it, squared and summed, could overflow a float.
#define SCREEN_MOST 1e15f

struct Tally {
    int64_t calls, trims, leaves, splits;
};

// Pairs found within a radius, of one query after another.
struct Found {
    double* distance;
    int64_t* index;
    ptrdiff_t size, capacity;
};

struct Kernel {
    int name;                   // of KernelName
    double h;
    double atol, rtol;          // of the sum, times exp(log_norm)
    double log_norm;
};
enum KernelName { GAUSSIAN, TOPHAT, EPANECHNIKOV, EXPONENTIAL, LINEAR, COSINE };

// Each returns 0 if memory ran out.
struct SearchKernels {
    // The k <= n nearest of each query, ascending, into rows of distance and index.
    int (*nearest)(const Measure*, const Targets*, const Queries*, ptrdiff_t k, double* distance,
                   int64_t* index);
    int (*tree_nearest)(const Measure*, const Targets*, const Tree*, const Queries*, ptrdiff_t k,
                        int best_first, double* distance, int64_t* index, Tally*);
    // Rows no further than radius[q], appended to found; count[q] of them. Null for counts alone.
    int (*within)(const Measure*, const Targets*, const Queries*, const double* radius, Found*,
                  int64_t* count);
    int (*tree_within)(const Measure*, const Targets*, const Tree*, const Queries*,
                       const double* radius, Found*, int64_t* count, Tally*);
    // Logarithm of the weighted sum of kernels at each query.
    int (*log_kernel_sum)(const Measure*, const Targets*, const Tree*, const Queries*,
                          const Kernel*, int best_first, double* out, Tally*);
    // Radius of the ball about `centre` that holds n rows; with `member` the centre is first
    // replaced by the row nearest to it.
    void (*ball)(const Measure*, const double* rows, ptrdiff_t n, int member, double* centre,
                 double* radius);
};

MLKIT_KERNELS(SearchKernels, search_kernels)

#endif
