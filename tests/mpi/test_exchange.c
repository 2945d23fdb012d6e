/* The exchange gives bitwise the same parameters for any number of ranks and nodes: every rank
 * computes the expected ones by itself, by the plain tree over slots and the plain optimiser, and
 * compares. Run with 1, 2 and 4 ranks, and with AMBIT_NODE_SIZE set, which pretends that ranks are
 * on several nodes. */
#include "mpi/exchange.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SLOTS = 8, STEPS = 5, COUNT = 5 * AMBIT_NORM_BLOCK + 1234 };

static ambit_ranks ranks;

/* Two parameters, one with decay, cut inside a block. */
static const ambit_parameter table[] = {
    {.name = "weight", .offset = 0, .count = 3 * AMBIT_NORM_BLOCK + 17, .decays = 1},
    {.name = "bias",
     .offset = 3 * AMBIT_NORM_BLOCK + 17,
     .count = COUNT - 3 * AMBIT_NORM_BLOCK - 17},
};

static const ambit_optimizer_options optimizer = {.learning_rate = 1e-2,
                                                  .final_fraction = 0.1,
                                                  .warmup = 2,
                                                  .steps = STEPS,
                                                  .beta1 = 0.9,
                                                  .beta2 = 0.999,
                                                  .epsilon = 1e-8,
                                                  .decay = 0.1,
                                                  .clip = 1.0,
                                                  .ema_decay = 0.99};

static void make_gradient(int step, int slot, float *gradient) {
    ambit_rng rng = ambit_rng_open(7, AMBIT_STREAM_NOISE, (uint64_t)(step * SLOTS + slot));
    ambit_rng_normals(&rng, gradient, COUNT);
}

/* What the answer is by definition: leaves in order, neighbours added first. */
static void sum_slots(int step, int first, int count, float *sum) {
    if (count == 1) {
        make_gradient(step, first, sum);
        return;
    }
    float *right = malloc(COUNT * sizeof *right);
    sum_slots(step, first, count / 2, sum);
    sum_slots(step, first + count / 2, count / 2, right);
    for (int i = 0; i < COUNT; i++)
        sum[i] += right[i];
    free(right);
}

typedef struct {
    float parameters[COUNT], average[COUNT], first[COUNT], second[COUNT], gradient[COUNT];
    double norm;
} expected_state;

static void expect_step(expected_state *e, int step) {
    double squares = 0;
    sum_slots(step, 0, SLOTS, e->gradient);
    for (int i = 0; i < COUNT; i += AMBIT_NORM_BLOCK)
        squares += ambit_sum_of_squares(
            e->gradient + i, COUNT - i < AMBIT_NORM_BLOCK ? COUNT - i : AMBIT_NORM_BLOCK);
    e->norm = sqrt(squares);
    ambit_optimizer_step update = ambit_optimizer_at(&optimizer, step, e->norm);
    for (int p = 0; p < 2; p++) {
        int64_t at = table[p].offset;
        ambit_optimizer_apply(&update, table[p].decays, table[p].count, e->parameters + at,
                              e->gradient + at, e->first + at, e->second + at, e->average + at);
    }
}

static void run_step(ambit_exchange *exchange, int step, double *norm) {
    int64_t first, count;
    ambit_vote vote = {0};
    ambit_exchange_slots(exchange, &first, &count);
    for (int64_t slot = first; slot < first + count; slot++) {
        make_gradient(step, (int)slot, ambit_exchange_gradient(exchange));
        ambit_exchange_fold(exchange);
    }
    ambit_exchange_step(exchange, &optimizer, step, &vote, norm);
}

static void check_bitwise(int threads) {
    ambit_exchange *exchange;
    ambit_team *team;
    expected_state *expected = calloc(1, sizeof *expected);
    assert_int_equal(ambit_exchange_create(&ranks, SLOTS, table, 2, &exchange), AMBIT_OK);
    assert_int_equal(ambit_exchange_count(exchange), COUNT);
    assert_int_equal(ambit_team_create(threads, &team), AMBIT_OK);
    ambit_exchange_set_team(exchange, team);
    for (int step = 1; step <= STEPS; step++) {
        double norm;
        run_step(exchange, step, &norm);
        expect_step(expected, step);
        assert_true(norm == expected->norm);
    }
    ambit_exchange_collect_average(exchange);
    assert_memory_equal(ambit_exchange_parameters(exchange), expected->parameters,
                        sizeof expected->parameters);
    assert_memory_equal(ambit_exchange_average(exchange), expected->average,
                        sizeof expected->average);
    ambit_exchange_destroy(exchange);
    ambit_team_destroy(team);
    free(expected);
}

static void test_bitwise(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads++)
        check_bitwise(threads);
}

/* A step's time is that of the exchange, and of waiting where there are others to wait for. */
static void test_phases(void **state) {
    (void)state;
    ambit_exchange *exchange;
    double norm, seconds[AMBIT_PHASE_COUNT];
    assert_int_equal(ambit_exchange_create(&ranks, SLOTS, table, 2, &exchange), AMBIT_OK);
    ambit_phase_take_seconds(seconds);
    run_step(exchange, 1, &norm);
    ambit_phase_take_seconds(seconds);
    assert_true(seconds[AMBIT_PHASE_EXCHANGE] > 0);
    assert_true(ranks.node_count == 1 || seconds[AMBIT_PHASE_MESSAGE] > 0);
    double own = seconds[AMBIT_PHASE_WAIT], waited;
    MPI_Allreduce(&own, &waited, 1, MPI_DOUBLE, MPI_SUM, ranks.world);
    assert_true((waited > 0) == (ranks.size > 1));
    ambit_phase_take_seconds(seconds);
    assert_true(seconds[AMBIT_PHASE_EXCHANGE] == 0 && seconds[AMBIT_PHASE_WAIT] == 0);
    ambit_exchange_destroy(exchange);
}

/* All elements have one owner. */
static void test_ownership(void **state) {
    (void)state;
    ambit_exchange *exchange;
    assert_int_equal(ambit_exchange_create(&ranks, SLOTS, table, 2, &exchange), AMBIT_OK);
    ambit_owned owned = ambit_exchange_owned(exchange);
    int *owners = calloc(COUNT, sizeof *owners);
    for (int64_t i = owned.first; i < owned.first + owned.count; i++)
        owners[i] = 1;
    MPI_Allreduce(MPI_IN_PLACE, owners, COUNT, MPI_INT, MPI_SUM, ranks.world);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(owners[i], 1);
    free(owners);
    ambit_exchange_destroy(exchange);
}

static void run_bad_step(float value, ambit_vote *vote, double *norm, int *changed) {
    ambit_exchange *exchange;
    assert_int_equal(ambit_exchange_create(&ranks, SLOTS, table, 2, &exchange), AMBIT_OK);
    int64_t first, count;
    ambit_exchange_slots(exchange, &first, &count);
    for (int64_t slot = first; slot < first + count; slot++) {
        make_gradient(1, (int)slot, ambit_exchange_gradient(exchange));
        if (slot == SLOTS - 1)
            ambit_exchange_gradient(exchange)[COUNT - 1] = value;
        ambit_exchange_fold(exchange);
    }
    ambit_exchange_step(exchange, &optimizer, 1, vote, norm);
    *changed = 0;
    for (int i = 0; i < COUNT; i++)
        *changed += ambit_exchange_parameters(exchange)[i] != 0.0f;
    ambit_exchange_destroy(exchange);
}

/* One infinite gradient anywhere: every rank sees it, and nothing is updated. */
static void test_not_finite(void **state) {
    (void)state;
    ambit_vote vote = {0};
    double norm;
    int changed;
    run_bad_step(INFINITY, &vote, &norm, &changed);
    assert_false(isfinite(norm));
    assert_int_equal(changed, 0);
}

/* Votes reach every rank; a failed one stops the update. */
static void test_votes(void **state) {
    (void)state;
    const int last = ranks.size - 1;
    ambit_vote vote = {.stop = ranks.rank == 0, .failed = 0};
    double norm;
    int changed;
    run_bad_step(1.0f, &vote, &norm, &changed);
    assert_true(vote.stop == 1 && vote.failed == 0);
    assert_true(changed > 0);
    vote = (ambit_vote){.failed = ranks.rank == last};
    run_bad_step(1.0f, &vote, &norm, &changed);
    assert_true(vote.stop == 0 && vote.failed == 1);
    assert_int_equal(changed, 0);
}

/* More ranks than slots, or a number of slots that ranks cannot share. */
static void test_refusal(void **state) {
    (void)state;
    ambit_exchange *exchange;
    int64_t slots = ranks.size / 2;
    assert_int_equal(ambit_exchange_create(&ranks, slots, table, 2, &exchange), AMBIT_CONFIG);
    assert_null(exchange);
    assert_non_null(strstr(ambit_message(), "train.slots"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bitwise),   cmocka_unit_test(test_phases),
        cmocka_unit_test(test_ownership), cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_votes),     cmocka_unit_test(test_refusal),
    };
    if (ambit_ranks_start(&ranks) != AMBIT_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed)
        ambit_ranks_abort(1); /* the other ranks may wait in a collective call */
    ambit_ranks_stop(&ranks);
    return 0;
}
