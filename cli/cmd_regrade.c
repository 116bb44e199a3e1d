/* cmd_regrade.c - `yuejuan regrade EXAM`: the stored readings scored again; opens no image. */
#include "commands.h"
#include "diag.h"
#include "exam_argument.h"
#include "i18n.h"
#include "messages.h"
#include "print_changes.h"
#include "rescore.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PRINTED 20 /* changed scores that are listed */

struct regrade_command {
    const char *exam, *db;
    bool json, models;
};

struct regrade_result {
    struct score_lines before, after;
    struct score_changes changes;
    struct store_counts counts;
};

static void print_help(void)
{
    puts(
        _("usage: yuejuan regrade EXAM\n"
          "\n"
          "scores the stored readings again, after the key, a rule or the roster changed; no scan\n"
          "is opened, and all scores change together or none does\n"
          "\n"
          "  EXAM              the exam's folder or its exam.yaml, whose key and roster are read\n"
          "                    again, or the database, which holds its own\n"
          "      --db FILE     the database, default EXAM/results.db\n"
          "      --models      item response models, groups compared and pairs too, however many\n"
          "                    answers there are; else only where that takes seconds\n"
          "      --json        the summary as JSON on stdout\n"
          "      --help        this text\n"
          "\n"
          "example: yuejuan regrade midterm/\n"
          "\n"
          "exit status: 0 done, 1 failed, 2 wrong usage, exam, key or roster"));
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct regrade_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_JSON, OPT_MODELS, OPT_HELP };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},
        {"json", no_argument, NULL, OPT_JSON},
        {"models", no_argument, NULL, OPT_MODELS},
        {"help", no_argument, NULL, OPT_HELP},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        switch (option) {
        case OPT_DB:
            c->db = optarg;
            break;
        case OPT_JSON:
            c->json = true;
            break;
        case OPT_MODELS:
            c->models = true;
            break;
        case 'h':
        case OPT_HELP:
            *ret_help = true;
            return 0;
        default:
            return usage_error_option("regrade", argc, argv, option);
        }
    }
    if (optind == argc)
        return usage_error("regrade", _("no exam given"));
    if (optind + 1 < argc)
        return usage_error("regrade", _("one exam at a time: '%s'"), argv[optind + 1]);
    c->exam = argv[optind];
    return 0;
}

/* Scores again within a transaction, and what the audit says of it. */
static int score_again(struct store *store, const struct exam *exam, bool models,
                       struct regrade_result *result, struct diag *d)
{
    char detail[128];
    int rc = rescore_within(store, exam, models, d);

    if (rc == 0)
        rc = score_lines_read(&result->after, store, d);
    if (rc < 0)
        return rc;
    if (score_changes_find(&result->before, &result->after, false, &result->changes) < 0)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    snprintf(detail, sizeof detail, "%zu scores, %zu changed", result->after.n, result->changes.n);
    return store_audit_changes(store, "regrade", detail, result->changes.changes, result->changes.n,
                               d);
}

/* The key as it now is and the scores that follow from it are stored together, or neither is. */
static int regrade(struct store *store, const struct exam *of_files, bool models,
                   struct regrade_result *result, struct diag *d)
{
    struct exam *of_store = NULL;
    int rc = of_files ? 0 : store_get_exam(store, &of_store, d);

    if (rc == 0)
        rc = store_begin(store, d);
    if (rc < 0)
        goto out;
    rc = score_lines_read(&result->before, store, d);
    if (rc == 0 && of_files)
        rc = store_put_exam(store, of_files, d);
    if (rc == 0)
        rc = score_again(store, of_files ? of_files : of_store, models, result, d);
    if (rc == 0)
        rc = store_commit(store, d);
    if (rc < 0)
        store_rollback(store);
    else
        rc = store_count_scores(store, &result->counts, d);
out:
    exam_destroy(of_store);
    return rc;
}

static void print_summary_of_regrade(const struct regrade_result *r)
{
    const struct score_lines *before = &r->before, *after = &r->after;

    print_changes(stdout, &r->changes, MAX_PRINTED);
    printf(_("%zu scores, %zu changed: %d scored, %d pending, %d absent\n"), after->n, r->changes.n,
           r->counts.scored, r->counts.pending, r->counts.absent);
    char roster[240];
    describe_roster(&r->counts.roster, roster, sizeof roster);
    printf(_("roster: %s\n"), roster);
    if (before->n > 0 && after->n > 0 && strcmp(before->lines[0].max, after->lines[0].max) != 0)
        printf(_("the maximum was %s and is now %s\n"), before->lines[0].max, after->lines[0].max);
}

static void print_json(const struct regrade_result *r)
{
    printf("{\"scores\":%zu,\"changed\":%zu,\"scored\":%d,\"pending\":%d,\"absent\":%d,"
           "\"exceptions\":%d}\n",
           r->after.n, r->changes.n, r->counts.scored, r->counts.pending, r->counts.absent,
           r->counts.exceptions);
}

static int run(const struct regrade_command *c, struct regrade_result *result, struct diag *d)
{
    struct store *store = NULL;
    struct exam *exam = NULL;
    int rc = exam_argument_open(c->exam, c->db, STORE_WRITE, &store, &exam, d);

    if (rc == 0)
        rc = regrade(store, exam, c->models, result, d);
    exam_destroy(exam);
    store_close(store);
    return rc;
}

int cmd_regrade(int argc, char **argv)
{
    struct regrade_command c = {0};
    struct regrade_result result = {0};
    struct diag d;
    bool help = false;
    int status = parse_options(argc, argv, &c, &help);

    if (help)
        print_help();
    if (status != 0 || help)
        return status;
    diag_init(&d);
    int rc = run(&c, &result, &d);
    if (rc == 0 && c.json)
        print_json(&result);
    else if (rc == 0)
        print_summary_of_regrade(&result);
    status = finish_command(&d, rc);
    score_changes_finish(&result.changes);
    score_lines_finish(&result.before);
    score_lines_finish(&result.after);
    diag_finish(&d);
    return status;
}
