/* All that a run folder says of a run, gathered for reports. */
#ifndef AMBIT_MPI_REPORT_RECORD_H
#define AMBIT_MPI_REPORT_RECORD_H

#include "../records/evaluation.h"
#include "differences.h"
#include "history.h"
#include "panel.h"

typedef struct {
    const char *folder; /* as the user named it; borrowed */
    char title[128];    /* run.title of the configuration, else the folder's name */
    char name[128];     /* of the method: the title, or where several methods have that title the
                         * name of the method's first folder */
    int method;         /* runs that differ in nothing but run.seed are one method: its number */
    int scored;         /* runs that validated on the same samples share a number; -1: none */
    int has_entries, has_history, has_evaluation, has_drawings;
    char damage[AMBIT_MESSAGE_SIZE]; /* what is wrong with its files, a sentence a line; "" */
    ambit_entries entries;
    ambit_history history;
    ambit_evaluation evaluation;
    ambit_drawings drawings;
} ambit_record;

typedef struct {
    int count, method_count, scored_count;
    ambit_record *records;
} ambit_records;

/* Reads `count` run folders. Parts that do not exist are left out, and so is what is damaged (of
 * files of lines, from the damaged line on), which the record then says; a folder of which nothing
 * is left is an error. Not collective. Free with ambit_records_free, also after a failure. */
ambit_status ambit_records_read(const char *const *folders, int count, ambit_records *records);
void ambit_records_free(ambit_records *records);

/* The first run of a method. */
const ambit_record *ambit_records_first(const ambit_records *records, int method);

/* The evaluations of a method's runs as one: trials added up, means weighted by their trials, the
 * variances of runs combined as those of strata. Returns the number of runs that were evaluated; 0
 * leaves *pooled empty. Runs with other metrics than the first count for success only. */
int ambit_records_pool(const ambit_records *records, int method, ambit_evaluation *pooled);

#endif
