#include "shared_plugin.h"

/* A node with an old copy of a plugin would compute something else than its neighbours. */
static ambit_status compare_digests(const ambit_ranks *ranks, const ambit_plugin *plugin) {
    uint64_t mine = ambit_plugin_digest(plugin), first = mine;
    MPI_Bcast(&first, 1, MPI_UINT64_T, 0, ranks->world);
    if (mine == first)
        return AMBIT_OK;
    return ambit_fail(AMBIT_UNAVAILABLE,
                      "%s: is not the same file as on rank 0; install one version on all nodes",
                      ambit_plugin_path(plugin));
}

static ambit_status open_all(const ambit_ranks *ranks, uint32_t kind, const char *name,
                             const char *location, const ambit_plugin_setting *settings, int count,
                             ambit_plugin **plugin) {
    AMBIT_TRY_ALL(ranks, ambit_plugin_load(kind, name, plugin));
    AMBIT_TRY_ALL(ranks, compare_digests(ranks, *plugin));
    return ambit_agree(ranks, ambit_plugin_open(*plugin, location, settings, count));
}

ambit_status ambit_shared_plugin_open(const ambit_ranks *ranks, uint32_t kind, const char *name,
                                      const char *location, const ambit_plugin_setting *settings,
                                      int count, ambit_plugin **plugin) {
    *plugin = NULL;
    ambit_status status = open_all(ranks, kind, name, location, settings, count, plugin);
    if (status != AMBIT_OK) {
        ambit_plugin_unload(*plugin);
        *plugin = NULL;
    }
    return status;
}
