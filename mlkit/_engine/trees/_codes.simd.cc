// Codes of values, compiled once for each level of the processor.
#include "code_search.hpp"

namespace {

void encode_singles(const CodeTask<float>& task) { encode(task); }
void encode_doubles(const CodeTask<double>& task) { encode(task); }

}  // namespace

MLKIT_TABLE(CodeKernels, code_kernels) = {&encode_singles, &encode_doubles};
