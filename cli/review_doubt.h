/* review_doubt.h - why a reading waits for a person, in words, from the evidence that was kept. */
#ifndef YJ_CLI_REVIEW_DOUBT_H
#define YJ_CLI_REVIEW_DOUBT_H

#include "review.h"
#include <stddef.h>

/* One sentence. `min_confidence`: what the exam asks for. */
void describe_doubt(const struct review_item *item, double min_confidence, char *text, size_t size);
/* What was seen in the cells that are not plain: "B ink 61 %, meant 55 %; C ..."; "" where
 * nothing is known. Cut where there is no room for more. */
void describe_cells(const struct review_item *item, char *text, size_t size);

#endif
