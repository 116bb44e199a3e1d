/* cmd_status.c - `yuejuan status EXAM`: how far an exam is, and whether a watch runs. */
#include "commands.h"
#include "diag.h"
#include "exam_argument.h"
#include "i18n.h"
#include "messages.h"
#include "store.h"
#include "watch_status.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct status_command {
    const char *exam, *db;
    bool json;
};

static void print_help(void)
{
    puts(_("usage: yuejuan status EXAM\n"
           "\n"
           "says how far an exam is: pages, scores, what waits, and whether a watch runs\n"
           "\n"
           "  EXAM              the exam's folder, its exam.yaml, or the database\n"
           "      --db FILE     the database, default EXAM/results.db\n"
           "      --json        the same as JSON on stdout\n"
           "      --help        this text\n"
           "\n"
           "example: yuejuan status midterm/\n"
           "\n"
           "exit status: 0 done, 1 failed, 2 wrong usage or exam"));
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct status_command *c, bool *ret_help)
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
            return usage_error_option("status", argc, argv, option);
        }
    }
    if (optind == argc)
        return usage_error("status", _("no exam given"));
    if (optind + 1 < argc)
        return usage_error("status", _("one exam at a time: '%s'"), argv[optind + 1]);
    c->exam = argv[optind];
    return 0;
}

struct status_facts {
    struct store_counts counts;
    bool current; /* scores follow from all that is stored */
    bool watched, alive;
    char *watch; /* JSON; NULL none */
};

/* Of the flat object that a watch writes of itself. */
static long number_of(const char *json, const char *name)
{
    char wanted[32];
    snprintf(wanted, sizeof wanted, "\"%s\":", name);
    const char *at = strstr(json, wanted);
    return at ? strtol(at + strlen(wanted), NULL, 10) : 0;
}

/* Its last member is a text. */
static void print_trouble(const char *json)
{
    static const char name[] = "\"trouble\":\"";
    const char *at = strstr(json, name);
    if (!at || at[sizeof name - 1] == '"')
        return;
    fputs(_("trouble: "), stdout);
    for (at += sizeof name - 1; *at && *at != '"'; at++) {
        if (*at == '\\' && at[1])
            at++;
        putchar(*at);
    }
    putchar('\n');
}

static void print_facts(const struct status_facts *f)
{
    const struct store_counts *c = &f->counts;
    struct labelled lines[7] = {0};
    size_t n = 0;
    lines[n].label = _("candidates");
    snprintf(lines[n++].value, sizeof lines->value, _("%d: %d scored, %d pending, %d absent"),
             c->candidates, c->scored, c->pending, c->absent);
    lines[n].label = _("roster");
    describe_roster(&c->roster, lines[n++].value, sizeof lines->value);
    lines[n].label = _("readings");
    snprintf(lines[n++].value, sizeof lines->value, _("%d, %d wait for a person"), c->readings,
             c->uncertain);
    lines[n].label = _("exceptions");
    snprintf(lines[n++].value, sizeof lines->value, "%d", c->exceptions);
    lines[n].label = _("scores");
    snprintf(lines[n++].value, sizeof lines->value, "%s",
             f->current ? _("up to date") : _("older than what is stored"));
    lines[n].label = _("watch");
    snprintf(lines[n++].value, sizeof lines->value, "%s",
             !f->watched ? _("none runs")
             : f->alive  ? _("running")
                         : _("died: start it again"));
    if (f->watch) {
        lines[n].label = _("inbox");
        snprintf(
            lines[n++].value, sizeof lines->value,
            _("%ld files wait, %ld of them cannot be taken; %ld done, %ld failed, %ld duplicate"),
            number_of(f->watch, "waiting"), number_of(f->watch, "held"),
            number_of(f->watch, "done"), number_of(f->watch, "failed"),
            number_of(f->watch, "duplicate"));
    }
    print_labelled(stdout, lines, n);
    if (f->watch && f->alive)
        print_trouble(f->watch);
}

static void print_facts_json(const struct status_facts *f)
{
    const struct store_counts *c = &f->counts;
    printf("{\"candidates\":%d,\"scored\":%d,\"pending\":%d,\"absent\":%d,\"readings\":%d,"
           "\"uncertain\":%d,\"exceptions\":%d,\"scores_current\":%s,\"watch_alive\":%s,\"watch\":%"
           "s}\n",
           c->candidates, c->scored, c->pending, c->absent, c->readings, c->uncertain,
           c->exceptions, f->current ? "true" : "false", f->alive ? "true" : "false",
           f->watch ? f->watch : "null");
}

static int run(const struct status_command *c, struct status_facts *f, struct diag *d)
{
    struct store *store = NULL;
    struct exam *exam = NULL;
    int rc = exam_argument_open(c->exam, c->db, STORE_READ, &store, &exam, d);
    if (rc == 0)
        rc = store_count(store, &f->counts, d);
    if (rc == 0) {
        rc = store_scores_current(store, d);
        f->current = rc > 0;
        rc = rc < 0 ? rc : 0;
    }
    const char *db = c->db ? c->db : exam ? exam->db_path : c->exam;
    char *path = rc == 0 ? watch_status_path(db) : NULL;
    if (path)
        f->watched = watch_status_read(path, &f->alive, &f->watch);
    free(path);
    exam_destroy(exam);
    store_close(store);
    return rc;
}

int cmd_status(int argc, char **argv)
{
    struct status_command c = {0};
    struct status_facts facts = {0};
    struct diag d;
    bool help = false;
    int status = parse_options(argc, argv, &c, &help);
    if (help)
        print_help();
    if (status != 0 || help)
        return status;
    diag_init(&d);
    int rc = run(&c, &facts, &d);
    if (rc == 0 && c.json)
        print_facts_json(&facts);
    else if (rc == 0)
        print_facts(&facts);
    status = finish_command(&d, rc);
    free(facts.watch);
    diag_finish(&d);
    return status;
}
