/* The plugin interface of Ambit, version 1.1: all that a plugin needs to include.
 *
 * A plugin is a shared library that Ambit opens at run time. It links against nothing of Ambit's:
 * everything it may ask of the program is in the table `ambit_host` it is handed. Two kinds exist:
 *
 *   source        reads one public data set in its own format and yields episodes
 *   environment   a world to act in, for closed-loop evaluation
 *
 * The life of a plugin, in the order in which its functions are called:
 *
 *   ambit_plugin_query()                  who are you? no side effects; may be called alone
 *     └─ info->open(host, options, …)     validated options; returns `self`, or an error
 *          source:                        environment:
 *          ├─ describe(self)              ├─ describe(self)
 *          ├─ episode(self, i)  …         ├─ create(self) → world
 *          │                              │    ├─ reset(world, seed, trial)
 *          │                              │    │    ├─ observe(world)
 *          │                              │    │    └─ step(world, action) …
 *          │                              │    │    └─ result(world), draw(world)
 *          │                              │    └─ destroy(world)
 *          └─ close(self)                 └─ close(self)
 *
 * Rules
 * - File, kind and name agree: the source "maze" is in the file `ambit_source_maze.so`, the
 *   environment "maze" in `ambit_environment_maze.so`.
 * - Structs that cross the border carry their size as the plugin was compiled with, rows of tables
 *   (options, fields, metrics) beside the table's count. Ambit reads no further than that; a member
 *   that is missing or NULL means the default. Members are only ever added at the end.
 * - A struct that a plugin fills in (a description, an episode) comes zeroed, struct_size set; σ
 *   bounds come as NaN. Setting the whole struct anew is fine too: then set these as well.
 * - ABI major must equal Ambit's; ABI minor must not be newer than Ambit's.
 * - Functions return 0 for success. On failure they call host->fail() once, with a sentence
 *   "WHERE: WHAT; REMEDY", and return the code that fail() returns: returning 0 after fail() is a
 *   failure too. Ambit puts the plugin's name in front, and the episode or trial. After a failure
 * of anything but open(), further calls may follow.
 * - Functions return, and soon: one that ends the program, crashes, gives no sign of life for a
 *   minute (returning is one, calling the host is), or takes all memory ends the job with a message
 *   that names the plugin.
 * - One thread calls a plugin. Several processes (ranks) have it open at the same time and must
 *   get the same answers to the same questions, in whatever order they are asked: take random
 *   numbers from host->random only.
 * - The host checks what comes back: sizes, NaN, σ bounds. A plugin that lies is refused, by name.
 */
#ifndef AMBIT_PLUGIN_H
#define AMBIT_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AMBIT_PLUGIN_MAGIC 0x54424d41u /* "AMBT" */
#define AMBIT_ABI_MAJOR 1
#define AMBIT_ABI_MINOR 1

#if defined(__GNUC__)
#define AMBIT_PLUGIN_EXPORT __attribute__((visibility("default")))
#define AMBIT_PLUGIN_PRINTF __attribute__((format(printf, 3, 4)))
#else
#define AMBIT_PLUGIN_EXPORT
#define AMBIT_PLUGIN_PRINTF
#endif

/* ---------------------------------------------------------------- what the host offers */

enum ambit_log_level { AMBIT_LOG_DEBUG, AMBIT_LOG_INFO, AMBIT_LOG_WARNING };

/* What kind of failure it was; decides the exit code of the program. */
enum ambit_fault {
    AMBIT_FAULT_DATA = 1,    /* the data is damaged or not what it should be */
    AMBIT_FAULT_NO_INPUT,    /* a file is missing or unreadable */
    AMBIT_FAULT_OPTION,      /* an option's value cannot be used */
    AMBIT_FAULT_MEMORY,      /* no memory */
    AMBIT_FAULT_UNSUPPORTED, /* valid, but this plugin cannot do it */
    AMBIT_FAULT_INTERNAL     /* a fault of the plugin itself */
};

typedef struct ambit_host {
    uint32_t struct_size;
    uint16_t abi_major, abi_minor;
    void *context; /* pass it back as the first argument of each function below */

    /* A line for the user, shown once however many ranks say it. printf format. */
    AMBIT_PLUGIN_PRINTF
    void (*log)(void *context, enum ambit_log_level level, const char *format, ...);

    /* Records why a function fails; returns the code to return. printf format. */
    AMBIT_PLUGIN_PRINTF
    int (*fail)(void *context, enum ambit_fault fault, const char *format, ...);

    /* Zeroed memory, or NULL after a call of fail(); free it with release(). */
    void *(*allocate)(void *context, size_t count, size_t size);
    void (*release)(void *context, void *memory);

    /* Four random words: a pure function of (seed, stream, index, block). `stream` is the plugin's
     * own number, below 2³¹, for what they are for. */
    void (*random)(void *context, uint64_t seed, uint32_t stream, uint64_t index, uint32_t block,
                   uint32_t words[4]);

    /* CRC-32C (Castagnoli) of `size` bytes, continuing from `crc` (0 to start). */
    uint32_t (*crc32c)(void *context, uint32_t crc, const void *data, size_t size);
} ambit_host;

/* ---------------------------------------------------------------- who the plugin is */

enum ambit_plugin_kind { AMBIT_PLUGIN_SOURCE = 1, AMBIT_PLUGIN_ENVIRONMENT = 2 };

enum ambit_option_type {
    AMBIT_OPTION_BOOLEAN = 1,
    AMBIT_OPTION_INTEGER,
    AMBIT_OPTION_NUMBER,
    AMBIT_OPTION_TEXT
};

/* One option the plugin understands: a row of the configuration's schema. */
typedef struct ambit_option {
    const char *name;        /* [a-z][a-z0-9_]*, at most 31 characters, unique */
    uint32_t type;           /* enum ambit_option_type */
    const char *initial;     /* default, as the user would write it; never NULL */
    double minimum, maximum; /* of integers and numbers; both 0: unbounded; may be ±INFINITY */
    const char *choices;     /* of text: "a|b|c"; NULL: any */
    const char *unit, *help; /* unit may be NULL; help is one line */
} ambit_option;

/* The value of an option, in the order of the plugin's own table. Text lives as long as `self`. */
typedef union ambit_option_value {
    int boolean;
    int64_t integer;
    double number;
    const char *text;
} ambit_option_value;

typedef struct ambit_plugin_info {
    uint32_t magic; /* AMBIT_PLUGIN_MAGIC */
    uint16_t abi_major, abi_minor;
    uint32_t struct_size;
    uint32_t kind;         /* enum ambit_plugin_kind */
    const char *name;      /* [a-z][a-z0-9_]*, at most 31 characters */
    const char *version;   /* of the plugin */
    const char *licence;   /* SPDX identifier */
    const char *summary;   /* one line */
    uint64_t capabilities; /* flags; none are defined so far: must be 0 */
    const ambit_option *options;
    uint32_t option_count;
    uint32_t option_size; /* sizeof(ambit_option) as compiled */

    /* Opens the plugin. `location` is what the user named (a file, a folder, a word; "" for none).
     * Stores the operations (ambit_source_ops or ambit_environment_ops, by kind) and the
     * plugin's own state. On failure nothing stays open. */
    int (*open)(const ambit_host *host, const char *location, const ambit_option_value *options,
                const void **ops, void **self);

    /* Since 1.1. What `location` is, in one line: "a file of raw floats"; "" where none is needed;
     * NULL: not said. */
    const char *location;
} ambit_plugin_info;

/* The one symbol a plugin exports. Returns a constant; does nothing else. */
AMBIT_PLUGIN_EXPORT const ambit_plugin_info *ambit_plugin_query(void);

/* ---------------------------------------------------------------- sources */

enum ambit_element {
    AMBIT_F32 = 1,
    AMBIT_I64 = 2,
    AMBIT_U8 = 3,
    AMBIT_BYTES = 4 /* a run of bytes a step, of any length: an encoded image, a sentence */
};

enum { AMBIT_MAX_RANK = 4, AMBIT_MAX_FIELDS = 64, AMBIT_MAX_FIELD_NAME = 127 };

/* One field: the same shape at every step. */
typedef struct ambit_field {
    uint32_t struct_size; /* or 0: as field_size */
    const char *name; /* "action", "observation/state": [A-Za-z0-9_./-]+, ≤ 127 long, unique */
    uint32_t element; /* enum ambit_element */
    uint32_t rank;    /* 0 to AMBIT_MAX_RANK; a scalar and AMBIT_BYTES have rank 0 */
    int64_t shape[AMBIT_MAX_RANK]; /* each ≥ 1 */
    uint64_t zero_padded;  /* bit d set: element d (of at most 64) pads with zero, else repeats */
    uint64_t unnormalised; /* bit d set: element d keeps its value under normalisation */
    const char *media; /* of AMBIT_BYTES: "image/jpeg", "image/png", "text/plain", or NULL: mixed */
    const char *unit, *help; /* may be NULL */
} ambit_field;

typedef struct ambit_source_description {
    uint32_t struct_size;
    const ambit_field *fields; /* owned by the plugin until close() */
    uint32_t field_count;
    uint32_t field_size; /* sizeof(ambit_field) as compiled */
    int64_t episode_count;
    double step_seconds; /* time between steps; 0: not known */
} ambit_source_description;

/* What one field holds over an episode. */
typedef struct ambit_column {
    /* steps × shape elements, steps first, naturally aligned, floats finite; of AMBIT_BYTES: all
     * bytes. May be NULL when there are none. */
    const void *values;
    const uint64_t *offsets; /* of AMBIT_BYTES: steps + 1 rising offsets into values; else NULL */
} ambit_column;

/* An episode. All pointers belong to the plugin and hold until its next call. */
typedef struct ambit_episode {
    uint32_t struct_size;
    const char *name;            /* where it comes from, for messages and provenance */
    int64_t steps;               /* ≥ 0; an episode of 0 steps is skipped and counted */
    const ambit_column *columns; /* one a field, in the order of describe() */
    /* In [0, 1], the noise levels at which it may be used: those of σ ≥ sigma_min and, as well, of
     * σ ≤ sigma_max. NaN: the plugin has no opinion. */
    double sigma_min, sigma_max;
} ambit_episode;

typedef struct ambit_source_ops {
    uint32_t struct_size;
    uint16_t abi_major, abi_minor;
    int (*describe)(void *self, ambit_source_description *description);
    /* Episode 0 ≤ index < episode_count, in any order, also twice. */
    int (*episode)(void *self, int64_t index, ambit_episode *episode);
    void (*close)(void *self);
} ambit_source_ops;

/* ---------------------------------------------------------------- environments */

/* One number a trial ends with. */
typedef struct ambit_metric {
    const char *name, *unit, *help; /* unit may be NULL */
    int lower_is_better;
} ambit_metric;

typedef struct ambit_environment_description {
    uint32_t struct_size;
    int64_t observation_size; /* floats a step that observe() writes */
    int64_t action_size;      /* floats that step() takes */
    int64_t step_limit;       /* a trial ends after so many steps, ≥ 1 */
    double step_seconds;
    const ambit_metric *metrics; /* owned by the plugin until close() */
    uint32_t metric_count;       /* at most 16 */
    uint32_t metric_size;        /* sizeof(ambit_metric) as compiled */
    double bounds[4];            /* of drawings: x low, y low, x high, y high */
} ambit_environment_description;

enum ambit_paint {
    AMBIT_PAINT_WALL = 1, /* what the robot must not touch */
    AMBIT_PAINT_PATH,     /* what the robot did */
    AMBIT_PAINT_START,
    AMBIT_PAINT_GOAL,
    AMBIT_PAINT_OBJECT
};

/* Where draw() draws to. Coordinates are those of `bounds`. */
typedef struct ambit_canvas {
    uint32_t struct_size;
    void *context;
    /* An open line through `count` points (x, y). */
    void (*line)(void *context, enum ambit_paint paint, int64_t count, const float *points);
    void (*circle)(void *context, enum ambit_paint paint, float x, float y, float radius);
} ambit_canvas;

typedef struct ambit_environment_ops {
    uint32_t struct_size;
    uint16_t abi_major, abi_minor;
    int (*describe)(void *self, ambit_environment_description *description);
    /* A world for one trial at a time; many may exist side by side. */
    int (*create)(void *self, void **world);
    void (*destroy)(void *self, void *world);
    /* Begins trial `trial`: the same (seed, trial) is the same trial everywhere. */
    int (*reset)(void *self, void *world, uint64_t seed, uint64_t trial);
    /* Writes the observation now (observation_size floats): what the fields of the configuration's
     * data.observation hold in the data, in their order and units. And the reference (action_size
     * floats): what relative actions add to, where the configuration says data.relative; elsewhere
     * it may stay unwritten. What is written is finite. */
    int (*observe)(void *self, void *world, float *observation, float *reference);
    /* One action. *ended becomes 1 when the trial is over, by success or failure. */
    int (*step)(void *self, void *world, const float *action, int *ended);
    /* After the end or the step limit: *success is 0 or 1; metric_count finite numbers. */
    int (*result)(void *self, void *world, int *success, double *metrics);
    /* Optional: draws the world and what happened in it so far. */
    int (*draw)(void *self, void *world, const ambit_canvas *canvas);
    void (*close)(void *self);
} ambit_environment_ops;

#ifdef __cplusplus
}
#endif
#endif
