// Columns as codes: the rank of a value among the distinct values of its column, all that an
// exact search needs. A missing value's code is the number of distinct values.
#ifndef MLKIT_TREE_COLUMNS_HPP
#define MLKIT_TREE_COLUMNS_HPP

#include "criteria.hpp"
#include "sort.hpp"

namespace mlkit_tree {

// Values nearer than this are one value to a split.
const float RESOLUTION = 1e-7f;

struct Columns {
    ptrdiff_t n_rows, n_features;
    const uint32_t* codes;   // dense: column after column
    const uint32_t* by_row;  // the same row after row, or null
    ptrdiff_t row_step;      // from row to row
    bool any_missing;        // of keyed codes that lie row after row
    const Entry* lists;     // dense and sorted: column after column, tags are rows
    // Sparse: rows and codes of what is stored in each column, rows ascending; code of 0.
    const int64_t* indptr;
    const int32_t* indices;
    const uint32_t *stored, *zero;
    bool keyed;  // codes are bits of values; what follows is not there
    const float* values;  // distinct values, column after column, ascending
    const int64_t* value_start;
    const uint8_t* binned;  // whether a code stands for many values, and its own is the cut behind it
    const uint32_t* reach;  // codes of a column that differ by more are never of one value
    const uint64_t* near;   // a bit for each value: whether the next one is too near to be told apart

    uint32_t n_codes(ptrdiff_t feature) const {
        return static_cast<uint32_t>(value_start[feature + 1] - value_start[feature]);
    }
    const float* table(ptrdiff_t feature) const { return values + value_start[feature]; }
    uint32_t missing(ptrdiff_t feature) const { return keyed ? UINT32_MAX : n_codes(feature); }
    float value(ptrdiff_t feature, uint32_t code) const {
        return keyed ? value_of_key(code) : table(feature)[code];
    }
    static float value_of_key(uint32_t key) {
        const uint32_t bits = key >> 31 ? key & 0x7fffffffu : ~key;
        float x;
        memcpy(&x, &bits, sizeof x);
        return x;
    }
    static uint32_t key_of(float x) { return static_cast<uint32_t>(mlkit_sort::key_of(x)); }
    // Whether the values of two codes are one to a split; tables are far from the cache.
    bool same(ptrdiff_t feature, uint32_t low, uint32_t high) const {
        if (high - low > reach[feature]) return false;
        return low == high || !(value(feature, high) > value(feature, low) + RESOLUTION);
    }
    // Whether a cut may fall between two codes.
    bool apart(ptrdiff_t feature, uint32_t left, uint32_t right, uint32_t reach_of_column) const {
        if (right - left > reach_of_column) return true;
        const int64_t at = value_start[feature] + left;
        if (!((near[at >> 6] >> (at & 63)) & 1)) return true;
        return values[value_start[feature] + right] > values[at] + RESOLUTION;
    }
};

// Distinct values of sorted rows to `table`, and the rank of each row through `put(i, row, rank)`.
template <class Put>
inline ptrdiff_t rank_rows(const float* x, const std::vector<mlkit_sort::Item>& order, float* table,
                           const Put& put) {
    ptrdiff_t n = 0, i = 0;
    const ptrdiff_t m = static_cast<ptrdiff_t>(order.size());
    for (; i < m; i++) {
        const float value = x[order[i].row] + 0.0f;  // one zero for both signs
        if (value != value) break;
        if (n == 0 || value != table[n - 1]) table[n++] = value;
        put(i, order[i].row, static_cast<uint32_t>(n - 1));
    }
    for (; i < m; i++) put(i, order[i].row, static_cast<uint32_t>(n));
    return n;
}

// The greatest difference of codes whose values are too near to be told apart.
inline uint32_t reach_of(const float* table, ptrdiff_t n) {
    ptrdiff_t reach = 0, near = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        near = std::max(near, i);
        while (near + 1 < n && !(table[near + 1] > table[i] + RESOLUTION)) near++;
        reach = std::max(reach, near - i);
    }
    return static_cast<uint32_t>(reach);
}

inline void mark_near(const float* values, const int64_t* value_start, ptrdiff_t n_features,
                      uint64_t* near) {
    for (ptrdiff_t f = 0; f < n_features; f++)
        for (int64_t i = value_start[f]; i + 1 < value_start[f + 1]; i++)
            if (!(values[i + 1] > values[i] + RESOLUTION)) near[i >> 6] |= 1ull << (i & 63);
}

// Tables are written with a stride of n_rows and closed up by the caller.
template <class T>
void encode_dense(const T* x, ptrdiff_t n_rows, ptrdiff_t n_features, ptrdiff_t row_step,
                  ptrdiff_t column_step, uint32_t* codes, Entry* lists, float* tables,
                  int64_t* n_values, uint32_t* reach, int n_threads) {
    (void)n_threads;
#pragma omp parallel num_threads(n_threads)
    {
        std::vector<float> column(n_rows);
#pragma omp for schedule(dynamic)
        for (ptrdiff_t f = 0; f < n_features; f++) {
            const T* from = x + f * column_step;
            for (ptrdiff_t i = 0; i < n_rows; i++)
                column[i] = static_cast<float>(from[i * row_step]);
            const std::vector<mlkit_sort::Item> order =
                mlkit_sort::sort_rows(column.data(), n_rows, 1);
            float* table = tables + f * n_rows;
            uint32_t* code = codes ? codes + f * n_rows : nullptr;
            Entry* list = lists ? lists + f * n_rows : nullptr;
            n_values[f] = rank_rows(column.data(), order, table,
                                    [=](ptrdiff_t i, uint32_t row, uint32_t rank) {
                                        if (code) code[row] = rank;
                                        if (list) list[i] = Entry{row, rank};
                                    });
            reach[f] = reach_of(table, n_values[f]);
        }
    }
}

// The same for columns in CSC, whose rows ascend. A table may need one value more than is stored,
// for zero: that of column f begins at ``indptr[f] + f``.
template <class T>
void encode_sparse(const T* x, const int64_t* indptr, const int32_t*, ptrdiff_t n_rows,
                   ptrdiff_t n_features, uint32_t* stored, uint32_t* zero, float* tables,
                   int64_t* n_values, uint32_t* reach, int n_threads) {
    (void)n_threads;
#pragma omp parallel for schedule(dynamic, 16) num_threads(n_threads)
    for (ptrdiff_t f = 0; f < n_features; f++) {
        const int64_t first = indptr[f];
        const ptrdiff_t m = indptr[f + 1] - first;
        const bool full = m == n_rows;  // else the last item stands for all that are not stored
        std::vector<float> column(x + first, x + first + m);
        if (!full) column.push_back(0.0f);
        const std::vector<mlkit_sort::Item> order =
            mlkit_sort::sort_rows(column.data(), static_cast<ptrdiff_t>(column.size()), 1);
        float* table = tables + first + f;
        zero[f] = 0;
        n_values[f] = rank_rows(column.data(), order, table,
                                [&](ptrdiff_t, uint32_t i, uint32_t rank) {
                                    if (static_cast<ptrdiff_t>(i) < m) stored[first + i] = rank;
                                    else zero[f] = rank;
                                });
        reach[f] = reach_of(table, n_values[f]);
    }
}

// Keys of all values; whether none is infinite.
template <class T>
bool encode_keys(const T* x, ptrdiff_t n_rows, ptrdiff_t n_features, ptrdiff_t row_step,
                 ptrdiff_t column_step, uint32_t* codes, int n_threads) {
    bool finite = true;
    const float infinity = std::numeric_limits<float>::infinity();
    (void)n_threads;
#pragma omp parallel for schedule(static) num_threads(n_threads) reduction(&& : finite)
    for (ptrdiff_t f = 0; f < n_features; f++)
        for (ptrdiff_t i = 0; i < n_rows; i++) {
            const float value = static_cast<float>(x[i * row_step + f * column_step]);
            codes[f * n_rows + i] = Columns::key_of(value);
            finite = finite && value != infinity && value != -infinity;
        }
    return finite;
}

inline void insert_entries(Entry* e, ptrdiff_t m) {
    for (ptrdiff_t i = 1; i < m; i++) {
        const Entry moving = e[i];
        ptrdiff_t j = i;
        for (; j > 0 && moving.code < e[j - 1].code; j--) e[j] = e[j - 1];
        e[j] = moving;
    }
}

// One pass by a digit of the codes, stably.
inline void deal_entries(std::vector<Entry>& entries, std::vector<Entry>& scratch, ptrdiff_t m,
                         uint32_t least, int shift, int digit, std::vector<uint32_t>& counts) {
    const uint32_t mask = (1u << digit) - 1;
    counts.assign(static_cast<size_t>(mask) + 2, 0);
    const Entry* from = entries.data();
    uint32_t* next = counts.data();
    for (ptrdiff_t i = 0; i < m; i++) next[(((from[i].code - least) >> shift) & mask) + 1]++;
    for (size_t k = 1; k < counts.size(); k++) next[k] += next[k - 1];
    Entry* to = scratch.data();
    for (ptrdiff_t i = 0; i < m; i++)
        to[next[((from[i].code - least) >> shift) & mask]++] = from[i];
    entries.swap(scratch);
}

// Entries in order of their codes; which of equal ones is first does not matter, for sums are
// exact. Few are inserted. The others are dealt to about as many buckets as there are entries, by
// the leading bits of where a code lies between the least and the greatest, and each bucket is
// sorted; very many are dealt twice, by the lower half of the bits first.
inline void sort_entries(std::vector<Entry>& entries, std::vector<Entry>& scratch, ptrdiff_t m,
                         std::vector<uint32_t>& counts) {
    if (m <= 24) return insert_entries(entries.data(), m);
    uint32_t least = entries[0].code, most = least;
    for (ptrdiff_t i = 1; i < m; i++) {
        least = std::min(least, entries[i].code);
        most = std::max(most, entries[i].code);
    }
    int bits = 0, wanted = 0;
    for (uint32_t range = most - least; range; range >>= 1) bits++;
    for (ptrdiff_t size = m; size; size >>= 1) wanted++;
    if (bits == 0) return;
    if (m > 8192 && bits > 13) {
        for (int shift = 0, digit = (bits + 1) / 2; shift < bits; shift += digit)
            deal_entries(entries, scratch, m, least, shift, digit, counts);
        return;
    }
    const int shift = std::max(0, bits - std::min(wanted, 13));
    deal_entries(entries, scratch, m, least, shift, bits - shift, counts);
    if (shift == 0) return;
    Entry* e = entries.data();
    ptrdiff_t begin = 0;
    for (size_t k = 0; k + 1 < counts.size(); k++) {
        const ptrdiff_t end = counts[k];
        if (end - begin > 24)
            std::sort(e + begin, e + end, [](const Entry& a, const Entry& b) {
                return a.code != b.code ? a.code < b.code : a.tag < b.tag;
            });
        else if (end - begin > 1) insert_entries(e + begin, end - begin);
        begin = end;
    }
}

}  // namespace mlkit_tree
#endif
