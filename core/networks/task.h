/* What a network is trained to do with a sample: one table, which training, validation and the
 * configuration read.
 *
 *   denoise        x_σ in, the prediction out; the objective's target and weight (objective.h)
 *   classify       x_σ in, the logit of "this is clean" out; the label is 1 for samples that are
 *                  used at every noise level (σ_min 0) and 0 for others. Both kinds are drawn
 *                  equally often, at all noise levels, whatever their ambit: the probability
 *                  is then p_σ/(p_σ + q_σ)
 *   classify_crop  the same of a crop: a window of steps, or a square of pixels, at a random place;
 *                  outside of it the network sees 0
 *
 * Nothing here allocates. Not collective.
 */
#ifndef AMBIT_CORE_NETWORKS_TASK_H
#define AMBIT_CORE_NETWORKS_TASK_H

#include "../method/draw.h"
#include "../method/gaussian.h"
#include "network.h"

#define AMBIT_TASK_LIST(X)                                                                         \
    X(AMBIT_TASK_DENOISE, denoise)                                                                 \
    X(AMBIT_TASK_CLASSIFY, classify)                                                               \
    X(AMBIT_TASK_CLASSIFY_CROP, classify_crop)
typedef enum {
    AMBIT_TASK_LIST(AMBIT_CHOICE_CONSTANT) AMBIT_TASKS /* how many there are */
} ambit_task;

/* One use of a sample. */
typedef struct {
    const float *clean;              /* x₀, normalised */
    int64_t size;                    /* its numbers */
    const ambit_gaussian *whitening; /* classifiers: the network sees [x_σ, x_σ whitened by this],
                                        side by side; NULL: x_σ alone */
    double sigma;                    /* the noise level of this use */
    double sigma_min, sigma_max;     /* the sample's ambit, for the objective */
    int64_t first_step, end_step;    /* of the chunk, which lie in the episode: the loss is of
                                        these where the network is masked */
    int is_clean;                    /* the label */
    int mirrored;                    /* classifiers: −ε in place of ε */
    ambit_rng *visit;                /* noise of this use, and the place of a crop */
    ambit_rng *fixed;                /* noise of the sample, the same at every use */
} ambit_use;

typedef struct {
    const char *name; /* in the configuration */
    const char *loss; /* what a row's loss is, in words */
    ambit_network_head head;
    int crop; /* the network is told a crop, whose side is the configuration's */

    /* Fills row `row` of the network's data, σ, target, weight (1 where the objective has no other
     * to say, 0 where nothing of the row counts), crop and what counts. */
    void (*fill)(const ambit_objective *objective, int64_t crop_side, const ambit_use *use,
                 ambit_network *network, int64_t row);
} ambit_task_row;

extern const ambit_task_row ambit_tasks[AMBIT_TASKS];

/* Whether samples of a class count as clean. */
int ambit_class_is_clean(const ambit_class *class);

/* The classes as the task draws them: to denoise, as they are; to classify, with every noise level
 * open and weights such that clean and bad samples come equally often. AMBIT_CONFIG where the task
 * needs both kinds and one is missing. `to` has `count` entries and may be `classes`. */
ambit_status ambit_task_classes(ambit_task task, const ambit_class *classes, int count,
                                ambit_class *to);

#endif
