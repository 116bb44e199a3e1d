/* analysis_groups.c - classes, schools, rooms: who is in which, and how they compare. */
#include "analysis_internal.h"

#include "diag.h"

#include "groups.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct named {
    const char *school, *name;
    int candidate;
};

static const char *class_of(const struct analysis_candidate *c)
{
    return c->class_name;
}
static const char *school_of(const struct analysis_candidate *c)
{
    return c->school;
}
static const char *room_of(const struct analysis_candidate *c)
{
    return c->room;
}

static const char *batch_of(const struct analysis_candidate *c)
{
    return c->batch;
}

/* Rooms of different schools may share a name, or pupils of several schools a room: the roster does
 * not say which. A "room" that holds more than any does is many of one name. */
#define ROOM_HOLDS 120

static const struct group_kind {
    const char *kind;
    const char *(*name)(const struct analysis_candidate *c);
    bool of_school; /* the same name in two schools is two groups */
} kinds[ANALYSIS_GROUP_KINDS] = {{"class", class_of, true},
                                 {"school", school_of, false},
                                 {"room", room_of, false},
                                 {"batch", batch_of, false}};
static const struct group_kind rooms_of_schools = {"room", room_of, true};

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->school, y->school);
    if (order == 0)
        order = strcmp(x->name, y->name);
    return order ? order : (x->candidate > y->candidate) - (x->candidate < y->candidate);
}

/* Everybody who has such a group, by its name. *ret_n of them; NULL: no memory. */
static struct named *gather(const struct analysis *a, const struct group_kind *kind, size_t *ret_n)
{
    struct named *list = malloc(((size_t)a->n_candidates + 1) * sizeof *list);
    size_t n = 0;
    for (int i = 0; list && i < a->n_candidates; i++) {
        const struct analysis_candidate *c = &a->candidates[i];
        const char *name = kind->name(c);
        if (name[0])
            list[n++] = (struct named){kind->of_school ? c->school : "", name, i};
    }
    if (list && n)
        qsort(list, n, sizeof *list, by_name);
    *ret_n = n;
    return list;
}

static bool same_group(const struct named *a, const struct named *b)
{
    return strcmp(a->school, b->school) == 0 && strcmp(a->name, b->name) == 0;
}

static int add_group(struct analysis *a, const struct group_kind *kind, const struct named *of)
{
    struct analysis_memory *m = a->memory;
    if ((size_t)a->n_groups == m->groups_capacity) {
        size_t larger = m->groups_capacity ? 2 * m->groups_capacity : 64;
        struct analysis_group *grown = realloc(a->groups, larger * sizeof *grown);
        if (!grown)
            return YJ_ENOMEM;
        a->groups = grown;
        m->groups_capacity = larger;
    }
    a->groups[a->n_groups++] =
        (struct analysis_group){.kind = kind->kind, .name = of->name, .school = of->school};
    return 0;
}

static void take_figures(struct analysis_group *group, const struct group_figures *f)
{
    group->mean = f->scores.mean;
    group->sd = f->scores.sd;
    group->min = f->scores.min;
    group->max = f->scores.max;
    group->median = f->scores.median;
    group->above_mean = f->above_mean;
    group->pass = f->pass;
    group->distinction = f->distinction;
    group->difference = (struct estimate){f->difference, f->low, f->high};
    group->effect = f->effect;
    group->p_family = f->p_family;
    group->far_off = f->far_off;
}

/* Figures are of those who were scored; the others are counted. */
static int rate_groups(struct analysis *a, int first, const int *group_of)
{
    struct analysis_memory *m = a->memory;
    const struct statistics_wishes *wishes = &a->exam->statistics;
    const struct group_limits limits = {.pass = score_mark_points(&wishes->pass, a->max),
                                        .distinction =
                                            score_mark_points(&wishes->distinction, a->max),
                                        .level = 0.01,
                                        .effect = 0.5};
    size_t n = (size_t)a->n_scored, n_groups = (size_t)(a->n_groups - first);
    struct points *totals = malloc((n + 1) * sizeof *totals);
    int *of = malloc((n + 1) * sizeof *of);
    struct group_figures *figures = calloc(n_groups + 1, sizeof *figures);
    int rc = totals && of && figures ? 0 : YJ_ENOMEM;

    for (size_t k = 0; rc == 0 && k < n; k++) {
        totals[k] = a->candidates[m->scored[k]].total;
        int group = group_of[m->scored[k]];
        of[k] = group < 0 ? -1 : group - first;
    }
    if (rc == 0)
        rc = groups_compute(totals, of, n, n_groups, &limits, figures);
    for (size_t g = 0; rc == 0 && g < n_groups; g++)
        take_figures(&a->groups[(size_t)first + g], &figures[g]);
    free(totals);
    free(of);
    free(figures);
    return rc;
}

static void count_candidate(struct analysis_group *group, enum score_status status)
{
    group->n += status == SCORE_SCORED;
    group->absent += status == SCORE_ABSENT;
    group->pending += status == SCORE_PENDING;
}

/* *ret_group_of: [candidate] index in groups. */
static int make_groups(struct analysis *a, const struct group_kind *kind, int **ret_group_of)
{
    size_t n = 0;
    struct named *list = gather(a, kind, &n);
    int *group_of = analysis_alloc(a, (size_t)a->n_candidates, sizeof *group_of);
    int first = a->n_groups, rc = list && group_of ? 0 : YJ_ENOMEM;

    for (int i = 0; rc == 0 && i < a->n_candidates; i++)
        group_of[i] = -1;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (i == 0 || !same_group(&list[i - 1], &list[i]))
            rc = add_group(a, kind, &list[i]);
        if (rc < 0)
            break;
        group_of[list[i].candidate] = a->n_groups - 1;
        count_candidate(&a->groups[a->n_groups - 1], a->candidates[list[i].candidate].status);
    }
    if (rc == 0)
        rc = rate_groups(a, first, group_of);
    free(list);
    *ret_group_of = group_of;
    return rc;
}

/* 1: a room is fuller than rooms are; 0; YJ_ENOMEM. */
static int is_overfull(const struct analysis *a, const struct group_kind *kind)
{
    size_t n = 0, run = 0;
    struct named *list = gather(a, kind, &n);
    int overfull = list ? 0 : YJ_ENOMEM;
    for (size_t i = 0; list && i < n; i++) {
        run = i > 0 && same_group(&list[i - 1], &list[i]) ? run + 1 : 1;
        overfull |= run > ROOM_HOLDS;
    }
    free(list);
    return overfull;
}

int analysis_rate_groups(struct analysis *a)
{
    int rc = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && rc == 0; i++) {
        const struct group_kind *kind = &kinds[i];
        if (kind->name == room_of) {
            rc = is_overfull(a, kind);
            kind = rc == 1 ? &rooms_of_schools : kind;
        }
        if (rc >= 0)
            rc = make_groups(a, kind, &a->memory->group_of[i]);
    }
    return rc;
}

int analysis_group_of(const struct analysis *a, const char *kind,
                      const struct analysis_candidate *c)
{
    size_t which = 0;

    while (strcmp(kinds[which].kind, kind) != 0)
        which++;
    return a->memory->group_of[which][c - a->candidates];
}

const char *analysis_group_name(struct analysis *a, const struct analysis_group *g)
{
    return g->school[0] ? analysis_text(a, "%s %s", g->school, g->name) : g->name;
}
