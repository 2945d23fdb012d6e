/* YAML as people write it who come from other tools: what is right for each file of
 * ${AMBIT_SAMPLES}/../cases/yaml, and that no file there is without a row here. */
#include "mpi/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CASES AMBIT_SAMPLES "/../cases/yaml"

/* A file, and what must be in its canonical text or in the message of its refusal. */
static const struct {
    const char *file;
    ambit_status status;
    const char *holds[3];
} rows[] = {
    {"anchor.yaml", AMBIT_CONFIG, {":1:1: x: unknown key"}},
    {"anchor_inline.yaml", AMBIT_OK, {"  lr: 0.0001\n", "  decay: 0.0001\n"}},
    {"bom.yaml", AMBIT_OK, {"  action: [position]\n"}},
    {"bool_python.yaml", AMBIT_CONFIG, {":7:13: data.relative: \"True\"", "write true or false"}},
    {"bool_yes.yaml", AMBIT_CONFIG, {":7:13: data.relative: \"yes\"", "write true or false"}},
    {"comma.yaml", AMBIT_CONFIG, {":8:7: train.lr: \"1,5e-4\" cannot be used"}},
    {"crlf.yaml", AMBIT_OK, {"    - path: data/maze/gcs\n", "  action: [position]\n"}},
    {"exponents.yaml", AMBIT_OK, {"  lr: 0.0001\n", "  steps: 1000\n", "  decay: 0.0001\n"}},
    {"home.yaml", AMBIT_OK, {"    - path: \"~/data/maze/gcs\"\n"}},
    {"html.yaml", AMBIT_OK, {"  title: \"a <b> & \\\"c\\\"\"\n"}},
    {"interpolation.yaml", AMBIT_CONFIG, {":8:7: train.lr: \"${oc.env:LR}\" cannot be used"}},
    {"norway.yaml", AMBIT_OK, {"  title: no\n"}},
    {"null_caption.yaml", AMBIT_OK, {"  text: []\n  caption: \"\"\n"}},
    {"null_lists.yaml", AMBIT_OK, {"  camera: []\n  text: []\n"}},
    {"null_plugin.yaml", AMBIT_OK, {"  plugin: \"\"\n"}},
    {"null_section.yaml", AMBIT_OK, {"  steps: 8000\n  batch: 128\n", "sampler:\n  kind: ddim\n"}},
    {"null_values.yaml", AMBIT_OK, {"  title: \"\"\n", "  seed: 0\n", "  clip: 1\n"}},
    {"one_line.yaml", AMBIT_CONFIG, {":1:15: is not YAML"}},
    {"tab.yaml", AMBIT_CONFIG, {":9:1: is not YAML", "no tabs"}},
    {"tilde_caption.yaml", AMBIT_OK, {"  text: []\n  caption: \"\"\n"}},
    {"twice.yaml", AMBIT_CONFIG, {":9:3: train.lr: stands here a second time, after line 8"}},
    {"underscore.yaml", AMBIT_CONFIG, {":8:10: train.steps: \"1_000\" cannot be used"}},
    {"utf16.yaml", AMBIT_CONFIG, {"write it in UTF-8"}},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void test_cases(void **state) {
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        char path[1024], *text = NULL;
        ambit_config *config;
        snprintf(path, sizeof path, CASES "/%s", rows[i].file);
        const ambit_status status = ambit_config_load(path, NULL, 0, &config);
        if (status != rows[i].status)
            fail_msg("%s: status %d: %s", rows[i].file, (int)status, ambit_message());
        if (status == AMBIT_OK)
            assert_int_equal(ambit_config_write(config, 0, &text), AMBIT_OK);
        for (int k = 0; k < 3 && rows[i].holds[k]; k++)
            if (!strstr(text ? text : ambit_message(), rows[i].holds[k]))
                fail_msg("%s: no %s in: %s", rows[i].file, rows[i].holds[k],
                         text ? text : ambit_message());
        free(text);
        ambit_config_destroy(config);
    }
}

static void test_all_are_here(void **state) {
    (void)state;
    DIR *folder = opendir(CASES);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        int known = !strstr(entry->d_name, ".yaml");
        for (int i = 0; i < ROWS; i++)
            known |= strcmp(entry->d_name, rows[i].file) == 0;
        if (!known)
            fail_msg("%s has no row", entry->d_name);
    }
    closedir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_all_are_here),
    };
    if (access(CASES, R_OK) != 0) {
        printf("%s: absent; skipped\n", CASES);
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
