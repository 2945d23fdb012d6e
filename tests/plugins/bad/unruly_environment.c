/* Environment "unruly": looks and moves like the maze's in size alone, and does in trial `at`, in
 * the function that `in` names, what option `how` says (misbehave.h); or gives no reference, or
 * observations that depend on the rank. */
#include "ambit_plugin.h"
#include "misbehave.h"

enum { HOW, IN, AT, CELLS, MAZE_SEED, OPTIONS };
enum { SEEN = 42, ACTIONS = 2, STEPS = 3 };

typedef struct {
    const ambit_host *host;
    ambit_option_value options[OPTIONS];
    uint64_t trial;
    float place[ACTIONS];
} unruly; /* also its only kind of world */

static int is(const unruly *u, const char *how) {
    return strcmp(u->options[HOW].text, how) == 0;
}

static void act_up(const unruly *u, const char *where) {
    if ((int64_t)u->trial == u->options[AT].integer && strcmp(u->options[IN].text, where) == 0)
        misbehave(u->options[HOW].text);
}

static int describe(void *self, ambit_environment_description *about) {
    (void)self;
    about->observation_size = SEEN;
    about->action_size = ACTIONS;
    about->step_limit = STEPS;
    about->bounds[2] = about->bounds[3] = 1;
    return 0;
}

static int create(void *self, void **world) {
    const unruly *u = self;
    unruly *made = u->host->allocate(u->host->context, 1, sizeof *made);
    if (!made)
        return AMBIT_FAULT_MEMORY;
    *made = *u;
    *world = made;
    return 0;
}

static void destroy(void *self, void *world) {
    const unruly *u = self;
    u->host->release(u->host->context, world);
}

static int reset(void *self, void *world, uint64_t seed, uint64_t trial) {
    unruly *w = world;
    (void)self, (void)seed;
    w->trial = trial;
    memset(w->place, 0, sizeof w->place);
    act_up(w, "reset");
    return 0;
}

static int observe(void *self, void *world, float *observation, float *reference) {
    const unruly *w = world;
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    (void)self;
    act_up(w, "observe");
    memset(observation, 0, SEEN * sizeof *observation);
    memcpy(observation, w->place, sizeof w->place);
    if (is(w, "rank") && rank)
        observation[2] = (float)atof(rank);
    if (!is(w, "no_reference"))
        memcpy(reference, w->place, sizeof w->place);
    return 0;
}

static int step(void *self, void *world, const float *action, int *ended) {
    unruly *w = world;
    (void)self, (void)ended;
    act_up(w, "step");
    memcpy(w->place, action, sizeof w->place);
    return 0;
}

static int result(void *self, void *world, int *success, double *metrics) {
    (void)self, (void)metrics;
    act_up(world, "result");
    *success = 1;
    return 0;
}

static void close_unruly(void *self) {
    unruly *u = self;
    u->host->release(u->host->context, u);
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
                                                 .close = close_unruly};

static int open_unruly(const ambit_host *host, const char *location,
                       const ambit_option_value *options, const void **ops, void **self) {
    unruly *u = host->allocate(host->context, 1, sizeof *u);
    (void)location;
    if (!u)
        return AMBIT_FAULT_MEMORY;
    u->host = host;
    memcpy(u->options, options, sizeof u->options);
    *ops = &operations;
    *self = u;
    return 0;
}

static const ambit_option option_table[OPTIONS] = {
    {"how", AMBIT_OPTION_TEXT, "", 0, 0, NULL, NULL, "what to do that is not allowed"},
    {"in", AMBIT_OPTION_TEXT, "step", 0, 0, "reset|observe|step|result", NULL, "where"},
    {"at", AMBIT_OPTION_INTEGER, "2", 0, 0, NULL, NULL, "in which trial"},
    {"cells", AMBIT_OPTION_INTEGER, "4", 0, 0, NULL, NULL, "not used; the maze has it"},
    {"maze_seed", AMBIT_OPTION_INTEGER, "0", 0, 0, NULL, NULL, "not used; the maze has it"}};

static const ambit_plugin_info info = {.magic = AMBIT_PLUGIN_MAGIC,
                                       .abi_major = AMBIT_ABI_MAJOR,
                                       .abi_minor = AMBIT_ABI_MINOR,
                                       .struct_size = sizeof info,
                                       .kind = AMBIT_PLUGIN_ENVIRONMENT,
                                       .name = "unruly",
                                       .version = "1.0",
                                       .licence = "MIT",
                                       .summary = "does what no plugin may",
                                       .options = option_table,
                                       .option_count = OPTIONS,
                                       .option_size = sizeof option_table[0],
                                       .open = open_unruly};

const ambit_plugin_info *ambit_plugin_query(void) {
    return &info;
}
