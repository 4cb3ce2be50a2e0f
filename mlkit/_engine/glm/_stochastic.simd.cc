// Epochs of stochastic gradient descent, compiled once for each level of the processor.
#include <math.h>

#include "../loss/losses.hpp"
#include "rows.hpp"
#include "stochastic.hpp"

namespace {

// Losses of margin and of distance that batch solvers do not have. At its corner the hinge has
// the slope of its sloping side, so that a first step is taken from weights of zero.
struct MarginLoss {  // max(0, threshold − y z); threshold 0 is the perceptron's
    double threshold;
    Terms operator()(double y, double z) const {
        const double m = threshold - y * z;
        return {m > 0 ? m : 0.0, m >= 0 ? -y : 0.0, 0.0};
    }
};

struct SignedLogistic {  // log(1 + e^{−yz})
    Terms operator()(double y, double z) const { return BinaryLogistic()(y > 0 ? 1.0 : 0.0, z); }
};

struct ModifiedHuber {  // squared hinge down to yz = −1, and straight on (Zhang, 2004)
    Terms operator()(double y, double z) const {
        const double u = y * z;
        if (u >= 1.0) return {0.0, 0.0, 0.0};
        if (u >= -1.0) return {(1.0 - u) * (1.0 - u), -2.0 * (1.0 - u) * y, 2.0};
        return {-4.0 * u, -4.0 * y, 0.0};
    }
};

struct EpsilonInsensitive {  // max(0, |y − z| − ε)
    double epsilon;
    Terms operator()(double y, double z) const {
        const double r = z - y, far = fabs(r) - epsilon;
        return {far > 0 ? far : 0.0, far > 0 ? (r > 0 ? 1.0 : -1.0) : 0.0, 0.0};
    }
};

struct SquaredEpsilonInsensitive {  // max(0, |y − z| − ε)²
    double epsilon;
    Terms operator()(double y, double z) const {
        const double r = z - y, far = fabs(r) - epsilon;
        const double m = far > 0 ? far : 0.0;
        return {m * m, r > 0 ? 2.0 * m : -2.0 * m, far > 0 ? 2.0 : 0.0};
    }
};

// A step's slope is cut here: beyond, a single one would overflow the weights.
constexpr double STEEPEST = 1e12;

// The cumulative L1 penalty: weights go towards zero by what they still owe, and stop there.
template <class R>
void truncate(Descent& s, const R& row) {
    const double inverse = 1.0 / s.scale, owed = s.cumulative;
    double absolutes = s.absolutes, squares = s.squares;
    row.each([&](ptrdiff_t j) {
        const double before = s.v[j];
        double after = before;
        if (before > 0)
            after = fmax(0.0, before - (owed + s.taken[j]) * inverse);
        else if (before < 0)
            after = fmin(0.0, before + (owed - s.taken[j]) * inverse);
        s.taken[j] += s.scale * (after - before);
        absolutes += fabs(after) - fabs(before);
        squares += after * after - before * before;
        s.v[j] = after;
    });
    // What rounding leaves below zero where all weights are zero; NaN stays.
    s.absolutes = absolutes < 0 ? 0.0 : absolutes;
    s.squares = squares < 0 ? 0.0 : squares;
}

inline double penalty_value(const Descent& s) {
    double value = 0.0;
    if (s.l2 || s.l1) {
        value = 0.5 * (1.0 - s.l1_ratio) * s.scale * s.scale * s.squares;
        if (s.l1) value += s.l1_ratio * s.scale * s.absolutes;
    }
    if (s.one_class) value += s.intercept;
    return s.alpha * value;
}

// Length of the step along the row, before weights of samples; `square` is the row's.
inline double step_of(const Descent& s, double square, const Terms& terms, double y, double z) {
    if (s.rate < RATE_PASSIVE) {
        double slope = terms.gradient;  // NaN stays NaN, and ends the fit
        slope = slope > STEEPEST ? STEEPEST : (slope < -STEEPEST ? -STEEPEST : slope);
        return -s.eta * slope;
    }
    const double length = s.rate == RATE_PASSIVE ? fmin(s.eta0, terms.value / square)
                                                 : terms.value / (square + 0.5 / s.eta0);
    const bool margin = s.loss == STEP_HINGE || s.loss == STEP_SQUARED_HINGE;
    return margin ? length * y : (y < z ? -length : length);
}

template <class R>
inline void take_step(Descent& s, const R& row, double step) {
    if (s.l2) s.scale *= fmax(0.0, 1.0 - (1.0 - s.l1_ratio) * s.eta * s.alpha);
    // Far below this the quotient of a step and the scale loses digits, and at 0 it fails.
    if (s.scale < 1e-9) settle(s);
    const double scaled = step / s.scale;
    if (step != 0.0) {
        if (s.l1) {
            double change = 0.0;
            row.each([&](ptrdiff_t j) { change -= fabs(s.v[j]); });
            s.squares = row.add(scaled, s.v, s.squares);
            row.each([&](ptrdiff_t j) { change += fabs(s.v[j]); });
            s.absolutes += change;
        } else {
            s.squares = row.add(scaled, s.v, s.squares);
        }
    }
    if (s.intercepted)
        s.intercept += (step - (s.one_class ? s.eta * s.alpha : 0.0)) * s.intercept_decay;
    if (s.average_from > 0 && s.average_from <= s.t) {
        const double count = s.t - s.average_from + 1.0, share = 1.0 / count;
        if (step != 0.0) row.axpy(-s.lead * scaled, s.drift);
        if (count > 1.0) s.span /= 1.0 - share;
        s.lead += share * s.span * s.scale;
        s.mean_intercept += (s.intercept - s.mean_intercept) * share;
    }
    if (s.l1) {
        s.cumulative += s.l1_ratio * s.eta * s.alpha;
        truncate(s, row);
    }
}

template <class L, class Rows>
void epoch(const L& loss, const Rows& rows, Descent& s) {
    if (s.shuffle) shuffle_rows(s.order, s.n, s.seed);
    s.loss_sum = s.objective_sum = 0.0;
    s.n_steps = 0;
    for (ptrdiff_t k = 0; k < s.n; ++k) {
        if (k + 2 * AHEAD < s.n) {
            const ptrdiff_t later = s.order[k + 2 * AHEAD];
            rows.fetch_start(later);
            __builtin_prefetch(s.y + later);
            if (s.weight != nullptr) __builtin_prefetch(s.weight + later);
        }
        if (k + AHEAD < s.n) rows.fetch(s.order[k + AHEAD]);
        const ptrdiff_t i = s.order[k];
        if (s.held != nullptr && s.held[i]) continue;
        const auto row = rows(i);
        const double y = s.y[i];
        const double z = s.scale * row.dot(s.v) + s.intercept;
        if (s.rate == RATE_OPTIMAL)
            s.eta = 1.0 / (s.alpha * (s.t_zero + s.t - 1.0));
        else if (s.rate == RATE_INVERSE)
            s.eta = s.eta0 / pow(s.t, s.power);
        const Terms terms = loss(y, z);
        s.loss_sum += terms.value;
        if (s.wants_objective) s.objective_sum += penalty_value(s);
        ++s.n_steps;
        const double square = s.rate < RATE_PASSIVE ? 0.0 : row.square();
        // No step of finite length puts a row of zeros on its margin.
        if (s.rate == RATE_PASSIVE && square == 0.0) continue;
        double step = step_of(s, square, terms, y, z);
        step *= y > 0 ? s.weight_up : s.weight_down;
        if (s.weight != nullptr) step *= s.weight[i];
        take_step(s, row, step);
        s.t += 1.0;
    }
    s.objective_sum += s.loss_sum;
}

// The one switch from a number to a functor.
template <class Rows>
void epoch_of(const Rows& rows, Descent& s) {
    switch (s.loss) {
        case STEP_HINGE: return epoch(MarginLoss{s.parameter}, rows, s);
        case STEP_SQUARED_HINGE: return epoch(SquaredHinge(), rows, s);
        case STEP_LOGISTIC: return epoch(SignedLogistic(), rows, s);
        case STEP_MODIFIED_HUBER: return epoch(ModifiedHuber(), rows, s);
        case STEP_SQUARED: return epoch(SquaredError(), rows, s);
        case STEP_HUBER: return epoch(Huber{s.parameter}, rows, s);
        case STEP_EPSILON: return epoch(EpsilonInsensitive{s.parameter}, rows, s);
        default: return epoch(SquaredEpsilonInsensitive{s.parameter}, rows, s);
    }
}

template <class T>
void run_epoch(Descent& s) {
    const T* x = static_cast<const T*>(s.x);
    if (s.indices == nullptr)
        epoch_of(DenseRows<T>{x, s.p}, s);
    else
        epoch_of(SparseRows<T>{x, s.indices, s.indptr}, s);
}

}  // namespace

MLKIT_TABLE(StepKernels, step_kernels) = {&run_epoch<float>, &run_epoch<double>};
