/* Conditions of samples: pictures, embeddings and sentences as a network takes them, those that are
 * missing, and fields that are refused. */
#include "core/networks/ngram.h"
#include "datasets/mixture.h"
#include "datasets/writer.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEPS = 5, HEIGHT = 6, WIDTH = 5, CHANNELS = 3, PIXELS = HEIGHT * WIDTH, SLOTS = 6 };
enum { BUCKETS = 1 << 20, PICTURE = CHANNELS * PIXELS, TOKENS = 3, NUMBERS = 4 };

/* Fields that stores are made of. */
enum { ACTION, STATE, LAST, FIRST, TOKEN, VECTOR, SENTENCE, FIELDS };

static const ambit_field_info all[FIELDS] = {
    [ACTION] = {.name = "action", .element = AMBIT_STORE_F32, .rank = 1, .shape = {1}},
    [STATE] = {.name = "state", .element = AMBIT_STORE_F32, .rank = 1, .shape = {1}},
    [LAST] = {.name = "last", /* channels last */
              .element = AMBIT_STORE_U8,
              .rank = 3,
              .shape = {HEIGHT, WIDTH, CHANNELS}},
    [FIRST] = {.name = "first",
               .element = AMBIT_STORE_U8,
               .rank = 3,
               .shape = {CHANNELS, HEIGHT, WIDTH}},
    [TOKEN] = {.name = "tokens", .element = AMBIT_STORE_F32, .rank = 2, .shape = {2, NUMBERS}},
    [VECTOR] = {.name = "vector", .element = AMBIT_STORE_I64, .rank = 1, .shape = {NUMBERS}},
    [SENTENCE] = {.name = "sentence", .element = AMBIT_STORE_BYTES, .media = "text/plain"},
};

static const char *const words[STEPS] = {"put it down", "Put it down!", "open", "a b c d e", "é"};

static uint8_t pixel(int64_t step, int channel, int place) {
    return (uint8_t)(step * 37 + channel * 80 + place * 3);
}

static float token(int64_t step, int element) {
    return step == 0 ? 0 : (float)(element - 3) * (float)step;
}

static int64_t vector(int64_t step, int element) {
    return step + element;
}

/* What the fields hold, and the sentences. */
typedef struct {
    float action[STEPS], state[STEPS], tokens[STEPS][2 * NUMBERS];
    uint8_t last[STEPS][PICTURE], first[STEPS][PICTURE];
    int64_t vector[STEPS][NUMBERS];
    char sentence[256];
    uint64_t ends[STEPS + 1];
} values;

static void fill(values *v, const char *const sentences[STEPS]) {
    memset(v, 0, sizeof *v);
    for (int64_t s = 0; s < STEPS; s++) {
        v->action[s] = v->state[s] = (float)s;
        for (int c = 0; c < CHANNELS; c++)
            for (int p = 0; p < PIXELS; p++) {
                v->last[s][p * CHANNELS + c] = pixel(s, c, p);
                v->first[s][c * PIXELS + p] = (uint8_t)(255 - pixel(s, c, p));
            }
        for (int e = 0; e < 2 * NUMBERS; e++)
            v->tokens[s][e] = token(s, e);
        for (int e = 0; e < NUMBERS; e++)
            v->vector[s][e] = vector(s, e);
        const size_t length = strlen(sentences[s]);
        memcpy(v->sentence + v->ends[s], sentences[s], length);
        v->ends[s + 1] = v->ends[s] + length;
    }
}

/* A store of one episode with the fields whose bits are set, one of them replaced by `other` unless
 * NULL: of the same name, and at most as large. */
static const char *make_store(unsigned chosen, const ambit_field_info *other,
                              const char *const sentences[STEPS]) {
    static const char *const key = "plugin", *const value = "test";
    static values v;
    const char *folder = fixture_folder();
    ambit_field_info fields[FIELDS];
    ambit_store_column columns[FIELDS];
    int count = 0;
    fill(&v, sentences);
    const ambit_store_column data[FIELDS] = {
        [ACTION] = {v.action, NULL},      [STATE] = {v.state, NULL},  [LAST] = {v.last, NULL},
        [FIRST] = {v.first, NULL},        [TOKEN] = {v.tokens, NULL}, [VECTOR] = {v.vector, NULL},
        [SENTENCE] = {v.sentence, v.ends}};
    for (int f = 0; f < FIELDS; f++) {
        if (!(chosen >> f & 1))
            continue;
        const int replaced = other && strcmp(other->name, all[f].name) == 0;
        fields[count] = replaced ? *other : all[f];
        columns[count++] = data[f];
    }
    char path[512];
    ambit_shard_writer *writer;
    ambit_shard_path(folder, 0, path, sizeof path);
    if (ambit_shard_create(path, fields, count, &writer) != AMBIT_OK ||
        ambit_shard_append(writer, "episode", STEPS, columns, NAN, NAN) != AMBIT_OK ||
        ambit_shard_finish(writer) != AMBIT_OK ||
        ambit_index_write(folder, 1, 0, &key, &value, 1) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    return folder;
}

enum { EVERY = (1 << FIELDS) - 1, NEEDED = 1 << ACTION | 1 << STATE };

static const char *const state_name[] = {"state"}, *const action[] = {"action"},
                         *const views[] = {"last", "first"}, *const texts[] = {"tokens", "vector"};
static ambit_source_use uses[2];

static ambit_mixture_options options_of(const char *one, const char *other) {
    uses[0] = (ambit_source_use){.path = one, .weight = 1, .sigma_min = NAN, .sigma_max = NAN};
    uses[1] = (ambit_source_use){.path = other, .weight = 1, .sigma_min = NAN, .sigma_max = NAN};
    return (ambit_mixture_options){.sources = uses,
                                   .source_count = other ? 2 : 1,
                                   .observation = state_name,
                                   .observation_count = 1,
                                   .conditions = {.camera = views,
                                                  .camera_count = 2,
                                                  .text = texts,
                                                  .text_count = 2,
                                                  .caption = "sentence",
                                                  .caption_slots = SLOTS,
                                                  .caption_buckets = BUCKETS},
                                   .action = action,
                                   .action_count = 1,
                                   .observation_steps = 1,
                                   .horizon = 1,
                                   .cache_bytes = 1 << 20};
}

static ambit_mixture *open_mixture(const ambit_mixture_options *options) {
    ambit_mixture *mixture;
    if (ambit_mixture_open(options, &mixture) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    return mixture;
}

static void refuse(const ambit_mixture_options *options, const char *why) {
    ambit_mixture *mixture;
    assert_int_equal(ambit_mixture_open(options, &mixture), AMBIT_CONFIG);
    assert_null(mixture);
    if (!strstr(ambit_message(), why))
        fail_msg("«%s» does not say «%s»", ambit_message(), why);
}

/* Room for a sample, filled with what must not stay. */
static struct {
    float state[1], camera[2 * PICTURE], text[TOKENS * NUMBERS], caption[SLOTS], chunk[1];
} room;

static ambit_sample read_sample(ambit_mixture *mixture, int class, int64_t step) {
    ambit_sample sample = {.condition = {[AMBIT_CONDITION_STATE] = room.state,
                                         [AMBIT_CONDITION_CAMERA] = room.camera,
                                         [AMBIT_CONDITION_TEXT] = room.text,
                                         [AMBIT_CONDITION_CAPTION] = room.caption},
                           .chunk = room.chunk};
    memset(&room, 0x55, sizeof room);
    if (ambit_mixture_read(mixture, AMBIT_PART_TRAINED, class, step, &sample) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    assert_int_equal(sample.present[AMBIT_CONDITION_STATE], 1);
    assert_true(room.state[0] == (float)step && room.chunk[0] == (float)step);
    return sample;
}

static void assert_near(double value, double wanted) {
    if (!(fabs(value - wanted) <= 1e-6 * (1 + fabs(wanted))))
        fail_msg("%.9g where %.9g is wanted", value, wanted);
}

static void assert_pictures(int64_t step) {
    for (int c = 0; c < CHANNELS; c++)
        for (int p = 0; p < PIXELS; p++) {
            const double bright = pixel(step, c, p) / 127.5 - 1;
            assert_near(room.camera[c * PIXELS + p], bright);
            assert_near(room.camera[PICTURE + c * PIXELS + p], -bright);
        }
}

/* Each token against itself scaled to a root mean square of 1. */
static void assert_texts(int64_t step) {
    for (int t = 0; t < TOKENS; t++) {
        double stored[NUMBERS], squares = 0;
        for (int e = 0; e < NUMBERS; e++) {
            stored[e] = t < 2 ? token(step, t * NUMBERS + e) : (double)vector(step, e);
            squares += stored[e] * stored[e] / NUMBERS;
        }
        for (int e = 0; e < NUMBERS; e++)
            assert_near(room.text[t * NUMBERS + e], squares > 0 ? stored[e] / sqrt(squares) : 0);
    }
}

static void assert_caption(const char *sentence) {
    float wanted[SLOTS];
    ambit_ngrams(sentence, strlen(sentence), SLOTS, BUCKETS, wanted);
    assert_memory_equal(room.caption, wanted, sizeof wanted);
}

/* All conditions of all steps; with and without room to keep them in memory. */
static void test_values(void **state) {
    (void)state;
    ambit_mixture_options options = options_of(make_store(EVERY, NULL, words), NULL);
    for (int64_t cache = 0; cache <= 1 << 20; cache += 1 << 20) {
        options.cache_bytes = cache;
        ambit_mixture *mixture = open_mixture(&options);
        const ambit_sample_shape *shape = ambit_mixture_shape(mixture);
        assert_int_equal(shape->camera.views, 2);
        assert_int_equal(shape->camera.channels, CHANNELS);
        assert_int_equal(shape->camera.height, HEIGHT);
        assert_int_equal(shape->camera.width, WIDTH);
        assert_int_equal(shape->text.tokens, TOKENS);
        assert_int_equal(shape->text.size, NUMBERS);
        assert_int_equal(shape->caption.slots, SLOTS);
        assert_int_equal(shape->image.channels, 0);
        assert_int_equal(ambit_sample_condition_size(shape, AMBIT_CONDITION_CAMERA), 2 * PICTURE);
        assert_int_equal(ambit_sample_condition_size(shape, AMBIT_CONDITION_TEXT),
                         TOKENS * NUMBERS);
        for (int64_t step = 0; step < STEPS; step++) {
            const ambit_sample sample = read_sample(mixture, 0, step);
            for (int c = 0; c < AMBIT_CONDITIONS; c++) {
                assert_int_equal(sample.present[c], 1);
                assert_false(ambit_mixture_may_miss(mixture, (ambit_condition)c));
            }
            assert_pictures(step);
            assert_texts(step);
            assert_caption(words[step]);
        }
        ambit_mixture_close(mixture);
    }
}

/* Sentences without a word are missing; empty ones show in the index. */
static void test_empty_sentences(void **state) {
    static const char *const some[STEPS] = {"", "go", " .!", "go on", ""};
    static const char *const signs[STEPS] = {"!", "go", ".", "go on", "go"};
    static const int there[STEPS] = {0, 1, 0, 1, 0};
    (void)state;
    ambit_mixture_options options = options_of(make_store(EVERY, NULL, some), NULL);
    ambit_mixture *mixture = open_mixture(&options);
    assert_true(ambit_mixture_may_miss(mixture, AMBIT_CONDITION_CAPTION));
    assert_false(ambit_mixture_may_miss(mixture, AMBIT_CONDITION_TEXT));
    for (int64_t step = 0; step < STEPS; step++) {
        assert_int_equal(read_sample(mixture, 0, step).present[AMBIT_CONDITION_CAPTION],
                         there[step]);
        assert_caption(some[step]);
    }
    ambit_mixture_close(mixture);
    options = options_of(make_store(EVERY, NULL, signs), NULL);
    mixture = open_mixture(&options);
    assert_false(ambit_mixture_may_miss(mixture, AMBIT_CONDITION_CAPTION));
    assert_int_equal(read_sample(mixture, 0, 0).present[AMBIT_CONDITION_CAPTION], 0);
    ambit_mixture_close(mixture);
}

/* Sources that lack a field: of the camera's views one, of the others all; in either order. */
static void test_sources_without(void **state) {
    const unsigned without = NEEDED | 1 << FIRST | 1 << VECTOR;
    (void)state;
    const char *full = make_store(EVERY, NULL, words), *poor = make_store(without, NULL, words);
    for (int turned = 0; turned < 2; turned++) {
        ambit_mixture_options options = turned ? options_of(poor, full) : options_of(full, poor);
        ambit_mixture *mixture = open_mixture(&options);
        assert_false(ambit_mixture_may_miss(mixture, AMBIT_CONDITION_STATE));
        for (int c = AMBIT_CONDITION_CAMERA; c < AMBIT_CONDITIONS; c++) {
            assert_true(ambit_mixture_may_miss(mixture, (ambit_condition)c));
            assert_int_equal(read_sample(mixture, !turned, 3).present[c], 0);
        }
        for (int i = 0; i < 2 * PICTURE; i++)
            assert_true(room.camera[i] == 0);
        for (int i = 0; i < TOKENS * NUMBERS; i++)
            assert_true(room.text[i] == 0);
        for (int i = 0; i < SLOTS; i++)
            assert_true(room.caption[i] == 0);
        const ambit_sample sample = read_sample(mixture, turned, 3);
        for (int c = 0; c < AMBIT_CONDITIONS; c++)
            assert_int_equal(sample.present[c], 1);
        assert_pictures(3);
        assert_texts(3);
        assert_caption(words[3]);
        ambit_mixture_close(mixture);
    }
}

/* A store in which one field is another kind of field. */
static void refuse_field(const ambit_field_info *field, const char *why) {
    ambit_mixture_options options = options_of(make_store(EVERY, field, words), NULL);
    refuse(&options, why);
}

static void test_wrong_fields(void **state) {
    static const ambit_field_info integers = {
        .name = "last", .element = AMBIT_STORE_I64, .rank = 3, .shape = {2, 2, 3}};
    static const ambit_field_info flat = {
        .name = "last", .element = AMBIT_STORE_U8, .rank = 2, .shape = {HEIGHT, WIDTH}};
    static const ambit_field_info deep = {
        .name = "first", .element = AMBIT_STORE_U8, .rank = 3, .shape = {5, 2, 5}};
    static const ambit_field_info small = {
        .name = "first", .element = AMBIT_STORE_U8, .rank = 3, .shape = {CHANNELS, 5, 5}};
    static const ambit_field_info scalar = {.name = "tokens", .element = AMBIT_STORE_F32};
    static const ambit_field_info narrow = {
        .name = "vector", .element = AMBIT_STORE_I64, .rank = 1, .shape = {NUMBERS - 1}};
    static const ambit_field_info encoded = {
        .name = "sentence", .element = AMBIT_STORE_BYTES, .media = "image/jpeg"};
    (void)state;
    refuse_field(&integers, "\"last\" holds i64 [2×2×3]; data.camera takes u8 pictures");
    refuse_field(&flat, "\"last\" holds u8 [6×5]; data.camera takes u8 pictures");
    refuse_field(&deep, "\"first\" holds u8 [5×2×5]; data.camera takes u8 pictures");
    refuse_field(&small, "\"first\" is 3 × 5 × 5, but \"last\" in /tmp/");
    refuse_field(&scalar, "\"tokens\" holds f32; data.text takes numeric fields");
    refuse_field(&narrow, "\"vector\" is 1 × 3 × 1, but \"tokens\" in /tmp/");
    refuse_field(&encoded, "\"sentence\" holds bytes image/jpeg; data.caption takes a field of "
                           "bytes with a sentence");
}

/* The same field with another size in another source. */
static void test_sources_that_differ(void **state) {
    static const ambit_field_info shorter = {
        .name = "tokens", .element = AMBIT_STORE_F32, .rank = 2, .shape = {1, NUMBERS}};
    (void)state;
    const char *one = make_store(EVERY, NULL, words), *two = make_store(EVERY, &shorter, words);
    ambit_mixture_options options = options_of(one, two);
    char wanted[256];
    snprintf(wanted, sizeof wanted,
             "%s: field \"tokens\" is 1 × 4 × 1, but \"tokens\" in %s is 2 × 4 × 1", two, one);
    refuse(&options, wanted);
}

/* As many numbers, but otherwise arranged, or of another type. */
static void test_shapes_that_differ(void **state) {
    static const ambit_field_info others[] = {
        {.name = "last", .element = AMBIT_STORE_U8, .rank = 3, .shape = {CHANNELS, HEIGHT, WIDTH}},
        {.name = "last", .element = AMBIT_STORE_U8, .rank = 1, .shape = {PICTURE}},
        {.name = "vector", .element = AMBIT_STORE_F32, .rank = 1, .shape = {NUMBERS}},
        {.name = "vector", .element = AMBIT_STORE_I64, .rank = 2, .shape = {NUMBERS, 1}}};
    static const char *const types[][2] = {{"u8 [3×6×5]", "u8 [6×5×3]"},
                                           {"u8 [90]", "u8 [6×5×3]"},
                                           {"f32 [4]", "i64 [4]"},
                                           {"i64 [4×1]", "i64 [4]"}};
    (void)state;
    for (int i = 0; i < 4; i++)
        for (int as_action = 0; as_action < 2; as_action++) {
            const char *name = others[i].name;
            const char *one = make_store(EVERY, NULL, words),
                       *two = make_store(EVERY, &others[i], words);
            ambit_mixture_options options = options_of(one, two);
            options.conditions = (ambit_condition_fields){0};
            *(as_action ? &options.action : &options.observation) = &name;
            char wanted[256];
            snprintf(wanted, sizeof wanted,
                     "%s: field \"%s\" is %s (padding 0, unnormalised 0), but %s (0, 0) in %s; mix",
                     two, name, types[i][0], types[i][1], one);
            refuse(&options, wanted);
        }
}

static void test_names_of_nothing(void **state) {
    static const char *const wrong[] = {"last", "frist"};
    (void)state;
    const char *one = make_store(EVERY & ~(1u << LAST), NULL, words);
    const char *other = make_store(EVERY & ~(1u << FIRST), NULL, words);
    ambit_mixture_options options = options_of(one, other);
    refuse(&options, "data.camera: no source has all of its fields");
    options.conditions.camera = wrong;
    refuse(&options, "there is no field \"frist\"; the store has: first");
    options = options_of(one, NULL);
    options.conditions.camera_count = 0;
    options.conditions.caption = "state";
    refuse(&options, "\"state\" holds f32 [1]; data.caption takes a field of bytes");
    options.conditions.caption = "sentences";
    refuse(&options, "there is no field \"sentences\"; the store has: sentence");
    options.conditions.caption = "";
    options.conditions.text = &options.conditions.caption;
    options.conditions.text_count = 0;
    ambit_mixture *mixture = open_mixture(&options);
    assert_int_equal(
        ambit_sample_condition_size(ambit_mixture_shape(mixture), AMBIT_CONDITION_CAPTION), 0);
    ambit_mixture_close(mixture);
}

/* An action field of three dimensions may be an image. */
static void test_image_as_data(void **state) {
    (void)state;
    ambit_mixture_options options = options_of(make_store(EVERY, NULL, words), NULL);
    options.action = &views[1];
    ambit_mixture *mixture = open_mixture(&options);
    const ambit_sample_shape *shape = ambit_mixture_shape(mixture);
    assert_int_equal(shape->image.channels, CHANNELS);
    assert_int_equal(shape->image.height, HEIGHT);
    assert_int_equal(shape->image.width, WIDTH);
    assert_int_equal(ambit_sample_chunk_size(shape), PICTURE);
    ambit_mixture_close(mixture);
}

static int remove_folders(void **state) {
    (void)state;
    fixture_cleanup();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_values, remove_folders),
        cmocka_unit_test_teardown(test_empty_sentences, remove_folders),
        cmocka_unit_test_teardown(test_sources_without, remove_folders),
        cmocka_unit_test_teardown(test_wrong_fields, remove_folders),
        cmocka_unit_test_teardown(test_sources_that_differ, remove_folders),
        cmocka_unit_test_teardown(test_shapes_that_differ, remove_folders),
        cmocka_unit_test_teardown(test_names_of_nothing, remove_folders),
        cmocka_unit_test_teardown(test_image_as_data, remove_folders),
    };
    return cmocka_run_group_tests_name("conditions", tests, NULL, NULL);
}
