// Sums of gradients, curvatures and rows by code.
#pragma once
#include <string.h>

#include "grow_kernels.hpp"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace {

#if defined(__x86_64__) || defined(_M_X64)
// Both sums of a cell in one instruction.
struct Pair {
    __m128i v;
};
inline Pair load_pair(const Cell* at) {
    return {_mm_load_si128(reinterpret_cast<const __m128i*>(at))};
}
inline void add_pair(Cell* at, Pair x) {
    __m128i* to = reinterpret_cast<__m128i*>(at);
    _mm_store_si128(to, _mm_add_epi64(_mm_load_si128(to), x.v));
}
#else
struct Pair {
    int64_t first, second;
};
inline Pair load_pair(const Cell* at) { return {at->first, at->second}; }
inline void add_pair(Cell* at, Pair x) {
    at->first += x.first;
    at->second += x.second;
}
#endif

// Functions that do no more than fetch look free of effects, and gcc drops calls of them: all are
// to be inlined before that.
#if defined(__GNUC__)
#define MLKIT_ALWAYS_INLINE inline __attribute__((always_inline))
MLKIT_ALWAYS_INLINE void prefetch(const void* at) { __builtin_prefetch(at); }
#elif defined(_M_X64)
#define MLKIT_ALWAYS_INLINE __forceinline
MLKIT_ALWAYS_INLINE void prefetch(const void* at) {
    _mm_prefetch(static_cast<const char*>(at), _MM_HINT_T0);
}
#else
#define MLKIT_ALWAYS_INLINE inline
MLKIT_ALWAYS_INLINE void prefetch(const void*) {}
#endif

// Rows whose codes are fetched before they are needed: about the latency of memory.
constexpr ptrdiff_t AHEAD = 24;
// Rows that are walked once for each block of columns: their codes and terms stay in the
// second-level cache, the histograms of the block in the first.
constexpr ptrdiff_t ROWS_AT_ONCE = 1024;

template <int K>
inline void add_bytes(const uint8_t* codes, Pair x, char* out) {
    uint64_t word = 0;
    memcpy(&word, codes, 8);  // rows are padded to 8 codes
#if defined(__GNUC__)
#pragma GCC unroll 8
#endif
    for (int k = 0; k < K; ++k) {
        // A cell is 16 bytes: the code is shifted to where it is an offset already.
        const uint64_t at = (k == 0 ? word << 4 : word >> (8 * k - 4)) & 0xff0u;
        add_pair(reinterpret_cast<Cell*>(out + k * BYTE_STRIDE * sizeof(Cell) + at), x);
    }
}

// The first block of columns fetches the rows, at the pace at which they are used: the processor
// drops requests that come in a burst.
MLKIT_ALWAYS_INLINE void fetch_row(const HistogramTask& t, ptrdiff_t i) {
    if (i >= t.n) return;
    const uint8_t* row = t.codes + t.rows[i] * t.stride;
    prefetch(t.terms + t.rows[i]);
    for (ptrdiff_t at = 0; at < t.stride; at += 64) prefetch(row + at);
    prefetch(row + t.stride - 1);  // a row may end in one line more than its length says
}

template <int K, bool FETCH>
void accumulate_bytes(const HistogramTask& t, ptrdiff_t column, Cell* cells, ptrdiff_t begin,
                      ptrdiff_t end) {
    char* out = reinterpret_cast<char*>(cells);
    const uint8_t* codes = t.codes + column;
    const ptrdiff_t stride = t.stride;  // not read again after each store
    if (t.rows == nullptr) {
        const uint8_t* row = codes + (t.first + begin) * stride;
        const Cell* terms = t.terms + t.first;
        for (ptrdiff_t i = begin; i < end; ++i, row += stride)
            add_bytes<K>(row, load_pair(terms + i), out);
        return;
    }
    const int32_t* rows = t.rows;
    const Cell* terms = t.terms;
    for (ptrdiff_t i = begin; i < end; ++i) {
        if (FETCH) fetch_row(t, i + AHEAD);
        const ptrdiff_t row = rows[i];
        add_bytes<K>(codes + row * stride, load_pair(terms + row), out);
    }
}

// Columns one by one, whatever lies between their histograms.
template <class Code>
void accumulate_each(const HistogramTask& t, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t i = begin; i < end; ++i) {
        const ptrdiff_t row = t.rows == nullptr ? t.first + i : t.rows[i];
        const Code* codes = reinterpret_cast<const Code*>(t.codes + row * t.stride);
        const Pair x = load_pair(t.terms + row);
        if (t.rows != nullptr) fetch_row(t, i + AHEAD);
        for (ptrdiff_t f = t.from; f < t.to; ++f)
            add_pair(t.out + f * t.cell_stride + codes[f], x);
    }
}

using Block = void (*)(const HistogramTask&, ptrdiff_t, Cell*, ptrdiff_t, ptrdiff_t);

template <bool FETCH>
void accumulate_block(const HistogramTask& t, ptrdiff_t column, ptrdiff_t width, Cell* cells,
                      ptrdiff_t begin, ptrdiff_t end) {
    static const Block blocks[8] = {accumulate_bytes<1, FETCH>, accumulate_bytes<2, FETCH>,
                                    accumulate_bytes<3, FETCH>, accumulate_bytes<4, FETCH>,
                                    accumulate_bytes<5, FETCH>, accumulate_bytes<6, FETCH>,
                                    accumulate_bytes<7, FETCH>, accumulate_bytes<8, FETCH>};
    blocks[width < 8 ? width - 1 : 7](t, column, cells, begin, end);
}

void accumulate(const HistogramTask& t) {
    for (ptrdiff_t begin = 0; begin < t.n; begin += ROWS_AT_ONCE) {
        const ptrdiff_t end = begin + ROWS_AT_ONCE < t.n ? begin + ROWS_AT_ONCE : t.n;
        if (t.code_bytes == 2) {
            accumulate_each<uint16_t>(t, begin, end);
            continue;
        }
        if (t.cell_stride != BYTE_STRIDE) {
            accumulate_each<uint8_t>(t, begin, end);
            continue;
        }
        bool fetched = false;
        const auto blocks = [&](ptrdiff_t from, ptrdiff_t to, Cell* cells) {
            for (ptrdiff_t at = from; at < to; at += 8, cells += 8 * BYTE_STRIDE) {
                (fetched ? accumulate_block<false> : accumulate_block<true>)(t, at, to - at, cells,
                                                                             begin, end);
                fetched = true;
            }
        };
        blocks(t.from, t.to, t.out + t.from * BYTE_STRIDE);
        blocks(t.joint_from, t.joint_to, t.joint);
    }
}

void take_digit(Cell* joint, ptrdiff_t n, ptrdiff_t m, Cell* out) {
    for (ptrdiff_t v = 0; v < m; ++v) out[v] = {0, 0};
    for (ptrdiff_t rest = 0; rest < n / m; ++rest) {
        Cell sum{0, 0};
        for (ptrdiff_t v = 0; v < m; ++v) {
            const Cell x = joint[rest * m + v];
            out[v] = {out[v].first + x.first, out[v].second + x.second};
            sum = {sum.first + x.first, sum.second + x.second};
        }
        joint[rest] = sum;
    }
}

void subtract(Cell* parent, const Cell* child, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; ++i) {
        parent[i].first -= child[i].first;
        parent[i].second -= child[i].second;
    }
}

void add(Cell* parent, const Cell* child, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; ++i) {
        parent[i].first += child[i].first;
        parent[i].second += child[i].second;
    }
}

}  // namespace
