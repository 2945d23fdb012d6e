/* What closed-loop evaluation leaves behind, and reading it back for tables and reports. In
 * RUN/eval, which reports read, or RUN/eval/NAME:
 *
 *   config.yaml     the configuration of the evaluation, every key
 *   summary.json    trials, successes and each metric's mean, with intervals
 *   trials.tsv      one line a trial: trial, success, steps, metrics
 *   drawings.jsonl  one line a drawn trial:
 *       {"trial":0,"success":true,"bounds":[0,0,5,5],
 *        "shapes":[{"paint":"wall","points":[x,y,x,y]},{"paint":"goal","circle":[x,y,r]}]}
 *
 * summary.json:
 *   {"checkpoint":"step-00008000.h5","step":8000,"environment":"maze","trials":1000,"seed":1,
 *    "success":{"count":989,"rate":0.989,"low":0.980,"high":0.994},
 *    "metrics":[{"name":"jerk2","unit":"m²/s⁶","lower_is_better":true,
 *                "successful":{"count":989,"mean":35.1,"low":34,"high":36.2},
 *                "all":{"count":1000,"mean":36,"low":34.8,"high":37.2}}]}
 * Intervals are 95 %: Wilson's for the rate, normal for means.
 */
#ifndef AMBIT_MPI_RECORDS_EVALUATION_H
#define AMBIT_MPI_RECORDS_EVALUATION_H

#include "../../core/base/status.h"

#include <limits.h>
#include <stdint.h>

enum { AMBIT_MAX_METRICS = 16 };

typedef struct {
    int64_t count;
    double mean, low, high;
} ambit_interval;

typedef struct {
    char name[64], unit[32];
    int lower_is_better;
    ambit_interval successful, all;
} ambit_metric_summary;

typedef struct {
    char checkpoint[256], environment[64];
    int64_t step, trials, seed;
    ambit_interval success; /* count: successes; mean: their rate */
    int metric_count;
    ambit_metric_summary metrics[AMBIT_MAX_METRICS];
} ambit_evaluation;

/* 95 % interval of a proportion (Wilson 1927), and of a mean (normal). Values that are not finite
 * are left out of a mean; where a bound is not known (a mean of one value) it is NaN. */
ambit_interval ambit_wilson_interval(int64_t successes, int64_t trials);
ambit_interval ambit_mean_interval(const double *values, int64_t count);

/* RUN/eval, or with a name RUN/eval/NAME. AMBIT_USAGE where that is too long. */
ambit_status ambit_evaluation_folder(const char *run, const char *name, char folder[PATH_MAX]);

/* Writes and reads summary.json in such a folder, which is there. Not collective. */
ambit_status ambit_evaluation_write(const char *folder, const ambit_evaluation *evaluation);
ambit_status ambit_evaluation_read(const char *folder, ambit_evaluation *evaluation);

#endif
