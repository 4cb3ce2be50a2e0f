// One functor a loss: value, gradient and curvature at one sample, in double.
//
// y is the target, z the raw prediction (before the inverse link). A functor answers
// all three at once, so that an exponential is computed once. Terms that depend on y
// alone are left out; losses.py adds them where a deviance is wanted.
//
// All of it is in an anonymous namespace: the file is compiled once for each level of the
// processor (see dispatch.hpp).
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

namespace {

struct Terms {
    double value, gradient, curvature;
};

// exp(x) without branches, so that loops over it vectorise: Cody and Waite's reduction
// x = k ln 2 + r, then the Taylor polynomial of degree 13, whose remainder on
// |r| <= ln(2)/2 is 4e-18. Clipped where the result leaves the normal doubles.
inline double fast_exp(double x) {
    x = x < -708.0 ? -708.0 : x;
    x = x > 709.0 ? 709.0 : x;
    const double shift = 6755399441055744.0;  // 1.5 * 2^52: rounds to an integer in the low bits
    double t = x * 1.4426950408889634074 + shift;
    int64_t bits;
    memcpy(&bits, &t, 8);
    double k = t - shift;
    double r = x - k * 6.93147180369123816490e-01;  // high and low parts of ln 2
    r -= k * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    uint64_t power = (static_cast<uint64_t>(bits) + 1023u) << 52;
    double scale;
    memcpy(&scale, &power, 8);
    return p * scale;
}

// log(1 + u) for u in [0, 1], through 2 atanh(f / (2 + f)) with 1 + f in [1/sqrt 2, sqrt 2].
inline double log1p_unit(double u) {
    bool upper = u > 0.41421356237309503;
    double f = upper ? 0.5 * (u - 1.0) : u;
    double s = f / (2.0 + f), q = s * s;
    double p = 1.0 / 21.0;
    p = p * q + 1.0 / 19.0;
    p = p * q + 1.0 / 17.0;
    p = p * q + 1.0 / 15.0;
    p = p * q + 1.0 / 13.0;
    p = p * q + 1.0 / 11.0;
    p = p * q + 1.0 / 9.0;
    p = p * q + 1.0 / 7.0;
    p = p * q + 1.0 / 5.0;
    p = p * q + 1.0 / 3.0;
    double log_part = 2.0 * s + 2.0 * s * q * p;
    return upper ? log_part + 0.69314718055994530942 : log_part;
}

struct SquaredError {  // (z - y)^2 / 2
    Terms operator()(double y, double z) const {
        double r = z - y;
        return {0.5 * r * r, r, 1.0};
    }
};

struct AbsoluteError {  // |z - y|
    Terms operator()(double y, double z) const {
        double r = z - y;
        return {fabs(r), r > 0 ? 1.0 : (r < 0 ? -1.0 : 0.0), 0.0};
    }
};

struct Pinball {  // q (y - z)+ + (1 - q) (z - y)+
    double q;
    Terms operator()(double y, double z) const {
        double r = y - z;
        return {r >= 0 ? q * r : (q - 1.0) * r, r > 0 ? -q : (r < 0 ? 1.0 - q : 0.0), 0.0};
    }
};

struct Huber {  // r^2 / 2 for |r| <= d, d (|r| - d / 2) beyond
    double d;
    Terms operator()(double y, double z) const {
        double r = z - y, a = fabs(r);
        bool inside = a <= d;
        return {inside ? 0.5 * r * r : d * (a - 0.5 * d), inside ? r : (r > 0 ? d : -d),
                inside ? 1.0 : 0.0};
    }
};

struct BinaryLogistic {  // log(1 + e^z) - y z, y in [0, 1]; free of cancellation at y = 0 and 1
    Terms operator()(double y, double z) const {
        double e = fast_exp(-fabs(z));
        bool up = z > 0;
        double inverse = 1.0 / (1.0 + e);
        double linear = up ? (1.0 - y) * z : -y * z;
        double gradient = (up ? (1.0 - y) - y * e : (1.0 - y) * e - y) * inverse;
        return {log1p_unit(e) + linear, gradient, e * inverse * inverse};
    }
};

struct Poisson {  // e^z - y z
    Terms operator()(double y, double z) const {
        double m = fast_exp(z);
        return {m - y * z, m - y, m};
    }
};

struct Gamma {  // z + y e^-z
    Terms operator()(double y, double z) const {
        double q = y * fast_exp(-z);
        return {z + q, 1.0 - q, q};
    }
};

struct Tweedie {  // e^{(2-p) z} / (2-p) - y e^{(1-p) z} / (1-p), p not in {1, 2}
    double p;
    Terms operator()(double y, double z) const {
        double a = 2.0 - p, b = 1.0 - p;
        double u = fast_exp(a * z), v = y * fast_exp(b * z);
        // For 0 < p < 1 and p < 0 the loss is not convex in z: the curvature may be negative.
        return {u / a - v / b, u - v, a * u - b * v};
    }
};

struct TweedieIdentity {  // deviance of a Tweedie mean z itself: z > 0 where p > 0
    double p;
    Terms operator()(double y, double z) const {
        if (p == 0.0) return {0.5 * (z - y) * (z - y), z - y, 1.0};
        if (p == 1.0) return {z - y * log(z), 1.0 - y / z, y / (z * z)};
        if (p == 2.0) return {log(z) + y / z, (z - y) / (z * z), (2.0 * y - z) / (z * z * z)};
        double a = pow(z, 1.0 - p), b = pow(z, -p);
        return {a * z / (2.0 - p) - y * a / (1.0 - p), a - y * b,
                (1.0 - p) * b + p * y * b / z};
    }
};

struct Hinge {  // max(0, 1 - y z), y = -1 or 1
    Terms operator()(double y, double z) const {
        double m = 1.0 - y * z;
        return {m > 0 ? m : 0.0, m > 0 ? -y : 0.0, 0.0};
    }
};

struct SquaredHinge {  // max(0, 1 - y z)^2
    Terms operator()(double y, double z) const {
        double m = 1.0 - y * z;
        m = m > 0 ? m : 0.0;
        return {m * m, -2.0 * y * m, m > 0 ? 2.0 : 0.0};
    }
};

}  // namespace
