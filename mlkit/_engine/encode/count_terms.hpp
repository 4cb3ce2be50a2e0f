// Terms of documents counted on several threads, into the rows of a CSR matrix.
#ifndef MLKIT_COUNT_TERMS_HPP
#define MLKIT_COUNT_TERMS_HPP

#include <atomic>
#include <cmath>
#include <memory>
#include <new>

#include "murmur3.hpp"
#include "scan_text.hpp"

namespace mlkit_text {

enum Unit { WORDS = 0, CHARS = 1, BOUNDED = 2 };

// How documents are taken apart, and what becomes of their terms.
struct Plan {
    int unit;
    int64_t low, high;
    int64_t n_stop;       // the first terms of a lexicon are words to leave out
    bool grow;            // terms are learned; their columns are known in the end
    int64_t n_columns;    // where terms are given or hashed
    bool hashed, signs;   // hashes may count with their sign
};

struct Row {
    int64_t document;
    size_t start;
    uint32_t length;
};

// Sorts keys whose upper half is below 2^bits by that half: by digits, which are shorter for a
// short row as each pass over a digit costs its number of values.
template <int DIGIT>
inline void sort_by_digits(std::vector<uint64_t>& keys, std::vector<uint64_t>& other, int bits) {
    constexpr uint64_t LAST = (1 << DIGIT) - 1;
    const size_t n = keys.size();
    other.resize(n);
    for (int shift = 32; shift < 32 + bits; shift += DIGIT) {
        uint32_t start[LAST + 2] = {0};
        for (size_t i = 0; i < n; i++) start[(keys[i] >> shift & LAST) + 1]++;
        for (uint64_t digit = 0; digit < LAST; digit++) start[digit + 1] += start[digit];
        for (size_t i = 0; i < n; i++) other[start[keys[i] >> shift & LAST]++] = keys[i];
        keys.swap(other);
    }
}

inline void sort_keys(std::vector<uint64_t>& keys, std::vector<uint64_t>& other, int bits) {
    if (keys.size() < 32) std::sort(keys.begin(), keys.end());
    else if (keys.size() < 256) sort_by_digits<6>(keys, other, bits);
    else sort_by_digits<8>(keys, other, bits);
}

inline int bits_of(uint64_t n) {
    int bits = 0;
    while (n >> bits) bits++;
    return bits;
}

// What one thread has read: entries of rows by the numbers of its lexicon.
class Worker {
   public:
    std::vector<uint32_t> terms;  // numbers in the lexicon, or columns where those are known
    std::vector<int32_t> counts;
    std::vector<Row> rows;
    int64_t undecodable = -1;  // least number of a document that is no UTF-8

    // `column_of` says where given terms go, by number, -1 for what is no term itself.
    void read(const Text& text, int64_t document, const Plan& plan, Lexicon& lexicon,
              const std::vector<int32_t>& column_of) {
        if (plan.unit == WORDS) reader.read_words(text, plan.hashed && plan.high > 1);
        else if (plan.unit == CHARS) reader.read_chars(text, plan.low, plan.high);
        else reader.read_bounded(text, plan.low, plan.high);
        const size_t start = terms.size();
        keys.clear();
        if (plan.hashed) {
            if (plan.unit != WORDS && reader.has_surrogates && !reader.spans.empty() &&
                (undecodable < 0 || document < undecodable))
                undecodable = document;
            hash_terms(plan, lexicon);
        } else {
            find_terms(plan, lexicon, column_of, start);
        }
        if (!plan.grow) add_up(plan);
        rows.push_back({document, start, uint32_t(terms.size() - start)});
    }

    uint32_t frequency(uint32_t id) const { return id < tallies.size() ? tallies[id].frequency : 0; }

   private:
    struct Tally {
        uint32_t row = 0;        // rows read when the term was last met, this one included
        uint32_t place = 0;      // of its entry in that row
        uint32_t frequency = 0;  // documents in which it is
    };

    void find_terms(const Plan& plan, Lexicon& lexicon, const std::vector<int32_t>& column_of,
                    size_t start) {
        size_t n = reader.spans.size();
        ids.resize(n);
        lexicon.singles(reader.spans.data(), n, ids.data(), plan.grow);
        if (plan.n_stop) n = drop_stop_words(plan.n_stop);
        const int64_t high = plan.unit == WORDS ? std::min<int64_t>(plan.high, n) : 1;
        runs.assign(ids.begin(), ids.end());
        for (int64_t size = 1; size <= high; size++) {
            const size_t m = n - size + 1;
            if (size > 1) lexicon.extend(runs.data(), ids.data() + size - 1, m, plan.grow);
            if (plan.unit == WORDS && size < plan.low) continue;
            if (plan.grow) count(m, start, lexicon.size());
            else place(m, column_of);
        }
    }

    size_t drop_stop_words(int64_t n_stop) {
        size_t n = 0;
        for (size_t i = 0; i < ids.size(); i++) {
            ids[n] = ids[i];
            reader.spans[n] = reader.spans[i];
            n += ids[i] == NONE || ids[i] >= n_stop;
        }
        ids.resize(n);
        reader.spans.resize(n);
        return n;
    }

    // Counts the first `n` of `runs`, terms of the row that begins at `start`.
    void count(size_t n, size_t start, size_t n_terms) {
        if (tallies.size() < n_terms) tallies.resize(n_terms + n_terms / 2);
        const uint32_t row = uint32_t(rows.size() + 1);
        for (size_t i = 0; i < n; i++) {
            if (i + 8 < n) prefetch(&tallies[runs[i + 8]]);
            Tally& tally = tallies[runs[i]];
            if (tally.row == row) {
                counts[start + tally.place]++;
                continue;
            }
            tally.row = row;
            tally.place = uint32_t(terms.size() - start);
            tally.frequency++;
            terms.push_back(runs[i]);
            counts.push_back(1);
        }
    }

    // Notes the columns of the first `n` of `runs`.
    void place(size_t n, const std::vector<int32_t>& column_of) {
        for (size_t i = 0; i < n; i++)
            if (runs[i] != NONE && column_of[runs[i]] >= 0)
                keys.push_back(uint64_t(column_of[runs[i]]) << 32);
    }

    // Adds up what `keys` says: a column, and in the last bit whether to count down.
    void add_up(const Plan& plan) {
        sort_keys(keys, spare, bits_of(uint64_t(plan.n_columns)));
        for (size_t i = 0; i < keys.size();) {
            const uint64_t column = keys[i] >> 32;
            int32_t sum = 0;
            for (; i < keys.size() && keys[i] >> 32 == column; i++) sum += keys[i] & 1 ? -1 : 1;
            terms.push_back(uint32_t(column));
            counts.push_back(sum);
        }
    }

    // Notes the columns and signs of this row's terms.
    void hash_terms(const Plan& plan, Lexicon& stop_words) {
        size_t n = reader.spans.size();
        if (plan.n_stop) {
            ids.resize(n);
            stop_words.singles(reader.spans.data(), n, ids.data(), false);
            n = drop_stop_words(plan.n_stop);
        }
        const std::vector<Span>& spans = reader.spans;
        const int64_t low = plan.unit == WORDS ? plan.low : 1;
        const int64_t high = plan.unit == WORDS ? std::min<int64_t>(plan.high, n) : 1;
        for (int64_t size = low; size <= high; size++)
            for (size_t i = 0; i + size <= n; i++) {
                if (size == 1) hash_term(spans[i], plan);
                else hash_run(i, size, plan);
            }
    }

    void hash_term(Span s, const Plan& plan) {
        const auto at = reinterpret_cast<const char*>(s.at);
        const int64_t hash = int32_t(murmur3_32(at, ptrdiff_t(s.length), 0));
        const uint64_t column = uint64_t(hash < 0 ? -hash : hash) % uint64_t(plan.n_columns);
        keys.push_back(column << 32 | uint64_t(plan.signs && hash < 0));
    }

    // A run of words, which lie one behind the other unless stop words were between.
    void hash_run(size_t first, int64_t size, const Plan& plan) {
        const std::vector<Span>& spans = reader.spans;
        const Span last = spans[first + size - 1];
        size_t total = size - 1;
        for (int64_t i = 0; i < size; i++) total += spans[first + i].length;
        if (size_t(last.at + last.length - spans[first].at) == total) {
            hash_term({spans[first].at, uint32_t(total)}, plan);
            return;
        }
        run_text.clear();
        for (int64_t i = 0; i < size; i++) {
            if (i) run_text.push_back(' ');
            const Span s = spans[first + i];
            run_text.insert(run_text.end(), s.at, s.at + s.length);
        }
        hash_term({run_text.data(), uint32_t(total)}, plan);
    }

    Reader reader;
    std::vector<Tally> tallies;
    std::vector<uint32_t> ids, runs;
    std::vector<uint64_t> keys, spare;
    std::vector<uint8_t> run_text;
};

// What is known before documents are read: words to leave out and, if `fixed`, the only terms to
// count, with their columns. Several counters may use it at once.
struct Given {
    Lexicon lexicon;
    std::vector<int32_t> column_of;
    int64_t n_stop = 0, n_columns = 0;
    bool fixed = false;

    // Stop words come before terms; eight bytes behind the text must be readable.
    void add_stop_word(Span s) {
        lexicon.single(s, true);
        n_stop = int64_t(lexicon.size());
    }

    uint32_t add_single(Span s) { return note(lexicon.single(s, true)); }

    // The run of words `run` and one word more.
    uint32_t add_run(uint32_t run, uint32_t last) {
        lexicon.extend(&run, &last, 1, true);
        return note(run);
    }

   private:
    uint32_t note(uint32_t id) {
        if (column_of.size() <= id) column_of.resize(lexicon.size() + lexicon.size() / 2, -1);
        return id;
    }
};

// Reads documents in blocks, each block on several threads, and then gives a matrix. A lexicon
// that grows is each thread's own; they are merged in the end, and as terms are sorted then,
// neither terms nor matrix depend on the number of threads.
class Counter {
   public:
    // The lexicon holds stop words, and then the terms that are given, if any.
    Counter(int unit, int64_t low, int64_t high, std::shared_ptr<Given> given)
        : plan{unit, low, high, given->n_stop, !given->fixed, given->n_columns, false, false},
          given(given) {}

    void hash_into(int64_t n_columns, bool signs) {
        plan.n_columns = n_columns;
        plan.hashed = true;
        plan.signs = signs;
        plan.grow = false;
    }

    void read(const Text* texts, int64_t n, int n_threads) {
        while (workers.size() < size_t(n_threads)) {
            workers.emplace_back(new Worker);
            if (plan.grow) lexicons.emplace_back(new Lexicon(given->lexicon));
        }
        const int64_t before = n_documents;
        std::atomic<bool> failed{false};
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 16) num_threads(n_threads)
#endif
        for (int64_t i = 0; i < n; i++) {
            const int which = thread_number();
            try {
                Lexicon& own = plan.grow ? *lexicons[which] : given->lexicon;
                workers[which]->read(texts[i], before + i, plan, own, given->column_of);
            } catch (...) {
                failed = true;
            }
        }
        if (failed) throw std::bad_alloc();
        n_documents += n;
    }

    int64_t rows() const { return n_documents; }

    int64_t undecodable() const {
        int64_t least = -1;
        for (const auto& each : workers)
            if (each->undecodable >= 0 && (least < 0 || each->undecodable < least))
                least = each->undecodable;
        return least;
    }

    // Merges what the threads learned; returns the number of terms.
    int64_t finish() {
        maps.clear();
        if (lexicons.empty()) return 0;
        Lexicon& all = *lexicons[0];
        for (size_t t = 0; t < lexicons.size(); t++) maps.push_back(merge(all, *lexicons[t], t));
        frequency.assign(all.size(), 0);
        for (size_t t = 0; t < lexicons.size(); t++)
            for (uint32_t id = 0; id < maps[t].size(); id++)
                frequency[maps[t][id]] += workers[t]->frequency(id);
        std::vector<uint8_t> wanted(all.size());
        for (size_t id = 0; id < all.size(); id++) wanted[id] = frequency[id] > 0;
        place = Ranking(all, wanted).take();
        sorted.assign(std::count(wanted.begin(), wanted.end(), 1), 0);
        for (uint32_t id = 0; id < all.size(); id++)
            if (place[id] != NONE) sorted[place[id]] = id;
        return int64_t(sorted.size());
    }

    // The text of the j-th of the sorted terms, valid until the next call.
    Span spell(int64_t j, std::vector<uint8_t>& out) const {
        if (j + 16 < int64_t(sorted.size())) lexicons[0]->fetch(sorted[j + 16]);
        const size_t length = lexicons[0]->spell(sorted[j], out);
        return {out.data(), uint32_t(length)};
    }

    int64_t frequency_of(int64_t j) const { return frequency[sorted[j]]; }

    // How often each of the sorted terms occurs.
    void totals(int64_t* out) const {
        for (size_t t = 0; t < workers.size(); t++)
            for (size_t k = 0; k < workers[t]->terms.size(); k++)
                out[place[maps[t][workers[t]->terms[k]]]] += workers[t]->counts[k];
    }

    // Settles the columns of sorted terms, -1 to leave one out, where terms were learned. Writes
    // the lengths of rows and returns their sum.
    int64_t choose(const int32_t* column_of, int64_t n_columns, int64_t* lengths) {
        columns.assign(workers.size(), std::vector<int32_t>());
        if (plan.grow) plan.n_columns = n_columns;
        int64_t total = 0;
        for (size_t t = 0; t < workers.size(); t++) {
            if (plan.grow) columns[t] = columns_of(t, column_of);
            for (const Row& row : workers[t]->rows) {
                int64_t kept = row.length;
                if (plan.grow) {
                    kept = 0;
                    for (size_t k = row.start; k < row.start + row.length; k++)
                        kept += columns[t][workers[t]->terms[k]] >= 0;
                }
                lengths[row.document] = kept;
                total += kept;
            }
        }
        return total;
    }

    // Writes the rows chosen, sorted by column, at `indptr`.
    template <class Index, class Value>
    void write(const Index* indptr, Index* indices, Value* data, int n_threads) const {
        const int bits = bits_of(uint64_t(plan.n_columns));
        std::atomic<bool> failed{false};
        for (size_t t = 0; t < workers.size(); t++) {
            const Worker& worker = *workers[t];
            const int64_t n = int64_t(worker.rows.size());
#ifdef _OPENMP
#pragma omp parallel num_threads(n_threads)
#endif
            {
                std::vector<uint64_t> keys, spare;
#ifdef _OPENMP
#pragma omp for schedule(static)
#endif
                for (int64_t r = 0; r < n; r++) {
                    const Row& row = worker.rows[r];
                    const Index at = indptr[row.document];
                    try {
                        write_row(worker, row, t, bits, indices + at, data + at, keys, spare);
                    } catch (...) {
                        failed = true;
                    }
                }
            }
        }
        if (failed) throw std::bad_alloc();
    }

   private:
    static int thread_number();

    template <class Index, class Value>
    void write_row(const Worker& worker, const Row& row, size_t t, int bits, Index* indices,
                   Value* data, std::vector<uint64_t>& keys, std::vector<uint64_t>& spare) const {
        if (!plan.grow) {
            for (uint32_t k = 0; k < row.length; k++) {
                indices[k] = Index(worker.terms[row.start + k]);
                data[k] = Value(worker.counts[row.start + k]);
            }
            return;
        }
        keys.clear();
        for (size_t k = row.start; k < row.start + row.length; k++) {
            const int32_t column = columns[t][worker.terms[k]];
            if (column >= 0) keys.push_back(uint64_t(column) << 32 | uint32_t(worker.counts[k]));
        }
        sort_keys(keys, spare, bits);
        for (size_t k = 0; k < keys.size(); k++) {
            indices[k] = Index(keys[k] >> 32);
            data[k] = Value(keys[k] & 0xFFFFFFFFu);
        }
    }

    // Numbers in `all` of the terms of another lexicon, which are added to it.
    std::vector<uint32_t> merge(Lexicon& all, const Lexicon& other, size_t t) {
        std::vector<uint32_t> map(other.size());
        for (uint32_t id = 0; id < other.size(); id++) {
            if (t == 0) {
                map[id] = id;
            } else if (other[id].parent == NONE) {
                map[id] = all.single(other.text(id), true);
            } else {
                const uint32_t last = map[other[id].last];
                map[id] = map[other[id].parent];
                all.extend(&map[id], &last, 1, true);
            }
        }
        return map;
    }

    std::vector<int32_t> columns_of(size_t t, const int32_t* column_of) const {
        std::vector<int32_t> found(maps[t].size(), -1);
        for (size_t id = 0; id < found.size(); id++)
            if (place[maps[t][id]] != NONE) found[id] = column_of[place[maps[t][id]]];
        return found;
    }

    Plan plan;
    std::shared_ptr<Given> given;
    std::vector<std::unique_ptr<Lexicon>> lexicons;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::vector<uint32_t>> maps;
    std::vector<uint32_t> place, sorted;
    std::vector<int64_t> frequency;
    std::vector<std::vector<int32_t>> columns;
    int64_t n_documents = 0;
};

// Multiplies the entries of rows by the weights of their columns, if there are any, and divides
// each row by its norm: 0 none, 1 the sum of absolute values, 2 the Euclidean norm. A row is one
// thread's alone and is added up from left to right; products are rounded to Value before.
template <class Value, class Index>
void weigh_rows(Value* data, const Index* indices, const Index* indptr, int64_t n_rows,
                const Value* weights, int norm, int n_threads) {
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(n_threads)
#endif
    for (int64_t r = 0; r < n_rows; r++) {
        const int64_t from = indptr[r], to = indptr[r + 1];
        double sum = 0;
        for (int64_t k = from; k < to; k++) {
            if (weights) data[k] *= weights[indices[k]];
            const Value term = norm == 1 ? std::abs(data[k]) : data[k] * data[k];
            sum += term;
        }
        if (norm == 0 || sum == 0) continue;
        if (norm == 2) sum = std::sqrt(sum);
        for (int64_t k = from; k < to; k++) data[k] = Value(data[k] / sum);
    }
}

}  // namespace mlkit_text

#ifdef _OPENMP
#include <omp.h>
inline int mlkit_text::Counter::thread_number() { return omp_get_thread_num(); }
#else
inline int mlkit_text::Counter::thread_number() { return 0; }
#endif

#endif
