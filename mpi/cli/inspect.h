/* What `ambit inspect` says of a store, in three forms: a text, JSON, and a page with pictures. */
#ifndef AMBIT_MPI_CLI_INSPECT_H
#define AMBIT_MPI_CLI_INSPECT_H

#include "../../datasets/store.h"

#include <stdio.h>

enum { AMBIT_LENGTH_BINS = 12, AMBIT_AMBITS_LISTED = 12 };

/* Episodes with the same σ bounds; NaN: none given. */
typedef struct {
    double sigma_min, sigma_max;
    int64_t episodes, steps;
} ambit_ambit_count;

/* What is counted over the episodes. */
typedef struct {
    int64_t shortest, longest;
    int64_t bin_width, bins[AMBIT_LENGTH_BINS]; /* lengths shortest + i·bin_width … */
    int bin_count;
    int ambit_count;                               /* at most AMBIT_AMBITS_LISTED are told apart */
    ambit_ambit_count ambits[AMBIT_AMBITS_LISTED]; /* in the order of their first episode */
    int64_t other_ambits;                          /* episodes with yet other bounds */
} ambit_store_summary;

void ambit_store_summarise(const ambit_store *store, ambit_store_summary *summary);

void ambit_inspect_text(const ambit_store *store, const ambit_store_summary *summary, FILE *out);
ambit_status ambit_inspect_json(const ambit_store *store, const ambit_store_summary *summary,
                                FILE *out);

/* One HTML file that holds all it needs: frames (inspect_frames.h) and numeric fields of the first
 * episodes as curves. */
ambit_status ambit_inspect_page(ambit_store *store, const ambit_store_summary *summary,
                                const char *path);

#endif
