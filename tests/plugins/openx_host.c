#include "openx_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>

static void take_log(void *context, enum ambit_log_level level, const char *format, ...) {
    openx_host *host = context;
    size_t used = strlen(host->log);
    va_list arguments;
    (void)level;
    va_start(arguments, format);
    vsnprintf(host->log + used, sizeof host->log - used, format, arguments);
    va_end(arguments);
}

static int take_failure(void *context, enum ambit_fault fault, const char *format, ...) {
    openx_host *host = context;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(host->message, sizeof host->message, format, arguments);
    va_end(arguments);
    host->fault = (int)fault;
    ++host->faults;
    return 100 + (int)fault;
}

static void *give_memory(void *context, size_t count, size_t size) {
    openx_host *host = context;
    void *memory = NULL;
    if (host->refuse_in != 0 && (size == 0 || count <= ((size_t)1 << 32) / size))
        memory = calloc(count ? count : 1, size ? size : 1);
    if (host->refuse_in >= 0)
        --host->refuse_in;
    if (memory)
        ++host->live;
    else
        take_failure(host, AMBIT_FAULT_MEMORY, "no memory; buy some");
    return memory;
}

static void take_memory(void *context, void *memory) {
    openx_host *host = context;
    assert_non_null(memory);
    --host->live;
    free(memory);
}

uint32_t openx_crc32c(uint32_t crc, const void *data, size_t size) {
    crc = ~crc;
    for (const uint8_t *byte = data; size-- > 0; ++byte) {
        crc ^= *byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
    }
    return ~crc;
}

static uint32_t crc_for_plugin(void *context, uint32_t crc, const void *data, size_t size) {
    (void)context;
    return openx_crc32c(crc, data, size);
}

void openx_host_start(openx_host *host) {
    memset(host, 0, sizeof *host);
    host->refuse_in = -1;
    host->table = (ambit_host){.struct_size = sizeof host->table,
                               .abi_major = AMBIT_ABI_MAJOR,
                               .abi_minor = AMBIT_ABI_MINOR,
                               .context = host,
                               .log = take_log,
                               .fail = take_failure,
                               .allocate = give_memory,
                               .release = take_memory,
                               .crc32c = crc_for_plugin};
    host->library = dlopen(OPENX_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    const ambit_plugin_info *(*query)(void) = NULL;
    void *symbol = host->library ? dlsym(host->library, "ambit_plugin_query") : NULL;
    memcpy(&query, &symbol, sizeof query);
    if (!query) {
        fprintf(stderr, "%s: %s\n", OPENX_PLUGIN, dlerror());
        exit(1);
    }
    host->info = query();
}

void openx_host_stop(openx_host *host) {
    openx_host_close(host);
    dlclose(host->library);
}

/* Sets the value of an option from the choice, where it says something. */
static void choose(const ambit_option *option, const openx_choice *choice,
                   ambit_option_value *value) {
    const struct {
        const char *name, *text;
    } texts[] = {{"split", choice->split},
                 {"standardise", choice->standardise},
                 {"skip", choice->skip},
                 {"missing", choice->missing},
                 {"text", choice->text}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i)
        if (strcmp(texts[i].name, option->name) == 0)
            value->text = texts[i].text ? texts[i].text : option->initial;
    if (strcmp(option->name, "images") == 0)
        value->boolean = !choice->no_images;
    else if (strcmp(option->name, "language") == 0)
        value->boolean = !choice->no_language;
    else if (strcmp(option->name, "decode") == 0)
        value->integer = choice->decode;
    else if (strcmp(option->name, "join") == 0)
        value->boolean = choice->join;
}

int openx_host_open(openx_host *host, const char *folder, const openx_choice *choice) {
    static const openx_choice usual = {0};
    ambit_option_value values[16] = {0};
    assert_in_range(host->info->option_count, 1, 16);
    for (uint32_t i = 0; i < host->info->option_count; ++i)
        choose(&host->info->options[i], choice ? choice : &usual, &values[i]);
    const void *ops = NULL;
    host->message[0] = host->log[0] = 0;
    host->faults = 0;
    int code = host->info->open(&host->table, folder, values, &ops, &host->self);
    assert_int_equal(host->faults, code != 0);
    if (code) {
        host->self = NULL;
        return code;
    }
    host->ops = ops;
    code = host->ops->describe(host->self, &host->description);
    assert_int_equal(code, 0);
    return 0;
}

void openx_host_close(openx_host *host) {
    if (host->self)
        host->ops->close(host->self);
    host->self = NULL;
    assert_int_equal(host->live, 0);
}

int openx_host_field(const openx_host *host, const char *name) {
    for (uint32_t f = 0; f < host->description.field_count; ++f)
        if (strcmp(host->description.fields[f].name, name) == 0)
            return (int)f;
    return -1;
}

uint64_t openx_fnv(uint64_t digest, const void *data, size_t size) {
    digest = digest ? digest : UINT64_C(0xcbf29ce484222325);
    for (const uint8_t *byte = data; size-- > 0; ++byte)
        digest = (digest ^ *byte) * UINT64_C(0x100000001b3);
    return digest;
}

size_t openx_host_bytes(const openx_host *host, int f, const ambit_episode *episode) {
    static const size_t sizes[] = {[AMBIT_F32] = 4, [AMBIT_I64] = 8, [AMBIT_U8] = 1};
    const ambit_field *field = &host->description.fields[f];
    size_t count = (size_t)episode->steps;
    if (count == 0)
        return 0;
    if (field->element == AMBIT_BYTES)
        return episode->columns[f].offsets[count];
    for (uint32_t d = 0; d < field->rank; ++d)
        count *= (size_t)field->shape[d];
    return count * sizes[field->element];
}

static uint64_t add_column(uint64_t digest, const openx_host *host, int f,
                           const ambit_episode *episode) {
    const ambit_column *column = &episode->columns[f];
    const size_t steps = (size_t)episode->steps;
    if (host->description.fields[f].element == AMBIT_BYTES) {
        assert_int_equal(column->offsets[0], 0);
        for (size_t t = 0; t < steps; ++t)
            assert_true(column->offsets[t] <= column->offsets[t + 1]);
        digest = openx_fnv(digest, column->offsets, (steps + 1) * sizeof *column->offsets);
    }
    return openx_fnv(digest, column->values, openx_host_bytes(host, f, episode));
}

uint64_t openx_host_digest(openx_host *host) {
    const ambit_source_description *description = &host->description;
    uint64_t digest = openx_fnv(0, &description->field_count, sizeof description->field_count);
    for (int64_t e = 0; e < description->episode_count; ++e) {
        ambit_episode episode;
        host->faults = 0;
        int code = host->ops->episode(host->self, e, &episode);
        assert_int_equal(host->faults, code != 0);
        if (code)
            return 0;
        digest = openx_fnv(digest, episode.name, strlen(episode.name));
        digest = openx_fnv(digest, &episode.steps, sizeof episode.steps);
        for (uint32_t f = 0; episode.steps && f < description->field_count; ++f)
            digest = add_column(digest, host, (int)f, &episode);
    }
    return digest;
}
