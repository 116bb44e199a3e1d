/* report_parts.h - what the office's report is made of, for HTML and PDF alike. */
#ifndef YJ_REPORT_REPORT_PARTS_H
#define YJ_REPORT_REPORT_PARTS_H

#include "report_text.h"

enum report_part {
    PART_FINDINGS,
    PART_OVERVIEW,
    PART_SCORES,
    PART_SECTIONS,
    PART_ITEMS,
    PART_OPTIONS,
    PART_MODEL,
    PART_GROUPS,
    PART_DIF,
    PART_PAIRS,
    PART_CANDIDATES,
    PARTS
};

/* Its heading, and in a sentence or two how to read it. */
const char *report_part_title(enum report_part part);
const char *report_part_note(enum report_part part);
const char *report_part_anchor(enum report_part part); /* id in HTML */
/* Whether the analysis has anything for it. */
bool report_part_wanted(const struct analysis *a, enum report_part part);

/* A figure of the test with its name. */
struct report_figure {
    const char *label;
    char value[2 * NUMBER_TEXT_MAX + 8];
};
#define REPORT_FIGURES_MAX 32
/* Fills the list, returns how many. */
int report_figures(const struct analysis *a, struct report_figure list[REPORT_FIGURES_MAX]);

/* "Physics, 2026-11-30": what stands under the title; cut to size. */
void report_subtitle(const struct analysis *a, char *text, size_t size);
const char *report_title(const struct analysis *a);
/* The result in a sentence; told first. */
void report_summary(const struct analysis *a, char *text, size_t size);
/* "Rasch model; ..." or why there is none. */
void report_model_words(const struct analysis *a, char *text, size_t size);

#endif
