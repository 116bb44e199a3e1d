/* store_sheets.h - what was read on a candidate's sheets and what it was worth, page by page: for
 * pictures that are shown when somebody asks why (`annotate`).
 *
 * Part of the store (store.h). Strings are borrowed during the visit. */
#ifndef YJ_ENGINE_STORE_SHEETS_H
#define YJ_ENGINE_STORE_SHEETS_H

#include "store.h"

struct sheet_answer {
    int field; /* of the form */
    const char *value;
    enum reading_status status;
    double confidence;
    bool reviewed; /* a person has set it */
};

/* A certain reading of any of the sheet's pages: what says which version the paper is. */
struct sheet_said {
    int form, field;
    const char *value;
};

struct sheet_page {
    const char *candidate; /* "" unread */
    int nth, of;           /* which of the candidate's sheets, from 1 */
    bool scored;           /* there is a key: */
    enum score_status status;
    struct points total, max;
    const char *scan; /* path, as given to grade */
    const char *hash; /* SHA-256 of the scan's bytes, hexadecimal */
    int number;       /* of the scan's pages, from 1 */
    int form, form_page;
    int width, height;           /* px of the page when it was read */
    struct homography transform; /* mm -> px */
    const struct sheet_answer *answers;
    int n_answers;
    const struct item_points *items; /* [n_items] of the sheet, in the key's order; 0: not scored */
    int n_items;
    const struct sheet_said *said;
    int n_said;
};

/* Every read page that belongs to a sheet of `candidate` (NULL: to any sheet), in the order of scan
 * path and page number. A negative return of visit ends the walk and is returned. */
int store_each_sheet_page(struct store *store, const char *candidate,
                          int (*visit)(void *context, const struct sheet_page *page), void *context,
                          struct diag *d);

#endif
