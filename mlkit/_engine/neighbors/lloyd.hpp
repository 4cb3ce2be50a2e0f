// Rows and their nearest centres: k-means' assignment, its sums, its bounds, its seeds.
//
// Centres and, for seeding, rows are packed in blocks of LLOYD_LANES, column by column: entry
// (row l, column j) of block b is packed[(b * d + j) * LLOYD_LANES + l].
#ifndef MLKIT_LLOYD_HPP
#define MLKIT_LLOYD_HPP

#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"

enum { LLOYD_LANES = 16 };

// Centres of a round. `level` is −‖c‖²/2 of each, −∞ where a block is filled up; d columns.
template <class T>
struct Centres {
    const T* packed;
    const T* level;
    ptrdiff_t n_blocks, k, d;
};

// Where a chunk of rows adds its weighted sums; `sums` null where they are not wanted, `weight`
// null for ones.
template <class T>
struct Gathered {
    const T* weight;
    double* sums;
    double* totals;
};

// What is known of the rows between rounds: distance from the own centre at most, and from the
// other centres of each block at least; then how far the centres moved, one by one and at most in
// each block. `centres` are by row.
template <class T>
struct Bounds {
    T* upper;
    T* lower;
    const T* moved;
    const T* block_moved;
    const T* centres;
};

template <class T>
struct LloydTable {
    // Nearest centre of each of n rows of x, the first of equals, by the greatest x·c − ‖c‖²/2.
    void (*assign)(const T* x, ptrdiff_t n, const Centres<T>&, const Gathered<T>&, int32_t* labels);
    // The same by bounds (Hamerly, 2010, with a lower bound a block as Ding et al., 2015, have
    // one a group); labels are −1 before the first round, and sums change by the rows that move.
    void (*bounded)(const T* x, ptrdiff_t n, const Centres<T>&, const Gathered<T>&,
                    const Bounds<T>&, int32_t* labels);
    // out[i]: squared distance of row i from its own centre, of which `centres` has rows.
    void (*own)(const T* x, ptrdiff_t n, ptrdiff_t d, const T* centres, const int32_t* labels,
                double* out);
    // pots[t] = Σ w min(closest, ‖x − candidate t‖²) over n packed rows; with `keep`, for one
    // candidate, closest takes the minimum.
    void (*seed)(const T* packed, ptrdiff_t n, ptrdiff_t d, const T* candidates, ptrdiff_t n_tried,
                 double* closest, const double* weight, bool keep, double* pots);
    // As `assign` for CSR rows first … last; `turned` has a row a column, `width` centres long.
    void (*sparse_i4)(const T* data, const int32_t* indices, const int32_t* indptr, ptrdiff_t first,
                      ptrdiff_t last, const T* turned, const T* level, ptrdiff_t k,
                      ptrdiff_t width, T* scores, int32_t* labels);
    void (*sparse_i8)(const T* data, const int64_t* indices, const int64_t* indptr, ptrdiff_t first,
                      ptrdiff_t last, const T* turned, const T* level, ptrdiff_t k,
                      ptrdiff_t width, T* scores, int32_t* labels);
};

struct LloydKernels {
    LloydTable<float> f4;
    LloydTable<double> f8;
};

MLKIT_KERNELS(LloydKernels, lloyd_kernels)

template <class T>
inline const LloydTable<T>& lloyd_table();
template <>
inline const LloydTable<float>& lloyd_table<float>() { return lloyd_kernels().f4; }
template <>
inline const LloydTable<double>& lloyd_table<double>() { return lloyd_kernels().f8; }

template <class T>
static inline void lloyd_assign(const T* x, ptrdiff_t n, const Centres<T>& c,
                                const Gathered<T>& g, int32_t* labels) {
    lloyd_table<T>().assign(x, n, c, g, labels);
}
template <class T>
static inline void lloyd_bounded(const T* x, ptrdiff_t n, const Centres<T>& c,
                                 const Gathered<T>& g, const Bounds<T>& b, int32_t* labels) {
    lloyd_table<T>().bounded(x, n, c, g, b, labels);
}
template <class T>
static inline void lloyd_own(const T* x, ptrdiff_t n, ptrdiff_t d, const T* centres,
                             const int32_t* labels, double* out) {
    lloyd_table<T>().own(x, n, d, centres, labels, out);
}
template <class T>
static inline void lloyd_seed(const T* packed, ptrdiff_t n, ptrdiff_t d, const T* candidates,
                              ptrdiff_t n_tried, double* closest, const double* weight, bool keep,
                              double* pots) {
    lloyd_table<T>().seed(packed, n, d, candidates, n_tried, closest, weight, keep, pots);
}
template <class T>
static inline void lloyd_sparse(const T* data, const int32_t* indices, const int32_t* indptr,
                                ptrdiff_t first, ptrdiff_t last, const T* turned, const T* level,
                                ptrdiff_t k, ptrdiff_t width, T* scores, int32_t* labels) {
    lloyd_table<T>().sparse_i4(data, indices, indptr, first, last, turned, level, k, width, scores,
                               labels);
}
template <class T>
static inline void lloyd_sparse(const T* data, const int64_t* indices, const int64_t* indptr,
                                ptrdiff_t first, ptrdiff_t last, const T* turned, const T* level,
                                ptrdiff_t k, ptrdiff_t width, T* scores, int32_t* labels) {
    lloyd_table<T>().sparse_i8(data, indices, indptr, first, last, turned, level, k, width, scores,
                               labels);
}

#endif
