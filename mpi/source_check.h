/* Whether a source gives every rank the same, and the same again.
 *
 * Which rank reads which episodes depends on the number of ranks; so what a source gives must not
 * depend on who asks, when, or in which order. All ranks read the first episode and the last, and
 * compare what they got; who comes to write one of these compares it once more.
 *
 * An episode may be bad: damaged, with values that are not finite, or with counts that lie. It is a
 * failure, or, on request, left out: then it must be bad for every rank, and each time.
 */
#ifndef AMBIT_MPI_SOURCE_CHECK_H
#define AMBIT_MPI_SOURCE_CHECK_H

#include "../plugins/loader.h"
#include "ranks.h"

#include <stdbool.h>

/* CRC-32C of each field of an episode, and of the rest: name, steps, σ bounds. */
typedef struct {
    int64_t index;
    uint64_t fields[AMBIT_MAX_FIELDS + 1]; /* [field_count] is the rest */
} ambit_episode_digest;

enum { AMBIT_SOURCE_PROBES = 2 };

typedef struct {
    ambit_plugin *plugin;
    const char *location; /* for messages; not copied */
    bool leave_out_bad;
    ambit_episode_digest probes[AMBIT_SOURCE_PROBES];
} ambit_source_check;

/* Collective. Compares the descriptions that the ranks got from the opened source, and the first
 * and the last episode, where there is one. Fills in `check`. AMBIT_DATA where they differ. */
ambit_status ambit_source_compare(const ambit_ranks *ranks, ambit_plugin *plugin,
                                  const char *location, bool leave_out_bad,
                                  ambit_source_check *check);

/* Reads an episode, and compares it with what ambit_source_compare() saw of it. Where one is bad
 * and to be left out, *is_bad is set and ambit_message() says why. Not collective. */
ambit_status ambit_source_read(const ambit_source_check *check, int64_t index,
                               ambit_episode *episode, bool *is_bad);

#endif
