// Kernels on compressed rows: `major` is the compressed axis (rows of CSR, columns of CSC),
// `minor` the other. Entries that are not stored are zeros and count as such.
//
// A sum over the minor axis is one thread's alone. A sum over the major axis scatters into the
// minor one, so the major axis is cut into parts that depend on the matrix alone, each part has
// sums of its own, and the parts are added first to last: same result for any number of threads.
#ifndef MLKIT_CSR_HPP
#define MLKIT_CSR_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace mlkit_csr {

template <class T, class I>
struct Matrix {
    T* data;
    const I* indices;
    const I* indptr;
    ptrdiff_t n_major, n_minor, n_stored;
};

// Whether indptr ascends within the stored entries and indices lie within the minor axis.
template <class T, class I>
bool is_sound(const Matrix<T, I>& m) {
    if (m.indptr[0] < 0 || static_cast<ptrdiff_t>(m.indptr[m.n_major]) > m.n_stored) return false;
    bool bad = false;
    for (ptrdiff_t i = 0; i < m.n_major; i++) bad |= m.indptr[i] > m.indptr[i + 1];
    if (bad) return false;
    const I n = static_cast<I>(m.n_minor);
    for (ptrdiff_t k = m.indptr[0]; k < m.indptr[m.n_major]; k++)
        bad |= m.indices[k] < 0 || m.indices[k] >= n;
    return !bad;
}

// Parts of the major axis with about as many stored entries each.
constexpr ptrdiff_t PART_ENTRIES = 1 << 17;  // fewer are not worth a thread
constexpr ptrdiff_t MOST_PARTS = 16;

template <class T, class I>
std::vector<ptrdiff_t> cut(const Matrix<T, I>& m) {
    ptrdiff_t n = m.n_stored / PART_ENTRIES;
    // Partial sums must stay small beside the matrix.
    const ptrdiff_t affordable = m.n_stored / (4 * (m.n_minor + 1));
    if (n > affordable) n = affordable;
    n = n < 1 ? 1 : n > MOST_PARTS ? MOST_PARTS : n;
    std::vector<ptrdiff_t> bounds(1, 0);
    for (ptrdiff_t i = 1, part = 1; part < n; part++) {
        const double wanted = static_cast<double>(m.n_stored) * part / n;
        while (i < m.n_major && static_cast<double>(m.indptr[i]) < wanted) i++;
        bounds.push_back(i);
    }
    bounds.push_back(m.n_major);
    return bounds;
}

// out[j] = Σ f(i, x) over stored (i, j), one f for each of the `width` sums of a minor index.
template <int width, class T, class I, class Add>
void scatter(const Matrix<T, I>& m, double* out, int n_threads, Add add) {
    const std::vector<ptrdiff_t> bounds = cut(m);
    const ptrdiff_t n_parts = static_cast<ptrdiff_t>(bounds.size()) - 1;
    const ptrdiff_t size = m.n_minor * width;
    std::vector<double> partial(n_parts * size, 0.0);
#pragma omp parallel for schedule(dynamic) num_threads(n_threads)
    for (ptrdiff_t part = 0; part < n_parts; part++) {
        double* mine = partial.data() + part * size;
        for (ptrdiff_t i = bounds[part]; i < bounds[part + 1]; i++)
            for (ptrdiff_t k = m.indptr[i]; k < static_cast<ptrdiff_t>(m.indptr[i + 1]); k++)
                add(i, static_cast<ptrdiff_t>(m.indices[k]), static_cast<double>(m.data[k]),
                    mine + m.indices[k] * width);
    }
    for (ptrdiff_t j = 0; j < size; j++) out[j] = 0.0;
    for (ptrdiff_t part = 0; part < n_parts; part++)
        for (ptrdiff_t j = 0; j < size; j++) out[j] += partial[part * size + j];
}

template <class T, class I>
void minor_sums(const Matrix<T, I>& m, bool squared, double* out, int n_threads) {
    if (squared)
        scatter<1>(m, out, n_threads,
                   [](ptrdiff_t, ptrdiff_t, double x, double* sum) { *sum += x * x; });
    else
        scatter<1>(m, out, n_threads,
                   [](ptrdiff_t, ptrdiff_t, double x, double* sum) { *sum += x; });
}

template <class T, class I>
void major_sums(const Matrix<T, I>& m, bool squared, double* out, int n_threads) {
#pragma omp parallel for schedule(guided) num_threads(n_threads)
    for (ptrdiff_t i = 0; i < m.n_major; i++) {
        double sum = 0.0;
        for (ptrdiff_t k = m.indptr[i]; k < static_cast<ptrdiff_t>(m.indptr[i + 1]); k++) {
            const double x = static_cast<double>(m.data[k]);
            sum += squared ? x * x : x;
        }
        out[i] = sum;
    }
}

inline double weight_of(const double* weight, ptrdiff_t i) { return weight ? weight[i] : 1.0; }

inline double sum_of_weights(const double* weight, ptrdiff_t n) {
    if (!weight) return static_cast<double>(n);
    double sum = 0.0;
    for (ptrdiff_t i = 0; i < n; i++) sum += weight[i];
    return sum;
}

// total = Σw, mean = Σwx / Σw and spread = Σw(x − mean)² for each minor index, NaN left out;
// weights are those of the major axis, null for ones.
template <class T, class I>
void minor_moments(const Matrix<T, I>& m, const double* weight, double* total, double* mean,
                   double* spread, int n_threads) {
    const double all = sum_of_weights(weight, m.n_major);
    std::vector<double> sums(3 * m.n_minor);  // weight stored, weight of NaN, Σwx
    scatter<3>(m, sums.data(), n_threads,
               [weight](ptrdiff_t i, ptrdiff_t, double x, double* sum) {
                   const double w = weight_of(weight, i);
                   const bool seen = x == x;
                   sum[0] += seen ? w : 0.0;
                   sum[1] += seen ? 0.0 : w;
                   sum[2] += seen ? w * x : 0.0;
               });
    for (ptrdiff_t j = 0; j < m.n_minor; j++) {
        total[j] = all - sums[3 * j + 1];
        mean[j] = sums[3 * j + 2] / total[j];
    }
    const double* centre = mean;
    scatter<1>(m, spread, n_threads,
               [weight, centre](ptrdiff_t i, ptrdiff_t j, double x, double* sum) {
                   const double away = x - centre[j];
                   *sum += x == x ? weight_of(weight, i) * away * away : 0.0;
               });
    for (ptrdiff_t j = 0; j < m.n_minor; j++) {
        const double absent = total[j] - sums[3 * j];  // weight of the zeros that are not stored
        if (absent > 0.0) spread[j] += absent * mean[j] * mean[j];
    }
}

// The same for each major index; weights are those of the minor axis.
template <class T, class I>
void major_moments(const Matrix<T, I>& m, const double* weight, double* total, double* mean,
                   double* spread, int n_threads) {
    const double all = sum_of_weights(weight, m.n_minor);
#pragma omp parallel for schedule(guided) num_threads(n_threads)
    for (ptrdiff_t i = 0; i < m.n_major; i++) {
        double stored = 0.0, missing = 0.0, sum = 0.0, around = 0.0;
        for (ptrdiff_t k = m.indptr[i]; k < static_cast<ptrdiff_t>(m.indptr[i + 1]); k++) {
            const double x = static_cast<double>(m.data[k]), w = weight_of(weight, m.indices[k]);
            if (x == x) stored += w, sum += w * x;
            else missing += w;
        }
        total[i] = all - missing;
        mean[i] = sum / total[i];
        for (ptrdiff_t k = m.indptr[i]; k < static_cast<ptrdiff_t>(m.indptr[i + 1]); k++) {
            const double x = static_cast<double>(m.data[k]), away = x - mean[i];
            if (x == x) around += weight_of(weight, m.indices[k]) * away * away;
        }
        const double absent = total[i] - stored;
        spread[i] = around + (absent > 0.0 ? absent * mean[i] * mean[i] : 0.0);
    }
}

enum Norm { NORM_L1 = 1, NORM_L2 = 2, NORM_MAX = 3 };

// Divides each major line by its norm, which is written to `norms`; lines of zeros stay.
template <class T, class I>
void normalize_major(const Matrix<T, I>& m, int norm, double* norms, int n_threads) {
#pragma omp parallel for schedule(guided) num_threads(n_threads)
    for (ptrdiff_t i = 0; i < m.n_major; i++) {
        const ptrdiff_t from = m.indptr[i], to = m.indptr[i + 1];
        double size = 0.0;
        for (ptrdiff_t k = from; k < to; k++) {
            const double x = std::fabs(static_cast<double>(m.data[k]));
            size = norm == NORM_L1 ? size + x : norm == NORM_L2 ? size + x * x : x > size ? x : size;
        }
        if (norm == NORM_L2) size = std::sqrt(size);
        norms[i] = size;
        if (size == 0.0) continue;
        for (ptrdiff_t k = from; k < to; k++)
            m.data[k] = static_cast<T>(static_cast<double>(m.data[k]) / size);
    }
}

template <class T, class I>
void scale_major(const Matrix<T, I>& m, const double* factor, int n_threads) {
#pragma omp parallel for schedule(guided) num_threads(n_threads)
    for (ptrdiff_t i = 0; i < m.n_major; i++)
        for (ptrdiff_t k = m.indptr[i]; k < static_cast<ptrdiff_t>(m.indptr[i + 1]); k++)
            m.data[k] = static_cast<T>(static_cast<double>(m.data[k]) * factor[i]);
}

template <class T, class I>
void scale_minor(const Matrix<T, I>& m, const double* factor, int n_threads) {
    const ptrdiff_t from = m.indptr[0], to = m.indptr[m.n_major];
#pragma omp parallel for schedule(static) num_threads(n_threads)
    for (ptrdiff_t k = from; k < to; k++)
        m.data[k] = static_cast<T>(static_cast<double>(m.data[k]) * factor[m.indices[k]]);
}

// Least and greatest of a line as its entries are met. NaN is passed over where `skip_nan`, and
// else sticks; a line of which nothing was seen gives NaN.
template <class T>
struct Range {
    T least = std::numeric_limits<T>::infinity(), greatest = -std::numeric_limits<T>::infinity();
    ptrdiff_t n_stored = 0;
    bool has_nan = false;

    void see(T x) {
        n_stored++;
        if (x != x) has_nan = true;
        if (x < least) least = x;
        if (x > greatest) greatest = x;
    }

    void write(ptrdiff_t length, bool skip_nan, T& low, T& high) {
        if (n_stored < length) {
            if (T(0) < least) least = T(0);
            if (T(0) > greatest) greatest = T(0);
        }
        const bool none = least > greatest || (has_nan && !skip_nan);
        low = none ? std::numeric_limits<T>::quiet_NaN() : least;
        high = none ? std::numeric_limits<T>::quiet_NaN() : greatest;
    }
};

template <class T, class I>
void major_range(const Matrix<T, I>& m, bool skip_nan, T* low, T* high, int n_threads) {
#pragma omp parallel for schedule(guided) num_threads(n_threads)
    for (ptrdiff_t i = 0; i < m.n_major; i++) {
        Range<T> range;
        for (ptrdiff_t k = m.indptr[i]; k < static_cast<ptrdiff_t>(m.indptr[i + 1]); k++)
            range.see(m.data[k]);
        range.write(m.n_minor, skip_nan, low[i], high[i]);
    }
}

template <class T, class I>
void minor_range(const Matrix<T, I>& m, bool skip_nan, T* low, T* high) {
    std::vector<Range<T>> ranges(m.n_minor);
    for (ptrdiff_t k = m.indptr[0]; k < static_cast<ptrdiff_t>(m.indptr[m.n_major]); k++)
        ranges[m.indices[k]].see(m.data[k]);
    for (ptrdiff_t j = 0; j < m.n_minor; j++)
        ranges[j].write(m.n_major, skip_nan, low[j], high[j]);
}

}  // namespace mlkit_csr

#endif
