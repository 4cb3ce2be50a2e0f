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
};

MLKIT_KERNELS(ExactKernels, exact_kernels)
