/* What people decide: all checked first, then written, audited and scored in one transaction. */
#include "review.h"

#include "diag.h"
#include "i18n.h"
#include "rescore.h"
#include "review_value.h"
#include <stdlib.h>
#include <string.h>

/* A decision whose id and value are possible. */
struct checked {
    int64_t id;
    char *value;
    enum reading_status status;
};

struct decider {
    struct store *store;
    const struct exam *exam;
    const struct review_orders *orders;
    struct checked *checked; /* [orders->n] */
    struct diag *d;
};

static int out_of_memory(struct diag *d)
{
    return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
}

/* ---- checking ---- */

static int check_value(struct decider *w, int index, const struct review_item *item)
{
    const struct review_decision *decision = &w->orders->decisions[index];
    struct checked *checked = &w->checked[index];
    char *reason = NULL;
    int rc = review_value_check(item->field, decision->value, decision->multiple, &checked->value,
                                &checked->status, &reason);

    if (rc == YJ_EINPUT)
        diag_error(w->d, rc, w->orders->file, decision->line, 0, NULL, _("%s, field '%s': %s"),
                   decision->id, item->field->name, reason);
    else if (rc < 0)
        out_of_memory(w->d);
    free(reason);
    return rc;
}

static int check_decision(struct decider *w, int index)
{
    const struct review_decision *decision = &w->orders->decisions[index];
    struct review_list one = {0};
    int rc = review_list_load_one(&one, w->store, w->exam, decision->id, w->orders->file,
                                  decision->line, w->d);

    if (rc == 0 && one.items[0].status == READING_UNREAD)
        rc = diag_error(w->d, YJ_EINPUT, w->orders->file, decision->line, 0, _("scan it again"),
                        _("%s is of a page that was refused: '%s', page %d"), decision->id,
                        one.items[0].scan, one.items[0].page);
    if (rc == 0) {
        w->checked[index].id = one.items[0].id;
        rc = check_value(w, index, &one.items[0]);
    }
    review_list_finish(&one);
    return rc;
}

static int compare_lines(const void *a, const void *b, void *context)
{
    const struct checked *checked = context;
    int i = *(const int *)a, k = *(const int *)b;
    int64_t p = checked[i].id, q = checked[k].id;

    return p != q ? (p > q) - (p < q) : i - k;
}

/* Two values for one reading: which of them is meant only a person knows. */
static int check_twice(struct decider *w)
{
    int n = w->orders->n, rc = 0;
    int *order = malloc(((size_t)n + 1) * sizeof *order);

    if (!order)
        return out_of_memory(w->d);
    for (int i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, (size_t)n, sizeof *order, compare_lines, w->checked);
    for (int i = 1; i < n; i++) {
        const struct review_decision *first = &w->orders->decisions[order[i - 1]],
                                     *again = &w->orders->decisions[order[i]];
        if (w->checked[order[i]].id != 0 && w->checked[order[i]].id == w->checked[order[i - 1]].id)
            rc = diag_error(w->d, YJ_EINPUT, w->orders->file, again->line, 0, NULL,
                            _("%s stands twice, first in line %d"), again->id, first->line);
    }
    free(order);
    return rc;
}

/* Every mistake is told, not the first alone. */
static int check_all(struct decider *w)
{
    int bad = 0;

    for (int i = 0; i < w->orders->n; i++) {
        int rc = check_decision(w, i);
        if (rc < 0 && rc != YJ_EINPUT)
            return rc;
        bad = rc < 0 ? rc : bad;
    }
    int rc = check_twice(w);
    return rc < 0 ? rc : bad;
}

/* ---- writing ---- */

static int write_decision(struct decider *w, int index, struct review_outcome *outcome)
{
    const struct review_decision *order = &w->orders->decisions[index];
    struct store_decision decision = {.id = w->checked[index].id,
                                      .value = w->checked[index].value,
                                      .status = w->checked[index].status,
                                      .by = w->orders->by,
                                      .why = order->why,
                                      .group = w->orders->group};
    int same = 0, other = 0, rc = 0;

    if (w->orders->second_entry)
        rc = store_count_entries(w->store, &decision, &same, &other, w->d);
    if (rc < 0)
        return rc;
    if (!w->orders->second_entry || same > 0) {
        outcome->decided++;
        return store_decide(w->store, &decision, w->d);
    }
    if (other > 0) {
        outcome->differ++;
        /* Not what the other entered: the two are to look again, each for themselves. */
        diag_warning(w->d, w->orders->file, order->line, 0,
                     _("look at it again; it counts when two people have entered the same"),
                     _("%s: another person has entered something else, and it stays open"),
                     order->id);
    } else {
        outcome->entered++;
    }
    return store_enter_decision(w->store, &decision, w->d);
}

int review_decide(struct store *store, const struct exam *exam, const struct review_orders *orders,
                  struct review_outcome *ret, struct diag *d)
{
    struct decider w = {store, exam, orders, calloc((size_t)orders->n + 1, sizeof *w.checked), d};
    struct review_outcome outcome = {0};
    if (!w.checked)
        return out_of_memory(d);
    int rc = check_all(&w);
    for (int i = 0; i < orders->n && rc == 0; i++)
        rc = write_decision(&w, i, &outcome);
    if (rc == 0 && outcome.decided > 0)
        rc = rescore_within(store, exam, false, d);
    for (int i = 0; i < orders->n; i++)
        free(w.checked[i].value);
    free(w.checked);
    if (rc == 0)
        *ret = outcome;
    return rc;
}
