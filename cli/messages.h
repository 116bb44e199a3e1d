/* messages.h - what the commands say, and how it is aligned.
 *
 * Results go to stdout, everything else to stderr. Chinese letters are two columns wide. */
#ifndef YJ_CLI_MESSAGES_H
#define YJ_CLI_MESSAGES_H

#include "grade.h"
#include "reliability.h"
#include <stddef.h>
#include <stdio.h>

struct alarm_list;
struct diag;

/* Chooses the user's language; numbers keep their point, whatever the locale. */
void messages_init(void);
/* Another language from here on, for what is written for others: "zh_TW", "zh_CN" or "en". */
void messages_set_language(const char *language);

/* "yuejuan grade: unknown option '--jbos' (see 'yuejuan grade --help')"; returns EXIT_USAGE. */
int usage_error(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for what getopt_long refused: call where it returned '?' or ':'. */
int usage_error_option(const char *command, int argc, char **argv, int returned);
/* Prints the diagnostics and turns a return code (0 or enum yj_error) into the exit status. */
int finish_command(const struct diag *d, int code);
/* What `export` and `verify` say of scores that do not follow from all that is stored. */
const char *scores_are_old(void);

/* Columns that UTF-8 text takes on a terminal. */
int display_width(const char *text);
/* Writes text and fills up with spaces to `width` columns. */
void print_padded(FILE *out, const char *text, int width);

struct labelled {
    const char *label;
    char value[240];
};
/* One line each, values under each other. */
void print_labelled(FILE *out, const struct labelled *lines, size_t n);

/* One line on a terminal that overwrites itself; context: unused. */
void print_progress(void *context, const struct grade_progress *progress);
void clear_progress(void);
/* "60 of 24400 fields (0.25 %; 95 %: 0.19 to 0.32 %) go to a person", and "0.04 expected among the
 * others (95 %: at most 1)". */
void describe_review(const struct mark_counts *marks, char *text, size_t size);
void describe_silent(const struct mark_counts *marks, char *text, size_t size);
/* "32 = 25 scored + 5 pending + 2 absent + 0 void; 3 sheets more are of nobody on it" */
void describe_roster(const struct roster_counts *roster, char *text, size_t size);
/* What a run of `grade` did, for people and for programs. */
void print_summary(FILE *out, const struct grade_summary *summary, const char *db_path);
void print_summary_json(FILE *out, const struct grade_summary *summary, const char *db_path,
                        const struct alarm_list *alarms);
/* As a JSON string, in quotes. */
void print_json_text(FILE *out, const char *text);

#endif
