// ASCII text in lower case, and where its words are, for several levels of the processor.
#ifndef MLKIT_TEXT_HPP
#define MLKIT_TEXT_HPP

#include <stddef.h>
#include <stdint.h>

#include "dispatch.hpp"

struct TextKernels {
    // Writes `n` bytes of ASCII to `out`, upper case letters turned to lower case if `lower`, and
    // to bit i of `words` whether byte i is a letter, a digit or an underscore. `out` and `words`
    // have room for n rounded up to a multiple of 64.
    void (*fold)(const uint8_t* text, ptrdiff_t n, bool lower, uint8_t* out, uint64_t* words);
};

MLKIT_KERNELS(TextKernels, text_kernels)

#endif
