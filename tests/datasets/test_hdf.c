/* The HDF5 layer: what keeps a file from being opened is told apart, and files in memory leave room
 * for flat arrays that no memory would hold. */
#include "datasets/files.h"
#include "datasets/hdf.h"
#include "datasets/memory_file.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/ambit-test-hdf-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return ambit_remove_tree(folder) != AMBIT_OK;
}

static void path_of(const char *name, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
}

static void assert_opens_as(const char *path, ambit_status wanted, const char *says) {
    hid_t file;
    assert_int_equal(ambit_hdf_open_file(path, &file), wanted);
    if (!strstr(ambit_message(), says))
        fail_msg("«%s» does not say «%s»", ambit_message(), says);
}

/* A file that cannot be opened now is not a damaged one, nor one that is not there. */
static void test_opening(void **state) {
    (void)state;
    char path[PATH_MAX];
    struct rlimit before, none;
    ambit_memory_file *file;
    hid_t id;
    path_of("absent.h5", path);
    assert_opens_as(path, AMBIT_NO_INPUT, "No such file");
    path_of("loop.h5", path);
    assert_int_equal(symlink(path, path), 0);
    assert_opens_as(path, AMBIT_IO, "Too many levels of symbolic links");
    assert_opens_as(folder, AMBIT_DATA, "is not a regular file");
    path_of("empty.h5", path);
    assert_int_equal(ambit_write_file(path, "", 0), AMBIT_OK);
    assert_opens_as(path, AMBIT_DATA, "is empty");
    path_of("text.h5", path);
    assert_int_equal(ambit_write_file(path, "no HDF5", 7), AMBIT_OK);
    assert_opens_as(path, AMBIT_DATA, "is damaged");

    path_of("good.h5", path);
    assert_int_equal(ambit_memory_file_create(path, &file), AMBIT_OK);
    assert_int_equal(ambit_memory_file_write(file), AMBIT_OK);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next = dup(0);
    close(next);
    none = (struct rlimit){(rlim_t)next, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const ambit_status status = ambit_hdf_open_file(path, &id);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, AMBIT_IO);
    assert_non_null(strstr(ambit_message(), "Too many open files"));
    assert_int_equal(ambit_hdf_open_file(path, &id), AMBIT_OK);
    H5Fclose(id);
}

/* Arrays of 100 GB take room in the file alone; what is read of it lies before them. */
static void test_flat_arrays(void **state) {
    (void)state;
    enum { ALIGNMENT = 16384, ARRAYS = 3 };
    static const int64_t counts[] = {1, 100, 4096, 5000, INT64_C(25000000000)};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        const int64_t bytes = counts[c] * 4, one = 1, room = (bytes + ALIGNMENT - 1) / ALIGNMENT;
        int64_t places[ARRAYS], size, dims[1] = {-1}, place;
        char path[PATH_MAX], name[16];
        const uint8_t *content;
        ambit_memory_file *file;
        hid_t id;
        path_of("around.h5", path);
        assert_int_equal(ambit_memory_file_create_around(path, ALIGNMENT, bytes, &file), AMBIT_OK);
        id = ambit_memory_file_id(file);
        for (int i = 0; i < 20; i++) {
            snprintf(name, sizeof name, "s%d", i);
            assert_int_equal(ambit_hdf_write_array(id, name, AMBIT_HDF_I64, 1, &one, &bytes),
                             AMBIT_OK);
        }
        for (int i = 0; i < ARRAYS; i++) {
            snprintf(name, sizeof name, "flat%d", i);
            assert_int_equal(ambit_hdf_create_flat(id, name, AMBIT_HDF_F32, counts[c], &places[i]),
                             AMBIT_OK);
            assert_int_equal(places[i] % ALIGNMENT, 0);
            if (i > 0)
                assert_int_equal(places[i] - places[i - 1], room * ALIGNMENT);
        }
        assert_int_equal(ambit_memory_file_finish(file, &content, &size), AMBIT_OK);
        assert_true(size <= places[0]);
        assert_int_equal(ambit_write_file(path, content, (size_t)size), AMBIT_OK);
        ambit_memory_file_drop(file);
        assert_int_equal(truncate(path, places[ARRAYS - 1] + bytes), 0); /* a hole */
        assert_int_equal(ambit_hdf_open_file(path, &id), AMBIT_OK);
        assert_int_equal(ambit_hdf_find_flat(id, "flat2", AMBIT_HDF_F32, 1, dims, &place),
                         AMBIT_OK);
        assert_int_equal(dims[0], counts[c]);
        assert_int_equal(place, places[2]);
        H5Fclose(id);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_opening, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_flat_arrays, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
