#include "page_draw.h"

#include "barcode_draw.h"
#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_LINE 0.5       /* mm, of a frame that registration looks for */
#define BRACKET_TIP 0.18     /* of a bracket's width */
#define LETTER_IN_BOX 0.82   /* em of a letter, of the bubble's height */
#define LETTER_IN_ROUND 0.72 /* the same in a circle */
#define LETTER_GREATEST 3.4  /* mm */
#define LABEL_IN_CELL 0.62   /* em of a strip's label, of the cell's height */
#define WIDTH_IN_BOX 0.8     /* of the bubble's width that a label fills at most */
#define WIDTH_IN_ROUND 0.68  /* the same in a circle or oval */
/* Bubbles of a page from which the reader learns what an option prints: a thin letter, other print.
 */
#define THIN_SHOWN_BY 4
#define SAME_SIZE 0.05 /* mm */
#define SHOWN_BY 8
#define NEAR_BUBBLE 1.0 /* mm around a bubble where the reader looks too */
#define QUIET_MARK 1.5  /* mm of white around a mark */

static const struct print_colour black = {0, 0, 0};

/* ---- registration ---- */

/* Two arms along the sides that meet in the L's corner, as one shape. */
static void draw_ell(struct canvas *c, const struct mark *m)
{
    struct rect lying = m->box, upright = m->box;
    lying.h = upright.w = m->stroke;
    if (m->corner == CORNER_BOTTOM_LEFT || m->corner == CORNER_BOTTOM_RIGHT)
        lying.y = m->box.y + m->box.h - m->stroke;
    if (m->corner == CORNER_TOP_RIGHT || m->corner == CORNER_BOTTOM_RIGHT)
        upright.x = m->box.x + m->box.w - m->stroke;
    cairo_rectangle(c->cr, lying.x, lying.y, lying.w, lying.h);
    cairo_rectangle(c->cr, upright.x, upright.y, upright.w, upright.h);
    cairo_fill(c->cr);
}

static void draw_mark(struct canvas *c, const struct mark *m)
{
    struct rect r = m->box;
    double s = m->stroke;
    switch (m->shape) {
    case MARK_SQUARE:
        canvas_fill_rect(c, r);
        break;
    case MARK_DISC:
        canvas_fill_ellipse(c, r);
        break;
    case MARK_RING:
        canvas_line_ellipse(c, (struct rect){r.x + s / 2, r.y + s / 2, r.w - s, r.h - s}, s);
        break;
    case MARK_ELL:
        draw_ell(c, m);
        break;
    }
}

static int draw_registration(struct page_draw *p, const struct registration *reg)
{
    struct canvas *c = p->c;
    int rc = 0;
    for (int i = 0; i < reg->n_marks && rc == 0; i++) {
        struct rect r = reg->marks[i].box;
        if (reg->kind == REGISTER_MARKER)
            canvas_picture(c, r, reg->image);
        else
            draw_mark(c, &reg->marks[i]);
        rc = occupancy_add(&p->taken, (struct rect){r.x - QUIET_MARK, r.y - QUIET_MARK,
                                                    r.w + 2 * QUIET_MARK, r.h + 2 * QUIET_MARK});
    }
    if (reg->kind != REGISTER_FRAME || rc < 0)
        return rc;
    struct rect r = reg->frame;
    double half = FRAME_LINE / 2;
    struct rect middle = {r.x + half, r.y + half, r.w - 2 * half, r.h - 2 * half};
    canvas_line_rect(c, middle, FRAME_LINE);
    return occupancy_add_lines(&p->taken, middle, FRAME_LINE);
}

/* ---- identity ---- */

static int reserve(struct page_draw *p, const struct rect *boxes, int n)
{
    int rc = 0;
    for (int i = 0; i < n && rc == 0; i++)
        rc = occupancy_add(&p->taken, boxes[i]);
    return rc;
}

/* The page's own squares, and its barcode where it says no serial. */
static int draw_identity(struct page_draw *p, const struct page_identity *id)
{
    int n = id->n_page_bits;
    for (int i = 0; i < n; i++)
        if (id->page_value >> (n - 1 - i) & 1)
            canvas_fill_rect(p->c, id->page_bits[i]);
    if (id->barcode.w > 0 && !strchr(id->barcode_text, '*'))
        canvas_barcode(p->c, id->barcode, id->barcode_text, _("the identity's barcode"), NULL,
                       NULL);
    int rc = reserve(p, id->page_bits, n);
    if (rc == 0)
        rc = reserve(p, id->sheet_bits, id->n_sheet_bits);
    return rc < 0 || id->barcode.w <= 0 ? rc : occupancy_add(&p->taken, id->barcode);
}

/* ---- bubbles ---- */

static void draw_outline(struct page_draw *p, enum bubble_shape shape, struct rect box)
{
    switch (shape) {
    case BUBBLE_CIRCLE:
    case BUBBLE_OVAL:
        canvas_line_ellipse(p->c, box, p->print->line);
        break;
    case BUBBLE_BOX:
        canvas_line_rect(p->c, box, p->print->line);
        break;
    case BUBBLE_BRACKET:
        canvas_line_bracket(p->c, box, p->print->line, box.w * BRACKET_TIP);
        break;
    }
}

/* `width` mm at most: a longer label is set smaller. */
static void draw_label(struct page_draw *p, const char *text, struct point middle, double size,
                       double width)
{
    struct text_style style = {.font = p->print->font, .size = fmin(size, LETTER_GREATEST)};
    double advance = canvas_advance(p->c, &style, text);
    if (advance > width)
        style.size *= width / advance;
    canvas_label(p->c, &style, text, middle);
}

static bool same_outline(const struct field *f, struct rect a, const struct field *g, struct rect b)
{
    return f->shape == g->shape && fabs(a.w - b.w) < SAME_SIZE && fabs(a.h - b.h) < SAME_SIZE;
}

/* Bubbles of the page with the print of b. */
static int count_alike(const struct page_draw *p, const struct field *field, const struct bubble *b)
{
    int n = 0;
    for (int i = 0; i < p->form->n_fields; i++) {
        const struct field *f = &p->form->fields[i];
        if (f->page != p->page || f->n_bubbles == 0 ||
            !same_outline(f, f->bubbles[0].box, field, b->box))
            continue;
        for (int k = 0; k < f->n_bubbles; k++)
            n += strcmp(f->options[f->bubbles[k].option], field->options[b->option]) == 0;
    }
    return n;
}

bool label_stands_beside(const struct page_draw *p, const struct field *f, const struct bubble *b)
{
    const char *option = f->options[b->option];
    bool thin = option[0] && !option[1]; /* one letter or digit */
    int shown = count_alike(p, f, b);
    return thin ? shown < THIN_SHOWN_BY && f->kind == FIELD_CHOICE : shown < SHOWN_BY;
}

void bubble_label_draw(struct page_draw *p, const struct field *f, const struct bubble *b)
{
    bool round = f->shape == BUBBLE_CIRCLE || f->shape == BUBBLE_OVAL;
    draw_label(p, f->options[b->option], rect_center(b->box),
               b->box.h * (round ? LETTER_IN_ROUND : LETTER_IN_BOX),
               b->box.w * (round ? WIDTH_IN_ROUND : WIDTH_IN_BOX));
}

static int draw_bubbles(struct page_draw *p, const struct field *f)
{
    int rc = 0;
    for (int i = 0; i < f->n_bubbles && rc == 0; i++) {
        const struct bubble *b = &f->bubbles[i];
        draw_outline(p, f->shape, b->box);
        if (p->print->letters && !label_stands_beside(p, f, b))
            bubble_label_draw(p, f, b);
        rc = occupancy_add(&p->taken, b->box);
    }
    return rc;
}

/* ---- boxes, strips, regions ---- */

static int draw_boxes(struct page_draw *p, const struct field *f)
{
    int rc = 0;
    for (int i = 0; i < f->n_boxes && rc == 0; i++) {
        struct rect box = f->boxes[i];
        canvas_line_rect(p->c, box, p->print->line);
        if (f->kind == FIELD_STRIP)
            draw_label(p, f->options[i], rect_center(box), box.h * LABEL_IN_CELL,
                       box.w * WIDTH_IN_BOX);
        rc = occupancy_add(&p->taken, box);
    }
    return rc;
}

bool is_candidate_field(const struct page_draw *p, const struct field *f, enum field_kind kind)
{
    return f->kind == kind && p->form->candidate == (int)(f - p->form->fields);
}

/* A frame to stick a label into; the candidate's is each sheet's own. */
static int draw_barcode(struct page_draw *p, const struct field *f)
{
    if (!is_candidate_field(p, f, FIELD_BARCODE))
        canvas_line_rect(p->c, f->area, p->print->line);
    return occupancy_add(&p->taken, f->area);
}

/* A place for handwriting is framed; what is printed wants white paper around it. */
static int draw_area(struct page_draw *p, const struct field *f)
{
    if (f->print_language)
        return occupancy_add(&p->taken, f->area);
    canvas_line_rect(p->c, f->area, p->print->line);
    return occupancy_add_lines(&p->taken, f->area, p->print->line);
}

static int draw_field(struct page_draw *p, const struct field *f)
{
    if (f->n_bubbles > 0)
        return draw_bubbles(p, f);
    if (f->n_boxes > 0)
        return draw_boxes(p, f);
    return f->kind == FIELD_BARCODE ? draw_barcode(p, f) : draw_area(p, f);
}

/* ---- texts ---- */

static void warn_of_text(const struct page_draw *p, const char *text, struct rect ink)
{
    if (p->warn && ink.w > 0 && !occupancy_is_free(&p->taken, ink, NEAR_BUBBLE))
        diag_warning(
            p->c->d, p->form->path, 0, 0, _("move it: print there misleads the reader"),
            _("page %d: the text '%s' lies over what is read or close by, or off the page"),
            p->page + 1, text);
}

struct text_style sheet_text_style(const struct page_draw *p, const struct sheet_text *text)
{
    return (struct text_style){.font = p->print->font,
                               .size = text->size,
                               .width = text->width,
                               .align = text->align,
                               .bold = text->bold};
}

/* Warned of against what is read, not against other texts: the caller adds them afterwards. Of a
 * text that is each sheet's own, what stands on all of them is kept free. */
static int draw_text(struct page_draw *p, const struct sheet_text *t, struct rect *ret_ink)
{
    static const struct sheet_owner nobody = {.candidate = NULL};
    const struct text_style style = sheet_text_style(p, t);
    char *text = owner_text_expand(&nobody, t->text);
    if (!text)
        return YJ_ENOMEM;
    *ret_ink = canvas_measure(p->c, &style, text, t->at);
    if (!text_is_own(t->text))
        canvas_text(p->c, &style, text, t->at);
    warn_of_text(p, text, *ret_ink);
    free(text);
    return 0;
}

static int draw_texts(struct page_draw *p)
{
    int n = p->print->n_texts, rc = 0;
    struct rect *inks = malloc((size_t)(n + 1) * sizeof(*inks));
    if (!inks)
        return YJ_ENOMEM;
    for (int i = 0; i < n && rc == 0; i++)
        rc = draw_text(p, &p->print->texts[i], &inks[i]);
    for (int i = 0; i < n && rc == 0; i++)
        rc = occupancy_add(&p->taken, inks[i]);
    free(inks);
    return rc;
}

static int draw_frames(struct page_draw *p)
{
    int rc = 0;
    for (int i = 0; i < p->print->n_frames && rc == 0; i++) {
        canvas_line_rect(p->c, p->print->frames[i], p->print->line);
        rc = occupancy_add_lines(&p->taken, p->print->frames[i], p->print->line);
    }
    return rc;
}

/* ---- the page ---- */

/* What machines read beside the fields: black whatever the colour. */
static int draw_black(struct page_draw *p)
{
    const struct form_page *page = &p->form->pages[p->page];
    int rc = 0;
    canvas_colour(p->c, black);
    for (int i = 0; i < page->n_registrations && rc == 0; i++)
        rc = draw_registration(p, &page->registrations[i]);
    return rc < 0 ? rc : draw_identity(p, &page->identity);
}

static int draw_fields(struct page_draw *p)
{
    int rc = 0;
    canvas_colour(p->c, p->print->colour);
    for (int i = 0; i < p->form->n_fields && rc == 0; i++)
        if (p->form->fields[i].page == p->page)
            rc = draw_field(p, &p->form->fields[i]);
    return rc;
}

static int draw_common(struct page_draw *p)
{
    int rc = draw_black(p);
    if (rc == 0)
        rc = draw_fields(p);
    canvas_colour(p->c, black);
    if (rc == 0)
        rc = draw_texts(p);
    canvas_colour(p->c, p->print->colour);
    if (rc == 0)
        rc = draw_frames(p);
    if (rc == 0)
        rc = number_boxes_draw(p);
    if (rc == 0)
        rc = labels_beside_draw(p);
    return rc < 0 ? rc : captions_draw(p);
}

int page_draw_init(struct page_draw *p, const struct form *form, int page, bool warn)
{
    *p = (struct page_draw){.form = form,
                            .page = page,
                            .print = form->pages[page].print,
                            .warn = warn,
                            .taken = {.width = form->width, .height = form->height}};
    p->box_depth = calloc((size_t)form->n_fields + 1, sizeof(*p->box_depth));
    return p->box_depth ? 0 : YJ_ENOMEM;
}

void page_draw_finish(struct page_draw *p)
{
    free(p->box_depth);
    occupancy_finish(&p->taken);
    *p = (struct page_draw){.page = 0};
}

/* Keeps the first error in the canvas. */
static int finish_drawing(struct canvas *c, int rc)
{
    if (rc < 0 && c->rc == 0)
        c->rc = rc;
    return canvas_status(c);
}

int page_draw_common(struct page_draw *p, struct canvas *c)
{
    p->c = c;
    int rc = c->rc < 0 ? c->rc : draw_common(p);
    p->n_common = p->taken.n;
    return finish_drawing(c, rc);
}

int page_draw_own(struct page_draw *p, struct canvas *c, const struct sheet_owner *owner)
{
    static const struct sheet_owner nobody = {.candidate = NULL};
    p->c = c;
    p->owner = owner ? owner : &nobody;
    p->candidate_written = false;
    p->taken.n = p->n_common;
    return finish_drawing(c, c->rc < 0 ? c->rc : owner_draw(p));
}
