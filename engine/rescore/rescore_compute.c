#include "rescore_internal.h"

#include "diag.h"
#include "i18n.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int out_of_memory(struct diag *d)
{
    return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
}

/* ---- plans: what each field of a page is for ---- */

static int find_item(const struct key *key, const char *name)
{
    for (int i = 0; key && i < key->n_items; i++)
        if (strcmp(key->items[i].item, name) == 0)
            return i;
    return -1;
}

/* For each version of the paper, where the field is that is printed in an item's place. */
static int plan_papers(struct rescoring *r, struct page_plan *plan)
{
    const struct versions *versions = r->exam->key ? r->exam->versions : NULL;
    int n = versions ? versions->n : 0;

    plan->slot_of_paper = arena_alloc(&r->memory, (size_t)(n + 1) * sizeof *plan->slot_of_paper);
    if (!plan->slot_of_paper)
        return YJ_ENOMEM;
    for (int v = 0; v < n; v++) {
        int *slots = arena_alloc(&r->memory, (size_t)(r->n_items + 1) * sizeof *slots);
        if (!slots)
            return YJ_ENOMEM;
        for (int i = 0; i < r->n_items; i++)
            slots[i] = plan->slot_of_item[versions->list[v].printed[i]];
        plan->slot_of_paper[v] = slots;
    }
    return 0;
}

static int make_plan(struct rescoring *r, const struct form *form, int page, struct page_plan *plan)
{
    plan->fields = arena_alloc(&r->memory, (size_t)(form->n_fields + 1) * sizeof *plan->fields);
    plan->slot_of_item = arena_alloc(&r->memory, (size_t)(r->n_items + 1) * sizeof(int));
    if (!plan->fields || !plan->slot_of_item)
        return YJ_ENOMEM;
    for (int i = 0; i < r->n_items; i++)
        plan->slot_of_item[i] = -1;
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *field = &form->fields[i];
        if (field->page != page)
            continue;
        bool special = i == form->candidate || i == form->absent || i == form->version;
        int item = special ? -1 : find_item(r->exam->key, field->name);
        plan->fields[plan->n_fields++] = (struct plan_field){
            .name = field->name,
            .item = item,
            .slot = item < 0 ? -1 : plan->n_slots,
            .candidate = i == form->candidate,
            .absent = i == form->absent,
            .version = i == form->version,
            .counted = item >= 0 || (!r->exam->key && !special && field->kind == FIELD_CHOICE),
        };
        if (item >= 0)
            plan->slot_of_item[item] = plan->n_slots++;
    }
    return plan_papers(r, plan);
}

static int make_plans(struct rescoring *r)
{
    r->plans = arena_alloc(&r->memory, (size_t)(r->exam->n_forms + 1) * sizeof(*r->plans));
    if (!r->plans)
        return YJ_ENOMEM;
    for (int f = 0; f < r->exam->n_forms; f++) {
        const struct form *form = r->exam->forms[f].form;
        r->plans[f] = arena_alloc(&r->memory, (size_t)(form->n_pages + 1) * sizeof **r->plans);
        if (!r->plans[f])
            return YJ_ENOMEM;
        for (int p = 0; p < form->n_pages; p++) {
            int rc = make_plan(r, form, p, &r->plans[f][p]);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int open_books(struct rescoring *r)
{
    r->books = calloc((size_t)r->n_items + 1, sizeof *r->books);
    if (!r->books)
        return YJ_ENOMEM;
    for (int i = 0; i < r->n_items; i++) {
        int rc = answer_book_init(&r->books[i], &r->exam->key->items[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- pages out of the store ---- */

/* Readings come in the form's order, so that the field is most often the one after the last. */
static const struct plan_field *find_field(const struct page_plan *plan, const char *name, int *at)
{
    for (int tried = 0; tried < plan->n_fields; tried++, ++*at) {
        if (*at >= plan->n_fields)
            *at = 0;
        if (strcmp(plan->fields[*at].name, name) == 0)
            return &plan->fields[(*at)++];
    }
    return NULL;
}

static enum absent_mark read_absent_mark(const struct stored_reading *reading)
{
    switch (reading->status) {
    case READING_BLANK:
        return ABSENT_NOT_MARKED;
    case READING_OK:
    case READING_MULTIPLE:
        return reading->value[0] ? ABSENT_MARKED : ABSENT_NOT_MARKED;
    case READING_UNCERTAIN:
    case READING_UNREAD:
        break;
    }
    return ABSENT_DOUBTFUL;
}

static bool is_blank(const struct stored_reading *reading)
{
    return reading->status == READING_BLANK ||
           (reading->status == READING_OK && reading->value[0] == '\0');
}

static int keep_reading(struct rescoring *r, const struct plan_field *field,
                        const struct stored_reading *reading, struct sheet_page *page,
                        uint32_t *answers)
{
    if (field->candidate) {
        page->candidate = arena_strdup(&r->memory, reading->value);
        page->candidate_status = reading->status;
        if (!page->candidate)
            return YJ_ENOMEM;
    }
    if (field->version) {
        page->version = arena_strdup(&r->memory, reading->value);
        page->version_status = reading->status;
        if (!page->version)
            return YJ_ENOMEM;
    }
    if (field->absent)
        page->absent = read_absent_mark(reading);
    if (field->counted) {
        page->n_answers++;
        page->n_blank += is_blank(reading);
        page->answered |= !is_blank(reading) && reading->status != READING_UNREAD;
    }
    if (field->item < 0)
        return 0;
    struct response response = {reading->value, reading->status};
    return answer_book_enter(&r->books[field->item], &r->memory, &response, &answers[field->slot]);
}

/* Fills page from its readings; a field without one (never stored so by `grade`) waits for a
 * person, as ANSWER_NONE does. */
static int keep_readings(struct rescoring *r, const struct stored_page *stored,
                         struct sheet_page *page)
{
    const struct page_plan *plan = &r->plans[stored->form][stored->form_page];
    uint32_t *answers = arena_alloc(&r->memory, (size_t)(plan->n_slots + 1) * sizeof *answers);
    int at = 0;

    if (!answers)
        return YJ_ENOMEM;
    page->answers = answers;
    for (int i = 0; i < plan->n_fields; i++) {
        if (plan->fields[i].candidate) {
            page->candidate = "";
            page->candidate_status = READING_UNREAD;
        }
        if (plan->fields[i].version) {
            page->version = "";
            page->version_status = READING_UNREAD;
        }
    }
    for (int i = 0; i < stored->n_readings; i++) {
        const struct plan_field *field = find_field(plan, stored->readings[i].field, &at);
        int rc = field ? keep_reading(r, field, &stored->readings[i], page, answers) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int keep_page(void *context, const struct stored_page *stored)
{
    struct rescoring *r = context;

    if (stored->verdict != PAGE_READ || stored->form < 0 || stored->form >= r->exam->n_forms ||
        stored->form_page < 0 || stored->form_page >= r->exam->forms[stored->form].form->n_pages) {
        r->n_refused++;
        return 0;
    }
    if (r->n_pages == r->pages_capacity) {
        int larger = r->pages_capacity ? r->pages_capacity * 2 : 256;
        struct sheet_page *pages = realloc(r->pages, (size_t)larger * sizeof *pages);
        if (!pages)
            return YJ_ENOMEM;
        r->pages = pages;
        r->pages_capacity = larger;
    }
    const struct sheet_page *before = r->n_pages ? &r->pages[r->n_pages - 1] : NULL;
    bool same_scan = before && strcmp(before->scan, stored->scan) == 0;
    struct sheet_page *page = &r->pages[r->n_pages];
    *page = (struct sheet_page){
        .id = stored->id,
        .scan = same_scan ? before->scan : arena_strdup(&r->memory, stored->scan),
        .number = stored->number,
        .form = stored->form,
        .form_page = stored->form_page,
        .serial = stored->sheet[0] ? arena_strdup(&r->memory, stored->sheet) : "",
    };
    bool same_batch = before && strcmp(before->batch, stored->batch) == 0;
    page->batch = same_batch ? before->batch : arena_strdup(&r->memory, stored->batch);
    if (!page->scan || !page->serial || !page->batch)
        return YJ_ENOMEM;
    r->n_pages++;
    return keep_readings(r, stored, page);
}

/* ---- scores ---- */

const struct answer_entry *rescoring_answer(const struct rescoring *r, int row, int item)
{
    const struct sheet_row *sheet = &r->sheets.rows[row];
    int hand = r->hand_of_item[item];

    if (hand >= 0)
        return &r->books[item].entries[r->hand_answers[row * r->n_hand + hand]];
    for (int i = 0; i < sheet->n_pages; i++) {
        const struct sheet_page *page = &r->pages[sheet->pages[i]];
        const struct page_plan *plan = &r->plans[page->form][page->form_page];
        int slot = (page->paper < 0 ? plan->slot_of_item : plan->slot_of_paper[page->paper])[item];
        if (slot >= 0)
            return &r->books[item].entries[page->answers[slot]];
    }
    return &r->books[item].entries[ANSWER_NONE];
}

static enum score_status find_status(const struct rescoring *r, int row)
{
    const struct sheet_row *sheet = &r->sheets.rows[row];

    if (sheet->pending)
        return SCORE_PENDING;
    if (sheet->absent)
        return SCORE_ABSENT;
    for (int i = 0; i < r->n_items; i++)
        if (rescoring_answer(r, row, i)->score.pending)
            return SCORE_PENDING;
    return SCORE_SCORED;
}

static int score_rows(struct rescoring *r)
{
    size_t n = (size_t)r->sheets.n_rows + 1;

    r->status = malloc(n * sizeof *r->status);
    r->scored = malloc(n * sizeof *r->scored);
    r->row_items = calloc((size_t)r->n_items + 1, sizeof *r->row_items);
    r->row_answers = calloc((size_t)r->n_items + 1, sizeof *r->row_answers);
    r->row_sections = calloc((size_t)r->n_items + 2, sizeof *r->row_sections);
    r->row_section_points = calloc((size_t)r->n_items + 2, sizeof *r->row_section_points);
    r->row_pages = malloc((size_t)(r->n_pages + 1) * sizeof *r->row_pages);
    if (test_plan_chooses(&r->plan)) {
        r->row_chosen = calloc((size_t)r->n_items + 1, sizeof *r->row_chosen);
        if (!r->row_chosen)
            return YJ_ENOMEM;
    }
    if (!r->status || !r->scored || !r->row_items || !r->row_answers || !r->row_sections ||
        !r->row_section_points || !r->row_pages)
        return YJ_ENOMEM;
    for (int k = 0; k < r->sheets.n_rows; k++) {
        r->status[k] = find_status(r, k);
        if (r->status[k] == SCORE_SCORED)
            r->scored[r->n_scored++] = k;
    }
    return 0;
}

static void compose(struct rescoring *r, int index, struct test_total *ret_total)
{
    for (int i = 0; i < r->n_items; i++) {
        const struct answer_entry *answer = rescoring_answer(r, index, i);
        struct response response = {answer->value, answer->status};
        struct item_score score = answer->score;
        r->row_answers[i] = test_item_of(&r->exam->key->items[i], &response, &score);
        r->row_items[i] = (struct item_points){score.points, score.pending, score.counts};
    }
    test_score_compute(&r->plan, r->row_answers, r->row_sections, r->row_chosen, ret_total);
}

/* Void items are for those who sat. */
static void compose_absent(struct rescoring *r)
{
    for (int i = 0; i < r->n_items; i++)
        r->row_items[i] =
            (struct item_points){POINTS_ZERO, false, !item_rule_drops(r->exam->key->items[i].rule)};
    for (int s = 0; s < r->plan.n_sections; s++)
        r->row_sections[s] = (struct section_score){.points = POINTS_ZERO};
}

struct points rescoring_total(struct rescoring *r, int index)
{
    struct test_total total = {.points = POINTS_ZERO};

    if (r->n_items > 0 && r->status[index] != SCORE_ABSENT)
        compose(r, index, &total);
    else
        compose_absent(r);
    return total.points;
}

void rescoring_get_score(struct rescoring *r, int index, struct score_row *ret)
{
    const struct sheet_row *sheet = &r->sheets.rows[index];
    struct points total = rescoring_total(r, index);

    for (int s = 0; s < r->plan.n_sections; s++)
        r->row_section_points[s] =
            (struct section_points){r->row_sections[s].points, r->row_sections[s].pending};
    for (int i = 0; i < sheet->n_pages; i++)
        r->row_pages[i] = r->pages[sheet->pages[i]].id;
    *ret = (struct score_row){
        .candidate = sheet->candidate,
        .status = r->status[index],
        .total = total,
        .max = r->plan.max,
        .items = r->row_items,
        .n_items = r->n_items,
        .sections = r->row_section_points,
        .n_sections = r->plan.n_sections > 0 ? r->plan.n_sections - 1 : 0, /* "" is none */
        .pages = r->row_pages,
        .n_pages = sheet->n_pages,
    };
}

/* ---- all of it ---- */

typedef int walk_pages(struct store *store,
                       int (*visit)(void *context, const struct stored_page *page), void *context,
                       struct diag *d);

static int compute(struct rescoring *r, struct store *store, const struct exam *exam,
                   walk_pages *each_page, struct diag *d)
{
    *r = (struct rescoring){.exam = exam, .n_items = exam->key ? exam->key->n_items : 0};
    arena_init(&r->memory);
    int rc = make_plans(r);
    if (rc == 0)
        rc = test_plan_init(&r->plan, exam->key, exam->scheme);
    if (rc == 0)
        rc = open_books(r);
    if (rc == 0)
        rc = each_page(store, keep_page, r, d);
    if (rc == 0)
        rc = sheets_resolve(exam, r->pages, r->n_pages, r->n_refused, &r->sheets);
    if (rc == 0)
        rc = rescoring_translate_pages(r);
    if (rc == 0)
        rc = rescoring_take_points(r);
    if (rc == 0)
        rc = score_rows(r);
    return rc == YJ_ENOMEM ? out_of_memory(d) : rc;
}

int rescoring_compute(struct rescoring *r, struct store *store, const struct exam *exam,
                      struct diag *d)
{
    return compute(r, store, exam, store_each_answers, d);
}

int rescoring_compute_anew(struct rescoring *r, struct store *store, const struct exam *exam,
                           struct diag *d)
{
    return compute(r, store, exam, store_each_page, d);
}

void rescoring_finish(struct rescoring *r)
{
    for (int i = 0; r->books && i < r->n_items; i++)
        answer_book_finish(&r->books[i]);
    free(r->books);
    free(r->pages);
    sheets_finish(&r->sheets);
    free(r->hand_of_item);
    free(r->hand_answers);
    free(r->status);
    free(r->scored);
    free(r->row_items);
    free(r->row_answers);
    free(r->row_chosen);
    free(r->row_sections);
    free(r->row_section_points);
    test_plan_finish(&r->plan);
    free(r->row_pages);
    arena_finish(&r->memory);
}
