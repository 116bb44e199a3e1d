/* page_fields.h - the fields of one registered page: bubbles by omr, the rest by ocr, crops for
 * what a person must see, and an exception for what is doubtful. */
#ifndef YJ_ENGINE_PAGE_FIELDS_H
#define YJ_ENGINE_PAGE_FIELDS_H

#include "arena.h"
#include "exam.h"
#include "glyph_reader.h"
#include "hanzi.h"
#include "image.h"
#include "line_reader.h"
#include "pagemap.h"
#include "print.h"
#include "records.h"

struct diag;
struct page_clock;

/* Which fields somebody waits for: those the key scores, and those the form names the candidate,
 * the absent mark and the version by. Handwriting nobody waits for is kept, not sent to review. */
struct asked_fields {
    bool **asked; /* [form][field] */
    int n_forms;
};

int asked_fields_init(const struct exam *exam, struct asked_fields *ret);
void asked_fields_finish(struct asked_fields *asked);

/* What reading the fields needs beside the forms: Tesseract's data for those with print. YJ_EINPUT,
 * each told with its place in the form; YJ_ENOMEM. */
int page_fields_check(const struct exam *exam, struct diag *d);

struct page_view {
    const struct exam *exam;
    const struct asked_fields *asked;
    const struct image *img;
    const struct image *chroma; /* the page's colour; empty where it has none, or nobody asks */
    const struct page_map *map;
    struct image *scratch; /* for crops */
    struct print_reader *print;
    struct look_reader *looks;
    struct glyph_reader *glyphs;
    struct line_reader *lines;
    struct hanzi_reader *hanzi;
    struct reading *bubble_scratch; /* [fields of the largest form] */
    const struct page_clock *clock; /* of the page; NULL: it has all the time */
    struct arena *arena;
};

/* The readings of record->form_page, with their crops and exceptions, into the record. 0,
 * YJ_ENOMEM or YJ_ETIME. */
int page_fields_read(const struct page_view *view, struct page_record *record);
/* The page is refused: every field it should have is `unread`. Nothing where the form is unknown.
 */
int page_fields_unread(const struct exam *exam, struct arena *arena, struct page_record *record);
/* Adds an exception to the record. 0 or YJ_ENOMEM. */
int page_record_add_exception(struct page_record *record, struct arena *arena,
                              enum exception_kind kind, const char *detail);

#endif
