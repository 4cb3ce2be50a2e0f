// Terms numbered as they are met: strings in an open-addressing table, and runs of words as pairs
// of a shorter run and a word, so that text is compared for single words alone.
#ifndef MLKIT_LEXICON_HPP
#define MLKIT_LEXICON_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace mlkit_text {

constexpr uint32_t NONE = 0xFFFFFFFFu;

#if defined(__GNUC__) || defined(__clang__)
inline void prefetch(const void* p) { __builtin_prefetch(p); }
inline int lowest_bit(uint64_t x) { return __builtin_ctzll(x); }
#else
#include <intrin.h>
inline void prefetch(const void*) {}
inline int lowest_bit(uint64_t x) {
    unsigned long i;
    _BitScanForward64(&i, x);
    return static_cast<int>(i);
}
#endif

// UTF-8; eight bytes from `at` on can be read whatever the length.
struct Span {
    const uint8_t* at;
    uint32_t length;
};

// The first eight bytes as a number that orders as they do, zeros behind the end.
inline uint64_t head_of(Span s) {
    uint64_t word = 0;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    std::memcpy(&word, s.at, 8);
#elif defined(__GNUC__) || defined(__clang__)
    std::memcpy(&word, s.at, 8);
    word = __builtin_bswap64(word);
#else
    std::memcpy(&word, s.at, 8);
    word = _byteswap_uint64(word);
#endif
    return s.length >= 8 ? word : s.length ? word & ~uint64_t(0) << (64 - 8 * s.length) : 0;
}

// Multiplication by an odd constant, folded, twice: all bits of x reach the high bits, which
// choose the slot.
inline uint64_t mix(uint64_t x) {
    x ^= x >> 32;
    x *= 0x9E3779B97F4A7C15ull;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9ull;
    return x ^ (x >> 32);
}

inline uint64_t hash_of(Span s, uint64_t head) {
    uint64_t h = head + s.length * 0xD6E8FEB86659FD93ull;
    for (uint32_t i = 8; i < s.length; i += 8)
        h = mix(h) ^ head_of({s.at + i, s.length - i});
    return mix(h);
}

// Open addressing with linear probes over slots of 16 bytes; half full at most.
template <class Slot>
struct Table {
    std::vector<Slot> slots = std::vector<Slot>(1024);
    int bits = 10;
    size_t used = 0;

    size_t home(uint64_t hash) const { return hash >> (64 - bits); }
    size_t after(size_t i) const { return (i + 1) & (slots.size() - 1); }

    // `hash_slot` gives the hash of what a slot holds.
    template <class Hash>
    void grow_if_full(Hash hash_slot) {
        if (2 * used < slots.size()) return;
        std::vector<Slot> old(2 * slots.size());
        old.swap(slots);
        bits++;
        for (const Slot& each : old) {
            if (each.id == NONE) continue;
            size_t i = home(hash_slot(each));
            while (slots[i].id != NONE) i = after(i);
            slots[i] = each;
        }
    }
};

struct Node {
    uint32_t parent;  // NONE for a single term
    uint32_t last;    // the last word of a run; the length in bytes of a single term
    uint64_t offset;  // in the arena, of a single term
};

class Lexicon {
   public:
    size_t size() const { return nodes.size(); }
    const Node& operator[](uint32_t id) const { return nodes[id]; }
    Span text(uint32_t id) const { return {arena.data() + nodes[id].offset, nodes[id].last}; }

    // The number of a single term; NONE if it is unknown and the lexicon may not grow.
    uint32_t single(Span s, bool grow) {
        uint32_t id;
        singles(&s, 1, &id, grow);
        return id;
    }

    // Numbers of single terms. Slots are asked for in advance, a batch at a time: a large table
    // is in memory and not in the cache.
    void singles(const Span* spans, size_t n, uint32_t* ids, bool grow) {
        uint64_t head[BATCH], hash[BATCH];
        for (size_t from = 0; from < n; from += BATCH) {
            const size_t m = std::min(BATCH, n - from);
            for (size_t i = 0; i < m; i++) {
                head[i] = head_of(spans[from + i]);
                hash[i] = hash_of(spans[from + i], head[i]);
                prefetch(&strings.slots[strings.home(hash[i])]);
            }
            for (size_t i = 0; i < m; i++)
                ids[from + i] = probe(spans[from + i], head[i], hash[i], grow);
        }
    }

    // Numbers of runs, each a run `ids` with one word more; may be NONE, and then stays so.
    void extend(uint32_t* ids, const uint32_t* lasts, size_t n, bool grow) {
        uint64_t hash[BATCH];
        for (size_t from = 0; from < n; from += BATCH) {
            const size_t m = std::min(BATCH, n - from);
            for (size_t i = 0; i < m; i++) {
                hash[i] = mix(pair(ids[from + i], lasts[from + i]));
                prefetch(&pairs.slots[pairs.home(hash[i])]);
            }
            for (size_t i = 0; i < m; i++) {
                uint32_t& id = ids[from + i];
                const uint32_t last = lasts[from + i];
                id = id == NONE || last == NONE ? NONE : probe_pair(pair(id, last), hash[i], grow);
            }
        }
    }

    // Writes the text of a term to `out`, words of a run separated by spaces; returns its length.
    size_t spell(uint32_t id, std::vector<uint8_t>& out) const {
        size_t length = 0;
        if (nodes[id].parent != NONE) {
            length = spell(nodes[id].parent, out);
            out[length++] = ' ';
            id = nodes[id].last;
        }
        const Span s = text(id);
        if (out.size() < length + s.length + 1) out.resize(2 * (length + s.length + 1));
        std::memcpy(out.data() + length, s.at, s.length);
        return length + s.length;
    }

    void fetch(uint32_t id) const { prefetch(&nodes[id]); }

   private:
    static constexpr size_t BATCH = 64;
    static constexpr size_t PADDING = 8;

    struct StringSlot {
        uint64_t head = 0;
        uint32_t id = NONE;
        uint32_t length = 0;
    };
    struct PairSlot {
        uint64_t key = 0;
        uint32_t id = NONE;
    };

    static uint64_t pair(uint32_t parent, uint32_t last) { return uint64_t(parent) << 32 | last; }

    uint32_t probe(Span s, uint64_t head, uint64_t hash, bool grow) {
        size_t i = strings.home(hash);
        for (; strings.slots[i].id != NONE; i = strings.after(i)) {
            const StringSlot& slot = strings.slots[i];
            if (slot.head == head && slot.length == s.length &&
                (s.length <= 8 ||
                 std::memcmp(text(slot.id).at + 8, s.at + 8, s.length - 8) == 0))
                return slot.id;
        }
        if (!grow) return NONE;
        const size_t offset = arena.size() - PADDING;
        arena.resize(offset + s.length + PADDING);
        std::memcpy(arena.data() + offset, s.at, s.length);
        const uint32_t id = add({NONE, s.length, offset});
        strings.slots[i].head = head;
        strings.slots[i].id = id;
        strings.slots[i].length = s.length;
        strings.used++;
        strings.grow_if_full([this](const StringSlot& slot) {
            return hash_of(text(slot.id), slot.head);
        });
        return id;
    }

    uint32_t probe_pair(uint64_t key, uint64_t hash, bool grow) {
        size_t i = pairs.home(hash);
        for (; pairs.slots[i].id != NONE; i = pairs.after(i))
            if (pairs.slots[i].key == key) return pairs.slots[i].id;
        if (!grow) return NONE;
        const uint32_t id = add({uint32_t(key >> 32), uint32_t(key), 0});
        pairs.slots[i].key = key;
        pairs.slots[i].id = id;
        pairs.used++;
        pairs.grow_if_full([](const PairSlot& slot) { return mix(slot.key); });
        return id;
    }

    uint32_t add(Node node) {
        if (nodes.size() >= 0x7FFFFFFF) throw std::length_error("more than 2^31 distinct terms");
        nodes.push_back(node);
        return uint32_t(nodes.size() - 1);
    }

    std::vector<Node> nodes;
    std::vector<uint8_t> arena = std::vector<uint8_t>(PADDING);
    Table<StringSlot> strings;
    Table<PairSlot> pairs;
};

// Sorted places of the terms that are `wanted`: as strings compare, by code point. Single terms
// are sorted; then each run stands behind the run that it extends, before whatever sorts after
// that, since a space is less than any character of a word. Others get NONE.
class Ranking {
   public:
    Ranking(const Lexicon& terms, const std::vector<uint8_t>& wanted)
        : terms(terms), place(terms.size(), NONE), weight(terms.size()) {
        // A run is numbered after its parts, so sums over descendants go from the last.
        for (size_t id = terms.size(); id-- > 0;) {
            weight[id] += wanted[id];
            if (terms[id].parent != NONE) weight[terms[id].parent] += weight[id];
        }
        std::vector<uint32_t> rank = rank_singles();
        place_runs(rank, wanted);
        for (size_t id = 0; id < terms.size(); id++)
            if (!wanted[id]) place[id] = NONE;
    }

    std::vector<uint32_t> take() { return std::move(place); }

   private:
    struct Single {
        uint64_t head;
        uint32_t id;
    };

    bool less(const Single& a, const Single& b) const {
        if (a.head != b.head) return a.head < b.head;
        const Span s = terms.text(a.id), t = terms.text(b.id);
        const uint32_t common = std::min(s.length, t.length);
        const int order = common > 8 ? std::memcmp(s.at + 8, t.at + 8, common - 8) : 0;
        return order ? order < 0 : s.length < t.length;
    }

    // Ranks of single terms; their places too, each behind the runs of the one before.
    std::vector<uint32_t> rank_singles() {
        std::vector<Single> order;
        for (uint32_t id = 0; id < terms.size(); id++)
            if (terms[id].parent == NONE) order.push_back({head_of(terms.text(id)), id});
        std::sort(order.begin(), order.end(),
                  [this](const Single& a, const Single& b) { return less(a, b); });
        std::vector<uint32_t> rank(terms.size(), 0);
        uint32_t next = 0;
        for (uint32_t r = 0; r < order.size(); r++) {
            rank[order[r].id] = r;
            place[order[r].id] = next;
            next += weight[order[r].id];
        }
        return rank;
    }

    // Places of runs: those that extend the same run are sorted by their last word.
    void place_runs(const std::vector<uint32_t>& rank, const std::vector<uint8_t>& wanted) {
        std::vector<uint32_t> start(terms.size() + 1), run;
        for (uint32_t id = 0; id < terms.size(); id++)
            if (terms[id].parent != NONE) start[terms[id].parent + 1]++;
        for (size_t id = 0; id < terms.size(); id++) start[id + 1] += start[id];
        run.resize(start.back());
        std::vector<uint32_t> at(start.begin(), start.end() - 1);
        for (uint32_t id = 0; id < terms.size(); id++)
            if (terms[id].parent != NONE) run[at[terms[id].parent]++] = id;
        for (size_t id = 0; id < terms.size(); id++) {
            uint32_t* first = run.data() + start[id];
            uint32_t* end = run.data() + start[id + 1];
            if (end - first > 1)
                std::sort(first, end, [&](uint32_t a, uint32_t b) {
                    return rank[terms[a].last] < rank[terms[b].last];
                });
            uint32_t next = place[id] + wanted[id];
            for (; first != end; first++) {
                place[*first] = next;
                next += weight[*first];
            }
        }
    }

    const Lexicon& terms;
    std::vector<uint32_t> place;
    std::vector<uint32_t> weight;  // wanted terms among a term and the runs that begin with it
};

}  // namespace mlkit_text

#endif
