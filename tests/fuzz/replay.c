/* Gives each file of the folders named to the target, where libFuzzer is not there to do it. */
#include "datasets/files.h"
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGEST = 1 << 24 };

static void replay(const char *path) {
    char *bytes;
    size_t size;
    fprintf(stderr, "%s\n", path);
    FUZZ_REQUIRE(ambit_read_file(path, LARGEST, &bytes, &size) == AMBIT_OK);
    uint8_t *data = malloc(size); /* exactly, so that AddressSanitizer sees the end */
    FUZZ_REQUIRE(data || size == 0);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)bytes[i];
    free(bytes);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static int replay_folder(const char *folder) {
    DIR *listing = opendir(folder);
    int count = 0;
    FUZZ_REQUIRE(listing);
    for (struct dirent *entry; (entry = readdir(listing));) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        replay(path);
        count++;
    }
    closedir(listing);
    return count;
}

int main(int count, char **folders) {
    int inputs = 0;
    for (int i = 1; i < count; i++)
        inputs += replay_folder(folders[i]);
    printf("%d inputs\n", inputs);
    return inputs == 0;
}
