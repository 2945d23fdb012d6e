#include "fuzz_host.h"

#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGEST = 256 << 20, FAILED = 100 };

static int64_t held; /* blocks */
static int faults;

static void take_log(void *context, enum ambit_log_level level, const char *format, ...) {
    (void)context, (void)level, (void)format;
}

static int take_failure(void *context, enum ambit_fault fault, const char *format, ...) {
    char message[4096];
    va_list arguments;
    (void)context;
    va_start(arguments, format);
    FUZZ_REQUIRE(vsnprintf(message, sizeof message, format, arguments) > 0);
    va_end(arguments);
    faults++;
    return FAILED + (int)fault;
}

static void *give_memory(void *context, size_t count, size_t size) {
    void *memory = NULL;
    if (size == 0 || count <= LARGEST / size)
        memory = calloc(count ? count : 1, size ? size : 1);
    if (memory)
        held++;
    else
        take_failure(context, AMBIT_FAULT_MEMORY, "no memory for %zu × %zu bytes", count, size);
    return memory;
}

static void take_memory(void *context, void *memory) {
    (void)context;
    FUZZ_REQUIRE(memory);
    held--;
    free(memory);
}

static uint32_t no_crc(void *context, uint32_t crc, const void *data, size_t size) {
    (void)context, (void)crc, (void)data, (void)size;
    return 0;
}

const ambit_host *fuzz_host(void) {
    static const ambit_host host = {.struct_size = sizeof host,
                                    .abi_major = AMBIT_ABI_MAJOR,
                                    .abi_minor = AMBIT_ABI_MINOR,
                                    .log = take_log,
                                    .fail = take_failure,
                                    .allocate = give_memory,
                                    .release = take_memory,
                                    .crc32c = no_crc};
    return &host;
}

void fuzz_host_outcome(int code) {
    FUZZ_REQUIRE(faults == (code != 0));
    FUZZ_REQUIRE(code == 0 || code > FAILED);
    faults = 0;
}

void fuzz_host_settle(int code) {
    fuzz_host_outcome(code);
    FUZZ_REQUIRE(held == 0);
}
