/* Checkpoints of a small pretended network, for the tests that write and break them. All functions
 * are collective over `ranks`, and fail the test where something does. */
#ifndef AMBIT_TESTS_MPI_CHECKPOINT_FIXTURE_H
#define AMBIT_TESTS_MPI_CHECKPOINT_FIXTURE_H

#include "mpi/checkpoint.h"

#include <limits.h>

/* Two tensors, of as many elements as the files of versions 1 and 2 have that lie beside the tests,
 * or of some more. */
enum { FEW = AMBIT_NORM_BLOCK + 99, MANY = 3 * AMBIT_NORM_BLOCK + 99 };

extern ambit_ranks ranks;
extern char run[PATH_MAX];

/* Set-up and tear-down of a test: `run` is a new folder. */
int make_run(void **state);
int remove_run(void **state);
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_run, remove_run)

/* An exchange of `count` elements, to be destroyed; what a run of it is at a step; the numbers it
 * has there. */
ambit_exchange *make_exchange(int64_t count);
ambit_checkpoint describe(int64_t step, int64_t count);
float value_of(int array, int64_t i, int64_t step);
void assert_filled(ambit_exchange *exchange, int64_t step);

/* Writes the checkpoint of a step; goes on from the newest, as *now (NULL: the same run). */
void write_step(int64_t step, int64_t count, int64_t keep);
ambit_status resume(const ambit_checkpoint *now, ambit_exchange *exchange, ambit_checkpoint *read,
                    int *found, char **warning);
/* Goes on and asserts that it is from this step, with a warning that names `warned` (NULL: with
 * none). */
void assert_resumes(int64_t step, int64_t count, const char *warned);

/* RUN/checkpoints/step-….h5 */
void path_of(int64_t step, char path[PATH_MAX]);

#endif
