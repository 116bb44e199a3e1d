/* rescore_answers.c - answers that are not what a page says as it stands: those of another version
 * of the paper, and points that people gave. */
#include "rescore_internal.h"

#include "diag.h"
#include <stdlib.h>

/* Each answer of the page in the words of the item that it answers; each slot is one item's, for a
 * version is a permutation. */
static int translate_page(struct rescoring *r, struct sheet_page *page)
{
    const struct paper_version *version = &r->exam->versions->list[page->paper];
    const int *slots = r->plans[page->form][page->form_page].slot_of_paper[page->paper];

    for (int i = 0; i < r->n_items; i++) {
        bool same = version->printed[i] == i && !version->option_of[i];
        if (slots[i] < 0 || same || page->answers[slots[i]] == ANSWER_NONE)
            continue;
        const struct answer_entry *entry =
            &r->books[version->printed[i]].entries[page->answers[slots[i]]];
        struct response response = {NULL, entry->status};
        response.value = version_translate(version, r->exam->key, i, entry->value, &r->memory);
        int rc = response.value ? answer_book_enter(&r->books[i], &r->memory, &response,
                                                    &page->answers[slots[i]])
                                : YJ_ENOMEM;
        if (rc < 0)
            return rc;
    }
    return 0;
}

int rescoring_translate_pages(struct rescoring *r)
{
    int rc = 0;

    for (int i = 0; i < r->n_pages && r->n_items > 0 && rc == 0; i++)
        if (r->pages[i].paper >= 0)
            rc = translate_page(r, &r->pages[i]);
    return rc;
}

static int number_hand_items(struct rescoring *r)
{
    r->hand_of_item = malloc((size_t)(r->n_items + 1) * sizeof *r->hand_of_item);
    if (!r->hand_of_item)
        return YJ_ENOMEM;
    for (int i = 0; i < r->n_items; i++)
        r->hand_of_item[i] = r->exam->key->items[i].by_hand ? r->n_hand++ : -1;
    r->hand_answers =
        calloc((size_t)r->sheets.n_rows * (size_t)r->n_hand + 1, sizeof *r->hand_answers);
    return r->hand_answers ? 0 : YJ_ENOMEM;
}

/* The points that a person set for a region; NULL: none. A region holds nothing else. */
static const struct answer_entry *region_points(const struct rescoring *r, int row, int item)
{
    const struct sheet_row *sheet = &r->sheets.rows[row];

    for (int i = 0; i < sheet->n_pages; i++) {
        const struct sheet_page *page = &r->pages[sheet->pages[i]];
        int slot = r->plans[page->form][page->form_page].slot_of_item[item];
        if (slot < 0)
            continue;
        const struct answer_entry *entry = &r->books[item].entries[page->answers[slot]];
        return entry->value && entry->value[0] ? entry : NULL;
    }
    return NULL;
}

/* What nobody has given points for stays "no reading at all", and waits; so does what two people
 * gave differently. */
static int take_points(struct rescoring *r, int row, int item)
{
    const struct given_row *given =
        given_find(r->exam->given, r->sheets.rows[row].candidate, r->exam->key->items[item].item);
    const struct answer_entry *set = region_points(r, row, item);
    struct response response = {given ? given->text : NULL, READING_OK};
    struct points points;

    if (set)
        response = (struct response){set->value, set->status};
    if (set && given &&
        (points_parse(set->value, &points) < 0 || points_compare(points, given->points) != 0))
        response.status = READING_UNCERTAIN;
    if (!response.value)
        return 0;
    return answer_book_enter(&r->books[item], &r->memory, &response,
                             &r->hand_answers[row * r->n_hand + r->hand_of_item[item]]);
}

int rescoring_take_points(struct rescoring *r)
{
    int rc = number_hand_items(r);

    for (int k = 0; k < r->sheets.n_rows && r->n_hand > 0 && rc == 0; k++)
        for (int i = 0; i < r->n_items && rc == 0; i++)
            if (r->hand_of_item[i] >= 0)
                rc = take_points(r, k, i);
    return rc;
}
