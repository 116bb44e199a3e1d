/* analysis_pairs.c - pairs of one room whose answers agree more than chance allows. */
#include "analysis_internal.h"

#include "copying.h"
#include "diag.h"
#include <stdlib.h>
#include <string.h>

/* Codes of the answers of one item: the commonest get one each. */
struct codes {
    unsigned char *of_answer; /* [answer] */
};

static int *count_answers(const struct analysis *a, int item)
{
    const struct analysis_memory *m = a->memory;
    int *counts = calloc((size_t)a->items[item].n_answers + 1, sizeof *counts);
    for (int k = 0; counts && k < a->n_scored; k++)
        counts[a->candidates[m->scored[k]].answers[item]]++;
    return counts;
}

static bool is_blank(const struct analysis_answer *answer)
{
    return answer->status == READING_BLANK || answer->value[0] == '\0';
}

/* codes[n_answers]: blank, a number of its own for the commonest answers, "another" for the rest;
 * right[OPTION_CODES]. */
static void code_answers(const struct analysis_item *item, int *counts, unsigned char *codes,
                         bool *right)
{
    for (int i = 0; i < item->n_answers; i++)
        codes[i] = is_blank(&item->answers[i]) ? OPTION_BLANK : OPTION_OTHER;
    for (int code = 1; code < OPTION_CODES; code++) {
        int best = -1;
        for (int i = 0; i < item->n_answers; i++)
            if (!is_blank(&item->answers[i]) && counts[i] > 0 &&
                (best < 0 || counts[i] > counts[best]))
                best = i;
        if (best < 0)
            break;
        codes[best] = (unsigned char)code;
        right[code] = item->answers[best].right;
        counts[best] = 0;
    }
}

static int code_item(const struct analysis *a, int column, unsigned char *answers, bool *right)
{
    const struct analysis_memory *m = a->memory;
    int item = m->item_of[column];

    /* No answer to a void item is right or wrong: it is no part of a comparison. */
    if (item_rule_is_void(a->exam->key->items[item].rule)) {
        for (int k = 0; k < a->n_scored; k++)
            answers[(size_t)k * (size_t)m->n_columns + (size_t)column] = OPTION_BLANK;
        return 0;
    }
    int *counts = count_answers(a, item);
    unsigned char *codes = malloc((size_t)a->items[item].n_answers + 1);
    int rc = counts && codes ? 0 : YJ_ENOMEM;

    if (rc == 0) {
        code_answers(&a->items[item], counts, codes, right + (size_t)column * OPTION_CODES);
        for (int k = 0; k < a->n_scored; k++)
            answers[(size_t)k * (size_t)m->n_columns + (size_t)column] =
                codes[a->candidates[m->scored[k]].answers[item]];
    }
    free(counts);
    free(codes);
    return rc;
}

/* The group of each scored candidate among the rooms; without rooms, among the classes. */
static int find_rooms(const struct analysis *a, int *rooms, const char **ret_kind)
{
    bool has_rooms = false;
    for (int g = 0; g < a->n_groups; g++)
        has_rooms |= strcmp(a->groups[g].kind, "room") == 0;
    *ret_kind = has_rooms ? "room" : "class";
    int found = 0;
    for (int k = 0; k < a->n_scored; k++) {
        const struct analysis_candidate *c = &a->candidates[a->memory->scored[k]];
        rooms[k] = analysis_group_of(a, *ret_kind, c);
        found += rooms[k] >= 0;
    }
    return found;
}

static int keep_pairs(struct analysis *a, const struct copying_result *result)
{
    a->pairs = malloc((result->n_pairs + 1) * sizeof *a->pairs);
    if (!a->pairs)
        return YJ_ENOMEM;
    for (size_t i = 0; i < result->n_pairs; i++) {
        const struct copying_pair *p = &result->pairs[i];
        a->pairs[i] = (struct analysis_pair){.a = a->memory->scored[p->a],
                                             .b = a->memory->scored[p->b],
                                             .room = analysis_group_name(a, &a->groups[p->room]),
                                             .same_right = p->same_right,
                                             .same_wrong = p->same_wrong,
                                             .differ = p->differ,
                                             .omega = p->omega,
                                             .gbt = p->gbt,
                                             .k_index = p->k_index,
                                             .harpp_hogan = p->harpp_hogan,
                                             .p = p->p,
                                             .p_family = p->p_family};
        if (!a->pairs[i].room)
            return YJ_ENOMEM;
    }
    a->n_pairs = (int)result->n_pairs;
    a->n_pairs_tested = result->n_tested;
    return 0;
}

int analysis_find_pairs(struct analysis *a)
{
    const struct analysis_memory *m = a->memory;
    size_t n = (size_t)a->n_scored, k = (size_t)m->n_columns;
    const char *kind;

    a->pairs_level = a->exam->statistics.pairs_level;
    if (a->pairs_level <= 0 || n < 2 || k == 0)
        return 0;
    unsigned char *answers = malloc(n * k + 1);
    bool *right = calloc(k * OPTION_CODES + 1, sizeof *right);
    int *rooms = malloc((n + 1) * sizeof *rooms);
    int rc = answers && right && rooms ? 0 : YJ_ENOMEM;
    for (int c = 0; c < m->n_columns && rc == 0; c++)
        rc = code_item(a, c, answers, right);
    if (rc == 0 && find_rooms(a, rooms, &kind) > 1) {
        const struct copying_answers wanted = {n, k, answers, right, rooms};
        const struct copying_options options = {a->pairs_level, analysis_jobs()};
        struct copying_result result;
        rc = copying_find(&wanted, &options, &result);
        if (rc == 0) {
            rc = keep_pairs(a, &result);
            copying_finish(&result);
        }
    }
    free(answers);
    free(right);
    free(rooms);
    return rc;
}
