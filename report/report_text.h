/* report_text.h - numbers and fixed words of reports, in the reader's language.
 *
 * A figure without a meaning (NaN, infinite) is an en dash: never is "nan" printed. */
#ifndef YJ_REPORT_REPORT_TEXT_H
#define YJ_REPORT_REPORT_TEXT_H

#include "analysis.h"

#define NUMBER_TEXT_MAX 40
#define NO_NUMBER "\xe2\x80\x93"

/* "en", "zh-Hant" or "zh-Hans", as HTML names what the messages are in. */
const char *report_language(void);
/* The family that words are set in: its Chinese characters are those of the language. */
const char *report_font(void);

/* "12.50", with a true minus sign and no negative nought. */
void number_print(char text[NUMBER_TEXT_MAX], double value, int decimals);
/* As few decimals as show it to a hundredth: "12", "12.5", "12.33". */
void number_print_short(char text[NUMBER_TEXT_MAX], double value);
/* A share of 0 to 1 as "12.5 %". */
void share_print(char text[NUMBER_TEXT_MAX], double share);
/* A probability: "0.0123", "< 0.0001". */
void p_print(char text[NUMBER_TEXT_MAX], double p);
/* Points, to a hundredth. */
void points_print_short(char text[NUMBER_TEXT_MAX], struct points points);
/* "78 B": the scaled score and its band; a level that is its own name stands once. NO_NUMBER: none.
 */
void scaled_print(char text[NUMBER_TEXT_MAX], const struct analysis_scaled *scaled);

/* What a finding of the kind means, in plain words; what to do about it. */
const char *finding_title(enum finding_kind kind);
const char *finding_advice(enum finding_kind kind);
/* "Classes", "Schools" ... of an analysis_group's kind; "class", "school" of one. */
const char *group_kind_title(const char *kind);
const char *group_kind_name(const char *kind);
const char *score_status_words(enum score_status status);
/* The section's name; what stands for items that are in none. */
const char *section_name(const char *section);
/* "Rasch model" of "rasch"; as it is where it is none we know. */
const char *model_name(const char *model);

#endif
