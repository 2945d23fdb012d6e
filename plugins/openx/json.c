#include "json.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int openx_json_load(const ambit_host *host, const char *folder, const char *name, char *path,
                    json_t **json) {
    json_error_t error;
    int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    if (length < 0 || length >= PATH_MAX)
        return host->fail(host->context, AMBIT_FAULT_NO_INPUT,
                          "%.200s…: the path is longer than %d bytes; use a shorter one", folder,
                          PATH_MAX - 1);
    *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (*json && json_is_object(*json))
        return 0;
    if (!*json && json_error_code(&error) == json_error_cannot_open_file)
        return host->fail(host->context, AMBIT_FAULT_NO_INPUT,
                          "%s: cannot be opened: %s; name the folder of a data set's version, "
                          "which holds features.json, dataset_info.json and the shards",
                          path, strerror(errno));
    if (!*json)
        return host->fail(host->context, AMBIT_FAULT_DATA,
                          "%s:%d:%d: is not JSON: %s; copy the file again", path, error.line,
                          error.column, error.text);
    json_decref(*json);
    return host->fail(host->context, AMBIT_FAULT_DATA,
                      "%s: is JSON, but not an object; copy the file again", path);
}

int openx_json_integer(const json_t *json, int64_t low, int64_t *value) {
    if (json_is_integer(json)) {
        *value = json_integer_value(json);
        return *value >= low ? 0 : -1;
    }
    const char *text = json_string_value(json);
    if (!text || !*text)
        return -1;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *value = number;
    return errno || *end || number < low ? -1 : 0;
}
