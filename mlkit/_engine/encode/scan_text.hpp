// One document to UTF-8 and to the spans that are its words or its runs of characters.
#ifndef MLKIT_SCAN_TEXT_HPP
#define MLKIT_SCAN_TEXT_HPP

#include <Python.h>

#include "lexicon.hpp"
#include "text.hpp"

namespace mlkit_text {

// What the running Python says of the code points below 2^16; beyond, it is asked each time.
enum : uint8_t { WORD = 1, SPACE = 2 };
static uint8_t kind_table[1 << 16];
static uint16_t lower_table[1 << 16];

inline uint8_t kind_by_python(uint32_t c) {
    return (Py_UNICODE_ISALNUM(c) || c == '_' ? WORD : 0) | (Py_UNICODE_ISSPACE(c) ? SPACE : 0);
}

inline void fill_tables() {
    for (uint32_t c = 0; c < 1 << 16; c++) {
        kind_table[c] = kind_by_python(c);
        lower_table[c] = uint16_t(Py_UNICODE_TOLOWER(c));
    }
}

inline uint8_t kind_of(uint32_t c) { return c < 1 << 16 ? kind_table[c] : kind_by_python(c); }

inline uint32_t lower_of(uint32_t c) {
    return c < 1 << 16 ? lower_table[c] : Py_UNICODE_TOLOWER(c);
}

// A str of Python: code points of 1, 2 or 4 bytes.
struct Text {
    const void* data;
    int64_t length;
    int width;
    bool ascii;
    bool lower;  // turn to lower case, a code point at a time
};

inline uint8_t* write_utf8(uint32_t c, uint8_t* out) {
    if (c < 0x80) {
        *out++ = uint8_t(c);
    } else if (c < 0x800) {
        *out++ = uint8_t(0xC0 | c >> 6);
        *out++ = uint8_t(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = uint8_t(0xE0 | c >> 12);
        *out++ = uint8_t(0x80 | (c >> 6 & 0x3F));
        *out++ = uint8_t(0x80 | (c & 0x3F));
    } else {
        *out++ = uint8_t(0xF0 | c >> 18);
        *out++ = uint8_t(0x80 | (c >> 12 & 0x3F));
        *out++ = uint8_t(0x80 | (c >> 6 & 0x3F));
        *out++ = uint8_t(0x80 | (c & 0x3F));
    }
    return out;
}

class Reader {
   public:
    std::vector<Span> spans;      // into a buffer of this object, until the next document
    bool has_surrogates = false;  // in the last document

    // Words: runs of two and more letters, digits and underscores. If `joined`, they lie one
    // behind the other with a space between, so that a run of words is a piece of the buffer.
    void read_words(const Text& text, bool joined) {
        const size_t n = fold(text);
        spans.clear();
        size_t start = 0;
        bool inside = false;
        for (size_t block = 0; 64 * block < n; block++) {
            const uint64_t before = block ? words[block - 1] >> 63 : 0;
            for (uint64_t edge = words[block] ^ (words[block] << 1 | before); edge;
                 edge &= edge - 1) {
                const size_t at = 64 * block + lowest_bit(edge);
                if (inside) add_word(start, at);
                start = at;
                inside = !inside;
            }
        }
        if (inside) add_word(start, n);
        if (joined) join();
    }

    // Runs of `low` to `high` characters; white space of two and more is one space before.
    void read_chars(const Text& text, int64_t low, int64_t high) {
        decode(text);
        size_t n = 0;
        for (size_t i = 0; i < points.size(); n++) {
            size_t end = i + 1;
            if (is_space(points[i]))
                while (end < points.size() && is_space(points[end])) end++;
            points[n] = end > i + 1 ? ' ' : points[i];
            i = end;
        }
        points.resize(n);
        encode_points();
        spans.clear();
        for (int64_t size = low; size <= std::min<int64_t>(high, n); size++)
            for (int64_t i = 0; i + size <= int64_t(n); i++) add_run(i, i + size);
    }

    // Runs of characters of each word with a space on either side, as `str.split` finds words;
    // a word shorter than a run is that run itself, once.
    void read_bounded(const Text& text, int64_t low, int64_t high) {
        decode(text);
        pad_words();
        encode_points();
        spans.clear();
        for (size_t w = 0; w + 1 < bounds.size(); w++) {
            const int64_t from = bounds[w], to = bounds[w + 1];
            for (int64_t size = low; size <= high; size++) {
                add_run(from, std::min(from + size, to));
                for (int64_t i = from + 1; i + size <= to; i++) add_run(i, i + size);
                if (to - from <= size) break;
            }
        }
    }

   private:
    static constexpr size_t PADDING = 72;  // a block of 64 and eight bytes behind it

    static bool is_space(uint32_t c) { return kind_of(c) & SPACE; }

    void add_word(size_t from, size_t to) {
        const uint32_t length = uint32_t(to - from);
        if (length < 2) return;
        // Up to four bytes may be a single character.
        if (length <= 4 && bytes[from] >= 0x80) {
            int characters = 0;
            for (size_t i = from; i < to; i++) characters += (bytes[i] & 0xC0) != 0x80;
            if (characters < 2) return;
        }
        spans.push_back({bytes.data() + from, length});
    }

    void add_run(int64_t from, int64_t to) {
        spans.push_back({bytes.data() + starts[from], starts[to] - starts[from]});
    }

    // Fills `bytes`, and `words` with a bit for each byte of a word; returns the number of bytes.
    size_t fold(const Text& text) {
        // Code points of 1, 2 and 4 bytes are 2, 3 and 4 bytes of UTF-8 at most.
        const int most = text.ascii ? 1 : text.width == 4 ? 4 : text.width + 1;
        const size_t room = size_t(text.length) * most;
        if (bytes.size() < room + PADDING) bytes.resize(room + PADDING);
        words.assign(room / 64 + 2, 0);
        if (text.ascii) {
            text_kernels().fold(static_cast<const uint8_t*>(text.data), text.length, text.lower,
                                bytes.data(), words.data());
            return size_t(text.length);
        }
        if (text.width == 1) return fold_wide(static_cast<const uint8_t*>(text.data), text);
        if (text.width == 2) return fold_wide(static_cast<const uint16_t*>(text.data), text);
        return fold_wide(static_cast<const uint32_t*>(text.data), text);
    }

    template <class Unit>
    size_t fold_wide(const Unit* data, const Text& text) {
        uint8_t* out = bytes.data();
        for (int64_t i = 0; i < text.length; i++) {
            const uint32_t c = text.lower ? lower_of(data[i]) : data[i];
            const size_t from = out - bytes.data();
            out = write_utf8(c, out);
            if (kind_of(c) & WORD)
                for (size_t k = from; k < size_t(out - bytes.data()); k++)
                    words[k / 64] |= uint64_t(1) << k % 64;
        }
        return out - bytes.data();
    }

    // Copies the words into a buffer of their own, separated by spaces.
    void join() {
        size_t total = 0;
        for (const Span& s : spans) total += s.length + 1;
        if (joined.size() < total + PADDING) joined.resize(total + PADDING);
        uint8_t* out = joined.data();
        for (Span& s : spans) {
            std::memcpy(out, s.at, s.length);
            s.at = out;
            out += s.length;
            *out++ = ' ';
        }
    }

    // Fills `points` with the code points of the text, in lower case if that is asked for.
    void decode(const Text& text) {
        points.resize(size_t(text.length));
        if (text.width == 1) copy_points(static_cast<const uint8_t*>(text.data), text.lower);
        else if (text.width == 2) copy_points(static_cast<const uint16_t*>(text.data), text.lower);
        else copy_points(static_cast<const uint32_t*>(text.data), text.lower);
    }

    template <class Unit>
    void copy_points(const Unit* data, bool lower) {
        for (size_t i = 0; i < points.size(); i++) points[i] = lower ? lower_of(data[i]) : data[i];
    }

    // Puts a space on either side of each word; `bounds` are where the words then begin.
    void pad_words() {
        padded.clear();
        bounds.assign(1, 0);
        for (size_t i = 0; i < points.size();) {
            if (is_space(points[i])) {
                i++;
                continue;
            }
            padded.push_back(' ');
            for (; i < points.size() && !is_space(points[i]); i++) padded.push_back(points[i]);
            padded.push_back(' ');
            bounds.push_back(int64_t(padded.size()));
        }
        points.swap(padded);
    }

    // Writes `points` to `bytes` and to `starts` where each begins.
    void encode_points() {
        const size_t n = points.size();
        if (bytes.size() < 4 * n + PADDING) bytes.resize(4 * n + PADDING);
        starts.resize(n + 1);
        has_surrogates = false;
        uint8_t* out = bytes.data();
        for (size_t i = 0; i < n; i++) {
            starts[i] = uint32_t(out - bytes.data());
            has_surrogates |= points[i] >= 0xD800 && points[i] < 0xE000;
            out = write_utf8(points[i], out);
        }
        starts[n] = uint32_t(out - bytes.data());
    }

    std::vector<uint8_t> bytes, joined;
    std::vector<uint64_t> words;
    std::vector<uint32_t> points, padded, starts;
    std::vector<int64_t> bounds;
};

}  // namespace mlkit_text

#endif
