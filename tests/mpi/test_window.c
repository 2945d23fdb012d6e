/* A window that one node is refused, which is seen on that node alone, is refused on all ranks, and
 * closing it is right on those that had got theirs; as is destroying an exchange that had no more.
 * Run with AMBIT_NODE_SIZE=2, so that there are several nodes of several ranks. */
#include "mpi/exchange.h"
#include "mpi/room.h"
#include "mpi/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static ambit_ranks ranks;
static int refused_node = -1;

/* As Open MPI, which fails where it cannot make the file, but on all ranks of the node: how a rank
 * alone that fails is kept from calling is what room.h is for. */
int MPI_Win_allocate_shared(MPI_Aint size, int unit, MPI_Info info, MPI_Comm comm, void *base,
                            MPI_Win *window) {
    if (ranks.node_index == refused_node)
        return MPI_ERR_NO_MEM;
    return PMPI_Win_allocate_shared(size, unit, info, comm, base, window);
}

static void test_parts(void **state) {
    (void)state;
    ambit_window window;
    assert_int_equal(ambit_window_open(&ranks, ranks.node, 100, 0, "numbers", &window), AMBIT_OK);
    char *mine = ambit_window_part(&window, ranks.node_rank);
    memset(mine, ranks.node_rank + 1, 100);
    ambit_window_publish(&window, ranks.node);
    for (int rank = 0; rank < ranks.node_size; rank++) {
        const char *theirs = ambit_window_part(&window, rank);
        assert_int_equal((uintptr_t)theirs % 64, 0);
        assert_true(theirs[0] == rank + 1 && theirs[99] == rank + 1);
    }
    ambit_window_close(&window);
    ambit_window_close(&window); /* of a closed one: nothing */
}

static void test_refused_on_one_node(void **state) {
    (void)state;
    ambit_window window;
    refused_node = ranks.node_count - 1;
    assert_int_equal(ambit_window_open(&ranks, ranks.node, 100, 0, "numbers", &window),
                     AMBIT_SYSTEM);
    ambit_window_close(&window);
    const ambit_parameter table = {.name = "weight", .count = 1000};
    ambit_exchange *exchange;
    assert_int_equal(ambit_exchange_create(&ranks, 4, &table, 1, &exchange), AMBIT_SYSTEM);
    assert_non_null(strstr(ambit_message(), "shared memory"));
    ambit_exchange_destroy(exchange);
    refused_node = -1;
}

/* More than any machine has; one rank alone asks for it. */
static void test_no_room(void **state) {
    (void)state;
    const int64_t huge = ranks.rank == ranks.size - 1 ? INT64_C(1) << 60 : 1;
    assert_int_equal(ambit_room_check(&ranks, 1, 1, "numbers"), AMBIT_OK);
    assert_int_equal(ambit_room_check(&ranks, huge, 1, "numbers"), AMBIT_SYSTEM);
    assert_non_null(strstr(ambit_message(), "shared memory: "));
    assert_int_equal(ambit_room_check(&ranks, 1, huge, "numbers"), AMBIT_SYSTEM);
    assert_non_null(strstr(ambit_message(), "memory: "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_refused_on_one_node),
        cmocka_unit_test(test_no_room),
    };
    if (ambit_ranks_start(&ranks) != AMBIT_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed)
        ambit_ranks_abort(1); /* the other ranks may wait in a collective call */
    ambit_ranks_stop(&ranks);
    return 0;
}
