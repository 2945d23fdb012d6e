#include "slice.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const suffixes[] = {
    [OPENX_EPISODES] = "", [OPENX_PERCENT] = "%", [OPENX_SHARDS] = "shard"};
enum { UNITS = sizeof suffixes / sizeof *suffixes };

/* Reads "NUMBER UNIT" up to `end`, or nothing at all. 1 when it is well-formed. */
static int read_bound(const char *text, const char *end, int64_t *value, int *unit) {
    char *after;
    *unit = -1;
    if (text == end)
        return 1;
    if (!strchr("-0123456789", *text))
        return 0;
    errno = 0;
    *value = strtoll(text, &after, 10);
    for (*unit = 0; *unit < UNITS; ++*unit) {
        const size_t size = strlen(suffixes[*unit]);
        if (after + size == end && memcmp(after, suffixes[*unit], size) == 0)
            return !errno;
    }
    return 0;
}

/* Reads what stands between the brackets. 1 when it is well-formed. */
static int read_part(const char *text, const char *end, openx_slice *slice) {
    const char *colon = memchr(text, ':', (size_t)(end - text));
    int from_unit, to_unit;
    slice->to = INT64_MAX;
    if (!read_bound(text, colon ? colon : end, &slice->from, &from_unit))
        return 0;
    if (!colon) { /* one shard */
        slice->unit = OPENX_SHARDS;
        slice->to = slice->from == -1 || slice->from == INT64_MAX ? INT64_MAX : slice->from + 1;
        return from_unit == OPENX_SHARDS;
    }
    if (!read_bound(colon + 1, end, &slice->to, &to_unit) || (from_unit < 0 && to_unit < 0) ||
        (from_unit >= 0 && to_unit >= 0 && from_unit != to_unit))
        return 0;
    slice->unit = (openx_slice_unit)(from_unit >= 0 ? from_unit : to_unit);
    return 1;
}

int openx_slice_parse(const ambit_host *host, const char *text, openx_slice *slice) {
    const size_t size = strcspn(text, "["), length = strlen(text);
    *slice = (openx_slice){.text = text, .is_whole = !text[size], .to = INT64_MAX};
    if (size > 0 && size < sizeof slice->split) {
        memcpy(slice->split, text, size);
        if (slice->is_whole ||
            (text[length - 1] == ']' && read_part(text + size + 1, text + length - 1, slice)))
            return 0;
    }
    return host->fail(host->context, AMBIT_FAULT_OPTION,
                      "option split: '%s' is neither a split nor a part of one; write train, "
                      "train[10:20], train[-5:], train[:50%%] or train[:2shard]",
                      text);
}

/* Episodes before a bound of `unit`. */
static int64_t count_before(int64_t bound, const openx_shard *shards, int64_t shard_count) {
    int64_t before = 0;
    for (int64_t s = 0; s < shard_count && s < bound; ++s)
        before += shards[s].count;
    return before;
}

/* The place in the split that a bound stands for, or -1 when there is none. */
static int64_t place(const openx_slice *slice, int64_t bound, const openx_shard *shards,
                     int64_t shard_count, int64_t total) {
    const int64_t most = slice->unit == OPENX_PERCENT  ? 100
                         : slice->unit == OPENX_SHARDS ? shard_count
                                                       : total;
    if (bound == INT64_MAX)
        return total;
    if (bound < -most || bound > most)
        return -1;
    if (slice->unit == OPENX_SHARDS)
        return count_before(bound < 0 ? bound + shard_count : bound, shards, shard_count);
    if (slice->unit == OPENX_PERCENT)
        bound = (int64_t)nearbyint((double)bound * (double)total / 100);
    return bound < 0 ? bound + total : bound;
}

int openx_slice_apply(const ambit_host *host, const openx_slice *slice, openx_shard *shards,
                      int64_t shard_count) {
    const int64_t total = count_before(shard_count, shards, shard_count);
    const int64_t from = place(slice, slice->from, shards, shard_count, total),
                  to = place(slice, slice->to, shards, shard_count, total);
    if (from < 0 || to < 0 || (!slice->is_whole && from >= to))
        return host->fail(host->context, AMBIT_FAULT_OPTION,
                          "option split: '%s' %s: split '%s' has %" PRId64 " episodes in %" PRId64
                          " shards; name a part of it",
                          slice->text, from < 0 || to < 0 ? "goes beyond its end" : "is empty",
                          slice->split, total, shard_count);
    int64_t before = 0;
    for (int64_t s = 0; s < shard_count; ++s) {
        const int64_t low = from - before, high = to - before, count = shards[s].count;
        shards[s].from = low < 0 ? 0 : low > count ? count : low;
        shards[s].to = high < 0 ? 0 : high > count ? count : high;
        before += count;
    }
    return 0;
}
