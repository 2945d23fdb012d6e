/* The lines that show how far a command is: when they come, and what they say. */
#include "mpi/records/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is written to stderr from here on goes to a file, which the next call reads and ends. */
static FILE *kept;
static int before;

static void catch (void) {
    kept = tmpfile();
    assert_non_null(kept);
    before = dup(STDERR_FILENO);
    assert_true(dup2(fileno(kept), STDERR_FILENO) >= 0);
}

static const char *caught(void) {
    static char text[1024];
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(kept);
    text[fread(text, 1, sizeof text - 1, kept)] = '\0';
    fclose(kept);
    return text;
}

/* As if the command had begun so many seconds ago, and said nothing since. */
static ambit_progress begun_before(double seconds, int terminal) {
    ambit_progress progress;
    ambit_progress_start(&progress, "data/x", 0);
    progress.terminal = terminal;
    progress.started -= seconds;
    progress.last -= seconds;
    return progress;
}

static void whole_lines(void **state) {
    (void)state;
    catch ();
    ambit_progress progress = begun_before(100, 0);
    ambit_progress_count(&progress, "episode", 50, 200);
    ambit_progress_count(&progress, "episode", 51, 200); /* too soon */
    assert_string_equal(caught(), "data/x  episode 50/200  0.5 episodes/s  5:00 left\n");
    assert_true(progress.interval > 5.0); /* the next one comes later */
    catch ();
    progress = begun_before(10, 0);
    ambit_progress_numbers numbers = {.loss = 0.25, .samples_per_second = 800, .peak_share = 0.5};
    ambit_progress_show(&progress, 10, 3610, &numbers);
    assert_string_equal(caught(), "data/x  step 10/3610  loss 0.2500  800 samples/s  50 % of peak  "
                                  "1:00:00 left\n");
    catch ();
    progress = begun_before(10, 0);
    numbers.data_share = 0.05; /* not worth a word */
    numbers.wait_share = 0.25;
    ambit_progress_show(&progress, 10, 20, &numbers);
    assert_string_equal(caught(), "data/x  step 10/20  loss 0.2500  800 samples/s  50 % of peak  "
                                  "25 % waiting  0:10 left\n");
    catch ();
    progress = begun_before(10, 0);
    ambit_progress_count(&progress, "episode", 0, 200);
    ambit_progress_end(&progress);
    assert_string_equal(caught(), "data/x  episode 0/200  0 episodes/s  ? left\n");
}

static void one_line(void **state) {
    (void)state;
    catch ();
    ambit_progress progress = begun_before(1, 1);
    ambit_progress_count(&progress, "episode", 1, 2);
    ambit_progress_count(&progress, "episode", 2, 2); /* within a quarter of a second */
    assert_string_equal(caught(), "\r\033[Kdata/x  episode 1/2  1 episodes/s  0:01 left");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole_lines), cmocka_unit_test(one_line)};
    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
