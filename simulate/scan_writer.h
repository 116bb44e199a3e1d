/* scan_writer.h - rows of pixels to the file a scanner or a phone would have made.
 *
 * One page: JPEG, 1-bit PNG or G4 TIFF. Several: a TIFF, each page with its own compression. The
 * file is made in memory and written at once, so that a full disk is told and leaves nothing half
 * written. */
#ifndef YJ_SIMULATE_SCAN_WRITER_H
#define YJ_SIMULATE_SCAN_WRITER_H

#include "scanner.h"

struct diag;
struct scan_writer;

/* `n_pages` of the file to be made. YJ_ENOMEM. */
int scan_writer_create(int n_pages, struct scan_writer **ret_writer);
void scan_writer_destroy(struct scan_writer *w);
/* Begins the next page, as `c` has it; then its rows, top to bottom (three bytes a pixel where its
 * format is in colour); then its end. YJ_ENOMEM. */
int scan_writer_begin_page(struct scan_writer *w, const struct capture *c);
int scan_writer_add_row(struct scan_writer *w, const uint8_t *pixels);
int scan_writer_end_page(struct scan_writer *w);
/* ".jpg", ".png" or ".tif". */
const char *scan_writer_suffix(const struct scan_writer *w);
/* Writes the file. YJ_EIO. */
int scan_writer_save(const struct scan_writer *w, const char *path, struct diag *d);

#endif
