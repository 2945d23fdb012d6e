#include "trial_record.h"

#include <stdio.h>
#include <stdlib.h>

/* A text that grows as it is written (open_memstream keeps the memory). */
typedef struct {
    FILE *out;
    int shapes;
} pen;

static const char *paint_name(enum ambit_paint paint) {
    static const char *const names[] = {[AMBIT_PAINT_WALL] = "wall",
                                        [AMBIT_PAINT_PATH] = "path",
                                        [AMBIT_PAINT_START] = "start",
                                        [AMBIT_PAINT_GOAL] = "goal",
                                        [AMBIT_PAINT_OBJECT] = "object"};
    int known = paint >= AMBIT_PAINT_WALL && paint <= AMBIT_PAINT_OBJECT;
    return names[known ? paint : AMBIT_PAINT_OBJECT];
}

static void begin_shape(pen *p, enum ambit_paint paint) {
    fprintf(p->out, "%s{\"paint\":\"%s\",", p->shapes++ ? "," : "", paint_name(paint));
}

static void line(void *context, enum ambit_paint paint, int64_t count, const float *points) {
    pen *p = context;
    begin_shape(p, paint);
    fputs("\"points\":[", p->out);
    for (int64_t i = 0; i < 2 * count; i++)
        fprintf(p->out, "%s%.4g", i ? "," : "", (double)points[i]);
    fputs("]}", p->out);
}

static void circle(void *context, enum ambit_paint paint, float x, float y, float radius) {
    pen *p = context;
    begin_shape(p, paint);
    fprintf(p->out, "\"circle\":[%.4g,%.4g,%.4g]}", (double)x, (double)y, (double)radius);
}

ambit_status ambit_drawing_record(ambit_plugin *environment, ambit_world *world, int64_t trial,
                                  int success, char **text) {
    const double *bounds = ambit_environment_describe(environment)->bounds;
    size_t size;
    *text = NULL;
    pen p = {.out = open_memstream(text, &size)};
    if (!p.out)
        return ambit_fail(AMBIT_SYSTEM, "drawing of trial %lld: no memory", (long long)trial);
    fprintf(p.out, "{\"trial\":%lld,\"success\":%s,\"bounds\":[%g,%g,%g,%g],\"shapes\":[",
            (long long)trial, success ? "true" : "false", bounds[0], bounds[1], bounds[2],
            bounds[3]);
    const ambit_canvas canvas = {
        .struct_size = sizeof canvas, .context = &p, .line = line, .circle = circle};
    ambit_status status = ambit_world_draw(world, &canvas);
    fputs("]}\n", p.out);
    if (fclose(p.out) != 0 && status == AMBIT_OK)
        status = ambit_fail(AMBIT_SYSTEM, "drawing of trial %lld: no memory", (long long)trial);
    if (status != AMBIT_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}
