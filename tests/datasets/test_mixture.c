/* Windows at the ends of episodes, normalisation against hand values, classes, weights, shares and
 * held-out episodes. */
#include "datasets/mixture.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const observation[] = {"observation/state", "count"}, *const action[] = {
                                                                             "action"};

static int remove_folders(void **state) {
    (void)state;
    fixture_cleanup();
    return 0;
}

static ambit_mixture_options basic(const ambit_source_use *sources, int count) {
    return (ambit_mixture_options){.sources = sources,
                                   .source_count = count,
                                   .observation = observation,
                                   .observation_count = 2,
                                   .action = action,
                                   .action_count = 1,
                                   .observation_steps = 2,
                                   .horizon = 4,
                                   .cache_bytes = 1 << 20};
}

static ambit_source_use use(const char *folder) {
    return (ambit_source_use){.path = folder, .weight = 1, .sigma_min = NAN, .sigma_max = NAN};
}

static ambit_mixture *open_mixture(const ambit_mixture_options *options) {
    ambit_mixture *mixture;
    if (ambit_mixture_open(options, &mixture) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    return mixture;
}

/* A sample of an observation and a chunk alone. */
static ambit_sample into(float *o, float *a) {
    return (ambit_sample){.condition = {[AMBIT_CONDITION_STATE] = o}, .chunk = a};
}

static void read_sample(ambit_mixture *mixture, int c, int64_t ordinal, float *o, float *a,
                        uint64_t *number) {
    ambit_sample sample = into(o, a);
    if (ambit_mixture_read(mixture, AMBIT_PART_TRAINED, c, ordinal, &sample) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    *number = sample.number;
}

static int64_t within(int64_t step, int64_t first, int64_t end) {
    return step < first ? first : step >= end ? end - 1 : step;
}

/* Which steps of the chunk, that begins at step `start`, are of the episode. */
static void check_padding(ambit_mixture *mixture, int64_t step, int64_t start, int64_t first,
                          int64_t end) {
    float o[9], a[12];
    ambit_sample sample = into(o, a);
    assert_int_equal(ambit_mixture_read(mixture, AMBIT_PART_TRAINED, 0, step, &sample), AMBIT_OK);
    for (int64_t s = 0; s < 4; s++)
        assert_int_equal(s >= sample.first_step && s < sample.end_step,
                         start + s >= first && start + s < end);
}

/* Every sample of episodes of 5, 1 and 12 steps against the definition, for these options. */
static void check_windows(int offset, bool relative, int64_t cache_bytes) {
    static const int64_t lengths[] = {5, 1, 12};
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 3, 2, NULL, 0);
    const ambit_source_use source = use(folder);
    ambit_mixture_options options = basic(&source, 1);
    options.observation_steps = 3;
    options.action_offset = offset;
    options.relative = relative;
    options.cache_bytes = cache_bytes;
    ambit_mixture *mixture = open_mixture(&options);
    assert_int_equal(ambit_mixture_shape(mixture)->observation_size, 9);
    assert_int_equal(ambit_mixture_shape(mixture)->chunk_steps, 4);
    assert_int_equal(ambit_mixture_shape(mixture)->chunk_width, 3);
    assert_int_equal(ambit_mixture_sample_count(mixture, AMBIT_PART_TRAINED), 18);
    for (int64_t t = 0, e = 0, first = 0; t < 18; t++) {
        float o[9], a[12];
        uint64_t sample;
        if (t == first + lengths[e])
            first += lengths[e++];
        int64_t end = first + lengths[e];
        read_sample(mixture, 0, t, o, a, &sample);
        assert_int_equal(sample, t);
        check_padding(mixture, t, t + offset, first, end);
        for (int s = 0; s < 3; s++) {
            int64_t at = within(t - 2 + s, first, end);
            assert_true(o[3 * s] == fixture_state(at, 0));
            assert_true(o[3 * s + 1] == fixture_state(at, 1));
            assert_true(o[3 * s + 2] == (float)fixture_count(at));
        }
        for (int s = 0; s < 4; s++)
            for (int d = 0; d < 3; d++) {
                float wanted = fixture_action(within(t + offset + s, first, end), d);
                wanted -= relative ? fixture_action(t, d) : 0;
                if (d == 1 && t + offset + s >= end)
                    wanted = 0;
                assert_true(a[3 * s + d] == wanted);
            }
    }
    ambit_mixture_close(mixture);
}

static void windows_respect_episodes(void **state) {
    (void)state;
    for (int offset = -2; offset <= 3; offset++)
        check_windows(offset, false, 1 << 20);
    check_windows(1, false, 0);
    check_windows(1, false, 300);
}

static void relative_chunks(void **state) {
    (void)state;
    check_windows(0, true, 1 << 20);
    check_windows(2, true, 0);
}

static void assert_near(double value, double wanted) {
    if (!(fabs(value - wanted) <= 1e-5 * (1 + fabs(wanted))))
        fail_msg("%.9g where %.9g is wanted", value, wanted);
}

/* Eight steps: count − as −3, 997 … 6997; state 0, .5 … 3.5 and 4.25; action as a cycle of 7. */
static ambit_mixture *eight_steps(ambit_normalisation o, ambit_normalisation a, bool relative) {
    static const int64_t lengths[] = {8};
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 1, 1, NULL, 0);
    ambit_source_use source = use(folder);
    ambit_mixture_options options = basic(&source, 1);
    options.normalise_observation = o;
    options.normalise_action = a;
    options.relative = relative;
    return open_mixture(&options);
}

static void standard(void **state) {
    (void)state;
    float o[6], a[12];
    uint64_t sample;
    ambit_mixture *mixture = eight_steps(AMBIT_NORMALISE_STANDARD, AMBIT_NORMALISE_STANDARD, false);
    read_sample(mixture, 0, 7, o, a, &sample);
    /* 0 … 7 have mean 3.5 and standard deviation √5.25. */
    assert_near(o[0], (6 - 3.5) / sqrt(5.25));
    assert_near(o[3], (7 - 3.5) / sqrt(5.25));
    assert_near(o[2], (6 - 3.5) / sqrt(5.25));
    assert_true(o[1] == 0 && o[4] == 0);
    /* Element 0 is −2.5 … 3.5, −2.5: mean .125; Σx² = 36, so variance 4.5 − .125². */
    assert_near(a[0], (-2.5 - .125) / sqrt(4.5 - .015625));
    assert_true(a[2] == fixture_action(7, 2)); /* unnormalised */
    ambit_denormalise_chunk(ambit_mixture_normaliser(mixture), a);
    for (int d = 0; d < 3; d++)
        assert_near(a[d], fixture_action(7, d));
    ambit_mixture_close(mixture);
}

static void bounds(void **state) {
    (void)state;
    float o[6], a[12];
    uint64_t sample;
    ambit_mixture *mixture =
        eight_steps(AMBIT_NORMALISE_BOUNDS_Q99, AMBIT_NORMALISE_BOUNDS_Q99, false);
    /* Of 0 … 7 numpy's quantiles are .07 and 6.93. */
    read_sample(mixture, 0, 1, o, a, &sample);
    assert_near(o[0], -1); /* step 0 lies below q01: clipped */
    assert_near(o[3], 2 * (1 - .07) / 6.86 - 1);
    assert_true(o[1] == 0);
    assert_true(a[2] == fixture_action(1, 2)); /* .5, left alone */
    read_sample(mixture, 0, 5, o, a, &sample);
    assert_true(a[3 + 2] == fixture_action(6, 2)); /* 5.5: left alone, so not clipped */
    float raw[6] = {3.5f, 4.25f, 6997, 0, 4.25f, -3};
    ambit_normalise_observation(ambit_mixture_normaliser(mixture), raw);
    assert_true(raw[0] == 1 && raw[1] == 0 && raw[2] == 1 && raw[3] == -1 && raw[5] == -1);
    ambit_mixture_close(mixture);
}

static void step_rms(void **state) {
    (void)state;
    float o[6], a[12];
    uint64_t sample;
    ambit_mixture *mixture = eight_steps(AMBIT_NORMALISE_NONE, AMBIT_NORMALISE_STEP_RMS, true);
    double squares[4] = {0};
    for (int64_t t = 0; t < 8; t++)
        for (int s = 0; s < 4; s++)
            for (int d = 0; d < 2; d++) { /* element 1 pads with zero */
                double x = fixture_action(within(t + s, 0, 8), d) - fixture_action(t, d);
                squares[s] += d == 1 && t + s >= 8 ? 0 : x * x;
            }
    read_sample(mixture, 0, 3, o, a, &sample);
    assert_true(a[0] == 0 && a[1] == 0); /* a relative chunk starts at 0 always */
    for (int s = 1; s < 4; s++)
        assert_near(a[3 * s],
                    (fixture_action(3 + s, 0) - fixture_action(3, 0)) / sqrt(squares[s] / 16));
    assert_true(a[3 + 2] == 1); /* unnormalised */
    ambit_denormalise_chunk(ambit_mixture_normaliser(mixture), a);
    assert_near(a[3], 1);
    ambit_mixture_close(mixture);
}

/* Relative chunks of the eight steps: their own mean and deviation, over all steps and samples. */
static void relative_standard(void **state) {
    (void)state;
    float o[6], a[12];
    uint64_t sample;
    ambit_mixture *mixture = eight_steps(AMBIT_NORMALISE_NONE, AMBIT_NORMALISE_STANDARD, true);
    double sum = 0, squares = 0;
    for (int64_t t = 0; t < 8; t++)
        for (int s = 0; s < 4; s++) {
            double x = fixture_action(within(t + s, 0, 8), 0) - fixture_action(t, 0);
            sum += x / 32;
            squares += x * x / 32;
        }
    read_sample(mixture, 0, 2, o, a, &sample);
    assert_near(a[6], (2 - sum) / sqrt(squares - sum * sum));
    ambit_mixture_close(mixture);
}

/* Two stores normalise like one store of all their episodes. */
static void pooled_statistics(void **state) {
    (void)state;
    static const int64_t first[] = {9, 4}, second[] = {20}, all[] = {9, 4, 20};
    const char *a = fixture_folder(), *b = fixture_folder(), *whole = fixture_folder();
    fixture_write(a, first, 2, 1, NULL, 0);
    fixture_write(b, second, 1, 1, NULL, 13);
    fixture_write(whole, all, 3, 2, NULL, 0);
    const ambit_source_use two[] = {use(a), use(b)}, one = use(whole);
    for (int kind = AMBIT_NORMALISE_STANDARD; kind <= AMBIT_NORMALISE_STEP_RMS; kind++) {
        ambit_mixture_options options = basic(two, 2);
        options.normalise_action = (ambit_normalisation)kind;
        if (kind != AMBIT_NORMALISE_STEP_RMS)
            options.normalise_observation = (ambit_normalisation)kind;
        ambit_mixture *pooled = open_mixture(&options);
        options.sources = &one;
        options.source_count = 1;
        ambit_mixture *together = open_mixture(&options);
        const ambit_normaliser *x = ambit_mixture_normaliser(pooled);
        const ambit_normaliser *y = ambit_mixture_normaliser(together);
        for (int i = 0; i < 6; i++) {
            assert_near(x->observation_shift[i], y->observation_shift[i]);
            assert_near(x->observation_scale[i], y->observation_scale[i]);
        }
        for (int i = 0; i < 12; i++) {
            assert_near(x->chunk_shift[i], y->chunk_shift[i]);
            assert_near(x->chunk_scale[i], y->chunk_scale[i]);
        }
        ambit_mixture_close(pooled);
        ambit_mixture_close(together);
    }
}

/* Several fields make one action: each part of a chunk is that of a mixture with its field alone.
 */
static void check_parts(ambit_normalisation kind, bool relative) {
    static const int64_t lengths[] = {5, 1, 12};
    static const char *const parts[] = {"observation/state", "action", "pixels"};
    enum { PARTS = 3, WIDTH = 2 + 3 + 4, HORIZON = 4 };
    static const int widths[PARTS] = {2, 3, 4};
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 3, 2, NULL, 0);
    const ambit_source_use source = use(folder);
    ambit_mixture_options options = basic(&source, 1);
    options.action = parts;
    options.action_count = PARTS;
    options.action_offset = 1;
    options.relative = relative;
    options.normalise_action = kind;
    ambit_mixture *whole = open_mixture(&options), *alone[PARTS];
    assert_int_equal(ambit_mixture_shape(whole)->chunk_width, WIDTH);
    options.action_count = 1;
    for (int p = 0; p < PARTS; p++, options.action++)
        alone[p] = open_mixture(&options);
    for (int64_t t = 0; t < 18; t++) {
        float o[6], all[HORIZON * WIDTH], one[HORIZON * 4];
        uint64_t sample;
        read_sample(whole, 0, t, o, all, &sample);
        for (int p = 0, place = 0; p < PARTS; place += widths[p++]) {
            read_sample(alone[p], 0, t, o, one, &sample);
            for (int s = 0; s < HORIZON; s++)
                assert_memory_equal(all + s * WIDTH + place, one + s * widths[p],
                                    (size_t)widths[p] * sizeof *one);
        }
    }
    ambit_mixture_close(whole);
    for (int p = 0; p < PARTS; p++)
        ambit_mixture_close(alone[p]);
}

static void action_in_parts(void **state) {
    (void)state;
    for (int kind = AMBIT_NORMALISE_NONE; kind < AMBIT_NORMALISE_STEP_RMS; kind++) {
        check_parts((ambit_normalisation)kind, false);
        check_parts((ambit_normalisation)kind, true);
    }
}

/* step_rms is shared by all parts, but for what is left alone. */
static void step_rms_of_parts(void **state) {
    (void)state;
    static const int64_t lengths[] = {8};
    static const char *const parts[] = {"count", "action"};
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 1, 1, NULL, 0);
    ambit_source_use source = use(folder);
    ambit_mixture_options options = basic(&source, 1);
    options.action = parts;
    options.action_count = 2;
    options.horizon = 1;
    options.normalise_action = AMBIT_NORMALISE_STEP_RMS;
    double squares = 0;
    for (int64_t t = 0; t < 8; t++)
        squares += pow((double)fixture_count(t), 2) + pow(fixture_action(t, 0), 2) +
                   pow(fixture_action(t, 1), 2);
    float o[6], a[4];
    uint64_t sample;
    ambit_mixture *mixture = open_mixture(&options);
    read_sample(mixture, 0, 6, o, a, &sample);
    assert_near(a[0], (double)fixture_count(6) / sqrt(squares / 24));
    assert_near(a[1], fixture_action(6, 0) / sqrt(squares / 24));
    assert_true(a[3] == fixture_action(6, 2));
    ambit_mixture_close(mixture);
}

static void classes_by_bounds(void **state) {
    (void)state;
    static const int64_t lengths[] = {5, 1, 12, 7, 3};
    static const double sigma[] = {.6, 1, .2, .9, .60001, 1, NAN, NAN, .2, .9};
    int count;
    float o[6], a[12];
    uint64_t sample;
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 5, 2, sigma, 0);
    ambit_source_use source = use(folder);
    ambit_mixture_options options = basic(&source, 1);
    ambit_mixture *mixture = open_mixture(&options);
    const ambit_class *classes = ambit_mixture_classes(mixture, AMBIT_PART_TRAINED, &count);
    assert_int_equal(count, 3);
    assert_int_equal(classes[0].count, 7); /* no bounds: 0 to 1 */
    assert_true(classes[0].sigma_min == 0 && classes[0].sigma_max == 1);
    assert_int_equal(classes[1].count, 4); /* .2 to .9 */
    assert_int_equal(classes[2].count, 17);
    assert_true(classes[2].sigma_min == .6 && classes[2].weight == 1);
    read_sample(mixture, 1, 0, o, a, &sample);
    assert_int_equal(sample, 5); /* episode 1 */
    read_sample(mixture, 1, 1, o, a, &sample);
    assert_int_equal(sample, 25); /* episode 4 */
    read_sample(mixture, 2, 5, o, a, &sample);
    assert_int_equal(sample, 6); /* episode 2, after the 5 of episode 0 */
    ambit_sample none = into(o, a);
    assert_int_equal(ambit_mixture_read(mixture, AMBIT_PART_TRAINED, 1, 4, &none), AMBIT_INTERNAL);
    ambit_mixture_close(mixture);
    /* The configuration's bounds replace the data's. */
    source.sigma_min = .7;
    source.sigma_max = .8;
    mixture = open_mixture(&options);
    classes = ambit_mixture_classes(mixture, AMBIT_PART_TRAINED, &count);
    assert_int_equal(count, 1);
    assert_true(classes[0].sigma_min == .7 && classes[0].sigma_max == .8);
    ambit_mixture_close(mixture);
    /* One of them: the other is the data's, and closed where the data has none. */
    source.sigma_max = NAN;
    source.sigma_min = .95;
    mixture = open_mixture(&options);
    classes = ambit_mixture_classes(mixture, AMBIT_PART_TRAINED, &count);
    assert_int_equal(count, 3);
    assert_true(classes[0].sigma_min == .95 && classes[0].sigma_max == 0 && classes[0].count == 7);
    assert_true(classes[1].sigma_min == .95 && classes[1].sigma_max == .9 && classes[1].count == 4);
    assert_true(classes[2].sigma_min == .95 && classes[2].sigma_max == 1);
    ambit_mixture_close(mixture);
    source.sigma_min = 1.5;
    assert_int_equal(ambit_mixture_open(&options, &mixture), AMBIT_CONFIG);
}

static void weights_and_shares(void **state) {
    (void)state;
    static const int64_t small[] = {10}, large[] = {30};
    int count;
    const char *a = fixture_folder(), *b = fixture_folder();
    fixture_write(a, small, 1, 1, NULL, 0);
    fixture_write(b, large, 1, 1, NULL, 0);
    ambit_source_use sources[] = {use(a), use(b)};
    sources[1].weight = .25;
    ambit_mixture_options options = basic(sources, 2);
    ambit_mixture *mixture = open_mixture(&options);
    const ambit_class *classes = ambit_mixture_classes(mixture, AMBIT_PART_TRAINED, &count);
    assert_int_equal(count, 2);
    assert_true(classes[0].weight == 1 && classes[1].weight == .25);
    assert_true(classes[0].source == 0 && classes[1].source == 1);
    ambit_mixture_close(mixture);
    sources[0].share = 1;
    assert_int_equal(ambit_mixture_open(&options, &mixture), AMBIT_CONFIG);
    sources[1].share = 4;
    mixture = open_mixture(&options);
    classes = ambit_mixture_classes(mixture, AMBIT_PART_TRAINED, &count);
    assert_near(classes[0].weight * 10, 8); /* a fifth of 40 */
    assert_near(classes[1].weight * 30, 32);
    ambit_mixture_close(mixture);
    sources[0] = sources[1] = use(a);
    sources[0].weight = sources[1].weight = 0;
    assert_int_equal(ambit_mixture_open(&options, &mixture), AMBIT_DATA);
}

static void heldout_episodes(void **state) {
    (void)state;
    enum { EPISODES = 20, STEPS = 4 };
    int64_t lengths[EPISODES];
    int seen[EPISODES * STEPS] = {0}, count;
    float o[6], a[12];
    uint64_t sample;
    for (int e = 0; e < EPISODES; e++)
        lengths[e] = STEPS;
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, EPISODES, 8, NULL, 0);
    ambit_source_use source = use(folder);
    ambit_mixture_options options = basic(&source, 1);
    options.holdout = .25;
    options.seed = 7;
    ambit_mixture *mixture = open_mixture(&options);
    assert_int_equal(ambit_mixture_sample_count(mixture, AMBIT_PART_HELDOUT), 5 * STEPS);
    assert_int_equal(ambit_mixture_sample_count(mixture, AMBIT_PART_TRAINED), 15 * STEPS);
    ambit_mixture_classes(mixture, AMBIT_PART_TRAINED, &count);
    assert_int_equal(count, 1);
    ambit_sample held = into(o, a);
    for (int i = 0; i < 15 * STEPS; i++) {
        read_sample(mixture, 0, i, o, a, &sample);
        seen[sample] += 1;
    }
    for (int i = 0; i < 5 * STEPS; i++) {
        assert_int_equal(ambit_mixture_read(mixture, AMBIT_PART_HELDOUT, 0, i, &held), AMBIT_OK);
        seen[held.number] += 2;
    }
    for (int e = 0; e < EPISODES; e++) /* whole episodes, each on one side */
        for (int s = 0; s < STEPS; s++) {
            assert_int_equal(seen[e * STEPS + s], seen[e * STEPS]);
            assert_in_range(seen[e * STEPS + s], 1, 2);
        }
    assert_int_equal(ambit_mixture_read(mixture, AMBIT_PART_HELDOUT, 0, 20, &held), AMBIT_INTERNAL);
    ambit_mixture_close(mixture);
}

/* Held-out samples keep their bounds: those of bad samples must not pass for clean ones. */
static void heldout_bounds(void **state) {
    (void)state;
    enum { EPISODES = 8 };
    static const double sigma[2 * EPISODES] = {0, 1, .5, 0, 0, 1, .5, 0, 0, 1, .5, 0, 0, 1, .5, 0};
    int64_t lengths[EPISODES], samples = 0;
    int count;
    for (int e = 0; e < EPISODES; e++)
        lengths[e] = 3;
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, EPISODES, 4, sigma, 0);
    ambit_source_use source = use(folder);
    ambit_mixture_options options = basic(&source, 1);
    options.holdout = .75;
    ambit_mixture *mixture = open_mixture(&options);
    const ambit_class *classes = ambit_mixture_classes(mixture, AMBIT_PART_HELDOUT, &count);
    assert_int_equal(count, 2);
    assert_true(classes[0].sigma_min == 0 && classes[0].sigma_max == 1);
    assert_true(classes[1].sigma_min == .5 && classes[1].sigma_max == 0);
    for (int c = 0; c < count; c++)
        samples += classes[c].count;
    assert_int_equal(samples, 6 * 3);
    ambit_mixture_close(mixture);
}

static void fields_that_do_not_fit(void **state) {
    (void)state;
    static const int64_t lengths[] = {4};
    static const char *const image[] = {"image"}, *const acton[] = {"acton"};
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 1, 1, NULL, 0);
    ambit_source_use source = use(folder);
    ambit_mixture *mixture;
    ambit_mixture_options options = basic(&source, 1);
    options.action = acton;
    assert_int_equal(ambit_mixture_open(&options, &mixture), AMBIT_CONFIG);
    assert_non_null(strstr(ambit_message(), "the store has: action,"));
    options = basic(&source, 1);
    options.observation = image;
    options.observation_count = 1;
    assert_int_equal(ambit_mixture_open(&options, &mixture), AMBIT_CONFIG);
    options = basic(&source, 1);
    options.normalise_observation = AMBIT_NORMALISE_STEP_RMS;
    assert_int_equal(ambit_mixture_open(&options, &mixture), AMBIT_CONFIG);
    options = basic(&source, 1);
    options.horizon = 0;
    assert_int_equal(ambit_mixture_open(&options, &mixture), AMBIT_CONFIG);
    source.path = "/tmp/ambit-there-is-no-such-store";
    options = basic(&source, 1);
    assert_int_equal(ambit_mixture_open(&options, &mixture), AMBIT_NO_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(windows_respect_episodes, remove_folders),
        cmocka_unit_test_teardown(relative_chunks, remove_folders),
        cmocka_unit_test_teardown(standard, remove_folders),
        cmocka_unit_test_teardown(bounds, remove_folders),
        cmocka_unit_test_teardown(step_rms, remove_folders),
        cmocka_unit_test_teardown(relative_standard, remove_folders),
        cmocka_unit_test_teardown(pooled_statistics, remove_folders),
        cmocka_unit_test_teardown(action_in_parts, remove_folders),
        cmocka_unit_test_teardown(step_rms_of_parts, remove_folders),
        cmocka_unit_test_teardown(classes_by_bounds, remove_folders),
        cmocka_unit_test_teardown(weights_and_shares, remove_folders),
        cmocka_unit_test_teardown(heldout_episodes, remove_folders),
        cmocka_unit_test_teardown(heldout_bounds, remove_folders),
        cmocka_unit_test_teardown(fields_that_do_not_fit, remove_folders),
    };
    return cmocka_run_group_tests_name("mixture", tests, NULL, NULL);
}
