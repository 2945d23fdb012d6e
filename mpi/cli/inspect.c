#include "inspect.h"

#include "../../core/base/text.h"
#include "../records/json.h"
#include "../records/say.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------- counting */

static int same_bound(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static void count_ambit(ambit_store_summary *summary, double low, double high, int64_t steps) {
    int i = 0;
    while (i < summary->ambit_count && !(same_bound(summary->ambits[i].sigma_min, low) &&
                                         same_bound(summary->ambits[i].sigma_max, high)))
        i++;
    if (i == AMBIT_AMBITS_LISTED) {
        summary->other_ambits++;
        return;
    }
    if (i == summary->ambit_count)
        summary->ambits[summary->ambit_count++] = (ambit_ambit_count){low, high, 0, 0};
    summary->ambits[i].episodes++;
    summary->ambits[i].steps += steps;
}

static int64_t length_of(const ambit_store *store, int64_t episode) {
    int64_t first, end;
    ambit_store_episode_range(store, episode, &first, &end);
    return end - first;
}

void ambit_store_summarise(const ambit_store *store, ambit_store_summary *summary) {
    int64_t episodes = ambit_store_episode_count(store);
    memset(summary, 0, sizeof *summary);
    summary->shortest = INT64_MAX;
    for (int64_t e = 0; e < episodes; e++) {
        double low, high;
        int64_t length = length_of(store, e);
        ambit_store_episode_ambit(store, e, &low, &high);
        count_ambit(summary, low, high, length);
        summary->shortest = length < summary->shortest ? length : summary->shortest;
        summary->longest = length > summary->longest ? length : summary->longest;
    }
    int64_t span = summary->longest - summary->shortest + 1;
    summary->bin_width = (span + AMBIT_LENGTH_BINS - 1) / AMBIT_LENGTH_BINS;
    summary->bin_count = (int)((span + summary->bin_width - 1) / summary->bin_width);
    for (int64_t e = 0; e < episodes; e++)
        summary->bins[(length_of(store, e) - summary->shortest) / summary->bin_width]++;
}

/* ------------------------------------------------------------------------------- text */

/* Of fields with more than MOST_ROWS elements, only the first FEW_ROWS are listed. */
enum { MOST_ROWS = 16, FEW_ROWS = 4, BAR = 40 };

/* Pads to `width` characters, counting UTF-8 as printf does not. */
static void put(FILE *out, const char *text, int width) {
    int length = ambit_text_length(text);
    fprintf(out, "%s%*s", text, length < width ? width - length : 0, "");
}

static void print_numbers(FILE *out, const ambit_statistics *s, int64_t e) {
    const double values[] = {s->least[e], s->q01[e],      s->mean[e],
                             s->q99[e],   s->greatest[e], s->std[e]};
    for (int i = 0; i < 6; i++)
        fprintf(out, " %11.5g", values[i]);
    fputc('\n', out);
}

static void print_field(FILE *out, const ambit_store *store, int f) {
    const ambit_field_info *field = ambit_store_field(store, f);
    const ambit_statistics *s = ambit_store_statistics(store, f);
    const ambit_element_groups groups = ambit_field_groups(field);
    const int channels = groups.pixels > 1;
    int64_t rows = s->elements > MOST_ROWS ? FEW_ROWS : s->elements;
    char type[AMBIT_FIELD_TYPE], place[48], plain[AMBIT_TEXT_GROWTH * sizeof type];
    ambit_field_type(field, type);
    put(out, field->name, 32);
    fprintf(out, " %s", ambit_text_shown(type, "", plain, sizeof plain));
    fprintf(out, "%s%s\n", field->unit[0] ? ", " : "",
            field->element == AMBIT_STORE_BYTES
                ? ", bytes a step"
                : ambit_text_shown(field->unit, "", plain, sizeof plain));
    for (int64_t e = 0; e < rows; e++) {
        int padded = e < 64 && (field->zero_padded >> e & 1);
        int alone = e < 64 && (field->unnormalised >> e & 1);
        snprintf(place, sizeof place, "  %s%" PRId64 "%s%s%s", channels ? "channel " : "[", e,
                 channels ? "" : "]", padded ? " zero-padded" : "", alone ? " raw" : "");
        put(out, channels || s->elements > 1 ? place : "", 24);
        print_numbers(out, s, e);
    }
    if (s->elements > rows)
        fprintf(out, "  … %" PRId64 " more element%s (--json has them all)\n", s->elements - rows,
                ambit_plural(s->elements - rows));
}

static void print_lengths(FILE *out, const ambit_store_summary *summary, double mean) {
    int64_t most = 1;
    fprintf(out, "\nlengths: %" PRId64 " to %" PRId64 " step%s, mean %.1f\n", summary->shortest,
            summary->longest, ambit_plural(summary->longest), mean);
    for (int b = 0; b < summary->bin_count; b++)
        most = summary->bins[b] > most ? summary->bins[b] : most;
    for (int b = 0; b < summary->bin_count; b++) {
        int64_t low = summary->shortest + b * summary->bin_width;
        fprintf(out, "  %6" PRId64 " – %-6" PRId64 " %8" PRId64 " ", low,
                low + summary->bin_width - 1, summary->bins[b]);
        for (int64_t i = 0; i < (summary->bins[b] * BAR + most - 1) / most; i++)
            fputs("█", out);
        fputc('\n', out);
    }
}

static void print_ambits(FILE *out, const ambit_store_summary *summary) {
    fprintf(out, "\nsigma bounds (usable at sigma >= sigma_min and at sigma <= sigma_max):\n");
    for (int i = 0; i < summary->ambit_count; i++) {
        const ambit_ambit_count *a = &summary->ambits[i];
        if (isnan(a->sigma_min) && isnan(a->sigma_max))
            fprintf(out, "  none given: the configuration's, or all levels");
        else
            fprintf(out, "  sigma_min %-8.4g sigma_max %-8.4g", a->sigma_min, a->sigma_max);
        fprintf(out, "  %" PRId64 " episode%s, %" PRId64 " step%s\n", a->episodes,
                ambit_plural(a->episodes), a->steps, ambit_plural(a->steps));
    }
    if (summary->other_ambits > 0)
        fprintf(out, "  and others, %" PRId64 " episode%s\n", summary->other_ambits,
                ambit_plural(summary->other_ambits));
}

static void print_provenance(FILE *out, const ambit_store *store) {
    const char *value, *key;
    char plain[AMBIT_TEXT_GROWTH * AMBIT_MESSAGE_SIZE];
    fprintf(out, "\nprovenance:\n");
    for (int i = 0; (key = ambit_store_provenance(store, i, &value)); i++) {
        fprintf(out, "  %-10s", ambit_text_shown(key, "", plain, sizeof plain));
        fprintf(out, " %s\n", ambit_text_shown(value, "", plain, sizeof plain));
    }
}

void ambit_inspect_text(const ambit_store *store, const ambit_store_summary *summary, FILE *out) {
    int64_t episodes = ambit_store_episode_count(store), steps = ambit_store_step_count(store);
    char folder[AMBIT_MESSAGE_SIZE];
    ambit_text_shown(ambit_store_folder(store), "", folder, sizeof folder);
    fprintf(out, "%s: %" PRId64 " episode%s, %" PRId64 " step%s", folder, episodes,
            ambit_plural(episodes), steps, ambit_plural(steps));
    if (ambit_store_step_seconds(store) > 0)
        fprintf(out, " of %g s", ambit_store_step_seconds(store));
    fprintf(out, ", %d shard%s\n", ambit_store_shard_count(store),
            ambit_plural(ambit_store_shard_count(store)));
    print_lengths(out, summary, (double)steps / (double)episodes);
    print_ambits(out, summary);
    print_provenance(out, store);
    fprintf(out, "\n%-24s %11s %11s %11s %11s %11s %11s\n", "fields", "least", "q01", "mean", "q99",
            "greatest", "std");
    for (int f = 0; f < ambit_store_field_count(store); f++)
        print_field(out, store, f);
}

/* ------------------------------------------------------------------------------- JSON */

static json_t *field_json(const ambit_store *store, int f) {
    const ambit_field_info *field = ambit_store_field(store, f);
    const ambit_statistics *s = ambit_store_statistics(store, f);
    return json_pack(
        "{s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
        ambit_json_text(field->name), "element", ambit_store_element_name(field->element), "shape",
        ambit_json_integers(field->shape, field->rank), "media", ambit_json_text(field->media),
        "unit", ambit_json_text(field->unit), "help", ambit_json_text(field->help), "zero_padded",
        (json_int_t)field->zero_padded, "unnormalised", (json_int_t)field->unnormalised, "least",
        ambit_json_reals(s->least, s->elements), "q01", ambit_json_reals(s->q01, s->elements),
        "mean", ambit_json_reals(s->mean, s->elements), "q99",
        ambit_json_reals(s->q99, s->elements), "greatest",
        ambit_json_reals(s->greatest, s->elements), "std", ambit_json_reals(s->std, s->elements));
}

static json_t *ambits_json(const ambit_store_summary *summary) {
    json_t *rows = json_array();
    for (int i = 0; i < summary->ambit_count; i++) {
        const ambit_ambit_count *a = &summary->ambits[i];
        ambit_json_append(&rows, json_pack("{s:o, s:o, s:I, s:I}", "sigma_min",
                                           ambit_json_real(a->sigma_min), "sigma_max",
                                           ambit_json_real(a->sigma_max), "episodes",
                                           (json_int_t)a->episodes, "steps", (json_int_t)a->steps));
    }
    return rows;
}

static json_t *provenance_json(const ambit_store *store) {
    json_t *rows = json_object();
    const char *value, *key;
    char plain[AMBIT_TEXT_GROWTH * 256];
    for (int i = 0; (key = ambit_store_provenance(store, i, &value)); i++)
        ambit_json_set(&rows, ambit_text_shown(key, "", plain, sizeof plain),
                       ambit_json_text(value));
    return rows;
}

ambit_status ambit_inspect_json(const ambit_store *store, const ambit_store_summary *summary,
                                FILE *out) {
    json_t *fields = json_array();
    for (int f = 0; f < ambit_store_field_count(store); f++)
        ambit_json_append(&fields, field_json(store, f));
    json_t *whole = json_pack(
        "{s:o, s:I, s:I, s:i, s:o, s:{s:I, s:I, s:I, s:o}, s:o, s:I, s:o, s:o}", "store",
        ambit_json_text(ambit_store_folder(store)), "episodes",
        (json_int_t)ambit_store_episode_count(store), "steps",
        (json_int_t)ambit_store_step_count(store), "shards", ambit_store_shard_count(store),
        "step_seconds", ambit_json_real(ambit_store_step_seconds(store)), "lengths", "least",
        (json_int_t)summary->shortest, "greatest", (json_int_t)summary->longest, "bin_width",
        (json_int_t)summary->bin_width, "counts",
        ambit_json_integers(summary->bins, summary->bin_count), "ambits", ambits_json(summary),
        "other_ambits", (json_int_t)summary->other_ambits, "provenance", provenance_json(store),
        "fields", fields);
    return ambit_json_print(whole, "inspect", out);
}
