/* The environment that a configuration names. */
#ifndef AMBIT_MPI_CONFIG_ENVIRONMENT_CHECK_H
#define AMBIT_MPI_CONFIG_ENVIRONMENT_CHECK_H

#include "settings.h"

/* Checks that the environment's plugin, where one is named, can be loaded, and the options against
 * its table, without opening it: what is wrong would otherwise show only in the evaluation. Not
 * collective. */
ambit_status ambit_environment_check(const ambit_settings *settings);

#endif
