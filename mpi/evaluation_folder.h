/* The folder that an evaluation's results go to, RUN/eval or RUN/eval/NAME (evaluation.h says what
 * lies there), and that no results are lost in it.
 *
 * Results of the same evaluation are replaced: the same sampler, environment and eval.* (but for
 * eval.batch, which changes no result), of the run's newest checkpoint, whichever that is, or of
 * the one that was named. Those of another evaluation are not, unless that is asked for.
 */
#ifndef AMBIT_MPI_EVALUATION_FOLDER_H
#define AMBIT_MPI_EVALUATION_FOLDER_H

#include "ranks.h"

#include <limits.h>

typedef struct {
    const char *run;
    const char *name;          /* NULL: RUN/eval itself */
    const char *checkpoint;    /* the file's name, where one was asked for; NULL: the newest */
    const char *configuration; /* of the evaluation, canonical */
    int overwrite;
} ambit_evaluation_claim;

/* Collective. Finds the folder, makes it, and looks at what it holds; nothing there is changed.
 * AMBIT_CANNOT_CREATE where it holds results of another evaluation, with what differs. */
ambit_status ambit_evaluation_claim_folder(const ambit_ranks *ranks,
                                           const ambit_evaluation_claim *claim,
                                           char folder[PATH_MAX]);

/* Rank 0, when there are results: writes down which evaluation they are of. */
ambit_status ambit_evaluation_record_claim(const char *folder, const char *configuration);

#endif
