// Growth of one tree on codes, best leaf first.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <queue>
#include <vector>

#include "category_split.hpp"
#include "grow_kernels.hpp"
#include "joint.hpp"
#include "vector_split.hpp"

// What a tree is grown on; the arrays are their owner's.
struct GrowTable {
    const uint8_t* codes;
    int code_bytes;
    ptrdiff_t stride;                // of rows, in bytes
    ptrdiff_t n_rows, n_columns;
    const int32_t* n_bins;           // without the code of missing values
    const uint8_t *missing, *categorical;
    const int8_t* monotone;
    const int32_t *group_start, *group;  // sets of columns that may meet on a path
    ptrdiff_t n_groups;              // 0: all may
};

struct GrowSettings {
    ptrdiff_t max_leaves, max_depth;  // -1: no limit
    int64_t min_rows;
    double l2, min_curvature, column_share;
    bool by_depth;                    // shallowest leaf first rather than the one of most gain
    int n_threads;
    ptrdiff_t pool_bytes;             // histograms kept at most
    ptrdiff_t n_outputs;              // numbers that a leaf predicts
};

struct GrowNode {
    int32_t left = -1, right = -1, depth = 0, slot = -1, set = -1;
    ptrdiff_t begin = 0, end = 0;     // its rows, in the grower's order
    Cell total{0, 0};
    double gradient = 0, curvature = 0, value = 0;
    double low = -INFINITY, high = INFINITY;
    Split split{0.0, -1, -1, false, false, {0, 0}};
    std::vector<int32_t> groups;
    // Of several outputs. `gradient` is then the loss −Σ G² / (H + l2), `value` is 1 and `curvature`
    // a mean.
    std::vector<Cell> totals, left_totals;
    std::vector<double> values;
};

// Below so many codes to read or cells to touch, threads cost more than they save.
constexpr ptrdiff_t PARALLEL_WORK = 1 << 16;
// Rows that a thread partitions at least.
constexpr ptrdiff_t PARALLEL_ROWS = 1 << 14;
// Rows from which a histogram is cut by rows rather than by columns, if columns are few.
constexpr ptrdiff_t ROWS_PER_COPY = 1 << 13;

// f(0) ... f(n − 1), by several threads if that is asked for. For one, OpenMP is left alone: even a
// region of one thread takes a microsecond, which a node of a small table does, too.
template <class F>
inline void spread(int n_threads, ptrdiff_t n, F f) {
    if (n_threads <= 1) {
        for (ptrdiff_t i = 0; i < n; ++i) f(i);
        return;
    }
#pragma omp parallel for num_threads(n_threads) schedule(dynamic)
    for (ptrdiff_t i = 0; i < n; ++i) f(i);
}

// A histogram with place for 256 codes a column that takes more than this is packed where it can be.
constexpr ptrdiff_t MOST_ROOMY_BYTES = ptrdiff_t(1) << 26;

// Rows of a chunk of what is done for all rows.
constexpr ptrdiff_t CHUNK = 8192;

class Grower {
public:
    Grower(const GrowTable& table, const GrowSettings& settings) : t(table), s(settings) {
        ptrdiff_t most = 1;
        for (ptrdiff_t f = 0; f < t.n_columns; ++f)
            most = std::max(most, static_cast<ptrdiff_t>(t.n_bins[f]) + 1);
        cell_stride = t.code_bytes == 1 ? BYTE_STRIDE : (most + 7) / 4 * 4;
        if (sparsely_filled(most)) cell_stride = (most + 3) / 4 * 4;
        n_words = (most + 31) / 32;
        lay_out();
        const ptrdiff_t bytes = std::max<ptrdiff_t>(1, slot_cells() * sizeof(Cell));
        max_slots = std::max<ptrdiff_t>(3, s.pool_bytes / bytes);
        terms.assign(s.n_outputs, std::vector<Cell>(t.n_rows));
        gradient_unit.assign(s.n_outputs, 0.0);
        curvature_unit.assign(s.n_outputs, 0.0);
        order.resize(t.n_rows);
        spare_left.resize(t.n_rows);
        spare_right.resize(t.n_rows);
        count_bits = 1;
        while ((ptrdiff_t(1) << count_bits) <= t.n_rows) ++count_bits;
        for (ptrdiff_t f = 0; f < t.n_columns; ++f) bounded |= t.monotone[f] != 0;
    }

    // Whether very many columns of few codes would leave most of a histogram empty. Where there are
    // more rows, columns of few codes share bytes.
    bool sparsely_filled(ptrdiff_t most) const {
        const ptrdiff_t bytes = BYTE_STRIDE * sizeof(Cell) * t.n_columns;
        return t.code_bytes == 1 && t.n_rows < JOINT_ROWS && 4 * most < BYTE_STRIDE &&
               bytes > MOST_ROOMY_BYTES;
    }

    // Fixed-point terms of each row for one output; false where gradients or curvatures are not
    // finite.
    bool load(const double* gradient, const double* curvature, ptrdiff_t k, ptrdiff_t output);

    // Grow on rows[0 ... n): all rows, in order, for null.
    void grow(const int32_t* rows, ptrdiff_t n, uint64_t seed);

    std::vector<GrowNode> nodes;
    std::vector<uint32_t> sets;       // n_words each, of codes that go left
    std::vector<int32_t> order;       // rows by leaf
    ptrdiff_t n_words;

private:
    GrowTable t;
    GrowSettings s;
    ptrdiff_t cell_stride, histogram_cells, max_slots, n_leaves = 0;
    int count_bits;
    bool bounded = false, whole = false;
    std::vector<double> gradient_unit, curvature_unit;  // of each output, as are terms
    uint64_t random = 0;
    std::vector<std::vector<Cell>> terms;
    std::vector<int32_t> spare_left, spare_right;
    std::vector<std::vector<Cell>> slots;
    std::vector<int32_t> free_slots;
    std::vector<Cell> copies, joint_sums;
    JointTable joint;
    std::vector<ptrdiff_t> place;     // of each column's sums in a histogram
    std::vector<int32_t> n_cells;     // how many there are
    static constexpr int PARTS = 16;  // of the columns, where they are searched in parts
    // What the search for the best split of a node needs and finds. `less`, where not null, is to be
    // taken off its sums first: those of its sibling, off their parent's.
    struct Hunt {
        GrowNode* node = nullptr;
        Cell* cells = nullptr;
        const Cell* less = nullptr;
        NodeSums sums;
        std::vector<uint8_t> allowed;
        Split best[PARTS];
        std::vector<uint32_t> left_codes[PARTS];
        std::vector<Cell> left_totals[PARTS];
        VectorScratch scratch[PARTS];
    };
    Hunt hunts[2];
    std::vector<ptrdiff_t> n_left_before;

    void lay_out();
    ptrdiff_t slot_cells() const { return histogram_cells * s.n_outputs; }
    double total_magnitude(const double* values, ptrdiff_t k) const;
    int threads_for(ptrdiff_t work) const {
        return work < PARALLEL_WORK ? 1 : s.n_threads;
    }
    NodeSums sums_of(const GrowNode& node) const;
    void settle(GrowNode& node) const;
    void settle_vector(GrowNode& node) const;
    VectorSums vector_sums(const GrowNode& node) const {
        return {s.n_outputs, histogram_cells, gradient_unit.data(), curvature_unit.data(),
                node.totals.data()};
    }
    Cell root_total(const int32_t* rows, ptrdiff_t n, ptrdiff_t output) const;
    bool may_split(const GrowNode& node) const {
        return node.end - node.begin >= 2 * s.min_rows && node.end - node.begin >= 2 &&
               (s.max_depth < 0 || node.depth < s.max_depth) &&
               node.curvature >= s.min_curvature;
    }
    int take_slot();
    void release(GrowNode& node);
    void clear(const HistogramTask& task) const;
    void histogram(const GrowNode& node, Cell* out);
    void sum_rows(const HistogramTask& task);
    void sum_by_rows(const HistogramTask& task, int n_parts);
    void part_joint(Cell* out);
    void choose_columns(const GrowNode& node, std::vector<uint8_t>& allowed);
    void prepare(Hunt& hunt);
    void find_splits(Hunt* hunts, int n_hunts);
    void consider(Hunt& hunt, ptrdiff_t column, int part) const;
    bool scan_column_vector(Hunt& hunt, ptrdiff_t column, int part) const;
    void take_best(Hunt& hunt, int n_parts);
    PartitionTask split_task(const GrowNode& node) const;
    ptrdiff_t divide(const GrowNode& node);
    void apply(int32_t at);
    void bound_children(const GrowNode& node, GrowNode& left, GrowNode& right) const;
    void narrow_groups(const GrowNode& node, GrowNode& child) const;
    void open_children(int32_t at);
};

// Where the sums of each column stand in a histogram, and the table that is summed. Columns of joint
// codes come last, close together.
inline void Grower::lay_out() {
    place.resize(t.n_columns);
    n_cells.resize(t.n_columns);
    std::vector<int32_t> n_codes(t.n_columns);
    for (ptrdiff_t f = 0; f < t.n_columns; ++f) {
        n_codes[f] = t.n_bins[f] + (t.missing[f] != 0);
        n_cells[f] = t.n_bins[f] + 1;
        place[f] = f * cell_stride;
    }
    histogram_cells = cell_stride * t.n_columns;
    if (t.code_bytes == 1) joint.plan(n_codes, t.n_rows);
    if (!joint.used) return;
    histogram_cells = cell_stride * joint.n_wide;
    for (ptrdiff_t f = 0; f < t.n_columns; ++f) {
        if (joint.digit[f].byte < joint.n_wide) {
            place[f] = cell_stride * joint.digit[f].byte;
            continue;
        }
        n_cells[f] = joint.digit[f].mask + 1;
        place[f] = histogram_cells;
        histogram_cells += (n_cells[f] + 3) / 4 * 4;  // whole cache lines
    }
    joint_sums.resize(joint.n_joint * BYTE_STRIDE);
    joint.codes.assign(t.n_rows * joint.stride, 0);
    spread(threads_for(t.n_rows * t.n_columns), (t.n_rows + CHUNK - 1) / CHUNK, [&](ptrdiff_t c) {
        joint.fill(t.codes, t.stride, c * CHUNK, std::min(t.n_rows, (c + 1) * CHUNK));
    });
}

inline double Grower::total_magnitude(const double* values, ptrdiff_t k) const {
    const ptrdiff_t n_chunks = (t.n_rows + CHUNK - 1) / CHUNK;
    std::vector<double> part(n_chunks);
    spread(threads_for(t.n_rows), n_chunks, [&](ptrdiff_t c) {
        grow_kernels().magnitude(values + c * CHUNK * k, k, std::min(CHUNK, t.n_rows - c * CHUNK),
                                 &part[c]);
    });
    double total = 0;
    for (double x : part) total += x;
    return total;
}

inline bool Grower::load(const double* gradient, const double* curvature, ptrdiff_t k,
                         ptrdiff_t output) {
    const double most_gradient = total_magnitude(gradient, k);
    const double most_curvature = curvature == nullptr ? 0.0 : total_magnitude(curvature, k);
    if (!std::isfinite(most_gradient) || !std::isfinite(most_curvature)) return false;
    // Powers of two, so that scaling is exact; sums stay below 2^62, and 2^62 / 2^count_bits.
    // Half a unit a row is what rounding may add.
    int g = 0, h = 0;
    if (most_gradient > 0) std::frexp(most_gradient, &g);
    if (most_curvature > 0) std::frexp(most_curvature, &h);
    g = std::min(61 - g, 1000);
    h = std::min(61 - count_bits - h, 1000);
    gradient_unit[output] = std::ldexp(1.0, -g);
    curvature_unit[output] = curvature == nullptr ? 0.0 : std::ldexp(1.0, -h);
    const double gradient_scale = std::ldexp(1.0, g), curvature_scale = std::ldexp(1.0, h);
    spread(threads_for(t.n_rows), (t.n_rows + CHUNK - 1) / CHUNK, [&](ptrdiff_t c) {
        const ptrdiff_t at = c * CHUNK;
        grow_kernels().quantise(gradient + at * k, curvature ? curvature + at * k : nullptr, k,
                                std::min(CHUNK, t.n_rows - at), gradient_scale, curvature_scale,
                                count_bits, terms[output].data() + at);
    });
    return true;
}

inline void Grower::settle_vector(GrowNode& node) const {
    const VectorSums sums = vector_sums(node);
    node.values.resize(s.n_outputs);
    node.gradient = node.curvature = 0;
    node.value = 1;
    for (ptrdiff_t k = 0; k < s.n_outputs; ++k) {
        const double g = sums.gradient(node.totals[k], k);
        const double h = sums.curvature(node.totals[k], k, count_bits);
        node.values[k] = -g / (h + s.l2 + 1e-15);
        node.gradient += g * node.values[k];
        node.curvature += h;
    }
    node.curvature /= static_cast<double>(s.n_outputs);
}

inline void Grower::settle(GrowNode& node) const {
    if (s.n_outputs > 1) return settle_vector(node);
    const int64_t count = node.total.second & ((int64_t(1) << count_bits) - 1);
    node.gradient = static_cast<double>(node.total.first) * gradient_unit[0];
    node.curvature = curvature_unit[0] == 0.0
                         ? static_cast<double>(count)
                         : static_cast<double>(node.total.second >> count_bits) * curvature_unit[0];
    const double value = -node.gradient / (node.curvature + s.l2 + 1e-15);
    node.value = std::min(std::max(value, node.low), node.high);
}

inline NodeSums Grower::sums_of(const GrowNode& node) const {
    NodeSums sums;
    sums.total = node.total;
    sums.count_bits = count_bits;
    sums.gradient_unit = gradient_unit[0];
    sums.curvature_unit = curvature_unit[0];
    sums.gradient = node.gradient;
    sums.curvature = node.curvature;
    sums.value = node.value;
    sums.low = node.low;
    sums.high = node.high;
    sums.count = node.end - node.begin;
    sums.min_rows = std::max<int64_t>(1, s.min_rows);
    sums.l2 = s.l2;
    sums.min_curvature = s.min_curvature;
    sums.bounded = bounded;
    return sums;
}

inline Cell Grower::root_total(const int32_t* rows, ptrdiff_t n, ptrdiff_t output) const {
    const ptrdiff_t n_chunks = (n + CHUNK - 1) / CHUNK;
    std::vector<Cell> part(n_chunks, Cell{0, 0});
    spread(threads_for(n), n_chunks, [&](ptrdiff_t c) {
        for (ptrdiff_t i = c * CHUNK; i < std::min(n, (c + 1) * CHUNK); ++i) {
            const Cell& cell = terms[output][rows == nullptr ? i : rows[i]];
            part[c].first += cell.first;
            part[c].second += cell.second;
        }
    });
    Cell total{0, 0};
    for (const Cell& cell : part) total = {total.first + cell.first, total.second + cell.second};
    return total;
}

inline int Grower::take_slot() {
    if (!free_slots.empty()) {
        const int slot = free_slots.back();
        free_slots.pop_back();
        return slot;
    }
    if (static_cast<ptrdiff_t>(slots.size()) >= max_slots) return -1;
    slots.emplace_back(slot_cells());
    return static_cast<int>(slots.size()) - 1;
}

inline void Grower::release(GrowNode& node) {
    if (node.slot >= 0) free_slots.push_back(node.slot);
    node.slot = -1;
}

inline void Grower::clear(const HistogramTask& task) const {
    for (ptrdiff_t f = task.from; f < task.to; ++f)
        std::memset(static_cast<void*>(task.out + f * cell_stride), 0,
                    (joint.used ? 256 : n_cells[f]) * sizeof(Cell));
    if (task.joint_from == task.joint_to) return;
    std::memset(static_cast<void*>(task.joint), 0,
                (task.joint_to - task.joint_from) * BYTE_STRIDE * sizeof(Cell));
}

inline void Grower::histogram(const GrowNode& node, Cell* out) {
    HistogramTask task{t.codes, t.code_bytes, t.stride, order.data() + node.begin, 0,
                       nullptr, node.end - node.begin, 0, t.n_columns, out, cell_stride};
    if (whole && task.n == t.n_rows) task.rows = nullptr;
    if (joint.used) {
        task.codes = joint.codes.data();
        task.stride = joint.stride;
        task.to = joint.n_wide;
        task.joint_from = joint.first_joint;
        task.joint_to = joint.first_joint + joint.n_joint;
        task.joint = joint_sums.data();
    }
    for (ptrdiff_t k = 0; k < s.n_outputs; ++k) {
        task.terms = terms[k].data();
        task.out = out + k * histogram_cells;
        sum_rows(task);
        if (joint.used) part_joint(task.out);
    }
}

inline void Grower::sum_rows(const HistogramTask& task) {
    const ptrdiff_t width = task.to + task.joint_to - task.joint_from;
    const ptrdiff_t wide = (task.to + 7) / 8, n_blocks = wide + (width - task.to + 7) / 8;
    const int n_threads = threads_for(task.n * width);
    if (n_threads == 1) {
        clear(task);
        grow_kernels().accumulate(task);
    } else if (n_blocks < 4 * n_threads && task.n >= ROWS_PER_COPY * n_threads) {
        sum_by_rows(task, n_threads);
    } else {
        spread(n_threads, n_blocks, [&](ptrdiff_t b) {
            HistogramTask part = task;
            if (b < wide) {
                part.from = 8 * b;
                part.to = std::min(task.to, 8 * b + 8);
                part.joint_to = part.joint_from;
            } else {
                part.from = part.to = 0;
                part.joint_from += 8 * (b - wide);
                part.joint_to = std::min(task.joint_to, part.joint_from + 8);
                part.joint += 8 * (b - wide) * BYTE_STRIDE;
            }
            clear(part);
            grow_kernels().accumulate(part);
        });
    }
}

// Each thread sums a share of the rows for itself; the sums are integers, so their order is free.
inline void Grower::sum_by_rows(const HistogramTask& task, int n_parts) {
    const ptrdiff_t wide_cells = task.to * cell_stride;
    const ptrdiff_t n_joint = task.joint_to - task.joint_from;
    const ptrdiff_t size = wide_cells + n_joint * BYTE_STRIDE;
    if (copies.size() < static_cast<size_t>(size * (n_parts - 1)))
        copies.resize(size * (n_parts - 1));
#pragma omp parallel num_threads(n_parts)
    {
#pragma omp for schedule(static, 1)
        for (int p = 0; p < n_parts; ++p) {
            HistogramTask part = task;
            const ptrdiff_t begin = task.n * p / n_parts;
            part.n = task.n * (p + 1) / n_parts - begin;
            part.first = task.first + begin;
            part.rows = task.rows == nullptr ? nullptr : task.rows + begin;
            if (p > 0) {
                part.out = copies.data() + (p - 1) * size;
                part.joint = part.out + wide_cells;
            }
            clear(part);
            grow_kernels().accumulate(part);
        }
#pragma omp for schedule(static)
        for (ptrdiff_t f = 0; f < task.to + n_joint; ++f) {
            Cell* to = f < task.to ? task.out + f * cell_stride
                                   : task.joint + (f - task.to) * BYTE_STRIDE;
            const ptrdiff_t n = joint.used ? 256 : n_cells[f];
            for (int p = 1; p < n_parts; ++p)
                grow_kernels().add(to, copies.data() + (p - 1) * size + f * cell_stride, n);
        }
    }
}

// Sums of each column of a joint byte from those of its joint codes.
inline void Grower::part_joint(Cell* out) {
    for (ptrdiff_t j = 0; j < joint.n_joint; ++j) {
        Cell* cells = joint_sums.data() + j * BYTE_STRIDE;
        ptrdiff_t n = ptrdiff_t(1) << joint.n_bits(j);
        for (int32_t f : joint.members[j]) {
            grow_kernels().take_digit(cells, n, n_cells[f], out + place[f]);
            n /= n_cells[f];
        }
    }
}

// Which columns a node may be split on: its groups' union, and of these a random share.
inline void Grower::choose_columns(const GrowNode& node, std::vector<uint8_t>& allowed) {
    allowed.assign(t.n_columns, t.n_groups == 0);
    for (int32_t g : node.groups)
        for (int32_t i = t.group_start[g]; i < t.group_start[g + 1]; ++i) allowed[t.group[i]] = 1;
    if (s.column_share >= 1.0) return;
    std::vector<int32_t> columns;
    for (ptrdiff_t f = 0; f < t.n_columns; ++f)
        if (allowed[f]) columns.push_back(static_cast<int32_t>(f));
    const size_t n = columns.size();
    const size_t wanted = std::max<size_t>(1, static_cast<size_t>(std::ceil(s.column_share * n)));
    for (size_t i = 0; i < std::min(wanted, n); ++i) {  // the first draws of a shuffle
        random += 0x9e3779b97f4a7c15u;                  // splitmix64 (Steele et al., 2014)
        uint64_t z = random;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        std::swap(columns[i], columns[i + z % (n - i)]);
    }
    allowed.assign(t.n_columns, 0);
    for (size_t i = 0; i < std::min(wanted, n); ++i) allowed[columns[i]] = 1;
}

inline bool Grower::scan_column_vector(Hunt& hunt, ptrdiff_t f, int part) const {
    const Cell* column = hunt.cells + place[f];
    const VectorSums sums = vector_sums(*hunt.node);
    if (t.categorical[f])
        return scan_vector_categories(hunt.sums, sums, column, t.n_bins[f], t.missing[f] != 0,
                                      CATEGORY_SUPPORT, n_words, &hunt.best[part],
                                      &hunt.left_codes[part], &hunt.left_totals[part]);
    return scan_vector(hunt.sums, sums, column, t.n_bins[f], t.missing[f] != 0,
                       hunt.scratch[part], &hunt.best[part], &hunt.left_totals[part]);
}

inline void Grower::consider(Hunt& hunt, ptrdiff_t f, int part) const {
    if (hunt.less != nullptr)
        for (ptrdiff_t at = place[f]; at < slot_cells(); at += histogram_cells)
            grow_kernels().subtract(hunt.cells + at, hunt.less + at, n_cells[f]);
    if (!hunt.allowed[f]) return;
    const Cell* column = hunt.cells + place[f];
    const bool missing = t.missing[f] != 0;
    Split* best = &hunt.best[part];
    const bool found =
        s.n_outputs > 1 ? scan_column_vector(hunt, f, part)
        : t.categorical[f] ? scan_categories(hunt.sums, column, t.n_bins[f], missing, n_words, best,
                                           &hunt.left_codes[part])
                         : grow_kernels().scan(hunt.sums, column, t.n_bins[f], missing,
                                               t.monotone[f], best);
    if (!found) return;
    best->feature = static_cast<int32_t>(f);
    best->categorical = t.categorical[f] != 0;
}

inline void Grower::prepare(Hunt& hunt) {
    hunt.sums = sums_of(*hunt.node);
    hunt.cells = slots[hunt.node->slot].data();
    choose_columns(*hunt.node, hunt.allowed);
    std::fill(hunt.best, hunt.best + PARTS, Split{0.0, -1, -1, false, false, {0, 0}});
}

inline void Grower::take_best(Hunt& hunt, int n_parts) {
    GrowNode& node = *hunt.node;
    int top = 0;
    for (int p = 1; p < n_parts; ++p)
        if (beats(hunt.sums, hunt.best[p].gain, hunt.best[top].gain)) top = p;
    node.split = hunt.best[top];
    node.left_totals = hunt.left_totals[top];
    if (node.split.feature < 0) {
        release(node);
    } else if (node.split.categorical) {
        node.set = static_cast<int32_t>(sets.size() / n_words);
        sets.insert(sets.end(), hunt.left_codes[top].begin(), hunt.left_codes[top].end());
    }
}

// Best splits of one node, or of two siblings column by column, while their sums are in the cache.
inline void Grower::find_splits(Hunt* first, int n_hunts) {
    for (int h = 0; h < n_hunts; ++h) prepare(first[h]);
    // The number of parts depends on the table alone, as the tree must.
    const int n_parts = histogram_cells / 4 < PARALLEL_WORK ? 1 : PARTS;
    spread(n_parts == 1 ? 1 : s.n_threads, n_parts, [&](ptrdiff_t p) {
        for (ptrdiff_t f = t.n_columns * p / n_parts; f < t.n_columns * (p + 1) / n_parts; ++f)
            for (int h = 0; h < n_hunts; ++h) consider(first[h], f, static_cast<int>(p));
    });
    for (int h = 0; h < n_hunts; ++h) take_best(first[h], n_parts);
}

inline PartitionTask Grower::split_task(const GrowNode& node) const {
    const Split& split = node.split;
    PartitionTask task;
    task.codes = t.codes + split.feature * t.code_bytes;
    task.code_bytes = t.code_bytes;
    task.stride = t.stride;
    task.digit_shift = 0;
    task.mask = 0xffffu;
    if (joint.used) {
        const Digit& digit = joint.digit[split.feature];
        task.codes = joint.codes.data() + digit.byte;
        task.stride = joint.stride;
        task.digit_shift = digit.shift;
        task.mask = digit.mask;
    }
    task.left_codes = split.categorical ? sets.data() + node.set * n_words : nullptr;
    task.shift = 0;
    task.width = static_cast<uint32_t>(split.code);
    if (!split.categorical && split.missing_left && t.missing[split.feature]) {
        // Counted from the code of missing values on, around the end, what goes left is one run.
        const uint32_t missing = t.n_bins[split.feature];
        task.shift = missing;
        task.width = (t.code_bytes == 1 ? 256u : 65536u) - missing + split.code;
    }
    return task;
}

// Put a node's rows in the order of its children; return how many go left.
inline ptrdiff_t Grower::divide(const GrowNode& node) {
    const PartitionTask all = split_task(node);
    const ptrdiff_t n = node.end - node.begin;
    int32_t* rows = order.data() + node.begin;
    const int n_parts = static_cast<int>(
        std::max<ptrdiff_t>(1, std::min<ptrdiff_t>(s.n_threads, n / PARALLEL_ROWS)));
    std::vector<ptrdiff_t>& left = n_left_before;
    left.assign(n_parts + 1, 0);
    spread(n_parts, n_parts, [&](ptrdiff_t p) {
        PartitionTask task = all;
        const ptrdiff_t begin = n * p / n_parts;
        task.rows = rows + begin;
        task.n = n * (p + 1) / n_parts - begin;
        task.left = spare_left.data() + begin;
        task.right = spare_right.data() + begin;
        left[p + 1] = grow_kernels().partition(task);
    });
    for (int p = 0; p < n_parts; ++p) left[p + 1] += left[p];
    const ptrdiff_t n_left = left[n_parts];
    spread(n_parts, n_parts, [&](ptrdiff_t p) {
        const ptrdiff_t begin = n * p / n_parts, size = n * (p + 1) / n_parts - begin;
        const ptrdiff_t here = left[p + 1] - left[p];
        std::memcpy(rows + left[p], spare_left.data() + begin, here * sizeof(int32_t));
        std::memcpy(rows + n_left + begin - left[p], spare_right.data() + begin,
                    (size - here) * sizeof(int32_t));
    });
    return n_left;
}

inline void Grower::bound_children(const GrowNode& node, GrowNode& left, GrowNode& right) const {
    left.low = right.low = node.low;
    left.high = right.high = node.high;
    settle(left);
    settle(right);
    const int sign = t.monotone[node.split.feature];
    if (sign == 0) return;
    const double middle = 0.5 * (left.value + right.value);
    (sign > 0 ? left.high : left.low) = middle;
    (sign > 0 ? right.low : right.high) = middle;
}

// Groups of a node that hold the column of the split: the columns on a path share a group.
inline void Grower::narrow_groups(const GrowNode& node, GrowNode& child) const {
    for (int32_t g : node.groups)
        if (std::find(t.group + t.group_start[g], t.group + t.group_start[g + 1],
                      node.split.feature) != t.group + t.group_start[g + 1])
            child.groups.push_back(g);
}

// Turn an open leaf into an inner node with two leaves.
inline void Grower::apply(int32_t at) {
    nodes.resize(nodes.size() + 2);
    GrowNode& node = nodes[at];
    node.left = static_cast<int32_t>(nodes.size()) - 2;
    node.right = node.left + 1;
    GrowNode &left = nodes[node.left], &right = nodes[node.right];
    const ptrdiff_t middle = node.begin + divide(node);
    left.begin = node.begin;
    left.end = right.begin = middle;
    right.end = node.end;
    left.depth = right.depth = node.depth + 1;
    left.total = node.split.left;
    right.total = {node.total.first - left.total.first, node.total.second - left.total.second};
    if (s.n_outputs > 1) {
        left.totals = node.left_totals;
        right.totals = node.totals;
        for (ptrdiff_t k = 0; k < s.n_outputs; ++k) {
            right.totals[k].first -= left.totals[k].first;
            right.totals[k].second -= left.totals[k].second;
        }
    }
    bound_children(node, left, right);
    narrow_groups(node, left);
    narrow_groups(node, right);
    if (!t.missing[node.split.feature])  // values missing later go with the most rows
        node.split.missing_left = left.end - left.begin > right.end - right.begin;
    n_leaves += 1;
}

// Histograms and best splits of the children of a node.
inline void Grower::open_children(int32_t at) {
    GrowNode& node = nodes[at];
    GrowNode &left = nodes[node.left], &right = nodes[node.right];
    const bool left_less = left.end - left.begin < right.end - right.begin;
    GrowNode &small = left_less ? left : right, &large = left_less ? right : left;
    const bool want_small = may_split(small), want_large = may_split(large);
    if (!want_small && !want_large) {
        release(node);
        return;
    }
    const int parent = node.slot;
    node.slot = -1;
    const bool by_difference = parent >= 0 && want_large;
    if (parent >= 0) {
        large.slot = parent;
        if (!want_large) release(large);
    } else if (want_large) {
        large.slot = take_slot();
        histogram(large, slots[large.slot].data());
    }
    if (want_small || by_difference) {
        small.slot = take_slot();
        histogram(small, slots[small.slot].data());
    }
    int n_hunts = 0;
    if (want_small) {
        hunts[0].node = &small;
        hunts[0].less = nullptr;
        n_hunts = 1;
    }
    if (want_large) {
        hunts[n_hunts].node = &large;
        hunts[n_hunts].less = by_difference ? slots[small.slot].data() : nullptr;
        n_hunts += 1;
    }
    find_splits(hunts, n_hunts);
    if (!want_small) release(small);
    // One slot must be left for each of the two children of whatever is split next.
    for (GrowNode* child : {&small, &large})
        if (free_slots.size() + (max_slots - slots.size()) < 2) release(*child);
}

inline void Grower::grow(const int32_t* rows, ptrdiff_t n, uint64_t seed) {
    nodes.reserve(s.max_leaves < 0 ? 64 : 2 * s.max_leaves);
    nodes.assign(1, GrowNode());
    sets.clear();
    random = seed;
    n_leaves = 1;
    free_slots.clear();
    for (size_t i = 0; i < slots.size(); ++i) free_slots.push_back(static_cast<int32_t>(i));
    whole = rows == nullptr;
    for (ptrdiff_t i = 0; i < n; ++i) order[i] = whole ? static_cast<int32_t>(i) : rows[i];
    GrowNode& root = nodes[0];
    root.end = n;
    root.total = root_total(rows, n, 0);
    for (ptrdiff_t k = 0; k < s.n_outputs && s.n_outputs > 1; ++k)
        root.totals.push_back(root_total(rows, n, k));
    for (ptrdiff_t g = 0; g < t.n_groups; ++g) root.groups.push_back(static_cast<int32_t>(g));
    settle(root);
    if (!may_split(root)) return;
    root.slot = take_slot();
    histogram(root, slots[root.slot].data());
    hunts[0].node = &root;
    hunts[0].less = nullptr;
    find_splits(hunts, 1);
    const auto later = [this](int32_t a, int32_t b) {  // of equal leaves the elder goes first
        if (s.by_depth && nodes[a].depth != nodes[b].depth)
            return nodes[a].depth > nodes[b].depth;
        if (nodes[a].split.gain != nodes[b].split.gain)
            return nodes[a].split.gain < nodes[b].split.gain;
        return a > b;
    };
    std::priority_queue<int32_t, std::vector<int32_t>, decltype(later)> open(later);
    if (root.split.feature >= 0) open.push(0);
    while (!open.empty() && (s.max_leaves < 0 || n_leaves < s.max_leaves)) {
        const int32_t at = open.top();
        open.pop();
        apply(at);
        if (s.max_leaves >= 0 && n_leaves >= s.max_leaves) break;
        open_children(at);
        for (int32_t child : {nodes[at].left, nodes[at].right})
            if (nodes[child].split.feature >= 0) open.push(child);
    }
}
