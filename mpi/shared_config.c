#include "shared_config.h"

#include <stdlib.h>
#include <string.h>

static ambit_status load_first(const char *path, const char *text, const char *const *overrides,
                               int override_count, ambit_shared_config *shared) {
    if (text)
        AMBIT_TRY(ambit_config_parse(path, text, overrides, override_count, &shared->config));
    else
        AMBIT_TRY(ambit_config_load(path, overrides, override_count, &shared->config));
    AMBIT_TRY(ambit_config_write(shared->config, 1, &shared->origins));
    return ambit_config_write(shared->config, 0, &shared->text);
}

ambit_status ambit_shared_config_load(const ambit_ranks *ranks, const char *path, const char *text,
                                      const char *const *overrides, int override_count,
                                      ambit_shared_config *shared) {
    ambit_status status = AMBIT_OK;
    memset(shared, 0, sizeof *shared);
    if (ranks->rank == 0)
        status = load_first(path, text, overrides, override_count, shared);
    AMBIT_TRY_ALL(ranks, status);
    int64_t size = shared->text ? (int64_t)strlen(shared->text) : 0;
    AMBIT_TRY(ambit_broadcast_bytes(ranks, &shared->text, &size));
    if (ranks->rank != 0)
        status =
            ambit_config_parse("configuration of rank 0", shared->text, NULL, 0, &shared->config);
    return ambit_agree(ranks, status);
}

void ambit_shared_config_destroy(ambit_shared_config *shared) {
    if (shared->config)
        ambit_config_destroy(shared->config);
    free(shared->text);
    free(shared->origins);
}
