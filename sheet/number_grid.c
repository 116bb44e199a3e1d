/* A grid's columns: the box to write in above each, and the candidate's number filled in. */
#include "page_draw.h"

#include "diag.h"
#include "i18n.h"
#include <assert.h>
#include <math.h>
#include <string.h>

#define MAX_COLUMNS 128 /* characters; form_reader.h allows 100 */
#define BOX_HIGHEST 9.0 /* mm */
#define BOX_LOWEST 4.0  /* mm: nobody writes a digit smaller */
#define BOX_SHRINK 0.92 /* each try, where there is no room */
#define BOX_OVERLAP 0.3 /* mm: the frame of a form's own may coincide with a box's edge */
#define BOX_GAP 1.5     /* mm at least from a box to its column: nearer the reader looks for ink */
#define LONE_COLUMN 1.6 /* a box's width over the only column, of a bubble's */
#define DIGIT_OF_BOX 0.62 /* em of a digit written in, of the box's height */

/* ---- columns ---- */

struct column {
    struct rect box; /* all its bubbles */
    double white;    /* mm between a bubble and the next */
    bool across;     /* its options go on rightwards: the number is written from top to bottom */
};

static struct column find_column(const struct field *f, int k)
{
    struct column column = {.white = 0};
    const struct rect *first = NULL, *second = NULL;
    for (int i = 0; i < f->n_bubbles; i++) {
        const struct rect *b = &f->bubbles[i].box;
        if (f->bubbles[i].column != k)
            continue;
        if (!first)
            column.box = *(first = b);
        else if (!second)
            second = b;
        double right = fmax(column.box.x + column.box.w, b->x + b->w);
        double bottom = fmax(column.box.y + column.box.h, b->y + b->h);
        column.box.x = fmin(column.box.x, b->x);
        column.box.y = fmin(column.box.y, b->y);
        column.box.w = right - column.box.x;
        column.box.h = bottom - column.box.y;
    }
    if (second) {
        double dx = fabs(second->x - first->x), dy = fabs(second->y - first->y);
        column.across = dx > dy;
        column.white = column.across ? dx - first->w : dy - first->h;
    }
    return column;
}

/* mm from this column's middle to the nearer of its neighbours', so that boxes touch. */
static double pitch_of(const struct field *f, int k, const struct column *column)
{
    double pitch = INFINITY;
    struct point a = rect_center(column->box);
    for (int other = k - 1; other <= k + 1; other += 2) {
        if (other < 0 || other >= f->n_columns)
            continue;
        struct point b = rect_center(find_column(f, other).box);
        pitch = fmin(pitch, column->across ? fabs(b.y - a.y) : fabs(b.x - a.x));
    }
    double own = column->across ? column->box.h : column->box.w;
    return isfinite(pitch) ? pitch : own * LONE_COLUMN;
}

/* The box at the column's head, `depth` mm high (or wide, beside a column that goes across). */
static struct rect head_box(const struct field *f, int k, double depth)
{
    struct column column = find_column(f, k);
    double pitch = pitch_of(f, k, &column), gap = fmax(BOX_GAP, column.white / 2);
    struct point middle = rect_center(column.box);
    if (column.across)
        return (struct rect){column.box.x - gap - depth, middle.y - pitch / 2, depth, pitch};
    return (struct rect){middle.x - pitch / 2, column.box.y - gap - depth, pitch, depth};
}

/* ---- the candidate's number ---- */

/* The option of each column that together say `number`; false: they cannot. */
static bool find_options(const struct field *f, const char *number, int *options)
{
    for (int k = 0; k < f->n_columns; k++) {
        size_t longest = 0;
        options[k] = -1;
        for (int i = 0; i < f->n_bubbles; i++) {
            const char *name = f->options[f->bubbles[i].option];
            size_t n = strlen(name);
            if (f->bubbles[i].column != k || n <= longest || strncmp(number, name, n) != 0)
                continue;
            longest = n;
            options[k] = f->bubbles[i].option;
        }
        number += longest;
        if (longest == 0 && f->blank == BLANK_DOUBT)
            return false;
    }
    return *number == '\0';
}

static void fill_bubbles(struct page_draw *p, const struct field *f, const int *options)
{
    for (int i = 0; i < f->n_bubbles; i++) {
        if (options[f->bubbles[i].column] != f->bubbles[i].option)
            continue;
        if (f->shape == BUBBLE_CIRCLE || f->shape == BUBBLE_OVAL)
            canvas_fill_ellipse(p->c, f->bubbles[i].box);
        else
            canvas_fill_rect(p->c, f->bubbles[i].box);
    }
}

static void write_digits(struct page_draw *p, const struct field *f, const int *options,
                         double depth)
{
    struct text_style style = {.font = p->print->font, .size = depth * DIGIT_OF_BOX};
    for (int k = 0; k < f->n_columns; k++)
        if (options[k] >= 0)
            canvas_label(p->c, &style, f->options[options[k]], rect_center(head_box(f, k, depth)));
    p->candidate_written = true;
}

void number_fill(struct page_draw *p, const struct field *f)
{
    int options[MAX_COLUMNS];
    double depth = p->box_depth[f - p->form->fields];
    assert(f->n_columns <= MAX_COLUMNS);
    if (!p->owner->fill_number || !p->owner->candidate || p->c->rc < 0)
        return;
    if (!find_options(f, p->owner->candidate, options)) {
        p->c->rc =
            diag_error(p->c->d, YJ_EINPUT, p->form->path, f->line, f->column, NULL,
                       _("field '%s' cannot hold the number '%s'"), f->name, p->owner->candidate);
        return;
    }
    fill_bubbles(p, f, options);
    if (depth > 0)
        write_digits(p, f, options, depth);
}

/* ---- the boxes ---- */

static bool is_room(const struct page_draw *p, const struct field *f, double depth)
{
    for (int k = 0; k < f->n_columns; k++)
        if (!occupancy_is_free(&p->taken, head_box(f, k, depth), -BOX_OVERLAP))
            return false;
    return true;
}

static int draw_boxes(struct page_draw *p, const struct field *f)
{
    double depth = BOX_HIGHEST;
    while (depth >= BOX_LOWEST && !is_room(p, f, depth))
        depth *= BOX_SHRINK;
    if (depth < BOX_LOWEST) {
        if (p->warn)
            diag_warning(p->c->d, p->form->path, f->line, f->column,
                         _("leave 5 mm of white paper before its first bubbles"),
                         _("no room for the boxes of field '%s'"), f->name);
        return 0;
    }
    int rc = 0;
    for (int k = 0; k < f->n_columns && rc == 0; k++) {
        struct rect box = head_box(f, k, depth);
        canvas_line_rect(p->c, box, p->print->line);
        rc = occupancy_add(&p->taken, box);
    }
    p->box_depth[f - p->form->fields] = depth;
    return rc;
}

int number_boxes_draw(struct page_draw *p)
{
    int rc = 0;
    for (int i = 0; p->print->number_boxes && i < p->form->n_fields && rc == 0; i++) {
        const struct field *f = &p->form->fields[i];
        if (f->page == p->page && f->kind == FIELD_GRID)
            rc = draw_boxes(p, f);
    }
    return rc;
}
