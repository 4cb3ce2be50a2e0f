// Where rows of a kernel matrix come from: dense rows, CSR rows, or a matrix that is there already.
#ifndef MLKIT_KERNEL_ROWS_HPP
#define MLKIT_KERNEL_ROWS_HPP

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "dual.hpp"

namespace mlkit_dual {

const ptrdiff_t LANES = DUAL_LANES;

// Blocks of targets that are worked on while they stay in a core's cache: of 32 columns and
// float32, 128 KiB. The grid of work is the same for any number of threads.
const ptrdiff_t TILE = 64;

inline ptrdiff_t blocks_of(ptrdiff_t n) { return (n + LANES - 1) / LANES; }
inline ptrdiff_t padded(ptrdiff_t n) { return blocks_of(n) * LANES; }

// Rows of x side by side in blocks, as dual.hpp says; shift is taken from each row unless null.
template <class T>
void pack_rows(const double* x, ptrdiff_t n_columns, const int32_t* rows, ptrdiff_t count,
               const double* shift, T* packed) {
    for (ptrdiff_t b = 0; b < blocks_of(count); b++)
        for (ptrdiff_t l = 0; l < LANES; l++) {
            const ptrdiff_t k = b * LANES + l;
            T* to = packed + b * n_columns * LANES + l;
            if (k >= count) {
                for (ptrdiff_t j = 0; j < n_columns; j++) to[j * LANES] = T(0);
                continue;
            }
            const double* from = x + (rows == nullptr ? k : ptrdiff_t(rows[k])) * n_columns;
            for (ptrdiff_t j = 0; j < n_columns; j++)
                to[j * LANES] = static_cast<T>(shift == nullptr ? from[j] : from[j] - shift[j]);
        }
}

template <class T>
class Rows {
   public:
    explicit Rows(ptrdiff_t n_rows) : n_rows(n_rows) {}
    virtual ~Rows() {}
    // Sums that one entry of the kernel takes, about.
    virtual ptrdiff_t width() const { return 1; }
    // out[k][i] = kernel of rows[k] and row i, in T; out[k] has room for padded(n_rows).
    virtual void fill(const int32_t* rows, ptrdiff_t count, T* const* out, int n_threads) = 0;
    // out[a * padded(count) + b] = kernel of rows[a] and rows[b]; false, and nothing done, where
    // that would cost more than to read it from the rows.
    virtual bool among(const int32_t* rows, ptrdiff_t count, std::vector<T>& out) {
        (void)rows, (void)count, (void)out;
        return false;
    }
    // The same of fewer rows, in the order given.
    virtual std::unique_ptr<Rows<T>> subset(const std::vector<int32_t>& rows) const = 0;
    // f[i] = sum over j of value[j] times the kernel of i and j, in double; f is padded.
    virtual void product(const double* value, double* f, int n_threads) = 0;

    const ptrdiff_t n_rows;

   protected:
    std::vector<int32_t> nonzero(const double* value) const {
        std::vector<int32_t> out;
        for (ptrdiff_t i = 0; i < n_rows; i++)
            if (value[i] != 0) out.push_back(static_cast<int32_t>(i));
        return out;
    }
};

inline double folded(const double* lanes) {
    double total = 0;
    for (ptrdiff_t l = 0; l < LANES; l++) total += lanes[l];
    return total;
}

template <class T>
class DenseRows : public Rows<T> {
   public:
    // x must outlive this.
    DenseRows(const KernelForm& form, const double* x, ptrdiff_t n_rows, ptrdiff_t n_columns)
        : Rows<T>(n_rows), form_(form), x_(x), n_columns_(n_columns) {
        // Distances do not change when all rows are moved, and float32 keeps more digits of what
        // is near the origin.
        if (sizeof(T) < sizeof(double) && form.kind == KERNEL_RBF) {
            shift_.assign(n_columns, 0.0);
            for (ptrdiff_t i = 0; i < n_rows; i++)
                for (ptrdiff_t j = 0; j < n_columns; j++)
                    shift_[j] += x[i * n_columns + j] / static_cast<double>(n_rows);
        }
        pack();
    }

    std::unique_ptr<Rows<T>> subset(const std::vector<int32_t>& rows) const override {
        return std::unique_ptr<Rows<T>>(new DenseRows(*this, rows));
    }

    ptrdiff_t width() const override { return n_columns_ + 16; }

    void fill(const int32_t* rows, ptrdiff_t count, T* const* out, int n_threads) override {
        const ptrdiff_t n_blocks = blocks_of(this->n_rows), d = n_columns_;
        const ptrdiff_t n_tiles = (n_blocks + TILE - 1) / TILE;
        take(rows, count);
#pragma omp parallel for schedule(dynamic) num_threads(n_threads) if (n_threads > 1)
        for (ptrdiff_t t = 0; t < n_tiles; t++) {
            T* to[DUAL_QUERIES];
            for (ptrdiff_t k = 0; k < count; k += DUAL_QUERIES) {
                const ptrdiff_t some = std::min(ptrdiff_t(DUAL_QUERIES), count - k);
                for (ptrdiff_t q = 0; q < some; q++) to[q] = out[k + q] + t * TILE * LANES;
                fill_tile(form_, queries_.data() + k * d, some,
                          packed_.data() + t * TILE * d * LANES,
                          std::min(TILE, n_blocks - t * TILE), d, to);
            }
        }
    }

    bool among(const int32_t* rows, ptrdiff_t count, std::vector<T>& out) override {
        const ptrdiff_t d = n_columns_;
        if (d > FEW_COLUMNS) return false;
        take(rows, count);
        few_.resize(padded(count) * d);
        pack_rows(x_, d, rows, count, shift(), few_.data());
        out.resize(count * padded(count));
        std::vector<T*> to(count);
        for (ptrdiff_t k = 0; k < count; k++) to[k] = out.data() + k * padded(count);
        fill_tile(form_, queries_.data(), count, few_.data(), blocks_of(count), d, to.data());
        return true;
    }

    void product(const double* value, double* f, int n_threads) override {
        const std::vector<int32_t> rows = this->nonzero(value);
        const ptrdiff_t count = static_cast<ptrdiff_t>(rows.size()), d = n_columns_;
        std::vector<double> packed(padded(count) * d), coef(padded(count), 0.0);
        pack_rows(x_, d, rows.data(), count, nullptr, packed.data());
        for (ptrdiff_t k = 0; k < count; k++) coef[k] = value[rows[k]];
        const ptrdiff_t n = this->n_rows, n_tasks = (n + DUAL_QUERIES - 1) / DUAL_QUERIES;
#pragma omp parallel for schedule(dynamic, 16) num_threads(n_threads) if (n_threads > 1)
        for (ptrdiff_t t = 0; t < n_tasks; t++) {
            const ptrdiff_t first = t * DUAL_QUERIES;
            const ptrdiff_t some = std::min(ptrdiff_t(DUAL_QUERIES), n - first);
            double sums[DUAL_QUERIES * DUAL_LANES] = {0.0};
            gather_tile(form_, x_ + first * d, some, packed.data(), blocks_of(count), d,
                        coef.data(), 1, sums);
            for (ptrdiff_t q = 0; q < some; q++) f[first + q] = folded(sums + q * LANES);
        }
    }

   private:
    // Columns of which a kernel takes as long as to read it from memory.
    static const ptrdiff_t FEW_COLUMNS = 128;

    DenseRows(const DenseRows& all, const std::vector<int32_t>& rows)
        : Rows<T>(ptrdiff_t(rows.size())), form_(all.form_), own_(taken(all, rows)),
          x_(own_.data()), n_columns_(all.n_columns_), shift_(all.shift_) {
        pack();
    }

    static std::vector<double> taken(const DenseRows& all, const std::vector<int32_t>& rows) {
        const ptrdiff_t d = all.n_columns_;
        std::vector<double> out;
        out.reserve(rows.size() * d);
        for (const int32_t row : rows)
            out.insert(out.end(), all.x_ + row * d, all.x_ + (row + 1) * d);
        return out;
    }

    void pack() {
        packed_.resize(padded(this->n_rows) * n_columns_);
        pack_rows(x_, n_columns_, nullptr, this->n_rows, shift(), packed_.data());
    }

    // Rows of x, shifted, one after the other.
    void take(const int32_t* rows, ptrdiff_t count) {
        queries_.resize(count * n_columns_);
        T* to = queries_.data();
        for (ptrdiff_t k = 0; k < count; k++) {
            const double* from = x_ + rows[k] * n_columns_;
            for (ptrdiff_t j = 0; j < n_columns_; j++)
                *to++ = static_cast<T>(shift_.empty() ? from[j] : from[j] - shift_[j]);
        }
    }
    const double* shift() const { return shift_.empty() ? nullptr : shift_.data(); }

    const KernelForm form_;
    const std::vector<double> own_;
    const double* x_;
    const ptrdiff_t n_columns_;
    std::vector<double> shift_;
    std::vector<T> packed_, queries_, few_;
};

// CSR rows in double, whose indices have been checked.
struct CsrRows {
    const double* data;
    const int32_t* indices;
    const int64_t* indptr;
    ptrdiff_t n_rows, n_columns;

    double square(ptrdiff_t i) const {
        double total = 0;
        for (int64_t e = indptr[i]; e < indptr[i + 1]; e++) total += data[e] * data[e];
        return total;
    }
    int64_t stored() const { return indptr[n_rows]; }
};

// Some rows of CSR rows, with arrays of their own.
struct OwnCsr {
    std::vector<double> data;
    std::vector<int32_t> indices;
    std::vector<int64_t> indptr;

    OwnCsr(const CsrRows& x, const std::vector<int32_t>& rows) : indptr(1, 0) {
        for (const int32_t row : rows) {
            const int64_t first = x.indptr[row], last = x.indptr[row + 1];
            data.insert(data.end(), x.data + first, x.data + last);
            indices.insert(indices.end(), x.indices + first, x.indices + last);
            indptr.push_back(static_cast<int64_t>(data.size()));
        }
    }
    CsrRows rows(ptrdiff_t n_columns) const {
        return {data.data(), indices.data(), indptr.data(), ptrdiff_t(indptr.size()) - 1,
                n_columns};
    }
};

// LANES rows column by column, which stand beside every target in turn.
template <class T>
class Table {
   public:
    explicit Table(ptrdiff_t n_columns) : entries_(n_columns * LANES, T(0)) {}

    void put(const CsrRows& x, const int32_t* rows, ptrdiff_t count) {
        set(x, rows, count, true);
        for (ptrdiff_t l = 0; l < LANES; l++) squares[l] = l < count ? x.square(rows[l]) : 0.0;
    }
    void clear(const CsrRows& x, const int32_t* rows, ptrdiff_t count) {
        set(x, rows, count, false);
    }
    const T* data() const { return entries_.data(); }

    double squares[DUAL_LANES];

   private:
    void set(const CsrRows& x, const int32_t* rows, ptrdiff_t count, bool there) {
        for (ptrdiff_t l = 0; l < count; l++)
            for (int64_t e = x.indptr[rows[l]]; e < x.indptr[rows[l] + 1]; e++)
                entries_[ptrdiff_t(x.indices[e]) * LANES + l] =
                    there ? static_cast<T>(x.data[e]) : T(0);
    }

    std::vector<T> entries_;
};

// Targets that are worked on at once, for a buffer of 32 KiB in float64.
const ptrdiff_t SPARSE_CHUNK = 256;

template <class T>
class SparseRows : public Rows<T> {
   public:
    // What x points to must outlive this.
    SparseRows(const KernelForm& form, const CsrRows& x)
        : Rows<T>(x.n_rows), form_(form), x_(x), data_(x.data, x.data + x.stored()),
          table_(x.n_columns) {
        for (ptrdiff_t i = 0; i < x.n_rows; i++) squares_.push_back(x.square(i));
    }

    std::unique_ptr<Rows<T>> subset(const std::vector<int32_t>& rows) const override {
        std::unique_ptr<OwnCsr> own(new OwnCsr(x_, rows));
        std::unique_ptr<SparseRows<T>> out(new SparseRows(form_, own->rows(x_.n_columns)));
        out->own_ = std::move(own);
        return out;
    }

    ptrdiff_t width() const override { return 16 + x_.stored() / std::max(x_.n_rows, LANES); }

    void fill(const int32_t* rows, ptrdiff_t count, T* const* out, int n_threads) override {
        const SparseTargets<T> targets = {data_.data(), x_.indices, x_.indptr, squares_.data()};
        const ptrdiff_t n = this->n_rows, n_tasks = (n + SPARSE_CHUNK - 1) / SPARSE_CHUNK;
        for (ptrdiff_t k = 0; k < count; k += LANES) {
            const ptrdiff_t some = std::min(LANES, count - k);
            table_.put(x_, rows + k, some);
#pragma omp parallel for schedule(dynamic) num_threads(n_threads) if (n_threads > 1)
            for (ptrdiff_t t = 0; t < n_tasks; t++) {
                T here[SPARSE_CHUNK * DUAL_LANES];
                const ptrdiff_t first = t * SPARSE_CHUNK, last = std::min(n, first + SPARSE_CHUNK);
                sparse_tile(form_, targets, first, last, table_.data(), table_.squares, here);
                for (ptrdiff_t l = 0; l < some; l++)
                    for (ptrdiff_t i = first; i < last; i++)
                        out[k + l][i] = here[(i - first) * LANES + l];
            }
            table_.clear(x_, rows + k, some);
        }
    }

    void product(const double* value, double* f, int n_threads) override {
        const std::vector<int32_t> rows = this->nonzero(value);
        std::vector<double> coef(rows.size());
        for (size_t k = 0; k < rows.size(); k++) coef[k] = value[rows[k]];
        std::fill(f, f + this->n_rows, 0.0);
        sparse_sums(form_, x_, squares_.data(), x_, rows.data(), ptrdiff_t(rows.size()),
                    coef.data(), 1, f, 1, n_threads);
    }

    // f[i * step + r] += sum over k of coef[k * n_out + r] times the kernel of target i and rows[k]
    // of `others`.
    static void sparse_sums(const KernelForm& form, const CsrRows& x, const double* squares,
                            const CsrRows& others, const int32_t* rows, ptrdiff_t count,
                            const double* coef, ptrdiff_t n_out, double* f, ptrdiff_t step,
                            int n_threads) {
        const SparseTargets<double> targets = {x.data, x.indices, x.indptr, squares};
        const ptrdiff_t n = x.n_rows, n_tasks = (n + SPARSE_CHUNK - 1) / SPARSE_CHUNK;
        Table<double> table(x.n_columns);
        for (ptrdiff_t k = 0; k < count; k += LANES) {
            const ptrdiff_t some = std::min(LANES, count - k);
            table.put(others, rows + k, some);
#pragma omp parallel for schedule(dynamic) num_threads(n_threads) if (n_threads > 1)
            for (ptrdiff_t t = 0; t < n_tasks; t++) {
                double here[SPARSE_CHUNK * DUAL_LANES];
                const ptrdiff_t first = t * SPARSE_CHUNK, last = std::min(n, first + SPARSE_CHUNK);
                sparse_tile(form, targets, first, last, table.data(), table.squares, here);
                for (ptrdiff_t i = first; i < last; i++)
                    for (ptrdiff_t r = 0; r < n_out; r++) {
                        double total = 0;
                        for (ptrdiff_t l = 0; l < some; l++)
                            total += coef[(k + l) * n_out + r] * here[(i - first) * LANES + l];
                        f[i * step + r] += total;
                    }
            }
            table.clear(others, rows + k, some);
        }
    }

   private:
    const KernelForm form_;
    std::unique_ptr<OwnCsr> own_;
    const CsrRows x_;
    std::vector<T> data_;
    std::vector<double> squares_;
    Table<T> table_;
};

// A kernel matrix, of which the rows and columns `index` are meant.
template <class T>
class StoredRows : public Rows<T> {
   public:
    StoredRows(const double* kernel, ptrdiff_t stride, std::vector<int32_t> index)
        : Rows<T>(ptrdiff_t(index.size())), kernel_(kernel), stride_(stride),
          index_(std::move(index)) {}

    std::unique_ptr<Rows<T>> subset(const std::vector<int32_t>& rows) const override {
        std::vector<int32_t> index;
        for (const int32_t row : rows) index.push_back(index_[row]);
        return std::unique_ptr<Rows<T>>(new StoredRows(kernel_, stride_, std::move(index)));
    }

    void fill(const int32_t* rows, ptrdiff_t count, T* const* out, int n_threads) override {
#pragma omp parallel for schedule(dynamic) num_threads(n_threads) if (n_threads > 1)
        for (ptrdiff_t k = 0; k < count; k++) {
            const double* from = kernel_ + index_[rows[k]] * stride_;
            for (ptrdiff_t i = 0; i < this->n_rows; i++) out[k][i] = static_cast<T>(from[index_[i]]);
        }
    }

    void product(const double* value, double* f, int n_threads) override {
        const std::vector<int32_t> rows = this->nonzero(value);
#pragma omp parallel for schedule(static) num_threads(n_threads) if (n_threads > 1)
        for (ptrdiff_t i = 0; i < this->n_rows; i++) {
            const double* from = kernel_ + index_[i] * stride_;
            double total = 0;
            for (const int32_t j : rows) total += value[j] * from[index_[j]];
            f[i] = total;
        }
    }

   private:
    const double* kernel_;
    const ptrdiff_t stride_;
    const std::vector<int32_t> index_;
};

}  // namespace mlkit_dual

#endif
