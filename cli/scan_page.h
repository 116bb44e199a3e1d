/* scan_page.h - one page of one scan, for the commands that look at a single picture. */
#ifndef YJ_CLI_SCAN_PAGE_H
#define YJ_CLI_SCAN_PAGE_H

#include "image.h"

struct diag;

/* Decodes page `number` (from 1) of the first scan at `path`. YJ_EDATA, told: it cannot be read;
 * YJ_EINPUT, told: no such path or page. */
int scan_page_decode(const char *path, int number, struct image *page, struct diag *d);

#endif
