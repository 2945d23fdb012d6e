/* Text that grows: pages, pictures and tables are put together in memory and written whole.
 *
 * What comes from outside (names, values, units) goes through ambit_page_escape(), so that it
 * cannot become markup. Running out of memory is remembered and reported by ambit_page_write().
 */
#ifndef AMBIT_MPI_REPORT_PAGE_H
#define AMBIT_MPI_REPORT_PAGE_H

#include "../../core/base/status.h"

typedef struct {
    char *text;
    size_t size;
    int64_t room;
    int failed;
} ambit_page; /* begin with {0} */

/* Adds formatted text, as printf. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void ambit_page_add(ambit_page *page, const char *format, ...);

/* Adds text with & < > " ' as character references; bytes that are not UTF-8 and what is not
 * printable (core/base/text.h) become U+FFFD. */
void ambit_page_escape(ambit_page *page, const char *text);

/* The same of at most `characters` characters, the last of which is "…" where there were more. */
void ambit_page_escape_cut(ambit_page *page, const char *text, int characters);

/* Adds one cell of a table of tab-separated values: tabs and line breaks become spaces. */
void ambit_page_cell(ambit_page *page, const char *text);

/* Puts the page in place of the file `path`. */
ambit_status ambit_page_write(const ambit_page *page, const char *path);

void ambit_page_free(ambit_page *page);

#endif
