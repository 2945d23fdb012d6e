/* Source "scenes": each episode goes in one of four directions, which the observation does not
 * tell, but a sentence, an embedding and a view do, each on its own. There is a picture to be
 * denoised as well: its bright corner is that of the direction. The action is there twice: whole,
 * and in parts.
 *
 *   location: any word; options: `count` of episodes; `told` false leaves sentence, embedding and
 *   view out; `silent` n: every n-th episode has empty sentences */
#include "ambit_plugin.h"

#include <stdio.h>
#include <string.h>

enum { STEPS = 8, SEEN = 42, SIDE = 8, COLOURS = 3, TOKENS = 2, NUMBERS = 6, SENTENCE = 32 };
enum {
    OBSERVATION,
    ACTION,
    PART_X,
    PART_Y,
    PICTURE,
    VIEW,
    EMBEDDING,
    INSTRUCTION,
    FIELDS,
    UNTOLD = VIEW
};
enum { OPTION_COUNT, OPTION_TOLD, OPTION_SILENT, OPTIONS };

typedef struct {
    const ambit_host *host;
    int64_t count, silent;
    int told;
    float observation[STEPS][SEEN], action[STEPS][2], parts[2][STEPS],
        picture[STEPS][COLOURS][SIDE][SIDE];
    uint8_t view[STEPS][SIDE][SIDE][COLOURS];
    float embedding[STEPS][TOKENS][NUMBERS];
    char sentences[STEPS * SENTENCE];
    uint64_t ends[STEPS + 1];
    ambit_column columns[FIELDS];
    char name[32];
} scenes;

static const ambit_field fields[FIELDS] = {
    [OBSERVATION] = {.name = "observation", .element = AMBIT_F32, .rank = 1, .shape = {SEEN}},
    [ACTION] = {.name = "action", .element = AMBIT_F32, .rank = 1, .shape = {2}},
    [PART_X] = {.name = "part/x", .element = AMBIT_F32},
    [PART_Y] = {.name = "part/y", .element = AMBIT_F32},
    [PICTURE] = {.name = "picture",
                 .element = AMBIT_F32,
                 .rank = 3,
                 .shape = {COLOURS, SIDE, SIDE}},
    [VIEW] = {.name = "view", .element = AMBIT_U8, .rank = 3, .shape = {SIDE, SIDE, COLOURS}},
    [EMBEDDING] = {.name = "embedding",
                   .element = AMBIT_F32,
                   .rank = 2,
                   .shape = {TOKENS, NUMBERS}},
    [INSTRUCTION] = {.name = "instruction", .element = AMBIT_BYTES, .media = "text/plain"}};

static int describe(void *self, ambit_source_description *about) {
    const scenes *s = self;
    *about = (ambit_source_description){.struct_size = sizeof *about,
                                        .fields = fields,
                                        .field_count = s->told ? FIELDS : UNTOLD,
                                        .field_size = sizeof fields[0],
                                        .episode_count = s->count,
                                        .step_seconds = 0.1};
    return 0;
}

/* In [0, 1). */
static float random_number(const scenes *s, int64_t index, int step, uint32_t which) {
    uint32_t words[4];
    s->host->random(s->host->context, 3, which, (uint64_t)(index * STEPS + step), 0, words);
    return (float)(words[0] >> 8) / (float)(1 << 24);
}

static int is_bright(int direction, int row, int column) {
    return (row >= SIDE / 2) == direction / 2 && (column >= SIDE / 2) == direction % 2;
}

static void paint(scenes *s, int step, int direction, float light) {
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++)
            for (int colour = 0; colour < COLOURS; colour++) {
                const int bright = is_bright(direction, row, column);
                s->view[step][row][column][colour] = (uint8_t)((bright ? 200 : 20) + 50 * light);
                s->picture[step][colour][row][column] = (float)bright + light;
            }
}

static void speak(scenes *s, int64_t index, int step, int direction) {
    static const char *const sentences[4] = {"Go left.", "move RIGHT", "up you go", "down!"};
    const int silent = s->silent > 0 && index % s->silent == 0;
    const char *sentence = silent ? "" : sentences[direction];
    memcpy(s->sentences + s->ends[step], sentence, strlen(sentence));
    s->ends[step + 1] = s->ends[step] + strlen(sentence);
}

static int episode(void *self, int64_t index, ambit_episode *out) {
    scenes *s = self;
    const int direction = (int)(index % 4);
    for (int step = 0; step < STEPS; step++) {
        for (uint32_t i = 0; i < 2; i++) {
            const float way = direction / 2 == (int)i ? (float)(2 * (direction % 2) - 1) : 0;
            s->parts[i][step] = s->action[step][i] = way + 0.1f * random_number(s, index, step, i);
        }
        s->observation[step][0] = random_number(s, index, step, 2);
        paint(s, step, direction, 0.1f * random_number(s, index, step, 3));
        memset(s->embedding[step], 0, sizeof s->embedding[step]);
        s->embedding[step][step % TOKENS][direction] = 0.3f;
        s->embedding[step][0][NUMBERS - 1] = 0.01f * random_number(s, index, step, 4);
        speak(s, index, step, direction);
    }
    snprintf(s->name, sizeof s->name, "scene %lld", (long long)index);
    out->name = s->name;
    out->steps = STEPS;
    out->columns = s->columns;
    return 0;
}

static void close_scenes(void *self) {
    scenes *s = self;
    s->host->release(s->host->context, s);
}

static const ambit_source_ops operations = {.struct_size = sizeof operations,
                                            .abi_major = AMBIT_ABI_MAJOR,
                                            .abi_minor = AMBIT_ABI_MINOR,
                                            .describe = describe,
                                            .episode = episode,
                                            .close = close_scenes};

static int open_scenes(const ambit_host *host, const char *location,
                       const ambit_option_value *options, const void **ops, void **self) {
    scenes *s = host->allocate(host->context, 1, sizeof *s);
    (void)location;
    if (!s)
        return AMBIT_FAULT_MEMORY;
    s->host = host;
    s->count = options[OPTION_COUNT].integer;
    s->told = options[OPTION_TOLD].boolean;
    s->silent = options[OPTION_SILENT].integer;
    s->columns[OBSERVATION].values = s->observation;
    s->columns[ACTION].values = s->action;
    s->columns[PART_X].values = s->parts[0];
    s->columns[PART_Y].values = s->parts[1];
    s->columns[PICTURE].values = s->picture;
    s->columns[VIEW].values = s->view;
    s->columns[EMBEDDING].values = s->embedding;
    s->columns[INSTRUCTION] = (ambit_column){s->sentences, s->ends};
    *ops = &operations;
    *self = s;
    return 0;
}

static const ambit_option options[OPTIONS] = {
    [OPTION_COUNT] = {.name = "count",
                      .type = AMBIT_OPTION_INTEGER,
                      .initial = "40",
                      .minimum = 1,
                      .maximum = 1e6,
                      .help = "episodes"},
    [OPTION_TOLD] = {.name = "told",
                     .type = AMBIT_OPTION_BOOLEAN,
                     .initial = "true",
                     .help = "sentence, embedding and view are there"},
    [OPTION_SILENT] = {.name = "silent",
                       .type = AMBIT_OPTION_INTEGER,
                       .initial = "0",
                       .minimum = 0,
                       .maximum = 1e6,
                       .help = "one of so many episodes has empty sentences; 0: none"}};

static const ambit_plugin_info info = {.magic = AMBIT_PLUGIN_MAGIC,
                                       .abi_major = AMBIT_ABI_MAJOR,
                                       .abi_minor = AMBIT_ABI_MINOR,
                                       .struct_size = sizeof info,
                                       .kind = AMBIT_PLUGIN_SOURCE,
                                       .name = "scenes",
                                       .version = "1.0",
                                       .licence = "Apache-2.0",
                                       .summary = "directions that only a condition tells",
                                       .options = options,
                                       .option_count = OPTIONS,
                                       .option_size = sizeof options[0],
                                       .open = open_scenes};

const ambit_plugin_info *ambit_plugin_query(void) {
    return &info;
}
