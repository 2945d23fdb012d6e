/* Source "known": pairs of distributions whose σ_min is known, one step a sample.
 *
 *   location: which distribution
 *     normal    N(0, I) of `size` numbers
 *     shifted   the same, moved by `by` along the first
 *     scaled    N(0, by·I)
 *     right     each number 0 or 1;  left: −1 or 0
 *     plane     N(0, 1) in two of the numbers, 0 in the others; of that √(1 − by²), and Gaussian
 *               noise of `by` in all: noised data
 *     walk      smooth walks;  fast: the same at `by` times the speed;  padded: the same, that
 *               stand still over the last `by` parts of an episode
 *   options: `count` of episodes, `steps` of each, `size`, `by`, `seed` */
#include "ambit_plugin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_STEPS = 256, MOST_SIZE = 64 };
enum { OPTION_COUNT, OPTION_STEPS, OPTION_SIZE, OPTION_BY, OPTION_SEED, OPTIONS };
typedef enum { NORMAL, SHIFTED, SCALED, RIGHT, LEFT, PLANE, WALK, FAST, PADDED, KINDS } kind;

static const char *const names[KINDS] = {"normal", "shifted", "scaled", "right", "left",
                                         "plane",  "walk",    "fast",   "padded"};

typedef struct {
    const ambit_host *host;
    kind kind;
    int64_t count, steps, size;
    double by;
    uint64_t seed;
    ambit_field field;
    float values[MOST_STEPS * MOST_SIZE];
    ambit_column column;
    char name[32];
} known;

static int describe(void *self, ambit_source_description *about) {
    known *k = self;
    k->field =
        (ambit_field){.name = "x", .element = AMBIT_F32, .rank = 1, .shape = {(uint64_t)k->size}};
    *about = (ambit_source_description){.struct_size = sizeof *about,
                                        .fields = &k->field,
                                        .field_count = 1,
                                        .field_size = sizeof k->field,
                                        .episode_count = k->count,
                                        .step_seconds = 0.1};
    return 0;
}

/* A stream of numbers: SplitMix64, then Box and Muller. */
static double uniform(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return ((double)((z ^ (z >> 31)) >> 11) + .5) * 0x1p-53;
}
static double normal(uint64_t *state) {
    const double radius = sqrt(-2 * log(uniform(state)));
    return radius * cos(6.283185307179586 * uniform(state));
}

static void fill_step(known *k, uint64_t *state, float *x) {
    for (int64_t i = 0; i < k->size; i++) {
        double value = k->kind == RIGHT || k->kind == LEFT ? (double)(uniform(state) < .5)
                       : k->kind == PLANE && i >= 2        ? 0
                                                           : normal(state);
        value += k->kind == SHIFTED && i == 0 ? k->by : k->kind == LEFT ? -1 : 0;
        value *= k->kind == SCALED ? sqrt(k->by) : 1;
        if (k->kind == PLANE)
            value = sqrt(1 - k->by * k->by) * value + k->by * normal(state);
        x[i] = (float)value;
    }
}

/* Positions of a walk whose velocity changes slowly. */
static void fill_walk(known *k, uint64_t *state) {
    double place[MOST_SIZE] = {0}, speed[MOST_SIZE];
    const double factor = k->kind == FAST ? k->by : 1;
    const int64_t still = k->kind == PADDED ? llround((1 - k->by) * (double)k->steps) : k->steps;
    for (int64_t i = 0; i < k->size; i++)
        speed[i] = normal(state);
    for (int64_t t = 0; t < k->steps; t++)
        for (int64_t i = 0; i < k->size; i++) {
            k->values[t * k->size + i] = (float)place[i];
            speed[i] = .95 * speed[i] + .3 * normal(state);
            place[i] += t + 1 < still ? .1 * factor * speed[i] : 0;
        }
}

static int episode(void *self, int64_t index, ambit_episode *out) {
    known *k = self;
    uint64_t state = (k->seed + 1) * UINT64_C(0xd1342543de82ef95) + (uint64_t)index * 7919;
    if (k->kind >= WALK)
        fill_walk(k, &state);
    for (int64_t t = 0; t < k->steps && k->kind < WALK; t++)
        fill_step(k, &state, k->values + t * k->size);
    snprintf(k->name, sizeof k->name, "%s %lld", names[k->kind], (long long)index);
    k->column.values = k->values;
    out->name = k->name;
    out->steps = k->steps;
    out->columns = &k->column;
    return 0;
}

static void close_known(void *self) {
    known *k = self;
    k->host->release(k->host->context, k);
}

static const ambit_source_ops operations = {.struct_size = sizeof operations,
                                            .abi_major = AMBIT_ABI_MAJOR,
                                            .abi_minor = AMBIT_ABI_MINOR,
                                            .describe = describe,
                                            .episode = episode,
                                            .close = close_known};

static int open_known(const ambit_host *host, const char *location,
                      const ambit_option_value *options, const void **ops, void **self) {
    int which = 0;
    while (which < KINDS && strcmp(location, names[which]) != 0)
        which++;
    if (which == KINDS)
        return host->fail(host->context, AMBIT_FAULT_NO_INPUT, "%s: there is no such distribution",
                          location);
    known *k = host->allocate(host->context, 1, sizeof *k);
    if (!k)
        return AMBIT_FAULT_MEMORY;
    k->host = host;
    k->kind = (kind)which;
    k->count = options[OPTION_COUNT].integer;
    k->steps = options[OPTION_STEPS].integer;
    k->size = options[OPTION_SIZE].integer;
    k->by = options[OPTION_BY].number;
    k->seed = (uint64_t)options[OPTION_SEED].integer;
    *ops = &operations;
    *self = k;
    return 0;
}

static const ambit_option options[OPTIONS] = {
    [OPTION_COUNT] = {"count", AMBIT_OPTION_INTEGER, "400", 1, 1e6, NULL, NULL, "episodes"},
    [OPTION_STEPS] = {"steps", AMBIT_OPTION_INTEGER, "20", 1, MOST_STEPS, NULL, NULL, "steps"},
    [OPTION_SIZE] = {"size", AMBIT_OPTION_INTEGER, "4", 1, MOST_SIZE, NULL, NULL, "numbers a step"},
    [OPTION_BY] = {"by", AMBIT_OPTION_NUMBER, "1", 0, 100, NULL, NULL, "how much"},
    [OPTION_SEED] = {"seed", AMBIT_OPTION_INTEGER, "0", 0, 1e9, NULL, NULL, "of the numbers"}};

static const ambit_plugin_info info = {.magic = AMBIT_PLUGIN_MAGIC,
                                       .abi_major = AMBIT_ABI_MAJOR,
                                       .abi_minor = AMBIT_ABI_MINOR,
                                       .struct_size = sizeof info,
                                       .kind = AMBIT_PLUGIN_SOURCE,
                                       .name = "known",
                                       .version = "1.0",
                                       .licence = "Apache-2.0",
                                       .summary = "pairs of distributions with known answers",
                                       .options = options,
                                       .option_count = OPTIONS,
                                       .option_size = sizeof options[0],
                                       .open = open_known};

const ambit_plugin_info *ambit_plugin_query(void) {
    return &info;
}
