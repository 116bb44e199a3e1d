/* page_writing.h - handwriting of one page, each field for itself: numbers and capitals in boxes,
 * numbers on lines, and whether anything is written at all. What fields make of each other is
 * page_ways.h's, words are page_words.h's. */
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

#endif
