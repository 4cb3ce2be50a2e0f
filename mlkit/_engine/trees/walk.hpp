// Rows through trees, eight at a time.
//
// Siblings are neighbours, so a node holds one child and the outcome of its test is added to it; a
// leaf is its own left child under a test that always says left. Eight rows that take a fixed
// number of steps have no branch to mispredict and eight loads in flight.
#ifndef MLKIT_WALK_HPP
#define MLKIT_WALK_HPP

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace mlkit_walk {

const int LANES = 8;
// Steps between two looks at whether all lanes have arrived.
const int STRIDE = 4;
// Values of a block of rows stay in the second-level cache.
const ptrdiff_t BLOCK_ROWS = 256, BLOCK_VALUES = 1 << 17;

// A node in 8 bytes: float threshold; from below feature, missing goes left, left child.
struct Narrow {
    typedef float Value;
    typedef uint32_t Word;
    Value threshold;
    Word word;
};
// The same in 16, for float64 comparisons and for trees whose numbers need more than 32 bits.
struct Wide {
    typedef double Value;
    typedef uint64_t Word;
    Value threshold;
    Word word;
};

struct TreesView {  // the arrays of `Trees`
    const int64_t* offset;
    ptrdiff_t n_trees;
    const int32_t *feature, *left, *right, *category;
    const double* threshold;
    const uint8_t* missing_left;
    const uint32_t* bitsets;
    ptrdiff_t n_words, n_features;
    bool single;
};

// Largest float that is not above x: comparing a float with it is comparing it with x.
inline float floor_to_float(double x) {
    float y = static_cast<float>(x);
    if (static_cast<double>(y) > x) y = std::nextafterf(y, -std::numeric_limits<float>::infinity());
    return y;
}

inline int bits_of(uint64_t x) {
    int bits = 0;
    for (; x; x >>= 1) bits++;
    return bits;
}

struct Forest {
    std::vector<Narrow> narrow;
    std::vector<Wide> wide;
    std::vector<int32_t> origin;    // node of the tree, by place
    std::vector<int32_t> category;  // set of a categorical node or -1, by place; empty if none
    std::vector<int64_t> start;
    std::vector<int32_t> depth;
    std::vector<uint32_t> bitsets;
    ptrdiff_t n_words = 0, n_features = 0;
    int feature_bits = 1;
    bool single = true, is_narrow = true;

    void build(const TreesView& t) {
        n_features = t.n_features;
        n_words = t.n_words;
        single = t.single;
        feature_bits = bits_of(static_cast<uint64_t>(std::max<ptrdiff_t>(n_features, 1)));
        int64_t most = 0;
        for (ptrdiff_t i = 0; i < t.n_trees; i++)
            most = std::max(most, t.offset[i + 1] - t.offset[i]);
        is_narrow = single && !t.category && feature_bits + 1 + bits_of(most) <= 32;
        const size_t n = static_cast<size_t>(t.offset[t.n_trees]);
        if (is_narrow) narrow.resize(n);
        else wide.resize(n);
        origin.resize(n);
        start.assign(t.offset, t.offset + t.n_trees);
        depth.assign(t.n_trees, 0);
        if (t.category) {
            category.assign(n, -1);
            size_t n_sets = 0;
            for (size_t i = 0; i < n; i++)
                n_sets = std::max<size_t>(n_sets, static_cast<size_t>(t.category[i] + 1));
            bitsets.assign(t.bitsets, t.bitsets + n_sets * n_words);
        }
        for (ptrdiff_t i = 0; i < t.n_trees; i++) lay(t, i);
    }

   private:
    struct Visit {
        int32_t node, place, level;
    };

    void lay(const TreesView& t, ptrdiff_t tree) {
        const int64_t first = t.offset[tree];
        std::vector<Visit> stack{{0, 0, 0}};
        int32_t free = 1, deepest = 0;
        while (!stack.empty()) {
            const Visit v = stack.back();
            stack.pop_back();
            const int64_t i = first + v.node, at = first + v.place;
            const bool leaf = t.left[i] < 0;
            origin[at] = v.node;
            deepest = std::max(deepest, v.level);
            if (leaf) {
                put(at, std::numeric_limits<double>::infinity(), 0, true, v.place);
                continue;
            }
            put(at, t.threshold[i], t.feature[i], t.missing_left[i] != 0, free);
            if (t.category) category[at] = t.category[i];
            stack.push_back({t.right[i], free + 1, v.level + 1});
            stack.push_back({t.left[i], free, v.level + 1});
            free += 2;
        }
        depth[tree] = deepest;
    }

    void put(int64_t at, double threshold, int32_t feature, bool missing_left, int32_t child) {
        const uint64_t word = (static_cast<uint64_t>(child) << (feature_bits + 1)) |
                              (static_cast<uint64_t>(missing_left) << feature_bits) |
                              static_cast<uint64_t>(feature);
        if (is_narrow) narrow[at] = {floor_to_float(threshold), static_cast<uint32_t>(word)};
        else wide[at] = {threshold, word};
    }
};

// Whether a value goes right at a node.
template <bool MISSING, class N, class R>
inline typename N::Word goes_right(const N& node, R x, int bits) {
    typedef typename N::Word Word;
    const Word right = !(static_cast<typename N::Value>(x) <= node.threshold);
    if (!MISSING) return right;
    return right & ~((x != x) & (node.word >> bits) & 1);
}

inline bool goes_right_by_set(const Forest& f, int64_t place, double x, bool missing_left) {
    if (!(x >= 0)) return !missing_left;
    if (x >= 32.0 * static_cast<double>(f.n_words)) return true;
    const uint32_t code = static_cast<uint32_t>(x);
    const uint32_t* set = f.bitsets.data() + f.category[place] * f.n_words;
    return !((set[code >> 5] >> (code & 31)) & 1);
}

// Places of LANES (tree, row) pairs. `Pairs` gives the nodes and the row of a lane; what it holds is
// known to the compiler, which unrolls the lanes.
template <bool MISSING, class N, class Pairs>
inline void walk(const Pairs pairs, int bits, int depth, uint32_t* out) {
    typedef typename N::Word Word;
    const Word mask = (static_cast<Word>(1) << bits) - 1;
    uint32_t at[LANES] = {0};
    while (depth > 0) {
        uint32_t moved = 0;
        for (int step = 0; step < STRIDE; step++) {
            moved = 0;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 8
#endif
            for (int k = 0; k < LANES; k++) {
                const N node = pairs.nodes(k)[at[k]];
                const Word right =
                    goes_right<MISSING>(node, pairs.row(k)[node.word & mask], bits);
                const uint32_t next = static_cast<uint32_t>((node.word >> (bits + 1)) + right);
                moved |= next ^ at[k];
                at[k] = next;
            }
        }
        if (!moved) break;
        depth -= STRIDE;
    }
    for (int k = 0; k < LANES; k++) out[k] = at[k];
}

template <class N, class R>
struct RowsOfTree {  // neighbouring rows, one tree
    const N* tree;
    const R* first;
    ptrdiff_t width;
    const N* nodes(int) const { return tree; }
    const R* row(int k) const { return first + k * width; }
};
template <class N, class R>
struct AnyPairs {
    const N* const* trees;
    const R* const* rows;
    const N* nodes(int k) const { return trees[k]; }
    const R* row(int k) const { return rows[k]; }
};

// One row through one tree that may test categories.
template <class R>
inline uint32_t walk_sets(const Forest& f, ptrdiff_t tree, const R* row) {
    const int bits = f.feature_bits;
    const int64_t first = f.start[tree];
    uint32_t at = 0;
    for (int step = 0; step < f.depth[tree]; step++) {
        const Wide node = f.wide[first + at];
        const double x = static_cast<double>(row[node.word & ((1ull << bits) - 1)]);
        uint64_t right;
        if (f.category[first + at] >= 0)
            right = goes_right_by_set(f, first + at, x, (node.word >> bits) & 1);
        else right = goes_right<true>(node, x, bits);
        at = static_cast<uint32_t>((node.word >> (bits + 1)) + right);
    }
    return at;
}

// X as it comes: dense of any strides, or CSR.
template <class T>
struct Rows {
    const T* data;
    ptrdiff_t n_rows, row_step, column_step;  // in values
    const int64_t *indptr, *indices;          // CSR if not null; then data holds its values

    // Copy row i to `out`, which is zero before a sparse row; whether a value is missing.
    template <class R>
    bool copy(ptrdiff_t i, ptrdiff_t width, R* out) const {
        R sum = 0;
        if (indptr) {
            for (int64_t k = indptr[i]; k < indptr[i + 1]; k++) {
                const R x = static_cast<R>(data[k]);
                out[indices[k]] += x;
                sum += x - x;
            }
            return sum != 0 || sum != sum;
        }
        const T* from = data + i * row_step;
        if (column_step == 1)
            for (ptrdiff_t j = 0; j < width; j++) {
                out[j] = static_cast<R>(from[j]);
                sum += out[j] - out[j];
            }
        else
            for (ptrdiff_t j = 0; j < width; j++) {
                out[j] = static_cast<R>(from[j * column_step]);
                sum += out[j] - out[j];
            }
        return sum != sum;  // infinity says yes too, which costs time and nothing else
    }
    template <class R>
    void clear(ptrdiff_t i, R* out) const {
        if (indptr)
            for (int64_t k = indptr[i]; k < indptr[i + 1]; k++) out[indices[k]] = 0;
    }
};

// What becomes of the leaf of a row in a tree; each row's trees come in order.
struct LeafIds {
    int64_t* out;
    ptrdiff_t n_trees;
    void operator()(ptrdiff_t row, ptrdiff_t tree, int32_t leaf) const {
        out[row * n_trees + tree] = leaf;
    }
};
struct LeafValues {
    double* out;
    ptrdiff_t step, width;
    const double* value;
    const int64_t* offset;
    const int32_t* column;
    void operator()(ptrdiff_t row, ptrdiff_t tree, int32_t leaf) const {
        double* to = out + row * step + (column ? column[tree] : 0);
        const double* from = value + (offset[tree] + leaf) * width;
        for (ptrdiff_t k = 0; k < width; k++) to[k] += from[k];
    }
};

template <class N> inline const N* nodes_of(const Forest& f);
template <> inline const Narrow* nodes_of<Narrow>(const Forest& f) { return f.narrow.data(); }
template <> inline const Wide* nodes_of<Wide>(const Forest& f) { return f.wide.data(); }

template <bool MISSING, class N, class R, class Sink>
void walk_block(const Forest& f, const R* block, ptrdiff_t first, ptrdiff_t n, const Sink& sink) {
    const ptrdiff_t n_trees = static_cast<ptrdiff_t>(f.start.size()), width = f.n_features;
    const N* nodes = nodes_of<N>(f);
    const N* trees[LANES];
    const R* rows[LANES];
    uint32_t at[LANES];
    if (n >= LANES / 2) {
        for (ptrdiff_t t = 0; t < n_trees; t++) {
            const int32_t* origin = f.origin.data() + f.start[t];
            const N* tree = nodes + f.start[t];
            for (ptrdiff_t i = 0; i < n; i += LANES) {  // the block has room for whole groups
                const RowsOfTree<N, R> group{tree, block + i * width, width};
                walk<MISSING, N>(group, f.feature_bits, f.depth[t], at);
                const int m = static_cast<int>(std::min<ptrdiff_t>(LANES, n - i));
                for (int k = 0; k < m; k++) sink(first + i + k, t, origin[at[k]]);
            }
        }
        return;
    }
    for (ptrdiff_t i = 0; i < n; i++) {  // few rows: the lanes are trees
        for (int k = 0; k < LANES; k++) rows[k] = block + i * width;
        for (ptrdiff_t t = 0; t < n_trees; t += LANES) {
            int deepest = 0;
            for (int k = 0; k < LANES; k++) {
                const ptrdiff_t tree = std::min(t + k, n_trees - 1);
                trees[k] = nodes + f.start[tree];
                deepest = std::max(deepest, static_cast<int>(f.depth[tree]));
            }
            walk<MISSING, N>(AnyPairs<N, R>{trees, rows}, f.feature_bits, deepest, at);
            const int m = static_cast<int>(std::min<ptrdiff_t>(LANES, n_trees - t));
            for (int k = 0; k < m; k++)
                sink(first + i, t + k, f.origin[f.start[t + k] + at[k]]);
        }
    }
}

template <class R, class Sink>
void walk_any(const Forest& f, const R* block, ptrdiff_t first, ptrdiff_t n, bool missing,
              const Sink& sink) {
    if (!f.category.empty()) {
        for (ptrdiff_t t = 0; t < static_cast<ptrdiff_t>(f.start.size()); t++)
            for (ptrdiff_t i = 0; i < n; i++) {
                const uint32_t at = walk_sets(f, t, block + i * f.n_features);
                sink(first + i, t, f.origin[f.start[t] + at]);
            }
        return;
    }
    if (f.is_narrow) {
        if (missing) walk_block<true, Narrow>(f, block, first, n, sink);
        else walk_block<false, Narrow>(f, block, first, n, sink);
    } else {
        if (missing) walk_block<true, Wide>(f, block, first, n, sink);
        else walk_block<false, Wide>(f, block, first, n, sink);
    }
}

// Whether a value was missing or infinite.
template <class R, class T, class Sink>
bool run_as(const Forest& f, const Rows<T>& X, const Sink& sink, int n_threads) {
    const ptrdiff_t width = std::max<ptrdiff_t>(f.n_features, 1);
    const ptrdiff_t block = std::max<ptrdiff_t>(
        LANES, std::min<ptrdiff_t>(BLOCK_ROWS, BLOCK_VALUES / width / LANES * LANES));
    const ptrdiff_t rows = std::min(block, X.n_rows);
    const ptrdiff_t n_blocks = rows ? (X.n_rows + rows - 1) / rows : 0;
    bool strange = false;
    (void)n_threads;
#pragma omp parallel num_threads(n_threads) if (n_blocks > 1) reduction(|| : strange)
    {
        const ptrdiff_t room = (rows + LANES - 1) / LANES * LANES;
        std::vector<R> values(static_cast<size_t>(room * width), 0);
#pragma omp for schedule(dynamic)
        for (ptrdiff_t b = 0; b < n_blocks; b++) {
            const ptrdiff_t first = b * rows, n = std::min(rows, X.n_rows - first);
            bool missing = false;
            for (ptrdiff_t i = 0; i < n; i++)
                missing |= X.copy(first + i, f.n_features, values.data() + i * width);
            strange = strange || missing;
            walk_any(f, values.data(), first, n, missing, sink);
            for (ptrdiff_t i = 0; i < n; i++) X.clear(first + i, values.data() + i * width);
        }
    }
    return strange;
}

template <class T, class Sink>
bool run(const Forest& f, const Rows<T>& X, const Sink& sink, int n_threads) {
    return f.single ? run_as<float>(f, X, sink, n_threads) : run_as<double>(f, X, sink, n_threads);
}

template <class T>
bool leaf_ids(const Forest& f, const Rows<T>& X, const LeafIds& sink, int n_threads) {
    return run(f, X, sink, n_threads);
}
template <class T>
bool leaf_values(const Forest& f, const Rows<T>& X, const LeafValues& sink, int n_threads) {
    return run(f, X, sink, n_threads);
}

}  // namespace mlkit_walk
#endif
