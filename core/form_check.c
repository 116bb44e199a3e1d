/* Holds a form against itself: names that stand twice, ink off the page, bubbles over each other.
 * A block that is wrong is told once, by the first of its fields that shows it. */
#include "form_reader.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Measured forms are round to a tenth of a millimetre: so much may stick out or overlap. */
#define SLACK_EDGE 0.05     /* mm */
#define SLACK_OVERLAP 0.2   /* mm, in both directions */
#define SMALLEST_BUBBLE 0.5 /* mm: at 300 dpi six pixels */
#define MAX_TOLD_OVERLAPS 20
#define MAX_SEEN_OVERLAPS 1000 /* a step left out puts all bubbles on one place */

static int tell_at(const struct form_reader *r, int line, int column, const char *hint,
                   const char *message)
{
    return diag_error(r->yaml->d, YJ_EINPUT, r->yaml->name, line, column, hint, "%s", message);
}

/* ---- names ---- */

static int compare_names(const void *a, const void *b)
{
    const struct field *x = *(const struct field *const *)a, *y = *(const struct field *const *)b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x > y) - (x < y);
}

static int check_names(const struct form_reader *r)
{
    const struct form *form = r->form;
    if (form->n_fields == 0)
        return 0;
    const struct field **sorted = malloc((size_t)form->n_fields * sizeof(*sorted));
    if (!sorted)
        return YJ_ENOMEM;
    for (int i = 0; i < form->n_fields; i++)
        sorted[i] = &form->fields[i];
    qsort(sorted, (size_t)form->n_fields, sizeof(*sorted), compare_names);
    int rc = 0;
    for (int i = 1; i < form->n_fields; i++) {
        const struct field *first = sorted[i - 1], *again = sorted[i];
        if (strcmp(first->name, again->name) != 0)
            continue;
        rc = diag_error(r->yaml->d, YJ_EINPUT, r->yaml->name, again->line, again->column, NULL,
                        _("field '%s' stands twice, first on line %d"), again->name, first->line);
    }
    free(sorted);
    return rc;
}

static int read_role(const struct form_reader *r, const struct yaml_node *root, const char *key,
                     int *ret_field)
{
    const struct yaml_node *node = yaml_get(root, key);
    const char *name;
    if (!node)
        return 0;
    int rc = yaml_text(r->yaml, node, key, &name);
    if (rc < 0)
        return rc;
    int field = form_field_index(r->form, name);
    if (field < 0)
        return yaml_error(r->yaml, node, _("write the name of one of the form's fields"),
                          _("'%s' names no field: '%s'"), key, name);
    const struct field *f = &r->form->fields[field];
    if (strcmp(key, "absent") == 0 && f->kind != FIELD_CHOICE)
        return yaml_error(r->yaml, node, NULL, _("the absent mark '%s' is a %s, not a choice"),
                          name, field_kind_name(f->kind));
    if (f->kind == FIELD_REGION)
        return yaml_error(r->yaml, node, NULL, _("'%s' is a region: nothing is read there"), name);
    if (f->kind == FIELD_STRIP)
        return yaml_error(r->yaml, node, NULL, _("'%s' is a score strip: it holds only points"),
                          name);
    *ret_field = field;
    return 0;
}

static int check_roles(const struct form_reader *r, const struct yaml_node *root)
{
    struct form *form = r->form;
    int rc = 0;
    if (read_role(r, root, "candidate", &form->candidate) < 0)
        rc = YJ_EINPUT;
    if (read_role(r, root, "absent", &form->absent) < 0)
        rc = YJ_EINPUT;
    if (read_role(r, root, "version", &form->version) < 0)
        rc = YJ_EINPUT;
    return rc;
}

/* Fields up to i that say the same as what field i does. */
static int count_same(const struct form *form, int i)
{
    int n = 0;
    for (int k = 0; k <= i; k++)
        n += form->fields[k].same_as &&
             strcmp(form->fields[k].same_as, form->fields[i].same_as) == 0;
    return n;
}

/* A field that says the same as another: one page, no chains. */
static int check_same(const struct form_reader *r)
{
    const struct form *form = r->form;
    int rc = 0;
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        if (!f->same_as)
            continue;
        int other = form_field_index(form, f->same_as);
        const struct field *o = other < 0 ? NULL : &form->fields[other];
        if (!o)
            rc = diag_error(r->yaml->d, YJ_EINPUT, r->yaml->name, f->line, f->column,
                            _("write the name of one of the form's fields"),
                            _("'same_as' of field '%s' names no field: '%s'"), f->name, f->same_as);
        else if (o == f || o->same_as || o->kind == FIELD_REGION || o->kind == FIELD_STRIP)
            rc = diag_error(r->yaml->d, YJ_EINPUT, r->yaml->name, f->line, f->column,
                            _("let every other way of it name the one that counts"),
                            _("field '%s' cannot say the same as '%s'"), f->name, f->same_as);
        else if (count_same(form, i) > FORM_MAX_SAME)
            rc = diag_error(r->yaml->d, YJ_EINPUT, r->yaml->name, f->line, f->column, NULL,
                            _("more than %d fields say the same as '%s'"), FORM_MAX_SAME,
                            f->same_as);
        else if (o->page != f->page)
            rc = diag_error(r->yaml->d, YJ_EINPUT, r->yaml->name, f->line, f->column, NULL,
                            _("field '%s' and '%s', which says the same, stand on different pages"),
                            f->name, f->same_as);
    }
    return rc;
}

/* ---- off the page ---- */

static bool on_page(const struct form *form, struct rect box)
{
    return box.x >= -SLACK_EDGE && box.y >= -SLACK_EDGE &&
           box.x + box.w <= form->width + SLACK_EDGE && box.y + box.h <= form->height + SLACK_EDGE;
}

static bool same_place(const struct field *a, const struct field *b)
{
    return a->line == b->line && a->column == b->column;
}

/* What of the field is off the page, in words; NULL: nothing. */
static char *find_off_page(const struct form_reader *r, const struct field *f, int *ret_failed)
{
    const struct form *form = r->form;
    struct rect box = f->area;
    char *what = NULL;
    if (f->area.w <= 0 || on_page(form, f->area))
        return NULL;
    *ret_failed = 1;
    for (int i = 0; i < f->n_bubbles && !what; i++)
        if (!on_page(form, f->bubbles[i].box)) {
            box = f->bubbles[i].box;
            what = arena_printf(r->memory, _("option '%s' of field '%s'"),
                                f->options[f->bubbles[i].option], f->name);
        }
    for (int i = 0; i < f->n_boxes && !what; i++)
        if (!on_page(form, f->boxes[i])) {
            box = f->boxes[i];
            what = arena_printf(r->memory, _("box %d of field '%s'"), i + 1, f->name);
        }
    if (!what)
        what = arena_printf(r->memory, _("field '%s'"), f->name);
    return what
               ? arena_printf(r->memory,
                              _("%s is off the page: from %.1f, %.1f to %.1f, %.1f mm on a page of "
                                "%g x %g mm"),
                              what, box.x, box.y, box.x + box.w, box.y + box.h, form->width,
                              form->height)
               : NULL;
}

static int check_fields_on_page(const struct form_reader *r)
{
    const struct form *form = r->form;
    const struct field *told = NULL;
    int rc = 0;
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        int failed = 0;
        if (told && same_place(told, f))
            continue;
        char *message = find_off_page(r, f, &failed);
        if (failed && !message)
            return YJ_ENOMEM;
        if (!failed)
            continue;
        rc = tell_at(r, f->line, f->column, NULL, message);
        told = f;
    }
    return rc;
}

static int check_box(const struct form_reader *r, int line, int column, struct rect box,
                     const char *what)
{
    const struct form *form = r->form;
    if (on_page(form, box))
        return 0;
    return diag_error(r->yaml->d, YJ_EINPUT, r->yaml->name, line, column, NULL,
                      _("%s is off the page: from %.1f, %.1f to %.1f, %.1f mm on a page of "
                        "%g x %g mm"),
                      what, box.x, box.y, box.x + box.w, box.y + box.h, form->width, form->height);
}

static int check_registration_on_page(const struct form_reader *r, const struct registration *reg)
{
    int rc = 0;
    for (int k = 0; k < reg->n_marks; k++)
        if (check_box(r, reg->line, reg->column, reg->marks[k].box, _("a mark")) < 0)
            rc = YJ_EINPUT;
    if (reg->kind == REGISTER_FRAME &&
        check_box(r, reg->line, reg->column, reg->frame, _("the frame")) < 0)
        rc = YJ_EINPUT;
    return rc;
}

static int check_identity_on_page(const struct form_reader *r, const struct yaml_node *node,
                                  const struct page_identity *id)
{
    for (int i = 0; node && i < id->n_page_bits + id->n_sheet_bits; i++) {
        struct rect bit =
            i < id->n_page_bits ? id->page_bits[i] : id->sheet_bits[i - id->n_page_bits];
        if (check_box(r, node->line, node->column, bit, _("a square of the identity")) < 0)
            return YJ_EINPUT;
    }
    if (node && id->barcode.w > 0)
        return check_box(r, node->line, node->column, id->barcode, _("the identity's barcode"));
    return 0;
}

static bool same_identity(const struct page_identity *a, const struct page_identity *b)
{
    bool bits =
        a->n_page_bits > 0 && a->n_page_bits == b->n_page_bits &&
        memcmp(a->page_bits, b->page_bits, (size_t)a->n_page_bits * sizeof(*a->page_bits)) == 0 &&
        a->page_value == b->page_value;
    bool codes =
        a->barcode_text && b->barcode_text && strcmp(a->barcode_text, b->barcode_text) == 0;
    return bits || codes;
}

static int check_pages(const struct form_reader *r, const struct yaml_node *root)
{
    const struct form *form = r->form;
    const struct yaml_node *list = yaml_get(root, "pages");
    int rc = 0;
    for (int i = 0; form->pages && i < form->n_pages; i++) {
        const struct form_page *page = &form->pages[i];
        const struct yaml_node *identity = yaml_get(list ? list->items[i] : root, "identity");
        for (int k = 0; k < page->n_registrations; k++)
            if (check_registration_on_page(r, &page->registrations[k]) < 0)
                rc = YJ_EINPUT;
        if (check_identity_on_page(r, identity, &page->identity) < 0)
            rc = YJ_EINPUT;
        for (int k = 0; list && k < i; k++)
            if (same_identity(&form->pages[i].identity, &form->pages[k].identity))
                rc = yaml_error(r->yaml, list->items[i], _("give each page a value of its own"),
                                _("pages %d and %d have the same identity"), k + 1, i + 1);
    }
    return rc;
}

/* ---- bubbles over each other ---- */

struct placed_bubble {
    const struct field *field;
    const struct bubble *bubble;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed_bubble *x = a, *y = b;
    double dy = x->bubble->box.y - y->bubble->box.y, dx = x->bubble->box.x - y->bubble->box.x;
    if (dy != 0)
        return dy < 0 ? -1 : 1;
    if (dx != 0)
        return dx < 0 ? -1 : 1;
    return (x->bubble > y->bubble) - (x->bubble < y->bubble);
}

static bool overlap(const struct placed_bubble *a, const struct placed_bubble *b)
{
    struct rect p = a->bubble->box, q = b->bubble->box;
    double x = fmin(p.x + p.w, q.x + q.w) - fmax(p.x, q.x);
    double y = fmin(p.y + p.h, q.y + q.h) - fmax(p.y, q.y);
    if (x <= SLACK_OVERLAP || y <= SLACK_OVERLAP)
        return false;
    if (a->field->shape != BUBBLE_CIRCLE || b->field->shape != BUBBLE_CIRCLE)
        return true;
    struct point from = rect_center(p), to = rect_center(q);
    return hypot(from.x - to.x, from.y - to.y) < (p.w + q.w) / 2 - SLACK_OVERLAP;
}

static int gather_bubbles(const struct form *form, int page, struct placed_bubble *placed)
{
    int n = 0;
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        for (int k = 0; f->page == page && f->area.w > 0 && k < f->n_bubbles; k++)
            placed[n++] = (struct placed_bubble){f, &f->bubbles[k]};
    }
    return n;
}

struct overlap_report {
    const struct field *told[MAX_TOLD_OVERLAPS];
    int n_told, n_seen;
};

/* One message for each block (or field) that lies over an earlier one or over itself. */
static int tell_overlap(const struct form_reader *r, struct overlap_report *report,
                        const struct placed_bubble *a, const struct placed_bubble *b)
{
    bool in_order = a->field < b->field || (a->field == b->field && a->bubble < b->bubble);
    const struct placed_bubble *first = in_order ? a : b, *later = in_order ? b : a;
    const struct field *f = later->field;
    report->n_seen++;
    for (int i = 0; i < report->n_told; i++)
        if (same_place(report->told[i], f))
            return YJ_EINPUT;
    if (report->n_told == MAX_TOLD_OVERLAPS)
        return YJ_EINPUT;
    report->told[report->n_told++] = f;
    return diag_error(r->yaml->d, YJ_EINPUT, r->yaml->name, f->line, f->column,
                      _("look at the steps, the bubble's size and 'at'"),
                      _("option '%s' of field '%s' lies over option '%s' of field '%s'"),
                      f->options[later->bubble->option], f->name,
                      first->field->options[first->bubble->option], first->field->name);
}

static int check_overlaps(const struct form_reader *r, int page, struct placed_bubble *placed)
{
    struct overlap_report report = {.n_told = 0};
    int rc = 0, n = gather_bubbles(r->form, page, placed);
    qsort(placed, (size_t)n, sizeof(*placed), compare_placed);
    for (int i = 0; i < n; i++) {
        double bottom = placed[i].bubble->box.y + placed[i].bubble->box.h - SLACK_OVERLAP;
        for (int k = i + 1; k < n && placed[k].bubble->box.y < bottom; k++) {
            if (!overlap(&placed[i], &placed[k]))
                continue;
            rc = tell_overlap(r, &report, &placed[i], &placed[k]);
            if (report.n_seen >= MAX_SEEN_OVERLAPS)
                return rc;
        }
    }
    return rc;
}

static int check_bubbles(const struct form_reader *r)
{
    const struct form *form = r->form;
    struct placed_bubble *placed = malloc(((size_t)r->n_bubbles + 1) * sizeof(*placed));
    if (!placed)
        return YJ_ENOMEM;
    int rc = 0;
    for (int i = 0; i < form->n_pages; i++)
        if (check_overlaps(r, i, placed) < 0)
            rc = YJ_EINPUT;
    free(placed);
    return rc;
}

static int check_bubble_sizes(const struct form_reader *r)
{
    const struct field *told = NULL;
    int rc = 0;
    for (int i = 0; i < r->form->n_fields; i++) {
        const struct field *f = &r->form->fields[i];
        if (f->n_bubbles == 0 || (told && same_place(told, f)))
            continue;
        struct rect box = f->bubbles[0].box;
        if (box.w >= SMALLEST_BUBBLE && box.h >= SMALLEST_BUBBLE)
            continue;
        rc = diag_error(r->yaml->d, YJ_EINPUT, r->yaml->name, f->line, f->column,
                        _("lengths are in millimetres"),
                        _("bubbles of field '%s' are %g x %g mm, smaller than %g mm"), f->name,
                        box.w, box.h, SMALLEST_BUBBLE);
        told = f;
    }
    return rc;
}

int form_check(struct form_reader *r, const struct yaml_node *root)
{
    int (*const checks[])(const struct form_reader *) = {check_names, check_fields_on_page,
                                                         check_bubble_sizes, check_same};
    int bad = 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        int rc = checks[i](r);
        if (rc == YJ_ENOMEM)
            return rc;
        bad = rc < 0 ? rc : bad;
    }
    if (check_roles(r, root) < 0)
        bad = YJ_EINPUT;
    if (check_pages(r, root) < 0)
        bad = YJ_EINPUT;
    int rc = check_bubbles(r);
    return rc < 0 ? rc : bad;
}
