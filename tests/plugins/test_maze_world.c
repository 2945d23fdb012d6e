/* The maze's parts: walls, ways, planners, walks, what the robot sees. */
#include "../../core/base/rng.h"
#include "../../plugins/maze/observation.h"
#include "../../plugins/maze/rrt.h"
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

static void random_words(void *context, uint64_t seed, uint32_t stream, uint64_t index,
                         uint32_t block, uint32_t words[4]) {
    (void)context;
    ambit_rng rng = ambit_rng_open(seed, AMBIT_STREAM_PLUGIN + stream, index);
    rng.counter[0] = block;
    ambit_philox(rng.counter, rng.key, words);
}

static const ambit_host host = {.struct_size = sizeof host, .random = random_words};

static maze_path path;
static maze_tree tree;
static float walk[2 * MAZE_MAX_POSITIONS];

/* Doors between cells, each counted once. */
static int count_doors(const maze_world *world) {
    int doors = 0;
    for (int cell = 0; cell < world->cells * world->cells; cell++)
        for (int side = 0; side < 2; side++)
            doors += maze_neighbour(world, cell, side, 1) >= 0;
    return doors;
}

/* A spanning tree has area − 1 doors; three more were opened. Together with every cell being
 * reachable that is what "tree plus three" means. */
static void test_every_cell_is_reachable(void **state) {
    (void)state;
    for (int cells = MAZE_MIN_CELLS; cells <= MAZE_MAX_CELLS; cells++)
        for (uint64_t seed = 0; seed < 100; seed++) {
            maze_world world;
            int route[MAZE_MAX_AREA];
            maze_world_create(&world, &host, cells, seed);
            assert_int_equal(count_doors(&world), cells * cells - 1 + MAZE_OPENED);
            for (int cell = 0; cell < cells * cells; cell++)
                assert_int_not_equal(maze_route(&world, 0, cell, route), 0);
        }
}

static void test_mazes_differ_by_seed_only(void **state) {
    (void)state;
    static maze_world a, b, c;
    maze_world_create(&a, &host, 5, 1);
    maze_world_create(&b, &host, 5, 1);
    maze_world_create(&c, &host, 5, 2);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &c, sizeof a);
}

/* Against distances by repeated relaxation, and each move of the route through a door. */
static void test_routes_are_shortest(void **state) {
    (void)state;
    enum { CELLS = 6, AREA = CELLS * CELLS };
    maze_world world;
    maze_world_create(&world, &host, CELLS, 7);
    for (int from = 0; from < AREA; from++) {
        int distance[AREA], route[MAZE_MAX_AREA];
        for (int cell = 0; cell < AREA; cell++)
            distance[cell] = cell == from ? 0 : AREA;
        for (int round = 0; round < AREA; round++)
            for (int cell = 0; cell < AREA; cell++)
                for (int side = 0; side < 4; side++) {
                    const int other = maze_neighbour(&world, cell, side, 1);
                    if (other >= 0 && distance[other] + 1 < distance[cell])
                        distance[cell] = distance[other] + 1;
                }
        for (int to = 0; to < AREA; to++) {
            const int count = maze_route(&world, from, to, route);
            assert_int_equal(count, distance[to] + 1);
            assert_int_equal(route[0], from);
            assert_int_equal(route[count - 1], to);
            for (int i = 0; i + 1 < count; i++) {
                int is_door = 0;
                for (int side = 0; side < 4; side++)
                    is_door |= maze_neighbour(&world, route[i], side, 1) == route[i + 1];
                assert_true(is_door);
            }
        }
    }
}

/* By walking along the segment and every wall in small steps. */
static double clearance_by_sampling(const maze_world *world, maze_point a, maze_point b) {
    double nearest = INFINITY;
    for (int line = 0; line <= world->cells; line++)
        for (int place = 0; place < world->cells; place++)
            for (int vertical = 0; vertical < 2; vertical++) {
                const unsigned char *walls = vertical ? world->vertical : world->horizontal;
                if (!walls[line * world->cells + place])
                    continue;
                for (int i = 0; i <= 200; i++) {
                    const double px = a.x + (b.x - a.x) * i / 200, py = a.y + (b.y - a.y) * i / 200;
                    const double across = (vertical ? px : py) - line;
                    const double along = (vertical ? py : px) - place;
                    const double past = along < 0 ? -along : fmax(along - 1, 0);
                    nearest = fmin(nearest, hypot(across, past));
                }
            }
    return nearest;
}

static void test_clearance_matches_sampling(void **state) {
    (void)state;
    maze_world world;
    maze_world_create(&world, &host, 5, 3);
    maze_random random = maze_random_open(&host, 1, MAZE_STREAM_TRIAL, 0);
    for (int i = 0; i < 300; i++) {
        const maze_point a = {6 * maze_random_uniform(&random) - 0.5,
                              6 * maze_random_uniform(&random) - 0.5};
        const maze_point b = {a.x + maze_random_uniform(&random) - 0.5,
                              a.y + maze_random_uniform(&random) - 0.5};
        const double expected = clearance_by_sampling(&world, a, b);
        const double actual = maze_clearance(&world, a, b, 2);
        assert_true(fabs(actual - expected) < 0.003); /* half a sampling step */
        assert_true(fabs(maze_clearance(&world, a, b, 0.1) - fmin(actual, 0.1)) < 1e-12);
    }
}

static void test_clearance_far_outside(void **state) {
    (void)state;
    maze_world world;
    maze_world_create(&world, &host, 5, 3);
    const maze_point inside = {0.5, 0.5}, far = {1e38, -1e38}, farther = {2e38, -1e38};
    assert_true(maze_clearance(&world, inside, far, 0.02) == 0);
    assert_true(maze_clearance(&world, far, farther, 0.02) == 0.02);
}

static void test_tasks_keep_their_distance(void **state) {
    (void)state;
    maze_world world;
    for (uint64_t seed = 0; seed < 5; seed++) {
        maze_world_create(&world, &host, 5, seed);
        for (uint64_t trial = 0; trial < 500; trial++) {
            int route[MAZE_MAX_AREA];
            maze_random random = maze_random_open(&host, seed, MAZE_STREAM_TRIAL, trial);
            const maze_task task = maze_task_draw(&world, &random);
            assert_true(maze_clearance(&world, task.start, task.start, 1) >= MAZE_TASK_MARGIN);
            assert_true(maze_clearance(&world, task.goal, task.goal, 1) >= MAZE_TASK_MARGIN);
            const int cells = maze_route(&world, maze_cell(&world, task.start),
                                         maze_cell(&world, task.goal), route);
            assert_true(cells - 1 >= MAZE_TASK_CELLS);
        }
    }
}

static double path_clearance(const maze_world *world) {
    double nearest = 1;
    for (int i = 0; i + 1 < path.count; i++)
        nearest = fmin(nearest, maze_clearance(world, path.points[i], path.points[i + 1], 1));
    return nearest;
}

static double longest_leg(void) {
    double longest = 0;
    for (int i = 0; i + 1 < path.count; i++)
        longest = fmax(longest, hypot(path.points[i + 1].x - path.points[i].x,
                                      path.points[i + 1].y - path.points[i].y));
    return longest;
}

static void check_ends(const maze_task *task) {
    assert_memory_equal(&path.points[0], &task->start, sizeof task->start);
    assert_memory_equal(&path.points[path.count - 1], &task->goal, sizeof task->goal);
}

static void test_planners_keep_their_margins(void **state) {
    (void)state;
    int splines = 0, trees = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        maze_world world;
        maze_world_create(&world, &host, seed % 2 ? 5 : 6, seed);
        maze_random random = maze_random_open(&host, 0, MAZE_STREAM_RRT, seed);
        const maze_task task = maze_task_draw(&world, &random);
        if (maze_spline(&world, &task, &path)) {
            splines++;
            check_ends(&task);
            assert_true(path_clearance(&world) >= MAZE_SPLINE_MARGIN);
            assert_true(longest_leg() <= 0.05); /* no jump, at the ends least of all */
        }
        if (maze_rrt(&world, &task, &random, &tree, &path)) {
            trees++;
            check_ends(&task);
            assert_true(path_clearance(&world) >= MAZE_RRT_MARGIN);
            assert_true(longest_leg() <= MAZE_LONGEST_LEG + 1e-6);
        }
    }
    assert_in_range(splines, 150, 200);
    assert_int_equal(trees, 200);
}

/* A start that is nearer to a wall than tasks allow. */
static void test_spline_too_near_a_wall_is_refused(void **state) {
    (void)state;
    maze_world world;
    maze_world_create(&world, &host, 5, 0);
    maze_random random = maze_random_open(&host, 0, MAZE_STREAM_TRIAL, 0);
    maze_task task = maze_task_draw(&world, &random);
    assert_true(maze_spline(&world, &task, &path));
    task.start = (maze_point){0.14, 0.5};
    assert_false(maze_spline(&world, &task, &path));
}

static double step_length(int t) {
    return hypot(walk[2 * t + 2] - walk[2 * t], walk[2 * t + 3] - walk[2 * t + 1]);
}

/* An L of 3 m + 1 m, in legs of 0.25 m: 40 steps of 0.1 m, none across the corner. */
static void test_walk_at_constant_speed(void **state) {
    (void)state;
    path.count = 0;
    for (int i = 0; i <= 16; i++)
        path.points[path.count++] =
            (maze_point){i <= 12 ? 0.25 * i : 3, i <= 12 ? 0 : 0.25 * (i - 12)};
    assert_int_equal(maze_walk(&path, 0, walk), 41);
    for (int t = 0; t < 40; t++)
        assert_true(fabs(step_length(t) - MAZE_NOMINAL_STEP) < 1e-6);
    assert_true(hypot(walk[2 * 30] - 3, walk[2 * 30 + 1]) < 1e-6);
    assert_true(walk[2 * 40] == 3 && walk[2 * 40 + 1] == 1);
}

/* 4 m straight with ramps of 8: 48 steps; step i of the ramp is 0.1 m · s((i + ½)/8). */
static void test_walk_with_ramps(void **state) {
    (void)state;
    path.count = 2;
    path.points[0] = (maze_point){0, 0};
    path.points[1] = (maze_point){4, 0};
    assert_int_equal(maze_walk(&path, 8, walk), 49);
    for (int t = 0; t < 48; t++) {
        const int from_end = t < 24 ? t : 47 - t;
        const double x = fmin((from_end + 0.5) / 8, 1);
        assert_true(fabs(step_length(t) - 0.1 * x * x * (3 - 2 * x)) < 1e-6);
    }
    path.points[1] = (maze_point){0.2, 0}; /* too short for full speed */
    assert_int_equal(maze_walk(&path, 8, walk), 17);
    assert_true(walk[2 * 16] == 0.2f);
}

/* x: 0 1 3 6 6, y: 0 0 0 0 2. Second differences (1,0) (1,0) (−3,2): 15/3; third (0,0) (−4,2):
 * 20/2. */
static void test_roughness_by_hand(void **state) {
    (void)state;
    static const float p[] = {0, 0, 1, 0, 3, 0, 6, 0, 6, 2};
    assert_true(fabs(maze_roughness(p, 5, 1) / 1e2 - 18.0 / 4) < 1e-9);
    assert_true(fabs(maze_roughness(p, 5, 2) / 1e4 - 5) < 1e-9);
    assert_true(fabs(maze_roughness(p, 5, 3) / 1e6 - 10) < 1e-9);
    assert_true(maze_roughness(p, 3, 3) == 0);
    assert_true(fabs(maze_length(p, 5) - 8) < 1e-9);
}

/* Position (3.125, 2.5) in 5 cells: u = (¼, 0). Goal (2.5, 5): u = (0, 1). */
static void test_observation_by_hand(void **state) {
    (void)state;
    const float position[2] = {3.125f, 2.5f}, before[2] = {3.0f, 2.75f}, goal[2] = {2.5f, 5.0f};
    const double h = sqrt(0.5);
    const double expected[MAZE_OBSERVATION_SIZE] = {
        0.25,        0,               /* u */
        h,           0,       h,  1,  /* sin, cos of π/4, 0 */
        1,           0,       0,  1,  /* of π/2 */
        0,           0,       -1, 1,  /* of π */
        0,           0,       1,  1,  /* of 2π */
        0,           1,               /* the goal's u */
        0,           0,       1,  -1, /* sin, cos of 0, π */
        0,           0,       1,  1,  /* of 2π */
        0,           0,       1,  1,  /* of 4π */
        0,           0,       1,  1,  /* of 8π */
        tanh(-1.25), tanh(5),         /* of 2·(goal − position) */
        -0.3125,     1.25,            /* half of it */
        1.25,        -2.5};           /* velocity by nominal speed */
    float actual[MAZE_OBSERVATION_SIZE];
    maze_observe(5, position, before, goal, actual);
    for (int i = 0; i < MAZE_OBSERVATION_SIZE; i++)
        if (!(fabs(actual[i] - expected[i]) < 1e-6))
            fail_msg("number %d is %g, not %g", i, (double)actual[i], expected[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell_is_reachable),
        cmocka_unit_test(test_mazes_differ_by_seed_only),
        cmocka_unit_test(test_routes_are_shortest),
        cmocka_unit_test(test_clearance_matches_sampling),
        cmocka_unit_test(test_clearance_far_outside),
        cmocka_unit_test(test_tasks_keep_their_distance),
        cmocka_unit_test(test_planners_keep_their_margins),
        cmocka_unit_test(test_spline_too_near_a_wall_is_refused),
        cmocka_unit_test(test_walk_at_constant_speed),
        cmocka_unit_test(test_walk_with_ramps),
        cmocka_unit_test(test_roughness_by_hand),
        cmocka_unit_test(test_observation_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
