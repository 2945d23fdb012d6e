/* The table of functions that a plugin is handed. */

#include "../core/base/crc32c.h"
#include "../core/base/rng.h"
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void (*log_line)(enum ambit_log_level level, const char *plugin, const char *text);

void ambit_plugin_log_to(void (*line)(enum ambit_log_level level, const char *plugin,
                                      const char *text)) {
    log_line = line;
}

/* What each fault of a plugin is to the program; the row is the fault's number. */
static const ambit_status statuses[] = {
    [0] = AMBIT_INTERNAL, /* not a fault: the plugin is at fault */
    [AMBIT_FAULT_DATA] = AMBIT_DATA,
    [AMBIT_FAULT_NO_INPUT] = AMBIT_NO_INPUT,
    [AMBIT_FAULT_OPTION] = AMBIT_CONFIG,
    [AMBIT_FAULT_MEMORY] = AMBIT_SYSTEM,
    [AMBIT_FAULT_UNSUPPORTED] = AMBIT_UNAVAILABLE,
    [AMBIT_FAULT_INTERNAL] = AMBIT_INTERNAL,
};

static ambit_status status_of(long fault) {
    const long count = sizeof statuses / sizeof statuses[0];
    return statuses[fault > 0 && fault < count ? fault : 0];
}

AMBIT_PLUGIN_PRINTF
static void host_log(void *context, enum ambit_log_level level, const char *format, ...) {
    const ambit_plugin *plugin = context;
    char text[1024];
    va_list arguments;
    ambit_guard_sign();
    if (!log_line)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_line(level, plugin->label, text);
}

AMBIT_PLUGIN_PRINTF
static int host_fail(void *context, enum ambit_fault fault, const char *format, ...) {
    ambit_plugin *plugin = context;
    char text[AMBIT_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    plugin->failure =
        ambit_fail(status_of((long)fault), "%s: %s", ambit_plugin_place(plugin), text);
    return (int)fault > 0 ? (int)fault : AMBIT_FAULT_INTERNAL;
}

static void *host_allocate(void *context, size_t count, size_t size) {
    ambit_plugin *plugin = context;
    void *memory;
    ambit_guard_sign();
    ambit_status status = ambit_allocate(&memory, count, size, ambit_plugin_place(plugin));
    if (status != AMBIT_OK)
        plugin->failure = status;
    return memory;
}

static void host_release(void *context, void *memory) {
    (void)context;
    ambit_guard_sign();
    free(memory);
}

static void host_random(void *context, uint64_t seed, uint32_t stream, uint64_t index,
                        uint32_t block, uint32_t words[4]) {
    (void)context;
    ambit_guard_sign();
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t counter[4] = {block, AMBIT_STREAM_PLUGIN | stream, (uint32_t)index,
                                 (uint32_t)(index >> 32)};
    ambit_philox(counter, key, words);
}

static uint32_t host_crc32c(void *context, uint32_t crc, const void *data, size_t size) {
    (void)context;
    ambit_guard_sign();
    return ambit_crc32c(crc, data, size);
}

void ambit_host_make(ambit_plugin *plugin) {
    plugin->host = (ambit_host){.struct_size = sizeof plugin->host,
                                .abi_major = AMBIT_ABI_MAJOR,
                                .abi_minor = AMBIT_ABI_MINOR,
                                .context = plugin,
                                .log = host_log,
                                .fail = host_fail,
                                .allocate = host_allocate,
                                .release = host_release,
                                .random = host_random,
                                .crc32c = host_crc32c};
}

void ambit_host_begin(ambit_plugin *plugin, const char *call) {
    plugin->failure = AMBIT_OK;
    ambit_guard_enter(plugin, call);
}

/* A function that said why it fails, and then that it did not. Its message is the better one. */
static ambit_status fail_undecided(const ambit_plugin *plugin, const char *call) {
    char text[AMBIT_MESSAGE_SIZE];
    snprintf(text, sizeof text, "%s", ambit_message());
    return ambit_fail(plugin->failure,
                      "%s (and then %s returned 0, as if nothing had failed; ask the plugin's "
                      "author to return what host->fail() returns)",
                      text, call);
}

ambit_status ambit_host_outcome(ambit_plugin *plugin, int code, const char *call) {
    ambit_guard_leave();
    if (plugin->failure != AMBIT_OK)
        return code == 0 ? fail_undecided(plugin, call) : plugin->failure;
    if (code == 0)
        return AMBIT_OK;
    return ambit_fail(status_of(code),
                      "%s: %s failed with code %d and did not say why; ask the plugin's author to "
                      "call host->fail()",
                      ambit_plugin_place(plugin), call, code);
}
