/* Jagged paths: rapidly-exploring random trees (LaValle 1998), without smoothing.
 *
 * From the node nearest to a random place (the goal itself one time in twenty) the tree grows
 * towards it by at most one leg, where that keeps MAZE_RRT_MARGIN away from walls, until it can
 * reach the goal in one more leg.
 */
#ifndef AMBIT_MAZE_RRT_H
#define AMBIT_MAZE_RRT_H

#include "path.h"

#define MAZE_RRT_LEG MAZE_LONGEST_LEG
#define MAZE_RRT_GOAL_BIAS 0.05
/* More than the robot's own 0.02 m: a policy that copies a path not quite exactly shall be punished
 * for its jerk only, not for touching walls too. */
#define MAZE_RRT_MARGIN 0.1

enum { MAZE_RRT_NODES = MAZE_MAX_POINTS - 1, MAZE_RRT_TRIES = 200000 };

/* Memory of the search; its contents mean nothing between calls. */
typedef struct {
    int count;
    double x[MAZE_RRT_NODES], y[MAZE_RRT_NODES]; /* apart, so that the search of them is fast */
    int parent[MAZE_RRT_NODES];                  /* of the root: −1 */
} maze_tree;

/* Writes a path for a task; 0 when none was found within MAZE_RRT_NODES or MAZE_RRT_TRIES. */
int maze_rrt(const maze_world *world, const maze_task *task, maze_random *random, maze_tree *tree,
             maze_path *path);

#endif
