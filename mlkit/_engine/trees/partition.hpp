// Rows of a node to its two children, in the order in which they are.
#pragma once
#include "histogram.hpp"

namespace {

// Rows whose codes are fetched before they are needed.
constexpr ptrdiff_t CODES_AHEAD = 48;

MLKIT_ALWAYS_INLINE void fetch_code(const PartitionTask& t, ptrdiff_t i) {
    if (i < t.n) prefetch(t.codes + t.rows[i] * t.stride);
}

// The task is taken by value: through a reference it would be read again after each store.
template <class Code>
ptrdiff_t partition_codes(const PartitionTask t) {
    ptrdiff_t n_left = 0, n_right = 0;
    for (ptrdiff_t i = 0; i < t.n; ++i) {
        const int32_t row = t.rows[i];
        fetch_code(t, i + CODES_AHEAD);
        const Code read = *reinterpret_cast<const Code*>(t.codes + row * t.stride);
        const Code code = static_cast<Code>(read >> t.digit_shift & t.mask);
        const bool left = static_cast<Code>(code - t.shift) <= t.width;
        t.left[n_left] = row;  // written to both sides: a branch would be mispredicted
        t.right[n_right] = row;
        n_left += left;
        n_right += !left;
    }
    return n_left;
}

template <class Code>
ptrdiff_t partition_sets(const PartitionTask t) {
    ptrdiff_t n_left = 0, n_right = 0;
    for (ptrdiff_t i = 0; i < t.n; ++i) {
        const int32_t row = t.rows[i];
        fetch_code(t, i + CODES_AHEAD);
        const Code read = *reinterpret_cast<const Code*>(t.codes + row * t.stride);
        const Code code = static_cast<Code>(read >> t.digit_shift & t.mask);
        const bool left = t.left_codes[code >> 5] >> (code & 31) & 1u;
        t.left[n_left] = row;
        t.right[n_right] = row;
        n_left += left;
        n_right += !left;
    }
    return n_left;
}

ptrdiff_t partition(const PartitionTask& t) {
    if (t.left_codes != nullptr)
        return t.code_bytes == 1 ? partition_sets<uint8_t>(t) : partition_sets<uint16_t>(t);
    return t.code_bytes == 1 ? partition_codes<uint8_t>(t) : partition_codes<uint16_t>(t);
}

}  // namespace
