/* The affine maps of a mixture, made from statistics (mixture.h gives the formulas). Internal to
 * datasets/; not collective. */
#ifndef AMBIT_DATASETS_NORMALISER_H
#define AMBIT_DATASETS_NORMALISER_H

#include "mixture.h"

#include <stdio.h>

/* Fields that lie side by side and make one vector a step. */
typedef struct {
    int count;
    int *indices;    /* [sources][count] of the fields in each store */
    int64_t *widths; /* [count] elements of each */
    int64_t width;   /* of all together */
} ambit_joined_fields;

/* What the maps are made from. Only read during ambit_normaliser_create(). */
typedef struct {
    ambit_store *const *stores; /* [source_count] */
    int source_count;
    const ambit_joined_fields *observation_fields, *action_fields;
    int64_t observation_steps, horizon;
    ambit_normalisation observation, chunk;
    bool relative;
    int64_t sample_count;
    /* Sample `number` of all: its chunk as stored (or relative), horizon × chunk_width. */
    ambit_status (*read_raw_chunk)(void *context, int64_t number, float *chunk);
    void *context;
    FILE *notes; /* lines for the user, as of ambit_mixture_notes() */
} ambit_normaliser_plan;

ambit_status ambit_normaliser_create(const ambit_normaliser_plan *plan,
                                     ambit_normaliser *normaliser);
void ambit_normaliser_destroy(ambit_normaliser *normaliser);

/* raw → normalised chunk, in place. */
void ambit_normalise_chunk(const ambit_normaliser *normaliser, float *chunk);

#endif
