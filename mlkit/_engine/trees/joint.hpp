// Columns of few codes, several to a byte.
//
// Sums by code are made of one addition a row and byte, so columns of up to 16 codes share bytes: a
// row adds to the sums of the joint code, and those of each column follow from them once a node. Sums
// are integers: which way they were made shows in no bit of them.
#pragma once
#include <algorithm>
#include <vector>

#include "grow_kernels.hpp"

// Where the code of a column stands in a row of the table that is summed.
struct Digit {
    int32_t byte;
    uint32_t shift, mask;
};

// Rows below which a table is summed as it is: sums of joint codes are taken apart at each node.
constexpr ptrdiff_t JOINT_ROWS = 2048;
// Codes of a column that shares a byte, as bits, at most.
constexpr int JOINT_BITS = 4;

class JointTable {
public:
    bool used = false;
    ptrdiff_t stride = 0, n_wide = 0, first_joint = 0, n_joint = 0;
    std::vector<uint8_t> codes;
    std::vector<Digit> digit;               // of each column
    std::vector<std::vector<int32_t>> members;  // columns of each joint byte, the lowest bits first

    // How many codes of a column occur; bits that hold them.
    static int bits_of(int32_t n_codes) {
        int bits = 0;
        while ((1 << bits) < n_codes) ++bits;
        return bits;
    }

    // Lay out columns of `n_codes` each; `used` where that spares a fifth of the additions.
    void plan(const std::vector<int32_t>& n_codes, ptrdiff_t n_rows) {
        const int32_t n = static_cast<int32_t>(n_codes.size());
        std::vector<int32_t> wide, narrow;
        for (int32_t f = 0; f < n; ++f)
            (bits_of(n_codes[f]) > JOINT_BITS ? wide : narrow).push_back(f);
        std::stable_sort(narrow.begin(), narrow.end(), [&](int32_t a, int32_t b) {
            return bits_of(n_codes[a]) > bits_of(n_codes[b]);
        });
        std::vector<int> filled;
        members.clear();
        digit.assign(n, Digit{0, 0, 0xffu});
        int bits_before = 0;
        size_t at = 0;  // bytes before it have no room for so many bits
        for (int32_t f : narrow) {
            const int bits = bits_of(n_codes[f]);
            if (bits != bits_before) at = 0;
            bits_before = bits;
            while (at < filled.size() && filled[at] + bits > 8) ++at;
            if (at == filled.size()) {
                filled.push_back(0);
                members.emplace_back();
            }
            digit[f] = {static_cast<int32_t>(at), static_cast<uint32_t>(filled[at]),
                        (1u << bits) - 1};
            filled[at] += bits;
            members[at].push_back(f);
        }
        n_wide = wide.size();
        n_joint = members.size();
        used = n > 0 && n_rows >= JOINT_ROWS && 5 * (n_wide + n_joint) <= 4 * n;
        if (!used) return;
        first_joint = (n_wide + 7) / 8 * 8;  // kernels load 8 codes at once
        stride = first_joint + (n_joint + 7) / 8 * 8;
        for (int32_t f : narrow) digit[f].byte += static_cast<int32_t>(first_joint);
        for (ptrdiff_t i = 0; i < n_wide; ++i) digit[wide[i]].byte = static_cast<int32_t>(i);
    }

    // Rows `begin` to `end` − 1 from a table of one byte a column.
    void fill(const uint8_t* from, ptrdiff_t from_stride, ptrdiff_t begin, ptrdiff_t end) {
        const ptrdiff_t n = digit.size();
        for (ptrdiff_t i = begin; i < end; ++i) {
            uint8_t* row = codes.data() + i * stride;
            for (ptrdiff_t f = 0; f < n; ++f)
                row[digit[f].byte] |= static_cast<uint8_t>(
                    (from[i * from_stride + f] & digit[f].mask) << digit[f].shift);
        }
    }

    int n_bits(ptrdiff_t joint) const {
        int bits = 0;
        for (int32_t f : members[joint]) bits += bits_of(digit[f].mask + 1);
        return bits;
    }
};
