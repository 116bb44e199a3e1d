/* bench_sheet.h - draws a filled sheet of any form and lays it on a synthetic scanner's glass.
 *
 * For speed, not for accuracy: a clean laser print with text lines around the fields, pencil of
 * even grey, a rotation, sensor noise. The same seed gives the same pixels. */
#ifndef YJ_TESTS_BENCH_SHEET_H
#define YJ_TESTS_BENCH_SHEET_H

#include "form.h"
#include "image.h"

struct bench_scanner {
    double dpi;
    double skew;  /* degrees clockwise */
    double noise; /* standard deviation of a pixel, grey levels */
    uint64_t seed;
};

/* Prints page 1 of the form, marks option (field + column) % options of each field, scans it into
 * `out`. YJ_ENOMEM. */
int bench_sheet_scan(const struct form *form, const struct bench_scanner *scanner,
                     struct image *out);
/* What the sheet says in field `index`. */
void bench_sheet_value(const struct form *form, int index, char *value, size_t size);

#endif
