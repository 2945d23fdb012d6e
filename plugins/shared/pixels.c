#include "pixels.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLOURS = 3, MOST_PIXELS = 1 << 26 };

int64_t shared_pixel_channels(shared_pixel_kind kind) {
    return kind == SHARED_COLOURS ? COLOURS : 1;
}

size_t shared_pixel_size(shared_pixel_kind kind) {
    return kind == SHARED_COLOURS ? COLOURS : sizeof(float);
}

int64_t shared_pixels_room(int64_t side) {
    return (side + 1) * side * COLOURS;
}

int shared_pixels_begin(shared_pixels *p, int64_t width, int64_t height, size_t sample,
                        char why[SHARED_WHY]) {
    if (width < 1 || height < 1 || width > MOST_PIXELS / height) {
        snprintf(why, SHARED_WHY,
                 "it claims %" PRId64 " × %" PRId64 " pixels, of which 1 to %d can be read", width,
                 height, MOST_PIXELS);
        return 0;
    }
    p->width = width;
    p->height = height;
    p->sample = sample;
    memset(p->room, 0, (size_t)shared_pixels_room(p->side) * sizeof *p->room);
    return 1;
}

/* ---------------------------------------------------------------- means */

static float overlap(float low, float high, float other_low, float other_high) {
    const float from = low > other_low ? low : other_low,
                to = high < other_high ? high : other_high;
    return to > from ? to - from : 0;
}

/* The first of first, first + step, … that is `least` or more. */
static int64_t next_column(int64_t least, int64_t first, int64_t step) {
    return least <= first ? first : first + (least - first + step - 1) / step * step;
}

/* Sums of the samples of a line that each of `side` columns covers, with the parts covered. */
static void sum_line(const shared_pixels *p, const uint8_t *line, int64_t first, int64_t step,
                     float *sums) {
    memset(sums, 0, (size_t)(p->side * COLOURS) * sizeof *sums);
    for (int64_t column = 0; column < p->side; ++column) {
        const float low = (float)(column * p->width) / (float)p->side;
        const float high = (float)((column + 1) * p->width) / (float)p->side;
        int64_t x = next_column((int64_t)low, first, step);
        const uint8_t *sample = line + (x - first) / step * COLOURS;
        for (; x < p->width && (float)x < high; x += step, sample += COLOURS)
            for (int64_t c = 0; c < COLOURS; ++c)
                sums[column * COLOURS + c] +=
                    overlap((float)x, (float)(x + 1), low, high) * (float)sample[c];
    }
}

/* Adds the sums of line y to the rows that cover it. */
static void add_line(const shared_pixels *p, const float *sums, int64_t y, float *rows) {
    const float low = (float)(y * p->side) / (float)p->height;
    const float high = (float)((y + 1) * p->side) / (float)p->height;
    for (int64_t row = (int64_t)low; row < p->side && (float)row < high; ++row) {
        const float part = overlap((float)row, (float)(row + 1), low, high);
        for (int64_t i = 0; i < p->side * COLOURS; ++i)
            rows[row * p->side * COLOURS + i] += part * sums[i];
    }
}

/* ---------------------------------------------------------------- measurements */

/* The place among `count` samples that the centre of pixel `index` lies in. */
static int64_t centre(int64_t index, int64_t count, int64_t side) {
    return (2 * index + 1) * count / (2 * side);
}

static float measure(const shared_pixels *p, const uint8_t *sample) {
    if (p->kind == SHARED_LEVELS)
        return p->sample == 1 ? (float)sample[0] : (float)(sample[0] << 8 | sample[1]);
    const uint32_t word = (uint32_t)sample[0] | (uint32_t)sample[1] << 8 |
                          (uint32_t)sample[2] << 16 | (uint32_t)sample[3] << 24;
    float value;
    memcpy(&value, &word, sizeof value);
    return isfinite(value) ? value : 0;
}

static void pick_samples(const shared_pixels *p, const uint8_t *line, int64_t y, int64_t first,
                         int64_t step) {
    for (int64_t row = y * p->side / p->height; row < p->side; ++row) {
        const int64_t wanted = centre(row, p->height, p->side);
        if (wanted > y)
            break;
        for (int64_t column = 0; wanted == y && column < p->side; ++column) {
            const int64_t x = centre(column, p->width, p->side);
            if (x >= first && (x - first) % step == 0)
                ((float *)p->pixels)[row * p->side + column] =
                    measure(p, line + (size_t)((x - first) / step) * p->sample);
        }
    }
}

/* ---------------------------------------------------------------- */

void shared_pixels_line(shared_pixels *p, const uint8_t *line, int64_t y, int64_t first,
                        int64_t step) {
    if (p->kind != SHARED_COLOURS) {
        pick_samples(p, line, y, first, step);
        return;
    }
    sum_line(p, line, first, step, p->room);
    add_line(p, p->room, y, p->room + p->side * COLOURS);
}

void shared_pixels_end(shared_pixels *p) {
    const float *rows = p->room + p->side * COLOURS;
    /* a line of `height` adds side/height of itself to the rows */
    const float area = (float)p->width / (float)p->side;
    for (int64_t i = 0; p->kind == SHARED_COLOURS && i < p->side * p->side * COLOURS; ++i)
        ((uint8_t *)p->pixels)[i] = (uint8_t)(rows[i] / area + 0.5f);
}
