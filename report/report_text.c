#include "report_text.h"

#include "i18n.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MINUS "\xe2\x88\x92"

const char *report_language(void)
{
    /* TRANSLATORS: how HTML names the language of this file: zh-Hant or zh-Hans. */
    return _("en");
}

const char *report_font(void)
{
    return strcmp(report_language(), "zh-Hans") == 0 ? "Noto Sans CJK SC" : "Noto Sans CJK TC";
}

/* ---- numbers ---- */

void number_print(char text[NUMBER_TEXT_MAX], double value, int decimals)
{
    char digits[NUMBER_TEXT_MAX - 4];
    if (!isfinite(value)) {
        strcpy(text, NO_NUMBER);
        return;
    }
    /* Beyond 10^15 nothing is a score; a digit more would not fit. */
    snprintf(digits, sizeof digits, fabs(value) < 1e15 ? "%.*f" : "%.*e", decimals, fabs(value));
    bool nought = strspn(digits, "0.") == strlen(digits);
    snprintf(text, NUMBER_TEXT_MAX, "%s%s", value < 0 && !nought ? MINUS : "", digits);
}

void number_print_short(char text[NUMBER_TEXT_MAX], double value)
{
    int decimals = 0;
    while (decimals < 2 &&
           fabs(value * pow(10, decimals) - round(value * pow(10, decimals))) > 1e-6)
        decimals++;
    number_print(text, value, decimals);
}

void share_print(char text[NUMBER_TEXT_MAX], double share)
{
    number_print(text, share * 100, 1);
    if (isfinite(share))
        strcat(text, " %");
}

void p_print(char text[NUMBER_TEXT_MAX], double p)
{
    if (p < 5e-5)
        strcpy(text, "< 0.0001");
    else
        number_print(text, p, 4);
}

void points_print_short(char text[NUMBER_TEXT_MAX], struct points points)
{
    number_print_short(text, points_double(points));
}

void scaled_print(char text[NUMBER_TEXT_MAX], const struct analysis_scaled *scaled)
{
    char number[NUMBER_TEXT_MAX];
    number_print_short(number, scaled->value);
    bool band = *scaled->label && strcmp(scaled->label, number) != 0;
    /* Labels are short: exam.yaml's at most 15 bytes. */
    snprintf(text, NUMBER_TEXT_MAX, "%.20s%s%.18s", number, band ? " " : "",
             band ? scaled->label : "");
}

/* ---- words ---- */

static const struct {
    const char *title, *advice;
} findings[FINDING_KINDS] = {
    [FINDING_MISKEYED] = {N_("the key may be wrong"),
                          N_("a wrong option is chosen by the better candidates more than the key "
                             "is: hold the item against the paper")},
    [FINDING_HURTS_ALPHA] = {N_("the item lowers the reliability"),
                             N_("the test measures better without it: read the item again")},
    [FINDING_UNUSED_OPTION] = {N_("an option hardly anybody chose"),
                               N_("it distracts nobody: write a better one next time")},
    [FINDING_ZERO_SCORE] = {N_("a score of nought"),
                            N_("look at the sheet: it may be another paper's, or turned")},
    [FINDING_PERFECT_SCORE] = {N_("a perfect score"),
                               N_("a good candidate, or the key's own sheet")},
    [FINDING_GROUP_OFF] = {N_("a group far from the others"),
                           N_("look at its scans and at how the test was given there")},
    [FINDING_PAIR] = {N_("two answer sheets that agree too well"),
                      N_("no proof of anything: look at both sheets and at the seating plan")},
    [FINDING_ITEM_MISFIT] = {N_("the item does not fit the model"),
                             N_("answers to it do not follow ability as the model expects")},
    [FINDING_DIF] = {N_("the item treats groups unlike"),
                     N_("candidates of equal ability do better on it in one of the groups: was it "
                        "taught in one alone?")},
    [FINDING_NEGATIVE_ITEM] = {N_("the better candidates do worse on it"),
                               N_("hold the key and the item against the paper")},
};

const char *finding_title(enum finding_kind kind)
{
    return kind < FINDING_KINDS ? _(findings[kind].title) : "";
}

const char *finding_advice(enum finding_kind kind)
{
    return kind < FINDING_KINDS ? _(findings[kind].advice) : "";
}

static const struct {
    const char *kind, *title, *name;
} group_kinds[] = {
    {"school", N_("Schools"), N_("school")},
    {"class", N_("Classes"), N_("class")},
    {"room", N_("Rooms"), N_("room")},
    {"batch", N_("Batches of scans"), N_("batch")},
};

const char *group_kind_title(const char *kind)
{
    for (size_t i = 0; i < sizeof group_kinds / sizeof *group_kinds; i++)
        if (strcmp(kind, group_kinds[i].kind) == 0)
            return _(group_kinds[i].title);
    return kind;
}

const char *group_kind_name(const char *kind)
{
    for (size_t i = 0; i < sizeof group_kinds / sizeof *group_kinds; i++)
        if (strcmp(kind, group_kinds[i].kind) == 0)
            return _(group_kinds[i].name);
    return kind;
}

const char *score_status_words(enum score_status status)
{
    switch (status) {
    case SCORE_SCORED:
        return _("scored");
    case SCORE_PENDING:
        return _("pending");
    case SCORE_ABSENT:
        return _("absent");
    case SCORE_VOID:
        return _("void");
    }
    return "";
}

const char *section_name(const char *section)
{
    return *section ? section : _("no section");
}

const char *model_name(const char *model)
{
    static const char *const names[][2] = {{"rasch", N_("Rasch model")},
                                           {"2pl", N_("Two-parameter model (2PL)")},
                                           {"3pl", N_("Three-parameter model (3PL)")}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(model, names[i][0]) == 0)
            return _(names[i][1]);
    return model;
}
