#include "world.h"

#include <math.h>
#include <string.h>

/* The sides of a cell: the step to the neighbour, and which of its lines the wall is on. */
static const struct {
    int column, row;
    int vertical; /* the wall is vertical */
    int far;      /* on the line of the higher number */
} sides[4] = {{1, 0, 1, 1}, {0, 1, 0, 1}, {-1, 0, 1, 0}, {0, -1, 0, 0}};

static unsigned char *wall_of(maze_world *world, int cell, int side) {
    const int column = cell % world->cells, row = cell / world->cells;
    if (sides[side].vertical)
        return &world->vertical[(column + sides[side].far) * world->cells + row];
    return &world->horizontal[(row + sides[side].far) * world->cells + column];
}

static int is_walled(const maze_world *world, int cell, int side) {
    const int column = cell % world->cells, row = cell / world->cells;
    if (sides[side].vertical)
        return world->vertical[(column + sides[side].far) * world->cells + row];
    return world->horizontal[(row + sides[side].far) * world->cells + column];
}

int maze_neighbour(const maze_world *world, int cell, int side, int through_doors) {
    const int column = cell % world->cells + sides[side].column;
    const int row = cell / world->cells + sides[side].row;
    if (column < 0 || column >= world->cells || row < 0 || row >= world->cells)
        return -1;
    if (through_doors && is_walled(world, cell, side))
        return -1;
    return row * world->cells + column;
}

/* Goes to a random neighbour not seen yet, opening the wall; back where there is none. */
static void open_tree(maze_world *world, maze_random *random) {
    int stack[MAZE_MAX_AREA], depth = 1;
    unsigned char seen[MAZE_MAX_AREA] = {0};
    stack[0] = maze_random_below(random, world->cells * world->cells);
    seen[stack[0]] = 1;
    while (depth > 0) {
        const int cell = stack[depth - 1];
        int choices[4], count = 0;
        for (int side = 0; side < 4; side++) {
            const int next = maze_neighbour(world, cell, side, 0);
            if (next >= 0 && !seen[next])
                choices[count++] = side;
        }
        if (count == 0) {
            depth--;
            continue;
        }
        const int side = choices[maze_random_below(random, count)];
        const int next = maze_neighbour(world, cell, side, 0);
        *wall_of(world, cell, side) = 0;
        seen[next] = 1;
        stack[depth++] = next;
    }
}

/* Takes out one of the inner walls that are left, all equally likely. */
static void open_one(maze_world *world, maze_random *random) {
    unsigned char *walls[2 * MAZE_MAX_AREA];
    int count = 0;
    for (int cell = 0; cell < world->cells * world->cells; cell++)
        for (int side = 0; side < 2; side++) /* east and north: each inner wall once */
            if (maze_neighbour(world, cell, side, 0) >= 0 && is_walled(world, cell, side))
                walls[count++] = wall_of(world, cell, side);
    *walls[maze_random_below(random, count)] = 0;
}

void maze_world_create(maze_world *world, const ambit_host *host, int cells, uint64_t seed) {
    maze_random random = maze_random_open(host, seed, MAZE_STREAM_WALLS, 0);
    world->cells = cells;
    memset(world->vertical, 1, sizeof world->vertical);
    memset(world->horizontal, 1, sizeof world->horizontal);
    open_tree(world, &random);
    for (int i = 0; i < MAZE_OPENED; i++)
        open_one(world, &random);
}

int maze_cell(const maze_world *world, maze_point point) {
    const double last = world->cells - 1;
    const int column = (int)fmin(fmax(floor(point.x), 0), last);
    const int row = (int)fmin(fmax(floor(point.y), 0), last);
    return row * world->cells + column;
}

int maze_route(const maze_world *world, int from, int to, int route[MAZE_MAX_AREA]) {
    int queue[MAZE_MAX_AREA], next_on_way[MAZE_MAX_AREA], head = 0, tail = 0;
    for (int cell = 0; cell < world->cells * world->cells; cell++)
        next_on_way[cell] = -1;
    queue[tail++] = to;
    next_on_way[to] = to;
    while (head < tail) {
        const int cell = queue[head++];
        for (int side = 0; side < 4; side++) {
            const int other = maze_neighbour(world, cell, side, 1);
            if (other < 0 || next_on_way[other] >= 0)
                continue;
            next_on_way[other] = cell;
            queue[tail++] = other;
        }
    }
    if (next_on_way[from] < 0)
        return 0;
    int count = 0;
    for (int cell = from; cell != to; cell = next_on_way[cell])
        route[count++] = cell;
    route[count++] = to;
    return count;
}

static double point_to_segment(maze_point p, maze_point a, maze_point b) {
    const double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    double along = 0;
    if (length2 > 0)
        along = fmin(fmax(((p.x - a.x) * dx + (p.y - a.y) * dy) / length2, 0), 1);
    return hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

/* Twice the area of the triangle a, b, c; its sign says on which side of a–b c is. */
static double turn(maze_point a, maze_point b, maze_point c) {
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/* Segments that touch only at an end, or lie on one line, have distance 0 by their ends. */
static double segment_distance(maze_point a, maze_point b, maze_point c, maze_point d) {
    if (turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0)
        return 0;
    return fmin(fmin(point_to_segment(a, c, d), point_to_segment(b, c, d)),
                fmin(point_to_segment(c, a, b), point_to_segment(d, a, b)));
}

/* The integers in [low, high] that lie in [0, limit]. */
static void clip_range(double low, double high, int limit, int *first, int *last) {
    *first = (int)fmin(fmax(ceil(low), 0), limit + 1);
    *last = (int)fmin(fmax(floor(high), -1), limit);
}

double maze_clearance(const maze_world *world, maze_point a, maze_point b, double reach) {
    const double low[2] = {fmin(a.x, b.x) - reach, fmin(a.y, b.y) - reach};
    const double high[2] = {fmax(a.x, b.x) + reach, fmax(a.y, b.y) + reach};
    double nearest = reach;
    for (int axis = 0; axis < 2; axis++) { /* 0: walls on lines of x, 1: on lines of y */
        const unsigned char *walls = axis == 0 ? world->vertical : world->horizontal;
        int line, last_line, first, last;
        clip_range(low[axis], high[axis], world->cells, &line, &last_line);
        clip_range(low[1 - axis] - 1, high[1 - axis], world->cells - 1, &first, &last);
        for (; line <= last_line; line++)
            for (int place = first; place <= last; place++) {
                if (!walls[line * world->cells + place])
                    continue;
                const maze_point c =
                    axis == 0 ? (maze_point){line, place} : (maze_point){place, line};
                const maze_point d =
                    axis == 0 ? (maze_point){line, place + 1} : (maze_point){place + 1, line};
                nearest = fmin(nearest, segment_distance(a, b, c, d));
            }
    }
    return nearest;
}

/* One of 2²⁰ places along a side: with at most 12 cells the product fits the 24 bits of a single
 * precision number. (Rounding by a cast to float and back is not to be relied on: GCC 12 loses it
 * where it vectorises pairs.) */
static double draw_coordinate(const maze_world *world, maze_random *random) {
    return world->cells * (maze_random_below(random, 1 << 20) * 0x1p-20);
}

static maze_point draw_place(const maze_world *world, maze_random *random) {
    for (;;) {
        const double x = draw_coordinate(world, random);
        const maze_point p = {x, draw_coordinate(world, random)};
        if (maze_clearance(world, p, p, MAZE_TASK_MARGIN) >= MAZE_TASK_MARGIN)
            return p;
    }
}

maze_task maze_task_draw(const maze_world *world, maze_random *random) {
    for (;;) {
        int route[MAZE_MAX_AREA];
        const maze_point start = draw_place(world, random), goal = draw_place(world, random);
        const int cells = maze_route(world, maze_cell(world, start), maze_cell(world, goal), route);
        if (cells > MAZE_TASK_CELLS)
            return (maze_task){start, goal};
    }
}
