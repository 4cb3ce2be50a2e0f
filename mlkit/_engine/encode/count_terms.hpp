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
    bool grow;            // unknown terms are added
    int64_t n_columns;    // above 0: terms are hashed into so many columns, without a lexicon
    bool signs;           // hashed terms count with the sign of their hash
};

struct Row {
    int64_t document;
    size_t start;
    uint32_t length;
};

// Sorts keys whose upper half is below 2^bits by that half: by digits where the row is long.
inline void sort_keys(std::vector<uint64_t>& keys, std::vector<uint64_t>& other, int bits) {
    const size_t n = keys.size();
    if (n < 192) {
        std::sort(keys.begin(), keys.end());
        return;
    }
    other.resize(n);
    for (int shift = 32; shift < 32 + bits; shift += 8) {
        uint32_t start[257] = {0};
        for (size_t i = 0; i < n; i++) start[(keys[i] >> shift & 255) + 1]++;
        for (int digit = 0; digit < 256; digit++) start[digit + 1] += start[digit];
        for (size_t i = 0; i < n; i++) other[start[keys[i] >> shift & 255]++] = keys[i];
        keys.swap(other);
    }
}

inline int bits_of(uint64_t n) {
    int bits = 0;
    while (n >> bits) bits++;
    return bits;
}

// What one thread has read: entries of rows by the numbers of its lexicon.
class Worker {
   public:
    std::vector<uint32_t> terms;   // or columns, where terms are hashed
    std::vector<int32_t> counts;
    std::vector<Row> rows;
    std::vector<int64_t> frequency;  // documents in which a term is, where the lexicon grows
    int64_t undecodable = -1;        // least number of a document that is no UTF-8

    void read(const Text& text, int64_t document, const Plan& plan, Lexicon& lexicon) {
        const bool hashed = plan.n_columns > 0;
        if (plan.unit == WORDS) reader.read_words(text, hashed && plan.high > 1);
        else if (plan.unit == CHARS) reader.read_chars(text, plan.low, plan.high);
        else reader.read_bounded(text, plan.low, plan.high);
        const size_t start = terms.size();
        if (hashed) {
            if (plan.unit != WORDS && reader.has_surrogates && !reader.spans.empty() &&
                (undecodable < 0 || document < undecodable))
                undecodable = document;
            hash_terms(plan, lexicon);
        } else {
            count_terms(plan, lexicon, start);
        }
        rows.push_back({document, start, uint32_t(terms.size() - start)});
    }

   private:
    struct Tally {
        size_t document = 0;  // rows read when the term was last met, this one included
        uint32_t place = 0;   // of its entry in the row
    };

    void count_terms(const Plan& plan, Lexicon& lexicon, size_t start) {
        size_t n = reader.spans.size();
        ids.resize(n);
        lexicon.singles(reader.spans.data(), n, ids.data(), plan.grow);
        if (plan.n_stop) n = drop_stop_words(plan.n_stop);
        make_room(lexicon.size());
        if (plan.unit != WORDS || plan.low == 1) emit(ids.data(), n, start, plan.grow);
        if (plan.unit != WORDS || plan.high == 1) return;
        runs.assign(ids.begin(), ids.begin() + n);
        for (int64_t size = 2; size <= std::min<int64_t>(plan.high, n); size++) {
            const size_t m = n - size + 1;
            lexicon.extend(runs.data(), ids.data() + size - 1, m, plan.grow);
            make_room(lexicon.size());
            if (size >= plan.low) emit(runs.data(), m, start, plan.grow);
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

    void make_room(size_t n_terms) {
        if (tallies.size() < n_terms) {
            tallies.resize(n_terms + n_terms / 2);
            frequency.resize(tallies.size());
        }
    }

    // Counts terms of the row that begins at `start`.
    void emit(const uint32_t* found, size_t n, size_t start, bool grow) {
        const size_t document = rows.size() + 1;
        for (size_t i = 0; i < n; i++) {
            if (i + 8 < n && found[i + 8] != NONE) prefetch(&tallies[found[i + 8]]);
            if (found[i] == NONE) continue;
            Tally& tally = tallies[found[i]];
            if (tally.document == document) {
                counts[start + tally.place]++;
                continue;
            }
            tally.document = document;
            tally.place = uint32_t(terms.size() - start);
            terms.push_back(found[i]);
            counts.push_back(1);
            if (grow) frequency[found[i]]++;
        }
    }

    // Adds up the signs of the hashes of this row's terms, column by column.
    void hash_terms(const Plan& plan, Lexicon& stop_words) {
        size_t n = reader.spans.size();
        if (plan.n_stop) {
            ids.resize(n);
            stop_words.singles(reader.spans.data(), n, ids.data(), false);
            n = drop_stop_words(plan.n_stop);
        }
        const std::vector<Span>& spans = reader.spans;
        keys.clear();
        const int64_t low = plan.unit == WORDS ? plan.low : 1;
        const int64_t high = plan.unit == WORDS ? std::min<int64_t>(plan.high, n) : 1;
        for (int64_t size = low; size <= high; size++)
            for (size_t i = 0; i + size <= n; i++) {
                if (size == 1) hash_term(spans[i], plan);
                else hash_run(i, size, plan);
            }
        sort_keys(keys, spare, bits_of(uint64_t(plan.n_columns - 1)));
        for (size_t i = 0; i < keys.size();) {
            const uint32_t column = uint32_t(keys[i] >> 32);
            int32_t sum = 0;
            for (; i < keys.size() && keys[i] >> 32 == column; i++) sum += keys[i] & 1 ? -1 : 1;
            terms.push_back(column);
            counts.push_back(sum);
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

// Reads documents in blocks, each block on several threads, and then gives a matrix. A lexicon
// that grows is each thread's own; they are merged in the end, and as terms are sorted then,
// neither terms nor matrix depend on the number of threads.
class Counter {
   public:
    Counter(int unit, int64_t low, int64_t high, bool grow)
        : plan{unit, low, high, 0, grow, 0, false} {}

    void hash_into(int64_t n_columns, bool signs) {
        plan.n_columns = n_columns;
        plan.signs = signs;
    }

    // Stop words come before terms; eight bytes behind the text must be readable.
    void add_stop_word(Span s) {
        lexicon.single(s, true);
        plan.n_stop = int64_t(lexicon.size());
    }

    uint32_t add_single(Span s) { return lexicon.single(s, true); }

    uint32_t add_run(uint32_t run, uint32_t last) {
        lexicon.extend(&run, &last, 1, true);
        return run;
    }

    void read(const Text* texts, int64_t n, int n_threads) {
        while (workers.size() < size_t(n_threads)) {
            workers.emplace_back(new Worker);
            if (plan.grow) lexicons.emplace_back(new Lexicon(lexicon));
        }
        const int64_t before = n_documents;
        std::atomic<bool> failed{false};
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 16) num_threads(n_threads)
#endif
        for (int64_t i = 0; i < n; i++) {
            const int which = thread_number();
            try {
                Lexicon& own = plan.grow ? *lexicons[which] : lexicon;
                workers[which]->read(texts[i], before + i, plan, own);
            } catch (...) {
                failed = true;
            }
        }
        if (failed) throw std::bad_alloc();
        n_documents += n;
    }

    int64_t rows() const { return n_documents; }

    size_t n_given() const { return lexicon.size(); }

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
            for (size_t id = 0; id < maps[t].size(); id++)
                if (id < workers[t]->frequency.size())
                    frequency[maps[t][id]] += workers[t]->frequency[id];
        std::vector<uint8_t> wanted(all.size());
        for (size_t id = 0; id < all.size(); id++) wanted[id] = frequency[id] > 0;
        place = Ranking(all, wanted).take();
        sorted.assign(std::count(wanted.begin(), wanted.end(), 1), 0);
        for (uint32_t id = 0; id < all.size(); id++)
            if (place[id] != NONE) sorted[place[id]] = id;
        return int64_t(sorted.size());
    }

    void spell(int64_t j, std::vector<char>& out) const {
        out.clear();
        lexicons[0]->spell(sorted[j], out);
    }

    int64_t frequency_of(int64_t j) const { return frequency[sorted[j]]; }

    // How often each of the sorted terms occurs.
    void totals(int64_t* out) const {
        for (size_t t = 0; t < workers.size(); t++)
            for (size_t k = 0; k < workers[t]->terms.size(); k++)
                out[place[maps[t][workers[t]->terms[k]]]] += workers[t]->counts[k];
    }

    // Columns for the entries of each worker, from the columns of sorted terms (a lexicon that
    // grew) or of its terms by number (one that was given); -1 leaves an entry out. Writes the
    // lengths of rows and returns their sum.
    int64_t choose(const int32_t* column_of, int64_t n_columns, int64_t* lengths) {
        columns.assign(workers.size(), std::vector<int32_t>());
        greatest = n_columns;
        int64_t total = 0;
        for (size_t t = 0; t < workers.size(); t++) {
            if (plan.n_columns == 0) columns[t] = columns_of(t, column_of);
            for (const Row& row : workers[t]->rows) {
                int64_t kept = row.length;
                if (plan.n_columns == 0) {
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
        const int bits = bits_of(uint64_t(greatest));
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
        if (plan.n_columns) {
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
        if (!plan.grow) return std::vector<int32_t>(column_of, column_of + lexicon.size());
        std::vector<int32_t> found(maps[t].size(), -1);
        for (size_t id = 0; id < found.size(); id++)
            if (place[maps[t][id]] != NONE) found[id] = column_of[place[maps[t][id]]];
        return found;
    }

    Plan plan;
    Lexicon lexicon;  // stop words and, where they are given, terms
    std::vector<std::unique_ptr<Lexicon>> lexicons;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::vector<uint32_t>> maps;
    std::vector<uint32_t> place, sorted;
    std::vector<int64_t> frequency;
    std::vector<std::vector<int32_t>> columns;
    int64_t greatest = 0;
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
