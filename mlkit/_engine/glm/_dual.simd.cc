// Passes of dual coordinate descent, compiled once for each level of the processor.
#include <math.h>

#include "draws.hpp"
#include "dual.hpp"
#include "rows.hpp"

namespace {

// How far a coordinate is from optimal, and by how much it is inside what keeps it where it is:
// one of the two is zero. `slope` is ∂/∂β without the linear terms.
struct Standing {
    double violation, slack;
};

inline Standing standing(double beta, double slope, double lower, double upper, double bound) {
    if (beta == 0.0) {
        const double up = lower - slope, down = slope - upper;  // would rise, would fall
        const double most = up > down ? up : down;
        return most > 0 ? Standing{most, 0.0} : Standing{0.0, -most};
    }
    // At its bound a coordinate may only come back.
    const double excess = beta > 0 ? slope - lower : upper - slope;
    if (fabs(beta) < bound) return {fabs(excess), 0.0};
    return excess > 0 ? Standing{excess, 0.0} : Standing{0.0, -excess};
}

// The minimiser along one coordinate.
inline double minimiser(double beta, double slope, double lower, double upper, double bound,
                        double curvature) {
    const double rise = beta - (slope - lower) / curvature;
    if (rise > 0) return rise < bound ? rise : bound;
    const double fall = beta - (slope - upper) / curvature;
    if (fall < 0) return fall > -bound ? fall : -bound;
    return 0.0;
}

template <class Rows>
void pass(const Rows& rows, DualPass& s) {
    s.seed = shuffle_rows(s.active, s.n_active, s.seed);
    s.worst = 0.0;
    for (ptrdiff_t k = 0; k < s.n_active;) {
        if (k + 2 * AHEAD < s.n_active) {
            const ptrdiff_t later = s.active[k + 2 * AHEAD];
            rows.fetch_start(later);
            __builtin_prefetch(s.lower + later);
            __builtin_prefetch(s.upper + later);
            __builtin_prefetch(s.beta + later);
            __builtin_prefetch(s.bound + later);
            __builtin_prefetch(s.curvature + later);
        }
        if (k + AHEAD < s.n_active) rows.fetch(s.active[k + AHEAD]);
        const ptrdiff_t i = s.active[k];
        const auto row = rows(i);
        const double beta = s.beta[i];
        const double slope = row.dot(s.w) + s.bias * s.w_bias + s.ridge[i] * beta;
        const Standing now = standing(beta, slope, s.lower[i], s.upper[i], s.bound[i]);
        if (now.slack > s.limit) {
            --s.n_active;
            s.active[k] = s.active[s.n_active];
            s.active[s.n_active] = static_cast<int32_t>(i);
            continue;
        }
        ++k;
        if (now.violation > s.worst) s.worst = now.violation;
        const double next = now.violation == 0.0
                                ? beta
                                : minimiser(beta, slope, s.lower[i], s.upper[i], s.bound[i],
                                            s.curvature[i]);
        if (next != beta) {
            s.beta[i] = next;
            row.axpy(next - beta, s.w);
            s.w_bias += (next - beta) * s.bias;
        }
    }
}

// slope_k = w_k x + [k ≠ y], for all classes.
template <class Row>
inline void class_slopes(const Row& row, const ClassPass& s, ptrdiff_t label, double* slope) {
    const double* bias_row = s.w + s.p * s.k;
    for (ptrdiff_t c = 0; c < s.k; ++c) slope[c] = s.bias * bias_row[c] + 1.0;
    slope[label] -= 1.0;
    row.each_entry([&](ptrdiff_t j, double x) {
        const double* w = s.w + j * s.k;
#pragma omp simd
        for (ptrdiff_t c = 0; c < s.k; ++c) slope[c] += x * w[c];
    });
}

// α minimises ‖α‖² A/2 + b α over Σ α = 0, α ≤ C at the label and α ≤ 0 elsewhere: entries are
// min(bound, (θ − b)/A), with θ found from the entries that are free, the greatest of b + A bound.
inline void class_minimiser(const ClassPass& s, ptrdiff_t label, double cost, double square,
                            const double* b, double* sorted, double* alpha) {
    for (ptrdiff_t c = 0; c < s.k; ++c) {
        double value = b[c] + (c == label ? square * cost : 0.0);
        ptrdiff_t at = c;  // by insertion: classes are few, and nearly in order from the last visit
        for (; at > 0 && sorted[at - 1] < value; --at) sorted[at] = sorted[at - 1];
        sorted[at] = value;
    }
    double theta = sorted[0] - square * cost;
    ptrdiff_t free = 1;
    for (; free < s.k && theta < static_cast<double>(free) * sorted[free]; ++free)
        theta += sorted[free];
    theta /= static_cast<double>(free);
    for (ptrdiff_t c = 0; c < s.k; ++c) {
        const double most = c == label ? cost : 0.0, value = (theta - b[c]) / square;
        alpha[c] = value < most ? value : most;
    }
}

// The greatest slope of a class that is not the label.
inline double runner_up(const ClassPass& s, const double* slope, ptrdiff_t label) {
    double greatest = -INFINITY;
    for (ptrdiff_t c = 0; c < s.k; ++c)
        if (c != label && slope[c] > greatest) greatest = slope[c];
    return greatest;
}

template <class Rows>
void classes(const Rows& rows, ClassPass& s) {
    s.seed = shuffle_rows(s.active, s.n_active, s.seed);
    s.worst = 0.0;
    double *slope = s.scratch, *sorted = s.scratch + s.k, *next = s.scratch + 2 * s.k;
    for (ptrdiff_t m = 0; m < s.n_active;) {
        if (m + AHEAD < s.n_active) rows.fetch(s.active[m + AHEAD]);
        const ptrdiff_t i = s.active[m], label = s.label[i];
        const double cost = s.cost[i], square = s.square[i];
        const auto row = rows(i);
        double* alpha = s.alpha + i * s.k;
        class_slopes(row, s, label, slope);
        double greatest = -INFINITY, least = INFINITY;
        bool interior = false;
        for (ptrdiff_t c = 0; c < s.k; ++c) {
            if (slope[c] > greatest) greatest = slope[c];
            const bool at_bound = alpha[c] >= (c == label ? cost : 0.0);
            if (!at_bound && slope[c] < least) least = slope[c];
            interior = interior || (!at_bound && c != label);
        }
        const double violation = greatest > least ? greatest - least : 0.0;
        // All at zero, and the label ahead by more than what is amiss elsewhere.
        if (violation == 0.0 && !interior && least - runner_up(s, slope, label) > s.limit) {
            --s.n_active;
            s.active[m] = s.active[s.n_active];
            s.active[s.n_active] = static_cast<int32_t>(i);
            continue;
        }
        ++m;
        if (violation > s.worst) s.worst = violation;
        if (violation == 0.0) continue;
        for (ptrdiff_t c = 0; c < s.k; ++c) slope[c] -= square * alpha[c];
        class_minimiser(s, label, cost, square, slope, sorted, next);
        for (ptrdiff_t c = 0; c < s.k; ++c) {
            const double change = next[c] - alpha[c];
            alpha[c] = next[c];
            next[c] = change;
        }
        double* bias_row = s.w + s.p * s.k;
        for (ptrdiff_t c = 0; c < s.k; ++c) bias_row[c] += s.bias * next[c];
        row.each_entry([&](ptrdiff_t j, double x) {
            double* w = s.w + j * s.k;
#pragma omp simd
            for (ptrdiff_t c = 0; c < s.k; ++c) w[c] += x * next[c];
        });
    }
}

// Rows at rest are left out as long as others move, then all are looked at once more.
template <class State, class F>
void repeat(State& s, ptrdiff_t most, double tol, const F& pass_once) {
    s.converged = false;
    for (s.n_passes = 0; s.n_passes < most && !s.converged;) {
        const bool complete = s.n_active == s.n_rows;
        pass_once();
        ++s.n_passes;
        if (s.worst > tol) {
            s.limit = s.worst;
            continue;
        }
        s.converged = complete;
        s.n_active = s.n_rows;
        s.limit = INFINITY;
    }
}

template <class T>
void run_passes(DualPass& s, ptrdiff_t most, double tol) {
    const T* x = static_cast<const T*>(s.x);
    repeat(s, most, tol, [&] {
        if (s.indices == nullptr)
            pass(DenseRows<T>{x, s.p}, s);
        else
            pass(SparseRows<T>{x, s.indices, s.indptr}, s);
    });
}

template <class T>
void run_classes(ClassPass& s, ptrdiff_t most, double tol) {
    const T* x = static_cast<const T*>(s.x);
    repeat(s, most, tol, [&] {
        if (s.indices == nullptr)
            classes(DenseRows<T>{x, s.p}, s);
        else
            classes(SparseRows<T>{x, s.indices, s.indptr}, s);
    });
}

}  // namespace

MLKIT_TABLE(DualKernels, dual_kernels) = {&run_passes<float>, &run_passes<double>,
                                          &run_classes<float>, &run_classes<double>};
