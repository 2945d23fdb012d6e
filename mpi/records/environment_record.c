#include "environment_record.h"

#include "../../datasets/files.h"
#include "json.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ambit_status write_record(const char *path, json_t *all, const char *name,
                                 const char *version, const char *digest) {
    char *text = NULL;
    size_t size;
    json_t *row = json_pack("{s:o, s:s}", "version", ambit_json_text(version), "digest", digest);
    if (!row || json_object_set_new(all, name, row) != 0)
        return ambit_fail(AMBIT_SYSTEM, "%s: no memory", path);
    ambit_status status = ambit_json_line(all, path, &text, &size);
    if (status == AMBIT_OK)
        status = ambit_write_file(path, text, size);
    free(text);
    return status;
}

static ambit_status compare(const ambit_json_place *place, json_t *all, const ambit_plugin *plugin,
                            char *difference, size_t size) {
    const ambit_plugin_info *about = ambit_plugin_about(plugin);
    char digest[24], recorded[24], version[64];
    json_t *row;
    snprintf(digest, sizeof digest, "%016" PRIx64, ambit_plugin_digest(plugin));
    if (!json_object_get(all, about->name))
        return write_record(place->path, all, about->name, about->version, digest);
    AMBIT_TRY(ambit_json_get_object(place, all, about->name, &row));
    AMBIT_TRY(ambit_json_get_text(place, row, "digest", recorded, sizeof recorded));
    AMBIT_TRY(ambit_json_get_text(place, row, "version", version, sizeof version));
    if (strcmp(digest, recorded) != 0)
        snprintf(difference, size,
                 "environment %s: %s is another file than this run began with (version %s, digest "
                 "%s; then version %s, digest %s): results may differ from those before",
                 about->name, ambit_plugin_path(plugin), about->version, digest, version, recorded);
    return AMBIT_OK;
}

ambit_status ambit_environment_record(const char *run, const ambit_plugin *environment,
                                      char *difference, size_t size) {
    char path[PATH_MAX];
    const ambit_json_place place = {.path = path};
    json_t *all = NULL;
    int recorded;
    difference[0] = '\0';
    int length = snprintf(path, sizeof path, "%s/environments.json", run);
    if (length < 0 || length >= (int)sizeof path)
        return ambit_fail(AMBIT_USAGE, "%s: the name is too long; use a shorter one", run);
    AMBIT_TRY(ambit_file_exists(path, &recorded));
    if (recorded)
        AMBIT_TRY(ambit_json_read(path, &all));
    else
        all = json_object();
    ambit_status status = all ? AMBIT_OK : ambit_fail(AMBIT_SYSTEM, "%s: no memory", path);
    if (status == AMBIT_OK)
        status = compare(&place, all, environment, difference, size);
    json_decref(all);
    return status;
}
