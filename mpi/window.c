#include "window.h"

#include "../core/base/latch.h"
#include "room.h"

enum {
    PAGE = 4096,
    ACCOUNTS = 4096 /* what Open MPI keeps in a window for itself, a rank, at the very most */
};

/* MPI refuses on one rank alone where it cannot make the file of the window: room was looked for
 * before, so that only another job that took it in between can bring that about. */
static int allocate(MPI_Comm node, int64_t bytes, MPI_Win *window) {
    MPI_Info info;
    char *base = NULL;
    int error;
    MPI_Info_create(&info);
    MPI_Info_set(info, "alloc_shared_noncontig", "true"); /* pages near the rank that fills them */
    MPI_Comm_set_errhandler(node, MPI_ERRORS_RETURN);
    AMBIT_WAIT(error = MPI_Win_allocate_shared(bytes, 1, info, node, &base, window));
    MPI_Comm_set_errhandler(node, MPI_ERRORS_ARE_FATAL);
    MPI_Info_free(&info);
    if (error != MPI_SUCCESS)
        *window = MPI_WIN_NULL;
    else
        MPI_Win_lock_all(MPI_MODE_NOCHECK, *window);
    return error == MPI_SUCCESS;
}

ambit_status ambit_window_open(const ambit_ranks *ranks, MPI_Comm node, int64_t mine,
                               int64_t besides, const char *what, ambit_window *window) {
    const int64_t bytes = mine + AMBIT_CACHE_LINE;
    const int64_t taken = (bytes + PAGE - 1) / PAGE * PAGE + ACCOUNTS;
    int size;
    window->window = MPI_WIN_NULL;
    MPI_Comm_size(node, &size); /* a rank alone gets its memory from malloc */
    AMBIT_TRY(
        ambit_room_check(ranks, size > 1 ? taken : 0, besides + (size > 1 ? 0 : bytes), what));
    const int opened = allocate(node, bytes, &window->window);
    return ambit_agree(ranks, opened ? AMBIT_OK
                                     : ambit_fail(AMBIT_SYSTEM,
                                                  "shared memory: a window of %lld bytes a rank "
                                                  "was refused on %s; start again",
                                                  (long long)bytes, ranks->host));
}

/* MPI and malloc begin memory with a header of their own. All processes that share it find the same
 * line, as pages hold many. */
void *ambit_window_part(const ambit_window *window, int node_rank) {
    MPI_Aint size;
    int unit;
    void *part;
    MPI_Win_shared_query(window->window, node_rank, &size, &unit, &part);
    return ambit_first_line(part);
}

void ambit_window_publish(const ambit_window *window, MPI_Comm node) {
    MPI_Win_sync(window->window);
    AMBIT_WAIT(MPI_Barrier(node));
    MPI_Win_sync(window->window);
}

void ambit_window_close(ambit_window *window) {
    if (window->window == MPI_WIN_NULL)
        return;
    MPI_Win_unlock_all(window->window);
    AMBIT_WAIT(MPI_Win_free(&window->window));
}
