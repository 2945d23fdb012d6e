#include "../records/json.h"
#include "bench.h"

#include "../../core/products/product.h"
#include "../records/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double giga = 1e-9, milli = 1e3, mib = 1.0 / (1 << 20);

static int ascending(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double ambit_bench_median(int count, double *values) {
    qsort(values, (size_t)count, sizeof *values, ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* ---------------------------------------------------------------- a step as text */

static double floor_seconds(const ambit_bench_step_result *r) {
    return r->flops / r->peak + (r->bandwidth > 0 ? r->bytes / r->bandwidth : 0);
}

/* Speed of all ranks over that of one. */
static double scaling(int ranks, const ambit_bench_step_result *r) {
    return r->alone > 0 ? ranks * r->alone / r->seconds : 1;
}

static void print_memory(const ambit_bench_step_result *r) {
    printf("memory of a rank, MiB\n");
    printf("  parameters and average %8.1f\n", (double)r->parameter_bytes * mib);
    printf("  gradient               %8.1f\n", (double)r->gradient_bytes * mib);
    printf("  optimiser              %8.1f\n", (double)r->optimizer_bytes * mib);
    printf("  activations            %8.1f   (%.1f, were no memory shared)\n",
           (double)r->activation_bytes * mib, (double)r->unshared_bytes * mib);
    printf("  resident at most       %8.1f   (with all libraries)\n",
           (double)r->resident_bytes * mib);
}

/* ---------------------------------------------------------------- its profile */

static double total_seconds(const ambit_operator_profile *row) {
    return row->seconds[AMBIT_FORWARD] + row->seconds[AMBIT_BACKWARD];
}

static void add_profile(ambit_operator_profile *sum, const ambit_operator_profile *row) {
    for (int d = 0; d < AMBIT_DIRECTIONS; d++) {
        sum->seconds[d] += row->seconds[d];
        sum->flops[d] += row->flops[d];
        sum->bytes[d] += row->bytes[d];
    }
}

static int slowest_first(const void *left, const void *right) {
    const double a = total_seconds(left), b = total_seconds(right);
    return (a < b) - (a > b);
}

static void print_profile_row(const ambit_operator_profile *row, double all) {
    const double seconds = total_seconds(row);
    printf("  %-22s %-28s %7.3f %7.3f %6.1f", row->kind, row->name,
           milli * row->seconds[AMBIT_FORWARD], milli * row->seconds[AMBIT_BACKWARD],
           100 * seconds / all);
    for (int d = 0; d < AMBIT_DIRECTIONS; d++) {
        if (row->seconds[d] > 0)
            printf(" %7.1f %6.1f", giga * row->flops[d] / row->seconds[d],
                   giga * row->bytes[d] / row->seconds[d]);
    }
    putchar('\n');
}

static void print_profile_head(const char *what) {
    printf("\n%-53s %7s %7s %6s %14s %14s\n", what, "forward", "backw.", "", "forward", "backward");
    printf("  %-51s %7s %7s %6s %7s %6s %7s %6s\n", "", "ms", "ms", "%", "GF/s", "GB/s", "GF/s",
           "GB/s");
}

static void print_profile(const ambit_bench_step_result *r) {
    const int count = r->profile_count;
    ambit_operator_profile *kinds;
    int kind_count = 0;
    double all = r->update + r->wait;
    if (ambit_allocate(&kinds, (size_t)count, sizeof *kinds, "profile") != AMBIT_OK)
        return;
    for (int i = 0; i < count; i++) {
        int k = 0;
        while (k < kind_count && strcmp(kinds[k].kind, r->profile[i].kind) != 0)
            k++;
        if (k == kind_count)
            kinds[kind_count++].kind = r->profile[i].kind;
        add_profile(&kinds[k], &r->profile[i]);
        all += total_seconds(&r->profile[i]);
    }
    qsort(kinds, (size_t)kind_count, sizeof *kinds, slowest_first);
    print_profile_head("time by kind of operator");
    for (int k = 0; k < kind_count; k++)
        print_profile_row(&kinds[k], all);
    printf("  %-51s %7s %7.3f %6.1f\n", "clip, AdamW, EMA, exchange", "", milli * r->update,
           100 * r->update / all);
    printf("  %-51s %7s %7.3f %6.1f\n", "waiting for other ranks", "", milli * r->wait,
           100 * r->wait / all);
    print_profile_head("time by operator, in the order of running");
    for (int i = 0; i < count; i++)
        print_profile_row(&r->profile[i], all);
    free(kinds);
}

static void print_step(const ambit_bench_network *network, int ranks,
                       const ambit_bench_step_result *r) {
    const double least = floor_seconds(r);
    printf("%s: a training step of %" PRId64 " sample%s a rank, %" PRId64
           " parameters, %d rank%s\n",
           network->name, network->batch, ambit_plural(network->batch), r->parameters, ranks,
           ambit_plural(ranks));
    printf("  a step      %9.3f ms   of which clip, AdamW, EMA and exchange %.3f ms, waiting for "
           "other ranks %.3f ms\n",
           milli * r->seconds, milli * r->update, milli * r->wait);
    printf("  speed       %9.1f GF/s, %.1f %% of the peak of %.1f GF/s (kernels: %s)\n",
           giga * r->flops / r->seconds, 100 * r->share, giga * r->peak, ambit_product_kernel());
    printf("  floor       %9.3f ms = %.3f GF at the peak + %.1f MB of memory at %.1f GB/s; the "
           "step takes "
           "%.2f times as long\n",
           milli * least, giga * r->flops, 1e-6 * r->bytes, giga * r->bandwidth,
           r->seconds / least);
    if (ranks > 1)
        printf("  ranks       %9.3f times the speed of one (%.3f ms a step alone)\n",
               scaling(ranks, r), milli * r->alone);
    print_memory(r);
    if (r->profile)
        print_profile(r);
}

/* ---------------------------------------------------------------- a step as JSON */

static json_t *profile_as_json(const ambit_bench_step_result *r) {
    json_t *rows = json_array();
    for (int i = 0; i < r->profile_count; i++) {
        const ambit_operator_profile *p = &r->profile[i];
        ambit_json_append(&rows, json_pack("{s:s, s:s, s:[f,f], s:[f,f], s:[f,f]}", "kind", p->kind,
                                           "name", p->name, "seconds", p->seconds[0], p->seconds[1],
                                           "flops", p->flops[0], p->flops[1], "bytes", p->bytes[0],
                                           p->bytes[1]));
    }
    return rows;
}

static json_t *step_as_json(const ambit_bench_network *network, int ranks,
                            const ambit_bench_step_result *r) {
    json_t *value = json_pack(
        "{s:s, s:I, s:i, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "network",
        network->name, "batch", (json_int_t)network->batch, "ranks", ranks, "parameters",
        (json_int_t)r->parameters, "seconds", r->seconds, "update_seconds", r->update,
        "wait_seconds", r->wait, "peak", r->peak, "share", r->share, "flops", r->flops, "bandwidth",
        r->bandwidth, "floor_seconds", floor_seconds(r), "scaling", scaling(ranks, r));
    json_t *memory = json_pack(
        "{s:I, s:I, s:I, s:I, s:I}", "parameters", (json_int_t)r->parameter_bytes, "gradient",
        (json_int_t)r->gradient_bytes, "optimizer", (json_int_t)r->optimizer_bytes, "activations",
        (json_int_t)r->activation_bytes, "resident", (json_int_t)r->resident_bytes);
    ambit_json_set(&value, "memory", memory);
    if (r->profile)
        ambit_json_set(&value, "profile", profile_as_json(r));
    return value;
}

ambit_status ambit_bench_print_step(const ambit_bench_network *network, int ranks,
                                    const ambit_bench_step_result *result, int json) {
    if (json)
        return ambit_json_print(step_as_json(network, ranks, result), network->name, stdout);
    print_step(network, ranks, result);
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- samples */

ambit_status ambit_bench_print_samples(const ambit_bench_network *network, int count,
                                       const ambit_bench_sample_result *results, int json) {
    json_t *rows = json_array();
    for (int i = 0; i < count; i++) {
        const ambit_bench_sample_result *r = &results[i];
        ambit_json_append(&rows,
                          json_pack("{s:I, s:i, s:f, s:f, s:f, s:f}", "batch", (json_int_t)r->batch,
                                    "steps", r->steps, "seconds", r->seconds, "peak", r->peak,
                                    "share", r->share, "flops", r->flops));
        if (!json)
            printf("%s: %4" PRId64 " chunk%s by %d DDIM step%s %9.3f ms, %.1f GF/s, %.1f %% of "
                   "the peak\n",
                   network->name, r->batch, ambit_plural(r->batch), r->steps,
                   ambit_plural(r->steps), milli * r->seconds, giga * r->flops / r->seconds,
                   100 * r->share);
    }
    if (json)
        return ambit_json_print(json_pack("{s:s, s:o}", "network", network->name, "samples", rows),
                                network->name, stdout);
    json_decref(rows);
    return AMBIT_OK;
}
