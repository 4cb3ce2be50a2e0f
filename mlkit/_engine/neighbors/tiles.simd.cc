#include "tiles.hpp"

#include <math.h>
#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace {

const int LANES = TILE_LANES, QUERIES = TILE_QUERIES;

// As many lanes as a register has. Compilers without such types go one lane at a time.
#if defined(__GNUC__) && defined(__AVX512F__)
const int WIDTH = 8;
#elif defined(__GNUC__) && defined(__AVX2__)
const int WIDTH = 4;
#elif defined(__GNUC__)
const int WIDTH = 2;
#else
const int WIDTH = 1;
#endif
#if defined(__GNUC__)
typedef double Lanes __attribute__((vector_size(WIDTH * 8), aligned(8), may_alias));
inline Lanes all(double x) {
    Lanes out = {};
    return out + x;
}
#else
typedef double Lanes;
inline Lanes all(double x) { return x; }
#endif
const int PARTS = LANES / WIDTH;

// sum + a², in one rounding where the level has the instruction: it halves the work.
inline Lanes add_square(Lanes sum, Lanes a) {
#if defined(__GNUC__) && defined(__AVX512F__)
    return (Lanes)_mm512_fmadd_pd((__m512d)a, (__m512d)a, (__m512d)sum);
#elif defined(__GNUC__) && defined(__AVX2__)
    return (Lanes)_mm256_fmadd_pd((__m256d)a, (__m256d)a, (__m256d)sum);
#else
    return sum + a * a;
#endif
}

struct Squared {
    static Lanes step(Lanes sum, Lanes away) { return add_square(sum, away); }
    static double finish(double sum) { return sum; }
};
struct Euclidean : Squared {
    static double finish(double sum) { return sqrt(sum); }
};
struct Manhattan {
    static Lanes step(Lanes sum, Lanes away) { return sum + (away < 0 ? -away : away); }
    static double finish(double sum) { return sum; }
};
struct Chebyshev {
    static Lanes step(Lanes sum, Lanes away) {
        away = away < 0 ? -away : away;
        return away > sum ? away : sum;
    }
    static double finish(double sum) { return sum; }
};

// Distances of Q rows from one block.
template <class M, int Q>
inline void block(const double* x, const double* packed, ptrdiff_t n_columns,
                  double (&out)[Q][LANES]) {
    Lanes sum[Q][PARTS];
    for (int q = 0; q < Q; q++)
        for (int p = 0; p < PARTS; p++) sum[q][p] = all(0.0);
    for (ptrdiff_t j = 0; j < n_columns; j++) {
        const Lanes* y = reinterpret_cast<const Lanes*>(packed + j * LANES);
        for (int q = 0; q < Q; q++) {
            const Lanes own = all(x[q * n_columns + j]);
            for (int p = 0; p < PARTS; p++) sum[q][p] = M::step(sum[q][p], own - y[p]);
        }
    }
    for (int q = 0; q < Q; q++) {
        Lanes* to = reinterpret_cast<Lanes*>(out[q]);
        for (int p = 0; p < PARTS; p++) to[p] = sum[q][p];
        for (int l = 0; l < LANES; l++) out[q][l] = M::finish(out[q][l]);
    }
}

template <class M, int Q>
void distances_of(const double* x, const double* packed, ptrdiff_t n, ptrdiff_t n_columns,
                  double* out, ptrdiff_t out_step) {
    double here[Q][LANES];
    for (ptrdiff_t first = 0; first < n; first += LANES) {
        block<M, Q>(x, packed + first * n_columns, n_columns, here);
        const ptrdiff_t size = n - first < LANES ? n - first : LANES;
        for (int q = 0; q < Q; q++) {
            double* MLKIT_RESTRICT to = out + q * out_step + first;
            if (size == LANES)
                for (int l = 0; l < LANES; l++) to[l] = here[q][l];
            else
                for (ptrdiff_t l = 0; l < size; l++) to[l] = here[q][l];
        }
    }
}

template <class M, int Q>
void sums_of(const double* x, const double* packed, const ptrdiff_t* start, const ptrdiff_t* size,
             ptrdiff_t n_groups, ptrdiff_t n_columns, double* out) {
    for (ptrdiff_t g = 0; g < n_groups; g++) {
        double here[Q][LANES], partial[Q][LANES] = {};
        const double* from = packed + start[g] * LANES * n_columns;
        for (ptrdiff_t first = 0; first < size[g]; first += LANES) {
            block<M, Q>(x, from + first * n_columns, n_columns, here);
            const ptrdiff_t left = size[g] - first;
            for (int q = 0; q < Q; q++)
                if (left >= LANES)
                    for (int l = 0; l < LANES; l++) partial[q][l] += here[q][l];
                else
                    for (ptrdiff_t l = 0; l < left; l++) partial[q][l] += here[q][l];
        }
        for (int q = 0; q < Q; q++) {
            double total = 0.0;
            for (int l = 0; l < LANES; l++) total += partial[q][l];
            out[q * n_groups + g] = total;
        }
    }
}

// Sums over one pair of blocks: those of each query over the lanes are added to `row`, those of
// each lane over the queries to `column`. `n_rows` queries and `n_lanes` lanes hold rows.
template <class M>
inline void pair_of_blocks(const double* x, const double* packed, ptrdiff_t n_rows,
                           ptrdiff_t n_lanes, ptrdiff_t n_columns, double (&row)[LANES][LANES],
                           double* MLKIT_RESTRICT column) {
    double here[QUERIES][LANES], down[LANES] = {};
    for (ptrdiff_t first = 0; first < n_rows; first += QUERIES) {
        block<M, QUERIES>(x + first * n_columns, packed, n_columns, here);
        const ptrdiff_t left = n_rows - first < QUERIES ? n_rows - first : QUERIES;
        if (left == QUERIES && n_lanes == LANES) {
            for (int q = 0; q < QUERIES; q++)
                for (int l = 0; l < LANES; l++) row[first + q][l] += here[q][l];
            for (int q = 0; q < QUERIES; q++)
                for (int l = 0; l < LANES; l++) down[l] += here[q][l];
            continue;
        }
        for (ptrdiff_t q = 0; q < left; q++)
            for (ptrdiff_t l = 0; l < n_lanes; l++) {
                row[first + q][l] += here[q][l];
                down[l] += here[q][l];
            }
    }
    for (int l = 0; l < LANES; l++) column[l] += down[l];
}

template <class M>
void pair_sums(const double* rows, const double* packed, ptrdiff_t own, const ptrdiff_t* group,
               const ptrdiff_t* size, ptrdiff_t n_blocks, ptrdiff_t n_columns, double* out) {
    const ptrdiff_t n = n_blocks * LANES, step = LANES * n_columns;
    double row[LANES][LANES] = {}, twice[LANES] = {};
    for (ptrdiff_t b = own; b < n_blocks; b++) {
        // A block with itself gives each pair twice by its rows alone.
        double* column = b == own ? twice : out + group[own] * n + b * LANES;
        pair_of_blocks<M>(rows + own * step, packed + b * step, size[own], size[b], n_columns, row,
                          column);
        if (b + 1 < n_blocks && group[b + 1] == group[b]) continue;
        double* to = out + group[b] * n + own * LANES;
        for (int q = 0; q < LANES; q++) {
            double total = 0.0;
            for (int l = 0; l < LANES; l++) total += row[q][l];
            to[q] += total;
            for (int l = 0; l < LANES; l++) row[q][l] = 0.0;
        }
    }
}

template <class M>
void distances(const double* x, ptrdiff_t n_queries, const double* packed, ptrdiff_t n,
               ptrdiff_t n_columns, double* out, ptrdiff_t out_step) {
    if (n_queries == QUERIES)
        return distances_of<M, QUERIES>(x, packed, n, n_columns, out, out_step);
    for (ptrdiff_t q = 0; q < n_queries; q++)
        distances_of<M, 1>(x + q * n_columns, packed, n, n_columns, out + q * out_step, out_step);
}

template <class M>
void sums(const double* x, ptrdiff_t n_queries, const double* packed, const ptrdiff_t* start,
          const ptrdiff_t* size, ptrdiff_t n_groups, ptrdiff_t n_columns, double* out) {
    if (n_queries == QUERIES)
        return sums_of<M, QUERIES>(x, packed, start, size, n_groups, n_columns, out);
    for (ptrdiff_t q = 0; q < n_queries; q++)
        sums_of<M, 1>(x + q * n_columns, packed, start, size, n_groups, n_columns,
                      out + q * n_groups);
}

void any_distances(const double* x, ptrdiff_t n_queries, const double* packed, ptrdiff_t n,
                   ptrdiff_t n_columns, int metric, double* out, ptrdiff_t step) {
    switch (metric) {
        case TILE_SQUARED: return distances<Squared>(x, n_queries, packed, n, n_columns, out, step);
        case TILE_EUCLIDEAN:
            return distances<Euclidean>(x, n_queries, packed, n, n_columns, out, step);
        case TILE_MANHATTAN:
            return distances<Manhattan>(x, n_queries, packed, n, n_columns, out, step);
        default: return distances<Chebyshev>(x, n_queries, packed, n, n_columns, out, step);
    }
}

void any_sums(const double* x, ptrdiff_t n_queries, const double* packed, const ptrdiff_t* start,
              const ptrdiff_t* size, ptrdiff_t n_groups, ptrdiff_t n_columns, int metric,
              double* out) {
    switch (metric) {
        case TILE_SQUARED:
            return sums<Squared>(x, n_queries, packed, start, size, n_groups, n_columns, out);
        case TILE_EUCLIDEAN:
            return sums<Euclidean>(x, n_queries, packed, start, size, n_groups, n_columns, out);
        case TILE_MANHATTAN:
            return sums<Manhattan>(x, n_queries, packed, start, size, n_groups, n_columns, out);
        default: return sums<Chebyshev>(x, n_queries, packed, start, size, n_groups, n_columns, out);
    }
}

void any_pair_sums(const double* rows, const double* packed, ptrdiff_t own, const ptrdiff_t* group,
                   const ptrdiff_t* size, ptrdiff_t n_blocks, ptrdiff_t n_columns, int metric,
                   double* out) {
    switch (metric) {
        case TILE_SQUARED:
            return pair_sums<Squared>(rows, packed, own, group, size, n_blocks, n_columns, out);
        case TILE_EUCLIDEAN:
            return pair_sums<Euclidean>(rows, packed, own, group, size, n_blocks, n_columns, out);
        case TILE_MANHATTAN:
            return pair_sums<Manhattan>(rows, packed, own, group, size, n_blocks, n_columns, out);
        default:
            return pair_sums<Chebyshev>(rows, packed, own, group, size, n_blocks, n_columns, out);
    }
}

// Far apart in memory, the rows of out are each met once: what is turned is in the first cache.
void mirror(const double* x, ptrdiff_t n_queries, const double* packed, ptrdiff_t n,
            ptrdiff_t n_columns, int metric, double* out, double* turned, ptrdiff_t out_step) {
    double tile[TILE_SIDE][TILE_SIDE + 8];
    for (ptrdiff_t q = 0; q < n_queries; q += QUERIES)
        any_distances(x + q * n_columns, n_queries - q < QUERIES ? n_queries - q : QUERIES, packed,
                      n, n_columns, metric, tile[q], TILE_SIDE + 8);
    for (ptrdiff_t q = 0; q < n_queries; q++)
        for (ptrdiff_t i = 0; i < n; i++) out[q * out_step + i] = tile[q][i];
    if (out == turned) return;
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t q = 0; q < n_queries; q++) turned[i * out_step + q] = tile[q][i];
}

}  // namespace

MLKIT_TABLE(TileKernels, tile_kernels) = {&any_distances, &any_sums, &any_pair_sums, &mirror};
