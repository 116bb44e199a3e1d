/* cmd_purge.c - `yuejuan purge EXAM --images --before DATE`: pictures of handwriting that are no
 * longer needed. Without --yes it says what would go. */
#include "commands.h"
#include "diag.h"
#include "exam_argument.h"
#include "i18n.h"
#include "messages.h"
#include "purge.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DATE_LENGTH 10 /* "2026-09-01" */

struct purge_command {
    const char *exam, *db;
    struct purge_options options;
    bool images, json;
};

static void print_help(void)
{
    puts(_("usage: yuejuan purge EXAM --images --before DATE [--yes]\n"
           "\n"
           "deletes the pictures of handwriting in the database (answers, numbers, names) when\n"
           "their time is over, so that their bytes are gone; scores and readings stay, the audit\n"
           "keeps what was deleted. Without --yes it only says what would be\n"
           "\n"
           "  EXAM              the exam's folder, its exam.yaml, or the database\n"
           "      --images      pictures are what to delete\n"
           "      --before DATE of scans that were stored before this day (2026-09-01, UTC)\n"
           "      --yes         really delete them: nothing brings them back\n"
           "      --even-pending  also pictures that wait for a person, who then sees none\n"
           "      --json        the counts as JSON on stdout\n"
           "      --db FILE     the database, default EXAM/results.db\n"
           "      --help        this text\n"
           "\n"
           "example: yuejuan purge midterm/ --images --before 2026-09-01\n"
           "\n"
           "exit status: 0 done, 1 failed, 2 wrong usage or exam"));
}

/* ---- options ---- */

static bool is_date(const char *text, struct tm *ret_day)
{
    char back[DATE_LENGTH + 1];
    struct tm day = {0};
    const char *end = strlen(text) == DATE_LENGTH ? strptime(text, "%Y-%m-%d", &day) : NULL;
    time_t instant;

    if (!end || *end != '\0')
        return false;
    instant = timegm(&day); /* the 31st of June is the 1st of July */
    gmtime_r(&instant, &day);
    strftime(back, sizeof back, "%Y-%m-%d", &day);
    *ret_day = day;
    return strcmp(back, text) == 0;
}

static int check_date(const char *text)
{
    struct tm day;

    if (!text)
        return usage_error("purge", _("no day given: use --before 2026-09-01"));
    if (!is_date(text, &day))
        return usage_error("purge", _("'%s' is no day: write it as 2026-09-01"), text);
    if (timegm(&day) > time(NULL))
        return usage_error("purge", _("the day '%s' has not come yet"), text);
    return 0;
}

static int check_arguments(struct purge_command *c, int argc, char **argv)
{
    if (optind == argc)
        return usage_error("purge", _("no exam given"));
    if (optind + 1 < argc)
        return usage_error("purge", _("one exam at a time: '%s'"), argv[optind + 1]);
    if (!c->images)
        return usage_error("purge", _("nothing given to delete: use --images"));
    c->exam = argv[optind];
    return check_date(c->options.before);
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct purge_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_IMAGES, OPT_BEFORE, OPT_YES, OPT_EVEN, OPT_DRY, OPT_JSON };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},
        {"images", no_argument, NULL, OPT_IMAGES},
        {"before", required_argument, NULL, OPT_BEFORE},
        {"yes", no_argument, NULL, OPT_YES},
        {"dry-run", no_argument, NULL, OPT_DRY},
        {"even-pending", no_argument, NULL, OPT_EVEN},
        {"json", no_argument, NULL, OPT_JSON},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool dry = false;
    int option;

    while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        switch (option) {
        case OPT_DB:
            c->db = optarg;
            break;
        case OPT_IMAGES:
            c->images = true;
            break;
        case OPT_BEFORE:
            c->options.before = optarg;
            break;
        case OPT_YES:
            c->options.really = true;
            break;
        case OPT_DRY:
            dry = true;
            break;
        case OPT_EVEN:
            c->options.even_pending = true;
            break;
        case OPT_JSON:
            c->json = true;
            break;
        case 'h':
            *ret_help = true;
            return 0;
        default:
            return usage_error_option("purge", argc, argv, option);
        }
    }
    if (dry && c->options.really)
        return usage_error("purge", _("--dry-run and --yes are opposites: use one of them"));
    return check_arguments(c, argc, argv);
}

/* ---- the run ---- */

static int run(const struct purge_command *c, struct purge_result *result, struct diag *d)
{
    struct store *store = NULL;
    struct exam *of_files = NULL, *of_store = NULL;
    enum store_mode mode = c->options.really ? STORE_WRITE : STORE_READ;
    int rc = exam_argument_open(c->exam, c->db, mode, &store, &of_files, d);

    if (rc == 0)
        rc = store_get_exam(store, &of_store, d);
    if (rc == 0)
        rc = purge_images(store, of_store, &c->options, result, d);
    exam_destroy(of_store);
    exam_destroy(of_files);
    store_close(store);
    return rc;
}

static void print_result(const struct purge_command *c, const struct purge_result *r)
{
    const struct store_purge_counts *n = &r->counts;

    printf(c->options.really
               ? _("%lld of %lld pictures deleted, %.1f MB, of scans stored before %s\n")
               : _("%lld of %lld pictures would be deleted, %.1f MB, of scans stored "
                   "before %s\n"),
           (long long)n->images, (long long)n->all, (double)n->bytes / 1e6, c->options.before);
    if (n->kept > 0)
        printf(_("%lld more wait for a person and are kept ('yuejuan review list'; --even-pending "
                 "deletes them, too)\n"),
               (long long)n->kept);
    if (r->files > 0)
        printf(_("%d of these scans still lie there as files, the first in '%s': they are yours to "
                 "delete\n"),
               r->files, r->where);
    if (!c->options.really)
        puts(_("nothing was deleted: the same command with --yes does it"));
}

static void print_json(const struct purge_command *c, const struct purge_result *r)
{
    printf(
        "{\"deleted\":%s,\"images\":%lld,\"bytes\":%lld,\"kept\":%lld,\"all\":%lld,\"files\":%d}\n",
        c->options.really ? "true" : "false", (long long)r->counts.images,
        (long long)r->counts.bytes, (long long)r->counts.kept, (long long)r->counts.all, r->files);
}

int cmd_purge(int argc, char **argv)
{
    struct purge_command c = {0};
    struct purge_result result = {0};
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
        print_json(&c, &result);
    else if (rc == 0)
        print_result(&c, &result);
    status = finish_command(&d, rc);
    free(result.where);
    diag_finish(&d);
    return status;
}
