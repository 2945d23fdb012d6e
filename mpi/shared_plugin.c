#include "shared_plugin.h"

#include <stdio.h>
#include <string.h>

int ambit_differs_from_first(const ambit_ranks *ranks, const uint64_t *mine, int count) {
    enum { PIECE = 64 };
    uint64_t first[PIECE];
    int different = -1;
    for (int done = 0; done < count; done += PIECE) {
        const int part = count - done < PIECE ? count - done : PIECE;
        memcpy(first, mine + done, (size_t)part * sizeof *first);
        ambit_broadcast(ranks, first, part * (int64_t)sizeof *first);
        for (int i = 0; i < part && different < 0; i++)
            if (first[i] != mine[done + i])
                different = done + i;
    }
    return different;
}

/* A node with an old copy of a plugin would compute something else than its neighbours. */
static ambit_status compare_digests(const ambit_ranks *ranks, const ambit_plugin *plugin) {
    const uint64_t mine = ambit_plugin_digest(plugin);
    if (ambit_differs_from_first(ranks, &mine, 1) < 0)
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
    char place[96] = "";
    *plugin = NULL;
    if (ranks->size > 1)
        snprintf(place, sizeof place, "[rank %d %s] ", ranks->rank, ranks->host);
    ambit_plugin_watch(place, ranks->node_size);
    ambit_status status = open_all(ranks, kind, name, location, settings, count, plugin);
    if (status != AMBIT_OK) {
        ambit_plugin_unload(*plugin);
        *plugin = NULL;
    }
    return status;
}
