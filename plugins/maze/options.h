/* Rows of the option table that source and environment share: they name the same maze.
 *
 * The maze by default is one whose ways are of middling length (about 5 m): 100 smooth
 * demonstrations are some 5,700 steps, 5,000 jagged ones some 322,000.
 */
#ifndef AMBIT_MAZE_OPTIONS_H
#define AMBIT_MAZE_OPTIONS_H

#include "world.h"

/* Integers of options are compared with their bounds in double precision: up to 2⁵³ − 1. */
#define MAZE_LARGEST_SEED 9007199254740991.0

#define MAZE_OPTION_CELLS                                                                          \
    {                                                                                              \
        "cells", AMBIT_OPTION_INTEGER, "5", MAZE_MIN_CELLS, MAZE_MAX_CELLS, NULL, "cells",         \
            "Cells of 1 m along each side of the maze"                                             \
    }

#define MAZE_OPTION_MAZE_SEED                                                                      \
    {                                                                                              \
        "maze_seed", AMBIT_OPTION_INTEGER, "21", 0, MAZE_LARGEST_SEED, NULL, NULL,                 \
            "Which maze; demonstrations and environment need the same one"                         \
    }

#endif
