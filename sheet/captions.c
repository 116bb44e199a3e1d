/* Names beside rows and above columns: on white paper, or not at all. */
#include "page_draw.h"

#include "diag.h"
#include "i18n.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

#define CAPTION_OF_HEIGHT 1.0 /* em of a caption, of its bubble's height */
#define CAPTION_GREATEST 3.4  /* mm */
#define CAPTION_SMALLEST 1.6  /* mm: smaller is not read */
#define CAPTION_SHRINK 0.85   /* each try, where there is no room */
#define CAPTION_MARGIN 0.3    /* mm of white around it */
#define MIDDLE 0.37           /* em, of capitals and digits above the baseline */
#define LABEL_GAP 1.4         /* mm from a bubble to the label beside it */
/* mm from a caption to its row, tried one after the other: within 1.1 mm the reader looks for ink
 * that went over the outline, and a line that leaves a mark is followed for 2 mm. */
static const double caption_gaps[] = {2.2, 1.8, 1.4};

/* "q1" is question 1, "q01" too, "q12a" is 12a; "name" is "name", and so is "s1_A02". */
static const char *caption_of(const char *name)
{
    static const char digits[] = "0123456789";
    const char *number = name;
    while (isalpha((unsigned char)*number))
        number++;
    size_t length = strspn(number, digits);
    while (isalpha((unsigned char)number[length]))
        length++;
    if (!isdigit((unsigned char)*number) || number[length])
        return name;
    while (number[0] == '0' && isdigit((unsigned char)number[1]))
        number++;
    return number;
}

static struct rect place(const struct field *f, int i)
{
    return f->n_bubbles > 0 ? f->bubbles[i].box : f->boxes[i];
}

/* Whether the field's options go on rightwards (or leftwards), not down. */
static bool runs_across(struct rect first, struct rect second)
{
    struct point a = rect_center(first), b = rect_center(second);
    return fabs(b.x - a.x) >= fabs(b.y - a.y);
}

/* Where the caption stands by its field: the baseline's right end before a row, its middle above a
 * column. */
static struct point caption_place(const struct field *f, double gap, struct text_style *style)
{
    int n = f->n_bubbles > 0 ? f->n_bubbles : f->n_boxes;
    struct rect first = place(f, 0);
    double left = first.x;
    if (n > 1 && !runs_across(first, place(f, 1))) {
        double top = fmin(first.y, place(f, n - 1).y);
        style->align = ALIGN_CENTRE;
        return (struct point){first.x + first.w / 2, top - gap};
    }
    for (int i = 1; i < n; i++)
        left = fmin(left, place(f, i).x);
    style->align = ALIGN_RIGHT;
    return (struct point){left - gap, first.y + first.h / 2 + MIDDLE * style->size};
}

/* Draws it where it is free; false: it is not. */
static bool try_text(struct page_draw *p, const struct text_style *style, const char *text,
                     struct point at, int *ret_rc)
{
    struct rect ink = canvas_measure(p->c, style, text, at);
    if (p->c->rc < 0 || !occupancy_is_free(&p->taken, ink, CAPTION_MARGIN))
        return false;
    canvas_text(p->c, style, text, at);
    *ret_rc = occupancy_add(&p->taken, ink);
    return true;
}

static int draw_caption(struct page_draw *p, const struct field *f)
{
    const char *text = caption_of(f->name);
    struct text_style style = {.font = p->print->font};
    double greatest = fmin(CAPTION_GREATEST, place(f, 0).h * CAPTION_OF_HEIGHT);
    int rc = 0;
    for (size_t i = 0; i < sizeof caption_gaps / sizeof *caption_gaps; i++)
        for (style.size = greatest; style.size >= CAPTION_SMALLEST; style.size *= CAPTION_SHRINK)
            if (try_text(p, &style, text, caption_place(f, caption_gaps[i], &style), &rc))
                return rc;
    return 0;
}

int captions_draw(struct page_draw *p)
{
    int rc = 0;
    for (int i = 0; p->print->captions && i < p->form->n_fields && rc == 0; i++) {
        const struct field *f = &p->form->fields[i];
        if (f->page == p->page && (f->kind == FIELD_CHOICE || f->kind == FIELD_STRIP))
            rc = draw_caption(p, f);
    }
    return rc;
}

/* ---- labels beside bubbles ---- */

static bool draw_label_beside(struct page_draw *p, const struct bubble *b, const char *text,
                              int *ret_rc)
{
    struct rect box = b->box;
    struct text_style style = {.font = p->print->font, .size = fmin(CAPTION_GREATEST, box.h)};
    double baseline = box.y + box.h / 2 + MIDDLE * style.size;
    if (try_text(p, &style, text, (struct point){box.x + box.w + LABEL_GAP, baseline}, ret_rc))
        return true;
    style.align = ALIGN_RIGHT;
    return try_text(p, &style, text, (struct point){box.x - LABEL_GAP, baseline}, ret_rc);
}

static int draw_label(struct page_draw *p, const struct field *f, const struct bubble *b)
{
    const char *text = f->options[b->option];
    int rc = 0;
    if (draw_label_beside(p, b, text, &rc) || p->c->rc < 0)
        return rc;
    if (text[1] == '\0') { /* one thin letter: inside it hardly misleads */
        bubble_label_draw(p, f, b);
        return 0;
    }
    if (p->warn)
        diag_warning(p->c->d, p->form->path, f->line, f->column,
                     _("leave white paper beside it, or write it under 'texts'"),
                     _("no room for the label '%s' of field '%s'"), text, f->name);
    return 0;
}

int labels_beside_draw(struct page_draw *p)
{
    int rc = 0;
    for (int i = 0; p->print->letters && i < p->form->n_fields; i++) {
        const struct field *f = &p->form->fields[i];
        for (int k = 0; f->page == p->page && k < f->n_bubbles && rc == 0; k++)
            if (label_stands_beside(p, f, &f->bubbles[k]))
                rc = draw_label(p, f, &f->bubbles[k]);
    }
    return rc;
}
