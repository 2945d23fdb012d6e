/* A small store for the tests: fields of every element type, values that a formula gives. */
#ifndef AMBIT_TESTS_DATASETS_FIXTURE_H
#define AMBIT_TESTS_DATASETS_FIXTURE_H

#include "datasets/store.h"
#include "datasets/writer.h"

/* Fields of the fixture, in order. */
enum {
    FIXTURE_ACTION, /* f32 [3]; element 1 pads with zero, element 2 is not normalised */
    FIXTURE_STATE,  /* f32 [2] */
    FIXTURE_COUNT,  /* i64 scalar */
    FIXTURE_PIXELS, /* u8 [2][2] */
    FIXTURE_IMAGE,  /* bytes */
    FIXTURE_FIELDS
};

/* Values of the fixture at a step of the store. */
float fixture_action(int64_t step, int element);
float fixture_state(int64_t step, int element);
int64_t fixture_count(int64_t step);
uint8_t fixture_pixel(int64_t step, int element);
/* Bytes of the image of a step (at most 64), and how many. */
size_t fixture_image(int64_t step, uint8_t bytes[64]);

const ambit_field_info *fixture_fields(void);

/* A new empty folder below the build's temporary folder; removed by fixture_cleanup(). */
const char *fixture_folder(void);
void fixture_cleanup(void);

/* Writes a store of `count` episodes of these lengths, `per_shard` a shard, with σ bounds
 * [2·count] or NULL. Values continue over episodes, starting from `first_step` in the formulas.
 * Fails the test when writing fails. */
void fixture_write(const char *folder, const int64_t *lengths, int count, int per_shard,
                   const double *sigma, int64_t first_step);

/* Appends one episode whose first step is number `first` in the formulas. */
ambit_status fixture_append(ambit_shard_writer *writer, int64_t first, int64_t steps,
                            double sigma_min, double sigma_max);

#endif
