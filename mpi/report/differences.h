/* A run's config.yaml as a flat list of keys, and which of them differ between runs. */
#ifndef AMBIT_MPI_REPORT_DIFFERENCES_H
#define AMBIT_MPI_REPORT_DIFFERENCES_H

#include "../../core/base/status.h"

typedef struct {
    char *key, *value; /* "data.sources.1.sigma_min", "0.6" */
} ambit_entry;

typedef struct {
    int count;
    int64_t room;
    ambit_entry *entries; /* in the order of the file */
} ambit_entries;

/* Reads RUN/config.yaml. AMBIT_NO_INPUT where there is none. Free with ambit_entries_free, also
 * after a failure. */
ambit_status ambit_entries_read(const char *run, ambit_entries *entries);
void ambit_entries_free(ambit_entries *entries);

/* The value of a key; NULL where there is none. */
const char *ambit_entries_find(const ambit_entries *entries, const char *key);

/* Whether the key has the same value, or is missing, in all lists. */
int ambit_entries_agree(const ambit_entries *const *lists, int list_count, const char *key);

#endif
