/* The fields that a source describes, as a store has them. Not collective. */
#ifndef AMBIT_MPI_SOURCE_FIELDS_H
#define AMBIT_MPI_SOURCE_FIELDS_H

#include "../datasets/field.h"
#include "../plugins/loader.h"

/* Fills in fields[about->field_count] (at most AMBIT_STORE_MAX_FIELDS) and checks them. AMBIT_DATA
 * where a text is too long for a store. */
ambit_status ambit_source_fields(const ambit_source_description *about, ambit_field_info *fields);

#endif
