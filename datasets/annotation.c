#include "annotation.h"

#include "files.h"
#include "hdf.h"
#include "hdf5_error.h"
#include "memory_file.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, SUMS = 4 };
_Static_assert(sizeof(ambit_answer_sums) == SUMS * sizeof(int64_t), "sums are stored as they are");

/* Bounds of samples are rounded up to this many parts of one: each makes a class of its own. */
static const double bound_parts = 500;

static const char format[] = "ambit-annotation";

static ambit_status path_in(const char *folder, char path[PATH_MAX]) {
    if (snprintf(path, PATH_MAX, "%s/annotation.h5", folder) >= PATH_MAX)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%.64s…: the path is too long", folder);
    return AMBIT_OK;
}

void ambit_annotation_destroy(ambit_annotation *annotation) {
    ambit_answers_destroy(&annotation->answers);
    free(annotation->curves);
    annotation->curves = NULL;
}

/* ---- writing ---- */

static ambit_status write_all(hid_t file, const ambit_annotation *a) {
    static const char *const names[AMBIT_KINDS] = {"bad", "clean"};
    const int64_t version = VERSION, levels = a->answers.level_count, curves = AMBIT_CURVE_LEVELS;
    AMBIT_TRY(ambit_hdf_write_text(file, "format", format));
    AMBIT_TRY(ambit_hdf_write_numbers(file, "version", AMBIT_HDF_I64, 1, &version));
    AMBIT_TRY(ambit_hdf_write_text(file, "store", a->store));
    AMBIT_TRY(ambit_hdf_write_text(file, "chunks", a->chunks));
    AMBIT_TRY(ambit_hdf_write_numbers(file, "steps", AMBIT_HDF_I64, 1, &a->steps));
    AMBIT_TRY(ambit_hdf_write_numbers(file, "episodes", AMBIT_HDF_I64, 1, &a->episodes));
    AMBIT_TRY(ambit_hdf_write_array(file, "sigmas", AMBIT_HDF_F64, 1, &levels, a->answers.sigmas));
    for (int kind = 0; kind < AMBIT_KINDS; kind++) {
        const int64_t dims[] = {a->answers.episodes[kind], SUMS * levels};
        AMBIT_TRY(ambit_hdf_write_array(file, names[kind], AMBIT_HDF_I64, 2, dims,
                                        a->answers.sums[kind]));
    }
    const int64_t bins[] = {AMBIT_KINDS * levels, AMBIT_ANSWER_BINS};
    AMBIT_TRY(
        ambit_hdf_write_array(file, "histogram", AMBIT_HDF_I64, 2, bins, a->answers.histogram));
    AMBIT_TRY(
        ambit_hdf_write_array(file, "curve_sigmas", AMBIT_HDF_F64, 1, &curves, a->curve_sigmas));
    const int64_t dims[] = {a->steps, curves};
    return a->curves ? ambit_hdf_write_array(file, "curves", AMBIT_HDF_U16, 2, dims, a->curves)
                     : AMBIT_OK;
}

ambit_status ambit_annotation_write(const char *folder, const ambit_annotation *annotation) {
    char path[PATH_MAX];
    ambit_memory_file *file;
    AMBIT_TRY(path_in(folder, path));
    AMBIT_TRY(ambit_make_folders(folder));
    AMBIT_TRY(ambit_memory_file_create(path, &file));
    const ambit_status status = write_all(ambit_memory_file_id(file), annotation);
    if (status == AMBIT_OK)
        return ambit_memory_file_write(file);
    ambit_memory_file_drop(file);
    return status;
}

/* ---- reading ---- */

static ambit_status refuse(hid_t file, const char *name, const char *what) {
    return ambit_hdf_fail_at(AMBIT_DATA, file, name, what);
}

static ambit_status read_head(hid_t file, ambit_annotation *a) {
    char found[64];
    int64_t version;
    AMBIT_TRY(ambit_hdf_read_text(file, "format", found, sizeof found));
    if (strcmp(found, format) != 0)
        return refuse(file, NULL, "is no annotation; make one with `ambit annotate`");
    AMBIT_TRY(ambit_hdf_read_numbers(file, "version", AMBIT_HDF_I64, 1, &version));
    if (version != VERSION)
        return refuse(file, "version", "is not 1; annotate again with this version of Ambit");
    AMBIT_TRY(ambit_hdf_read_text(file, "store", a->store, sizeof a->store));
    AMBIT_TRY(ambit_hdf_read_text(file, "chunks", a->chunks, sizeof a->chunks));
    AMBIT_TRY(ambit_hdf_read_numbers(file, "steps", AMBIT_HDF_I64, 1, &a->steps));
    AMBIT_TRY(ambit_hdf_read_numbers(file, "episodes", AMBIT_HDF_I64, 1, &a->episodes));
    return a->steps >= 0 && a->episodes >= 0 ? AMBIT_OK : refuse(file, "steps", "is negative");
}

/* Levels ascend within (0, 1). */
static ambit_status check_levels(hid_t file, const char *name, const double *sigmas,
                                 int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!(sigmas[i] > (i > 0 ? sigmas[i - 1] : 0) && sigmas[i] < 1))
            return refuse(file, name, "does not ascend from 0 to 1");
    return AMBIT_OK;
}

static ambit_status read_levels(hid_t file, double *sigmas, int64_t *levels) {
    hid_t array;
    *levels = -1;
    AMBIT_TRY(ambit_hdf_open_array(file, "sigmas", AMBIT_HDF_F64, 1, levels, 0, &array));
    H5Dclose(array);
    if (*levels < 1 || *levels > AMBIT_MOST_LEVELS)
        return refuse(file, "sigmas", "has an impossible number of levels");
    AMBIT_TRY(ambit_hdf_read_array(file, "sigmas", AMBIT_HDF_F64, 1, levels, sigmas));
    return check_levels(file, "sigmas", sigmas, *levels);
}

static ambit_status count_episodes(hid_t file, const char *name, int64_t levels, int64_t *count) {
    int64_t dims[] = {-1, SUMS * levels};
    hid_t array;
    AMBIT_TRY(ambit_hdf_open_array(file, name, AMBIT_HDF_I64, 2, dims, 0, &array));
    H5Dclose(array);
    *count = dims[0];
    return *count >= 1 && *count <= INT32_MAX ? AMBIT_OK
                                              : refuse(file, name, "has an impossible size");
}

/* No count is negative, and none of the sums larger than its count allows. */
static ambit_status check_sums(hid_t file, const char *name, const ambit_answer_sums *sums,
                               int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const ambit_answer_sums *s = &sums[i];
        const int64_t most = INT64_C(1) << 30, unit = AMBIT_ANSWER_UNIT;
        if (s->count < 0 || s->count > most || s->sum < 0 || s->sum > s->count * unit ||
            s->squares < 0 || s->squares > s->count * unit * unit || s->over < 0 ||
            s->over > s->count)
            return refuse(file, name, "holds sums that no answers have; annotate again");
    }
    return AMBIT_OK;
}

static ambit_status read_answers(hid_t file, ambit_answers *answers) {
    static const char *const names[AMBIT_KINDS] = {"bad", "clean"};
    double sigmas[AMBIT_MOST_LEVELS];
    int64_t levels, episodes[AMBIT_KINDS];
    AMBIT_TRY(read_levels(file, sigmas, &levels));
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        AMBIT_TRY(count_episodes(file, names[kind], levels, &episodes[kind]));
    AMBIT_TRY(ambit_answers_create((int)levels, sigmas, episodes[AMBIT_BAD], episodes[AMBIT_CLEAN],
                                   answers));
    for (int kind = 0; kind < AMBIT_KINDS; kind++) {
        const int64_t dims[] = {episodes[kind], SUMS * levels};
        AMBIT_TRY(
            ambit_hdf_read_array(file, names[kind], AMBIT_HDF_I64, 2, dims, answers->sums[kind]));
        AMBIT_TRY(check_sums(file, names[kind], answers->sums[kind], episodes[kind] * levels));
    }
    const int64_t bins[] = {AMBIT_KINDS * levels, AMBIT_ANSWER_BINS};
    return ambit_hdf_read_array(file, "histogram", AMBIT_HDF_I64, 2, bins, answers->histogram);
}

static ambit_status read_curves(hid_t file, ambit_annotation *a) {
    const int64_t levels = AMBIT_CURVE_LEVELS, dims[] = {a->steps, levels};
    AMBIT_TRY(
        ambit_hdf_read_array(file, "curve_sigmas", AMBIT_HDF_F64, 1, &levels, a->curve_sigmas));
    AMBIT_TRY(check_levels(file, "curve_sigmas", a->curve_sigmas, levels));
    if (H5Lexists(file, "curves", H5P_DEFAULT) == 0)
        return AMBIT_OK;
    int64_t open_dims[] = {a->steps, levels};
    hid_t array; /* the extents are checked before memory is taken for them */
    AMBIT_TRY(ambit_hdf_open_array(file, "curves", AMBIT_HDF_U16, 2, open_dims, 0, &array));
    H5Dclose(array);
    AMBIT_TRY(ambit_allocate(&a->curves, (size_t)a->steps, (size_t)levels * sizeof *a->curves,
                             "curves of samples"));
    return ambit_hdf_read_array(file, "curves", AMBIT_HDF_U16, 2, dims, a->curves);
}

ambit_status ambit_annotation_read(const char *folder, int with_curves,
                                   ambit_annotation *annotation) {
    char path[PATH_MAX];
    hid_t file;
    memset(annotation, 0, sizeof *annotation);
    ambit_hdf5_quiet();
    AMBIT_TRY(path_in(folder, path));
    AMBIT_TRY(ambit_hdf_open_file(path, &file));
    ambit_status status = read_head(file, annotation);
    if (status == AMBIT_OK)
        status = read_answers(file, &annotation->answers);
    if (status == AMBIT_OK && with_curves)
        status = read_curves(file, annotation);
    H5Fclose(file);
    return status;
}

/* ---- bounds ---- */

double ambit_annotation_bound(const ambit_annotation *annotation, double threshold) {
    ambit_separation separation;
    ambit_separation_of(&annotation->answers, NULL, &separation);
    return ambit_separation_bound(&annotation->answers, &separation, threshold);
}

double ambit_curve_bound(const double sigmas[AMBIT_CURVE_LEVELS],
                         const uint16_t curve[AMBIT_CURVE_LEVELS], double threshold) {
    double apart[AMBIT_CURVE_LEVELS];
    for (int i = 0; i < AMBIT_CURVE_LEVELS; i++)
        apart[i] = 1 - (double)curve[i] / AMBIT_ANSWER_UNIT;
    ambit_isotonic(AMBIT_CURVE_LEVELS, NULL, 0, apart);
    return ambit_falls_below(AMBIT_CURVE_LEVELS, sigmas, apart, 1 - threshold);
}

ambit_status ambit_annotation_sample_bounds(const ambit_annotation *annotation, double threshold,
                                            float *bounds) {
    const double source = ambit_annotation_bound(annotation, threshold);
    if (!annotation->curves)
        return ambit_fail(AMBIT_CONFIG,
                          "annotation of %s: holds no curves of samples; annotate with "
                          "annotation.curves=true, or use annotation.granularity=dataset",
                          annotation->store);
    for (int64_t step = 0; step < annotation->steps; step++) {
        const uint16_t *curve = annotation->curves + step * AMBIT_CURVE_LEVELS;
        const double own = ambit_curve_bound(annotation->curve_sigmas, curve, threshold);
        bounds[step] = (float)(ceil(bound_parts * fmax(own, source)) / bound_parts);
    }
    return AMBIT_OK;
}
