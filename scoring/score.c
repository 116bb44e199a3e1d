#include "score.h"

#include "countrule.h"
#include "diag.h"
#include "scheme.h"
#include <assert.h>
#include <string.h>

/* An answer, taken apart: what the rules judge. */
struct answer {
    bool blank, multiple; /* multiple: more marks than the field allows */
    const char *value;
    uint64_t marked, key; /* options, for the rules that judge each; 0 where value is no set */
    bool is_set;          /* marked and key are known */
};

int score_option_set(const char *value, char *const *options, int n_options, uint64_t *ret_set)
{
    return option_set_parse(value, options, n_options, true, ret_set) < 0 ? -1 : 0;
}

static int count_options(uint64_t set)
{
    return __builtin_popcountll(set);
}

static bool is_accepted(const struct key_item *item, const char *value)
{
    for (int i = 0; i < item->n_accepted; i++)
        if (strcmp(item->accepted[i], value) == 0)
            return true;
    return false;
}

/* Numbers are compared as such: "07", "7" and "7.0" are one. */
/* The number of an answer, without the unit that the item asks for. False: it is none, or the unit
 * is not as it should be. */
static bool read_number(const struct key_item *item, const char *value, struct points *ret)
{
    char number[POINTS_TEXT_MAX];
    size_t length = strlen(value), of_unit = item->unit ? strlen(item->unit) : 0;
    bool has_unit =
        of_unit > 0 && length > of_unit && strcmp(value + length - of_unit, item->unit) == 0;

    if (of_unit > 0 && !has_unit && !item->unit_optional)
        return false;
    if (!has_unit)
        return points_parse(value, ret) == 0;
    for (length -= of_unit; length > 0 && value[length - 1] == ' ';)
        length--;
    if (length == 0 || length >= sizeof number)
        return false;
    memcpy(number, value, length);
    number[length] = '\0';
    return points_parse(number, ret) == 0;
}

static bool is_accepted_number(const struct key_item *item, const char *value)
{
    struct points given, right;
    if (!read_number(item, value, &given))
        return false;
    for (int i = 0; i < item->n_accepted; i++) {
        if (points_parse(item->accepted[i], &right) < 0)
            continue;
        struct points off =
            points_compare(given, right) < 0 ? points_sub(right, given) : points_sub(given, right);
        if (points_compare(off, item->tolerance) <= 0)
            return true;
    }
    return false;
}

/* ---- rules: one function each, for an answer that is neither blank nor waiting ---- */

/* S if the answer is one of the accepted ones: a single choice, a set as a whole (all or nothing),
 * a number or a text. */
static struct points score_whole(const struct key_item *item, const struct answer *answer)
{
    return is_accepted(item, answer->value) ? item->points : item->wrong;
}

/* Gaokao to 2023, as the papers' instructions have it: all right options S; a part of them and no
 * wrong one the partial points (2020: 3 of 5; 2021 to 2023: 2 of 5); any wrong one 0 (here: the
 * item's points for a wrong answer, as in JEE-like papers that take points away). */
static struct points score_subset(const struct key_item *item, const struct answer *answer)
{
    if (!answer->is_set || (answer->marked & ~answer->key))
        return item->wrong;
    return answer->marked == answer->key ? item->points : item->partial;
}

/* Gaokao from 2024: S = 6 gives 3 each of two right options, 2 each of three; any wrong one 0. */
static struct points score_per_option(const struct key_item *item, const struct answer *answer)
{
    if (!answer->is_set || (answer->marked & ~answer->key))
        return item->wrong;
    struct points share = {count_options(answer->marked), count_options(answer->key)};
    return points_mul(item->points, share);
}

/* CEEC (paper of 2012): k options judged wrongly, marked though wrong or left out though right,
 * max(0, (n - 2k) / n) S. n = 5, S = 4: 4, 2.4, 0.8, 0. */
static struct points score_ceec(const struct key_item *item, const struct answer *answer)
{
    if (!answer->is_set)
        return POINTS_ZERO;
    int n = item->n_options, k = count_options(answer->marked ^ answer->key);
    if (n - 2 * k <= 0)
        return POINTS_ZERO;
    return points_mul(item->points, (struct points){n - 2 * k, n});
}

/* What was read is the score. False: it is no number of points that the item can give, and waits
 * for a person as an uncertain one does. */
static bool read_points(const struct key_item *item, const struct response *response,
                        struct points *ret)
{
    struct points given;
    if (response->status == READING_BLANK)
        return true;
    if (response->status == READING_MULTIPLE || points_parse(response->value, &given) < 0 ||
        GIVEN_PARTS % given.den != 0 || points_compare(given, POINTS_ZERO) < 0 ||
        points_compare(given, item->points) > 0)
        return false;
    *ret = given;
    return true;
}

/* The points that the key writes beside the answer; any other is wrong. */
static struct points score_enumerated(const struct key_item *item, const struct answer *answer)
{
    for (int i = 0; i < item->n_accepted; i++)
        if (strcmp(item->accepted[i], answer->value) == 0)
            return item->accepted_points[i];
    return item->wrong;
}

/* How many right and wrong options are marked; of what is no set of options, whether it is
 * accepted. */
static struct mark_tally count_marks(const struct key_item *item, const struct answer *answer)
{
    struct mark_tally tally = {.options = item->n_options, .key = 1};

    if (item->multiple && answer->is_set) {
        tally.key = count_options(answer->key);
        tally.right = count_options(answer->marked & answer->key);
        tally.wrong = count_options(answer->marked & ~answer->key);
    } else {
        tally.right = is_accepted(item, answer->value);
        tally.wrong = !tally.right;
    }
    return tally;
}

static struct points score_tally(const struct key_item *item, const struct answer *answer)
{
    const struct mark_tally tally = count_marks(item, answer);
    struct points points;

    /* key_check has tried every answer: there is a value */
    return tally_points(item, &tally, &points) < 0 ? item->wrong : points;
}

static struct points score_answer(const struct key_item *item, const struct answer *answer)
{
    switch (item->rule) {
    case RULE_SINGLE:
    case RULE_ALL:
        return score_whole(item, answer);
    case RULE_NUMBER:
        return is_accepted_number(item, answer->value) ? item->points : item->wrong;
    case RULE_SUBSET:
        return score_subset(item, answer);
    case RULE_PER_OPTION:
        return score_per_option(item, answer);
    case RULE_CEEC:
        return score_ceec(item, answer);
    case RULE_ENUMERATED:
        return score_enumerated(item, answer);
    case RULE_EXAM_YUAN:
    case RULE_JEE:
    case RULE_R_EXAMS:
    case RULE_AMC:
    case RULE_FORMULA:
        return score_tally(item, answer);
    case RULE_VOID_FULL:
    case RULE_VOID_ANSWERED:
        return item->points;
    case RULE_POINTS: /* see read_points */
    case RULE_VOID_DROP:
    case RULE_VOID_REBASE:
        break;
    }
    return POINTS_ZERO;
}

static struct answer take_apart(const struct key_item *item, const struct response *response)
{
    struct answer answer = {.value = response->value,
                            .blank = response->status == READING_BLANK || !response->value[0],
                            .multiple = response->status == READING_MULTIPLE};

    if (item->n_options > 0 && item->n_accepted > 0)
        answer.is_set =
            score_option_set(answer.value, item->options, item->n_options, &answer.marked) == 0 &&
            score_option_set(item->accepted[0], item->options, item->n_options, &answer.key) == 0 &&
            answer.key != 0;
    return answer;
}

/* ---- the item ---- */

static bool is_right(const struct key_item *item, const struct answer *answer, struct points points)
{
    if (item->rule == RULE_NUMBER)
        return is_accepted_number(item, answer->value);
    return is_accepted(item, answer->value) &&
           (item->rule != RULE_ENUMERATED || points_compare(points, item->points) == 0);
}

static bool waits_for_a_person(const struct response *response)
{
    return !response->value || response->status == READING_UNCERTAIN ||
           response->status == READING_UNREAD;
}

struct item_score score_item(const struct key_item *item, const struct response *response)
{
    struct item_score score = {.points = POINTS_ZERO, .counts = !item_rule_drops(item->rule)};

    if (!score.counts)
        return score;
    if (item->rule == RULE_VOID_FULL) { /* whatever the sheet shows */
        score.points = item->points;
        return score;
    }
    if (waits_for_a_person(response)) {
        score.pending = true;
        return score;
    }
    if (item->rule == RULE_POINTS) {
        score.points = item->blank;
        score.pending = !read_points(item, response, &score.points);
        score.right = !score.pending && points_compare(score.points, item->points) == 0;
        if (score.pending)
            score.points = POINTS_ZERO;
        return score;
    }
    struct answer answer = take_apart(item, response);
    bool wrong_by_marks = answer.multiple && item->rule != RULE_VOID_ANSWERED;
    if (answer.blank && !answer.multiple)
        score.points = item->rule == RULE_AMC ? item->own->amc.v : item->blank;
    else if (wrong_by_marks)
        score.points = item->rule == RULE_AMC ? item->own->amc.e : item->wrong;
    else
        score.points = score_answer(item, &answer);
    score.right = !answer.blank && !wrong_by_marks && is_right(item, &answer, score.points);
    return score;
}

struct points score_item_max(const struct key_item *item)
{
    return item_rule_drops(item->rule) ? POINTS_ZERO : item->points;
}
