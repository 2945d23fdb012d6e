/* What `ambit annotate` leaves behind of one source, read back for reports: FOLDER/summary.json, as
 * mpi/annotation/summary.h describes it. Not collective.
 */
#ifndef AMBIT_MPI_RECORDS_BOUNDS_RECORD_H
#define AMBIT_MPI_RECORDS_BOUNDS_RECORD_H

#include "../../core/base/status.h"
#include "../../core/method/isotonic.h"

enum { AMBIT_BOUNDS_WORDS = 24, AMBIT_BOUNDS_WORD = 384 };

typedef struct {
    char source[128];
    double threshold, sigma_min, low, high, by_mean;
    double discriminant, spectrum; /* of the quick look; NaN: none */
    int level_count;
    double levels[AMBIT_MOST_LEVELS], apart[AMBIT_MOST_LEVELS], variation[AMBIT_MOST_LEVELS],
        variation_low[AMBIT_MOST_LEVELS], variation_high[AMBIT_MOST_LEVELS], auc[AMBIT_MOST_LEVELS],
        miscalibration[AMBIT_MOST_LEVELS];
    int word_count;
    char words[AMBIT_BOUNDS_WORDS][AMBIT_BOUNDS_WORD];
} ambit_bounds_record;

/* AMBIT_NO_INPUT where there is none; AMBIT_DATA names file and key. */
ambit_status ambit_bounds_record_read(const char *folder, ambit_bounds_record *record);

#endif
