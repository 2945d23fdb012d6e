/* The metrics of a run: metrics.jsonl, and TensorBoard event files beside it.
 *
 * metrics.jsonl is the source of truth: whole lines of JSON, null for a number that is not finite.
 * Three kinds of line:
 *
 *   {"kind":"start","step":0,"time":1700000000,"commit":"1f2e3d4","ranks":2,"hosts":["a"],
 *    "processor":"AMD EPYC 9654","parameters":490784,"batch":128,"steps":8000,
 *    "sources":["clean","rrt"],"sigma_edges":[0,…,1],"bin_probability":[…],
 *    "effective_samples":[…]}
 *   {"kind":"train","step":100,"seconds":12.3,"loss":0.51,"rate":0.002,"gradient_norm":0.8,
 *    "samples_per_second":9000,"peak_share":0.42,"data_share":0.05,"exchange_share":0.03,
 *    "wait_share":0.01,"phases":{"computing":3.1,"reading samples":0.2,…},
 *    "bin_loss":[…],"bin_count":[…],"source_count":[…]}
 *   {"kind":"validate","step":500,"loss":0.6,"bin_loss":[…],"bin_count":[…],"scored":"00f1…"}
 *
 * The bins of the arrays are AMBIT_METRIC_BINS equal intervals of σ; a bin nothing fell into has
 * loss null. "phases" has the seconds since the line before, means over the ranks, by what the
 * ranks did (core/base/phase.h); phases that took no time are left out. Shares are of the same
 * time: reading samples; summing gradients and updating; waiting for other ranks. Losses are means
 * per element since the line before; counts are samples. "processor" is that of rank 0. "scored" is
 * a digest of what was scored: the held-out samples, their noise levels and what is predicted;
 * losses of lines where it differs do not compare. "seconds" counts training time over all starts
 * of the run. A restart appends a new "start" line with its step, after the file was cut back to
 * the checkpoint's step.
 *
 * Rank 0 alone writes. Not collective.
 */
#ifndef AMBIT_MPI_RECORDS_METRICS_H
#define AMBIT_MPI_RECORDS_METRICS_H

#include "../../core/base/phase.h"
#include "../../core/base/status.h"

#include <stdint.h>

enum { AMBIT_METRIC_BINS = 20 };

typedef struct ambit_metrics ambit_metrics;

typedef struct {
    int64_t step, parameters, batch, steps;
    double time; /* seconds since 1970 */
    int ranks;
    const char *const *hosts;
    int host_count;
    const char *const *sources;
    int source_count;
    double bin_probability[AMBIT_METRIC_BINS], effective_samples[AMBIT_METRIC_BINS];
} ambit_metrics_start;

typedef struct {
    int64_t step;
    double seconds, loss, rate, gradient_norm, samples_per_second, peak_share, data_share,
        exchange_share, wait_share;
    double phase_seconds[AMBIT_PHASE_COUNT];
    double bin_loss[AMBIT_METRIC_BINS];
    int64_t bin_count[AMBIT_METRIC_BINS];
    const int64_t *source_count; /* one a source */
    int source_total;
} ambit_metrics_train;

typedef struct {
    int64_t step;
    double loss, bin_loss[AMBIT_METRIC_BINS];
    int64_t bin_count[AMBIT_METRIC_BINS];
    uint64_t scored; /* digest of what was scored */
} ambit_metrics_validate;

/* The last step that folder/metrics.jsonl tells of; 0 where there is no file, or no step in it. */
ambit_status ambit_metrics_last_step(const char *folder, int64_t *step);

/* Opens folder/metrics.jsonl for appending, cutting off whole and partial lines of steps after
 * `resume_step` (0: starts anew), and a new event file. */
ambit_status ambit_metrics_open(const char *folder, int64_t resume_step, ambit_metrics **metrics);

/* The step of the last validation that the file held when it was opened, and kept; 0: none. */
int64_t ambit_metrics_validated(const ambit_metrics *metrics);

/* Whether the file is still where it was opened: AMBIT_IO where it, or the run's folder, was taken
 * away, moved or replaced. Every line that is written asks for it, too. */
ambit_status ambit_metrics_in_place(const ambit_metrics *metrics);

ambit_status ambit_metrics_write_start(ambit_metrics *metrics, const ambit_metrics_start *line);
ambit_status ambit_metrics_write_train(ambit_metrics *metrics, const ambit_metrics_train *line);
ambit_status ambit_metrics_write_validate(ambit_metrics *metrics,
                                          const ambit_metrics_validate *line);
ambit_status ambit_metrics_close(ambit_metrics *metrics);

/* The metric bin of σ. */
int ambit_metrics_bin(double sigma);

#endif
