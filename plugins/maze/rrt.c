#include "rrt.h"

#include <float.h>
#include <math.h>

/* Nearly all time is spent here. */
static int nearest_node(const maze_tree *tree, maze_point target) {
    double best = DBL_MAX;
    int nearest = 0;
    for (int i = 0; i < tree->count; i++) {
        const double dx = tree->x[i] - target.x, dy = tree->y[i] - target.y;
        const double distance2 = dx * dx + dy * dy;
        if (distance2 < best) {
            best = distance2;
            nearest = i;
        }
    }
    return nearest;
}

static void add_node(maze_tree *tree, maze_point point, int parent) {
    tree->x[tree->count] = point.x;
    tree->y[tree->count] = point.y;
    tree->parent[tree->count++] = parent;
}

static maze_point node_at(const maze_tree *tree, int node) {
    return (maze_point){tree->x[node], tree->y[node]};
}

static maze_point draw_target(const maze_world *world, const maze_task *task, maze_random *random) {
    if (maze_random_uniform(random) < MAZE_RRT_GOAL_BIAS)
        return task->goal;
    const double x = world->cells * maze_random_uniform(random);
    return (maze_point){x, world->cells * maze_random_uniform(random)};
}

static int is_free(const maze_world *world, maze_point a, maze_point b) {
    return maze_clearance(world, a, b, MAZE_RRT_MARGIN) >= MAZE_RRT_MARGIN;
}

/* Grows the tree by one node towards `target`; 0 when a wall is in the way. */
static int grow(const maze_world *world, maze_tree *tree, maze_point target) {
    const int parent = nearest_node(tree, target);
    const maze_point from = node_at(tree, parent);
    const double distance = hypot(target.x - from.x, target.y - from.y);
    if (distance == 0)
        return 0;
    const double part = fmin(MAZE_RRT_LEG / distance, 1);
    const maze_point to = {from.x + part * (target.x - from.x),
                           from.y + part * (target.y - from.y)};
    if (!is_free(world, from, to))
        return 0;
    add_node(tree, to, parent);
    return 1;
}

/* The path from the root to the newest node, then the goal. */
static void trace_back(const maze_tree *tree, maze_point goal, maze_path *path) {
    int count = 1;
    for (int node = tree->count - 1; node >= 0; node = tree->parent[node])
        count++;
    path->count = count;
    path->points[--count] = goal;
    for (int node = tree->count - 1; node >= 0; node = tree->parent[node])
        path->points[--count] = node_at(tree, node);
}

int maze_rrt(const maze_world *world, const maze_task *task, maze_random *random, maze_tree *tree,
             maze_path *path) {
    tree->count = 0;
    add_node(tree, task->start, -1);
    for (int i = 0; i < MAZE_RRT_TRIES && tree->count < MAZE_RRT_NODES; i++) {
        if (!grow(world, tree, draw_target(world, task, random)))
            continue;
        const maze_point newest = node_at(tree, tree->count - 1);
        const double distance = hypot(task->goal.x - newest.x, task->goal.y - newest.y);
        if (distance <= MAZE_RRT_LEG && is_free(world, newest, task->goal)) {
            trace_back(tree, task->goal, path);
            return 1;
        }
    }
    return 0;
}
