/* Loops that the compiler turns into vector code, and an exponential that does not stop it.
 *
 * AMBIT_VECTOR before a function compiles it three times (AVX-512, AVX2, plain x86-64) and chooses
 * when the program starts, so one build serves every node; Clang compiles it once, for plain
 * x86-64. Sums marked `#pragma omp simd reduction` are taken in vector lanes: the same on each run
 * of one kind of processor, whatever the address of the data, but not the same between kinds.
 */
#ifndef AMBIT_CORE_BASE_VECTOR_H
#define AMBIT_CORE_BASE_VECTOR_H

#include "real.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The choice at start runs before the sanitizers are ready, so they get the plain variant. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define AMBIT_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define AMBIT_VECTOR
#endif

/* Asks memory for what will soon be read, into the first cache, and for what will be read after
 * some thousands of operations, into the second; the address need not exist. */
#if defined(__GNUC__)
#define AMBIT_PREFETCH(address) __builtin_prefetch(address)
#define AMBIT_PREFETCH_AHEAD(address) __builtin_prefetch(address, 0, 2)
#else
#define AMBIT_PREFETCH(address) ((void)0)
#define AMBIT_PREFETCH_AHEAD(address) ((void)0)
#endif

/* For what AMBIT_VECTOR functions call: it must become part of each variant. */
#if defined(__GNUC__)
#define AMBIT_INLINE __attribute__((always_inline)) static inline
#else
#define AMBIT_INLINE static inline
#endif

/* eˣ within 2 ulp, for x clipped to [−87, 88]: 2ⁿ·eʳ with n = round(x/ln 2), the polynomial of
 * Moshier's Cephes library for eʳ on |r| ≤ ½ ln 2. Adding 1.5·2²³ rounds to an integer. */
AMBIT_INLINE float ambit_expf(float x) {
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    const float rounded = x * 1.44269504088896341f + 12582912.0f, n = rounded - 12582912.0f;
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    uint32_t bits; /* of `rounded`: n in the lowest ones */
    memcpy(&bits, &rounded, sizeof bits);
    bits = (bits + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

#ifdef AMBIT_REAL_DOUBLE
AMBIT_INLINE double ambit_exp(double x) {
    return exp(x);
}
#else
AMBIT_INLINE float ambit_exp(float x) {
    return ambit_expf(x);
}
#endif

AMBIT_INLINE ambit_real ambit_logistic(ambit_real x) {
    return (ambit_real)1 / ((ambit_real)1 + ambit_exp(-x));
}

#endif
