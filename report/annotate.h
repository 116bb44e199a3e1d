/* annotate.h - a candidate's page with what was read on it and what it was worth, for appeals.
 *
 * Over the scan, turned upright: each mark that was read in a ring, with a tick where it is right
 * and a cross where it is wrong; right options that were not marked in a dashed ring; beside each
 * item its points and, where rings cannot say it, the expected answer; '?' on a dotted ring where a
 * person must still look, '*' where one has decided. Colours say the same again: green, red,
 * orange, so that a grey copy says everything. Above the page a strip names the candidate, the
 * total and its status. */
#ifndef YJ_REPORT_ANNOTATE_H
#define YJ_REPORT_ANNOTATE_H

#include "exam.h"
#include "image.h"
#include "store_sheets.h"

struct diag;

/* Writes the picture of `page`, whose scan is `scan`, to the PNG `path`. `exam` is the one that the
 * scores were made with. YJ_EIO, YJ_ENOMEM, told. */
int annotate_page(const struct exam *exam, const struct sheet_page *page, const struct image *scan,
                  const char *path, struct diag *d);

#endif
