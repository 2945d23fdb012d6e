/* Source "unruly": episodes of one field, and an option `how` that says what it does that no plugin
 * may (misbehave.h), in the function that `in` names, of episode `at`. It may also fail there, or
 * give values that depend on the rank or on what was asked before. */
#include "ambit_plugin.h"
#include "misbehave.h"

#include <stdio.h>

enum { COUNT, HOW, IN, AT, PAUSE, OPTIONS };
enum { STEPS = 4 };

typedef struct {
    const ambit_host *host;
    ambit_option_value options[OPTIONS];
    float values[STEPS];
    ambit_column column;
    int64_t calls;
    char name[32];
} unruly;

static const ambit_field fields[] = {{.name = "action", .element = AMBIT_F32}};

static void act_up(const unruly *u, const char *where) {
    if (strcmp(u->options[IN].text, where) == 0)
        misbehave(u->options[HOW].text);
}

static int describe(void *self, ambit_source_description *about) {
    const unruly *u = self;
    act_up(u, "describe");
    about->fields = fields;
    about->field_count = 1;
    about->field_size = sizeof fields[0];
    about->episode_count = u->options[COUNT].integer;
    return 0;
}

/* Takes its time, but shows that it lives. */
static void work_long(const unruly *u) {
    for (int i = 0; i < 40; i++) {
        usleep(100000);
        u->host->log(u->host->context, AMBIT_LOG_DEBUG, "part %d", i);
    }
}

static float first_value(const unruly *u, int64_t index) {
    const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *how = u->options[HOW].text;
    if (strcmp(how, "rank") == 0)
        return rank ? (float)atof(rank) : 0;
    return strcmp(how, "count_calls") == 0 ? (float)u->calls : (float)index;
}

static int episode(void *self, int64_t index, ambit_episode *out) {
    unruly *u = self;
    u->calls++;
    usleep((useconds_t)(1000 * u->options[PAUSE].integer));
    if (index == u->options[AT].integer && strcmp(u->options[HOW].text, "fail") == 0)
        return u->host->fail(u->host->context, AMBIT_FAULT_DATA, "is not as it should be; mend it");
    if (index == u->options[AT].integer || u->options[AT].integer < 0)
        act_up(u, "episode");
    if (index == u->options[AT].integer && strcmp(u->options[HOW].text, "long") == 0)
        work_long(u);
    for (int i = 0; i < STEPS; i++)
        u->values[i] = first_value(u, index) + (float)i;
    u->column.values = u->values;
    snprintf(u->name, sizeof u->name, "number %lld", (long long)index);
    out->name = u->name;
    out->steps = STEPS;
    out->columns = &u->column;
    return 0;
}

static void close_unruly(void *self) {
    unruly *u = self;
    act_up(u, "close");
    u->host->release(u->host->context, u);
}

static const ambit_source_ops operations = {sizeof operations, AMBIT_ABI_MAJOR, AMBIT_ABI_MINOR,
                                            describe,          episode,         close_unruly};

static int open_unruly(const ambit_host *host, const char *location,
                       const ambit_option_value *options, const void **ops, void **self) {
    unruly *u = host->allocate(host->context, 1, sizeof *u);
    (void)location;
    if (!u)
        return AMBIT_FAULT_MEMORY;
    u->host = host;
    memcpy(u->options, options, sizeof u->options);
    act_up(u, "open");
    *ops = &operations;
    *self = u;
    return 0;
}

static const ambit_option option_table[OPTIONS] = {
    {"count", AMBIT_OPTION_INTEGER, "4", 1, 1e9, NULL, NULL, "episodes"},
    {"how", AMBIT_OPTION_TEXT, "", 0, 0, NULL, NULL, "what to do that is not allowed"},
    {"in", AMBIT_OPTION_TEXT, "episode", 0, 0, "open|describe|episode|close", NULL, "where"},
    {"at", AMBIT_OPTION_INTEGER, "2", 0, 0, NULL, NULL, "in which episode; -1: all"},
    {"pause", AMBIT_OPTION_INTEGER, "0", 0, 1e5, NULL, "ms", "how long an episode takes"}};

static const ambit_plugin_info info = {.magic = AMBIT_PLUGIN_MAGIC,
                                       .abi_major = AMBIT_ABI_MAJOR,
                                       .abi_minor = AMBIT_ABI_MINOR,
                                       .struct_size = sizeof info,
                                       .kind = AMBIT_PLUGIN_SOURCE,
                                       .name = "unruly",
                                       .version = "1.0",
                                       .licence = "MIT",
                                       .summary = "does what no plugin may",
                                       .options = option_table,
                                       .option_count = OPTIONS,
                                       .option_size = sizeof option_table[0],
                                       .open = open_unruly};

/* Misbehaves as the environment says, where no option could. */
__attribute__((constructor)) static void start_up(void) {
    const char *how = getenv("UNRULY_START");
    misbehave(how ? how : "");
}

const ambit_plugin_info *ambit_plugin_query(void) {
    return &info;
}
