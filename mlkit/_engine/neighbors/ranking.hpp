// The k nearest so far, as a heap whose top is the worst; equal distances rank by index.
#ifndef MLKIT_RANKING_HPP
#define MLKIT_RANKING_HPP

#include <math.h>
#include <stddef.h>
#include <stdint.h>

namespace {

struct Ranking {
    double* distance;
    int64_t* index;
    ptrdiff_t k, size;

    Ranking(double* distance, int64_t* index, ptrdiff_t k)
        : distance(distance), index(index), k(k), size(0) {}

    // Nothing beyond it can enter.
    double bound() const { return size < k ? HUGE_VAL : distance[0]; }

    // Whether slot a ranks behind (d, i).
    bool behind(ptrdiff_t a, double d, int64_t i) const {
        return distance[a] > d || (distance[a] == d && index[a] > i);
    }
    void put(ptrdiff_t slot, double d, int64_t i) {
        distance[slot] = d;
        index[slot] = i;
    }
    void sink(ptrdiff_t slot, ptrdiff_t n, double d, int64_t i) {
        for (;;) {
            ptrdiff_t child = 2 * slot + 1;
            if (child >= n) break;
            if (child + 1 < n && behind(child + 1, distance[child], index[child])) child++;
            if (!behind(child, d, i)) break;
            put(slot, distance[child], index[child]);
            slot = child;
        }
        put(slot, d, i);
    }
    bool push(double d, int64_t i) {
        if (size < k) {
            ptrdiff_t slot = size++;
            while (slot && !behind((slot - 1) / 2, d, i)) {
                put(slot, distance[(slot - 1) / 2], index[(slot - 1) / 2]);
                slot = (slot - 1) / 2;
            }
            put(slot, d, i);
            return true;
        }
        if (!behind(0, d, i)) return false;
        sink(0, size, d, i);
        return true;
    }
    // Turns the heap into ascending order.
    void sort() {
        for (ptrdiff_t n = size - 1; n > 0; n--) {
            const double d = distance[n];
            const int64_t i = index[n];
            put(n, distance[0], index[0]);
            sink(0, n, d, i);
        }
    }
};

}  // namespace

#endif
