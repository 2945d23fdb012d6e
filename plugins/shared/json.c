#include "json.h"

#include "file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static int parse(const ambit_host *host, const char *path, shared_span text, json_t **json) {
    json_error_t error;
    errno = 0;
    *json = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (!*json && errno == ENOMEM) /* jansson may call it a fault of the text */
        return host->fail(host->context, AMBIT_FAULT_MEMORY,
                          "%s: no memory to read it; use fewer ranks on this node", path);
    if (!*json)
        return host->fail(host->context, AMBIT_FAULT_DATA,
                          "%s:%d:%d: is not JSON: %s; copy the file again", path, error.line,
                          error.column, error.text);
    if (json_is_object(*json))
        return 0;
    json_decref(*json);
    *json = NULL;
    return host->fail(host->context, AMBIT_FAULT_DATA,
                      "%s: is JSON, but not an object; copy the file again", path);
}

int shared_json_load(const ambit_host *host, const char *folder, const char *name, char *path,
                     json_t **json) {
    char remedy[NAME_MAX + 64];
    shared_buffer text = {0};
    shared_span content;
    const int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    if (length < 0 || length >= PATH_MAX)
        return host->fail(host->context, AMBIT_FAULT_NO_INPUT,
                          "%.200s…: the path is longer than %d bytes; use a shorter one", folder,
                          PATH_MAX - 1);
    snprintf(remedy, sizeof remedy, "name the folder of a data set, which holds %s", name);
    int code = shared_file_load(host, path, remedy, &text, &content);
    if (!code)
        code = parse(host, path, content, json);
    shared_buffer_free(host, &text);
    return code;
}

int shared_json_integer(const json_t *json, int64_t low, int64_t *value) {
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
