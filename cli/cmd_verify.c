/* cmd_verify.c - `yuejuan verify EXAM`: is the database whole, and do its scores follow from it? */
#include "commands.h"
#include "diag.h"
#include "exam_argument.h"
#include "i18n.h"
#include "messages.h"
#include "rescore.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct verify_command {
    const char *exam, *db;
};

struct verify_result {
    struct store_counts counts;
    struct mark_counts marks;
    int audit_rows, scores;
};

static void print_help(void)
{
    puts(_("usage: yuejuan verify EXAM\n"
           "\n"
           "checks the database: no page of a scan is lost, no refused page is untold, the audit\n"
           "chain is whole, and the scores are those that the readings and the key give\n"
           "\n"
           "  EXAM              the exam's folder, its exam.yaml, or the database\n"
           "      --db FILE     the database, default EXAM/results.db\n"
           "      --help        this text\n"
           "\n"
           "example: yuejuan verify midterm/\n"
           "\n"
           "exit status: 0 all is well, 1 something is not (each fault is told), 2 wrong usage or\n"
           "exam"));
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct verify_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_HELP };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},
        {"help", no_argument, NULL, OPT_HELP},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        switch (option) {
        case OPT_DB:
            c->db = optarg;
            break;
        case 'h':
        case OPT_HELP:
            *ret_help = true;
            return 0;
        default:
            return usage_error_option("verify", argc, argv, option);
        }
    }
    if (optind == argc)
        return usage_error("verify", _("no exam given"));
    if (optind + 1 < argc)
        return usage_error("verify", _("one exam at a time: '%s'"), argv[optind + 1]);
    c->exam = argv[optind];
    return 0;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

/* A key that was changed and never applied: the scores are right, but not by the key that people
 * now see. */
static int check_files(const struct exam *now, const struct exam *stored, struct diag *d)
{
    int rc = 0;

    if (!same_text(now->key ? now->key->text : NULL, stored->key ? stored->key->text : NULL))
        rc = diag_error(d, YJ_EDATA, now->key ? now->key->path : now->path, 0, 0, _("run regrade"),
                        _("the key is not the one that the scores were made with"));
    if (!same_text(now->roster ? now->roster->text : NULL,
                   stored->roster ? stored->roster->text : NULL))
        rc = diag_error(d, YJ_EDATA, now->roster ? now->roster->path : now->path, 0, 0,
                        _("run regrade"),
                        _("the roster is not the one that the scores were made with"));
    if (!same_text(now->versions ? now->versions->text : NULL,
                   stored->versions ? stored->versions->text : NULL))
        rc = diag_error(d, YJ_EDATA, now->versions ? now->versions->path : now->path, 0, 0,
                        _("run regrade"),
                        _("the versions are not those that the scores were made with"));
    if (!same_text(now->given ? now->given->text : NULL,
                   stored->given ? stored->given->text : NULL))
        rc = diag_error(d, YJ_EDATA, now->given ? now->given->path : now->path, 0, 0,
                        _("run regrade"),
                        _("the points that people gave are not those that the scores were made "
                          "with"));
    if ((now->scheme || stored->scheme) && !same_text(now->text, stored->text))
        rc = diag_error(d, YJ_EDATA, now->path, 0, 0, _("run regrade"),
                        _("'scoring' may not be what the scores were made with"));
    return rc;
}

static int count_audit_rows(struct store *store, int *ret_n, struct diag *d)
{
    struct store_rows *rows = NULL;
    int n = 0, rc = store_rows_open(store, TABLE_AUDIT, &rows, d);

    if (rc < 0)
        return rc;
    struct store_cell *cells = calloc((size_t)store_rows_columns(rows), sizeof *cells);
    if (!cells)
        rc = diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    while (rc == 0 && (rc = store_rows_next(rows, cells, d)) == 1) {
        n++;
        rc = 0;
    }
    free(cells);
    store_rows_close(rows);
    *ret_n = n;
    return rc;
}

/* What the stored key or roster warns of was told when they were put there. */
static int get_stored_exam(struct store *store, struct exam **ret_exam)
{
    struct diag d;
    diag_init(&d);
    int rc = store_get_exam(store, ret_exam, &d);

    if (rc < 0)
        diag_print(&d, stderr);
    diag_finish(&d);
    return rc;
}

static int check_scores_current(struct store *store, struct diag *d)
{
    int rc = store_scores_current(store, d);

    return rc == 0  ? diag_error(d, YJ_EDATA, NULL, 0, 0, NULL, "%s", scores_are_old())
           : rc < 0 ? rc
                    : 0;
}

/* Faults of one kind do not keep those of the next from being found: all are told. */
static int verify(struct store *store, const struct exam *of_files, struct verify_result *result,
                  struct diag *d)
{
    struct exam *of_store = NULL;
    int found = store_check(store, d);
    int rc = found == YJ_EDATA ? 0 : found;
    int current = rc == 0 ? check_scores_current(store, d) : rc;

    if (current == YJ_EDATA)
        found = current;
    else
        rc = current;
    if (rc == 0)
        rc = get_stored_exam(store, &of_store);
    if (rc == 0 && of_files && check_files(of_files, of_store, d) < 0)
        found = YJ_EDATA;
    if (rc == 0 && current == 0) /* old scores differ, of course */
        rc = rescore_verify(store, of_store, &result->scores, d);
    if (rc == 0)
        rc = count_audit_rows(store, &result->audit_rows, d);
    if (rc == 0)
        rc = store_count(store, &result->counts, d);
    if (rc == 0)
        rc = store_count_marks(store, &result->marks, d);
    exam_destroy(of_store);
    return rc < 0 ? rc : found;
}

static int run(const struct verify_command *c, struct verify_result *result, struct diag *d)
{
    struct store *store = NULL;
    struct exam *exam = NULL;
    int rc = exam_argument_open(c->exam, c->db, STORE_READ, &store, &exam, d);

    if (rc == 0)
        rc = verify(store, exam, result, d);
    exam_destroy(exam);
    store_close(store);
    return rc;
}

static void print_result(const struct verify_result *r)
{
    struct labelled lines[] = {
        {.label = _("marks")}, {.label = _("silent errors")}, {.label = _("roster")}};
    describe_review(&r->marks, lines[0].value, sizeof lines[0].value);
    describe_silent(&r->marks, lines[1].value, sizeof lines[1].value);
    describe_roster(&r->counts.roster, lines[2].value, sizeof lines[2].value);
    printf(_("ok: pages in %d = pages out %d, audit chain of %d whole, %d scores equal a "
             "rescore\n"),
           r->counts.pages_in, r->counts.pages, r->audit_rows, r->scores);
    print_labelled(stdout, lines, sizeof lines / sizeof *lines);
}

int cmd_verify(int argc, char **argv)
{
    struct verify_command c = {0};
    struct verify_result result = {0};
    struct diag d;
    bool help = false;
    int status = parse_options(argc, argv, &c, &help);

    if (help)
        print_help();
    if (status != 0 || help)
        return status;
    diag_init(&d);
    int rc = run(&c, &result, &d);
    if (rc == 0)
        print_result(&result);
    status = finish_command(&d, rc);
    diag_finish(&d);
    return status;
}
