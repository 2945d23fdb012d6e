/* Run folders for tests of the report, made by the writers that training and evaluation use. */
#ifndef AMBIT_TESTS_MPI_REPORT_RUNS_H
#define AMBIT_TESTS_MPI_REPORT_RUNS_H

#include "mpi/report/record.h"

/* Joins folder and name into memory that the caller frees. */
char *report_join(const char *folder, const char *name);

/* Sixty steps of training on one source, on a host of the same name, and a validation that scored
 * what `scored` stands for. */
void report_metrics(const char *run, const char *source, uint64_t scored);

/* 1,000 trials in the maze, and one metric: jerk2, with intervals of ± 1. */
void report_evaluation(const char *run, int64_t successes, double jerk);

/* A whole run in folder/name; the caller frees the path. */
char *report_run(const char *folder, const char *name, const char *configuration,
                 int64_t successes);

/* Fails the test where the text lacks the part; or where the status is none of success. */
void report_holds(const char *text, const char *part);
void report_succeeds(ambit_status status);

/* Reads runs; the caller frees the records. */
ambit_records report_read(char *const *runs, int count);

#endif
