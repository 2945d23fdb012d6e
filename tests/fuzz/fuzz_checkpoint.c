/* A checkpoint that was changed (hdf_edits.h): the first byte says which, one of this version,
 * whose checksums are then made to fit before bytes are changed, or one of versions 1 and 2. What
 * is accepted fits its own configuration and itself: a policy of it acts. */
#include "datasets/files.h"
#include "datasets/hdf.h"
#include "datasets/hdf5_error.h"
#include "datasets/memory_file.h"
#include "fuzz.h"
#include "hdf_edits.h"
#include "mpi/checkpoint_description.h"
#include "mpi/checkpoint_file.h"
#include "mpi/config/config.h"
#include "mpi/config/experiment.h"
#include "mpi/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OBSERVATION = 3, STEPS = 4, WIDTH = 2, CHUNK = STEPS * WIDTH, BLOCK = AMBIT_BLOCK_BYTES };
enum { VERSIONS = 3 };

static const char text[] = "data: {sources: [{path: s}], observation: [o], horizon: 4}\n"
                           "network: {width: 48, depth: 2}\n"
                           "sampler: {steps: 2}\n";

/* A whole file, as HDF5 sees it. */
typedef struct {
    char *bytes;
    size_t size;
    int64_t head; /* blocks; 0: it has none */
} whole;

static const ambit_sample_shape shape = {
    .observation_size = OBSERVATION, .chunk_steps = STEPS, .chunk_width = WIDTH};

static ambit_config *read_text(const char *configuration) {
    ambit_config *config;
    FUZZ_REQUIRE(ambit_config_parse("fuzz", configuration, NULL, 0, &config) == AMBIT_OK);
    return config;
}

/* Writes a checkpoint without weights: all are 0. */
static void write_whole(const char *path, const ambit_graph *graph, whole *to) {
    static float shift[CHUNK] = {1, 2}, scale[CHUNK] = {3, 4, 0, 5, 6, 7, 8, 9};
    const uint64_t digest = 5;
    const int32_t version = AMBIT_CHECKPOINT_VERSION;
    const int64_t count = ambit_graph_parameter_count(graph);
    int64_t places[AMBIT_CHECKPOINT_ARRAYS], size;
    const uint8_t *bytes;
    ambit_memory_file *file;
    ambit_checkpoint c = {.configuration = (char *)text,
                          .shape = shape,
                          .normaliser = {OBSERVATION, CHUNK, shift, scale, shift, scale, 0, 0},
                          .data_digests = &digest,
                          .source_count = 1};
    c.tensors = ambit_graph_parameters(graph, &c.tensor_count);
    FUZZ_REQUIRE(ambit_memory_file_create_around(path, BLOCK, count * 4, &file) == AMBIT_OK);
    hid_t id = ambit_memory_file_id(file);
    FUZZ_REQUIRE(ambit_hdf_write_numbers(id, "ambit_checkpoint", AMBIT_HDF_I32, 1, &version) ==
                 AMBIT_OK);
    FUZZ_REQUIRE(ambit_description_write(id, &c) == AMBIT_OK);
    for (int i = 0; i < AMBIT_CHECKPOINT_ARRAYS; i++)
        FUZZ_REQUIRE(ambit_hdf_create_flat(id, ambit_checkpoint_array_names[i], AMBIT_HDF_F32,
                                           count, &places[i]) == AMBIT_OK);
    FUZZ_REQUIRE(ambit_memory_file_finish(file, &bytes, &size) == AMBIT_OK);
    FUZZ_REQUIRE(ambit_write_file(path, bytes, (size_t)size) == AMBIT_OK);
    ambit_memory_file_drop(file);
    FUZZ_REQUIRE(truncate(path, places[AMBIT_CHECKPOINT_ARRAYS - 1] + count * 4) == 0);
    FUZZ_REQUIRE(ambit_read_file(path, 1 << 24, &to->bytes, &to->size) == AMBIT_OK);
    to->head = places[0] / BLOCK;
}

static void make_whole(const char *path, whole *to) {
    ambit_network *network;
    ambit_config *config = read_text(text);
    const ambit_network_options options =
        ambit_experiment_network(ambit_config_settings(config), &shape);
    FUZZ_REQUIRE(ambit_network_create(&options, 1, 0, &network) == AMBIT_OK);
    write_whole(path, ambit_network_graph(network), to);
    ambit_network_destroy(network);
    ambit_config_destroy(config);
}

/* One of this version, and older ones, which have no blocks with checksums. */
static const whole *whole_checkpoints(const char *path) {
    static whole checkpoints[VERSIONS];
    if (checkpoints[0].bytes)
        return checkpoints;
    make_whole(path, &checkpoints[0]);
    for (int i = 1; i < VERSIONS; i++) {
        char name[512];
        snprintf(name, sizeof name, "%s/version-%d.h5", AMBIT_TEST_CHECKPOINTS, i);
        FUZZ_REQUIRE(ambit_read_file(name, 1 << 24, &checkpoints[i].bytes, &checkpoints[i].size) ==
                     AMBIT_OK);
    }
    return checkpoints;
}

/* Puts checksums behind the file. */
static void seal(const char *path, int64_t head) {
    char *bytes;
    size_t size;
    ambit_blocks blocks;
    FUZZ_REQUIRE(ambit_read_file(path, 1 << 26, &bytes, &size) == AMBIT_OK);
    const int64_t count = ambit_blocks_of((int64_t)size);
    FUZZ_REQUIRE(ambit_blocks_create(path, count, head < count ? head : count) == AMBIT_OK);
    FUZZ_REQUIRE(ambit_blocks_open_new(path, count, &blocks) == AMBIT_OK);
    FUZZ_REQUIRE(ambit_blocks_write(&blocks, 0, bytes, (int64_t)size) == AMBIT_OK);
    ambit_blocks_close(&blocks);
    free(bytes);
}

static void change(const char *path, const whole *base, const uint8_t *edits, size_t size) {
    fuzz_write("step-00000001.h5", base->bytes, base->size);
    fuzz_edit_hdf(path, edits, size);
    if (base->head == 0)
        return; /* what other bytes do to these is HDF5's matter */
    seal(path, base->head);
    fuzz_flip_bytes(path, edits, size);
}

static void act(const ambit_checkpoint *c, const float *weights, int64_t count) {
    ambit_config *config = read_text(c->configuration);
    ambit_policy *policy;
    ambit_rng stream = ambit_rng_open(1, AMBIT_STREAM_NOISE, 0);
    if (ambit_policy_create(ambit_config_settings(config), c, weights, count, 1, &policy) ==
        AMBIT_OK) {
        float *observation =
            calloc((size_t)ambit_policy_observation_size(policy) + 1, sizeof *observation);
        float *reference = calloc((size_t)ambit_policy_action_size(policy), sizeof *reference);
        float *chunk = calloc((size_t)c->normaliser.chunk_size, sizeof *chunk);
        FUZZ_REQUIRE(observation && reference && chunk);
        FUZZ_REQUIRE(ambit_policy_act(policy, observation, reference, &stream, chunk) == AMBIT_OK);
        free(observation);
        free(reference);
        free(chunk);
        ambit_policy_destroy(policy);
    }
    ambit_config_destroy(config);
}

static ambit_status read_and_act(const char *path, int is_new) {
    ambit_checkpoint c;
    float *weights;
    int64_t count;
    AMBIT_TRY(ambit_checkpoint_read(path, &c, &weights, &count));
    if (is_new) {
        FUZZ_REQUIRE(c.shape.observation_size == c.normaliser.observation_size);
        FUZZ_REQUIRE(c.shape.chunk_steps * c.shape.chunk_width == c.normaliser.chunk_size);
        FUZZ_REQUIRE(strcmp(c.configuration, text) == 0); /* it has a digest */
        if (c.shape.camera.views == 0) /* networks for large pictures take memory */
            act(&c, weights, count);
    }
    free(weights);
    ambit_checkpoint_clear(&c);
    return AMBIT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[512];
    if (size == 0)
        return 0;
    const int which = data[0] % VERSIONS;
    ambit_hdf5_quiet();
    snprintf(path, sizeof path, "%s/step-00000001.h5", fuzz_folder());
    change(path, &whole_checkpoints(path)[which], data + 1, size - 1);
    const ambit_status status = read_and_act(path, which == 0);
    FUZZ_REQUIRE(status == AMBIT_OK || size > 1);
    return 0;
}
