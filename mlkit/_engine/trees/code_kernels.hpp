// Values of columns to codes: how many of a column's edges lie below a value.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"

// n values of one column. There are 2^levels − 1 edges, ascending, the last ones +inf.
template <class T>
struct CodeTask {
    const T* values;
    ptrdiff_t step;        // between values
    ptrdiff_t n;
    const T* edges;
    int levels;
    uint16_t missing;      // code of NaN
    uint8_t* out;
    ptrdiff_t out_step;    // in bytes
    int code_bytes;
};

struct CodeKernels {
    void (*encode_f4)(const CodeTask<float>&);
    void (*encode_f8)(const CodeTask<double>&);
};

MLKIT_KERNELS(CodeKernels, code_kernels)

static inline void encode_column(const CodeTask<float>& task) { code_kernels().encode_f4(task); }
static inline void encode_column(const CodeTask<double>& task) { code_kernels().encode_f8(task); }
