#include "doctor.h"

#include "../../core/products/product.h"
#include "../../plugins/loader.h"
#include "../records/say.h"
#include "../room.h"
#include "cores.h"
#include "version.h"

#include <cblas.h>
#include <errno.h>
#include <hdf5.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MIB (1024.0 * 1024.0)

/* Level and both sentences at once; `format` makes the first. */
__attribute__((format(printf, 4, 5))) static void conclude(ambit_finding *finding,
                                                           ambit_doctor_level level,
                                                           const char *remedy, const char *format,
                                                           ...) {
    va_list arguments;
    finding->level = level;
    snprintf(finding->remedy, sizeof finding->remedy, "%s", remedy);
    va_start(arguments, format);
    vsnprintf(finding->what, sizeof finding->what, format, arguments);
    va_end(arguments);
}

static void check_versions(const ambit_ranks *ranks, ambit_finding *finding) {
    ambit_versions versions;
    (void)ranks;
    ambit_versions_find(&versions);
    conclude(finding, AMBIT_DOCTOR_OK, "", "Ambit %s; %s", versions.ambit, versions.mpi);
}

static void check_hdf5(const ambit_ranks *ranks, ambit_finding *finding) {
    unsigned major, minor, release;
    (void)ranks;
    H5get_libversion(&major, &minor, &release);
#ifdef H5_HAVE_PARALLEL
    if (major == H5_VERS_MAJOR && minor == H5_VERS_MINOR)
        conclude(finding, AMBIT_DOCTOR_OK, "", "%u.%u.%u, parallel", major, minor, release);
    else
        conclude(finding, AMBIT_DOCTOR_FAULT,
                 "load the module or package it was built with, or build it again",
                 "built with %d.%d, runs with %u.%u", H5_VERS_MAJOR, H5_VERS_MINOR, major, minor);
#else
    conclude(finding, AMBIT_DOCTOR_FAULT, "build with libhdf5-openmpi-dev",
             "%u.%u.%u was built without MPI", major, minor, release);
#endif
}

/* ---------------------------------------------------------------- compute */

static void check_products(const ambit_ranks *ranks, ambit_finding *finding) {
    const char *kernel = ambit_product_kernel();
    (void)ranks;
    if (strcmp(kernel, "OpenBLAS") == 0)
        conclude(finding, AMBIT_DOCTOR_OK, "", "by OpenBLAS, kernels for %s",
                 openblas_get_corename());
    else
        conclude(finding, AMBIT_DOCTOR_OK, "", "by kernels for %s, train.precision bf16 %s", kernel,
                 ambit_bf16_available() ? "possible" : "not possible here");
}

static void check_threads(const ambit_ranks *ranks, ambit_finding *finding) {
    enum { OPENMP = 2 };
    (void)ranks;
    if (openblas_get_parallel() == OPENMP)
        conclude(finding, AMBIT_DOCTOR_WARNING,
                 "set OMP_NUM_THREADS=1, or install libopenblas0-pthread",
                 "OpenBLAS is the OpenMP build, which ignores OPENBLAS_NUM_THREADS");
    else
        conclude(finding, AMBIT_DOCTOR_OK, "",
                 "OpenBLAS would use %d; training uses 1 a rank, whatever is set",
                 openblas_get_num_threads());
}

/* Cores that the ranks of this node may use, together, against their number. */
static void check_cores(const ambit_ranks *ranks, ambit_finding *finding) {
    const ambit_cores allowed = ambit_cores_allowed(ranks);
    const int cores = allowed.together;
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (ranks->node_size > cores)
        conclude(finding, AMBIT_DOCTOR_WARNING,
                 cores < online && ranks->node_size <= online
                     ? "let them have more: --cpus-per-task and --ntasks-per-node of Slurm, "
                       "--map-by and --bind-to of mpirun"
                     : "start no more ranks than cores",
                 "%d ranks of a node share %d core%s (of %ld): each waits for the others",
                 ranks->node_size, cores, ambit_plural(cores), online);
    else
        conclude(finding, AMBIT_DOCTOR_OK, "", "ranks on a node: %d, cores for them: %d of %ld, %s",
                 ranks->node_size, cores, online, allowed.own < online ? "bound" : "not bound");
}

/* ---------------------------------------------------------------- launcher */

static void check_launcher(const ambit_ranks *ranks, ambit_finding *finding) {
    const char *tasks = getenv("SLURM_NTASKS");
    const int in_slurm = getenv("SLURM_JOB_ID") != NULL;
    const char *how = getenv("OMPI_COMM_WORLD_SIZE")   ? "mpirun"
                      : getenv("SLURM_STEP_NUM_TASKS") ? "srun with PMIx"
                                                       : "no launcher";
    if (in_slurm && ranks->size == 1 && tasks && atoi(tasks) > 1)
        conclude(finding, AMBIT_DOCTOR_WARNING, "start with `srun --mpi=pmix ambit …`",
                 "this job has %s tasks, but this is one rank", tasks);
    else
        conclude(finding, AMBIT_DOCTOR_OK, "", "ranks: %d, nodes: %d%s, %s%s", ranks->size,
                 ranks->node_count, ranks->even ? "" : " (not as many ranks on each)", how,
                 in_slurm ? " in a Slurm job" : "");
}

/* Parameters, their average and a gradient a rank, as floats, are in the window of a node. */
static void check_memory(const ambit_ranks *ranks, ambit_finding *finding) {
    const ambit_room room = ambit_room_look();
    const double few = 256 * MIB;
    const int sharers = ranks->node_size > 1 ? ranks->node_size : 2;
    if (room.error) {
        conclude(finding, AMBIT_DOCTOR_FAULT, "mount a tmpfs there", "%s: %s", room.folder,
                 strerror(room.error));
        return;
    }
    const int tight = (double)room.shared < few;
    conclude(finding, tight ? AMBIT_DOCTOR_WARNING : AMBIT_DOCTOR_OK,
             tight ? "make it larger (containers: --shm-size=1g), or remove what fills it" : "",
             "%s has %.0f MiB left, which %d ranks of a node can share for a network of %.1f "
             "million parameters at most; memory: %.0f MiB left",
             room.folder, (double)room.shared / MIB, sharers,
             (double)room.shared / ((2 + sharers) * (double)sizeof(float)) * 1e-6,
             (double)room.memory / MIB);
}

/* ---------------------------------------------------------------- plugins and files */

static void check_plugins(const ambit_ranks *ranks, ambit_finding *finding) {
    ambit_plugin_found *found;
    const ambit_plugin_found *refused = NULL;
    int count, usable = 0;
    (void)ranks;
    if (ambit_plugin_list(&found, &count) != AMBIT_OK) {
        conclude(finding, AMBIT_DOCTOR_FAULT, "", "%.1000s", ambit_message());
        return;
    }
    for (int i = 0; i < count; i++) {
        usable += found[i].status == AMBIT_OK;
        if (found[i].status != AMBIT_OK && !refused)
            refused = &found[i];
    }
    if (refused)
        conclude(finding, AMBIT_DOCTOR_WARNING, "`ambit plugin list` shows every one",
                 "%d usable, %d refused: %.800s", usable, count - usable, refused->reason);
    else if (usable == 0)
        conclude(finding, AMBIT_DOCTOR_WARNING, "set AMBIT_PLUGIN_PATH to their folder",
                 "none found");
    else
        conclude(finding, AMBIT_DOCTOR_OK, "", "%d usable", usable);
    free(found);
}

/* Numbers of <linux/magic.h> and of the file systems' own sources. */
static const struct {
    unsigned long magic;
    const char *name;
    int locks_fail; /* often mounted so that HDF5's file locking fails */
} file_systems[] = {
    {0x6969, "NFS", 1},         {0x0BD00BD0, "Lustre", 1}, {0x47504653, "GPFS", 1},
    {0x19830326, "BeeGFS", 1},  {0x00C36400, "Ceph", 1},   {0xEF53, "ext4", 0},
    {0x58465342, "XFS", 0},     {0x9123683E, "Btrfs", 0},  {0x01021994, "tmpfs", 0},
    {0x794C7630, "overlay", 0},
};

static void check_files(const ambit_ranks *ranks, ambit_finding *finding) {
    struct statfs here;
    const char *name = "unknown file system", *locking = getenv("HDF5_USE_FILE_LOCKING");
    int locks_fail = 0;
    (void)ranks;
    if (statfs(".", &here) != 0) {
        conclude(finding, AMBIT_DOCTOR_FAULT, "go to a folder that exists on every node",
                 "working directory: %s", strerror(errno));
        return;
    }
    for (size_t i = 0; i < sizeof file_systems / sizeof file_systems[0]; i++)
        if ((unsigned long)here.f_type == file_systems[i].magic) {
            name = file_systems[i].name;
            locks_fail = file_systems[i].locks_fail;
        }
    const double gib = (double)here.f_bavail * (double)here.f_bsize / (1024 * MIB);
    if (access(".", W_OK) != 0)
        conclude(finding, AMBIT_DOCTOR_WARNING, "go to a folder of your own before training",
                 "working directory: cannot be written (%s)", strerror(errno));
    else if (locks_fail && !(locking && strcasecmp(locking, "FALSE") == 0))
        conclude(finding, AMBIT_DOCTOR_WARNING,
                 "where HDF5 says \"unable to lock file\", set HDF5_USE_FILE_LOCKING=FALSE",
                 "working directory on %s, %.1f GiB left; many mounts of it do not lock files",
                 name, gib);
    else
        conclude(finding, AMBIT_DOCTOR_OK, "", "working directory on %s, %.1f GiB left", name, gib);
}

/* ---------------------------------------------------------------- all of it */

static const struct {
    const char *name;
    void (*look)(const ambit_ranks *ranks, ambit_finding *finding);
} checks[] = {
    {"versions", check_versions}, {"hdf5", check_hdf5},       {"products", check_products},
    {"threads", check_threads},   {"cores", check_cores},     {"launcher", check_launcher},
    {"memory", check_memory},     {"plugins", check_plugins}, {"files", check_files},
};

enum { CHECK_COUNT = sizeof checks / sizeof checks[0] };
_Static_assert((int)CHECK_COUNT <= (int)AMBIT_DOCTOR_MOST, "room for all findings");

int ambit_doctor_examine(const ambit_ranks *ranks, ambit_finding findings[AMBIT_DOCTOR_MOST]) {
    memset(findings, 0, AMBIT_DOCTOR_MOST * sizeof *findings);
    for (int i = 0; i < CHECK_COUNT; i++) {
        ambit_finding *finding = &findings[i];
        snprintf(finding->check, sizeof finding->check, "%s", checks[i].name);
        snprintf(finding->host, sizeof finding->host, "%s", ranks->host);
        finding->rank = ranks->rank;
        checks[i].look(ranks, finding);
        /* Negative levels, so that the least is the worst, and of equals the lowest rank. */
        struct {
            int level, rank;
        } own = {-(int)finding->level, ranks->rank}, worst;
        AMBIT_WAIT(MPI_Allreduce(&own, &worst, 1, MPI_2INT, MPI_MINLOC, ranks->world));
        AMBIT_WAIT(MPI_Bcast(finding, (int)sizeof *finding, MPI_BYTE, worst.rank, ranks->world));
    }
    return CHECK_COUNT;
}
