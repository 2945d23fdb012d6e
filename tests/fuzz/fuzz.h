/* What the targets of libFuzzer share.
 *
 * A target turns bytes into one call of a reader of ours, and must end well whatever they are: with
 * a value or with a status, never with a crash, a hang, lost memory or a broken promise. Built with
 * AMBIT_FUZZ (Clang), libFuzzer makes the bytes up, from what is in corpus/TARGET; otherwise
 * replay.c gives each file of that folder to the target, in the test suite of every build.
 */
#ifndef AMBIT_TESTS_FUZZ_FUZZ_H
#define AMBIT_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The target: returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the reader; ends the program when it is broken. */
#define FUZZ_REQUIRE(promise) fuzz_require((promise) != 0, __FILE__, __LINE__, #promise)
void fuzz_require(int holds, const char *file, int line, const char *promise);

/* A folder of this process, made when first asked for and removed when the process ends. */
const char *fuzz_folder(void);

/* Writes a file of that folder, anew; folders on the way must be there. */
void fuzz_write(const char *name, const void *data, size_t size);

/* Bytes with a 0 behind; the caller frees them. */
char *fuzz_text(const uint8_t *data, size_t size);

#endif
