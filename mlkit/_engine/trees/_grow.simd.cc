// Kernels of tree growth, compiled once for each level of the processor.
#include "grow_kernels.hpp"
#include "histogram.hpp"
#include "partition.hpp"
#include "split.hpp"

MLKIT_TABLE(GrowKernels, grow_kernels) = {&accumulate, &subtract, &add,      &scan,
                                          &partition,  &quantise, &magnitude};
