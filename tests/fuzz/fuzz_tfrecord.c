/* A file of TFRecords, behind a byte that says how many it should hold. Its CRCs are those of
 * fuzz_host.h. */
#include "fuzz.h"
#include "fuzz_host.h"
#include "plugins/openx/tfrecord.h"

#include <stdio.h>
#include <string.h>

static char *path_from_host(void) {
    char text[512];
    const int length = snprintf(text, sizeof text, "%s/shard", fuzz_folder());
    char *path = fuzz_host()->allocate(NULL, (size_t)length + 1, 1);
    FUZZ_REQUIRE(path);
    return memcpy(path, text, (size_t)length + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    openx_records records;
    int64_t bytes;
    if (size == 0)
        return 0;
    fuzz_write("shard", data + 1, size - 1);
    openx_shard *shard = fuzz_host()->allocate(NULL, 1, sizeof *shard);
    FUZZ_REQUIRE(shard);
    *shard = (openx_shard){.path = path_from_host(), .count = data[0] % 8, .to = data[0] % 8};
    const int code = openx_records_open(&records, fuzz_host(), shard, 1, "train", 0, &bytes);
    fuzz_host_outcome(code);
    for (int64_t i = 0; code == 0 && i < records.count; i++) {
        openx_record record;
        const int read = openx_records_read(&records, i, &record);
        fuzz_host_outcome(read);
        FUZZ_REQUIRE(read || record.data.size <= size);
    }
    openx_records_close(&records);
    fuzz_host_settle(0);
    return 0;
}
