/* A team of threads that share the work of one caller.
 *
 * The caller cuts its work into parts whose number and borders never depend on the size of the
 * team; which thread does which part, and when, makes no difference to the numbers. So results are
 * the same, bit for bit, for a team of any size.
 *
 * Threads are started once and inherit the caller's processor set; between runs they spin for some
 * microseconds and then sleep (latch.h). A run allocates nothing and takes no lock. A team is used
 * by one thread at a time. Signals are delivered to the other threads of the process, not to the
 * team's.
 */
#ifndef AMBIT_CORE_BASE_TEAM_H
#define AMBIT_CORE_BASE_TEAM_H

#include "status.h"

#include <stdint.h>

typedef struct ambit_team ambit_team;

/* Does one part. `member`, below ambit_team_size(), tells threads that run at one time apart. */
typedef void (*ambit_team_work)(const void *context, int64_t part, int member);

/* A team of `size` ≥ 1 threads, the caller of ambit_team_run() among them. AMBIT_CONFIG when size
 * is out of range, AMBIT_SYSTEM when threads cannot be started. */
ambit_status ambit_team_create(int size, ambit_team **team);
void ambit_team_destroy(ambit_team *team);

/* 1 for NULL, which is a team of the caller alone. */
int ambit_team_size(const ambit_team *team);

/* Calls work(context, part, member) once for each part below `parts`; returns when all are done.
 * Parts are begun in their order, so the longest had better come first. */
void ambit_team_run(ambit_team *team, int64_t parts, ambit_team_work work, const void *context);

#endif
