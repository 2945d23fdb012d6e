#include "../../core/base/clock.h"
#include "../../core/products/product.h"
#include "../exchange.h"
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MOST_ROUNDS = 100 };

typedef struct {
    ambit_team *team;
    ambit_network *network;
    int threads;
    int64_t t; /* of the optimiser */
} bench_step;

static const ambit_optimizer_options optimizer = {.learning_rate = 1e-4,
                                                  .final_fraction = 1,
                                                  .warmup = 10,
                                                  .steps = 1000000,
                                                  .beta1 = 0.9,
                                                  .beta2 = 0.999,
                                                  .epsilon = 1e-8,
                                                  .decay = 1e-6,
                                                  .clip = 1,
                                                  .ema_decay = 0.999};

/* ---------------------------------------------------------------- one step */

static void fill(uint64_t index, int64_t count, float *values) {
    ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_NOISE, index);
    if (values)
        ambit_rng_normals(&rng, values, count);
}

static void fill_inputs(const ambit_bench_network *asked, ambit_network *network) {
    const ambit_network_options *o = &asked->options;
    const int64_t count = asked->batch * ambit_network_data_size(o);
    fill(0, count, ambit_network_chunk(network));
    fill(1, count, ambit_network_target(network));
    fill(2, asked->batch * o->observation_size, ambit_network_observation(network));
    for (int64_t row = 0; row < asked->batch; row++) {
        ambit_network_sigma(network)[row] = ((float)row + 0.5f) / (float)asked->batch;
        ambit_network_weight(network)[row] = 1 / (float)asked->batch;
    }
}

static void run_step(bench_step *bench, ambit_exchange *exchange) {
    ambit_vote vote = {0};
    double norm;
    ambit_graph_bind(ambit_network_graph(bench->network), ambit_exchange_parameters(exchange),
                     ambit_exchange_gradient(exchange));
    ambit_network_forward(bench->network);
    ambit_network_backward(bench->network);
    ambit_exchange_fold(exchange);
    ambit_exchange_step(exchange, &optimizer, ++bench->t, &vote, &norm);
}

/* Seconds a step, over `count`. */
static double time_steps(bench_step *bench, ambit_exchange *exchange, int64_t count) {
    const double start = ambit_clock();
    for (int64_t i = 0; i < count; i++)
        run_step(bench, exchange);
    return (ambit_clock() - start) / (double)count;
}

static ambit_status open_exchange(const ambit_ranks *ranks, const bench_step *bench,
                                  ambit_exchange **exchange) {
    int count, node_rank = ranks->node_rank;
    const ambit_graph *graph = ambit_network_graph(bench->network);
    const ambit_parameter *table = ambit_graph_parameters(graph, &count);
    AMBIT_TRY(ambit_exchange_create(ranks, ranks->size, table, count, exchange));
    ambit_exchange_set_team(*exchange, bench->team);
    float *parameters = ambit_exchange_parameters(*exchange);
    if (node_rank == 0 || !ranks->even) {
        ambit_graph_initialise(graph, 1, parameters);
        memcpy(ambit_exchange_average(*exchange), parameters,
               (size_t)ambit_exchange_count(*exchange) * sizeof *parameters);
    }
    ambit_exchange_publish(*exchange);
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- rounds */

static int64_t steps_a_round(const ambit_ranks *ranks, double seconds, double step) {
    int64_t count = step < seconds ? (int64_t)(seconds / step) : 1;
    ambit_broadcast(ranks, &count, sizeof count);
    return count;
}

typedef struct {
    double step[MOST_ROUNDS], alone[MOST_ROUNDS], peak[MOST_ROUNDS], share[MOST_ROUNDS];
} samples;

static ambit_status measure(const ambit_ranks *ranks, bench_step *bench, ambit_exchange *together,
                            ambit_exchange *alone, const ambit_bench_effort *effort,
                            ambit_bench_step_result *result) {
    samples *s;
    AMBIT_TRY_ALL(ranks, ambit_allocate(&s, 1, sizeof *s, "rounds"));
    time_steps(bench, together, 1);
    const int64_t count = steps_a_round(ranks, effort->seconds, time_steps(bench, together, 1));
    double spent[AMBIT_PHASE_COUNT], update = 0, wait = 0;
    for (int i = 0; i < effort->rounds; i++) {
        s->peak[i] = ambit_product_peak();
        ambit_ranks_meet(ranks->world, HUGE_VAL);
        ambit_phase_take_seconds(spent);
        s->step[i] = time_steps(bench, together, count);
        ambit_phase_take_seconds(spent);
        update += spent[AMBIT_PHASE_EXCHANGE] + spent[AMBIT_PHASE_MESSAGE];
        wait += spent[AMBIT_PHASE_WAIT];
        ambit_ranks_meet(ranks->world, HUGE_VAL);
        s->share[i] = result->flops / s->step[i] / (s->peak[i] * bench->threads);
        if (alone)
            s->alone[i] = time_steps(bench, alone, count);
        ambit_ranks_meet(ranks->world, HUGE_VAL);
    }
    result->seconds = ambit_bench_median(effort->rounds, s->step);
    result->alone = alone ? ambit_bench_median(effort->rounds, s->alone) : 0;
    result->peak = ambit_bench_median(effort->rounds, s->peak);
    result->share = ambit_bench_median(effort->rounds, s->share);
    const double timed = (double)effort->rounds * (double)count;
    result->update = update / timed;
    result->wait = wait / timed;
    free(s);
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- work and memory */

/* As the system tells it; sysconf() tells the size of all such caches of a package. 0: not known.
 */
static int64_t last_cache_bytes(void) {
    FILE *file = fopen("/sys/devices/system/cpu/cpu0/cache/index3/size", "r");
    long kib = 0;
    if (!file)
        return 0;
    if (fscanf(file, "%ldK", &kib) != 1)
        kib = 0;
    fclose(file);
    return (int64_t)kib * 1024;
}

/* A step's bytes at least: parameters are read forward and backward; the update reads gradient,
 * parameters, two moments and average and writes all but the gradient, which backward wrote and the
 * norm read; what lives from forward to backward is written once and read once. None at all where
 * everything fits in the last cache. */
static void count_work(const ambit_ranks *ranks, ambit_network *network,
                       ambit_bench_step_result *result) {
    enum { PASSES_OF_RANK = 4, PASSES_OF_OWNER = 9 };
    const ambit_graph *graph = ambit_network_graph(network);
    const int64_t numbers = ambit_graph_parameter_count(graph), size = sizeof(float);
    result->parameters = numbers;
    result->parameter_bytes = 2 * numbers * size;
    result->gradient_bytes = numbers * size;
    result->optimizer_bytes = 2 * numbers * size / ranks->size;
    result->activation_bytes = ambit_graph_bytes(graph);
    result->unshared_bytes = ambit_graph_bytes_unshared(graph);
    result->flops = ambit_graph_flops_forward(graph) + ambit_graph_flops_backward(graph);
    const int64_t held = result->parameter_bytes + result->gradient_bytes +
                         result->optimizer_bytes + result->activation_bytes;
    if (held < last_cache_bytes())
        return;
    result->bytes = (double)(PASSES_OF_RANK * numbers * size) +
                    (double)(PASSES_OF_OWNER * numbers * size) / ranks->size +
                    2 * (double)result->activation_bytes;
}

static int64_t resident_bytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)usage.ru_maxrss * 1024;
}

/* Before the bandwidth is measured, whose arrays would be counted. */
static ambit_status measure_with(const ambit_ranks *ranks, bench_step *bench,
                                 ambit_exchange *together, ambit_exchange *alone,
                                 const ambit_bench_effort *effort,
                                 ambit_bench_step_result *result) {
    AMBIT_TRY(measure(ranks, bench, together, alone, effort, result));
    result->resident_bytes = resident_bytes();
    result->bandwidth = ambit_memory_bandwidth();
    if (!effort->profile)
        return AMBIT_OK;
    const int repeats = (int)(effort->seconds / result->seconds) + 1;
    return ambit_agree(ranks, ambit_graph_profile(ambit_network_graph(bench->network), repeats,
                                                  &result->profile, &result->profile_count));
}

/* Rank 0 is measured alone, too, where there are others. */
static ambit_status with_exchanges(const ambit_ranks *ranks, bench_step *bench,
                                   const ambit_bench_effort *effort,
                                   ambit_bench_step_result *result) {
    ambit_ranks single = {.world = MPI_COMM_SELF,
                          .size = 1,
                          .node = MPI_COMM_SELF,
                          .node_size = 1,
                          .node_count = 1,
                          .even = 1};
    memcpy(single.host, ranks->host, sizeof single.host);
    ambit_exchange *together = NULL, *alone = NULL;
    ambit_status status = open_exchange(ranks, bench, &together);
    if (status == AMBIT_OK && ranks->size > 1 && ranks->rank == 0)
        status = open_exchange(&single, bench, &alone);
    status = ambit_agree(ranks, status);
    if (status == AMBIT_OK)
        status = measure_with(ranks, bench, together, alone, effort, result);
    ambit_exchange_destroy(alone);
    ambit_exchange_destroy(together);
    return status;
}

static ambit_status create_network(const ambit_bench_network *network, bench_step *bench) {
    AMBIT_TRY(ambit_team_create(network->threads, &bench->team));
    const ambit_network_means means = {
        .team = bench->team, .recompute = network->recompute, .precision = network->precision};
    bench->threads = network->threads;
    return ambit_network_create_with(&network->options, &means, network->batch, 1, &bench->network);
}

ambit_status ambit_bench_step(const ambit_ranks *ranks, const ambit_bench_network *network,
                              const ambit_bench_effort *effort, ambit_bench_step_result *result) {
    bench_step bench = {0};
    memset(result, 0, sizeof *result);
    if (effort->rounds < 1 || effort->rounds > MOST_ROUNDS)
        return ambit_fail(AMBIT_USAGE, "%d rounds; give 1 to %d", effort->rounds, MOST_ROUNDS);
    AMBIT_TRY_ALL(ranks, ambit_blas_start(network->threads));
    ambit_status status = ambit_agree(ranks, create_network(network, &bench));
    if (status == AMBIT_OK) {
        fill_inputs(network, bench.network);
        count_work(ranks, bench.network, result);
        status = with_exchanges(ranks, &bench, effort, result);
    }
    ambit_network_destroy(bench.network);
    ambit_team_destroy(bench.team);
    return status;
}
