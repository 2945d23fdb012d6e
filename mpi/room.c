#include "room.h"

#include "../core/base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB (1024.0 * 1024.0)

/* As Open MPI 4.1 chooses it (osc/sm), told by mpirun --mca or the environment. */
static void choose_folder(char *folder, size_t size) {
    const char *told = getenv("OMPI_MCA_osc_sm_backing_directory"), *temporary = getenv("TMPDIR");
    if (!told)
        told = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : temporary ? temporary : "/tmp";
    snprintf(folder, size, "%s", told);
}

ambit_room ambit_room_look(void) {
    ambit_room room = {
        .shared = INT64_MAX, .memory = ambit_memory_left(), .addresses = ambit_addresses_left()};
    struct statvfs about;
    choose_folder(room.folder, sizeof room.folder);
    if (access(room.folder, W_OK) != 0 || statvfs(room.folder, &about) != 0)
        room.error = errno;
    else
        room.shared = (int64_t)(about.f_bavail * about.f_frsize);
    return room;
}

static ambit_status compare(const ambit_ranks *ranks, int64_t window, int64_t all, int64_t mapped,
                            const char *what) {
    const ambit_room room = ambit_room_look();
    if (window > 0 && room.error)
        return ambit_fail(AMBIT_SYSTEM,
                          "shared memory: the ranks of a node share %s in %s, which cannot be used "
                          "(%s); mount a tmpfs there",
                          what, room.folder, strerror(room.error));
    if (window > room.shared)
        return ambit_fail(AMBIT_SYSTEM,
                          "shared memory: %s of %s has %.1f MiB left, but the %d ranks there share "
                          "%.1f MiB of %s in it; make it larger (containers: --shm-size=1g; root: "
                          "mount -o remount,size=1g %s), or start one rank a node and raise "
                          "train.threads, which needs none of it",
                          room.folder, ranks->host, (double)room.shared / MIB, ranks->node_size,
                          (double)window / MIB, what, room.folder);
    if (all > room.memory)
        return ambit_fail(AMBIT_SYSTEM,
                          "memory: %s has %.1f MiB left, but its %d ranks need %.1f MiB of %s; use "
                          "more nodes, fewer ranks a node, or a smaller network",
                          ranks->host, (double)room.memory / MIB, ranks->node_size,
                          (double)all / MIB, what);
    if (mapped > room.addresses)
        return ambit_fail(AMBIT_SYSTEM,
                          "address space: a rank may map %.1f MiB more (ulimit -v), but needs %.1f "
                          "MiB of %s; raise the limit, or use a smaller network",
                          (double)room.addresses / MIB, (double)mapped / MIB, what);
    return AMBIT_OK;
}

ambit_status ambit_room_check(const ambit_ranks *ranks, int64_t window, int64_t own,
                              const char *what) {
    const int64_t mine[] = {window, own};
    int64_t sums[2];
    AMBIT_WAIT(MPI_Allreduce(mine, sums, 2, MPI_INT64_T, MPI_SUM, ranks->node));
    return ambit_agree(ranks, compare(ranks, sums[0], sums[0] + sums[1], sums[0] + own, what));
}
