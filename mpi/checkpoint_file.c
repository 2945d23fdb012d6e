#include "checkpoint_file.h"

#include "../datasets/hdf.h"
#include "../datasets/memory_file.h"
#include "checkpoint_description.h"
#include "checkpoint_old.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ARRAYS = AMBIT_CHECKPOINT_ARRAYS, BLOCK = AMBIT_BLOCK_BYTES, WORD = sizeof(float) };

const char *const ambit_checkpoint_array_names[ARRAYS] = {"parameters", "average", "first",
                                                          "second"};

/* ---------------------------------------------------------------- writing
 *
 * Rank 0 makes all but the arrays with HDF5, in memory; then every rank writes its parts at their
 * places with the system's own calls. MPI-IO is avoided on purpose: on a full disk Open MPI 4.1
 * tries a collective write again for ever. */

/* Where things are in a file that is being written. */
typedef struct {
    int64_t places[ARRAYS], blocks;
} layout;

/* Makes the description and the arrays, and tells where these are to be. */
static ambit_status describe(hid_t file, const ambit_checkpoint *checkpoint, int64_t count,
                             layout *to) {
    const int32_t version = AMBIT_CHECKPOINT_VERSION;
    AMBIT_TRY(ambit_hdf_write_numbers(file, "ambit_checkpoint", AMBIT_HDF_I32, 1, &version));
    AMBIT_TRY(ambit_description_write(file, checkpoint));
    for (int i = 0; i < ARRAYS; i++)
        AMBIT_TRY(ambit_hdf_create_flat(file, ambit_checkpoint_array_names[i], AMBIT_HDF_F32, count,
                                        &to->places[i]));
    return AMBIT_OK;
}

/* The arrays must follow the description, block after block. */
static ambit_status check_layout(const char *path, int64_t described, int64_t count, layout *to) {
    const int64_t blocks = ambit_blocks_of(count * WORD);
    int fine = to->places[0] % BLOCK == 0 && described <= to->places[0];
    for (int i = 1; i < ARRAYS; i++)
        fine = fine && to->places[i] == to->places[i - 1] + blocks * BLOCK;
    to->blocks = to->places[0] / BLOCK + ARRAYS * blocks;
    if (fine)
        return AMBIT_OK;
    return ambit_fail(AMBIT_INTERNAL,
                      "%s: this version of HDF5 puts arrays where a checkpoint cannot have them; "
                      "build with another one",
                      path);
}

/* Writes the description's bytes, and zeros up to the first array. */
static ambit_status write_head(const char *path, const uint8_t *bytes, int64_t size,
                               const layout *at) {
    ambit_blocks blocks;
    uint8_t *head;
    AMBIT_TRY(ambit_blocks_create(path, at->blocks, at->places[0] / BLOCK));
    AMBIT_TRY(ambit_allocate(&head, (size_t)at->places[0], 1, "description of a checkpoint"));
    memcpy(head, bytes, (size_t)size);
    ambit_status status = ambit_blocks_open_new(path, at->blocks, &blocks);
    if (status == AMBIT_OK) {
        status = ambit_blocks_write(&blocks, 0, head, at->places[0]);
        ambit_blocks_close(&blocks);
    }
    free(head);
    return status;
}

/* Rank 0: makes the file with everything but the arrays' contents. */
static ambit_status lay_out(const char *path, const ambit_checkpoint *checkpoint, int64_t count,
                            layout *to) {
    ambit_memory_file *file;
    const uint8_t *bytes;
    int64_t size;
    AMBIT_TRY(ambit_memory_file_create_around(path, BLOCK, count * WORD, &file));
    ambit_status status = describe(ambit_memory_file_id(file), checkpoint, count, to);
    if (status == AMBIT_OK)
        status = ambit_memory_file_finish(file, &bytes, &size);
    if (status == AMBIT_OK)
        status = check_layout(path, size, count, to);
    if (status == AMBIT_OK)
        status = write_head(path, bytes, size, to);
    ambit_memory_file_drop(file);
    return status;
}

/* Writes what this rank owns of the arrays, and sees that it is on disk. */
static ambit_status write_part(const char *path, ambit_exchange *exchange, const layout *at) {
    const ambit_owned owned = ambit_exchange_owned(exchange);
    const float *arrays[ARRAYS] = {ambit_exchange_parameters(exchange) + owned.first,
                                   ambit_exchange_average(exchange) + owned.first,
                                   owned.moment_first, owned.moment_second};
    ambit_blocks blocks;
    AMBIT_TRY(ambit_blocks_open_new(path, at->blocks, &blocks));
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < ARRAYS && status == AMBIT_OK; i++)
        status = ambit_blocks_write(&blocks, at->places[i] + owned.first * WORD, arrays[i],
                                    owned.count * WORD);
    if (status == AMBIT_OK)
        status = ambit_blocks_sync(&blocks);
    ambit_blocks_close(&blocks);
    return status;
}

/* Each rank reads a part back: from the other end of the ranks, so that where they are on several
 * nodes it is mostly one that another node wrote. */
static ambit_status verify_part(const ambit_ranks *ranks, const char *path, const layout *at) {
    const int64_t turn = ranks->size - 1 - ranks->rank;
    const int64_t first = at->blocks * turn / ranks->size;
    const int64_t end = at->blocks * (turn + 1) / ranks->size;
    ambit_blocks blocks;
    AMBIT_TRY(ambit_blocks_open(path, &blocks));
    ambit_status status = ambit_blocks_verify(&blocks, first, end - first);
    ambit_blocks_close(&blocks);
    return status;
}

ambit_status ambit_checkpoint_file_write(const ambit_ranks *ranks, const char *path,
                                         const ambit_checkpoint *checkpoint,
                                         ambit_exchange *exchange) {
    layout at = {.blocks = 0};
    ambit_status status = AMBIT_OK;
    if (ranks->rank == 0)
        status = lay_out(path, checkpoint, ambit_exchange_count(exchange), &at);
    AMBIT_TRY_ALL(ranks, status);
    ambit_broadcast(ranks, &at, sizeof at);
    AMBIT_TRY_ALL(ranks, write_part(path, exchange, &at));
    return ambit_agree(ranks, verify_part(ranks, path, &at));
}

/* ---------------------------------------------------------------- reading, which trusts nothing */

/* Lets HDF5 see a file only where what it will read is known to be undamaged. */
static ambit_status check_head(const ambit_blocks *blocks) {
    if (blocks->blocks > 0)
        return ambit_blocks_read(blocks, 0, blocks->head * BLOCK, NULL);
    if (ambit_checkpoint_may_be_old(blocks))
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "%s: is cut short, or damaged at its end or its beginning; put a copy back, "
                      "or let an older one be used",
                      blocks->path);
}

static ambit_status read_version(hid_t id, const ambit_blocks *blocks, int *version) {
    int32_t there;
    AMBIT_TRY(ambit_hdf_read_numbers(id, "ambit_checkpoint", AMBIT_HDF_I32, 1, &there));
    *version = there;
    if (there > AMBIT_CHECKPOINT_VERSION)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: is of checkpoint version %d, this program reads 1 to %d; use the "
                          "version of Ambit that wrote it",
                          blocks->path, there, AMBIT_CHECKPOINT_VERSION);
    if (there < 1 || (there >= 3) != (blocks->blocks > 0))
        return ambit_fail(AMBIT_DATA,
                          "%s: version %d does not have the checksums of this file; do not use it, "
                          "it was changed",
                          blocks->path, there);
    return AMBIT_OK;
}

/* Finds the arrays, each whole in the file and, from version 3 on, behind all that HDF5 reads. */
static ambit_status find_arrays(hid_t id, ambit_checkpoint_file *file) {
    int64_t end = file->blocks.head * BLOCK;
    file->count = -1;
    for (int i = 0; i < ARRAYS; i++) {
        const char *name = ambit_checkpoint_array_names[i];
        int64_t *place = &file->places[i];
        AMBIT_TRY(ambit_hdf_find_flat(id, name, AMBIT_HDF_F32, 1, &file->count, place));
        const int64_t room =
            file->blocks.blocks > 0 ? file->blocks.blocks * BLOCK : file->blocks.size;
        if (*place < end || *place > room || file->count < 1 ||
            file->count > (room - *place) / WORD || (end > 0 && *place % BLOCK != 0))
            return ambit_hdf_fail_at(AMBIT_DATA, id, name,
                                     "does not lie where it should; do not use this file, it was "
                                     "changed");
        end = end > 0 ? *place + ambit_blocks_of(file->count * WORD) * BLOCK : 0;
    }
    return AMBIT_OK;
}

static ambit_status read_all(hid_t id, ambit_checkpoint_file *file, ambit_checkpoint *checkpoint) {
    AMBIT_TRY(read_version(id, &file->blocks, &checkpoint->version));
    AMBIT_TRY(find_arrays(id, file));
    AMBIT_TRY(checkpoint->version >= 3 ? ambit_description_read(id, checkpoint)
                                       : ambit_checkpoint_read_old(id, file, checkpoint));
    return ambit_description_check(file->blocks.path, checkpoint, file->count);
}

ambit_status ambit_checkpoint_file_open(const char *path, ambit_checkpoint_file *file,
                                        ambit_checkpoint *checkpoint) {
    hid_t id;
    memset(checkpoint, 0, sizeof *checkpoint);
    memset(file, 0, sizeof *file);
    AMBIT_TRY(ambit_blocks_open(path, &file->blocks));
    ambit_status status = check_head(&file->blocks);
    if (status == AMBIT_OK)
        status = ambit_hdf_open_file(path, &id);
    if (status == AMBIT_OK) {
        status = read_all(id, file, checkpoint);
        H5Fclose(id);
    }
    if (status == AMBIT_OK)
        return AMBIT_OK;
    ambit_checkpoint_file_close(file);
    ambit_checkpoint_clear(checkpoint);
    return status;
}

void ambit_checkpoint_file_close(ambit_checkpoint_file *file) {
    ambit_blocks_close(&file->blocks);
}

ambit_status ambit_checkpoint_file_read(const ambit_checkpoint_file *file, int which, int64_t first,
                                        int64_t count, float *values) {
    const int64_t place = file->places[which] + first * WORD;
    if (file->blocks.blocks > 0)
        return ambit_blocks_read(&file->blocks, place, count * WORD, values);
    const int64_t row = which * ambit_blocks_of(file->count * WORD) + first / AMBIT_NORM_BLOCK;
    return ambit_blocks_read_old(&file->blocks, place, count * WORD,
                                 file->sums + row * (int64_t)sizeof(uint32_t), values);
}

/* Fills this rank's part of the exchange: its moments, and its share of its node's parameters and
 * averages. */
static ambit_status restore_arrays(const ambit_checkpoint_file *file, ambit_exchange *exchange) {
    const ambit_owned owned = ambit_exchange_owned(exchange);
    int64_t first, count;
    ambit_exchange_share(exchange, &first, &count);
    const struct {
        int64_t first, count;
        float *values;
    } parts[ARRAYS] = {{first, count, ambit_exchange_parameters(exchange) + first},
                       {first, count, ambit_exchange_average(exchange) + first},
                       {owned.first, owned.count, owned.moment_first},
                       {owned.first, owned.count, owned.moment_second}};
    for (int i = 0; i < ARRAYS; i++)
        AMBIT_TRY(
            ambit_checkpoint_file_read(file, i, parts[i].first, parts[i].count, parts[i].values));
    return AMBIT_OK;
}

ambit_status ambit_checkpoint_file_restore(const char *path, const ambit_checkpoint *now,
                                           ambit_exchange *exchange, ambit_checkpoint *checkpoint) {
    ambit_checkpoint_file file;
    AMBIT_TRY(ambit_checkpoint_file_open(path, &file, checkpoint));
    ambit_status status = now ? ambit_description_compare(path, checkpoint, now) : AMBIT_OK;
    if (status == AMBIT_OK && file.count != ambit_exchange_count(exchange))
        status = ambit_fail(AMBIT_CONFIG,
                            "%s: holds %" PRId64 " parameters but this network has %" PRId64
                            "; use the configuration that the run was started with",
                            path, file.count, ambit_exchange_count(exchange));
    if (status == AMBIT_OK)
        status = restore_arrays(&file, exchange);
    ambit_checkpoint_file_close(&file);
    return status;
}

ambit_status ambit_checkpoint_file_glance(const char *path) {
    ambit_blocks blocks;
    AMBIT_TRY(ambit_blocks_open(path, &blocks));
    ambit_status status = check_head(&blocks);
    ambit_blocks_close(&blocks);
    return status;
}
