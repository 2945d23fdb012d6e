#include "version.h"

#include "../../plugins/ambit_plugin.h"

#include <cblas.h>
#include <hdf5.h>
#include <mpi.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

void ambit_versions_find(ambit_versions *versions) {
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
    unsigned major = 0, minor = 0, release = 0;
    int length;
    MPI_Get_library_version(mpi, &length); /* allowed before MPI_Init */
    H5get_libversion(&major, &minor, &release);
    snprintf(versions->ambit, sizeof versions->ambit, "%s (commit %s, plugins %d.%d)",
             AMBIT_VERSION, AMBIT_COMMIT, AMBIT_ABI_MAJOR, AMBIT_ABI_MINOR);
    snprintf(versions->compiler, sizeof versions->compiler, "%s", AMBIT_COMPILER);
    snprintf(versions->mpi, sizeof versions->mpi, "%.*s", (int)strcspn(mpi, ",\n"), mpi);
#ifdef H5_HAVE_PARALLEL
    const char *parallel = "parallel";
#else
    const char *parallel = "not parallel";
#endif
    snprintf(versions->hdf5, sizeof versions->hdf5, "%u.%u.%u, %s", major, minor, release,
             parallel);
    snprintf(versions->blas, sizeof versions->blas, "%.120s, kernels for %.40s",
             openblas_get_config(), openblas_get_corename());
    snprintf(versions->yaml, sizeof versions->yaml, "%s", yaml_get_version_string());
}
