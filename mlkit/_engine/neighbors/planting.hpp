// Rows cut in halves again and again, at the median of the column that is widest.
#ifndef MLKIT_PLANTING_HPP
#define MLKIT_PLANTING_HPP

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <vector>

struct Keyed {
    double value;
    int64_t row;
    bool operator<(const Keyed& other) const {
        return value < other.value || (value == other.value && row < other.row);
    }
};

// Box of the rows order[start .. end - 1].
static inline void bound_rows(const double* rows, ptrdiff_t width, const int64_t* order,
                              ptrdiff_t start, ptrdiff_t end, double* low, double* high) {
    const double* first = rows + order[start] * width;
    std::copy(first, first + width, low);
    std::copy(first, first + width, high);
    for (ptrdiff_t i = start + 1; i < end; i++) {
        const double* row = rows + order[i] * width;
        for (ptrdiff_t j = 0; j < width; j++) {
            low[j] = std::min(low[j], row[j]);
            high[j] = std::max(high[j], row[j]);
        }
    }
}

// Reorders order[start .. end - 1] so that the first half is below the rest in the widest column;
// equal values go by row. Within the halves the order is that of the selection, which is fixed.
// Returns false if memory ran out.
static inline bool halve(const double* rows, ptrdiff_t width, int64_t* order, ptrdiff_t start,
                         ptrdiff_t end, const double* low, const double* high) noexcept {
    ptrdiff_t widest = 0;
    for (ptrdiff_t j = 1; j < width; j++)
        if (high[j] - low[j] > high[widest] - low[widest]) widest = j;
    try {
        std::vector<Keyed> keys(end - start);
        for (ptrdiff_t i = start; i < end; i++)
            keys[i - start] = {rows[order[i] * width + widest], order[i]};
        std::nth_element(keys.begin(), keys.begin() + (end - start) / 2, keys.end());
        for (ptrdiff_t i = start; i < end; i++) order[i] = keys[i - start].row;
    } catch (...) {
        return false;
    }
    return true;
}

// Sorts pairs by index, or by distance and index.
static inline bool sort_pairs(double* distance, int64_t* index, ptrdiff_t n,
                              bool by_distance) noexcept {
    try {
        std::vector<Keyed> keys(n);
        for (ptrdiff_t i = 0; i < n; i++) keys[i] = {distance[i], index[i]};
        if (by_distance)
            std::sort(keys.begin(), keys.end());
        else
            std::sort(keys.begin(), keys.end(),
                      [](const Keyed& a, const Keyed& b) { return a.row < b.row; });
        for (ptrdiff_t i = 0; i < n; i++) {
            distance[i] = keys[i].value;
            index[i] = keys[i].row;
        }
    } catch (...) {
        return false;
    }
    return true;
}

#endif
