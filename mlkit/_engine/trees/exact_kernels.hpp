// Passes over the rows of a node, compiled once for each level of the processor.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"

// Codes of a node, and which of them go left: those up to `last`, and `also`.
struct Side {
    const uint32_t* codes;
    ptrdiff_t n;
    uint32_t last, also;
};

// Codes row after row, of which a node has some.
struct RowCodes {
    const uint32_t* base;
    ptrdiff_t step;  // a multiple of 8, as many as are looked at side by side
    const uint32_t* place;
    ptrdiff_t n;
    bool missing;  // whether some code may be UINT32_MAX, which is missing
};

// One cut of each column: codes up to `last` go left, and `also`.
struct RowCuts {
    const uint32_t *last, *also;
};

struct ExactKernels {
    // Gather ``codes[i] = column[row[i]]``; the least, the greatest that is not `missing`, and the
    // number of those that are not.
    ptrdiff_t (*gather_range)(const uint32_t* column, const uint32_t* row, ptrdiff_t n,
                              uint32_t* codes, uint32_t missing, uint32_t* least, uint32_t* most);
    // Rows on the left, and the sums of their numbers: of both halves of one, or of two.
    ptrdiff_t (*sum_halves)(const Side&, const uint32_t* packed, uint32_t* high, uint32_t* low);
    ptrdiff_t (*sum_both)(const Side&, const double* first, const double* second, double* sum,
                          double* other);
    // Values of the left, in order, then the others; `scratch` has 16 places more than there are.
    ptrdiff_t (*part)(const Side&, uint32_t* values, uint32_t* scratch);
    // The same of pairs (tag, code) by a bit for each tag.
    ptrdiff_t (*part_pairs)(uint64_t* pairs, ptrdiff_t n, const uint32_t* bits, uint64_t* scratch);
    // Of each column of a node: the least code, the greatest, and one more than the greatest that
    // is not missing, 0 if all are.
    void (*range_rows)(const RowCodes&, uint32_t* least, uint32_t* most, uint32_t* end);
    // Of each column: rows on the left of its cut, and the sums of their numbers, which lie by
    // place in the node: of both halves of one, or of one or two.
    void (*count_rows)(const RowCodes&, const RowCuts&, const uint32_t* packed, uint32_t* n,
                       uint32_t* high, uint32_t* low);
    void (*sum_rows)(const RowCodes&, const RowCuts&, const double* first, const double* second,
                     uint32_t* n, double* sum, double* other);
    // Codes of one column.
    void (*gather_rows)(const RowCodes&, ptrdiff_t column, uint32_t* codes);
};

MLKIT_KERNELS(ExactKernels, exact_kernels)
