#include "hdf5_error.h"

#include <hdf5.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ambit_hdf5_quiet(void) {
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
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
