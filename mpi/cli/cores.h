/* The cores that the ranks of a node may use, and a word where they are too few. */
#ifndef AMBIT_MPI_CLI_CORES_H
#define AMBIT_MPI_CLI_CORES_H

#include "../ranks.h"

typedef struct {
    int own;      /* that this rank may use */
    int together; /* that the ranks of its node may use, counted once */
} ambit_cores;

/* Collective. */
ambit_cores ambit_cores_allowed(const ambit_ranks *ranks);

/* Collective. Says on stderr when a rank's threads have fewer cores than they are, as when a
 * launcher binds each rank to one core, which is what mpirun does with two ranks unless told
 * otherwise. */
void ambit_cores_warn(const ambit_ranks *ranks, int64_t threads);

#endif
