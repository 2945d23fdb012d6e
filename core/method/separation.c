#include "separation.h"

#include "../base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

ambit_status ambit_answers_create(int level_count, const double *sigmas, int64_t bad_episodes,
                                  int64_t clean_episodes, ambit_answers *answers) {
    const size_t levels = (size_t)level_count;
    memset(answers, 0, sizeof *answers);
    if (level_count < 1 || level_count > AMBIT_MOST_LEVELS)
        return ambit_fail(AMBIT_INTERNAL, "answers: %d noise levels; there may be 1 to %d",
                          level_count, AMBIT_MOST_LEVELS);
    answers->level_count = level_count;
    memcpy(answers->sigmas, sigmas, levels * sizeof *sigmas);
    answers->episodes[AMBIT_BAD] = bad_episodes;
    answers->episodes[AMBIT_CLEAN] = clean_episodes;
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        AMBIT_TRY(ambit_allocate(&answers->sums[kind], (size_t)answers->episodes[kind],
                                 levels * sizeof *answers->sums[kind], "answers"));
    return ambit_allocate(&answers->histogram, AMBIT_KINDS * levels * AMBIT_ANSWER_BINS,
                          sizeof *answers->histogram, "answers");
}

void ambit_answers_destroy(ambit_answers *answers) {
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        free(answers->sums[kind]);
    free(answers->histogram);
    memset(answers, 0, sizeof *answers);
}

static int64_t *bins_of(const ambit_answers *answers, int kind, int level) {
    return answers->histogram + ((int64_t)kind * answers->level_count + level) * AMBIT_ANSWER_BINS;
}

void ambit_answers_add(ambit_answers *answers, ambit_kind kind, int64_t episode, int level,
                       double c) {
    ambit_answer_sums *sums = &answers->sums[kind][episode * answers->level_count + level];
    const int bin = (int)(c * AMBIT_ANSWER_BINS);
    const int64_t units = lround(c * AMBIT_ANSWER_UNIT);
    sums->count += 1;
    sums->sum += units;
    sums->squares += units * units;
    sums->over += c > .5;
    bins_of(answers, kind, level)[bin < AMBIT_ANSWER_BINS ? bin : AMBIT_ANSWER_BINS - 1]++;
}

void ambit_levels(int count, double *sigmas) {
    for (int i = 0; i < count; i++)
        sigmas[i] = sin((i + .5) / count * pi / 2);
}

/* ---- sums over episodes ---- */

/* Means over the answers of a kind at a level. */
typedef struct {
    double c, square, over;
} means;

/* Each episode is taken `times` times (NULL: once). */
static means mean_answers(const ambit_answers *answers, int kind, int level, const int64_t *times) {
    const double unit = AMBIT_ANSWER_UNIT;
    ambit_answer_sums all = {0};
    for (int64_t e = 0; e < answers->episodes[kind]; e++) {
        const ambit_answer_sums *one = &answers->sums[kind][e * answers->level_count + level];
        const int64_t weight = times ? times[e] : 1;
        all.count += weight * one->count;
        all.sum += weight * one->sum;
        all.squares += weight * one->squares;
        all.over += weight * one->over;
    }
    const double count = (double)all.count;
    return (means){(double)all.sum / count / unit, (double)all.squares / count / (unit * unit),
                   (double)all.over / count};
}

/* 1 − 4·Brier and TV of each level, fitted. times: per kind, how often each episode counts. */
static void fit(const ambit_answers *answers, const int64_t *const times[AMBIT_KINDS],
                ambit_separation *to) {
    for (int level = 0; level < answers->level_count; level++) {
        const means bad = mean_answers(answers, AMBIT_BAD, level, times[AMBIT_BAD]);
        const means clean = mean_answers(answers, AMBIT_CLEAN, level, times[AMBIT_CLEAN]);
        const double brier = .5 * bad.square + .5 * (1 - 2 * clean.c + clean.square);
        to->apart[level] = 1 - 4 * brier;
        to->variation[level] = clean.over - bad.over;
        to->bad_mean[level] = bad.c;
        to->clean_mean[level] = clean.c;
    }
    ambit_isotonic(answers->level_count, NULL, 0, to->apart);
    ambit_isotonic(answers->level_count, NULL, 0, to->variation);
}

/* ---- histograms ---- */

static double auc_of(const int64_t *bad, const int64_t *clean) {
    double below = 0, pairs = 0, bad_total = 0, clean_total = 0;
    for (int bin = 0; bin < AMBIT_ANSWER_BINS; bin++) {
        pairs += (double)clean[bin] * (below + .5 * (double)bad[bin]);
        below += (double)bad[bin];
        bad_total += (double)bad[bin];
        clean_total += (double)clean[bin];
    }
    return pairs / (bad_total * clean_total);
}

/* Both kinds weigh the same, as in training; a bin's mean answer is taken as its middle. */
static double miscalibration_of(const int64_t *bad, const int64_t *clean) {
    double totals[AMBIT_KINDS] = {0}, sum = 0;
    for (int bin = 0; bin < AMBIT_ANSWER_BINS; bin++) {
        totals[AMBIT_BAD] += (double)bad[bin];
        totals[AMBIT_CLEAN] += (double)clean[bin];
    }
    enum { JOINED = 5 }; /* twenty bins, each with enough answers to say something */
    for (int bin = 0; bin < AMBIT_ANSWER_BINS; bin += JOINED) {
        double share = 0, label = 0, answer = 0;
        for (int b = bin; b < bin + JOINED; b++) {
            const double q = .5 * (double)bad[b] / totals[AMBIT_BAD];
            const double p = .5 * (double)clean[b] / totals[AMBIT_CLEAN];
            share += p + q;
            label += p;
            answer += (p + q) * (b + .5) / AMBIT_ANSWER_BINS;
        }
        sum += share > 0 ? fabs(label - answer) : 0;
    }
    return sum;
}

void ambit_separation_of(const ambit_answers *answers, const int64_t *const times[AMBIT_KINDS],
                         ambit_separation *separation) {
    const int64_t *const once[AMBIT_KINDS] = {NULL, NULL};
    memset(separation, 0, sizeof *separation);
    fit(answers, times ? times : once, separation);
    for (int level = 0; level < answers->level_count; level++) {
        const int64_t *bad = bins_of(answers, AMBIT_BAD, level);
        const int64_t *clean = bins_of(answers, AMBIT_CLEAN, level);
        separation->auc[level] = auc_of(bad, clean);
        separation->miscalibration[level] = miscalibration_of(bad, clean);
    }
}

/* ---- bounds ---- */

double ambit_separation_bound(const ambit_answers *answers, const ambit_separation *separation,
                              double threshold) {
    return ambit_falls_below(answers->level_count, answers->sigmas, separation->apart,
                             1 - 2 * threshold);
}

/* E_q c ≥ t is ½Δ = 1 − 2·E_q c ≤ 1 − 2t. */
double ambit_separation_bound_by_mean(const ambit_answers *answers,
                                      const ambit_separation *separation, double threshold) {
    double apart[AMBIT_MOST_LEVELS];
    for (int level = 0; level < answers->level_count; level++)
        apart[level] = 1 - 2 * separation->bad_mean[level];
    ambit_isotonic(answers->level_count, NULL, 0, apart);
    return ambit_falls_below(answers->level_count, answers->sigmas, apart, 1 - 2 * threshold);
}

/* ---- bootstrap ---- */

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of `count` values `stride` apart; `sorted` has room for them. */
static ambit_range middle_95(const double *values, int count, int stride, double *sorted) {
    for (int i = 0; i < count; i++)
        sorted[i] = values[(int64_t)i * stride];
    qsort(sorted, (size_t)count, sizeof *sorted, ascending);
    return (ambit_range){sorted[(int)(.025 * (count - 1) + .5)],
                         sorted[(int)(.975 * (count - 1) + .5)]};
}

/* Draws as many episodes as there are, with replacement. An episode without answers draws along. */
static void draw_times(ambit_rng *rng, int64_t episodes, int64_t *times) {
    memset(times, 0, (size_t)episodes * sizeof *times);
    for (int64_t i = 0; i < episodes; i++)
        times[ambit_rng_below(rng, (uint64_t)episodes)] += 1;
}

typedef struct {
    int64_t *times[AMBIT_KINDS];
    double *rows; /* [replicates × (1 + levels)]: bound, then TV */
    double *sorted;
} bootstrap;

static void run_replicates(const ambit_answers *answers, double threshold, int replicates,
                           uint64_t seed, const bootstrap *b) {
    const int levels = answers->level_count;
    for (int r = 0; r < replicates; r++) {
        ambit_separation separation;
        ambit_rng rng = ambit_rng_open(seed, AMBIT_STREAM_BOOTSTRAP, (uint64_t)r);
        for (int kind = 0; kind < AMBIT_KINDS; kind++)
            draw_times(&rng, answers->episodes[kind], b->times[kind]);
        const int64_t *const times[AMBIT_KINDS] = {b->times[AMBIT_BAD], b->times[AMBIT_CLEAN]};
        double *row = b->rows + (int64_t)r * (1 + levels);
        fit(answers, times, &separation);
        row[0] = ambit_separation_bound(answers, &separation, threshold);
        memcpy(row + 1, separation.variation, (size_t)levels * sizeof *row);
    }
}

ambit_status ambit_separation_intervals(const ambit_answers *answers, double threshold,
                                        int replicates, uint64_t seed, ambit_range *bound,
                                        ambit_range *variation) {
    const int levels = answers->level_count, width = 1 + levels;
    const int64_t *episodes = answers->episodes;
    bootstrap b = {.rows = NULL};
    AMBIT_TRY(ambit_allocate(&b.times[AMBIT_BAD],
                             (size_t)(episodes[AMBIT_BAD] + episodes[AMBIT_CLEAN]), sizeof(int64_t),
                             "a bootstrap"));
    ambit_status status = ambit_allocate(&b.rows, (size_t)replicates * (size_t)(width + 1),
                                         sizeof *b.rows, "a bootstrap");
    if (status != AMBIT_OK) {
        free(b.times[AMBIT_BAD]);
        return status;
    }
    b.times[AMBIT_CLEAN] = b.times[AMBIT_BAD] + episodes[AMBIT_BAD];
    b.sorted = b.rows + (int64_t)replicates * width;
    run_replicates(answers, threshold, replicates, seed, &b);
    *bound = middle_95(b.rows, replicates, width, b.sorted);
    for (int level = 0; level < levels; level++)
        variation[level] = middle_95(b.rows + 1 + level, replicates, width, b.sorted);
    free(b.times[AMBIT_BAD]);
    free(b.rows);
    return AMBIT_OK;
}
