#include "store.h"

#include "../core/base/bisect.h"
#include "../core/base/nearest.h"
#include "shard.h"
#include "writer.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A job may open many stores of many shards, and a process may have 1,024 files open; each open
 * shard keeps a few chunks of each field that is read. */
enum { MOST_OPEN_SHARDS = 64, CHUNK_CACHE = 16 * AMBIT_HDF_CHUNK_BYTES, PATH_SIZE = 4096 };

struct ambit_store {
    char *folder;
    ambit_layout_root root;
    double step_seconds;
    int field_count;
    ambit_field_info fields[AMBIT_STORE_MAX_FIELDS];
    ambit_statistics statistics[AMBIT_STORE_MAX_FIELDS];
    ambit_layout_episodes episodes;
    ambit_layout_texts keys, values; /* provenance */
    char key[256], value[AMBIT_MESSAGE_SIZE], name[1024];

    int shard_count, open_count;
    int64_t *first_steps, *first_episodes; /* [shard_count + 1] */
    ambit_shard **shards;                  /* [shard_count], NULL: closed */
    uint64_t *used, clock;                 /* [shard_count] when last asked for */

    int64_t cache_left;
    void *cache[AMBIT_STORE_MAX_FIELDS]; /* whole fields in memory: floats, or bytes of u8 */
    struct {
        int64_t *ends; /* [steps] NULL: not in memory */
        uint8_t *bytes;
        bool too_large; /* when it was tried */
    } byte_cache[AMBIT_STORE_MAX_FIELDS];
    uint8_t *bytes;
    int64_t bytes_room;
};

/* ------------------------------------------------------------------------------- opening */

static ambit_status check_shard_file(const ambit_store *store, int number, int64_t bytes) {
    char path[PATH_SIZE];
    struct stat about;
    ambit_shard_path(store->folder, number, path, sizeof path);
    if (stat(path, &about) != 0)
        return ambit_fail_errno(AMBIT_IO, errno,
                                "%s: the store's index lists this shard; copy the whole folder "
                                "again",
                                path);
    if ((int64_t)about.st_size != bytes)
        return ambit_fail(AMBIT_DATA,
                          "%s: is %" PRId64 " bytes long, the index says %" PRId64
                          ": cut short or changed; copy or ingest it again",
                          path, (int64_t)about.st_size, bytes);
    return AMBIT_OK;
}

static ambit_status read_shard_columns(ambit_store *store, hid_t group, int64_t *bytes) {
    int64_t count = store->shard_count;
    AMBIT_TRY(ambit_hdf_read_array(group, "episodes", AMBIT_HDF_I64, 1, &count,
                                   store->first_episodes + 1));
    AMBIT_TRY(
        ambit_hdf_read_array(group, "steps", AMBIT_HDF_I64, 1, &count, store->first_steps + 1));
    return ambit_hdf_read_array(group, "bytes", AMBIT_HDF_I64, 1, &count, bytes);
}

/* Turns counts into running sums and compares these with the table of episodes. */
static ambit_status check_shard_counts(ambit_store *store) {
    int64_t *episodes = store->first_episodes, *steps = store->first_steps;
    for (int i = 0; i < store->shard_count; i++) {
        int64_t most_episodes = store->root.episodes - episodes[i];
        int fine = episodes[i + 1] >= 0 && episodes[i + 1] <= most_episodes && steps[i + 1] >= 0 &&
                   steps[i + 1] <= store->root.steps - steps[i];
        episodes[i + 1] += fine ? episodes[i] : 0;
        steps[i + 1] += fine ? steps[i] : 0;
        int64_t last = episodes[i + 1];
        if (!fine || steps[i + 1] != (last > 0 ? store->episodes.ends[last - 1] : 0))
            return ambit_fail(AMBIT_DATA,
                              "%s/index.h5: /shards: shard %d ends at episode %" PRId64
                              " and step %" PRId64 ", which does not fit /episodes; copy or "
                              "ingest the store again",
                              store->folder, i, last, steps[i + 1]);
    }
    if (episodes[store->shard_count] == store->root.episodes)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "%s/index.h5: /shards: hold %" PRId64 " episodes of %" PRId64
                      "; copy or ingest the store again",
                      store->folder, episodes[store->shard_count], store->root.episodes);
}

static ambit_status allocate_shards(ambit_store *store, int64_t count, int64_t **bytes) {
    size_t n = (size_t)count;
    store->shard_count = (int)count;
    AMBIT_TRY(ambit_allocate(&store->first_episodes, n + 1, sizeof(int64_t), "store"));
    AMBIT_TRY(ambit_allocate(&store->first_steps, n + 1, sizeof(int64_t), "store"));
    AMBIT_TRY(ambit_allocate(&store->shards, n, sizeof *store->shards, "store"));
    AMBIT_TRY(ambit_allocate(&store->used, n, sizeof *store->used, "store"));
    return ambit_allocate(bytes, n, sizeof **bytes, "store");
}

static ambit_status read_shards(ambit_store *store, hid_t file) {
    hid_t group, array;
    int64_t count = -1, *bytes = NULL;
    AMBIT_TRY(ambit_hdf_open_group(file, "shards", &group));
    ambit_status status = ambit_hdf_open_array(group, "bytes", AMBIT_HDF_I64, 1, &count, 0, &array);
    if (status == AMBIT_OK) {
        H5Dclose(array);
        if (count < 1 || count > 99999)
            status = ambit_hdf_fail_at(AMBIT_DATA, group, NULL,
                                       "must list 1 to 99,999 shards; ingest the store again");
    }
    if (status == AMBIT_OK)
        status = allocate_shards(store, count, &bytes);
    if (status == AMBIT_OK)
        status = read_shard_columns(store, group, bytes);
    H5Gclose(group);
    if (status == AMBIT_OK)
        status = check_shard_counts(store);
    for (int i = 0; i < store->shard_count && status == AMBIT_OK; i++)
        status = check_shard_file(store, i, bytes[i]);
    free(bytes);
    return status;
}

static ambit_status read_provenance(ambit_store *store, hid_t file) {
    hid_t group;
    AMBIT_TRY(ambit_hdf_open_group(file, "provenance", &group));
    ambit_status status = ambit_layout_read_texts(group, "key", -1, &store->keys);
    if (status == AMBIT_OK)
        status = ambit_layout_read_texts(group, "value", store->keys.count, &store->values);
    H5Gclose(group);
    return status;
}

static ambit_status read_statistics(ambit_store *store, hid_t file, int field, int sketch,
                                    ambit_statistics *statistics) {
    hid_t group;
    AMBIT_TRY(ambit_layout_open_field(file, field, &group));
    ambit_status status = ambit_layout_read_statistics(group, &store->fields[field], &store->root,
                                                       sketch, statistics);
    H5Gclose(group);
    return status;
}

static ambit_status read_index(ambit_store *store, hid_t file) {
    AMBIT_TRY(ambit_layout_read_root(file, AMBIT_LAYOUT_INDEX, &store->root));
    if (store->root.episodes == 0) /* none to count, to average, or to learn from */
        return ambit_hdf_fail_at(AMBIT_DATA, file, NULL,
                                 "holds no episodes; ingest the data again");
    AMBIT_TRY(ambit_hdf_read_numbers(file, "step_seconds", AMBIT_HDF_F64, 1, &store->step_seconds));
    AMBIT_TRY(ambit_layout_read_fields(file, store->fields, &store->field_count));
    AMBIT_TRY(ambit_layout_read_episodes(file, &store->root, &store->episodes));
    for (int f = 0; f < store->field_count; f++)
        AMBIT_TRY(read_statistics(store, file, f, 0, &store->statistics[f]));
    AMBIT_TRY(read_provenance(store, file));
    return read_shards(store, file);
}

static ambit_status open_index(const ambit_store *store, hid_t *file) {
    char path[PATH_SIZE];
    struct stat about;
    if (stat(store->folder, &about) == 0 && !S_ISDIR(about.st_mode))
        return ambit_fail(AMBIT_USAGE, "%s: is a file; give the folder that holds its index.h5",
                          store->folder);
    snprintf(path, sizeof path, "%s/index.h5", store->folder);
    ambit_status status = ambit_hdf_open_file(path, file);
    if (status == AMBIT_NO_INPUT)
        return ambit_fail(status,
                          "%s: there is no store here (no index.h5); make one with `ambit ingest`",
                          store->folder);
    return status;
}

static ambit_status load(ambit_store *store) {
    hid_t file = -1;
    AMBIT_TRY(open_index(store, &file));
    ambit_status status = read_index(store, file);
    H5Fclose(file);
    return status;
}

ambit_status ambit_store_open(const char *folder, int64_t cache_bytes, ambit_store **store) {
    ambit_store *s;
    *store = NULL;
    AMBIT_TRY(ambit_allocate(&s, 1, sizeof *s, "store"));
    s->cache_left = cache_bytes;
    ambit_status status = ambit_allocate(&s->folder, strlen(folder) + 1, 1, "path");
    if (status == AMBIT_OK) {
        memcpy(s->folder, folder, strlen(folder));
        status = load(s);
    }
    if (status == AMBIT_OK)
        *store = s;
    else
        ambit_store_close(s);
    return status;
}

void ambit_store_close(ambit_store *store) {
    if (!store)
        return;
    for (int i = 0; i < store->shard_count && store->shards; i++)
        ambit_shard_close(store->shards[i]);
    for (int f = 0; f < store->field_count; f++) {
        ambit_statistics_destroy(&store->statistics[f]);
        free(store->cache[f]);
        free(store->byte_cache[f].ends);
        free(store->byte_cache[f].bytes);
    }
    ambit_layout_free_texts(&store->keys);
    ambit_layout_free_texts(&store->values);
    free(store->episodes.ends);
    free(store->first_steps);
    free(store->first_episodes);
    free(store->shards);
    free(store->used);
    free(store->bytes);
    free(store->folder);
    free(store);
}

/* ------------------------------------------------------------------------------- what there is */

const char *ambit_store_folder(const ambit_store *store) {
    return store->folder;
}

int ambit_store_field_count(const ambit_store *store) {
    return store->field_count;
}

const ambit_field_info *ambit_store_field(const ambit_store *store, int field) {
    return &store->fields[field];
}

const ambit_statistics *ambit_store_statistics(const ambit_store *store, int field) {
    return &store->statistics[field];
}

ambit_status ambit_store_read_statistics(const ambit_store *store, int field,
                                         ambit_statistics *statistics) {
    hid_t file = -1;
    AMBIT_TRY(open_index(store, &file));
    ambit_status status = read_statistics((ambit_store *)store, file, field, 1, statistics);
    H5Fclose(file);
    return status;
}

int64_t ambit_store_episode_count(const ambit_store *store) {
    return store->root.episodes;
}

int64_t ambit_store_step_count(const ambit_store *store) {
    return store->root.steps;
}

int ambit_store_shard_count(const ambit_store *store) {
    return store->shard_count;
}

double ambit_store_step_seconds(const ambit_store *store) {
    return store->step_seconds;
}

void ambit_store_episode_range(const ambit_store *store, int64_t episode, int64_t *first,
                               int64_t *end) {
    *first = episode > 0 ? store->episodes.ends[episode - 1] : 0;
    *end = store->episodes.ends[episode];
}

void ambit_store_episode_ambit(const ambit_store *store, int64_t episode, double *sigma_min,
                               double *sigma_max) {
    *sigma_min = store->episodes.sigma_min[episode];
    *sigma_max = store->episodes.sigma_max[episode];
}

typedef struct {
    const int64_t *ends, value;
} sought_end;

static int ends_behind(const void *context, int64_t i) {
    const sought_end *sought = context;
    return sought->ends[i] > sought->value;
}

/* The least i in [0, count) with ends[i] > value; ends ascend and the last is greater. */
static int64_t find_end(const int64_t *ends, int64_t count, int64_t value) {
    const sought_end sought = {ends, value};
    return ambit_bisect(0, count - 1, ends_behind, &sought);
}

int64_t ambit_store_episode_of(const ambit_store *store, int64_t step) {
    return find_end(store->episodes.ends, store->episodes.count, step);
}

const char *ambit_store_provenance(const ambit_store *store, int index, const char **value) {
    ambit_store *s = (ambit_store *)store; /* only its text buffers change */
    if (index < 0 || index >= s->keys.count)
        return NULL;
    ambit_layout_text(&s->keys, index, s->key, sizeof s->key);
    ambit_layout_text(&s->values, index, s->value, sizeof s->value);
    *value = s->value;
    return s->key;
}

/* ------------------------------------------------------------------------------- finding fields */

static void list_names(const ambit_store *store, const char *name, char *list, size_t size) {
    int listed[AMBIT_STORE_MAX_FIELDS] = {0};
    size_t length = 0;
    for (int n = 0; n < store->field_count; n++) {
        int nearest = -1;
        for (int f = 0; f < store->field_count; f++)
            if (!listed[f] &&
                (nearest < 0 || ambit_edit_distance(name, store->fields[f].name) <
                                    ambit_edit_distance(name, store->fields[nearest].name)))
                nearest = f;
        listed[nearest] = 1;
        int more = snprintf(list + length, size - length, "%s%s", n ? ", " : "",
                            store->fields[nearest].name);
        if (more < 0 || (size_t)more >= size - length)
            return;
        length += (size_t)more;
    }
}

int ambit_store_look_up(const ambit_store *store, const char *name) {
    for (int f = 0; f < store->field_count; f++)
        if (strcmp(store->fields[f].name, name) == 0)
            return f;
    return -1;
}

ambit_status ambit_store_find(const ambit_store *store, const char *name, int *field) {
    *field = ambit_store_look_up(store, name);
    if (*field >= 0)
        return AMBIT_OK;
    char list[1024] = "";
    list_names(store, name, list, sizeof list);
    return ambit_fail(AMBIT_CONFIG, "%s: there is no field \"%s\"; the store has: %s",
                      store->folder, name, list);
}

/* ------------------------------------------------------------------------------- shards */

static void close_oldest(ambit_store *store) {
    int oldest = -1;
    for (int i = 0; i < store->shard_count; i++)
        if (store->shards[i] && (oldest < 0 || store->used[i] < store->used[oldest]))
            oldest = i;
    ambit_shard_close(store->shards[oldest]);
    store->shards[oldest] = NULL;
    store->open_count--;
}

/* The index speaks for the shard: fields, episodes and their ends must be the same in both. */
static ambit_status check_against_index(const ambit_store *store, int number,
                                        const ambit_shard *shard) {
    const ambit_layout_episodes *episodes = ambit_shard_episodes(shard);
    int64_t first = store->first_episodes[number], first_step = store->first_steps[number];
    int fine = ambit_shard_field_count(shard) == store->field_count &&
               memcmp(ambit_shard_fields(shard), store->fields,
                      (size_t)store->field_count * sizeof *store->fields) == 0 &&
               episodes->count == store->first_episodes[number + 1] - first;
    for (int64_t e = 0; fine && e < episodes->count; e++)
        fine = episodes->ends[e] == store->episodes.ends[first + e] - first_step;
    if (fine)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "%s/shard-%05d.h5: its fields or episodes differ from those in index.h5: "
                      "a file of another store; copy the whole folder again",
                      store->folder, number);
}

static ambit_status get_shard(ambit_store *store, int number, ambit_shard **shard) {
    store->used[number] = ++store->clock;
    *shard = store->shards[number];
    if (*shard)
        return AMBIT_OK;
    char path[PATH_SIZE];
    ambit_shard_path(store->folder, number, path, sizeof path);
    AMBIT_TRY(ambit_shard_open(path, CHUNK_CACHE, shard));
    ambit_status status = check_against_index(store, number, *shard);
    if (status != AMBIT_OK) {
        ambit_shard_close(*shard);
        return status;
    }
    if (store->open_count == MOST_OPEN_SHARDS)
        close_oldest(store);
    store->shards[number] = *shard;
    store->open_count++;
    return AMBIT_OK;
}

static int shard_of_step(const ambit_store *store, int64_t step) {
    return (int)find_end(store->first_steps + 1, store->shard_count, step);
}

ambit_status ambit_store_episode_name(ambit_store *store, int64_t episode, const char **name) {
    ambit_shard *shard;
    int number = (int)find_end(store->first_episodes + 1, store->shard_count, episode);
    int64_t inside = episode - store->first_episodes[number];
    *name = store->name;
    AMBIT_TRY(get_shard(store, number, &shard));
    return ambit_shard_episode_name(shard, inside, store->name, sizeof store->name);
}

/* ------------------------------------------------------------------------------- values */

/* Ingestion lets no such number in; in a network it would look like training that diverged. */
static ambit_status check_finite(const ambit_store *store, int field, int64_t first, int64_t count,
                                 const float *values) {
    const ambit_field_info *info = &store->fields[field];
    const int64_t elements = ambit_field_elements(info), numbers = count * elements;
    int64_t bad = 0, episode_first, episode_end;
    int fine = 1;
    if (info->element != AMBIT_STORE_F32)
        return AMBIT_OK;
    for (int64_t i = 0; i < numbers; i++)
        fine &= fabsf(values[i]) <= FLT_MAX;
    if (fine)
        return AMBIT_OK;
    while (isfinite(values[bad]))
        bad++;
    const int64_t step = first + bad / elements, episode = ambit_store_episode_of(store, step);
    ambit_store_episode_range(store, episode, &episode_first, &episode_end);
    return ambit_fail(AMBIT_DATA,
                      "%s: episode %" PRId64 ", field \"%s\": step %" PRId64 ", element %" PRId64
                      " is %g: not written by Ambit, or changed since; ingest the data again",
                      store->folder, episode, info->name, step - episode_first, bad % elements,
                      (double)values[bad]);
}

static bool is_u8(const ambit_store *store, int field) {
    return store->fields[field].element == AMBIT_STORE_U8;
}

static ambit_status fill_cache(ambit_store *store, int field, int64_t elements, void *values) {
    for (int i = 0; i < store->shard_count; i++) {
        ambit_shard *shard;
        int64_t first = store->first_steps[i], count = store->first_steps[i + 1] - first;
        float *numbers = (float *)values + first * elements;
        AMBIT_TRY(get_shard(store, i, &shard));
        if (is_u8(store, field)) {
            AMBIT_TRY(
                ambit_shard_read_u8(shard, field, 0, count, (uint8_t *)values + first * elements));
            continue;
        }
        AMBIT_TRY(ambit_shard_read(shard, field, 0, count, numbers));
        AMBIT_TRY(check_finite(store, field, first, count, numbers));
    }
    return AMBIT_OK;
}

/* Brings the field into memory if it fits what is left of the cache. */
static ambit_status cache_field(ambit_store *store, int field, int64_t elements) {
    const int64_t size = is_u8(store, field) ? 1 : sizeof(float);
    void *values;
    if (store->root.steps > store->cache_left / size / elements)
        return AMBIT_OK;
    int64_t numbers = store->root.steps * elements;
    AMBIT_TRY(ambit_allocate(&values, (size_t)numbers, (size_t)size, "data cache"));
    ambit_status status = fill_cache(store, field, elements, values);
    if (status != AMBIT_OK) {
        free(values);
        return status;
    }
    store->cache[field] = values;
    store->cache_left -= numbers * size;
    return AMBIT_OK;
}

/* From the cache. */
static void copy_numbers(const ambit_store *store, int field, int64_t first, int64_t count,
                         float *values) {
    const void *cache = store->cache[field];
    if (!is_u8(store, field)) {
        memcpy(values, (const float *)cache + first, (size_t)count * sizeof *values);
        return;
    }
    const uint8_t *bytes = (const uint8_t *)cache + first;
    for (int64_t i = 0; i < count; i++)
        values[i] = bytes[i];
}

int64_t ambit_store_cache_left(const ambit_store *store) {
    return store->cache_left;
}

static ambit_status check_range(const ambit_store *store, int field, int64_t first, int64_t count) {
    if (store->fields[field].element == AMBIT_STORE_BYTES)
        return ambit_fail(AMBIT_CONFIG,
                          "%s: field \"%s\" holds bytes, not numbers; choose a "
                          "numeric field",
                          store->folder, store->fields[field].name);
    if (first >= 0 && count >= 1 && first < store->root.steps &&
        count <= store->episodes.ends[ambit_store_episode_of(store, first)] - first)
        return AMBIT_OK;
    return ambit_fail(AMBIT_INTERNAL,
                      "%s: steps %" PRId64 " to %" PRId64 " were asked for, which "
                      "are not of one episode",
                      store->folder, first, first + count);
}

ambit_status ambit_store_read(ambit_store *store, int field, int64_t first, int64_t count,
                              float *values) {
    int64_t elements = ambit_field_elements(&store->fields[field]);
    AMBIT_TRY(check_range(store, field, first, count));
    if (!store->cache[field])
        AMBIT_TRY(cache_field(store, field, elements));
    if (store->cache[field]) {
        copy_numbers(store, field, first * elements, count * elements, values);
        return AMBIT_OK;
    }
    ambit_shard *shard;
    int number = shard_of_step(store, first);
    AMBIT_TRY(get_shard(store, number, &shard));
    AMBIT_TRY(ambit_shard_read(shard, field, first - store->first_steps[number], count, values));
    return check_finite(store, field, first, count, values);
}

/* The bytes of a whole field; above `most`: most + 1. */
static ambit_status count_bytes(ambit_store *store, int field, int64_t most, int64_t *total) {
    *total = 0;
    for (int i = 0; i < store->shard_count && *total <= most; i++) {
        ambit_shard *shard;
        int64_t count;
        AMBIT_TRY(get_shard(store, i, &shard));
        AMBIT_TRY(ambit_shard_count_bytes(shard, field, &count));
        *total = count > most - *total ? most + 1 : *total + count;
    }
    return AMBIT_OK;
}

static ambit_status fill_byte_cache(ambit_store *store, int field, int64_t *ends, uint8_t *bytes) {
    int64_t before = 0;
    for (int i = 0; i < store->shard_count; i++) {
        ambit_shard *shard;
        const int64_t first = store->first_steps[i], end = store->first_steps[i + 1];
        int64_t count;
        AMBIT_TRY(get_shard(store, i, &shard));
        AMBIT_TRY(ambit_shard_count_bytes(shard, field, &count));
        AMBIT_TRY(ambit_shard_read_all_bytes(shard, field, ends + first, bytes + before));
        for (int64_t step = first; step < end; step++)
            ends[step] += before;
        before += count;
    }
    return AMBIT_OK;
}

/* Brings a field of bytes into memory if it fits what is left of the cache. The index's mean length
 * tells of most that do not fit without a look at the shards. */
static ambit_status cache_bytes(ambit_store *store, int field) {
    const int64_t steps = store->root.steps, word = sizeof(int64_t);
    const double expected = store->statistics[field].mean[0] * (double)steps;
    int64_t total, *ends;
    uint8_t *bytes = NULL;
    store->byte_cache[field].too_large = true; /* until it is there */
    if (steps > store->cache_left / word ||
        expected > (double)(store->cache_left - steps * word) + 1)
        return AMBIT_OK;
    AMBIT_TRY(count_bytes(store, field, store->cache_left - steps * word, &total));
    if (total > store->cache_left - steps * word)
        return AMBIT_OK;
    AMBIT_TRY(ambit_allocate(&ends, (size_t)steps, sizeof *ends, "data cache"));
    ambit_status status = ambit_allocate(&bytes, (size_t)total, 1, "data cache");
    if (status == AMBIT_OK)
        status = fill_byte_cache(store, field, ends, bytes);
    if (status != AMBIT_OK) {
        free(ends);
        free(bytes);
        return status;
    }
    store->byte_cache[field].ends = ends;
    store->byte_cache[field].bytes = bytes;
    store->cache_left -= total + steps * word;
    return AMBIT_OK;
}

ambit_status ambit_store_read_bytes(ambit_store *store, int field, int64_t step,
                                    const uint8_t **bytes, size_t *size) {
    ambit_shard *shard;
    int64_t length;
    if (store->fields[field].element != AMBIT_STORE_BYTES || step < 0 || step >= store->root.steps)
        return ambit_fail(AMBIT_INTERNAL,
                          "%s: bytes of step %" PRId64 " of field \"%s\" were "
                          "asked for, which there are not",
                          store->folder, step, store->fields[field].name);
    if (!store->byte_cache[field].ends && !store->byte_cache[field].too_large)
        AMBIT_TRY(cache_bytes(store, field));
    const int64_t *ends = store->byte_cache[field].ends;
    if (ends) {
        const int64_t start = step > 0 ? ends[step - 1] : 0;
        *bytes = store->byte_cache[field].bytes + start;
        *size = (size_t)(ends[step] - start);
        return AMBIT_OK;
    }
    int number = shard_of_step(store, step);
    AMBIT_TRY(get_shard(store, number, &shard));
    AMBIT_TRY(ambit_shard_read_bytes(shard, field, step - store->first_steps[number], &store->bytes,
                                     &store->bytes_room, &length));
    *bytes = store->bytes;
    *size = (size_t)length;
    return AMBIT_OK;
}
