/* The loader: what it finds, what it refuses and with which words, and how it reads options. */
#include "loader_testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---------------------------------------------------------------- refusals */

static void test_refused_before_opening(void **state) {
    static const struct {
        const char *fault, *text;
    } rows[] = {
        {"no_symbol", "undefined symbol: ambit_plugin_query"},
        {"unresolved", "undefined symbol: ambit_missing_function"},
        {"null", "ambit_plugin_query() returned NULL"},
        {"magic", "its magic is 0x4c4c414e, not 0x54424d41"},
        {"major", "is of ABI 2.1, and this Ambit has 1.1; compile the plugin again"},
        {"minor", "is of ABI 1.2, newer than this Ambit's 1.1; update Ambit"},
        {"small", "its information says it has 72 bytes, where ABI 1.1 has 88"},
        {"large", "its information says it has 4096 bytes, where ABI 1.1 has 88"},
        {"kind", "inside it is the environment 'kind', whose file must be called "
                 "ambit_environment_kind.so; rename the file"},
        {"kind_unknown", "it is of kind 7, which does not exist"},
        {"name", "inside it is the source 'other', whose file must be called "
                 "ambit_source_other.so; rename the file"},
        {"name_letters", "its name is missing or not made of [a-z0-9_]"},
        {"version", "it gives no version"},
        {"summary", "it gives no summary"},
        {"location", "it explains its location in more than a line"},
        {"open", "it has no open()"},
        {"capability", "it needs capabilities 0x4 that this Ambit does not know; update Ambit"},
        {"option_table", "it speaks of 2 options (at most 256) and has not a table"},
        {"option_count", "it speaks of 100000 options"},
        {"option_size", "its row of options says it has 8 bytes"},
        {"option_name", "the name of option 1 is missing or not made of"},
        {"option_twice", "option 'count' stands twice"},
        {"option_type", "option 'count' has a type that does not exist"},
        {"option_help", "option 'count' has no help, or one of more than a line"},
        {"option_bounds", "option 'count' has a minimum above its maximum"},
        {"option_choices", "option 'count' has choices but is not text"},
        {"option_no_default", "option 'fruit' has no default"},
        {"option_default", "option 'count' has a default that it would not accept"},
        {"option_default_choice", "option 'fruit' has a default that it would not accept"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[512];
        ambit_plugin *plugin;
        snprintf(path, sizeof path, BAD "/ambit_source_%s.so", rows[i].fault);
        check(ambit_plugin_load_file(path, &plugin), AMBIT_UNAVAILABLE, rows[i].text);
        check(AMBIT_UNAVAILABLE, AMBIT_UNAVAILABLE, path); /* it also says which file */
        assert_null(plugin);
    }
}

static void test_files_that_are_no_plugins(void **state) {
    size_t size;
    free(read_file(GOOD "/ambit_source_demo.so", &size));
    (void)state;
    write_file(in_folder("ambit_source_text.so"), "not a library\n", 14);
    refuse_file("ambit_source_text.so", AMBIT_UNAVAILABLE, "not a shared library (no ELF header)");
    write_file(in_folder("ambit_source_empty.so"), "", 0);
    refuse_file("ambit_source_empty.so", AMBIT_UNAVAILABLE, "is empty");
    assert_int_equal(mkdir(in_folder("ambit_source_dir.so"), 0700), 0);
    refuse_file("ambit_source_dir.so", AMBIT_UNAVAILABLE, "is not a regular file");
    refuse_file("ambit_source_none.so", AMBIT_NO_INPUT, "No such file");
    for (size_t left = 1; left + 64 < size; left += size / 7) {
        copy_file(GOOD "/ambit_source_demo.so", in_folder("ambit_source_cut.so"), left);
        refuse_file("ambit_source_cut.so", AMBIT_UNAVAILABLE, "is cut short");
    }
    copy_file(GOOD "/ambit_source_demo.so", in_folder("ambit_source_cut.so"), size - 20);
    refuse_file("ambit_source_cut.so", AMBIT_UNAVAILABLE, "is cut short (20 bytes");
}

/* Headers that name places far outside the file, also ones whose sums overflow. */
static void test_headers_that_lie(void **state) {
    static const size_t places[] = {32, 40, 64 + 8}; /* e_phoff, e_shoff, p_offset of segment 0 */
    static const uint64_t values[] = {UINT64_MAX, UINT64_MAX / 2, UINT64_MAX - 32, 1 << 30};
    size_t size;
    char *bytes = read_file(GOOD "/ambit_source_demo.so", &size);
    (void)state;
    for (size_t p = 0; p < 3; p++)
        for (size_t v = 0; v < 4; v++) {
            uint64_t kept;
            memcpy(&kept, bytes + places[p], 8);
            memcpy(bytes + places[p], &values[v], 8);
            write_file(in_folder("ambit_source_cut.so"), bytes, size);
            refuse_file("ambit_source_cut.so", AMBIT_UNAVAILABLE, "is cut short");
            memcpy(bytes + places[p], &kept, 8);
        }
    free(bytes);
}

/* ---------------------------------------------------------------- search */

static void test_found_beside_the_program(void **state) {
    ambit_plugin *plugin;
    size_t size;
    uint64_t digest = 0xcbf29ce484222325u;
    (void)state;
    check(ambit_plugin_load(AMBIT_PLUGIN_SOURCE, "demo", &plugin), AMBIT_OK, "");
    assert_string_equal(ambit_plugin_about(plugin)->name, "demo");
    assert_string_equal(ambit_plugin_about(plugin)->options[0].name, "steps");
    assert_string_equal(ambit_plugin_path(plugin), GOOD "/ambit_source_demo.so");
    char *bytes = read_file(ambit_plugin_path(plugin), &size);
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    free(bytes);
    assert_true(ambit_plugin_digest(plugin) == digest);
    ambit_plugin_unload(plugin);
    ambit_plugin_unload(NULL);
}

static void test_not_found(void **state) {
    ambit_plugin *plugin;
    (void)state;
    setenv("AMBIT_PLUGIN_PATH", "/no/such/folder::" BAD, 1);
    check(ambit_plugin_load(AMBIT_PLUGIN_SOURCE, "dmeo", &plugin), AMBIT_UNAVAILABLE,
          "source 'dmeo': there is no plugin ambit_source_dmeo.so in /no/such/folder (absent), " BAD
          ", ");
    check(AMBIT_UNAVAILABLE, AMBIT_UNAVAILABLE, "did you mean 'demo'?");
    check(ambit_plugin_load(AMBIT_PLUGIN_ENVIRONMENT, "demo", &plugin), AMBIT_UNAVAILABLE,
          "environment 'demo': there is no plugin");
    assert_null(strstr(ambit_message(), "did you mean"));
    check(ambit_plugin_load(AMBIT_PLUGIN_SOURCE, "../bad/x", &plugin), AMBIT_UNAVAILABLE,
          "'../bad/x': is not a plugin's name");
    check(ambit_plugin_load(3, "demo", &plugin), AMBIT_INTERNAL, "kind 3 does not exist");
    assert_null(plugin);
}

/* What comes first in the path decides, also when it is refused. */
static void test_first_folder_wins(void **state) {
    ambit_plugin *plugin;
    (void)state;
    write_file(in_folder("ambit_source_demo.so"), "not a library\n", 14);
    setenv("AMBIT_PLUGIN_PATH", folder, 1);
    check(ambit_plugin_load(AMBIT_PLUGIN_SOURCE, "demo", &plugin), AMBIT_UNAVAILABLE,
          "not a shared library");
}

static const ambit_plugin_found *row_of(const ambit_plugin_found *rows, int count,
                                        const char *path) {
    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].path, path) == 0)
            return &rows[i];
    return NULL;
}

static void test_list(void **state) {
    ambit_plugin_found *rows;
    int count;
    (void)state;
    copy_file(GOOD "/ambit_source_demo.so", in_folder("ambit_source_other.so"), 0);
    copy_file(GOOD "/ambit_source_demo.so", in_folder("ambit_demo.so"), 0);
    copy_file(GOOD "/ambit_source_demo.so", in_folder("ambit_source_demo.so"), 0);
    char path[256];
    snprintf(path, sizeof path, "%s:" BAD ":%s/../%s", folder, folder, strrchr(folder, '/') + 1);
    setenv("AMBIT_PLUGIN_PATH", path, 1);
    check(ambit_plugin_list(&rows, &count), AMBIT_OK, "");
    assert_int_equal(count, 3 + 29 + 3); /* the folder named twice is listed once */
    const ambit_plugin_found *row = row_of(rows, count, in_folder("ambit_source_demo.so"));
    assert_non_null(row);
    assert_int_equal(row->status, AMBIT_OK);
    assert_int_equal(row->kind, AMBIT_PLUGIN_SOURCE);
    assert_string_equal(row->name, "demo");
    assert_string_equal(row->version, "1.0");
    assert_string_equal(row->summary, "positions in files of raw floats");
    row = row_of(rows, count, in_folder("ambit_source_other.so"));
    assert_non_null(strstr(row->reason, "whose file must be called ambit_source_demo.so"));
    row = row_of(rows, count, in_folder("ambit_demo.so"));
    assert_non_null(strstr(row->reason, "is called neither"));
    row = row_of(rows, count, BAD "/ambit_source_unresolved.so");
    assert_int_equal(row->status, AMBIT_UNAVAILABLE);
    assert_non_null(strstr(row->reason, "undefined symbol: ambit_missing_function"));
    row = row_of(rows, count, GOOD "/ambit_source_demo.so");
    assert_non_null(strstr(row->reason, "is never used, because"));
    row = row_of(rows, count, GOOD "/ambit_environment_liar.so");
    assert_int_equal(row->status, AMBIT_OK);
    assert_int_equal(row->kind, AMBIT_PLUGIN_ENVIRONMENT);
    free(rows);
}

/* ---------------------------------------------------------------- options */

static void test_wrong_settings(void **state) {
    static const struct {
        const char *name, *value, *text;
    } rows[] = {
        {"coutn", "1", "x.yaml:3:5: source liar has no option 'coutn'; did you mean 'count'?"},
        {"zebra", "1", "no option 'zebra'; it knows count, gain, flag, name, first, fault"},
        {"count", "0",
         "option 'count' of source liar is '0', not a whole number from 1 to 9 "
         "(episodes); its default is '3'"},
        {"count", "10", "is '10', not"},
        {"count", "2.0", "is '2.0', not"},
        {"count", " 2", "is ' 2', not"},
        {"count", "0x2", "is '0x2', not"},
        {"count", "", "is '', not"},
        {"first", "9223372036854775808", "is '9223372036854775808', not a whole number; its"},
        {"first", "-9223372036854775809", "not a whole number"},
        {"gain", "-1e-9", "is '-1e-9', not a number from 0 to inf (s)"},
        {"gain", "nan", "is 'nan', not"},
        {"gain", "1e999", "is '1e999', not"},
        {"gain", "1,5", "is '1,5', not"},
        {"name", "unreal", "is 'unreal', not one of made up|real; its default is 'made up'"},
        {"name", "made", "is 'made', not one of"},
        {"name", "", "is '', not one of"},
        {"flag", "maybe", "is 'maybe', not true or false (or yes, no, on, off)"},
    };
    ambit_plugin *plugin = load(AMBIT_PLUGIN_SOURCE, "liar");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const ambit_plugin_setting setting = {rows[i].name, rows[i].value, "x.yaml:3:5"};
        check(ambit_plugin_check_settings(plugin, &setting, 1), AMBIT_CONFIG, rows[i].text);
    }
    const ambit_plugin_setting many[] = {{"count", "x", "a:1:1"},
                                         {"gain", "2", "a:2:1"},
                                         {"gain", "3", "a:3:1"},
                                         {"flg", "no", "a:4:1"}};
    check(ambit_plugin_check_settings(plugin, many, 4), AMBIT_CONFIG, "a:1:1: option 'count'");
    check(AMBIT_CONFIG, AMBIT_CONFIG, "\na:3:1: option 'gain' of source liar is given twice");
    check(AMBIT_CONFIG, AMBIT_CONFIG, "\na:4:1: source liar has no option 'flg'; did you mean");
    check(ambit_plugin_open(plugin, NULL, many, 4), AMBIT_CONFIG, "a:1:1");
    check(ambit_plugin_open(plugin, NULL, NULL, 0), AMBIT_INTERNAL, "opened a second time");
    ambit_plugin_unload(plugin);
}

/* So many errors that they do not fit are cut, not run over the end. */
static void test_many_wrong_settings(void **state) {
    ambit_plugin_setting settings[200];
    ambit_plugin *plugin = load(AMBIT_PLUGIN_SOURCE, "liar");
    (void)state;
    for (int i = 0; i < 200; i++)
        settings[i] = (ambit_plugin_setting){"zebra", "1", "x.yaml:3:5"};
    check(ambit_plugin_check_settings(plugin, settings, 200), AMBIT_CONFIG, "zebra");
    assert_true(strlen(ambit_message()) < AMBIT_MESSAGE_SIZE);
    ambit_plugin_unload(plugin);
}

/* Values and defaults arrive, and the text of a value is kept. */
static void test_right_settings(void **state) {
    char name[] = "real";
    const ambit_plugin_setting settings[] = {
        {"flag", "on", NULL}, {"gain", "2.5e-1", NULL}, {"count", "7", NULL}, {"name", name, NULL}};
    ambit_plugin *plugin = load(AMBIT_PLUGIN_SOURCE, "liar");
    ambit_episode episode;
    (void)state;
    assert_int_equal(ambit_plugin_open(plugin, "here", settings, 4), AMBIT_OK);
    memset(name, 'x', sizeof name - 1);
    const ambit_source_description *about = ambit_source_describe(plugin);
    assert_int_equal(about->episode_count, 7);
    assert_true(about->step_seconds == 0.25);
    check(ambit_source_episode(plugin, 6, &episode), AMBIT_OK, "");
    assert_string_equal(episode.name, "real");
    assert_int_equal(((const uint8_t *)episode.columns[1].values)[3], 1);
    ambit_plugin_unload(plugin);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_refused_before_opening),
        IN_FOLDER(test_files_that_are_no_plugins),
        IN_FOLDER(test_headers_that_lie),
        IN_FOLDER(test_found_beside_the_program),
        IN_FOLDER(test_not_found),
        IN_FOLDER(test_first_folder_wins),
        IN_FOLDER(test_list),
        IN_FOLDER(test_wrong_settings),
        IN_FOLDER(test_many_wrong_settings),
        IN_FOLDER(test_right_settings),
    };
    return cmocka_run_group_tests(tests, make_build_safe, NULL);
}
