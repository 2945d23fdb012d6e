/* How far clean and bad data are apart at each noise level, from the answers of a classifier, and
 * the σ_min that follows.
 *
 * A classifier trained on equal shares of both approaches c(x, σ) = p_σ/(p_σ + q_σ), p clean, q
 * bad. With m = (p + q)/2 and Δ = ∫(p − q)²/(p + q), the triangular discrimination,
 *
 *     ½Δ = E_m(2c − 1)² = 1 − 4·Brier,   Brier = ½E_p(1 − c)² + ½E_q c²
 *     TV = E_m|2c − 1| = P_p(c > ½) − P_q(c > ½),   ½Δ ≤ TV ≤ √(½Δ)
 *     E_q c = E_p(1 − c) = ½ − Δ/4
 *
 * For any classifier, on data it has not seen, 1 − 4·Brier and the difference of the two rates are
 * bounds from below. Noise is a Markov kernel, so both truths fall with σ, and both estimates are
 * made to (isotonic.h). A threshold t (0 < t < ½, usually .45: the mean answer to bad data) stands
 * for ½Δ = 1 − 2t, and
 *
 *     σ_min = the least σ from which the fitted 1 − 4·Brier is ≤ 1 − 2t
 *
 * Answers are summed by episode, whose samples are not independent: intervals are those of a
 * bootstrap over the episodes of both kinds. Not collective.
 */
#ifndef AMBIT_CORE_METHOD_SEPARATION_H
#define AMBIT_CORE_METHOD_SEPARATION_H

#include "../base/status.h"
#include "isotonic.h"

#include <stdint.h>

typedef enum { AMBIT_BAD, AMBIT_CLEAN, AMBIT_KINDS } ambit_kind;

/* Answers are kept as whole numbers, c times this, so that sums do not depend on their order: ranks
 * may add what they have. */
enum { AMBIT_ANSWER_UNIT = 65535 };

/* Of the answers to the samples of one episode at one level. */
typedef struct {
    int64_t count, sum, squares, over; /* of c and c² in units; over: how many are above ½ */
} ambit_answer_sums;

enum { AMBIT_ANSWER_BINS = 100 }; /* of histograms of c */

typedef struct {
    int level_count; /* at most AMBIT_MOST_LEVELS */
    double sigmas[AMBIT_MOST_LEVELS];
    int64_t episodes[AMBIT_KINDS];
    ambit_answer_sums *sums[AMBIT_KINDS]; /* [episodes × level_count] */
    int64_t *histogram;                   /* [AMBIT_KINDS × level_count × AMBIT_ANSWER_BINS] */
} ambit_answers;

/* Levels ascend. Destroy after success and failure alike. */
ambit_status ambit_answers_create(int level_count, const double *sigmas, int64_t bad_episodes,
                                  int64_t clean_episodes, ambit_answers *answers);
void ambit_answers_destroy(ambit_answers *answers);

/* Adds the answer c in [0, 1] to a sample of an episode. */
void ambit_answers_add(ambit_answers *answers, ambit_kind kind, int64_t episode, int level,
                       double c);

/* σ levels that are dense where differences vanish last: sin((i + ½)/count · 90°). */
void ambit_levels(int count, double *sigmas);

/* What the answers say at each level; [level]. */
typedef struct {
    double apart[AMBIT_MOST_LEVELS];          /* 1 − 4·Brier, fitted */
    double variation[AMBIT_MOST_LEVELS];      /* TV, fitted */
    double bad_mean[AMBIT_MOST_LEVELS];       /* E_q c, as it is */
    double clean_mean[AMBIT_MOST_LEVELS];     /* E_p c */
    double auc[AMBIT_MOST_LEVELS];            /* P(c of clean > c of bad), halves of bins shared */
    double miscalibration[AMBIT_MOST_LEVELS]; /* Σ_bins share·|mean label − mean c| (ECE) */
} ambit_separation;

/* times: how often each episode counts, by kind; NULL: once each. The histograms, and so auc and
 * miscalibration, always hold all. */
void ambit_separation_of(const ambit_answers *answers, const int64_t *const times[AMBIT_KINDS],
                         ambit_separation *separation);

/* σ_min for a threshold; with the raw mean answer to bad data in place of Brier's. */
double ambit_separation_bound(const ambit_answers *answers, const ambit_separation *separation,
                              double threshold);
double ambit_separation_bound_by_mean(const ambit_answers *answers,
                                      const ambit_separation *separation, double threshold);

typedef struct {
    double low, high;
} ambit_range;

/* 95 % intervals of σ_min and of TV at each level from `replicates` bootstrap samples of the
 * episodes of both kinds; a function of the answers and the seed alone. */
ambit_status ambit_separation_intervals(const ambit_answers *answers, double threshold,
                                        int replicates, uint64_t seed, ambit_range *bound,
                                        ambit_range *variation);

#endif
