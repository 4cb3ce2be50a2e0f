// How near and how far the rows of a node can be.
#ifndef MLKIT_BOUNDS_HPP
#define MLKIT_BOUNDS_HPP

#include <stdlib.h>

#include "lanes.hpp"
#include "search.hpp"

namespace {

// Reduced distance of x from the point of a box that is nearest, or furthest. Each operation is
// monotone and the order of sums that of `reduced`, so rounding never carries the first above, nor
// the second below, the distance of a row inside.
template <class M, bool FAR>
double box(const double* x, const double* low, const double* high, const Measure& measure) {
    Doubles first[PARTS], second[PARTS];
    memset(first, 0, sizeof first);
    for (ptrdiff_t j = 0; j < measure.width; j += ROW_LANES)
        for (int part = 0; part < PARTS; part++) {
            const ptrdiff_t at = j + part * DOUBLES;
            const Doubles here = load(x + at), least = load(low + at), most = load(high + at);
            Doubles corner;
            if (FAR) {
                corner = here - least > most - here ? least : most;
            } else {
                corner = here < least ? least : here;
                corner = corner > most ? most : corner;
            }
            M::step(here, corner, first[part], second[part], measure.p);
        }
    return measure.kind == CHEBYSHEV ? greatest(first) : total(first);
}

typedef double (*Box)(const double*, const double*, const double*, const Measure&);

template <bool FAR>
inline Box box_of(int kind) {
    switch (kind) {
        case MANHATTAN: return &box<Magnitudes, FAR>;
        case CHEBYSHEV: return &box<Greatest, FAR>;
        case MINKOWSKI: return &box<Powers, FAR>;
        default: return &box<Squares, FAR>;
    }
}

struct Bounds {
    const Measure& measure;
    const Tree& tree;
    Reduced distance;
    Box near_box, far_box;
    double slack;

    Bounds(const Measure& measure, const Tree& tree)
        : measure(measure),
          tree(tree),
          distance(reduced_of(measure.kind)),
          near_box(box_of<false>(measure.kind)),
          far_box(box_of<true>(measure.kind)),
          // Of a sum of `width` rounded terms, and of its root.
          slack((static_cast<double>(measure.width) + 16.0) * 0x1p-51) {}

    bool leaf(ptrdiff_t node) const { return 2 * node + 1 >= tree.n_nodes; }
    int64_t size(ptrdiff_t node) const { return tree.end[node] - tree.start[node]; }
    double weight(ptrdiff_t node) const {
        return tree.node_weight ? tree.node_weight[node] : static_cast<double>(size(node));
    }
    const double* row(const double* rows, ptrdiff_t node) const {
        return rows + node * measure.width;
    }

    // Distance from a centre, not reduced.
    double centre(const double* x, ptrdiff_t node) const {
        return expanded(distance(x, row(tree.low, node), measure), measure);
    }

    // Bounds as below, from the distance of the centre of a ball.
    double near_ball(double away, ptrdiff_t node) const {
        const double out = away - tree.radius[node];
        const double rounded = (away + tree.radius[node]) * slack;
        return out > rounded ? contracted(out - rounded, measure) * (1.0 - slack) : 0.0;
    }
    double far_ball(double away, ptrdiff_t node) const {
        return contracted((away + tree.radius[node]) * (1.0 + slack), measure) * (1.0 + slack);
    }

    // Reduced distance below which no row of the node is.
    double near(const double* x, ptrdiff_t node) const {
        if (tree.high) {
            const double out = near_box(x, row(tree.low, node), row(tree.high, node), measure);
            // pow is not known to be monotone.
            return measure.kind == MINKOWSKI ? out * (1.0 - 1e-12) : out;
        }
        return tree.metric ? near_ball(centre(x, node), node) : 0.0;
    }

    // Reduced distance above which no row of the node is.
    double far(const double* x, ptrdiff_t node) const {
        if (tree.high) {
            const double out = far_box(x, row(tree.low, node), row(tree.high, node), measure);
            return measure.kind == MINKOWSKI ? out * (1.0 + 1e-12) : out;
        }
        return tree.metric ? far_ball(centre(x, node), node) : HUGE_VAL;
    }

    // Whether all rows of the node are beyond `radius`, -1, or within it, 1, or neither is known.
    int side(const double* x, ptrdiff_t node, double radius, bool whole) const {
        double least, most = HUGE_VAL;
        if (!tree.high && tree.metric) {
            const double away = centre(x, node);
            least = near_ball(away, node);
            most = far_ball(away, node);
        } else {
            least = near(x, node);
            if (whole && !(expanded(least, measure) > radius)) most = far(x, node);
        }
        if (expanded(least, measure) > radius) return -1;
        return whole && expanded(most, measure) <= radius ? 1 : 0;
    }
};

// Nodes to visit: the last put first, or the nearest first.
struct Frontier {
    double* bound;
    ptrdiff_t* node;
    ptrdiff_t size, capacity;
    bool best_first;

    explicit Frontier(bool best_first)
        : bound(nullptr), node(nullptr), size(0), capacity(0), best_first(best_first) {}
    ~Frontier() {
        free(bound);
        free(node);
    }
    bool grow() {
        const ptrdiff_t wanted = capacity ? 2 * capacity : 128;
        double* more = static_cast<double*>(realloc(bound, wanted * sizeof *bound));
        if (more) bound = more;
        ptrdiff_t* nodes = static_cast<ptrdiff_t*>(realloc(node, wanted * sizeof *node));
        if (nodes) node = nodes;
        if (!more || !nodes) return false;
        capacity = wanted;
        return true;
    }
    bool put(double b, ptrdiff_t v) {
        if (size == capacity && !grow()) return false;
        ptrdiff_t slot = size++;
        while (best_first && slot && bound[(slot - 1) / 2] > b) {
            bound[slot] = bound[(slot - 1) / 2];
            node[slot] = node[(slot - 1) / 2];
            slot = (slot - 1) / 2;
        }
        bound[slot] = b;
        node[slot] = v;
        return true;
    }
    ptrdiff_t take(double& b) {
        const ptrdiff_t out = node[best_first ? 0 : size - 1];
        b = bound[best_first ? 0 : size - 1];
        size--;
        if (!best_first || !size) return out;
        const double last = bound[size];
        ptrdiff_t slot = 0;
        for (;;) {
            ptrdiff_t child = 2 * slot + 1;
            if (child >= size) break;
            if (child + 1 < size && bound[child + 1] < bound[child]) child++;
            if (bound[child] >= last) break;
            bound[slot] = bound[child];
            node[slot] = node[child];
            slot = child;
        }
        bound[slot] = last;
        node[slot] = node[size];
        return out;
    }
};

}  // namespace

#endif
