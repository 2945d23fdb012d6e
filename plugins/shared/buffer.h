/* Memory from the host, used again from episode to episode, and views of bytes that somebody else
 * owns. */
#ifndef AMBIT_SHARED_BUFFER_H
#define AMBIT_SHARED_BUFFER_H

#include "ambit_plugin.h"

/* Some bytes of somebody else's. */
typedef struct {
    const uint8_t *data;
    size_t size;
} shared_span;

/* Starts as zeros; the owner ends it with shared_buffer_free(). */
typedef struct {
    void *data;
    size_t size; /* bytes */
} shared_buffer;

/* Makes room for `count` elements of `size` bytes (never NULL afterwards). What was in it is lost
 * when it has to grow. 0, or a failure that the host knows of. */
int shared_buffer_reserve(const ambit_host *host, shared_buffer *buffer, uint64_t count,
                          size_t size);

/* As shared_buffer_reserve(), but what was in it is kept; it at least doubles when it has to grow,
 * so that adding little by little costs no more than adding at once. */
int shared_buffer_grow(const ambit_host *host, shared_buffer *buffer, uint64_t count, size_t size);

void shared_buffer_free(const ambit_host *host, shared_buffer *buffer);

/* host->release(), NULL allowed. */
void shared_release(const ambit_host *host, void *memory);

#endif
