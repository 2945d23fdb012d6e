#include "join.h"

#include <inttypes.h>

/* What a look at one record needs, used again for the next. */
typedef struct {
    openx_example example;
    shared_buffer values;
} look;

static void end_look(const ambit_host *host, look *at) {
    shared_buffer_free(host, &at->example.memory);
    shared_buffer_free(host, &at->values);
}

/* Reads a record: how many steps it has, and whether they go on with those of the record before. A
 * record without steps begins nothing. */
static int look_at(look *at, openx_records *records, int64_t index, int64_t *steps, int *goes_on) {
    openx_record record;
    int code = openx_records_read(records, index, &record);
    if (!code)
        code = openx_example_parse(&at->example, &record);
    if (code)
        return code;
    const openx_feature *feature = openx_example_find(&at->example, OPENX_LENGTH_KEY);
    const int has_steps = feature && feature->list == OPENX_INTEGERS;
    *steps = has_steps ? openx_feature_read(feature, NULL) : 0;
    *goes_on = 1;
    if (*steps <= 0)
        return 0;
    code = shared_buffer_reserve(records->host, &at->values, (uint64_t)*steps, sizeof(int64_t));
    if (code)
        return code;
    openx_feature_read(feature, at->values.data);
    *goes_on = *(const int64_t *)at->values.data == 0;
    return 0;
}

int openx_join_find(openx_join *join, openx_records *records) {
    look at = {0};
    int code = 0;
    for (int64_t i = 0; !code && i < records->count; ++i) {
        int64_t steps;
        int goes_on;
        code = look_at(&at, records, i, &steps, &goes_on);
        if (!code)
            code = shared_buffer_grow(records->host, &join->starts, (uint64_t)join->count + 2,
                                      sizeof(int64_t));
        if (code)
            break;
        int64_t *starts = join->starts.data;
        if (i == 0 || !goes_on)
            starts[join->count++] = i;
        starts[join->count] = i + 1;
    }
    end_look(records->host, &at);
    return code;
}

void openx_join_records(const openx_join *join, int64_t episode, int64_t *first, int64_t *end) {
    const int64_t *starts = join->starts.data;
    *first = starts ? starts[episode] : episode;
    *end = starts ? starts[episode + 1] : episode + 1;
}

int64_t openx_join_count(const openx_join *join, const openx_records *records) {
    return join->starts.data ? join->count : records->count;
}

/* As long as records have one step each, further ones are looked at: an episode may have one. */
int openx_join_suspect(openx_records *records) {
    enum { MOST_LOOKED = 8 };
    look at = {0};
    int code = 0, begun = 0;
    for (int64_t i = 0; !code && i < records->count && i < MOST_LOOKED; ++i) {
        int64_t steps = 0;
        int goes_on;
        code = look_at(&at, records, i, &steps, &goes_on);
        if (code || steps <= 0)
            continue;
        if (begun && goes_on)
            records->host->log(records->host->context, AMBIT_LOG_WARNING,
                               "record %" PRId64 " has %" PRId64 " step%s, and is_first says that "
                               "it goes on with the episode before it, but records are read as "
                               "episodes of their own; set join=true to join them",
                               i, steps, steps == 1 ? "" : "s");
        if (goes_on || (begun && steps > 1))
            break;
        begun = 1;
    }
    end_look(records->host, &at);
    return code;
}

void openx_join_free(const ambit_host *host, openx_join *join) {
    shared_buffer_free(host, &join->starts);
}
