/* scan_finder.h - the scans of a database found again where grade read them.
 *
 * The path is as it was given then, from the same folder, or where `watch` has moved it since. A
 * scan whose bytes are others than those that were read is none: a picture over it would show
 * answers where they are not. */
#ifndef YJ_CLI_SCAN_FINDER_H
#define YJ_CLI_SCAN_FINDER_H

#include "image.h"

struct diag;
struct scan_finder;

int scan_finder_create(struct scan_finder **ret_finder, struct diag *d);
void scan_finder_destroy(struct scan_finder *finder);
/* Decodes page `number` of the scan stored as `path` (a ZIP's member as archive.zip/member) whose
 * SHA-256 is `hash`, hexadecimal. Quick where scans come in the order of their paths. YJ_EDATA,
 * told: it is gone, changed or cannot be read. YJ_ENOMEM, YJ_EIO. */
int scan_finder_decode(struct scan_finder *finder, const char *path, const char *hash, int number,
                       struct image *page, struct diag *d);

#endif
