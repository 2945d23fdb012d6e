#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int scratch_set_up(void **state) {
    char *folder = strdup("/tmp/ambit-test-XXXXXX");
    *state = folder;
    return folder && mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *walk) {
    (void)found, (void)kind, (void)walk;
    return remove(path);
}

int scratch_tear_down(void **state) {
    int result = nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return result;
}

static void join(char path[4096], const char *folder, const char *name) {
    if (snprintf(path, 4096, "%s/%s", folder, name) >= 4096)
        abort();
}

static void put(const char *folder, const char *name, const char *mode, const char *text) {
    char path[4096];
    join(path, folder, name);
    FILE *file = fopen(path, mode);
    if (!file || fputs(text, file) == EOF || fclose(file) != 0)
        abort();
}

void scratch_write(const char *folder, const char *name, const char *text) {
    put(folder, name, "w", text);
}

void scratch_append(const char *folder, const char *name, const char *text) {
    put(folder, name, "a", text);
}

void scratch_folder(const char *folder, const char *name) {
    char path[4096];
    join(path, folder, name);
    if (mkdir(path, 0777) != 0)
        abort();
}

int scratch_read(const char *folder, const char *name, char **text, size_t *size) {
    char path[4096];
    join(path, folder, name);
    FILE *file = fopen(path, "r");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return -1;
    long length = ftell(file);
    *text = calloc(1, (size_t)length + 1);
    rewind(file);
    if (!*text || fread(*text, 1, (size_t)length, file) != (size_t)length)
        abort();
    *size = (size_t)length;
    return fclose(file);
}
