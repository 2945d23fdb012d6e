/* The parts that shards and index have in common, as FORMAT.md lays them out: root attributes, the
 * table of fields, the table of episodes, statistics, lists of texts. Each is written and read
 * here, side by side, so that the two cannot drift apart.
 *
 * For datasets/ alone, but for the lists of texts, which checkpoints have too. Not collective.
 */
#ifndef AMBIT_DATASETS_LAYOUT_H
#define AMBIT_DATASETS_LAYOUT_H

#include "hdf.h"
#include "statistics.h"

/* Written; all from 1 on are read. Before 2, pictures had statistics of each element. */
enum { AMBIT_LAYOUT_VERSION = 2 };

#define AMBIT_LAYOUT_SHARD "ambit-shard"
#define AMBIT_LAYOUT_INDEX "ambit-index"

/* Root attributes. */
typedef struct {
    int64_t version, episodes, steps; /* version: as read */
} ambit_layout_root;

ambit_status ambit_layout_write_root(hid_t file, const char *format, const ambit_layout_root *root);
/* AMBIT_DATA for another format or version. */
ambit_status ambit_layout_read_root(hid_t file, const char *format, ambit_layout_root *root);

/* Group /fields and its groups 00, 01, … with what each field says of itself. */
ambit_status ambit_layout_write_fields(hid_t file, const ambit_field_info *fields, int count);
ambit_status ambit_layout_read_fields(hid_t file, ambit_field_info *fields, int *count);
/* /fields/NN. */
ambit_status ambit_layout_open_field(hid_t file, int field, hid_t *group);

/* Number type of a field's values in the file. */
ambit_hdf_type ambit_layout_type(ambit_store_element element);

/* Data sets `statistics` and `sketch` of a field's group, the latter where there are points.
 * Reading checks that they are finite, in order, and of the file's steps; without `sketch` there
 * are no points in what is read. */
ambit_status ambit_layout_write_statistics(hid_t group, const ambit_statistics *statistics);
/* Whether a shard of so many steps leaves out a field's sketch, since its values are one. */
bool ambit_layout_values_are_sketch(const ambit_field_info *field, const ambit_layout_root *root);
ambit_status ambit_layout_read_statistics(hid_t group, const ambit_field_info *field,
                                          const ambit_layout_root *root, int sketch,
                                          ambit_statistics *statistics);

/* The table of episodes: arrays of `count`, one allocation, freed with free(ends). */
typedef struct {
    int64_t count;
    int64_t *ends; /* one past the episode's last step */
    double *sigma_min, *sigma_max;
} ambit_layout_episodes;

ambit_status ambit_layout_write_episodes(hid_t file, const ambit_layout_episodes *episodes);
/* Checks order, and that the last episode ends at `steps`; σ bounds NaN or in [0, 1]. */
ambit_status ambit_layout_read_episodes(hid_t file, const ambit_layout_root *root,
                                        ambit_layout_episodes *episodes);
ambit_status ambit_layout_allocate_episodes(int64_t count, ambit_layout_episodes *episodes);

/* Texts end to end, and the offsets of their ends: data sets NAME and NAME_ends in `group`. */
typedef struct {
    int64_t count, room, size, text_room;
    int64_t *ends;
    char *text;
} ambit_layout_texts;

ambit_status ambit_layout_add_text(ambit_layout_texts *texts, const char *text);
ambit_status ambit_layout_write_texts(hid_t group, const char *name,
                                      const ambit_layout_texts *texts);
/* `count` < 0: any number. */
ambit_status ambit_layout_read_texts(hid_t group, const char *name, int64_t count,
                                     ambit_layout_texts *texts);
/* Text i, copied into out[size] and cut if need be. */
void ambit_layout_text(const ambit_layout_texts *texts, int64_t i, char *out, size_t size);
void ambit_layout_free_texts(ambit_layout_texts *texts);

#endif
