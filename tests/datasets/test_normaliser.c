/* Elements whose statistics are not what they seem: flags that are seldom up, joints that move by
 * rounding alone. What is normalised comes back; nothing is blown up; the user is told. */
#include "datasets/mixture.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HORIZON = 4, WIDTH = 2, EPISODE = 200, EPISODES = 10, STEPS = EPISODE * EPISODES };

static int remove_folders(void **state) {
    (void)state;
    fixture_cleanup();
    return 0;
}

static void must(ambit_status status) {
    if (status != AMBIT_OK)
        fail_msg("%s", ambit_message());
}

/* Element 1 of a step; element 0 always moves. */
typedef float (*second)(int64_t step);

static float first(int64_t step) {
    return .01f * (float)(step % EPISODE);
}

static float flag(int64_t step) {
    return step % 200 == 50;
}

static float last_step(int64_t step) { /* just as many that q99 lies between the two values */
    return step % 100 == 99;
}

static float rotation(int64_t step) {
    return step % 400 == 100 ? .3f : step % 400 == 300 ? -.2f : 0;
}

static float wild(int64_t step) { /* moves by ±.5, and is far off once */
    return step == 777 ? 1e6f : .5f * sinf((float)step);
}

static float still(int64_t step) {
    return step % 3 ? 1.569f : nextafterf(1.569f, 2);
}

static float drift(int64_t step) { /* goes far, but within a chunk by less than a float shows */
    return 1000 + 6e-5f * (float)step;
}

/* A store of one field "action" with elements first() and `of`. */
static const char *write_store(second of) {
    static const ambit_field_info field = {
        .name = "action", .element = AMBIT_STORE_F32, .rank = 1, .shape = {WIDTH}};
    const char *folder = fixture_folder();
    char path[512];
    ambit_shard_writer *writer;
    ambit_shard_path(folder, 0, path, sizeof path);
    must(ambit_shard_create(path, &field, 1, &writer));
    for (int64_t e = 0; e < EPISODES; e++) {
        float values[EPISODE][WIDTH];
        for (int64_t s = 0; s < EPISODE; s++) {
            values[s][0] = first(e * EPISODE + s);
            values[s][1] = of(e * EPISODE + s);
        }
        must(
            ambit_shard_append(writer, "", EPISODE, &(ambit_store_column){values, NULL}, NAN, NAN));
    }
    must(ambit_shard_finish(writer));
    must(ambit_index_write(folder, 1, 0, NULL, NULL, 0));
    return folder;
}

/* The field as observation and as action. */
static ambit_mixture *open_with(const char *folder, ambit_normalisation kind, bool relative) {
    static const char *const observation[] = {"action"}, *const *action = observation;
    const ambit_source_use source = {
        .path = folder, .weight = 1, .sigma_min = NAN, .sigma_max = NAN};
    ambit_mixture *mixture;
    must(ambit_mixture_open(
        &(ambit_mixture_options){.sources = &source,
                                 .source_count = 1,
                                 .observation = observation,
                                 .observation_count = 1,
                                 .action = action,
                                 .action_count = 1,
                                 .observation_steps = 1,
                                 .horizon = HORIZON,
                                 .relative = relative,
                                 .normalise_observation =
                                     kind == AMBIT_NORMALISE_STEP_RMS ? AMBIT_NORMALISE_NONE : kind,
                                 .normalise_action = kind,
                                 .cache_bytes = 1 << 20},
        &mixture));
    return mixture;
}

static void read_step(ambit_mixture *mixture, int64_t step, float o[WIDTH],
                      float a[HORIZON * WIDTH]) {
    ambit_sample sample = {.condition = {[AMBIT_CONDITION_STATE] = o}, .chunk = a};
    must(ambit_mixture_read(mixture, AMBIT_PART_TRAINED, 0, step, &sample));
    assert_int_equal(sample.number, step);
}

static void assert_near(double value, double wanted) {
    if (!(fabs(value - wanted) <= 1e-5 * (1 + fabs(wanted))))
        fail_msg("%.9g where %.9g is wanted", value, wanted);
}

static void assert_told(const ambit_mixture *mixture, const char *words) {
    if (!strstr(ambit_mixture_notes(mixture), words))
        fail_msg("\"%s\" is not in: %s", words, ambit_mixture_notes(mixture));
}

static void rare_values_come_back(void **state) {
    static const second kinds[] = {flag, last_step, rotation};
    (void)state;
    for (int k = 0; k < 3; k++)
        for (int relative = 0; relative < 2; relative++) {
            ambit_mixture *mixture =
                open_with(write_store(kinds[k]), AMBIT_NORMALISE_BOUNDS_Q99, relative);
            for (int64_t t = 0; t < STEPS; t++) {
                float o[WIDTH], a[HORIZON * WIDTH];
                read_step(mixture, t, o, a);
                assert_true(fabsf(a[1]) <= 1);
                ambit_denormalise_chunk(ambit_mixture_normaliser(mixture), a);
                assert_near(a[1], kinds[k](t) - (relative ? kinds[k](t) : 0));
                for (int64_t s = 1; s < HORIZON && t % EPISODE + s < EPISODE; s++)
                    assert_near(a[WIDTH * s + 1], kinds[k](t + s) - (relative ? kinds[k](t) : 0));
            }
            assert_told(mixture, "data.observation: field \"action\": element 1 has one value but");
            if (!relative) /* several differences of a chunk are not so rare */
                assert_told(mixture, "data.action: field \"action\": element 1 has one value but");
            ambit_mixture_close(mixture);
        }
}

/* One wild value neither stretches the range of the others nor makes their movement rounding. */
static void wild_values_are_clipped(void **state) {
    (void)state;
    for (int relative = 0; relative < 2; relative++) {
        ambit_mixture *mixture = open_with(write_store(wild), AMBIT_NORMALISE_BOUNDS_Q99, relative);
        const ambit_normaliser *n = ambit_mixture_normaliser(mixture);
        assert_true(n->chunk_scale[1] > .9f && n->chunk_scale[1] < 3);
        assert_string_equal(ambit_mixture_notes(mixture), "");
        ambit_mixture_close(mixture);
        if (!relative)
            continue;
        mixture = open_with(write_store(wild), AMBIT_NORMALISE_STEP_RMS, true);
        assert_true(ambit_mixture_normaliser(mixture)->chunk_scale[WIDTH + 1] > 0);
        ambit_mixture_close(mixture);
    }
}

/* Under every normalisation, a joint that is still is 0, and comes back as it stands. */
static void rounding_is_no_movement(void **state) {
    (void)state;
    for (int kind = AMBIT_NORMALISE_STANDARD; kind <= AMBIT_NORMALISE_STEP_RMS; kind++)
        for (int relative = 0; relative < 2; relative++) {
            ambit_mixture *mixture =
                open_with(write_store(still), (ambit_normalisation)kind, relative);
            const ambit_normaliser *n = ambit_mixture_normaliser(mixture);
            float o[WIDTH], a[HORIZON * WIDTH];
            read_step(mixture, 100, o, a);
            if (kind != AMBIT_NORMALISE_STEP_RMS) {
                float moved[WIDTH] = {0, 1.7f}; /* on a robot where it moves after all */
                ambit_normalise_observation(n, moved);
                assert_true(o[1] == 0 && moved[1] == 0);
                assert_told(mixture, "data.observation: field \"action\": element 1 changes by no");
            }
            const bool divided = kind == AMBIT_NORMALISE_STEP_RMS && !relative;
            for (int s = 0; s < HORIZON; s++) {
                assert_true(divided ? a[WIDTH * s + 1] > .5f : a[WIDTH * s + 1] == 0);
                a[WIDTH * s + 1] += divided ? 0 : 3; /* a network errs */
            }
            ambit_denormalise_chunk(n, a);
            for (int s = 0; s < HORIZON; s++)
                assert_true(fabsf(a[WIDTH * s + 1] - (relative ? 0 : 1.569f)) <= 4 * FLT_EPSILON);
            if (!divided)
                assert_told(mixture, "data.action: field \"action\": element 1 changes by no more");
            ambit_mixture_close(mixture);
        }
}

/* Differences of large numbers: theirs is the rounding, not that of the differences. */
static void differences_carry_rounding(void **state) {
    (void)state;
    for (int kind = AMBIT_NORMALISE_STANDARD; kind <= AMBIT_NORMALISE_STEP_RMS; kind++) {
        ambit_mixture *mixture = open_with(write_store(drift), (ambit_normalisation)kind, true);
        const ambit_normaliser *n = ambit_mixture_normaliser(mixture);
        for (int s = 0; s < HORIZON; s++)
            assert_true(n->chunk_scale[WIDTH * s + 1] == 0);
        for (int s = 1; s < HORIZON; s++)
            assert_true(n->chunk_scale[WIDTH * s] > 1 && n->chunk_scale[WIDTH * s] < 200);
        assert_told(mixture, "data.action: field \"action\": element 1 changes by no more");
        ambit_mixture_close(mixture);
        mixture = open_with(write_store(drift), AMBIT_NORMALISE_STANDARD, false);
        assert_string_equal(ambit_mixture_notes(mixture), ""); /* as it is stored, it moves */
        ambit_mixture_close(mixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(rare_values_come_back, remove_folders),
        cmocka_unit_test_teardown(wild_values_are_clipped, remove_folders),
        cmocka_unit_test_teardown(rounding_is_no_movement, remove_folders),
        cmocka_unit_test_teardown(differences_carry_rounding, remove_folders),
    };
    return cmocka_run_group_tests_name("normaliser", tests, NULL, NULL);
}
