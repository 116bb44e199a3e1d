/* rescore_internal.h - what the files of rescoring share: everything that follows from the stored
 * readings, the key and the roster, in memory. rescore_compute.c makes it, rescore.c stores it,
 * rescore_verify.c holds it against what is stored. */
#ifndef YJ_ENGINE_RESCORE_INTERNAL_H
#define YJ_ENGINE_RESCORE_INTERNAL_H

#include "answers.h"
#include "composition.h"
#include "rescore.h"
#include "sheets.h"

/* What a field of a form's page is for. */
struct plan_field {
    const char *name;
    int item; /* of the key; -1: none */
    int slot; /* of the page's answers; -1: none */
    bool candidate, absent, version;
    bool counted; /* tells whether the sheet is blank: an item, or without a key a choice */
};

/* One page of one form, in the form's order. */
struct page_plan {
    struct plan_field *fields;
    int n_fields;
    int n_slots;
    int *slot_of_item;   /* [item]; -1: not on this page */
    int **slot_of_paper; /* [version][item]: of the field that is printed in its place */
};

struct rescoring {
    const struct exam *exam;
    int n_items; /* of the key; 0: no key */
    struct arena memory;

    struct page_plan **plans;  /* [form][page] */
    struct answer_book *books; /* [item] */
    struct sheet_page *pages;
    int n_pages, pages_capacity, n_refused;
    struct sheets sheets;

    /* Items whose points people give: [row * n_hand + hand_of_item[item]], numbers in the items'
     * answer books. */
    int n_hand;
    int *hand_of_item; /* -1: read from a page */
    uint32_t *hand_answers;

    enum score_status *status; /* [row] */
    struct test_plan plan;     /* how items become a total */

    int n_scored;
    int *scored; /* [n_scored]: rows whose status is SCORE_SCORED */

    struct item_points *row_items; /* of the row last asked for */
    struct test_item *row_answers;
    bool *row_chosen; /* [item] part of its section's sum; NULL: sections choose nothing */
    struct section_score *row_sections;
    struct section_points *row_section_points;
    int64_t *row_pages;
};

/* Reads the pages and computes all of it. `ret` is the caller's to finish, also after a failure. */
int rescoring_compute(struct rescoring *ret, struct store *store, const struct exam *exam,
                      struct diag *d);
/* The same from the readings themselves, not from what is packed of them: for checking. */
int rescoring_compute_anew(struct rescoring *ret, struct store *store, const struct exam *exam,
                           struct diag *d);
void rescoring_finish(struct rescoring *r);

/* Steps of rescoring_compute. Answers of other versions in the words of the items that they answer;
 * points that people gave. YJ_ENOMEM. */
int rescoring_translate_pages(struct rescoring *r);
int rescoring_take_points(struct rescoring *r);

/* The score of row `index` of r->sheets; valid until the next call. */
void rescoring_get_score(struct rescoring *r, int index, struct score_row *ret);
/* The same for the total alone; what was read so far where the row is pending. */
struct points rescoring_total(struct rescoring *r, int index);
/* The answer of a row to an item, NULL of one that is on none of its pages is never returned: it is
 * the book's entry ANSWER_NONE. */
const struct answer_entry *rescoring_answer(const struct rescoring *r, int row, int item);

#endif
