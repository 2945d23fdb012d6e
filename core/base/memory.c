#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The number after `key` at the beginning of a line of a file ("": of its first line); -1 where
 * there is none, as in "max". */
static int64_t number_in(const char *path, const char *key) {
    char line[256];
    int64_t value = -1;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        if (sscanf(line + strlen(key), "%" SCNd64, &value) != 1)
            value = -1;
        break;
    }
    if (file)
        fclose(file);
    return value;
}

/* ---------------------------------------------------------------- control groups */

static const char group_root[] = "/sys/fs/cgroup";

static int64_t number_of_group(const char *group, const char *file, const char *key) {
    char path[1280];
    snprintf(path, sizeof path, "%s%s/%s", group_root, group, file);
    return number_in(path, key);
}

static int64_t group_all(const char *group) {
    const int64_t most = number_of_group(group, "memory.max", "");
    return most < 0 ? INT64_MAX : most;
}

static int64_t group_left(const char *group) {
    static const char *const files[] = {"active_file ", "inactive_file "};
    const int64_t most = group_all(group);
    int64_t taken = number_of_group(group, "memory.current", "");
    if (most == INT64_MAX || taken < 0)
        return INT64_MAX;
    for (int i = 0; i < 2; i++) {
        const int64_t bytes = number_of_group(group, "memory.stat", files[i]);
        taken -= bytes > 0 ? bytes : 0;
    }
    return most > taken ? most - taken : 0;
}

/* The least of what this process's group and those above it have. */
static int64_t least_of_groups(int64_t (*look)(const char *group)) {
    char line[1024];
    int64_t bytes = INT64_MAX;
    FILE *file = fopen("/proc/self/cgroup", "re");
    int found = 0;
    while (file && !found && fgets(line, sizeof line, file))
        found = strncmp(line, "0::/", 4) == 0;
    if (file)
        fclose(file);
    if (!found)
        return bytes;
    char *group = line + strlen("0::");
    for (char *end = group + strcspn(group, "\n"); end; end = strrchr(group, '/')) {
        *end = '\0';
        bytes = least(bytes, look(group));
    }
    return bytes;
}

/* ---------------------------------------------------------------- all and left */

int64_t ambit_memory_all(void) {
    return least(sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE), least_of_groups(group_all));
}

int64_t ambit_memory_left(void) {
    const int64_t available = number_in("/proc/meminfo", "MemAvailable:");
    const int64_t swap = number_in("/proc/meminfo", "SwapFree:");
    if (available < 0)
        return INT64_MAX;
    return least((available + (swap > 0 ? swap : 0)) * 1024, least_of_groups(group_left));
}

int64_t ambit_addresses_left(void) {
    struct rlimit limit;
    const int64_t pages = number_in("/proc/self/statm", "");
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || pages < 0)
        return INT64_MAX;
    const int64_t mapped = pages * sysconf(_SC_PAGESIZE);
    return (int64_t)limit.rlim_cur > mapped ? (int64_t)limit.rlim_cur - mapped : 0;
}
