// Kernels of grouped.hpp, compiled once for each level of the processor (see dispatch.hpp).
#include "grouped.hpp"

namespace {

// Columns lie apart in memory from one another and from their statistics: each is its own sum.
template <class T>
void add_row(const T* MLKIT_RESTRICT x, ptrdiff_t step, ptrdiff_t width,
             double* MLKIT_RESTRICT total) {
    for (ptrdiff_t j = 0; j < width; j++) total[j] += x[step == 1 ? j : j * step];
}

template <class T>
void add_deviations(const T* MLKIT_RESTRICT x, ptrdiff_t step, ptrdiff_t width,
                    const double* MLKIT_RESTRICT shift, double* MLKIT_RESTRICT total,
                    double* MLKIT_RESTRICT squares) {
    for (ptrdiff_t j = 0; j < width; j++) {
        const double away = x[step == 1 ? j : j * step] - shift[j];
        total[j] += away;
        squares[j] += away * away;
    }
}

template <class T>
void add(const GroupedRows<T>& rows) {
    for (ptrdiff_t i = 0; i < rows.n_rows; i++) {
        const ptrdiff_t place = rows.codes[i] * rows.group_step;
        const T* x = rows.x + i * rows.row_step;
        if (rows.shift == nullptr && rows.column_step == 1)
            add_row(x, 1, rows.width, rows.total + place);
        else if (rows.shift == nullptr)
            add_row(x, rows.column_step, rows.width, rows.total + place);
        else if (rows.column_step == 1)
            add_deviations(x, 1, rows.width, rows.shift + place, rows.total + place,
                           rows.squares + place);
        else
            add_deviations(x, rows.column_step, rows.width, rows.shift + place,
                           rows.total + place, rows.squares + place);
    }
}

}  // namespace

MLKIT_TABLE(GroupedKernels, grouped_kernels) = {&add<float>, &add<double>};
