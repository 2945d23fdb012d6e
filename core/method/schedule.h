/* Noise levels: which σ exist, and how often each is drawn in training.
 *
 * The forward process is variance preserving, x_σ = √(1−σ²)·x₀ + σ·ε with σ in [0, 1]. A schedule
 * divides σ into bins in ascending order and gives each a probability. Two sorts:
 *
 * - `cosine` (discrete): bin k is the one noise level of step k of the squared-cosine schedule of
 *   diffusion policies (Nichol and Dhariwal 2021, eq. 17, β capped at 0.999); all are equally
 * likely. With 100 steps, steps 0, 3, 25 and 29 have σ = .0251, .0737, .4054 and .4616.
 * - `uniform` in σ and `lognormal` in σ_VE = σ/√(1−σ²) (continuous): a bin is an interval, and
 *   within it σ is uniform.
 *
 * A bin is the finest unit of a sample's ambit: a sample may be used in a bin when the bin lies
 * wholly inside [0, σ_max] or wholly inside [σ_min, 1].
 */
#ifndef AMBIT_CORE_METHOD_SCHEDULE_H
#define AMBIT_CORE_METHOD_SCHEDULE_H

#include "../base/choices.h"

#define AMBIT_SCHEDULE_KINDS(X)                                                                    \
    X(AMBIT_SCHEDULE_COSINE, cosine)                                                               \
    X(AMBIT_SCHEDULE_UNIFORM, uniform)                                                             \
    X(AMBIT_SCHEDULE_LOGNORMAL, lognormal)
typedef enum { AMBIT_SCHEDULE_KINDS(AMBIT_CHOICE_CONSTANT) } ambit_schedule_kind;

typedef struct {
    ambit_schedule_kind kind;
    int bins;         /* steps of `cosine`; resolution of the others: 1000 is plenty */
    double mean, std; /* of ln σ_VE, for `lognormal` */
} ambit_schedule_options;

typedef struct {
    ambit_schedule_options options;
    int count;
    double *low, *high;  /* bin k covers σ in [low[k], high[k]]; equal where discrete */
    double *probability; /* sums to 1 */
} ambit_schedule;

/* AMBIT_CONFIG when the options make no sense. */
ambit_status ambit_schedule_check(const ambit_schedule_options *options);

/* Checks the options and builds the tables. Free with ambit_schedule_destroy. */
ambit_status ambit_schedule_create(const ambit_schedule_options *options,
                                   ambit_schedule **schedule);
ambit_status ambit_schedule_copy(const ambit_schedule *schedule, ambit_schedule **copy);
void ambit_schedule_destroy(ambit_schedule *schedule);

/* σ within bin `k` for u in [0, 1). */
double ambit_schedule_sigma(const ambit_schedule *schedule, int k, double u);

/* Whether samples with this ambit may be used in bin k. σ_min ≥ 1 closes the high side, σ_max ≤ 0
 * the low side. */
int ambit_schedule_admits(const ambit_schedule *schedule, int k, double sigma_min,
                          double sigma_max);

/* The bin that holds σ (the nearest one where discrete). */
int ambit_schedule_bin(const ambit_schedule *schedule, double sigma);

/* Variance-exploding noise level of a variance-preserving one, σ/√(1−σ²), and back. */
double ambit_sigma_to_ve(double sigma);
double ambit_sigma_from_ve(double sigma_ve);

#endif
