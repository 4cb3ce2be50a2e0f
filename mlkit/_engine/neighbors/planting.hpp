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

// Box of n rows; `width` is a multiple of eight.
static inline void bound_rows(const double* rows, ptrdiff_t width, ptrdiff_t n, double* low,
                              double* high) {
    for (ptrdiff_t j = 0; j < width; j += 8) {
        double least[8], most[8];
        std::copy(rows + j, rows + j + 8, least);
        std::copy(rows + j, rows + j + 8, most);
        for (ptrdiff_t i = 1; i < n; i++) {
            const double* row = rows + i * width + j;
            for (int l = 0; l < 8; l++) {
                least[l] = row[l] < least[l] ? row[l] : least[l];
                most[l] = row[l] > most[l] ? row[l] : most[l];
            }
        }
        std::copy(least, least + 8, low + j);
        std::copy(most, most + 8, high + j);
    }
}

// Moves n rows, and their numbers in `order`, so that the first half is below the rest in the
// widest column; equal values go by place. Rows of a node stay side by side, which is what makes
// every pass over them quick. Returns false if memory ran out.
static inline bool halve(double* rows, ptrdiff_t width, int64_t* order, ptrdiff_t n,
                         const double* low, const double* high) noexcept {
    ptrdiff_t widest = 0;
    for (ptrdiff_t j = 1; j < width; j++)
        if (high[j] - low[j] > high[widest] - low[widest]) widest = j;
    try {
        std::vector<Keyed> keys(n);
        for (ptrdiff_t i = 0; i < n; i++) keys[i] = {rows[i * width + widest], i};
        std::nth_element(keys.begin(), keys.begin() + n / 2, keys.end());
        std::vector<double> moved(n * width);
        std::vector<int64_t> numbers(n);
        for (ptrdiff_t i = 0; i < n; i++) {
            const double* from = rows + keys[i].row * width;
            std::copy(from, from + width, moved.begin() + i * width);
            numbers[i] = order[keys[i].row];
        }
        std::copy(moved.begin(), moved.end(), rows);
        std::copy(numbers.begin(), numbers.end(), order);
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
