/* A store, of which a file was changed: the first byte says which, and whether fields are kept in
 * memory, the others how (hdf_edits.h). All that can be asked of it is asked. */
#include "datasets/files.h"
#include "datasets/hdf5_error.h"
#include "fuzz.h"
#include "hdf_edits.h"
#include "mpi/cli/inspect.h"
#include "tests/datasets/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EPISODES = 4, PER_SHARD = 2, WINDOW = 3 };

static const char *const names[] = {"index.h5", "shard-00000.h5", "shard-00001.h5"};
enum { FILES = sizeof names / sizeof *names };

/* The files of a whole store. */
typedef struct {
    char *bytes[FILES];
    size_t sizes[FILES];
} whole;

static const whole *whole_store(void) {
    static const int64_t lengths[] = {7, 3, 10, 5};
    static const double sigma[] = {0, .6, .5, 1, NAN, NAN, 0, 1};
    static whole store;
    if (store.bytes[0])
        return &store;
    fixture_write(fuzz_folder(), lengths, EPISODES, PER_SHARD, sigma, 0);
    for (int i = 0; i < FILES; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", fuzz_folder(), names[i]);
        FUZZ_REQUIRE(ambit_read_file(path, 1 << 24, &store.bytes[i], &store.sizes[i]) == AMBIT_OK);
    }
    return &store;
}

/* Puts the changed shard's length into the index, so that only its content is wrong. */
static void accept_length(int shard, const char *path) {
    char index[512], *bytes;
    size_t size;
    FUZZ_REQUIRE(ambit_read_file(path, 1 << 26, &bytes, &size) == AMBIT_OK);
    free(bytes);
    snprintf(index, sizeof index, "%s/%s", fuzz_folder(), names[0]);
    fuzz_set_element(index, "/shards/bytes", (uint64_t)shard, (int64_t)size);
}

static void make_store(const uint8_t *data, size_t size) {
    const whole *store = whole_store();
    const int changed = data[0] % FILES;
    char path[512];
    for (int i = 0; i < FILES; i++)
        fuzz_write(names[i], store->bytes[i], store->sizes[i]);
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), names[changed]);
    fuzz_edit_hdf(path, data + 1, size - 1);
    fuzz_flip_bytes(path, data + 1, size - 1);
    if (changed > 0)
        accept_length(changed - 1, path);
}

/* Numbers of a step; memory for them is asked for only where they are few. */
static int64_t length_of(const ambit_field_info *field) {
    int64_t length = 1;
    for (int d = 0; d < field->rank; d++)
        length *= field->shape[d];
    return length;
}

static void read_steps(ambit_store *store, int f, int64_t first, int64_t count) {
    const ambit_field_info *field = ambit_store_field(store, f);
    const uint8_t *bytes;
    size_t size;
    if (field->element == AMBIT_STORE_BYTES) {
        if (ambit_store_read_bytes(store, f, first, &bytes, &size) == AMBIT_OK && size)
            FUZZ_REQUIRE(bytes[size - 1] <= 255);
        return;
    }
    float *values = malloc((size_t)(count * length_of(field)) * sizeof *values);
    FUZZ_REQUIRE(values);
    (void)ambit_store_read(store, f, first, count, values);
    free(values);
}

static void read_episode(ambit_store *store, int64_t episode) {
    const char *name;
    int64_t first, end;
    double low, high;
    ambit_store_episode_range(store, episode, &first, &end);
    ambit_store_episode_ambit(store, episode, &low, &high);
    FUZZ_REQUIRE(first >= 0 && first < end && end <= ambit_store_step_count(store));
    FUZZ_REQUIRE(isnan(low) || (low >= 0 && low <= 1));
    FUZZ_REQUIRE(isnan(high) || (high >= 0 && high <= 1));
    FUZZ_REQUIRE(ambit_store_episode_of(store, end - 1) == episode);
    (void)ambit_store_episode_name(store, episode, &name);
    for (int f = 0; f < ambit_store_field_count(store); f++)
        read_steps(store, f, first, end - first < WINDOW ? end - first : WINDOW);
}

static void inspect(ambit_store *store) {
    static ambit_store_summary summary;
    static FILE *nowhere;
    char page[512];
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    FUZZ_REQUIRE(nowhere);
    snprintf(page, sizeof page, "%s/page.html", fuzz_folder());
    ambit_store_summarise(store, &summary);
    ambit_inspect_text(store, &summary, nowhere);
    (void)ambit_inspect_json(store, &summary, nowhere);
    (void)ambit_inspect_page(store, &summary, page);
}

static void read_store(ambit_store *store) {
    const char *value;
    for (int i = 0; ambit_store_provenance(store, i, &value); i++)
        FUZZ_REQUIRE(value);
    for (int f = 0; f < ambit_store_field_count(store); f++) {
        ambit_statistics statistics;
        if (ambit_store_read_statistics(store, f, &statistics) == AMBIT_OK)
            ambit_statistics_destroy(&statistics);
    }
    for (int64_t e = 0; e < ambit_store_episode_count(store); e++)
        read_episode(store, e);
    inspect(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ambit_store *store;
    if (size == 0)
        return 0;
    ambit_hdf5_quiet();
    make_store(data, size);
    const int64_t cache_bytes = data[0] & 0x80 ? 1 << 24 : 0;
    const ambit_status status = ambit_store_open(fuzz_folder(), cache_bytes, &store);
    FUZZ_REQUIRE(status == AMBIT_OK || size > 1);
    if (status == AMBIT_OK) {
        read_store(store);
        ambit_store_close(store);
    }
    return 0;
}
