#include "checkpoint_file.h"

#include "../core/base/crc32c.h"
#include "../datasets/files.h"
#include "../datasets/hdf5_error.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const ambit_checkpoint_array_names[AMBIT_CHECKPOINT_ARRAYS] = {"parameters", "average",
                                                                           "first", "second"};

ambit_checkpoint_part ambit_checkpoint_part_of(ambit_exchange *exchange) {
    ambit_owned owned = ambit_exchange_owned(exchange);
    return (ambit_checkpoint_part){.first = owned.first,
                                   .count = owned.count,
                                   .arrays = {ambit_exchange_parameters(exchange) + owned.first,
                                              ambit_exchange_average(exchange) + owned.first,
                                              owned.moment_first, owned.moment_second}};
}

int64_t ambit_checkpoint_blocks(int64_t count) {
    return (count + AMBIT_CHECKPOINT_BLOCK - 1) / AMBIT_CHECKPOINT_BLOCK;
}

uint32_t ambit_checkpoint_sum(const ambit_checkpoint *c, int version) {
    const ambit_normaliser *n = &c->normaliser;
    size_t observation = (size_t)n->observation_size * sizeof(float);
    size_t chunk = (size_t)n->chunk_size * sizeof(float);
    uint32_t crc = ambit_crc32c(0, &c->step, sizeof c->step);
    crc = ambit_crc32c(crc, &c->seconds, sizeof c->seconds);
    crc = ambit_crc32c(crc, c->configuration, strlen(c->configuration));
    crc = ambit_crc32c(crc, n->observation_shift, observation);
    crc = ambit_crc32c(crc, n->observation_scale, observation);
    crc = ambit_crc32c(crc, n->chunk_shift, chunk);
    crc = ambit_crc32c(crc, n->chunk_scale, chunk);
    crc = ambit_crc32c(crc, &n->observation_limit, sizeof(float));
    crc = ambit_crc32c(crc, &n->chunk_limit, sizeof(float));
    return version < 2 ? crc : ambit_crc32c(crc, &c->shape, sizeof c->shape);
}

void ambit_checkpoint_clear(ambit_checkpoint *checkpoint) {
    free(checkpoint->configuration);
    free(checkpoint->normaliser.observation_shift);
    free(checkpoint->normaliser.observation_scale);
    free(checkpoint->normaliser.chunk_shift);
    free(checkpoint->normaliser.chunk_scale);
    memset(checkpoint, 0, sizeof *checkpoint);
}

/* ---------------------------------------------------------------- files of a run */

static ambit_status folder_of(const char *run, char *folder, size_t size) {
    if (snprintf(folder, size, "%s/checkpoints", run) >= (int)size)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%.64s…: the path is too long", run);
    return AMBIT_OK;
}

/* The step in the name of a checkpoint, or -1. */
static int64_t step_of_name(const char *name) {
    long long step;
    int length = 0;
    if (sscanf(name, "step-%lld.h5%n", &step, &length) != 1 || name[length] != '\0' || length == 0)
        return -1;
    return step;
}

static int newest_first(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left < right) - (left > right);
}

/* Steps of the checkpoints in a folder, newest first, at most `limit`. */
static int list_steps(const char *folder, int64_t *steps, int limit) {
    DIR *list = opendir(folder);
    int count = 0;
    for (struct dirent *entry; list && (entry = readdir(list)) != NULL;) {
        int64_t step = step_of_name(entry->d_name);
        if (step >= 0 && count < limit)
            steps[count++] = step;
    }
    if (list)
        closedir(list);
    qsort(steps, (size_t)count, sizeof *steps, newest_first);
    return count;
}

static void path_of_step(const char *folder, int64_t step, char *path, size_t size) {
    snprintf(path, size, "%.4000s/step-%08" PRId64 ".h5", folder, step);
}

/* Points the link `last` at a step's file. */
static ambit_status link_last(const char *folder, int64_t step) {
    char temporary[PATH_MAX], last[PATH_MAX], name[64];
    snprintf(name, sizeof name, "step-%08" PRId64 ".h5", step);
    snprintf(temporary, sizeof temporary, "%.4000s/last.partial", folder);
    snprintf(last, sizeof last, "%.4000s/last", folder);
    unlink(temporary);
    if (symlink(name, temporary) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot make this link", temporary);
    return ambit_rename_synced(temporary, last);
}

enum { MOST_FILES = 4096 };

static void remove_old(const char *folder, int64_t keep) {
    int64_t steps[MOST_FILES];
    char path[PATH_MAX];
    int count = list_steps(folder, steps, MOST_FILES);
    for (int i = (int)keep; i < count; i++) {
        path_of_step(folder, steps[i], path, sizeof path);
        unlink(path);
    }
}

ambit_status ambit_checkpoint_write(const ambit_ranks *ranks, const char *run,
                                    const ambit_checkpoint *checkpoint, ambit_exchange *exchange,
                                    int64_t keep) {
    char folder[PATH_MAX - 64], path[PATH_MAX], partial[PATH_MAX];
    ambit_hdf5_quiet();
    AMBIT_TRY_ALL(ranks, folder_of(run, folder, sizeof folder));
    AMBIT_TRY_ALL(ranks, ranks->rank == 0 ? ambit_make_folders(folder) : AMBIT_OK);
    path_of_step(folder, checkpoint->step, path, sizeof path);
    snprintf(partial, sizeof partial, "%.4080s.partial", path);
    ambit_status status = ambit_checkpoint_file_write(ranks, partial, checkpoint, exchange);
    if (status == AMBIT_OK) {
        ambit_checkpoint_part mine = ambit_checkpoint_part_of(exchange);
        status = ambit_agree(ranks, ambit_checkpoint_file_verify(partial, &mine));
    }
    if (ranks->rank == 0 && status != AMBIT_OK)
        unlink(partial);
    AMBIT_TRY(status);
    if (ranks->rank == 0) {
        status = ambit_rename_synced(partial, path);
        if (status == AMBIT_OK)
            status = link_last(folder, checkpoint->step);
        if (status == AMBIT_OK)
            remove_old(folder, keep);
    }
    return ambit_agree(ranks, status);
}

ambit_status ambit_checkpoint_resume(const ambit_ranks *ranks, const char *run,
                                     ambit_exchange *exchange, ambit_checkpoint *checkpoint,
                                     int *found, char **warning) {
    char folder[PATH_MAX - 64], path[PATH_MAX];
    int64_t steps[MOST_FILES];
    memset(checkpoint, 0, sizeof *checkpoint);
    *found = 0;
    *warning = NULL;
    AMBIT_TRY_ALL(ranks, folder_of(run, folder, sizeof folder));
    int count = ranks->rank == 0 ? list_steps(folder, steps, MOST_FILES) : 0;
    MPI_Bcast(&count, 1, MPI_INT, 0, ranks->world);
    MPI_Bcast(steps, count, MPI_INT64_T, 0, ranks->world);
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < count; i++) {
        path_of_step(folder, steps[i], path, sizeof path);
        status = ambit_agree(ranks, ambit_checkpoint_file_restore(path, exchange, checkpoint));
        if (status == AMBIT_OK) {
            ambit_exchange_publish(exchange);
            *found = 1;
            return AMBIT_OK;
        }
        ambit_checkpoint_clear(checkpoint);
        if (status == AMBIT_CONFIG)
            return status;
        free(*warning);
        *warning = ranks->rank == 0 ? strdup(ambit_message()) : NULL;
    }
    return status;
}

ambit_status ambit_checkpoint_last(const char *run, char *path, size_t size) {
    char folder[PATH_MAX - 64];
    int64_t steps[MOST_FILES];
    AMBIT_TRY(folder_of(run, folder, sizeof folder));
    if (list_steps(folder, steps, MOST_FILES) == 0)
        return ambit_fail(AMBIT_NO_INPUT,
                          "%s: has no checkpoint; is this the folder of a run that has trained?",
                          run);
    path_of_step(folder, steps[0], path, size);
    return AMBIT_OK;
}
