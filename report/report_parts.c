#include "report_parts.h"

#include "i18n.h"
#include "report.h"
#include "report_tables.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *anchor, *title, *note;
} parts[PARTS] = {
    [PART_FINDINGS] = {"findings", N_("What to look at first"),
                       N_("Found by rules, not judged: a person decides. Grave ones may change "
                          "scores and are looked at before scores are handed out.")},
    [PART_OVERVIEW] = {"overview", N_("Overview"),
                       N_("All figures are of the candidates whose score is complete.")},
    [PART_SCORES] = {"scores", N_("Score table"),
                     N_("A row a score, the highest first: how many have it, and how many have it "
                        "or a higher one.")},
    [PART_SECTIONS] = {"sections", N_("Sections"),
                       N_("Which part of the paper was easy and which was hard.")},
    [PART_ITEMS] =
        {"items", N_("Items"),
         /* xgettext:no-c-format */
         N_("Difficulty is the share of the points earned: 0.9 is easy, 0.2 hard. D27 is "
            "the difficulty among the best 27 % less that among the weakest: 0.3 and "
            "more is good, below 0.2 an item hardly tells who knows more. r rest is the "
            "correlation with the score on all other items.")},
    [PART_OPTIONS] =
        {"options", N_("Who chose what"),
         N_("Candidates in fifths by total, 1 the weakest, 5 the best; percent of each "
            "fifth that chose an option. The key is the bold line and should climb; "
            "a wrong option that climbs is a warning.")},
    [PART_MODEL] = {"model", N_("Test information and Wright map"),
                    N_("Where information is high the test measures exactly. On the map candidates "
                       "stand beside the items that they solve with a chance of one half.")},
    [PART_GROUPS] = {"groups", N_("Classes and schools"),
                     /* xgettext:no-c-format */
                     N_("The line is the 95 % interval of a group's mean: where it holds the mean "
                        "of all, the difference may be chance. Ranks of groups whose lines overlap "
                        "mean little.")},
    [PART_DIF] = {"dif", N_("Items that treat groups unlike"),
                  N_("Candidates of equal total are compared. Class A is negligible, B slight, C "
                     "large (ETS); a negative delta favours the reference group.")},
    [PART_PAIRS] = {"pairs", N_("Answer sheets that agree too well"),
                    N_("Of one room, after correction for the number of pairs that were looked at. "
                       "It proves nothing by itself: the same sheet scanned twice looks like this, "
                       "too.")},
    [PART_CANDIDATES] = {"candidates", N_("Candidates"), N_("By number.")},
};

const char *report_part_title(enum report_part part)
{
    return _(parts[part].title);
}

const char *report_part_note(enum report_part part)
{
    return _(parts[part].note);
}

const char *report_part_anchor(enum report_part part)
{
    return parts[part].anchor;
}

static bool any_options(const struct analysis *a)
{
    for (int i = 0; i < a->n_items; i++)
        for (int o = 0; o < a->items[i].n_options; o++)
            if (a->items[i].options[o].count > 0)
                return true;
    return false;
}

bool report_part_wanted(const struct analysis *a, enum report_part part)
{
    struct report_table groups;
    switch (part) {
    case PART_FINDINGS:
    case PART_OVERVIEW:
        return true;
    case PART_SCORES:
        return a->n_scores > 0;
    case PART_SECTIONS:
        return a->n_sections > 1;
    case PART_ITEMS:
        return a->n_items > 0;
    case PART_OPTIONS:
        return any_options(a);
    case PART_MODEL:
        return *a->model || *a->why_no_model;
    case PART_GROUPS:
        return report_table_groups(a, 0, &groups);
    case PART_DIF:
        return a->n_dif > 0;
    case PART_PAIRS:
        return a->n_pairs > 0;
    case PART_CANDIDATES:
        return a->n_candidates > 0 && a->n_candidates <= REPORT_MAX_LISTED;
    case PARTS:
        break;
    }
    return false;
}

/* ---- figures ---- */

struct figure_list {
    struct report_figure *list;
    int n;
};

static struct report_figure *add(struct figure_list *f, const char *label)
{
    f->list[f->n] = (struct report_figure){.label = label};
    return &f->list[f->n++];
}

static void add_count(struct figure_list *f, const char *label, int count)
{
    struct report_figure *figure = add(f, label);
    snprintf(figure->value, sizeof figure->value, "%d", count);
}

/* What has no meaning here is left out. */
static void add_number(struct figure_list *f, const char *label, double value, int decimals)
{
    if (!isfinite(value))
        return;
    struct report_figure *figure = add(f, label);
    if (decimals < 0)
        number_print_short(figure->value, value);
    else
        number_print(figure->value, value, decimals);
}

static void add_rate(struct figure_list *f, const char *label, double share, double mark)
{
    char number[NUMBER_TEXT_MAX], rate[NUMBER_TEXT_MAX];
    if (!isfinite(share) || !isfinite(mark))
        return;
    struct report_figure *figure = add(f, label);
    share_print(rate, share);
    number_print_short(number, mark);
    snprintf(figure->value, sizeof figure->value, "%s (\xe2\x89\xa5 %s)", rate, number);
}

static void add_counts(struct figure_list *f, const struct analysis_counts *c)
{
    if (c->roster >= 0)
        add_count(f, _("in the roster"), c->roster);
    add_count(f, _("scored"), c->scored);
    add_count(f, _("absent"), c->absent);
    add_count(f, _("pending"), c->pending);
    if (c->voided > 0)
        add_count(f, _("void"), c->voided);
    add_count(f, _("pages read"), c->pages_in);
    if (c->pages_waiting > 0)
        add_count(f, _("pages that wait for a person"), c->pages_waiting);
}

int report_figures(const struct analysis *a, struct report_figure list[REPORT_FIGURES_MAX])
{
    struct figure_list f = {list, 0};
    add_counts(&f, &a->counts);
    add_number(&f, _("most points"), points_double(a->max), -1);
    add_number(&f, _("mean"), a->mean, 2);
    add_number(&f, _("standard deviation"), a->sd, 2);
    add_number(&f, _("least score"), a->min, -1);
    add_number(&f, _("lower quartile"), a->q1, -1);
    add_number(&f, _("median"), a->median, -1);
    add_number(&f, _("upper quartile"), a->q3, -1);
    add_number(&f, _("greatest score"), a->maximum, -1);
    add_rate(&f, _("passed"), a->pass, a->pass_mark);
    add_rate(&f, _("distinction"), a->distinction, a->distinction_mark);
    add_number(&f, _("skewness"), a->skewness, 2);
    add_number(&f, _("kurtosis"), a->kurtosis, 2);
    add_number(&f, _("reliability (alpha)"), a->alpha, 3);
    add_number(&f, _("standard error of a score"), a->sem, 2);
    add_number(&f, "KR-20", a->kr20, 3);
    add_number(&f, "KR-21", a->kr21, 3);
    add_number(&f, _("omega"), a->omega, 3);
    add_number(&f, _("Guttman's lambda-6"), a->lambda6, 3);
    add_number(&f, _("split-half"), a->split_half, 3);
    if (*a->scale) {
        add_number(&f, _("mean of scaled scores"), a->scale_mean, 2);
        add_number(&f, _("their standard deviation"), a->scale_sd, 2);
    }
    return f.n;
}

/* ---- sentences ---- */

const char *report_title(const struct analysis *a)
{
    return *a->exam->title ? a->exam->title : _("exam report");
}

void report_subtitle(const struct analysis *a, char *text, size_t size)
{
    const char *subject = a->exam->subject, *date = a->exam->date;
    snprintf(text, size, *subject && *date ? "%s \xc2\xb7 %s" : "%s%s", subject, date);
}

void report_summary(const struct analysis *a, char *text, size_t size)
{
    char mean[NUMBER_TEXT_MAX], max[NUMBER_TEXT_MAX], sd[NUMBER_TEXT_MAX];
    number_print(mean, a->mean, 1);
    number_print(sd, a->sd, 1);
    number_print_short(max, points_double(a->max));
    if (a->n_scored == 0)
        snprintf(text, size, "%s", _("No candidate has a complete score yet."));
    else
        snprintf(text, size,
                 _("%d candidates have a score: %s of %s points on average, with a standard "
                   "deviation of %s."),
                 a->n_scored, mean, max, sd);
    size_t used = strlen(text);
    if (a->counts.pending > 0 && used < size)
        snprintf(text + used, size - used,
                 _(" %d candidates wait for a person to decide about their sheets and are in no "
                   "figure."),
                 a->counts.pending);
}

void report_model_words(const struct analysis *a, char *text, size_t size)
{
    char reliability[NUMBER_TEXT_MAX];
    number_print(reliability, a->model_reliability, 3);
    if (!*a->model)
        snprintf(text, size, _("There is no model: %s."),
                 *a->why_no_model ? a->why_no_model : _("none was asked for"));
    else
        snprintf(text, size,
                 a->model_converged
                     ? _("%s; reliability of the abilities %s; found after %d rounds.")
                     : _("%s; reliability of the abilities %s; NOT settled after %d rounds: take "
                         "its figures for rough."),
                 model_name(a->model), reliability, a->model_iterations);
}
