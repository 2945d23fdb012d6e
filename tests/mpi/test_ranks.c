/* What ranks bring together and hand over arrives whole, and beyond 2³¹ bytes no count that MPI is
 * given overflows: the calls of MPI are recorded there, since no machine that runs tests has such
 * memory. Ranks that differ are noticed. */
#include "mpi/ranks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ambit_ranks ranks;

/* ---------------------------------------------------------------- calls of MPI, recorded */

static int recording;
static struct {
    int64_t bytes; /* that the calls together have moved */
    int calls, negative;
} recorded;

static int record(int count, MPI_Datatype type) {
    int size;
    MPI_Type_size(type, &size);
    recorded.bytes += (int64_t)count * size;
    recorded.calls++;
    recorded.negative += count < 0;
    return MPI_SUCCESS;
}

int MPI_Bcast(void *buffer, int count, MPI_Datatype type, int root, MPI_Comm comm) {
    return recording ? record(count, type) : PMPI_Bcast(buffer, count, type, root, comm);
}

int MPI_Gather(const void *mine, int count, MPI_Datatype type, void *all, int their_count,
               MPI_Datatype their_type, int root, MPI_Comm comm) {
    return recording ? record(count, type)
                     : PMPI_Gather(mine, count, type, all, their_count, their_type, root, comm);
}

int MPI_Reduce(const void *mine, void *sum, int count, MPI_Datatype type, MPI_Op op, int root,
               MPI_Comm comm) {
    return recording ? record(count, type) : PMPI_Reduce(mine, sum, count, type, op, root, comm);
}

int MPI_Recv(void *buffer, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm,
             MPI_Status *status) {
    return recording ? record(count, type)
                     : PMPI_Recv(buffer, count, type, from, tag, comm, status);
}

int MPI_Send(const void *buffer, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm) {
    return recording ? record(count, type) : PMPI_Send(buffer, count, type, to, tag, comm);
}

static void expect_bytes(int64_t bytes) {
    recording = 0;
    assert_int_equal(recorded.bytes, bytes);
    assert_int_equal(recorded.negative, 0);
    memset(&recorded, 0, sizeof recorded);
}

/* Addresses of which nothing is read. */
static void test_large(void **state) {
    (void)state;
    static char memory;
    const int64_t many = INT64_C(5000000003);
    recording = 1;
    ambit_broadcast(&ranks, &memory, many);
    expect_bytes(many);
    recording = 1;
    ambit_gather(&ranks, &memory, 300000000, 344, &memory);
    expect_bytes(INT64_C(344) * 300000000);
    recording = 1;
    ambit_sum(&ranks, (double *)(void *)&memory, many, (double *)(void *)&memory);
    expect_bytes(8 * many);
    recording = 1;
    ambit_hand_over(&ranks, 1, &memory, &memory, many);
    expect_bytes(many);
}

/* ---------------------------------------------------------------- small and real */

static void test_small(void **state) {
    (void)state;
    int word = ranks.rank == 0 ? 4711 : 0;
    ambit_broadcast(&ranks, &word, sizeof word);
    assert_int_equal(word, 4711);
    const short mine[2] = {(short)ranks.rank, (short)(ranks.rank + 100)};
    short *all = calloc((size_t)ranks.size, sizeof mine);
    ambit_gather(&ranks, mine, 2, sizeof *mine, ranks.rank == 0 ? all : NULL);
    for (int rank = 0; rank < ranks.size && ranks.rank == 0; rank++) {
        assert_int_equal(all[2 * rank], rank);
        assert_int_equal(all[2 * rank + 1], rank + 100);
    }
    free(all);
    const double numbers[3] = {1, ranks.rank, 0.5};
    double sum[3] = {0};
    ambit_sum(&ranks, numbers, 3, ranks.rank == 0 ? sum : NULL);
    if (ranks.rank == 0) {
        assert_true(sum[0] == ranks.size && sum[2] == 0.5 * ranks.size);
        assert_true(sum[1] == ranks.size * (ranks.size - 1) / 2);
    }
}

static void test_hand_over(void **state) {
    (void)state;
    for (int from = 0; from < ranks.size; from++) {
        char given[16] = "", got[16] = "";
        if (ranks.rank == from)
            snprintf(given, sizeof given, "of %d", from);
        if (ranks.rank == from || ranks.rank == 0)
            ambit_hand_over(&ranks, from, given, got, sizeof given);
        char expected[16];
        snprintf(expected, sizeof expected, "of %d", from);
        if (ranks.rank == 0)
            assert_string_equal(got, expected);
    }
}

static void test_agree(void **state) {
    (void)state;
    const int last = ranks.size - 1;
    assert_int_equal(ambit_agree_on_work(&ranks, AMBIT_OK), AMBIT_OK);
    const ambit_status mine = ranks.rank == last ? ambit_fail(AMBIT_DATA, "cup: broken") : AMBIT_OK;
    assert_int_equal(ambit_agree(&ranks, mine), AMBIT_DATA);
    assert_non_null(strstr(ambit_message(), "cup: broken"));
    assert_true(last == 0 || strncmp(ambit_message(), "[rank ", 6) == 0);
}

static void test_same(void **state) {
    (void)state;
    const int64_t equal = 12, other = ranks.rank == ranks.size - 1 ? 13 : 12;
    assert_true(ambit_same(&ranks, &equal, sizeof equal));
    assert_int_equal(ambit_same(&ranks, &other, sizeof other), ranks.size == 1);
}

static void test_meet(void **state) {
    (void)state;
    assert_true(ambit_ranks_meet(ranks.world, HUGE_VAL));
    MPI_Comm own;
    MPI_Comm_dup(ranks.world, &own);
    if (ranks.size > 1 && ranks.rank == 0)
        assert_false(ambit_ranks_meet(own, 0.01)); /* the others have not come */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large),     cmocka_unit_test(test_small),
        cmocka_unit_test(test_hand_over), cmocka_unit_test(test_agree),
        cmocka_unit_test(test_same),      cmocka_unit_test(test_meet),
    };
    if (ambit_ranks_start(&ranks) != AMBIT_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed)
        ambit_ranks_abort(1); /* the other ranks may wait in a collective call */
    ambit_ranks_stop(&ranks);
    return 0;
}
