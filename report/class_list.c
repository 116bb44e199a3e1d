#include "class_list.h"

#include "diag.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- order ---- */

static int compare_places(const void *x, const void *y, void *context)
{
    const struct analysis_candidate *all = context, *a = &all[*(const int *)x],
                                    *b = &all[*(const int *)y];
    /* Those of no class come last: nobody's pages are no teacher's first. */
    int by = (a->class_name[0] == '\0') - (b->class_name[0] == '\0');
    if (by == 0)
        by = strcmp(a->school, b->school);
    if (by == 0)
        by = strcmp(a->class_name, b->class_name);
    if (by == 0)
        by = strcmp(a->candidate, b->candidate);
    return by != 0 ? by : *(const int *)x - *(const int *)y;
}

static int compare_scores(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a < b) - (a > b);
}

/* The rank of each of a class: one more than how many are better. */
static void rank_class(struct class_list *list, const struct class_range *range, double *scores)
{
    const struct analysis_candidate *all = list->a->candidates;
    int n = 0;
    for (int i = range->first; i < range->first + range->n; i++)
        if (all[list->order[i]].status == SCORE_SCORED)
            scores[n++] = all[list->order[i]].score;
    qsort(scores, (size_t)n, sizeof(*scores), compare_scores);
    for (int i = range->first; i < range->first + range->n; i++) {
        const struct analysis_candidate *c = &all[list->order[i]];
        int low = 0, high = n;
        while (low < high && c->status == SCORE_SCORED) {
            int middle = (low + high) / 2;
            if (scores[middle] > c->score)
                low = middle + 1;
            else
                high = middle;
        }
        list->class_rank[i] = c->status == SCORE_SCORED ? low + 1 : 0;
    }
}

static bool same_class(const struct class_list *list, int x, int y)
{
    const struct analysis_candidate *a = &list->a->candidates[list->order[x]],
                                    *b = &list->a->candidates[list->order[y]];
    return strcmp(a->class_name, b->class_name) == 0 && strcmp(a->school, b->school) == 0;
}

static void split(struct class_list *list)
{
    for (int i = 0; i < list->a->n_candidates; i++) {
        if (i == 0 || !same_class(list, i - 1, i))
            list->classes[list->n_classes++] = (struct class_range){i, 0};
        list->classes[list->n_classes - 1].n++;
    }
}

int class_list_init(struct class_list *list, const struct analysis *a)
{
    size_t n = (size_t)a->n_candidates + 1;
    double *scores = calloc(n, sizeof(*scores));
    *list = (struct class_list){.a = a,
                                .order = calloc(n, sizeof(int)),
                                .class_rank = calloc(n, sizeof(int)),
                                .classes = calloc(n, sizeof(struct class_range))};
    if (!scores || !list->order || !list->class_rank || !list->classes) {
        free(scores);
        class_list_finish(list);
        return YJ_ENOMEM;
    }
    for (int i = 0; i < a->n_candidates; i++)
        list->order[i] = i;
    qsort_r(list->order, (size_t)a->n_candidates, sizeof(int), compare_places, a->candidates);
    split(list);
    for (int i = 0; i < list->n_classes; i++)
        rank_class(list, &list->classes[i], scores);
    free(scores);
    return 0;
}

void class_list_finish(struct class_list *list)
{
    free(list->order);
    free(list->class_rank);
    free(list->classes);
    *list = (struct class_list){0};
}

/* ---- weak items ---- */

/* Share of the item's points that the class earned; counts its wrong answers. */
static double count_item(const struct class_list *list, const struct class_range *range, int item,
                         int *counts)
{
    const struct analysis_item *of = &list->a->items[item];
    double sum = 0;
    int n = 0;
    memset(counts, 0, (size_t)of->n_answers * sizeof(*counts));
    for (int i = range->first; i < range->first + range->n; i++) {
        const struct analysis_candidate *c = &list->a->candidates[list->order[i]];
        if (c->status != SCORE_SCORED)
            continue;
        const struct analysis_answer *answer = analysis_answer(list->a, list->order[i], item);
        sum += points_double(answer->points);
        counts[c->answers[item]] += !answer->right;
        n++;
    }
    return n > 0 && of->max > 0 ? sum / n / of->max : NAN;
}

static void find_instead(const struct analysis_item *item, const int *counts, struct weak_item *w)
{
    w->instead = "";
    for (int i = 0; i < item->n_answers; i++)
        if (counts[i] > w->n_instead) {
            w->n_instead = counts[i];
            w->instead = item->answers[i].value;
        }
}

/* Into a list of at most `most`, the furthest behind first. */
static int insert(struct weak_item *items, int n, int most, const struct weak_item *w)
{
    int at = n;
    while (at > 0 && items[at - 1].own - items[at - 1].all > w->own - w->all)
        at--;
    if (at >= most)
        return n;
    int kept = n < most ? n : most - 1;
    memmove(items + at + 1, items + at, (size_t)(kept - at) * sizeof(*items));
    items[at] = *w;
    return kept + 1;
}

int class_weak_items(const struct class_list *list, const struct class_range *range,
                     struct weak_item *ret_items, int most)
{
    int n = 0, most_answers = 1;
    for (int i = 0; i < list->a->n_items; i++)
        if (list->a->items[i].n_answers > most_answers)
            most_answers = list->a->items[i].n_answers;
    int *counts = calloc((size_t)most_answers, sizeof(*counts));
    if (!counts)
        return YJ_ENOMEM;
    for (int i = 0; i < list->a->n_items; i++) {
        const struct analysis_item *item = &list->a->items[i];
        struct weak_item w = {.item = i, .all = item->difficulty};
        w.own = item->counts ? count_item(list, range, i, counts) : NAN;
        if (!(w.own <= w.all - WEAK_BY))
            continue;
        find_instead(item, counts, &w);
        n = insert(ret_items, n, most, &w);
    }
    free(counts);
    return n;
}
