/* The samples of a mixture: which steps of which store belong to which class of which part
 * (mixture.h). Internal to datasets/; not collective. */
#ifndef AMBIT_DATASETS_POPULATION_H
#define AMBIT_DATASETS_POPULATION_H

#include "mixture.h"

/* A run of steps of a store, and how many samples of the same set come before it. */
typedef struct {
    int64_t first, before;
} ambit_run;

/* A set of steps: runs in ascending order. */
typedef struct {
    int64_t run_count, count;
    ambit_run *runs;
} ambit_step_set;

/* Step number `ordinal` of the set, in [0, count). */
int64_t ambit_step_set_at(const ambit_step_set *set, int64_t ordinal);

typedef struct {
    int class_count;
    ambit_class *classes;    /* [class_count] */
    ambit_step_set *members; /* [class_count] */
    int64_t count;           /* samples of all classes */
} ambit_population_part;

typedef struct {
    ambit_population_part parts[AMBIT_PARTS];
    ambit_class *classes; /* of all parts, one allocation; likewise what follows */
    ambit_step_set *members;
    ambit_run *runs;
} ambit_population;

/* Stores in the order of options->sources. The caller destroys it, also after a failure. */
ambit_status ambit_population_create(const ambit_mixture_options *options,
                                     ambit_store *const *stores, ambit_population *population);
void ambit_population_destroy(ambit_population *population);

#endif
