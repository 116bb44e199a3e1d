/* page_draw.h - one page of a form onto a canvas; the parts of the drawing.
 *
 * What is the same on every sheet is drawn first, and found white paper for, whoever the sheet is
 * for; then, any number of times, what one sheet has of its own. page_draw.c draws what is read:
 * marks, identity, bubbles, boxes, regions. captions.c and number_grid.c find white paper for what
 * stands beside them; owner_draw.c draws whose sheet it is. */
#ifndef YJ_SHEET_PAGE_DRAW_H
#define YJ_SHEET_PAGE_DRAW_H

#include "canvas.h"
#include "occupancy.h"
#include "sheet.h"

struct page_draw {
    const struct form *form;
    int page; /* from 0 */
    const struct form_print *print;
    bool warn;         /* tell what the form's author should see */
    double *box_depth; /* of each field: its number boxes', mm; 0: none */

    struct canvas *c; /* where it is drawn now */
    struct occupancy taken;
    int n_common; /* of `taken`, what every sheet has */

    const struct sheet_owner *owner; /* never NULL in page_draw_own */
    bool candidate_written;          /* in figures, somewhere on this page */
};

/* `warn`: a text that lies over what is read is told, as a warning, and so is what has no room.
 * YJ_ENOMEM. */
int page_draw_init(struct page_draw *p, const struct form *form, int page, bool warn);
void page_draw_finish(struct page_draw *p);
/* What all sheets have; once, before page_draw_own. The canvas keeps what went wrong. */
int page_draw_common(struct page_draw *p, struct canvas *c);
/* What this one has beside it. `owner` may be NULL: a sheet of nobody. */
int page_draw_own(struct page_draw *p, struct canvas *c, const struct sheet_owner *owner);

/* Whether the field is the candidate's, and of this kind. */
bool is_candidate_field(const struct page_draw *p, const struct field *f, enum field_kind kind);
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
/* Fills the bubbles of the candidate's number, and its boxes, where the owner wants it; YJ_EINPUT
 * (kept): the grid cannot say it. */
void number_fill(struct page_draw *p, const struct field *f);

/* owner_draw.c: whether a text of the form says something else on every sheet. */
bool text_is_own(const char *text);
/* The text with "{candidate}", "{name}" ... replaced by the owner's, "" where there is none; the
 * caller's to free; NULL: no memory. */
char *owner_text_expand(const struct sheet_owner *owner, const char *text);
/* Everything that is one sheet's own. 0 or YJ_ENOMEM. */
int owner_draw(struct page_draw *p);
/* How one of the form's texts is set. */
struct text_style sheet_text_style(const struct page_draw *p, const struct sheet_text *text);

#endif
