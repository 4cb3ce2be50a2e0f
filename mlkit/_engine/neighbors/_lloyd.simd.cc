#include "lloyd.hpp"

#include <float.h>
#include <math.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace {

const int LANES = LLOYD_LANES;

// Registers of each type, and rows for which a block of centres is read once: as many as leave
// the compiler a register for the centres.
#if defined(__GNUC__) && defined(__AVX512F__)
const int BYTES = 64, SUMS = 16;
#elif defined(__GNUC__) && defined(__AVX2__)
const int BYTES = 32, SUMS = 8;
#elif defined(__GNUC__)
const int BYTES = 16, SUMS = 8;
#else
const int BYTES = 0, SUMS = 8;
#endif

template <class T>
struct Wide;
#if defined(__GNUC__)
template <>
struct Wide<float> {
    typedef float V __attribute__((vector_size(BYTES), aligned(4), may_alias));
    typedef int32_t I __attribute__((vector_size(BYTES), aligned(4), may_alias));
    static const int WIDTH = BYTES / 4;
    static V all(float x) { V out = {}; return out + x; }
    typedef int32_t Whole;
    static float most() { return FLT_MAX; }
    static float unit() { return FLT_EPSILON; }
};
template <>
struct Wide<double> {
    typedef double V __attribute__((vector_size(BYTES), aligned(8), may_alias));
    typedef int64_t I __attribute__((vector_size(BYTES), aligned(8), may_alias));
    static const int WIDTH = BYTES / 8;
    static V all(double x) { V out = {}; return out + x; }
    typedef int64_t Whole;
    static double most() { return DBL_MAX; }
    static double unit() { return DBL_EPSILON; }
};
#else
template <>
struct Wide<float> {
    typedef float V;
    typedef int32_t I;
    static const int WIDTH = 1;
    static V all(float x) { return x; }
    typedef int32_t Whole;
    static float most() { return FLT_MAX; }
    static float unit() { return FLT_EPSILON; }
};
template <>
struct Wide<double> {
    typedef double V;
    typedef int64_t I;
    static const int WIDTH = 1;
    static V all(double x) { return x; }
    typedef int64_t Whole;
    static double most() { return DBL_MAX; }
    static double unit() { return DBL_EPSILON; }
};
#endif

#if defined(__GNUC__) && defined(__AVX512F__)
typedef Wide<float>::V VF;
typedef Wide<double>::V VD;
inline VF fma_of(VF a, VF b, VF c) { return (VF)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
inline VD fma_of(VD a, VD b, VD c) {
    return (VD)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
#elif defined(__GNUC__) && defined(__AVX2__)
typedef Wide<float>::V VF;
typedef Wide<double>::V VD;
inline VF fma_of(VF a, VF b, VF c) { return (VF)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
inline VD fma_of(VD a, VD b, VD c) {
    return (VD)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
#else
template <class V>
inline V fma_of(V a, V b, V c) { return a * b + c; }
#endif

template <class T>
inline void gather(const T* x, ptrdiff_t d, T weight, double* sums) {
    const double w = static_cast<double>(weight);
    for (ptrdiff_t j = 0; j < d; j++) sums[j] += w * static_cast<double>(x[j]);
}

// Nearest centres of Q rows, by the greatest x·c − ‖c‖²/2; of equals the first.
template <class T, int Q>
inline void nearest(const T* x, const Centres<T>& c, int32_t* labels) {
    typedef typename Wide<T>::V V;
    typedef typename Wide<T>::I I;
    typedef typename Wide<T>::Whole Whole;
    const int PARTS = LANES / Wide<T>::WIDTH;
    V top[Q][PARTS];
    I where[Q][PARTS];
    for (int q = 0; q < Q; q++)
        for (int p = 0; p < PARTS; p++) {
            top[q][p] = Wide<T>::all(-Wide<T>::most());
            where[q][p] = I{};
        }
    for (ptrdiff_t b = 0; b < c.n_blocks; b++) {
        V sum[Q][PARTS];
        const I block_number = I{} + static_cast<Whole>(b);
        const V* level = reinterpret_cast<const V*>(c.level + b * LANES);
        for (int q = 0; q < Q; q++)
            for (int p = 0; p < PARTS; p++) sum[q][p] = level[p];
        const T* block = c.packed + b * c.d * LANES;
        for (ptrdiff_t j = 0; j < c.d; j++) {
            const V* own = reinterpret_cast<const V*>(block + j * LANES);
            for (int q = 0; q < Q; q++) {
                const V value = Wide<T>::all(x[q * c.d + j]);
                for (int p = 0; p < PARTS; p++) sum[q][p] = fma_of(value, own[p], sum[q][p]);
            }
        }
        for (int q = 0; q < Q; q++)
            for (int p = 0; p < PARTS; p++) {
                const auto above = sum[q][p] > top[q][p];
                top[q][p] = above ? sum[q][p] : top[q][p];
                where[q][p] = above ? block_number : where[q][p];
            }
    }
    for (int q = 0; q < Q; q++) {
        T best = -Wide<T>::most();
        ptrdiff_t label = c.k;
        const T* value = reinterpret_cast<const T*>(top[q]);
        const Whole* block = reinterpret_cast<const Whole*>(where[q]);
        for (int l = 0; l < LANES; l++) {
            const ptrdiff_t centre = static_cast<ptrdiff_t>(block[l]) * LANES + l;
            if (value[l] > best || (value[l] == best && centre < label)) {
                best = value[l];
                label = centre;
            }
        }
        // Scores beyond the range of T leave no greatest: the first centre is as good as any.
        labels[q] = static_cast<int32_t>(label < c.k ? label : 0);
    }
}

template <class T>
void assign(const T* x, ptrdiff_t n, const Centres<T>& c, const Gathered<T>& g, int32_t* labels) {
    const int PARTS = LANES / Wide<T>::WIDTH;
    const int Q = PARTS >= SUMS ? 1 : (SUMS / PARTS > 8 ? 8 : SUMS / PARTS);
    for (ptrdiff_t i = 0; i < n; i += Q) {
        const T* rows = x + i * c.d;
        const ptrdiff_t size = n - i < Q ? n - i : Q;
        if (size == Q)
            nearest<T, Q>(rows, c, labels + i);
        else
            for (ptrdiff_t q = 0; q < size; q++) nearest<T, 1>(rows + q * c.d, c, labels + i + q);
        if (g.sums == nullptr) continue;
        for (ptrdiff_t q = 0; q < size; q++) {
            const T weight = g.weight == nullptr ? T(1) : g.weight[i + q];
            gather(rows + q * c.d, c.d, weight, g.sums + labels[i + q] * c.d);
            g.totals[labels[i + q]] += static_cast<double>(weight);
        }
    }
}

template <class T>
inline T squared_distance(const T* x, const T* y, ptrdiff_t d) {
    T part[LANES] = {};
    ptrdiff_t j = 0;
    for (; j + LANES <= d; j += LANES)
        for (int l = 0; l < LANES; l++) {
            const T away = x[j + l] - y[j + l];
            part[l] += away * away;
        }
    for (int l = 0; j + l < d; l++) {
        const T away = x[j + l] - y[j + l];
        part[l] += away * away;
    }
    T total = T(0);
    for (int l = 0; l < LANES; l++) total += part[l];
    return total;
}

// Squared distances of a row from one block of centres.
template <class T>
inline void block_distances(const T* x, const T* block, ptrdiff_t d, T* out) {
    typedef typename Wide<T>::V V;
    const int PARTS = LANES / Wide<T>::WIDTH;
    V even[PARTS], odd[PARTS];
    for (int p = 0; p < PARTS; p++) even[p] = odd[p] = Wide<T>::all(T(0));
    ptrdiff_t j = 0;
    for (; j + 1 < d; j += 2) {
        const V* one = reinterpret_cast<const V*>(block + j * LANES);
        const V* two = one + PARTS;
        const V a = Wide<T>::all(x[j]), b = Wide<T>::all(x[j + 1]);
        for (int p = 0; p < PARTS; p++) {
            const V left = a - one[p], right = b - two[p];
            even[p] = fma_of(left, left, even[p]);
            odd[p] = fma_of(right, right, odd[p]);
        }
    }
    if (j < d) {
        const V* one = reinterpret_cast<const V*>(block + j * LANES);
        for (int p = 0; p < PARTS; p++) {
            const V left = Wide<T>::all(x[j]) - one[p];
            even[p] = fma_of(left, left, even[p]);
        }
    }
    V* to = reinterpret_cast<V*>(out);
    for (int p = 0; p < PARTS; p++) to[p] = even[p] + odd[p];
}

// The best centre so far of one row; `lower` of its block leaves it out.
template <class T>
struct Leader {
    T distance;
    ptrdiff_t centre;
};

template <class T>
inline void scan_block(const T* x, const Centres<T>& c, ptrdiff_t b, T* lower, Leader<T>& lead) {
    T squares[LANES];
    block_distances(x, c.packed + b * c.d * LANES, c.d, squares);
    T first = Wide<T>::most(), second = Wide<T>::most();
    int at = 0;
    const int size = static_cast<int>(c.k - b * LANES < LANES ? c.k - b * LANES : LANES);
    for (int l = 0; l < size; l++) {
        if (squares[l] < first) {
            second = first;
            first = squares[l];
            at = l;
        } else if (squares[l] < second) {
            second = squares[l];
        }
    }
    const T nearest = static_cast<T>(sqrt(first)), next = static_cast<T>(sqrt(second));
    const ptrdiff_t centre = b * LANES + at;
    if (centre == lead.centre) {
        lead.distance = nearest;
        lower[b] = next;
    } else if (nearest < lead.distance || (nearest == lead.distance && centre < lead.centre)) {
        if (lead.centre >= 0) {
            T& left = lower[lead.centre / LANES];
            if (lead.distance < left) left = lead.distance;
        }
        lead.distance = nearest;
        lead.centre = centre;
        lower[b] = next;
    } else {
        lower[b] = nearest;
        if (lead.centre / LANES == b && next < nearest) lower[b] = next;
    }
}

template <class T>
void bounded(const T* x, ptrdiff_t n, const Centres<T>& c, const Gathered<T>& g,
             const Bounds<T>& bounds, int32_t* labels) {
    // A distance is off by d / 2 + 2 units of its last place at most: bounds give way by that.
    const T slack = Wide<T>::unit() * static_cast<T>(c.d + 4);
    for (ptrdiff_t i = 0; i < n; i++) {
        T* lower = bounds.lower + i * c.n_blocks;
        const ptrdiff_t old = labels[i];
        T least = Wide<T>::most();
        for (ptrdiff_t b = 0; b < c.n_blocks; b++) {
            lower[b] -= bounds.block_moved[b] + slack * lower[b];
            least = lower[b] < least ? lower[b] : least;
        }
        const T* row = x + i * c.d;
        Leader<T> lead = {Wide<T>::most(), old};
        if (old >= 0) {
            lead.distance = (bounds.upper[i] + bounds.moved[old]) * (T(1) + slack);
            if (lead.distance >= least)
                lead.distance = static_cast<T>(
                    sqrt(squared_distance(row, bounds.centres + old * c.d, c.d)));
        }
        if (old < 0 || lead.distance * (T(1) + slack) >= least)
            for (ptrdiff_t b = 0; b < c.n_blocks; b++)
                if (lower[b] <= lead.distance * (T(1) + slack)) scan_block(row, c, b, lower, lead);
        bounds.upper[i] = lead.distance;
        if (lead.centre == old) continue;
        labels[i] = static_cast<int32_t>(lead.centre);
        const T weight = g.weight == nullptr ? T(1) : g.weight[i];
        if (old >= 0) {
            gather(row, c.d, -weight, g.sums + old * c.d);
            g.totals[old] -= static_cast<double>(weight);
        }
        gather(row, c.d, weight, g.sums + lead.centre * c.d);
        g.totals[lead.centre] += static_cast<double>(weight);
    }
}

template <class T>
void own(const T* x, ptrdiff_t n, ptrdiff_t d, const T* centres, const int32_t* labels,
         double* out) {
    for (ptrdiff_t i = 0; i < n; i++) {
        const T* a = x + i * d;
        const T* b = centres + labels[i] * d;
        double part[8] = {};
        ptrdiff_t j = 0;
        for (; j + 8 <= d; j += 8)
            for (int l = 0; l < 8; l++) {
                const double away = static_cast<double>(a[j + l]) - static_cast<double>(b[j + l]);
                part[l] += away * away;
            }
        for (int l = 0; j + l < d; l++) {
            const double away = static_cast<double>(a[j + l]) - static_cast<double>(b[j + l]);
            part[l] += away * away;
        }
        double total = 0.0;
        for (int l = 0; l < 8; l++) total += part[l];
        out[i] = total;
    }
}

// Squared distances of one packed block of rows from Q candidates.
template <class T, int Q>
inline void tried(const T* block, ptrdiff_t d, const T* candidates, T (*out)[LANES]) {
    typedef typename Wide<T>::V V;
    const int PARTS = LANES / Wide<T>::WIDTH;
    V sum[Q][PARTS];
    for (int q = 0; q < Q; q++)
        for (int p = 0; p < PARTS; p++) sum[q][p] = Wide<T>::all(T(0));
    for (ptrdiff_t j = 0; j < d; j++) {
        const V* rows = reinterpret_cast<const V*>(block + j * LANES);
        for (int q = 0; q < Q; q++) {
            const V value = Wide<T>::all(candidates[q * d + j]);
            for (int p = 0; p < PARTS; p++) {
                const V away = rows[p] - value;
                sum[q][p] = fma_of(away, away, sum[q][p]);
            }
        }
    }
    for (int q = 0; q < Q; q++) {
        V* to = reinterpret_cast<V*>(out[q]);
        for (int p = 0; p < PARTS; p++) to[p] = sum[q][p];
    }
}

template <class T>
void seed(const T* packed, ptrdiff_t n, ptrdiff_t d, const T* candidates, ptrdiff_t n_tried,
          double* closest, const double* weight, bool keep, double* pots) {
    const int Q = 4;
    for (ptrdiff_t t = 0; t < n_tried; t += Q) {
        const ptrdiff_t size = n_tried - t < Q ? n_tried - t : Q;
        double part[Q][LANES] = {};
        for (ptrdiff_t first = 0; first < n; first += LANES) {
            T found[Q][LANES];
            const T* block = packed + first * d;
            if (size == Q)
                tried<T, Q>(block, d, candidates + t * d, found);
            else
                for (ptrdiff_t q = 0; q < size; q++)
                    tried<T, 1>(block, d, candidates + (t + q) * d, found + q);
            const ptrdiff_t rows = n - first < LANES ? n - first : LANES;
            for (ptrdiff_t q = 0; q < size; q++)
                for (ptrdiff_t l = 0; l < rows; l++) {
                    const double before = closest[first + l];
                    const double now = static_cast<double>(found[q][l]);
                    const double kept = now < before ? now : before;
                    part[q][l] += weight == nullptr ? kept : kept * weight[first + l];
                    if (keep) closest[first + l] = kept;
                }
        }
        for (ptrdiff_t q = 0; q < size; q++) {
            double total = 0.0;
            for (int l = 0; l < LANES; l++) total += part[q][l];
            pots[t + q] = total;
        }
    }
}

template <class T, class J>
void sparse(const T* data, const J* indices, const J* indptr, ptrdiff_t first, ptrdiff_t last,
            const T* turned, const T* level, ptrdiff_t k, ptrdiff_t width, T* scores,
            int32_t* labels) {
    for (ptrdiff_t i = first; i < last; i++) {
        for (ptrdiff_t c = 0; c < width; c++) scores[c] = level[c];
        for (J e = indptr[i]; e < indptr[i + 1]; e++) {
            const T* MLKIT_RESTRICT column = turned + static_cast<ptrdiff_t>(indices[e]) * width;
            T* MLKIT_RESTRICT to = scores;
            const T value = data[e];
            for (ptrdiff_t c = 0; c < width; c++) to[c] = fma_if_fast(value, column[c], to[c]);
        }
        ptrdiff_t best = 0;
        for (ptrdiff_t c = 1; c < k; c++)
            if (scores[c] > scores[best]) best = c;
        labels[i] = static_cast<int32_t>(best);
    }
}

}  // namespace

MLKIT_TABLE(LloydKernels, lloyd_kernels) = {
    {&assign<float>, &bounded<float>, &own<float>, &seed<float>, &sparse<float, int32_t>,
     &sparse<float, int64_t>},
    {&assign<double>, &bounded<double>, &own<double>, &seed<double>, &sparse<double, int32_t>,
     &sparse<double, int64_t>}};
