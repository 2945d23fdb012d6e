/* Source "demo": positions (x, y) in a file of raw 32-bit floats, cut into episodes of equal
 * length.
 *
 *   location: the file; option `steps`: rows an episode; a rest shorter than that is left out */
#include "ambit_plugin.h"

#include <stdio.h>

typedef struct {
    const ambit_host *host;
    const char *path;
    FILE *file;
    int64_t steps, episodes;
    float *rows;
    ambit_column column;
    char name[64];
} demo;

static const ambit_field fields[] = {
    {.name = "action", .element = AMBIT_F32, .rank = 1, .shape = {2}, .unit = "m", .help = "x, y"}};

static int describe(void *self, ambit_source_description *about) {
    const demo *d = self;
    *about = (ambit_source_description){.struct_size = sizeof *about,
                                        .fields = fields,
                                        .field_count = 1,
                                        .field_size = sizeof fields[0],
                                        .episode_count = d->episodes,
                                        .step_seconds = 0.1};
    return 0;
}

static int episode(void *self, int64_t index, ambit_episode *out) {
    demo *d = self;
    const long row_size = 2 * sizeof(float), start = (long)(index * d->steps) * row_size;
    if (fseek(d->file, start, SEEK_SET) != 0 ||
        fread(d->rows, row_size, (size_t)d->steps, d->file) != (size_t)d->steps)
        return d->host->fail(d->host->context, AMBIT_FAULT_DATA,
                             "%s: byte %ld: the file ended early; copy it again", d->path, start);
    snprintf(d->name, sizeof d->name, "rows from %lld", (long long)(index * d->steps));
    d->column.values = d->rows;
    out->name = d->name; /* σ bounds stay as they are: no opinion */
    out->steps = d->steps;
    out->columns = &d->column;
    return 0;
}

static void close_demo(void *self) {
    demo *d = self;
    if (d->file)
        fclose(d->file);
    d->host->release(d->host->context, d->rows);
    d->host->release(d->host->context, d);
}

static const ambit_source_ops operations = {.struct_size = sizeof operations,
                                            .abi_major = AMBIT_ABI_MAJOR,
                                            .abi_minor = AMBIT_ABI_MINOR,
                                            .describe = describe,
                                            .episode = episode,
                                            .close = close_demo};

static int open_demo(const ambit_host *host, const char *location,
                     const ambit_option_value *options, const void **ops, void **self) {
    demo *d = host->allocate(host->context, 1, sizeof *d);
    if (!d)
        return AMBIT_FAULT_MEMORY; /* allocate() has said why */
    d->host = host;
    d->path = location;
    d->steps = options[0].integer;
    d->rows = host->allocate(host->context, (size_t)d->steps, 2 * sizeof(float));
    d->file = d->rows ? fopen(location, "rb") : NULL;
    if (!d->file || fseek(d->file, 0, SEEK_END) != 0) {
        close_demo(d);
        return host->fail(host->context, AMBIT_FAULT_NO_INPUT,
                          "%s: cannot be opened; give the path of a file of floats", location);
    }
    d->episodes = ftell(d->file) / (int64_t)(2 * sizeof(float)) / d->steps;
    *ops = &operations;
    *self = d;
    return 0;
}

static const ambit_option options[] = {{.name = "steps",
                                        .type = AMBIT_OPTION_INTEGER,
                                        .initial = "100",
                                        .minimum = 1,
                                        .maximum = 1e6,
                                        .help = "steps of an episode"}};

static const ambit_plugin_info info = {.magic = AMBIT_PLUGIN_MAGIC,
                                       .abi_major = AMBIT_ABI_MAJOR,
                                       .abi_minor = AMBIT_ABI_MINOR,
                                       .struct_size = sizeof info,
                                       .kind = AMBIT_PLUGIN_SOURCE,
                                       .name = "demo",
                                       .version = "1.0",
                                       .licence = "MIT",
                                       .summary = "positions in files of raw floats",
                                       .options = options,
                                       .option_count = 1,
                                       .option_size = sizeof options[0],
                                       .open = open_demo,
                                       .location = "a file of raw 32-bit floats: x, y, x, y"};

const ambit_plugin_info *ambit_plugin_query(void) {
    return &info;
}
