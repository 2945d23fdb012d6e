/* Memory from the host; buffers are used again from episode to episode. */
#ifndef OPENX_BUFFER_H
#define OPENX_BUFFER_H

#include "ambit_plugin.h"

/* Starts as zeros; the owner ends it with openx_buffer_free(). */
typedef struct {
    void *data;
    size_t size; /* bytes */
} openx_buffer;

/* Makes room for `count` elements of `size` bytes; what was in it is lost when it has to grow.
 * 0, or a failure that the host knows of. */
int openx_reserve(const ambit_host *host, openx_buffer *buffer, uint64_t count, size_t size);

void openx_buffer_free(const ambit_host *host, openx_buffer *buffer);

/* host->release(), NULL allowed. */
void openx_release(const ambit_host *host, void *memory);

#endif
