/* cmd_report.c - `yuejuan report EXAM [-o DIR] [--what LIST] [--format LIST] [--language L]`. */
#include "analysis.h"
#include "commands.h"
#include "diag.h"
#include "exam_argument.h"
#include "i18n.h"
#include "messages.h"
#include "report.h"
#include "store.h"
#include "textfile.h"
#include "xlsx_report.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum report_what { WHAT_OVERVIEW = 1, WHAT_CLASSES = 2, WHAT_SLIPS = 4, WHAT_ALL = 7 };
enum report_format { FORMAT_HTML = 1, FORMAT_PDF = 2, FORMAT_XLSX = 4, FORMAT_ALL = 7 };

static const struct word {
    const char *name;
    unsigned bit;
} whats[] = {{"overview", WHAT_OVERVIEW}, {"classes", WHAT_CLASSES}, {"slips", WHAT_SLIPS}},
  formats[] = {{"html", FORMAT_HTML}, {"pdf", FORMAT_PDF}, {"xlsx", FORMAT_XLSX}};

static const struct report_file {
    const char *name;
    unsigned what, format;
    int (*write)(const struct analysis *a, const char *path, struct diag *d);
} files[] = {
    {"report.html", WHAT_OVERVIEW, FORMAT_HTML, report_write_html},
    {"report.pdf", WHAT_OVERVIEW, FORMAT_PDF, report_write_pdf},
    {"report.xlsx", WHAT_OVERVIEW, FORMAT_XLSX, report_write_xlsx},
    {"classes.pdf", WHAT_CLASSES, FORMAT_PDF, report_write_classes},
    {"slips.pdf", WHAT_SLIPS, FORMAT_PDF, report_write_slips},
};

struct report_command {
    const char *exam, *db, *output, *language;
    unsigned what, format;
};

static void print_help(void)
{
    puts(_("usage: yuejuan report EXAM [-o DIR]\n"
           "\n"
           "writes reports to keep and to print: for the office (report.html, report.pdf,\n"
           "report.xlsx), for teachers (classes.pdf, a page a class) and for candidates\n"
           "(slips.pdf, a slip each)\n"
           "\n"
           "  EXAM              the exam's folder, its exam.yaml, or the database\n"
           "  -o, --output DIR  the folder to write to; default: 'report' in the exam's folder\n"
           "      --what LIST   of overview,classes,slips; default: all\n"
           "      --format LIST of html,pdf,xlsx; default: all\n"
           "      --language L  of the reports: zh_TW, zh_CN or en\n"
           "      --db FILE     the database, default EXAM/results.db\n"
           "      --help        this text\n"
           "\n"
           "example: yuejuan report midterm/ --what classes,slips --language zh_TW\n"
           "\n"
           "exit status: 0 done, 1 failed, 2 wrong usage or exam"));
}

/* ---- arguments ---- */

/* Bits of a list of words with commas between them. */
static int parse_list(const char *option, const char *text, const struct word *words, size_t n,
                      unsigned *ret_bits)
{
    unsigned bits = 0;
    for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        size_t length = strcspn(at, ","), i = 0;
        while (i < n && (strlen(words[i].name) != length || strncmp(at, words[i].name, length)))
            i++;
        if (i == n)
            return usage_error("report", _("%s does not know '%.*s': see --help"), option,
                               (int)length, at);
        bits |= words[i].bit;
    }
    *ret_bits = bits;
    return 0;
}

static int check_language(const char *language)
{
    static const char *const known[] = {"zh_TW", "zh_CN", "en"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(language, known[i]) == 0)
            return 0;
    return usage_error("report", _("unknown language '%s': use 'zh_TW', 'zh_CN' or 'en'"),
                       language);
}

static bool any_file(const struct report_command *c)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].what & c->what && files[i].format & c->format)
            return true;
    return false;
}

static int check_arguments(struct report_command *c, int argc, char **argv)
{
    if (optind == argc)
        return usage_error("report", _("no exam given"));
    if (optind + 1 < argc)
        return usage_error("report", _("one exam at a time: '%s'"), argv[optind + 1]);
    if (!any_file(c))
        return usage_error("report", _("class pages and slips are PDF: add 'pdf' to --format"));
    c->exam = argv[optind];
    return 0;
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct report_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_WHAT, OPT_FORMAT, OPT_LANGUAGE, OPT_HELP };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},
        {"what", required_argument, NULL, OPT_WHAT},
        {"format", required_argument, NULL, OPT_FORMAT},
        {"language", required_argument, NULL, OPT_LANGUAGE},
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
            r = parse_list("--what", optarg, whats, sizeof whats / sizeof *whats, &c->what);
            break;
        case OPT_FORMAT:
            r = parse_list("--format", optarg, formats, sizeof formats / sizeof *formats,
                           &c->format);
            break;
        case OPT_LANGUAGE:
            c->language = optarg;
            r = check_language(optarg);
            break;
        case 'o':
            c->output = optarg;
            break;
        case 'h':
        case OPT_HELP:
            *ret_help = true;
            return 0;
        default:
            r = usage_error_option("report", argc, argv, option);
        }
    }
    return r == 0 ? check_arguments(c, argc, argv) : r;
}

/* ---- the work ---- */

/* The folder to write to, made where it is not there; the caller's to free. */
static int open_folder(const struct report_command *c, const struct exam *exam, char **ret_folder,
                       struct diag *d)
{
    char *beside = exam ? strdup(exam->dir) : path_folder(c->exam);
    char *folder = c->output ? strdup(c->output) : beside ? path_join(beside, "report") : NULL;
    free(beside);
    if (!folder)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    if (mkdir(folder, 0777) < 0 && errno != EEXIST) {
        int r = diag_error(d, YJ_EIO, NULL, 0, 0, NULL, _("cannot make the folder '%s': %s"),
                           folder, strerror(errno));
        free(folder);
        return r;
    }
    *ret_folder = folder;
    return 0;
}

static int write_files(const struct report_command *c, const struct analysis *a, const char *folder,
                       struct diag *d)
{
    int r = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files && r == 0; i++) {
        if (!(files[i].what & c->what) || !(files[i].format & c->format))
            continue;
        char *path = path_join(folder, files[i].name);
        r = path ? files[i].write(a, path, d)
                 : diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
        if (r == 0)
            puts(path);
        free(path);
    }
    return r;
}

/* With the exam as the scores were made: what its files say by now is regrade's affair. */
static int analyse_stored(const struct report_command *c, struct store *store,
                          struct exam **ret_exam, struct analysis *ret, struct diag *d)
{
    const struct analysis_options options = {.models = (c->what & WHAT_OVERVIEW) != 0};
    int r = store_scores_current(store, d);
    if (r == 0)
        diag_warning(d, NULL, 0, 0, NULL, "%s", scores_are_old());
    if (r >= 0)
        r = store_get_exam(store, ret_exam, d);
    if (r < 0)
        return r;
    if (c->language)
        messages_set_language(c->language);
    return analysis_compute(store, *ret_exam, &options, ret, d);
}

static int report_stored(const struct report_command *c, struct store *store, const char *folder,
                         struct diag *d)
{
    struct exam *exam = NULL;
    struct analysis a = {0};
    int r = analyse_stored(c, store, &exam, &a, d);
    store_rollback(store); /* drawing takes its time, and needs nothing more of it */
    if (r == 0)
        r = write_files(c, &a, folder, d);
    analysis_finish(&a);
    exam_destroy(exam);
    return r;
}

static int run(const struct report_command *c, struct diag *d)
{
    struct store *store = NULL;
    struct exam *exam = NULL;
    char *folder = NULL;
    int r = exam_argument_open(c->exam, c->db, STORE_READ, &store, &exam, d);
    if (r == 0)
        r = open_folder(c, exam, &folder, d);
    if (r == 0)
        r = report_stored(c, store, folder, d);
    free(folder);
    exam_destroy(exam);
    store_close(store);
    return r;
}

int cmd_report(int argc, char **argv)
{
    struct report_command c = {.what = WHAT_ALL, .format = FORMAT_ALL};
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
