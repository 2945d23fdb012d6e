/* Names and contents of files: parts of paths, limits, pipes, and what cannot be had or written. */
#include "datasets/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void last_parts(void **state) {
    static const char *const rows[][2] = {
        {"a", "a"}, {"a/b", "b"}, {"a/b//", "b"}, {"/a/ü b", "ü b"}, {"./x.yaml", "x.yaml"},
        {"/", "/"}, {"//", "/"},  {"..", ".."},   {"", ""},          {"a/./", "."}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[64];
        ambit_last_part(rows[i][0], name, sizeof name);
        assert_string_equal(name, rows[i][1]);
    }
    char cut[4];
    ambit_last_part("a/abcdef", cut, sizeof cut);
    assert_string_equal(cut, "abc");
}

/* Reads through a pipe, so that no size is known before. */
static ambit_status read_through_pipe(const char *bytes, size_t size, size_t limit, char **text,
                                      size_t *read_size) {
    char name[64];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, size), (ssize_t)size);
    close(ends[1]);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    const ambit_status status = ambit_read_file(name, limit, text, read_size);
    close(ends[0]);
    return status;
}

static void pipes_and_limits(void **state) {
    static const char bytes[] = "one\0two";
    char *text;
    size_t size;
    (void)state;
    assert_int_equal(read_through_pipe(bytes, 7, 7, &text, &size), AMBIT_OK);
    assert_int_equal(size, 7);
    assert_memory_equal(text, bytes, 8);
    free(text);
    assert_int_equal(read_through_pipe("", 0, 7, &text, &size), AMBIT_OK);
    assert_int_equal(size, 0);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(read_through_pipe(bytes, 7, 6, &text, &size), AMBIT_DATA);
    assert_null(text);
    assert_non_null(strstr(ambit_message(), "more than the 6 bytes"));
}

static void files_of_any_size(void **state) {
    enum { MOST = 300000 };
    static const size_t sizes[] = {1, 65535, 65536, 131071, 131072, MOST};
    char path[] = "/tmp/ambit-files-XXXXXX";
    char *whole = malloc(MOST), *text;
    size_t size;
    (void)state;
    assert_non_null(whole);
    for (size_t i = 0; i < MOST; i++)
        whole[i] = (char)(i * 7 % 251);
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(ambit_write_file(path, whole, sizes[i]), AMBIT_OK);
        assert_int_equal(ambit_read_file(path, sizes[i], &text, &size), AMBIT_OK);
        assert_int_equal(size, sizes[i]);
        assert_memory_equal(text, whole, size);
        assert_int_equal(text[size], 0);
        free(text);
        assert_int_equal(ambit_read_file(path, sizes[i] - 1, &text, &size), AMBIT_DATA);
    }
    unlink(path);
    assert_int_equal(ambit_read_file(path, MOST, &text, &size), AMBIT_NO_INPUT);
    assert_int_equal(ambit_read_file("/tmp", MOST, &text, &size), AMBIT_NO_INPUT);
    free(whole);
}

/* No more files may be open than are. */
static void too_many_files_are_no_absence(void **state) {
    struct rlimit limit, none;
    char *text;
    size_t size;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const ambit_status status = ambit_read_file("/dev/null", 1, &text, &size);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(status, AMBIT_IO);
    assert_non_null(strstr(ambit_message(), "Too many open files"));
}

/* A folder that is not empty stands in the way of the file. */
static void nothing_is_left_of_what_cannot_be_written(void **state) {
    char folder[] = "/tmp/ambit-files-XXXXXX", path[64], inside[80], partial[80];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(inside, sizeof inside, "%s/inside", path);
    snprintf(partial, sizeof partial, "%s.partial", path);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(mkdir(inside, 0777), 0);
    assert_int_equal(ambit_write_file(path, "hello", 5), AMBIT_IO);
    assert_int_equal(access(partial, F_OK), -1);
    assert_int_equal(access(inside, F_OK), 0);
    assert_int_equal(ambit_remove_tree(folder), AMBIT_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_parts),
        cmocka_unit_test(pipes_and_limits),
        cmocka_unit_test(files_of_any_size),
        cmocka_unit_test(too_many_files_are_no_absence),
        cmocka_unit_test(nothing_is_left_of_what_cannot_be_written),
    };
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
