/* Data sets from practice that were normalised wrongly, from their files to the values a network
 * sees and back. */
#include "datasets/files.h"
#include "datasets/mixture.h"
#include "mpi/ingest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CASES AMBIT_SAMPLES "/../cases"

static ambit_ranks ranks;
static char scratch[64], store[128];

static void must(ambit_status status) {
    if (status != AMBIT_OK)
        fail_msg("%s", ambit_message());
}

static void ingest(const char *location) {
    ambit_ingest_summary summary;
    snprintf(scratch, sizeof scratch, "/tmp/ambit-datasets-XXXXXX");
    assert_non_null(mkdtemp(scratch));
    snprintf(store, sizeof store, "%s/store", scratch);
    const ambit_ingest_options options = {.plugin = "openx", .location = location, .out = store};
    must(ambit_ingest(&ranks, &options, &summary));
}

static int clean_up(void **state) {
    (void)state;
    return (int)ambit_remove_tree(scratch);
}

static ambit_mixture *open_with(ambit_normalisation kind) {
    static const char *const observation[] = {"observation/state"}, *const action[] = {"action"};
    const ambit_source_use source = {
        .path = store, .weight = 1, .sigma_min = NAN, .sigma_max = NAN};
    ambit_mixture *mixture;
    must(ambit_mixture_open(&(ambit_mixture_options){.sources = &source,
                                                     .source_count = 1,
                                                     .observation = observation,
                                                     .observation_count = 1,
                                                     .action = action,
                                                     .action_count = 1,
                                                     .observation_steps = 1,
                                                     .horizon = 1,
                                                     .normalise_observation = kind,
                                                     .normalise_action = kind,
                                                     .cache_bytes = 1 << 20},
                            &mixture));
    return mixture;
}

/* action[1] is 1 in one of 200 steps, else 0. */
static void rare_action(void **state) {
    (void)state;
    int up = 0;
    ingest(CASES "/rare_action");
    ambit_mixture *mixture = open_with(AMBIT_NORMALISE_BOUNDS_Q99);
    for (int64_t t = 0; t < ambit_mixture_sample_count(mixture, AMBIT_PART_TRAINED); t++) {
        float o[3], a[2];
        ambit_sample sample = {.condition = {[AMBIT_CONDITION_STATE] = o}, .chunk = a};
        must(ambit_mixture_read(mixture, AMBIT_PART_TRAINED, 0, t, &sample));
        assert_true(fabsf(fabsf(a[1]) - 1) <= 1e-6f);
        ambit_denormalise_chunk(ambit_mixture_normaliser(mixture), a);
        assert_true(fabsf(a[1]) <= 1e-6f || fabsf(a[1] - 1) <= 1e-6f);
        up += a[1] > .5f;
    }
    assert_int_equal(up, 10);
    assert_non_null(strstr(ambit_mixture_notes(mixture),
                           "data.action: field \"action\": element 1 has one value"));
    ambit_mixture_close(mixture);
}

/* observation/state[2] is 1.569 up to the last bit of a float. */
static void nearly_constant(void **state) {
    (void)state;
    ingest(CASES "/nearly_constant");
    for (int kind = AMBIT_NORMALISE_STANDARD; kind <= AMBIT_NORMALISE_BOUNDS_Q99; kind++) {
        ambit_mixture *mixture = open_with((ambit_normalisation)kind);
        for (int64_t t = 0; t < ambit_mixture_sample_count(mixture, AMBIT_PART_TRAINED); t++) {
            float o[3], a[2];
            ambit_sample sample = {.condition = {[AMBIT_CONDITION_STATE] = o}, .chunk = a};
            must(ambit_mixture_read(mixture, AMBIT_PART_TRAINED, 0, t, &sample));
            assert_true(o[2] == 0);
        }
        assert_non_null(strstr(ambit_mixture_notes(mixture),
                               "field \"observation/state\": element 2 changes by no more"));
        ambit_mixture_close(mixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(rare_action, clean_up),
        cmocka_unit_test_teardown(nearly_constant, clean_up),
    };
    if (access(CASES, F_OK) != 0) {
        printf("%s: absent; skipped\n", CASES);
        return 77;
    }
    if (ambit_ranks_start(&ranks) != AMBIT_OK)
        return 1;
    int failed = cmocka_run_group_tests_name("cases", tests, NULL, NULL);
    ambit_ranks_stop(&ranks);
    return failed;
}
