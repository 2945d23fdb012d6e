/* The maze: cells × cells squares of 1 m, thin walls, a point robot.
 *
 * Made by a random depth-first spanning tree of the cells, after which MAZE_OPENED more walls are
 * taken out, so that some places can be reached in two ways. Cell (column, row) has the number
 * row·cells + column and spans [column, column + 1] × [row, row + 1]; all lengths are metres.
 *
 * Nothing here fails or allocates.
 */
#ifndef AMBIT_MAZE_WORLD_H
#define AMBIT_MAZE_WORLD_H

#include "random.h"

enum {
    MAZE_MIN_CELLS = 3, /* fewer leave no three walls to take out */
    MAZE_MAX_CELLS = 12,
    MAZE_MAX_AREA = MAZE_MAX_CELLS * MAZE_MAX_CELLS,
    MAZE_OPENED = 3
};

#define MAZE_STEP_SECONDS 0.1
#define MAZE_TASK_MARGIN 0.2 /* least distance of start and goal from any wall */
#define MAZE_TASK_CELLS 2    /* least distance of their cells, in doors to go through */

typedef struct {
    double x, y;
} maze_point;

typedef struct {
    int cells;
    /* vertical[i·cells + j]: a wall on the line x = i from y = j to j + 1;
     * horizontal[i·cells + j]: a wall on the line y = i from x = j to j + 1; i = 0 … cells. */
    unsigned char vertical[(MAZE_MAX_CELLS + 1) * MAZE_MAX_CELLS];
    unsigned char horizontal[(MAZE_MAX_CELLS + 1) * MAZE_MAX_CELLS];
} maze_world;

typedef struct {
    maze_point start, goal;
} maze_task;

/* The maze number `seed`; cells in [MAZE_MIN_CELLS, MAZE_MAX_CELLS]. */
void maze_world_create(maze_world *world, const ambit_host *host, int cells, uint64_t seed);

/* The neighbour of `cell` on side 0 … 3 (east, north, west, south), or −1 at the border or, where
 * `through_doors`, when a wall is between. */
int maze_neighbour(const maze_world *world, int cell, int side, int through_doors);

/* The cell a point of the maze is in. */
int maze_cell(const maze_world *world, maze_point point);

/* A shortest way by doors: writes the cells from `from` to `to`, both included, and returns how
 * many they are; 0 when there is no way. */
int maze_route(const maze_world *world, int from, int to, int route[MAZE_MAX_AREA]);

/* Distance from the segment a–b to the nearest wall, 0 where they touch; `reach` when no wall is
 * nearer than that. Only walls within reach are looked at. */
double maze_clearance(const maze_world *world, maze_point a, maze_point b, double reach);

/* Start and goal: uniform over the places MAZE_TASK_MARGIN away from walls, their cells
 * MAZE_TASK_CELLS or more apart. Coordinates are multiples of cells/2²⁰ m, exact in single
 * precision: what the robot stands on is what was drawn. */
maze_task maze_task_draw(const maze_world *world, maze_random *random);

#endif
