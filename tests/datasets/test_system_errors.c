/* What the system refuses is not damage: no more files, a disk that cannot be read. And a header
 * alone gets no memory. */
#include "datasets/files.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int refusing;           /* errno of every read; 0: none */
static int64_t reads, failing; /* how many there were, and which of them fails with EIO; 0: none */

/* HDF5 reads through this one, since the program has it. */
__attribute__((visibility("default"))) ssize_t pread(int file, void *to, size_t size, off_t at);
ssize_t pread(int file, void *to, size_t size, off_t at) {
    const int fails = ++reads == failing;
    if (refusing || fails) {
        errno = fails ? EIO : refusing;
        return -1;
    }
    return (ssize_t)syscall(SYS_pread64, file, to, size, at);
}

/* HDF5 loses some memory of its own when it fails to read. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libhdf5";
}

static int remove_folders(void **state) {
    (void)state;
    refusing = 0;
    failing = 0;
    fixture_cleanup();
    return 0;
}

static const char *whole_store(void) {
    static const int64_t lengths[] = {20, 30};
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 2, 1, NULL, 0);
    return folder;
}

static ambit_store *open_store(const char *folder) {
    ambit_store *store;
    if (ambit_store_open(folder, 0, &store) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    return store;
}

static void assert_says(const char *words, const char *file) {
    if (!strstr(ambit_message(), words) || !strstr(ambit_message(), file) ||
        strstr(ambit_message(), "damaged") || strstr(ambit_message(), "again"))
        fail_msg("«%s» and «%s», and nothing of damage, are wanted of: %s", words, file,
                 ambit_message());
}

/* No file can be opened any more. */
static void too_many_files(void **state) {
    (void)state;
    float values[3];
    const char *folder = whole_store(), *name;
    struct rlimit before, none;
    ambit_store *store = open_store(folder), *other;
    const int next = dup(0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){(rlim_t)next, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const ambit_status opened = ambit_store_open(folder, 0, &other);
    char message[512];
    snprintf(message, sizeof message, "%s", ambit_message());
    const ambit_status named = ambit_store_episode_name(store, 0, &name);
    const ambit_status status = ambit_store_read(store, FIXTURE_ACTION, 0, 1, values);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, AMBIT_IO);
    assert_int_equal(named, AMBIT_IO);
    assert_says("Too many open files", "shard-00000.h5");
    assert_int_equal(opened, AMBIT_IO);
    ambit_message_set(message);
    assert_says("Too many open files", "index.h5");
    assert_int_equal(ambit_store_read(store, FIXTURE_ACTION, 0, 1, values), AMBIT_OK);
    ambit_store_close(store);
}

/* A shard that is open cannot be read; later it can. */
static void disk_errors(void **state) {
    static const int errors[] = {EIO, ESTALE};
    (void)state;
    float values[3];
    for (int i = 0; i < 2; i++) {
        const char *folder = whole_store();
        ambit_store *store = open_store(folder), *other;
        assert_int_equal(ambit_store_read(store, FIXTURE_ACTION, 0, 1, values), AMBIT_OK);
        refusing = errors[i];
        assert_int_equal(ambit_store_read(store, FIXTURE_COUNT, 0, 1, values), AMBIT_IO);
        assert_says(strerror(errors[i]), "shard-00000.h5");
        assert_int_equal(ambit_store_read(store, FIXTURE_ACTION, 30, 1, values), AMBIT_IO);
        assert_says(strerror(errors[i]), "shard-00001.h5");
        assert_int_equal(ambit_store_open(folder, 0, &other), AMBIT_IO);
        assert_says(strerror(errors[i]), "index.h5");
        refusing = 0;
        assert_int_equal(ambit_store_read(store, FIXTURE_COUNT, 0, 1, values), AMBIT_OK);
        ambit_store_close(store);
    }
}

static ambit_status read_field(ambit_store *store, int field) {
    const uint8_t *bytes;
    float values[4];
    size_t size;
    return field == FIXTURE_IMAGE ? ambit_store_read_bytes(store, field, 30, &bytes, &size)
                                  : ambit_store_read(store, field, 30, 1, values);
}

static ambit_status read_all(const char *folder) {
    ambit_store *store;
    const char *name;
    AMBIT_TRY(ambit_store_open(folder, 0, &store));
    ambit_status status = ambit_store_episode_name(store, 1, &name);
    for (int f = 0; f < FIXTURE_FIELDS && status == AMBIT_OK; f++) {
        ambit_statistics statistics;
        status = ambit_store_read_statistics(store, f, &statistics);
        if (status == AMBIT_OK)
            ambit_statistics_destroy(&statistics);
        if (status == AMBIT_OK)
            status = read_field(store, f);
    }
    ambit_store_close(store);
    return status;
}

/* Wherever a read fails, that is said, and nothing of damage. */
static void each_read_may_fail(void **state) {
    (void)state;
    const char *folder = whole_store();
    ambit_status status = AMBIT_IO;
    for (failing = 1; status != AMBIT_OK; failing++) {
        reads = 0;
        status = read_all(folder);
        if (status != AMBIT_OK && status != AMBIT_IO)
            fail_msg("read %d: %s", (int)failing, ambit_message());
        if (status != AMBIT_OK)
            assert_says(strerror(EIO), folder);
    }
    assert_true(failing > 100 && reads < failing - 1);
}

/* Puts in place of the values of field 02 what looks as they do, in chunks of so many rows, of
 * which none is written. */
static void promise(const char *folder, hsize_t rows, hsize_t chunk, int deflated) {
    char path[512];
    size_t size;
    char *bytes;
    hsize_t most = H5S_UNLIMITED;
    ambit_shard_path(folder, 0, path, sizeof path);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(1, &rows, &most);
    H5Pset_chunk(creation, 1, &chunk);
    H5Pset_fletcher32(creation);
    if (deflated)
        H5Pset_deflate(creation, 9);
    assert_true(H5Ldelete(file, "/fields/02/values", H5P_DEFAULT) >= 0);
    hid_t array = H5Dcreate2(file, "/fields/02/values", H5T_STD_I64LE, space, H5P_DEFAULT, creation,
                             H5P_DEFAULT);
    assert_true(array >= 0);
    H5Dclose(array);
    H5Sclose(space);
    H5Pclose(creation);
    H5Fclose(file);
    /* the index agrees with the shard's new length */
    assert_int_equal(ambit_read_file(path, 1 << 24, &bytes, &size), AMBIT_OK);
    free(bytes);
    char index[512];
    snprintf(index, sizeof index, "%s/index.h5", folder);
    file = H5Fopen(index, H5F_ACC_RDWR, H5P_DEFAULT);
    int64_t lengths[2];
    array = H5Dopen2(file, "/shards/bytes", H5P_DEFAULT);
    assert_true(H5Dread(array, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, lengths) >= 0);
    lengths[0] = (int64_t)size;
    assert_true(H5Dwrite(array, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, lengths) >= 0);
    H5Dclose(array);
    H5Fclose(file);
}

/* 20 rows, as the field should have: but in a chunk of 2 GiB, or with nothing behind them. */
static void promises_get_no_memory(void **state) {
    static const struct {
        hsize_t chunk;
        int deflated;
        const char *words;
    } rows[] = {{1 << 28, 0, "in chunks of"},
                {1 << 28, 1, "in chunks of"},
                {(2 << 20) + 1, 1, "in chunks of"},
                {20, 0, "stores 0 bytes"},
                {20, 1, "promises 20 rows"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float value;
        const char *folder = whole_store();
        promise(folder, 20, rows[i].chunk, rows[i].deflated);
        ambit_store *store = open_store(folder);
        assert_int_equal(ambit_store_read(store, FIXTURE_COUNT, 3, 1, &value), AMBIT_DATA);
        if (!strstr(ambit_message(), rows[i].words))
            fail_msg("«%s» does not say «%s»", ambit_message(), rows[i].words);
        ambit_store_close(store);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(too_many_files, remove_folders),
        cmocka_unit_test_teardown(disk_errors, remove_folders),
        cmocka_unit_test_teardown(each_read_may_fail, remove_folders),
        cmocka_unit_test_teardown(promises_get_no_memory, remove_folders),
    };
    return cmocka_run_group_tests_name("system errors", tests, NULL, NULL);
}
