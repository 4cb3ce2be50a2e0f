// Sums of the columns of a matrix over groups of rows.
#ifndef MLKIT_GROUPED_HPP
#define MLKIT_GROUPED_HPP

#include <stddef.h>

#include "dispatch.hpp"

// Rows of T, `width` columns of each; `codes` name the group of a row, and the statistics of group
// k begin at k * group_step. Without `shift` x itself is added up, and `squares` is not touched.
template <class T>
struct GroupedRows {
    const T* x;
    ptrdiff_t n_rows, width, row_step, column_step;
    const ptrdiff_t* codes;
    ptrdiff_t group_step;
    const double* shift;
    double* total;
    double* squares;
};

struct GroupedKernels {
    void (*add_f4)(const GroupedRows<float>& rows);
    void (*add_f8)(const GroupedRows<double>& rows);
};

MLKIT_KERNELS(GroupedKernels, grouped_kernels)

static inline void grouped_add(const GroupedRows<float>& rows) { grouped_kernels().add_f4(rows); }
static inline void grouped_add(const GroupedRows<double>& rows) { grouped_kernels().add_f8(rows); }

#endif
