/* A folder of its own for each test, removed when the test ends. */
#ifndef AMBIT_TESTS_MPI_SCRATCH_H
#define AMBIT_TESTS_MPI_SCRATCH_H

#include <stddef.h>

/* cmocka's set-up and tear-down: *state is the folder's name. */
int scratch_set_up(void **state);
int scratch_tear_down(void **state);

#define scratch_test(test) cmocka_unit_test_setup_teardown(test, scratch_set_up, scratch_tear_down)

/* Writes, or adds to, a file of the folder; fails the program when that cannot be done. */
void scratch_write(const char *folder, const char *name, const char *text);
void scratch_append(const char *folder, const char *name, const char *text);

/* Makes a folder in the folder. */
void scratch_folder(const char *folder, const char *name);

/* All of a file, with a 0 behind; the caller frees *text. Returns 0 for success. */
int scratch_read(const char *folder, const char *name, char **text, size_t *size);

#endif
