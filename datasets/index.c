/* The index over finished shards (writer.h). */
#include "memory_file.h"
#include "shard.h"
#include "writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What is gathered from the shards. */
typedef struct {
    const char *folder;
    int shard_count, field_count;
    ambit_field_info fields[AMBIT_STORE_MAX_FIELDS];
    ambit_layout_root root;
    int64_t *shard_episodes, *shard_steps, *shard_bytes;
    ambit_layout_episodes episodes;
} survey;

enum { PATH_SIZE = 4096 };

static ambit_status open_shard(const survey *s, int number, ambit_shard **shard) {
    char path[PATH_SIZE];
    ambit_shard_path(s->folder, number, path, sizeof path);
    return ambit_shard_open(path, 0, shard);
}

static ambit_status size_of_file(const char *path, int64_t *bytes) {
    struct stat about;
    if (stat(path, &about) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s", path);
    *bytes = (int64_t)about.st_size;
    return AMBIT_OK;
}

/* All shards come from one description, so a difference means a folder that two runs wrote to. */
static ambit_status same_fields(survey *s, int number, const ambit_shard *shard) {
    int count = ambit_shard_field_count(shard);
    if (number == 0) {
        s->field_count = count;
        memcpy(s->fields, ambit_shard_fields(shard), (size_t)count * sizeof *s->fields);
    }
    if (count == s->field_count &&
        memcmp(s->fields, ambit_shard_fields(shard), (size_t)count * sizeof *s->fields) == 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "%s: shard %d has other fields than shard 0; remove the folder and ingest "
                      "again",
                      s->folder, number);
}

static ambit_status count_shard(survey *s, int number) {
    ambit_shard *shard;
    char path[PATH_SIZE];
    AMBIT_TRY(open_shard(s, number, &shard));
    ambit_status status = same_fields(s, number, shard);
    s->shard_episodes[number] = ambit_shard_root(shard)->episodes;
    s->shard_steps[number] = ambit_shard_root(shard)->steps;
    s->root.episodes += ambit_shard_root(shard)->episodes;
    s->root.steps += ambit_shard_root(shard)->steps;
    ambit_shard_close(shard);
    AMBIT_TRY(status);
    ambit_shard_path(s->folder, number, path, sizeof path);
    return size_of_file(path, &s->shard_bytes[number]);
}

static ambit_status gather_episodes(survey *s) {
    int64_t episode = 0, step = 0;
    AMBIT_TRY(ambit_layout_allocate_episodes(s->root.episodes, &s->episodes));
    for (int i = 0; i < s->shard_count; i++) {
        ambit_shard *shard;
        AMBIT_TRY(open_shard(s, i, &shard));
        const ambit_layout_episodes *from = ambit_shard_episodes(shard);
        for (int64_t e = 0; e < from->count; e++, episode++) {
            s->episodes.ends[episode] = step + from->ends[e];
            s->episodes.sigma_min[episode] = from->sigma_min[e];
            s->episodes.sigma_max[episode] = from->sigma_max[e];
        }
        step += s->shard_steps[i];
        ambit_shard_close(shard);
    }
    return AMBIT_OK;
}

static ambit_status look_at_shards(survey *s) {
    size_t count = (size_t)s->shard_count;
    AMBIT_TRY(ambit_allocate(&s->shard_episodes, count, sizeof(int64_t), "index"));
    AMBIT_TRY(ambit_allocate(&s->shard_steps, count, sizeof(int64_t), "index"));
    AMBIT_TRY(ambit_allocate(&s->shard_bytes, count, sizeof(int64_t), "index"));
    for (int i = 0; i < s->shard_count; i++)
        AMBIT_TRY(count_shard(s, i));
    if (s->root.steps == 0)
        return ambit_fail(AMBIT_DATA,
                          "%s: no shard holds a step; the source gave only empty episodes",
                          s->folder);
    return gather_episodes(s);
}

/* ------------------------------------------------------------------------------- statistics */

/* So many shards are merged at once that their sketches fit 256 MiB; depends on the data alone. */
static int fan_in(const survey *s, int field) {
    const ambit_element_groups groups = ambit_field_groups(&s->fields[field]);
    int64_t elements = ambit_group_count(&groups);
    int64_t bytes =
        elements * (ambit_statistics_points(elements, s->root.steps * groups.pixels) * 4 +
                    AMBIT_STATISTICS_ROWS * 8);
    int64_t most = (INT64_C(256) << 20) / bytes;
    return most < 2 ? 2 : most > s->shard_count ? s->shard_count + 1 : (int)most;
}

static void destroy_parts(ambit_statistics *parts, int count) {
    for (int i = 0; i < count; i++)
        ambit_statistics_destroy(&parts[i]);
}

/* Replaces the parts by their whole, in parts[0]. */
static ambit_status fold(ambit_statistics *parts, int *count) {
    ambit_statistics whole;
    AMBIT_TRY(ambit_statistics_merge(parts, *count, &whole));
    destroy_parts(parts, *count);
    parts[0] = whole;
    *count = 1;
    return AMBIT_OK;
}

static ambit_status merge_shards(const survey *s, int field, ambit_statistics *parts, int *count,
                                 int most) {
    for (int i = 0; i < s->shard_count; i++) {
        ambit_shard *shard;
        AMBIT_TRY(open_shard(s, i, &shard));
        ambit_status status = ambit_shard_statistics(shard, field, &parts[*count]);
        ambit_shard_close(shard);
        AMBIT_TRY(status);
        (*count)++;
        if (*count == most)
            AMBIT_TRY(fold(parts, count));
    }
    return fold(parts, count);
}

static ambit_status write_field_statistics(const survey *s, hid_t file, int field) {
    ambit_statistics *parts;
    int most = fan_in(s, field), count = 0;
    hid_t group = -1;
    AMBIT_TRY(ambit_allocate(&parts, (size_t)most, sizeof *parts, "statistics"));
    ambit_status status = merge_shards(s, field, parts, &count, most);
    if (status == AMBIT_OK)
        status = ambit_layout_open_field(file, field, &group);
    if (status == AMBIT_OK) {
        status = ambit_layout_write_statistics(group, &parts[0]);
        H5Gclose(group);
    }
    destroy_parts(parts, count);
    free(parts);
    return status;
}

/* ------------------------------------------------------------------------------- writing */

static ambit_status write_shards(const survey *s, hid_t file) {
    hid_t group;
    int64_t count = s->shard_count;
    AMBIT_TRY(ambit_hdf_create_group(file, "shards", &group));
    ambit_status status =
        ambit_hdf_write_array(group, "episodes", AMBIT_HDF_I64, 1, &count, s->shard_episodes);
    if (status == AMBIT_OK)
        status = ambit_hdf_write_array(group, "steps", AMBIT_HDF_I64, 1, &count, s->shard_steps);
    if (status == AMBIT_OK)
        status = ambit_hdf_write_array(group, "bytes", AMBIT_HDF_I64, 1, &count, s->shard_bytes);
    H5Gclose(group);
    return status;
}

static ambit_status write_text_list(hid_t group, const char *name, const char *const *texts,
                                    int count) {
    ambit_layout_texts list = {0};
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < count && status == AMBIT_OK; i++)
        status = ambit_layout_add_text(&list, texts[i]);
    if (status == AMBIT_OK)
        status = ambit_layout_write_texts(group, name, &list);
    ambit_layout_free_texts(&list);
    return status;
}

static ambit_status write_provenance(hid_t file, const char *const *keys, const char *const *values,
                                     int count) {
    hid_t group;
    AMBIT_TRY(ambit_hdf_create_group(file, "provenance", &group));
    ambit_status status = write_text_list(group, "key", keys, count);
    if (status == AMBIT_OK)
        status = write_text_list(group, "value", values, count);
    H5Gclose(group);
    return status;
}

static ambit_status write_index(const survey *s, hid_t file, double step_seconds) {
    AMBIT_TRY(ambit_layout_write_root(file, AMBIT_LAYOUT_INDEX, &s->root));
    AMBIT_TRY(ambit_hdf_write_numbers(file, "step_seconds", AMBIT_HDF_F64, 1, &step_seconds));
    AMBIT_TRY(ambit_layout_write_fields(file, s->fields, s->field_count));
    for (int f = 0; f < s->field_count; f++)
        AMBIT_TRY(write_field_statistics(s, file, f));
    AMBIT_TRY(ambit_layout_write_episodes(file, &s->episodes));
    return write_shards(s, file);
}

static void forget(survey *s) {
    free(s->shard_episodes);
    free(s->shard_steps);
    free(s->shard_bytes);
    free(s->episodes.ends);
    free(s);
}

ambit_status ambit_index_write(const char *folder, int shard_count, double step_seconds,
                               const char *const *provenance_keys,
                               const char *const *provenance_values, int provenance_count) {
    survey *s;
    char path[PATH_SIZE];
    ambit_memory_file *file = NULL;
    snprintf(path, sizeof path, "%s/index.h5", folder);
    AMBIT_TRY(ambit_allocate(&s, 1, sizeof *s, "index"));
    s->folder = folder;
    s->shard_count = shard_count;
    ambit_status status = look_at_shards(s);
    if (status == AMBIT_OK)
        status = ambit_memory_file_create(path, &file);
    if (status == AMBIT_OK)
        status = write_index(s, ambit_memory_file_id(file), step_seconds);
    if (status == AMBIT_OK)
        status = write_provenance(ambit_memory_file_id(file), provenance_keys, provenance_values,
                                  provenance_count);
    forget(s);
    if (status == AMBIT_OK)
        return ambit_memory_file_write(file);
    ambit_memory_file_drop(file);
    return status;
}
