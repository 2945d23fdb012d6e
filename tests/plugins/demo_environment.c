/* Environment "demo": a point that goes where it is told, and succeeds within `radius` of (0, 0).
 *
 *   location: none; the data is that of the source "demo": an observation is the position (x, y),
 * an action the next one */
#include "ambit_plugin.h"

#include <math.h>

typedef struct {
    const ambit_host *host;
    double radius;
} demo;

typedef struct {
    float x, y;
    double way;
} point; /* a world */

static const ambit_metric metrics[] = {
    {.name = "way", .unit = "m", .help = "length of the way", .lower_is_better = 1}};

static int describe(void *self, ambit_environment_description *about) {
    (void)self;
    *about = (ambit_environment_description){.struct_size = sizeof *about,
                                             .observation_size = 2,
                                             .action_size = 2,
                                             .step_limit = 100,
                                             .step_seconds = 0.1,
                                             .metrics = metrics,
                                             .metric_count = 1,
                                             .metric_size = sizeof metrics[0],
                                             .bounds = {-1, -1, 1, 1}};
    return 0;
}

static int create(void *self, void **world) {
    const demo *d = self;
    *world = d->host->allocate(d->host->context, 1, sizeof(point));
    return *world ? 0 : AMBIT_FAULT_MEMORY; /* allocate() has said why */
}

static void destroy(void *self, void *world) {
    const demo *d = self;
    d->host->release(d->host->context, world);
}

/* The same seed and trial begin at the same place everywhere: at distance 1, in any direction. */
static int reset(void *self, void *world, uint64_t seed, uint64_t trial) {
    const demo *d = self;
    uint32_t words[4];
    d->host->random(d->host->context, seed, 0, trial, 0, words);
    const double angle = 2 * M_PI * words[0] * 0x1p-32;
    *(point *)world = (point){.x = (float)cos(angle), .y = (float)sin(angle)};
    return 0;
}

/* The observation holds what the fields of data.observation hold in the data, in their order and
 * units; the reference what an action is relative to where data.relative is on: the position. */
static int observe(void *self, void *world, float *observation, float *reference) {
    const point *p = world;
    (void)self;
    observation[0] = reference[0] = p->x;
    observation[1] = reference[1] = p->y;
    return 0;
}

static int step(void *self, void *world, const float *action, int *ended) {
    const demo *d = self;
    point *p = world;
    p->way += hypot(action[0] - p->x, action[1] - p->y);
    p->x = action[0];
    p->y = action[1];
    *ended = hypot(p->x, p->y) < d->radius;
    return 0;
}

static int result(void *self, void *world, int *success, double *values) {
    const demo *d = self;
    const point *p = world;
    *success = hypot(p->x, p->y) < d->radius;
    values[0] = p->way;
    return 0;
}

static int draw(void *self, void *world, const ambit_canvas *canvas) {
    const demo *d = self;
    const point *p = world;
    canvas->circle(canvas->context, AMBIT_PAINT_GOAL, 0, 0, (float)d->radius);
    canvas->circle(canvas->context, AMBIT_PAINT_OBJECT, p->x, p->y, 0.02f);
    return 0;
}

static void close_demo(void *self) {
    demo *d = self;
    d->host->release(d->host->context, d);
}

static const ambit_environment_ops operations = {.struct_size = sizeof operations,
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
                                                 .close = close_demo};

static int open_demo(const ambit_host *host, const char *location,
                     const ambit_option_value *options, const void **ops, void **self) {
    (void)location;
    demo *d = host->allocate(host->context, 1, sizeof *d);
    if (!d)
        return AMBIT_FAULT_MEMORY;
    d->host = host;
    d->radius = options[0].number;
    *ops = &operations;
    *self = d;
    return 0;
}

static const ambit_option options[] = {{.name = "radius",
                                        .type = AMBIT_OPTION_NUMBER,
                                        .initial = "0.1",
                                        .minimum = 0.001,
                                        .maximum = 1,
                                        .unit = "m",
                                        .help = "a trial succeeds this near to (0, 0)"}};

static const ambit_plugin_info info = {.magic = AMBIT_PLUGIN_MAGIC,
                                       .abi_major = AMBIT_ABI_MAJOR,
                                       .abi_minor = AMBIT_ABI_MINOR,
                                       .struct_size = sizeof info,
                                       .kind = AMBIT_PLUGIN_ENVIRONMENT,
                                       .name = "demo",
                                       .version = "1.0",
                                       .licence = "MIT",
                                       .summary = "a point that has to come to (0, 0)",
                                       .options = options,
                                       .option_count = 1,
                                       .option_size = sizeof options[0],
                                       .open = open_demo,
                                       .location = ""};

const ambit_plugin_info *ambit_plugin_query(void) {
    return &info;
}
