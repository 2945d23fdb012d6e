/* Bytes that become changes of an HDF5 file, made through HDF5 so that its checksums are right and
 * what we check of ourselves is reached. */
#ifndef AMBIT_TESTS_FUZZ_HDF_EDITS_H
#define AMBIT_TESTS_FUZZ_HDF_EDITS_H

#include <stddef.h>
#include <stdint.h>

/* Makes the changes that `edits` holds, of 12 bytes each: what, of which object (in the order of
 * their names), of which attribute or element (16 bits), and a value (64 bits), little-endian. */
void fuzz_edit_hdf(const char *path, const uint8_t *edits, size_t size);

/* Makes those of the changes that go past HDF5: of bytes. */
void fuzz_flip_bytes(const char *path, const uint8_t *edits, size_t size);

/* Sets an element of a data set of numbers. */
void fuzz_set_element(const char *path, const char *set, uint64_t index, int64_t value);

#endif
