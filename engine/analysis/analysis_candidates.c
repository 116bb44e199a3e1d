/* analysis_candidates.c - who sat, what became of each, and that nobody is lost. */
#include "analysis_internal.h"
#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct analysis_candidate unknown(void)
{
    struct analysis_candidate c = {.candidate = "",
                                   .name = "",
                                   .class_name = "",
                                   .school = "",
                                   .room = "",
                                   .seat = "",
                                   .batch = "",
                                   .score = NAN,
                                   .percentile = NAN,
                                   .z = NAN,
                                   .t = NAN,
                                   .scaled = {NAN, ""},
                                   .ability = NAN,
                                   .ability_error = NAN,
                                   .exam_error = NAN};
    return c;
}

static int take_answers(struct analysis *a, int row, struct analysis_candidate *c)
{
    const struct rescoring *r = a->memory->rescoring;
    uint32_t *answers = analysis_alloc(a, (size_t)a->n_items, sizeof *answers);

    if (!answers)
        return YJ_ENOMEM;
    for (int i = 0; i < a->n_items; i++)
        answers[i] = (uint32_t)(rescoring_answer(r, row, i) - r->books[i].entries);
    c->answers = answers;
    return 0;
}

static int take_sections(struct analysis *a, const struct score_row *score,
                         struct analysis_candidate *c)
{
    struct points *sections = analysis_alloc(a, (size_t)score->n_sections, sizeof *sections);

    if (!sections)
        return YJ_ENOMEM;
    for (int s = 0; s < score->n_sections; s++)
        sections[s] = score->sections[s].points;
    c->sections = sections;
    return 0;
}

/* Of those whose score is complete: which of the others' items count is not known yet. */
static int take_chosen(struct analysis *a, struct analysis_candidate *c)
{
    const struct rescoring *r = a->memory->rescoring;

    if (!r->row_chosen || c->status != SCORE_SCORED)
        return 0;
    bool *chosen = analysis_alloc(a, (size_t)a->n_items, sizeof *chosen);
    if (!chosen)
        return YJ_ENOMEM;
    memcpy(chosen, r->row_chosen, (size_t)a->n_items * sizeof *chosen);
    c->chosen = chosen;
    return 0;
}

static int take_candidate(struct analysis *a, int row, struct analysis_candidate *c)
{
    struct rescoring *r = a->memory->rescoring;
    const struct roster *roster = a->exam->roster;
    struct score_row score;

    *c = unknown();
    rescoring_get_score(r, row, &score);
    int rc = a->memory->take ? a->memory->take(a->memory->context, &score) : 0;
    if (rc < 0)
        return rc;
    c->candidate = score.candidate;
    c->status = score.status;
    if (r->sheets.rows[row].n_pages > 0)
        c->batch = r->pages[r->sheets.rows[row].pages[0]].batch;
    c->total = score.total;
    c->max = score.max;
    if (score.status == SCORE_SCORED)
        c->score = points_double(score.total);
    const struct roster_entry *entry = roster ? roster_find(roster, c->candidate) : NULL;
    if (entry) {
        c->name = entry->name;
        c->class_name = entry->class_name;
        c->school = entry->school;
        c->room = entry->room;
        c->seat = entry->seat;
        a->counts.of_roster++;
    }
    a->counts.pages_scored += score.n_pages;
    rc = take_sections(a, &score, c);
    if (rc == 0)
        rc = take_chosen(a, c);
    return rc < 0 ? rc : take_answers(a, row, c);
}

static void count(struct analysis *a, enum score_status status)
{
    switch (status) {
    case SCORE_SCORED:
        a->counts.scored++;
        break;
    case SCORE_PENDING:
        a->counts.pending++;
        break;
    case SCORE_ABSENT:
        a->counts.absent++;
        break;
    case SCORE_VOID:
        a->counts.voided++;
        break;
    }
}

int analysis_take_candidates(struct analysis *a)
{
    struct rescoring *r = a->memory->rescoring;
    int n = r->n_items > 0 ? r->sheets.n_rows : 0, rc = 0;

    a->counts.roster = a->exam->roster ? a->exam->roster->n_entries : -1;
    a->counts.pages_waiting = r->n_refused;
    a->counts.pages_in = r->n_pages + r->n_refused;
    a->max = r->plan.max;
    a->candidates = analysis_alloc(a, (size_t)n, sizeof *a->candidates);
    a->memory->scored = analysis_alloc(a, (size_t)n, sizeof *a->memory->scored);
    if (!a->candidates || !a->memory->scored)
        return YJ_ENOMEM;
    a->n_candidates = n;
    for (int i = 0; i < n && rc == 0; i++) {
        rc = take_candidate(a, i, &a->candidates[i]);
        count(a, a->candidates[i].status);
        if (a->candidates[i].status == SCORE_SCORED)
            a->memory->scored[a->n_scored++] = i;
    }
    return rc;
}
