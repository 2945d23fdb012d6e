/* What this program was built from and what it runs with. */
#ifndef AMBIT_MPI_CLI_VERSION_H
#define AMBIT_MPI_CLI_VERSION_H

#include <stddef.h>

/* One line each, without MPI having been started. */
typedef struct {
    char ambit[128], compiler[128], mpi[128], hdf5[128], blas[192], yaml[64];
} ambit_versions;

void ambit_versions_find(ambit_versions *versions);

#endif
