/* The environment "maze": a point robot is to reach a goal without touching a wall.
 *
 * An action is the robot's next place (absolute; the reference for relative actions is where it is
 * now). The robot goes there straight, however far: no limit of speed is put on it. A move that
 * comes nearer to a wall than COLLISION ends the trial as a failure; else a place within
 * goal_radius of the goal ends it as a success; else it fails at the step limit. The move that
 * touched counts as executed: it is in the path drawn and in the metrics.
 */
#include "observation.h"
#include "options.h"
#include "path.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define COLLISION 0.02    /* metres */
#define START_RADIUS 0.06 /* as drawn, metres */

enum { OPTION_CELLS, OPTION_MAZE_SEED, OPTION_STEP_LIMIT, OPTION_GOAL_RADIUS, OPTIONS };

static const ambit_option options[OPTIONS] = {
    [OPTION_CELLS] = MAZE_OPTION_CELLS,
    [OPTION_MAZE_SEED] = MAZE_OPTION_MAZE_SEED,
    [OPTION_STEP_LIMIT] = {"step_limit", AMBIT_OPTION_INTEGER, "300", 1, 1e6, NULL, "steps",
                           "A trial fails after so many steps of 0.1 s"},
    [OPTION_GOAL_RADIUS] = {"goal_radius", AMBIT_OPTION_NUMBER, "0.15", 0.001, 1, NULL, "m",
                            "A trial succeeds this near to the goal"},
};

enum { METRIC_JERK, METRIC_ACCELERATION, METRIC_LENGTH, METRIC_STEPS, METRICS };

static const ambit_metric metrics[METRICS] = {
    [METRIC_JERK] = {"jerk2", "m²/s⁶",
                     "Mean squared jerk, |third difference|²/dt⁶; 0 for fewer than 3 steps", 1},
    [METRIC_ACCELERATION] = {"acceleration2", "m²/s⁴",
                             "Mean squared acceleration, |second difference|²/dt⁴; 0 for fewer "
                             "than 2 steps",
                             1},
    [METRIC_LENGTH] = {"path_length", "m", "Way the robot went", 1},
    [METRIC_STEPS] = {"steps", NULL, "Steps of 0.1 s until the trial ended", 1},
};

typedef struct {
    const ambit_host *host;
    int64_t step_limit;
    double goal_radius;
    maze_world maze;
} environment;

enum outcome { RUNNING, REACHED, COLLIDED, TIMED_OUT };

typedef struct {
    enum outcome outcome;
    float goal[2];
    int64_t count;    /* positions so far; 0: never reset */
    float *positions; /* step_limit + 1 of them, the start first */
} trial;

static int describe(void *self_, ambit_environment_description *description) {
    const environment *self = self_;
    *description = (ambit_environment_description){
        .struct_size = sizeof *description,
        .observation_size = MAZE_OBSERVATION_SIZE,
        .action_size = 2,
        .step_limit = self->step_limit,
        .step_seconds = MAZE_STEP_SECONDS,
        .metrics = metrics,
        .metric_count = METRICS,
        .metric_size = sizeof *metrics,
        .bounds = {0, 0, self->maze.cells, self->maze.cells},
    };
    return 0;
}

static int create(void *self_, void **world) {
    const environment *self = self_;
    const ambit_host *host = self->host;
    trial *made = host->allocate(host->context, 1, sizeof *made);
    if (!made)
        return AMBIT_FAULT_MEMORY;
    made->positions =
        host->allocate(host->context, (size_t)self->step_limit + 1, 2 * sizeof(float));
    if (!made->positions) {
        host->release(host->context, made);
        return AMBIT_FAULT_MEMORY;
    }
    *world = made;
    return 0;
}

static void destroy(void *self_, void *world) {
    const ambit_host *host = ((environment *)self_)->host;
    trial *old = world;
    host->release(host->context, old->positions);
    host->release(host->context, old);
}

static int reset(void *self_, void *world, uint64_t seed, uint64_t index) {
    const environment *self = self_;
    trial *now = world;
    maze_random random = maze_random_open(self->host, seed, MAZE_STREAM_TRIAL, index);
    const maze_task task = maze_task_draw(&self->maze, &random);
    now->outcome = RUNNING;
    now->count = 1;
    now->positions[0] = (float)task.start.x;
    now->positions[1] = (float)task.start.y;
    now->goal[0] = (float)task.goal.x;
    now->goal[1] = (float)task.goal.y;
    return 0;
}

static int require_reset(const environment *self, const trial *now) {
    if (now->count > 0)
        return 0;
    return self->host->fail(self->host->context, AMBIT_FAULT_INTERNAL,
                            "the world holds no trial yet; call reset first");
}

static const float *position_of(const trial *now) {
    return now->positions + 2 * (now->count - 1);
}

static int observe(void *self_, void *world, float *observation, float *reference) {
    const environment *self = self_;
    const trial *now = world;
    const int fault = require_reset(self, now);
    if (fault)
        return fault;
    const float *position = position_of(now);
    maze_observe(self->maze.cells, position, now->count > 1 ? position - 2 : position, now->goal,
                 observation);
    memcpy(reference, position, 2 * sizeof *reference);
    return 0;
}

/* What the move to the newest position comes to. */
static enum outcome judge(const environment *self, const trial *now) {
    const float *b = position_of(now), *a = b - 2;
    const maze_point from = {a[0], a[1]}, to = {b[0], b[1]};
    if (maze_clearance(&self->maze, from, to, COLLISION) < COLLISION)
        return COLLIDED;
    if (hypot(to.x - now->goal[0], to.y - now->goal[1]) <= self->goal_radius)
        return REACHED;
    return now->count > self->step_limit ? TIMED_OUT : RUNNING;
}

static int step(void *self_, void *world, const float *action, int *ended) {
    const environment *self = self_;
    const ambit_host *host = self->host;
    trial *now = world;
    const int fault = require_reset(self, now);
    if (fault)
        return fault;
    if (now->outcome != RUNNING)
        return host->fail(host->context, AMBIT_FAULT_INTERNAL,
                          "step %" PRId64 ": the trial has ended already; reset "
                          "the world",
                          now->count);
    if (!isfinite(action[0]) || !isfinite(action[1]))
        return host->fail(host->context, AMBIT_FAULT_DATA,
                          "step %" PRId64 ": the action (%g, %g) is not a place; "
                          "look at the policy's training",
                          now->count, (double)action[0], (double)action[1]);
    memcpy(now->positions + 2 * now->count++, action, 2 * sizeof *action);
    now->outcome = judge(self, now);
    *ended = now->outcome != RUNNING;
    return 0;
}

static int result(void *self_, void *world, int *success, double *values) {
    const trial *now = world;
    const int fault = require_reset(self_, now);
    if (fault)
        return fault;
    *success = now->outcome == REACHED;
    values[METRIC_JERK] = maze_roughness(now->positions, now->count, 3);
    values[METRIC_ACCELERATION] = maze_roughness(now->positions, now->count, 2);
    values[METRIC_LENGTH] = maze_length(now->positions, now->count);
    values[METRIC_STEPS] = (double)(now->count - 1);
    return 0;
}

/* Walls on one line that follow each other are drawn as one. */
static void draw_walls(const maze_world *maze, int vertical, const ambit_canvas *canvas) {
    const unsigned char *walls = vertical ? maze->vertical : maze->horizontal;
    for (int line = 0; line <= maze->cells; line++)
        for (int place = 0; place < maze->cells; place++) {
            const int first = place;
            while (place < maze->cells && walls[line * maze->cells + place])
                place++;
            if (place == first)
                continue;
            const float at = (float)line, low = (float)first, high = (float)place;
            const float upright[4] = {at, low, at, high}, level[4] = {low, at, high, at};
            canvas->line(canvas->context, AMBIT_PAINT_WALL, 2, vertical ? upright : level);
        }
}

static int draw(void *self_, void *world, const ambit_canvas *canvas) {
    const environment *self = self_;
    const trial *now = world;
    const int fault = require_reset(self, now);
    if (fault)
        return fault;
    draw_walls(&self->maze, 1, canvas);
    draw_walls(&self->maze, 0, canvas);
    canvas->circle(canvas->context, AMBIT_PAINT_START, now->positions[0], now->positions[1],
                   (float)START_RADIUS);
    canvas->circle(canvas->context, AMBIT_PAINT_GOAL, now->goal[0], now->goal[1],
                   (float)self->goal_radius);
    canvas->line(canvas->context, AMBIT_PAINT_PATH, now->count, now->positions);
    return 0;
}

static void close_environment(void *self_) {
    environment *self = self_;
    self->host->release(self->host->context, self);
}

static const ambit_environment_ops operations = {
    .struct_size = sizeof operations,
    .abi_major = AMBIT_ABI_MAJOR,
    .abi_minor = AMBIT_ABI_MINOR,
    .describe = describe,
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .observe = observe,
    .step = step,
    .result = result,
    .draw = draw,
    .close = close_environment,
};

static int open_environment(const ambit_host *host, const char *location,
                            const ambit_option_value *values, const void **ops, void **self_out) {
    if (location[0] != '\0')
        return host->fail(host->context, AMBIT_FAULT_OPTION,
                          "location \"%s\" means nothing here; leave it out "
                          "(the maze is named by cells and maze_seed)",
                          location);
    environment *self = host->allocate(host->context, 1, sizeof *self);
    if (!self)
        return AMBIT_FAULT_MEMORY;
    self->host = host;
    self->step_limit = values[OPTION_STEP_LIMIT].integer;
    self->goal_radius = values[OPTION_GOAL_RADIUS].number;
    maze_world_create(&self->maze, host, (int)values[OPTION_CELLS].integer,
                      (uint64_t)values[OPTION_MAZE_SEED].integer);
    *ops = &operations;
    *self_out = self;
    return 0;
}

static const ambit_plugin_info info = {
    .magic = AMBIT_PLUGIN_MAGIC,
    .abi_major = AMBIT_ABI_MAJOR,
    .abi_minor = AMBIT_ABI_MINOR,
    .struct_size = sizeof info,
    .kind = AMBIT_PLUGIN_ENVIRONMENT,
    .name = "maze",
    .version = "1.0",
    .licence = "Apache-2.0",
    .summary = "A point robot in a maze: reach the goal smoothly, touch no wall",
    .options = options,
    .option_count = OPTIONS,
    .option_size = sizeof *options,
    .open = open_environment,
    .location = "",
};

const ambit_plugin_info *ambit_plugin_query(void) {
    return &info;
}
