/* The file of a checkpoint: older versions are read, no bit of it can be flipped unnoticed, and
 * one that was made to deceive is refused. One rank. */
#include "checkpoint_fixture.h"
#include "datasets/files.h"
#include "datasets/hdf5_error.h"
#include "mpi/checkpoint_blocks.h"

#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { BLOCK = AMBIT_BLOCK_BYTES };

/* ---------------------------------------------------------------- the system's advice */

/* Bytes that the system was asked to forget, since this was set to 0. */
static off_t forgotten;

int __real_posix_fadvise(int file, off_t offset, off_t size, int advice);
int __wrap_posix_fadvise(int file, off_t offset, off_t size, int advice);
int __wrap_posix_fadvise(int file, off_t offset, off_t size, int advice) {
    if (advice == POSIX_FADV_DONTNEED)
        forgotten += size;
    return __real_posix_fadvise(file, offset, size, advice);
}

/* What is read back after writing is not what the system still had in memory. */
static void test_read_back(void **state) {
    (void)state;
    char path[PATH_MAX];
    struct stat about;
    forgotten = 0;
    write_step(1, MANY, 3);
    path_of(1, path);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(forgotten, about.st_size - 32); /* all but the record at the end */
}

/* ---------------------------------------------------------------- flipped bits */

static void flip_bit(const char *path, int64_t bit) {
    unsigned char byte;
    int file = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(file, &byte, 1, (off_t)(bit / 8)), 1);
    byte = (unsigned char)(byte ^ 1 << bit % 8);
    assert_int_equal(pwrite(file, &byte, 1, (off_t)(bit / 8)), 1);
    close(file);
}

/* A thousand of them, everywhere: the older checkpoint is taken each time, and what evaluation
 * reads is either refused or right. */
static void test_bits(void **state) {
    (void)state;
    enum { TIMES = 1000 };
    char path[PATH_MAX];
    struct stat about;
    write_step(1, FEW, 3);
    write_step(2, FEW, 3);
    path_of(2, path);
    assert_int_equal(stat(path, &about), 0);
    for (int i = 0; i < TIMES; i++) {
        ambit_checkpoint read;
        float *average;
        int64_t count, bit = about.st_size * 8 / TIMES * i + 13 * i % 64;
        flip_bit(path, bit);
        assert_resumes(1, FEW, "step-00000002.h5");
        if (ambit_checkpoint_read(path, &read, &average, &count) == AMBIT_OK) {
            for (int64_t j = 0; j < count; j++)
                assert_true(average[j] == value_of(1, j, 2));
            assert_string_equal(read.configuration, describe(2, FEW).configuration);
            free(average);
            ambit_checkpoint_clear(&read);
        }
        flip_bit(path, bit);
    }
    assert_resumes(2, FEW, NULL);
}

/* ---------------------------------------------------------------- older versions */

static void copy_version(int version) {
    char path[PATH_MAX], folder[PATH_MAX], from[PATH_MAX], *bytes;
    size_t size;
    path_of(version, path);
    snprintf(folder, sizeof folder, "%.3000s/checkpoints", run);
    snprintf(from, sizeof from, "%s/version-%d.h5", AMBIT_TEST_CHECKPOINTS, version);
    assert_int_equal(ambit_make_folders(folder), AMBIT_OK);
    assert_int_equal(ambit_read_file(from, 1 << 24, &bytes, &size), AMBIT_OK);
    assert_int_equal(ambit_write_file(path, bytes, size), AMBIT_OK);
    free(bytes);
}

/* Version 1 knew the state alone. Neither has a table of tensors, or digests. */
static void test_versions(void **state) {
    (void)state;
    for (int version = 1; version <= 2; version++) {
        const ambit_checkpoint wanted = describe(version, FEW);
        const ambit_sample_shape alone = {.observation_size = 3};
        const ambit_normaliser *n = &wanted.normaliser;
        ambit_checkpoint read;
        char path[PATH_MAX];
        copy_version(version);
        path_of(version, path);
        assert_int_equal(ambit_checkpoint_read(path, &read, NULL, NULL), AMBIT_OK);
        assert_int_equal(read.version, version);
        assert_int_equal(read.step, version);
        assert_true(read.seconds == 1.5);
        assert_string_equal(read.configuration, wanted.configuration);
        assert_memory_equal(&read.shape, version == 1 ? &alone : &wanted.shape, sizeof alone);
        assert_memory_equal(read.normaliser.observation_shift, n->observation_shift, 12);
        assert_memory_equal(read.normaliser.chunk_scale, n->chunk_scale, 8);
        assert_true(read.normaliser.chunk_limit == 1);
        assert_int_equal(read.tensor_count, 0);
        ambit_checkpoint_clear(&read);
        assert_resumes(version, FEW, NULL);
    }
}

/* Where a data set begins in a file. */
static int64_t place_of(const char *path, const char *name) {
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    const haddr_t place = H5Dget_offset(set);
    assert_true(place != HADDR_UNDEF);
    H5Dclose(set);
    H5Fclose(file);
    return (int64_t)place;
}

/* Flipped bits of all that they hold are noticed. */
static void test_old_damage(void **state) {
    (void)state;
    static const char *const names[] = {
        "parameters",    "average",           "first",       "second", "checksums",
        "configuration", "observation_shift", "chunk_scale", "shape"};
    char path[PATH_MAX];
    copy_version(1);
    copy_version(2);
    path_of(2, path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const int64_t bit = 8 * place_of(path, names[i]) + 5;
        flip_bit(path, bit);
        assert_resumes(1, FEW, "step-00000002.h5");
        flip_bit(path, bit);
    }
    assert_resumes(2, FEW, NULL);
}

/* ---------------------------------------------------------------- made to deceive */

/* Replaces the checksums behind an HDF5 file that was changed, which took them away. */
static void seal(const char *path, int64_t head, int64_t count) {
    char *bytes;
    size_t size;
    ambit_blocks blocks;
    assert_int_equal(ambit_read_file(path, 1 << 24, &bytes, &size), AMBIT_OK);
    if ((int64_t)size > count * BLOCK) /* what was added lies behind the arrays */
        count = ambit_blocks_of((int64_t)size);
    assert_int_equal(ambit_blocks_create(path, count, head), AMBIT_OK);
    assert_int_equal(ambit_blocks_open_new(path, count, &blocks), AMBIT_OK);
    char *padded = calloc((size_t)count, BLOCK);
    assert_non_null(padded);
    memcpy(padded, bytes, size);
    assert_int_equal(ambit_blocks_write(&blocks, 0, padded, count * BLOCK), AMBIT_OK);
    ambit_blocks_close(&blocks);
    free(padded);
    free(bytes);
}

static void set_number(hid_t file, const char *object, const char *name, int64_t value) {
    hid_t before = H5Aopen_by_name(file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5Aget_type(before), space = H5Aget_space(before);
    H5Aclose(before);
    assert_true(H5Adelete_by_name(file, object, name, H5P_DEFAULT) >= 0);
    hid_t after =
        H5Acreate_by_name(file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(after, H5T_NATIVE_INT64, &value) >= 0);
    H5Aclose(after);
    H5Sclose(space);
    H5Tclose(type);
}

/* Puts a data set in the place of another one. */
static void replace(hid_t file, const char *name, hid_t type, int64_t count, hid_t creation) {
    const hsize_t extent = (hsize_t)count, chunk = 3, most = H5S_UNLIMITED;
    hid_t chunked = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(chunked, 1, &chunk);
    H5Pset_alloc_time(chunked, H5D_ALLOC_TIME_EARLY);
    assert_true(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    hid_t space = H5Screate_simple(1, &extent, creation == H5P_DEFAULT ? &most : NULL);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT,
                           creation == H5P_DEFAULT ? chunked : creation, H5P_DEFAULT);
    assert_true(set >= 0);
    H5Pclose(chunked);
    H5Sclose(space);
    H5Dclose(set);
}

static void set_table(hid_t file, const char *name, int at, int64_t value) {
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    int64_t table[8];
    assert_true(H5Dread(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, table) >= 0);
    table[at] = value;
    assert_true(H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, table) >= 0);
    H5Dclose(set);
}

static void wide_observation(hid_t file) {
    set_number(file, "sample", "observation_size", 300000);
}

static void narrow_observation(hid_t file) {
    set_number(file, "sample", "observation_size", 2);
}

static void long_rows(hid_t file) {
    replace(file, "normaliser/observation_shift", H5T_IEEE_F32LE, 5, H5P_DEFAULT);
    replace(file, "normaliser/observation_scale", H5T_IEEE_F32LE, 5, H5P_DEFAULT);
}

static void unequal_rows(hid_t file) {
    replace(file, "normaliser/observation_scale", H5T_IEEE_F32LE, 5, H5P_DEFAULT);
}

static void infinite_row(hid_t file) {
    const float values[2] = {1, INFINITY};
    hid_t set = H5Dopen2(file, "normaliser/chunk_shift", H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
}

static void long_chunk(hid_t file) {
    set_number(file, "sample", "chunk_steps", 2);
}

static void negative_chunk(hid_t file) {
    set_number(file, "sample", "chunk_steps", -1);
    set_number(file, "sample", "chunk_width", -2);
}

static void other_image(hid_t file) {
    set_number(file, "sample", "image_channels", 3);
}

static void huge_camera(hid_t file) {
    set_number(file, "sample", "camera_width", 1 << 24);
    set_number(file, "sample", "camera_height", 1 << 24);
}

static void huge_text(hid_t file) {
    set_number(file, "sample", "text_tokens", 1 << 24);
}

static void negative_step(hid_t file) {
    set_number(file, "/", "step", -1);
}

static void last_step(hid_t file) {
    set_number(file, "/", "step", INT64_MAX);
}

static void large_tensor(hid_t file) {
    set_table(file, "tensors/shape", 4, INT64_C(1) << 62);
}

static void small_tensor(hid_t file) {
    set_table(file, "tensors/shape", 4, 5);
}

static void negative_tensor(hid_t file) {
    set_table(file, "tensors/shape", 0, -8);
}

static void moved_tensor(hid_t file) {
    set_table(file, "tensors/offset", 1, INT64_C(1) << 40);
}

static void other_ends(hid_t file) {
    set_table(file, "tensors/name_ends", 1, 1000);
}

static void other_text(hid_t file) {
    replace(file, "configuration", H5T_STD_U8LE, 8, H5P_DEFAULT);
}

static void short_array(hid_t file) {
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    replace(file, "second", H5T_IEEE_F32LE, 5, creation);
    H5Pclose(creation);
}

static void array_of_doubles(hid_t file) {
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    replace(file, "second", H5T_IEEE_F64LE, FEW, creation);
    H5Pclose(creation);
}

static void array_elsewhere(hid_t file) {
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_external(creation, "/etc/passwd", 0, H5F_UNLIMITED) >= 0);
    replace(file, "second", H5T_IEEE_F32LE, FEW, creation);
    H5Pclose(creation);
}

static void array_nowhere(hid_t file) {
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_LATE);
    replace(file, "second", H5T_IEEE_F32LE, FEW, creation);
    H5Pclose(creation);
}

static void array_in_chunks(hid_t file) {
    replace(file, "second", H5T_IEEE_F32LE, FEW, H5P_DEFAULT);
}

static void soft_link(hid_t file) {
    assert_true(H5Ldelete(file, "second", H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_soft("/first", file, "second", H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void external_link(hid_t file) {
    assert_true(H5Ldelete(file, "normaliser", H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_external("other.h5", "/normaliser", file, "normaliser", H5P_DEFAULT,
                                   H5P_DEFAULT) >= 0);
}

static void array_twice(hid_t file) {
    assert_true(H5Ldelete(file, "second", H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_hard(file, "first", file, "second", H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void nothing_there(hid_t file) {
    assert_true(H5Ldelete(file, "tensors", H5P_DEFAULT) >= 0);
}

static void older_version(hid_t file) {
    set_number(file, "/", "ambit_checkpoint", 2);
}

static const struct {
    void (*change)(hid_t file);
    const char *says;
} deceits[] = {{wide_observation, "numbers of an observation: 300000 and 3"},
               {narrow_observation, "numbers of an observation: 2 and 3"},
               {long_rows, "numbers of an observation: 3 and 5"},
               {unequal_rows, "observation_scale"},
               {infinite_row, "not finite"},
               {long_chunk, "numbers of a chunk: 4 and 2"},
               {negative_chunk, "/sample/chunk_steps: is -1"},
               {other_image, "numbers of an image: 0 and 2"},
               {huge_camera, "camera views"},
               {huge_text, "embeddings"},
               {negative_step, "after step -1"},
               {last_step, "after step 9223372036854775807"},
               {large_tensor, "shape and offset of a tensor"},
               {small_tensor, "numbers of all tensors: 93 and 4195"},
               {negative_tensor, "shape and offset of a tensor"},
               {moved_tensor, "shape and offset of a tensor"},
               {other_ends, "ends out of order"},
               {other_text, "does not match its digest"},
               {short_array, "extent 5"},
               {array_of_doubles, "another number type"},
               {array_elsewhere, "is not stored in its own file"},
               {array_nowhere, "second"},
               {array_in_chunks, "is not stored in its own file"},
               {soft_link, "is a link to another place"},
               {external_link, "is a link to another place"},
               {array_twice, "does not lie where it should"},
               {nothing_there, "tensors: is missing"},
               {older_version, "version 2 does not have the checksums"}};

/* All of it is refused, and the checkpoint before is taken. */
static void test_deceit(void **state) {
    (void)state;
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof deceits / sizeof *deceits; i++) {
        ambit_blocks blocks;
        ambit_checkpoint read;
        write_step(1, FEW, 3);
        write_step(2, FEW, 3);
        path_of(2, path);
        assert_int_equal(ambit_blocks_open(path, &blocks), AMBIT_OK);
        ambit_blocks_close(&blocks);
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        deceits[i].change(file);
        assert_true(H5Fclose(file) >= 0);
        assert_int_equal(ambit_checkpoint_read(path, &read, NULL, NULL), AMBIT_DATA);
        assert_non_null(strstr(ambit_message(), "cut short, or damaged at its end"));
        seal(path, blocks.head, blocks.blocks);
        assert_int_equal(ambit_checkpoint_read(path, &read, NULL, NULL), AMBIT_DATA);
        if (!strstr(ambit_message(), deceits[i].says))
            fail_msg("«%s» does not say «%s»", ambit_message(), deceits[i].says);
        assert_resumes(1, FEW, "step-00000002.h5");
    }
}

/* A later version's is not passed over: training would go back. */
static void test_newer(void **state) {
    (void)state;
    char path[PATH_MAX], *warning;
    ambit_blocks blocks;
    ambit_checkpoint read;
    int found;
    write_step(1, FEW, 3);
    write_step(2, FEW, 3);
    path_of(2, path);
    assert_int_equal(ambit_blocks_open(path, &blocks), AMBIT_OK);
    ambit_blocks_close(&blocks);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    set_number(file, "/", "ambit_checkpoint", 4);
    assert_true(H5Fclose(file) >= 0);
    seal(path, blocks.head, blocks.blocks);
    ambit_exchange *exchange = make_exchange(FEW);
    assert_int_equal(resume(NULL, exchange, &read, &found, &warning), AMBIT_UNAVAILABLE);
    assert_non_null(strstr(ambit_message(), "version 4, this program reads 1 to 3"));
    free(warning);
    ambit_exchange_destroy(exchange);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(test_read_back),  IN_A_FOLDER(test_bits),   IN_A_FOLDER(test_versions),
        IN_A_FOLDER(test_old_damage), IN_A_FOLDER(test_deceit), IN_A_FOLDER(test_newer),
    };
    ambit_hdf5_quiet();
    if (ambit_ranks_start(&ranks) != AMBIT_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ambit_ranks_stop(&ranks);
    return failed;
}
