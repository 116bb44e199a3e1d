/* cmd_review_show.c - `yuejuan review show EXAM ID`: what was seen of a reading, or of a group. */
#include "commands.h"
#include "contact_sheet.h"
#include "diag.h"
#include "i18n.h"
#include "messages.h"
#include "review.h"
#include "review_doubt.h"
#include "review_session.h"
#include "textfile.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct show_command {
    const char *exam, *db, *id, *group, *output; /* output NULL: no picture */
};

static void print_help(void)
{
    puts(
        _("usage: yuejuan review show EXAM ID -o crop.png\n"
          "       yuejuan review show EXAM --group G -o sheet.png\n"
          "\n"
          "says what was read and why it is in doubt, and writes the picture that was kept of it;\n"
          "of a group, the pictures of its readings side by side (the first 60)\n"
          "\n"
          "  EXAM              the exam's folder, its exam.yaml, or the database\n"
          "  ID                of a reading, as 'review list' has it\n"
          "      --group G     a group, as 'review list --group' has it\n"
          "  -o, --output FILE the PNG to write; default: none, words alone\n"
          "      --db FILE     the database, default EXAM/results.db\n"
          "      --help        this text\n"
          "\n"
          "example: yuejuan review show midterm/ p12f5 -o crop.png\n"
          "\n"
          "exit status: 0 done, 1 failed or no picture was kept, 2 wrong usage, exam or id"));
}

static int check_arguments(struct show_command *c, int argc, char **argv)
{
    int n = argc - optind, wanted = c->group ? 1 : 2;

    if (n == 0)
        return usage_error("review show", _("no exam given"));
    if (n < wanted)
        return usage_error("review show", _("no id of a reading given"));
    if (n > wanted)
        return usage_error("review show", _("one too many: '%s'"), argv[optind + wanted]);
    c->exam = argv[optind];
    c->id = c->group ? NULL : argv[optind + 1];
    return 0;
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct show_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_GROUP, OPT_HELP };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},
        {"group", required_argument, NULL, OPT_GROUP},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, OPT_HELP},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
        switch (option) {
        case OPT_DB:
            c->db = optarg;
            break;
        case OPT_GROUP:
            c->group = optarg;
            break;
        case 'o':
            c->output = optarg;
            break;
        case 'h':
        case OPT_HELP:
            *ret_help = true;
            return 0;
        default:
            return usage_error_option("review show", argc, argv, option);
        }
    }
    return check_arguments(c, argc, argv);
}

static void print_item(const struct review_item *item, double min_confidence)
{
    struct labelled lines[] = {{.label = _("reading")},   {.label = _("scan")},
                               {.label = _("candidate")}, {.label = _("field")},
                               {.label = _("read")},      {.label = _("doubt")},
                               {.label = _("seen")}};
    size_t size = sizeof lines->value, n = sizeof lines / sizeof *lines;

    snprintf(lines[0].value, size, "%s", item->name);
    snprintf(lines[1].value, size, _("%s, page %d"), item->scan, item->page);
    snprintf(lines[2].value, size, "%s", item->candidate[0] ? item->candidate : _("unknown"));
    snprintf(lines[3].value, size, "%s (%s)", item->field->name,
             field_kind_name(item->field->kind));
    snprintf(lines[4].value, size, _("'%s', %s, %.4g %% sure"), item->value,
             reading_status_name(item->status), 100 * item->confidence);
    describe_doubt(item, min_confidence, lines[5].value, size);
    describe_cells(item, lines[6].value, size);
    print_labelled(stdout, lines, lines[6].value[0] ? n : n - 1);
}

static int show_one(struct review_session *session, const struct show_command *c, struct diag *d)
{
    struct review_list one = {0};
    int rc = review_list_load_one(&one, session->store, session->exam, c->id, NULL, 0, d);

    if (rc == 0) {
        print_item(&one.items[0], exam_least_confidence(session->exam, one.items[0].field));
        if (c->output)
            rc = contact_sheet_write_one(c->output, &one.items[0].crop, d);
    }
    review_list_finish(&one);
    return rc;
}

static int write_sheet(const struct review_list *list, int group, const char *path, struct diag *d)
{
    struct crop crops[CONTACT_SHEET_MAX];
    int n = 0, columns = 1;

    for (int i = list->groups[group].first; i < list->n && n < CONTACT_SHEET_MAX; i++)
        if (list->items[i].group == group)
            crops[n++] = list->items[i].crop;
    int rc = contact_sheet_write(path, crops, n, &columns, d);
    if (rc == 0 && list->groups[group].count > n)
        printf(_("the picture shows the first %d of %d\n"), n, list->groups[group].count);
    if (rc == 0)
        printf(_("%d side by side, in the order of the list\n"), columns);
    return rc;
}

static void print_group(const struct review_list *list, int group)
{
    const struct review_group *g = &list->groups[group];

    printf(_("field '%s', '%s', %d readings\n"), list->items[g->first].field->name,
           list->items[g->first].value, g->count);
    for (int i = g->first; i < list->n; i++) {
        const struct review_item *item = &list->items[i];
        if (item->group != group)
            continue;
        print_padded(stdout, item->name, 12);
        printf(" %6.2f %%  ", 100 * item->confidence);
        text_print(stdout, item->scan);
        printf(" %d  ", item->page);
        text_print(stdout, item->candidate);
        putchar('\n');
    }
}

static int show_group(struct review_session *session, const struct show_command *c, struct diag *d)
{
    const struct review_filter filter = {.all = true, .crops = true};
    struct review_list list = {0};
    int group = 0, rc = review_list_load(&list, session->store, session->exam, &filter, d);

    if (rc == 0)
        rc = review_list_group(&list, d);
    if (rc == 0)
        rc = review_list_find_group(&list, c->group, &group, d);
    if (rc == 0)
        print_group(&list, group);
    if (rc == 0 && c->output)
        rc = write_sheet(&list, group, c->output, d);
    review_list_finish(&list);
    return rc;
}

static int run(const struct show_command *c, struct diag *d)
{
    struct review_session session;
    int rc = review_session_open(c->exam, c->db, STORE_READ, &session, d);

    if (rc == 0)
        rc = c->group ? show_group(&session, c, d) : show_one(&session, c, d);
    review_session_close(&session);
    return rc;
}

int cmd_review_show(int argc, char **argv)
{
    struct show_command c = {0};
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
