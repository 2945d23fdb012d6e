/* Watches over the program while a function of a plugin runs.
 *
 * A plugin runs inside the program, so it can end it. Whatever it does of the following is told on
 * stderr, with the plugin, its function and the episode or trial, and ends this process with a
 * failure (and so, under a launcher, the other ranks):
 *
 *   exit(), quick_exit(), _exit()   exit code 70, whatever code the plugin gave
 *   a deadly signal                 goes on to who handled it before, or to the system, which may
 *                                   leave a core
 *   no sign of life                 exit code 70 after AMBIT_PLUGIN_SECONDS (60; 0: no limit).
 *                                   Returning is a sign of life, and calling the host is
 *   taking all memory               exit code 70 where a function runs while the program's own
 * memory is above AMBIT_PLUGIN_MEGABYTES (0: no limit; default: three quarters of what there is, by
 * the node and by cgroups, over the ranks of the node)
 *
 * The two variables are read when the first plugin is loaded. This is the one place in the
 * libraries that prints and exits: nobody else is left to do it. One thread calls plugins, the one
 * that calls these functions; a second one looks on, ten times a second, as long as a plugin is
 * loaded.
 *
 * Internal to plugins/.
 */
#ifndef AMBIT_PLUGINS_GUARD_H
#define AMBIT_PLUGINS_GUARD_H

#include "loader.h"

/* Begins and ends to look on, once a plugin that is loaded: the first and the last do it. start()
 * fails where a variable is no number (AMBIT_CONFIG) or there is no thread to be had. */
ambit_status ambit_guard_start(void);
void ambit_guard_stop(void);

/* Around each call into a plugin. `call` is what runs ("episode()"), a constant. */
void ambit_guard_enter(const ambit_plugin *plugin, const char *call);
void ambit_guard_leave(void);

/* The plugin has given a sign of life. */
void ambit_guard_sign(void);

#endif
