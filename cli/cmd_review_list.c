/* cmd_review_list.c - `yuejuan review list EXAM`: what waits for a person, as CSV or JSON. */
#include "cell_writer.h"
#include "commands.h"
#include "diag.h"
#include "i18n.h"
#include "messages.h"
#include "pending_file.h"
#include "review.h"
#include "review_session.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct list_command {
    const char *exam, *db;
    struct review_filter filter;
    bool json, group;
};

static void print_help(void)
{
    puts(_("usage: yuejuan review list EXAM [--field F] [--candidate C] [--group] [--json]\n"
           "\n"
           "lists the readings that wait for a person: a row each, with its id\n"
           "\n"
           "  EXAM              the exam's folder, its exam.yaml, or the database\n"
           "      --field F     of this field alone\n"
           "      --candidate C of this candidate alone\n"
           "      --group       handwritten answers that look alike as one row, to be decided at\n"
           "                    once with 'review set --group'\n"
           "      --all         also fields with several marks, and handwriting that the key does\n"
           "                    not score\n"
           "      --json        JSON instead of CSV\n"
           "      --db FILE     the database, default EXAM/results.db\n"
           "      --help        this text\n"
           "\n"
           "waits: first (for a decision), second (for another person to enter it too) or differ\n"
           "(two people entered different values)\n"
           "\n"
           "example: yuejuan review list midterm/ --field q12\n"
           "\n"
           "exit status: 0 done, 1 failed, 2 wrong usage or exam"));
}

static int check_arguments(struct list_command *c, int argc, char **argv)
{
    if (optind == argc)
        return usage_error("review list", _("no exam given"));
    if (optind + 1 < argc)
        return usage_error("review list", _("one exam at a time: '%s'"), argv[optind + 1]);
    if (c->group && c->filter.candidate)
        return usage_error("review list",
                           _("a group is of all candidates: leave out --candidate or --group"));
    c->exam = argv[optind];
    c->filter.crops = c->group;
    return 0;
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct list_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_FIELD, OPT_CANDIDATE, OPT_ALL, OPT_GROUP, OPT_JSON, OPT_HELP };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},
        {"field", required_argument, NULL, OPT_FIELD},
        {"candidate", required_argument, NULL, OPT_CANDIDATE},
        {"all", no_argument, NULL, OPT_ALL},
        {"group", no_argument, NULL, OPT_GROUP},
        {"json", no_argument, NULL, OPT_JSON},
        {"help", no_argument, NULL, OPT_HELP},
        {NULL, 0, NULL, 0},
    };
    const struct {
        int option;
        const char **text;
        bool *flag;
    } targets[] = {{OPT_DB, &c->db, NULL},
                   {OPT_FIELD, &c->filter.field, NULL},
                   {OPT_CANDIDATE, &c->filter.candidate, NULL},
                   {OPT_ALL, NULL, &c->filter.all},
                   {OPT_GROUP, NULL, &c->group},
                   {OPT_JSON, NULL, &c->json}};
    int option;

    while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        size_t i = 0;
        if (option == 'h' || option == OPT_HELP) {
            *ret_help = true;
            return 0;
        }
        while (i < sizeof targets / sizeof *targets && targets[i].option != option)
            i++;
        if (i == sizeof targets / sizeof *targets)
            return usage_error_option("review list", argc, argv, option);
        if (targets[i].text)
            *targets[i].text = optarg;
        else
            *targets[i].flag = true;
    }
    return check_arguments(c, argc, argv);
}

/* ---- rows ---- */

struct cell {
    const char *name, *text;
    bool numeric;
};

struct table {
    struct cell_writer writer;
    bool json;
    int n_rows;
};

static int write_row(struct table *t, const struct cell *cells, int n)
{
    FILE *out = t->writer.out;
    int rc = 0;

    if (t->json)
        fputs(t->n_rows > 0 ? ",\n{" : "\n{", out);
    for (int i = 0; i < n && rc == 0; i++)
        rc = t->json
                 ? cell_write_json(&t->writer, i, cells[i].name, cells[i].text, cells[i].numeric)
                 : cell_write_csv(&t->writer, i, cells[i].text);
    fputs(t->json ? "}" : "\n", out);
    t->n_rows++;
    return rc;
}

static int write_header(struct table *t, const struct cell *cells, int n)
{
    int rc = 0;

    if (t->json)
        putc('[', t->writer.out);
    for (int i = 0; i < n && rc == 0 && !t->json; i++)
        rc = cell_write_csv(&t->writer, i, cells[i].name);
    if (!t->json)
        putc('\n', t->writer.out);
    return rc;
}

static void print_share(double share, char text[32])
{
    snprintf(text, 32, "%.6g", share);
}

#define READING_CELLS 11

static void fill_reading(const struct review_item *item, char numbers[2][32],
                         struct cell cells[READING_CELLS])
{
    snprintf(numbers[0], 32, "%d", item->page);
    print_share(item->confidence, numbers[1]);
    const struct cell filled[READING_CELLS] = {
        {"id", item->name, false},
        {"scan", item->scan, false},
        {"page", numbers[0], true},
        {"candidate", item->candidate, false},
        {"field", item->field->name, false},
        {"value", item->value, false},
        {"status", reading_status_name(item->status), false},
        {"confidence", numbers[1], true},
        {"kind", field_kind_name(item->field->kind), false},
        {"waits", review_wait_name(item->wait), false},
        {"entered_by", item->entered_by, false},
    };
    memcpy(cells, filled, sizeof filled);
}

static int write_readings(struct table *t, const struct review_list *list)
{
    static const struct form no_form;
    static const struct field no_field = {.name = ""};
    const struct review_item none = {.scan = "",
                                     .candidate = "",
                                     .form = &no_form,
                                     .field = &no_field,
                                     .value = "",
                                     .entered_by = ""};
    char numbers[2][32];
    struct cell cells[READING_CELLS];
    int rc;

    fill_reading(&none, numbers, cells);
    rc = write_header(t, cells, READING_CELLS);
    for (int i = 0; i < list->n && rc == 0; i++) {
        fill_reading(&list->items[i], numbers, cells);
        rc = write_row(t, cells, READING_CELLS);
    }
    return rc;
}

/* The ids of a group's readings with spaces between; the caller frees it. */
static char *join_members(const struct review_list *list, int group)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *space = "";

    if (!out)
        return NULL;
    for (int i = list->groups[group].first; i < list->n; i++)
        if (list->items[i].group == group) {
            fprintf(out, "%s%s", space, list->items[i].name);
            space = " ";
        }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* The wait of the group is that of its readings, or what most asks for people. */
static enum review_wait group_wait(const struct review_list *list, int group)
{
    enum review_wait wait = WAIT_FIRST;

    for (int i = list->groups[group].first; i < list->n; i++)
        if (list->items[i].group == group && list->items[i].wait > wait)
            wait = list->items[i].wait;
    return wait;
}

#define GROUP_CELLS 9

static void fill_group(const struct review_group *group, const struct review_item *item,
                       const char *members, enum review_wait wait, char numbers[3][32],
                       struct cell cells[GROUP_CELLS])
{
    snprintf(numbers[0], 32, "%d", group->count);
    print_share(group->least, numbers[1]);
    print_share(group->mean, numbers[2]);
    const struct cell filled[GROUP_CELLS] = {
        {"group", group->name, false},
        {"field", item->field->name, false},
        {"kind", field_kind_name(item->field->kind), false},
        {"value", item->value, false},
        {"count", numbers[0], true},
        {"least_confidence", numbers[1], true},
        {"mean_confidence", numbers[2], true},
        {"waits", review_wait_name(wait), false},
        {"readings", members, false},
    };
    memcpy(cells, filled, sizeof filled);
}

static int write_groups(struct table *t, const struct review_list *list)
{
    static const struct field no_field = {.name = ""};
    const struct review_item none = {.field = &no_field, .value = ""};
    const struct review_group no_group = {.count = 0};
    char numbers[3][32];
    struct cell cells[GROUP_CELLS];
    int rc;

    fill_group(&no_group, &none, "", WAIT_FIRST, numbers, cells);
    rc = write_header(t, cells, GROUP_CELLS);
    for (int g = 0; g < list->n_groups && rc == 0; g++) {
        char *members = join_members(list, g);
        if (!members)
            return YJ_ENOMEM;
        fill_group(&list->groups[g], &list->items[list->groups[g].first], members,
                   group_wait(list, g), numbers, cells);
        rc = write_row(t, cells, GROUP_CELLS);
        free(members);
    }
    return rc;
}

static int write_list(const struct review_list *list, const struct list_command *c, struct diag *d)
{
    struct table t = {.writer = {.out = stdout}, .json = c->json};
    int rc = c->group ? write_groups(&t, list) : write_readings(&t, list);

    if (c->json)
        fputs("\n]\n", stdout);
    cell_writer_finish(&t.writer);
    if (rc < 0)
        return diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory"));
    return fflush(stdout) == 0 && !ferror(stdout)
               ? 0
               : file_write_error(_("standard output"), errno, d);
}

static int run(const struct list_command *c, struct diag *d)
{
    struct review_session session;
    struct review_list list = {0};
    int rc = review_session_open(c->exam, c->db, STORE_READ, &session, d);

    if (rc == 0)
        rc = review_list_load(&list, session.store, session.exam, &c->filter, d);
    if (rc == 0 && c->group)
        rc = review_list_group(&list, d);
    if (rc == 0)
        rc = write_list(&list, c, d);
    review_list_finish(&list);
    review_session_close(&session);
    return rc;
}

int cmd_review_list(int argc, char **argv)
{
    struct list_command c = {0};
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
