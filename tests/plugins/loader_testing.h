/* What the tests of the loader share: checks, and a folder of their own for files. */
#ifndef AMBIT_TESTS_LOADER_TESTING_H
#define AMBIT_TESTS_LOADER_TESTING_H

#include "plugins/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Where the build puts plugins that are honest, and those that are refused. */
#define GOOD TEST_BUILD "/plugins"
#define BAD TEST_BUILD "/bad"
#define OLD TEST_BUILD "/old" /* compiled with the header of ABI 1.0 */

/* Status and a part of the message; prints both, and fails, when they are not as they should be. */
void check(ambit_status status, ambit_status wanted, const char *text);

/* Loads plugin `name`, which must succeed. The caller unloads it. */
ambit_plugin *load(uint32_t kind, const char *name);

/* A folder for each test that is as safe as the loader wants it, named once made. */
extern char folder[64];
int make_folder(void **state);
int remove_folder(void **state);
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

/* The path of `name` in the folder: valid until the next call. */
const char *in_folder(const char *name);

void write_file(const char *path, const void *bytes, size_t size);

/* Copies a file, its last bytes left out. */
void copy_file(const char *from, const char *to, size_t leave_out);

/* Loading file `name` of the folder must fail with this status and these words. */
void refuse_file(const char *name, ambit_status status, const char *text);

/* The caller frees the bytes; a zero byte follows them. */
char *read_file(const char *path, size_t *size);

/* Makes the plugins of the build safe, should it have been made by somebody whose files the group
 * may write: the loader would rightly refuse them. */
int make_build_safe(void **state);

#endif
