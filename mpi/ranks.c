#include "ranks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number from the environment, or -1. */
static long environment_number(const char *name) {
    const char *text = getenv(name);
    char *end = NULL;
    long value = text && *text ? strtol(text, &end, 10) : -1;
    return end && *end == '\0' ? value : -1;
}

/* srun without PMIx starts processes that do not know of each other. */
static ambit_status check_launcher(void) {
    long tasks = environment_number("SLURM_STEP_NUM_TASKS");
    if (tasks > 1 && !getenv("PMIX_RANK") && !getenv("OMPI_COMM_WORLD_SIZE"))
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "srun: %ld tasks were started without PMIx, so they cannot form one job; "
                          "use `srun --mpi=pmix`, or mpirun",
                          tasks);
    return AMBIT_OK;
}

static ambit_status check_world_size(void) {
    int size;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    long tasks = environment_number("SLURM_STEP_NUM_TASKS");
    if (tasks > 0 && getenv("PMIX_RANK") && !getenv("OMPI_COMM_WORLD_SIZE") && tasks != size)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "srun: Slurm started %ld tasks but MPI sees %d; Open MPI and Slurm speak "
                          "different PMIx versions: use mpirun, or rebuild one of them",
                          tasks, size);
    return AMBIT_OK;
}

/* A key that is equal for the ranks of a node: the lowest rank of it, or of the pretended node. */
static int node_key(void) {
    int rank, key;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    long pretended = environment_number("AMBIT_NODE_SIZE");
    if (pretended > 0)
        return rank / (int)pretended;
    MPI_Comm shared;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &shared);
    key = rank;
    MPI_Bcast(&key, 1, MPI_INT, 0, shared);
    MPI_Comm_free(&shared);
    return key;
}

static void order_by_node(ambit_ranks *ranks) {
    int first_rank, rank, size, key = node_key();
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    /* Two stable splits: into nodes, then everyone again, sorted by node and place in it. */
    MPI_Comm_split(MPI_COMM_WORLD, key, rank, &ranks->node);
    MPI_Comm_rank(ranks->node, &ranks->node_rank);
    MPI_Comm_size(ranks->node, &ranks->node_size);
    int leads = ranks->node_rank == 0;
    MPI_Exscan(&leads, &ranks->node_index, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0)
        ranks->node_index = 0;
    MPI_Bcast(&ranks->node_index, 1, MPI_INT, 0, ranks->node);
    first_rank = ranks->node_index * size + ranks->node_rank;
    MPI_Comm_split(MPI_COMM_WORLD, 0, first_rank, &ranks->world);
    MPI_Comm_rank(ranks->world, &ranks->rank);
    MPI_Comm_size(ranks->world, &ranks->size);
    MPI_Allreduce(&leads, &ranks->node_count, 1, MPI_INT, MPI_SUM, ranks->world);
    int largest;
    MPI_Allreduce(&ranks->node_size, &largest, 1, MPI_INT, MPI_MAX, ranks->world);
    ranks->even = largest * ranks->node_count == ranks->size;
}

ambit_status ambit_ranks_start(ambit_ranks *ranks) {
    int provided;
    AMBIT_TRY(check_launcher());
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
    memset(ranks, 0, sizeof *ranks);
    gethostname(ranks->host, sizeof ranks->host - 1);
    order_by_node(ranks);
    return ambit_agree(ranks, check_world_size());
}

void ambit_ranks_stop(ambit_ranks *ranks) {
    MPI_Comm_free(&ranks->node);
    MPI_Comm_free(&ranks->world);
    MPI_Finalize();
}

void ambit_ranks_abort(int exit_code) {
    MPI_Abort(MPI_COMM_WORLD, exit_code);
    _exit(exit_code);
}

ambit_status ambit_agree(const ambit_ranks *ranks, ambit_status mine) {
    struct {
        int fine, rank;
    } own = {mine == AMBIT_OK, ranks->rank}, first;
    MPI_Allreduce(&own, &first, 1, MPI_2INT, MPI_MINLOC, ranks->world);
    if (first.fine)
        return AMBIT_OK;
    struct {
        int status;
        char host[64], message[AMBIT_MESSAGE_SIZE];
    } report = {.status = (int)mine};
    if (ranks->rank == first.rank) {
        snprintf(report.host, sizeof report.host, "%s", ranks->host);
        snprintf(report.message, sizeof report.message, "%s", ambit_message());
    }
    MPI_Bcast(&report, (int)sizeof report, MPI_BYTE, first.rank, ranks->world);
    char whole[AMBIT_MESSAGE_SIZE + 128];
    if (first.rank == 0)
        snprintf(whole, sizeof whole, "%s", report.message);
    else
        snprintf(whole, sizeof whole, "[rank %d %s] %s", first.rank, report.host, report.message);
    ambit_message_set(whole);
    return (ambit_status)report.status;
}

/* MPI counts are 32-bit: larger data goes in pieces. */
static void broadcast_pieces(const ambit_ranks *ranks, char *data, int64_t size) {
    const int64_t piece = INT64_C(1) << 30;
    for (int64_t done = 0; done < size; done += piece)
        MPI_Bcast(data + done, (int)(size - done < piece ? size - done : piece), MPI_BYTE, 0,
                  ranks->world);
}

ambit_status ambit_broadcast_bytes(const ambit_ranks *ranks, char **data, int64_t *size) {
    MPI_Bcast(size, 1, MPI_INT64_T, 0, ranks->world);
    ambit_status status = AMBIT_OK;
    if (ranks->rank != 0)
        status = ambit_allocate(data, (size_t)*size + 1, 1, "broadcast");
    AMBIT_TRY_ALL(ranks, status);
    broadcast_pieces(ranks, *data, *size);
    return AMBIT_OK;
}
