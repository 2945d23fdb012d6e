/* The source "maze": demonstrations of motion planning, made on the spot.
 *
 * The location says which sort: "gcs" (smooth, spline.h) or "rrt" (jagged, rrt.h). Both move at the
 * same nominal speed, so that the speed in the observation does not tell them apart. Episode i is a
 * pure function of (cells, maze_seed, seed, location, i): any rank may ask for any episode.
 */
#include "observation.h"
#include "options.h"
#include "rrt.h"
#include "spline.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Draws of start and goal for one episode; each has a good chance, so more mean a fault. */
enum { MAX_DRAWS = 1000 };

typedef struct {
    const ambit_host *host;
    const struct sort *sort;
    int64_t episodes;
    uint64_t seed;
    maze_world world;
    maze_tree tree;
    maze_path path;
    char name[32];
    float positions[2 * MAZE_MAX_POSITIONS];
    float observations[MAZE_OBSERVATION_SIZE * MAZE_MAX_POSITIONS];
    ambit_column columns[2];
} source;

static int plan_gcs(source *self, const maze_task *task, maze_random *random) {
    (void)random; /* a spline has nothing to draw */
    return maze_spline(&self->world, task, &self->path);
}

static int plan_rrt(source *self, const maze_task *task, maze_random *random) {
    return maze_rrt(&self->world, task, random, &self->tree, &self->path);
}

/* The sorts of demonstrations. plan() writes self->path, or returns 0: then start and goal are
 * drawn again. */
static const struct sort {
    const char *name;
    enum maze_stream stream;
    int ramp; /* steps of speeding up and slowing down */
    int (*plan)(source *self, const maze_task *task, maze_random *random);
} sorts[] = {{"gcs", MAZE_STREAM_GCS, MAZE_SPLINE_RAMP, plan_gcs},
             {"rrt", MAZE_STREAM_RRT, 0, plan_rrt}};

enum { SORTS = sizeof sorts / sizeof *sorts };

enum { OPTION_CELLS, OPTION_MAZE_SEED, OPTION_COUNT, OPTION_SEED, OPTIONS };

static const ambit_option options[OPTIONS] = {
    [OPTION_CELLS] = MAZE_OPTION_CELLS,
    [OPTION_MAZE_SEED] = MAZE_OPTION_MAZE_SEED,
    [OPTION_COUNT] = {"count", AMBIT_OPTION_INTEGER, "100", 1, 1e9, NULL, "episodes",
                      "How many demonstrations"},
    [OPTION_SEED] = {"seed", AMBIT_OPTION_INTEGER, "0", 0, MAZE_LARGEST_SEED, NULL, NULL,
                     "Which demonstrations: starts, goals and random trees"},
};

static const ambit_field fields[] = {
    {.struct_size = sizeof(ambit_field),
     .name = "position",
     .element = AMBIT_F32,
     .rank = 1,
     .shape = {2},
     .unit = "m",
     .help = "Place of the robot: x, y; the last one is the goal"},
    {.struct_size = sizeof(ambit_field),
     .name = "observation",
     .element = AMBIT_F32,
     .rank = 1,
     .shape = {MAZE_OBSERVATION_SIZE},
     .help = "What the environment \"maze\" would show: position, goal, way to go, velocity"},
};

static int find_sort(const ambit_host *host, const char *location, const struct sort **sort) {
    for (int i = 0; i < SORTS; i++)
        if (strcmp(location, sorts[i].name) == 0) {
            *sort = &sorts[i];
            return 0;
        }
    return host->fail(host->context, AMBIT_FAULT_OPTION,
                      "location \"%s\" is not a sort of demonstrations; give \"gcs\" "
                      "(smooth) or \"rrt\" (jagged)",
                      location);
}

static int describe(void *self_, ambit_source_description *description) {
    const source *self = self_;
    *description = (ambit_source_description){
        .struct_size = sizeof *description,
        .fields = fields,
        .field_count = sizeof fields / sizeof *fields,
        .field_size = sizeof *fields,
        .episode_count = self->episodes,
        .step_seconds = MAZE_STEP_SECONDS,
    };
    return 0;
}

static void observe_all(source *self, int steps) {
    const float *goal = self->positions + 2 * (steps - 1);
    for (int t = 0; t < steps; t++) {
        const float *position = self->positions + 2 * t;
        maze_observe(self->world.cells, position, t > 0 ? position - 2 : position, goal,
                     self->observations + (size_t)MAZE_OBSERVATION_SIZE * t);
    }
}

/* Draws starts and goals until the planner finds a path. */
static int plan(source *self, int64_t index) {
    maze_random random =
        maze_random_open(self->host, self->seed, self->sort->stream, (uint64_t)index);
    for (int i = 0; i < MAX_DRAWS; i++) {
        const maze_task task = maze_task_draw(&self->world, &random);
        if (self->sort->plan(self, &task, &random))
            return 0;
    }
    return self->host->fail(self->host->context, AMBIT_FAULT_UNSUPPORTED,
                            "%s: no path for any of %d starts and goals in a maze of "
                            "%d × %d cells; take another maze_seed or fewer cells",
                            self->name, (int)MAX_DRAWS, self->world.cells, self->world.cells);
}

static int read_episode(void *self_, int64_t index, ambit_episode *episode) {
    source *self = self_;
    snprintf(self->name, sizeof self->name, "%s/%06" PRId64, self->sort->name, index);
    const int fault = plan(self, index);
    if (fault)
        return fault;
    const int steps = maze_walk(&self->path, self->sort->ramp, self->positions);
    observe_all(self, steps);
    self->columns[0] = (ambit_column){.values = self->positions};
    self->columns[1] = (ambit_column){.values = self->observations};
    *episode = (ambit_episode){
        .struct_size = sizeof *episode,
        .name = self->name,
        .steps = steps,
        .columns = self->columns,
        .sigma_min = NAN, /* what jagged paths are good for is for the configuration to say */
        .sigma_max = NAN,
    };
    return 0;
}

static void close_source(void *self_) {
    source *self = self_;
    self->host->release(self->host->context, self);
}

static const ambit_source_ops operations = {
    .struct_size = sizeof operations,
    .abi_major = AMBIT_ABI_MAJOR,
    .abi_minor = AMBIT_ABI_MINOR,
    .describe = describe,
    .episode = read_episode,
    .close = close_source,
};

static int open_source(const ambit_host *host, const char *location,
                       const ambit_option_value *values, const void **ops, void **self_out) {
    const struct sort *sort = NULL;
    const int fault = find_sort(host, location, &sort);
    if (fault)
        return fault;
    source *self = host->allocate(host->context, 1, sizeof *self);
    if (!self)
        return AMBIT_FAULT_MEMORY;
    self->host = host;
    self->sort = sort;
    self->episodes = values[OPTION_COUNT].integer;
    self->seed = (uint64_t)values[OPTION_SEED].integer;
    maze_world_create(&self->world, host, (int)values[OPTION_CELLS].integer,
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
    .kind = AMBIT_PLUGIN_SOURCE,
    .name = "maze",
    .version = "1.0",
    .licence = "Apache-2.0",
    .summary = "Demonstrations of motion planning in a maze: smooth (gcs) or jagged (rrt)",
    .options = options,
    .option_count = OPTIONS,
    .option_size = sizeof *options,
    .open = open_source,
    .location = "gcs (smooth trajectories) or rrt (jagged ones)",
};

const ambit_plugin_info *ambit_plugin_query(void) {
    return &info;
}
