#include "source_check.h"

#include "../core/base/crc32c.h"
#include "shared_plugin.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------- digests */

static uint64_t digest_text(uint64_t crc, const char *text) {
    return ambit_crc32c((uint32_t)crc, text ? text : "", text ? strlen(text) + 1 : 1);
}

static uint64_t digest_number(uint64_t crc, double number) {
    const double value = isnan(number) ? NAN : number; /* NaN has many patterns */
    return ambit_crc32c((uint32_t)crc, &value, sizeof value);
}

static uint64_t digest_column(const ambit_field *field, const ambit_column *column, int64_t steps) {
    const uint8_t *values = column->values;
    uint32_t crc = 0;
    if (field->element != AMBIT_BYTES)
        return ambit_crc32c(0, values,
                            (size_t)(steps * ambit_field_length(field)) *
                                ambit_element_size(field->element));
    for (int64_t t = 0; t < steps; t++) {
        const uint64_t size = column->offsets[t + 1] - column->offsets[t];
        crc = ambit_crc32c(crc, &size, sizeof size);
    }
    const uint64_t bytes = column->offsets[steps] - column->offsets[0];
    return bytes ? ambit_crc32c(crc, values + column->offsets[0], bytes) : crc;
}

static void digest_episode(const ambit_source_description *about, const ambit_episode *episode,
                           ambit_episode_digest *digest) {
    for (uint32_t f = 0; f < about->field_count && episode->steps > 0; f++)
        digest->fields[f] = digest_column(&about->fields[f], &episode->columns[f], episode->steps);
    uint64_t rest = digest_text(0, episode->name);
    rest = digest_number(rest, (double)episode->steps);
    rest = digest_number(rest, episode->sigma_min);
    digest->fields[about->field_count] = digest_number(rest, episode->sigma_max);
}

/* Of everything that a description says but help texts. */
static uint64_t digest_description(const ambit_source_description *about) {
    uint64_t crc = digest_number(0, about->step_seconds);
    for (uint32_t f = 0; f < about->field_count; f++) {
        const ambit_field *field = &about->fields[f];
        const uint64_t numbers[] = {field->element, field->rank, field->zero_padded,
                                    field->unnormalised};
        crc = digest_text(digest_text(crc, field->name), field->media);
        crc = ambit_crc32c((uint32_t)crc, numbers, sizeof numbers);
        crc = ambit_crc32c((uint32_t)crc, field->shape, field->rank * sizeof *field->shape);
    }
    return crc;
}

/* ------------------------------------------------------------------------------- comparing */

static ambit_status compare_descriptions(const ambit_ranks *ranks,
                                         const ambit_source_check *check) {
    const ambit_source_description *about = ambit_source_describe(check->plugin);
    const uint64_t mine[] = {(uint64_t)about->episode_count, about->field_count,
                             digest_description(about)};
    if (ambit_differs_from_first(ranks, mine, 3) < 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "%s: here it holds %" PRId64 " episodes of %" PRIu32 " fields, other than on "
                      "rank 0; give a location that is the same on all nodes",
                      check->location, about->episode_count, about->field_count);
}

/* As ambit_source_read(), without the comparison. */
static ambit_status read_or_judge(const ambit_source_check *check, int64_t index,
                                  ambit_episode *episode, bool *is_bad) {
    ambit_status status = ambit_source_episode(check->plugin, index, episode);
    *is_bad = status == AMBIT_DATA;
    if (!*is_bad || check->leave_out_bad)
        return *is_bad ? AMBIT_OK : status;
    char why[AMBIT_MESSAGE_SIZE];
    snprintf(why, sizeof why, "%s", ambit_message());
    return ambit_fail(AMBIT_DATA, "%s; --bad skip leaves such episodes out", why);
}

/* What is seen of a bad episode is that it is bad. */
static void digest_read(const ambit_source_check *check, int64_t index,
                        const ambit_episode *episode, bool is_bad, ambit_episode_digest *digest) {
    const ambit_source_description *about = ambit_source_describe(check->plugin);
    *digest = (ambit_episode_digest){.index = index};
    if (is_bad)
        digest->fields[about->field_count] = UINT64_MAX; /* no CRC is */
    else
        digest_episode(about, episode, digest);
}

static ambit_status read_probes(ambit_source_check *check) {
    const int64_t count = ambit_source_describe(check->plugin)->episode_count;
    for (int i = 0; i < AMBIT_SOURCE_PROBES; i++) {
        ambit_episode episode;
        bool is_bad;
        const int64_t index = i == 0 ? 0 : count - 1;
        AMBIT_TRY(read_or_judge(check, index, &episode, &is_bad));
        digest_read(check, index, &episode, is_bad, &check->probes[i]);
    }
    return AMBIT_OK;
}

/* `field` counts as in ambit_episode_digest; `when` and `remedy` end the sentence. */
static ambit_status fail_at(const ambit_source_check *check, int64_t index, uint32_t field,
                            const char *when, const char *remedy) {
    const ambit_source_description *about = ambit_source_describe(check->plugin);
    const int is_field = field < about->field_count;
    return ambit_fail(AMBIT_DATA, "source %s: episode %" PRId64 ": %s%s%s is other %s; %s",
                      ambit_plugin_about(check->plugin)->name, index, is_field ? "field '" : "",
                      is_field ? about->fields[field].name : "its name, length or σ bounds",
                      is_field ? "'" : "", when, remedy);
}

static ambit_status compare_probes(const ambit_ranks *ranks, const ambit_source_check *check) {
    for (int i = 0; i < AMBIT_SOURCE_PROBES; i++) {
        const ambit_episode_digest *probe = &check->probes[i];
        int field = ambit_differs_from_first(ranks, probe->fields, AMBIT_MAX_FIELDS + 1);
        AMBIT_TRY_ALL(ranks, field < 0
                                 ? AMBIT_OK
                                 : fail_at(check, probe->index, (uint32_t)field, "than on rank 0",
                                           "give a location that is the same on all nodes, "
                                           "or ask the plugin's author: nothing may depend "
                                           "on the rank, the host or the time"));
    }
    return AMBIT_OK;
}

ambit_status ambit_source_compare(const ambit_ranks *ranks, ambit_plugin *plugin,
                                  const char *location, bool leave_out_bad,
                                  ambit_source_check *check) {
    *check = (ambit_source_check){
        .plugin = plugin, .location = location, .leave_out_bad = leave_out_bad};
    AMBIT_TRY_ALL(ranks, compare_descriptions(ranks, check));
    if (ambit_source_describe(plugin)->episode_count == 0)
        return AMBIT_OK;
    AMBIT_TRY_ALL(ranks, read_probes(check));
    return compare_probes(ranks, check);
}

static ambit_status compare_again(const ambit_source_check *check,
                                  const ambit_episode_digest *now) {
    const uint32_t field_count = ambit_source_describe(check->plugin)->field_count;
    for (int i = 0; i < AMBIT_SOURCE_PROBES; i++) {
        const ambit_episode_digest *before = &check->probes[i];
        for (uint32_t f = 0; before->index == now->index && f <= field_count; f++)
            if (now->fields[f] != before->fields[f])
                return fail_at(check, now->index, f, "when it is read again",
                               "leave the data alone while it is read, or ask the plugin's "
                               "author: nothing may depend on the time or on what was read before");
    }
    return AMBIT_OK;
}

ambit_status ambit_source_read(const ambit_source_check *check, int64_t index,
                               ambit_episode *episode, bool *is_bad) {
    ambit_episode_digest now;
    AMBIT_TRY(read_or_judge(check, index, episode, is_bad));
    if (index != check->probes[0].index && index != check->probes[1].index)
        return AMBIT_OK;
    digest_read(check, index, episode, *is_bad, &now);
    return compare_again(check, &now);
}
