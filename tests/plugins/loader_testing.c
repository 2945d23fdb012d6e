#include "loader_testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void check(ambit_status status, ambit_status wanted, const char *text) {
    if (status == wanted && (wanted == AMBIT_OK || strstr(ambit_message(), text)))
        return;
    print_error("status %s, wanted %s; message: %s\nwanted in it: %s\n", ambit_status_name(status),
                ambit_status_name(wanted), status == AMBIT_OK ? "" : ambit_message(), text);
    fail();
}

char folder[64];

const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0644), 0);
}

char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = calloc(*size + 1, 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

void copy_file(const char *from, const char *to, size_t leave_out) {
    size_t size;
    char *bytes = read_file(from, &size);
    write_file(to, bytes, size - leave_out);
    free(bytes);
}

void refuse_file(const char *name, ambit_status status, const char *text) {
    ambit_plugin *plugin;
    check(ambit_plugin_load_file(in_folder(name), &plugin), status, text);
    assert_null(plugin);
}

int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/ambit-loader-XXXXXX");
    unsetenv("AMBIT_PLUGIN_PATH");
    return mkdtemp(folder) ? 0 : -1;
}

int remove_folder(void **state) {
    char command[256];
    (void)state;
    unsetenv("AMBIT_PLUGIN_PATH");
    snprintf(command, sizeof command, "chmod -R u+rwx '%s' && rm -r '%s'", folder, folder);
    return system(command);
}

ambit_plugin *load(uint32_t kind, const char *name) {
    ambit_plugin *plugin;
    check(ambit_plugin_load(kind, name, &plugin), AMBIT_OK, "");
    return plugin;
}

int make_build_safe(void **state) {
    (void)state;
    return system("chmod -R go-w '" GOOD "' '" BAD "' '" OLD "'");
}
