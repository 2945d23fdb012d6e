#include "buffer.h"

#include <string.h>

/* Bytes that `count` elements take, at least one. */
static int total_size(const ambit_host *host, uint64_t count, size_t size, size_t *total) {
    if (count > SIZE_MAX / size)
        return host->fail(host->context, AMBIT_FAULT_MEMORY,
                          "%llu elements of %zu bytes do not fit into memory; check the shapes "
                          "that the data set states",
                          (unsigned long long)count, size);
    *total = count ? (size_t)count * size : 1;
    return 0;
}

int shared_buffer_reserve(const ambit_host *host, shared_buffer *buffer, uint64_t count,
                          size_t size) {
    size_t wanted = 0;
    int code = total_size(host, count, size, &wanted);
    if (code || (buffer->data && wanted <= buffer->size))
        return code;
    shared_buffer_free(host, buffer);
    buffer->data = host->allocate(host->context, wanted, 1);
    if (!buffer->data)
        return AMBIT_FAULT_MEMORY;
    buffer->size = wanted;
    return 0;
}

int shared_buffer_grow(const ambit_host *host, shared_buffer *buffer, uint64_t count, size_t size) {
    shared_buffer larger = {0};
    size_t wanted = 0;
    int code = total_size(host, count, size, &wanted);
    if (code || (buffer->data && wanted <= buffer->size))
        return code;
    if (wanted < 2 * buffer->size)
        wanted = 2 * buffer->size;
    code = shared_buffer_reserve(host, &larger, wanted, 1);
    if (code)
        return code;
    if (buffer->size)
        memcpy(larger.data, buffer->data, buffer->size);
    shared_buffer_free(host, buffer);
    *buffer = larger;
    return 0;
}

void shared_buffer_free(const ambit_host *host, shared_buffer *buffer) {
    shared_release(host, buffer->data);
    *buffer = (shared_buffer){0};
}

void shared_release(const ambit_host *host, void *memory) {
    if (memory)
        host->release(host->context, memory);
}
