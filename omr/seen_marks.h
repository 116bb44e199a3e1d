/* seen_marks.h - which bubbles of a group are taken for marks. Internal to omr. */
#ifndef YJ_OMR_SEEN_MARKS_H
#define YJ_OMR_SEEN_MARKS_H

#include "agreement.h"

static inline bool seen_is_mark(const struct seen_bubble *s)
{
    return s->p > 0.5;
}

static inline int seen_count_marks(const struct seen_bubble *seen, int n)
{
    int marks = 0;
    for (int i = 0; i < n; i++)
        marks += seen_is_mark(&seen[i]);
    return marks;
}

static inline bool group_allows_one(const struct bubble_ink *b)
{
    return b->field->kind == FIELD_GRID || b->field->max_marks == 1;
}

#endif
