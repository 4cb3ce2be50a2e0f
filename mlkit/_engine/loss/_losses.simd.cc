// Loops of the losses over samples, compiled once for each level of the processor.
#include "loss_kernels.hpp"
#include "losses.hpp"

namespace {

constexpr ptrdiff_t LANES = LOSS_LANES;

// Partial sums are one a lane at every level, so that the result is the same to the bit.
inline double folded(const double* part) {
    double total = 0.0;
    for (ptrdiff_t l = 0; l < LANES; ++l) total += part[l];
    return total;
}

template <class T>
inline void put(T* out, const double* scale, const double* from) {
    if (out == nullptr) return;
    for (ptrdiff_t l = 0; l < LANES; ++l) out[l] = static_cast<T>(scale[l] * from[l]);
}

// One output a sample, or several without weights: n entries, one after the other.
template <class L, class T>
double entries(const L& loss, const LossBlock<T>& b, ptrdiff_t n) {
    double part[LANES] = {0.0}, scale[LANES], value[LANES], slope[LANES], bend[LANES];
    for (ptrdiff_t l = 0; l < LANES; ++l) scale[l] = b.factor;
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        if (b.weight != nullptr)
            for (ptrdiff_t l = 0; l < LANES; ++l) scale[l] = b.factor * b.weight[i + l];
#pragma omp simd
        for (ptrdiff_t l = 0; l < LANES; ++l) {
            const Terms t = loss(static_cast<double>(b.y[i + l]), static_cast<double>(b.z[i + l]));
            value[l] = t.value;
            slope[l] = t.gradient;
            bend[l] = t.curvature;
        }
        for (ptrdiff_t l = 0; l < LANES; ++l) part[l] += scale[l] * value[l];
        put(b.values == nullptr ? nullptr : b.values + i, scale, value);
        put(b.gradient == nullptr ? nullptr : b.gradient + i, scale, slope);
        put(b.curvature == nullptr ? nullptr : b.curvature + i, scale, bend);
    }
    for (; i < n; ++i) {
        const Terms t = loss(static_cast<double>(b.y[i]), static_cast<double>(b.z[i]));
        const double s = b.weight == nullptr ? b.factor : b.factor * b.weight[i];
        part[0] += s * t.value;
        if (b.values != nullptr) b.values[i] = static_cast<T>(s * t.value);
        if (b.gradient != nullptr) b.gradient[i] = static_cast<T>(s * t.gradient);
        if (b.curvature != nullptr) b.curvature[i] = static_cast<T>(s * t.curvature);
    }
    return folded(part);
}

// Several outputs a sample, with one weight for them all.
template <class L, class T>
double rows(const L& loss, const LossBlock<T>& b) {
    double total = 0.0;
    LossBlock<T> row = b;
    row.weight = nullptr;
    for (ptrdiff_t i = 0; i < b.n; ++i) {
        const ptrdiff_t at = i * b.k;
        row.factor = b.factor * b.weight[i];
        row.y = b.y + at;
        row.z = b.z + at;
        row.values = b.values == nullptr ? nullptr : b.values + at;
        row.gradient = b.gradient == nullptr ? nullptr : b.gradient + at;
        row.curvature = b.curvature == nullptr ? nullptr : b.curvature + at;
        total += entries(loss, row, b.k);
    }
    return total;
}

template <class L, class T>
double each(const L& loss, const LossBlock<T>& b) {
    if (b.k == 1 || b.weight == nullptr) return entries(loss, b, b.n * b.k);
    return rows(loss, b);
}

// The class of a sample; −1 for what is none, which makes its loss NaN and touches no memory.
template <class T>
inline ptrdiff_t label_of(const LossBlock<T>& b, ptrdiff_t i) {
    return b.y[i] >= 0 && b.y[i] < b.k ? static_cast<ptrdiff_t>(b.y[i]) : -1;
}

// log Σ e^z − z_y over k classes, y a class number; the curvature is p (1 − p). Samples are turned
// into lanes, so that any number of classes fills the registers.
template <class T>
double multinomial(const LossBlock<T>& b) {
    double part[LANES] = {0.0}, top[LANES], sum[LANES], scale[LANES];
    const ptrdiff_t k = b.k;
    double* e = b.scratch;
    for (ptrdiff_t i = 0; i < b.n; i += LANES) {
        const ptrdiff_t here = b.n - i < LANES ? b.n - i : LANES;
        for (ptrdiff_t l = 0; l < LANES; ++l) {
            const T* row = b.z + (i + (l < here ? l : 0)) * k;
            for (ptrdiff_t j = 0; j < k; ++j) e[j * LANES + l] = static_cast<double>(row[j]);
            top[l] = e[l];
            sum[l] = 0.0;
        }
        for (ptrdiff_t j = 1; j < k; ++j)
            for (ptrdiff_t l = 0; l < LANES; ++l)
                top[l] = e[j * LANES + l] > top[l] ? e[j * LANES + l] : top[l];
        for (ptrdiff_t j = 0; j < k; ++j) {
            double* lane = e + j * LANES;
#pragma omp simd
            for (ptrdiff_t l = 0; l < LANES; ++l) {
                const double x = fast_exp(lane[l] - top[l]);
                lane[l] = x;
                sum[l] += x;
            }
        }
        for (ptrdiff_t l = 0; l < here; ++l) {
            const ptrdiff_t label = label_of(b, i + l);
            const double s = b.weight == nullptr ? b.factor : b.factor * b.weight[i + l];
            const double own = label < 0 ? NAN : static_cast<double>(b.z[(i + l) * k + label]);
            const double v = s * (log(sum[l]) + top[l] - own);
            part[l] += v;
            if (b.values != nullptr) b.values[i + l] = static_cast<T>(v);
            scale[l] = s;
            sum[l] = 1.0 / sum[l];
        }
        for (ptrdiff_t l = here; l < LANES; ++l) scale[l] = sum[l] = 0.0;
        if (b.gradient != nullptr) {
            for (ptrdiff_t l = 0; l < here; ++l) {
                T* out = b.gradient + (i + l) * k;
                const ptrdiff_t label = label_of(b, i + l);
                const double s = scale[l] * sum[l];
                for (ptrdiff_t j = 0; j < k; ++j) out[j] = static_cast<T>(s * e[j * LANES + l]);
                if (label >= 0)
                    out[label] = static_cast<T>(scale[l] * (e[label * LANES + l] * sum[l] - 1.0));
            }
        }
        if (b.curvature != nullptr) {
            for (ptrdiff_t l = 0; l < here; ++l)
                for (ptrdiff_t j = 0; j < k; ++j) {
                    const double p = e[j * LANES + l] * sum[l];
                    b.curvature[(i + l) * k + j] = static_cast<T>(scale[l] * p * (1.0 - p));
                }
        }
    }
    return folded(part);
}

// The one switch from a number to a functor.
template <class T>
double evaluate(const LossBlock<T>& b) {
    switch (b.kind) {
        case LOSS_SQUARED: return each(SquaredError(), b);
        case LOSS_ABSOLUTE: return each(AbsoluteError(), b);
        case LOSS_PINBALL: return each(Pinball{b.parameter}, b);
        case LOSS_HUBER: return each(Huber{b.parameter}, b);
        case LOSS_LOGISTIC: return each(BinaryLogistic(), b);
        case LOSS_POISSON: return each(Poisson(), b);
        case LOSS_GAMMA: return each(Gamma(), b);
        case LOSS_TWEEDIE: return each(Tweedie{b.parameter}, b);
        case LOSS_TWEEDIE_IDENTITY: return each(TweedieIdentity{b.parameter}, b);
        case LOSS_HINGE: return each(Hinge(), b);
        case LOSS_SQUARED_HINGE: return each(SquaredHinge(), b);
        default: return multinomial(b);
    }
}

}  // namespace

MLKIT_TABLE(LossKernels, loss_kernels) = {&evaluate<float>, &evaluate<double>};
