// Distances of a few rows from blocks of packed rows: differences, so nothing cancels.
//
// Targets are packed in blocks of LANES rows, column by column: entry (row l, column j) of block b
// is packed[(b * n_columns + j) * LANES + l]. Rows that fill up a block may hold anything finite.
#ifndef MLKIT_TILES_HPP
#define MLKIT_TILES_HPP

#include <stddef.h>

#include "dispatch.hpp"

enum TileMetric { TILE_SQUARED = 0, TILE_EUCLIDEAN = 1, TILE_MANHATTAN = 2, TILE_CHEBYSHEV = 3 };

// Rows in a block, rows of X for which a block is read once, and rows of a tile that is mirrored:
// 64 by 64 distances are 32 KiB.
enum { TILE_LANES = 16, TILE_QUERIES = 4, TILE_SIDE = 64 };

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
    // Sums of the distances of block `own` and the blocks from it on, both ways: out[g, i], of
    // shape (n_groups, n_blocks * TILE_LANES), is the sum of row i from the rows of group g.
    // Blocks are of one group, group[b], in ascending order; size[b] lanes of it hold rows.
    // `rows` are the packed rows, row by row.
    void (*pair_sums)(const double* rows, const double* packed, ptrdiff_t own,
                      const ptrdiff_t* group, const ptrdiff_t* size, ptrdiff_t n_blocks,
                      ptrdiff_t n_columns, int metric, double* out);
    // Distances of at most TILE_SIDE rows from as many packed ones, to a tile at `out` and, with
    // rows and columns exchanged, at `turned`, unless these are one place.
    void (*mirror)(const double* x, ptrdiff_t n_queries, const double* packed, ptrdiff_t n,
                   ptrdiff_t n_columns, int metric, double* out, double* turned,
                   ptrdiff_t out_step);
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
static inline void tile_pair_sums(const double* rows, const double* packed, ptrdiff_t own,
                                  const ptrdiff_t* group, const ptrdiff_t* size,
                                  ptrdiff_t n_blocks, ptrdiff_t n_columns, int metric,
                                  double* out) {
    tile_kernels().pair_sums(rows, packed, own, group, size, n_blocks, n_columns, metric, out);
}
static inline void tile_mirror(const double* x, ptrdiff_t n_queries, const double* packed,
                               ptrdiff_t n, ptrdiff_t n_columns, int metric, double* out,
                               double* turned, ptrdiff_t out_step) {
    tile_kernels().mirror(x, n_queries, packed, n, n_columns, metric, out, turned, out_step);
}

#endif
