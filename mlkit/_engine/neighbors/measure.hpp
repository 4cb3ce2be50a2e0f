// What is measured between two rows: shared by the kernels of every search.
//
// Rows are padded with zeros to a multiple of ROW_LANES columns. A distance is found by its
// *reduced* form, which orders alike and is quicker: the square of a Euclidean one, a power of
// Minkowski's, itself for all others. All searches use the same `reduced` of the same padded rows,
// so they agree to the bit.
#ifndef MLKIT_MEASURE_HPP
#define MLKIT_MEASURE_HPP

#include <stddef.h>

enum { ROW_LANES = 8 };

enum Kind {
    EUCLIDEAN = 0,
    SQUARED_EUCLIDEAN = 1,
    MANHATTAN = 2,
    CHEBYSHEV = 3,
    MINKOWSKI = 4,
    HAMMING = 5,
    CANBERRA = 6,
    BRAYCURTIS = 7,
    JACCARD = 8,
    DICE = 9,
    ROGERSTANIMOTO = 10,
    RUSSELLRAO = 11,
    SOKALSNEATH = 12,
    MATCHING = 13,
    KULSINSKI = 14,
    ARC = 15  // angle between points on a sphere, by the square of the chord
};

struct Measure {
    int kind;
    double p;             // exponent of Minkowski's
    ptrdiff_t n_columns;  // of the data
    ptrdiff_t width;      // of the padded rows
};

#endif
