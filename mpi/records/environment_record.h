/* Which file of an environment's plugin a run has to do with:
 *
 *   RUN/environments.json   {"maze":{"version":"1.0","digest":"1f2e3d4c5b6a7988"}}
 *
 * The first time is recorded, when a run is trained or evaluated in an environment. A plugin that
 * was rebuilt since, or damaged, may compute something else: that is told, not refused.
 */
#ifndef AMBIT_MPI_RECORDS_ENVIRONMENT_RECORD_H
#define AMBIT_MPI_RECORDS_ENVIRONMENT_RECORD_H

#include "../../plugins/loader.h"

/* Records the plugin, where this environment has no record in the run's folder; else writes a
 * sentence to `difference` that says how its file differs from the one recorded, or "". Not
 * collective: one rank calls it. */
ambit_status ambit_environment_record(const char *run, const ambit_plugin *environment,
                                      char *difference, size_t size);

#endif
