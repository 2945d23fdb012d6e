/* Stores that are cut, flipped, empty, or lie: each is refused with AMBIT_DATA (or NO_INPUT), by a
 * message that names the file, and nothing crashes. */
#include "datasets/files.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t lengths[] = {20, 1, 30, 7};
static const double sigma[] = {0, 1, .5, 0, NAN, NAN, 1, .25};
enum { EPISODES = 4, PATH = 512, LARGEST = 1 << 24 };

static int remove_folders(void **state) {
    (void)state;
    fixture_cleanup();
    return 0;
}

static const char *whole_store(void) {
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, EPISODES, 2, sigma, 0);
    return folder;
}

/* HDF5 loses some memory of its own when it fails to read. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libhdf5";
}

/* Reads a step of a field and holds it against the formula. */
static ambit_status read_step(ambit_store *store, int field, int64_t step) {
    float values[4];
    uint8_t wanted[64];
    const uint8_t *bytes;
    size_t size;
    if (field == FIXTURE_IMAGE) {
        AMBIT_TRY(ambit_store_read_bytes(store, field, step, &bytes, &size));
        assert_int_equal(size, fixture_image(step, wanted));
        assert_memory_equal(bytes, wanted, size);
        return AMBIT_OK;
    }
    AMBIT_TRY(ambit_store_read(store, field, step, 1, values));
    const double first[] = {fixture_action(step, 0), fixture_state(step, 0),
                            (double)fixture_count(step), fixture_pixel(step, 0)};
    assert_true(values[0] == (float)first[field]);
    return AMBIT_OK;
}

/* Reads everything there is; the first failure. Data that is read must be what was written. */
static ambit_status read_all(const char *folder) {
    ambit_store *store;
    AMBIT_TRY(ambit_store_open(folder, 0, &store));
    ambit_status status = AMBIT_OK;
    assert_int_equal(ambit_store_step_count(store), 58);
    for (int64_t step = 0; step < 58 && status == AMBIT_OK; step++)
        for (int f = 0; f < FIXTURE_FIELDS && status == AMBIT_OK; f++)
            status = read_step(store, f, step);
    ambit_store_close(store);
    return status;
}

static void assert_refused(const char *folder, const char *words) {
    ambit_status status = read_all(folder);
    if (status != AMBIT_DATA)
        fail_msg("status %s where DATA is wanted", ambit_status_name(status));
    if (!strstr(ambit_message(), words))
        fail_msg("\"%s\" is not in: %s", words, ambit_message());
}

static char *slurp(const char *path, size_t *size) {
    char *bytes;
    assert_int_equal(ambit_read_file(path, LARGEST, &bytes, size), AMBIT_OK);
    return bytes;
}

static void spill(const char *path, const char *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void join(char path[PATH], const char *folder, const char *name) {
    snprintf(path, PATH, "%s/%s", folder, name);
}

static void whole_is_fine(void **state) {
    (void)state;
    assert_int_equal(read_all(whole_store()), AMBIT_OK);
}

static void cut_files(void **state) {
    (void)state;
    static const char *const names[] = {"index.h5", "shard-00000.h5"};
    for (int n = 0; n < 2; n++) {
        const char *folder = whole_store();
        char path[PATH];
        size_t size;
        join(path, folder, names[n]);
        char *bytes = slurp(path, &size);
        const size_t left[] = {0, 1, 7, 48, size / 2, size - 1};
        for (int i = 0; i < 6; i++) {
            spill(path, bytes, left[i]);
            assert_refused(folder, names[n]);
        }
        free(bytes);
    }
}

static void missing_files(void **state) {
    (void)state;
    char path[PATH];
    const char *folder = whole_store();
    join(path, folder, "shard-00001.h5");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(read_all(folder), AMBIT_NO_INPUT);
    assert_non_null(strstr(ambit_message(), "shard-00001.h5"));
    join(path, folder, "index.h5");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(read_all(folder), AMBIT_NO_INPUT);
    assert_int_equal(read_all("/dev/null"), AMBIT_USAGE);
}

/* As long as the one it stands for, with the same steps, cut into other episodes. */
static void shard_of_another_store(void **state) {
    (void)state;
    static const int64_t others[] = {19, 2, 30, 7};
    char from[PATH], to[PATH];
    size_t size, old_size;
    const char *folder = whole_store(), *other = fixture_folder();
    fixture_write(other, others, EPISODES, 2, sigma, 0);
    join(from, other, "shard-00000.h5");
    join(to, folder, "shard-00000.h5");
    char *bytes = slurp(from, &size);
    free(slurp(to, &old_size));
    assert_int_equal(size, old_size);
    spill(to, bytes, size);
    free(bytes);
    assert_refused(folder, "a file of another store");
}

/* Any bit may flip: then reading fails cleanly, or gives what was written (bytes between objects
 * belong to none, and a name has no checksum of its own but its group's). */
static void flipped_bits(void **state) {
    (void)state;
    static const char *const names[] = {"index.h5", "shard-00001.h5"};
    int refused = 0, tried = 0;
    for (int n = 0; n < 2; n++) {
        const char *folder = whole_store();
        char path[PATH];
        size_t size;
        join(path, folder, names[n]);
        char *bytes = slurp(path, &size);
        for (size_t at = 0; at < size; at += size / 300 + 1) {
            bytes[at] = (char)(bytes[at] ^ (1 << at % 8));
            spill(path, bytes, size);
            ambit_status status = read_all(folder);
            if (status != AMBIT_OK && status != AMBIT_DATA)
                fail_msg("byte %zu of %s: %s", at, names[n], ambit_message());
            refused += status == AMBIT_DATA;
            tried++;
            bytes[at] = (char)(bytes[at] ^ (1 << at % 8));
        }
        free(bytes);
    }
    assert_true(refused > tried / 4);
}

/* ------------------------------------------------------------------------------- raw HDF5 */

/* Finds `needle`, which is there once, and flips a bit of its last byte. */
static void flip_after(const char *path, const void *needle, size_t length) {
    size_t size, found = 0, count = 0;
    char *bytes = slurp(path, &size);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, needle, length) == 0) {
            found = i;
            count++;
        }
    assert_true(count >= 1);
    bytes[found + length - 1] ^= 1;
    spill(path, bytes, size);
    free(bytes);
}

static void flipped_chunk(void **state) {
    (void)state;
    char path[PATH];
    int64_t run[3];
    const char *folder = whole_store();
    join(path, folder, "shard-00001.h5");
    for (int i = 0; i < 3; i++)
        run[i] = fixture_count(30 + i);
    flip_after(path, run, sizeof run);
    assert_refused(folder, "/fields/02/values");
    assert_non_null(strstr(ambit_message(), "shard-00001.h5"));
    assert_non_null(strstr(ambit_message(), "letcher32"));
}

static hid_t open_raw(const char *folder, const char *name) {
    char path[PATH];
    join(path, folder, name);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    H5Pclose(access);
    assert_true(file >= 0);
    return file;
}

static void set_number(hid_t file, const char *object_name, const char *name, int64_t value) {
    hid_t object = H5Oopen(file, object_name, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    assert_true(H5Adelete(object, name) >= 0);
    hid_t attribute = H5Acreate2(object, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Oclose(object);
}

static void lying_attributes(void **state) {
    (void)state;
    static const struct {
        const char *object, *name, *words;
        int64_t value;
    } lies[] = {
        {"/", "version", "format version 7", 7},
        {"/", "steps", "/episodes/end", 57},
        {"/", "steps", "claims", -1},
        {"/", "steps", "claims", INT64_MAX},
        {"/", "episodes", "promised", 5},
        {"/", "episodes", "claims", -4},
        {"/", "episodes", "claims", INT64_C(1) << 40},
        {"/fields", "count", "0 fields", 65},
        {"/fields", "count", "/fields/05", 6},
        {"/fields/00", "element", "element type", 7},
        {"/fields/00", "rank", "rank 9", 900},
        {"/fields/01", "rank", "/fields/01/statistics", 0},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        const char *folder = whole_store();
        hid_t file = open_raw(folder, "index.h5");
        set_number(file, lies[i].object, lies[i].name, lies[i].value);
        H5Fclose(file);
        assert_refused(folder, lies[i].words);
    }
}

static void set_row(hid_t file, const char *name, hid_t type, int64_t row, const void *value) {
    hsize_t start = (hsize_t)row, count = 1;
    hid_t array = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(array);
    hid_t one = H5Screate_simple(1, &count, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL);
    assert_true(H5Dwrite(array, type, one, space, H5P_DEFAULT, value) >= 0);
    H5Sclose(one);
    H5Sclose(space);
    H5Dclose(array);
}

static void lying_episodes(void **state) {
    (void)state;
    static const int64_t backwards = 5, beyond = 1000, negative = -1;
    static const double bound = 1.5, infinite = INFINITY;
    const struct {
        const char *array, *words;
        int64_t row;
        const int64_t *whole;
        const double *number;
    } lies[] = {{"/episodes/end", "/episodes/end", 2, &backwards, NULL},
                {"/episodes/end", "/episodes/end", 3, &beyond, NULL},
                {"/episodes/end", "/episodes/end", 0, &negative, NULL},
                {"/episodes/sigma_min", "sigma bounds", 1, NULL, &bound},
                {"/episodes/sigma_max", "sigma bounds", 1, NULL, &infinite},
                {"/shards/steps", "/shards", 0, &backwards, NULL},
                {"/shards/episodes", "/shards", 1, &beyond, NULL},
                {"/shards/bytes", "the index says", 1, &beyond, NULL}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        const char *folder = whole_store();
        hid_t file = open_raw(folder, "index.h5");
        set_row(file, lies[i].array, lies[i].whole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE,
                lies[i].row,
                lies[i].whole ? (const void *)lies[i].whole : (const void *)lies[i].number);
        H5Fclose(file);
        assert_refused(folder, lies[i].words);
    }
}

static void cut_rows(hid_t file, const char *name) {
    hsize_t none = 0;
    hid_t array = H5Dopen2(file, name, H5P_DEFAULT);
    assert_true(H5Dset_extent(array, &none) >= 0);
    H5Dclose(array);
}

/* All of it fits together, but there is nothing to count or to learn from. */
static void no_episodes(void **state) {
    (void)state;
    static const int64_t none = 0;
    static const char *const counts[] = {"/shards/episodes", "/shards/steps"};
    const char *folder = whole_store();
    hid_t file = open_raw(folder, "index.h5");
    set_number(file, "/", "episodes", 0);
    set_number(file, "/", "steps", 0);
    cut_rows(file, "/episodes/end");
    cut_rows(file, "/episodes/sigma_min");
    cut_rows(file, "/episodes/sigma_max");
    for (int i = 0; i < 4; i++)
        set_row(file, counts[i / 2], H5T_NATIVE_INT64, i % 2, &none);
    H5Fclose(file);
    assert_refused(folder, "holds no episodes");
}

/* Puts the changed shard's length into the index, so that only its content is wrong. */
static void accept_length(const char *folder, int shard) {
    char path[PATH];
    size_t size;
    ambit_shard_path(folder, shard, path, sizeof path);
    free(slurp(path, &size));
    int64_t length = (int64_t)size;
    hid_t file = open_raw(folder, "index.h5");
    set_row(file, "/shards/bytes", H5T_NATIVE_INT64, shard, &length);
    H5Fclose(file);
}

static void lying_shards(void **state) {
    (void)state;
    static const int64_t beyond = 1 << 30, backwards = -5;
    const char *folder = whole_store();
    hid_t file = open_raw(folder, "shard-00000.h5");
    set_row(file, "/fields/04/ends", H5T_NATIVE_INT64, 3, &beyond);
    H5Fclose(file);
    accept_length(folder, 0);
    assert_refused(folder, "/fields/04/ends");
    folder = whole_store();
    file = open_raw(folder, "shard-00000.h5");
    set_row(file, "/fields/04/ends", H5T_NATIVE_INT64, 20, &backwards);
    H5Fclose(file);
    accept_length(folder, 0);
    assert_refused(folder, "/fields/04/ends");
    folder = whole_store();
    file = open_raw(folder, "shard-00000.h5");
    hid_t array = H5Dopen2(file, "/fields/00/values", H5P_DEFAULT);
    const hsize_t fewer[] = {20, 3};
    assert_true(H5Dset_extent(array, fewer) >= 0);
    H5Dclose(array);
    H5Fclose(file);
    accept_length(folder, 0);
    assert_refused(folder, "/fields/00/values");
}

/* Whole chunks, with their checksums, of numbers that ingestion never lets in. */
static void not_finite(void **state) {
    (void)state;
    static const float bad[] = {NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        const char *folder = whole_store();
        const hsize_t start[] = {25 - 21, 1}, count[] = {1, 1}; /* episode 2 begins at step 21 */
        hid_t file = open_raw(folder, "shard-00001.h5");
        hid_t array = H5Dopen2(file, "/fields/00/values", H5P_DEFAULT);
        hid_t space = H5Dget_space(array), one = H5Screate(H5S_SCALAR);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
        assert_true(H5Dwrite(array, H5T_NATIVE_FLOAT, one, space, H5P_DEFAULT, &bad[i / 2]) >= 0);
        H5Sclose(one);
        H5Sclose(space);
        H5Dclose(array);
        H5Fclose(file);
        ambit_store *store;
        float values[2 * 3];
        assert_int_equal(ambit_store_open(folder, i % 2 ? 1 << 20 : 0, &store), AMBIT_OK);
        assert_int_equal(ambit_store_read(store, FIXTURE_ACTION, 24, 2, values), AMBIT_DATA);
        char wanted[PATH];
        snprintf(wanted, sizeof wanted, "%s: episode 2, field \"action\": step 4, element 1 is %s",
                 folder, i / 2 ? "inf" : "nan");
        assert_non_null(strstr(ambit_message(), wanted));
        ambit_store_close(store);
    }
}

/* A name that cannot be read is said to be so; no other stands in for it. */
static void damaged_names(void **state) {
    (void)state;
    const int64_t beyond = 1 << 20;
    const char *folder = whole_store(), *name;
    ambit_store *store;
    hid_t file = open_raw(folder, "shard-00001.h5");
    set_row(file, "/episodes/name_ends", H5T_NATIVE_INT64, 0, &beyond);
    H5Fclose(file);
    accept_length(folder, 1);
    assert_int_equal(ambit_store_open(folder, 0, &store), AMBIT_OK);
    assert_int_equal(ambit_store_episode_name(store, 0, &name), AMBIT_OK);
    assert_int_equal(ambit_store_episode_name(store, 2, &name), AMBIT_DATA);
    assert_non_null(strstr(ambit_message(), "shard-00001.h5: /episodes/name"));
    ambit_store_close(store);
}

static void links_are_refused(void **state) {
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        const char *folder = whole_store();
        hid_t file = open_raw(folder, "shard-00000.h5");
        assert_true(
            H5Lmove(file, "/fields/00/values", file, "/elsewhere", H5P_DEFAULT, H5P_DEFAULT) >= 0);
        herr_t made = kind == 0 ? H5Lcreate_external("shard-00001.h5", "/fields/00/values", file,
                                                     "/fields/00/values", H5P_DEFAULT, H5P_DEFAULT)
                                : H5Lcreate_soft("/elsewhere", file, "/fields/00/values",
                                                 H5P_DEFAULT, H5P_DEFAULT);
        assert_true(made >= 0);
        H5Fclose(file);
        accept_length(folder, 0);
        assert_refused(folder, "/fields/00/values: is a link");
    }
}

/* Replaces values of field 02 by a data set made with these properties. */
static void replace_values(hid_t file, hid_t creation, hid_t type) {
    hsize_t rows = 21;
    hid_t space = H5Screate_simple(1, &rows, NULL);
    assert_true(H5Ldelete(file, "/fields/02/values", H5P_DEFAULT) >= 0);
    hid_t array =
        H5Dcreate2(file, "/fields/02/values", type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(array >= 0);
    H5Dclose(array);
    H5Sclose(space);
}

static void foreign_storage_is_refused(void **state) {
    (void)state;
    hsize_t chunk = 21;
    for (int kind = 0; kind < 3; kind++) {
        const char *folder = whole_store();
        hid_t file = open_raw(folder, "shard-00000.h5");
        hid_t creation = H5Pcreate(H5P_DATASET_CREATE), type = H5T_STD_I64LE;
        if (kind == 0)
            assert_true(H5Pset_external(creation, "/etc/hostname", 0, 168) >= 0);
        else
            H5Pset_chunk(creation, 1, &chunk);
        if (kind == 1)
            H5Pset_scaleoffset(creation, H5Z_SO_INT, 0);
        if (kind == 2)
            type = H5T_IEEE_F64LE;
        replace_values(file, creation, type);
        H5Pclose(creation);
        H5Fclose(file);
        accept_length(folder, 0);
        assert_refused(folder, "/fields/02/values");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(whole_is_fine, remove_folders),
        cmocka_unit_test_teardown(cut_files, remove_folders),
        cmocka_unit_test_teardown(missing_files, remove_folders),
        cmocka_unit_test_teardown(shard_of_another_store, remove_folders),
        cmocka_unit_test_teardown(flipped_bits, remove_folders),
        cmocka_unit_test_teardown(flipped_chunk, remove_folders),
        cmocka_unit_test_teardown(lying_attributes, remove_folders),
        cmocka_unit_test_teardown(lying_episodes, remove_folders),
        cmocka_unit_test_teardown(no_episodes, remove_folders),
        cmocka_unit_test_teardown(lying_shards, remove_folders),
        cmocka_unit_test_teardown(not_finite, remove_folders),
        cmocka_unit_test_teardown(damaged_names, remove_folders),
        cmocka_unit_test_teardown(links_are_refused, remove_folders),
        cmocka_unit_test_teardown(foreign_storage_is_refused, remove_folders),
    };
    return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
