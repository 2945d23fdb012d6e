/* Finds, checks and opens plugins.
 *
 * Plugins are looked for in the folders of AMBIT_PLUGIN_PATH (colon separated), then in the folder
 * they were installed to, then, for a binary that runs from its build folder, in plugins/ beside
 * it. The first file of the right name decides. A folder that does not exist is passed over; a file
 * that cannot be used is never passed over silently: whoever asks for it by name gets the reason,
 * and `ambit plugin list` shows it.
 *
 * What is checked before open() of the plugin is called, each with a message of its own: nobody but
 * this user or root decides what the file holds, nor which file its path leads to (safe_file.h);
 * all of the file is there; dlopen (its text is kept); the symbol; magic; ABI major equal and minor
 * not newer; struct sizes; kind, name and file name agree; capabilities known; options well formed.
 *
 * While a function of a plugin runs, the program is watched over: see guard.h.
 *
 * Not collective: each rank loads for itself. `digest` lets the ranks compare what they loaded.
 */
#ifndef AMBIT_PLUGINS_LOADER_H
#define AMBIT_PLUGINS_LOADER_H

#include "../core/base/status.h"
#include "ambit_plugin.h"

#include <stdint.h>

typedef struct ambit_plugin ambit_plugin;

/* An option as the user gave it: text, and where it stands for messages ("maze.yaml:12:9"). */
typedef struct {
    const char *name, *value, *where;
} ambit_plugin_setting;

/* Loads plugin `name` of `kind` (an enum ambit_plugin_kind). The caller closes it with
 * ambit_plugin_unload(). AMBIT_UNAVAILABLE when it is not found (the message lists the folders
 * searched and the nearest names) or refused. */
ambit_status ambit_plugin_load(uint32_t kind, const char *name, ambit_plugin **plugin);

/* As ambit_plugin_load(), from the very file `path`; AMBIT_NO_INPUT when it does not exist. */
ambit_status ambit_plugin_load_file(const char *path, ambit_plugin **plugin);

/* Closes and unloads; NULL is allowed. */
void ambit_plugin_unload(ambit_plugin *plugin);

/* What the plugin says of itself, the file it came from, and the FNV-1a digest of the file's bytes.
 * All valid until unload. Tables (options; fields and metrics below) are the loader's copies, so
 * they can be indexed whatever minor version the plugin was compiled with. */
const ambit_plugin_info *ambit_plugin_about(const ambit_plugin *plugin);
const char *ambit_plugin_path(const ambit_plugin *plugin);
uint64_t ambit_plugin_digest(const ambit_plugin *plugin);

/* Checks settings against the plugin's option table, all errors in one message (AMBIT_CONFIG), one
 * a line, without opening it. Values: true/false/yes/no/on/off, whole and decimal numbers, text. */
ambit_status ambit_plugin_check_settings(const ambit_plugin *plugin,
                                         const ambit_plugin_setting *settings, int count);

/* Opens the plugin on `location` (NULL: none) with `settings` (checked as above, defaults filled
 * in), and asks it to describe itself. May be called once a plugin; after a failure only unload it.
 */
ambit_status ambit_plugin_open(ambit_plugin *plugin, const char *location,
                               const ambit_plugin_setting *settings, int count);

/* The opened source: described once, checked, and then episode by episode. Values that are NaN or
 * infinite, offsets that go backwards, σ bounds outside [0, 1] and counts that lie are errors
 * (AMBIT_DATA) that name plugin, episode, field and step; after one, other episodes can still be
 * asked for. `describe` is NULL for a plugin of the other kind. Pointers belong to the plugin and
 * hold until its next call. */
const ambit_source_description *ambit_source_describe(const ambit_plugin *plugin);
ambit_status ambit_source_episode(ambit_plugin *plugin, int64_t index, ambit_episode *episode);

/* The opened environment. Every call checks what comes back as for sources, and messages name the
 * trial. What a plugin does not write is an error, but for the reference: NaN in all of it says
 * that observe() gave none. Worlds are destroyed before the plugin is unloaded; NULL is allowed. */
typedef struct ambit_world ambit_world;

const ambit_environment_description *ambit_environment_describe(const ambit_plugin *plugin);
ambit_status ambit_world_create(ambit_plugin *plugin, ambit_world **world);
void ambit_world_destroy(ambit_world *world);
ambit_status ambit_world_reset(ambit_world *world, uint64_t seed, uint64_t trial);
ambit_status ambit_world_observe(ambit_world *world, float *observation, float *reference);
ambit_status ambit_world_step(ambit_world *world, const float *action, int *ended);
ambit_status ambit_world_result(ambit_world *world, int *success, double *metrics);
/* AMBIT_OK and nothing drawn when the plugin does not draw. */
ambit_status ambit_world_draw(ambit_world *world, const ambit_canvas *canvas);

/* One file found on the search path: usable (plugin information copied) or not (reason). */
typedef struct {
    char path[4096];
    uint32_t kind;
    char name[32], version[64], summary[256];
    ambit_status status; /* AMBIT_OK: usable */
    char reason[1024];
} ambit_plugin_found;

/* Lists every ambit_*.so on the search path, in search order, those that cannot be used too. The
 * caller frees *found with free(). */
ambit_status ambit_plugin_list(ambit_plugin_found **found, int *count);

/* Before the first plugin is loaded: what goes before the last words of a program that a plugin
 * ended ("[rank 1 node07] "; see guard.h), and how many processes share this node's memory, which
 * decides how much of it each may take. Without it: nothing, and one. */
void ambit_plugin_watch(const char *place, int sharers);

/* Where log lines of plugins go; without it they are dropped. Set once at start. */
void ambit_plugin_log_to(void (*line)(enum ambit_log_level level, const char *plugin,
                                      const char *text));

/* The number of bytes of one element, and of elements a step of a field. */
size_t ambit_element_size(enum ambit_element element);
int64_t ambit_field_length(const ambit_field *field);

#endif
