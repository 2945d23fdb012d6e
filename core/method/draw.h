/* The draw: which sample is trained on at which noise level.
 *
 * Samples with the same source, weight and ambit form a class; everything below depends on a sample
 * only through its class. With p(k) the schedule, S_k the samples admissible in bin k and
 * W(k) = Σ_{i∈S_k} w_i, the two loops of the literature are, turned round so that nothing is
 * rejected:
 *
 *   sample_first   p(i) ∝ w_i                            p(k|i) ∝ p(k)       on i's ambit
 *   sigma_first    p(i) ∝ w_i·Σ_{k∈A_i} p(k)/W(k)        p(k|i) ∝ p(k)/W(k)  on i's ambit
 *
 * sigma_first has exactly the marginal p(k) for the noise level, and given k draws i ∝ w_i on S_k.
 * A draw is a pure function of (seed, number of the draw): it costs two binary searches, and no
 * rank count, thread or prefetch can change it.
 */
#ifndef AMBIT_CORE_METHOD_DRAW_H
#define AMBIT_CORE_METHOD_DRAW_H

#include "schedule.h"

#include <stdint.h>

#define AMBIT_DRAW_ORDERS(X)                                                                       \
    X(AMBIT_DRAW_SIGMA_FIRST, sigma_first) X(AMBIT_DRAW_SAMPLE_FIRST, sample_first)
typedef enum { AMBIT_DRAW_ORDERS(AMBIT_CHOICE_CONSTANT) } ambit_draw_order;

typedef struct {
    int source;    /* for messages and metrics */
    int64_t count; /* samples in the class */
    double weight; /* w of each sample, ≥ 0 */
    double sigma_min, sigma_max;
} ambit_class;

typedef struct {
    int class_index;
    int64_t ordinal; /* which sample of the class, uniform in [0, count) */
    int bin;
    double sigma;
} ambit_drawn;

typedef struct ambit_draw ambit_draw;

/* Builds the tables. `floor_of(context, sigma_min)` gives the effective σ_min (the buffer's edge;
 * see objective.h); NULL: σ_min itself. AMBIT_CONFIG when some bin with p(k) > 0 admits nothing:
 * the message names the range of σ and what would fill it. Schedule and classes are copied. */
ambit_status ambit_draw_create(const ambit_schedule *schedule, ambit_draw_order order,
                               const ambit_class *classes, int class_count,
                               double (*floor_of)(const void *context, double sigma_min),
                               const void *context, ambit_draw **draw);
void ambit_draw_destroy(ambit_draw *draw);

/* Draw number `number` of the run, counted over all steps and slots. */
ambit_drawn ambit_draw_at(const ambit_draw *draw, uint64_t seed, uint64_t number);

/* Probability that a draw falls into class c; and that it falls into bin k. */
double ambit_draw_class_probability(const ambit_draw *draw, int c);
double ambit_draw_bin_probability(const ambit_draw *draw, int k);

/* Effective number of samples in bin k: (Σ w)² / Σ w² over the admissible. */
double ambit_draw_effective_samples(const ambit_draw *draw, int k);

#endif
