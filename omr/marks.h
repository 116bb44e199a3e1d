/* marks.h - from a registered page to marks: how dark, what shape, which was meant, how sure.
 *
 * For each bubble the ink inside its outline is measured against the paper around it and against
 * what is printed there: bubbles with the same option on the same page share their printed letter,
 * and most of them are unmarked, so their lower half shows the print. A page is judged by its own
 * marks: a pupil who presses lightly is faint everywhere. Ink that is neither like the page's empty
 * bubbles nor like its marks is doubtful and goes to a person. Nothing here is tuned by a clerk. */
#ifndef YJ_OMR_MARKS_H
#define YJ_OMR_MARKS_H

#include "arena.h"
#include "form.h"
#include "image.h"
#include "pagemap.h"
#include "records.h"

struct omr_settings {
    double min_confidence; /* 0 to 1: below it a field is uncertain */
};

/* Reads every bubble field of form page `page` into readings[], one a field in the form's order;
 * *ret_n of them (at most form->n_fields). Strings go to the arena. 0 or YJ_ENOMEM. */
int omr_read_page(const struct form *form, int page, const struct image *img,
                  const struct page_map *map, const struct omr_settings *settings,
                  struct arena *arena, struct reading *readings, int *ret_n);

#endif
