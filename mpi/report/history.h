/* What metrics.jsonl says of a run, in columns (mpi/records/metrics.h has the lines). */
#ifndef AMBIT_MPI_REPORT_HISTORY_H
#define AMBIT_MPI_REPORT_HISTORY_H

#include "../config/settings.h"
#include "../records/metrics.h"
#include "rows.h"

/* The numbers of a train line: X(member, key in the line, how neighbouring lines are joined) */
#define AMBIT_TRAIN_COLUMN_LIST(X)                                                                 \
    X(STEP, "step", LAST)                                                                          \
    X(SECONDS, "seconds", LAST)                                                                    \
    X(LOSS, "loss", MEAN)                                                                          \
    X(RATE, "rate", MEAN)                                                                          \
    X(GRADIENT_NORM, "gradient_norm", MEAN)                                                        \
    X(SPEED, "samples_per_second", MEAN)                                                           \
    X(PEAK_SHARE, "peak_share", MEAN)                                                              \
    X(DATA_SHARE, "data_share", MEAN)                                                              \
    X(EXCHANGE_SHARE, "exchange_share", MEAN)                                                      \
    X(WAIT_SHARE, "wait_share", MEAN)

typedef enum {
#define AMBIT_TRAIN_ENUM(member, key, how) AMBIT_TRAIN_##member,
    AMBIT_TRAIN_COLUMN_LIST(AMBIT_TRAIN_ENUM)
#undef AMBIT_TRAIN_ENUM
        AMBIT_TRAIN_COLUMNS
} ambit_train_column;

typedef enum {
    AMBIT_VALIDATE_STEP,
    AMBIT_VALIDATE_LOSS,
    AMBIT_VALIDATE_COLUMNS
} ambit_validate_column;

typedef double ambit_bins[AMBIT_METRIC_BINS];

typedef struct {
    /* Of the last start line. */
    int starts; /* 0: nothing is known */
    int64_t parameters, batch, steps, ranks;
    double time; /* of the first start: seconds since 1970 */
    char commit[64], hosts[256];
    char processors[256]; /* of all starts, each once; "" where they are not known */
    int source_count;
    char sources[AMBIT_MOST_SOURCES][64];
    ambit_bins bin_probability, effective_samples;
    /* Of the train lines. */
    ambit_rows train; /* its first columns are those of the list */
    double source_total[AMBIT_MOST_SOURCES];
    double phase_seconds[AMBIT_PHASE_COUNT]; /* over all lines; 0 where they are not known */
    /* Of the validate lines. */
    ambit_rows validate;
    ambit_bins validate_bin_loss; /* the last line's, as is */
    char scored[32];              /* the digest of what was scored; "" where it is not known */
} ambit_history;

/* Reads RUN/metrics.jsonl. AMBIT_NO_INPUT where there is none; AMBIT_DATA names file and line, and
 * *history then holds the lines before it. Free with ambit_history_free, also after a failure. */
ambit_status ambit_history_read(const char *run, ambit_history *history);
void ambit_history_free(ambit_history *history);

/* Loss and samples of each σ bin over the train rows from `first` on; the loss is the mean over
 * samples, NaN where there were none. */
void ambit_history_bins(const ambit_history *history, int64_t first, ambit_bins loss,
                        ambit_bins count);

/* Mean of a column's finite values; NaN where there is none. */
double ambit_history_mean(const ambit_history *history, ambit_train_column column);

#endif
