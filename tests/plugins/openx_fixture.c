#include "openx_fixture.h"

#include "openx_host.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

/* ---------------------------------------------------------------- protocol buffers */

openx_bytes openx_borrow(const void *data, size_t size) {
    return (openx_bytes){(uint8_t *)data, size};
}

void openx_put(openx_bytes *bytes, const void *data, size_t size) {
    bytes->data = realloc(bytes->data, bytes->size + size + 1);
    assert_non_null(bytes->data);
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

void openx_put_varint(openx_bytes *bytes, uint64_t value) {
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        openx_put(bytes, &byte, 1);
    } while (value >>= 7);
}

void openx_put_field(openx_bytes *bytes, uint32_t number, const void *data, size_t size) {
    openx_put_varint(bytes, number << 3 | 2);
    openx_put_varint(bytes, size);
    openx_put(bytes, data, size);
}

void openx_put_list(openx_bytes *map, const char *key, uint32_t kind, openx_bytes *list) {
    openx_bytes feature = {0}, entry = {0};
    if (kind)
        openx_put_field(&feature, kind, list->data, list->size);
    openx_put_field(&entry, 1, key, strlen(key));
    openx_put_field(&entry, 2, feature.data, feature.size);
    openx_put_field(map, 1, entry.data, entry.size);
    free(feature.data);
    free(entry.data);
    free(list->data);
}

void openx_put_floats(openx_bytes *map, const char *key, const float *values, int count,
                      int packed) {
    openx_bytes list = {0};
    if (packed)
        openx_put_field(&list, 1, values, (size_t)count * 4);
    for (int i = 0; !packed && i < count; ++i) {
        openx_put_varint(&list, 1 << 3 | 5);
        openx_put(&list, &values[i], 4);
    }
    openx_put_list(map, key, 2, &list);
}

void openx_put_integers(openx_bytes *map, const char *key, const int64_t *values, int count,
                        int packed) {
    openx_bytes list = {0}, run = {0};
    for (int i = 0; i < count; ++i) {
        if (!packed)
            openx_put_varint(&list, 1 << 3);
        openx_put_varint(packed ? &run : &list, (uint64_t)values[i]);
    }
    if (packed)
        openx_put_field(&list, 1, run.data, run.size);
    openx_put_list(map, key, 3, &list);
    free(run.data);
}

void openx_put_strings(openx_bytes *map, const char *key, const openx_bytes *values, int count) {
    openx_bytes list = {0};
    for (int i = 0; i < count; ++i)
        openx_put_field(&list, 1, values[i].data, values[i].size);
    openx_put_list(map, key, 1, &list);
}

void openx_put_empty(openx_bytes *map, const char *key) {
    openx_bytes list = {0};
    openx_put_list(map, key, 0, &list);
}

static uint32_t masked(const void *data, size_t size) {
    uint32_t crc = openx_crc32c(0, data, size);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

void openx_put_record(openx_bytes *file, const void *data, size_t size) {
    uint64_t length = size;
    uint32_t crc = masked(&length, sizeof length);
    openx_put(file, &length, sizeof length);
    openx_put(file, &crc, sizeof crc);
    openx_put(file, data, size);
    crc = masked(data, size);
    openx_put(file, &crc, sizeof crc);
}

void openx_put_example(openx_bytes *file, openx_bytes *map) {
    openx_bytes example = {0};
    openx_put_field(&example, 1, map->data, map->size);
    openx_put_record(file, example.data, example.size);
    free(example.data);
    free(map->data);
    *map = (openx_bytes){0};
}

openx_bytes openx_zlib(const void *data, size_t size) {
    uLongf made = compressBound((uLong)size);
    openx_bytes stream = {malloc(made), 0};
    assert_int_equal(compress(stream.data, &made, data, (uLong)size), Z_OK);
    stream.size = made;
    return stream;
}

static void put_big32(openx_bytes *bytes, uint32_t word) {
    openx_put(bytes,
              (uint8_t[]){(uint8_t)(word >> 24), (uint8_t)(word >> 16), (uint8_t)(word >> 8),
                          (uint8_t)word},
              4);
}

/* Length, kind, content, CRC-32 of kind and content. */
static void put_chunk(openx_bytes *png, const char *kind, const void *content, size_t size) {
    put_big32(png, (uint32_t)size);
    const size_t start = png->size;
    openx_put(png, kind, 4);
    openx_put(png, content, size);
    put_big32(png, (uint32_t)crc32(0, png->data + start, (uInt)(size + 4)));
}

openx_bytes openx_png(uint32_t width, uint32_t height, uint8_t depth, uint8_t colours,
                      const void *samples, uint32_t bits) {
    openx_bytes png = {0}, header = {0}, lines = {0};
    const size_t row = width * bits / 8;
    put_big32(&header, width);
    put_big32(&header, height);
    openx_put(&header, (uint8_t[]){depth, colours, 0, 0, 0}, 5);
    for (uint32_t y = 0; y < height; ++y) {
        openx_put(&lines, "", 1); /* no filter */
        openx_put(&lines, (const uint8_t *)samples + y * row, row);
    }
    openx_bytes packed = openx_zlib(lines.data, lines.size);
    openx_put(&png, "\x89PNG\r\n\x1a\n", 8);
    put_chunk(&png, "IHDR", header.data, header.size);
    put_chunk(&png, "IDAT", packed.data, packed.size);
    put_chunk(&png, "IEND", "", 0);
    free(header.data);
    free(lines.data);
    free(packed.data);
    return png;
}

/* ---------------------------------------------------------------- folders */

void openx_fixture_make(openx_fixture *fixture) {
    const char *root = getenv("TMPDIR");
    snprintf(fixture->folder, sizeof fixture->folder, "%s/ambit-openx-XXXXXX",
             root && *root ? root : "/tmp");
    assert_non_null(mkdtemp(fixture->folder));
}

static void path_of(const openx_fixture *fixture, const char *name, char path[1024]) {
    snprintf(path, 1024, "%s/%s", fixture->folder, name);
}

void openx_fixture_write(const openx_fixture *fixture, const char *name, const void *data,
                         size_t size) {
    char path[1024];
    path_of(fixture, name, path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void openx_fixture_text(const openx_fixture *fixture, const char *name, const char *text) {
    openx_fixture_write(fixture, name, text, strlen(text));
}

void openx_fixture_remove(openx_fixture *fixture) {
    DIR *folder = opendir(fixture->folder);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[1024];
        path_of(fixture, entry->d_name, path);
        unlink(path);
    }
    closedir(folder);
    assert_int_equal(rmdir(fixture->folder), 0);
}

/* ---------------------------------------------------------------- the small data set */

#define TENSOR(name, shape, dtype, encoding)                                                       \
    "\"" name "\":{\"tensor\":{\"shape\":" shape ",\"dtype\":\"" dtype                             \
    "\",\"encoding\":\"" encoding "\"},\"description\":\"9x something else\"}"

const char openx_small_features[] =
    "{\"featuresDict\":{\"features\":{\"steps\":{\"sequence\":{\"feature\":{\"featuresDict\":"
    "{\"features\":{" TENSOR("action", "{\"dimensions\":[\"2\"]}", "float32", "none") "," TENSOR(
        "count", "{}", "int64",
        "none") "," TENSOR("depth/z", "{\"dimensions\":[\"3\"]}", "float64",
                           "zlib") "," TENSOR("is_first", "{}", "bool",
                                              "none") "," TENSOR("is_last", "{}", "bool",
                                                                 "none") ","
                                                                         "\"observation\":{"
                                                                         "\"featuresDict\":{"
                                                                         "\"features\":{\"image\":{"
                                                                         "\"image\":{\"dtype\":"
                                                                         "\"uint8\"}}}}"
                                                                         "},\"language_"
                                                                         "instruction\":{\"text\":{"
                                                                         "}}}}},\"length\":\"-1\"}}"
                                                                         "}}}";

const char openx_small_info[] =
    "{\"fileFormat\":\"tfrecord\",\"name\":\"small\",\"version\":\"1.0.0\",\"splits\":["
    "{\"name\":\"train\",\"shardLengths\":[\"2\"]},"
    "{\"name\":\"test\",\"filepathTemplate\":\"{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_INDEX}\","
    "\"shardLengths\":[\"1\",\"2\"]}]}";

const char openx_small_shard[] = "small-train.tfrecord-00000-of-00001";

enum { STEPS = 3, ENTRIES = 8 };

static void put_depth(openx_bytes *map, int episode) {
    openx_bytes streams[STEPS];
    for (int t = 0; t < STEPS; ++t) {
        const double values[3] = {episode + 0.5, t, 0.1};
        streams[t] = openx_zlib(values, sizeof values);
    }
    openx_put_strings(map, "steps/depth/z", streams, STEPS);
    for (int t = 0; t < STEPS; ++t)
        free(streams[t].data);
}

static void put_texts(openx_bytes *map, const char *key, const char *const texts[STEPS]) {
    openx_bytes values[STEPS];
    for (int t = 0; t < STEPS; ++t)
        values[t] = openx_borrow(texts[t], strlen(texts[t]));
    openx_put_strings(map, key, values, STEPS);
}

/* Entry `which` of episode `episode`. */
static void put_small(openx_bytes *map, int episode, int which, int packed) {
    const float actions[2 * STEPS] = {(float)episode, 1, -2, 0.25f, 1e-3f, 7};
    const int64_t first[STEPS] = {1, 0, 0}, last[STEPS] = {0, 0, 1};
    const int64_t counts[STEPS] = {-1, episode, INT64_MIN};
    const char *const images[STEPS] = {"", "\xff\xd8\xff\xe0 one", "\xff\xd8\xff\xe0 two!"};
    const char *const words[STEPS] = {"pick", "pick", "pick"};
    switch (which) {
    case 0:
        openx_put_floats(map, "steps/action", actions, 2 * STEPS, packed);
        break;
    case 1:
        openx_put_integers(map, "steps/is_first", first, STEPS, packed);
        break;
    case 2:
        openx_put_integers(map, "steps/is_last", last, STEPS, packed);
        break;
    case 3:
        openx_put_integers(map, "steps/count", counts, STEPS, packed);
        break;
    case 4:
        put_texts(map, "steps/observation/image", images);
        break;
    case 5:
        put_texts(map, "steps/language_instruction", words);
        break;
    case 6:
        put_depth(map, episode);
        break;
    default:
        openx_put_integers(map, "episode_metadata/episode_id", &(int64_t){40 + episode}, 1, packed);
    }
}

openx_bytes openx_small_map(int episode, int flags) {
    openx_bytes map = {0};
    for (int i = 0; i < ENTRIES; ++i)
        put_small(&map, episode, flags & OPENX_REVERSED ? ENTRIES - 1 - i : i,
                  !(flags & OPENX_UNPACKED));
    if (flags & OPENX_UNKNOWN) {
        openx_put_field(&map, 9, "whatever", 8);
        openx_put_varint(&map, 10 << 3 | 0);
        openx_put_varint(&map, UINT64_MAX);
        openx_put_varint(&map, 11 << 3 | 1);
        openx_put(&map, "eightbyt", 8);
        openx_put_empty(&map, "steps/nobody_asked");
    }
    return map;
}

openx_bytes openx_small_records(int flags) {
    openx_bytes file = {0};
    for (int episode = 0; episode < 2; ++episode) {
        openx_bytes map = openx_small_map(episode, flags);
        openx_put_example(&file, &map);
    }
    return file;
}

void openx_fixture_small(const openx_fixture *fixture) {
    openx_bytes file = openx_small_records(0);
    openx_fixture_text(fixture, "features.json", openx_small_features);
    openx_fixture_text(fixture, "dataset_info.json", openx_small_info);
    openx_fixture_write(fixture, openx_small_shard, file.data, file.size);
    free(file.data);
}
