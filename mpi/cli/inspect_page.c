#include "inspect.h"

#include "../records/say.h"
#include "../report/chart.h"
#include "../report/number.h"
#include "../report/style.h"
#include "inspect_frames.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EPISODES_SHOWN = 3, LINES_SHOWN = 8 };
enum { ELEMENTS_DRAWN = 64 }; /* fields of more (embeddings, raw images) are no curves */

/* ------------------------------------------------------------------------------- tables */

static void add_number(ambit_page *page, double value) {
    char text[AMBIT_NUMBER_SIZE];
    ambit_number_write(value, text);
    ambit_page_add(page, "<td>%s</td>", text);
}

static void begin_table(ambit_page *page, const char *heading, const char *const *heads,
                        int count) {
    ambit_page_add(page, "<section><h2>%s</h2><div class=\"scroll\"><table><thead><tr>", heading);
    for (int i = 0; i < count; i++)
        ambit_page_add(page, "<th>%s</th>", heads[i]);
    ambit_page_add(page, "</tr></thead><tbody>\n");
}

static void end_table(ambit_page *page) {
    ambit_page_add(page, "</tbody></table></div></section>\n");
}

static void add_field_rows(const ambit_store *store, int f, ambit_page *page) {
    const ambit_field_info *field = ambit_store_field(store, f);
    const ambit_statistics *s = ambit_store_statistics(store, f);
    char type[AMBIT_FIELD_TYPE];
    ambit_field_type(field, type);
    for (int64_t e = 0; e < s->elements && e < LINES_SHOWN; e++) {
        const double values[] = {s->least[e], s->q01[e],      s->mean[e],
                                 s->q99[e],   s->greatest[e], s->std[e]};
        ambit_page_add(page, "<tr><th>");
        if (e == 0) {
            ambit_page_escape(page, field->name);
            ambit_page_add(page, "<small>");
            ambit_page_escape(page, field->help);
            ambit_page_add(page, "</small>");
        }
        ambit_page_add(page, "</th><td>");
        ambit_page_escape(page, e == 0 ? type : "");
        ambit_page_add(page, "</td><td>%" PRId64 "</td>", e);
        for (int i = 0; i < 6; i++)
            add_number(page, values[i]);
        ambit_page_add(page, "<td>");
        ambit_page_escape(page, field->element == AMBIT_STORE_BYTES ? "bytes" : field->unit);
        ambit_page_add(page, "</td></tr>\n");
    }
    if (s->elements > LINES_SHOWN)
        ambit_page_add(page, "<tr><td colspan=\"10\">… %" PRId64 " more elements</td></tr>\n",
                       s->elements - LINES_SHOWN);
}

static void add_fields(const ambit_store *store, ambit_page *page) {
    static const char *const heads[] = {"field", "type", "element",  "least", "q01",
                                        "mean",  "q99",  "greatest", "std",   "unit"};
    begin_table(page, "Fields", heads, 10);
    for (int f = 0; f < ambit_store_field_count(store); f++)
        add_field_rows(store, f, page);
    end_table(page);
}

static void add_ambits(const ambit_store_summary *summary, ambit_page *page) {
    static const char *const heads[] = {"σ_min", "σ_max", "episodes", "steps"};
    begin_table(page, "Noise levels at which samples may be used", heads, 4);
    for (int i = 0; i < summary->ambit_count; i++) {
        const ambit_ambit_count *a = &summary->ambits[i];
        ambit_page_add(page, "<tr>");
        add_number(page, a->sigma_min);
        add_number(page, a->sigma_max);
        add_number(page, (double)a->episodes);
        add_number(page, (double)a->steps);
        ambit_page_add(page, "</tr>\n");
    }
    end_table(page);
    if (summary->other_ambits > 0)
        ambit_page_add(page, "<p class=\"note\">%" PRId64 " episode%s %s yet other bounds.</p>\n",
                       summary->other_ambits, ambit_plural(summary->other_ambits),
                       summary->other_ambits == 1 ? "has" : "have");
}

static void add_provenance(const ambit_store *store, ambit_page *page) {
    static const char *const heads[] = {"origin", ""};
    const char *key, *value;
    begin_table(page, "Provenance", heads, 2);
    for (int i = 0; (key = ambit_store_provenance(store, i, &value)); i++) {
        ambit_page_add(page, "<tr><th>");
        ambit_page_escape(page, key);
        ambit_page_add(page, "</th><td><code>");
        ambit_page_escape(page, value);
        ambit_page_add(page, "</code></td></tr>\n");
    }
    end_table(page);
}

/* ------------------------------------------------------------------------------- charts */

static void add_lengths(const ambit_store_summary *summary, ambit_page *page) {
    double x[AMBIT_LENGTH_BINS], y[AMBIT_LENGTH_BINS];
    for (int b = 0; b < summary->bin_count; b++) {
        x[b] = (double)(summary->shortest + b * summary->bin_width);
        y[b] = (double)summary->bins[b];
    }
    const ambit_series bars = {.kind = AMBIT_SERIES_BARS,
                               .width = (double)summary->bin_width,
                               .count = summary->bin_count,
                               .x = x,
                               .y = y};
    const ambit_chart chart = {.title = "Lengths of episodes",
                               .caption = "",
                               .x_label = "steps",
                               .y_label = "episodes",
                               .zero = 1,
                               .width = 460,
                               .height = 240,
                               .series_count = 1,
                               .series = &bars};
    ambit_chart_draw(&chart, page);
}

/* Curves of a field's first elements: columns[0] is the step, columns[1 + e] element e. */
static void draw_field(const ambit_field_info *field, int64_t steps, int lines, double *columns,
                       ambit_page *page) {
    ambit_series series[LINES_SHOWN] = {0};
    char names[LINES_SHOWN][16];
    for (int e = 0; e < lines; e++) {
        snprintf(names[e], sizeof names[e], "%d", e);
        series[e] = (ambit_series){.kind = AMBIT_SERIES_LINE,
                                   .name = names[e],
                                   .method = e,
                                   .count = steps,
                                   .x = columns,
                                   .y = columns + (1 + e) * steps};
    }
    const ambit_chart chart = {.title = field->name,
                               .caption = field->help,
                               .x_label = "step",
                               .y_label = field->unit,
                               .width = 460,
                               .height = 240,
                               .series_count = lines,
                               .series = series};
    ambit_chart_draw(&chart, page);
}

/* A field that never changes says nothing as a curve; its value stands in the table. */
static int is_constant(const ambit_statistics *s) {
    for (int64_t e = 0; e < s->elements; e++)
        if (s->least[e] != s->greatest[e])
            return 0;
    return 1;
}

static ambit_status add_curves(ambit_store *store, int f, int64_t first, int64_t end,
                               ambit_page *page) {
    const ambit_field_info *field = ambit_store_field(store, f);
    int64_t elements = ambit_field_elements(field), steps = end - first;
    int lines = elements < LINES_SHOWN ? (int)elements : LINES_SHOWN;
    float *values;
    double *columns;
    if (field->element == AMBIT_STORE_BYTES || elements > ELEMENTS_DRAWN ||
        is_constant(ambit_store_statistics(store, f)))
        return AMBIT_OK;
    AMBIT_TRY(ambit_allocate(&columns, (size_t)(steps * (1 + lines)), sizeof *columns, "curves"));
    ambit_status status =
        ambit_allocate(&values, (size_t)(steps * elements), sizeof *values, "curves");
    if (status == AMBIT_OK)
        status = ambit_store_read(store, f, first, steps, values);
    for (int64_t s = 0; s < steps && status == AMBIT_OK; s++) {
        columns[s] = (double)s;
        for (int e = 0; e < lines; e++)
            columns[(1 + e) * steps + s] = values[s * elements + e];
    }
    if (status == AMBIT_OK)
        draw_field(field, steps, lines, columns, page);
    free(values);
    free(columns);
    return status;
}

/* ------------------------------------------------------------------------------- the page */

static ambit_status add_episode(ambit_store *store, int64_t episode, ambit_page *page) {
    int64_t first, end;
    const char *name;
    int fields = ambit_store_field_count(store);
    ambit_store_episode_range(store, episode, &first, &end);
    AMBIT_TRY(ambit_store_episode_name(store, episode, &name));
    ambit_page_add(page,
                   "<section><h2>Episode %" PRId64 "</h2><p class=\"lead\">%" PRId64
                   " steps, from <code>",
                   episode, end - first);
    ambit_page_escape(page, name);
    ambit_page_add(page, "</code></p>\n");
    for (int f = 0; f < fields; f++)
        AMBIT_TRY(ambit_inspect_frames(store, f, first, end, page));
    ambit_page_add(page, "<div class=\"figures two\">\n");
    for (int f = 0; f < fields; f++)
        AMBIT_TRY(add_curves(store, f, first, end, page));
    ambit_page_add(page, "</div></section>\n");
    return AMBIT_OK;
}

static void begin_page(const ambit_store *store, ambit_page *page) {
    static const char frames[] =
        ".frames{display:flex;flex-wrap:wrap;gap:.6rem;margin:.4rem 0 1.2rem}"
        ".frames img{display:block;width:120px;image-rendering:auto;border-radius:4px}\n";
    const char *folder = ambit_store_folder(store);
    const int64_t episodes = ambit_store_episode_count(store),
                  steps = ambit_store_step_count(store);
    ambit_page_add(page, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                         "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    ambit_page_escape(page, folder);
    ambit_page_add(page, "</title>\n<style>\n%s%s%s</style></head><body>\n<h1>",
                   ambit_style_drawing, ambit_style_page, frames);
    ambit_page_escape(page, folder);
    ambit_page_add(page, "</h1>\n<p class=\"lead\">%" PRId64 " episode%s, %" PRId64 " step%s",
                   episodes, ambit_plural(episodes), steps, ambit_plural(steps));
    if (ambit_store_step_seconds(store) > 0)
        ambit_page_add(page, " of %g s", ambit_store_step_seconds(store));
    ambit_page_add(page, ", %d shard%s</p>\n", ambit_store_shard_count(store),
                   ambit_plural(ambit_store_shard_count(store)));
}

static ambit_status fill_page(ambit_store *store, const ambit_store_summary *summary,
                              ambit_page *page) {
    int64_t episodes = ambit_store_episode_count(store);
    begin_page(store, page);
    for (int64_t e = 0; e < episodes && e < EPISODES_SHOWN; e++)
        AMBIT_TRY(add_episode(store, e, page));
    add_fields(store, page);
    ambit_page_add(page, "<section><h2>Episodes</h2><div class=\"figures two\">\n");
    add_lengths(summary, page);
    ambit_page_add(page, "</div></section>\n");
    add_ambits(summary, page);
    add_provenance(store, page);
    ambit_page_add(page, "</body></html>\n");
    return AMBIT_OK;
}

ambit_status ambit_inspect_page(ambit_store *store, const ambit_store_summary *summary,
                                const char *path) {
    ambit_page page = {0};
    ambit_status status = fill_page(store, summary, &page);
    if (status == AMBIT_OK)
        status = ambit_page_write(&page, path);
    ambit_page_free(&page);
    return status;
}
