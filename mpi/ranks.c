#include "ranks.h"

#include "../core/base/crc32c.h"
#include "../core/base/memory.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A number from the environment, or -1. */
static long environment_number(const char *name) {
    const char *text = getenv(name);
    char *end = NULL;
    long value = text && *text ? strtol(text, &end, 10) : -1;
    return end && *end == '\0' ? value : -1;
}

int ambit_launched_rank(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"};
    long rank = -1;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && rank < 0; i++)
        rank = environment_number(names[i]);
    return rank < INT_MAX ? (int)rank : INT_MAX;
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

/* Open MPI 4.1 maps 211 MiB when it starts, and may crash where it cannot. */
static ambit_status check_addresses(void) {
    const int64_t needed = INT64_C(256) << 20, left = ambit_addresses_left();
    if (left < needed)
        return ambit_fail(
            AMBIT_SYSTEM,
            "address space: %.0f MiB are left, of which MPI takes 211 when it starts; "
            "raise the limit (ulimit -v)",
            (double)left / (1 << 20));
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
        return (int)(rank / pretended);
    MPI_Comm shared;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &shared);
    key = rank;
    MPI_Bcast(&key, 1, MPI_INT, 0, shared);
    MPI_Comm_free(&shared);
    return key;
}

static void order_by_node(ambit_ranks *ranks) {
    int rank, key = node_key();
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    /* Two stable splits: into nodes, then everyone again, node after node. */
    MPI_Comm_split(MPI_COMM_WORLD, key, rank, &ranks->node);
    MPI_Comm_rank(ranks->node, &ranks->node_rank);
    MPI_Comm_size(ranks->node, &ranks->node_size);
    const int leads = ranks->node_rank == 0;
    const int mine[] = {leads, leads ? ranks->node_size : 0};
    int before[] = {0, 0}; /* nodes, and their ranks, whose first rank comes before this one */
    MPI_Exscan(mine, before, 2, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Bcast(before, 2, MPI_INT, 0, ranks->node);
    ranks->node_index = before[0];
    MPI_Comm_split(MPI_COMM_WORLD, 0, before[1] + ranks->node_rank, &ranks->world);
    MPI_Comm_rank(ranks->world, &ranks->rank);
    MPI_Comm_size(ranks->world, &ranks->size);
    MPI_Allreduce(&leads, &ranks->node_count, 1, MPI_INT, MPI_SUM, ranks->world);
    int largest;
    MPI_Allreduce(&ranks->node_size, &largest, 1, MPI_INT, MPI_MAX, ranks->world);
    ranks->even = (int64_t)largest * ranks->node_count == ranks->size;
}

ambit_status ambit_ranks_start(ambit_ranks *ranks) {
    int provided;
    AMBIT_TRY(check_launcher());
    AMBIT_TRY(check_addresses());
    AMBIT_WAIT(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided));
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
    memset(ranks, 0, sizeof *ranks);
    gethostname(ranks->host, sizeof ranks->host - 1);
    AMBIT_WAIT(order_by_node(ranks));
    return ambit_agree(ranks, check_world_size());
}

void ambit_ranks_stop(ambit_ranks *ranks) {
    MPI_Comm_free(&ranks->node);
    MPI_Comm_free(&ranks->world);
    AMBIT_WAIT(MPI_Finalize());
}

int ambit_ranks_meet(MPI_Comm comm, double seconds) {
    const struct timespec pause = {.tv_nsec = 1000000};
    const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_WAIT_FOR_WORK);
    const double start = MPI_Wtime();
    MPI_Request request;
    int here = 0;
    MPI_Ibarrier(comm, &request);
    while (MPI_Test(&request, &here, MPI_STATUS_IGNORE), !here && MPI_Wtime() - start < seconds)
        nanosleep(&pause, NULL);
    ambit_phase_leave(before);
    return here;
}

/* MPI asks the launcher to end the others, and waits for it, which may be gone. */
void ambit_ranks_abort(int exit_code) {
    enum { SECONDS_TO_ABORT = 10 };
    int started, ended;
    MPI_Initialized(&started);
    MPI_Finalized(&ended);
    signal(SIGALRM, SIG_DFL);
    alarm(SECONDS_TO_ABORT);
    if (started && !ended)
        MPI_Abort(MPI_COMM_WORLD, exit_code);
    _exit(exit_code);
}

ambit_status ambit_agree(const ambit_ranks *ranks, ambit_status mine) {
    struct {
        int fine, rank;
    } own = {mine == AMBIT_OK, ranks->rank}, first;
    AMBIT_WAIT(MPI_Allreduce(&own, &first, 1, MPI_2INT, MPI_MINLOC, ranks->world));
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
    AMBIT_WAIT(MPI_Bcast(&report, (int)sizeof report, MPI_BYTE, first.rank, ranks->world));
    char whole[AMBIT_MESSAGE_SIZE + 128];
    if (first.rank == 0)
        snprintf(whole, sizeof whole, "%s", report.message);
    else
        snprintf(whole, sizeof whole, "[rank %d %s] %s", first.rank, report.host, report.message);
    ambit_message_set(whole);
    return (ambit_status)report.status;
}

ambit_status ambit_agree_on_work(const ambit_ranks *ranks, ambit_status mine) {
    const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_WAIT_FOR_WORK);
    const ambit_status all = ambit_agree(ranks, mine);
    ambit_phase_leave(before);
    return all;
}

int ambit_same(const ambit_ranks *ranks, const void *data, size_t size) {
    const int64_t sum = ambit_crc32c(0, data, size);
    const int64_t mine[] = {sum, -sum};
    int64_t most[2];
    AMBIT_WAIT(MPI_Allreduce(mine, most, 2, MPI_INT64_T, MPI_MAX, ranks->world));
    return most[0] == -most[1];
}

/* ---------------------------------------------------------------- large data */

/* MPI counts are 32-bit: larger data goes in pieces. */
enum { PIECE = 1 << 30 };

static int piece_at(int64_t done, int64_t size) {
    return (int)(size - done < PIECE ? size - done : PIECE);
}

void ambit_broadcast(const ambit_ranks *ranks, void *data, int64_t size) {
    for (int64_t done = 0; done < size; done += PIECE)
        AMBIT_WAIT(MPI_Bcast((char *)data + done, piece_at(done, size), MPI_BYTE, 0, ranks->world));
}

ambit_status ambit_broadcast_bytes(const ambit_ranks *ranks, char **data, int64_t *size) {
    ambit_broadcast(ranks, size, sizeof *size);
    ambit_status status = AMBIT_OK;
    if (ranks->rank != 0)
        status = ambit_allocate(data, (size_t)*size + 1, 1, "broadcast");
    AMBIT_TRY_ALL(ranks, status);
    ambit_broadcast(ranks, *data, *size);
    return AMBIT_OK;
}

void ambit_gather(const ambit_ranks *ranks, const void *mine, int64_t count, int64_t size,
                  void *all) {
    MPI_Datatype item;
    MPI_Type_contiguous((int)size, MPI_BYTE, &item);
    MPI_Type_commit(&item);
    AMBIT_WAIT(MPI_Gather(mine, (int)count, item, all, (int)count, item, 0, ranks->world));
    MPI_Type_free(&item);
}

void ambit_hand_over(const ambit_ranks *ranks, int from, const void *mine, void *received,
                     int64_t size) {
    if (from == 0) {
        memcpy(received, mine, (size_t)size);
        return;
    }
    for (int64_t done = 0; done < size; done += PIECE)
        if (ranks->rank == 0)
            AMBIT_WAIT(MPI_Recv((char *)received + done, piece_at(done, size), MPI_BYTE, from, 0,
                                ranks->world, MPI_STATUS_IGNORE));
        else
            AMBIT_WAIT(MPI_Send((const char *)mine + done, piece_at(done, size), MPI_BYTE, 0, 0,
                                ranks->world));
}

void ambit_sum(const ambit_ranks *ranks, const double *mine, int64_t count, double *sum) {
    const int64_t most = PIECE / (int64_t)sizeof *mine;
    for (int64_t done = 0; done < count; done += most)
        AMBIT_WAIT(MPI_Reduce(mine + done, sum ? sum + done : NULL,
                              (int)(count - done < most ? count - done : most), MPI_DOUBLE, MPI_SUM,
                              0, ranks->world));
}
