/* cmd_sheet.c - `yuejuan sheet FORM [-o sheet.pdf] [--roster FILE]`. */
#include "commands.h"
#include "diag.h"
#include "form.h"
#include "i18n.h"
#include "messages.h"
#include "page_clock.h"
#include "path_look.h"
#include "roster.h"
#include "sheet.h"
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sheet_command {
    const char *form, *roster, *output; /* output NULL: stdout */
};

static void print_help(void)
{
    puts(_("usage: yuejuan sheet FORM [-o sheet.pdf] [--roster FILE]\n"
           "\n"
           "draws the form as PDF, to be printed at full size: once blank, or one sheet for each\n"
           "candidate of a roster, with name, number, barcode and serial number where the form\n"
           "has a place for them\n"
           "\n"
           "  -o, --output FILE  write to FILE, whole or not at all; default: stdout\n"
           "      --roster FILE  candidate,name,class,school[,room,seat] as CSV\n"
           "      --help         this text\n"
           "\n"
           "example: yuejuan sheet midterm/form.yaml --roster midterm/roster.csv -o sheets.pdf\n"
           "\n"
           "exit status: 0 done, 1 failed, 2 wrong usage, form or roster"));
}

static bool is_folder(const char *path)
{
    struct stat st;
    return path_answers(path, PAGE_SECONDS, NULL) && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int check_arguments(struct sheet_command *c, int argc, char **argv)
{
    if (argc - optind != 1)
        return usage_error("sheet", _("name one form"));
    c->form = argv[optind];
    if (is_folder(c->form))
        return usage_error("sheet", _("'%s' is a folder: name a form in it"), c->form);
    if (c->output && strcmp(c->output, "-") == 0)
        c->output = NULL;
    if (!c->output && isatty(STDOUT_FILENO))
        return usage_error("sheet", _("a PDF is nothing to read on a terminal: write it to a file "
                                      "with '-o sheet.pdf'"));
    return EXIT_DONE;
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct sheet_command *c, bool *ret_help)
{
    enum { OPT_ROSTER = 256, OPT_HELP };
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"roster", required_argument, NULL, OPT_ROSTER},
                                            {"help", no_argument, NULL, OPT_HELP},
                                            {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
        switch (option) {
        case 'o':
            c->output = optarg;
            break;
        case OPT_ROSTER:
            c->roster = optarg;
            break;
        case 'h':
        case OPT_HELP:
            *ret_help = true;
            return EXIT_DONE;
        default:
            return usage_error_option("sheet", argc, argv, option);
        }
    }
    return check_arguments(c, argc, argv);
}

static int run(const struct sheet_command *c, struct diag *d)
{
    struct form *form = NULL;
    struct roster *roster = NULL;
    int rc = form_load(c->form, &form, d);
    if (rc == 0 && c->roster)
        rc = roster_load(c->roster, &roster, d);
    if (rc == 0)
        rc = sheet_write_pdf(form, roster, c->output, d);
    roster_destroy(roster);
    form_destroy(form);
    return rc;
}

int cmd_sheet(int argc, char **argv)
{
    struct sheet_command c = {.form = NULL};
    struct diag d;
    bool help = false;
    int status = parse_options(argc, argv, &c, &help);
    if (help)
        print_help();
    if (status != EXIT_DONE || help)
        return status;
    diag_init(&d);
    status = finish_command(&d, run(&c, &d));
    diag_finish(&d);
    return status;
}
