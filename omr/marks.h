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
#include "exam.h"
#include "form.h"
#include "image.h"
#include "pagemap.h"
#include "records.h"

struct omr_settings {
    double min_confidence;   /* 0 to 1: below it a field is uncertain */
    double max_silent_error; /* 0 to 1: at most this share of what is not uncertain may be wrong; 0:
                                no such wish */
    struct marking_culture culture;
};

struct look_reader; /* the second reader (look.h), one a worker */
int look_reader_create(struct look_reader **ret_reader);
void look_reader_destroy(struct look_reader *reader);

/* The lowest max_silent_error that can be kept: simulated sheets by the hundred thousand show no
 * less. Asked for less, what is read is held to this. */
double omr_best_promise(void);

/* Reads every bubble field of form page `page` into readings[], one a field in the form's order;
 * *ret_n of them (at most form->n_fields). Strings go to the arena. `looks` NULL: the first reader
 * alone. 0 or YJ_ENOMEM. */
int omr_read_page(const struct form *form, int page, const struct image *img,
                  const struct page_map *map, const struct omr_settings *settings,
                  struct look_reader *looks, struct arena *arena, struct reading *readings,
                  int *ret_n);

#endif
