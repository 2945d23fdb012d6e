/* A file that HDF5 could not write to its end, nor close, is no reason to die when the program
 * ends, neither in MPI_Finalize, from where HDF5 would end itself, nor at exit. */
#include "datasets/hdf5_error.h"

#include <hdf5.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { COUNT = 1 << 20 };

/* Returns how many calls failed. */
static int write_file(const char *path) {
    hsize_t shape[1] = {COUNT};
    char *values = calloc(COUNT, 1);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, shape, NULL);
    hid_t set =
        H5Dcreate2(file, "bytes", H5T_NATIVE_CHAR, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    int failures = H5Dwrite(set, H5T_NATIVE_CHAR, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0;
    failures += H5Dclose(set) < 0;
    H5Sclose(space);
    failures += H5Fclose(file) < 0;
    free(values);
    return failures;
}

int main(int argc, char **argv) {
    const struct rlimit little = {.rlim_cur = 512, .rlim_max = RLIM_INFINITY};
    char path[] = "/tmp/ambit-hdf5-XXXXXX";
    ambit_hdf5_start();
    MPI_Init(&argc, &argv);
    close(mkstemp(path));
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &little);
    const int failures = write_file(path);
    unlink(path);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
    MPI_Finalize();
    if (failures == 0)
        puts("nothing failed");
    return failures == 0;
}
