/* keyworth.c - what each answer of a key is worth: tried before a scan is opened, and exact when
 * added up. */
#include "keycheck.h"

#include "countrule.h"
#include "diag.h"
#include "i18n.h"
#include "scheme.h"
#include <math.h>

/* ---- rules that count marks: every answer is tried before a scan is opened ---- */

static struct mark_tally full_tally(const struct key_item *item)
{
    struct mark_tally tally = {item->n_options, 1, 1, 0};
    uint64_t set = 0;

    if (item->multiple && item->n_accepted > 0 &&
        option_set_parse(item->accepted[0], item->options, item->n_options, true, &set) == 0)
        tally.key = tally.right = __builtin_popcountll(set);
    return tally;
}

typedef int (*visit_tally)(const struct key_checker *c, const struct key_item *item,
                           const struct mark_tally *tally, void *context);

/* Every number of right and wrong marks that an answer can have. */
static int each_tally(const struct key_checker *c, const struct key_item *item, visit_tally visit,
                      void *context)
{
    struct mark_tally tally = full_tally(item);
    int most_wrong = item->multiple ? tally.options - tally.key : 1, most_right = tally.key, rc = 0;

    for (tally.right = 0; tally.right <= most_right && rc == 0; tally.right++)
        for (tally.wrong = 0; tally.wrong <= most_wrong && rc == 0; tally.wrong++)
            if (tally.right + tally.wrong > 0 && (item->multiple || tally.right + tally.wrong == 1))
                rc = visit(c, item, &tally, context);
    return rc;
}

static int check_tally(const struct key_checker *c, const struct key_item *item,
                       const struct mark_tally *tally, void *context)
{
    char given[POINTS_TEXT_MAX], full[POINTS_TEXT_MAX];
    struct points points;
    bool right = tally->right == tally->key && tally->wrong == 0;

    (void)context;
    if (tally_points(item, tally, &points) < 0)
        return diag_error(
            c->d, YJ_EINPUT, c->key->path, item->line, item->item_column,
            _("use if(...) to keep it from dividing by 0"),
            _("the formula of item '%s' has no value for %d right and %d wrong marks"), item->item,
            tally->right, tally->wrong);
    int order = points_compare(points, item->points);
    if (order > 0 || (right && order != 0)) {
        points_print(points, given);
        points_print(item->points, full);
        return diag_error(c->d, YJ_EINPUT, c->key->path, item->line, item->item_column,
                          _("column 'points' is what the full answer gives, and the most"),
                          _("%d right and %d wrong marks give item '%s' %s points; it is worth %s"),
                          tally->right, tally->wrong, item->item, given, full);
    }
    return 0;
}

int key_check_tallies(const struct key_checker *c, const struct key_item *item)
{
    return item_rule_tallies(item->rule) ? each_tally(c, item, check_tally, NULL) : 0;
}

/* ---- sums stay exact ---- */

static int64_t greatest_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Takes the denominator of points that are given in `parts` parts into the common one. */
static bool take_denominator(int64_t *common, struct points points, int parts)
{
    struct points part = points_mul(points, (struct points){1, parts});

    if (part.den > KEY_MAX_DENOMINATOR)
        return false;
    *common = *common / greatest_divisor(*common, part.den) * part.den;
    return *common <= KEY_MAX_DENOMINATOR;
}

/* Parts that the item's rule divides its points by. */
static int points_parts(const struct key_item *item)
{
    uint64_t set = 0;

    if (item->rule == RULE_CEEC && item->n_options > 0)
        return item->n_options;
    if (item->rule == RULE_EXAM_YUAN)
        return 5;
    if (item->rule == RULE_PER_OPTION && item->n_accepted > 0 &&
        option_set_parse(item->accepted[0], item->options, item->n_options, true, &set) == 0 && set)
        return __builtin_popcountll(set);
    return 1;
}

/* What an item's points need: a common denominator, and room for the largest of them. */
struct exactness {
    int64_t common;
    double size;
};

static int take_points(struct exactness *e, struct points points, int parts)
{
    e->size = fmax(e->size, fabs(points_double(points)));
    return take_denominator(&e->common, points, parts) ? 0 : YJ_EINPUT;
}

static int take_tally(const struct key_checker *c, const struct key_item *item,
                      const struct mark_tally *tally, void *context)
{
    struct points points = POINTS_ZERO;

    (void)c;
    (void)tally_points(item, tally, &points); /* it has a value: check_tally saw to it */
    return take_points(context, points, 1);
}

static int take_item(const struct key_checker *c, const struct key_item *item, struct exactness *e)
{
    const struct points worth[] = {item->points, item->partial, item->wrong, item->blank};
    const struct points amc[] = {item->own ? item->own->amc.v : POINTS_ZERO,
                                 item->own ? item->own->amc.e : POINTS_ZERO};
    int rc = 0;

    for (size_t k = 0; k < sizeof worth / sizeof *worth && rc == 0; k++)
        rc = take_points(e, worth[k], points_parts(item));
    for (size_t k = 0; k < sizeof amc / sizeof *amc && rc == 0; k++)
        rc = take_points(e, amc[k], 1);
    for (int k = 0; item->accepted_points && k < item->n_accepted && rc == 0; k++)
        rc = take_points(e, item->accepted_points[k], 1);
    if (rc == 0 && item->rule == RULE_POINTS)
        rc = take_points(e, (struct points){1, GIVEN_PARTS}, 1);
    return rc == 0 && item_rule_tallies(item->rule) ? each_tally(c, item, take_tally, e) : rc;
}

double key_item_size(const struct key_checker *c, const struct key_item *item)
{
    struct exactness e = {1, 0};

    (void)take_item(c, item, &e);
    return e.size;
}

/* Totals must stay exact: 1/7 + 1/11 + ... needs a common step that 64 bits can carry. */
int key_check_exactness(const struct key_checker *c)
{
    struct exactness e = {1, 0};
    double sum = 0;

    for (int i = 0; i < c->key->n_items; i++) {
        const struct key_item *item = &c->key->items[i];
        e.size = 0;
        int rc = take_item(c, item, &e);
        sum += e.size;
        if (rc < 0 || sum > KEY_MAX_SUM || sum * (double)e.common > KEY_MAX_SIZE)
            return diag_error(c->d, YJ_EINPUT, c->key->path, item->line, 1,
                              _("write points such as 2, 0.5 or 1/3"),
                              _("points of item '%s' cannot be added exactly to the others"),
                              item->item);
    }
    c->key->denominator = e.common;
    return 0;
}
