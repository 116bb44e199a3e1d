/* cmd_review_set.c - `yuejuan review set EXAM ...`: what people decide goes into the database. */
#include "commands.h"
#include "decision_file.h"
#include "diag.h"
#include "i18n.h"
#include "messages.h"
#include "print_changes.h"
#include "review.h"
#include "review_session.h"
#include "textfile.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PRINTED 20 /* changed scores that are listed */
#define MAX_NAME 100   /* bytes */
#define MAX_WHY 1000

struct set_command {
    const char *exam, *db, *id, *value, *group, *from;
    char *by; /* without the spaces around it */
    const char *why;
    bool multiple;
};

struct set_result {
    struct review_outcome outcome;
    struct score_lines before, after;
    struct score_changes changes;
    int waiting; /* readings that wait afterwards */
};

static void print_help(void)
{
    puts(_("usage: yuejuan review set EXAM ID VALUE --by NAME --why TEXT\n"
           "       yuejuan review set EXAM --group G VALUE --by NAME --why TEXT\n"
           "       yuejuan review set EXAM --from FILE.csv --by NAME\n"
           "\n"
           "sets readings to what a person saw: all of them or none, with scores and audit\n"
           "\n"
           "  EXAM              the exam's folder, its exam.yaml, or the database\n"
           "  ID                of a reading, as 'review list' has it\n"
           "  VALUE             as the form has it: options, digits, text, points; '' is blank\n"
           "      --group G     every reading of this group ('review list --group')\n"
           "      --from FILE   a CSV file with the columns id,value and, if you like, why\n"
           "      --by NAME     who decides\n"
           "      --why TEXT    why; with --from for the rows that say nothing\n"
           "      --multiple    the candidate marked more than the field allows; VALUE is what\n"
           "      --db FILE     the database, default EXAM/results.db\n"
           "      --help        this text\n"
           "\n"
           "where exam.yaml says 'second_entry: true', a decision counts when two people have\n"
           "entered the same\n"
           "\n"
           "example: yuejuan review set midterm/ p12f5 B --by 'Lin' --why 'C was rubbed out'\n"
           "\n"
           "exit status: 0 done, 1 failed, 2 wrong usage, exam, id or value (nothing is set)"));
}

/* ---- arguments ---- */

static int check_words(struct set_command *c, int n, char **words)
{
    int wanted = c->from ? 1 : c->group ? 2 : 3;

    if (n == 0)
        return usage_error("review set", _("no exam given"));
    if (c->from && c->group)
        return usage_error("review set", _("either --group or --from"));
    if (c->from && c->multiple)
        return usage_error("review set", _("--multiple is for one reading or one group"));
    if (n < wanted)
        return usage_error("review set", c->group ? _("no value given; '' is blank")
                                         : n == 1 ? _("no id of a reading given")
                                                  : _("no value given; '' is blank"));
    if (n > wanted)
        return usage_error("review set", _("one too many: '%s'"), words[wanted]);
    c->exam = words[0];
    if (wanted == 3)
        c->id = words[1];
    if (wanted > 1)
        c->value = words[wanted - 1];
    return 0;
}

static bool is_plain(const char *text)
{
    if (text_check(text, strlen(text), "", NULL) < 0)
        return false;
    for (; *text; text++)
        if (text_control_length(text) > 0)
            return false;
    return true;
}

/* " Lin" and "Lin" are one person. */
static int check_people(struct set_command *c)
{
    char *name = c->by;

    if (!name)
        return usage_error("review set", _("say who decides: --by NAME"));
    name += strspn(name, " \t");
    for (size_t n = strlen(name); n > 0 && strchr(" \t", name[n - 1]); n--)
        name[n - 1] = '\0';
    c->by = name;
    if (!name[0])
        return usage_error("review set", _("say who decides: --by NAME"));
    if (strlen(name) > MAX_NAME || !is_plain(name) || strchr(name, ';'))
        return usage_error("review set", _("'%s' is no name"), name);
    if (!c->from && (!c->why || !c->why[strspn(c->why, " \t")]))
        return usage_error("review set", _("say why: --why TEXT"));
    if (!c->why)
        c->why = "";
    if (strlen(c->why) > MAX_WHY || !is_plain(c->why))
        return usage_error("review set", _("--why is too long, or no plain text"));
    return 0;
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct set_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_GROUP, OPT_FROM, OPT_BY, OPT_WHY, OPT_MULTIPLE, OPT_HELP };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},     {"group", required_argument, NULL, OPT_GROUP},
        {"from", required_argument, NULL, OPT_FROM}, {"by", required_argument, NULL, OPT_BY},
        {"why", required_argument, NULL, OPT_WHY},   {"multiple", no_argument, NULL, OPT_MULTIPLE},
        {"help", no_argument, NULL, OPT_HELP},       {NULL, 0, NULL, 0},
    };
    const char **const texts[] = {&c->db, &c->group, &c->from};
    int option;

    while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        switch (option) {
        case OPT_DB:
        case OPT_GROUP:
        case OPT_FROM:
            *texts[option - OPT_DB] = optarg;
            break;
        case OPT_BY:
            c->by = optarg;
            break;
        case OPT_WHY:
            c->why = optarg;
            break;
        case OPT_MULTIPLE:
            c->multiple = true;
            break;
        case 'h':
        case OPT_HELP:
            *ret_help = true;
            return 0;
        default:
            return usage_error_option("review set", argc, argv, option);
        }
    }
    int status = check_words(c, argc - optind, argv + optind);
    return status != 0 ? status : check_people(c);
}

/* ---- decisions ---- */

static int decide(struct review_session *session, const struct review_orders *orders,
                  struct set_result *result, struct diag *d)
{
    int rc = score_lines_read(&result->before, session->store, d);

    if (rc == 0)
        rc = review_decide(session->store, session->exam, orders, &result->outcome, d);
    if (rc == 0)
        rc = score_lines_read(&result->after, session->store, d);
    if (rc == 0 && score_changes_find(&result->before, &result->after, false, &result->changes) < 0)
        rc = diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    if (rc == 0 && result->changes.n > 0)
        rc = store_audit_changes(session->store, "scores", "changed by review",
                                 result->changes.changes, result->changes.n, d);
    return rc;
}

static int decide_one(struct review_session *session, const struct set_command *c,
                      struct review_orders orders, struct set_result *result, struct diag *d)
{
    const struct review_decision decision = {c->id, c->value, c->why, c->multiple, 0};

    orders.decisions = &decision;
    orders.n = 1;
    return decide(session, &orders, result, d);
}

static int decide_file(struct review_session *session, const struct set_command *c,
                       struct review_orders orders, struct set_result *result, struct diag *d)
{
    struct decision_file file = {0};
    int rc = decision_file_load(c->from, c->why, &file, d);

    if (rc < 0)
        return rc;
    orders.decisions = file.decisions;
    orders.n = file.n;
    orders.file = c->from;
    rc = decide(session, &orders, result, d);
    decision_file_finish(&file);
    return rc;
}

static int collect_group(const struct review_list *list, int group, const struct set_command *c,
                         struct review_decision *decisions)
{
    int n = 0;

    for (int i = 0; i < list->n; i++)
        if (list->items[i].group == group)
            decisions[n++] =
                (struct review_decision){list->items[i].name, c->value, c->why, c->multiple, 0};
    return n;
}

static int decide_group(struct review_session *session, const struct set_command *c,
                        struct review_orders orders, struct set_result *result, struct diag *d)
{
    const struct review_filter filter = {.all = true, .crops = true};
    struct review_list list = {0};
    struct review_decision *decisions = NULL;
    int group = 0, rc = review_list_load(&list, session->store, session->exam, &filter, d);

    if (rc == 0)
        rc = review_list_group(&list, d);
    if (rc == 0)
        rc = review_list_find_group(&list, c->group, &group, d);
    if (rc == 0) {
        decisions = calloc((size_t)list.n + 1, sizeof *decisions);
        if (!decisions)
            rc = diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    }
    if (rc == 0 && decisions) {
        orders.n = collect_group(&list, group, c, decisions);
        orders.decisions = decisions;
        orders.group = c->group;
        rc = decide(session, &orders, result, d);
    }
    free(decisions);
    review_list_finish(&list);
    return rc;
}

static int count_waiting(struct review_session *session, int *ret_waiting, struct diag *d)
{
    const struct review_filter filter = {0};
    struct review_list list = {0};
    int rc = review_list_load(&list, session->store, session->exam, &filter, d);

    if (rc == 0)
        *ret_waiting = list.n;
    review_list_finish(&list);
    return rc;
}

/* One transaction: readings, exceptions, scores and audit together, or none of it. */
static int decide_within(struct review_session *session, const struct set_command *c,
                         struct set_result *result, struct diag *d)
{
    struct review_orders orders = {.by = c->by, .group = "", .second_entry = session->second_entry};
    int rc = store_begin(session->store, d);

    if (rc < 0)
        return rc;
    rc = c->from    ? decide_file(session, c, orders, result, d)
         : c->group ? decide_group(session, c, orders, result, d)
                    : decide_one(session, c, orders, result, d);
    if (rc == 0)
        rc = store_commit(session->store, d);
    if (rc < 0)
        store_rollback(session->store);
    return rc;
}

static int run(const struct set_command *c, struct set_result *result, struct diag *d)
{
    struct review_session session;
    int rc = review_session_open(c->exam, c->db, STORE_WRITE, &session, d);

    if (rc == 0)
        rc = decide_within(&session, c, result, d);
    if (rc == 0)
        rc = count_waiting(&session, &result->waiting, d);
    review_session_close(&session);
    return rc;
}

static void print_result(const struct set_result *r)
{
    print_changes(stdout, &r->changes, MAX_PRINTED);
    if (r->outcome.entered > 0)
        printf(_("%d entered: they count when another person has entered the same\n"),
               r->outcome.entered);
    if (r->outcome.differ > 0)
        printf(_("%d stay open: two people entered different values\n"), r->outcome.differ);
    printf(_("%d readings set, %zu scores changed, %d readings wait\n"), r->outcome.decided,
           r->changes.n, r->waiting);
}

int cmd_review_set(int argc, char **argv)
{
    struct set_command c = {0};
    struct set_result result = {0};
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
    score_changes_finish(&result.changes);
    score_lines_finish(&result.before);
    score_lines_finish(&result.after);
    diag_finish(&d);
    return status;
}
