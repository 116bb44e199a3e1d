/* page_health.h - what the scanner did to one page: streaks, creases, a lost corner, exposure, an
 * empty side.
 *
 * Measured beside registration and reading, on the page as it was decoded and on a reduced picture
 * of it (about 0.5 mm a px), and kept with the page. Whether it means anything is for health_runs.h
 * to say, over the batch; docs/scan-health.md has the thresholds and why. Knows neither the
 * database nor how bubbles are read. */
#ifndef YJ_ENGINE_PAGE_HEALTH_H
#define YJ_ENGINE_PAGE_HEALTH_H

#include "form.h"
#include "image.h"
#include "pagemap.h"
#include "records.h"

/* Longer side, px, that the reduced picture keeps: 0.6 mm a px of A4, and fine enough for A3. */
#define HEALTH_SIDE 500

struct page_health_input {
    const struct image *img;     /* as decoded */
    const struct image *reduced; /* the same, halved `level` times; or img itself, level 0 */
    int level;
    const struct form *form;            /* NULL: no form is near this page */
    int page;                           /* of the form, from 0 */
    const struct page_map *map;         /* NULL: the page was refused; nothing is laid on it */
    const struct page_quality *quality; /* where there is a map */
};

struct page_health_scratch; /* one a worker */

int page_health_scratch_create(struct page_health_scratch **ret_scratch);
void page_health_scratch_destroy(struct page_health_scratch *scratch);

/* 0 or YJ_ENOMEM. */
int page_health_measure(const struct page_health_input *in, struct page_health_scratch *scratch,
                        struct page_health *ret);

#endif
