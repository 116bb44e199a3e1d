/* messages.c - language, alignment, and what is told about a run. */
#include "messages.h"
#include "alarm_list.h"
#include "commands.h"
#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- language ---- */

/* Where a program that was not installed finds its translations: ../po from its own folder. */
static const char *build_locale_dir(char path[PATH_MAX])
{
    struct stat st;
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 16);
    char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;
    if (!slash)
        return NULL;
    strcpy(slash, "/../po/zh_TW");
    if (stat(path, &st) != 0)
        return NULL;
    strcpy(slash, "/../po");
    return path;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

/* A bare machine knows no locale but C.UTF-8, and gettext no neighbours; neither is a reason to
 * answer in English who asked for Chinese. */
static void choose_language(void)
{
    static const char *const neighbours[][2] = {
        {"zh_HK", "zh_TW"}, {"zh_MO", "zh_TW"}, {"zh_SG", "zh_CN"}};
    const char *wanted = getenv(is_set("LC_ALL")        ? "LC_ALL"
                                : is_set("LC_MESSAGES") ? "LC_MESSAGES"
                                                        : "LANG");
    const char *language = NULL;
    if (!setlocale(LC_ALL, "")) {
        setlocale(LC_ALL, "C.UTF-8");
        language = wanted;
    }
    for (size_t i = 0; wanted && i < sizeof neighbours / sizeof *neighbours; i++)
        if (strncmp(wanted, neighbours[i][0], strlen(neighbours[i][0])) == 0)
            language = neighbours[i][1];
    if (language && !is_set("LANGUAGE"))
        setenv("LANGUAGE", language, 1);
}

void messages_init(void)
{
    char path[PATH_MAX];
    const char *dir = getenv("YUEJUAN_LOCALE_DIR");
    choose_language();
    setlocale(LC_NUMERIC, "C");
    if (!dir || !*dir)
        dir = build_locale_dir(path);
    bindtextdomain(YJ_TEXT_DOMAIN, dir ? dir : YJ_LOCALE_DIR);
    bind_textdomain_codeset(YJ_TEXT_DOMAIN, "UTF-8");
}

void messages_set_language(const char *language)
{
    const char *now = setlocale(LC_MESSAGES, NULL);
    if (!now || strcmp(now, "C") == 0 || strcmp(now, "POSIX") == 0) /* knows no LANGUAGE */
        setlocale(LC_MESSAGES, "C.UTF-8");
    setenv("LANGUAGE", language, 1);
    textdomain(YJ_TEXT_DOMAIN); /* makes gettext look again */
}

/* ---- errors ---- */

static void print_prefix(const char *command)
{
    if (command)
        fprintf(stderr, "yuejuan %s: ", command);
    else
        fputs("yuejuan: ", stderr);
}

static int print_pointer(const char *command)
{
    fputs(" (", stderr);
    if (command)
        fprintf(stderr, _("see 'yuejuan %s --help'"), command);
    else
        fputs(_("see 'yuejuan --help'"), stderr);
    fputs(")\n", stderr);
    return EXIT_USAGE;
}

int usage_error(const char *command, const char *fmt, ...)
{
    char *text;
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    va_end(args);
    print_prefix(command);
    text_print(stderr, text ? text : _("out of memory"));
    free(text);
    return print_pointer(command);
}

int usage_error_option(const char *command, int argc, char **argv, int returned)
{
    const char *argument = argv[optind > 1 ? optind - 1 : 1];
    if (returned == ':')
        return usage_error(command, _("option '%s' needs a value"), argument);
    if (optopt && argument[0] == '-' && argument[1] != '-')
        return usage_error(command, _("unknown option '-%c'"), optopt);
    return usage_error(command, _("unknown option '%s'"), argument);
}

int finish_command(const struct diag *d, int code)
{
    diag_print(d, stderr);
    if (code == 0)
        return EXIT_DONE;
    if (d->errors == 0) /* there was no memory even to say so */
        fprintf(stderr, "yuejuan: %s: %s\n", _("error"),
                code == YJ_ENOMEM ? _("out of memory") : _("the run failed"));
    return code == YJ_EINPUT ? EXIT_USAGE : EXIT_FAILED;
}

const char *scores_are_old(void)
{
    return _("the scores are older than what is stored: a run is under way, or did not end; run "
             "grade or regrade");
}

/* ---- alignment ---- */

/* The character at *text, which is moved past it; a byte that is no UTF-8 counts as itself. */
static uint32_t next_character(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    int more = p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : p[0] >= 0xC0 ? 1 : 0;
    uint32_t c = more == 3 ? p[0] & 0x07 : more == 2 ? p[0] & 0x0F : more == 1 ? p[0] & 0x1F : p[0];
    int i = 1;
    for (; i <= more && (p[i] & 0xC0) == 0x80; i++)
        c = c << 6 | (p[i] & 0x3F);
    *text += i;
    return c;
}

/* Unicode's East Asian Width W and F, in the blocks that names and messages use. */
static int character_width(uint32_t c)
{
    static const struct {
        uint32_t first, last;
        int width;
    } ranges[] = {
        {0x0300, 0x036F, 0},   {0x1100, 0x115F, 2}, {0x200B, 0x200F, 0},   {0x2E80, 0x303E, 2},
        {0x3041, 0xA4CF, 2},   {0xAC00, 0xD7A3, 2}, {0xF900, 0xFAFF, 2},   {0xFE30, 0xFE6F, 2},
        {0xFF00, 0xFF60, 2},   {0xFFE0, 0xFFE6, 2}, {0x1F300, 0x1F64F, 2}, {0x1F900, 0x1F9FF, 2},
        {0x20000, 0x3FFFD, 2},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return ranges[i].width;
    return 1;
}

int display_width(const char *text)
{
    int width = 0;
    while (*text)
        width += character_width(next_character(&text));
    return width;
}

void print_padded(FILE *out, const char *text, int width)
{
    int spaces = width - display_width(text);
    text_print(out, text);
    fprintf(out, "%*s", spaces > 0 ? spaces : 0, "");
}

void print_labelled(FILE *out, const struct labelled *lines, size_t n)
{
    int width = 0;
    for (size_t i = 0; i < n; i++) {
        int w = display_width(lines[i].label);
        width = w > width ? w : width;
    }
    for (size_t i = 0; i < n; i++) {
        print_padded(out, lines[i].label, width + 2);
        text_print(out, lines[i].value);
        fputc('\n', out);
    }
}

/* ---- progress ---- */

static void format_duration(double seconds, char text[32])
{
    long s = seconds < 0 ? 0 : (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(text, 32, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, 32, "%ld:%02ld", s / 60, s % 60);
}

void print_progress(void *context, const struct grade_progress *progress)
{
    double rate = progress->seconds > 0 ? progress->pages_done / progress->seconds : 0;
    char left[32];
    fputs("\r", stderr);
    if (progress->share_done > 0 && progress->seconds > 2) {
        double share = progress->share_done;
        format_duration(progress->seconds * (1 - share) / share, left);
        fprintf(stderr, _("%d scans, %d pages, %.1f pages/s, %.0f %%, %s left"),
                progress->scans_done, progress->pages_done, rate, 100 * share, left);
    } else {
        fprintf(stderr, _("%d scans, %d pages, %.1f pages/s"), progress->scans_done,
                progress->pages_done, rate);
    }
    fputs("\033[K", stderr); /* erases what is left of a longer line before it */
    fflush(stderr);
}

void clear_progress(void)
{
    fputs("\r\033[K", stderr);
    fflush(stderr);
}

/* ---- summary ---- */

/* A count that need not be whole: "0.040", "3.2", "118"; no exponents, which few offices read. */
static void format_expected(double expected, char text[32])
{
    if (expected > 0 && expected < 0.001)
        snprintf(text, 32, "< 0.001");
    else
        snprintf(text, 32, "%.*f", expected < 1 ? 3 : expected < 10 ? 1 : 0, expected);
}

void describe_review(const struct mark_counts *marks, char *text, size_t size)
{
    const struct reliability r = reliability_compute(marks);
    if (marks->fields == 0)
        snprintf(text, size, "%s", _("no field with bubbles was read"));
    else
        snprintf(text, size,
                 _("%lld of %lld fields (%.2f %%; 95 %%: %.2f to %.2f %%) go to a person"),
                 (long long)marks->review, (long long)marks->fields, 100 * r.review_share,
                 100 * r.review.low, 100 * r.review.high);
}

void describe_silent(const struct mark_counts *marks, char *text, size_t size)
{
    const struct reliability r = reliability_compute(marks);
    char expected[32];
    format_expected(marks->silent_expected, expected);
    snprintf(text, size, _("%s expected among the other %lld (95 %%: at most %lld)"), expected,
             (long long)(marks->fields - marks->review), (long long)r.silent_most);
}

void describe_roster(const struct roster_counts *r, char *text, size_t size)
{
    if (r->candidates < 0) {
        snprintf(text, size, "%s", _("none: any candidate is welcome"));
        return;
    }
    int n = snprintf(text, size, _("%d = %d scored + %d pending + %d absent + %d void"),
                     r->candidates, r->scored, r->pending, r->absent, r->voided);
    if (r->waiting > 0 && n >= 0 && (size_t)n < size)
        n += snprintf(text + n, size - (size_t)n, _(" + %d without a score: run regrade"),
                      r->waiting);
    if (r->others > 0 && n >= 0 && (size_t)n < size)
        snprintf(text + n, size - (size_t)n, _("; %d sheets more are of nobody on it"), r->others);
}

void print_summary(FILE *out, const struct grade_summary *s, const char *db_path)
{
    double rate = s->seconds > 0 ? s->pages / s->seconds : 0;
    struct labelled lines[] = {{.label = _("scans")},         {.label = _("pages")},
                               {.label = _("readings")},      {.label = _("marks")},
                               {.label = _("silent errors")}, {.label = _("scores")},
                               {.label = _("roster")},        {.label = _("exceptions")},
                               {.label = _("time")},          {.label = _("results")}};
    size_t size = sizeof lines->value;
    snprintf(lines[0].value, size, _("%d new, %d graded before, %d unreadable"), s->scans,
             s->scans_already, s->unreadable);
    snprintf(lines[1].value, size, _("%d read, %d refused; of all batches %d in = %d out"),
             s->pages_read, s->pages_refused, s->pages_in, s->pages_stored);
    snprintf(lines[2].value, size, _("%d, of which %d blank, %d with several marks, %d uncertain"),
             s->readings, s->blank, s->multiple, s->uncertain);
    describe_review(&s->marks, lines[3].value, size);
    describe_silent(&s->marks, lines[4].value, size);
    snprintf(lines[5].value, size, _("%d scored, %d pending, %d absent"), s->scored, s->pending,
             s->absent);
    describe_roster(&s->roster, lines[6].value, size);
    snprintf(lines[7].value, size, _("%d ('yuejuan export EXAM --what exceptions' lists them)"),
             s->exceptions);
    snprintf(lines[8].value, size, _("%.1f s, %.1f pages/s"), s->seconds, rate);
    snprintf(lines[9].value, size, "%s", db_path);
    print_labelled(out, lines, sizeof lines / sizeof *lines);
    if (s->scores_changed > 0)
        fprintf(out,
                _("%zu scores that were made before are others now: 'yuejuan export EXAM --what "
                  "changes' lists them\n"),
                s->scores_changed);
    if (s->interrupted)
        fprintf(out,
                _("interrupted: what was graded is kept, %d files are left; run the same command "
                  "again to go on\n"),
                s->scans_left);
}

/* null where there is no number. */
static void print_json_real(FILE *out, const char *name, double value)
{
    if (isnan(value))
        fprintf(out, ",\"%s\":null", name);
    else
        fprintf(out, ",\"%s\":%.6g", name, value);
}

static void print_json_roster(FILE *out, const struct roster_counts *r)
{
    if (r->candidates < 0)
        fputs(",\"roster\":null", out);
    else
        fprintf(out,
                ",\"roster\":{\"candidates\":%d,\"scored\":%d,\"pending\":%d,\"absent\":%d,"
                "\"void\":%d,\"waiting\":%d,\"others\":%d}",
                r->candidates, r->scored, r->pending, r->absent, r->voided, r->waiting, r->others);
}

static void print_json_marks(FILE *out, const struct grade_summary *s)
{
    const struct reliability r = reliability_compute(&s->marks);
    fprintf(out, ",\"marks\":{\"fields\":%lld,\"review\":%lld", (long long)s->marks.fields,
            (long long)s->marks.review);
    print_json_real(out, "review_share", r.review_share);
    print_json_real(out, "review_low", r.review.low);
    print_json_real(out, "review_high", r.review.high);
    print_json_real(out, "silent_expected", s->marks.silent_expected);
    fprintf(out, ",\"silent_most\":%lld", (long long)r.silent_most);
    print_json_real(out, "silent_rate", r.silent_rate);
    print_json_real(out, "max_silent_error", s->max_silent_error);
    fputc('}', out);
}

void print_json_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 0x20)
            fprintf(out, "\\u%04x", *p);
        else
            fputc(*p, out);
    }
    fputc('"', out);
}

void print_summary_json(FILE *out, const struct grade_summary *s, const char *db_path,
                        const struct alarm_list *alarms)
{
    static const char *const stages[STAGES] = {"decode", "register", "read", "score", "store"};
    const struct {
        const char *name;
        int value;
    } counts[] = {
        {"scans", s->scans},
        {"scans_already", s->scans_already},
        {"unreadable", s->unreadable},
        {"scans_left", s->scans_left},
        {"pages", s->pages},
        {"pages_read", s->pages_read},
        {"pages_refused", s->pages_refused},
        {"pages_in", s->pages_in},
        {"pages_out", s->pages_stored},
        {"readings", s->readings},
        {"blank", s->blank},
        {"multiple", s->multiple},
        {"uncertain", s->uncertain},
        {"candidates", s->candidates},
        {"scored", s->scored},
        {"pending", s->pending},
        {"absent", s->absent},
        {"exceptions", s->exceptions},
        {"scores_changed", (int)s->scores_changed},
    };
    fputs("{\"db\":", out);
    print_json_text(out, db_path);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        fprintf(out, ",\"%s\":%d", counts[i].name, counts[i].value);
    print_json_roster(out, &s->roster);
    print_json_marks(out, s);
    fputs(",\"alarms\":", out);
    alarm_list_print_json(out, alarms);
    fprintf(out, ",\"interrupted\":%s,\"seconds\":%.3f,\"cpu_ms\":{",
            s->interrupted ? "true" : "false", s->seconds);
    for (int i = 0; i < STAGES; i++)
        fprintf(out, "%s\"%s\":%.1f", i ? "," : "", stages[i], s->cpu_ms[i]);
    fputs("}}\n", out);
}
