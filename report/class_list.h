/* class_list.h - the candidates by school, class and number, and what each class finds hard. */
#ifndef YJ_REPORT_CLASS_LIST_H
#define YJ_REPORT_CLASS_LIST_H

#include "analysis.h"

struct class_range {
    int first, n; /* of order[] */
};

struct class_list {
    const struct analysis *a;
    int *order;      /* [n_candidates] indexes of candidates */
    int *class_rank; /* [n_candidates] of order's candidates: 1 the best of the class, ties share; 0
                        not scored */
    struct class_range *classes;
    int n_classes;
};

/* YJ_ENOMEM. */
int class_list_init(struct class_list *list, const struct analysis *a);
void class_list_finish(struct class_list *list);

/* An item on which a class is behind. */
struct weak_item {
    int item;
    double own, all;     /* share of the points: of the class, of all */
    const char *instead; /* the wrong answer that most of the class gave; "" blank or none */
    int n_instead;
};

/* The items on which the class is furthest behind all, most behind first, at most `most` of those
 * behind by WEAK_BY or more; returns how many, or YJ_ENOMEM. */
#define WEAK_BY 0.05
int class_weak_items(const struct class_list *list, const struct class_range *range,
                     struct weak_item *ret_items, int most);

#endif
