/* marks_page.h - a drawn page and what the readers of marks need, for their tests. */
#ifndef YJ_TESTS_MARKS_PAGE_H
#define YJ_TESTS_MARKS_PAGE_H

#include "arena.h"
#include "drawn_page.h"
#include "marks.h"

struct page {
    struct form *form;
    struct look_reader *looks;
    struct image img;
    struct arena arena;
    struct reading readings[64];
    int n;
};

/* What offices wish who say nothing (docs/exam.md). */
extern const struct omr_settings usual;

/* Of a form's YAML; 0, or -1 and it is told why. */
int marks_page_make(const char *form, void **state);
int marks_page_remove(void **state);
/* mm -> px of a page scanned a little askew. */
struct page_map map_of(const struct page *p);

#endif
