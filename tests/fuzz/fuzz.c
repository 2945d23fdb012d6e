#include "fuzz.h"

#include "datasets/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Libraries that keep, or lose, memory of their own; HDF5 does when it fails to read. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libhdf5\nleak:libmpi\nleak:libopen-\nleak:libpmix\nleak:mca_";
}

void fuzz_require(int holds, const char *file, int line, const char *promise) {
    if (holds)
        return;
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
    abort();
}

static char folder[256];

static void remove_folder(void) {
    ambit_remove_tree(folder);
}

const char *fuzz_folder(void) {
    if (folder[0])
        return folder;
    const char *root = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.200s/ambit-fuzz-XXXXXX", root && *root ? root : "/tmp");
    FUZZ_REQUIRE(mkdtemp(folder));
    FUZZ_REQUIRE(atexit(remove_folder) == 0);
    return folder;
}

void fuzz_write(const char *name, const void *data, size_t size) {
    char path[512];
    FUZZ_REQUIRE(snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name) < (int)sizeof path);
    FILE *file = fopen(path, "wb");
    FUZZ_REQUIRE(file);
    FUZZ_REQUIRE(fwrite(data, 1, size, file) == size);
    FUZZ_REQUIRE(fclose(file) == 0);
}

char *fuzz_text(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    FUZZ_REQUIRE(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}
