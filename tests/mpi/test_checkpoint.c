/* Checkpoints: what is written comes back bit for bit, damage is noticed and passed over, and
 * nothing whole is lost. Run with 1, 2 and 4 ranks. */
#include "datasets/files.h"
#include "mpi/checkpoint_file.h"

#include <fcntl.h>
#include <hdf5.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { COUNT = 3 * AMBIT_NORM_BLOCK + 99, SLOTS = 4 };

static ambit_ranks ranks;
static char run[PATH_MAX];

static const ambit_parameter table[] = {{.name = "weight", .count = COUNT, .decays = 1}};
static float shift[3] = {1, 2, 3}, scale[3] = {4, 5, 6}, chunk_shift[2] = {7, 8},
             chunk_scale[2] = {9, 10};

static float value_of(int array, int64_t i, int64_t step) {
    return (float)(array * 1000000 + i % 1000) + 0.25f * (float)step;
}

static void fill(ambit_exchange *exchange, int64_t step) {
    ambit_owned owned = ambit_exchange_owned(exchange);
    for (int64_t i = 0; i < owned.count; i++) {
        ambit_exchange_parameters(exchange)[owned.first + i] = value_of(0, owned.first + i, step);
        ambit_exchange_average(exchange)[owned.first + i] = value_of(1, owned.first + i, step);
        owned.moment_first[i] = value_of(2, owned.first + i, step);
        owned.moment_second[i] = value_of(3, owned.first + i, step);
    }
    ambit_exchange_publish(exchange);
}

static void assert_filled(ambit_exchange *exchange, int64_t step) {
    ambit_owned owned = ambit_exchange_owned(exchange);
    for (int64_t i = 0; i < COUNT; i++) {
        assert_true(ambit_exchange_parameters(exchange)[i] == value_of(0, i, step));
        assert_true(ambit_exchange_average(exchange)[i] == value_of(1, i, step));
    }
    for (int64_t i = 0; i < owned.count; i++) {
        assert_true(owned.moment_first[i] == value_of(2, owned.first + i, step));
        assert_true(owned.moment_second[i] == value_of(3, owned.first + i, step));
    }
}

static ambit_checkpoint describe(int64_t step) {
    return (ambit_checkpoint){.step = step,
                              .seconds = 1.5,
                              .configuration = "run:\n  seed: 1\n",
                              .shape = {.observation_size = 3,
                                        .chunk_steps = 1,
                                        .chunk_width = 2,
                                        .camera = {2, 3, 64, 48},
                                        .text = {4, 512},
                                        .caption = {32}},
                              .normaliser = {.observation_size = 3,
                                             .chunk_size = 2,
                                             .observation_shift = shift,
                                             .observation_scale = scale,
                                             .chunk_shift = chunk_shift,
                                             .chunk_scale = chunk_scale,
                                             .chunk_limit = 1}};
}

static void write_step(int64_t step, int64_t keep) {
    ambit_exchange *exchange;
    ambit_checkpoint checkpoint = describe(step);
    assert_int_equal(ambit_exchange_create(&ranks, SLOTS, table, 1, &exchange), AMBIT_OK);
    fill(exchange, step);
    assert_int_equal(ambit_checkpoint_write(&ranks, run, &checkpoint, exchange, keep), AMBIT_OK);
    ambit_exchange_destroy(exchange);
}

static void path_of(int64_t step, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%.3000s/checkpoints/step-%08lld.h5", run, (long long)step);
}

/* Rank 0 alone changes files; the others wait for it. */
static void flip_byte(int64_t step, double place) {
    char path[PATH_MAX];
    path_of(step, path);
    MPI_Barrier(ranks.world);
    if (ranks.rank == 0) {
        struct stat about;
        int file = open(path, O_RDWR);
        assert_int_equal(fstat(file, &about), 0);
        off_t at = (off_t)(place * (double)about.st_size);
        unsigned char byte;
        assert_int_equal(pread(file, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
        close(file);
    }
    MPI_Barrier(ranks.world);
}

static ambit_status resume(ambit_exchange **exchange, ambit_checkpoint *checkpoint, int *found,
                           char **warning) {
    assert_int_equal(ambit_exchange_create(&ranks, SLOTS, table, 1, exchange), AMBIT_OK);
    return ambit_checkpoint_resume(&ranks, run, *exchange, checkpoint, found, warning);
}

/* Each test has a folder of its own. */
static int make_run(void **state) {
    (void)state;
    snprintf(run, sizeof run, "/tmp/ambit-test-checkpoint-XXXXXX");
    if (ranks.rank == 0 && !mkdtemp(run))
        return -1;
    MPI_Bcast(run, sizeof run, MPI_CHAR, 0, ranks.world);
    return 0;
}

static int remove_run(void **state) {
    (void)state;
    MPI_Barrier(ranks.world);
    return ranks.rank == 0 && ambit_remove_tree(run) != AMBIT_OK;
}

static void test_round_trip(void **state) {
    (void)state;
    ambit_exchange *exchange;
    ambit_checkpoint read;
    char *warning;
    int found;
    write_step(7, 3);
    assert_int_equal(resume(&exchange, &read, &found, &warning), AMBIT_OK);
    assert_true(found && !warning);
    assert_filled(exchange, 7);
    assert_int_equal(read.step, 7);
    assert_true(read.seconds == 1.5);
    assert_string_equal(read.configuration, "run:\n  seed: 1\n");
    const ambit_sample_shape wanted = describe(7).shape;
    assert_memory_equal(&read.shape, &wanted, sizeof wanted);
    assert_int_equal(read.normaliser.observation_size, 3);
    assert_memory_equal(read.normaliser.observation_scale, scale, sizeof scale);
    assert_memory_equal(read.normaliser.chunk_shift, chunk_shift, sizeof chunk_shift);
    assert_true(read.normaliser.chunk_limit == 1);
    ambit_checkpoint_clear(&read);
    ambit_exchange_destroy(exchange);
}

/* Makes a file of another version of the checkpoint of a step: without the shape, or with a size of
 * it changed. */
static void rewrite(int64_t step, int version, int64_t width) {
    const ambit_checkpoint checkpoint = describe(step);
    const uint32_t sum = ambit_checkpoint_sum(&checkpoint, version);
    ambit_sample_shape shape = checkpoint.shape;
    char path[PATH_MAX];
    path_of(step, path);
    shape.camera.width = width;
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t of_version = H5Aopen(file, "ambit_checkpoint", H5P_DEFAULT);
    hid_t of_sum = H5Aopen(file, "description_checksum", H5P_DEFAULT);
    assert_true(H5Awrite(of_version, H5T_NATIVE_INT, &version) >= 0);
    assert_true(H5Awrite(of_sum, H5T_NATIVE_UINT32, &sum) >= 0);
    H5Aclose(of_version);
    H5Aclose(of_sum);
    if (version == 1) {
        assert_true(H5Ldelete(file, "shape", H5P_DEFAULT) >= 0);
    } else {
        hid_t set = H5Dopen2(file, "shape", H5P_DEFAULT);
        assert_true(H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &shape) >= 0);
        H5Dclose(set);
    }
    assert_true(H5Fclose(file) >= 0);
}

static ambit_status read_description(int64_t step, ambit_checkpoint *read) {
    char path[PATH_MAX];
    path_of(step, path);
    return ambit_checkpoint_read(path, read, NULL, NULL);
}

/* Version 1 knew the state alone; others are refused, and so are sizes that were changed. */
static void test_versions(void **state) {
    const ambit_sample_shape alone = {.observation_size = 3};
    ambit_checkpoint read;
    (void)state;
    for (int64_t step = 1; step <= 4; step++)
        write_step(step, 4);
    MPI_Barrier(ranks.world);
    if (ranks.rank == 0) { /* reading one file is not collective */
        rewrite(1, 1, 48);
        assert_int_equal(read_description(1, &read), AMBIT_OK);
        assert_memory_equal(&read.shape, &alone, sizeof alone);
        assert_memory_equal(read.normaliser.chunk_shift, chunk_shift, sizeof chunk_shift);
        ambit_checkpoint_clear(&read);
        rewrite(2, 3, 48);
        assert_int_equal(read_description(2, &read), AMBIT_DATA);
        assert_non_null(
            strstr(ambit_message(), "of checkpoint version 3, this program reads 1 to 2"));
        rewrite(3, 2, 47);
        assert_int_equal(read_description(3, &read), AMBIT_DATA);
        assert_non_null(strstr(ambit_message(), "checksum of the description"));
        rewrite(4, 2, -1);
        assert_int_equal(read_description(4, &read), AMBIT_DATA);
        assert_non_null(strstr(ambit_message(), "shape"));
    }
    MPI_Barrier(ranks.world);
}

static void test_average_alone(void **state) {
    (void)state;
    ambit_checkpoint read;
    char path[PATH_MAX];
    float *average;
    int64_t count;
    write_step(3, 3);
    assert_int_equal(ambit_checkpoint_last(run, path, sizeof path), AMBIT_OK);
    assert_int_equal(ambit_checkpoint_read(path, &read, &average, &count), AMBIT_OK);
    assert_int_equal(count, COUNT);
    for (int64_t i = 0; i < COUNT; i++)
        assert_true(average[i] == value_of(1, i, 3));
    free(average);
    ambit_checkpoint_clear(&read);
}

static void test_nothing_there(void **state) {
    (void)state;
    ambit_exchange *exchange;
    ambit_checkpoint read;
    char *warning, path[PATH_MAX];
    int found;
    assert_int_equal(resume(&exchange, &read, &found, &warning), AMBIT_OK);
    assert_false(found);
    assert_int_equal(ambit_checkpoint_last(run, path, sizeof path), AMBIT_NO_INPUT);
    ambit_exchange_destroy(exchange);
}

/* The newest `keep` stay, and `last` points at the newest. */
static void test_keep(void **state) {
    (void)state;
    char path[PATH_MAX], target[256] = "";
    for (int64_t step = 1; step <= 4; step++)
        write_step(step, 2);
    for (int64_t step = 1; step <= 4; step++) {
        path_of(step, path);
        assert_int_equal(access(path, F_OK) == 0, step >= 3);
    }
    snprintf(path, sizeof path, "%.3000s/checkpoints/last", run);
    assert_true(readlink(path, target, sizeof target - 1) > 0);
    assert_string_equal(target, "step-00000004.h5");
}

/* A flipped bit anywhere in the arrays, or a cut file: the one before is used, and the user is
 * told. */
static void test_damage(void **state) {
    (void)state;
    for (int way = 0; way < 5; way++) {
        ambit_exchange *exchange;
        ambit_checkpoint read;
        char *warning, path[PATH_MAX];
        int found;
        write_step(1, 3);
        write_step(2, 3);
        path_of(2, path);
        if (way < 4)
            flip_byte(2, 0.2 + 0.2 * way);
        else if (ranks.rank == 0)
            assert_int_equal(truncate(path, 5000), 0);
        MPI_Barrier(ranks.world);
        assert_int_equal(resume(&exchange, &read, &found, &warning), AMBIT_OK);
        assert_true(found);
        assert_int_equal(read.step, 1);
        assert_filled(exchange, 1);
        if (ranks.rank == 0)
            assert_non_null(strstr(warning, "step-00000002.h5"));
        free(warning);
        ambit_checkpoint_clear(&read);
        ambit_exchange_destroy(exchange);
    }
}

/* Rank 0 writes another seed into the configuration that a checkpoint carries. */
static void change_configuration(int64_t step) {
    char path[PATH_MAX], *bytes;
    size_t size, at = 0;
    path_of(step, path);
    MPI_Barrier(ranks.world);
    if (ranks.rank == 0) {
        static const char text[] = "seed: 1";
        assert_int_equal(ambit_read_file(path, 1 << 24, &bytes, &size), AMBIT_OK);
        while (at + sizeof text < size && memcmp(bytes + at, text, sizeof text - 1) != 0)
            at++;
        assert_true(at + sizeof text < size);
        bytes[at + sizeof text - 2] = '2';
        assert_int_equal(ambit_write_file(path, bytes, size), AMBIT_OK);
        free(bytes);
    }
    MPI_Barrier(ranks.world);
}

/* What is beside the arrays is guarded too: a run must not go on under changed settings. */
static void test_changed_configuration(void **state) {
    (void)state;
    ambit_exchange *exchange;
    ambit_checkpoint read;
    char *warning;
    int found;
    write_step(1, 3);
    change_configuration(1);
    assert_int_equal(resume(&exchange, &read, &found, &warning), AMBIT_DATA);
    assert_non_null(strstr(ambit_message(), "description"));
    free(warning);
    ambit_exchange_destroy(exchange);
}

static void test_all_damaged(void **state) {
    (void)state;
    ambit_exchange *exchange;
    ambit_checkpoint read;
    char *warning;
    int found;
    write_step(1, 3);
    flip_byte(1, 0.5);
    assert_int_equal(resume(&exchange, &read, &found, &warning), AMBIT_DATA);
    assert_false(found);
    assert_non_null(strstr(ambit_message(), "step-00000001.h5"));
    free(warning);
    ambit_exchange_destroy(exchange);
}

/* A network of another size. */
static void test_other_network(void **state) {
    (void)state;
    static const ambit_parameter other[] = {{.name = "weight", .count = 100}};
    ambit_exchange *exchange;
    ambit_checkpoint read;
    char *warning;
    int found;
    write_step(1, 3);
    assert_int_equal(ambit_exchange_create(&ranks, SLOTS, other, 1, &exchange), AMBIT_OK);
    assert_int_equal(ambit_checkpoint_resume(&ranks, run, exchange, &read, &found, &warning),
                     AMBIT_CONFIG);
    ambit_exchange_destroy(exchange);
}

/* What a job that died while writing leaves is neither taken for a checkpoint nor in the way. */
static void test_leftover(void **state) {
    (void)state;
    char path[PATH_MAX];
    write_step(1, 3);
    snprintf(path, sizeof path, "%.3000s/checkpoints/step-00000002.h5.partial", run);
    if (ranks.rank == 0)
        assert_int_equal(ambit_write_file(path, "half", 4), AMBIT_OK);
    MPI_Barrier(ranks.world);
    assert_int_equal(ambit_checkpoint_last(run, path, sizeof path), AMBIT_OK);
    assert_non_null(strstr(path, "step-00000001.h5"));
    write_step(2, 3);
}

/* A file where the folder should be: an error on all ranks, and no hang. */
static void test_no_folder(void **state) {
    (void)state;
    char path[PATH_MAX];
    ambit_exchange *exchange;
    ambit_checkpoint checkpoint = describe(1);
    snprintf(path, sizeof path, "%.3000s/checkpoints", run);
    if (ranks.rank == 0)
        assert_int_equal(ambit_write_file(path, "", 0), AMBIT_OK);
    MPI_Barrier(ranks.world);
    assert_int_equal(ambit_exchange_create(&ranks, SLOTS, table, 1, &exchange), AMBIT_OK);
    assert_int_equal(ambit_checkpoint_write(&ranks, run, &checkpoint, exchange, 3),
                     AMBIT_CANNOT_CREATE);
    ambit_exchange_destroy(exchange);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_run, remove_run)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(test_round_trip),
        IN_A_FOLDER(test_versions),
        IN_A_FOLDER(test_average_alone),
        IN_A_FOLDER(test_nothing_there),
        IN_A_FOLDER(test_keep),
        IN_A_FOLDER(test_damage),
        IN_A_FOLDER(test_all_damaged),
        IN_A_FOLDER(test_other_network),
        IN_A_FOLDER(test_leftover),
        IN_A_FOLDER(test_no_folder),
        IN_A_FOLDER(test_changed_configuration),
    };
    if (ambit_ranks_start(&ranks) != AMBIT_OK)
        return 1;
    if (cmocka_run_group_tests(tests, NULL, NULL))
        ambit_ranks_abort(1); /* the other ranks may wait in a collective call */
    ambit_ranks_stop(&ranks);
    return 0;
}
