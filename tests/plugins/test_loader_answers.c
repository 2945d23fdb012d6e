/* The loader: what it lets through of what opened plugins say. */
#include "core/base/rng.h"
#include "loader_testing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------------------------------------- sources */

static char logged[256];

static void keep_line(enum ambit_log_level level, const char *plugin, const char *text) {
    snprintf(logged, sizeof logged, "%d %s: %s", (int)level, plugin, text);
}

/* Opens it, asks everything, and unloads it. */
static void use_honest_source(ambit_plugin *plugin) {
    ambit_episode episode;
    check(ambit_plugin_open(plugin, "here", NULL, 0), AMBIT_OK, "");
    const ambit_source_description *about = ambit_source_describe(plugin);
    assert_int_equal(about->field_count, 4);
    assert_string_equal(about->fields[3].media, "image/png");
    assert_int_equal(ambit_field_length(&about->fields[2]), 5);
    assert_int_equal(ambit_field_length(&about->fields[1]), 1);
    assert_int_equal(ambit_element_size(AMBIT_I64), 8);
    assert_null(ambit_environment_describe(plugin));
    check(ambit_source_episode(plugin, 2, &episode), AMBIT_OK, "");
    assert_int_equal(episode.steps, 4);
    assert_true(isnan(episode.sigma_min) && isnan(episode.sigma_max));
    ambit_rng rng = ambit_rng_open(42, AMBIT_STREAM_PLUGIN + 3, 2);
    const int64_t *words = episode.columns[2].values;
    for (int t = 0; t < 4; t++) {
        for (int i = 0; i < 4; i++)
            assert_int_equal(words[5 * t + i], ambit_rng_word(&rng));
        assert_int_equal(words[5 * t + 4], 0xE3069283u);
    }
    check(ambit_source_episode(plugin, 3, &episode), AMBIT_INTERNAL, "no episode 3 (there are 3)");
    check(ambit_source_episode(plugin, -1, &episode), AMBIT_INTERNAL, "has no episode -1");
    ambit_plugin_log_to(keep_line);
    ambit_plugin_unload(plugin);
    ambit_plugin_log_to(NULL);
    assert_string_equal(logged, "1 source liar: closed after none");
}

static void test_honest_source(void **state) {
    (void)state;
    use_honest_source(load(AMBIT_PLUGIN_SOURCE, "liar"));
}

static void test_sources_that_lie(void **state) {
    static const struct {
        const char *fault;
        ambit_status open, episode;
        const char *text;
    } rows[] = {
        {"memory", AMBIT_SYSTEM, AMBIT_OK, "source liar: no memory for"},
        {"open", AMBIT_CONFIG, AMBIT_OK, "source liar: here: is no place; name one"},
        {"open_unsupported", AMBIT_UNAVAILABLE, AMBIT_OK, "source liar: compressed; unpack it"},
        {"no_ops", AMBIT_UNAVAILABLE, AMBIT_OK, "open() stored no operations"},
        {"ops_major", AMBIT_UNAVAILABLE, AMBIT_OK, "its operations is of ABI 9.1"},
        {"ops_minor", AMBIT_UNAVAILABLE, AMBIT_OK, "its operations is of ABI 1.9, newer"},
        {"ops_size", AMBIT_UNAVAILABLE, AMBIT_OK, "its table of operations says it has 8 bytes"},
        {"no_describe", AMBIT_UNAVAILABLE, AMBIT_OK, "it has no describe()"},
        {"no_episode", AMBIT_UNAVAILABLE, AMBIT_OK, "it has no episode()"},
        {"describe", AMBIT_DATA, AMBIT_OK, "source liar: x: has no index; make one"},
        {"description_size", AMBIT_UNAVAILABLE, AMBIT_OK, "its description says it has 8 bytes"},
        {"episodes", AMBIT_DATA, AMBIT_OK, "says it has -1 episodes"},
        {"seconds", AMBIT_DATA, AMBIT_OK, "says a step takes nan seconds"},
        {"no_fields", AMBIT_DATA, AMBIT_OK, "describes 4 fields, not 1 to 64, or gives no table"},
        {"many_fields", AMBIT_DATA, AMBIT_OK, "describes 65 fields"},
        {"field_size", AMBIT_UNAVAILABLE, AMBIT_OK, "its row of fields says it has 16 bytes"},
        {"field_struct", AMBIT_DATA, AMBIT_OK, "field 'observation/state' has a struct_size"},
        {"field_name", AMBIT_DATA, AMBIT_OK, "the name of field 1 is missing or not made of"},
        {"field_twice", AMBIT_DATA, AMBIT_OK, "field 'observation/state' stands twice"},
        {"element", AMBIT_DATA, AMBIT_OK, "field 'done' has an element type that does not exist"},
        {"rank", AMBIT_DATA, AMBIT_OK, "field 'observation/state' has a rank above 4"},
        {"shape", AMBIT_DATA, AMBIT_OK,
         "field 'observation/state' has a rank above 4, a dimension"},
        {"shape_product", AMBIT_DATA, AMBIT_OK, "or 2³¹ elements a step"},
        {"shape_long", AMBIT_DATA, AMBIT_OK,
         "field 'observation/state' has a shape of more dimensions than its rank"},
        {"shape_scalar", AMBIT_DATA, AMBIT_OK, "field 'done' has a shape of more dimensions"},
        {"bytes_rank", AMBIT_DATA, AMBIT_OK, "field 'image' is AMBIT_BYTES and has a rank"},
        {"media", AMBIT_DATA, AMBIT_OK, "field 'image' has a media type, unit or help of more"},
        {"episode", AMBIT_OK, AMBIT_NO_INPUT,
         "source liar: episode 1: file.bin: is gone; restore it"},
        {"silent", AMBIT_OK, AMBIT_DATA, "episode() failed with code 1 and did not say why"},
        {"bare_code", AMBIT_OK, AMBIT_INTERNAL, "episode() failed with code -1 and did not say"},
        {"episode_size", AMBIT_OK, AMBIT_UNAVAILABLE, "its episode says it has 8 bytes"},
        {"no_name", AMBIT_OK, AMBIT_DATA, "episode 1: has no name"},
        {"name_lines", AMBIT_OK, AMBIT_DATA, "episode 1: has no name, or one of more than a line"},
        {"negative", AMBIT_OK, AMBIT_DATA, "episode 1 (made up): has -1 steps, not 0 to"},
        {"huge", AMBIT_OK, AMBIT_DATA, "has 9223372036854775807 steps"},
        {"no_columns", AMBIT_OK, AMBIT_DATA, "has 4 steps but no columns (NULL)"},
        {"sigma_min", AMBIT_OK, AMBIT_DATA,
         "has σ_min 1.5 and σ_max nan, which must lie in [0, 1]"},
        {"sigma_max", AMBIT_OK, AMBIT_DATA, "has σ_min nan and σ_max -0.25"},
        {"nan", AMBIT_OK, AMBIT_DATA, "field 'observation/state' is nan at step 2, element 1"},
        {"infinite", AMBIT_OK, AMBIT_DATA,
         "field 'observation/state' is -inf at step 1, element 0"},
        {"undecided", AMBIT_OK, AMBIT_DATA,
         "source liar: episode 1: half of it is gone; restore it (and then episode() returned 0, "
         "as if nothing had failed; ask the plugin's author"},
        {"no_values", AMBIT_OK, AMBIT_DATA, "field 'done' has no values (NULL)"},
        {"unaligned", AMBIT_OK, AMBIT_DATA, "has values that are not aligned"},
        {"no_offsets", AMBIT_OK, AMBIT_DATA, "field 'image' has no offsets"},
        {"offsets", AMBIT_OK, AMBIT_DATA, "field 'image' goes from offset 2 to 1 at step 1"},
        {"offsets_far", AMBIT_OK, AMBIT_DATA, "to 18446744073709551615 at step 3"},
        {"no_bytes", AMBIT_OK, AMBIT_DATA, "field 'image' has offsets but no values (NULL)"},
        {"empty", AMBIT_OK, AMBIT_OK, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const ambit_plugin_setting setting = {"fault", rows[i].fault, "x.yaml:1:1"};
        ambit_plugin *plugin = load(AMBIT_PLUGIN_SOURCE, "liar");
        ambit_episode episode;
        check(ambit_plugin_open(plugin, "here", &setting, 1), rows[i].open, rows[i].text);
        if (rows[i].open == AMBIT_OK)
            check(ambit_source_episode(plugin, 1, &episode), rows[i].episode, rows[i].text);
        ambit_plugin_unload(plugin);
    }
}

/* The plugin of the README: two episodes of a thousand rows, and a row over. */
static void test_demo_source(void **state) {
    static float rows[2001][2];
    const ambit_plugin_setting steps = {"steps", "1000", "x.yaml:1:1"};
    for (int i = 0; i < 2001 * 2; i++)
        rows[i / 2][i % 2] = (float)i;
    ambit_plugin *plugin = load(AMBIT_PLUGIN_SOURCE, "demo");
    ambit_episode episode;
    (void)state;
    write_file(in_folder("floats"), rows, sizeof rows);
    check(ambit_plugin_open(plugin, in_folder("floats"), &steps, 1), AMBIT_OK, "");
    assert_int_equal(ambit_source_describe(plugin)->episode_count, 2);
    check(ambit_source_episode(plugin, 1, &episode), AMBIT_OK, "");
    assert_string_equal(episode.name, "rows from 1000");
    assert_memory_equal(episode.columns[0].values, rows[1000], 1000 * sizeof rows[0]);
    check(ambit_source_episode(plugin, 0, &episode), AMBIT_OK, "");
    assert_memory_equal(episode.columns[0].values, rows[0], 1000 * sizeof rows[0]);
    assert_int_equal(truncate(in_folder("floats"), 8100), 0);
    check(ambit_source_episode(plugin, 1, &episode), AMBIT_DATA, "byte 8000: the file ended early");
    check(ambit_source_episode(plugin, 0, &episode), AMBIT_OK, "");
    ambit_plugin_unload(plugin);
    plugin = load(AMBIT_PLUGIN_SOURCE, "demo");
    check(ambit_plugin_open(plugin, "/no/file", NULL, 0), AMBIT_NO_INPUT,
          "source demo: /no/file: cannot be opened");
    check(ambit_source_episode(plugin, 0, &episode), AMBIT_INTERNAL, "is not an open source");
    ambit_plugin_unload(plugin);
}

static void test_readme_shows_the_demos(void **state) {
    static const char *const demos[] = {TEST_SOURCE "/demo_source.c",
                                        TEST_SOURCE "/demo_environment.c"};
    size_t size;
    char *readme = read_file(TEST_SOURCE "/../../plugins/README.md", &size);
    (void)state;
    for (int i = 0; i < 2; i++) {
        char *demo = read_file(demos[i], &size);
        assert_non_null(strstr(readme, demo));
        free(demo);
    }
    free(readme);
}

/* ---------------------------------------------------------------- environments */

typedef struct {
    int lines, circles;
    float last_x;
} drawing;

static void count_line(void *context, enum ambit_paint paint, int64_t count, const float *points) {
    drawing *seen = context;
    assert_int_equal(paint, AMBIT_PAINT_PATH);
    seen->lines++;
    seen->last_x = points[2 * (count - 1)];
}

static void count_circle(void *context, enum ambit_paint paint, float x, float y, float radius) {
    drawing *seen = context;
    assert_int_equal(paint, AMBIT_PAINT_GOAL);
    assert_true(x == 1 && y == 0 && radius > 0);
    seen->circles++;
}

/* Runs a trial; the first status that is not AMBIT_OK is returned. */
static ambit_status run_trial(ambit_world *world, drawing *seen) {
    const ambit_canvas canvas = {sizeof canvas, seen, count_line, count_circle};
    float observation, reference, action;
    double metrics[2];
    int ended = 0, success;
    AMBIT_TRY(ambit_world_reset(world, 5, 9));
    for (int i = 0; i < 10 && !ended; i++) {
        AMBIT_TRY(ambit_world_observe(world, &observation, &reference));
        action = observation + 0.5f;
        AMBIT_TRY(ambit_world_step(world, &action, &ended));
    }
    AMBIT_TRY(ambit_world_result(world, &success, metrics));
    assert_int_equal(success, 1);
    assert_true(fabs(metrics[0] - 0.5 * metrics[1]) < 1e-5);
    return ambit_world_draw(world, &canvas);
}

static void use_honest_environment(ambit_plugin *plugin) {
    drawing seen = {0, 0, 0};
    ambit_world *world, *other;
    check(ambit_plugin_open(plugin, NULL, NULL, 0), AMBIT_OK, "");
    assert_int_equal(ambit_environment_describe(plugin)->step_limit, 50);
    assert_string_equal(ambit_environment_describe(plugin)->metrics[0].unit, "m");
    assert_null(ambit_source_describe(plugin));
    check(ambit_world_create(plugin, &world), AMBIT_OK, "");
    check(ambit_world_create(plugin, &other), AMBIT_OK, "");
    check(run_trial(world, &seen), AMBIT_OK, "");
    check(run_trial(other, &seen), AMBIT_OK, "");
    assert_int_equal(seen.lines, 2);
    assert_int_equal(seen.circles, 2);
    assert_true(seen.last_x >= 1);
    ambit_world_destroy(world);
    ambit_world_destroy(other);
    ambit_world_destroy(NULL);
    ambit_plugin_unload(plugin);
}

static void test_honest_environment(void **state) {
    (void)state;
    use_honest_environment(load(AMBIT_PLUGIN_ENVIRONMENT, "liar"));
}

/* Plugins that were compiled before there was a minor version 1. */
static void test_plugins_of_abi_1_0(void **state) {
    ambit_plugin *source, *environment;
    (void)state;
    check(ambit_plugin_load_file(OLD "/ambit_source_liar.so", &source), AMBIT_OK, "");
    assert_int_equal(ambit_plugin_about(source)->abi_minor, 0);
    assert_true(ambit_plugin_about(source)->struct_size < sizeof(ambit_plugin_info));
    assert_null(ambit_plugin_about(source)->location);
    use_honest_source(source);
    check(ambit_plugin_load_file(OLD "/ambit_environment_liar.so", &environment), AMBIT_OK, "");
    use_honest_environment(environment);
}

static void test_environments_that_lie(void **state) {
    static const struct {
        const char *fault;
        ambit_status open, trial;
        const char *text;
    } rows[] = {
        {"no_step", AMBIT_UNAVAILABLE, AMBIT_OK, "it has no step()"},
        {"observation_size", AMBIT_DATA, AMBIT_OK, "its observation_size is 0, not 1 to 16777216"},
        {"action_size", AMBIT_DATA, AMBIT_OK, "its action_size is 9223372036854775807, not"},
        {"step_limit", AMBIT_DATA, AMBIT_OK, "its step_limit is -5, not 1 to"},
        {"many_metrics", AMBIT_DATA, AMBIT_OK, "its metric_count is 17, not 0 to 16"},
        {"no_metrics", AMBIT_DATA, AMBIT_OK, "gives no table of its metrics"},
        {"metric_size", AMBIT_UNAVAILABLE, AMBIT_OK, "its row of metrics says it has 4 bytes"},
        {"metric_name", AMBIT_DATA, AMBIT_OK, "metric 1 has a name not made of"},
        {"seconds", AMBIT_DATA, AMBIT_OK, "says a step takes inf seconds"},
        {"bounds", AMBIT_DATA, AMBIT_OK, "its bounds of drawings are 0, -1, -2, 1, not low before"},
        {"no_world", AMBIT_OK, AMBIT_DATA, "create() gave no world"},
        {"reset", AMBIT_OK, AMBIT_INTERNAL, "environment liar: trial 9: reset: no; never"},
        {"observation", AMBIT_OK, AMBIT_DATA, "environment liar: trial 9: observation[0] is nan"},
        {"reference", AMBIT_OK, AMBIT_DATA, "environment liar: trial 9: reference[0] is inf"},
        {"no_observation", AMBIT_OK, AMBIT_DATA, "observation[0] is nan, as what is not written"},
        {"no_reference", AMBIT_OK, AMBIT_OK, ""},
        {"undecided", AMBIT_OK, AMBIT_UNAVAILABLE,
         "trial 9: too fast; slow down (and then step() returned 0, as if nothing had failed"},
        {"ended", AMBIT_OK, AMBIT_DATA, "the end of a step is 2, neither 0 nor 1"},
        {"success", AMBIT_OK, AMBIT_DATA, "success is -1, neither 0 nor 1"},
        {"half_a_result", AMBIT_OK, AMBIT_DATA, "metric 'steps' is nan, as what is not written"},
        {"metric", AMBIT_OK, AMBIT_DATA, "metric 'way' is nan"},
        {"draw_nan", AMBIT_OK, AMBIT_DATA, "line[2] is nan"},
        {"draw_paint", AMBIT_OK, AMBIT_DATA, "draws a line of 2 points in paint 9"},
        {"draw_count", AMBIT_OK, AMBIT_DATA, "draws a line of -1 points"},
        {"draw_radius", AMBIT_OK, AMBIT_DATA, "draws a circle of radius -1"},
        {"no_draw", AMBIT_OK, AMBIT_OK, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const ambit_plugin_setting setting = {"fault", rows[i].fault, "x.yaml:1:1"};
        ambit_plugin *plugin = load(AMBIT_PLUGIN_ENVIRONMENT, "liar");
        drawing seen = {0, 0, 0};
        ambit_world *world = NULL;
        ambit_status status = ambit_plugin_open(plugin, NULL, &setting, 1);
        check(status, rows[i].open, rows[i].text);
        if (status == AMBIT_OK) {
            status = ambit_world_create(plugin, &world);
            if (status == AMBIT_OK)
                status = run_trial(world, &seen);
            check(status, rows[i].trial, rows[i].text);
        }
        ambit_world_destroy(world);
        ambit_plugin_unload(plugin);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_honest_source),      IN_FOLDER(test_sources_that_lie),
        IN_FOLDER(test_demo_source),        IN_FOLDER(test_readme_shows_the_demos),
        IN_FOLDER(test_honest_environment), IN_FOLDER(test_environments_that_lie),
        IN_FOLDER(test_plugins_of_abi_1_0),
    };
    return cmocka_run_group_tests(tests, make_build_safe, NULL);
}
