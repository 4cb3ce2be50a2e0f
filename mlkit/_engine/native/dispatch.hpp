// One kernel, compiled for several levels of the processor, chosen when first used.
//
// The pattern, for the kernels of an extension `sweep.pyx`:
//
//   sweep.hpp      struct SweepKernels { void (*sum)(const float*, std::ptrdiff_t, double*); };
//                  MLKIT_KERNELS(SweepKernels, sweep_kernels)
//   sweep.simd.cc  #include "sweep.hpp"
//                  namespace { void sum(...) {...} }
//                  MLKIT_TABLE(SweepKernels, sweep_kernels) = {&sum};
//   sweep.pyx      cdef extern from "sweep.hpp": ...        sweep_kernels().sum(x, n, &out)
//
// setup.py compiles `NAME.simd.cc` beside `NAME.pyx` once a level, with -O3 and the level's
// options; MLKIT_LEVEL is the name of the level. Rules of such a source:
//   - every function is in an anonymous namespace, and only C headers, <cmath>, <limits> and our
//     own headers are included: an inline function of the standard library would be compiled
//     once a level, and the linker might keep the one that this processor cannot run;
//   - the result is the same at every level, to the bit, wherever that is affordable: fixed
//     numbers of partial sums, and no contraction (the build sets -ffp-contract=off). A kernel
//     for which fused multiply-add is worth more says so by calling `fma_if_fast`.
#ifndef MLKIT_DISPATCH_HPP
#define MLKIT_DISPATCH_HPP

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(_M_X64)
#define MLKIT_X86_64 1
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

// MSVC compiles SIMD levels through /arch alone and has no __restrict__.
#if defined(_MSC_VER)
#define MLKIT_RESTRICT __restrict
#else
#define MLKIT_RESTRICT __restrict__
#endif

enum MlkitLevel { MLKIT_BASELINE = 0, MLKIT_AVX2 = 1, MLKIT_AVX512 = 2, MLKIT_UNKNOWN = -1 };

#ifdef MLKIT_X86_64
static inline void mlkit_cpuid(unsigned leaf, unsigned out[4]) {
    out[0] = out[1] = out[2] = out[3] = 0;
#if defined(_MSC_VER)
    __cpuidex(reinterpret_cast<int*>(out), static_cast<int>(leaf), 0);
#else
    if (__get_cpuid_max(0, nullptr) >= leaf)
        __cpuid_count(leaf, 0, out[0], out[1], out[2], out[3]);
#endif
}

static inline uint64_t mlkit_saved_state() {  // XCR0: registers that the system saves
#if defined(_MSC_VER)
    return _xgetbv(0);
#else
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (static_cast<uint64_t>(high) << 32) | low;
#endif
}
#endif

// The highest level that the processor and the operating system support.
static inline int mlkit_detected_level() {
#ifdef MLKIT_X86_64
    unsigned one[4], seven[4];
    mlkit_cpuid(1, one);
    mlkit_cpuid(7, seven);
    // Leaf 1, ECX: fma 12, movbe 22, popcnt 23, osxsave 27, avx 28, f16c 29.
    const unsigned need_one = 1u << 12 | 1u << 22 | 1u << 23 | 1u << 27 | 1u << 28 | 1u << 29;
    // Leaf 7, EBX: bmi1 3, avx2 5, bmi2 8; avx512 f 16, dq 17, cd 28, bw 30, vl 31. Every
    // processor with these has lzcnt.
    const unsigned need_avx2 = 1u << 3 | 1u << 5 | 1u << 8;
    const unsigned need_avx512 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;
    if ((one[2] & need_one) != need_one || (seven[1] & need_avx2) != need_avx2)
        return MLKIT_BASELINE;
    const uint64_t saved = mlkit_saved_state();
    if ((saved & 0x6) != 0x6) return MLKIT_BASELINE;
    if ((seven[1] & need_avx512) != need_avx512 || (saved & 0xe6) != 0xe6) return MLKIT_AVX2;
    return MLKIT_AVX512;
#else
    return MLKIT_BASELINE;  // on aarch64 the baseline is NEON
#endif
}

// The level that MLKIT_CPU asks for; the highest where it is unset, MLKIT_UNKNOWN for no level.
static inline int mlkit_requested_level() {
    const char* name = getenv("MLKIT_CPU");
    if (name == nullptr || name[0] == '\0') return MLKIT_AVX512;
    if (strcmp(name, "baseline") == 0) return MLKIT_BASELINE;
    if (strcmp(name, "avx2") == 0) return MLKIT_AVX2;
    if (strcmp(name, "avx512") == 0) return MLKIT_AVX512;
    return MLKIT_UNKNOWN;
}

static inline int mlkit_built_level() {
#if defined(MLKIT_HAS_AVX512)
    return MLKIT_AVX512;
#elif defined(MLKIT_HAS_AVX2)
    return MLKIT_AVX2;
#else
    return MLKIT_BASELINE;
#endif
}

// The level in use: never above what was built and what the processor has.
static inline int mlkit_level() {
    const int requested = mlkit_requested_level();
    const int detected = mlkit_detected_level();
    const int possible = detected < mlkit_built_level() ? detected : mlkit_built_level();
    return requested < 0 || requested > possible ? possible : requested;
}

#define MLKIT_JOIN_(a, b) a##_##b
#define MLKIT_JOIN(a, b) MLKIT_JOIN_(a, b)

// In the .simd.cc: defines the table of the level that is being compiled.
#define MLKIT_TABLE(Type, name)                    \
    extern const Type MLKIT_JOIN(name, MLKIT_LEVEL); \
    const Type MLKIT_JOIN(name, MLKIT_LEVEL)

#ifdef MLKIT_HAS_AVX2
#define MLKIT_IF_AVX2(code) code
#else
#define MLKIT_IF_AVX2(code)
#endif
#ifdef MLKIT_HAS_AVX512
#define MLKIT_IF_AVX512(code) code
#else
#define MLKIT_IF_AVX512(code)
#endif

// In the header: declares the tables, and `name()`, the one in use.
#define MLKIT_KERNELS(Type, name)                                                   \
    extern const Type name##_baseline;                                              \
    MLKIT_IF_AVX2(extern const Type name##_avx2;)                                   \
    MLKIT_IF_AVX512(extern const Type name##_avx512;)                               \
    static inline const Type& name() {                                              \
        static const int level = mlkit_level();                                     \
        MLKIT_IF_AVX512(if (level >= MLKIT_AVX512) return name##_avx512;)           \
        MLKIT_IF_AVX2(if (level >= MLKIT_AVX2) return name##_avx2;)                 \
        (void)level;                                                                \
        return name##_baseline;                                                     \
    }

// a·b + c, in one rounding where the level has the instruction and in two where it has not.
#if defined(__FMA__) || defined(__AVX2__) || defined(__aarch64__)
#include <math.h>
static inline double fma_if_fast(double a, double b, double c) { return fma(a, b, c); }
static inline float fma_if_fast(float a, float b, float c) { return fmaf(a, b, c); }
#else
static inline double fma_if_fast(double a, double b, double c) { return a * b + c; }
static inline float fma_if_fast(float a, float b, float c) { return a * b + c; }
#endif

#endif
