/* exam_settings.h - the office's wishes in exam.yaml: what is sure enough, what a mark means.
 *
 * Only what can be said without another file; titles, forms and tables are exam.c's. The store
 * keeps exam.yaml's text and reads the wishes from it again by the same functions. */
#ifndef YJ_CORE_EXAM_SETTINGS_H
#define YJ_CORE_EXAM_SETTINGS_H

#include "exam.h"

struct yaml;
struct diag;

/* The keys of exam.yaml that are read here. */
#define EXAM_SETTING_KEYS                                                                          \
    "min_confidence", "min_confidence_writing", "max_silent_error", "marks", "keep_all_crops",     \
        "second_entry", "accept_text", EXAM_STATISTICS_KEYS

/* What an exam.yaml that says nothing asks for; a form by itself gets it too. */
void exam_defaults(struct exam *exam);
/* Over what stands in `exam` already; a wish that is not in the file is left as it is. Every
 * mistake goes to the file's diagnostic. 0 or YJ_EINPUT. */
int exam_settings_read(const struct yaml *yaml, struct exam *exam);
/* The same from the text of an exam.yaml; `name` stands in messages. YJ_EINPUT, YJ_ENOMEM. */
int exam_settings_parse(const char *text, size_t size, const char *name, struct exam *exam,
                        struct diag *d);
/* Whether both ask for the same of the reader. */
bool exam_settings_equal(const struct exam *a, const struct exam *b);

/* "answer", "nothing", "doubt". */
const char *mark_meaning_name(enum mark_meaning meaning);

#endif
