/* Files of a data set: opened, read at any place, and told apart from the pointers that Git LFS
 * leaves in their stead. */
#ifndef AMBIT_SHARED_FILE_H
#define AMBIT_SHARED_FILE_H

#include "buffer.h"

/* Starts as SHARED_NO_FILE; ended with shared_file_close(). */
typedef struct {
    const char *path; /* the caller's, for messages */
    int descriptor;   /* -1: not open */
    int64_t size;     /* bytes */
} shared_file;

#define SHARED_NO_FILE ((shared_file){.descriptor = -1})

/* Opens the regular file `path` for reading; a pointer of Git LFS is refused as one. `remedy` ends
 * the message where the file is not there or cannot be had: "complete the copy". 0, or a failure
 * that the host knows of; then nothing is open. */
int shared_file_open(const ambit_host *host, const char *path, const char *remedy,
                     shared_file *file);

/* Reads `size` bytes at `offset`, all of which must lie within file->size. */
int shared_file_read(const ambit_host *host, const shared_file *file, void *data, size_t size,
                     int64_t offset);

/* Opens, reads and closes all of a file. */
int shared_file_load(const ambit_host *host, const char *path, const char *remedy,
                     shared_buffer *buffer, shared_span *content);

/* Closes it, when it is open. */
void shared_file_close(shared_file *file);

/* 1 when nothing has this name, or a pointer of Git LFS. What is there and cannot be read is not
 * absent. */
int shared_file_is_absent(const char *path);

#endif
