/* Source "liar": four fields, and an option `fault` that says what it lies about. With "none" it is
 * honest. Its other options are there to be parsed; what they were comes back in its answers. */
#include "ambit_plugin.h"

#include <math.h>
#include <string.h>

enum { COUNT, GAIN, FLAG, NAME, FIRST, FAULT, OPTIONS };
enum { STEPS = 4, FIELDS = 4 };

static const ambit_option option_table[OPTIONS] = {
    {"count", AMBIT_OPTION_INTEGER, "3", 1, 9, NULL, "episodes", "how many episodes"},
    {"gain", AMBIT_OPTION_NUMBER, "0.5", 0, INFINITY, NULL, "s", "time between steps"},
    {"flag", AMBIT_OPTION_BOOLEAN, "no", 0, 0, NULL, NULL, "what column 'done' holds"},
    {"name", AMBIT_OPTION_TEXT, "made up", 0, 0, "made up|real", NULL, "name of every episode"},
    {"first", AMBIT_OPTION_INTEGER, "0", 0, 0, NULL, NULL, "not used; any whole number"},
    {"fault", AMBIT_OPTION_TEXT, "none", 0, 0, NULL, NULL, "what to lie about"}};

static const ambit_field honest[FIELDS] = {
    {sizeof honest[0], "observation/state", AMBIT_F32, 1, {2}, 0, 0, NULL, "m", "x, y"},
    {0, "done", AMBIT_U8, 0, {0}, 0, 0, NULL, NULL, NULL},
    {0, "words", AMBIT_I64, 1, {5}, 0, 0, NULL, NULL, "host->random and host->crc32c"},
    {0, "image", AMBIT_BYTES, 0, {0}, 0, 0, "image/png", NULL, NULL}};

typedef struct {
    const ambit_host *host;
    ambit_option_value options[OPTIONS];
    ambit_field fields[FIELDS];
    float state[STEPS * 2 + 1];
    uint8_t done[STEPS];
    int64_t words[STEPS * 5];
    uint64_t offsets[STEPS + 1];
    ambit_column columns[FIELDS];
} liar;

static int lies(const liar *l, const char *fault) {
    return strcmp(l->options[FAULT].text, fault) == 0;
}

static int describe(void *self, ambit_source_description *about) {
    liar *l = self;
    memcpy(l->fields, honest, sizeof honest);
    if (lies(l, "describe"))
        return l->host->fail(l->host->context, AMBIT_FAULT_DATA, "%s: has no index; make one", "x");
    about->fields = lies(l, "no_fields") ? NULL : l->fields;
    about->field_count = lies(l, "many_fields") ? 65 : FIELDS;
    about->field_size = lies(l, "field_size") ? 16 : sizeof l->fields[0];
    about->episode_count = lies(l, "episodes") ? -1 : l->options[COUNT].integer;
    about->step_seconds = lies(l, "seconds") ? NAN : l->options[GAIN].number;
    if (lies(l, "description_size"))
        about->struct_size = 8;
    if (lies(l, "field_struct"))
        l->fields[0].struct_size = 8;
    if (lies(l, "field_name"))
        l->fields[1].name = "is it done?";
    if (lies(l, "field_twice"))
        l->fields[1].name = l->fields[0].name;
    if (lies(l, "element"))
        l->fields[1].element = 5;
    if (lies(l, "rank"))
        l->fields[0].rank = 5;
    if (lies(l, "shape"))
        l->fields[0].shape[0] = 0;
    if (lies(l, "shape_product")) {
        l->fields[0].rank = 4;
        for (int d = 0; d < 4; d++)
            l->fields[0].shape[d] = (int64_t)1 << 62;
    }
    if (lies(l, "shape_long"))
        l->fields[0].shape[1] = 5;
    if (lies(l, "shape_scalar"))
        l->fields[1].shape[0] = 1;
    if (lies(l, "bytes_rank"))
        l->fields[3].rank = 1, l->fields[3].shape[0] = 2;
    if (lies(l, "media"))
        l->fields[3].media = "image\n";
    return 0;
}

static void fill(liar *l, int64_t index) {
    for (int i = 0; i < STEPS * 2; i++)
        l->state[i] = (float)i;
    memset(l->done, l->options[FLAG].boolean, sizeof l->done);
    for (uint32_t t = 0; t < STEPS; t++) {
        uint32_t words[4];
        l->host->random(l->host->context, 42, 3, (uint64_t)index, t, words);
        for (int i = 0; i < 4; i++)
            l->words[5 * t + i] = words[i];
        l->words[5 * t + 4] = l->host->crc32c(l->host->context, 0, "123456789", 9);
    }
    for (uint64_t t = 0; t <= STEPS; t++)
        l->offsets[t] = 2 * t;
    l->columns[0] = (ambit_column){l->state, NULL};
    l->columns[1] = (ambit_column){l->done, NULL};
    l->columns[2] = (ambit_column){l->words, NULL};
    l->columns[3] = (ambit_column){"abcdefgh", l->offsets};
}

static int episode(void *self, int64_t index, ambit_episode *out) {
    liar *l = self;
    fill(l, index);
    out->name = lies(l, "no_name")      ? NULL
                : lies(l, "name_lines") ? "a\x1b[2J"
                                        : l->options[NAME].text;
    out->steps = lies(l, "negative") ? -1 : lies(l, "huge") ? INT64_MAX : STEPS;
    out->columns = lies(l, "no_columns") ? NULL : l->columns;
    if (lies(l, "episode"))
        return l->host->fail(l->host->context, AMBIT_FAULT_NO_INPUT,
                             "file.bin: is gone; restore it");
    if (lies(l, "undecided"))
        l->host->fail(l->host->context, AMBIT_FAULT_DATA, "half of it is gone; restore it");
    if (lies(l, "silent"))
        return AMBIT_FAULT_DATA;
    if (lies(l, "bare_code"))
        return -1;
    if (lies(l, "empty"))
        *out = (ambit_episode){.struct_size = sizeof *out, .name = "empty"};
    if (lies(l, "episode_size"))
        out->struct_size = 8;
    if (lies(l, "sigma_min"))
        out->sigma_min = 1.5;
    if (lies(l, "sigma_max"))
        out->sigma_max = -0.25;
    if (lies(l, "nan"))
        l->state[5] = NAN;
    if (lies(l, "infinite"))
        l->state[2] = -INFINITY;
    if (lies(l, "no_values"))
        l->columns[1].values = NULL;
    if (lies(l, "unaligned"))
        l->columns[0].values = (const char *)l->state + 1;
    if (lies(l, "no_offsets"))
        l->columns[3].offsets = NULL;
    if (lies(l, "offsets"))
        l->offsets[2] = 1;
    if (lies(l, "offsets_far"))
        l->offsets[STEPS] = UINT64_MAX;
    if (lies(l, "no_bytes"))
        l->columns[3].values = NULL;
    return 0;
}

static void close_liar(void *self) {
    liar *l = self;
    l->host->log(l->host->context, AMBIT_LOG_INFO, "closed after %s", l->options[FAULT].text);
    l->host->release(l->host->context, l);
}

static const ambit_source_ops operations = {sizeof operations, AMBIT_ABI_MAJOR, AMBIT_ABI_MINOR,
                                            describe,          episode,         close_liar};

/* Sets the operations, which must outlive the call. */
static void give_operations(const liar *l, const void **ops) {
    static ambit_source_ops given;
    given = operations;
    if (lies(l, "ops_major"))
        given.abi_major = 9;
    if (lies(l, "ops_minor"))
        given.abi_minor = 9;
    if (lies(l, "ops_size"))
        given.struct_size = 8;
    if (lies(l, "no_describe"))
        given.describe = NULL;
    if (lies(l, "no_episode"))
        given.episode = NULL;
    *ops = lies(l, "no_ops") ? NULL : &given;
}

static int open_liar(const ambit_host *host, const char *location,
                     const ambit_option_value *options, const void **ops, void **self) {
    static liar only; /* where operations are refused nobody calls close() */
    if (strcmp(options[FAULT].text, "memory") == 0)
        return host->allocate(host->context, SIZE_MAX, 2) ? 0 : AMBIT_FAULT_MEMORY;
    if (strcmp(options[FAULT].text, "open") == 0)
        return host->fail(host->context, AMBIT_FAULT_OPTION, "%s: is no place; name one", location);
    if (strcmp(options[FAULT].text, "open_unsupported") == 0)
        return host->fail(host->context, AMBIT_FAULT_UNSUPPORTED, "compressed; unpack it");
    only.host = host;
    memcpy(only.options, options, sizeof only.options);
    give_operations(&only, ops);
    liar *mine = NULL;
    if (strncmp(options[FAULT].text, "ops_", 4) != 0 && strcmp(options[FAULT].text, "no_ops") != 0)
        mine = host->allocate(host->context, 1, sizeof *mine);
    if (mine)
        *mine = only;
    *self = mine;
    return 0;
}

static const ambit_plugin_info info = {.magic = AMBIT_PLUGIN_MAGIC,
                                       .abi_major = AMBIT_ABI_MAJOR,
                                       .abi_minor = AMBIT_ABI_MINOR,
                                       .struct_size = sizeof info,
                                       .kind = AMBIT_PLUGIN_SOURCE,
                                       .name = "liar",
                                       .version = "0.9",
                                       .licence = "MIT",
                                       .summary = "says what is not so",
                                       .options = option_table,
                                       .option_count = OPTIONS,
                                       .option_size = sizeof option_table[0],
                                       .open = open_liar};

const ambit_plugin_info *ambit_plugin_query(void) {
    return &info;
}
