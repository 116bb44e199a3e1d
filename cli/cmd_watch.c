/* cmd_watch.c - `yuejuan watch EXAM --inbox DIR`: grades what arrives, until stopped. */
#include "commands.h"
#include "diag.h"
#include "exam.h"
#include "guard_options.h"
#include "i18n.h"
#include "messages.h"
#include "path_look.h"
#include "store.h"
#include "vision.h"
#include "watch.h"
#include "watch_status.h"
#include <getopt.h>
#include <libgen.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct watch_command {
    const char *exam, *db, *inbox, *batch, *metrics;
    int jobs;
    double settle, interval;
    struct guard_options guard;
    bool poll, once, quiet, json;
};

/* Signal handlers can reach nothing else. */
static atomic_bool stop_wanted, reload_wanted;

static void note_stop(int signal_number)
{
    (void)signal_number;
    atomic_store(&stop_wanted, true);
}

static void note_reload(int signal_number)
{
    (void)signal_number;
    atomic_store(&reload_wanted, true);
}

/* Waiting for events is interrupted by either (poll never restarts), reading by neither; a second
 * request to stop finds the default, and kills. */
static void catch_signals(void)
{
    struct sigaction stop = {.sa_handler = note_stop, .sa_flags = SA_RESETHAND | SA_RESTART};
    struct sigaction again = {.sa_handler = note_reload, .sa_flags = SA_RESTART};
    sigemptyset(&stop.sa_mask);
    sigemptyset(&again.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGHUP, &again, NULL);
}

static void print_help(void)
{
    puts(_(
        "usage: yuejuan watch EXAM --inbox DIR\n"
        "\n"
        "grades every scan that arrives in a folder, until stopped; each file ends in done/,\n"
        "failed/ (with a .txt that says why) or duplicate/ below the folder, once it is stored\n"
        "\n"
        "  EXAM              the exam's folder, its exam.yaml, or a single form file\n"
        "      --inbox DIR   the folder; each of its subfolders is a batch of that name\n"
        "      --db FILE     database to write, default EXAM/results.db\n"
        "      --batch NAME  of files in the folder itself\n"
        "  -j, --jobs N      pages read at a time, 1 to 256; default: one a core\n"
        "      --once        grade what lies there, and end\n"
        "      --poll        look every few seconds instead of waiting for the kernel's word, as\n"
        "                    is done by itself for folders of other machines (SMB, NFS)\n"
        "      --settle S    seconds without a change until a file is complete, default 2\n"
        "      --interval S  seconds between looks, default 2, with the kernel's word 30\n"
        "      --metrics F   a file for Prometheus' node exporter, kept up to date\n"
        "      --sandbox W   decode scans in processes that can do no harm: auto (default) as far "
        "as\n"
        "                    this machine can, on (or not at all), off\n"
        "      --page-limit S  seconds that a page may take before it is given up, default 10\n"
        "      --quiet       say nothing of files that are done\n"
        "      --json        the counts as JSON on stdout at the end\n"
        "      --help        this text\n"
        "\n"
        "example: yuejuan watch midterm/ --inbox /srv/scanner\n"
        "\n"
        "SIGHUP reads the exam, its key and its roster again; SIGTERM and Ctrl-C finish the pages\n"
        "in hand, score them and end; see 'yuejuan status'\n"
        "exit status: 0 stopped or done, 1 failed, 2 wrong usage or exam, 3 with --once: done, "
        "but\n"
        "some files could not be read as scans, or lie in the inbox still"));
}

static int parse_seconds(const char *text, double *ret_seconds)
{
    char *end;
    double seconds = strtod(text, &end);
    if (!*text || *end || !isfinite(seconds) || seconds <= 0 || seconds > 86400)
        return usage_error("watch", _("'%s' is no number of seconds"), text);
    *ret_seconds = seconds;
    return 0;
}

static int parse_jobs(const char *text, int *ret_jobs)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (!*text || *end || n < 1 || n > 256)
        return usage_error("watch", _("'%s' is no number of jobs from 1 to 256"), text);
    *ret_jobs = (int)n;
    return 0;
}

static int check_arguments(struct watch_command *c, int argc, char **argv)
{
    if (optind == argc)
        return usage_error("watch", _("no exam given"));
    if (optind + 1 < argc)
        return usage_error("watch", _("one exam at a time: '%s'"), argv[optind + 1]);
    if (!c->inbox)
        return usage_error("watch", _("no folder given: use --inbox DIR"));
    c->exam = argv[optind];
    return 0;
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct watch_command *c, bool *ret_help)
{
    enum {
        OPT_DB = 256,
        OPT_INBOX,
        OPT_BATCH,
        OPT_ONCE,
        OPT_POLL,
        OPT_SETTLE,
        OPT_INTERVAL,
        OPT_METRICS,
        OPT_SANDBOX,
        OPT_PAGE_LIMIT,
        OPT_QUIET,
        OPT_JSON,
        OPT_HELP
    };
    static const struct option options[] = {
        {"db", required_argument, NULL, OPT_DB},
        {"inbox", required_argument, NULL, OPT_INBOX},
        {"batch", required_argument, NULL, OPT_BATCH},
        {"jobs", required_argument, NULL, 'j'},
        {"once", no_argument, NULL, OPT_ONCE},
        {"poll", no_argument, NULL, OPT_POLL},
        {"settle", required_argument, NULL, OPT_SETTLE},
        {"interval", required_argument, NULL, OPT_INTERVAL},
        {"metrics", required_argument, NULL, OPT_METRICS},
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
        case OPT_INBOX:
            c->inbox = optarg;
            break;
        case OPT_BATCH:
            c->batch = optarg;
            break;
        case 'j':
            r = parse_jobs(optarg, &c->jobs);
            break;
        case OPT_ONCE:
            c->once = true;
            break;
        case OPT_POLL:
            c->poll = true;
            break;
        case OPT_SETTLE:
            r = parse_seconds(optarg, &c->settle);
            break;
        case OPT_INTERVAL:
            r = parse_seconds(optarg, &c->interval);
            break;
        case OPT_METRICS:
            c->metrics = optarg;
            break;
        case OPT_SANDBOX:
            r = parse_sandbox("watch", optarg, &c->guard);
            break;
        case OPT_PAGE_LIMIT:
            r = parse_page_limit("watch", optarg, &c->guard);
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
            r = usage_error_option("watch", argc, argv, option);
        }
    }
    return r == 0 ? check_arguments(c, argc, argv) : r;
}

/* ---- what is told ---- */

struct watch_voice {
    const struct watch_command *command;
    const struct watch_status *status;
    const struct exam *exam;
};

static void print_event(void *context, enum watch_event event, const char *text)
{
    const struct watch_voice *voice = context;
    bool is_news = event != WATCH_SCORED && event != WATCH_MOVED && event != WATCH_RELOADED;
    char clock[32] = "";
    time_t now = time(NULL);
    struct tm local;
    if (voice->command->quiet && !is_news)
        return;
    if (localtime_r(&now, &local))
        strftime(clock, sizeof clock, "%H:%M:%S", &local);
    switch (event) {
    case WATCH_MOVED:
        fprintf(stderr, "%s %s\n", clock, text);
        break;
    case WATCH_SCORED:
        fprintf(stderr, "%s %s\n", clock, _("scores are up to date"));
        break;
    case WATCH_TROUBLE:
        fprintf(stderr, _("%s trouble: %s\n"), clock, text);
        break;
    case WATCH_WARNING:
        fprintf(stderr, _("%s warning: %s\n"), clock, text);
        break;
    case WATCH_RELOADED:
        fprintf(stderr, "%s %s\n", clock, _("the exam was read again"));
        break;
    case WATCH_ALARM:
        fprintf(stderr, _("%s alarm: %s\n"), clock, text);
        break;
    }
}

static void write_status(void *context, const struct watch_counts *counts)
{
    const struct watch_voice *voice = context;
    watch_status_write(voice->status, voice->command->inbox, counts);
    if (voice->command->metrics)
        watch_metrics_write(voice->command->metrics, voice->exam->title, counts);
}

/* Whether what `path` names, or its folder where it does not exist yet, lies in `folder`. */
static bool is_within(const char *path, const char *folder)
{
    char *inner = realpath(path, NULL), *outer = realpath(folder, NULL), *copy = NULL;
    if (!inner && (copy = strdup(path)) != NULL)
        inner = realpath(dirname(copy), NULL);
    size_t n = outer ? strlen(outer) : 0;
    bool within = inner && outer && strncmp(inner, outer, n) == 0 &&
                  (inner[n] == '\0' || inner[n] == '/' || n == 1);
    free(inner);
    free(outer);
    free(copy);
    return within;
}

/* Everything in an inbox is taken for a scan and moved: the pictures of a form too. */
static int check_inbox(const struct exam *exam, const char *db_path, const char *inbox,
                       struct diag *d)
{
    const char *held = is_within(exam->path, inbox) ? exam->path
                       : is_within(db_path, inbox)  ? db_path
                                                    : NULL;
    return held ? diag_error(d, YJ_EINPUT, inbox, 0, 0, _("name a folder that is for scans only"),
                             _("the inbox '%s' holds '%s', which is no scan"), inbox, held)
                : 0;
}

static int watch(struct watch_command *c, const struct exam *exam, const char *db_path,
                 struct sandbox *sandbox, struct watch_counts *counts, struct diag *d)
{
    struct watch_status status;
    int r = watch_status_open(db_path, &status, d);
    if (r < 0)
        return r;
    struct watch_voice voice = {.command = c, .status = &status, .exam = exam};
    const struct watch_options options = {
        .inbox = c->inbox,
        .exam_path = c->exam,
        .db_path = db_path,
        .batch = c->batch ? c->batch : "",
        .jobs = c->jobs,
        .poll = c->poll,
        .once = c->once,
        .settle = c->settle,
        .interval = c->interval,
        .sandbox = sandbox,
        .lost = &c->guard.lost,
        .page_seconds = c->guard.page_seconds,
        .stop = &stop_wanted,
        .reload = &reload_wanted,
        .event = print_event,
        .status = write_status,
        .context = &voice,
    };
    r = watch_run(exam, &options, counts, d);
    watch_status_close(&status);
    return r;
}

static int run(struct watch_command *c, struct watch_counts *counts, struct diag *d)
{
    struct exam *exam = NULL;
    struct sandbox *sandbox = NULL;
    int r = path_look(c->exam, d);
    if (r == 0 && c->db)
        r = path_look(c->db, d);
    if (r == 0)
        r = path_look(c->inbox, d);
    if (r < 0)
        return r;
    if (store_is_database(c->exam))
        return diag_error(d, YJ_EINPUT, c->exam, 0, 0,
                          _("name the exam's folder, and the database with --db"),
                          _("'%s' is a database, not an exam with scans"), c->exam);
    r = exam_load(c->exam, &exam, d);
    if (r < 0)
        return r;
    r = sandbox_open(c->guard.sandbox, &sandbox, d);
    if (r < 0) {
        exam_destroy(exam);
        return r;
    }
    diag_print(d, stderr); /* warnings are for now, not for the evening */
    diag_finish(d);
    diag_init(d);
    const char *db_path = c->db ? c->db : exam->db_path;
    r = check_inbox(exam, db_path, c->inbox, d);
    if (r == 0)
        r = watch(c, exam, db_path, sandbox, counts, d);
    leave_guarded(&c->guard, exam, sandbox);
    return r;
}

int cmd_watch(int argc, char **argv)
{
    struct watch_command c = {0};
    struct watch_counts counts = {.trouble = ""};
    struct diag d;
    bool help = false;
    int status = parse_options(argc, argv, &c, &help);
    if (help)
        print_help();
    if (status != 0 || help)
        return status;
    catch_signals();
    diag_init(&d);
    int r = vision_init();
    if (r == 0)
        r = run(&c, &counts, &d);
    status = finish_command(&d, r);
    if (c.json && r == 0)
        printf("{\"done\":%ld,\"failed\":%ld,\"duplicate\":%ld,\"pages\":%ld,\"waiting\":%d,"
               "\"passed_over\":%d}\n",
               counts.done, counts.failed, counts.duplicate, counts.pages, counts.waiting,
               counts.passed_over);
    diag_finish(&d);
    if (status == EXIT_DONE && c.once && counts.waiting > counts.held)
        return EXIT_FAILED; /* interrupted, as grade says it */
    bool some_left = counts.failed > 0 || counts.held > 0;
    return status == EXIT_DONE && c.once && some_left ? EXIT_UNREADABLE : status;
}
