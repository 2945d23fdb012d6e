/* What the user sees while a command works: on a terminal one status line, rewritten at most four
 * times a second; elsewhere (Slurm's log) a whole line at growing intervals. Rank 0 alone calls
 * this. To stderr. Not collective.
 */
#ifndef AMBIT_MPI_RECORDS_PROGRESS_H
#define AMBIT_MPI_RECORDS_PROGRESS_H

#include <stdint.h>

typedef struct {
    const char *title;
    int terminal;
    double started, last; /* seconds of the monotonic clock */
    double interval;      /* until the next line, where there is no terminal */
    int64_t first_step;   /* where this job began; of steps, or other units */
} ambit_progress;

/* Of the last metrics line; all 0 before there is one. Shares are fractions. */
typedef struct {
    double loss, samples_per_second, peak_share;
    double data_share, wait_share; /* of time: reading samples, waiting for other ranks */
} ambit_progress_numbers;

void ambit_progress_start(ambit_progress *progress, const char *title, int64_t first_step);

/* Shows step `step` of `steps` when it is time to; of the shares of time, those worth a look. */
void ambit_progress_show(ambit_progress *progress, int64_t step, int64_t steps,
                         const ambit_progress_numbers *numbers);

/* Shows that `done` of `all` units ("episode") are done when it is time to, and how many a second.
 */
void ambit_progress_count(ambit_progress *progress, const char *unit, int64_t done, int64_t all);

/* Wipes the status line, if there may be one, for a line of another kind. */
void ambit_progress_clear(void);

/* Ends the status line, so that what follows begins on a line of its own. */
void ambit_progress_end(ambit_progress *progress);

#endif
