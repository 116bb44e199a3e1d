/* cmd_form_draft.c - `yuejuan form draft BLANK.png [-o form.yaml]`. */
#include "cmd_form.h"

#include "commands.h"
#include "diag.h"
#include "form.h"
#include "form_draft.h"
#include "i18n.h"
#include "ingest.h"
#include "messages.h"
#include "pending_file.h"
#include "scan_page.h"
#include "vision.h"
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COMMAND "form draft"

struct draft_command {
    const char *scan, *output;
    int page;
    struct draft_options options;
};

static void print_help(void)
{
    puts(
        _("usage: yuejuan form draft BLANK [-o form.yaml]\n"
          "\n"
          "proposes a form from the scan of a blank answer sheet: rows and columns of bubbles,\n"
          "numbered as people read, and the marks a sheet is found by; comments in it say what a\n"
          "person should look at (docs/form-draft.md)\n"
          "\n"
          "  BLANK               JPEG, PNG, TIFF, PDF or ZIP; best a flat scan at 200 dpi or more\n"
          "  -o, --output FILE   the form to write, default: stdout\n"
          "      --page SIZE     the paper: A4, letter, ... or WxH in mm; default: guessed\n"
          "      --page-number N page of the scan, default 1\n"
          "      --dpi N         the scan's resolution, where the file does not say it\n"
          "      --turn N        0, 90, 180 or 270: degrees clockwise that turn the scan upright;\n"
          "                      default: guessed\n"
          "      --name NAME     of the form, default: the file's\n"
          "      --help          this text\n"
          "\n"
          "example: yuejuan form draft blank.png -o form.yaml\n"
          "         yuejuan form check form.yaml --scan blank.png -o check.png\n"
          "\n"
          "exit status: 0 drafted, 2 no bubbles were found, 3 the scan cannot be read"));
}

/* ---- options ---- */

static bool find_paper(const char *text, const char **ret_name)
{
    double w, h;
    for (size_t i = 0; form_paper(i, ret_name, &w, &h); i++)
        if (strcasecmp(*ret_name, text) == 0)
            return true;
    return false;
}

static int parse_paper(const char *text, struct draft_options *o)
{
    char *end;
    if (find_paper(text, &o->paper))
        return 0;
    o->paper = NULL;
    o->page_w = strtod(text, &end);
    const char *second = *end == 'x' ? end + 1 : end;
    o->page_h = strtod(second, &end);
    if (second == text || end == second || *end || !(o->page_w >= 20 && o->page_w <= 1000) ||
        !(o->page_h >= 20 && o->page_h <= 1000))
        return usage_error(COMMAND, _("'%s' is no paper such as A4 or 210x297"), text);
    return 0;
}

static int parse_number(const char *text, const char *option, long least, long most, long *ret)
{
    char *end;
    *ret = strtol(text, &end, 10);
    if (end == text || *end || *ret < least || *ret > most)
        return usage_error(COMMAND, _("'%s' is no number from %ld to %ld, as --%s wants"), text,
                           least, most, option);
    return 0;
}

enum { OPT_PAGE = 256, OPT_NUMBER, OPT_DPI, OPT_TURN, OPT_NAME };

static int parse_option(int option, struct draft_command *c)
{
    long n = 0;
    int status = 0;
    if (option == 'o')
        c->output = optarg;
    else if (option == OPT_NAME)
        c->options.name = optarg;
    else if (option == OPT_PAGE)
        status = parse_paper(optarg, &c->options);
    else if (option == OPT_NUMBER &&
             (status = parse_number(optarg, "page-number", 1, 1000000, &n)) == 0)
        c->page = (int)n;
    else if (option == OPT_DPI && (status = parse_number(optarg, "dpi", 30, 2400, &n)) == 0)
        c->options.dpi = (double)n;
    else if (option == OPT_TURN && (status = parse_number(optarg, "turn", 0, 270, &n)) == 0) {
        c->options.turn = (int)n;
        if (n % 90 != 0)
            status = usage_error(COMMAND, _("--turn takes 0, 90, 180 or 270"));
    }
    return status;
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct draft_command *c, bool *ret_help)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"page", required_argument, NULL, OPT_PAGE},
                                            {"page-number", required_argument, NULL, OPT_NUMBER},
                                            {"dpi", required_argument, NULL, OPT_DPI},
                                            {"turn", required_argument, NULL, OPT_TURN},
                                            {"name", required_argument, NULL, OPT_NAME},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option, status = 0;
    while (status == 0 && (option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
        if (option == 'h') {
            *ret_help = true;
            return 0;
        }
        status = option == '?' || option == ':' ? usage_error_option(COMMAND, argc, argv, option)
                                                : parse_option(option, c);
    }
    if (status == 0 && argc - optind != 1)
        status = usage_error(COMMAND, _("name one scan of a blank sheet"));
    c->scan = argv[optind];
    return status;
}

/* ---- the command ---- */

/* The file's name without folder and ending, to be freed. */
static char *name_of(const char *path)
{
    char *copy = strdup(path), *name = copy ? strdup(basename(copy)) : NULL;
    char *dot = name ? strrchr(name, '.') : NULL;
    if (dot && dot > name)
        *dot = '\0';
    free(copy);
    return name;
}

static void print_outcome(const struct draft_command *c, const struct form *form, int doubts)
{
    int bubbles = 0;
    for (int i = 0; i < form->n_fields; i++)
        bubbles += form->fields[i].n_bubbles;
    fprintf(stderr, _("fields: %d, bubbles: %d; to be checked by a person: %d\n"), form->n_fields,
            bubbles, doubts);
    if (c->output)
        fprintf(stderr, _("look at it: yuejuan form check %s --scan %s -o check.png\n"), c->output,
                c->scan);
}

static int draft(struct draft_command *c, const struct image *page, struct diag *d)
{
    char *yaml = NULL, *name = c->options.name ? NULL : name_of(c->scan);
    struct form *form = NULL;
    int doubts = 0;
    c->options.scan = c->scan;
    if (name)
        c->options.name = name;
    int rc = form_draft(page, &c->options, &yaml, &doubts, d);
    /* What we write must pass our own checks. */
    if (rc == 0)
        rc = form_parse(yaml, strlen(yaml), c->output ? c->output : "form.yaml", ".", &form, d);
    if (rc == YJ_EINPUT && yaml) /* a person may mend it */
        file_write_text(c->output, yaml, d);
    if (rc == 0)
        rc = file_write_text(c->output, yaml, d);
    if (rc == 0)
        print_outcome(c, form, doubts);
    form_destroy(form);
    free(yaml);
    free(name);
    return rc;
}

int form_draft_command(int argc, char **argv)
{
    struct draft_command c = {.page = 1, .options = {.turn = -1}};
    struct image page;
    struct diag d;
    bool help = false;
    int status = parse_options(argc, argv, &c, &help);
    if (help)
        print_help();
    if (status != 0 || help)
        return status;
    diag_init(&d);
    image_init(&page);
    int rc = vision_init();
    if (rc == 0)
        rc = scan_page_decode(c.scan, c.page, &page, &d);
    if (rc == YJ_EDATA) {
        finish_command(&d, rc);
        status = EXIT_UNREADABLE;
    } else {
        if (rc == 0)
            rc = draft(&c, &page, &d);
        status = finish_command(&d, rc);
    }
    image_finish(&page);
    diag_finish(&d);
    return status;
}
