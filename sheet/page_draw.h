/* page_draw.h - one page of a form onto a canvas; the parts of the drawing.
 *
 * page_draw.c draws what is read: marks, identity, bubbles, boxes, regions. captions.c and
 * number_grid.c find white paper for what stands beside them, owner_text.c writes whose sheet it
 * is. */
#ifndef YJ_SHEET_PAGE_DRAW_H
#define YJ_SHEET_PAGE_DRAW_H

#include "canvas.h"
#include "occupancy.h"
#include "sheet.h"

struct page_draw {
    struct canvas *c;
    const struct form *form;
    int page; /* from 0 */
    const struct form_print *print;
    const struct sheet_owner *owner; /* never NULL */
    bool warn;                       /* tell what the form's author should see */
    bool candidate_written;          /* in figures, somewhere on this page */
    struct occupancy taken;
};

/* Draws the page; the canvas keeps what went wrong. `owner` may be NULL. `warn`: a text that lies
 * over what is read is told, as a warning. */
int page_draw(struct canvas *c, const struct form *form, int page, const struct sheet_owner *owner,
              bool warn);

/* An option's label inside its bubble. */
void bubble_label_draw(struct page_draw *p, const struct field *f, const struct bubble *b);

/* captions.c: names beside choice rows and strips, where there is room. The occupancy holds the
 * rest of the page, and then these too. 0 or YJ_ENOMEM. */
int captions_draw(struct page_draw *p);
/* What bubbles cannot hold inside. */
int labels_beside_draw(struct page_draw *p);
/* Whether an option's label stands beside its bubble: the reader knows what is printed inside where
 * several bubbles show it; else print as dense as a Chinese character may be taken for a mark. */
bool label_stands_beside(const struct page_draw *p, const struct field *f, const struct bubble *b);

/* number_grid.c: a box to write in above each column of the grids; told where there is no room. */
int number_boxes_draw(struct page_draw *p);
/* Fills the bubbles of the candidate's number where the owner wants it and `f` is that field;
 * YJ_EINPUT (kept): the grid cannot say it. */
void owner_fill_number(struct page_draw *p, const struct field *f);

/* owner_text.c: a text of the form with "{candidate}", "{name}" ... replaced by the owner's, ""
 * where there is none; the caller's to free; NULL: no memory. */
char *owner_text_expand(const struct sheet_owner *owner, const char *text);
/* Name and number on white paper near the page's top, where the form's own texts show neither. */
int owner_line_draw(struct page_draw *p);

#endif
