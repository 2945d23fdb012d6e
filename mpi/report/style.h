/* The looks of reports: one place for colours, so that pages and pictures agree.
 *
 * Colours are those of Okabe and Ito, which colour-blind readers tell apart; each has a lighter
 * twin for dark backgrounds. Blue and vermilion are kept for success and failure; methods take the
 * others, then the same ones dashed.
 */
#ifndef AMBIT_MPI_REPORT_STYLE_H
#define AMBIT_MPI_REPORT_STYLE_H

enum { AMBIT_COLOURS = 5 };

/* CSS: variables and the classes of drawings; what a page needs besides. */
extern const char ambit_style_drawing[], ambit_style_page[];

/* The dash pattern of method `index`: "none" for the first AMBIT_COLOURS. */
const char *ambit_style_dash(int index);

#endif
