#include "condition.h"

#include "../base/rng.h"

const char *ambit_condition_name(ambit_condition condition) {
    static const char *const names[AMBIT_CONDITIONS] = {
        [AMBIT_CONDITION_STATE] = "observation",
        [AMBIT_CONDITION_CAMERA] = "camera",
        [AMBIT_CONDITION_TEXT] = "text",
        [AMBIT_CONDITION_CAPTION] = "caption",
    };
    return names[condition];
}

/* A number is drawn for every condition, used or not, so that none changes another's. */
void ambit_condition_drop(uint64_t seed, uint64_t draw, const double drop[AMBIT_CONDITIONS],
                          int keeps[AMBIT_CONDITIONS]) {
    ambit_rng rng = ambit_rng_open(seed, AMBIT_STREAM_DROPOUT, draw);
    for (int c = 0; c < AMBIT_CONDITIONS; c++)
        keeps[c] = !(ambit_rng_uniform(&rng) < drop[c]);
}
