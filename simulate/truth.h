/* truth.h - the three tables that say what was meant: rows of CSV, made a sheet at a time. */
#ifndef YJ_SIMULATE_TRUTH_H
#define YJ_SIMULATE_TRUTH_H

#include "damage.h"
#include "pupil.h"
#include "teacher.h"
#include "writing.h"
#include <stdio.h>

enum truth_table { TRUTH_FIELDS, TRUTH_MARKS, TRUTH_PAGES, TRUTH_TABLES };

/* "truth.csv", and its header row. */
const char *truth_file(enum truth_table table);
const char *truth_header(enum truth_table table);

/* One page of one scan. */
struct truth_page {
    const char *scan; /* the file's name in scans/ */
    int page;         /* of the form and of the scan, from 0 */
    const struct sitter *sitter;
    const struct page_plan *plan;
    const struct damages *damages;
    const char *profile;
    bool has_code;                    /* the candidate's barcode is printed on it */
    const struct given_points *given; /* [n_fields], of strips; NULL: the form has none */
    const struct written *written;    /* [n_fields], of boxes; NULL: nobody writes */
};

/* Writes the page's rows to out[TRUTH_TABLES]; errors are seen by ferror. */
void truth_write_page(const struct truth_page *page, FILE *const *out);

#endif
