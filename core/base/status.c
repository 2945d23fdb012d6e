#include "status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char last_message[AMBIT_MESSAGE_SIZE];

static const struct {
    const char *name, *text;
    int exit_code;
} statuses[] = {
#define AMBIT_STATUS_ROW(name, exit_code, text) {#name, text, exit_code},
    AMBIT_STATUS_LIST(AMBIT_STATUS_ROW)
#undef AMBIT_STATUS_ROW
};

/* Shows that the message was longer than what is kept. */
static void mark_cut(char *text, size_t size, int wanted) {
    static const char ellipsis[] = "…";
    if (wanted >= 0 && (size_t)wanted >= size)
        memcpy(text + size - sizeof ellipsis, ellipsis, sizeof ellipsis);
}

static void set_message(const char *format, va_list arguments) {
    int wanted = vsnprintf(last_message, sizeof last_message, format, arguments);
    mark_cut(last_message, sizeof last_message, wanted);
}

static void add_before(const char *format, va_list arguments) {
    char whole[AMBIT_MESSAGE_SIZE], context[AMBIT_MESSAGE_SIZE / 2];
    vsnprintf(context, sizeof context, format, arguments);
    int wanted = snprintf(whole, sizeof whole, "%s: %s", context, last_message);
    mark_cut(whole, sizeof whole, wanted);
    memcpy(last_message, whole, sizeof whole);
}

ambit_status ambit_fail(ambit_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_message(format, arguments);
    va_end(arguments);
    return status;
}

ambit_status ambit_fail_within(ambit_status status, const char *format, ...) {
    if (status == AMBIT_OK)
        return status;
    va_list arguments;
    va_start(arguments, format);
    add_before(format, arguments);
    va_end(arguments);
    return status;
}

ambit_status ambit_fail_errno(ambit_status status, int error_number, const char *format, ...) {
    va_list arguments;
    snprintf(last_message, sizeof last_message, "%s", strerror(error_number));
    va_start(arguments, format);
    add_before(format, arguments);
    va_end(arguments);
    switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS:
        return AMBIT_PERMISSION;
    case ENOENT:
        return AMBIT_NO_INPUT;
    default:
        return status;
    }
}

const char *ambit_message(void) {
    return last_message;
}

void ambit_message_set(const char *message) {
    int wanted = snprintf(last_message, sizeof last_message, "%s", message);
    mark_cut(last_message, sizeof last_message, wanted);
}

int ambit_exit_code(ambit_status status) {
    return statuses[status].exit_code;
}

const char *ambit_status_name(ambit_status status) {
    return statuses[status].name;
}

const char *ambit_status_text(ambit_status status) {
    return statuses[status].text;
}

static ambit_status fail_memory(const char *what, size_t count, size_t size) {
    return ambit_fail(AMBIT_SYSTEM,
                      "%s: no memory for %zu × %zu bytes; use fewer ranks on this node, a smaller "
                      "batch or network, or a node with more memory",
                      what, count, size);
}

ambit_status ambit_allocate(void *pointer, size_t count, size_t size, const char *what) {
    void *memory = NULL;
    if (size == 0 || count <= SIZE_MAX / size)
        memory = calloc(count ? count : 1, size ? size : 1);
    memcpy(pointer, &memory, sizeof memory);
    return memory ? AMBIT_OK : fail_memory(what, count, size);
}

ambit_status ambit_grow(void *pointer, int64_t *room, int64_t needed, size_t size,
                        const char *what) {
    void *memory;
    if (needed <= *room)
        return AMBIT_OK;
    if ((uint64_t)needed > SIZE_MAX / 2 / size)
        return fail_memory(what, (size_t)needed, size);
    memcpy(&memory, pointer, sizeof memory);
    memory = realloc(memory, 2 * (size_t)needed * size);
    if (!memory)
        return fail_memory(what, 2 * (size_t)needed, size);
    memcpy(pointer, &memory, sizeof memory);
    *room = 2 * needed;
    return AMBIT_OK;
}
