#include "rng.h"

#include <math.h>

void ambit_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u; /* Weyl sequences of the golden ratio and √3 − 1 */
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

ambit_rng ambit_rng_open(uint64_t seed, uint32_t purpose, uint64_t index) {
    ambit_rng rng = {
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, purpose, (uint32_t)index, (uint32_t)(index >> 32)},
        .used = 4,
    };
    return rng;
}

uint32_t ambit_rng_word(ambit_rng *rng) {
    if (rng->used == 4) {
        ambit_philox(rng->counter, rng->key, rng->words);
        rng->counter[0]++;
        rng->used = 0;
    }
    return rng->words[rng->used++];
}

double ambit_rng_uniform(ambit_rng *rng) {
    uint64_t high = ambit_rng_word(rng) >> 5, low = ambit_rng_word(rng) >> 6;
    return (double)((high << 26) | low) * 0x1p-53;
}

uint64_t ambit_rng_below(ambit_rng *rng, uint64_t bound) {
    uint64_t unfair = (0 - bound) % bound; /* 2⁶⁴ mod bound: values that would be drawn too often */
    for (;;) {
        uint64_t high = ambit_rng_word(rng);
        uint64_t value = (high << 32) | ambit_rng_word(rng);
        if (value >= unfair)
            return value % bound;
    }
}

float ambit_rng_normal(ambit_rng *rng) {
    if (rng->has_spare) {
        rng->has_spare = 0;
        return rng->spare;
    }
    /* u in (0, 1], so that the logarithm is finite */
    float u = ((float)(ambit_rng_word(rng) >> 8) + 1.0f) * 0x1p-24f;
    float angle = (float)(ambit_rng_word(rng) >> 8) * (0x1p-24f * 6.28318530717958648f);
    float radius = sqrtf(-2.0f * logf(u));
    rng->spare = radius * sinf(angle);
    rng->has_spare = 1;
    return radius * cosf(angle);
}

void ambit_rng_normals(ambit_rng *rng, float *out, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        out[i] = ambit_rng_normal(rng);
}

uint64_t ambit_permute(uint64_t key, uint64_t size, uint64_t index) {
    int bits = 2;
    while (bits < 64 && ((uint64_t)1 << bits) < size)
        bits += 2;
    const int half = bits / 2;
    const uint32_t mask = (uint32_t)(((uint64_t)1 << half) - 1);
    const uint32_t keys[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    uint64_t value = index;
    do {
        uint32_t left = (uint32_t)(value >> half), right = (uint32_t)value & mask;
        for (uint32_t round = 0; round < 4; round++) {
            uint32_t out[4], counter[4] = {right, round, AMBIT_STREAM_SHUFFLE, 0};
            ambit_philox(counter, keys, out);
            uint32_t next = left ^ (out[0] & mask);
            left = right;
            right = next;
        }
        value = ((uint64_t)left << half) | right;
    } while (value >= size);
    return value;
}
