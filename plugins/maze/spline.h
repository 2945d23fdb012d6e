/* Smooth paths, the stand-in for demonstrations by graphs of convex sets ("gcs").
 *
 * A uniform cubic B-spline whose control points are the start three times, the middle of each door
 * on a shortest way by cells, and the goal three times (so that it begins at the start and ends at
 * the goal). It stays inside the hull of four successive control points, hence away from corners.
 */
#ifndef AMBIT_MAZE_SPLINE_H
#define AMBIT_MAZE_SPLINE_H

#include "path.h"

#define MAZE_SPLINE_MARGIN 0.15 /* least distance from walls, metres */
enum { MAZE_SPLINE_RAMP = 8 };  /* steps of speeding up and slowing down */

/* Writes the path for a task; 0 when it comes nearer to a wall than MAZE_SPLINE_MARGIN. */
int maze_spline(const maze_world *world, const maze_task *task, maze_path *path);

#endif
