/* explain_rule.c - each rule of the key as a sentence with its figures. */
#include "explain.h"

#include "i18n.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct words {
    char *text;
    size_t length;
};

static void say(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct words *w, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(w->text + w->length, RULE_WORDS_MAX - w->length, fmt, args);
    va_end(args);
    if (n > 0)
        w->length += (size_t)n;
    if (w->length >= RULE_WORDS_MAX)
        w->length = RULE_WORDS_MAX - 1;
}

/* A few points as text within one message. */
struct figure {
    char text[POINTS_TEXT_MAX];
};

static struct figure figure(struct points points)
{
    struct figure f;

    points_print(points, f.text);
    return f;
}

#define F(points) (figure(points).text)

static void say_subset(struct words *w, const struct key_item *item)
{
    say(w, _("all right options %s, a part of them and no wrong one %s, any wrong one %s"),
        F(item->points), F(item->partial), F(item->wrong));
}

static void say_per_option(struct words *w, const struct key_item *item)
{
    uint64_t key = 0;
    int n = 1;

    if (item->n_accepted > 0 &&
        option_set_parse(item->accepted[0], item->options, item->n_options, true, &key) == 0 && key)
        n = __builtin_popcountll(key);
    say(w, _("%s for each right option, any wrong one %s"),
        F(points_mul(item->points, (struct points){1, n})), F(item->wrong));
}

static void say_ceec(struct words *w, const struct key_item *item)
{
    int n = item->n_options > 0 ? item->n_options : 1;

    say(w, _("%s, less %s for each of the %d options judged wrongly, not below 0"), F(item->points),
        F(points_mul(item->points, (struct points){2, n})), n);
}

static void say_exam_yuan(struct words *w, const struct key_item *item)
{
    say(w, _("%s; one option judged wrongly %s, two %s, more 0"), F(item->points),
        F(points_mul(item->points, (struct points){3, 5})),
        F(points_mul(item->points, (struct points){1, 5})));
}

static void say_jee(struct words *w, const struct key_item *item)
{
    say(w, _("all right options %s, %s for each of a part of them, any wrong one %s"),
        F(item->points), F(item->partial), F(item->wrong));
}

static void say_enumerated(struct words *w, const struct key_item *item)
{
    for (int i = 0; i < item->n_accepted; i++)
        say(w, _("%s'%s' gives %s"), i ? ", " : "", item->accepted[i], F(item->accepted_points[i]));
    say(w, _(", any other answer %s"), F(item->wrong));
}

static void say_number(struct words *w, const struct key_item *item)
{
    if (points_compare(item->tolerance, POINTS_ZERO) > 0)
        say(w, _("%s for a number at most %s from an accepted one, any other %s"), F(item->points),
            F(item->tolerance), F(item->wrong));
    else
        say(w, _("%s for an accepted number, any other %s"), F(item->points), F(item->wrong));
    if (item->unit[0])
        say(w, item->unit_optional ? _("; with '%s' or without") : _("; '%s' must follow it"),
            item->unit);
}

static void say_r_exams(struct words *w, const struct key_item *item)
{
    const struct r_exams_rule *rule = &item->own->r_exams;

    if (rule->partial)
        say(w,
            _("R/exams: right marks share %s, wrong ones take their share by rule '%s', not "
              "below %s"),
            F(item->points), r_exams_part_name(rule->rule),
            F(points_mul(item->points, rule->negative)));
    else
        say(w, _("R/exams: exactly the key %s, anything else %s"), F(item->points),
            F(points_mul(item->points, rule->negative)));
}

static void say_amc(struct words *w, const struct key_item *item)
{
    const struct amc_rule *rule = &item->own->amc;

    if (item->own->formula)
        say(w, _("Auto Multiple Choice: %s"), formula_text(item->own->formula));
    else if (rule->has_mz)
        say(w, _("Auto Multiple Choice: everything right %s, else 0"), F(rule->mz));
    else if (item->multiple)
        say(w, _("Auto Multiple Choice: each option judged rightly %s, wrongly %s"), F(rule->b),
            F(rule->m));
    else
        say(w, _("Auto Multiple Choice: right %s, wrong %s"), F(rule->b), F(rule->m));
    if (rule->has_haut)
        say(w, _(", moved so that the full answer has %s"), F(rule->haut));
    else if (rule->d.num != 0)
        say(w, _(", and %s added"), F(rule->d));
    if (rule->p.given || rule->has_haut)
        say(w, _(", not below %s"), F(rule->p.points));
    say(w, _("; blank %s, more marks than allowed %s"), F(rule->v), F(rule->e));
}

static void say_whole(struct words *w, const struct key_item *item)
{
    say(w, _("%s for an accepted answer, any other %s"), F(item->points), F(item->wrong));
}

static void say_rule(struct words *w, const struct key_item *item)
{
    switch (item->rule) {
    case RULE_SINGLE:
    case RULE_ALL:
        say_whole(w, item);
        break;
    case RULE_SUBSET:
        say_subset(w, item);
        break;
    case RULE_PER_OPTION:
        say_per_option(w, item);
        break;
    case RULE_CEEC:
        say_ceec(w, item);
        break;
    case RULE_EXAM_YUAN:
        say_exam_yuan(w, item);
        break;
    case RULE_JEE:
        say_jee(w, item);
        break;
    case RULE_ENUMERATED:
        say_enumerated(w, item);
        break;
    case RULE_NUMBER:
        say_number(w, item);
        break;
    case RULE_R_EXAMS:
        say_r_exams(w, item);
        break;
    case RULE_AMC:
        say_amc(w, item);
        break;
    case RULE_FORMULA:
        say(w, _("formula: %s"), formula_text(item->own->formula));
        break;
    case RULE_POINTS:
        say(w,
            item->by_hand ? _("people give the points, 0 to %s")
                          : _("what is read is the score, 0 to %s"),
            F(item->points));
        break;
    case RULE_VOID_DROP:
        say(w, _("void: counts for nobody"));
        break;
    case RULE_VOID_REBASE:
        say(w, _("void: counts for nobody; its %s are spread over the others of its section"),
            F(item->points));
        break;
    case RULE_VOID_FULL:
        say(w, _("void: %s for everybody who sat"), F(item->points));
        break;
    case RULE_VOID_ANSWERED:
        say(w, _("void: %s for everybody who answered"), F(item->points));
        break;
    }
}

void explain_rule(const struct key_item *item, char text[RULE_WORDS_MAX])
{
    struct words w = {text, 0};

    text[0] = '\0';
    say_rule(&w, item);
    if (!item_rule_is_void(item->rule) && item->rule != RULE_AMC && item->blank.num != 0)
        say(&w, _("; blank %s"), F(item->blank));
}
