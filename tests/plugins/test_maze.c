/* The plugins "maze", as the program sees them: through the loader. */
#include "../../plugins/loader.h"
#include "../../plugins/maze/observation.h"
#include "../../plugins/maze/path.h"
#include "../../plugins/maze/spline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { JERK, ACCELERATION, LENGTH, STEPS, METRICS };

static ambit_status try_open(uint32_t kind, const char *location,
                             const ambit_plugin_setting *settings, int count,
                             ambit_plugin **plugin) {
    assert_int_equal(ambit_plugin_load(kind, "maze", plugin), AMBIT_OK);
    return ambit_plugin_open(*plugin, location, settings, count);
}

static ambit_plugin *open_with(uint32_t kind, const char *location,
                               const ambit_plugin_setting *settings, int count) {
    ambit_plugin *plugin = NULL;
    if (try_open(kind, location, settings, count, &plugin) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    return plugin;
}

static ambit_plugin *open_source(const char *location, const char *count, const char *seed) {
    const ambit_plugin_setting settings[] = {{"count", count, "test:1"}, {"seed", seed, "test:2"}};
    return open_with(AMBIT_PLUGIN_SOURCE, location, settings, 2);
}

static ambit_plugin *open_environment(void) {
    return open_with(AMBIT_PLUGIN_ENVIRONMENT, "", NULL, 0);
}

/* Positions of an episode, which the caller frees. */
static float *positions_of(ambit_plugin *plugin, int64_t index, int64_t *steps) {
    ambit_episode episode = {.struct_size = sizeof episode};
    assert_int_equal(ambit_source_episode(plugin, index, &episode), AMBIT_OK);
    *steps = episode.steps;
    float *copy = malloc((size_t)episode.steps * 2 * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, episode.columns[0].values, (size_t)episode.steps * 2 * sizeof *copy);
    return copy;
}

static void test_bad_options_are_named(void **state) {
    (void)state;
    static const struct {
        uint32_t kind;
        const char *location, *name, *value, *expected;
    } cases[] = {
        {AMBIT_PLUGIN_SOURCE, "foo", "count", "1", "\"gcs\""},
        {AMBIT_PLUGIN_SOURCE, "foo", "count", "1", "\"rrt\""},
        {AMBIT_PLUGIN_SOURCE, "", "count", "1", "\"gcs\""},
        {AMBIT_PLUGIN_SOURCE, "gcs", "count", "0", "count"},
        {AMBIT_PLUGIN_SOURCE, "gcs", "cells", "1", "cells"},
        {AMBIT_PLUGIN_SOURCE, "gcs", "cels", "5", "cells"},
        {AMBIT_PLUGIN_ENVIRONMENT, "", "cells", "1", "cells"},
        {AMBIT_PLUGIN_ENVIRONMENT, "", "step_limit", "0", "step_limit"},
        {AMBIT_PLUGIN_ENVIRONMENT, "gcs", "cells", "5", "location"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ambit_plugin_setting setting = {cases[i].name, cases[i].value, "test:1"};
        ambit_plugin *plugin = NULL;
        assert_int_not_equal(try_open(cases[i].kind, cases[i].location, &setting, 1, &plugin),
                             AMBIT_OK);
        if (!strstr(ambit_message(), cases[i].expected))
            fail_msg("\"%s\" says nothing of %s", ambit_message(), cases[i].expected);
        ambit_plugin_unload(plugin);
    }
}

/* The same episode whatever was asked for before, and by whom; another one by seed and index. */
static void test_episodes_depend_on_their_index_only(void **state) {
    (void)state;
    static const char *const sorts[] = {"gcs", "rrt"};
    for (int s = 0; s < 2; s++) {
        ambit_plugin *a = open_source(sorts[s], "50", "3"), *b = open_source(sorts[s], "20", "3");
        ambit_plugin *other = open_source(sorts[s], "20", "4");
        int64_t steps_a, steps_b, steps_next, steps_other;
        free(positions_of(a, 49, &steps_a));
        float *from_a = positions_of(a, 17, &steps_a), *from_b = positions_of(b, 17, &steps_b);
        float *next = positions_of(b, 18, &steps_next);
        float *from_other = positions_of(other, 17, &steps_other);
        assert_int_equal(steps_a, steps_b);
        assert_memory_equal(from_a, from_b, (size_t)steps_a * 2 * sizeof(float));
        assert_memory_not_equal(from_a, next, 2 * sizeof(float));
        assert_memory_not_equal(from_a, from_other, 2 * sizeof(float));
        free(from_a);
        free(from_b);
        free(next);
        free(from_other);
        ambit_plugin_unload(a);
        ambit_plugin_unload(b);
        ambit_plugin_unload(other);
    }
}

/* Means over the first `episodes` of a source. */
static void measure(const char *sort, int episodes, double *jerk, double *acceleration,
                    double *steps) {
    ambit_plugin *plugin = open_source(sort, "100000", "0");
    *jerk = *acceleration = *steps = 0;
    for (int i = 0; i < episodes; i++) {
        int64_t count;
        float *positions = positions_of(plugin, i, &count);
        *jerk += maze_roughness(positions, count, 3) / episodes;
        *acceleration += maze_roughness(positions, count, 2) / episodes;
        *steps += (double)count / episodes;
        for (int64_t t = 0; t + 1 < count; t++)
            assert_true(maze_length(positions + 2 * t, 2) < 1.15 * MAZE_NOMINAL_STEP);
        free(positions);
    }
    ambit_plugin_unload(plugin);
}

/* The demonstrations' own figures, to which every policy is compared. The design's prototype had
 * jerk² 35 and 2,343, acceleration² 1.5 and 15, and 58 and 61 steps, in a maze of its own. */
static void test_demonstrations_are_as_smooth_as_meant(void **state) {
    (void)state;
    double jerk, acceleration, steps;
    measure("gcs", 500, &jerk, &acceleration, &steps);
    assert_true(jerk > 20 && jerk < 50);
    assert_true(acceleration > 1 && acceleration < 2.2);
    assert_true(steps > 50 && steps < 66);
    measure("rrt", 500, &jerk, &acceleration, &steps);
    assert_true(jerk > 2000 && jerk < 2800);
    assert_true(acceleration > 12 && acceleration < 18);
    assert_true(steps > 55 && steps < 72);
}

static void test_a_demonstration_shows_what_its_positions_say(void **state) {
    (void)state;
    ambit_plugin *plugin = open_source("rrt", "3", "0");
    ambit_episode episode = {.struct_size = sizeof episode};
    assert_int_equal(ambit_source_episode(plugin, 2, &episode), AMBIT_OK);
    const float *positions = episode.columns[0].values, *observations = episode.columns[1].values;
    const float *goal = positions + 2 * (episode.steps - 1);
    assert_true(isnan(episode.sigma_min) && isnan(episode.sigma_max));
    for (int64_t t = 0; t < episode.steps; t++) {
        float expected[MAZE_OBSERVATION_SIZE];
        maze_observe(5, positions + 2 * t, positions + 2 * (t > 0 ? t - 1 : 0), goal, expected);
        assert_memory_equal(observations + MAZE_OBSERVATION_SIZE * t, expected, sizeof expected);
    }
    assert_true(observations[40] == 0 && observations[41] == 0);
    ambit_plugin_unload(plugin);
}

/* Start and goal of a trial, read off its observation. */
static void read_task(ambit_world *world, float start[2], float goal[2]) {
    float observation[MAZE_OBSERVATION_SIZE];
    assert_int_equal(ambit_world_observe(world, observation, start), AMBIT_OK);
    for (int axis = 0; axis < 2; axis++) {
        goal[axis] = start[axis] + 2 * observation[38 + axis];
        assert_true(fabs(5 * (observation[axis] + 1) / 2 - start[axis]) < 1e-5);
        assert_true(observation[40 + axis] == 0);
    }
}

static void test_trials_are_the_same_everywhere(void **state) {
    (void)state;
    ambit_plugin *a = open_environment(), *b = open_environment();
    ambit_world *in_a, *in_b;
    assert_int_equal(ambit_world_create(a, &in_a), AMBIT_OK);
    assert_int_equal(ambit_world_create(b, &in_b), AMBIT_OK);
    float start[2], goal[2], start_b[2], goal_b[2];
    assert_int_equal(ambit_world_reset(in_b, 5, 11), AMBIT_OK);
    assert_int_equal(ambit_world_reset(in_b, 5, 12), AMBIT_OK);
    assert_int_equal(ambit_world_reset(in_a, 5, 12), AMBIT_OK);
    read_task(in_a, start, goal);
    read_task(in_b, start_b, goal_b);
    assert_memory_equal(start, start_b, sizeof start);
    assert_memory_equal(goal, goal_b, sizeof goal);
    assert_int_equal(ambit_world_reset(in_b, 6, 12), AMBIT_OK);
    read_task(in_b, start_b, goal_b);
    assert_memory_not_equal(start, start_b, sizeof start);
    ambit_world_destroy(in_a);
    ambit_world_destroy(in_b);
    ambit_plugin_unload(a);
    ambit_plugin_unload(b);
}

/* No start of a demonstration with seed s is that of a trial with seed s. */
static void test_trials_are_not_demonstrations(void **state) {
    (void)state;
    ambit_plugin *source = open_source("gcs", "50", "0"), *environment = open_environment();
    ambit_world *world;
    assert_int_equal(ambit_world_create(environment, &world), AMBIT_OK);
    for (int64_t i = 0; i < 50; i++) {
        int64_t steps;
        float start[2], goal[2], *positions = positions_of(source, i, &steps);
        assert_int_equal(ambit_world_reset(world, 0, (uint64_t)i), AMBIT_OK);
        read_task(world, start, goal);
        assert_memory_not_equal(start, positions, sizeof start);
        free(positions);
    }
    ambit_world_destroy(world);
    ambit_plugin_unload(source);
    ambit_plugin_unload(environment);
}

typedef struct {
    ambit_plugin *plugin;
    ambit_world *world;
    float start[2], goal[2];
} trial;

static trial begin(const char *step_limit, uint64_t index) {
    const ambit_plugin_setting setting = {"step_limit", step_limit, "test:1"};
    trial now = {.plugin = open_with(AMBIT_PLUGIN_ENVIRONMENT, "", &setting, 1)};
    assert_int_equal(ambit_world_create(now.plugin, &now.world), AMBIT_OK);
    assert_int_equal(ambit_world_reset(now.world, 1, index), AMBIT_OK);
    read_task(now.world, now.start, now.goal);
    return now;
}

static void end(trial *now) {
    ambit_world_destroy(now->world);
    ambit_plugin_unload(now->plugin);
}

static int go(trial *now, float x, float y) {
    int ended = -1;
    const float action[2] = {x, y};
    assert_int_equal(ambit_world_step(now->world, action, &ended), AMBIT_OK);
    return ended;
}

static int succeeded(trial *now, double metrics[METRICS]) {
    int success = -1;
    assert_int_equal(ambit_world_result(now->world, &success, metrics), AMBIT_OK);
    return success;
}

/* What draw() drew. */
typedef struct {
    maze_world maze; /* its walls */
    int64_t path_count;
    float path_end[2], goal[2];
} drawing;

static void on_line(void *context, enum ambit_paint paint, int64_t count, const float *points) {
    drawing *drawn = context;
    if (paint == AMBIT_PAINT_PATH) {
        drawn->path_count = count;
        memcpy(drawn->path_end, points + 2 * (count - 1), sizeof drawn->path_end);
        return;
    }
    assert_int_equal(paint, AMBIT_PAINT_WALL);
    assert_int_equal(count, 2);
    const int vertical = points[0] == points[2], along = vertical ? 1 : 0;
    unsigned char *walls = vertical ? drawn->maze.vertical : drawn->maze.horizontal;
    for (int place = (int)points[along]; place < (int)points[2 + along]; place++)
        walls[(int)points[1 - along] * drawn->maze.cells + place] = 1;
}

static void on_circle(void *context, enum ambit_paint paint, float x, float y, float radius) {
    drawing *drawn = context;
    assert_true(radius > 0);
    if (paint == AMBIT_PAINT_GOAL) {
        drawn->goal[0] = x;
        drawn->goal[1] = y;
    }
}

static drawing draw(trial *now) {
    drawing drawn = {.maze.cells = 5};
    const ambit_canvas canvas = {
        .struct_size = sizeof canvas, .context = &drawn, .line = on_line, .circle = on_circle};
    assert_int_equal(ambit_world_draw(now->world, &canvas), AMBIT_OK);
    return drawn;
}

/* Walks the smooth way of the planner, planned in the maze as drawn, for the trial's own task. */
static void test_walking_the_planned_way_succeeds(void **state) {
    (void)state;
    static maze_path path;
    static float way[2 * MAZE_MAX_POSITIONS];
    for (uint64_t index = 0; index < 20; index++) {
        trial now = begin("300", index);
        drawing drawn = draw(&now);
        const maze_task task = {{now.start[0], now.start[1]}, {drawn.goal[0], drawn.goal[1]}};
        double metrics[METRICS];
        int ended = 0, t = 0;
        assert_true(maze_spline(&drawn.maze, &task, &path));
        const int count = maze_walk(&path, MAZE_SPLINE_RAMP, way);
        while (!ended && ++t < count)
            ended = go(&now, way[2 * t], way[2 * t + 1]);
        assert_int_equal(ended, 1);
        assert_int_equal(succeeded(&now, metrics), 1);
        assert_true(maze_length(way, t + 1) == metrics[LENGTH]);
        assert_true(hypot(way[2 * t] - drawn.goal[0], way[2 * t + 1] - drawn.goal[1]) <= 0.15);
        assert_true(hypot(way[2 * t - 2] - drawn.goal[0], way[2 * t - 1] - drawn.goal[1]) > 0.15);
        drawn = draw(&now);
        assert_int_equal(drawn.path_count, t + 1);
        assert_memory_equal(drawn.path_end, way + 2 * t, sizeof drawn.path_end);
        end(&now);
    }
}

/* Demonstrations are of the very maze that the environment has: none touches its walls. */
static void test_source_and_environment_share_the_maze(void **state) {
    (void)state;
    static const struct {
        const char *sort;
        double margin;
    } sorts[] = {{"gcs", 0.14}, {"rrt", 0.05}}; /* less than the planners': chords cut corners */
    trial now = begin("300", 0);
    const drawing drawn = draw(&now);
    for (int s = 0; s < 2; s++) {
        ambit_plugin *source = open_source(sorts[s].sort, "100", "0");
        for (int64_t i = 0; i < 100; i++) {
            int64_t steps;
            float *p = positions_of(source, i, &steps);
            for (int64_t t = 0; t + 1 < steps; t++) {
                const maze_point a = {p[2 * t], p[2 * t + 1]}, b = {p[2 * t + 2], p[2 * t + 3]};
                assert_true(maze_clearance(&drawn.maze, a, b, 1) >= sorts[s].margin);
            }
            free(p);
        }
        ambit_plugin_unload(source);
    }
    end(&now);
}

/* A start with a wall to the left: 0.03 m from it all is well, 0.01 m from it is a collision. */
static void test_collision_ends_a_trial_as_failure(void **state) {
    (void)state;
    int tried = 0;
    for (uint64_t index = 0; index < 20; index++) {
        trial now = begin("300", index);
        const drawing drawn = draw(&now);
        const float left = floorf(now.start[0]), y = now.start[1];
        const int wall = (int)left * 5 + (int)y;
        if (drawn.maze.vertical[wall]) {
            double metrics[METRICS];
            assert_int_equal(go(&now, left + 0.03f, y), 0);
            assert_int_equal(succeeded(&now, metrics), 0);
            assert_int_equal(go(&now, left + 0.01f, y), 1);
            assert_int_equal(succeeded(&now, metrics), 0);
            assert_true(metrics[STEPS] == 2);
            tried++;
        }
        end(&now);
    }
    assert_in_range(tried, 5, 19);
}

/* Through a wall in one move, though both ends are free. */
static void test_jumping_a_wall_is_a_collision(void **state) {
    (void)state;
    trial now = begin("300", 3);
    double metrics[METRICS];
    assert_int_equal(go(&now, now.start[0] + 10, now.start[1]), 1);
    assert_int_equal(succeeded(&now, metrics), 0);
    int ended;
    const float action[2] = {1, 1};
    assert_int_not_equal(ambit_world_step(now.world, action, &ended), AMBIT_OK);
    assert_int_equal(ambit_world_reset(now.world, 1, 4), AMBIT_OK);
    assert_int_equal(succeeded(&now, metrics), 0);
    assert_true(metrics[STEPS] == 0); /* nothing is left of the trial before */
    end(&now);
}

static void test_time_runs_out(void **state) {
    (void)state;
    trial now = begin("5", 0);
    double metrics[METRICS];
    assert_int_equal(ambit_environment_describe(now.plugin)->step_limit, 5);
    for (int t = 1; t <= 5; t++)
        assert_int_equal(go(&now, now.start[0], now.start[1]), t == 5);
    assert_int_equal(succeeded(&now, metrics), 0);
    assert_true(metrics[STEPS] == 5 && metrics[LENGTH] == 0 && metrics[JERK] == 0);
    end(&now);
}

/* x: 0 1 3 6 6 cm, y: 0 0 0 0 2 cm: mean |second difference|² is 5 cm², third 10 cm². */
static void test_metrics_by_hand(void **state) {
    (void)state;
    static const float moves[4][2] = {{0.01f, 0}, {0.03f, 0}, {0.06f, 0}, {0.06f, 0.02f}};
    trial now = begin("300", 0);
    double metrics[METRICS];
    succeeded(&now, metrics); /* before any step: nothing to measure */
    for (int i = 0; i < METRICS; i++)
        assert_true(metrics[i] == 0);
    for (int t = 0; t < 4; t++)
        assert_int_equal(go(&now, now.start[0] + moves[t][0], now.start[1] + moves[t][1]), 0);
    succeeded(&now, metrics);
    assert_true(fabs(metrics[JERK] - 1000) < 1);
    assert_true(fabs(metrics[ACCELERATION] - 5) < 0.005);
    assert_true(fabs(metrics[LENGTH] - 0.08) < 1e-5);
    assert_true(metrics[STEPS] == 4);
    float observation[MAZE_OBSERVATION_SIZE], reference[2];
    assert_int_equal(ambit_world_observe(now.world, observation, reference), AMBIT_OK);
    assert_true(reference[0] == now.start[0] + 0.06f && reference[1] == now.start[1] + 0.02f);
    assert_true(fabs(observation[40]) < 1e-5 && fabs(observation[41] - 0.2) < 1e-5);
    end(&now);
}

static void test_action_that_is_no_number_is_refused(void **state) {
    (void)state;
    trial now = begin("300", 0);
    int ended;
    const float action[2] = {NAN, 1};
    assert_int_not_equal(ambit_world_step(now.world, action, &ended), AMBIT_OK);
    end(&now);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_options_are_named),
        cmocka_unit_test(test_episodes_depend_on_their_index_only),
        cmocka_unit_test(test_demonstrations_are_as_smooth_as_meant),
        cmocka_unit_test(test_a_demonstration_shows_what_its_positions_say),
        cmocka_unit_test(test_trials_are_the_same_everywhere),
        cmocka_unit_test(test_trials_are_not_demonstrations),
        cmocka_unit_test(test_walking_the_planned_way_succeeds),
        cmocka_unit_test(test_source_and_environment_share_the_maze),
        cmocka_unit_test(test_collision_ends_a_trial_as_failure),
        cmocka_unit_test(test_jumping_a_wall_is_a_collision),
        cmocka_unit_test(test_time_runs_out),
        cmocka_unit_test(test_metrics_by_hand),
        cmocka_unit_test(test_action_that_is_no_number_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
