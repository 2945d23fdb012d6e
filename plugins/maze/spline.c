#include "spline.h"

/* Points a span; a span between doors is at most about 1 m long. */
enum { POINTS_A_SPAN = 32, MAX_CONTROLS = MAZE_MAX_AREA + 5 };

_Static_assert((MAX_CONTROLS - 3) * POINTS_A_SPAN < MAZE_MAX_POINTS, "the longest spline fits");

static maze_point centre_of(const maze_world *world, int cell) {
    const int column = cell % world->cells, row = cell / world->cells;
    return (maze_point){column + 0.5, row + 0.5};
}

static int set_controls(const maze_world *world, const maze_task *task,
                        maze_point controls[MAX_CONTROLS]) {
    int route[MAZE_MAX_AREA], count = 0;
    const int cells =
        maze_route(world, maze_cell(world, task->start), maze_cell(world, task->goal), route);
    for (int i = 0; i < 3; i++)
        controls[count++] = task->start;
    for (int i = 0; i + 1 < cells; i++) {
        const maze_point a = centre_of(world, route[i]), b = centre_of(world, route[i + 1]);
        controls[count++] = (maze_point){(a.x + b.x) / 2, (a.y + b.y) / 2};
    }
    for (int i = 0; i < 3; i++)
        controls[count++] = task->goal;
    return count;
}

/* The uniform cubic B-spline at u in [0, 1] of the span of four control points. */
static maze_point evaluate(const maze_point c[4], double u) {
    const double v = 1 - u;
    const double weights[4] = {v * v * v / 6, (3 * u * u * u - 6 * u * u + 4) / 6,
                               (3 * v * v * v - 6 * v * v + 4) / 6, u * u * u / 6};
    maze_point point = {0, 0};
    for (int i = 0; i < 4; i++) {
        point.x += weights[i] * c[i].x;
        point.y += weights[i] * c[i].y;
    }
    return point;
}

int maze_spline(const maze_world *world, const maze_task *task, maze_path *path) {
    maze_point controls[MAX_CONTROLS];
    const int spans = set_controls(world, task, controls) - 3;
    path->count = 0;
    for (int span = 0; span < spans; span++)
        for (int i = 0; i < POINTS_A_SPAN; i++)
            path->points[path->count++] = evaluate(controls + span, (double)i / POINTS_A_SPAN);
    path->points[0] = task->start; /* exactly, not to rounding */
    path->points[path->count++] = task->goal;
    for (int i = 0; i + 1 < path->count; i++)
        if (maze_clearance(world, path->points[i], path->points[i + 1], MAZE_SPLINE_MARGIN) <
            MAZE_SPLINE_MARGIN)
            return 0;
    return 1;
}
