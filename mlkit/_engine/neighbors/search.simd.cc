#include "search.hpp"

#include <stdlib.h>

#include "bounds.hpp"
#include "lanes.hpp"
#include "ranking.hpp"
#include "screen.hpp"

namespace {

// Bytes of targets that stay in the second-level cache while a chunk of queries meets them.
const ptrdiff_t TILE_BYTES = 192 * 1024;

// One query against places of the targets.
struct Query {
    const Measure& measure;
    const Targets& targets;
    Reduced distance;
    const double* row;
    const float* floats;
    double reach;
    bool screened;
    Limit limit;

    Query(const Measure& measure, const Targets& targets, const Queries& queries, ptrdiff_t q)
        : measure(measure),
          targets(targets),
          distance(reduced_of(measure.kind)),
          row(queries.rows + q * measure.width),
          floats(queries.floats ? queries.floats + q * measure.n_columns : nullptr),
          reach(queries.reach ? queries.reach[q] : 0.0),
          screened(queries.reach && queries.reach[q] < SCREEN_MOST),
          limit(measure.kind, static_cast<double>(measure.n_columns), targets.scale) {}

    int64_t index(ptrdiff_t place) const { return targets.order ? targets.order[place] : place; }
    double from(ptrdiff_t place) const {
        return distance(row, targets.rows + place * measure.width, measure);
    }
    float most(double block_reach) const { return screened ? limit.of(reach + block_reach) : HUGE_VALF; }

    // Offers the rows first + l of the set bits to the ranking.
    void offer(unsigned bits, ptrdiff_t first, ptrdiff_t end, Ranking& ranking) {
        bool changed = false;
        for (; bits; bits &= bits - 1) {
            const ptrdiff_t place = first + lowest_bit(bits);
            if (place >= end) break;
            const double d = from(place);
            if (d <= ranking.bound()) changed |= ranking.push(d, index(place));
        }
        if (changed) limit.set(ranking.bound());
    }
    // Offers all rows of places start .. end - 1, whose blocks begin at `block`.
    void offer_all(ptrdiff_t start, ptrdiff_t end, ptrdiff_t block, Screen screen,
                   Ranking& ranking) {
        if (!screen) {
            for (ptrdiff_t place = start; place < end; place++) {
                const double d = from(place);
                if (d <= ranking.bound()) ranking.push(d, index(place));
            }
            return;
        }
        const ptrdiff_t d = measure.n_columns;
        for (ptrdiff_t first = start; first < end; first += SCREEN_LANES, block++) {
            const float here = most(targets.reach[block]);
            unsigned bits;
            screen(floats, targets.blocks + block * d * SCREEN_LANES, d, &here, &bits);
            if (bits) offer(bits, first, end, ranking);
        }
    }
};

// ------------------------------------------------------------------ k nearest, one after another

void finish(const Measure& measure, Ranking& ranking) {
    ranking.sort();
    for (ptrdiff_t i = 0; i < ranking.size; i++)
        ranking.distance[i] = expanded(ranking.distance[i], measure);
}

void nearest_screened(const Measure& measure, const Targets& targets, const Queries& queries,
                      Query* query, Ranking* ranking, float* grouped) {
    const Screens screens = screens_of(measure.kind);
    const ptrdiff_t d = measure.n_columns, step = d * SCREEN_LANES;
    // Whole groups of queries, column by column.
    const ptrdiff_t n_grouped = queries.n / GROUP * GROUP;
    for (ptrdiff_t q = 0; q < n_grouped; q++)
        for (ptrdiff_t j = 0; j < d; j++)
            grouped[(q - q % GROUP) * d + j * GROUP + q % GROUP] = query[q].floats[j];
    const ptrdiff_t n_blocks = (targets.n + SCREEN_LANES - 1) / SCREEN_LANES;
    ptrdiff_t tile = TILE_BYTES / (step * static_cast<ptrdiff_t>(sizeof(float)));
    tile = tile < 4 ? 4 : tile;
    for (ptrdiff_t start = 0; start < n_blocks; start += tile) {
        const ptrdiff_t stop = start + tile < n_blocks ? start + tile : n_blocks;
        float reach = 0.0f;
        for (ptrdiff_t b = start; b < stop; b++)
            reach = targets.reach[b] > reach ? targets.reach[b] : reach;
        for (ptrdiff_t q = 0; q < queries.n; q += GROUP) {
            const int here = queries.n - q < GROUP ? static_cast<int>(queries.n - q) : GROUP;
            float limit[GROUP];
            unsigned bits[GROUP];
            for (int i = 0; i < here; i++) limit[i] = query[q + i].most(reach);
            for (ptrdiff_t b = start; b < stop; b++) {
                if (here == GROUP)
                    screens.group(grouped + q * d, targets.blocks + b * step, d, limit, bits);
                else
                    for (int i = 0; i < here; i++)
                        screens.one(query[q + i].floats, targets.blocks + b * step, d, limit + i,
                                    bits + i);
                for (int i = 0; i < here; i++)
                    if (bits[i]) {
                        query[q + i].offer(bits[i], b * SCREEN_LANES, targets.n, ranking[q + i]);
                        limit[i] = query[q + i].most(reach);
                    }
            }
        }
    }
}

void nearest_plain(const Measure& measure, const Targets& targets, const Queries& queries,
                   Query* query, Ranking* ranking) {
    ptrdiff_t tile = TILE_BYTES / (measure.width * static_cast<ptrdiff_t>(sizeof(double)));
    tile = tile < 16 ? 16 : tile;
    for (ptrdiff_t start = 0; start < targets.n; start += tile) {
        const ptrdiff_t stop = start + tile < targets.n ? start + tile : targets.n;
        for (ptrdiff_t q = 0; q < queries.n; q++)
            query[q].offer_all(start, stop, 0, nullptr, ranking[q]);
    }
}

// Queries and rankings of a chunk, made in place: both hold references, so neither can be assigned.
struct Chunk {
    Query* query;
    Ranking* ranking;
    float* grouped;

    Chunk(const Measure& measure, const Targets& targets, const Queries& queries, ptrdiff_t k,
          double* distance, int64_t* index)
        : query(static_cast<Query*>(malloc(queries.n * sizeof(Query)))),
          ranking(static_cast<Ranking*>(malloc(queries.n * sizeof(Ranking)))),
          grouped(static_cast<float*>(malloc(queries.n * measure.n_columns * sizeof(float)))) {
        if (!whole()) return;
        for (ptrdiff_t q = 0; q < queries.n; q++) {
            const Query one(measure, targets, queries, q);
            const Ranking rank(distance + q * k, index + q * k, k);
            memcpy(static_cast<void*>(query + q), &one, sizeof one);
            memcpy(static_cast<void*>(ranking + q), &rank, sizeof rank);
        }
    }
    bool whole() const { return query && ranking && grouped; }
    ~Chunk() {
        free(grouped);
        free(query);
        free(ranking);
    }
};

int nearest(const Measure* measure, const Targets* targets, const Queries* queries, ptrdiff_t k,
            double* distance, int64_t* index) {
    Chunk chunk(*measure, *targets, *queries, k, distance, index);
    if (!chunk.whole()) return 0;
    if (targets->blocks)
        nearest_screened(*measure, *targets, *queries, chunk.query, chunk.ranking,
                         chunk.grouped);
    else
        nearest_plain(*measure, *targets, *queries, chunk.query, chunk.ranking);
    for (ptrdiff_t q = 0; q < queries->n; q++) finish(*measure, chunk.ranking[q]);
    return 1;
}

// ------------------------------------------------------------------------- k nearest, down a tree

// Puts the children of a node, the nearer one to be taken first; false without memory.
bool split(const Bounds& bounds, Frontier& frontier, const double* x, ptrdiff_t node, double most,
           Tally& tally) {
    const ptrdiff_t left = 2 * node + 1, right = left + 1;
    const double to_left = bounds.near(x, left), to_right = bounds.near(x, right);
    const bool left_first = to_left <= to_right;
    const double far = left_first ? to_right : to_left, close = left_first ? to_left : to_right;
    tally.splits++;
    tally.trims += (far > most) + (close > most);
    if (!(far > most) && !frontier.put(far, left_first ? right : left)) return false;
    return close > most || frontier.put(close, left_first ? left : right);
}

bool nearest_in_tree(Query& query, const Bounds& bounds, Frontier& frontier, Screen screen,
                     Ranking& ranking, Tally& tally) {
    frontier.size = 0;
    if (!frontier.put(bounds.near(query.row, 0), 0)) return false;
    while (frontier.size) {
        double bound;
        const ptrdiff_t node = frontier.take(bound);
        if (bound > ranking.bound()) {
            tally.trims++;
            if (frontier.best_first) break;
        } else if (bounds.leaf(node)) {
            tally.leaves++;
            tally.calls += bounds.size(node);
            query.offer_all(bounds.tree.start[node], bounds.tree.end[node],
                            bounds.tree.first_block[node], screen, ranking);
        } else if (!split(bounds, frontier, query.row, node, ranking.bound(), tally)) {
            return false;
        }
    }
    return true;
}

int tree_nearest(const Measure* measure, const Targets* targets, const Tree* tree,
                 const Queries* queries, ptrdiff_t k, int best_first, double* distance,
                 int64_t* index, Tally* tally) {
    const Bounds bounds(*measure, *tree);
    Frontier frontier(best_first != 0);
    const Screen screen = targets->blocks ? screens_of(measure->kind).one : nullptr;
    for (ptrdiff_t q = 0; q < queries->n; q++) {
        Query query(*measure, *targets, *queries, q);
        Ranking ranking(distance + q * k, index + q * k, k);
        if (!nearest_in_tree(query, bounds, frontier, screen, ranking, *tally)) return 0;
        finish(*measure, ranking);
    }
    return 1;
}

// ----------------------------------------------------------------------------------- in a radius

bool append(Found& found, double distance, int64_t index) {
    if (found.size == found.capacity) {
        const ptrdiff_t wanted = found.capacity ? 2 * found.capacity : 256;
        double* d = static_cast<double*>(realloc(found.distance, wanted * sizeof(double)));
        if (d) found.distance = d;
        int64_t* i = static_cast<int64_t*>(realloc(found.index, wanted * sizeof(int64_t)));
        if (i) found.index = i;
        if (!d || !i) return false;
        found.capacity = wanted;
    }
    found.distance[found.size] = distance;
    found.index[found.size++] = index;
    return true;
}

// Rows of places start .. end - 1 within `radius`, counted, and appended if `found` is given.
bool gather(const Query& query, ptrdiff_t start, ptrdiff_t end, ptrdiff_t block, Screen screen,
            double radius, Found* found, int64_t& count) {
    const ptrdiff_t d = query.measure.n_columns;
    for (ptrdiff_t first = start; first < end; first += SCREEN_LANES, block++) {
        unsigned bits = (1u << SCREEN_LANES) - 1;
        if (screen) {
            const float most = query.most(query.targets.reach[block]);
            screen(query.floats, query.targets.blocks + block * d * SCREEN_LANES, d, &most, &bits);
        }
        for (; bits; bits &= bits - 1) {
            const ptrdiff_t place = first + lowest_bit(bits);
            if (place >= end) break;
            const double away = expanded(query.from(place), query.measure);
            if (!(away <= radius)) continue;
            count++;
            if (found && !append(*found, away, query.index(place))) return false;
        }
    }
    return true;
}

// A radius as the screen takes it: squaring may have rounded it down.
void widen(Query& query, double radius) {
    query.limit.set(contracted(radius, query.measure) * (1.0 + 0x1p-40));
}

int within_all(const Measure* measure, const Targets* targets, const Queries* queries,
               const double* radius, Found* found, int64_t* count) {
    const Screen screen = targets->blocks ? screens_of(measure->kind).one : nullptr;
    for (ptrdiff_t q = 0; q < queries->n; q++) {
        Query query(*measure, *targets, *queries, q);
        widen(query, radius[q]);
        count[q] = 0;
        if (!gather(query, 0, targets->n, 0, screen, radius[q], found, count[q])) return 0;
    }
    return 1;
}

bool within_tree(const Query& query, const Bounds& bounds, Frontier& frontier, Screen screen,
                 double radius, Found* found, int64_t& count, Tally& tally) {
    frontier.size = 0;
    if (!frontier.put(0.0, 0)) return false;
    while (frontier.size) {
        double unused;
        const ptrdiff_t node = frontier.take(unused);
        const int side = bounds.side(query.row, node, radius, !found);
        if (side) {
            tally.trims++;
            if (side > 0) count += bounds.size(node);
        } else if (bounds.leaf(node)) {
            tally.leaves++;
            tally.calls += bounds.size(node);
            if (!gather(query, bounds.tree.start[node], bounds.tree.end[node],
                        bounds.tree.first_block[node], screen, radius, found, count))
                return false;
        } else {
            tally.splits++;
            if (!frontier.put(0.0, 2 * node + 1) || !frontier.put(0.0, 2 * node + 2)) return false;
        }
    }
    return true;
}

int tree_within(const Measure* measure, const Targets* targets, const Tree* tree,
                const Queries* queries, const double* radius, Found* found, int64_t* count,
                Tally* tally) {
    const Bounds bounds(*measure, *tree);
    Frontier frontier(false);
    const Screen screen = targets->blocks ? screens_of(measure->kind).one : nullptr;
    for (ptrdiff_t q = 0; q < queries->n; q++) {
        Query query(*measure, *targets, *queries, q);
        widen(query, radius[q]);
        count[q] = 0;
        if (!within_tree(query, bounds, frontier, screen, radius[q], found, count[q], *tally))
            return 0;
    }
    return 1;
}

// -------------------------------------------------------------------------------- kernel density

// Kernels that are positive everywhere are taken relative to their value at the nearest row, so
// that far from the data nothing underflows.
struct Profile {
    const Kernel& kernel;
    double nearest;

    double at(double d) const {
        const double u = d / kernel.h;
        switch (kernel.name) {
            case GAUSSIAN: {
                const double v = nearest / kernel.h;
                return exp(-0.5 * (u - v) * (u + v));
            }
            case EXPONENTIAL: return exp(-(d - nearest) / kernel.h);
            case TOPHAT: return d < kernel.h ? 1.0 : 0.0;
            case EPANECHNIKOV: return d < kernel.h ? 1.0 - u * u : 0.0;
            case LINEAR: return d < kernel.h ? 1.0 - u : 0.0;
            default: return d < kernel.h ? cos(1.5707963267948966 * u) : 0.0;
        }
    }
    // Logarithm of what `at` is relative to.
    double log_unit() const {
        const double v = nearest / kernel.h;
        if (kernel.name == GAUSSIAN) return -0.5 * v * v;
        return kernel.name == EXPONENTIAL ? -v : 0.0;
    }
};

// Sums kernels over the tree. `lower`, what is certain of the sum, is known from the start and
// grows as nodes are opened, so that a node can be taken whole without regard to when it is met.
struct KernelSum {
    const Query& query;
    const Bounds& bounds;
    const Profile& profile;
    double atol, rtol, sum, lower;

    double value(double reduced) const {
        const double d = expanded(reduced, query.measure);
        return profile.at(d > profile.nearest ? d : profile.nearest);
    }
    double least(ptrdiff_t node) const { return value(bounds.far(query.row, node)); }

    bool put(Frontier& frontier, ptrdiff_t node) {
        lower += least(node) * bounds.weight(node);
        return frontier.put(bounds.near(query.row, node), node);
    }
    void add(ptrdiff_t node) {
        const Tree& tree = bounds.tree;
        for (ptrdiff_t place = tree.start[node]; place < tree.end[node]; place++) {
            const double here = profile.at(expanded(query.from(place), query.measure));
            sum += tree.weight ? tree.weight[place] * here : here;
        }
    }
    bool run(Frontier& frontier, Tally& tally) {
        const double all = bounds.weight(0);
        frontier.size = 0;
        if (!put(frontier, 0)) return false;
        while (frontier.size) {
            double bound;
            const ptrdiff_t node = frontier.take(bound);
            const double high = value(bound), low = least(node), weight = bounds.weight(node);
            // Nodes taken whole share the tolerance by their weight.
            if (0.5 * (high - low) * all <= atol + rtol * lower) {
                tally.trims++;
                sum += 0.5 * (high + low) * weight;
                continue;
            }
            lower -= low * weight;
            if (bounds.leaf(node)) {
                tally.leaves++;
                tally.calls += bounds.size(node);
                const double before = sum;
                add(node);
                lower += sum - before;
                continue;
            }
            tally.splits++;
            const ptrdiff_t left = 2 * node + 1;
            const bool left_last = bounds.near(query.row, left) > bounds.near(query.row, left + 1);
            if (!put(frontier, left_last ? left : left + 1)) return false;
            if (!put(frontier, left_last ? left + 1 : left)) return false;
        }
        return true;
    }
};

int log_kernel_sum(const Measure* measure, const Targets* targets, const Tree* tree,
                   const Queries* queries, const Kernel* kernel, int best_first, double* out,
                   Tally* tally) {
    const Bounds bounds(*measure, *tree);
    Frontier frontier(best_first != 0), downward(false);
    const Screen screen = targets->blocks ? screens_of(measure->kind).one : nullptr;
    for (ptrdiff_t q = 0; q < queries->n; q++) {
        Query query(*measure, *targets, *queries, q);
        Profile profile = {*kernel, 0.0};
        if (kernel->name == GAUSSIAN || kernel->name == EXPONENTIAL) {
            double nearest;
            int64_t index;
            Ranking ranking(&nearest, &index, 1);
            if (!nearest_in_tree(query, bounds, downward, screen, ranking, *tally)) return 0;
            profile.nearest = expanded(nearest, *measure);
        }
        // What is asked of the density, in units of this sum; below the last digit nothing is
        // gained.
        const double atol = kernel->atol > 0.0
            ? exp(log(kernel->atol) - kernel->log_norm - profile.log_unit()) : 0.0;
        const double rtol = kernel->rtol > 0x1p-53 ? kernel->rtol : 0x1p-53;
        KernelSum sum = {query, bounds, profile, atol, rtol, 0.0, 0.0};
        if (!sum.run(frontier, *tally)) return 0;
        out[q] = log(sum.sum) + profile.log_unit();
    }
    return 1;
}

void ball(const Measure* measure, const double* rows, ptrdiff_t n, int member, double* centre,
          double* radius) {
    const Reduced distance = reduced_of(measure->kind);
    const ptrdiff_t width = measure->width;
    if (member) {
        ptrdiff_t best = 0;
        double least = HUGE_VAL;
        for (ptrdiff_t i = 0; i < n; i++) {
            const double away = reduced<Squares>(centre, rows + i * width, *measure);
            if (away < least) {
                least = away;
                best = i;
            }
        }
        memcpy(centre, rows + best * width, width * sizeof *centre);
    }
    double most = 0.0;
    for (ptrdiff_t i = 0; i < n; i++) {
        const double away = distance(centre, rows + i * width, *measure);
        most = away > most ? away : most;
    }
    *radius = expanded(most, *measure);
}

}  // namespace

MLKIT_TABLE(SearchKernels, search_kernels) = {
    &nearest, &tree_nearest, &within_all, &tree_within, &log_kernel_sum, &ball,
};
