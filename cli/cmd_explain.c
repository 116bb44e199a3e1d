/* cmd_explain.c - `yuejuan explain EXAM CANDIDATE`: how a score came about, item by item. */
#include "commands.h"
#include "diag.h"
#include "explain_print.h"
#include "i18n.h"
#include "messages.h"
#include "review_session.h"
#include <getopt.h>
#include <stdlib.h>

struct explain_command {
    const char *exam, *db, *candidate;
    bool json;
};

static void print_help(void)
{
    puts(_("usage: yuejuan explain EXAM CANDIDATE\n"
           "\n"
           "says how a candidate's score came about: what was read of each item and where, what "
           "the\n"
           "key accepts, the rule in words and the points; then the sections and the total; or "
           "why\n"
           "the score waits\n"
           "\n"
           "  EXAM              the exam's folder, its exam.yaml, or the database\n"
           "  CANDIDATE         the number, as the scores have it\n"
           "      --db FILE     the database, default EXAM/results.db\n"
           "      --json        as JSON on stdout\n"
           "      --help        this text\n"
           "\n"
           "example: yuejuan explain midterm/ 11501144\n"
           "\n"
           "exit status: 0 done, 1 failed, 2 wrong usage or exam, or nobody of that number"));
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct explain_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_JSON, OPT_HELP };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},
        {"json", no_argument, NULL, OPT_JSON},
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
        case 'h':
        case OPT_HELP:
            *ret_help = true;
            return 0;
        default:
            return usage_error_option("explain", argc, argv, option);
        }
    }
    if (optind == argc)
        return usage_error("explain", _("no exam given"));
    if (optind + 1 == argc)
        return usage_error("explain", _("no candidate given"));
    if (optind + 2 < argc)
        return usage_error("explain", _("one candidate at a time: '%s'"), argv[optind + 2]);
    c->exam = argv[optind];
    c->candidate = argv[optind + 1];
    return 0;
}

static int print_text(void *context, const struct explanation *e)
{
    (void)context;
    explain_print(stdout, e);
    return 0;
}

static int print_json(void *context, const struct explanation *e)
{
    int *n = context;

    if ((*n)++ > 0)
        putchar(',');
    explain_print_json(stdout, e);
    return 0;
}

static int run(const struct explain_command *c, struct diag *d)
{
    struct review_session session;
    int n = 0, rc = review_session_open(c->exam, c->db, STORE_READ, &session, d);

    if (rc == 0 && !session.exam->key)
        rc = diag_error(d, YJ_EINPUT, session.exam->path, 0, 0, NULL,
                        _("the exam has no key: nothing is scored"));
    if (rc < 0)
        goto out;
    if (c->json)
        putchar('[');
    rc = explain_candidate(session.store, session.exam, c->candidate,
                           c->json ? print_json : print_text, &n, d);
    if (c->json)
        puts("]");
    if (rc == 0)
        rc = diag_error(d, YJ_EINPUT, NULL, 0, 0,
                        _("write the number as 'export --what scores' has it"),
                        _("no score is stored for a candidate '%s'"), c->candidate);
out:
    review_session_close(&session);
    return rc < 0 ? rc : 0;
}

int cmd_explain(int argc, char **argv)
{
    struct explain_command c = {0};
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
