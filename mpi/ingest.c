#include "ingest.h"

#include "../datasets/writer.h"
#include "shared_plugin.h"
#include "source_check.h"
#include "store_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { MOST_SHARDS = 99999 };

/* What a rank holds while it ingests. */
typedef struct {
    const ambit_ranks *ranks;
    const ambit_ingest_options *options;
    ambit_store_folder *folder;
    ambit_plugin *plugin;
    const ambit_source_description *about;
    ambit_source_check check;
    ambit_field_info fields[AMBIT_STORE_MAX_FIELDS];
    int field_count;
    int64_t per_shard, shard_count;
    ambit_ingest_summary own, all; /* of this rank's shards, and of all */
} ingestion;

/* ------------------------------------------------------------------------------- the source */

static ambit_status copy_text(const char *field, const char *what, const char *from, char *to,
                              size_t size) {
    int length = snprintf(to, size, "%s", from ? from : "");
    if (length >= 0 && (size_t)length < size)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA, "field \"%s\": its %s is longer than %zu bytes; shorten it",
                      field, what, size - 1);
}

_Static_assert((int)AMBIT_MAX_FIELD_NAME == AMBIT_STORE_NAME - 1 &&
                   (int)AMBIT_MAX_FIELDS == AMBIT_STORE_MAX_FIELDS &&
                   (int)AMBIT_MAX_RANK == AMBIT_STORE_MAX_RANK,
               "what a plugin may describe is what a store holds");

static ambit_status copy_field(const ambit_field *from, ambit_field_info *to) {
    memset(to, 0, sizeof *to);
    AMBIT_TRY(copy_text(from->name, "name", from->name, to->name, sizeof to->name));
    AMBIT_TRY(copy_text(from->name, "media type", from->media, to->media, sizeof to->media));
    AMBIT_TRY(copy_text(from->name, "unit", from->unit, to->unit, sizeof to->unit));
    /* A help text that is too long is cut: nothing depends on it. */
    snprintf(to->help, sizeof to->help, "%s", from->help ? from->help : "");
    to->element = (ambit_store_element)from->element; /* the values are the same */
    to->rank = (int)from->rank;
    memcpy(to->shape, from->shape, from->rank * sizeof *to->shape);
    to->zero_padded = from->zero_padded;
    to->unnormalised = from->unnormalised;
    return AMBIT_OK;
}

static ambit_status copy_fields(ingestion *in) {
    in->field_count = (int)in->about->field_count;
    for (int f = 0; f < in->field_count; f++)
        AMBIT_TRY(copy_field(&in->about->fields[f], &in->fields[f]));
    return ambit_fields_check(in->fields, in->field_count);
}

int64_t ambit_ingest_shard_episodes(int64_t episodes, int64_t first_bytes) {
    const int64_t most_bytes = INT64_C(128) << 20;
    int64_t per_shard = (episodes + 127) / 128;
    per_shard = per_shard < 8 ? 8 : per_shard > 1024 ? 1024 : per_shard;
    int64_t fitting = first_bytes > 0 ? most_bytes / first_bytes : per_shard;
    return fitting < 1 ? 1 : fitting < per_shard ? fitting : per_shard;
}

/* Bytes of the columns of the first episode that is not left out as bad. */
static ambit_status measure_first(ingestion *in, int64_t *bytes) {
    ambit_episode episode = {.steps = 0};
    bool is_bad = true;
    *bytes = 0;
    for (int64_t e = 0; is_bad && e < in->about->episode_count; e++)
        AMBIT_TRY(ambit_source_read(&in->check, e, &episode, &is_bad));
    if (is_bad)
        return AMBIT_OK;
    for (int f = 0; f < in->field_count && episode.steps > 0; f++) {
        const ambit_field_info *field = &in->fields[f];
        const uint64_t *offsets = episode.columns[f].offsets;
        *bytes += field->element == AMBIT_STORE_BYTES
                      ? (int64_t)(offsets[episode.steps] - offsets[0])
                      : episode.steps * ambit_field_elements(field) *
                            ambit_store_element_size(field->element);
    }
    return AMBIT_OK;
}

static ambit_status plan_shards(ingestion *in) {
    int64_t episodes = in->about->episode_count, wanted = in->options->shard_episodes, bytes;
    AMBIT_TRY(measure_first(in, &bytes));
    in->per_shard = wanted > 0 ? wanted : ambit_ingest_shard_episodes(episodes, bytes);
    in->shard_count = episodes / in->per_shard + (episodes % in->per_shard != 0);
    if (in->shard_count >= 1 && in->shard_count <= MOST_SHARDS)
        return AMBIT_OK;
    if (episodes == 0)
        return ambit_fail(AMBIT_DATA,
                          "%s %s: the source has no episodes; check the location and "
                          "the options that select episodes",
                          in->options->plugin, in->options->location);
    return ambit_fail(AMBIT_USAGE,
                      "%" PRId64 " episodes at %" PRId64 " a shard make %" PRId64 " shards, more "
                      "than %d; choose --shard-episodes %" PRId64 " or more",
                      episodes, in->per_shard, in->shard_count, MOST_SHARDS,
                      episodes / MOST_SHARDS + 1);
}

static ambit_status open_source(ingestion *in) {
    const ambit_ingest_options *o = in->options;
    AMBIT_TRY(ambit_shared_plugin_open(in->ranks, AMBIT_PLUGIN_SOURCE, o->plugin, o->location,
                                       o->settings, o->setting_count, &in->plugin));
    in->about = ambit_source_describe(in->plugin);
    ambit_status status = copy_fields(in);
    AMBIT_TRY_ALL(in->ranks, ambit_fail_within(status, "plugin %s", o->plugin));
    AMBIT_TRY(
        ambit_source_compare(in->ranks, in->plugin, o->location, o->leave_out_bad, &in->check));
    return ambit_agree(in->ranks, plan_shards(in));
}

/* ------------------------------------------------------------------------------- shards */

/* Counts an episode that is bad, and says why. */
static void leave_out(ingestion *in) {
    char line[AMBIT_MESSAGE_SIZE + 32];
    in->own.bad++;
    snprintf(line, sizeof line, "left out: %s", ambit_message());
    if (in->options->notice)
        in->options->notice(line);
}

static ambit_status append_episode(ingestion *in, int64_t index, ambit_shard_writer *writer) {
    ambit_episode episode;
    ambit_store_column columns[AMBIT_STORE_MAX_FIELDS];
    bool is_bad;
    AMBIT_TRY(ambit_source_read(&in->check, index, &episode, &is_bad));
    if (is_bad) {
        leave_out(in);
        return AMBIT_OK;
    }
    if (episode.steps == 0) {
        in->own.empty++;
        return AMBIT_OK;
    }
    for (int f = 0; f < in->field_count; f++)
        columns[f] = (ambit_store_column){episode.columns[f].values, episode.columns[f].offsets};
    AMBIT_TRY(ambit_shard_append(writer, episode.name, episode.steps, columns, episode.sigma_min,
                                 episode.sigma_max));
    in->own.episodes++;
    in->own.steps += episode.steps;
    return AMBIT_OK;
}

static ambit_status write_shard(ingestion *in, int64_t number) {
    char path[PATH_MAX + 32];
    struct stat about;
    ambit_shard_writer *writer;
    int64_t first = number * in->per_shard, end = first + in->per_shard;
    if (end > in->about->episode_count)
        end = in->about->episode_count;
    ambit_shard_path(ambit_store_folder_path(in->folder), (int)number, path, sizeof path);
    AMBIT_TRY(ambit_shard_create(path, in->fields, in->field_count, &writer));
    for (int64_t e = first; e < end; e++) {
        ambit_status status = append_episode(in, e, writer);
        if (status != AMBIT_OK) {
            ambit_shard_abandon(writer);
            return status;
        }
    }
    AMBIT_TRY(ambit_shard_finish(writer));
    if (stat(path, &about) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: is gone", path);
    in->own.bytes += (int64_t)about.st_size;
    return AMBIT_OK;
}

/* A shard a rank, then all hear whether one failed: nobody works on for a lost cause. */
static ambit_status write_shards(ingestion *in) {
    int ranks = in->ranks->size;
    for (int64_t first = 0; first < in->shard_count; first += ranks) {
        int64_t mine = first + in->ranks->rank;
        ambit_status status = mine < in->shard_count ? write_shard(in, mine) : AMBIT_OK;
        AMBIT_TRY_ALL(in->ranks, status);
    }
    return AMBIT_OK;
}

/* ------------------------------------------------------------------------------- index */

enum { MOST_ROWS = 9, OPTIONS_ROOM = 4096 };

typedef struct {
    const char *keys[MOST_ROWS], *values[MOST_ROWS];
    char digest[24], options[OPTIONS_ROOM], time[32], left_out[80];
    int count;
} provenance;

static void add_row(provenance *p, const char *key, const char *value) {
    p->keys[p->count] = key;
    p->values[p->count++] = value;
}

static void describe_options(const ambit_ingest_options *options, char text[OPTIONS_ROOM]) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < options->setting_count && used < OPTIONS_ROOM; i++)
        used += (size_t)snprintf(text + used, OPTIONS_ROOM - used, "%s%s=%s", i ? " " : "",
                                 options->settings[i].name, options->settings[i].value);
}

static void trace_origin(const ingestion *in, provenance *p) {
    const ambit_plugin_info *plugin = ambit_plugin_about(in->plugin);
    time_t now = time(NULL);
    struct tm utc;
    memset(p, 0, sizeof *p);
    describe_options(in->options, p->options);
    snprintf(p->digest, sizeof p->digest, "%016" PRIx64, ambit_plugin_digest(in->plugin));
    strftime(p->time, sizeof p->time, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    add_row(p, "plugin", plugin->name);
    add_row(p, "version", plugin->version);
    add_row(p, "digest", p->digest);
    add_row(p, "location", in->options->location);
    add_row(p, "options", p->options);
    add_row(p, "ambit", AMBIT_COMMIT);
    add_row(p, "time", p->time);
    add_row(p, "host", in->ranks->host);
    snprintf(p->left_out, sizeof p->left_out, "%" PRId64 " bad, %" PRId64 " without a step",
             in->all.bad, in->all.empty);
    if (in->all.bad + in->all.empty > 0)
        add_row(p, "left_out", p->left_out);
}

static ambit_status write_index(const ingestion *in) {
    provenance p;
    if (in->ranks->rank != 0)
        return AMBIT_OK;
    trace_origin(in, &p);
    return ambit_index_write(ambit_store_folder_path(in->folder), (int)in->shard_count,
                             in->about->step_seconds, p.keys, p.values, p.count);
}

/* Sums over all ranks. */
static ambit_status add_up(ingestion *in) {
    const ambit_ingest_summary *own = &in->own;
    const int64_t mine[] = {own->episodes, own->steps, own->empty, own->bad, own->bytes};
    int64_t sum[5];
    MPI_Allreduce(mine, sum, 5, MPI_INT64_T, MPI_SUM, in->ranks->world);
    in->all = (ambit_ingest_summary){.shards = in->shard_count,
                                     .episodes = sum[0],
                                     .steps = sum[1],
                                     .empty = sum[2],
                                     .bad = sum[3],
                                     .bytes = sum[4]};
    if (in->all.episodes > 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "%s %s: nothing is left of %" PRId64 " episodes: %" PRId64
                      " are bad, %" PRId64
                      " have no steps; check the location and the plugin's options",
                      in->options->plugin, in->options->location, in->about->episode_count,
                      in->all.bad, in->all.empty);
}

static ambit_status ingest(ingestion *in) {
    AMBIT_TRY(open_source(in));
    AMBIT_TRY(write_shards(in));
    AMBIT_TRY(add_up(in));
    return ambit_agree(in->ranks, write_index(in));
}

ambit_status ambit_ingest(const ambit_ranks *ranks, const ambit_ingest_options *options,
                          ambit_ingest_summary *summary) {
    ingestion *in = NULL;
    double started = MPI_Wtime();
    ambit_status status = ambit_allocate(&in, 1, sizeof *in, "ingestion");
    AMBIT_TRY_ALL(ranks, status);
    in->ranks = ranks;
    in->options = options;
    status = ambit_store_folder_begin(ranks, options->out, options->overwrite, options->notice,
                                      &in->folder);
    if (status == AMBIT_OK) {
        status = ingest(in);
        ambit_plugin_unload(in->plugin); /* whose close() may fail as any other call */
        if (status == AMBIT_OK)
            status = ambit_store_folder_finish(in->folder);
        else
            ambit_store_folder_abandon(in->folder);
    }
    if (status == AMBIT_OK) {
        *summary = in->all;
        summary->seconds = MPI_Wtime() - started;
    }
    free(in);
    return status;
}
