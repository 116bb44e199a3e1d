/* Names beside rows and above columns: on white paper, or not at all. */
#include "page_draw.h"

#include <ctype.h>
#include <math.h>

#define CAPTION_OF_HEIGHT 1.0 /* em of a caption, of its bubble's height */
#define CAPTION_GREATEST 3.4  /* mm */
#define CAPTION_SMALLEST 1.6  /* mm: smaller is not read */
#define CAPTION_SHRINK 0.85   /* each try, where there is no room */
#define CAPTION_GAP 1.2       /* mm from a caption to its row */
#define CAPTION_MARGIN 0.3    /* mm of white around it */

/* "q1" is question 1, "q01" too; "name" is "name". */
static const char *caption_of(const char *name)
{
    const char *number = name;
    while (isalpha((unsigned char)*number) || *number == '_' || *number == '-')
        number++;
    if (!isdigit((unsigned char)*number))
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
static struct point caption_place(const struct field *f, struct text_style *style)
{
    int n = f->n_bubbles > 0 ? f->n_bubbles : f->n_boxes;
    struct rect first = place(f, 0);
    double left = first.x;
    if (n > 1 && !runs_across(first, place(f, 1))) {
        double top = fmin(first.y, place(f, n - 1).y);
        style->align = ALIGN_CENTRE;
        return (struct point){first.x + first.w / 2, top - CAPTION_GAP};
    }
    for (int i = 1; i < n; i++)
        left = fmin(left, place(f, i).x);
    style->align = ALIGN_RIGHT;
    return (struct point){left - CAPTION_GAP, first.y + first.h / 2 + 0.3665 * style->size};
}

static int draw_caption(struct page_draw *p, const struct field *f)
{
    const char *text = caption_of(f->name);
    struct text_style style = {.font = p->print->font};
    style.size = fmin(CAPTION_GREATEST, place(f, 0).h * CAPTION_OF_HEIGHT);
    for (; style.size >= CAPTION_SMALLEST && p->c->rc == 0; style.size *= CAPTION_SHRINK) {
        struct point at = caption_place(f, &style);
        struct rect ink = canvas_measure(p->c, &style, text, at);
        if (!occupancy_is_free(&p->taken, ink, CAPTION_MARGIN))
            continue;
        canvas_text(p->c, &style, text, at);
        return occupancy_add(&p->taken, ink);
    }
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
