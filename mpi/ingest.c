#include "ingest.h"

#include "../datasets/writer.h"
#include "crew.h"
#include "records/progress.h"
#include "records/say.h"
#include "shared_plugin.h"
#include "source_check.h"
#include "source_fields.h"
#include "store_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { MOST_SHARDS = 99999, SHARD_BYTES = 128 << 20, PATH_ROOM = PATH_MAX + 32 };

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
    int64_t range_length, range_count; /* episodes; ranges of so many */
    int64_t *parts;                    /* [range_count] shards of each of this rank's ranges */
    int64_t shard_count;               /* of all */
    ambit_crew crew;
    ambit_progress progress;
    ambit_ingest_summary own, all; /* of this rank's shards, and of all */
} ingestion;

/* ------------------------------------------------------------------------------- the source */

/* 128 ranges, of 8 to 1,024 episodes each. */
static int64_t choose_range(int64_t episodes) {
    const int64_t length = episodes / 128 + (episodes % 128 != 0);
    return length < 8 ? 8 : length > 1024 ? 1024 : length;
}

static ambit_status plan_ranges(ingestion *in) {
    const int64_t episodes = in->about->episode_count, wanted = in->options->shard_episodes;
    in->range_length = wanted > 0 ? wanted : choose_range(episodes);
    in->range_count = episodes / in->range_length + (episodes % in->range_length != 0);
    if (episodes == 0)
        return ambit_fail(AMBIT_DATA,
                          "%s %s: the source has no episodes; check the location and "
                          "the options that select episodes",
                          in->options->plugin, in->options->location);
    if (in->range_count > MOST_SHARDS)
        return ambit_fail(AMBIT_USAGE,
                          "%" PRId64 " episodes at %" PRId64 " a shard make %" PRId64
                          " shards, more than %d; choose --shard-episodes %" PRId64 " or more",
                          episodes, in->range_length, in->range_count, MOST_SHARDS,
                          episodes / MOST_SHARDS + 1);
    return ambit_allocate(&in->parts, (size_t)in->range_count, sizeof *in->parts, "shards");
}

static ambit_status open_source(ingestion *in) {
    const ambit_ingest_options *o = in->options;
    AMBIT_TRY(ambit_shared_plugin_open(in->ranks, AMBIT_PLUGIN_SOURCE, o->plugin, o->location,
                                       o->settings, o->setting_count, &in->plugin));
    in->about = ambit_source_describe(in->plugin);
    in->field_count = (int)in->about->field_count;
    ambit_status status = ambit_source_fields(in->about, in->fields);
    AMBIT_TRY_ALL(in->ranks, ambit_fail_within(status, "plugin %s", o->plugin));
    AMBIT_TRY(
        ambit_source_compare(in->ranks, in->plugin, o->location, o->leave_out_bad, &in->check));
    return ambit_agree(in->ranks, plan_ranges(in));
}

/* ------------------------------------------------------------------------------- shards */

/* A shard that grows: number `number` of its range. */
typedef struct {
    ambit_shard_writer *writer; /* NULL: none is begun */
    int64_t range, number, bytes;
    char path[PATH_ROOM];
} part;

/* Shards have the names of their parts until all ranks know how many there are of each range. */
static void part_path(const ingestion *in, int64_t range, int64_t number, char path[PATH_ROOM]) {
    snprintf(path, PATH_ROOM, "%s/part-%05d-%05d.h5", ambit_store_folder_path(in->folder),
             (int)range, (int)number);
}

static ambit_status begin_part(const ingestion *in, part *p) {
    p->bytes = 0;
    part_path(in, p->range, p->number, p->path);
    return ambit_shard_create(p->path, in->fields, in->field_count, &p->writer);
}

static ambit_status finish_part(ingestion *in, part *p) {
    struct stat about;
    ambit_shard_writer *writer = p->writer;
    p->writer = NULL;
    AMBIT_TRY(ambit_shard_finish(writer));
    if (stat(p->path, &about) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: is gone", p->path);
    in->own.bytes += (int64_t)about.st_size;
    if (++p->number > MOST_SHARDS)
        return ambit_fail(AMBIT_USAGE,
                          "%s: more than %d shards; choose a larger --shard-mib, or ingest the "
                          "source as several stores",
                          p->path, MOST_SHARDS);
    return AMBIT_OK;
}

static int64_t bytes_of(const ingestion *in, const ambit_episode *episode) {
    int64_t bytes = 0;
    for (int f = 0; f < in->field_count; f++) {
        const ambit_field_info *field = &in->fields[f];
        const uint64_t *offsets = episode->columns[f].offsets;
        bytes += field->element == AMBIT_STORE_BYTES
                     ? (int64_t)(offsets[episode->steps] - offsets[0])
                     : episode->steps * ambit_field_elements(field) *
                           ambit_store_element_size(field->element);
    }
    return bytes;
}

static ambit_status append(const ingestion *in, const ambit_episode *episode,
                           ambit_shard_writer *writer) {
    ambit_store_column columns[AMBIT_STORE_MAX_FIELDS];
    for (int f = 0; f < in->field_count; f++)
        columns[f] = (ambit_store_column){episode->columns[f].values, episode->columns[f].offsets};
    return ambit_shard_append(writer, episode->name, episode->steps, columns, episode->sigma_min,
                              episode->sigma_max);
}

/* Counts an episode that is bad, and says why. */
static void leave_out(ingestion *in) {
    char line[AMBIT_MESSAGE_SIZE + 32];
    in->own.bad++;
    snprintf(line, sizeof line, "left out: %s", ambit_message());
    if (in->options->notice)
        in->options->notice(line);
}

static ambit_status ingest_episode(ingestion *in, int64_t index, part *p) {
    const int64_t most = in->options->shard_bytes > 0 ? in->options->shard_bytes : SHARD_BYTES;
    ambit_episode episode;
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
    const int64_t bytes = bytes_of(in, &episode);
    if (p->writer && p->bytes > most - bytes)
        AMBIT_TRY(finish_part(in, p));
    if (!p->writer)
        AMBIT_TRY(begin_part(in, p));
    AMBIT_TRY(append(in, &episode, p->writer));
    p->bytes += bytes;
    in->own.episodes++;
    in->own.steps += episode.steps;
    return AMBIT_OK;
}

static ambit_status write_range(ingestion *in, int64_t range) {
    part p = {.range = range};
    const int64_t first = range * in->range_length, rest = in->about->episode_count - first;
    const int64_t end = first + (rest < in->range_length ? rest : in->range_length);
    ambit_status status = AMBIT_OK;
    bool goes_on = true;
    for (int64_t e = first; e < end && status == AMBIT_OK && goes_on; e++) {
        status = ingest_episode(in, e, &p);
        goes_on = ambit_crew_goes_on(&in->crew, 1);
    }
    if (p.writer && status == AMBIT_OK && goes_on)
        status = finish_part(in, &p);
    if (p.writer)
        ambit_shard_abandon(p.writer);
    in->parts[range] = p.number;
    return status;
}

static void show_progress(void *context, int64_t done) {
    ingestion *in = context;
    ambit_progress_count(&in->progress, "episode", done, in->about->episode_count);
}

static ambit_status write_ranges(ingestion *in) {
    const bool shows = in->options->progress && in->ranks->rank == 0;
    ambit_status status = AMBIT_OK;
    if (shows)
        ambit_progress_start(&in->progress, in->options->out, 0);
    ambit_crew_begin(&in->crew, in->ranks, shows ? show_progress : NULL, in);
    for (int64_t range = in->ranks->rank;
         range < in->range_count && status == AMBIT_OK && !in->crew.stopped;
         range += in->ranks->size)
        status = write_range(in, range);
    status = ambit_crew_end(&in->crew, status);
    if (shows)
        ambit_progress_end(&in->progress);
    return status;
}

/* Gives this rank's shards their numbers, which follow from how many there are of each range. */
static ambit_status rename_own(const ingestion *in) {
    char from[PATH_ROOM], to[PATH_ROOM];
    int64_t shard = 0;
    for (int64_t range = 0; range < in->range_count; range++)
        for (int64_t number = 0; number < in->parts[range]; number++, shard++) {
            if (range % in->ranks->size != in->ranks->rank)
                continue;
            part_path(in, range, number, from);
            ambit_shard_path(ambit_store_folder_path(in->folder), (int)shard, to, sizeof to);
            if (rename(from, to) != 0)
                return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot be renamed to %s", from, to);
        }
    return AMBIT_OK;
}

static ambit_status number_shards(ingestion *in) {
    AMBIT_WAIT(MPI_Allreduce(MPI_IN_PLACE, in->parts, (int)in->range_count, MPI_INT64_T, MPI_SUM,
                             in->ranks->world));
    in->shard_count = 0;
    for (int64_t range = 0; range < in->range_count; range++)
        in->shard_count += in->parts[range];
    if (in->shard_count > MOST_SHARDS)
        return ambit_fail(AMBIT_USAGE,
                          "%" PRId64 " shards, more than %d; choose a larger --shard-mib, or "
                          "ingest the source as several stores",
                          in->shard_count, MOST_SHARDS);
    return ambit_agree(in->ranks, rename_own(in));
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
    AMBIT_WAIT(MPI_Allreduce(mine, sum, 5, MPI_INT64_T, MPI_SUM, in->ranks->world));
    in->all = (ambit_ingest_summary){.shards = in->shard_count,
                                     .episodes = sum[0],
                                     .steps = sum[1],
                                     .empty = sum[2],
                                     .bad = sum[3],
                                     .bytes = sum[4]};
    if (in->all.episodes > 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "%s %s: nothing is left of %" PRId64 " episode%s (bad: %" PRId64
                      ", without a step: %" PRId64 "); check the location and the plugin's options",
                      in->options->plugin, in->options->location, in->about->episode_count,
                      ambit_plural(in->about->episode_count), in->all.bad, in->all.empty);
}

static ambit_status ingest(ingestion *in) {
    AMBIT_TRY(open_source(in));
    AMBIT_TRY(write_ranges(in));
    AMBIT_TRY(number_shards(in));
    AMBIT_TRY(add_up(in));
    return ambit_agree_on_work(in->ranks, write_index(in)); /* rank 0 looks into all shards */
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
    free(in->parts);
    free(in);
    return status;
}
