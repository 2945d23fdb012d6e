/* A plugin that all ranks have open: the same file, the same options, the same answers. */
#ifndef AMBIT_MPI_SHARED_PLUGIN_H
#define AMBIT_MPI_SHARED_PLUGIN_H

#include "../plugins/loader.h"
#include "ranks.h"

/* Collective. Loads plugin `name` on every rank, compares the files' digests, and opens it. *plugin
 * is NULL after a failure. The caller closes it with ambit_plugin_unload(). */
ambit_status ambit_shared_plugin_open(const ambit_ranks *ranks, uint32_t kind, const char *name,
                                      const char *location, const ambit_plugin_setting *settings,
                                      int count, ambit_plugin **plugin);

/* Collective. Compares `count` numbers, digests of what this rank got, with those of rank 0: the
 * index of the first that differs, or -1. */
int ambit_differs_from_first(const ambit_ranks *ranks, const uint64_t *mine, int count);

#endif
