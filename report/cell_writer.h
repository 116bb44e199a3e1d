/* cell_writer.h - the cells of a table as CSV or JSON, in UTF-8 whatever bytes a file name holds:
 * those that are no UTF-8 become U+FFFD.
 *
 * Knows no rows and no tables. Errors of the stream are the caller's to look for. */
#ifndef YJ_REPORT_CELL_WRITER_H
#define YJ_REPORT_CELL_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct cell_writer {
    FILE *out;  /* borrowed; set it, and leave the rest zero */
    char *text; /* a cell made clean; grows to the longest */
    size_t capacity;
};

/* With a comma before it where it is not the first of its row. YJ_ENOMEM. */
int cell_write_csv(struct cell_writer *w, int column, const char *text);
/* The same as a member of an object; `numeric`: text is a JSON number, or "" for null. */
int cell_write_json(struct cell_writer *w, int column, const char *name, const char *text,
                    bool numeric);
/* A copy in UTF-8, the caller's to free; NULL: out of memory. */
char *cell_clean_text(const char *text);
void cell_writer_finish(struct cell_writer *w);

#endif
