/* What metrics.jsonl says of a run, in columns (mpi/records/metrics.h has the lines). */
#ifndef AMBIT_MPI_REPORT_HISTORY_H
#define AMBIT_MPI_REPORT_HISTORY_H

#include "../config/settings.h"
#include "../records/metrics.h"

/* The numbers of a train line: X(member, key in the line) */
#define AMBIT_TRAIN_COLUMN_LIST(X)                                                                 \
    X(STEP, "step")                                                                                \
    X(SECONDS, "seconds")                                                                          \
    X(LOSS, "loss")                                                                                \
    X(RATE, "rate")                                                                                \
    X(GRADIENT_NORM, "gradient_norm")                                                              \
    X(SPEED, "samples_per_second")                                                                 \
    X(PEAK_SHARE, "peak_share")                                                                    \
    X(DATA_SHARE, "data_share")                                                                    \
    X(EXCHANGE_SHARE, "exchange_share")                                                            \
    X(WAIT_SHARE, "wait_share")

typedef enum {
#define AMBIT_TRAIN_ENUM(member, key) AMBIT_TRAIN_##member,
    AMBIT_TRAIN_COLUMN_LIST(AMBIT_TRAIN_ENUM)
#undef AMBIT_TRAIN_ENUM
        AMBIT_TRAIN_COLUMNS
} ambit_train_column;

typedef double ambit_bins[AMBIT_METRIC_BINS];

typedef struct {
    /* Of the last start line. */
    int starts; /* 0: nothing is known */
    int64_t parameters, batch, steps, ranks;
    double time; /* of the first start: seconds since 1970 */
    char commit[64], hosts[256];
    int source_count;
    char sources[AMBIT_MOST_SOURCES][64];
    ambit_bins bin_probability, effective_samples;
    /* Of the train lines. */
    int64_t train_count, train_room;
    double *train[AMBIT_TRAIN_COLUMNS];
    ambit_bins *bin_loss, *bin_count;
    double source_total[AMBIT_MOST_SOURCES];
    /* Of the validate lines. */
    int64_t validate_count, validate_room;
    double *validate_step, *validate_loss;
    ambit_bins validate_bin_loss; /* the last line's */
} ambit_history;

/* Reads RUN/metrics.jsonl. AMBIT_NO_INPUT where there is none; AMBIT_DATA names file and line.
 * Free with ambit_history_free, also after a failure. */
ambit_status ambit_history_read(const char *run, ambit_history *history);
void ambit_history_free(ambit_history *history);

/* Loss and samples of each σ bin over the train lines from `first` on; the loss is the mean over
 * samples, NaN where there were none. */
void ambit_history_bins(const ambit_history *history, int64_t first, ambit_bins loss,
                        ambit_bins count);

/* Mean of a column's finite values; NaN where there is none. */
double ambit_history_mean(const ambit_history *history, ambit_train_column column);

#endif
