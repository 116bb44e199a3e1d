/* runs_same.c - the same sheet scanned twice. */
#include "health_runs_internal.h"

#include "diag.h"
#include "i18n.h"
#include "same_sheets.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAME_CANDIDATE 0.2 /* distance of fingerprints where both pages name the same candidate */
#define SAME_NAMELESS 0.1  /* of a page and the one before it where no candidate is named */
#define LEAST_MARKED 3     /* readings with something in them: empty forms are all alike */

/* The page that shows the same sheet, before `index`; -1: none. `by_candidate` is sorted. */
static int find_same(const struct health_runs *runs, const int *by_candidate, int place, int index,
                     int before)
{
    const struct seen *page = &runs->seen[index];
    const uint8_t *base = runs->series[page->series].base;
    if (!page->candidate[0]) {
        if (before < 0 || runs->seen[before].candidate[0])
            return -1;
        double distance =
            same_sheets_distance(runs->seen[before].fingerprint, page->fingerprint, base);
        return distance <= SAME_NAMELESS ? before : -1;
    }
    for (int k = place - 1; k >= 0; k--) {
        const struct seen *other = &runs->seen[by_candidate[k]];
        if (other->series != page->series || strcmp(other->candidate, page->candidate) != 0)
            break;
        if (same_sheets_distance(other->fingerprint, page->fingerprint, base) <= SAME_CANDIDATE)
            return by_candidate[k];
    }
    return -1;
}

static int compare_candidates(const void *a, const void *b, void *context)
{
    const struct seen *seen = context;
    int i = *(const int *)a, j = *(const int *)b;
    const struct seen *p = &seen[i], *q = &seen[j];
    if (p->series != q->series)
        return p->series < q->series ? -1 : 1;
    int order = strcmp(p->candidate, q->candidate);
    return order != 0 ? order : (i > j) - (i < j);
}

static int tell_same(struct health_runs *runs, const struct run *run, int original)
{
    const struct seen *first = &runs->seen[run->first], *other = &runs->seen[original];
    return runs_tell(
        runs, ALARM_DUPLICATE, run, NAN,
        run->pages == 1
            ? arena_printf(&runs->arena,
                           _("this is the same sheet as page %d of the batch ('%s' page "
                             "%d), scanned again; void one of the two"),
                           other->ordinal, other->scan, other->number)
            : arena_printf(&runs->arena,
                           _("%d sheets are scanned twice: those from page %d of the batch "
                             "('%s' page %d) on are those from page %d ('%s' page %d) on; "
                             "void one of the two"),
                           run->pages, first->ordinal, first->scan, first->number, other->ordinal,
                           other->scan, other->number));
}

/* Pages in their order, so that a stack scanned twice is one alarm. */
static int tell_duplicates_within(struct health_runs *runs, const int *by_candidate,
                                  const int *place_of, int *before)
{
    struct run run = {0};
    int original = -1, r = 0;
    for (int i = 0; i < runs->n_seen && r == 0; i++) {
        const struct seen *page = &runs->seen[i];
        bool able = page->series >= 0 && page->has_fingerprint && page->marked >= LEAST_MARKED;
        int same = able ? find_same(runs, by_candidate, place_of[i], i, before[page->series]) : -1;
        if (page->series >= 0)
            before[page->series] = able ? i : -1;
        if (same >= 0) {
            original = run.pages == 0 ? same : original;
            (void)run_step(&run, i, true, 2, 1);
        } else if (run.pages > 0 && run_step(&run, i, false, 2, 1)) {
            r = tell_same(runs, &run, original);
            run = (struct run){0};
        }
    }
    return r == 0 && run.pages > 0 ? tell_same(runs, &run, original) : r;
}

int runs_tell_duplicates(struct health_runs *runs)
{
    size_t n = (size_t)runs->n_seen + 1, m = (size_t)runs->n_series + 1;
    int *by_candidate = malloc(n * sizeof *by_candidate), *place_of = malloc(n * sizeof *place_of);
    int *before = malloc(m * sizeof *before);
    int kept = 0, r = by_candidate && place_of && before ? 0 : YJ_ENOMEM;
    for (int i = 0; i < runs->n_seen && r == 0; i++)
        if (runs->seen[i].series >= 0 && runs->seen[i].has_fingerprint &&
            runs->seen[i].marked >= LEAST_MARKED && runs->seen[i].candidate[0])
            by_candidate[kept++] = i;
    for (int s = 0; s < runs->n_series && r == 0; s++)
        before[s] = -1;
    if (r == 0) {
        qsort_r(by_candidate, (size_t)kept, sizeof *by_candidate, compare_candidates, runs->seen);
        for (int k = 0; k < kept; k++)
            place_of[by_candidate[k]] = k;
        r = tell_duplicates_within(runs, by_candidate, place_of, before);
    }
    free(by_candidate);
    free(place_of);
    free(before);
    return r;
}
