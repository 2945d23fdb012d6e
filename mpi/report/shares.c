#include "shares.h"

#include "../../core/base/text.h"

#include <math.h>

/* Pixels. */
enum { LEFT = 112, BAR = 22, ROW = 32, LEGEND_LINE = 18, LETTER = 7, TINTS = 6, PERCENT = 42 };

static double part_value(const ambit_share_row *row, int part) {
    return isfinite(row->values[part]) && row->values[part] > 0 ? row->values[part] : 0;
}

static double row_total(const ambit_shares *shares, const ambit_share_row *row) {
    double total = 0;
    for (int part = 0; part < shares->part_count; part++)
        total += part_value(row, part);
    return total;
}

/* Where the next name of the legend goes: on a new line when it does not fit on this one. */
static void place_name(const ambit_shares *shares, int part, double *x, double *y) {
    double width = 34 + 7.0 * (double)ambit_text_length(shares->parts[part]);
    if (*x > 0 && *x + width > shares->width) {
        *x = 0;
        *y += LEGEND_LINE;
    }
    *x += width;
}

static double legend_height(const ambit_shares *shares) {
    double x = 0, y = 0;
    for (int part = 0; part < shares->part_count; part++)
        place_name(shares, part, &x, &y);
    return y + LEGEND_LINE + 8;
}

static void draw_legend(const ambit_shares *shares, ambit_page *page) {
    double x = 0, y = 0;
    for (int part = 0; part < shares->part_count; part++) {
        double before = y, left = x;
        place_name(shares, part, &x, &y);
        left = y > before ? 0 : left;
        ambit_page_add(page,
                       "<rect class=\"tint t%d\" x=\"%.1f\" y=\"%.1f\" width=\"11\" "
                       "height=\"11\"/><text x=\"%.1f\" y=\"%.1f\">",
                       part % TINTS, left, y + 3, left + 16, y + 13);
        ambit_page_escape(page, shares->parts[part]);
        ambit_page_add(page, "</text>");
    }
    ambit_page_add(page, "\n");
}

/* Room for the names at the left. */
static double name_room(const ambit_shares *shares) {
    int longest = 0;
    for (int row = 0; row < shares->row_count; row++) {
        int length = ambit_text_length(shares->rows[row].label);
        longest = length > longest ? length : longest;
    }
    return fmin(12 + LETTER * longest, shares->width * 0.4);
}

static void draw_row(const ambit_shares *shares, const ambit_share_row *row, double y,
                     ambit_page *page) {
    double total = row_total(shares, row), left = name_room(shares), x = left;
    double percent = fmin(PERCENT, shares->width / 2.5 / shares->part_count);
    double room = shares->width - left - percent * shares->part_count;
    ambit_page_add(page, "<text x=\"0\" y=\"%.1f\">", y + 15);
    ambit_page_escape_cut(page, row->label, (int)((left - 8) / LETTER));
    ambit_page_add(page, "</text>");
    for (int part = 0; part < shares->part_count && total > 0; part++) {
        double share = part_value(row, part) / total;
        ambit_page_add(page,
                       "<rect class=\"tint t%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                       "height=\"%d\"/><text class=\"tick\" text-anchor=\"end\" x=\"%.1f\" "
                       "y=\"%.1f\">%.0f %%</text>",
                       part % TINTS, x, y, share * room, BAR, left + room + percent * (part + 1),
                       y + 15, 100 * share);
        x += share * room;
    }
    ambit_page_add(page, "\n");
}

void ambit_shares_draw(const ambit_shares *shares, ambit_page *page) {
    ambit_page_add(page, "<figure><h3>");
    ambit_page_escape(page, shares->title);
    ambit_page_add(page, "</h3><figcaption>");
    ambit_page_escape(page, shares->caption);
    ambit_page_add(page, "</figcaption>\n<svg viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"",
                   shares->width, legend_height(shares) + ROW * shares->row_count);
    ambit_page_escape(page, shares->title);
    ambit_page_add(page, "\">\n");
    draw_legend(shares, page);
    for (int row = 0; row < shares->row_count; row++)
        draw_row(shares, &shares->rows[row], legend_height(shares) + ROW * row, page);
    ambit_page_add(page, "</svg></figure>\n");
}

void ambit_shares_list(const ambit_shares *shares, ambit_page *table) {
    ambit_page_add(table, "method\tpart\t");
    ambit_page_cell(table, shares->unit);
    ambit_page_add(table, "\tshare\n");
    for (int i = 0; i < shares->row_count; i++) {
        const ambit_share_row *row = &shares->rows[i];
        double total = row_total(shares, row);
        for (int part = 0; part < shares->part_count; part++) {
            ambit_page_cell(table, row->label);
            ambit_page_add(table, "\t");
            ambit_page_cell(table, shares->parts[part]);
            ambit_page_add(table, "\t%.9g\t%.6g\n", part_value(row, part),
                           total > 0 ? part_value(row, part) / total : 0);
        }
    }
}
