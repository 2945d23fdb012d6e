/* A tf.train.Example, read by the whole plugin openx as the one episode of a data set. The byte
 * before it chooses options. */
#include "fuzz.h"
#include "fuzz_host.h"
#include "plugins/ambit_plugin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPTIONS = 32 };

#define TENSOR(name, shape, dtype, encoding)                                                       \
    "\"" name "\":{\"tensor\":{\"shape\":{" shape "},\"dtype\":\"" dtype                           \
    "\",\"encoding\":\"" encoding "\"}}"
#define DIMENSIONS(list) "\"dimensions\":[" list "]"

static const char features[] =
    "{\"featuresDict\":{\"features\":{\"steps\":{\"sequence\":{\"feature\":{\"featuresDict\":"
    "{\"features\":{"                                               /**/
    TENSOR("action", DIMENSIONS("\"7\""), "float32", "none") ","    /**/
    TENSOR("depth", DIMENSIONS("\"3\""), "float64", "zlib") ","     /**/
    TENSOR("bits", DIMENSIONS("\"2\",\"2\""), "uint8", "bytes") "," /**/
    TENSOR("count", "", "int32", "none") ","                        /**/
    TENSOR("is_first", "", "bool", "none") ","                      /**/
                                           "\"language_instruction\":{\"text\":{}},"
                                           "\"observation\":{\"featuresDict\":{\"features\":{" /**/
    TENSOR("state", DIMENSIONS("\"7\""), "float32",
           "none") ","
                   "\"image\":{\"image\":{\"dtype\":\"uint8\"}}}}}}}}}}}}}}";

static const char info[] = "{\"fileFormat\":\"tfrecord\",\"name\":\"small\",\"version\":\"1.0.0\","
                           "\"splits\":[{\"name\":\"train\",\"shardLengths\":[\"1\"]}]}";

/* One record, with the CRCs of fuzz_host.h. */
static void write_shard(const uint8_t *data, size_t size) {
    static const uint8_t masked[] = {0xd8, 0xea, 0x82, 0xa2};
    const uint64_t length = size;
    uint8_t *file = malloc(size + 16);
    FUZZ_REQUIRE(file);
    memcpy(file, &length, 8);
    memcpy(file + 8, masked, 4);
    memcpy(file + 12, data, size);
    memcpy(file + 12 + size, masked, 4);
    fuzz_write("small-train.tfrecord-00000-of-00001", file, size + 16);
    free(file);
}

/* That what the plugin speaks of is there, for AddressSanitizer to see. */
static void touch(const void *data, size_t size) {
    static volatile uint8_t sum;
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
}

static void check_column(const ambit_field *field, const ambit_column *column, int64_t steps) {
    static const size_t sizes[] = {[AMBIT_F32] = 4, [AMBIT_I64] = 8, [AMBIT_U8] = 1};
    size_t count = (size_t)steps;
    if (field->element != AMBIT_BYTES) {
        for (uint32_t d = 0; d < field->rank; d++)
            count *= (size_t)field->shape[d];
        touch(column->values, count * sizes[field->element]);
        return;
    }
    FUZZ_REQUIRE(column->offsets[0] == 0);
    for (int64_t t = 0; t < steps; t++)
        FUZZ_REQUIRE(column->offsets[t] <= column->offsets[t + 1]);
    touch(column->values, column->offsets[steps]);
}

static void read_episode(const ambit_source_ops *ops, void *self) {
    ambit_source_description described = {.struct_size = sizeof described};
    ambit_episode episode = {
        .struct_size = sizeof episode, .sigma_min = (double)NAN, .sigma_max = (double)NAN};
    fuzz_host_outcome(ops->describe(self, &described));
    FUZZ_REQUIRE(described.episode_count == 1);
    const int code = ops->episode(self, 0, &episode);
    fuzz_host_outcome(code);
    if (code)
        return;
    FUZZ_REQUIRE(episode.steps >= 0 && episode.name);
    for (uint32_t f = 0; episode.steps && f < described.field_count; f++)
        check_column(&described.fields[f], &episode.columns[f], episode.steps);
}

/* An option's default, but for those that `choice` chooses. */
static ambit_option_value value_of(const ambit_option *option, uint8_t choice) {
    const struct {
        const char *name;
        ambit_option_value value;
    } chosen[] = {{"standardise", {.text = choice & 1 ? "bridge" : "none"}},
                  {"images", {.boolean = !(choice & 2)}},
                  {"language", {.boolean = !(choice & 4)}},
                  {"decode", {.integer = choice & 8 ? 16 : 0}},
                  {"join", {.boolean = !!(choice & 16)}},
                  {"text", {.text = choice & 32 ? "count" : "auto"}}};
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
        if (strcmp(option->name, chosen[i].name) == 0)
            return chosen[i].value;
    switch (option->type) {
    case AMBIT_OPTION_TEXT:
        return (ambit_option_value){.text = option->initial};
    case AMBIT_OPTION_NUMBER:
        return (ambit_option_value){.number = strtod(option->initial, NULL)};
    case AMBIT_OPTION_INTEGER:
        return (ambit_option_value){.integer = strtoll(option->initial, NULL, 10)};
    default:
        return (ambit_option_value){.boolean = strcmp(option->initial, "true") == 0};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const ambit_plugin_info *about = ambit_plugin_query();
    ambit_option_value options[MOST_OPTIONS];
    const void *ops;
    void *self;
    if (size == 0)
        return 0;
    FUZZ_REQUIRE(about->option_count <= MOST_OPTIONS);
    for (uint32_t i = 0; i < about->option_count; i++)
        options[i] = value_of(&about->options[i], data[0]);
    fuzz_write("features.json", features, sizeof features - 1);
    fuzz_write("dataset_info.json", info, sizeof info - 1);
    write_shard(data + 1, size - 1);
    const int code = about->open(fuzz_host(), fuzz_folder(), options, &ops, &self);
    fuzz_host_outcome(code);
    if (code == 0) {
        read_episode(ops, self);
        ((const ambit_source_ops *)ops)->close(self);
    }
    fuzz_host_settle(0);
    return 0;
}
