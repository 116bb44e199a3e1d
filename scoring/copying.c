/* copying.c - all pairs of all rooms, and Holm's correction. */
#include "copying.h"

#include "block_jobs.h"
#include "copying_inside.h"
#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.01
#define TESTS COPYING_TESTS /* a pair's p is the least of so many */

struct room {
    size_t first, n; /* of `order` */
    struct copying_pair *pairs;
    size_t n_pairs, capacity, n_calculated;
    bool out_of_memory;
};

struct search {
    struct copying_work w;
    size_t *order; /* candidates by room */
    struct room *rooms;
    size_t n_rooms;
};

/* ---- rooms ---- */

static int compare_rooms(const void *a, const void *b, void *context)
{
    const int *rooms = context;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    int x = rooms[left], y = rooms[right];
    return x != y ? (x > y) - (x < y) : (left > right) - (left < right);
}

static int find_rooms(struct search *s, int64_t *ret_pairs)
{
    const struct copying_answers *in = s->w.in;
    size_t n = 0;
    s->order = malloc((in->n_candidates + 1) * sizeof *s->order);
    s->rooms = calloc(in->n_candidates + 1, sizeof *s->rooms);
    if (!s->order || !s->rooms)
        return YJ_ENOMEM;
    for (size_t c = 0; c < in->n_candidates; c++)
        if (in->rooms[c] >= 0)
            s->order[n++] = c;
    /* qsort_r takes what it only reads as void *. */
    qsort_r(s->order, n, sizeof *s->order, compare_rooms, (void *)(uintptr_t)in->rooms);
    *ret_pairs = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || in->rooms[s->order[i]] != in->rooms[s->order[i - 1]])
            s->rooms[s->n_rooms++].first = i;
        struct room *room = &s->rooms[s->n_rooms - 1];
        *ret_pairs += (int64_t)room->n++;
    }
    return 0;
}

/* ---- what is counted once ---- */

static int alloc_work(struct copying_work *w)
{
    size_t n = w->in->n_candidates, items = w->in->n_items;
    w->levels = calloc(n + 1, sizeof *w->levels);
    w->wrong = calloc(n + 1, sizeof *w->wrong);
    w->blank = calloc(n + 1, sizeof *w->blank);
    w->left = malloc(n * items + 1);
    w->right = malloc(n * items + 1);
    w->n_wrong = calloc(items + 1, sizeof *w->n_wrong);
    w->gbt_least = calloc((items + 1) * (items + 1), sizeof *w->gbt_least);
    w->binomial_least = calloc((items + 1) * SHARES, sizeof *w->binomial_least);
    return w->levels && w->wrong && w->blank && w->left && w->right && w->n_wrong && w->gbt_least &&
                   w->binomial_least
               ? 0
               : YJ_ENOMEM;
}

static void count_candidate(struct copying_work *w, size_t c)
{
    size_t items = w->in->n_items, right = 0;
    const unsigned char *row = w->in->answers + c * items;
    for (size_t i = 0; i < items; i++) {
        unsigned char code = row[i];
        bool other = code >= OPTION_CODES;
        w->blank[c] = (uint16_t)(w->blank[c] + (code == OPTION_BLANK));
        right += !other && code != OPTION_BLANK && w->in->right[i * OPTION_CODES + code];
        w->left[c * items + i] = other ? 254 : code;
        w->right[c * items + i] = other ? 253 : code == OPTION_BLANK ? COPYING_RIGHT_BLANK : code;
    }
    size_t answered = items - w->blank[c];
    w->levels[c] = (uint16_t)option_level(right, answered, items);
    w->wrong[c] = (uint16_t)(answered - right);
    w->n_wrong[w->wrong[c]]++;
}

static int count_by_wrong(struct copying_work *w)
{
    size_t items = w->in->n_items, stride = w->curves.stride;
    w->by_wrong = calloc((items + 1) * items * stride + 1, sizeof *w->by_wrong);
    if (!w->by_wrong)
        return YJ_ENOMEM;
    for (size_t c = 0; c < w->in->n_candidates; c++)
        for (size_t i = 0; i < items; i++) {
            unsigned char code = w->in->answers[c * items + i];
            if (code < stride)
                w->by_wrong[(w->wrong[c] * items + i) * stride + code]++;
        }
    return 0;
}

static int fill_gains(struct copying_work *w)
{
    size_t cells = w->curves.n_levels * w->curves.n_items * w->curves.stride;
    w->gain = malloc((cells + 1) * sizeof *w->gain);
    if (!w->gain)
        return YJ_ENOMEM;
    for (size_t k = 0; k < cells; k++)
        w->gain[k] = w->curves.p[k] > 0 ? (float)copying_gain((double)w->curves.p[k]) : 0;
    return 0;
}

static int prepare(struct search *s, const struct copying_options *o, int64_t *ret_tested)
{
    struct copying_work *w = &s->w;
    double level = o->level > 0 ? o->level : LEVEL;
    if (find_rooms(s, ret_tested) < 0 || alloc_work(w) < 0)
        return YJ_ENOMEM;
    for (size_t c = 0; c < w->in->n_candidates; c++)
        count_candidate(w, c);
    /* Holm's threshold is level / (tests left); while not half of all pairs are found it stays
     * below twice the first one. */
    w->cutoff = *ret_tested > 0 ? 2 * level / (TESTS * (double)*ret_tested) : 1;
    if (option_curves_fit(w->in->answers, w->levels, w->in->n_candidates, w->in->n_items, o->jobs,
                          &w->curves) < 0)
        return YJ_ENOMEM;
    if (count_by_wrong(w) < 0 || fill_gains(w) < 0)
        return YJ_ENOMEM;
    w->least_ratio = w->cutoff < 1 ? -log(w->cutoff) - COPYING_SLACK : -INFINITY;
    return copying_fill_bounds(w, o->jobs);
}

/* ---- pairs ---- */

static bool keep(struct room *room, const struct copying_pair *pair)
{
    if (room->n_pairs == room->capacity) {
        size_t capacity = room->capacity ? 2 * room->capacity : 16;
        struct copying_pair *more = realloc(room->pairs, capacity * sizeof *more);
        if (!more)
            return false;
        room->pairs = more;
        room->capacity = capacity;
    }
    room->pairs[room->n_pairs++] = *pair;
    return true;
}

static void search_room(void *context, size_t number, int worker)
{
    struct search *s = context;
    struct room *room = &s->rooms[number];
    const size_t *members = s->order + room->first;
    double *scratch = malloc(copying_scratch_size(s->w.in->n_items) * sizeof *scratch);
    (void)worker;
    room->out_of_memory = !scratch;
    for (size_t i = 0; scratch && i < room->n; i++)
        for (size_t j = i + 1; j < room->n && !room->out_of_memory; j++) {
            if (!copying_is_possible(&s->w, members[i], members[j]))
                continue;
            struct copying_pair pair = copying_calculate(&s->w, members[i], members[j], scratch);
            room->n_calculated++;
            if (pair.p <= s->w.cutoff)
                room->out_of_memory = !keep(room, &pair);
        }
    free(scratch);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct copying_pair *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

/* Corrects the pairs, sorted, and returns how many are within the level. */
static size_t correct(struct copying_pair *pairs, size_t n, int64_t tested, double level)
{
    double most = 0;
    for (size_t k = 0; k < n; k++) {
        most = fmax(most, fmin(1, TESTS * pairs[k].p * (double)(tested - (int64_t)k)));
        pairs[k].p_family = most;
        if (most > level)
            return k;
    }
    return n;
}

static int collect(const struct search *s, double level, struct copying_result *ret)
{
    size_t n = 0;
    for (size_t r = 0; r < s->n_rooms; r++) {
        if (s->rooms[r].out_of_memory)
            return YJ_ENOMEM;
        n += s->rooms[r].n_pairs;
        ret->n_calculated += (int64_t)s->rooms[r].n_calculated;
    }
    ret->pairs = malloc((n + 1) * sizeof *ret->pairs);
    if (!ret->pairs)
        return YJ_ENOMEM;
    n = 0;
    for (size_t r = 0; r < s->n_rooms; r++)
        for (size_t k = 0; k < s->rooms[r].n_pairs; k++)
            ret->pairs[n++] = s->rooms[r].pairs[k];
    qsort(ret->pairs, n, sizeof *ret->pairs, compare_pairs);
    ret->n_pairs = correct(ret->pairs, n, ret->n_tested, level);
    return 0;
}

static void finish_search(struct search *s)
{
    struct copying_work *w = &s->w;
    for (size_t r = 0; s->rooms && r < s->n_rooms; r++)
        free(s->rooms[r].pairs);
    free(s->rooms);
    free(s->order);
    option_curves_finish(&w->curves);
    free(w->levels);
    free(w->wrong);
    free(w->blank);
    free(w->left);
    free(w->right);
    free(w->by_wrong);
    free(w->gain);
    free(w->n_wrong);
    free(w->gbt_least);
    free(w->binomial_least);
}

int copying_find(const struct copying_answers *answers, const struct copying_options *options,
                 struct copying_result *ret)
{
    struct search s = {.w = {.in = answers}};
    struct copying_result result = {0};
    int rc = prepare(&s, options, &result.n_tested);

    if (rc == 0) {
        block_jobs_run(options->jobs, s.n_rooms, search_room, &s);
        rc = collect(&s, options->level > 0 ? options->level : LEVEL, &result);
    }
    finish_search(&s);
    if (rc == 0)
        *ret = result;
    return rc;
}

void copying_finish(struct copying_result *r)
{
    free(r->pairs);
    *r = (struct copying_result){0};
}
