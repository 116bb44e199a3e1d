#include "agreement.h"

#include "diag.h"

#include <math.h>

/* Where the second reader is asked. */
#define PLAINLY 0.0005   /* probability, by ink, of a mark (or of none): it is not asked */
#define RIVAL_MARK 0.02  /* of another mark where one is allowed */
#define USUAL_SHARE 0.55 /* of the page's usual mark: less is looked at */

/* Both readers' log odds are added with these weights, fitted on simulated sheets (tests/accuracy).
 */
#define WEIGHT_INK 0.8
#define WEIGHT_LOOK 0.8
#define ODDS_MAX 9.0 /* log odds: no single reader is surer */

static bool takes_every_look(const struct marking_culture *c)
{
    return c->fill == MEANS_ANSWER && c->tick == MEANS_ANSWER && c->cross == MEANS_ANSWER &&
           c->stroke == MEANS_ANSWER;
}

static bool allows_one(const struct field *f)
{
    return f->kind == FIELD_GRID || f->max_marks == 1;
}

/* Which of a group the second reader is asked about. */
static void choose_asked(const struct band *band, const struct bubble_ink *b, int n,
                         const struct marking_culture *culture, struct seen_bubble *seen)
{
    int rivals = 0, marked = 0;
    for (int i = 0; i < n; i++) {
        rivals += seen[i].ink > RIVAL_MARK;
        marked += seen[i].ink > 0.5;
    }
    bool several = rivals > 1 && allows_one(b[0].field);
    for (int i = 0; i < n; i++) {
        bool pale_mark = seen[i].ink > 0.5 && b[i].ink < USUAL_SHARE * band->usual;
        seen[i].asked = (seen[i].ink > PLAINLY && seen[i].ink < 1 - PLAINLY) || pale_mark ||
                        (several && seen[i].ink > RIVAL_MARK) ||
                        (seen[i].ink > RIVAL_MARK && !takes_every_look(culture));
    }
    int smear = marked ? -1 : ink_find_smear(band, b, n);
    if (smear >= 0)
        seen[smear].asked = true;
}

static double log_odds(double p)
{
    double l = log(fmax(p, 1e-9) / fmax(1 - p, 1e-9));
    return fmax(-ODDS_MAX, fmin(ODDS_MAX, l));
}

static double meaning(enum mark_meaning m)
{
    return m == MEANS_ANSWER ? 1 : m == MEANS_DOUBT ? 0.5 : 0;
}

/* Of what is a mark, the share that the office takes for an answer. */
static double answer_share(const float *looks, const struct marking_culture *c, double marks)
{
    double answers = looks[LOOK_FILLED] * meaning(c->fill) + looks[LOOK_TICK] * meaning(c->tick) +
                     looks[LOOK_CROSS] * meaning(c->cross) +
                     looks[LOOK_CIRCLE] * meaning(c->circle) +
                     looks[LOOK_STROKE] * meaning(c->stroke);
    return marks > 0 ? answers / marks : 1;
}

static void join_readers(const struct marking_culture *culture, struct seen_bubble *s)
{
    s->p = s->ink;
    if (!s->asked)
        return;
    double marks = 0;
    for (int k = LOOK_FILLED; k <= LOOK_STROKE; k++)
        marks += s->looks[k];
    double l = WEIGHT_INK * log_odds(s->ink) + WEIGHT_LOOK * log_odds(marks);
    s->p = answer_share(s->looks, culture, marks) / (1 + exp(-l));
}

static int ask(const struct image *img, const struct page_map *map, const struct bubble_ink *b,
               int n, struct look_reader *reader, struct arena *arena, struct seen_bubble *seen)
{
    int asked = 0;
    int *which = arena_alloc(arena, (size_t)(n + 1) * sizeof(*which));
    for (int i = 0; which && i < n; i++)
        if (seen[i].asked)
            which[asked++] = i;
    struct look_picture *pictures = arena_alloc(arena, (size_t)(asked + 1) * sizeof(*pictures));
    float(*looks)[LOOKS] = arena_alloc(arena, (size_t)(asked + 1) * sizeof(*looks));
    if (!which || !pictures || !looks)
        return YJ_ENOMEM;
    int e = look_take_pictures(img, map, b, n, which, asked, arena, pictures);
    if (e == 0)
        e = look_read(reader, pictures, asked, looks);
    for (int k = 0; k < asked && e == 0; k++)
        for (int j = 0; j < LOOKS; j++)
            seen[which[k]].looks[j] = looks[k][j];
    return e;
}

int agreement_judge(const struct image *img, const struct page_map *map, const struct bubble_ink *b,
                    int n, const struct band *band, const struct marking_culture *culture,
                    struct look_reader *reader, struct arena *arena, struct seen_bubble *seen)
{
    double *by_ink = arena_alloc(arena, (size_t)(n + 1) * sizeof(*by_ink));
    if (!by_ink)
        return YJ_ENOMEM;
    ink_judge(band, b, n, by_ink);
    for (int i = 0; i < n; i++)
        seen[i] = (struct seen_bubble){.ink = by_ink[i]};
    for (int i = 0, length; reader && i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        choose_asked(band, &b[i], length, culture, &seen[i]);
    }
    int e = reader ? ask(img, map, b, n, reader, arena, seen) : 0;
    for (int i = 0; i < n; i++)
        join_readers(culture, &seen[i]);
    return e;
}
