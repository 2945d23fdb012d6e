#include "openx_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int openx_set_up(void **state) {
    openx_bench *b = calloc(1, sizeof *b);
    openx_host_start(&b->host);
    openx_fixture_make(&b->fixture);
    openx_fixture_small(&b->fixture);
    *state = b;
    return 0;
}

int openx_tear_down(void **state) {
    openx_bench *b = *state;
    openx_host_stop(&b->host);
    openx_fixture_remove(&b->fixture);
    free(b);
    return 0;
}

void openx_write_shard(openx_bench *b, openx_bytes file) {
    openx_fixture_write(&b->fixture, openx_small_shard, file.data, file.size);
    free(file.data);
}

uint64_t openx_read_all(openx_bench *b, const openx_choice *choice) {
    uint64_t digest = 0;
    if (openx_host_open(&b->host, b->fixture.folder, choice) == 0)
        digest = openx_host_digest(&b->host);
    openx_host_close(&b->host);
    return digest;
}

void openx_expect_refusal(openx_bench *b, const openx_choice *choice, int fault,
                          const char *const words[]) {
    assert_int_equal(openx_read_all(b, choice), 0);
    assert_int_equal(b->host.fault, fault);
    for (int w = 0; words[w]; ++w)
        if (!strstr(b->host.message, words[w]))
            fail_msg("'%s' does not mention '%s'", b->host.message, words[w]);
}

/* Writes `text` with `from` replaced by `to`. */
static void change_text(openx_bench *b, const char *name, const char *text, const char *from,
                        const char *to) {
    char changed[4096];
    const char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    openx_fixture_text(&b->fixture, name, changed);
}

void openx_change_features(openx_bench *b, const char *from, const char *to) {
    change_text(b, "features.json", openx_small_features, from, to);
}

void openx_change_info(openx_bench *b, const char *from, const char *to) {
    change_text(b, "dataset_info.json", openx_small_info, from, to);
}

const ambit_column *openx_column_of(const openx_bench *b, const ambit_episode *episode,
                                    const char *name) {
    int f = openx_host_field(&b->host, name);
    assert_true(f >= 0);
    return &episode->columns[f];
}
