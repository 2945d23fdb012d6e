/* One configuration for all ranks: rank 0 reads and checks, the others parse the resolved text, so
 * that they cannot differ. */
#ifndef AMBIT_MPI_SHARED_CONFIG_H
#define AMBIT_MPI_SHARED_CONFIG_H

#include "config/config.h"
#include "ranks.h"

typedef struct {
    ambit_config *config;
    char *text;    /* canonical YAML */
    char *origins; /* with where each value came from; rank 0 only */
} ambit_shared_config;

/* Collective. From the file `path`, or where `text` is not NULL from that text, `path` standing for
 * it in messages (path, text and overrides matter on rank 0 only). Destroy after success and
 * failure alike. */
ambit_status ambit_shared_config_load(const ambit_ranks *ranks, const char *path, const char *text,
                                      const char *const *overrides, int override_count,
                                      ambit_shared_config *shared);
void ambit_shared_config_destroy(ambit_shared_config *shared);

#endif
