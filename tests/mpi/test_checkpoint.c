/* Checkpoints of a run: what is written comes back bit for bit, damage is noticed and passed over,
 * nothing whole is lost, and no run goes on from another one's. Run with 1, 2 and 4 ranks. */
#include "checkpoint_fixture.h"
#include "datasets/files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { COUNT = MANY };

/* ---------------------------------------------------------------- tools */

/* Runs code on rank 0 while the others wait. */
#define ON_RANK_0(...)                                                                             \
    do {                                                                                           \
        MPI_Barrier(ranks.world);                                                                  \
        if (ranks.rank == 0) {                                                                     \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        MPI_Barrier(ranks.world);                                                                  \
    } while (0)

static void flip_byte(const char *path, double place) {
    struct stat about;
    unsigned char byte;
    int file = open(path, O_RDWR);
    assert_int_equal(fstat(file, &about), 0);
    off_t at = (off_t)(place * (double)about.st_size);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

static void damage(int64_t step, double place) {
    char path[PATH_MAX];
    path_of(step, path);
    ON_RANK_0(flip_byte(path, place));
}

static void name_in(const char *name, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%.3000s/checkpoints/%s", run, name);
}

static int is_there(const char *name) {
    char path[PATH_MAX];
    name_in(name, path);
    return access(path, F_OK) == 0;
}

/* Makes the link `last`, or removes it where `target` is NULL. */
static void set_last(const char *target) {
    char path[PATH_MAX];
    name_in("last", path);
    ON_RANK_0({
        unlink(path);
        if (target)
            assert_int_equal(symlink(target, path), 0);
    });
}

static void assert_last(const char *wanted) {
    char path[PATH_MAX], target[256] = "";
    name_in("last", path);
    assert_true(readlink(path, target, sizeof target - 1) > 0);
    assert_string_equal(target, wanted);
}

/* Evaluation reads this step, with a warning that names `warned` (NULL: with none). */
static void assert_reads(int64_t step, const char *warned) {
    ambit_checkpoint read;
    char path[PATH_MAX], wanted[PATH_MAX], *warning;
    float *average;
    int64_t count;
    path_of(step, wanted);
    assert_int_equal(ambit_checkpoint_read_last(&ranks, run, path, sizeof path, &read, &average,
                                                &count, &warning),
                     AMBIT_OK);
    assert_string_equal(path, wanted);
    assert_int_equal(read.step, step);
    assert_int_equal(count, COUNT);
    for (int64_t i = 0; i < COUNT; i++)
        assert_true(average[i] == value_of(1, i, step));
    if (ranks.rank == 0 && warned)
        assert_non_null(strstr(warning ? warning : "", warned));
    else
        assert_null(warning);
    free(warning);
    free(average);
    ambit_checkpoint_clear(&read);
}

/* Going on as `now` is refused, on all ranks, with a message that says `text`. */
static void assert_refuses(const ambit_checkpoint *now, ambit_status wanted, const char *text) {
    ambit_exchange *exchange = make_exchange(COUNT);
    ambit_checkpoint read;
    char *warning;
    int found;
    assert_int_equal(resume(now, exchange, &read, &found, &warning), wanted);
    assert_false(found);
    if (!strstr(ambit_message(), text))
        fail_msg("«%s» does not say «%s»", ambit_message(), text);
    free(warning);
    ambit_exchange_destroy(exchange);
}

/* ---------------------------------------------------------------- what is whole */

static void test_round_trip(void **state) {
    (void)state;
    ambit_exchange *exchange = make_exchange(COUNT);
    ambit_checkpoint read;
    const ambit_checkpoint wanted = describe(7, COUNT);
    char *warning;
    int found;
    write_step(7, COUNT, 3);
    assert_int_equal(resume(NULL, exchange, &read, &found, &warning), AMBIT_OK);
    assert_true(found && !warning);
    assert_filled(exchange, 7);
    assert_int_equal(read.step, 7);
    assert_int_equal(read.version, 3);
    assert_true(read.seconds == 1.5);
    assert_string_equal(read.configuration, wanted.configuration);
    assert_memory_equal(&read.shape, &wanted.shape, sizeof wanted.shape);
    assert_int_equal(read.normaliser.observation_size, 3);
    assert_memory_equal(read.normaliser.observation_scale, wanted.normaliser.observation_scale, 12);
    assert_memory_equal(read.normaliser.chunk_shift, wanted.normaliser.chunk_shift, 8);
    assert_true(read.normaliser.chunk_limit == 1);
    assert_int_equal(read.source_count, 1);
    assert_true(read.data_digests[0] == wanted.data_digests[0]);
    assert_int_equal(read.tensor_count, 2);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(read.tensors[i].name, wanted.tensors[i].name);
        assert_int_equal(read.tensors[i].rank, wanted.tensors[i].rank);
        assert_memory_equal(read.tensors[i].shape, wanted.tensors[i].shape, 4 * sizeof(int64_t));
        assert_int_equal(read.tensors[i].offset, wanted.tensors[i].offset);
        assert_int_equal(read.tensors[i].count, wanted.tensors[i].count);
    }
    ambit_checkpoint_clear(&read);
    ambit_exchange_destroy(exchange);
}

static void test_nothing_there(void **state) {
    (void)state;
    ambit_exchange *exchange = make_exchange(COUNT);
    ambit_checkpoint read;
    char *warning, path[PATH_MAX];
    float *average = NULL;
    int64_t count;
    int found;
    int exists;
    assert_int_equal(resume(NULL, exchange, &read, &found, &warning), AMBIT_OK);
    assert_false(found);
    assert_int_equal(ambit_checkpoint_read_last(&ranks, run, path, sizeof path, &read, &average,
                                                &count, &warning),
                     AMBIT_NO_INPUT);
    free(warning);
    assert_int_equal(ambit_checkpoint_exists(run, &exists), AMBIT_OK);
    assert_false(exists);
    ambit_exchange_destroy(exchange);
}

/* The newest `keep` stay, and `last` points at the newest. */
static void test_keep(void **state) {
    (void)state;
    char path[PATH_MAX];
    for (int64_t step = 1; step <= 4; step++)
        write_step(step, COUNT, 2);
    for (int64_t step = 1; step <= 4; step++) {
        path_of(step, path);
        assert_int_equal(access(path, F_OK) == 0, step >= 3);
    }
    assert_last("step-00000004.h5");
}

/* Damaged ones do not count among those that are kept: not those that training passed over, and not
 * those that are cut or whose description is damaged. */
static void test_keep_whole(void **state) {
    (void)state;
    char path[PATH_MAX];
    for (int64_t step = 1; step <= 3; step++)
        write_step(step, COUNT, 4);
    write_step(9, COUNT, 4);
    damage(9, 0.9);
    path_of(3, path);
    ON_RANK_0(assert_int_equal(truncate(path, 5000), 0));
    assert_resumes(2, COUNT, "step-00000009.h5");
    write_step(4, COUNT, 2);
    assert_last("step-00000004.h5");
    assert_true(is_there("step-00000004.h5") && is_there("step-00000002.h5"));
    assert_true(is_there("step-00000009.h5"));
    assert_false(is_there("step-00000001.h5"));
    assert_resumes(4, COUNT, "step-00000009.h5");
    write_step(5, COUNT, 1);
    assert_true(is_there("step-00000005.h5"));
    assert_false(is_there("step-00000004.h5"));
}

/* However many files there are, none is overlooked. */
static void test_many(void **state) {
    (void)state;
    char path[PATH_MAX];
    write_step(9000, COUNT, 3);
    ON_RANK_0(for (int64_t step = 0; step < 5000; step++) {
        path_of(step, path);
        assert_true(close(open(path, O_CREAT | O_WRONLY, 0666)) == 0);
    });
    assert_resumes(9000, COUNT, NULL);
    write_step(9001, COUNT, 2);
    for (int64_t step = 0; step < 5000; step++) {
        path_of(step, path);
        assert_int_not_equal(access(path, F_OK), 0);
    }
    assert_resumes(9001, COUNT, NULL);
}

/* ---------------------------------------------------------------- damage */

/* A flipped bit anywhere, or a cut file: the one before is used, and the user is told. */
static void test_damage(void **state) {
    (void)state;
    char path[PATH_MAX];
    for (int way = 0; way < 11; way++) {
        write_step(1, COUNT, 3);
        write_step(2, COUNT, 3);
        path_of(2, path);
        if (way < 10)
            damage(2, 0.001 + 0.0999 * way);
        else
            ON_RANK_0(assert_int_equal(truncate(path, 5000), 0));
        assert_resumes(1, COUNT, "step-00000002.h5");
    }
}

static void test_all_damaged(void **state) {
    (void)state;
    write_step(1, COUNT, 3);
    damage(1, 0.5);
    assert_refuses(NULL, AMBIT_DATA, "step-00000001.h5");
}

/* What a job that died while writing leaves is neither taken for a checkpoint, nor in the way, nor
 * left for good. */
static void test_leftover(void **state) {
    (void)state;
    char path[PATH_MAX];
    write_step(1, COUNT, 3);
    name_in("step-00000002.h5.partial", path);
    ON_RANK_0(assert_int_equal(ambit_write_file(path, "half", 4), AMBIT_OK));
    assert_resumes(1, COUNT, NULL);
    write_step(3, COUNT, 3);
    assert_false(is_there("step-00000002.h5.partial"));
}

/* ---------------------------------------------------------------- the link `last` */

/* Evaluation takes what it points at; where that is nowhere or damaged, the newest that is whole.
 */
static void test_last(void **state) {
    (void)state;
    for (int64_t step = 1; step <= 3; step++)
        write_step(step, COUNT, 3);
    assert_reads(3, NULL);
    set_last("step-00000001.h5");
    assert_reads(1, NULL);
    set_last("step-00000077.h5");
    assert_reads(3, "step-00000077.h5");
    set_last("../elsewhere");
    assert_reads(3, "last: points at no checkpoint");
    set_last(NULL);
    assert_reads(3, "last: points at no checkpoint");
    set_last("step-00000002.h5");
    damage(2, 0.01);
    assert_reads(3, "step-00000002.h5");
    damage(3, 0.01);
    assert_reads(1, "step-00000003.h5");
}

/* A job that was killed between a checkpoint and its link is mended by the next. */
static void test_last_left_behind(void **state) {
    (void)state;
    write_step(1, COUNT, 3);
    write_step(2, COUNT, 3);
    set_last("step-00000001.h5");
    assert_resumes(2, COUNT, NULL);
    assert_last("step-00000002.h5");
    set_last(NULL);
    assert_resumes(2, COUNT, NULL);
    assert_last("step-00000002.h5");
}

/* ---------------------------------------------------------------- errors that are not absence */

/* With no file to spare, a folder cannot be listed: that is not an empty folder. */
static void test_cannot_list(void **state) {
    (void)state;
    struct rlimit before, none;
    int exists;
    int next = dup(0);
    write_step(1, COUNT, 3);
    ambit_exchange *exchange = make_exchange(COUNT);
    ambit_checkpoint read;
    char *warning;
    int found;
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){(rlim_t)next, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    ambit_status resumed = resume(NULL, exchange, &read, &found, &warning);
    ambit_status looked = ambit_checkpoint_exists(run, &exists);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(resumed, AMBIT_IO);
    assert_int_equal(looked, AMBIT_IO);
    assert_non_null(strstr(ambit_message(), "cannot list"));
    free(warning);
    ambit_exchange_destroy(exchange);
    assert_resumes(1, COUNT, NULL);
}

/* A checkpoint that cannot be opened may be whole: it is not passed over. */
static void test_cannot_open(void **state) {
    (void)state;
    char path[PATH_MAX];
    write_step(1, COUNT, 3);
    path_of(2, path);
    ON_RANK_0(assert_int_equal(symlink(path, path), 0)); /* a link to itself */
    assert_refuses(NULL, AMBIT_IO, "step-00000002.h5");
    ON_RANK_0({
        unlink(path);
        assert_int_equal(symlink("nowhere", path), 0);
    });
    assert_resumes(1, COUNT, "step-00000002.h5");
}

/* A file where the folder should be: an error on all ranks, and no hang. */
static void test_no_folder(void **state) {
    (void)state;
    char path[PATH_MAX];
    const ambit_checkpoint checkpoint = describe(1, COUNT);
    snprintf(path, sizeof path, "%.3000s/checkpoints", run);
    ON_RANK_0(assert_int_equal(ambit_write_file(path, "", 0), AMBIT_OK));
    ambit_exchange *exchange = make_exchange(COUNT);
    assert_int_equal(ambit_checkpoint_write(&ranks, run, &checkpoint, exchange, 3),
                     AMBIT_CANNOT_CREATE);
    ambit_exchange_destroy(exchange);
    assert_refuses(NULL, AMBIT_IO, "cannot list");
}

/* ---------------------------------------------------------------- another run's */

static void test_other_run(void **state) {
    (void)state;
    ambit_checkpoint now = describe(0, COUNT);
    const uint64_t other_digests[1] = {1};
    float other_row[3] = {1, 2, 4};
    ambit_parameter other_tensors[2] = {now.tensors[0], now.tensors[1]};
    write_step(1, COUNT, 3);

    now.configuration = "data:\n  sources: [{path: store}]\n  observation: [state]\n"
                        "train:\n  lr: 0.25\n  keep: 7\n";
    assert_refuses(&now, AMBIT_CONFIG, "here:  train.lr: 0.25");
    assert_null(strstr(ambit_message(), "keep"));
    now.configuration = "data:\n  sources: [{path: moved}]\n  observation: [state]\n"
                        "train:\n  keep: 7\n  steps: 9000\n";
    ambit_exchange *exchange = make_exchange(COUNT);
    ambit_checkpoint read;
    char *warning;
    int found;
    assert_int_equal(resume(&now, exchange, &read, &found, &warning), AMBIT_OK);
    assert_true(found);
    ambit_checkpoint_clear(&read);
    ambit_exchange_destroy(exchange);

    now = describe(0, COUNT);
    now.data_digests = other_digests;
    assert_refuses(&now, AMBIT_CONFIG, "data.sources.0: gives other data now");
    now = describe(0, COUNT);
    now.normaliser.observation_shift = other_row;
    assert_refuses(&now, AMBIT_CONFIG, "normalised otherwise");
    now = describe(0, COUNT);
    now.shape.caption.slots = 31;
    assert_refuses(&now, AMBIT_CONFIG, "samples of another shape");
    now = describe(0, COUNT);
    now.tensors = other_tensors;
    other_tensors[0].shape[0] = 11;
    other_tensors[0].shape[1] = 8;
    assert_refuses(&now, AMBIT_CONFIG, "tensor 0 is \"blocks.0.weight\"");
    now.tensor_count = 1;
    other_tensors[0] = describe(0, COUNT).tensors[0];
    assert_refuses(&now, AMBIT_CONFIG, "tensor 1 is \"blocks.0.bias\"");
    assert_resumes(1, COUNT, NULL);
}

/* A network of another size. */
static void test_other_network(void **state) {
    (void)state;
    write_step(1, FEW, 3);
    assert_refuses(NULL, AMBIT_CONFIG, "tensor 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(test_round_trip),    IN_A_FOLDER(test_nothing_there),
        IN_A_FOLDER(test_keep),          IN_A_FOLDER(test_keep_whole),
        IN_A_FOLDER(test_many),          IN_A_FOLDER(test_damage),
        IN_A_FOLDER(test_all_damaged),   IN_A_FOLDER(test_leftover),
        IN_A_FOLDER(test_last),          IN_A_FOLDER(test_last_left_behind),
        IN_A_FOLDER(test_cannot_list),   IN_A_FOLDER(test_cannot_open),
        IN_A_FOLDER(test_no_folder),     IN_A_FOLDER(test_other_run),
        IN_A_FOLDER(test_other_network),
    };
    if (ambit_ranks_start(&ranks) != AMBIT_OK)
        return 1;
    if (cmocka_run_group_tests(tests, NULL, NULL))
        ambit_ranks_abort(1); /* the other ranks may wait in a collective call */
    ambit_ranks_stop(&ranks);
    return 0;
}
