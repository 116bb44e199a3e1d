/* page_writing.h - handwriting of one page: each field's own reading, and then what was expected.
 *
 * First every field is read for itself (page_writing_read). When all of the page's are, those that
 * say the same are held against each other and the candidate's number against the roster
 * (page_writing_settle): ways that are sure and differ are a person's; what one way doubts another,
 * or the roster, may settle. */
#ifndef YJ_ENGINE_PAGE_WRITING_H
#define YJ_ENGINE_PAGE_WRITING_H

#include "boxed_text.h"
#include "line_reader.h"
#include "page_fields.h"

/* What is known of one reading beside its value; all NULL where it is no handwriting. */
struct writing {
    const struct boxed_text *boxed;
    const struct line_reading *line; /* a number without boxes */
};

/* Reads a handwritten field. 0, or YJ_ENOMEM, YJ_EDATA (a net is broken). */
int page_writing_read(const struct page_view *view, const struct field *field,
                      struct reading *reading, struct writing *ret);

/* Of a field that is not read: whether anything is written there. 0 or YJ_ENOMEM. */
int page_writing_ink(const struct page_view *view, const struct field *field,
                     struct reading *reading);

/* An area (mm) without the frame that may be printed around it. */
struct rect page_writing_inside(struct rect area);

/* Changes what the page's readings say where others of them, or the roster, say more. */
void page_writing_settle(const struct page_view *view, const struct form *form,
                         struct reading *readings, const struct writing *writings, int n);

#endif
