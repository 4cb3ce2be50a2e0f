// The weighted median of each row of a table of predictions.
#ifndef MLKIT_TREE_FOREST_MEDIAN_HPP
#define MLKIT_TREE_FOREST_MEDIAN_HPP

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <vector>

namespace mlkit_tree {

struct Said {
    double value, weight;
    ptrdiff_t model;
    bool operator<(const Said& other) const {
        return value != other.value ? value < other.value : model < other.model;
    }
};

// The least prediction that has half of the weight at or below it; rows are a thread's alone.
inline void median_rows(const double* values, const int64_t* place, ptrdiff_t n_rows,
                        ptrdiff_t n_models, const double* weight, double* out, int n_threads) {
    (void)n_threads;
#pragma omp parallel num_threads(n_threads)
    {
        std::vector<Said> said(n_models);
#pragma omp for schedule(static)
        for (ptrdiff_t i = 0; i < n_rows; i++) {
            for (ptrdiff_t k = 0; k < n_models; k++) {
                const ptrdiff_t at = i * n_models + k;
                said[k] = Said{values[place ? place[at] : at], weight[k], k};
            }
            std::sort(said.begin(), said.end());
            double all = 0, below = 0;
            for (const Said& one : said) all += one.weight;
            ptrdiff_t k = 0;
            while (k + 1 < n_models && (below += said[k].weight) < 0.5 * all) k++;
            out[i] = said[k].value;
        }
    }
}

}  // namespace mlkit_tree
#endif
