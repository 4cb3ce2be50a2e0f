#include "dual.hpp"
#include "lanes.hpp"

namespace {

const int LANES = DUAL_LANES;

// As many lanes as a register has, and rows of x that leave room in the registers for targets.
// Compilers without such types go one lane at a time.
#if defined(__GNUC__) && defined(__AVX512F__)
const int REGISTER = 64, SUMS = 16;
#elif defined(__GNUC__) && defined(__AVX2__)
const int REGISTER = 32, SUMS = 8;
#else
const int REGISTER = 16, SUMS = 8;
#endif

template <class T>
struct Vector;
#if defined(__GNUC__)
template <>
struct Vector<float> {
    typedef float Lanes __attribute__((vector_size(REGISTER), aligned(4), may_alias));
};
template <>
struct Vector<double> {
    typedef double Lanes __attribute__((vector_size(REGISTER), aligned(8), may_alias));
};
template <class T>
inline typename Vector<T>::Lanes all(T x) {
    typename Vector<T>::Lanes zeros = {};
    return x - zeros;  // which is x for any x, unlike a sum: the compiler sees a broadcast
}
#else
template <class T>
struct Vector {
    typedef T Lanes;
};
template <class T>
inline T all(T x) {
    return x;
}
#endif

template <class T>
struct Shape {
    typedef typename Vector<T>::Lanes Lanes;
    static const int PARTS = LANES * sizeof(T) / sizeof(Lanes);
    static const int QUERIES = SUMS / PARTS < 1              ? 1
                               : SUMS / PARTS > DUAL_QUERIES ? int(DUAL_QUERIES)
                                                             : SUMS / PARTS;
};

// Contraction is off in the build; a kernel is worth one rounding less.
#if defined(__GNUC__) && (defined(__FMA__) || defined(__aarch64__))
#define MLKIT_FUSED __attribute__((optimize("fp-contract=fast")))
#else
#define MLKIT_FUSED
#endif

// Products of Q rows with one block, or squared distances: differences, so nothing cancels.
template <class T, bool DISTANCE, int Q>
MLKIT_FUSED inline void block_sums(const T* x, const T* packed, ptrdiff_t n_columns,
                                   T (&out)[Q][LANES]) {
    typedef typename Shape<T>::Lanes Lanes;
    const int PARTS = Shape<T>::PARTS, WIDTH = LANES / PARTS;
    Lanes sum[Q][PARTS];
    for (int q = 0; q < Q; q++)
        for (int p = 0; p < PARTS; p++) sum[q][p] = all(T(0));
    for (ptrdiff_t j = 0; j < n_columns; j++) {
        Lanes y[PARTS];
        for (int p = 0; p < PARTS; p++)
            y[p] = *reinterpret_cast<const Lanes*>(packed + j * LANES + p * WIDTH);
        for (int q = 0; q < Q; q++) {
            const Lanes own = all(x[q * n_columns + j]);
            for (int p = 0; p < PARTS; p++) {
                if (DISTANCE) {
                    const Lanes away = y[p] - own;
                    sum[q][p] += away * away;
                } else {
                    sum[q][p] += y[p] * own;
                }
            }
        }
    }
    for (int q = 0; q < Q; q++)
        for (int p = 0; p < PARTS; p++)
            *reinterpret_cast<Lanes*>(&out[q][p * WIDTH]) = sum[q][p];
}

template <class T, bool DISTANCE, int Q>
void fill_queries(const KernelForm& form, const T* x, const T* packed, ptrdiff_t n_blocks,
                  ptrdiff_t n_columns, T* const* out) {
    T here[Q][LANES];
    for (ptrdiff_t b = 0; b < n_blocks; b++) {
        block_sums<T, DISTANCE, Q>(x, packed + b * n_columns * LANES, n_columns, here);
        for (int q = 0; q < Q; q++) {
            finish_lanes(form, here[q]);
            memcpy(out[q] + b * LANES, here[q], sizeof(here[q]));
        }
    }
}

template <class T, bool DISTANCE>
void fill_rows(const KernelForm& form, const T* x, ptrdiff_t n_queries, const T* packed,
               ptrdiff_t n_blocks, ptrdiff_t n_columns, T* const* out) {
    const int Q = Shape<T>::QUERIES;
    ptrdiff_t q = 0;
    for (; q + Q <= n_queries; q += Q)
        fill_queries<T, DISTANCE, Q>(form, x + q * n_columns, packed, n_blocks, n_columns, out + q);
    for (; q < n_queries; q++)
        fill_queries<T, DISTANCE, 1>(form, x + q * n_columns, packed, n_blocks, n_columns, out + q);
}

template <class T>
void fill(const KernelForm& form, const T* x, ptrdiff_t n_queries, const T* packed,
          ptrdiff_t n_blocks, ptrdiff_t n_columns, T* const* out) {
    if (form.kind == KERNEL_RBF)
        fill_rows<T, true>(form, x, n_queries, packed, n_blocks, n_columns, out);
    else
        fill_rows<T, false>(form, x, n_queries, packed, n_blocks, n_columns, out);
}

template <class T, bool DISTANCE, int Q>
void gather_queries(const KernelForm& form, const T* x, const T* packed, ptrdiff_t n_blocks,
                    ptrdiff_t n_columns, const double* coef, ptrdiff_t n_out, double* sums) {
    T here[Q][LANES];
    for (ptrdiff_t b = 0; b < n_blocks; b++) {
        block_sums<T, DISTANCE, Q>(x, packed + b * n_columns * LANES, n_columns, here);
        for (int q = 0; q < Q; q++) {
            finish_lanes(form, here[q]);
            for (ptrdiff_t r = 0; r < n_out; r++) {
                const double* MLKIT_RESTRICT c = coef + (b * n_out + r) * LANES;
                double* MLKIT_RESTRICT s = sums + (q * n_out + r) * LANES;
                for (int l = 0; l < LANES; l++)
                    s[l] = fma_if_fast(c[l], static_cast<double>(here[q][l]), s[l]);
            }
        }
    }
}

template <class T, bool DISTANCE>
void gather_rows(const KernelForm& form, const T* x, ptrdiff_t n_queries, const T* packed,
                 ptrdiff_t n_blocks, ptrdiff_t n_columns, const double* coef, ptrdiff_t n_out,
                 double* sums) {
    const int Q = Shape<T>::QUERIES;
    ptrdiff_t q = 0;
    for (; q + Q <= n_queries; q += Q)
        gather_queries<T, DISTANCE, Q>(form, x + q * n_columns, packed, n_blocks, n_columns, coef,
                                       n_out, sums + q * n_out * LANES);
    for (; q < n_queries; q++)
        gather_queries<T, DISTANCE, 1>(form, x + q * n_columns, packed, n_blocks, n_columns, coef,
                                       n_out, sums + q * n_out * LANES);
}

template <class T>
void gather(const KernelForm& form, const T* x, ptrdiff_t n_queries, const T* packed,
            ptrdiff_t n_blocks, ptrdiff_t n_columns, const double* coef, ptrdiff_t n_out,
            double* sums) {
    if (form.kind == KERNEL_RBF)
        gather_rows<T, true>(form, x, n_queries, packed, n_blocks, n_columns, coef, n_out, sums);
    else
        gather_rows<T, false>(form, x, n_queries, packed, n_blocks, n_columns, coef, n_out, sums);
}

template <class T>
MLKIT_FUSED void sparse(const KernelForm& form, const SparseTargets<T>& targets, ptrdiff_t first,
                        ptrdiff_t last, const T* table, const double* squares, T* out) {
    typedef typename Shape<T>::Lanes Lanes;
    const int PARTS = Shape<T>::PARTS, WIDTH = LANES / PARTS;
    for (ptrdiff_t i = first; i < last; i++) {
        Lanes sum[PARTS];
        for (int p = 0; p < PARTS; p++) sum[p] = all(T(0));
        for (int64_t e = targets.indptr[i]; e < targets.indptr[i + 1]; e++) {
            const T* entry = table + static_cast<ptrdiff_t>(targets.indices[e]) * LANES;
            const Lanes own = all(targets.data[e]);
            for (int p = 0; p < PARTS; p++)
                sum[p] += own * *reinterpret_cast<const Lanes*>(entry + p * WIDTH);
        }
        T* to = out + (i - first) * LANES;
        for (int p = 0; p < PARTS; p++) *reinterpret_cast<Lanes*>(to + p * WIDTH) = sum[p];
        if (form.kind == KERNEL_RBF)
            for (int l = 0; l < LANES; l++) {
                const T away = static_cast<T>(targets.squares[i] + squares[l] -
                                              2.0 * static_cast<double>(to[l]));
                to[l] = away > 0 ? away : T(0);
            }
        finish_lanes(form, to);
    }
}

template <class T, int R>
inline void accumulate_few(const T* const* rows, const double* step, ptrdiff_t first,
                           ptrdiff_t last, double* f) {
    for (ptrdiff_t i = first; i < last; i += LANES) {
        double sum[LANES];
        for (int l = 0; l < LANES; l++) sum[l] = f[i + l];
        for (int r = 0; r < R; r++) {
            const T* MLKIT_RESTRICT row = rows[r] + i;
            for (int l = 0; l < LANES; l++)
                sum[l] = fma_if_fast(step[r], static_cast<double>(row[l]), sum[l]);
        }
        for (int l = 0; l < LANES; l++) f[i + l] = sum[l];
    }
}

template <class T>
void accumulate(const T* const* rows, const double* step, ptrdiff_t n_rows, ptrdiff_t first,
                ptrdiff_t last, double* f) {
    ptrdiff_t r = 0;
    for (; r + 8 <= n_rows; r += 8) accumulate_few<T, 8>(rows + r, step + r, first, last, f);
    for (; r < n_rows; r++) accumulate_few<T, 1>(rows + r, step + r, first, last, f);
}

// ------------------------------------------------------------------ descent by pairs of variables
// Where the curvature along a pair is not positive, it is taken as this: the step is then as long
// as the bounds allow unless the gradients agree to twelve digits.
const double LEAST_CURVATURE = 1e-12;

typedef Shape<double>::Lanes Doubles;
const int PARTS = Shape<double>::PARTS, WIDTH = LANES / PARTS;

#if defined(__GNUC__)
#define MLKIT_UNROLL _Pragma("GCC unroll 8")
#else
#define MLKIT_UNROLL
#endif

inline Doubles load(const double* from) { return *reinterpret_cast<const Doubles*>(from); }
inline void store(double* to, Doubles x) { *reinterpret_cast<Doubles*>(to) = x; }

// The extremes of one group: the least gradient of those that can go up, where it is found last,
// and the greatest of those that can go down.
struct Extremes {
    double least, greatest;
    ptrdiff_t at;
};

Extremes folded(const Doubles* least, const Doubles* greatest, const Doubles* at) {
    double low[LANES], high[LANES], block[LANES];
    for (int p = 0; p < PARTS; p++) {
        store(low + p * WIDTH, least[p]);
        store(high + p * WIDTH, greatest[p]);
        store(block + p * WIDTH, at[p]);
    }
    Extremes out = {INFINITY, -INFINITY, -1};
    for (int l = 0; l < LANES; l++) {
        const ptrdiff_t where = block[l] < 0 ? -1 : static_cast<ptrdiff_t>(block[l]) + l;
        if (low[l] < out.least || (low[l] == out.least && where > out.at)) {
            out.least = low[l];
            out.at = where;
        }
        if (high[l] > out.greatest) out.greatest = high[l];
    }
    return out;
}

// Add step (plus - minus) to the gradient from `first` to `last`; return the extremes there.
Extremes shift(const WorkingSet& s, ptrdiff_t first, ptrdiff_t last, double step,
               const double* plus, const double* minus) {
    Doubles least[PARTS], greatest[PARTS], at[PARTS];
    for (int p = 0; p < PARTS; p++) {
        least[p] = all(double(INFINITY));
        greatest[p] = all(double(-INFINITY));
        at[p] = all(-1.0);
    }
    const Doubles size = all(step), ahead = all(double(LANES));
    Doubles here = all(static_cast<double>(first));  // indices are doubles: lanes of one width
    for (ptrdiff_t v = first; v < last; v += LANES) {
        MLKIT_UNROLL
        for (int p = 0; p < PARTS; p++) {
            const ptrdiff_t k = v + p * WIDTH;
            const Doubles g = load(s.gradient + k) + size * (load(plus + k) - load(minus + k));
            store(s.gradient + k, g);
            const Doubles up = g + load(s.up + k), down = g + load(s.down + k);
            at[p] = up <= least[p] ? here : at[p];
            least[p] = up <= least[p] ? up : least[p];
            greatest[p] = down > greatest[p] ? down : greatest[p];
        }
        here = here + ahead;
    }
    return folded(least, greatest, at);
}

struct Partner {
    double gain, curvature;  // the objective falls by gain² / (2 curvature)
    ptrdiff_t at;
};

// The variable that goes down while `i` goes up and lowers the objective most; the last of equals.
Partner best_partner(const WorkingSet& s, ptrdiff_t first, ptrdiff_t last, const double* row,
                     ptrdiff_t i) {
    const Doubles own = all(s.gradient[i]), bend = all(s.diagonal[i]), zero = all(0.0);
    const Doubles least = all(LEAST_CURVATURE), two = all(2.0), ahead = all(double(LANES));
    Doubles gain[PARTS], curvature[PARTS], at[PARTS], here = all(static_cast<double>(first));
    for (int p = 0; p < PARTS; p++) {
        gain[p] = zero;
        curvature[p] = all(1.0);
        at[p] = all(-1.0);
    }
    for (ptrdiff_t v = first; v < last; v += LANES) {
        MLKIT_UNROLL
        for (int p = 0; p < PARTS; p++) {
            const ptrdiff_t k = v + p * WIDTH;
            Doubles slope = load(s.gradient + k) + load(s.down + k) - own;
            slope = slope > zero ? slope : zero;
            Doubles bends = bend + load(s.diagonal + k) - two * load(row + k);
            bends = bends > least ? bends : least;
            // slope²/bends against gain²/curvature, without a division.
            const Doubles new_gain = slope * slope * curvature[p];
            const Doubles old_gain = gain[p] * gain[p] * bends;
            gain[p] = new_gain >= old_gain ? slope : gain[p];
            curvature[p] = new_gain >= old_gain ? bends : curvature[p];
            at[p] = new_gain >= old_gain ? here : at[p];
        }
        here = here + ahead;
    }
    double gains[LANES], curvatures[LANES], block[LANES];
    for (int p = 0; p < PARTS; p++) {
        store(gains + p * WIDTH, gain[p]);
        store(curvatures + p * WIDTH, curvature[p]);
        store(block + p * WIDTH, at[p]);
    }
    Partner out = {0, 1, -1};
    for (int l = 0; l < LANES; l++) {
        if (!(gains[l] > 0)) continue;
        const ptrdiff_t where = static_cast<ptrdiff_t>(block[l]) + l;
        const double here_gain = gains[l] * gains[l] * out.curvature;
        const double best = out.gain * out.gain * curvatures[l];
        if (here_gain > best || (here_gain == best && where > out.at))
            out = {gains[l], curvatures[l], where};
    }
    return out;
}

// Move i up and j down by the best step that their bounds allow.
inline double move_pair(const WorkingSet& s, ptrdiff_t i, const Partner& partner) {
    const ptrdiff_t j = partner.at;
    const double room_up = s.upper[i] - s.value[i], room_down = s.value[j] - s.lower[j];
    double step = partner.gain / partner.curvature;
    step = step < room_up ? step : room_up;
    step = step < room_down ? step : room_down;
    s.value[i] = step == room_up ? s.upper[i] : s.value[i] + step;
    s.value[j] = step == room_down ? s.lower[j] : s.value[j] - step;
    s.up[i] = s.value[i] < s.upper[i] ? 0 : INFINITY;
    s.down[i] = s.value[i] > s.lower[i] ? 0 : -INFINITY;
    s.up[j] = s.value[j] < s.upper[j] ? 0 : INFINITY;
    s.down[j] = s.value[j] > s.lower[j] ? 0 : -INFINITY;
    return step;
}

int64_t descend(const WorkingSet& s, double tol, int64_t max_iter) {
    const ptrdiff_t n = s.start[s.n_groups];
    Extremes of[2];
    for (ptrdiff_t g = 0; g < s.n_groups; g++)
        of[g] = shift(s, s.start[g], s.start[g + 1], 0.0, s.K, s.K);
    for (int64_t n_iter = 0; n_iter < max_iter; n_iter++) {
        Partner best = {0, 1, -1};
        ptrdiff_t i = -1;
        for (ptrdiff_t g = 0; g < s.n_groups; g++) {
            if (!(of[g].greatest - of[g].least > tol)) continue;
            const Partner found =
                best_partner(s, s.start[g], s.start[g + 1], s.K + of[g].at * n, of[g].at);
            if (found.at >= 0 && (i < 0 || found.gain * found.gain * best.curvature >=
                                               best.gain * best.gain * found.curvature)) {
                best = found;
                i = of[g].at;
            }
        }
        if (i < 0) return n_iter;
        const double step = move_pair(s, i, best);
        for (ptrdiff_t g = 0; g < s.n_groups; g++)
            of[g] = shift(s, s.start[g], s.start[g + 1], step, s.K + i * n, s.K + best.at * n);
    }
    return max_iter;
}

}  // namespace

MLKIT_TABLE(DualKernels, dual_kernels) = {
    &fill<float>,       &fill<double>,       &gather<float>, &gather<double>, &sparse<float>,
    &sparse<double>,    &accumulate<float>,  &accumulate<double>, &descend};
