/* What the sections of a report share: the page they write to and the folder of their numbers. */
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

/* Adds a heading and a paragraph. */
void ambit_section_begin(ambit_section *section, const char *heading, const char *lead);

/* Adds a sentence, such as why something is missing. */
void ambit_section_note(ambit_section *section, const char *text);

/* Writes a table to data_folder/NAME.tsv. */
ambit_status ambit_section_save(ambit_section *section, const char *name, const ambit_page *table);

/* Adds the chart and writes its numbers; without values, a sentence that says so. */
ambit_status ambit_section_chart(ambit_section *section, const ambit_chart *chart);
ambit_status ambit_section_shares(ambit_section *section, const ambit_shares *shares);

/* The sections, in the order of the page. */
ambit_status ambit_section_results(ambit_section *section);
ambit_status ambit_section_trials(ambit_section *section);
ambit_status ambit_section_training(ambit_section *section);
ambit_status ambit_section_noise(ambit_section *section);
ambit_status ambit_section_speed(ambit_section *section);
ambit_status ambit_section_differences(ambit_section *section);
ambit_status ambit_section_provenance(ambit_section *section);

#endif
