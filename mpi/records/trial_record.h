/* Records what an environment draws, as one line of RUN/eval/drawings.jsonl (see evaluation.h).
 * Not collective. */
#ifndef AMBIT_MPI_RECORDS_TRIAL_RECORD_H
#define AMBIT_MPI_RECORDS_TRIAL_RECORD_H

#include "../../plugins/loader.h"

/* Draws the world of trial `trial` into *text: a line of JSON with its newline, malloced. */
ambit_status ambit_drawing_record(ambit_plugin *environment, ambit_world *world, int64_t trial,
                                  int success, char **text);

#endif
