/* A small host for tests of the plugin openx, without the loader: it keeps the last failure and the
 * log, counts memory, and can refuse the n-th allocation. */
#ifndef OPENX_HOST_H
#define OPENX_HOST_H

#include "plugins/ambit_plugin.h"

/* Options by the plugin's names; 0 and NULL stand for the defaults. */
typedef struct {
    const char *split, *standardise, *skip, *missing, *text;
    int no_images, no_language, decode, join;
} openx_choice;

typedef struct {
    ambit_host table;
    int faults;         /* calls of fail() */
    int fault;          /* enum ambit_fault of the last */
    char message[4096]; /* of the last failure */
    char log[8192];     /* all lines */
    long live;          /* allocations not released */
    long refuse_in;     /* so many allocations succeed, then one fails; -1: all succeed */
    void *library;
    const ambit_plugin_info *info;
    const ambit_source_ops *ops;
    void *self; /* NULL: not open */
    ambit_source_description description;
} openx_host;

/* Loads the plugin, and ends the test program when that is not possible. */
void openx_host_start(openx_host *host);
void openx_host_stop(openx_host *host);

/* Opens the plugin on a folder; on success it is described too. Returns the plugin's code. */
int openx_host_open(openx_host *host, const char *folder, const openx_choice *choice);

/* Closes it, when it is open, and checks that all memory came back. */
void openx_host_close(openx_host *host);

/* The number of a field, or -1. */
int openx_host_field(const openx_host *host, const char *name);

/* Bytes of the values of field `f` in an episode. */
size_t openx_host_bytes(const openx_host *host, int f, const ambit_episode *episode);

/* FNV-1a over everything the plugin gives: fields, names, steps and values of all episodes. Returns
 * 0 when an episode fails. Whatever it says is there is read. */
uint64_t openx_host_digest(openx_host *host);

/* FNV-1a, continued from `digest` (0 to start). */
uint64_t openx_fnv(uint64_t digest, const void *data, size_t size);

/* CRC-32C, bit by bit. */
uint32_t openx_crc32c(uint32_t crc, const void *data, size_t size);

#endif
