// Sixty-four bytes at a time: two range comparisons tell letters and digits.
#include "text.hpp"

#include <string.h>

#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

namespace {

#if defined(__AVX512BW__)

uint64_t in_range(__m512i byte, char first, unsigned char size) {
    const __m512i offset = _mm512_sub_epi8(byte, _mm512_set1_epi8(first));
    return _mm512_cmplt_epu8_mask(offset, _mm512_set1_epi8(static_cast<char>(size)));
}

uint64_t fold_block(const uint8_t* text, bool lower, uint8_t* out) {
    const __m512i byte = _mm512_loadu_si512(text);
    const uint64_t upper = in_range(byte, 'A', 26);
    const __m512i small = _mm512_mask_add_epi8(byte, upper, byte, _mm512_set1_epi8(0x20));
    _mm512_storeu_si512(out, lower ? small : byte);
    const uint64_t underscore = _mm512_cmpeq_epi8_mask(byte, _mm512_set1_epi8('_'));
    return in_range(small, 'a', 26) | in_range(byte, '0', 10) | underscore;
}

#elif defined(__AVX2__)

__m256i in_range(__m256i byte, char first, char size) {
    const __m256i offset = _mm256_sub_epi8(byte, _mm256_set1_epi8(first));
    const __m256i most = _mm256_set1_epi8(static_cast<char>(size - 1));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(offset, most), offset);
}

uint32_t fold_half(const uint8_t* text, bool lower, uint8_t* out) {
    const __m256i byte = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    const __m256i bit = _mm256_and_si256(in_range(byte, 'A', 26), _mm256_set1_epi8(0x20));
    const __m256i small = _mm256_or_si256(byte, bit);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), lower ? small : byte);
    __m256i word = _mm256_cmpeq_epi8(byte, _mm256_set1_epi8('_'));
    word = _mm256_or_si256(word, in_range(small, 'a', 26));
    word = _mm256_or_si256(word, in_range(byte, '0', 10));
    return static_cast<uint32_t>(_mm256_movemask_epi8(word));
}

uint64_t fold_block(const uint8_t* text, bool lower, uint8_t* out) {
    const uint64_t low = fold_half(text, lower, out);
    return low | static_cast<uint64_t>(fold_half(text + 32, lower, out + 32)) << 32;
}

#elif defined(__SSE2__)

__m128i in_range(__m128i byte, char first, char size) {
    const __m128i offset = _mm_sub_epi8(byte, _mm_set1_epi8(first));
    const __m128i most = _mm_set1_epi8(static_cast<char>(size - 1));
    return _mm_cmpeq_epi8(_mm_min_epu8(offset, most), offset);
}

uint64_t fold_quarter(const uint8_t* text, bool lower, uint8_t* out) {
    const __m128i byte = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    const __m128i bit = _mm_and_si128(in_range(byte, 'A', 26), _mm_set1_epi8(0x20));
    const __m128i small = _mm_or_si128(byte, bit);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), lower ? small : byte);
    __m128i word = _mm_cmpeq_epi8(byte, _mm_set1_epi8('_'));
    word = _mm_or_si128(word, in_range(small, 'a', 26));
    word = _mm_or_si128(word, in_range(byte, '0', 10));
    return static_cast<uint32_t>(_mm_movemask_epi8(word));
}

uint64_t fold_block(const uint8_t* text, bool lower, uint8_t* out) {
    uint64_t words = 0;
    for (int i = 0; i < 64; i += 16) words |= fold_quarter(text + i, lower, out + i) << i;
    return words;
}

#else

uint64_t fold_block(const uint8_t* text, bool lower, uint8_t* out) {
    uint64_t words = 0;
    for (int i = 0; i < 64; i++) {
        const uint8_t byte = text[i];
        const uint8_t small = byte - 'A' < 26u ? byte | 0x20 : byte;
        const bool word = small - 'a' < 26u || byte - '0' < 10u || byte == '_';
        out[i] = lower ? small : byte;
        words |= static_cast<uint64_t>(word) << i;
    }
    return words;
}

#endif

void fold(const uint8_t* text, ptrdiff_t n, bool lower, uint8_t* out, uint64_t* words) {
    ptrdiff_t i = 0;
    for (; i + 64 <= n; i += 64) words[i / 64] = fold_block(text + i, lower, out + i);
    if (i < n) {
        uint8_t rest[64] = {0};
        memcpy(rest, text + i, n - i);
        words[i / 64] = fold_block(rest, lower, out + i);
    }
}

}  // namespace

MLKIT_TABLE(TextKernels, text_kernels) = {&fold};
