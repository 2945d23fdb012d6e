#include "../../core/base/clock.h"
#include "../../core/method/sampler.h"
#include "../../core/products/product.h"
#include "bench.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 100, STEPS = 10, NOISE_LEVELS = 100 };

typedef struct {
    ambit_team *team;
    ambit_network *network;
    ambit_schedule *schedule;
    ambit_sampler *sampler;
    ambit_rng *streams;
    float *weights, *out;
    int64_t batch, size; /* numbers of a chunk */
} bench_sample;

static ambit_status denoise(void *context, const float *x, double sigma, float *out) {
    bench_sample *bench = context;
    const size_t bytes = (size_t)(bench->batch * bench->size) * sizeof *x;
    for (int64_t row = 0; row < bench->batch; row++)
        ambit_network_sigma(bench->network)[row] = (float)sigma;
    memcpy(ambit_network_chunk(bench->network), x, bytes);
    ambit_network_forward(bench->network);
    memcpy(out, ambit_network_output(bench->network), bytes);
    return AMBIT_OK;
}

static void destroy(bench_sample *bench) {
    ambit_sampler_destroy(bench->sampler);
    ambit_schedule_destroy(bench->schedule);
    ambit_network_destroy(bench->network);
    ambit_team_destroy(bench->team);
    free(bench->streams);
    free(bench->weights);
    free(bench->out);
}

static ambit_status create_network(const ambit_bench_network *network, bench_sample *bench) {
    AMBIT_TRY(ambit_team_create(network->threads, &bench->team));
    const ambit_network_means means = {.team = bench->team,
                                       .precision = network->sampling_precision};
    return ambit_network_create_with(&network->options, &means, bench->batch, 0, &bench->network);
}

static ambit_status prepare(const ambit_bench_network *network, bench_sample *bench) {
    const ambit_schedule_options noise = {.kind = AMBIT_SCHEDULE_COSINE, .bins = NOISE_LEVELS};
    const ambit_sampler_options sampling = {.kind = AMBIT_SAMPLER_DDIM,
                                            .steps = STEPS,
                                            .clamp = 1,
                                            .prediction = AMBIT_PREDICT_EPSILON};
    bench->size = ambit_network_data_size(&network->options);
    AMBIT_TRY(ambit_schedule_create(&noise, &bench->schedule));
    AMBIT_TRY(ambit_sampler_create(&sampling, bench->schedule, bench->batch, bench->size,
                                   &bench->sampler));
    AMBIT_TRY(create_network(network, bench));
    ambit_graph *graph = ambit_network_graph(bench->network);
    AMBIT_TRY(ambit_allocate(&bench->weights, (size_t)ambit_graph_parameter_count(graph),
                             sizeof(float), "weights"));
    AMBIT_TRY(ambit_allocate(&bench->streams, (size_t)bench->batch, sizeof *bench->streams,
                             "random streams"));
    AMBIT_TRY(
        ambit_allocate(&bench->out, (size_t)(bench->batch * bench->size), sizeof(float), "chunks"));
    ambit_graph_initialise(graph, 1, bench->weights);
    ambit_graph_bind(graph, bench->weights, NULL);
    for (int64_t row = 0; row < bench->batch; row++)
        bench->streams[row] = ambit_rng_open(1, AMBIT_STREAM_SAMPLER, (uint64_t)row);
    return AMBIT_OK;
}

static ambit_status time_samples(bench_sample *bench, int64_t count, double *seconds) {
    const double start = ambit_clock();
    for (int64_t i = 0; i < count; i++)
        AMBIT_TRY(ambit_sampler_run(bench->sampler, bench->streams, denoise, bench, bench->out));
    *seconds = (ambit_clock() - start) / (double)count;
    return AMBIT_OK;
}

static ambit_status measure(bench_sample *bench, const ambit_bench_network *network,
                            const ambit_bench_effort *effort, ambit_bench_sample_result *result) {
    double seconds[MOST_ROUNDS], peak[MOST_ROUNDS], share[MOST_ROUNDS], one;
    AMBIT_TRY(time_samples(bench, 1, &one));
    AMBIT_TRY(time_samples(bench, 1, &one));
    const int64_t count = one < effort->seconds ? (int64_t)(effort->seconds / one) : 1;
    for (int i = 0; i < effort->rounds; i++) {
        peak[i] = ambit_product_peak();
        AMBIT_TRY(time_samples(bench, count, &seconds[i]));
        share[i] = result->flops / seconds[i] / (peak[i] * network->threads);
    }
    result->seconds = ambit_bench_median(effort->rounds, seconds);
    result->peak = ambit_bench_median(effort->rounds, peak);
    result->share = ambit_bench_median(effort->rounds, share);
    return AMBIT_OK;
}

ambit_status ambit_bench_sample(const ambit_bench_network *network,
                                const ambit_bench_effort *effort, int64_t batch,
                                ambit_bench_sample_result *result) {
    bench_sample bench = {.batch = batch};
    *result = (ambit_bench_sample_result){.batch = batch, .steps = STEPS};
    if (effort->rounds < 1 || effort->rounds > MOST_ROUNDS)
        return ambit_fail(AMBIT_USAGE, "%d rounds; give 1 to %d", effort->rounds, MOST_ROUNDS);
    AMBIT_TRY(ambit_blas_start(network->threads));
    ambit_status status = prepare(network, &bench);
    if (status == AMBIT_OK) {
        result->flops = STEPS * ambit_graph_flops_forward(ambit_network_graph(bench.network));
        status = measure(&bench, network, effort, result);
    }
    destroy(&bench);
    return status;
}
