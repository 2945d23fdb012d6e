/* What the tests of the plugin openx share: a host, a folder with the small data set, and refusals
 * that must say the right words. */
#ifndef OPENX_BENCH_H
#define OPENX_BENCH_H

#include "openx_fixture.h"
#include "openx_host.h"

typedef struct {
    openx_host host;
    openx_fixture fixture;
} openx_bench;

/* A test of cmocka whose state is an openx_bench with the small data set in its folder. */
#define OPENX_TEST(name) cmocka_unit_test_setup_teardown(name, openx_set_up, openx_tear_down)
int openx_set_up(void **state);
int openx_tear_down(void **state);

/* Writes the shard of split "train"; frees the bytes. */
void openx_write_shard(openx_bench *bench, openx_bytes file);

/* Opens, reads everything and closes; 0 when something was refused, else a digest of it all. */
uint64_t openx_read_all(openx_bench *bench, const openx_choice *choice);

/* Nothing may be read, for this reason, and the message must hold each of the words. */
#define OPENX_REFUSED(bench, choice, fault, ...)                                                   \
    openx_expect_refusal(bench, choice, AMBIT_FAULT_##fault,                                       \
                         (const char *const[]){__VA_ARGS__, NULL})
void openx_expect_refusal(openx_bench *bench, const openx_choice *choice, int fault,
                          const char *const words[]);

/* Writes the small data set's features.json or dataset_info.json with `from` replaced by `to`. */
void openx_change_features(openx_bench *bench, const char *from, const char *to);
void openx_change_info(openx_bench *bench, const char *from, const char *to);

/* A field's column of an episode; the field must be there. */
const ambit_column *openx_column_of(const openx_bench *bench, const ambit_episode *episode,
                                    const char *name);

#endif
