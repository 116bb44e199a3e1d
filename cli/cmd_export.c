/* cmd_export.c - `yuejuan export EXAM --what WHAT [--format csv|json|xlsx] [-o FILE]`. */
#include "commands.h"
#include "diag.h"
#include "exam.h"
#include "export.h"
#include "gradebook.h"
#include "i18n.h"
#include "messages.h"
#include "path_look.h"
#include "pending_file.h"
#include "store.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct export_command {
    const char *exam, *db, *what, *output; /* output NULL: stdout */
    bool is_gradebook;                     /* then `gradebook` is wanted, else `table` */
    enum gradebook gradebook;
    enum store_table table;
    enum export_format format;
};

static const struct {
    const char *name;
    enum store_table table;
} whats[] = {
    {"scores", TABLE_SCORES},
    {"readings", TABLE_READINGS},
    {"items", TABLE_ITEMS},
    {"exceptions", TABLE_EXCEPTIONS},
    {"audit", TABLE_AUDIT},
    {"distribution", TABLE_DISTRIBUTION},
    {"reliability", TABLE_RELIABILITY},
    {"health", TABLE_HEALTH},
    {"alarms", TABLE_ALARMS},
    {"statistics", TABLE_STATISTICS},
    {"standings", TABLE_STANDINGS},
    {"models", TABLE_MODELS},
    {"fifths", TABLE_FIFTHS},
    {"groups", TABLE_GROUPS},
    {"dif", TABLE_DIF},
    {"pairs", TABLE_PAIRS},
    {"findings", TABLE_FINDINGS},
    {"changes", TABLE_CHANGES},
};

static void print_help(void)
{
    puts(_("usage: yuejuan export EXAM --what WHAT\n"
           "\n"
           "writes a table of the results\n"
           "\n"
           "  EXAM              the exam's folder, its exam.yaml, a form, or the database\n"
           "      --what WHAT   scores, readings, items, exceptions, audit, distribution,\n"
           "                    reliability, health (of the scans, a row a page), alarms,\n"
           "                    moodle or canvas (what their gradebooks import, as csv)\n"
           "      --format F    csv (default), json or xlsx\n"
           "  -o, --output FILE write to FILE, whole or not at all; default: stdout\n"
           "      --db FILE     the database, default EXAM/results.db\n"
           "      --help        this text\n"
           "\n"
           "example: yuejuan export midterm/ --what scores -o scores.csv\n"
           "\n"
           "exit status: 0 done, 1 failed, 2 wrong usage or exam"));
}

static int parse_format(const char *text, enum export_format *ret_format)
{
    if (strcmp(text, "csv") == 0)
        *ret_format = EXPORT_CSV;
    else if (strcmp(text, "json") == 0)
        *ret_format = EXPORT_JSON;
    else if (strcmp(text, "xlsx") == 0)
        *ret_format = EXPORT_XLSX;
    else
        return usage_error("export", _("unknown format '%s': use 'csv', 'json' or 'xlsx'"), text);
    return 0;
}

static int parse_gradebook(struct export_command *c)
{
    c->is_gradebook = true;
    c->gradebook = strcmp(c->what, "moodle") == 0 ? GRADEBOOK_MOODLE : GRADEBOOK_CANVAS;
    if (c->format != EXPORT_CSV)
        return usage_error("export", _("'%s' is imported as csv: leave out --format"), c->what);
    return 0;
}

static int parse_what(struct export_command *c)
{
    if (c->what == NULL)
        return usage_error("export", _("no table given: use --what scores, readings, items, "
                                       "exceptions, audit, distribution, reliability, health, "
                                       "alarms, moodle or canvas"));
    for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
        if (strcmp(c->what, whats[i].name) == 0) {
            c->table = whats[i].table;
            return 0;
        }
    if (strcmp(c->what, "moodle") == 0 || strcmp(c->what, "canvas") == 0)
        return parse_gradebook(c);
    return usage_error("export",
                       _("unknown table '%s': use 'scores', 'readings', 'items', "
                         "'exceptions', 'audit', 'distribution', 'reliability', 'health', "
                         "'alarms', 'moodle' or 'canvas'"),
                       c->what);
}

static bool to_stdout(const struct export_command *c)
{
    return c->output == NULL || strcmp(c->output, "-") == 0;
}

static int check_arguments(struct export_command *c, int argc, char **argv)
{
    if (optind == argc)
        return usage_error("export", _("no exam given"));
    if (optind + 1 < argc)
        return usage_error("export", _("one exam at a time: '%s'"), argv[optind + 1]);
    c->exam = argv[optind];
    int status = parse_what(c);
    if (status == 0 && c->format == EXPORT_XLSX && to_stdout(c) && isatty(STDOUT_FILENO))
        return usage_error("export", _("a spreadsheet is nothing for a terminal: use -o FILE"));
    return status;
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct export_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_WHAT, OPT_FORMAT, OPT_HELP };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},
        {"what", required_argument, NULL, OPT_WHAT},
        {"format", required_argument, NULL, OPT_FORMAT},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, OPT_HELP},
        {NULL, 0, NULL, 0},
    };
    int option, r = 0;
    while (r == 0 && (option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
        switch (option) {
        case OPT_DB:
            c->db = optarg;
            break;
        case OPT_WHAT:
            c->what = optarg;
            break;
        case OPT_FORMAT:
            r = parse_format(optarg, &c->format);
            break;
        case 'o':
            c->output = optarg;
            break;
        case 'h':
        case OPT_HELP:
            *ret_help = true;
            return 0;
        default:
            r = usage_error_option("export", argc, argv, option);
        }
    }
    return r == 0 ? check_arguments(c, argc, argv) : r;
}

/* The database of EXAM; the caller's to free. */
static int database_of(const struct export_command *c, char **ret_path, struct diag *d)
{
    struct exam *exam = NULL;
    const char *path = c->db;
    int rc = path_look(c->exam, d);
    if (rc == 0 && path)
        rc = path_look(path, d);
    if (rc < 0)
        return rc;
    if (store_is_database(c->exam)) {
        if (path && strcmp(path, c->exam) != 0)
            return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("leave out one of the two"),
                              _("'%s' is a database, and --db names another"), c->exam);
        path = c->exam;
    }
    if (!path) {
        /* Only where the database is matters here: what the exam's files warn of does not. */
        struct diag of_exam;
        diag_init(&of_exam);
        int r = exam_load(c->exam, &exam, &of_exam);
        if (r < 0)
            diag_print(&of_exam, stderr);
        diag_finish(&of_exam);
        if (r < 0)
            return r;
        path = exam->db_path;
    }
    char *copy = strdup(path);
    exam_destroy(exam);
    if (!copy)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    *ret_path = copy;
    return 0;
}

/* Old scores in place of the new ones are wrong scores: whoever exports them is told. */
static int warn_of_old_scores(struct store *store, const struct export_command *c, struct diag *d)
{
    if (c->table == TABLE_READINGS || c->table == TABLE_AUDIT || c->table == TABLE_HEALTH ||
        c->table == TABLE_RELIABILITY)
        return 0;
    int r = store_scores_current(store, d);
    if (r == 0)
        diag_warning(d, NULL, 0, 0, NULL, "%s", scores_are_old());
    return r < 0 ? r : 0;
}

static int write_gradebook(struct store *store, const struct export_command *c, struct diag *d)
{
    struct pending_file file;
    if (to_stdout(c))
        return gradebook_write(store, c->gradebook, stdout, _("standard output"), d);
    int r = pending_file_open(c->output, &file, d);
    if (r < 0)
        return r;
    r = gradebook_write(store, c->gradebook, file.out, c->output, d);
    return pending_file_close(&file, r, c->output, d);
}

static int write_table(struct store *store, const struct export_command *c, struct diag *d)
{
    if (c->is_gradebook)
        return write_gradebook(store, c, d);
    if (to_stdout(c))
        return export_table(store, c->table, c->format, stdout, _("standard output"), d);
    return export_table_file(store, c->table, c->format, c->output, d);
}

static int run(const struct export_command *c, struct diag *d)
{
    struct store *store = NULL;
    char *path = NULL;
    int r = database_of(c, &path, d);
    if (r == 0)
        r = store_open(path, STORE_READ, &store, d);
    if (r == 0)
        r = store_begin_read(store, d); /* what is warned of is what is written */
    if (r == 0)
        r = warn_of_old_scores(store, c, d);
    if (r == 0)
        r = write_table(store, c, d);
    store_close(store);
    free(path);
    return r;
}

int cmd_export(int argc, char **argv)
{
    struct export_command c = {.format = EXPORT_CSV};
    struct diag d;
    bool help = false;
    int status = parse_options(argc, argv, &c, &help);
    if (help)
        print_help();
    if (status != 0 || help)
        return status;
    diag_init(&d);
    status = finish_command(&d, run(&c, &d));
    diag_finish(&d);
    return status;
}
