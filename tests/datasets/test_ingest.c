/* Ingestion by 1, 2 and 3 ranks: the same shards, and failures that every rank learns of and that
 * leave nothing behind. Started on three ranks, which form the smaller jobs themselves. */
#include "datasets/files.h"
#include "datasets/store.h"
#include "datasets/writer.h"
#include "mpi/ingest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH = 512, LARGEST = 1 << 26 };

static ambit_ranks all;
static char scratch[PATH];

static void begin(void) {
    if (all.rank == 0) {
        snprintf(scratch, sizeof scratch, "/tmp/ambit-datasets-XXXXXX");
        assert_non_null(mkdtemp(scratch));
    }
    MPI_Bcast(scratch, PATH, MPI_CHAR, 0, all.world);
}

static int set_up(void **state) {
    (void)state;
    begin();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    MPI_Barrier(all.world);
    return all.rank == 0 ? (int)ambit_remove_tree(scratch) : 0;
}

static void join(char path[2 * PATH], const char *name) {
    snprintf(path, 2 * PATH, "%s/%s", scratch, name);
}

static bool is_there(const char *name) {
    char path[2 * PATH];
    join(path, name);
    return access(path, F_OK) == 0;
}

static char notices[1024];

static void keep_notice(const char *line) {
    snprintf(notices, sizeof notices, "%s", line);
}

static ambit_ingest_options maze(const char *out) {
    static const ambit_plugin_setting count = {"count", "30", "test"};
    return (ambit_ingest_options){.plugin = "maze",
                                  .location = "gcs",
                                  .out = out,
                                  .settings = &count,
                                  .setting_count = 1,
                                  .shard_episodes = 4,
                                  .notice = keep_notice};
}

static void must(ambit_status status) {
    if (status != AMBIT_OK)
        fail_msg("%s", ambit_message());
}

/* Ingests with the first `count` of the ranks, shards of at most so many bytes (0: as it is by
 * default); the others wait. Returns the number of shards, on all ranks. */
static int ingest_in_shards(int count, const char *name, int64_t bytes) {
    ambit_ranks some = all;
    ambit_ingest_summary summary = {0};
    char out[2 * PATH];
    join(out, name);
    ambit_ingest_options options = maze(out);
    options.shard_bytes = bytes;
    MPI_Comm_split(all.world, all.rank < count ? 0 : MPI_UNDEFINED, all.rank, &some.world);
    some.size = count;
    if (all.rank < count) {
        must(ambit_ingest(&some, &options, &summary));
        assert_int_equal(summary.episodes, 30);
        MPI_Comm_free(&some.world);
    }
    int shards = (int)summary.shards;
    MPI_Bcast(&shards, 1, MPI_INT, 0, all.world);
    return shards;
}

static void ingest_by(int count, const char *name) {
    assert_int_equal(ingest_in_shards(count, name, 0), 8);
}

static void compare_shards(const char *one, const char *other, int count) {
    for (int k = 0; k < count; k++) {
        char folder[2 * PATH], path[3 * PATH], *a, *b;
        size_t a_size, b_size;
        join(folder, one);
        ambit_shard_path(folder, k, path, sizeof path);
        must(ambit_read_file(path, LARGEST, &a, &a_size));
        join(folder, other);
        ambit_shard_path(folder, k, path, sizeof path);
        must(ambit_read_file(path, LARGEST, &b, &b_size));
        assert_int_equal(a_size, b_size);
        assert_memory_equal(a, b, a_size);
        free(a);
        free(b);
    }
}

static void any_number_of_ranks(void **state) {
    (void)state;
    ingest_by(1, "one");
    ingest_by(2, "two");
    ingest_by(3, "three");
    compare_shards("one", "two", 8);
    compare_shards("one", "three", 8);
}

/* Both stores hold the same episodes in the same order. */
static void compare_episodes(const char *one, const char *other) {
    char path[2 * PATH];
    ambit_store *a, *b;
    float x[64 * 2], y[64 * 2];
    int field;
    join(path, one);
    must(ambit_store_open(path, 0, &a));
    join(path, other);
    must(ambit_store_open(path, 0, &b));
    must(ambit_store_find(a, "position", &field));
    assert_int_equal(ambit_store_episode_count(a), ambit_store_episode_count(b));
    for (int64_t e = 0; e < ambit_store_episode_count(a); e++) {
        int64_t first, end, first_b, end_b;
        ambit_store_episode_range(a, e, &first, &end);
        ambit_store_episode_range(b, e, &first_b, &end_b);
        assert_true(first == first_b && end == end_b);
        const int64_t count = end - first < 64 ? end - first : 64;
        must(ambit_store_read(a, field, first, count, x));
        must(ambit_store_read(b, field, first, count, y));
        assert_memory_equal(x, y, (size_t)count * 2 * sizeof *x);
    }
    ambit_store_close(a);
    ambit_store_close(b);
}

/* Shards are ended by bytes, whatever the first episode was; one that is larger than all is alone
 * in its own. */
static void large_episodes(void **state) {
    (void)state;
    const int64_t few = 20000;
    const int shards = ingest_in_shards(1, "one", few);
    assert_true(shards > 8 && shards < 30);
    assert_int_equal(ingest_in_shards(2, "two", few), shards);
    assert_int_equal(ingest_in_shards(3, "three", few), shards);
    compare_shards("one", "two", shards);
    compare_shards("one", "three", shards);
    assert_int_equal(ingest_in_shards(3, "alone", 1), 30);
    ingest_by(2, "whole");
    compare_episodes("whole", "one");
    compare_episodes("whole", "alone");
}

static void what_is_there_stays(void **state) {
    (void)state;
    ambit_ingest_summary summary;
    char out[2 * PATH], other[2 * PATH];
    ingest_by(3, "store");
    join(out, "store");
    ambit_ingest_options options = maze(out);
    assert_int_equal(ambit_ingest(&all, &options, &summary), AMBIT_CANNOT_CREATE);
    assert_non_null(strstr(ambit_message(), "--overwrite"));
    options.overwrite = true;
    options.shard_episodes = 10;
    must(ambit_ingest(&all, &options, &summary));
    assert_int_equal(summary.shards, 3);
    assert_true(is_there("store/shard-00002.h5") && !is_there("store/shard-00003.h5"));
    assert_true(!is_there("store.partial") && !is_there("store.replaced"));
    /* A folder that is no store is never replaced. */
    join(other, "notes");
    if (all.rank == 0)
        must(ambit_make_folders(other));
    MPI_Barrier(all.world);
    options.out = other;
    assert_int_equal(ambit_ingest(&all, &options, &summary), AMBIT_CANNOT_CREATE);
    assert_true(is_there("notes"));
}

/* Rank 0 puts a file in the scratch folder, with the folders above it. */
static void put(const char *name, const char *text) {
    char path[2 * PATH];
    join(path, name);
    if (all.rank == 0) {
        *strrchr(path, '/') = '\0';
        must(ambit_make_folders(path));
        join(path, name);
        must(ambit_write_file(path, text, strlen(text)));
    }
    MPI_Barrier(all.world);
}

static bool holds(const char *name, const char *text) {
    char path[2 * PATH], *bytes;
    size_t size;
    join(path, name);
    if (ambit_read_file(path, LARGEST, &bytes, &size) != AMBIT_OK)
        return false;
    bool same = strcmp(bytes, text) == 0;
    free(bytes);
    return same;
}

/* Ingests into "store", which must be refused with these words. */
static void refused(bool overwrite, const char *words) {
    ambit_ingest_summary summary;
    char out[2 * PATH];
    join(out, "store");
    ambit_ingest_options options = maze(out);
    options.overwrite = overwrite;
    assert_int_equal(ambit_ingest(&all, &options, &summary), AMBIT_CANNOT_CREATE);
    if (!strstr(ambit_message(), words))
        fail_msg("'%s' lacks '%s'", ambit_message(), words);
    MPI_Barrier(all.world);
}

/* The lock file of a job that was killed. */
static const char killed[] = "ambit ingest\nprocess 1 on elsewhere, since yesterday\n";

static void leftovers_are_removed(void **state) {
    (void)state;
    put("store.partial.lock", killed);
    put("store.partial/shard-00099.h5", "");
    put("store.partial/index.h5.partial", "");
    notices[0] = '\0';
    ingest_by(2, "store");
    assert_false(is_there("store/shard-00099.h5") || is_there("store/index.h5.partial"));
    assert_false(is_there("store.partial") || is_there("store.partial.lock"));
    if (all.rank == 0)
        assert_non_null(strstr(notices, "store.partial"));
}

/* What no ingestion is known to have left stays, byte for byte, whatever it looks like. */
static void work_of_others_stays(void **state) {
    (void)state;
    put("store.partial/shard-00000.h5", "theirs");
    refused(false, "store.partial: exists, and no ingestion");
    assert_false(is_there("store.partial.lock"));
    put("store.partial.lock", "a lock of another program");
    refused(false, "store.partial.lock: is not the lock of an ingestion");
    assert_true(holds("store.partial.lock", "a lock of another program"));
    put("store.partial.lock", killed);
    put("store.partial/thesis.tex", "all of it");
    refused(false, "store.partial/thesis.tex: is not part of a store");
    assert_true(holds("store.partial/thesis.tex", "all of it"));
    assert_true(holds("store.partial/shard-00000.h5", "theirs"));
    assert_true(is_there("store.partial.lock"));
}

/* Refused because OUT is there: another job's OUT.partial and OUT.replaced are not looked at. */
static void refusals_touch_nothing(void **state) {
    (void)state;
    ingest_by(1, "store");
    put("store.partial/shard-00000.h5", "theirs");
    refused(false, "--overwrite");
    put("store/notes.txt", "measured on Monday");
    refused(true, "store/notes.txt: is not part of a store");
    assert_true(holds("store/notes.txt", "measured on Monday"));
    assert_true(holds("store.partial/shard-00000.h5", "theirs"));
}

/* A job was killed between the two steps in which it replaces OUT. */
static void replacement_is_undone(void **state) {
    (void)state;
    put("store.partial.lock", killed);
    put("store.replaced/index.h5", "the old one");
    put("store.partial/index.h5", "the new one");
    refused(false, "--overwrite");
    assert_true(holds("store/index.h5", "the old one"));
    assert_true(holds("store.partial/index.h5", "the new one")); /* no use of it yet */
    assert_false(is_there("store.replaced"));
}

/* A process that holds the lock, as a job at work does; rank 0's. */
static pid_t hold_lock(const char *path) {
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t holder = fork();
    if (holder == 0) {
        struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
        int file = open(path, O_RDWR);
        if (file >= 0 && fcntl(file, F_SETLK, &whole) == 0 && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return holder;
}

static void job_at_work_is_left_alone(void **state) {
    char path[2 * PATH];
    pid_t holder = 0;
    (void)state;
    put("store.partial.lock", killed);
    put("store.partial/shard-00000.h5", "theirs");
    join(path, "store.partial.lock");
    if (all.rank == 0)
        holder = hold_lock(path);
    MPI_Barrier(all.world);
    refused(false, "another job is writing this store (process 1 on elsewhere, since yesterday)");
    assert_true(holds("store.partial/shard-00000.h5", "theirs"));
    assert_true(holds("store.partial.lock", killed));
    if (all.rank == 0) {
        kill(holder, SIGKILL);
        waitpid(holder, NULL, 0);
    }
    MPI_Barrier(all.world);
    ingest_by(3, "store"); /* the job has died; what it left goes */
    assert_false(is_there("store.partial") || is_there("store.partial.lock"));
}

static void failures_reach_all(void **state) {
    (void)state;
    ambit_ingest_summary summary;
    char out[2 * PATH];
    join(out, "store");
    ambit_ingest_options options = maze(out);
    options.plugin = "mase";
    assert_int_equal(ambit_ingest(&all, &options, &summary), AMBIT_UNAVAILABLE);
    options = maze(out);
    options.location = "nowhere";
    assert_int_not_equal(ambit_ingest(&all, &options, &summary), AMBIT_OK);
    options = maze("/dev/null/store");
    assert_int_not_equal(ambit_ingest(&all, &options, &summary), AMBIT_OK);
    assert_non_null(strstr(ambit_message(), "/dev/null/store"));
    assert_false(is_there("store") || is_there("store.partial"));
}

/* Copies a sample's file, cut to a part of its length. */
static void copy_part(const char *name, double part) {
    char from[2 * PATH], to[2 * PATH], *bytes;
    size_t size;
    snprintf(from, sizeof from, AMBIT_SAMPLES "/oxe_bridge_rlds/%s", name);
    snprintf(to, sizeof to, "%s/cut/%s", scratch, name);
    must(ambit_read_file(from, LARGEST, &bytes, &size));
    must(ambit_write_file(to, bytes, (size_t)((double)size * part)));
    free(bytes);
}

/* A source whose last episodes are gone: only the rank with the last shard finds out. */
static void damaged_source(void **state) {
    (void)state;
    ambit_ingest_summary summary;
    char out[2 * PATH], cut[2 * PATH];
    if (access(AMBIT_SAMPLES "/oxe_bridge_rlds", F_OK) != 0) {
        print_message("%s is not there\n", AMBIT_SAMPLES "/oxe_bridge_rlds");
        skip();
    }
    join(out, "store");
    join(cut, "cut");
    if (all.rank == 0) {
        must(ambit_make_folders(cut));
        copy_part("features.json", 1);
        copy_part("dataset_info.json", 1);
        copy_part("bridge_dataset-train.tfrecord-00000-of-00001", .9);
    }
    MPI_Barrier(all.world);
    const ambit_ingest_options options = {.plugin = "openx", .location = cut, .out = out};
    assert_int_equal(ambit_ingest(&all, &options, &summary), AMBIT_DATA);
    assert_non_null(strstr(ambit_message(), "tfrecord"));
    assert_false(is_there("store") || is_there("store.partial"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_number_of_ranks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_episodes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_there_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leftovers_are_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(work_of_others_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals_touch_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replacement_is_undone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(job_at_work_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_reach_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_source, set_up, tear_down),
    };
    if (ambit_ranks_start(&all) != AMBIT_OK)
        return 1;
    int failed = cmocka_run_group_tests_name("ingest", tests, NULL, NULL);
    ambit_ranks_stop(&all);
    return failed;
}
