#include "panel.h"

#include "../records/json.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ambit_shape_names[AMBIT_SHAPE_KINDS] = {"wall", "object", "goal", "path",
                                                          "start"};

static ambit_status read_numbers(const ambit_json_place *place, const json_t *shape,
                                 const char *key, double **numbers, int64_t *count) {
    json_t *array = NULL;
    AMBIT_TRY(ambit_json_get_array(place, shape, key, &array));
    *count = (int64_t)json_array_size(array);
    AMBIT_TRY(ambit_allocate(numbers, (size_t)*count, sizeof **numbers, "a drawn trial"));
    AMBIT_TRY(ambit_json_get_numbers(place, shape, key, *numbers, *count));
    for (int64_t i = 0; i < *count; i++)
        if (!isfinite((*numbers)[i]))
            return ambit_json_fault(place, key, "item %lld is not a finite number", (long long)i);
    return AMBIT_OK;
}

static ambit_status read_circle(const ambit_json_place *place, const json_t *from,
                                ambit_shape *shape) {
    int64_t count;
    AMBIT_TRY(read_numbers(place, from, "circle", &shape->points, &count));
    if (count != 3 || !(shape->points[2] > 0))
        return ambit_json_fault(place, "circle", "is not x, y and a radius above 0");
    shape->radius = shape->points[2];
    shape->count = 1;
    return AMBIT_OK;
}

static ambit_status read_line(const ambit_json_place *place, const json_t *from,
                              ambit_shape *shape) {
    int64_t count;
    AMBIT_TRY(read_numbers(place, from, "points", &shape->points, &count));
    if (count % 2 != 0)
        return ambit_json_fault(place, "points", "has an odd number of items");
    shape->count = count / 2;
    return AMBIT_OK;
}

static ambit_status read_shape(const ambit_json_place *place, const json_t *from,
                               ambit_shape *shape) {
    char paint[16];
    int kind = 0;
    AMBIT_TRY(ambit_json_get_text(place, from, "paint", paint, sizeof paint));
    while (kind < AMBIT_SHAPE_KINDS && strcmp(paint, ambit_shape_names[kind]) != 0)
        kind++;
    if (kind == AMBIT_SHAPE_KINDS)
        return ambit_json_fault(place, "paint", "is none of wall, object, goal, path, start");
    shape->kind = (ambit_shape_kind)kind;
    return json_object_get(from, "circle") ? read_circle(place, from, shape)
                                           : read_line(place, from, shape);
}

static ambit_status read_trial(const ambit_json_place *place, const json_t *line,
                               ambit_drawn_trial *trial) {
    json_t *shapes = NULL;
    AMBIT_TRY(ambit_json_get_integer(place, line, "trial", &trial->trial));
    AMBIT_TRY(ambit_json_get_boolean(place, line, "success", &trial->success));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "bounds", trial->bounds, 4));
    const double *bounds = trial->bounds;
    if (!(bounds[2] > bounds[0] && bounds[3] > bounds[1] && isfinite(bounds[2] - bounds[0]) &&
          isfinite(bounds[3] - bounds[1])))
        return ambit_json_fault(place, "bounds", "is not x low, y low, x high, y high");
    AMBIT_TRY(ambit_json_get_array(place, line, "shapes", &shapes));
    AMBIT_TRY(ambit_allocate(&trial->shapes, json_array_size(shapes), sizeof *trial->shapes,
                             "a drawn trial"));
    trial->shape_count = (int64_t)json_array_size(shapes);
    for (int64_t i = 0; i < trial->shape_count; i++)
        AMBIT_TRY(read_shape(place, json_array_get(shapes, (size_t)i), &trial->shapes[i]));
    return AMBIT_OK;
}

static void free_trial(ambit_drawn_trial *trial) {
    for (int64_t s = 0; s < trial->shape_count; s++)
        free(trial->shapes[s].points);
    free(trial->shapes);
    *trial = (ambit_drawn_trial){0};
}

static ambit_status take_line(void *context, const ambit_json_place *place, json_t *line,
                              int *stop) {
    ambit_drawings *drawings = context;
    *stop = drawings->count == AMBIT_MAX_DRAWN;
    if (*stop)
        return AMBIT_OK;
    ambit_drawn_trial *trial = &drawings->trials[drawings->count];
    ambit_status status = read_trial(place, line, trial);
    if (status == AMBIT_OK)
        drawings->count++;
    else
        free_trial(trial);
    return status;
}

ambit_status ambit_drawings_read(const char *run, ambit_drawings *drawings) {
    char path[PATH_MAX];
    *drawings = (ambit_drawings){0};
    int length = snprintf(path, sizeof path, "%s/eval/drawings.jsonl", run);
    if (length < 0 || (size_t)length >= sizeof path)
        return ambit_fail(AMBIT_USAGE, "%s: the name is too long; use a shorter one", run);
    return ambit_json_each_line(path, take_line, drawings, NULL);
}

void ambit_drawings_free(ambit_drawings *drawings) {
    for (int i = 0; i < drawings->count; i++)
        free_trial(&drawings->trials[i]);
    drawings->count = 0;
}

/* The next wall from *at on; NULL after the last. */
static const ambit_shape *next_wall(const ambit_drawn_trial *trial, int64_t *at) {
    while (*at < trial->shape_count) {
        const ambit_shape *shape = &trial->shapes[(*at)++];
        if (shape->kind == AMBIT_SHAPE_WALL)
            return shape;
    }
    return NULL;
}

static int same_numbers(const double *a, const double *b, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (a[i] != b[i])
            return 0;
    return 1;
}

static int same_shape(const ambit_shape *a, const ambit_shape *b) {
    return a->radius == b->radius && a->count == b->count &&
           same_numbers(a->points, b->points, 2 * a->count);
}

static int same_walls(const ambit_drawn_trial *a, const ambit_drawn_trial *b) {
    int64_t at_a = 0, at_b = 0;
    for (;;) {
        const ambit_shape *wall_a = next_wall(a, &at_a), *wall_b = next_wall(b, &at_b);
        if (!wall_a || !wall_b)
            return wall_a == wall_b;
        if (!same_shape(wall_a, wall_b))
            return 0;
    }
}

int ambit_drawings_share_walls(const ambit_drawings *drawings) {
    for (int i = 1; i < drawings->count; i++)
        if (!same_numbers(drawings->trials[0].bounds, drawings->trials[i].bounds, 4) ||
            !same_walls(&drawings->trials[0], &drawings->trials[i]))
            return 0;
    return 1;
}

/* From the world's coordinates (y up) to the picture's (y down). */
typedef struct {
    double scale, left, foot;
} mapping;

static double place_x(const mapping *placement, double x) {
    return placement->left + x * placement->scale;
}

static double place_y(const mapping *placement, double y) {
    return placement->foot - y * placement->scale;
}

double ambit_panel_height(const ambit_drawn_trial *trial, double width) {
    const double *bounds = trial->bounds;
    return width * (bounds[3] - bounds[1]) / (bounds[2] - bounds[0]);
}

static void draw_shape(const mapping *placement, const ambit_shape *shape, ambit_page *page) {
    const char *name = ambit_shape_names[shape->kind];
    if (shape->radius > 0) {
        ambit_page_add(page, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", name,
                       place_x(placement, shape->points[0]), place_y(placement, shape->points[1]),
                       shape->radius * placement->scale);
        return;
    }
    ambit_page_add(page, "<path class=\"%s\" d=\"", name);
    for (int64_t i = 0; i < shape->count; i++)
        ambit_page_add(page, "%s%.1f %.1f", i ? i == 1 ? "L" : " " : "M",
                       place_x(placement, shape->points[2 * i]),
                       place_y(placement, shape->points[2 * i + 1]));
    ambit_page_add(page, "\"/>\n");
}

static void draw_kind(const mapping *placement, const ambit_drawn_trial *trial,
                      ambit_shape_kind kind, ambit_page *page) {
    for (int64_t i = 0; i < trial->shape_count; i++)
        if (trial->shapes[i].kind == kind && trial->shapes[i].count > 0)
            draw_shape(placement, &trial->shapes[i], page);
}

/* A cross at the last point of the last path: the trial failed there. */
static void draw_cross(const mapping *placement, const ambit_drawn_trial *trial, ambit_page *page) {
    for (int64_t i = trial->shape_count - 1; i >= 0; i--) {
        const ambit_shape *shape = &trial->shapes[i];
        if (shape->kind != AMBIT_SHAPE_PATH || shape->count == 0)
            continue;
        ambit_page_add(page, "<path class=\"cross\" d=\"M%.1f %.1fl9 9m0 -9l-9 9\"/>\n",
                       place_x(placement, shape->points[2 * shape->count - 2]) - 4.5,
                       place_y(placement, shape->points[2 * shape->count - 1]) - 4.5);
        return;
    }
}

static void draw_trial(const mapping *placement, const ambit_drawn_trial *trial, ambit_page *page) {
    ambit_page_add(page, "<g class=\"%s\">", trial->success ? "good" : "bad");
    for (int kind = AMBIT_SHAPE_OBJECT; kind < AMBIT_SHAPE_KINDS; kind++)
        draw_kind(placement, trial, (ambit_shape_kind)kind, page);
    if (!trial->success)
        draw_cross(placement, trial, page);
    ambit_page_add(page, "</g>\n");
}

void ambit_panel_draw(const ambit_drawings *drawings, int first, int count, double x, double y,
                      double width, ambit_page *page) {
    const ambit_drawn_trial *trials = &drawings->trials[first];
    const double *bounds = trials[0].bounds;
    double scale = width / (bounds[2] - bounds[0]);
    mapping placement = {scale, x - bounds[0] * scale, y + bounds[3] * scale};
    ambit_page_add(page, "<g>");
    for (int success = 1; success >= 0; success--)
        for (int i = 0; i < count; i++)
            if (!trials[i].success == !success)
                draw_trial(&placement, &trials[i], page);
    draw_kind(&placement, &trials[0], AMBIT_SHAPE_WALL, page);
    ambit_page_add(page, "</g>\n");
}
