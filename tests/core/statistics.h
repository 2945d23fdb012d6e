/* Small tools for tests of random results: running moments, z-scores, χ². Seeds are fixed, so a
 * test gives the same verdict on every run. */
#ifndef AMBIT_TESTS_STATISTICS_H
#define AMBIT_TESTS_STATISTICS_H

#include <math.h>
#include <stdint.h>

/* Farther from the expected value than this many standard deviations is a failure. */
#define MOST_DEVIATIONS 5.0

typedef struct {
    int64_t count;
    double sum, squares;
} moments;

static inline void moments_add(moments *m, double value) {
    m->count++;
    m->sum += value;
    m->squares += value * value;
}

static inline double moments_mean(const moments *m) {
    return m->sum / (double)m->count;
}

static inline double moments_variance(const moments *m) {
    return m->squares / (double)m->count - moments_mean(m) * moments_mean(m);
}

/* Standard deviations between the mean found and the one expected. */
static inline double moments_z(const moments *m, double expected) {
    return (moments_mean(m) - expected) / sqrt(moments_variance(m) / (double)m->count);
}

/* χ² of counts against probabilities as standard deviations from its own mean, the cells expected
 * fewer than 5 times taken together. A count where nothing is expected gives infinity. */
static inline double chi_square_z(const int64_t *counts, const double *probability, int cells,
                                  int64_t total) {
    double chi = 0, rare_expected = 0, rare_found = 0;
    int freedom = -1;
    for (int i = 0; i < cells; i++) {
        const double expected = probability[i] * (double)total, found = (double)counts[i];
        if (expected <= 0 && found > 0)
            return INFINITY;
        if (expected < 5) {
            rare_expected += expected;
            rare_found += found;
            continue;
        }
        chi += (found - expected) * (found - expected) / expected;
        freedom++;
    }
    if (rare_expected > 5) {
        chi += (rare_found - rare_expected) * (rare_found - rare_expected) / rare_expected;
        freedom++;
    }
    return freedom > 0 ? (chi - freedom) / sqrt(2.0 * freedom) : 0;
}

#endif
