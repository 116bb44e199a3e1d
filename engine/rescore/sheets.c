#include "sheets_internal.h"

#include "diag.h"
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int sheets_reserve(void **array, int n, int *capacity, size_t size)
{
    if (n < *capacity)
        return 0;
    int larger = *capacity ? *capacity * 2 : 64;
    void *grown = realloc(*array, (size_t)larger * size);
    if (!grown)
        return YJ_ENOMEM;
    *array = grown;
    *capacity = larger;
    return 0;
}

/* ---- pages to sheets ---- */

static int add_sheet(struct resolver *r, int form)
{
    int rc =
        sheets_reserve((void **)&r->sheets, r->n_sheets, &r->sheets_capacity, sizeof *r->sheets);

    if (rc < 0)
        return rc;
    r->sheets[r->n_sheets++] = (struct sheet){
        .first_page = -1, .form = form, .owner_page = -1, .candidate = "", .row = -1};
    return 0;
}

static bool is_bound_by_serial(const struct resolver *r, const struct sheet_page *page)
{
    return page->serial[0] && form_of(r, page->form)->n_pages > 1;
}

static bool prints_serial(const struct form_page *page)
{
    const struct page_identity *identity = &page->identity;

    return identity->n_sheet_bits > 0 ||
           (identity->barcode_text && strchr(identity->barcode_text, '*'));
}

static int compare_serials(const void *a, const void *b, void *context)
{
    const struct sheet_page *pages = context;
    int i = *(const int *)a, k = *(const int *)b;
    int order = pages[i].form - pages[k].form;

    if (order == 0)
        order = strcmp(pages[i].serial, pages[k].serial);
    return order ? order : i - k;
}

/* Pages with one serial: one sheet, unless a form page comes again. Then the serial is printed on
 * several sheets (photocopies, or one sheet scanned twice) and does not say which pages belong
 * together: the pages are dealt out in their order, and the sheets wait for a person. */
static int link_one_serial(struct resolver *r, const int *indexes, int n, int *times)
{
    int form = r->pages[indexes[0]].form, first_sheet = r->n_sheets;

    memset(times, 0, (size_t)form_of(r, form)->n_pages * sizeof *times);
    for (int i = 0; i < n; i++) {
        struct sheet_page *page = &r->pages[indexes[i]];
        int copy = times[page->form_page]++;
        if (first_sheet + copy == r->n_sheets) {
            int rc = add_sheet(r, form);
            if (rc < 0)
                return rc;
        }
        page->sheet = first_sheet + copy;
    }
    for (int s = first_sheet; s < r->n_sheets; s++)
        r->sheets[s].mixed = r->n_sheets - first_sheet > 1;
    return 0;
}

static int link_serials(struct resolver *r)
{
    int n = 0, most_pages = 1, rc = 0;
    int *indexes = malloc((size_t)(r->n_pages + 1) * sizeof *indexes), *times = NULL;

    if (!indexes)
        return YJ_ENOMEM;
    for (int i = 0; i < r->n_pages; i++)
        if (is_bound_by_serial(r, &r->pages[i]))
            indexes[n++] = i;
    qsort_r(indexes, (size_t)n, sizeof *indexes, compare_serials, r->pages);
    for (int f = 0; f < r->exam->n_forms; f++)
        if (form_of(r, f)->n_pages > most_pages)
            most_pages = form_of(r, f)->n_pages;
    times = malloc((size_t)most_pages * sizeof *times);
    if (!times)
        rc = YJ_ENOMEM;
    for (int i = 0, end; i < n && rc == 0; i = end) {
        const struct sheet_page *first = &r->pages[indexes[i]];
        for (end = i + 1; end < n; end++) {
            const struct sheet_page *page = &r->pages[indexes[end]];
            if (page->form != first->form || strcmp(page->serial, first->serial) != 0)
                break;
        }
        rc = link_one_serial(r, indexes + i, end - i, times);
    }
    free(times);
    free(indexes);
    return rc;
}

static bool follows(const struct sheet_page *page, const struct sheet_page *before)
{
    return page->number == (int64_t)before->number + 1 && strcmp(page->scan, before->scan) == 0;
}

/* Whether page belongs to the sheet of the page right before it in the scan. A refused page between
 * them, or one of another form, leaves it alone: nobody knows whose it is. A page on which a serial
 * is printed but could not be read stays alone, too. */
static bool continues_sheet(const struct resolver *r, int index)
{
    const struct sheet_page *page = &r->pages[index];
    const struct form *form = form_of(r, page->form);

    if (index == 0 || page->form_page == 0 || prints_serial(&form->pages[page->form_page]))
        return false;
    const struct sheet_page *before = &r->pages[index - 1];
    return follows(page, before) && before->form == page->form &&
           before->form_page == page->form_page - 1;
}

static int link_neighbours(struct resolver *r)
{
    bool broken = false; /* the scan begins in the middle of a sheet */

    for (int i = 0; i < r->n_pages; i++) {
        struct sheet_page *page = &r->pages[i];
        if (i == 0 || !follows(page, &r->pages[i - 1]))
            broken = i > 0 && broken && page->number > r->pages[i - 1].number &&
                     strcmp(page->scan, r->pages[i - 1].scan) == 0;
        if (is_bound_by_serial(r, page))
            continue;
        if (page->number == 1 && page->form_page > 0)
            broken = true;
        if (continues_sheet(r, i)) {
            page->sheet = r->pages[i - 1].sheet;
            continue;
        }
        int rc = add_sheet(r, page->form);
        if (rc < 0)
            return rc;
        page->sheet = r->n_sheets - 1;
        r->sheets[page->sheet].broken = broken && form_of(r, page->form)->n_pages > 1;
    }
    return 0;
}

/* ---- whose sheet it is ---- */

static enum owner find_owner(const struct resolver *r, const struct sheet *sheet)
{
    bool asked = form_of(r, sheet->form)->candidate >= 0;

    if (!asked)
        return r->exam->roster ? OWNER_UNASKED : OWNER_NAMELESS;
    if (sheet->owner_page < 0)
        return OWNER_LOST;
    const struct sheet_page *page = &r->pages[sheet->owner_page];
    if (page->candidate_status != READING_OK || page->candidate[0] == '\0')
        return OWNER_UNREAD;
    if (r->exam->roster && !roster_find(r->exam->roster, page->candidate))
        return OWNER_STRANGER;
    return OWNER_KNOWN;
}

static void name_sheets(struct resolver *r)
{
    for (int i = 0; i < r->n_pages; i++) {
        struct sheet *sheet = &r->sheets[r->pages[i].sheet];
        if (sheet->first_page < 0)
            sheet->first_page = i;
        if (r->pages[i].candidate)
            sheet->owner_page = i;
    }
    for (int s = 0; s < r->n_sheets; s++) {
        struct sheet *sheet = &r->sheets[s];
        sheet->owner = find_owner(r, sheet);
        /* A number that is not certain names nobody: '115032?6' is for the message, not for a
         * score. */
        if (sheet->owner_page >= 0 && sheet->owner != OWNER_UNREAD)
            sheet->candidate = r->pages[sheet->owner_page].candidate;
        r->n_unresolved += sheet->owner > OWNER_NAMELESS;
    }
}

/* ---- sheets to rows ---- */

static int count_items(const struct exam *exam)
{
    return exam->key ? exam->key->n_items : 0;
}

static bool is_answer_field(const struct exam *exam, const struct form *form, int index)
{
    const struct field *field = &form->fields[index];

    if (index == form->candidate || index == form->absent || index == form->version)
        return false;
    if (!exam->key)
        return field->kind == FIELD_CHOICE;
    for (int i = 0; i < exam->key->n_items; i++)
        if (strcmp(exam->key->items[i].item, field->name) == 0)
            return true;
    return false;
}

static bool forms_ask_alike(const struct exam *exam, const struct form *a, const struct form *b)
{
    if (a == b)
        return true;
    for (int i = 0; i < a->n_fields; i++)
        if (is_answer_field(exam, a, i) && form_field_index(b, a->fields[i].name) >= 0)
            return true;
    return false;
}

static int compare_forms(struct resolver *r)
{
    int n = r->exam->n_forms;

    r->asks_alike = malloc((size_t)(n * n + 1) * sizeof *r->asks_alike);
    if (!r->asks_alike)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            r->asks_alike[i * n + k] = forms_ask_alike(r->exam, form_of(r, i), form_of(r, k));
    int n_items = count_items(r->exam);
    r->has_item = malloc((size_t)n * (size_t)n_items + 1);
    if (!r->has_item)
        return YJ_ENOMEM;
    for (int f = 0; f < n; f++)
        for (int i = 0; i < n_items; i++)
            r->has_item[f * n_items + i] =
                form_field_index(form_of(r, f), r->exam->key->items[i].item) >= 0;
    return 0;
}

static int add_row(struct resolver *r, const char *candidate)
{
    int rc = sheets_reserve((void **)&r->rows, r->n_rows, &r->rows_capacity, sizeof *r->rows);

    if (rc < 0)
        return rc;
    r->rows[r->n_rows++] = (struct row){.out.candidate = candidate};
    return 0;
}

static int add_row_of_sheet(struct resolver *r, struct sheet *sheet)
{
    int rc = add_row(r, sheet->candidate);

    if (rc < 0)
        return rc;
    r->rows[r->n_rows - 1].sheet = sheet;
    return 0;
}

static void put_sheet_in_row(struct resolver *r, struct sheet *sheet, int row)
{
    sheet->row = row;
    r->rows[row].n_sheets++;
    r->rows[row].mixed |= sheet->mixed;
    r->rows[row].broken |= sheet->broken;
}

/* Sheets of one candidate that answer different items (two papers of one exam) are one row. */
static bool sheets_agree(const struct resolver *r, struct sheet *const *sheets, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (r->asks_alike[sheets[i]->form * r->exam->n_forms + sheets[k]->form])
                return false;
    return true;
}

static int make_rows_of_candidate(struct resolver *r, struct sheet *const *sheets, int n)
{
    bool together = sheets_agree(r, sheets, n);

    for (int i = 0; i < n; i++) {
        if (i == 0 || !together) {
            int rc = add_row_of_sheet(r, sheets[i]);
            if (rc < 0)
                return rc;
            r->rows[r->n_rows - 1].duplicate = !together;
        }
        put_sheet_in_row(r, sheets[i], r->n_rows - 1);
    }
    return 0;
}

static int compare_candidates(const void *a, const void *b)
{
    const struct sheet *left = *(struct sheet *const *)a, *right = *(struct sheet *const *)b;
    int order = strcmp(left->candidate, right->candidate);

    return order ? order : left->first_page - right->first_page;
}

static int make_rows(struct resolver *r)
{
    struct sheet **known = malloc((size_t)(r->n_sheets + 1) * sizeof *known);
    int n = 0, rc = 0;

    if (!known)
        return YJ_ENOMEM;
    for (int s = 0; s < r->n_sheets && rc == 0; s++) {
        struct sheet *sheet = &r->sheets[s];
        if (sheet->owner == OWNER_KNOWN) {
            known[n++] = sheet;
            continue;
        }
        rc = add_row_of_sheet(r, sheet);
        if (rc == 0)
            put_sheet_in_row(r, sheet, r->n_rows - 1);
    }
    qsort(known, (size_t)n, sizeof(struct sheet *), compare_candidates);
    for (int i = 0, end; i < n && rc == 0; i = end) {
        for (end = i + 1; end < n && strcmp(known[end]->candidate, known[i]->candidate) == 0;)
            end++;
        rc = make_rows_of_candidate(r, known + i, end - i);
    }
    free(known);
    return rc;
}

/* Each row gets its pages, in their order. */
static int deal_pages(struct resolver *r)
{
    int *order = malloc((size_t)(r->n_pages + 1) * sizeof *order);
    int at = 0;

    if (!order)
        return YJ_ENOMEM;
    r->out->page_order = order;
    for (int i = 0; i < r->n_pages; i++)
        r->rows[r->sheets[r->pages[i].sheet].row].out.n_pages++;
    for (int k = 0; k < r->n_rows; k++) {
        r->rows[k].out.pages = order + at;
        at += r->rows[k].out.n_pages;
        r->rows[k].out.n_pages = 0;
    }
    for (int i = 0; i < r->n_pages; i++) {
        struct sheet_row *row = &r->rows[r->sheets[r->pages[i].sheet].row].out;
        order[row->pages - order + row->n_pages++] = i;
    }
    return 0;
}

/* Candidates of the roster without a sheet. A sheet that seems to be theirs but is not certain
 * stands for them. */
static int add_missing_candidates(struct resolver *r)
{
    const struct roster *roster = r->exam->roster;

    if (!roster)
        return 0;
    r->roster_seen = calloc((size_t)roster->n_entries + 1, sizeof *r->roster_seen);
    if (!r->roster_seen)
        return YJ_ENOMEM;
    for (int k = 0; k < r->n_rows; k++) {
        const struct roster_entry *entry = roster_find(roster, r->rows[k].out.candidate);
        if (entry)
            r->roster_seen[entry - roster->entries] = true;
    }
    for (int i = 0; i < roster->n_entries; i++) {
        if (r->roster_seen[i])
            continue;
        int rc = add_row(r, roster->entries[i].candidate);
        if (rc < 0)
            return rc;
        r->rows[r->n_rows - 1].out.absent = true;
    }
    return 0;
}

static int compare_known(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Without a roster only points.csv may know of somebody whose sheet is not there. Its rows come by
 * candidate. */
static int add_given_candidates(struct resolver *r)
{
    const struct given *given = r->exam->given;
    size_t n = (size_t)r->n_rows;
    int rc = 0;

    if (r->exam->roster || !given)
        return 0;
    const char **known = malloc((n + 1) * sizeof *known);
    if (!known)
        return YJ_ENOMEM;
    for (size_t k = 0; k < n; k++)
        known[k] = r->rows[k].out.candidate;
    qsort(known, n, sizeof *known, compare_known);
    for (int i = 0; i < given->n_rows && rc == 0; i++) {
        const char *candidate = given->rows[i].candidate;
        if ((i > 0 && strcmp(candidate, given->rows[i - 1].candidate) == 0) ||
            bsearch(&candidate, known, n, sizeof *known, compare_known))
            continue;
        rc = add_row(r, candidate);
    }
    free(known);
    return rc;
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    int order = strcmp(left->out.candidate, right->out.candidate);
    int left_page = left->out.n_pages ? left->out.pages[0] : INT_MAX;
    int right_page = right->out.n_pages ? right->out.pages[0] : INT_MAX;

    return order ? order : (left_page > right_page) - (left_page < right_page);
}

/* Each page knows which version its sheet is, wherever on the sheet it is marked. */
static void set_papers(struct resolver *r)
{
    for (int i = 0; i < r->n_pages; i++)
        r->pages[i].paper = -1;
    for (int i = 0; i < r->n_pages && r->exam->versions; i++) {
        const struct sheet_page *page = &r->pages[i];
        const struct row *row = &r->rows[r->sheets[page->sheet].row];
        if (!page->version || page->version_status != READING_OK)
            continue;
        int paper = versions_find(r->exam->versions, page->version);
        for (int k = 0; k < row->out.n_pages; k++)
            if (r->pages[row->out.pages[k]].sheet == page->sheet)
                r->pages[row->out.pages[k]].paper = paper;
    }
}

/* ---- all of it ---- */

static int resolve(struct resolver *r)
{
    int rc = link_serials(r);

    if (rc == 0)
        rc = link_neighbours(r);
    if (rc == 0)
        rc = compare_forms(r);
    if (rc < 0)
        return rc;
    name_sheets(r);
    rc = make_rows(r);
    if (rc == 0)
        rc = deal_pages(r);
    if (rc == 0)
        set_papers(r);
    if (rc == 0)
        rc = add_missing_candidates(r);
    if (rc == 0)
        rc = add_given_candidates(r);
    if (rc < 0)
        return rc;
    if (r->n_rows > 0)
        qsort(r->rows, (size_t)r->n_rows, sizeof *r->rows, compare_rows);
    for (int k = 0; k < r->n_rows && rc == 0; k++)
        rc = sheets_tell_row(r, k);
    return rc;
}

static int hand_over_rows(struct resolver *r)
{
    r->out->rows = malloc((size_t)(r->n_rows + 1) * sizeof *r->out->rows);
    if (!r->out->rows)
        return YJ_ENOMEM;
    for (int k = 0; k < r->n_rows; k++)
        r->out->rows[k] = r->rows[k].out;
    r->out->n_rows = r->n_rows;
    return 0;
}

int sheets_resolve(const struct exam *exam, struct sheet_page *pages, int n_pages, int n_refused,
                   struct sheets *ret_sheets)
{
    struct sheets out = {0};
    struct resolver r = {
        .exam = exam, .pages = pages, .n_pages = n_pages, .n_refused = n_refused, .out = &out};
    int rc;

    arena_init(&out.memory);
    rc = resolve(&r);
    if (rc == 0)
        rc = hand_over_rows(&r);
    free(r.sheets);
    free(r.rows);
    free(r.asks_alike);
    free(r.has_item);
    free(r.roster_seen);
    if (rc < 0) {
        sheets_finish(&out);
        return rc;
    }
    *ret_sheets = out;
    return 0;
}

void sheets_finish(struct sheets *sheets)
{
    free(sheets->rows);
    free(sheets->exceptions);
    free(sheets->page_order);
    arena_finish(&sheets->memory);
    *sheets = (struct sheets){0};
}
