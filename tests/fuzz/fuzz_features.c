/* features.json and dataset_info.json: the same bytes as either. */
#include "fuzz.h"
#include "fuzz_host.h"
#include "plugins/openx/features.h"
#include "plugins/openx/info.h"

#include <string.h>

static void check_field(const openx_field *field) {
    int64_t length = 1;
    FUZZ_REQUIRE(memchr(field->key, '\0', sizeof field->key));
    FUZZ_REQUIRE(field->rank <= AMBIT_MAX_RANK && !field->problem && field->dtype);
    for (uint32_t d = 0; d < field->rank; d++) {
        FUZZ_REQUIRE(field->shape[d] >= 1);
        length *= field->shape[d];
    }
    FUZZ_REQUIRE(length == field->length);
}

static void read_features(const openx_selection *selection) {
    openx_features features;
    const int code = openx_features_read(fuzz_host(), fuzz_folder(), selection, &features);
    if (code == 0) {
        FUZZ_REQUIRE(features.count <= AMBIT_MAX_FIELDS);
        for (int64_t f = 0; f < features.count; f++)
            check_field(&features.fields[f]);
        shared_release(fuzz_host(), features.fields);
    }
    fuzz_host_settle(code);
}

static void read_info(const char *split, int skip_missing) {
    openx_info info;
    openx_slice slice;
    FUZZ_REQUIRE(openx_slice_parse(fuzz_host(), split, &slice) == 0);
    int code = openx_info_read(fuzz_host(), fuzz_folder(), &slice, &info);
    if (code == 0) {
        openx_records records;
        int64_t bytes;
        FUZZ_REQUIRE(memchr(info.name, '\0', sizeof info.name));
        code = openx_records_open(&records, fuzz_host(), info.shards, info.shard_count, slice.split,
                                  skip_missing, &bytes);
        openx_records_close(&records);
    }
    fuzz_host_settle(code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_write("features.json", data, size);
    fuzz_write("dataset_info.json", data, size);
    read_features(&(openx_selection){.images = 1, .language = 1, .skip = "", .text = "auto"});
    read_features(&(openx_selection){.skip = "observation/state,reward", .text = "count"});
    read_info("train", 0);
    read_info("train[10%:-1%]", 1);
    return 0;
}
