/* Environment "liar": a point on a line that must get to 1. Option `fault` says what it lies about;
 * with "none" it is honest. */
#include "ambit_plugin.h"

#include <math.h>
#include <string.h>

static const ambit_metric honest[] = {{"way", "m", "length of the way", 1},
                                      {"steps", NULL, "steps taken", 1}};

static const ambit_option option_table[] = {
    {"fault", AMBIT_OPTION_TEXT, "none", 0, 0, NULL, NULL, "what to lie about"}};

typedef struct {
    const ambit_host *host;
    const char *fault;
    ambit_metric metrics[2];
} liar;

typedef struct {
    float place, way;
    int steps;
} point;

static int lies(const liar *l, const char *fault) {
    return strcmp(l->fault, fault) == 0;
}

static int describe(void *self, ambit_environment_description *about) {
    liar *l = self;
    memcpy(l->metrics, honest, sizeof honest);
    if (lies(l, "metric_name"))
        l->metrics[1].name = "Steps!";
    *about = (ambit_environment_description){
        .struct_size = sizeof *about,
        .observation_size = lies(l, "observation_size") ? 0 : 1,
        .action_size = lies(l, "action_size") ? INT64_MAX : 1,
        .step_limit = lies(l, "step_limit") ? -5 : 50,
        .step_seconds = lies(l, "seconds") ? INFINITY : 0.1,
        .metrics = lies(l, "no_metrics") ? NULL : l->metrics,
        .metric_count = lies(l, "many_metrics") ? 17 : 2,
        .metric_size = lies(l, "metric_size") ? 4 : sizeof l->metrics[0],
        .bounds = {0, -1, lies(l, "bounds") ? -2 : 1, 1}};
    return 0;
}

static int create(void *self, void **world) {
    liar *l = self;
    *world = lies(l, "no_world") ? NULL : l->host->allocate(l->host->context, 1, sizeof(point));
    return 0;
}

static void destroy(void *self, void *world) {
    liar *l = self;
    l->host->release(l->host->context, world);
}

static int reset(void *self, void *world, uint64_t seed, uint64_t trial) {
    liar *l = self;
    if (lies(l, "reset"))
        return l->host->fail(l->host->context, AMBIT_FAULT_INTERNAL, "reset: no; never");
    uint32_t words[4];
    l->host->random(l->host->context, seed, 0, trial, 0, words);
    *(point *)world = (point){.place = (float)words[0] * 0x1p-33f};
    return 0;
}

static int observe(void *self, void *world, float *observation, float *reference) {
    liar *l = self;
    point *p = world;
    if (!lies(l, "no_observation"))
        *observation = lies(l, "observation") ? NAN : p->place;
    if (!lies(l, "no_reference"))
        *reference = lies(l, "reference") ? INFINITY : p->place;
    return 0;
}

static int step(void *self, void *world, const float *action, int *ended) {
    liar *l = self;
    point *p = world;
    if (lies(l, "undecided"))
        l->host->fail(l->host->context, AMBIT_FAULT_UNSUPPORTED, "too fast; slow down");
    p->way += fabsf(*action - p->place);
    p->place = *action;
    p->steps++;
    *ended = lies(l, "ended") ? 2 : p->place >= 1;
    return 0;
}

static int result(void *self, void *world, int *success, double *metrics) {
    liar *l = self;
    point *p = world;
    *success = lies(l, "success") ? -1 : p->place >= 1;
    metrics[0] = lies(l, "metric") ? NAN : (double)p->way;
    if (!lies(l, "half_a_result"))
        metrics[1] = p->steps;
    return 0;
}

static int draw(void *self, void *world, const ambit_canvas *canvas) {
    liar *l = self;
    point *p = world;
    const float line[4] = {0, 0, lies(l, "draw_nan") ? NAN : p->place, 0};
    canvas->line(canvas->context, lies(l, "draw_paint") ? (enum ambit_paint)9 : AMBIT_PAINT_PATH,
                 lies(l, "draw_count") ? -1 : 2, line);
    canvas->circle(canvas->context, AMBIT_PAINT_GOAL, 1, 0, lies(l, "draw_radius") ? -1.0f : 0.1f);
    return 0;
}

static void close_liar(void *self) {
    liar *l = self;
    l->host->release(l->host->context, l);
}

static int open_liar(const ambit_host *host, const char *location,
                     const ambit_option_value *options, const void **ops, void **self) {
    static ambit_environment_ops given;
    liar *l = host->allocate(host->context, 1, sizeof *l);
    (void)location;
    if (!l)
        return AMBIT_FAULT_MEMORY;
    l->host = host;
    l->fault = options[0].text;
    given = (ambit_environment_ops){.struct_size = sizeof given,
                                    .abi_major = AMBIT_ABI_MAJOR,
                                    .abi_minor = AMBIT_ABI_MINOR,
                                    .describe = describe,
                                    .create = create,
                                    .destroy = destroy,
                                    .reset = reset,
                                    .observe = observe,
                                    .step = lies(l, "no_step") ? NULL : step,
                                    .result = result,
                                    .draw = lies(l, "no_draw") ? NULL : draw,
                                    .close = close_liar};
    *ops = &given;
    *self = l;
    return 0;
}

static const ambit_plugin_info info = {.magic = AMBIT_PLUGIN_MAGIC,
                                       .abi_major = AMBIT_ABI_MAJOR,
                                       .abi_minor = AMBIT_ABI_MINOR,
                                       .struct_size = sizeof info,
                                       .kind = AMBIT_PLUGIN_ENVIRONMENT,
                                       .name = "liar",
                                       .version = "0.9",
                                       .licence = "MIT",
                                       .summary = "says what is not so",
                                       .options = option_table,
                                       .option_count = 1,
                                       .option_size = sizeof option_table[0],
                                       .open = open_liar};

const ambit_plugin_info *ambit_plugin_query(void) {
    return &info;
}
