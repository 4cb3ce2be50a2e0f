// Trees on blocks of rows, compiled once for each level of the processor.
#include "block_kernels.hpp"
#include "code_search.hpp"

namespace {

// An operand: the answers of a child for each row, or one leaf for all.
template <class Code>
struct Answers {
    const Code* at;
    Code operator[](ptrdiff_t i) const { return at[i]; }
};
template <class Code>
struct OneLeaf {
    Code leaf;
    Code operator[](ptrdiff_t) const { return leaf; }
};

template <class Code, class Left, class Right>
inline void choose(const BlockStep& s, const Code* codes, Left left, Right right, Code* out) {
    const Code shift = static_cast<Code>(s.shift), width = static_cast<Code>(s.width);
#if defined(__GNUC__)
#pragma GCC ivdep
#endif
    for (ptrdiff_t i = 0; i < BLOCK; ++i) {
        // Both are read before the choice: a read that depends on it wants masked loads of bytes,
        // which only AVX-512 has.
        const Code if_left = left[i], if_right = right[i];
        out[i] = static_cast<Code>(codes[i] - shift) <= width ? if_left : if_right;
    }
}

template <class Code, class Left, class Right>
inline void look_up(const uint8_t* table, const Code* codes, Left left, Right right, Code* out) {
    for (ptrdiff_t i = 0; i < BLOCK; ++i) out[i] = table[codes[i]] ? left[i] : right[i];
}

template <class Code, class Left, class Right>
inline void step(const BlockTask& t, const BlockStep& s, Left left, Right right) {
    const Code* codes = reinterpret_cast<const Code*>(t.codes) + s.column * BLOCK;
    Code* out = reinterpret_cast<Code*>(t.slots) + s.out * BLOCK;
    if (s.table >= 0)
        look_up(t.tables + s.table * t.table_size, codes, left, right, out);
    else
        choose(s, codes, left, right, out);
}

template <class Code, class Left>
inline void with_right(const BlockTask& t, const BlockStep& s, Left left) {
    if (s.right < 0)
        step<Code>(t, s, left, OneLeaf<Code>{static_cast<Code>(~s.right)});
    else
        step<Code>(t, s, left,
                   Answers<Code>{reinterpret_cast<const Code*>(t.slots) + s.right * BLOCK});
}

template <class Code>
void walk_codes(const BlockTask& t) {
    const Code* found = reinterpret_cast<const Code*>(t.slots);
    for (ptrdiff_t tree = 0; tree < t.n_trees; ++tree) {
        double* sums = t.sums + (t.target == nullptr ? 0 : t.target[tree]) * BLOCK;
        const double* value = t.value + t.first_leaf[tree];
        if (t.start[tree] == t.start[tree + 1]) {
            for (ptrdiff_t i = 0; i < BLOCK; ++i) sums[i] += value[0];
            continue;
        }
        for (int64_t at = t.start[tree]; at < t.start[tree + 1]; ++at) {
            const BlockStep& s = t.steps[at];
            if (s.left < 0)
                with_right<Code>(t, s, OneLeaf<Code>{static_cast<Code>(~s.left)});
            else
                with_right<Code>(
                    t, s,
                    Answers<Code>{reinterpret_cast<const Code*>(t.slots) + s.left * BLOCK});
        }
        for (ptrdiff_t i = 0; i < BLOCK; ++i) sums[i] += value[found[i]];
    }
}

void walk(const BlockTask& t) {
    t.code_bytes == 1 ? walk_codes<uint8_t>(t) : walk_codes<uint16_t>(t);
}

void encode_singles(const CodeTask<float>& task) { encode(task); }
void encode_doubles(const CodeTask<double>& task) { encode(task); }

}  // namespace

MLKIT_TABLE(BlockKernels, block_kernels) = {&walk, &encode_singles, &encode_doubles};
