// Newton's step on the variables between their bounds: where these are the right ones, it ends at
// the minimum, to rounding, by whatever way they were found.
#ifndef MLKIT_DUAL_POLISH_HPP
#define MLKIT_DUAL_POLISH_HPP

#include <math.h>
#include <stddef.h>

#include <algorithm>
#include <vector>

#include "dual.hpp"

namespace mlkit_dual {

// Variables between their bounds for which a factorisation takes no longer than the descent did.
const ptrdiff_t MOST_FREE = 128;

class Polish {
   public:
    explicit Polish(const WorkingSet& set) : s_(set), n_(set.start[set.n_groups]) {}

    // Step to the minimum over the free variables, or as far as their bounds allow; false if there
    // are too few or too many, or the minimum is flat along most of them, and one of many.
    bool step() {
        find_free();
        const ptrdiff_t m = ptrdiff_t(free_.size());
        if (m == 0 || m > MOST_FREE) return false;
        factorize();
        if (2 * std::count(left_out_.begin(), left_out_.end(), 1) > m) return false;
        solve();
        move();
        return true;
    }

   private:
    // In each group the first free variable goes down by what the others go up, so that the sum
    // stays: it is the partner of the others.
    void find_free() {
        free_.clear();
        partner_.clear();
        for (ptrdiff_t g = 0; g < s_.n_groups; g++) {
            ptrdiff_t first = -1;
            for (ptrdiff_t v = s_.start[g]; v < s_.start[g + 1]; v++) {
                if (s_.up[v] != 0 || s_.down[v] != 0) continue;
                if (first >= 0) {
                    free_.push_back(v);
                    partner_.push_back(first);
                }
                first = first < 0 ? v : first;
            }
        }
    }

    double curvature(ptrdiff_t a, ptrdiff_t b) const {
        const double* own = s_.K + free_[a] * n_;
        const double* other = s_.K + partner_[a] * n_;
        return (own[free_[b]] - own[partner_[b]]) - (other[free_[b]] - other[partner_[b]]);
    }

    // Cholesky's factors by rows. A direction that others nearly span, or along which the kernel
    // bends down, is left out.
    void factorize() {
        const ptrdiff_t m = ptrdiff_t(free_.size());
        L_.assign(m * m, 0.0);
        left_out_.assign(m, 0);
        for (ptrdiff_t a = 0; a < m; a++) {
            double* row = L_.data() + a * m;
            for (ptrdiff_t b = 0; b <= a; b++) {
                if (left_out_[b]) continue;
                const double* other = L_.data() + b * m;
                const double whole = curvature(a, b);
                double rest = whole;
                for (ptrdiff_t k = 0; k < b; k++) rest -= row[k] * other[k];
                if (b < a) {
                    row[b] = rest / other[b];
                } else if (rest > 1e-10 * whole) {
                    row[a] = sqrt(rest);
                } else {
                    left_out_[a] = 1;
                    std::fill(row, row + m, 0.0);
                }
            }
        }
    }

    void solve() {
        const ptrdiff_t m = ptrdiff_t(free_.size());
        direction_.assign(m, 0.0);
        for (ptrdiff_t a = 0; a < m; a++) {
            if (left_out_[a]) continue;
            double rest = s_.gradient[partner_[a]] - s_.gradient[free_[a]];
            for (ptrdiff_t k = 0; k < a; k++) rest -= L_[a * m + k] * direction_[k];
            direction_[a] = rest / L_[a * m + a];
        }
        for (ptrdiff_t a = m - 1; a >= 0; a--) {
            if (left_out_[a]) continue;
            double rest = direction_[a];
            for (ptrdiff_t k = a + 1; k < m; k++)
                if (!left_out_[k]) rest -= L_[k * m + a] * direction_[k];
            direction_[a] = rest / L_[a * m + a];
        }
    }

    void move() {
        const ptrdiff_t m = ptrdiff_t(free_.size());
        change_.assign(n_, 0.0);
        for (ptrdiff_t a = 0; a < m; a++) {
            change_[free_[a]] += direction_[a];
            change_[partner_[a]] -= direction_[a];
        }
        double size = 1.0;
        for (ptrdiff_t v = 0; v < n_; v++) {
            if (change_[v] > 0) size = std::min(size, (s_.upper[v] - s_.value[v]) / change_[v]);
            if (change_[v] < 0) size = std::min(size, (s_.lower[v] - s_.value[v]) / change_[v]);
        }
        for (ptrdiff_t v = 0; v < n_; v++) {
            if (change_[v] == 0) continue;
            const double by = size * change_[v];
            // Which bound ends the step is a matter of rounding for those that reach it together.
            const double near = 1e-12 * fabs(change_[v]);
            s_.value[v] += by;
            if (s_.value[v] > s_.upper[v] - near && by > 0) s_.value[v] = s_.upper[v];
            if (s_.value[v] < s_.lower[v] + near && by < 0) s_.value[v] = s_.lower[v];
            s_.up[v] = s_.value[v] < s_.upper[v] ? 0 : INFINITY;
            s_.down[v] = s_.value[v] > s_.lower[v] ? 0 : -INFINITY;
            const double* row = s_.K + v * n_;
            for (ptrdiff_t k = 0; k < n_; k++) s_.gradient[k] += by * row[k];
        }
    }

    const WorkingSet& s_;
    const ptrdiff_t n_;
    std::vector<ptrdiff_t> free_, partner_;
    std::vector<double> L_, direction_, change_;
    std::vector<char> left_out_;
};

}  // namespace mlkit_dual

#endif
