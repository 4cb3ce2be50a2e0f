// Counts of neighbours behind the nearest-neighbour estimators of mutual information.
//
// Kraskov, Stögbauer and Grassberger, "Estimating mutual information", Physical Review E 69, 2004;
// Ross, "Mutual information between discrete and continuous data sets", PLoS ONE 9, 2014.
#ifndef MLKIT_INFORMATION_HPP
#define MLKIT_INFORMATION_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace mlkit {

// The k least of the numbers that are offered, in increasing order.
class Least {
public:
    explicit Least(ptrdiff_t k) : kept_(k) {}
    void clear() { std::fill(kept_.begin(), kept_.end(), std::numeric_limits<double>::infinity()); }
    double greatest() const { return kept_.back(); }
    void offer(double value) {
        if (!(value < kept_.back())) return;
        ptrdiff_t place = static_cast<ptrdiff_t>(kept_.size()) - 1;
        for (; place > 0 && kept_[place - 1] > value; place--) kept_[place] = kept_[place - 1];
        kept_[place] = value;
    }

private:
    std::vector<double> kept_;
};

// Points in the plane, cut by x into strips of equal numbers that are sorted by y.
//
// The nearest points by max(|dx|, |dy|) are looked for up and down a strip, and in further strips
// while their edge is nearer than the k-th found. A strip is about as wide as the square that
// holds k points where they are dense, so a search looks at a few points of a few strips.
class Strips {
public:
    Strips(const double* x, const double* y, const ptrdiff_t* x_order, const ptrdiff_t* y_order,
           ptrdiff_t n, ptrdiff_t k)
        : n_(n), k_(k), x_(n), y_(n), row_(n) {
        size_ = std::max<ptrdiff_t>(8, static_cast<ptrdiff_t>(std::sqrt(double(k) * double(n))));
        const ptrdiff_t strips = (n + size_ - 1) / size_;
        std::vector<ptrdiff_t> strip(n), next(strips);
        low_.resize(strips);
        high_.resize(strips);
        for (ptrdiff_t s = 0; s < strips; s++) {
            next[s] = s * size_;
            low_[s] = x[x_order[begin(s)]];
            high_[s] = x[x_order[end(s) - 1]];
        }
        for (ptrdiff_t i = 0; i < n; i++) strip[x_order[i]] = i / size_;
        for (ptrdiff_t i = 0; i < n; i++) {
            const ptrdiff_t row = y_order[i], place = next[strip[row]]++;
            x_[place] = x[row];
            y_[place] = y[row];
            row_[place] = row;
        }
    }

    // Distance of each point from its k-th nearest other point.
    void kth_distances(double* out) {
        const ptrdiff_t strips = low_.size();
        Least least(k_);
        // Where y would be in each strip; it only rises while a strip's points are gone through.
        std::vector<ptrdiff_t> cursor(strips), seen(strips, -1);
        for (ptrdiff_t s = 0; s < strips; s++)
            for (ptrdiff_t i = begin(s); i < end(s); i++) {
                const double x = x_[i], y = y_[i];
                least.clear();
                look(s, i + 1, i, x, y, least);
                ptrdiff_t left = s - 1, right = s + 1;
                while (true) {
                    const double to_left = left < 0 ? kFar : x - high_[left];
                    const double to_right = right == strips ? kFar : low_[right] - x;
                    if (!(std::min(to_left, to_right) < least.greatest())) break;
                    const ptrdiff_t other = to_left < to_right ? left-- : right++;
                    if (seen[other] != s) {
                        seen[other] = s;
                        cursor[other] = std::lower_bound(y_.begin() + begin(other),
                                                         y_.begin() + end(other), y) - y_.begin();
                    }
                    ptrdiff_t& at = cursor[other];
                    while (at < end(other) && y_[at] < y) at++;
                    look(other, at, at, x, y, least);
                }
                out[row_[i]] = least.greatest();
            }
    }

private:
    static constexpr double kFar = std::numeric_limits<double>::infinity();
    ptrdiff_t n_, k_, size_;
    std::vector<double> x_, y_, low_, high_;
    std::vector<ptrdiff_t> row_;

    ptrdiff_t begin(ptrdiff_t strip) const { return strip * size_; }
    ptrdiff_t end(ptrdiff_t strip) const { return std::min(n_, (strip + 1) * size_); }

    // Offer the points of a strip from `up` upwards and from below `down` downwards.
    void look(ptrdiff_t strip, ptrdiff_t up, ptrdiff_t down, double x, double y, Least& least) const {
        const ptrdiff_t first = begin(strip), last = end(strip);
        for (ptrdiff_t j = up; j < last && y_[j] - y < least.greatest(); j++)
            least.offer(std::max(std::fabs(x_[j] - x), y_[j] - y));
        for (ptrdiff_t j = down - 1; j >= first && y - y_[j] < least.greatest(); j--)
            least.offer(std::max(std::fabs(x_[j] - x), y - y_[j]));
    }
};

// How many of the sorted numbers, that at `place` included, are no further than `radius` from it.
// Steps double away from it, then halve: the cost is logarithmic in the count.
inline ptrdiff_t count_within(const double* sorted, ptrdiff_t n, ptrdiff_t place, double radius) {
    const double* here = sorted + place;
    const double value = *here;
    ptrdiff_t total = 1;
    for (ptrdiff_t side = -1; side <= 1; side += 2) {
        const ptrdiff_t room = side < 0 ? place : n - 1 - place;
        ptrdiff_t inside = 0, reach = 1;
        while (reach <= room && std::fabs(here[side * reach] - value) <= radius) {
            inside = reach;
            reach *= 2;
        }
        // The first outside is in (inside, inside + length]; halving takes no branch to predict.
        ptrdiff_t length = std::min(reach, room + 1) - inside;
        while (length > 1) {
            const ptrdiff_t half = length / 2;
            inside += std::fabs(here[side * (inside + half)] - value) <= radius ? half : 0;
            length -= half;
        }
        total += inside;
    }
    return total;
}

// The k-th neighbour itself is not to be counted: radii are a step short of it.
inline double short_of(double distance) { return std::nextafter(distance, 0.0); }

// Mutual information of two continuous variables: ψ(n) + ψ(k) − ⟨ψ(n_x) + ψ(n_y)⟩, with ψ(m) =
// psi[m] and counts n_x, n_y of points, itself included, nearer than the k-th neighbour.
inline double information_of_pair(const double* x, const double* y, const ptrdiff_t* x_order,
                                  const ptrdiff_t* y_order, ptrdiff_t n, ptrdiff_t k,
                                  const double* psi) {
    std::vector<double> radius(n), sorted(n);
    Strips(x, y, x_order, y_order, n, k).kth_distances(radius.data());
    double total = 0.0;
    for (int which = 0; which < 2; which++) {
        const double* values = which == 0 ? x : y;
        const ptrdiff_t* order = which == 0 ? x_order : y_order;
        for (ptrdiff_t i = 0; i < n; i++) sorted[i] = values[order[i]];
        for (ptrdiff_t i = 0; i < n; i++)
            total += psi[count_within(sorted.data(), n, i, short_of(radius[order[i]]))];
    }
    return psi[n] + psi[k] - total / n;
}

// Mutual information of a continuous variable and classes: ψ(n) + ⟨ψ(k) − ψ(n_c) − ψ(m)⟩, with n_c
// the size of the point's class, k at most n_c − 1, and m the count of points of all classes,
// itself included, nearer than its k-th neighbour in its own. Classes of one point are left out.
inline double information_of_classes(const double* values, const ptrdiff_t* order,
                                     const ptrdiff_t* codes, ptrdiff_t n_rows, ptrdiff_t n_classes,
                                     ptrdiff_t k, const double* psi) {
    std::vector<ptrdiff_t> start(n_classes + 1, 0);
    for (ptrdiff_t i = 0; i < n_rows; i++) start[codes[i] + 1]++;
    ptrdiff_t n = 0;
    for (ptrdiff_t c = 0; c < n_classes; c++) {
        if (start[c + 1] == 1) start[c + 1] = 0;
        n += start[c + 1];
        start[c + 1] += start[c];
    }
    if (n == 0) return 0.0;
    std::vector<double> sorted(n), within(n);
    std::vector<ptrdiff_t> place(n), next(start.begin(), start.end() - 1);
    ptrdiff_t kept = 0;
    for (ptrdiff_t i = 0; i < n_rows; i++) {
        const ptrdiff_t code = codes[order[i]];
        if (start[code + 1] == start[code]) continue;
        sorted[kept] = within[next[code]] = values[order[i]];
        place[next[code]++] = kept++;
    }
    double total = 0.0;
    for (ptrdiff_t c = 0; c < n_classes; c++) {
        const ptrdiff_t begin = start[c], end = start[c + 1], size = end - begin;
        const ptrdiff_t here = std::min(k, size - 1);
        for (ptrdiff_t i = begin; i < end; i++) {
            ptrdiff_t left = i - 1, right = i + 1;
            double distance = 0.0;
            for (ptrdiff_t step = 0; step < here; step++) {
                const bool leftward =
                    right == end || (left >= begin && within[i] - within[left] <= within[right] - within[i]);
                distance = leftward ? within[i] - within[left--] : within[right++] - within[i];
            }
            total += psi[here] - psi[size];
            total -= psi[count_within(sorted.data(), n, place[i], short_of(distance))];
        }
    }
    return psi[n] + total / n;
}

}  // namespace mlkit

#endif
