/* page_ways.c - likelihoods of texts: a way to read a number says how likely each number is, and
 * independent ways multiply. */
#include "page_ways.h"

#include <math.h>
#include <string.h>

#define STRANGERS 0.01         /* of candidates, that are not on the roster */
#define SURE_OF_ITSELF 0.9999  /* and on the roster: no other entry can be likelier */
#define MAYBE 0.5              /* what a way that doubts itself gives to what it proposes */
#define ODDS_AGAINST_SURE 1e-5 /* likelihood of what a sure way does not say */
#define ODDS_AGAINST_UNSURE 1e-3
/* Of the likeliest text: what a doubtful way does not speak against. */
#define NOT_CONTRADICTED 0.01
#define MAX_WAYS (FORM_MAX_SAME + 1)
#define NEGLIGIBLE 1e-12 /* of the likeliest entry of a roster: all others together are less */
#define LINE_APART 3     /* digits off what a line reads like: not worth its sum */

/* One way in which something was read. */
struct way {
    struct reading *reading;
    const struct writing *writing;
};

/* Whether a value with open places ("12[0|5]4", "1?4") may stand for `text`. */
static bool value_allows(const char *value, const char *text)
{
    for (; *value; text++) {
        if (!*text)
            return false;
        if (*value == '[') {
            bool among = false;
            for (; *value && *value != ']'; value++)
                among |= *value == *text;
            if (!among)
                return false;
            value += *value == ']';
        } else {
            if (*value != '?' && *value != *text)
                return false;
            value++;
        }
    }
    return !*text;
}

static bool is_written(const struct way *w)
{
    return w->writing->boxed || w->writing->line;
}

static bool says_nothing(const struct way *w)
{
    return w->reading->status == READING_BLANK || w->reading->status == READING_UNREAD ||
           (w->reading->value[0] == '\0' && !is_written(w));
}

static bool is_sure(const struct way *w)
{
    return w->reading->status == READING_OK && w->reading->value[0];
}

/* Nothing for numbers that are far from what was read, nearly all of a roster: the sum over a net's
 * frames costs microseconds each. */
static double line_likelihood(const struct line_reading *line, const char *text)
{
    size_t n = strlen(text), apart = 0;
    if (line->writing > 0 && n == strlen(line->text))
        for (size_t i = 0; i < n; i++)
            apart += text[i] != line->text[i];
    return apart > LINE_APART ? 0 : line_list_likelihood(line, text);
}

/* How likely it is that this way shows what it shows where `text` was meant, up to a factor; 0
 * where that is at most `least`. */
static double way_likelihood(const struct way *w, const char *text, double least)
{
    if (says_nothing(w))
        return 1;
    if (w->writing->boxed)
        return boxed_text_likelihood(w->writing->boxed, text, least);
    if (w->writing->line)
        return line_likelihood(w->writing->line, text);
    bool sure = is_sure(w);
    if (value_allows(w->reading->value, text))
        return sure ? w->reading->confidence : MAYBE;
    return sure ? ODDS_AGAINST_SURE : ODDS_AGAINST_UNSURE;
}

/* How likely it is of what it says itself, gaps and what is open in it as they are. */
static double own_likelihood(const struct way *w)
{
    if (w->writing->boxed)
        return boxed_text_most(w->writing->boxed);
    if (w->writing->line)
        return line_likelihood(w->writing->line, w->reading->value);
    return is_sure(w) ? w->reading->confidence : MAYBE;
}

/* Whether a way that doubts itself still says that it is not this text. A line's likelihoods as
 * they are: flattened ones would pass over a digit. */
static bool speaks_against(const struct way *w, const char *text)
{
    if (w->writing->line)
        return line_log_likelihood(w->writing->line, text) <
               log(NOT_CONTRADICTED) + line_log_likelihood(w->writing->line, w->reading->value);
    return way_likelihood(w, text, 0) < NOT_CONTRADICTED * own_likelihood(w);
}

static double joint_likelihood(const struct way *ways, int n, const char *text, double least)
{
    double p = 1;
    for (int i = 0; i < n && p > least; i++)
        p *= way_likelihood(&ways[i], text, least);
    return p > least ? p : 0;
}

static void doubt(struct way *w, double confidence)
{
    if (w->reading->status == READING_OK)
        w->reading->status = READING_UNCERTAIN;
    w->reading->confidence = fmin(w->reading->confidence, confidence);
}

static void take(struct way *w, const char *value, double confidence)
{
    if (says_nothing(w))
        return;
    w->reading->value = value;
    w->reading->status = READING_OK;
    w->reading->confidence = confidence;
}

static void propose(struct way *w, const char *value, double confidence)
{
    w->reading->value = value;
    w->reading->status = READING_UNCERTAIN;
    w->reading->confidence = confidence;
}

/* Ways that are sure and differ: nobody but a person can say. */
static bool settle_quarrel(struct way *ways, int n)
{
    const char *said = NULL;
    bool quarrel = false;
    for (int i = 0; i < n; i++) {
        if (!is_sure(&ways[i]))
            continue;
        quarrel |= said && strcmp(said, ways[i].reading->value) != 0;
        said = said ? said : ways[i].reading->value;
    }
    for (int i = 0; quarrel && i < n; i++)
        doubt(&ways[i], MAYBE);
    return quarrel;
}

/* ---- the roster ---- */

/* How likely all is that these ways may say: one, of one alone, whose boxes' probabilities add up
 * to it; of several at most what each says likeliest. Where they contradict each other, or boxes
 * among others were left out, no entry comes near it. */
static double whole_likelihood(const struct way *ways, int n)
{
    double whole = 1;
    int speak = 0;
    for (int i = 0; i < n; i++) {
        if (says_nothing(&ways[i]))
            continue;
        whole *= own_likelihood(&ways[i]);
        speak++;
    }
    return speak > 1 ? whole : 1;
}

/* The entry that all ways together make likeliest, and its posterior; NULL: none can be. What the
 * entries leave of the likelihood is strangers', as often as there are strangers and as closely as
 * numbers lie here: where candidates are numbered one by one, so are those of the next school. */
static const char *likeliest_entry(const struct way *ways, int n, const struct roster *roster,
                                   double *ret_posterior)
{
    double sum = 0, best = 0;
    const char *entry = NULL;
    for (int i = 0; i < roster->n_entries; i++) {
        double p = joint_likelihood(ways, n, roster->entries[i].candidate, NEGLIGIBLE * best);
        sum += p;
        if (p > best) {
            best = p;
            entry = roster->entries[i].candidate;
        }
    }
    double strangers = STRANGERS * roster->crowding * fmax(0, whole_likelihood(ways, n) - sum);
    *ret_posterior = sum > 0 ? best / (sum + strangers) : 0;
    return entry;
}

/* Not where bubbles alone speak, nor where all that is said is sure, the same, and somebody's. */
static bool needs_roster(const struct way *ways, int n, const struct roster *roster)
{
    bool handwritten = false, plain = is_sure(&ways[0]);
    int said = 0;
    for (int i = 0; i < n; i++) {
        handwritten |= is_written(&ways[i]);
        said += !says_nothing(&ways[i]);
        plain &= says_nothing(&ways[i]) || is_sure(&ways[i]);
    }
    plain &= said > 1 || ways[0].reading->confidence >= SURE_OF_ITSELF;
    return handwritten && roster->n_entries > 0 &&
           !(plain && roster_find(roster, ways[0].reading->value));
}

/* Handwriting that is nobody's number is likelier misread than a stranger's. */
static void doubt_strangers(const struct page_view *view, struct way *ways, int n)
{
    for (int i = 0; i < n; i++)
        if (is_written(&ways[i]) && is_sure(&ways[i]) &&
            ways[i].reading->confidence < view->exam->min_confidence &&
            !roster_find(view->exam->roster, ways[i].reading->value))
            doubt(&ways[i], MAYBE);
}

static void settle_by_roster(const struct page_view *view, struct way *ways, int n)
{
    double posterior;
    int silent = 0;
    for (int i = 0; i < n; i++)
        silent += says_nothing(&ways[i]);
    if (silent == n)
        return;
    const struct roster *roster = view->exam->roster;
    const char *entry = likeliest_entry(ways, n, roster, &posterior);
    if (!entry || posterior < 0.5) { /* nobody: what is sure of somebody is not, then */
        for (int i = 0; i < n; i++)
            if (is_sure(&ways[i]) && roster_find(roster, ways[i].reading->value))
                doubt(&ways[i], posterior);
        doubt_strangers(view, ways, n);
        return;
    }
    bool sure = posterior >= view->exam->min_confidence;
    for (int i = 0; i < n; i++) {
        /* Who is sure of another number, and not by the roster, is not overruled. */
        bool differs = strcmp(ways[i].reading->value, entry) != 0;
        if (i == 0 && says_nothing(&ways[i])) /* left out where it counts, written elsewhere */
            propose(&ways[i], entry, MAYBE * posterior);
        else if (is_sure(&ways[i]) && differs && is_written(&ways[i]))
            propose(&ways[i], entry, MAYBE * posterior); /* a person sees it beside the picture */
        else if (is_sure(&ways[i]) && differs)
            doubt(&ways[i], 1 - posterior);
        else if (sure)
            take(&ways[i], entry, posterior);
        else if (!is_sure(&ways[i]) && !says_nothing(&ways[i]))
            propose(&ways[i], entry, posterior);
        else
            doubt(&ways[i], posterior);
    }
}

/* ---- without a roster ---- */

/* The first way against each other that says the same. */
static void settle_pair(const struct page_view *view, struct way *first, struct way *other)
{
    if (says_nothing(other))
        return;
    if (says_nothing(first)) { /* written in one place alone: is it the answer, or was it left? */
        doubt(other, MAYBE);
        propose(first, other->reading->value, MAYBE * other->reading->confidence);
        return;
    }
    struct way both[2] = {*first, *other};
    const char *texts[2] = {first->reading->value, other->reading->value};
    double p[2] = {joint_likelihood(both, 2, texts[0], 0), joint_likelihood(both, 2, texts[1], 0)};
    int best = p[1] > p[0] ? 1 : 0;
    bool same = strcmp(texts[0], texts[1]) == 0;
    double against = same ? 0 : p[1 - best];
    bool contradicted = !same && speaks_against(&both[1 - best], texts[best]);
    double wrong =
        (1 - both[best].reading->confidence) * (same ? 1 - both[1 - best].reading->confidence : 1);
    double confidence = contradicted ? MAYBE : fmin(1 - wrong, p[best] / (p[best] + against));
    bool open = strpbrk(texts[best], "?[") != NULL;
    if (confidence >= view->exam->min_confidence && !open) {
        take(first, texts[best], confidence);
        take(other, texts[best], confidence);
    } else {
        doubt(first, confidence);
        doubt(other, confidence);
    }
}

/* The ways of reading i: itself first, then those that say the same as it. */
static int gather_ways(const struct form *form, struct reading *readings,
                       const struct writing *writings, int n, int i, struct way *ways)
{
    const char *name = form->fields[readings[i].field].name;
    int n_ways = 0;
    ways[n_ways++] = (struct way){&readings[i], &writings[i]};
    for (int k = 0; k < n && n_ways < MAX_WAYS; k++) {
        const char *same = form->fields[readings[k].field].same_as;
        if (same && strcmp(same, name) == 0)
            ways[n_ways++] = (struct way){&readings[k], &writings[k]};
    }
    return n_ways;
}

void page_ways_settle(const struct page_view *view, const struct form *form,
                      struct reading *readings, const struct writing *writings, int n)
{
    const struct roster *roster = view->exam->roster;
    for (int i = 0; i < n; i++) {
        struct way ways[MAX_WAYS];
        int n_ways = gather_ways(form, readings, writings, n, i, ways);
        bool candidate = readings[i].field == form->candidate;
        if (n_ways > 1 && settle_quarrel(ways, n_ways))
            continue;
        if (candidate && roster && needs_roster(ways, n_ways, roster))
            settle_by_roster(view, ways, n_ways);
        else
            for (int k = 1; k < n_ways; k++)
                settle_pair(view, &ways[0], &ways[k]);
    }
}
