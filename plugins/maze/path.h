/* Paths through the maze, walking along them, and how smooth a walk was.
 *
 * Nothing here fails or allocates.
 */
#ifndef AMBIT_MAZE_PATH_H
#define AMBIT_MAZE_PATH_H

#include "world.h"

#include <stdint.h>

#define MAZE_NOMINAL_STEP 0.1 /* metres a step, the same for both sorts of demonstrations */
#define MAZE_LONGEST_LEG 0.25 /* between successive points of a path, metres */

/* Most points of a path, and most positions of a walk along one: each leg takes at most
 * MAZE_LONGEST_LEG / MAZE_NOMINAL_STEP = 2.5 steps, and ramps add a few. */
enum { MAZE_MAX_POINTS = 8192, MAZE_MAX_POSITIONS = MAZE_MAX_POINTS * 5 / 2 + 64 };

typedef struct {
    int count;
    maze_point points[MAZE_MAX_POINTS];
} maze_path;

/* Walks along a path of length L at MAZE_NOMINAL_STEP a step, speeding up over the first `ramp`
 * steps and slowing down over the last. Step i of a ramp has the fraction s((i + ½)/ramp) of full
 * speed, s(x) = 3x² − 2x³; these sum to ramp/2, so n = round(L/step + ramp) steps are taken, and
 * all are scaled alike so that they sum to L. Writes n + 1 positions (x, y), of which the first is
 * the path's first point and the last its last, and returns n + 1 ≤ MAZE_MAX_POSITIONS. */
int maze_walk(const maze_path *path, int ramp, float *positions);

/* Mean of |k-th difference|²/dt^(2k) over a walk of `count` positions, k = 1, 2 or 3: squared
 * speed, acceleration (m²/s⁴) or jerk (m²/s⁶). 0 when there are too few positions for one. */
double maze_roughness(const float *positions, int64_t count, int k);

/* Length of a walk in metres. */
double maze_length(const float *positions, int64_t count);

#endif
