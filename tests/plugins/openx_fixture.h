/* Writes small data sets for tests of the plugin openx, to the byte: protocol buffers, TFRecord
 * framing and the two JSON files, independent of the plugin's own code. */
#ifndef OPENX_FIXTURE_H
#define OPENX_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes being written; starts as zeros, ends with free(data). */
typedef struct {
    uint8_t *data;
    size_t size;
} openx_bytes;

/* Somebody else's bytes, to be written and not freed. */
openx_bytes openx_borrow(const void *data, size_t size);

void openx_put(openx_bytes *bytes, const void *data, size_t size);
void openx_put_varint(openx_bytes *bytes, uint64_t value);
/* A length-delimited field of a message. */
void openx_put_field(openx_bytes *bytes, uint32_t number, const void *data, size_t size);

/* Entries of the map of an Example. A list is the message of kind 1 bytes, 2 floats, 3 integers, or
 * 0 for an empty oneof; it is freed. */
void openx_put_list(openx_bytes *map, const char *key, uint32_t kind, openx_bytes *list);
void openx_put_floats(openx_bytes *map, const char *key, const float *values, int count,
                      int packed);
void openx_put_integers(openx_bytes *map, const char *key, const int64_t *values, int count,
                        int packed);
void openx_put_strings(openx_bytes *map, const char *key, const openx_bytes *values, int count);
void openx_put_empty(openx_bytes *map, const char *key);

/* A record: length, its CRC, data, its CRC. */
void openx_put_record(openx_bytes *file, const void *data, size_t size);
/* The record of an Example with these entries, which are freed. */
void openx_put_example(openx_bytes *file, openx_bytes *map);

/* A zlib stream. */
openx_bytes openx_zlib(const void *data, size_t size);

/* A PNG of these samples, `bits` a pixel, big-endian; colours: 0 grey, 2 RGB, 6 RGBA. */
openx_bytes openx_png(uint32_t width, uint32_t height, uint8_t depth, uint8_t colours,
                      const void *samples, uint32_t bits);

/* A folder of its own under $TMPDIR or /tmp. */
typedef struct {
    char folder[512];
} openx_fixture;

void openx_fixture_make(openx_fixture *fixture);
void openx_fixture_write(const openx_fixture *fixture, const char *name, const void *data,
                         size_t size);
void openx_fixture_text(const openx_fixture *fixture, const char *name, const char *text);
void openx_fixture_remove(openx_fixture *fixture);

/* The data set that the tests start from and then spoil. Three steps an episode, two episodes:
 *
 *     action f32 ×2            count int64, negative in part     depth/z f32 ×3, zlib of float64
 *     image, the first empty   language_instruction, a text      is_first, is_last bool
 */
enum { OPENX_UNPACKED = 1, OPENX_REVERSED = 2, OPENX_UNKNOWN = 4 };
extern const char openx_small_features[], openx_small_info[], openx_small_shard[];
openx_bytes openx_small_map(int episode, int flags);
openx_bytes openx_small_records(int flags);
void openx_fixture_small(const openx_fixture *fixture);

#endif
