// Draws of the solvers that meet rows in random order.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The next draw of xorshift32 (Marsaglia, 2003), of which the low 31 bits are used.
static inline uint32_t next_draw(uint32_t& state) {
    if (state == 0) state = 1;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state & 0x7fffffffu;
}

// Puts the rows in a new order, which depends on the last one and on the seed; returns the seed
// that follows.
static inline uint32_t shuffle_rows(int32_t* order, ptrdiff_t n, uint32_t seed) {
    for (ptrdiff_t i = 0; i + 1 < n; ++i) {
        const ptrdiff_t j = i + next_draw(seed) % static_cast<uint32_t>(n - i);
        const int32_t row = order[i];
        order[i] = order[j];
        order[j] = row;
    }
    return seed;
}
