#include "hdf5_error.h"

#include <errno.h>
#include <hdf5.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ambit_hdf5_quiet(void) {
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void ambit_hdf5_start(void) {
    H5dont_atexit();
    H5open();
    ambit_hdf5_quiet();
}

/* Drivers of files write errno into their texts, the last of them being theirs: a name may hold
 * anything. */
static herr_t find_system_error(unsigned depth, const H5E_error2_t *entry, void *error) {
    static const char words[] = "errno = ";
    int *found = error;
    const int short_of_memory = entry->maj_num == H5E_RESOURCE &&
                                (entry->min_num == H5E_NOSPACE || entry->min_num == H5E_CANTALLOC);
    (void)depth;
    for (const char *at = entry->desc; at && (at = strstr(at, words)); at += sizeof words - 1)
        *found = atoi(at + sizeof words - 1);
    if (*found == 0 && short_of_memory)
        *found = ENOMEM;
    return 0;
}

int ambit_hdf5_system_error(void) {
    int found = 0;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, find_system_error, &found);
    return found;
}

/* Walking downward ends at the deepest call: what failed first. */
static herr_t keep_deepest(unsigned depth, const H5E_error2_t *entry, void *text) {
    (void)depth;
    if (entry->desc)
        snprintf(text, 512, "%s", entry->desc);
    for (char *line = text; (line = strchr(line, '\n'));) /* it holds the time, with its newline */
        *line = ' ';
    return 0;
}

ambit_status ambit_fail_hdf5(ambit_status status, const char *format, ...) {
    char deepest[512] = "no reason given", sentence[AMBIT_MESSAGE_SIZE];
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_deepest, deepest);
    H5Eclear2(H5E_DEFAULT);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    const char *advice = strstr(deepest, "lock")
                             ? "; where the file system cannot lock files (NFS, Lustre), set "
                               "HDF5_USE_FILE_LOCKING=FALSE"
                             : "";
    return ambit_fail(status, "%s [HDF5: %s]%s", sentence, deepest, advice);
}
