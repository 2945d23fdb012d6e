#define _GNU_SOURCE /* CPU_COUNT, sched_getaffinity */
#include "cores.h"

#include "../records/say.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

ambit_cores ambit_cores_allowed(const ambit_ranks *ranks) {
    cpu_set_t mine, together;
    CPU_ZERO(&mine);
    sched_getaffinity(0, sizeof mine, &mine);
    AMBIT_WAIT(MPI_Allreduce(&mine, &together, (int)sizeof mine, MPI_BYTE, MPI_BOR, ranks->node));
    return (ambit_cores){.own = CPU_COUNT(&mine), .together = CPU_COUNT(&together)};
}

void ambit_cores_warn(const ambit_ranks *ranks, int64_t threads) {
    const int own = ambit_cores_allowed(ranks).own;
    if (ranks->rank == 0 && threads > own)
        fprintf(stderr,
                "warning: threads: the %" PRId64 " of a rank may use %d core%s, so they wait for "
                "each other; give a rank more, with mpirun --map-by slot:PE=%" PRId64
                " or srun --cpus-per-task=%" PRId64 ", or use fewer threads\n",
                threads, own, ambit_plural(own), threads, threads);
}
