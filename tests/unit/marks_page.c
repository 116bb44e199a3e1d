#include "marks_page.h"

#include "diag.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct omr_settings usual = {
    .min_confidence = 0.99, .max_silent_error = 1e-5, .culture = {.circle = MEANS_DOUBT}};

int marks_page_make(const char *form, void **state)
{
    struct page *p = calloc(1, sizeof(*p));
    struct diag d;
    diag_init(&d);
    if (!p || form_parse(form, strlen(form), "test.yaml", ".", &p->form, &d) < 0) {
        diag_print(&d, stderr);
        return -1;
    }
    *state = p;
    return look_reader_create(&p->looks);
}

int marks_page_remove(void **state)
{
    struct page *p = *state;
    form_destroy(p->form);
    look_reader_destroy(p->looks);
    image_finish(&p->img);
    arena_finish(&p->arena);
    free(p);
    return 0;
}

struct page_map map_of(const struct page *p)
{
    return (struct page_map){.mm_to_px = drawn_page_map(p->form, 200, 0.7), .bubble_scale = 1};
}
