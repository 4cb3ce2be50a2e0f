// Values of chosen ranks of a column: counted into even buckets, of which only those that hold
// a wanted rank are looked at again.
#ifndef MLKIT_SELECT_HPP
#define MLKIT_SELECT_HPP

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace mlkit_select {

// Counts of buckets stay in the first cache.
const int BUCKETS = 4096;
// Below this a column is searched as it is.
const ptrdiff_t FEW = 4 * BUCKETS;
// From so many ranks on sorting all costs no more than searching for each.
const ptrdiff_t MANY = 64;

// Put the values of ascending ranks in their places; the middle one first, which halves the
// search for the others.
template <class T>
void settle(T* x, ptrdiff_t begin, ptrdiff_t end, const ptrdiff_t* ranks, ptrdiff_t n_ranks) {
    while (n_ranks > 0 && end - begin > 1) {
        const ptrdiff_t middle = n_ranks / 2, rank = ranks[middle];
        std::nth_element(x + begin, x + rank, x + end);
        settle(x, begin, rank, ranks, middle);
        ranks += middle + 1;
        n_ranks -= middle + 1;
        begin = rank + 1;
    }
}

template <class T>
void in_place(T* x, ptrdiff_t n, const ptrdiff_t* ranks, ptrdiff_t n_ranks, double* out) {
    if (n_ranks > MANY)
        std::sort(x, x + n);
    else
        settle(x, 0, n, ranks, n_ranks);
    for (ptrdiff_t k = 0; k < n_ranks; ++k) out[k] = x[ranks[k]];
}

// x has no NaN; it may be reordered. Ranks ascend.
template <class T>
void select(T* x, ptrdiff_t n, const ptrdiff_t* ranks, ptrdiff_t n_ranks, double* out) {
    if (n < FEW || n_ranks > MANY) return in_place(x, n, ranks, n_ranks, out);
    T low = x[0], high = x[0];
    for (ptrdiff_t i = 0; i < n; ++i) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    const double scale = (BUCKETS - 1) / (static_cast<double>(high) - static_cast<double>(low));
    // A constant column, or one whose range is no number.
    if (!std::isfinite(scale) || !std::isfinite(high - low) || scale == 0)
        return in_place(x, n, ranks, n_ranks, out);
    const double least = low;
    // Rounding keeps the order: a greater value is in no lower bucket.
    auto bucket = [=](T value) { return static_cast<int32_t>((value - least) * scale); };
    std::vector<ptrdiff_t> begin(BUCKETS + 1, 0), place(BUCKETS, -1);
    for (ptrdiff_t i = 0; i < n; ++i) ++begin[bucket(x[i]) + 1];
    for (int b = 0; b < BUCKETS; ++b) begin[b + 1] += begin[b];
    ptrdiff_t total = 0;
    for (ptrdiff_t k = 0, b = 0; k < n_ranks; ++k) {
        while (begin[b + 1] <= ranks[k]) ++b;
        if (place[b] >= 0) continue;
        place[b] = total;
        total += begin[b + 1] - begin[b];
    }
    std::vector<T> kept(total);
    for (ptrdiff_t i = 0; i < n; ++i) {
        const int32_t b = bucket(x[i]);
        if (place[b] >= 0) kept[place[b]++] = x[i];
    }
    std::vector<ptrdiff_t> inside;
    for (ptrdiff_t k = 0, b = 0; k < n_ranks;) {
        while (begin[b + 1] <= ranks[k]) ++b;
        inside.clear();
        const ptrdiff_t first = k;
        for (; k < n_ranks && ranks[k] < begin[b + 1]; ++k) inside.push_back(ranks[k] - begin[b]);
        const ptrdiff_t size = begin[b + 1] - begin[b];
        in_place(kept.data() + place[b] - size, size, inside.data(),
                 static_cast<ptrdiff_t>(inside.size()), out + first);
    }
}

}  // namespace mlkit_select

#endif
