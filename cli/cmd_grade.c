/* cmd_grade.c - `yuejuan grade EXAM [SCAN...]`. */
#include "alarm_list.h"
#include "commands.h"
#include "diag.h"
#include "exam.h"
#include "grade.h"
#include "guard_options.h"
#include "i18n.h"
#include "marks.h"
#include "messages.h"
#include "page_clock.h"
#include "path_look.h"
#include "store.h"
#include "vision.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct grade_command {
    const char *exam, *db, *batch;
    const char *const *scans;
    size_t n_scans;
    int jobs;
    struct guard_options guard;
    bool quiet, json;
};

/* A signal handler can reach nothing else: set by the first SIGINT, SIGTERM or SIGHUP. */
static atomic_bool interrupted;

static void note_interrupt(int signal_number)
{
    (void)signal_number;
    atomic_store(&interrupted, true);
}

/* The second signal finds the default again, and kills. */
static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = note_interrupt, .sa_flags = SA_RESETHAND | SA_RESTART};
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* The terminal was closed; not where nohup asked for that to be nothing. */
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}

static void print_help(void)
{
    puts(_(
        "usage: yuejuan grade EXAM [SCAN...]\n"
        "\n"
        "reads and scores scans into the exam's database; run again, it adds only what is new\n"
        "\n"
        "  EXAM              the exam's folder, its exam.yaml, or a single form file, which then\n"
        "                    is read and not scored (database: results.db beside it)\n"
        "  SCAN              JPEG, PNG, TIFF, PDF, ZIP of these, or folder; default: EXAM/scans\n"
        "      --db FILE     database to write, default EXAM/results.db\n"
        "  -j, --jobs N      pages read at a time, 1 to 256; default: one a core\n"
        "      --batch NAME  kept with each scan, to tell rooms or days apart\n"
        "      --sandbox W   decode scans in processes that can do no harm: auto (default) as far "
        "as\n"
        "                    this machine can, on (or not at all), off\n"
        "      --page-limit S  seconds that a page may take before it is given up, default 10\n"
        "      --quiet       neither progress nor summary\n"
        "      --json        the summary as JSON on stdout\n"
        "      --help        this text\n"
        "\n"
        "example: yuejuan grade midterm/ room-12.pdf --batch room-12\n"
        "\n"
        "Ctrl-C finishes the pages in hand and keeps them; the same command goes on from there\n"
        "exit status: 0 done, 1 failed or interrupted, 2 wrong usage or exam, 3 done, but some\n"
        "files could not be read as scans"));
}

static int parse_jobs(const char *text, int *ret_jobs)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (!*text || *end || n < 1 || n > 256)
        return usage_error("grade", _("'%s' is no number of jobs from 1 to 256"), text);
    *ret_jobs = (int)n;
    return 0;
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct grade_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_BATCH, OPT_SANDBOX, OPT_PAGE_LIMIT, OPT_QUIET, OPT_JSON, OPT_HELP };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},
        {"jobs", required_argument, NULL, 'j'},
        {"batch", required_argument, NULL, OPT_BATCH},
        {"sandbox", required_argument, NULL, OPT_SANDBOX},
        {"page-limit", required_argument, NULL, OPT_PAGE_LIMIT},
        {"quiet", no_argument, NULL, OPT_QUIET},
        {"json", no_argument, NULL, OPT_JSON},
        {"help", no_argument, NULL, OPT_HELP},
        {NULL, 0, NULL, 0},
    };
    int option, r = 0;
    while (r == 0 && (option = getopt_long(argc, argv, ":j:h", options, NULL)) != -1) {
        switch (option) {
        case OPT_DB:
            c->db = optarg;
            break;
        case 'j':
            r = parse_jobs(optarg, &c->jobs);
            break;
        case OPT_BATCH:
            c->batch = optarg;
            break;
        case OPT_SANDBOX:
            r = parse_sandbox("grade", optarg, &c->guard);
            break;
        case OPT_PAGE_LIMIT:
            r = parse_page_limit("grade", optarg, &c->guard);
            break;
        case OPT_QUIET:
            c->quiet = true;
            break;
        case OPT_JSON:
            c->json = true;
            break;
        case 'h':
        case OPT_HELP:
            *ret_help = true;
            return 0;
        default:
            r = usage_error_option("grade", argc, argv, option);
        }
    }
    if (r == 0 && optind == argc)
        return usage_error("grade", _("no exam given"));
    c->exam = argv[optind];
    c->scans = (const char *const *)argv + optind + 1;
    c->n_scans = (size_t)(argc - optind - 1);
    return r;
}

static int check_default_scans(const struct grade_command *c, const char *folder, struct diag *d)
{
    if (c->n_scans > 0)
        return 0;
    /* One that does not answer is named in its turn. */
    double seconds = c->guard.page_seconds > 0 ? c->guard.page_seconds : PAGE_SECONDS;
    if (!path_answers(folder, seconds, NULL) || access(folder, F_OK) == 0)
        return 0;
    return diag_error(d, YJ_EINPUT, folder, 0, 0,
                      _("put the scans there, or name them after the exam"),
                      _("cannot open '%s': %s"), folder, strerror(errno));
}

/* Everybody on the roster is absent then, which looks like a result. */
static void warn_no_scan(const char *path, const struct grade_summary *summary, struct diag *d)
{
    if (summary->scans + summary->scans_already + summary->unreadable == 0 && !summary->interrupted)
        diag_warning(d, path, 0, 0, _("put the scans there, or name them after the exam"),
                     _("no scan in '%s'"), path);
}

static void warn_promise(const struct exam *exam, struct diag *d)
{
    double wish = exam->max_silent_error, least = omr_best_promise();
    if (wish > 0 && wish < least)
        diag_warning(d, exam->path, 0, 0,
                     _("also raise min_confidence to send more to a person, or ask for %.1e"),
                     _("'%s' %g is less than can be promised, which is %.1e"), "max_silent_error",
                     wish, least);
}

static int run(struct grade_command *c, struct grade_summary *ret_summary,
               struct alarm_list *alarms, char **ret_db_path, struct diag *d)
{
    struct exam *exam = NULL;
    struct sandbox *sandbox = NULL;
    int r = path_look(c->exam, d);
    if (r == 0 && c->db)
        r = path_look(c->db, d);
    if (r < 0)
        return r;
    if (store_is_database(c->exam)) /* of the commands that open no image; it lacks the scans */
        return diag_error(d, YJ_EINPUT, c->exam, 0, 0,
                          _("name the exam's folder, and the database with --db"),
                          _("'%s' is a database, not an exam with scans"), c->exam);
    r = exam_load(c->exam, &exam, d);
    if (r < 0)
        return r;
    warn_promise(exam, d);
    const char *default_scans = exam->scans_dir;
    bool progress = !c->quiet && isatty(STDERR_FILENO);
    struct grade_options options = {
        .paths = c->n_scans ? c->scans : &default_scans,
        .n_paths = c->n_scans ? c->n_scans : 1,
        .db_path = c->db ? c->db : exam->db_path,
        .batch = c->batch ? c->batch : "",
        .jobs = c->jobs,
        .progress = progress ? print_progress : NULL,
        .alarm = alarm_list_add,
        .context = alarms,
        .lost = &c->guard.lost,
        .page_seconds = c->guard.page_seconds,
        .stop = &interrupted,
    };
    char *db_path = strdup(options.db_path);
    r = db_path ? check_default_scans(c, default_scans, d) : YJ_ENOMEM;
    if (r == 0)
        r = sandbox_open(c->guard.sandbox, &sandbox, d);
    options.sandbox = sandbox;
    if (r == 0)
        r = grade_run(exam, &options, ret_summary, d);
    if (progress)
        clear_progress();
    if (r == 0)
        warn_no_scan(options.paths[0], ret_summary, d);
    leave_guarded(&c->guard, exam, sandbox);
    if (r < 0) {
        free(db_path);
        return r;
    }
    *ret_db_path = db_path;
    return 0;
}

static int exit_status_of(const struct grade_summary *summary)
{
    if (summary->interrupted)
        return EXIT_FAILED;
    return summary->unreadable > 0 ? EXIT_UNREADABLE : EXIT_DONE;
}

int cmd_grade(int argc, char **argv)
{
    struct grade_command c = {0};
    struct grade_summary summary;
    struct alarm_list alarms = {0};
    struct diag d;
    char *db_path = NULL;
    bool help = false;
    int status = parse_options(argc, argv, &c, &help);
    if (help)
        print_help();
    if (status != 0 || help)
        return status;
    catch_interrupts();
    diag_init(&d);
    int r = vision_init();
    if (r == 0)
        r = run(&c, &summary, &alarms, &db_path, &d);
    status = finish_command(&d, r);
    if (status == EXIT_DONE) {
        if (!c.quiet) {
            print_summary(stderr, &summary, db_path);
            alarm_list_print(stderr, &alarms);
        }
        if (c.json)
            print_summary_json(stdout, &summary, db_path, &alarms);
        status = exit_status_of(&summary);
    }
    free(db_path);
    alarm_list_finish(&alarms);
    diag_finish(&d);
    return status;
}
