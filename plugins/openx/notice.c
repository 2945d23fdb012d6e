#include "notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Is episode_metadata/has_NAME there and 0, NAME being the last part of the feature's name? */
static int is_denied(const openx_episode *episode, const openx_field *field) {
    char key[OPENX_KEY_SIZE + 32];
    int64_t value;
    const char *last = strrchr(field->key, '/') + 1;
    snprintf(key, sizeof key, "episode_metadata/has_%s", last);
    return openx_example_single(&episode->example, key, OPENX_INTEGERS, &value) && value == 0;
}

static int is_frozen(const openx_column *column, int64_t steps) {
    shared_span first = openx_column_at(column, 0);
    for (int64_t t = 1; t < steps; ++t) {
        shared_span image = openx_column_at(column, t);
        if (image.size != first.size || memcmp(image.data, first.data, first.size) != 0)
            return 0;
    }
    return steps > 1;
}

static void notice_image(const ambit_host *host, const openx_episode *episode,
                         const openx_field *field, const openx_column *column) {
    size_t size = openx_column_at(column, 0).size;
    if (size && is_denied(episode, field))
        host->log(host->context, AMBIT_LOG_INFO,
                  "%s: the episode's metadata says that there are no such images, but there are: "
                  "the metadata is not used",
                  field->key);
    if (is_frozen(column, episode->steps))
        host->log(host->context, AMBIT_LOG_WARNING,
                  "%s: the first episode has the same image of %zu bytes at every step, probably "
                  "in place of a camera that was not there; leave it out with option skip",
                  field->key, size);
}

static void notice_last(const ambit_host *host, const openx_episode *episode,
                        const openx_column *column) {
    if (!memchr(column->values.data, 1, (size_t)episode->steps))
        host->log(host->context, AMBIT_LOG_INFO,
                  "steps/is_last is not set at the end of the first episode: the end of an "
                  "episode is that of its record");
}

void openx_notice(const ambit_host *host, const openx_episode *episode,
                  const openx_features *features) {
    for (int64_t f = 0; episode->steps > 0 && f < features->count; ++f) {
        const openx_field *field = &features->fields[f];
        if (openx_field_is_code_points(field))
            host->log(host->context, AMBIT_LOG_INFO,
                      "%s: its %" PRId64 " integers a step are read as the characters of a text; "
                      "set text=none to read numbers",
                      field->key, field->length);
        else if (field->kind == OPENX_IMAGE)
            notice_image(host, episode, field, &episode->columns[f]);
        else if (strcmp(field->key, "steps/is_last") == 0 && field->dtype->element == AMBIT_U8 &&
                 field->length == 1)
            notice_last(host, episode, &episode->columns[f]);
    }
}
