/* Messages: their wording, their length, and the exit codes batch scripts see. */
#include "core/base/status.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ambit_status inner(int fails) {
    return fails ? ambit_fail(AMBIT_DATA, "byte %d: bad; copy again", 7) : AMBIT_OK;
}

static ambit_status outer(int fails, int *went_on) {
    AMBIT_TRY(inner(fails));
    *went_on = 1;
    return AMBIT_OK;
}

static void test_try_returns_the_failure_or_goes_on(void **state) {
    (void)state;
    int went_on = 0;
    assert_int_equal(outer(1, &went_on), AMBIT_DATA);
    assert_int_equal(went_on, 0);
    assert_string_equal(ambit_message(), "byte 7: bad; copy again");
    assert_int_equal(outer(0, &went_on), AMBIT_OK);
    assert_int_equal(went_on, 1);
}

static void test_within_puts_the_place_in_front(void **state) {
    (void)state;
    assert_int_equal(ambit_fail_within(inner(1), "shard %d", 3), AMBIT_DATA);
    assert_string_equal(ambit_message(), "shard 3: byte 7: bad; copy again");
    assert_int_equal(ambit_fail_within(AMBIT_OK, "nothing"), AMBIT_OK);
    assert_string_equal(ambit_message(), "shard 3: byte 7: bad; copy again");
}

static void test_a_long_message_is_cut_with_an_ellipsis(void **state) {
    (void)state;
    char *text = malloc(2 * AMBIT_MESSAGE_SIZE);
    assert_non_null(text);
    memset(text, 'x', 2 * AMBIT_MESSAGE_SIZE - 1);
    text[2 * AMBIT_MESSAGE_SIZE - 1] = 0;
    ambit_fail(AMBIT_IO, "%s", text);
    assert_int_equal(strlen(ambit_message()), AMBIT_MESSAGE_SIZE - 1);
    assert_string_equal(ambit_message() + AMBIT_MESSAGE_SIZE - 1 - strlen("x…"), "x…");
    ambit_fail_within(AMBIT_IO, "front");
    assert_memory_equal(ambit_message(), "front: xxx", 10);
    assert_string_equal(ambit_message() + AMBIT_MESSAGE_SIZE - 1 - strlen("x…"), "x…");
    text[AMBIT_MESSAGE_SIZE - 1] = 0; /* the longest that fits */
    ambit_message_set(text);
    assert_string_equal(ambit_message(), text);
    free(text);
}

static void test_errno_chooses_the_status(void **state) {
    (void)state;
    static const struct {
        int number;
        ambit_status status;
    } cases[] = {
        {EACCES, AMBIT_PERMISSION}, {EPERM, AMBIT_PERMISSION}, {EROFS, AMBIT_PERMISSION},
        {ENOENT, AMBIT_NO_INPUT},   {EIO, AMBIT_IO},           {ENOSPC, AMBIT_IO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ambit_fail_errno(AMBIT_IO, cases[i].number, "%s", "a.h5"),
                         cases[i].status);
        assert_memory_equal(ambit_message(), "a.h5: ", 6);
        assert_string_equal(ambit_message() + 6, strerror(cases[i].number));
    }
}

static void test_exit_codes_and_names(void **state) {
    (void)state;
    assert_int_equal(ambit_exit_code(AMBIT_OK), 0);
    assert_int_equal(ambit_exit_code(AMBIT_CONFIG), 78);
    assert_int_equal(ambit_exit_code(AMBIT_REQUEUE), 75);
    assert_int_equal(ambit_exit_code(AMBIT_DIVERGED), 80);
    assert_string_equal(ambit_status_name(AMBIT_NO_INPUT), "NO_INPUT");
    assert_string_equal(ambit_status_text(AMBIT_OK), "success");
}

static void test_allocate_zeroes_and_refuses_overflow(void **state) {
    (void)state;
    int *numbers;
    assert_int_equal(ambit_allocate(&numbers, 100, sizeof *numbers, "numbers"), AMBIT_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(numbers[i], 0);
    free(numbers);
    assert_int_equal(ambit_allocate(&numbers, SIZE_MAX / 2, 3, "numbers"), AMBIT_SYSTEM);
    assert_null(numbers);
    assert_memory_equal(ambit_message(), "numbers: ", 9);
    assert_int_equal(ambit_allocate(&numbers, 0, sizeof *numbers, "none"), AMBIT_OK);
    assert_non_null(numbers);
    free(numbers);
}

static void test_grow_keeps_what_there_is(void **state) {
    (void)state;
    int *numbers = NULL;
    int64_t room = 0, moves = 0;
    for (int i = 0; i < 1000; i++) {
        const int64_t before = room;
        assert_int_equal(ambit_grow(&numbers, &room, i + 1, sizeof *numbers, "numbers"), AMBIT_OK);
        assert_true(room > i);
        moves += room != before;
        numbers[i] = i;
    }
    assert_true(moves <= 10);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], i);
    const int *there = numbers;
    const int64_t had = room;
    assert_int_equal(ambit_grow(&numbers, &room, INT64_MAX / 2, sizeof *numbers, "many"),
                     AMBIT_SYSTEM);
    assert_memory_equal(ambit_message(), "many: ", 6);
    assert_ptr_equal(numbers, there);
    assert_int_equal(room, had);
    free(numbers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_try_returns_the_failure_or_goes_on),
        cmocka_unit_test(test_within_puts_the_place_in_front),
        cmocka_unit_test(test_a_long_message_is_cut_with_an_ellipsis),
        cmocka_unit_test(test_errno_chooses_the_status),
        cmocka_unit_test(test_exit_codes_and_names),
        cmocka_unit_test(test_allocate_zeroes_and_refuses_overflow),
        cmocka_unit_test(test_grow_keeps_what_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
