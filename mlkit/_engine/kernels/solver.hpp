// The dual of a kernel machine, by working sets:
//
//   minimise 1/2 b' K b + q' b  subject to  lower <= b <= upper,  sum of b over each group fixed.
//
// A variable stands for a row of K, and two may stand for one row. With f = K b by row and
// gradient g = f + q by variable, b is optimal when in each group no variable that can go up has a
// smaller g than one that can go down; the largest such difference is the gap.
#ifndef MLKIT_DUAL_SOLVER_HPP
#define MLKIT_DUAL_SOLVER_HPP

#include <math.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "polish.hpp"
#include "rows.hpp"

namespace mlkit_dual {

struct Problem {
    ptrdiff_t n_variables, n_groups;
    const int32_t* row;
    const int8_t* group;
    const double *linear, *lower, *upper;
    double tol;
    int64_t max_iter;
    double cache_bytes;
    bool shrinking;
    int n_threads;
};

struct Outcome {
    int64_t n_iter;
    bool converged;
    double gap;
};

// Up to as many variables, all are one working set.
const ptrdiff_t WHOLE = 1024;
// Else so many at a time: their part of K, in float64, is 2 MiB.
const ptrdiff_t WORKING = 512;

// Memory for rows of one width, which stays until the end. It is asked for a few rows at a time,
// and all of it at once: to touch it page by page takes as long as to compute the rows.
template <class T>
class Arena {
   public:
    explicit Arena(ptrdiff_t width) : width_(width) {}
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() { clear(); }

    void clear() {
        for (void* each : slabs_) ::operator delete(each, std::align_val_t(PAGE));
        slabs_.clear();
        left_ = given_ = 0;
    }

    T* row() {
        if (left_ == 0) {
            const size_t bytes = static_cast<size_t>(width_) * sizeof(T);
            left_ = static_cast<ptrdiff_t>(std::max<size_t>(1, SLAB / bytes));
            // Small problems need no more than about their rows.
            left_ = std::min(left_, std::max<ptrdiff_t>(64, given_));
            const size_t size = (left_ * bytes + PAGE - 1) / PAGE * PAGE;
            slabs_.push_back(::operator new(size, std::align_val_t(PAGE)));
            next_ = static_cast<T*>(slabs_.back());
#if defined(__linux__) && defined(MADV_POPULATE_WRITE)
            // A refusal costs time and nothing else.
            madvise(slabs_.back(), size, MADV_POPULATE_WRITE);
#endif
        }
        T* here = next_;
        next_ += width_;
        left_--;
        given_++;
        return here;
    }

   private:
    static const size_t PAGE = size_t(1) << 12, SLAB = size_t(1) << 23;
    const ptrdiff_t width_;
    ptrdiff_t left_ = 0, given_ = 0;
    T* next_ = nullptr;
    std::vector<void*> slabs_;
};

// Working sets between looks for settled variables.
const int64_t PATIENCE = 16;
// Times that f is computed anew at most. Each leaves what float32 and variables set aside had
// hidden, and what float32 hides shrinks a thousandfold each time.
const int ROUNDS = 30;

// Entries of f that rows are added to at a time: 32 KiB.
const ptrdiff_t CHUNK = 4096;
// Steps of descent after each of Newton's: as many as cost no more than it does.
const int64_t STEPS = 256;

// Rows of K that were needed, and of which the least recently used give way.
template <class T>
class RowCache {
   public:
    RowCache(Rows<T>& source, double bytes, ptrdiff_t least)
        : source_(source), width_(padded(source.n_rows)), slot_of_(source.n_rows, -1), arena_(width_) {
        const double rows = bytes / (static_cast<double>(width_) * sizeof(T));
        const ptrdiff_t all = source.n_rows;
        capacity_ = rows >= static_cast<double>(all) ? all : static_cast<ptrdiff_t>(rows);
        capacity_ = std::min(all, std::max(capacity_, least));
    }

    // Pointers to the rows asked for, which are all different and as many as `least` at most.
    void get(const std::vector<int32_t>& rows, std::vector<const T*>& out, int n_threads) {
        clock_++;
        missing_.clear();
        for (const int32_t row : rows) {
            if (slot_of_[row] < 0)
                missing_.push_back(row);
            else
                used_[slot_of_[row]] = clock_;
        }
        make_room(missing_.size());
        to_.clear();
        for (const int32_t row : missing_) to_.push_back(occupy(row));
        if (!missing_.empty())
            source_.fill(missing_.data(), ptrdiff_t(missing_.size()), to_.data(), n_threads);
        out.clear();
        for (const int32_t row : rows) out.push_back(slots_[slot_of_[row]]);
    }

    // Take over what another cache has of the rows `kept`, as whose numbers here they count, and of
    // the columns `kept`; the other one is empty then.
    void inherit(RowCache& other, const std::vector<int32_t>& kept) {
        std::vector<std::pair<int64_t, int32_t>> there;
        for (size_t k = 0; k < kept.size(); k++)
            if (other.slot_of_[kept[k]] >= 0)
                there.emplace_back(-other.used_[other.slot_of_[kept[k]]], static_cast<int32_t>(k));
        std::sort(there.begin(), there.end());
        if (ptrdiff_t(there.size()) > capacity_) there.resize(capacity_);
        for (const auto& each : there) {
            const T* from = other.slots_[other.slot_of_[kept[each.second]]];
            make_room(1);
            T* to = occupy(each.second);
            for (size_t k = 0; k < kept.size(); k++) to[k] = from[kept[k]];
        }
        other.clear();
    }

   private:
    void clear() {
        std::fill(slot_of_.begin(), slot_of_.end(), -1);
        slots_.clear();
        row_of_.clear();
        used_.clear();
        free_.clear();
        arena_.clear();
    }

    T* occupy(int32_t row) {
        const ptrdiff_t slot = free_.back();
        free_.pop_back();
        slot_of_[row] = static_cast<int32_t>(slot);
        row_of_[slot] = row;
        used_[slot] = clock_;
        return slots_[slot];
    }

    void make_room(size_t wanted) {
        while (free_.size() < wanted && ptrdiff_t(slots_.size()) < capacity_) {
            free_.push_back(ptrdiff_t(slots_.size()));
            slots_.push_back(arena_.row());
            std::fill(slots_.back() + source_.n_rows, slots_.back() + width_, T(0));
            row_of_.push_back(-1);
            used_.push_back(0);
        }
        if (free_.size() >= wanted) return;
        std::vector<std::pair<int64_t, ptrdiff_t>> old;
        for (ptrdiff_t s = 0; s < ptrdiff_t(slots_.size()); s++)
            if (row_of_[s] >= 0 && used_[s] < clock_) old.emplace_back(used_[s], s);
        const size_t drop = wanted - free_.size();
        std::nth_element(old.begin(), old.begin() + (drop - 1), old.end());
        for (size_t k = 0; k < drop; k++) {
            const ptrdiff_t slot = old[k].second;
            slot_of_[row_of_[slot]] = -1;
            row_of_[slot] = -1;
            free_.push_back(slot);
        }
    }

    Rows<T>& source_;
    const ptrdiff_t width_;
    ptrdiff_t capacity_;
    int64_t clock_ = 0;
    std::vector<int32_t> slot_of_, row_of_, missing_;
    std::vector<int64_t> used_;
    std::vector<ptrdiff_t> free_;
    Arena<T> arena_;
    std::vector<T*> slots_, to_;
};

// The variables of a working set in the layout of dual.hpp, and where each of them is from.
struct Layout {
    std::vector<double> K, diagonal, lower, upper, value, gradient, up, down, before;
    std::vector<ptrdiff_t> variable;  // -1 where a place is filled up
    ptrdiff_t start[3];

    void resize(ptrdiff_t n) {
        K.assign(n * n, 0.0);
        for (auto* each : {&diagonal, &lower, &upper, &value, &gradient}) each->assign(n, 0.0);
        up.assign(n, INFINITY);
        down.assign(n, -INFINITY);
        variable.assign(n, -1);
    }
};

template <class T>
class Solver {
   public:
    // value: the start, which keeps the constraints; at the end the solution.
    Solver(const Problem& problem, Rows<T>& rows, double* value, double* gradient)
        : p_(problem), rows_(rows), value_(value), gradient_(gradient),
          whole_(problem.n_variables <= WHOLE),
          cache_(rows, problem.cache_bytes, std::min(rows.n_rows, whole_ ? WHOLE : WORKING)),
          f_(padded(rows.n_rows), 0.0), step_(rows.n_rows, 0.0), taken_(problem.n_variables, 0) {}

    Outcome run() {
        for (ptrdiff_t v = 0; v < p_.n_variables; v++)
            if (value_[v] != 0) {
                refresh();
                break;
            }
        // Rows of K in float32 are exact enough for steps, not for what they add up to.
        const bool rounded = sizeof(T) < sizeof(double);
        double gap = look();
        int64_t n_iter = 0;
        for (int round = 0; n_iter < p_.max_iter && gap > p_.tol && round < ROUNDS; round++) {
            const bool whole = search(rounded ? 0.9 * p_.tol : p_.tol, n_iter, gap);
            if (whole && !rounded) break;
            refresh();
            gap = look();
        }
        return {n_iter, gap <= p_.tol, gap};
    }

   private:
    // Working sets until the gap is below `tol`; false if variables were set aside on the way, so
    // that f is to be computed anew.
    bool search(double tol, int64_t& n_iter, double& gap) {
        std::vector<char> settled(p_.n_variables, 0);
        for (int64_t step = 1; gap > tol && n_iter < p_.max_iter; step++) {
            const int64_t done = improve(gap, tol, p_.max_iter - n_iter);
            n_iter += done;
            gap = look();
            if (done == 0) break;
            if (p_.shrinking && !whole_ && step % PATIENCE == 0 && gap > tol && settle(settled)) {
                search_less(settled, tol, n_iter);
                return false;
            }
        }
        return true;
    }

    // Count for how long each variable has been at a bound where nothing draws it away; true when
    // that holds of so many that it pays to leave them out.
    bool settle(std::vector<char>& settled) const {
        ptrdiff_t active = 0;
        for (ptrdiff_t v = 0; v < p_.n_variables; v++) {
            const int g = p_.group[v];
            const bool here = (!can_fall(v) && gradient_[v] > greatest_[g]) ||
                              (!can_rise(v) && gradient_[v] < least_[g]);
            settled[v] = here ? std::min(settled[v] + 1, 2) : 0;
            active += settled[v] < 2;
        }
        return active <= p_.n_variables / 2;
    }

    // The search over the variables that are not settled, from where it stands.
    void search_less(const std::vector<char>& settled, double tol, int64_t& n_iter) {
        std::vector<int32_t> place(rows_.n_rows, -1), rows, row;
        std::vector<ptrdiff_t> variables;
        std::vector<int8_t> group;
        std::vector<double> linear, lower, upper, value;
        for (ptrdiff_t v = 0; v < p_.n_variables; v++)
            if (settled[v] < 2) place[p_.row[v]] = 0;
        for (ptrdiff_t i = 0; i < rows_.n_rows; i++)
            if (place[i] == 0) {
                place[i] = static_cast<int32_t>(rows.size());
                rows.push_back(static_cast<int32_t>(i));
            }
        for (ptrdiff_t v = 0; v < p_.n_variables; v++) {
            if (settled[v] == 2) continue;
            variables.push_back(v);
            row.push_back(place[p_.row[v]]);
            group.push_back(p_.group[v]);
            linear.push_back(p_.linear[v]);
            lower.push_back(p_.lower[v]);
            upper.push_back(p_.upper[v]);
            value.push_back(value_[v]);
        }
        Problem part = p_;
        part.n_variables = ptrdiff_t(variables.size());
        part.row = row.data();
        part.group = group.data();
        part.linear = linear.data();
        part.lower = lower.data();
        part.upper = upper.data();
        std::vector<double> gradient(variables.size());
        const std::unique_ptr<Rows<T>> fewer = rows_.subset(rows);
        Solver inner(part, *fewer, value.data(), gradient.data());
        for (size_t k = 0; k < rows.size(); k++) inner.f_[k] = f_[rows[k]];
        inner.cache_.inherit(cache_, rows);
        double gap = inner.look();
        inner.search(tol, n_iter, gap);
        for (size_t k = 0; k < variables.size(); k++) value_[variables[k]] = value[k];
    }

    bool can_rise(ptrdiff_t v) const { return value_[v] < p_.upper[v]; }
    bool can_fall(ptrdiff_t v) const { return value_[v] > p_.lower[v]; }

    // f from its definition.
    void refresh() {
        std::vector<double> by_row(rows_.n_rows, 0.0);
        for (ptrdiff_t v = 0; v < p_.n_variables; v++) by_row[p_.row[v]] += value_[v];
        if (!whole_ || sizeof(T) < sizeof(double))
            return rows_.product(by_row.data(), f_.data(), p_.n_threads);
        // All rows are wanted in any case, and are added up in one order wherever they are from.
        own_rows_.clear();
        for (ptrdiff_t i = 0; i < rows_.n_rows; i++)
            if (by_row[i] != 0) own_rows_.push_back(static_cast<int32_t>(i));
        cache_.get(own_rows_, pointers_, 1);
        size_.clear();
        for (const int32_t row : own_rows_) size_.push_back(by_row[row]);
        std::fill(f_.begin(), f_.end(), 0.0);
        accumulate_rows(pointers_.data(), size_.data(), ptrdiff_t(size_.size()), 0,
                        ptrdiff_t(f_.size()), f_.data());
    }

    // Gradients from f; return the gap.
    double look() {
        double gap = -INFINITY;
        for (int g = 0; g < 2; g++) {
            least_[g] = INFINITY;
            greatest_[g] = -INFINITY;
        }
        for (ptrdiff_t v = 0; v < p_.n_variables; v++) {
            const double here = gradient_[v] = f_[p_.row[v]] + p_.linear[v];
            const int g = p_.group[v];
            if (can_rise(v) && here < least_[g]) least_[g] = here;
            if (can_fall(v) && here > greatest_[g]) greatest_[g] = here;
        }
        for (int g = 0; g < 2; g++) gap = std::max(gap, greatest_[g] - least_[g]);
        return gap;
    }

    typedef std::pair<double, ptrdiff_t> Scored;

    void take(std::vector<Scored>& candidates, ptrdiff_t most) {
        if (ptrdiff_t(candidates.size()) > most) {
            std::nth_element(candidates.begin(), candidates.begin() + most, candidates.end());
            candidates.resize(most);
        }
        std::sort(candidates.begin(), candidates.end());
        for (const Scored& each : candidates)
            if (!taken_[each.second]) {
                taken_[each.second] = 1;
                chosen_.push_back(each.second);
            }
    }

    // Half of the new set violates optimality most, on both sides; the rest is of the set before,
    // first those between their bounds, so that what was balanced stays so.
    void choose() {
        std::vector<ptrdiff_t> before;
        before.swap(chosen_);
        if (whole_) {
            for (ptrdiff_t v = 0; v < p_.n_variables; v++) chosen_.push_back(v);
            return;
        }
        const ptrdiff_t quota = WORKING / 4 / p_.n_groups;
        for (int g = 0; g < p_.n_groups; g++) {
            rising_.clear();
            falling_.clear();
            for (ptrdiff_t v = 0; v < p_.n_variables; v++) {
                if (p_.group[v] != g) continue;
                if (can_rise(v) && gradient_[v] < greatest_[g]) rising_.emplace_back(gradient_[v], v);
                if (can_fall(v) && gradient_[v] > least_[g]) falling_.emplace_back(-gradient_[v], v);
            }
            take(rising_, quota);
            take(falling_, quota);
        }
        for (int round = 0; round < 2; round++)
            for (const ptrdiff_t v : before) {
                if (ptrdiff_t(chosen_.size()) >= WORKING) break;
                if (taken_[v] || (round == 0 && !(can_rise(v) && can_fall(v)))) continue;
                taken_[v] = 1;
                chosen_.push_back(v);
            }
        for (const ptrdiff_t v : chosen_) taken_[v] = 0;
    }

    void lay_out() {
        std::vector<ptrdiff_t> sorted(chosen_);
        std::sort(sorted.begin(), sorted.end());
        ptrdiff_t n = 0, count[2] = {0, 0};
        for (const ptrdiff_t v : sorted) count[p_.group[v]]++;
        for (int g = 0; g < p_.n_groups; g++) {
            set_.start[g] = n;
            n += padded(count[g]);
            set_.start[g + 1] = n;
        }
        set_.resize(n);
        ptrdiff_t next[2] = {set_.start[0], set_.start[1]};
        for (const ptrdiff_t v : sorted) {
            const ptrdiff_t k = next[p_.group[v]]++;
            set_.variable[k] = v;
            set_.lower[k] = p_.lower[v];
            set_.upper[k] = p_.upper[v];
            set_.value[k] = value_[v];
            set_.gradient[k] = gradient_[v];
            if (can_rise(v)) set_.up[k] = 0;
            if (can_fall(v)) set_.down[k] = 0;
        }
        set_.before = set_.value;
        fetch(n);
    }

    // The rows of the set, and K among them.
    void fetch(ptrdiff_t n) {
        own_rows_.clear();
        for (ptrdiff_t k = 0; k < n; k++)
            if (set_.variable[k] >= 0) own_rows_.push_back(p_.row[set_.variable[k]]);
        std::sort(own_rows_.begin(), own_rows_.end());
        own_rows_.erase(std::unique(own_rows_.begin(), own_rows_.end()), own_rows_.end());
        cache_.get(own_rows_, pointers_, threads(ptrdiff_t(own_rows_.size()) * rows_.n_rows * rows_.width()));
        places_.assign(n, -1);
        for (ptrdiff_t k = 0; k < n; k++)
            if (set_.variable[k] >= 0) places_[k] = place(p_.row[set_.variable[k]]);
        const ptrdiff_t count = ptrdiff_t(own_rows_.size());
        // What is among few columns is computed sooner than it is found in rows far apart.
        const bool computed = !whole_ && rows_.among(own_rows_.data(), count, among_);
        for (ptrdiff_t a = 0; a < n; a++) {
            if (places_[a] < 0) continue;
            const T* from = computed ? among_.data() + places_[a] * padded(count)
                                     : pointers_[places_[a]];
            for (ptrdiff_t b = 0; b < n; b++)
                if (places_[b] >= 0)
                    set_.K[a * n + b] = from[computed ? places_[b] : own_rows_[places_[b]]];
            set_.diagonal[a] = set_.K[a * n + a];
        }
    }

    ptrdiff_t place(int32_t row) const {
        return std::lower_bound(own_rows_.begin(), own_rows_.end(), row) - own_rows_.begin();
    }

    // A product and a sum take a tenth of a nanosecond; waking threads takes 10 µs, and a millisecond
    // and more where they share processors with others.
    int threads(ptrdiff_t sums) const { return sums >= (ptrdiff_t(1) << 25) ? p_.n_threads : 1; }

    int64_t improve(double gap, double target, int64_t most) {
        choose();
        lay_out();
        const WorkingSet set = {p_.n_groups,        {set_.start[0], set_.start[1], set_.start[2]},
                                set_.K.data(),      set_.diagonal.data(), set_.lower.data(),
                                set_.upper.data(),  set_.value.data(),    set_.gradient.data(),
                                set_.up.data(),     set_.down.data()};
        // Balance beyond a tenth of the gap would be undone by what is outside the set.
        const double tol = whole_ ? target : std::max(0.5 * target, 0.1 * gap);
        int64_t n_iter = dual_kernels().descend(set, tol, most);
        if (whole_ && sizeof(T) == sizeof(double) && n_iter < most)
            n_iter += polish(set, tol, most - n_iter);
        spread();
        return n_iter;
    }

    // Small problems are solved to rounding, so that their solution does not depend on the order of
    // steps: Newton's method on the free variables, and descent for those that join them.
    int64_t polish(const WorkingSet& set, double tol, int64_t most) {
        Polish newton(set);
        int64_t n_iter = 0;
        for (int round = 0; round < 8 && n_iter < most; round++) {
            if (!newton.step()) break;
            tol = std::max(0.01 * tol, 1e-13);
            n_iter += dual_kernels().descend(set, tol, std::min(most - n_iter, STEPS));
        }
        return n_iter;
    }

    // Take over the new values, and add the rows of what changed to f.
    void spread() {
        // A kernel that is no number leaves no number anywhere, for the caller to see.
        for (const double each : set_.gradient)
            if (!(fabs(each) <= std::numeric_limits<double>::max())) f_.assign(f_.size(), NAN);
        for (size_t k = 0; k < set_.variable.size(); k++) {
            const ptrdiff_t v = set_.variable[k];
            if (v < 0) continue;
            value_[v] = set_.value[k];
            step_[p_.row[v]] += set_.value[k] - set_.before[k];
        }
        changed_.clear();
        size_.clear();
        for (size_t k = 0; k < own_rows_.size(); k++) {
            double& step = step_[own_rows_[k]];
            if (step != 0) {
                changed_.push_back(pointers_[k]);
                size_.push_back(step);
            }
            step = 0;
        }
        const ptrdiff_t n = padded(rows_.n_rows), count = ptrdiff_t(changed_.size());
        // On one thread: the bandwidth of the memory is what it takes. f stays in a core's cache.
        for (ptrdiff_t first = 0; first < n; first += CHUNK)
            accumulate_rows(changed_.data(), size_.data(), count, first,
                            std::min(n, first + CHUNK), f_.data());
    }

    const Problem p_;
    Rows<T>& rows_;
    double *value_, *gradient_;
    const bool whole_;
    RowCache<T> cache_;
    std::vector<double> f_, step_;
    double least_[2], greatest_[2];
    std::vector<char> taken_;
    std::vector<ptrdiff_t> chosen_;
    std::vector<Scored> rising_, falling_;
    Layout set_;
    std::vector<int32_t> own_rows_;
    std::vector<ptrdiff_t> places_;
    std::vector<T> among_;
    std::vector<const T*> pointers_, changed_;
    std::vector<double> size_;
};

// Rows in float64 where `exact`, else in float32, whose rounding the solver makes good.
inline Outcome solve_dense(const Problem& problem, const KernelForm& form, const double* x,
                           ptrdiff_t n_rows, ptrdiff_t n_columns, bool exact, double* value,
                           double* gradient) {
    if (exact) {
        DenseRows<double> rows(form, x, n_rows, n_columns);
        return Solver<double>(problem, rows, value, gradient).run();
    }
    DenseRows<float> rows(form, x, n_rows, n_columns);
    return Solver<float>(problem, rows, value, gradient).run();
}

inline Outcome solve_sparse(const Problem& problem, const KernelForm& form, const CsrRows& x,
                            bool exact, double* value, double* gradient) {
    if (exact) {
        SparseRows<double> rows(form, x);
        return Solver<double>(problem, rows, value, gradient).run();
    }
    SparseRows<float> rows(form, x);
    return Solver<float>(problem, rows, value, gradient).run();
}

inline Outcome solve_stored(const Problem& problem, const double* kernel, ptrdiff_t stride,
                            const int32_t* index, ptrdiff_t n_rows, bool exact, double* value,
                            double* gradient) {
    if (exact) {
        StoredRows<double> rows(kernel, stride, {index, index + n_rows});
        return Solver<double>(problem, rows, value, gradient).run();
    }
    StoredRows<float> rows(kernel, stride, {index, index + n_rows});
    return Solver<float>(problem, rows, value, gradient).run();
}

}  // namespace mlkit_dual

#endif
