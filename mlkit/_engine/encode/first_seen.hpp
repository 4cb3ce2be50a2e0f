// Numbers distinct keys by their first appearance, with an open-addressing table of codes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace mlkit {

// Multiplication by the odd fraction of the golden ratio, folded: every input bit reaches the
// high bits, which pick the slot.
inline uint64_t mix(uint64_t h) {
    h ^= h >> 32;
    h *= 0x9E3779B97F4A7C15ull;
    return h ^ (h >> 29);
}

struct Words {  // one 64-bit key a row
    const uint64_t* data;
    uint64_t hash(size_t i) const { return mix(mix(data[i])); }
    bool same(size_t i, size_t j) const { return data[i] == data[j]; }
};

struct Rows {  // `width` bytes a row
    const uint8_t* data;
    size_t width;
    uint64_t hash(size_t i) const {
        const uint8_t* at = data + i * width;
        size_t left = width;
        uint64_t h = width, word;
        for (; left >= 8; left -= 8, at += 8) {
            std::memcpy(&word, at, 8);
            h = mix(h ^ word);
        }
        if (left) {
            word = 0;
            std::memcpy(&word, at, left);
            h = mix(h ^ word);
        }
        return mix(h);
    }
    bool same(size_t i, size_t j) const {
        return std::memcmp(data + i * width, data + j * width, width) == 0;
    }
};

// Writes the code of each key and appends to `first` the row at which each code was first met.
// Throws std::bad_alloc alone. Codes fit int32 because a caller has fewer than 2^31 rows.
template <class Keys>
void number_by_first_seen(const Keys& keys, size_t n, int32_t* codes, std::vector<int64_t>& first) {
    size_t bits = 10;
    std::vector<int32_t> table(size_t(1) << bits, -1);
    for (size_t i = 0; i < n; ++i) {
        size_t mask = table.size() - 1;
        size_t slot = keys.hash(i) >> (64 - bits);
        while (table[slot] >= 0 && !keys.same(i, size_t(first[table[slot]]))) slot = (slot + 1) & mask;
        if (table[slot] >= 0) {
            codes[i] = table[slot];
            continue;
        }
        codes[i] = table[slot] = int32_t(first.size());
        first.push_back(int64_t(i));
        if (2 * first.size() > table.size()) {  // half full: probes stay short
            ++bits;
            table.assign(size_t(1) << bits, -1);
            for (size_t code = 0; code < first.size(); ++code) {
                size_t at = keys.hash(size_t(first[code])) >> (64 - bits);
                while (table[at] >= 0) at = (at + 1) & (table.size() - 1);
                table[at] = int32_t(code);
            }
        }
    }
}

}  // namespace mlkit
