/* commands.h - the subcommands: one file each, cmd_NAME.c.
 *
 * Each takes its own arguments (argv[0] is its name) and returns the exit status of the program
 * (enum exit_status): it parses options, calls the rooms below, and prints. */
#ifndef YJ_CLI_COMMANDS_H
#define YJ_CLI_COMMANDS_H

enum exit_status {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,     /* disk full, database broken or busy, out of memory, interrupted */
    EXIT_USAGE = 2,      /* wrong usage, or a wrong exam, form, key or roster */
    EXIT_UNREADABLE = 3, /* done, but some files could not be read as scans */
};

int cmd_grade(int argc, char **argv);
int cmd_regrade(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_annotate(int argc, char **argv);
int cmd_form(int argc, char **argv);
int cmd_form_import(int argc, char **argv); /* form import-omrchecker */
int cmd_report(int argc, char **argv);
int cmd_review(int argc, char **argv);
int cmd_review_list(int argc, char **argv); /* review list */
int cmd_review_show(int argc, char **argv); /* review show */
int cmd_review_set(int argc, char **argv);  /* review set */
int cmd_purge(int argc, char **argv);
int cmd_sheet(int argc, char **argv);
int cmd_simulate(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_watch(int argc, char **argv);

#endif
