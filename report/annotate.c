#include "annotate.h"
#include "annotate_pen.h"
#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRIP 21.0     /* mm above the page */
#define TEXT_SIZE 2.9  /* mm, beside an item */
#define TICK_SIZE 2.4  /* mm */
#define LABEL_GAP 1.3  /* mm between an item and what is said of it */
#define LABEL_MAX 26.0 /* mm, where nothing stands in the way */

/* Apart in hue and in grey: 0.38, 0.26, 0.52 of white. */
static const struct ink right_ink = {0, 0.5, 0.2}, wrong_ink = {0.8, 0, 0.05},
                        doubt_ink = {0.88, 0.42, 0}, read_ink = {0, 0.25, 0.75}, black = {0, 0, 0},
                        grey = {0.35, 0.35, 0.35};

enum verdict {
    JUDGED_NOT,   /* no item: what was read and nothing more */
    JUDGED_RIGHT, /* full points */
    JUDGED_PART,
    JUDGED_WRONG,
    JUDGED_DOUBT,   /* waits for a person */
    JUDGED_DROPPED, /* counts for nobody */
};

struct annotator {
    const struct exam *exam;
    const struct form *form;
    const struct sheet_page *page;
    const struct paper_version *paper; /* NULL: the master's */
    struct annotation_pen pen;
};

/* The item that a field's answer counts for, and what it got. */
struct asked {
    const struct key_item *item;      /* NULL: none */
    const struct item_points *points; /* NULL: not scored */
    const uint8_t *option_of;         /* [printed option] the item's own; NULL: the same order */
};

/* ---- what is to be said of an answer ---- */

/* The version that a certain reading names. */
static const struct paper_version *find_paper(const struct exam *exam,
                                              const struct sheet_page *page)
{
    for (int i = 0; exam->versions && i < page->n_said; i++) {
        const struct sheet_said *said = &page->said[i];
        if (said->form >= exam->n_forms || exam->forms[said->form].form->version != said->field)
            continue;
        int found = versions_find(exam->versions, said->value);
        if (found >= 0)
            return &exam->versions->list[found];
    }
    return NULL;
}

static struct asked asked_of(const struct annotator *a, const struct field *field)
{
    const struct key *key = a->exam->key;
    struct asked asked = {0};
    int printed = 0, item;
    while (key && printed < key->n_items && strcmp(key->items[printed].item, field->name) != 0)
        printed++;
    if (!key || printed == key->n_items)
        return asked;
    for (item = a->paper ? 0 : printed; a->paper && a->paper->printed[item] != printed;)
        if (++item == key->n_items)
            return asked;
    asked.item = &key->items[item];
    asked.points = item < a->page->n_items ? &a->page->items[item] : NULL;
    asked.option_of = a->paper ? a->paper->option_of[item] : NULL;
    return asked;
}

static enum verdict judge(const struct sheet_answer *answer, const struct asked *asked)
{
    const struct item_points *got = asked->points;
    if (answer->status == READING_UNCERTAIN || answer->status == READING_UNREAD ||
        (got && got->pending))
        return JUDGED_DOUBT;
    if (!got)
        return JUDGED_NOT;
    if (!got->counts)
        return JUDGED_DROPPED;
    if (points_compare(got->points, asked->item->points) >= 0)
        return JUDGED_RIGHT;
    return points_compare(got->points, POINTS_ZERO) > 0 ? JUDGED_PART : JUDGED_WRONG;
}

static struct ink ink_of(enum verdict verdict)
{
    switch (verdict) {
    case JUDGED_RIGHT:
        return right_ink;
    case JUDGED_PART:
    case JUDGED_WRONG:
        return wrong_ink;
    case JUDGED_DOUBT:
        return doubt_ink;
    case JUDGED_DROPPED:
        return grey;
    default:
        return read_ink;
    }
}

/* Options of any accepted answer, as they are printed. */
static uint64_t right_options(const struct field *f, const struct asked *asked)
{
    const struct key_item *item = asked->item;
    uint64_t all = 0, printed = 0, set;
    for (int i = 0; item && i < item->n_accepted; i++)
        if (option_set_parse(item->accepted[i], f->options, f->n_options, false, &set) == 0)
            all |= set;
    if (!asked->option_of)
        return all;
    for (int o = 0; o < f->n_options && o < 64; o++)
        if (all >> asked->option_of[o] & 1)
            printed |= UINT64_C(1) << o;
    return printed;
}

/* "B" or "B or D"; "" where there is nothing to expect. The caller's to free. */
static char *expected_text(const struct key_item *item)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = item ? open_memstream(&text, &size) : NULL;
    if (!out)
        return NULL;
    for (int i = 0; i < item->n_accepted; i++)
        fprintf(out, "%s%s", i ? "|" : "", item->accepted[i]);
    fclose(out);
    return text;
}

/* "0/2", "「7」 0/2 →8", "?/2", with a '*' where a person has decided. The caller's to free. */
static char *label_of(const struct sheet_answer *answer, const struct asked *asked,
                      enum verdict verdict, const struct field *f)
{
    char got[POINTS_TEXT_MAX] = "", of[POINTS_TEXT_MAX] = "", *label = NULL;
    char *expected = expected_text(asked->item);
    bool shown = f->kind == FIELD_CHOICE; /* else what was read is not to be seen from the rings */
    if (asked->points) {
        points_print(asked->points->points, got);
        points_print(asked->item->points, of);
    }
    /* Of a choice the dashed ring says it. */
    const char *arrow = !shown && expected && expected[0] && verdict != JUDGED_RIGHT &&
                                verdict != JUDGED_NOT && verdict != JUDGED_DROPPED
                            ? expected
                            : NULL;
    int n = asprintf(&label, "%s%s%s%s%s%s%s%s%s", shown || !answer->value[0] ? "" : "「",
                     shown ? "" : answer->value, shown || !answer->value[0] ? "" : "」 ",
                     verdict == JUDGED_DOUBT ? "?" : got, of[0] ? "/" : "", of, arrow ? " →" : "",
                     arrow ? arrow : "", answer->reviewed ? " *" : "");
    free(expected);
    return n < 0 ? NULL : label;
}

/* ---- where it goes ---- */

static struct rect union_of(struct rect a, struct rect b)
{
    double x = fmin(a.x, b.x), y = fmin(a.y, b.y);
    return (struct rect){x, y, fmax(a.x + a.w, b.x + b.w) - x, fmax(a.y + a.h, b.y + b.h) - y};
}

static struct rect extent_of(const struct field *f)
{
    struct rect all = f->area;
    const struct rect *boxes = f->n_boxes > 0 ? f->boxes : NULL;
    int n = f->n_bubbles > 0 ? f->n_bubbles : f->n_boxes;
    for (int i = 0; i < n; i++) {
        struct rect r = f->n_bubbles > 0 ? f->bubbles[i].box : boxes[i];
        all = i ? union_of(all, r) : r;
    }
    return all;
}

/* mm to the right of `r` until something else of the page, or its edge. */
static double room_right_of(const struct annotator *a, const struct field *self, struct rect r)
{
    double end = r.x + r.w, room = fmin(LABEL_MAX, a->form->width - end);
    for (int i = 0; i < a->form->n_fields; i++) {
        const struct field *f = &a->form->fields[i];
        if (f == self || f->page != self->page)
            continue;
        struct rect o = extent_of(f);
        if (o.x >= end - 0.01 && o.y < r.y + r.h && o.y + o.h > r.y)
            room = fmin(room, o.x - end);
    }
    return room;
}

/* Beside the field where there is room for a word, else below it. */
static void draw_label(struct annotator *a, const struct field *f, enum verdict verdict,
                       const char *label)
{
    struct rect r = extent_of(f);
    struct ink ink = ink_of(verdict);
    double room = room_right_of(a, f, r);
    struct point at = {r.x + r.w + LABEL_GAP, r.y + r.h / 2};
    if (room < 4 * LABEL_GAP || r.h > r.w) {
        at = (struct point){r.x, r.y + r.h + LABEL_GAP + TEXT_SIZE / 2};
        room = fmax(r.w, 8);
    }
    if (verdict == JUDGED_RIGHT)
        annotation_tick(&a->pen, (struct point){at.x + TICK_SIZE / 2, at.y}, TICK_SIZE, ink);
    else if (verdict == JUDGED_WRONG)
        annotation_cross(&a->pen, (struct point){at.x + TICK_SIZE / 2, at.y}, TICK_SIZE, ink);
    bool marked = verdict == JUDGED_RIGHT || verdict == JUDGED_WRONG;
    at.x += marked ? TICK_SIZE + 0.6 : 0;
    if (label[0])
        annotation_text(&a->pen, at, TEXT_SIZE, room - LABEL_GAP - (marked ? TICK_SIZE : 0), ink,
                        label);
}

/* ---- fields ---- */

static void draw_choice(struct annotator *a, const struct field *f,
                        const struct sheet_answer *answer, const struct asked *asked,
                        enum verdict verdict)
{
    uint64_t read = 0, right = right_options(f, asked);
    bool judged = verdict != JUDGED_NOT && verdict != JUDGED_DROPPED && right != 0;
    option_set_parse(answer->value, f->options, f->n_options, false, &read);
    for (int i = 0; i < f->n_bubbles && i < 64; i++) {
        struct rect box = f->bubbles[i].box;
        bool is_read = read >> f->bubbles[i].option & 1;
        bool is_right = right >> f->bubbles[i].option & 1;
        if (is_read && verdict == JUDGED_DOUBT)
            annotation_ring(&a->pen, box, 1.45, doubt_ink, RING_DOTTED);
        else if (is_read && !judged)
            annotation_ring(&a->pen, box, 1.45, verdict == JUDGED_DROPPED ? grey : read_ink,
                            RING_SOLID);
        else if (is_read)
            annotation_ring(&a->pen, box, 1.45, is_right ? right_ink : wrong_ink,
                            is_right ? RING_SOLID : RING_DOUBLE);
        else if (is_right && judged && verdict != JUDGED_RIGHT)
            annotation_ring(&a->pen, box, 1.45, right_ink, RING_DASHED);
    }
    if (!read && verdict == JUDGED_DOUBT)
        annotation_frame(&a->pen, extent_of(f), doubt_ink, RING_DOTTED);
}

/* Which bubble says letter `letter` of the value in its column; letters that are not to be told
 * apart (columns that were left out) have none. */
static void draw_grid(struct annotator *a, const struct field *f, const struct sheet_answer *answer,
                      struct ink ink, enum ring_kind kind)
{
    const char *p = answer->value;
    for (int column = 0; column < f->n_columns && *p; column++) {
        size_t n = 0;
        for (int i = 0; i < f->n_bubbles; i++) {
            const struct bubble *b = &f->bubbles[i];
            const char *option = f->options[b->option];
            if (b->column == column && strncmp(p, option, strlen(option)) == 0 &&
                strlen(option) > 0) {
                annotation_ring(&a->pen, b->box, 1.4, ink, kind);
                n = strlen(option);
                break;
            }
        }
        if (n == 0)
            return;
        p += n;
    }
}

static int count_letters(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += (*text & 0xC0) != 0x80;
    return n;
}

static void draw_answer(struct annotator *a, const struct sheet_answer *answer)
{
    if (answer->field < 0 || answer->field >= a->form->n_fields)
        return;
    const struct field *f = &a->form->fields[answer->field];
    const struct asked asked = asked_of(a, f);
    enum verdict verdict = judge(answer, &asked);
    bool silent = verdict == JUDGED_NOT && !answer->value[0] && !answer->reviewed;
    if (f->page != a->page->form_page || f->kind == FIELD_REGION || silent)
        return;
    enum ring_kind kind = verdict == JUDGED_DOUBT ? RING_DOTTED : RING_SOLID;
    if (f->kind == FIELD_CHOICE)
        draw_choice(a, f, answer, &asked, verdict);
    else if (f->kind == FIELD_GRID && count_letters(answer->value) == f->n_columns)
        draw_grid(a, f, answer, ink_of(verdict), kind);
    else
        annotation_frame(&a->pen, extent_of(f), ink_of(verdict), kind);
    if (f->kind == FIELD_CHOICE && verdict == JUDGED_NOT && !answer->reviewed)
        return;
    char *label = label_of(answer, &asked, verdict, f);
    if (label)
        draw_label(a, f, verdict, label);
    free(label);
}

/* ---- the strip ---- */

static const char *status_text(const struct sheet_page *page)
{
    static const char *const names[] = {
        [SCORE_SCORED] = N_("scored"),
        [SCORE_PENDING] = N_("pending: waits for a person"),
        [SCORE_ABSENT] = N_("absent"),
        [SCORE_VOID] = N_("void"),
    };
    return page->scored ? _(names[page->status]) : _("not scored");
}

static void draw_total(struct annotator *a)
{
    char total[POINTS_TEXT_MAX], max[POINTS_TEXT_MAX], text[2 * POINTS_TEXT_MAX + 8];
    const struct sheet_page *page = a->page;
    if (page->scored && page->status == SCORE_SCORED) {
        points_print(page->total, total);
        points_print(page->max, max);
        snprintf(text, sizeof text, "%s / %s", total, max);
    } else {
        snprintf(text, sizeof text, "–");
    }
    annotation_strip_text(&a->pen, -4, 5.5, 7, 0, black, true, text);
    annotation_strip_text(&a->pen, -4, 12, 3.2, 0, page->status == SCORE_SCORED ? black : doubt_ink,
                          false, status_text(page));
}

static void draw_strip(struct annotator *a)
{
    const struct sheet_page *page = a->page;
    const struct roster_entry *who =
        a->exam->roster ? roster_find(a->exam->roster, page->candidate) : NULL;
    double room = annotation_strip_width(&a->pen) - 68;
    char line[512];
    snprintf(line, sizeof line, "%s  %s", page->candidate[0] ? page->candidate : _("unknown"),
             who ? who->name : "");
    annotation_strip_text(&a->pen, 4, 5, 5, room, black, true, line);
    snprintf(line, sizeof line, "%s%s%s%s%s", a->exam->title, who && who->school[0] ? " · " : "",
             who ? who->school : "", who && who->class_name[0] ? " · " : "",
             who ? who->class_name : "");
    annotation_strip_text(&a->pen, 4, 10.5, 3.2, room, black, false, line);
    snprintf(line, sizeof line, _("%s, page %d"), page->scan, page->number);
    annotation_strip_text(&a->pen, 4, 14.8, 2.7, room, grey, false, line);
    annotation_strip_text(&a->pen, 4, 18.6, 2.7, annotation_strip_width(&a->pen) - 8, grey, false,
                          _("ring: what was read; dashed: right and not marked; double: wrong; "
                            "dotted, ?: waits for a "
                            "person; *: a person decided; →: expected"));
    draw_total(a);
}

int annotate_page(const struct exam *exam, const struct sheet_page *page, const struct image *scan,
                  const char *path, struct diag *d)
{
    struct annotator a = {.exam = exam,
                          .form = exam->forms[page->form].form,
                          .page = page,
                          .paper = find_paper(exam, page)};
    int rc =
        annotation_pen_init(&a.pen, scan, &page->transform, a.form->width, a.form->height, STRIP);
    if (rc < 0)
        return diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory"));
    for (int i = 0; i < page->n_answers; i++)
        draw_answer(&a, &page->answers[i]);
    draw_strip(&a);
    rc = annotation_pen_write(&a.pen, path, d);
    annotation_pen_finish(&a.pen);
    return rc;
}
