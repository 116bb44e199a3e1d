#include "composition.h"

#include "diag.h"
#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 wide;

static const struct points one = {1, 1};

/* ---- rounding ---- */

static wide floor_of(wide num, wide den)
{
    return num / den - (num % den < 0);
}

struct points points_round(struct points points, const struct rounding *rounding)
{
    int64_t scale = 1;

    if (!rounding->given)
        return points;
    for (int i = 0; i < rounding->places; i++)
        scale *= 10;
    wide num = (wide)points.num * scale, den = points.den, whole = floor_of(num, den);
    wide twice = 2 * (num - whole * den); /* the rest, against den for a half */
    bool up = rounding->way == ROUND_UP        ? twice > 0
              : rounding->way == ROUND_DOWN    ? false
              : rounding->way == ROUND_HALF_UP ? twice >= den
                                               : twice > den || (twice == den && whole % 2 != 0);
    return points_mul((struct points){(int64_t)(whole + up), 1}, (struct points){1, scale});
}

static struct points at_least(struct points points, const struct floor *floor)
{
    return floor->given && points_compare(points, floor->points) < 0 ? floor->points : points;
}

/* ---- the plan ---- */

static int find_section(const struct test_plan *plan, const char *name)
{
    for (int s = 0; s < plan->n_sections; s++)
        if (strcmp(plan->sections[s].name, name) == 0)
            return s;
    return -1;
}

static void number_sections(struct test_plan *plan)
{
    const struct key *key = plan->key;

    for (int i = 0; i < key->n_items; i++)
        if (key->items[i].section[0] && find_section(plan, key->items[i].section) < 0)
            plan->sections[plan->n_sections++].name = key->items[i].section;
    plan->sections[plan->n_sections++].name = "";
    for (int i = 0; i < key->n_items; i++)
        plan->section_of_item[i] = find_section(plan, key->items[i].section);
}

static void deal_items(struct test_plan *plan)
{
    int at = 0;

    for (int s = 0; s < plan->n_sections; s++) {
        struct test_section *section = &plan->sections[s];
        section->items = plan->items + at;
        section->scheme = section->name[0] ? scheme_section(plan->scheme, section->name) : NULL;
        for (int i = 0; i < plan->key->n_items; i++)
            if (plan->section_of_item[i] == s) {
                plan->items[at++] = i;
                section->n_items++;
            }
    }
}

/* Whole / kept: what the items that are left are worth more, so that the section's maximum stays.
 */
static struct points find_rebase(const struct test_plan *plan, const struct test_section *section)
{
    struct points kept = POINTS_ZERO, spread = POINTS_ZERO;

    for (int i = 0; i < section->n_items; i++) {
        const struct key_item *item = &plan->key->items[section->items[i]];
        if (item->rule == RULE_VOID_REBASE)
            spread = points_add(spread, item->points);
        else
            kept = points_add(kept, score_item_max(item));
    }
    if (spread.num == 0 || kept.num <= 0)
        return one;
    return points_mul(points_add(kept, spread), (struct points){kept.den, kept.num});
}

/* The maximum is the score of somebody who has everything right. */
static int find_maximum(struct test_plan *plan)
{
    size_t n_items = (size_t)plan->key->n_items + 1, n_sections = (size_t)plan->n_sections;
    struct test_item *items = calloc(n_items, sizeof *items);
    struct section_score *sections = calloc(n_sections, sizeof *sections);
    struct test_total total;

    if (items && sections) {
        for (int i = 0; i < plan->key->n_items; i++)
            items[i] = (struct test_item){.points = score_item_max(&plan->key->items[i]),
                                          .counts = !item_rule_drops(plan->key->items[i].rule),
                                          .answered = true};
        plan->for_maximum = true;
        test_score_compute(plan, items, sections, NULL, &total);
        plan->for_maximum = false;
        for (int s = 0; s < plan->n_sections; s++)
            plan->sections[s].max = sections[s].points;
        plan->max = total.points;
    }
    int rc = items && sections ? 0 : YJ_ENOMEM;
    free(items);
    free(sections);
    return rc;
}

int test_plan_init(struct test_plan *plan, const struct key *key, const struct scheme *scheme)
{
    size_t n = (size_t)(key ? key->n_items : 0) + 1;

    *plan = (struct test_plan){.key = key, .scheme = scheme, .max = POINTS_ZERO};
    if (!key)
        return 0;
    plan->sections = calloc(n, sizeof *plan->sections);
    plan->section_of_item = calloc(n, sizeof *plan->section_of_item);
    plan->items = calloc(n, sizeof *plan->items);
    plan->order = calloc(n, sizeof *plan->order);
    if (!plan->sections || !plan->section_of_item || !plan->items || !plan->order)
        return YJ_ENOMEM;
    number_sections(plan);
    deal_items(plan);
    for (int s = 0; s < plan->n_sections; s++)
        plan->sections[s].rebase = find_rebase(plan, &plan->sections[s]);
    return find_maximum(plan);
}

void test_plan_finish(struct test_plan *plan)
{
    free(plan->sections);
    free(plan->section_of_item);
    free(plan->items);
    free(plan->order);
    *plan = (struct test_plan){.max = POINTS_ZERO};
}

bool test_plan_chooses(const struct test_plan *plan)
{
    for (int s = 0; s < plan->n_sections; s++) {
        const struct section_scheme *scheme = plan->sections[s].scheme;
        if (scheme && scheme->best + scheme->first > 0)
            return true;
    }
    return false;
}

/* ---- one candidate ---- */

/* What the item's guess costs; 0: it is none. */
static struct points guess_cost(const struct test_plan *plan, const struct test_section *section,
                                const struct test_item *items, int item)
{
    const struct key_item *of = &plan->key->items[item];

    if (!section->scheme || !section->scheme->guess || !items[item].wrong || of->n_options < 2)
        return POINTS_ZERO;
    return points_mul(of->points, (struct points){1, of->n_options - 1});
}

/* The best are those that bring most, guesses taken off: a wrong answer is worse than none. */
static bool is_better(const struct test_plan *plan, const struct test_section *section,
                      const struct test_item *items, int item, int than)
{
    return points_compare(points_sub(items[item].points, guess_cost(plan, section, items, item)),
                          points_sub(items[than].points, guess_cost(plan, section, items, than))) >
           0;
}

/* plan->order becomes the items that are chosen; returns how many. */
static int choose_items(struct test_plan *plan, const struct test_section *section,
                        const struct test_item *items)
{
    int n = 0, most = section->scheme ? section->scheme->best + section->scheme->first : 0;
    /* The first x answered could be the best x: the maximum is theirs. */
    bool best = section->scheme && (section->scheme->best > 0 || plan->for_maximum);

    for (int i = 0; i < section->n_items; i++) {
        int item = section->items[i], at = n;
        if (!items[item].counts)
            continue;
        /* Kept in the order of choosing: by points, or answered before blank; else the key's. */
        while (most > 0 && at > 0) {
            int before = plan->order[at - 1];
            bool better = best ? is_better(plan, section, items, item, before)
                               : items[item].answered && !items[before].answered;
            if (!better)
                break;
            plan->order[at] = plan->order[at - 1];
            at--;
        }
        plan->order[at] = item;
        n++;
    }
    return most > 0 && n > most ? most : n;
}

static void score_section(struct test_plan *plan, const struct test_section *section,
                          const struct test_item *items, struct section_score *ret, bool *chosen)
{
    const struct section_scheme *scheme = section->scheme;

    *ret = (struct section_score){.sum = POINTS_ZERO, .guessed = POINTS_ZERO};
    for (int i = 0; i < section->n_items; i++)
        ret->pending |= items[section->items[i]].counts && items[section->items[i]].pending;
    ret->n_chosen = choose_items(plan, section, items);
    for (int i = 0; i < ret->n_chosen; i++) {
        int item = plan->order[i];
        ret->sum = points_add(ret->sum, items[item].points);
        struct points cost = guess_cost(plan, section, items, item);
        if (cost.num != 0)
            ret->guessed = points_add(ret->guessed, cost);
        if (chosen)
            chosen[item] = true;
    }
    ret->rebased = points_mul(points_sub(ret->sum, ret->guessed), section->rebase);
    ret->weighted = scheme ? points_mul(ret->rebased, scheme->weight) : ret->rebased;
    ret->lifted = scheme ? at_least(ret->weighted, &scheme->floor) : ret->weighted;
    ret->points = scheme ? points_round(ret->lifted, &scheme->rounding) : ret->lifted;
}

void test_score_compute(struct test_plan *plan, const struct test_item *items,
                        struct section_score *ret_sections, bool *chosen,
                        struct test_total *ret_total)
{
    const struct section_scheme *scheme = plan->scheme ? &plan->scheme->total : NULL;

    *ret_total = (struct test_total){.sum = POINTS_ZERO};
    if (chosen)
        memset(chosen, 0, (size_t)plan->key->n_items * sizeof *chosen);
    for (int s = 0; s < plan->n_sections; s++) {
        score_section(plan, &plan->sections[s], items, &ret_sections[s], chosen);
        ret_total->pending |= ret_sections[s].pending;
        ret_total->sum = points_add(ret_total->sum, ret_sections[s].points);
    }
    ret_total->lifted = scheme ? at_least(ret_total->sum, &scheme->floor) : ret_total->sum;
    ret_total->points =
        scheme ? points_round(ret_total->lifted, &scheme->rounding) : ret_total->lifted;
}

struct test_item test_item_of(const struct key_item *item, const struct response *response,
                              const struct item_score *score)
{
    bool blank = !response->value || response->status == READING_BLANK ||
                 (response->status == READING_OK && response->value[0] == '\0');

    return (struct test_item){.points = score->points,
                              .pending = score->pending,
                              .counts = score->counts,
                              .answered = !blank || item->rule == RULE_VOID_FULL,
                              .wrong = !blank && !score->pending && !score->right &&
                                       !item_rule_is_void(item->rule)};
}
