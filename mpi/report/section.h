/* What the sections of a report share: the page they write to and the folder of their numbers.
 *
 * A section is one ambit_section_kind, in a file of its own, and one row of the table in report.c.
 */
#ifndef AMBIT_MPI_REPORT_SECTION_H
#define AMBIT_MPI_REPORT_SECTION_H

#include "chart.h"
#include "record.h"
#include "shares.h"

typedef struct {
    ambit_page page;
    const char *data_folder; /* exists; holds the .tsv of each chart */
    const ambit_records *records;
} ambit_section;

typedef struct {
    const char *heading, *lead;            /* the lead is a paragraph beneath the heading */
    ambit_status (*draw)(ambit_section *); /* adds the rest */
} ambit_section_kind;

extern const ambit_section_kind ambit_section_results, ambit_section_trials, ambit_section_training,
    ambit_section_noise, ambit_section_bounds, ambit_section_speed, ambit_section_differences,
    ambit_section_provenance;

/* Adds a sentence, such as why something is missing. */
void ambit_section_note(ambit_section *section, const char *text);

/* Where there are too many methods to name at the ends of lines: which line is which. */
void ambit_section_key(ambit_section *section);

/* Writes a table to data_folder/NAME.tsv. */
ambit_status ambit_section_save(ambit_section *section, const char *name, const ambit_page *table);

/* Adds the chart and writes its numbers; without values, a sentence that says so. */
ambit_status ambit_section_chart(ambit_section *section, const ambit_chart *chart);
ambit_status ambit_section_shares(ambit_section *section, const ambit_shares *shares);

/* A chart of held-out losses, of the runs that scored the samples number `scored` (record.h): where
 * there are others, its title and file are numbered. */
ambit_status ambit_section_scored_chart(ambit_section *section, const ambit_chart *chart,
                                        int scored);

/* Says why there are several charts of held-out losses, or none. */
void ambit_section_scored_note(ambit_section *section);

#endif
