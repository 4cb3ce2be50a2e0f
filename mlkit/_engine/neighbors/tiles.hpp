// Distances of a few rows from blocks of packed rows: differences, so nothing cancels.
//
// Targets are packed in blocks of LANES rows, column by column: entry (row l, column j) of block b
// is packed[(b * n_columns + j) * LANES + l]. Rows that fill up a block may hold anything finite.
#ifndef MLKIT_TILES_HPP
#define MLKIT_TILES_HPP

#include <stddef.h>

#include "dispatch.hpp"

enum TileMetric { TILE_SQUARED = 0, TILE_EUCLIDEAN = 1, TILE_MANHATTAN = 2, TILE_CHEBYSHEV = 3 };

// Rows in a block, and rows of X for which a block is read once.
enum { TILE_LANES = 16, TILE_QUERIES = 4 };

struct TileKernels {
    // out[q * out_step + i]: distance of row q of x, of `n_queries` at most TILE_QUERIES, from
    // packed row i, i < n.
    void (*distances)(const double* x, ptrdiff_t n_queries, const double* packed, ptrdiff_t n,
                      ptrdiff_t n_columns, int metric, double* out, ptrdiff_t out_step);
    // out[q * n_groups + g]: sum of the distances of row q from the rows of group g. Groups start
    // at blocks: group g has size[g] rows, the first at block start[g].
    void (*sums)(const double* x, ptrdiff_t n_queries, const double* packed,
                 const ptrdiff_t* start, const ptrdiff_t* size, ptrdiff_t n_groups,
                 ptrdiff_t n_columns, int metric, double* out);
};

MLKIT_KERNELS(TileKernels, tile_kernels)

static inline void tile_distances(const double* x, ptrdiff_t n_queries, const double* packed,
                                  ptrdiff_t n, ptrdiff_t n_columns, int metric, double* out,
                                  ptrdiff_t out_step) {
    tile_kernels().distances(x, n_queries, packed, n, n_columns, metric, out, out_step);
}
static inline void tile_sums(const double* x, ptrdiff_t n_queries, const double* packed,
                             const ptrdiff_t* start, const ptrdiff_t* size, ptrdiff_t n_groups,
                             ptrdiff_t n_columns, int metric, double* out) {
    tile_kernels().sums(x, n_queries, packed, start, size, n_groups, n_columns, metric, out);
}

#endif
