/* Environments: every call is checked for what comes back. */

#include "internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { METRICS_MOST = 16, FLOATS_MOST = 1 << 24 };

/* ---------------------------------------------------------------- description */

static ambit_status check_numbers(const ambit_plugin *plugin,
                                  const ambit_environment_description *about) {
    const struct {
        const char *what;
        int64_t value, least, most;
    } counts[] = {{"observation_size", about->observation_size, 1, FLOATS_MOST},
                  {"action_size", about->action_size, 1, FLOATS_MOST},
                  {"step_limit", about->step_limit, 1, INT32_MAX},
                  {"metric_count", about->metric_count, 0, METRICS_MOST}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i].value < counts[i].least || counts[i].value > counts[i].most)
            return ambit_fail(AMBIT_DATA,
                              "%s: its %s is %" PRId64 ", not %" PRId64 " to %" PRId64
                              "; ask the plugin's author",
                              plugin->label, counts[i].what, counts[i].value, counts[i].least,
                              counts[i].most);
    if (!isfinite(about->step_seconds) || about->step_seconds < 0)
        return ambit_fail(AMBIT_DATA, "%s: says a step takes %g seconds; ask the plugin's author",
                          plugin->label, about->step_seconds);
    for (int i = 0; i < 4; i++)
        if (!isfinite(about->bounds[i]) || about->bounds[i] < about->bounds[i & 1])
            return ambit_fail(AMBIT_DATA,
                              "%s: its bounds of drawings are %g, %g, %g, %g, not low before high; "
                              "ask the plugin's author",
                              plugin->label, about->bounds[0], about->bounds[1], about->bounds[2],
                              about->bounds[3]);
    return AMBIT_OK;
}

/* Replaces the plugin's table of metrics by a checked copy. */
static ambit_status take_metrics(ambit_plugin *plugin, ambit_environment_description *about) {
    if (about->metric_count == 0)
        return AMBIT_OK;
    if (!about->metrics)
        return ambit_fail(AMBIT_DATA, "%s: gives no table of its metrics; ask the plugin's author",
                          plugin->label);
    AMBIT_TRY(ambit_plugin_check_size(plugin->label, "row of metrics", about->metric_size,
                                      AMBIT_SIZE_THROUGH(ambit_metric, lower_is_better),
                                      sizeof(ambit_metric)));
    AMBIT_TRY(ambit_plugin_copy_table(&plugin->rows, sizeof(ambit_metric), about->metrics,
                                      about->metric_size, about->metric_count, plugin->label));
    about->metrics = plugin->rows;
    about->metric_size = sizeof(ambit_metric);
    for (uint32_t i = 0; i < about->metric_count; i++) {
        const ambit_metric *metric = &about->metrics[i];
        if (!ambit_plugin_is_name(metric->name) || !ambit_plugin_is_line(metric->help) ||
            (metric->unit && !ambit_plugin_is_line(metric->unit)))
            return ambit_fail(AMBIT_DATA,
                              "%s: metric %" PRIu32
                              " has a name not made of [a-z0-9_] in at most 31 "
                              "characters, or a unit or help of more than a line; ask the "
                              "plugin's author",
                              plugin->label, i);
    }
    return AMBIT_OK;
}

static ambit_status take_description(ambit_plugin *plugin) {
    ambit_environment_description about = {.struct_size = sizeof about};
    AMBIT_TRY(AMBIT_PLUGIN_CALL(plugin, environment, describe, plugin->self, &about));
    AMBIT_TRY(ambit_plugin_check_size(plugin->label, "description", about.struct_size,
                                      AMBIT_SIZE_THROUGH(ambit_environment_description, bounds),
                                      sizeof about));
    AMBIT_TRY(check_numbers(plugin, &about));
    AMBIT_TRY(take_metrics(plugin, &about));
    plugin->description.environment = about;
    return AMBIT_OK;
}

static const char *missing_operation(const ambit_environment_ops *ops) {
    return !ops->describe  ? "describe"
           : !ops->create  ? "create"
           : !ops->destroy ? "destroy"
           : !ops->reset   ? "reset"
           : !ops->observe ? "observe"
           : !ops->step    ? "step"
           : !ops->result  ? "result"
           : !ops->close   ? "close"
                           : NULL;
}

ambit_status ambit_environment_begin(ambit_plugin *plugin, const void *ops) {
    AMBIT_TRY(ambit_plugin_check_ops(plugin, ops, AMBIT_SIZE_THROUGH(ambit_environment_ops, close),
                                     sizeof(ambit_environment_ops)));
    const ambit_environment_ops *given = ops;
    ambit_plugin_copy(&plugin->ops.environment, sizeof plugin->ops.environment, given,
                      given->struct_size);
    plugin->self_is_open = 1;
    AMBIT_TRY(ambit_plugin_check_missing(plugin, missing_operation(&plugin->ops.environment)));
    return take_description(plugin);
}

const ambit_environment_description *ambit_environment_describe(const ambit_plugin *plugin) {
    return plugin->info.kind == AMBIT_PLUGIN_ENVIRONMENT ? &plugin->description.environment : NULL;
}

/* ---------------------------------------------------------------- worlds */

struct ambit_world {
    ambit_plugin *plugin;
    void *state; /* the plugin's */
    int begun;   /* reset() was called: it is in a trial */
    uint64_t trial;
};

/* Calls function `name` on a world, with the trial it is in known to messages. */
#define WORLD_CALL(world, name, ...)                                                               \
    (speak_of((world)), AMBIT_PLUGIN_CALL((world)->plugin, environment, name,                      \
                                          (world)->plugin->self, (world)->state, __VA_ARGS__))

static void speak_of(const ambit_world *world) {
    world->plugin->subject = world->begun ? "trial" : NULL;
    world->plugin->number = world->trial;
}

/* Room for the plugin to write to. What it does not write is then not a number. */
static void forget(float *values, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        values[i] = NAN;
}

static ambit_status check_floats(ambit_plugin *plugin, const char *what, const float *values,
                                 int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return ambit_fail(AMBIT_DATA,
                              "%s: %s[%" PRId64 "] is %g%s; ask the plugin's author, unless the "
                              "action was out of all bounds",
                              ambit_plugin_place(plugin), what, i, (double)values[i],
                              isnan(values[i]) ? ", as what is not written" : "");
    return AMBIT_OK;
}

static ambit_status check_flag(ambit_plugin *plugin, const char *what, int value) {
    if (value == 0 || value == 1)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA, "%s: %s is %d, neither 0 nor 1; ask the plugin's author",
                      ambit_plugin_place(plugin), what, value);
}

static ambit_status make_world(ambit_plugin *plugin, ambit_world *world) {
    plugin->subject = NULL;
    AMBIT_TRY(AMBIT_PLUGIN_CALL(plugin, environment, create, plugin->self, &world->state));
    if (!world->state)
        return ambit_fail(AMBIT_DATA, "%s: create() gave no world; ask the plugin's author",
                          plugin->label);
    return AMBIT_OK;
}

ambit_status ambit_world_create(ambit_plugin *plugin, ambit_world **world) {
    *world = NULL;
    if (!plugin->self_is_open || plugin->info.kind != AMBIT_PLUGIN_ENVIRONMENT)
        return ambit_fail(AMBIT_INTERNAL, "%s: is not an open environment", plugin->label);
    ambit_world *made;
    AMBIT_TRY(ambit_allocate(&made, 1, sizeof *made, plugin->label));
    made->plugin = plugin;
    ambit_status status = make_world(plugin, made);
    if (status == AMBIT_OK)
        *world = made;
    else
        free(made);
    return status;
}

void ambit_world_destroy(ambit_world *world) {
    if (!world)
        return;
    ambit_plugin *plugin = world->plugin;
    speak_of(world);
    ambit_guard_enter(plugin, "destroy()");
    plugin->ops.environment.destroy(plugin->self, world->state);
    ambit_guard_leave();
    free(world);
}

ambit_status ambit_world_reset(ambit_world *world, uint64_t seed, uint64_t trial) {
    world->begun = 1;
    world->trial = trial;
    return WORLD_CALL(world, reset, seed, trial);
}

ambit_status ambit_world_observe(ambit_world *world, float *observation, float *reference) {
    const ambit_environment_description *about = &world->plugin->description.environment;
    forget(observation, about->observation_size);
    forget(reference, about->action_size);
    AMBIT_TRY(WORLD_CALL(world, observe, observation, reference));
    AMBIT_TRY(check_floats(world->plugin, "observation", observation, about->observation_size));
    for (int64_t i = 0; i < about->action_size; i++)
        if (!isnan(reference[i]))
            return check_floats(world->plugin, "reference", reference, about->action_size);
    return AMBIT_OK; /* there is none */
}

ambit_status ambit_world_step(ambit_world *world, const float *action, int *ended) {
    *ended = 0;
    AMBIT_TRY(WORLD_CALL(world, step, action, ended));
    return check_flag(world->plugin, "the end of a step", *ended);
}

ambit_status ambit_world_result(ambit_world *world, int *success, double *metrics) {
    ambit_plugin *plugin = world->plugin;
    const ambit_environment_description *about = &plugin->description.environment;
    *success = 0;
    for (uint32_t i = 0; i < about->metric_count; i++)
        metrics[i] = NAN;
    AMBIT_TRY(WORLD_CALL(world, result, success, metrics));
    AMBIT_TRY(check_flag(plugin, "success", *success));
    for (uint32_t i = 0; i < about->metric_count; i++)
        if (!isfinite(metrics[i]))
            return ambit_fail(AMBIT_DATA, "%s: metric '%s' is %g%s; ask the plugin's author",
                              ambit_plugin_place(plugin), about->metrics[i].name, metrics[i],
                              isnan(metrics[i]) ? ", as what is not written" : "");
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- drawing */

/* Stands between the plugin and the canvas, and lets through what can be drawn. */
typedef struct {
    ambit_plugin *plugin;
    const ambit_canvas *canvas;
    ambit_status status;
} filter;

static int is_paint(enum ambit_paint paint) {
    return paint >= AMBIT_PAINT_WALL && paint <= AMBIT_PAINT_OBJECT;
}

static void filter_line(void *context, enum ambit_paint paint, int64_t count, const float *points) {
    filter *at = context;
    if (at->status != AMBIT_OK)
        return;
    if (!is_paint(paint) || count < 0 || count > FLOATS_MOST || (count > 0 && !points))
        at->status = ambit_fail(AMBIT_DATA,
                                "%s: draws a line of %" PRId64 " points in paint %d; ask the "
                                "plugin's author",
                                ambit_plugin_place(at->plugin), count, (int)paint);
    else
        at->status = check_floats(at->plugin, "line", points, 2 * count);
    if (at->status == AMBIT_OK)
        at->canvas->line(at->canvas->context, paint, count, points);
}

static void filter_circle(void *context, enum ambit_paint paint, float x, float y, float radius) {
    filter *at = context;
    const float numbers[3] = {x, y, radius};
    if (at->status != AMBIT_OK)
        return;
    if (!is_paint(paint) || radius < 0)
        at->status = ambit_fail(AMBIT_DATA,
                                "%s: draws a circle of radius %g in paint %d; ask the plugin's "
                                "author",
                                ambit_plugin_place(at->plugin), (double)radius, (int)paint);
    else
        at->status = check_floats(at->plugin, "circle", numbers, 3);
    if (at->status == AMBIT_OK)
        at->canvas->circle(at->canvas->context, paint, x, y, radius);
}

ambit_status ambit_world_draw(ambit_world *world, const ambit_canvas *canvas) {
    filter at = {world->plugin, canvas, AMBIT_OK};
    const ambit_canvas filtered = {.struct_size = sizeof filtered,
                                   .context = &at,
                                   .line = filter_line,
                                   .circle = filter_circle};
    if (!world->plugin->ops.environment.draw)
        return AMBIT_OK;
    AMBIT_TRY(WORLD_CALL(world, draw, &filtered));
    return at.status;
}
