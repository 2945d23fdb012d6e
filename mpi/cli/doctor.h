/* What `ambit doctor` looks at: things outside Ambit that make runs fail or slow. */
#ifndef AMBIT_MPI_CLI_DOCTOR_H
#define AMBIT_MPI_CLI_DOCTOR_H

#include "../ranks.h"

enum { AMBIT_DOCTOR_MOST = 16, AMBIT_DOCTOR_TEXT = 1024 };

typedef enum { AMBIT_DOCTOR_OK, AMBIT_DOCTOR_WARNING, AMBIT_DOCTOR_FAULT } ambit_doctor_level;

typedef struct {
    ambit_doctor_level level;
    char check[16];
    char what[AMBIT_DOCTOR_TEXT], remedy[AMBIT_DOCTOR_TEXT]; /* remedy "": none needed */
    int rank;                                                /* the lowest that found the worst */
    char host[64];
} ambit_finding;

/* Collective. Makes all checks on all ranks; every rank gets the worst finding of each check.
 * Returns the number of checks. */
int ambit_doctor_examine(const ambit_ranks *ranks, ambit_finding findings[AMBIT_DOCTOR_MOST]);

#endif
