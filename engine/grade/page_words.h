/* page_words.h - words and names written by hand: which of what was expected.
 *
 * Read after the page's numbers are settled, since a known candidate says which names may stand
 * here: those of the same room and class. A name is taken where it is sure; an answer in words is a
 * proposal unless the exam says otherwise (exam.yaml, accept_text). Latin and Chinese lists have a
 * reader each. */
#ifndef YJ_ENGINE_PAGE_WORDS_H
#define YJ_ENGINE_PAGE_WORDS_H

#include "page_fields.h"

/* Changes the readings of the page's handwritten texts that have ink. 0, or YJ_ENOMEM,
 * YJ_EDATA (a net is broken). */
int page_words_read(const struct page_view *view, const struct form *form, struct reading *readings,
                    int n);

/* Whether a name was read, for nearly certain, that is not the one which the page's number has on
 * the roster: two sheets mixed up, or somebody else's number. */
bool page_words_contradict(const struct exam *exam, const struct field *field,
                           const char *candidate, const char *name, double confidence);

#endif
