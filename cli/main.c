#include "commands.h"
#include "helper.h"
#include "i18n.h"
#include "ingest.h"
#include "messages.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *does;
} commands[] = {
    {"grade", cmd_grade, N_("read and score scans")},
    {"watch", cmd_watch, N_("grade every scan that arrives in a folder")},
    {"regrade", cmd_regrade, N_("score the stored readings again")},
    {"review", cmd_review, N_("list, show and settle the readings that wait for a person")},
    {"explain", cmd_explain, N_("say how a candidate's score came about")},
    {"report", cmd_report, N_("write reports for teachers and the office")},
    {"export", cmd_export, N_("write a table of the results as CSV, JSON or a spreadsheet")},
    {"annotate", cmd_annotate, N_("draw what was read and its points over a candidate's scans")},
    {"form", cmd_form, N_("check, lay out or import a form")},
    {"sheet", cmd_sheet, N_("draw a form as PDF, blank or for a roster")},
    {"simulate", cmd_simulate, N_("make filled and scanned sheets, with the truth")},
    {"status", cmd_status, N_("say how far an exam is, and whether a watch runs")},
    {"purge", cmd_purge, N_("delete pictures of handwriting whose time is over")},
    {"verify", cmd_verify, N_("check that the database is whole")},
};

static void print_help(void)
{
    puts(_("usage: yuejuan COMMAND ...\n\nautomated exam grading: from scanned answer sheets to "
           "scores\n"));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        fputs("  ", stdout);
        print_padded(stdout, commands[i].name, 12);
        puts(_(commands[i].does));
    }
    puts(_("\n'yuejuan COMMAND --help' explains a command; 'yuejuan --version' says which one this "
           "is\n\nexample: yuejuan grade midterm/"));
}

/* Started with one of its three streams closed, a program would give that number to the next file
 * it opens, and write its messages into the results. Opened the other way round, so that a read of
 * stdin or a write to the others still fails, and is told. */
static void keep_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help();
        return EXIT_DONE;
    }
    if (strcmp(name, "--version") == 0) {
        puts("yuejuan " YJ_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return usage_error(NULL, _("unknown command '%s'"), name);
}

/* What was wanted may still lie in the buffer: a full disk would take it without a word. */
static int finish_output(int status)
{
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    if (!failed || status == EXIT_FAILED)
        return status;
    fprintf(stderr, "yuejuan: %s: ", _("error"));
    fprintf(stderr, _("cannot write '%s': %s"), _("standard output"), strerror(errno));
    fputc('\n', stderr);
    return EXIT_FAILED;
}

int main(int argc, char **argv)
{
    keep_standard_streams();
    /* A limit on file sizes is a full disk, and so is a reader who closed the pipe: told, not died
     * of in the middle of a batch. */
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    messages_init();
    if (argc == 2 && strcmp(argv[1], HELPER_ARGUMENT) == 0)
        decoder_helper_run();
    return finish_output(run(argc, argv));
}
