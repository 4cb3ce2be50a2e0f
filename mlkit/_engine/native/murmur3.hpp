// MurmurHash3 for 32-bit values (Appleby, 2011): blocks of four bytes are mixed into the state,
// then the bytes that are left, then the length, and an avalanche ends it. Blocks are read as
// little-endian on every machine.
#ifndef MLKIT_MURMUR3_HPP
#define MLKIT_MURMUR3_HPP

#include <stddef.h>
#include <stdint.h>

static inline uint32_t murmur3_turn(uint32_t x, int bits) { return (x << bits) | (x >> (32 - bits)); }

static inline uint32_t murmur3_mix(uint32_t block) {
    return murmur3_turn(block * 0xcc9e2d51u, 15) * 0x1b873593u;
}

static inline uint32_t murmur3_avalanche(uint32_t h) {
    h = (h ^ (h >> 16)) * 0x85ebca6bu;
    h = (h ^ (h >> 13)) * 0xc2b2ae35u;
    return h ^ (h >> 16);
}

static inline uint32_t murmur3_32(const char* key, ptrdiff_t length, uint32_t seed) {
    const unsigned char* byte = reinterpret_cast<const unsigned char*>(key);
    uint32_t h = seed;
    ptrdiff_t i = 0;
    for (; i + 4 <= length; i += 4) {
        const uint32_t block = byte[i] | static_cast<uint32_t>(byte[i + 1]) << 8 |
                               static_cast<uint32_t>(byte[i + 2]) << 16 |
                               static_cast<uint32_t>(byte[i + 3]) << 24;
        h = murmur3_turn(h ^ murmur3_mix(block), 13) * 5 + 0xe6546b64u;
    }
    uint32_t rest = 0;
    for (ptrdiff_t k = length - 1; k >= i; k--) rest = rest << 8 | byte[k];
    if (i < length) h ^= murmur3_mix(rest);
    return murmur3_avalanche(h ^ static_cast<uint32_t>(length));
}

// The hash of the four bytes of an integer.
static inline uint32_t murmur3_32(int32_t key, uint32_t seed) {
    const uint32_t h = murmur3_turn(seed ^ murmur3_mix(static_cast<uint32_t>(key)), 13);
    return murmur3_avalanche((h * 5 + 0xe6546b64u) ^ 4u);
}

#endif
