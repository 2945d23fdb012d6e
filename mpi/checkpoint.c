#include "checkpoint_file.h"

#include "../datasets/files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void ambit_checkpoint_clear(ambit_checkpoint *checkpoint) {
    free(checkpoint->configuration);
    free(checkpoint->normaliser.observation_shift);
    free(checkpoint->normaliser.observation_scale);
    free(checkpoint->normaliser.chunk_shift);
    free(checkpoint->normaliser.chunk_scale);
    free((void *)checkpoint->tensors);
    free((void *)checkpoint->data_digests);
    free(checkpoint->tensor_names);
    memset(checkpoint, 0, sizeof *checkpoint);
}

/* ---------------------------------------------------------------- files of a run */

static ambit_status folder_of(const char *run, char *folder, size_t size) {
    if (snprintf(folder, size, "%s/checkpoints", run) >= (int)size)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%.64s…: the path is too long", run);
    return AMBIT_OK;
}

static void name_of_step(int64_t step, char name[64]) {
    snprintf(name, 64, "step-%08" PRId64 ".h5", step);
}

static void path_of_step(const char *folder, int64_t step, char *path, size_t size) {
    char name[64];
    name_of_step(step, name);
    snprintf(path, size, "%.4000s/%s", folder, name);
}

/* The step in the name of a checkpoint, or -1; `ending` follows it. */
static int64_t step_of_name(const char *name, const char *ending) {
    char wanted[64];
    if (strncmp(name, "step-", 5) != 0)
        return -1;
    const int64_t step = strtoll(name + 5, NULL, 10);
    name_of_step(step, wanted);
    const size_t length = strlen(wanted);
    return strncmp(name, wanted, length) == 0 && strcmp(name + length, ending) == 0 ? step : -1;
}

static int is_checkpoint(const struct dirent *entry) {
    return step_of_name(entry->d_name, "") >= 0;
}

static int is_leftover(const struct dirent *entry) {
    return step_of_name(entry->d_name, ".partial") >= 0;
}

static int newest_first(const struct dirent **a, const struct dirent **b) {
    int64_t left = step_of_name((*a)->d_name, ""), right = step_of_name((*b)->d_name, "");
    return (left < right) - (left > right);
}

/* Names in a folder, of which there are none where there is no folder. Any other error may hide
 * some. The caller frees them with free_names(). */
static ambit_status list_names(const char *folder, int (*wanted)(const struct dirent *),
                               struct dirent ***names, int *count) {
    *names = NULL;
    *count = scandir(folder, names, wanted, newest_first);
    if (*count >= 0)
        return AMBIT_OK;
    *count = 0;
    if (errno == ENOENT)
        return AMBIT_OK;
    return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot list the checkpoints", folder);
}

static void free_names(struct dirent **names, int count) {
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* Steps of the checkpoints in a folder, newest first; *steps is malloced. */
static ambit_status list_steps(const char *folder, int64_t **steps, int *count) {
    struct dirent **names;
    *steps = NULL;
    AMBIT_TRY(list_names(folder, is_checkpoint, &names, count));
    ambit_status status =
        ambit_allocate(steps, (size_t)*count + 1, sizeof **steps, "the list of checkpoints");
    for (int i = 0; i < *count && status == AMBIT_OK; i++)
        (*steps)[i] = step_of_name(names[i]->d_name, "");
    free_names(names, *count);
    return status;
}

/* What keeps a checkpoint from being used, and yet no other one: damage, or a link that leads
 * nowhere. */
static int is_damage(ambit_status status) {
    return status == AMBIT_DATA || status == AMBIT_NO_INPUT;
}

ambit_status ambit_checkpoint_exists(const char *run, int *exists) {
    char folder[PATH_MAX - 64];
    int64_t *steps;
    int count;
    AMBIT_TRY(folder_of(run, folder, sizeof folder));
    AMBIT_TRY(list_steps(folder, &steps, &count));
    *exists = count > 0;
    free(steps);
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- the link `last` */

/* The step that `last` points at, −1 where it is missing or does not name a checkpoint. */
static ambit_status read_last(const char *folder, int64_t *step) {
    char last[PATH_MAX], name[64];
    snprintf(last, sizeof last, "%.4000s/last", folder);
    ssize_t length = readlink(last, name, sizeof name - 1);
    *step = -1;
    if (length >= 0) {
        name[length] = '\0';
        *step = step_of_name(name, "");
    } else if (errno != ENOENT && errno != ENOTDIR && errno != EINVAL /* no link */) {
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot read this link", last);
    }
    return AMBIT_OK;
}

/* Points the link `last` at a step's file. */
static ambit_status link_last(const char *folder, int64_t step) {
    char temporary[PATH_MAX], last[PATH_MAX], name[64];
    name_of_step(step, name);
    snprintf(temporary, sizeof temporary, "%.4000s/last.partial", folder);
    snprintf(last, sizeof last, "%.4000s/last", folder);
    unlink(temporary);
    if (symlink(name, temporary) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot make this link", temporary);
    return ambit_rename_synced(temporary, last);
}

/* A job that died between a checkpoint and its link left the link behind. */
static ambit_status mend_last(const char *folder, int64_t step) {
    int64_t there;
    AMBIT_TRY(read_last(folder, &there));
    return there == step ? AMBIT_OK : link_last(folder, step);
}

/* ---------------------------------------------------------------- writing */

/* Removes what jobs that died while writing left: this job holds the run's lock. */
static ambit_status remove_leftovers(const char *folder) {
    struct dirent **names;
    int count;
    char path[PATH_MAX];
    AMBIT_TRY(list_names(folder, is_leftover, &names, &count));
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%.3800s/%.255s", folder, names[i]->d_name);
        unlink(path);
    }
    free_names(names, count);
    return AMBIT_OK;
}

/* Keeps `keep`: `newest`, which has just been verified, and those before it that look whole. Those
 * after it were passed over when training went on: they count for nothing, and stay. */
static ambit_status remove_old(const char *folder, int64_t newest, int64_t keep) {
    char path[PATH_MAX];
    int64_t *steps, kept = 0;
    int count;
    AMBIT_TRY(list_steps(folder, &steps, &count));
    for (int i = 0; i < count; i++) {
        path_of_step(folder, steps[i], path, sizeof path);
        if (steps[i] > newest)
            continue;
        if (kept >= keep)
            unlink(path);
        else
            kept += steps[i] == newest || ambit_checkpoint_file_glance(path) == AMBIT_OK;
    }
    free(steps);
    return remove_leftovers(folder);
}

ambit_status ambit_checkpoint_write(const ambit_ranks *ranks, const char *run,
                                    const ambit_checkpoint *checkpoint, ambit_exchange *exchange,
                                    int64_t keep) {
    char folder[PATH_MAX - 64], path[PATH_MAX], partial[PATH_MAX];
    AMBIT_ASSERT_SAME(ranks, &checkpoint->step, sizeof checkpoint->step);
    AMBIT_ASSERT_SAME(ranks, run, strlen(run));
    AMBIT_TRY_ALL(ranks, folder_of(run, folder, sizeof folder));
    AMBIT_TRY_ALL(ranks, ranks->rank == 0 ? ambit_make_folders(folder) : AMBIT_OK);
    path_of_step(folder, checkpoint->step, path, sizeof path);
    snprintf(partial, sizeof partial, "%.4080s.partial", path);
    ambit_status status = ambit_checkpoint_file_write(ranks, partial, checkpoint, exchange);
    if (ranks->rank == 0 && status != AMBIT_OK)
        unlink(partial);
    AMBIT_TRY(status);
    if (ranks->rank == 0) {
        status = ambit_rename_synced(partial, path);
        if (status == AMBIT_OK)
            status = link_last(folder, checkpoint->step);
        if (status == AMBIT_OK)
            status = remove_old(folder, checkpoint->step, keep);
    }
    return ambit_agree(ranks, status);
}

/* ---------------------------------------------------------------- going on */

/* Rank 0's list, on all ranks. */
static ambit_status share_steps(const ambit_ranks *ranks, const char *folder, int64_t **steps,
                                int *count) {
    *steps = NULL;
    *count = 0;
    AMBIT_TRY_ALL(ranks, ranks->rank == 0 ? list_steps(folder, steps, count) : AMBIT_OK);
    ambit_broadcast(ranks, count, sizeof *count);
    ambit_status status =
        ranks->rank == 0 ? AMBIT_OK
                         : ambit_allocate(steps, (size_t)*count + 1, sizeof **steps, "checkpoints");
    AMBIT_TRY_ALL(ranks, status);
    ambit_broadcast(ranks, *steps, *count * (int64_t)sizeof **steps);
    return AMBIT_OK;
}

/* Adds this thread's message to a warning. */
static void add_warning(char **warning) {
    static const char between[] = "\nwarning: "; /* the first is begun by who says them */
    const char *before = *warning ? *warning : "", *message = ambit_message();
    size_t size = strlen(before) + sizeof between + strlen(message);
    char *text = malloc(size);
    if (!text) /* then there is one line less */
        return;
    snprintf(text, size, "%s%s%s", before, *before ? between : "", message);
    free(*warning);
    *warning = text;
}

/* After the last of a run's checkpoints was passed over as damaged. */
static ambit_status fail_none_whole(const char *folder) {
    char last[AMBIT_MESSAGE_SIZE];
    snprintf(last, sizeof last, "%s", ambit_message());
    return ambit_fail(
        AMBIT_DATA,
        "%s: no checkpoint in it is whole; put a copy of one back, or train in another "
        "folder. The last that was tried: %.1000s",
        folder, last);
}

/* Tries the steps in turn, passing over damage; *found where one was read. */
static ambit_status restore_newest(const ambit_ranks *ranks, const char *folder,
                                   const int64_t *steps, int count, const ambit_checkpoint *now,
                                   ambit_exchange *exchange, ambit_checkpoint *checkpoint,
                                   int *found, char **warning) {
    char path[PATH_MAX];
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < count; i++) {
        path_of_step(folder, steps[i], path, sizeof path);
        status = ambit_agree(ranks, ambit_checkpoint_file_restore(
                                        path, ranks->rank == 0 ? now : NULL, exchange, checkpoint));
        *found = status == AMBIT_OK;
        if (*found)
            break;
        ambit_checkpoint_clear(checkpoint);
        if (!is_damage(status))
            break;
        if (ranks->rank == 0)
            add_warning(warning);
    }
    return is_damage(status) ? fail_none_whole(folder) : status;
}

ambit_status ambit_checkpoint_resume(const ambit_ranks *ranks, const char *run,
                                     const ambit_checkpoint *now, ambit_exchange *exchange,
                                     ambit_checkpoint *checkpoint, int *found, char **warning) {
    char folder[PATH_MAX - 64];
    int64_t *steps;
    int count;
    memset(checkpoint, 0, sizeof *checkpoint);
    *found = 0;
    *warning = NULL;
    AMBIT_TRY_ALL(ranks, folder_of(run, folder, sizeof folder));
    ambit_status status = share_steps(ranks, folder, &steps, &count);
    if (status == AMBIT_OK)
        status =
            restore_newest(ranks, folder, steps, count, now, exchange, checkpoint, found, warning);
    free(steps);
    if (!*found)
        return status;
    ambit_exchange_publish(exchange);
    status = ambit_agree(ranks, ranks->rank == 0 ? mend_last(folder, checkpoint->step) : AMBIT_OK);
    if (status != AMBIT_OK)
        ambit_checkpoint_clear(checkpoint);
    return status;
}

/* ---------------------------------------------------------------- reading one */

ambit_status ambit_checkpoint_read(const char *path, ambit_checkpoint *checkpoint, float **average,
                                   int64_t *count) {
    ambit_checkpoint_file file;
    AMBIT_TRY(ambit_checkpoint_file_open(path, &file, checkpoint));
    ambit_status status = AMBIT_OK;
    if (average) {
        *count = file.count;
        status = ambit_allocate(average, (size_t)file.count, sizeof **average, path);
        if (status == AMBIT_OK)
            status =
                ambit_checkpoint_file_read(&file, AMBIT_CHECKPOINT_AVERAGE, 0, *count, *average);
        if (status != AMBIT_OK) {
            free(*average);
            *average = NULL;
        }
    }
    ambit_checkpoint_file_close(&file);
    if (status != AMBIT_OK)
        ambit_checkpoint_clear(checkpoint);
    return status;
}

/* Reads a step's checkpoint unless something was read already; passes over damage. */
static ambit_status try_step(const char *folder, int64_t step, char *path, size_t size,
                             ambit_checkpoint *checkpoint, float **average, int64_t *count,
                             char **warning) {
    path_of_step(folder, step, path, size);
    ambit_status status = ambit_checkpoint_read(path, checkpoint, average, count);
    if (is_damage(status))
        add_warning(warning);
    return status;
}

/* Rank 0's part of ambit_checkpoint_read_last(). */
static ambit_status read_newest(const char *run, char *path, size_t size,
                                ambit_checkpoint *checkpoint, float **average, int64_t *count,
                                char **warning) {
    char folder[PATH_MAX - 64];
    int64_t last, *steps;
    int step_count;
    AMBIT_TRY(folder_of(run, folder, sizeof folder));
    AMBIT_TRY(read_last(folder, &last));
    ambit_status status = ambit_fail(
        AMBIT_NO_INPUT, "%s/last: points at no checkpoint; the newest one is taken", folder);
    if (last < 0)
        add_warning(warning);
    else
        status = try_step(folder, last, path, size, checkpoint, average, count, warning);
    if (!is_damage(status))
        return status;
    AMBIT_TRY(list_steps(folder, &steps, &step_count));
    for (int i = 0; i < step_count && is_damage(status); i++)
        if (steps[i] != last)
            status = try_step(folder, steps[i], path, size, checkpoint, average, count, warning);
    free(steps);
    if (step_count == 0)
        return ambit_fail(AMBIT_NO_INPUT,
                          "%s: has no checkpoint; is this the folder of a run that has trained?",
                          run);
    return is_damage(status) ? fail_none_whole(folder) : status;
}

ambit_status ambit_checkpoint_read_last(const ambit_ranks *ranks, const char *run, char *path,
                                        size_t size, ambit_checkpoint *checkpoint, float **average,
                                        int64_t *count, char **warning) {
    ambit_status status = AMBIT_OK;
    *warning = NULL;
    memset(checkpoint, 0, sizeof *checkpoint);
    if (ranks->rank == 0)
        status = read_newest(run, path, size, checkpoint, average, count, warning);
    AMBIT_TRY_ALL(ranks, status);
    ambit_broadcast(ranks, path, (int64_t)size);
    if (ranks->rank != 0)
        status = ambit_checkpoint_read(path, checkpoint, average, count);
    return ambit_agree(ranks, status);
}
