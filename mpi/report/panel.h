/* Trials drawn: what eval/drawings.jsonl holds (mpi/records/evaluation.h), and panels of SVG made
 * of it. */
#ifndef AMBIT_MPI_REPORT_PANEL_H
#define AMBIT_MPI_REPORT_PANEL_H

#include "page.h"

#include <stdint.h>

/* More lines of the file than this are not read. */
enum { AMBIT_MAX_DRAWN = 64 };

typedef enum {
    AMBIT_SHAPE_WALL,
    AMBIT_SHAPE_OBJECT,
    AMBIT_SHAPE_GOAL,
    AMBIT_SHAPE_PATH,
    AMBIT_SHAPE_START,
    AMBIT_SHAPE_KINDS
} ambit_shape_kind; /* in the order in which they are painted */

/* "wall", "path" …: how a kind is written in the file and in a picture's classes. */
extern const char *const ambit_shape_names[AMBIT_SHAPE_KINDS];

typedef struct {
    ambit_shape_kind kind;
    double radius;  /* of a circle; 0: a line */
    int64_t count;  /* of points: 1 for a circle */
    double *points; /* x, y, x, y … */
} ambit_shape;

typedef struct {
    int64_t trial;
    int success;
    double bounds[4]; /* x low, y low, x high, y high */
    int64_t shape_count;
    ambit_shape *shapes;
} ambit_drawn_trial;

typedef struct {
    int count;
    ambit_drawn_trial trials[AMBIT_MAX_DRAWN];
} ambit_drawings;

/* Reads RUN/eval/drawings.jsonl. AMBIT_NO_INPUT where there is none; AMBIT_DATA names file and
 * line, and *drawings then holds the lines before it. Free with ambit_drawings_free, also after a
 * failure. */
ambit_status ambit_drawings_read(const char *run, ambit_drawings *drawings);
void ambit_drawings_free(ambit_drawings *drawings);

/* Whether all trials have the same bounds and walls, so that they can be drawn over one another. */
int ambit_drawings_share_walls(const ambit_drawings *drawings);

/* Height of a panel of this width. */
double ambit_panel_height(const ambit_drawn_trial *trial, double width);

/* Adds a <g> with its corner at (x, y): the walls of the first trial, and what happened in `count`
 * trials from `first` on, failures over successes, a cross where a failure ended. */
void ambit_panel_draw(const ambit_drawings *drawings, int first, int count, double x, double y,
                      double width, ambit_page *page);

#endif
