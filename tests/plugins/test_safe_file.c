/* The loader: whose files it loads. Every folder and link on the way counts. */
#include "loader_testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char plugin_name[] = "ambit_source_demo.so";

static void allow(const char *name) {
    ambit_plugin *plugin;
    check(ambit_plugin_load_file(in_folder(name), &plugin), AMBIT_OK, "");
    ambit_plugin_unload(plugin);
}

static void refuse(const char *name, const char *text) {
    refuse_file(name, AMBIT_UNAVAILABLE, text);
}

static void make(const char *name) {
    assert_int_equal(mkdir(in_folder(name), 0755), 0);
}

static void put_plugin(const char *name) {
    copy_file(GOOD "/ambit_source_demo.so", in_folder(name), 0);
}

static void link_to(const char *target, const char *name) {
    assert_int_equal(symlink(target, in_folder(name)), 0);
}

static void mode(const char *name, mode_t mode) {
    assert_int_equal(chmod(in_folder(name), mode), 0);
}

/* Gives a folder, link or file to somebody else, and back. */
static void give(const char *name, uid_t owner) {
    assert_int_equal(lchown(in_folder(name), owner, owner), 0);
}

static void test_others_may_write(void **state) {
    (void)state;
    put_plugin(plugin_name);
    allow(plugin_name);
    mode(plugin_name, 0664);
    refuse(plugin_name, "/ambit_source_demo.so (mode 0664); run chmod go-w");
    mode(plugin_name, 0646);
    refuse(plugin_name, "others than its owner may write to /tmp/ambit-loader-");
    mode(plugin_name, 0644);
    mode(".", 0770);
    refuse(plugin_name, " (mode 0770); run chmod go-w on it");
    mode(".", 01777); /* as /tmp: nobody may exchange the file, but anybody may add one */
    refuse(plugin_name, "and put plugins of their own into it");
}

/* Whoever may write a folder above may put another one in the place of those below. */
static void test_folders_above(void **state) {
    (void)state;
    make("above");
    make("above/between");
    make("above/between/below");
    put_plugin("above/between/below/ambit_source_demo.so");
    allow("above/between/below/ambit_source_demo.so");
    mode("above", 0777);
    refuse("above/between/below/ambit_source_demo.so", "/above (mode 0777)");
    mode("above", 0775);
    refuse("above/between/below/ambit_source_demo.so", "/above (mode 0775)");
    mode("above", 01777); /* as /tmp: what is mine there nobody else may exchange */
    allow("above/between/below/ambit_source_demo.so");
    mode("above", 0711); /* to pass through, not to list */
    mode("above/between", 0777);
    refuse("above/between/below/ambit_source_demo.so", "/above/between (mode 0777)");
}

/* A link in a safe folder does not make a file in an unsafe one safe, nor the other way round. */
static void test_links(void **state) {
    (void)state;
    make("mine");
    make("open");
    put_plugin("mine/ambit_source_demo.so");
    link_to("mine/../mine/./ambit_source_demo.so", plugin_name);
    allow(plugin_name);
    mode("mine", 0777);
    refuse(plugin_name, "/mine (mode 0777)");
    mode("mine", 0755);
    mode("open", 0777);
    link_to("../mine/ambit_source_demo.so", "open/ambit_source_demo.so");
    refuse("open/ambit_source_demo.so", "/open (mode 0777)");
    /* links to links, and a folder that is a link, through one that others may write */
    link_to("../mine", "open/shortcut");
    link_to("open/shortcut", "shortcut");
    refuse("shortcut/ambit_source_demo.so", "/open (mode 0777)");
    refuse("mine/../open/../mine/ambit_source_demo.so", "/open (mode 0777)");
    mode("open", 0755);
    allow("shortcut/ambit_source_demo.so");
    link_to("circle", "circle");
    refuse("circle", "Too many levels");
}

/* The text of dlerror() and of our messages is about the path that was asked for. */
static void test_path_is_kept(void **state) {
    ambit_plugin *plugin;
    (void)state;
    make("mine");
    put_plugin("mine/ambit_source_demo.so");
    link_to("mine/ambit_source_demo.so", plugin_name);
    check(ambit_plugin_load_file(in_folder(plugin_name), &plugin), AMBIT_OK, "");
    assert_string_equal(ambit_plugin_path(plugin), in_folder(plugin_name));
    ambit_plugin_unload(plugin);
}

static void test_somebody_else(void **state) {
    static const char *const names[] = {"above", "above/below", "above/below/ambit_source_demo.so",
                                        plugin_name};
    (void)state;
    if (geteuid() != 0) {
        print_message("only root can give files away\n");
        skip();
    }
    make("above");
    make("above/below");
    put_plugin("above/below/ambit_source_demo.so");
    link_to("above/below/ambit_source_demo.so", plugin_name);
    for (int i = 0; i < 4; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s belongs to user 12345, neither you nor root",
                 in_folder(names[i]));
        give(names[i], 12345);
        refuse(plugin_name, text);
        give(names[i], 0);
        allow(plugin_name);
    }
    mode("above", 01777); /* the link is theirs, in a folder where anybody may have one */
    link_to("below/ambit_source_demo.so", "above/ambit_source_demo.so");
    give("above/ambit_source_demo.so", 12345);
    link_to("above/ambit_source_demo.so", "ambit_source_other.so");
    refuse("ambit_source_other.so", "belongs to user 12345");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_others_may_write), IN_FOLDER(test_folders_above), IN_FOLDER(test_links),
        IN_FOLDER(test_path_is_kept),     IN_FOLDER(test_somebody_else),
    };
    return cmocka_run_group_tests(tests, make_build_safe, NULL);
}
