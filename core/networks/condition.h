/* Conditions: what a network may be told beside the noise level, and when it is not told it.
 *
 *   state    one vector: positions, velocities, the task as numbers
 *   camera   images, of one or several views
 *   text     an embedding made elsewhere, of one or several tokens
 *   caption  hashed n-grams of a sentence (ngram.h), for which the network learns an embedding
 *
 * A condition is missing where the data has none, or is dropped with a probability, so that one
 * network learns both p(x | condition) and p(x), as classifier-free guidance needs (Ho and
 * Salimans, 2022). The network is told so by a number a row, `present`: 1, or 0 for a learned
 * vector in place of the condition.
 */
#ifndef AMBIT_CORE_NETWORKS_CONDITION_H
#define AMBIT_CORE_NETWORKS_CONDITION_H

#include <stdint.h>

typedef enum {
    AMBIT_CONDITION_STATE,
    AMBIT_CONDITION_CAMERA,
    AMBIT_CONDITION_TEXT,
    AMBIT_CONDITION_CAPTION,
    AMBIT_CONDITIONS /* how many there are */
} ambit_condition;

/* "observation", "camera", "text", "caption". */
const char *ambit_condition_name(ambit_condition condition);

/* Which conditions global draw number `draw` keeps: keeps[c] becomes 0 with probability drop[c],
 * otherwise 1; a function of (seed, draw, c) alone. */
void ambit_condition_drop(uint64_t seed, uint64_t draw, const double drop[AMBIT_CONDITIONS],
                          int keeps[AMBIT_CONDITIONS]);

#endif
