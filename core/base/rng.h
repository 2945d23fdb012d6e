/* Random numbers that do not depend on who draws them.
 *
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) turns a
 * 64-bit key and a 128-bit counter into four 32-bit words. Here the key is the seed of the run, and
 * the counter holds a purpose (what the numbers are for), an index (which sample, trial or step)
 * and a block number. A stream is therefore named by (seed, purpose, index) alone: any rank, thread
 * or restarted job that asks for the same name gets the same numbers, and no state needs to be
 * saved.
 *
 * Nothing here fails or allocates.
 */
#ifndef AMBIT_CORE_BASE_RNG_H
#define AMBIT_CORE_BASE_RNG_H

#include <stdint.h>

/* What a stream is for. Values are part of what makes results reproducible: append only. */
typedef enum {
    AMBIT_STREAM_WEIGHTS = 1,    /* initial weights; index: parameter */
    AMBIT_STREAM_DRAW = 2,       /* class, sample and σ; index: global draw number */
    AMBIT_STREAM_NOISE = 3,      /* ε or η of one visit; index: global draw number */
    AMBIT_STREAM_FIXED = 4,      /* ε of x_m, made once a sample; index: sample */
    AMBIT_STREAM_SAMPLER = 5,    /* starting noise and ancestral noise; index: trial and chunk */
    AMBIT_STREAM_HOLDOUT = 6,    /* which episodes are held out; index: source */
    AMBIT_STREAM_SHUFFLE = 7,    /* keyed permutations */
    AMBIT_STREAM_DROPOUT = 8,    /* dropped conditions; index: global draw number */
    AMBIT_STREAM_TESTS = 9,      /* of tests and benchmarks */
    AMBIT_STREAM_BOOTSTRAP = 10, /* episodes drawn with replacement; index: replicate */
    AMBIT_STREAM_SCORE = 11      /* noise of a sample that a classifier scores; index: sample */
} ambit_purpose;

/* Streams of plugins have purposes from here on: 2³¹ + the plugin's own number. */
#define AMBIT_STREAM_PLUGIN 0x80000000u

/* A position in a stream. Copy it freely. */
typedef struct {
    uint32_t key[2];
    uint32_t counter[4]; /* block, purpose, index low, index high */
    uint32_t words[4];   /* the current block's output */
    int used;            /* words of the block already given out */
    int has_spare;       /* a second normal is waiting */
    float spare;
} ambit_rng;

/* One Philox4x32-10 block: out = philox(counter, key). */
void ambit_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* The stream's beginning. `purpose` is an ambit_purpose or AMBIT_STREAM_PLUGIN + n. */
ambit_rng ambit_rng_open(uint64_t seed, uint32_t purpose, uint64_t index);

/* Uniform 32-bit word; uniform in [0, 1) with 53 bits; uniform integer in [0, bound) without bias
 * (bound ≥ 1). */
uint32_t ambit_rng_word(ambit_rng *rng);
double ambit_rng_uniform(ambit_rng *rng);
uint64_t ambit_rng_below(ambit_rng *rng, uint64_t bound);

/* Standard normal by Box and Muller; `ambit_rng_normals` writes `count` of them. */
float ambit_rng_normal(ambit_rng *rng);
void ambit_rng_normals(ambit_rng *rng, float *out, int64_t count);

/* A keyed bijection of [0, size): the place of `index` in a shuffle that needs no memory. Four
 * Feistel rounds over the next even number of bits, walking the cycle until the value is in range.
 * size ≥ 1, index < size. */
uint64_t ambit_permute(uint64_t key, uint64_t size, uint64_t index);

#endif
