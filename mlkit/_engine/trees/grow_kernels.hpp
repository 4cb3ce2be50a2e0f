// Kernels of tree growth on codes: sums by code, split search, moving rows.
//
// A table of codes is row-major: code (i, f) is entry i * stride + f, of 1 or 2 bytes. Column f has
// codes 0 ... n_bins[f] − 1 in the order of its values, and n_bins[f] for a missing value.
//
// Sums are fixed-point integers: they are the same in any order, so that trees are the same, to
// the bit, for any number of threads, and parent − child is exact.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"

// Sums of one code in a node. `second` is (sum of curvatures << count_bits) + number of rows.
struct alignas(16) Cell {
    int64_t first, second;
};

// Cells between the histograms of two columns of byte codes: 256 codes, and a cache line more,
// since with a stride of 4 KiB the same code of all columns would fall into one cache set.
constexpr ptrdiff_t BYTE_STRIDE = 260;

struct HistogramTask {
    const uint8_t* codes;
    int code_bytes;
    ptrdiff_t stride;             // of codes, in bytes
    const int32_t* rows;          // null for the rows from `first` on, one after the other
    ptrdiff_t first;
    const Cell* terms;            // fixed-point gradient, and curvature with a count of 1, by row
    ptrdiff_t n;
    ptrdiff_t from, to;           // columns; `from` is a multiple of 8
    Cell* out;                    // of column 0; the sums are added to it
    ptrdiff_t cell_stride;        // between columns
    ptrdiff_t joint_from = 0, joint_to = 0;  // bytes of joint codes, `joint_from` a multiple of 8
    Cell* joint = nullptr;        // of byte `joint_from`
};

// What a scan has to know of a node.
struct NodeSums {
    Cell total;
    int count_bits;
    double gradient_unit, curvature_unit;  // value of one in the fixed-point sums
    double gradient, curvature, value, low, high;
    int64_t count, min_rows;
    double l2, min_curvature;
    bool bounded;                          // low and high matter
};

// Gains that differ by less are equal: sums of rounded numbers know no better, and a row of weight
// 2 is to give the tree of the row twice.
constexpr double GAIN_SLACK = 1e-12;

struct Split {
    double gain;
    int32_t feature, code;                 // rows with codes up to `code` go left
    bool missing_left, categorical;
    Cell left;                             // sums of the rows that go left
};

static inline double magnitude_of(double x) { return x < 0 ? -x : x; }

// Whether a gain beats another one.
static inline bool beats(const NodeSums& s, double gain, double other) {
    const double scale = magnitude_of(s.value * s.gradient) + magnitude_of(gain);
    return gain > other + GAIN_SLACK * scale;
}

struct PartitionTask {
    const uint8_t* codes;         // of the split's column
    int code_bytes;
    ptrdiff_t stride;             // in bytes
    const int32_t* rows;
    ptrdiff_t n;
    uint32_t digit_shift, mask;   // the code's bits among those that are read
    uint32_t shift, width;        // left if (code − shift) mod 2^bits <= width
    const uint32_t* left_codes;   // or, where not null, if the bit of the code is set
    int32_t *left, *right;        // room for n each
};

// Thresholds of a column and one of several outputs; candidate c sends codes up to c left.
struct OutputTask {
    const Cell* cells;
    ptrdiff_t n;
    Cell start;                   // what goes left in any case
    double gradient_unit, curvature_unit;
    int count_bits;
    double gradient, curvature, l2;  // of the node
    double *gain, *curve;            // added to
};

struct GrowKernels {
    void (*accumulate)(const HistogramTask&);
    // parent −= child, and parent += child, over n cells.
    void (*subtract)(Cell* parent, const Cell* child, ptrdiff_t n);
    void (*add)(Cell* parent, const Cell* child, ptrdiff_t n);
    // Sums of a digit of `m` values from those of joint codes whose lowest digit it is; `joint`, of
    // n cells, becomes the sums of the rest.
    void (*take_digit)(Cell* joint, ptrdiff_t n, ptrdiff_t m, Cell* out);
    // Best threshold of a column of ordered codes; true if it beats `best`, which it replaces.
    bool (*scan)(const NodeSums&, const Cell* cells, ptrdiff_t n_bins, bool missing, int monotone,
                 Split* best);
    // Rows that go left; the others follow in `right`.
    ptrdiff_t (*partition)(const PartitionTask&);
    // terms[i] from gradients and curvatures of stride k (null curvature: all are 1).
    void (*quantise)(const double* gradient, const double* curvature, ptrdiff_t k, ptrdiff_t n,
                     double gradient_scale, double curvature_scale, int count_bits, Cell* terms);
    // Sums of |gradient| and |curvature| of n values of stride k, by a fixed number of lanes.
    void (*magnitude)(const double* values, ptrdiff_t k, ptrdiff_t n, double* sum);
    void (*output_gains)(const OutputTask&);
};

MLKIT_KERNELS(GrowKernels, grow_kernels)
