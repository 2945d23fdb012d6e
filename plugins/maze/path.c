#include "path.h"

#include <math.h>

/* Speed of step i of n, as a fraction of full speed. */
static double speed_of(int i, int n, int ramp) {
    const int from_end = i < n - 1 - i ? i : n - 1 - i;
    if (from_end >= ramp)
        return 1;
    const double x = (from_end + 0.5) / ramp;
    return x * x * (3 - 2 * x);
}

static double leg_length(const maze_path *path, int leg) {
    const maze_point a = path->points[leg], b = path->points[leg + 1];
    return hypot(b.x - a.x, b.y - a.y);
}

static void put(float *positions, int index, maze_point point) {
    positions[2 * index] = (float)point.x;
    positions[2 * index + 1] = (float)point.y;
}

/* The place `along` metres into a leg. */
static maze_point on_leg(const maze_path *path, int leg, double along) {
    const maze_point a = path->points[leg], b = path->points[leg + 1];
    const double length = leg_length(path, leg);
    const double part = length > 0 ? fmin(along / length, 1) : 0;
    return (maze_point){a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)};
}

int maze_walk(const maze_path *path, int ramp, float *positions) {
    double length = 0, speeds = 0;
    for (int leg = 0; leg + 1 < path->count; leg++)
        length += leg_length(path, leg);
    const int wanted = (int)lround(length / MAZE_NOMINAL_STEP) + ramp;
    const int least = ramp > 0 ? 2 * ramp : 1;
    const int steps = wanted > least ? wanted : least;
    for (int i = 0; i < steps; i++)
        speeds += speed_of(i, steps, ramp);

    double travelled = 0, passed = 0; /* by the robot; by the legs before this one */
    int leg = 0;
    put(positions, 0, path->points[0]);
    for (int i = 0; i < steps - 1; i++) {
        travelled += speed_of(i, steps, ramp) * length / speeds;
        while (leg + 2 < path->count && passed + leg_length(path, leg) < travelled)
            passed += leg_length(path, leg++);
        put(positions, i + 1, on_leg(path, leg, travelled - passed));
    }
    put(positions, steps, path->points[path->count - 1]);
    return steps + 1;
}

double maze_roughness(const float *positions, int64_t count, int k) {
    static const double binomial[4][4] = {{1}, {-1, 1}, {1, -2, 1}, {-1, 3, -3, 1}};
    if (count <= k)
        return 0;
    double sum = 0;
    for (int64_t t = 0; t + k < count; t++)
        for (int axis = 0; axis < 2; axis++) {
            double difference = 0;
            for (int j = 0; j <= k; j++)
                difference += binomial[k][j] * positions[2 * (t + j) + axis];
            sum += difference * difference;
        }
    return sum / (double)(count - k) / pow(MAZE_STEP_SECONDS, 2 * k);
}

double maze_length(const float *positions, int64_t count) {
    double sum = 0;
    for (int64_t t = 0; t + 1 < count; t++)
        sum += hypot((double)positions[2 * t + 2] - positions[2 * t],
                     (double)positions[2 * t + 3] - positions[2 * t + 1]);
    return sum;
}
