#include "checkpoint_old.h"

#include "../core/base/crc32c.h"
#include "../datasets/hdf.h"

#include <string.h>

enum { MOST_NUMBERS = 1 << 24, SIZES = 13 /* of /shape */ };

/* HDF5's signature, and superblock 0, which version 3 never has. */
int ambit_checkpoint_may_be_old(const ambit_blocks *blocks) {
    static const char first[9] = "\x89HDF\r\n\x1a\n";
    char bytes[sizeof first];
    return blocks->blocks == 0 && blocks->size > (int64_t)sizeof first &&
           ambit_blocks_read_raw(blocks, 0, sizeof bytes, bytes) == AMBIT_OK &&
           memcmp(bytes, first, sizeof first) == 0;
}

/* What is read of a file, and the checksum of it that grows. */
typedef struct {
    hid_t id;
    const ambit_blocks *blocks;
    uint32_t sum;
} old_file;

/* Reads a whole small data set into *values (malloced, a zero byte added). */
static ambit_status read_small(old_file *file, const char *name, ambit_hdf_type type, int64_t size,
                               int64_t *count, void *values) {
    int64_t place;
    void *memory = NULL;
    AMBIT_TRY(ambit_hdf_find_flat(file->id, name, type, 1, count, &place));
    if (*count > MOST_NUMBERS)
        return ambit_hdf_fail_at(AMBIT_DATA, file->id, name, "is larger than can be");
    AMBIT_TRY(ambit_allocate(&memory, (size_t)(*count * size) + 1, 1, name));
    memcpy(values, &memory, sizeof memory);
    AMBIT_TRY(ambit_blocks_read_raw(file->blocks, place, *count * size, memory));
    file->sum = ambit_crc32c(file->sum, memory, (size_t)(*count * size));
    return AMBIT_OK;
}

static ambit_status read_attribute(old_file *file, const char *name, ambit_hdf_type type,
                                   size_t size, void *value) {
    AMBIT_TRY(ambit_hdf_read_numbers(file->id, name, type, 1, value));
    file->sum = ambit_crc32c(file->sum, value, size);
    return AMBIT_OK;
}

static ambit_status read_normaliser(old_file *file, ambit_normaliser *n) {
    n->observation_size = n->chunk_size = -1;
    AMBIT_TRY(read_small(file, "observation_shift", AMBIT_HDF_F32, sizeof(float),
                         &n->observation_size, &n->observation_shift));
    AMBIT_TRY(read_small(file, "observation_scale", AMBIT_HDF_F32, sizeof(float),
                         &n->observation_size, &n->observation_scale));
    AMBIT_TRY(read_small(file, "chunk_shift", AMBIT_HDF_F32, sizeof(float), &n->chunk_size,
                         &n->chunk_shift));
    AMBIT_TRY(read_small(file, "chunk_scale", AMBIT_HDF_F32, sizeof(float), &n->chunk_size,
                         &n->chunk_scale));
    AMBIT_TRY(read_attribute(file, "observation_limit", AMBIT_HDF_F32, sizeof(float),
                             &n->observation_limit));
    return read_attribute(file, "chunk_limit", AMBIT_HDF_F32, sizeof(float), &n->chunk_limit);
}

static ambit_status read_shape(old_file *file, ambit_checkpoint *c) {
    int64_t count = SIZES, place, s[SIZES];
    c->shape = (ambit_sample_shape){.observation_size = c->normaliser.observation_size};
    if (c->version < 2)
        return AMBIT_OK;
    AMBIT_TRY(ambit_hdf_find_flat(file->id, "shape", AMBIT_HDF_I64, 1, &count, &place));
    AMBIT_TRY(ambit_blocks_read_raw(file->blocks, place, sizeof s, s));
    file->sum = ambit_crc32c(file->sum, s, sizeof s);
    c->shape = (ambit_sample_shape){.observation_size = s[0],
                                    .chunk_steps = s[1],
                                    .chunk_width = s[2],
                                    .image = {s[3], s[4], s[5]},
                                    .camera = {s[6], s[7], s[8], s[9]},
                                    .text = {s[10], s[11]},
                                    .caption = {s[12]}};
    return AMBIT_OK;
}

ambit_status ambit_checkpoint_read_old(hid_t id, ambit_checkpoint_file *to, ambit_checkpoint *c) {
    old_file file = {.id = id, .blocks = &to->blocks};
    int64_t length = -1, table[2] = {AMBIT_CHECKPOINT_ARRAYS,
                                     ambit_blocks_of(to->count * (int64_t)sizeof(float))};
    uint32_t sum;
    AMBIT_TRY(read_attribute(&file, "step", AMBIT_HDF_I64, sizeof c->step, &c->step));
    AMBIT_TRY(read_attribute(&file, "seconds", AMBIT_HDF_F64, sizeof c->seconds, &c->seconds));
    AMBIT_TRY(read_small(&file, "configuration", AMBIT_HDF_I8, 1, &length, &c->configuration));
    AMBIT_TRY(read_normaliser(&file, &c->normaliser));
    AMBIT_TRY(read_shape(&file, c));
    AMBIT_TRY(ambit_hdf_read_numbers(id, "description_checksum", AMBIT_HDF_U32, 1, &sum));
    if (sum != file.sum || (int64_t)strlen(c->configuration) != length)
        return ambit_fail(AMBIT_DATA,
                          "%s: the checksum of the description does not match; put a copy back, or "
                          "let an older one be used",
                          to->blocks.path);
    return ambit_hdf_find_flat(id, "checksums", AMBIT_HDF_U32, 2, table, &to->sums);
}
