#include "buffer.h"

int openx_reserve(const ambit_host *host, openx_buffer *buffer, uint64_t count, size_t size) {
    if (count > SIZE_MAX / size)
        return host->fail(host->context, AMBIT_FAULT_MEMORY,
                          "openx: %llu elements of %zu bytes do not fit into memory; check the "
                          "shapes in features.json",
                          (unsigned long long)count, size);
    size_t wanted = count ? (size_t)count * size : 1;
    if (buffer->data && wanted <= buffer->size)
        return 0;
    openx_buffer_free(host, buffer);
    buffer->data = host->allocate(host->context, wanted, 1);
    if (!buffer->data)
        return AMBIT_FAULT_MEMORY;
    buffer->size = wanted;
    return 0;
}

void openx_buffer_free(const ambit_host *host, openx_buffer *buffer) {
    openx_release(host, buffer->data);
    *buffer = (openx_buffer){0};
}

void openx_release(const ambit_host *host, void *memory) {
    if (memory)
        host->release(host->context, memory);
}
