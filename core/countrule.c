#include "countrule.h"

#include "diag.h"
#include "scheme.h"

bool item_rule_tallies(enum item_rule rule)
{
    return rule == RULE_EXAM_YUAN || rule == RULE_JEE || rule == RULE_R_EXAMS || rule == RULE_AMC ||
           rule == RULE_FORMULA;
}

static struct points at_least(struct points points, struct points least)
{
    return points_compare(points, least) < 0 ? least : points;
}

static int missed(const struct mark_tally *tally)
{
    return tally->key - tally->right;
}

/* Examination Yuan (考選部), multiple select: with k options judged wrongly, marked though wrong or
 * left out though right, S, 3/5 S, 1/5 S and 0 for k = 0, 1, 2 and more. */
static struct points exam_yuan(const struct key_item *item, const struct mark_tally *tally)
{
    static const struct points shares[] = {{1, 1}, {3, 5}, {1, 5}};
    int k = missed(tally) + tally->wrong;

    return k > 2 ? POINTS_ZERO : points_mul(item->points, shares[k]);
}

/* JEE (Advanced), multiple select: full marks for all right options, `partial` (+1) for each of a
 * right part, `wrong` (-2) with any wrong one. */
static struct points jee(const struct key_item *item, const struct mark_tally *tally)
{
    if (tally->wrong > 0)
        return item->wrong;
    return missed(tally) == 0 ? item->points
                              : points_mul(item->partial, (struct points){tally->right, 1});
}

/* What a wrong mark takes, as a share of the item: R/exams, exams_eval's `rule`. */
static struct points r_exams_loss(const struct r_exams_rule *rule, const struct mark_tally *tally)
{
    int n_false = tally->options - tally->key;

    switch (rule->rule) {
    case R_EXAMS_FALSE2:
        return (struct points){-1, n_false > 2 ? n_false : 2};
    case R_EXAMS_FALSE:
        return (struct points){-1, n_false > 1 ? n_false : 1};
    case R_EXAMS_TRUE:
        return (struct points){-1, tally->key};
    case R_EXAMS_ALL:
        return (struct points){-1, 1};
    case R_EXAMS_NONE:
        break;
    }
    return POINTS_ZERO;
}

/* R/exams (exams_eval): partial, 1/#true a right mark, the loss a wrong one, not below `negative`;
 * else 1 for exactly the key and `negative` for all others. Shares of the item's points. */
static struct points r_exams(const struct key_item *item, const struct mark_tally *tally)
{
    const struct r_exams_rule *rule = &item->own->r_exams;
    struct points share;

    if (!rule->partial) {
        share = missed(tally) == 0 && tally->wrong == 0 ? (struct points){1, 1} : rule->negative;
    } else {
        struct points loss = r_exams_loss(rule, tally);
        share = points_add((struct points){tally->right, tally->key},
                           points_mul(loss, (struct points){tally->wrong, 1}));
        share = at_least(share, rule->negative);
    }
    return points_mul(item->points, share);
}

static int formula_points(const struct key_item *item, const struct mark_tally *tally,
                          struct points *ret)
{
    const struct points facts[FORMULA_FACTS] = {
        [FACT_POINTS] = item->points,       [FACT_OPTIONS] = {tally->options, 1},
        [FACT_KEY] = {tally->key, 1},       [FACT_RIGHT] = {tally->right, 1},
        [FACT_WRONG] = {tally->wrong, 1},   [FACT_MARKED] = {tally->right + tally->wrong, 1},
        [FACT_MISSED] = {missed(tally), 1},
    };
    return formula_evaluate(item->own->formula, facts, ret);
}

/* Auto Multiple Choice, "Scoring strategy". A question of one mark: b right, m wrong. Of several:
 * b for each box treated rightly (marked and right, or unmarked and wrong), m for each other. Then
 * the offset d, and not below p. haut = h sets d so that the full answer has h, mz = x gives x for
 * the full answer and 0 else; both set p to 0 where it is not given. */
static int amc(const struct key_item *item, const struct mark_tally *tally, struct points *ret)
{
    const struct amc_rule *rule = &item->own->amc;
    int bad = missed(tally) + tally->wrong, good = tally->options - bad;
    struct points sum = rule->d, floor = rule->p.points;
    bool floored = rule->p.given || rule->has_mz || rule->has_haut;

    if (item->own->formula) {
        int rc = formula_points(item, tally, &sum);
        if (rc < 0)
            return rc;
    } else if (rule->has_mz) {
        sum = bad == 0 ? rule->mz : POINTS_ZERO;
    } else if (!item->multiple) {
        struct points full = rule->has_haut ? rule->haut : points_add(rule->b, rule->d);
        sum = bad == 0 ? full : points_add(rule->m, rule->d);
    } else {
        struct points all = points_mul(rule->b, (struct points){tally->options, 1});
        if (rule->has_haut)
            sum = points_sub(rule->haut, all);
        sum = points_add(sum, points_mul(rule->b, (struct points){good, 1}));
        sum = points_add(sum, points_mul(rule->m, (struct points){bad, 1}));
    }
    *ret = floored ? at_least(sum, floor) : sum;
    return 0;
}

int tally_points(const struct key_item *item, const struct mark_tally *tally,
                 struct points *ret_points)
{
    switch (item->rule) {
    case RULE_EXAM_YUAN:
        *ret_points = exam_yuan(item, tally);
        return 0;
    case RULE_JEE:
        *ret_points = jee(item, tally);
        return 0;
    case RULE_R_EXAMS:
        *ret_points = r_exams(item, tally);
        return 0;
    case RULE_AMC:
        return amc(item, tally, ret_points);
    case RULE_FORMULA:
        return formula_points(item, tally, ret_points);
    default:
        return YJ_EINPUT;
    }
}
