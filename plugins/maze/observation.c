#include "observation.h"

#include "path.h"

#include <math.h>

enum { OCTAVES = 4 };

/* Writes the numbers of one place, and returns where the next ones go. */
static float *encode(int cells, const float place[2], float *out) {
    static const double pi = 3.14159265358979323846;
    const double u[2] = {2.0 * place[0] / cells - 1, 2.0 * place[1] / cells - 1};
    for (int axis = 0; axis < 2; axis++)
        *out++ = (float)u[axis];
    for (int k = 0; k < OCTAVES; k++) {
        for (int axis = 0; axis < 2; axis++)
            *out++ = (float)sin(pi * (1 << k) * u[axis]);
        for (int axis = 0; axis < 2; axis++)
            *out++ = (float)cos(pi * (1 << k) * u[axis]);
    }
    return out;
}

void maze_observe(int cells, const float position[2], const float before[2], const float goal[2],
                  float observation[MAZE_OBSERVATION_SIZE]) {
    float *out = encode(cells, goal, encode(cells, position, observation));
    for (int axis = 0; axis < 2; axis++) {
        const double ahead = (double)goal[axis] - position[axis];
        const double moved = (double)position[axis] - before[axis];
        out[axis] = (float)tanh(2 * ahead);
        out[2 + axis] = (float)(ahead / 2);
        out[4 + axis] = (float)(moved / MAZE_NOMINAL_STEP);
    }
}
