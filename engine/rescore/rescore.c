#include "rescore_internal.h"

#include "analysis_rows.h"
#include "diag.h"

static int put_sections(const struct rescoring *r, struct store *store, struct diag *d)
{
    int rc = 0;

    for (int s = 0; s + 1 < r->plan.n_sections && rc == 0; s++)
        rc = store_put_section(store, r->plan.sections[s].name, r->plan.sections[s].max, d);
    return rc;
}

struct putting {
    struct store *store;
    struct diag *d;
};

static int put_score(void *context, const struct score_row *row)
{
    const struct putting *p = context;

    return store_put_score(p->store, row, p->d);
}

/* Without a key nothing is scored: sheets are kept. */
static int put_sheets(struct rescoring *r, struct store *store, struct diag *d)
{
    int rc = 0;

    for (int k = 0; k < r->sheets.n_rows && rc == 0; k++) {
        struct score_row row;
        if (r->sheets.rows[k].n_pages == 0)
            continue;
        rescoring_get_score(r, k, &row);
        rc = store_put_score(store, &row, d);
    }
    return rc;
}

static int put_exceptions(const struct rescoring *r, struct store *store, struct diag *d)
{
    for (int i = 0; i < r->sheets.n_exceptions; i++) {
        const struct sheet_exception *e = &r->sheets.exceptions[i];
        int rc = store_put_exception(store, e->page, e->candidate, e->kind, e->detail, d);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Models of more answers than this take longer than anybody wants to wait for after each batch:
 * they are fitted by `regrade --models` and by `report`. */
#define QUICK_ANSWERS 1000000

/* Scores as the analysis comes by them, and what it says of them. */
static int put_scores(struct rescoring *r, struct store *store, bool models, struct diag *d)
{
    struct putting putting = {store, d};
    struct analysis analysis;
    bool quick = (double)r->n_scored * r->n_items <= QUICK_ANSWERS;
    int rc = analysis_of_rescoring(r, models || quick, put_score, &putting, &analysis, d);

    if (rc == 0)
        rc = analysis_put(&analysis, store, d);
    analysis_finish(&analysis);
    return rc;
}

int rescore_within(struct store *store, const struct exam *exam, bool models, struct diag *d)
{
    struct rescoring r;
    int rc = rescoring_compute(&r, store, exam, d);

    if (rc == 0)
        rc = store_clear_scores(store, d);
    if (rc == 0)
        rc = put_sections(&r, store, d);
    if (rc == 0)
        rc = store_clear_statistics(store, d);
    if (rc == 0)
        rc = r.n_items > 0 ? put_scores(&r, store, models, d) : put_sheets(&r, store, d);
    if (rc == 0)
        rc = put_exceptions(&r, store, d);
    rescoring_finish(&r);
    return rc;
}

int rescore_run(struct store *store, const struct exam *exam, struct diag *d)
{
    int rc = store_begin(store, d);

    if (rc < 0)
        return rc;
    rc = rescore_within(store, exam, false, d);
    if (rc == 0)
        rc = store_commit(store, d);
    if (rc < 0)
        store_rollback(store);
    return rc;
}
