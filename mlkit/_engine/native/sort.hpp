// Stable radix sort of rows by a key, and running counts over sorted rows.
//
// A key becomes an unsigned number of the same order. The leading 32 bits of its distance from
// the least key are sorted first, eleven bits a pass, last digit first; rows that agree in these
// and differ behind them, few unless the data are made so, are sorted by the rest. Rows are
// cut into chunks by their number alone, and a stable order is unique, so that the number of
// threads changes nothing.
#ifndef MLKIT_SORT_HPP
#define MLKIT_SORT_HPP

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace mlkit_sort {

struct Item {
    uint32_t key, row;
};

// 2048 streams of writes stay in the second-level cache; three passes make 32 bits.
const int DIGIT = 11;
const uint32_t BUCKETS = 1u << DIGIT;
// Below this a run is sorted by insertion, then by merging, before counting buckets pays.
const ptrdiff_t FEW = 24, SOME = 1500;
const ptrdiff_t CHUNK_ROWS = 1 << 16, MOST_CHUNKS = 32;

inline uint64_t key_of(double x) {
    if (x != x) return UINT64_MAX;
    x += 0.0;  // −0 becomes 0, for they are equal
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | (1ull << 63);
}
inline uint64_t key_of(float x) {
    if (x != x) return UINT32_MAX;
    x += 0.0f;
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 31 ? static_cast<uint32_t>(~bits) : bits | (1u << 31);
}
inline uint64_t key_of(int64_t x) { return static_cast<uint64_t>(x) ^ (1ull << 63); }
inline uint64_t key_of(uint64_t x) { return x; }

struct Chunks {
    ptrdiff_t n, number, rows;
    explicit Chunks(ptrdiff_t n) : n(n) {
        number = std::min(std::max<ptrdiff_t>(n / CHUNK_ROWS, 1), MOST_CHUNKS);
        rows = (n + number - 1) / number;
    }
    ptrdiff_t begin(ptrdiff_t chunk) const { return std::min(chunk * rows, n); }
    ptrdiff_t end(ptrdiff_t chunk) const { return std::min((chunk + 1) * rows, n); }
};

// One stable pass by the digit at `shift`; false if all rows share it and nothing moved.
inline bool radix_pass(const Item* from, Item* to, const Chunks& chunks, int shift,
                       std::vector<uint32_t>& starts, int n_threads) {
    uint32_t* table = starts.data();
    (void)n_threads;
#pragma omp parallel for schedule(static) num_threads(n_threads)
    for (ptrdiff_t c = 0; c < chunks.number; c++) {
        uint32_t* count = table + c * BUCKETS;
        memset(count, 0, BUCKETS * sizeof *count);
        for (ptrdiff_t i = chunks.begin(c); i < chunks.end(c); i++)
            count[(from[i].key >> shift) & (BUCKETS - 1)]++;
    }
    uint32_t total = 0;
    for (uint32_t digit = 0; digit < BUCKETS; digit++) {
        const uint32_t before = total;
        for (ptrdiff_t c = 0; c < chunks.number; c++) {
            uint32_t& cell = table[c * BUCKETS + digit];
            const uint32_t count = cell;
            cell = total;
            total += count;
        }
        if (total - before == static_cast<uint32_t>(chunks.n)) return false;
    }
#pragma omp parallel for schedule(static) num_threads(n_threads)
    for (ptrdiff_t c = 0; c < chunks.number; c++) {
        uint32_t* next = table + c * BUCKETS;
        for (ptrdiff_t i = chunks.begin(c); i < chunks.end(c); i++)
            to[next[(from[i].key >> shift) & (BUCKETS - 1)]++] = from[i];
    }
    return true;
}

inline bool by_key(const Item& a, const Item& b) { return a.key < b.key; }

inline void insert(Item* items, ptrdiff_t n) {
    for (ptrdiff_t i = 1; i < n; i++) {
        const Item moving = items[i];
        ptrdiff_t j = i;
        for (; j > 0 && moving.key < items[j - 1].key; j--) items[j] = items[j - 1];
        items[j] = moving;
    }
}

// Sort items by the `bits` bits of their keys, stably; `scratch` is as long.
inline void sort_items(Item* items, Item* scratch, ptrdiff_t n, int bits, int n_threads) {
    if (n <= FEW) return insert(items, n);
    if (n <= SOME) return std::stable_sort(items, items + n, by_key);
    const Chunks chunks(n);
    std::vector<uint32_t> starts(static_cast<size_t>(chunks.number) * BUCKETS);
    Item *from = items, *to = scratch;
    for (int shift = 0; shift < bits; shift += DIGIT)
        if (radix_pass(from, to, chunks, shift, starts, n_threads)) std::swap(from, to);
    if (from != items) memcpy(items, from, n * sizeof *items);
}

inline int width_of(uint64_t x) {
    int bits = 0;
    for (; x; x >>= 1) bits++;
    return bits;
}

// Rows in increasing order of x; of equal ones, the earlier row first; NaN last.
template <class T>
std::vector<Item> sort_rows(const T* x, ptrdiff_t n, int n_threads) {
    std::vector<Item> items(n), scratch(n > FEW ? n : 0);
    const Chunks chunks(n);
    std::vector<uint64_t> least(chunks.number, UINT64_MAX), most(chunks.number, 0);
#pragma omp parallel for schedule(static) num_threads(n_threads)
    for (ptrdiff_t c = 0; c < chunks.number; c++) {
        uint64_t low = UINT64_MAX, high = 0;
        for (ptrdiff_t i = chunks.begin(c); i < chunks.end(c); i++) {
            const uint64_t key = key_of(x[i]);
            low = std::min(low, key);
            high = std::max(high, key);
        }
        least[c] = low;
        most[c] = high;
    }
    const uint64_t low = *std::min_element(least.begin(), least.end());
    const int width = n ? width_of(*std::max_element(most.begin(), most.end()) - low) : 0;
    const int rest = width > 32 ? width - 32 : 0;
    Item* out = items.data();
#pragma omp parallel for schedule(static) num_threads(n_threads)
    for (ptrdiff_t c = 0; c < chunks.number; c++)
        for (ptrdiff_t i = chunks.begin(c); i < chunks.end(c); i++) {
            out[i].key = static_cast<uint32_t>((key_of(x[i]) - low) >> rest);
            out[i].row = static_cast<uint32_t>(i);
        }
    sort_items(out, scratch.data(), n, width - rest, n_threads);
    if (!rest) return items;
    for (ptrdiff_t begin = 0, end; begin < n; begin = end) {
        const uint32_t leading = out[begin].key;
        for (end = begin + 1; end < n && out[end].key == leading; end++) {}
        if (end - begin == 1) continue;
        const uint64_t mask = (1ull << rest) - 1;
        for (ptrdiff_t i = begin; i < end; i++)
            out[i].key = static_cast<uint32_t>((key_of(x[out[i].row]) - low) & mask);
        sort_items(out + begin, scratch.data(), end - begin, rest, n_threads);
        for (ptrdiff_t i = begin; i < end; i++) out[i].key = leading;
    }
    return items;
}

template <class T>
void argsort(const T* x, ptrdiff_t n, bool descending, int n_threads, ptrdiff_t* out) {
    const std::vector<Item> items = sort_rows(x, n, n_threads);
    if (!descending) {
        for (ptrdiff_t i = 0; i < n; i++) out[i] = items[i].row;
        return;
    }
    // Backwards run by run, so that equal rows stay in their order.
    ptrdiff_t place = 0;
    for (ptrdiff_t end = n, begin; end > 0; end = begin) {
        const uint64_t key = key_of(x[items[end - 1].row]);
        begin = end - 1;
        while (begin > 0 && items[begin - 1].key == items[end - 1].key &&
               key_of(x[items[begin - 1].row]) == key)
            begin--;
        for (ptrdiff_t i = begin; i < end; i++) out[place++] = items[i].row;
    }
}

// Visit the distinct scores from the highest down: visit(score, weight of negative rows so far,
// weight of positive rows so far). Null weights are ones.
template <class T, class Visit>
void walk_down(const T* score, const uint8_t* positive, const double* weight, ptrdiff_t n,
               int n_threads, Visit&& visit) {
    const std::vector<Item> items = sort_rows(score, n, n_threads);
    double sums[2] = {0.0, 0.0};
    // Rows come in no order of memory: they are asked for before they are needed.
    const ptrdiff_t AHEAD = 16;
    for (ptrdiff_t i = n - 1; i >= 0; i--) {
        const uint32_t row = items[i].row;
#if defined(__GNUC__)
        if (i >= AHEAD) {
            __builtin_prefetch(score + items[i - AHEAD].row);
            __builtin_prefetch(positive + items[i - AHEAD].row);
            if (weight) __builtin_prefetch(weight + items[i - AHEAD].row);
        }
#endif
        sums[positive[row]] += weight ? weight[row] : 1.0;
        if (i == 0 || items[i - 1].key != items[i].key || score[items[i - 1].row] != score[row])
            visit(score[row], sums[0], sums[1]);
    }
}

// Negative scores to the front half `low`, positive ones to `high`, each after a first entry of −∞.
template <class T>
void split(const T* score, const uint8_t* positive, ptrdiff_t n, T* low, T* high) {
    *low++ = -std::numeric_limits<T>::infinity();
    *high++ = -std::numeric_limits<T>::infinity();
    for (ptrdiff_t i = 0; i < n; i++) {
        // Both are written, and the right one kept: labels are too random to predict a branch.
        *low = *high = score[i];
        high += positive[i] != 0;
        low += positive[i] == 0;
    }
}

// What `walk_down` visits, for weights of 1 and scores that `split` parted and that then were
// sorted; `visit(score, fp, tp, last)` is called for each row or two, `last` true at the end of
// rows that are tied. No branch depends on the data. Entry 0 of both is the −∞ before the first.
template <class T, class Visit>
void merge_down(const T* low, ptrdiff_t n_low, const T* high, ptrdiff_t n_high, Visit&& visit) {
    ptrdiff_t i = n_low, j = n_high;
    T top = low[i] > high[j] ? low[i] : high[j];
    while (i + j > 0) {
        const ptrdiff_t take_low = (low[i] == top) & (i > 0), take_high = (high[j] == top) & (j > 0);
        i -= take_low;
        j -= take_high;
        const T next = low[i] > high[j] ? low[i] : high[j];
        // At the end all rows are taken, whatever the −∞ before the first is equal to.
        const bool last = (next != top) | (i + j == 0);
        visit(top, static_cast<double>(n_low - i), static_cast<double>(n_high - j), last);
        top = next;
    }
}

// Rows by weight: sorted with their weights; without: two sorted halves, merged.
template <class T>
struct Rows {
    const T* score;
    const uint8_t* positive;
    const double* weight;
    ptrdiff_t n;
    int n_threads;
    template <class Visit>
    void walk(Visit&& visit) const {
        walk_down(score, positive, weight, n, n_threads,
                  [&](T s, double fp, double tp) { visit(s, fp, tp, true); });
    }
};
template <class T>
struct Halves {
    const T *low, *high;
    ptrdiff_t n_low, n_high;
    template <class Visit>
    void walk(Visit&& visit) const {
        merge_down(low, n_low, high, n_high, visit);
    }
};

template <class Source, class T>
ptrdiff_t running_counts(const Source& rows, double* fps, double* tps, T* thresholds) {
    ptrdiff_t m = 0;
    rows.walk([&](T s, double fp, double tp, bool last) {
        thresholds[m] = s;
        fps[m] = fp;
        tps[m] = tp;
        m += last;
    });
    return m;
}

// The running counts where the curve bends: the first, the last, and those between unequal steps.
template <class Source, class T>
ptrdiff_t running_bends(const Source& rows, double* fps, double* tps, T* thresholds) {
    ptrdiff_t m = 0;
    double fp_here = 0.0, tp_here = 0.0, fp_step = -1.0, tp_step = -1.0;
    T here = 0;
    bool any = false;
    // A point is written when the next is known; what follows overwrites one that is on a line.
    rows.walk([&](T s, double fp, double tp, bool last) {
        if (!last) return;
        if (any) {
            const double fp_next = fp - fp_here, tp_next = tp - tp_here;
            thresholds[m] = here;
            fps[m] = fp_here;
            tps[m] = tp_here;
            m += (fp_next != fp_step) | (tp_next != tp_step);
            fp_step = fp_next;
            tp_step = tp_next;
        }
        here = s;
        fp_here = fp;
        tp_here = tp;
        any = true;
    });
    if (any) {
        thresholds[m] = here;
        fps[m] = fp_here;
        tps[m++] = tp_here;
    }
    return m;
}

// Area between the running counts, not divided by their totals.
template <class Source>
double roc_area(const Source& rows, double* totals) {
    double area = 0.0, fp_before = 0.0, tp_before = 0.0;
    rows.walk([&](auto, double fp, double tp, bool last) {
        area += last ? (fp - fp_before) * (tp + tp_before) : 0.0;
        fp_before = last ? fp : fp_before;
        tp_before = last ? tp : tp_before;
    });
    totals[0] = fp_before;
    totals[1] = tp_before;
    return area / 2;
}

// Σ (TP − TP before) · precision, not divided by the total of positives.
template <class Source>
double precision_area(const Source& rows, double* totals) {
    double area = 0.0, fp_last = 0.0, tp_before = 0.0;
    rows.walk([&](auto, double fp, double tp, bool last) {
        const double precision = tp + fp != 0.0 ? tp / (tp + fp) : 0.0;
        area += last ? (tp - tp_before) * precision : 0.0;
        fp_last = fp;
        tp_before = last ? tp : tp_before;
    });
    totals[0] = fp_last;
    totals[1] = tp_before;
    return area;
}

}  // namespace mlkit_sort

#endif
