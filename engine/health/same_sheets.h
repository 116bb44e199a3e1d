/* same_sheets.h - whether two pages are scans of the same sheet of paper.
 *
 * By fingerprints (page_health): what each cell holds beyond the least that any page of the form
 * holds there is marks; of the same sheet scanned again they are as dark as before, of another
 * pupil's with the same answers they are not. Knows no order of pages. */
#ifndef YJ_ENGINE_SAME_SHEETS_H
#define YJ_ENGINE_SAME_SHEETS_H

#include "records.h"

/* base[c] = the lesser of base[c] and the page's; begin with 255. */
void same_sheets_learn(const uint8_t fingerprint[HEALTH_CELLS], uint8_t base[HEALTH_CELLS]);
/* 0: the same marks; about 0.4 and more: two pupils'. 1 where either shows no marks. */
double same_sheets_distance(const uint8_t a[HEALTH_CELLS], const uint8_t b[HEALTH_CELLS],
                            const uint8_t base[HEALTH_CELLS]);

#endif
