/* cmd_simulate.c - `yuejuan simulate EXAM -n N --seed S -o DIR`. */
#include "commands.h"
#include "diag.h"
#include "exam.h"
#include "i18n.h"
#include "messages.h"
#include "simulate.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SHEETS 1000000
#define MIN_DPI 50
#define MAX_DPI 600

struct simulate_command {
    const char *exam, *dir, *profile;
    bool has_n, has_seed, quiet;
    struct simulate_settings settings;
};

static void print_names(const char *label, const char *const *names)
{
    int column = printf("  %s", label);
    for (; *names; names++) {
        if (column + (int)strlen(*names) + 1 > 90)
            column = printf("\n    ") - 1;
        column += printf(" %s", *names);
    }
    putchar('\n');
}

static void print_help(void)
{
    puts(_("usage: yuejuan simulate EXAM -n N --seed S -o DIR\n"
           "\n"
           "makes N candidates' filled, printed and scanned sheets, and says what they meant:\n"
           "DIR/scans, DIR/truth.csv, DIR/marks.csv, DIR/pages.csv\n"
           "\n"
           "  EXAM                the exam's folder, its exam.yaml, or a single form file;\n"
           "                      candidates are the roster's, or numbered\n"
           "  -n, --sheets N      how many sheets\n"
           "      --seed S        the same seed makes the same sheets, whatever N and -j are\n"
           "  -o, --output DIR    a folder that is new or empty\n"
           "      --profile NAME  office (default), rough, phone\n"
           "      --damage NAME   this kind of damage alone, on every page; none: no damage\n"
           "      --manner NAME   all marks in this manner, and nothing else beside\n"
           "      --restless      everyone often erases, strikes out and marks twice\n"
           "      --dpi N         of the scans, 50 to 600; default: the profile's own\n"
           "  -j, --jobs N        sheets made at a time, 1 to 256; default: one a core\n"
           "      --quiet         no progress\n"
           "      --help          this text\n"));
    print_names(_("damages:"), simulate_damage_names());
    print_names(_("manners:"), simulate_manner_names());
    puts(_("\nexample: yuejuan simulate midterm/ -n 100 --seed 2000 -o sheets\n"
           "         yuejuan grade midterm/ sheets/scans\n"
           "\n"
           "exit status: 0 done, 1 failed (disk full), 2 wrong usage or exam"));
}

static int parse_number(const char *text, long low, long high, const char *what, long *ret)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (!*text || *end || errno || n < low || n > high)
        return usage_error("simulate", _("%s '%s' is no number from %ld to %ld"), what, text, low,
                           high);
    *ret = n;
    return 0;
}

static int parse_seed(const char *text, struct simulate_command *c)
{
    char *end;
    errno = 0;
    c->settings.seed = strtoull(text, &end, 10);
    c->has_seed = true;
    if (!*text || *end || errno || strchr(text, '-'))
        return usage_error("simulate", _("seed '%s' is no whole number from 0 on"), text);
    return 0;
}

static int parse_profile(const char *text, struct simulate_command *c)
{
    const char *const *names = simulate_profile_names();
    for (int i = 0; names[i]; i++)
        if (strcmp(text, names[i]) == 0) {
            c->settings.profile = (enum simulate_profile)i;
            return 0;
        }
    return usage_error("simulate", _("unknown profile '%s'"), text);
}

enum {
    OPT_SEED = 256,
    OPT_PROFILE,
    OPT_DAMAGE,
    OPT_MANNER,
    OPT_RESTLESS,
    OPT_DPI,
    OPT_QUIET,
    OPT_HELP
};

static int take_option(int option, struct simulate_command *c, bool *ret_help)
{
    long n = 0;
    int r = 0;
    switch (option) {
    case 'n':
        r = parse_number(optarg, 1, MAX_SHEETS, "-n", &n);
        c->settings.n_sheets = (int)n;
        c->has_n = true;
        return r;
    case 'j':
        r = parse_number(optarg, 1, 256, "-j", &n);
        c->settings.jobs = (int)n;
        return r;
    case OPT_DPI:
        r = parse_number(optarg, MIN_DPI, MAX_DPI, "--dpi", &n);
        c->settings.dpi = (double)n;
        return r;
    case OPT_SEED:
        return parse_seed(optarg, c);
    case OPT_PROFILE:
        return parse_profile(optarg, c);
    case 'o':
        c->dir = optarg;
        return 0;
    case OPT_DAMAGE:
        c->settings.damage = optarg;
        return 0;
    case OPT_MANNER:
        c->settings.manner = optarg;
        return 0;
    case OPT_RESTLESS:
        c->settings.restless = true;
        return 0;
    case OPT_QUIET:
        c->quiet = true;
        return 0;
    default:
        *ret_help = true;
        return 0;
    }
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct simulate_command *c, bool *ret_help)
{
    static const struct option options[] = {
        {"sheets", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, OPT_SEED},
        {"output", required_argument, NULL, 'o'},
        {"profile", required_argument, NULL, OPT_PROFILE},
        {"damage", required_argument, NULL, OPT_DAMAGE},
        {"manner", required_argument, NULL, OPT_MANNER},
        {"restless", no_argument, NULL, OPT_RESTLESS},
        {"dpi", required_argument, NULL, OPT_DPI},
        {"jobs", required_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, OPT_QUIET},
        {"help", no_argument, NULL, OPT_HELP},
        {NULL, 0, NULL, 0},
    };
    int option, r = 0;
    while (r == 0 && (option = getopt_long(argc, argv, ":n:o:j:h", options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return usage_error_option("simulate", argc, argv, option);
        r = take_option(option, c, ret_help);
        if (*ret_help)
            return 0;
    }
    if (r != 0)
        return r;
    if (optind == argc)
        return usage_error("simulate", _("no exam given"));
    if (optind + 1 < argc)
        return usage_error("simulate", _("one exam at a time: '%s'"), argv[optind + 1]);
    if (!c->has_n || !c->has_seed || !c->dir)
        return usage_error("simulate", _("say how many sheets, from which seed and where to: "
                                         "-n N --seed S -o DIR"));
    c->exam = argv[optind];
    return 0;
}

static void show_progress(void *user, int done, int total)
{
    fprintf(stderr, "\r");
    fprintf(stderr, _("%d of %d sheets"), done, total);
    if (done == total)
        clear_progress();
    fflush(stderr);
}

int cmd_simulate(int argc, char **argv)
{
    struct simulate_command c = {.settings = {.profile = PROFILE_OFFICE}};
    struct exam *exam = NULL;
    struct diag d;
    bool help = false;
    int status = parse_options(argc, argv, &c, &help);

    if (help)
        print_help();
    if (status != 0 || help)
        return status;
    diag_init(&d);
    bool progress = !c.quiet && isatty(STDERR_FILENO);
    int rc = exam_load(c.exam, &exam, &d);
    if (rc == 0)
        rc = simulate_run(exam, &c.settings, c.dir, progress ? show_progress : NULL, NULL, &d);
    exam_destroy(exam);
    status = finish_command(&d, rc);
    diag_finish(&d);
    return status;
}
