/* yuejuan form import-omrchecker: an OMRChecker template becomes our form, its evaluation our key.
 */
#include "commands.h"
#include "diag.h"
#include "form.h"
#include "i18n.h"
#include "import_omrchecker.h"
#include "key.h"
#include "messages.h"
#include "pending_file.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND "form import-omrchecker"

struct arguments {
    const char *template_path;
    const char *form_path, *key_path; /* to write; NULL: stdout, and no key */
    struct omr_options options;
};

static void print_help(void)
{
    puts(_("usage: yuejuan form import-omrchecker TEMPLATE.json [options]\n"
           "\n"
           "brings an OMRChecker template over to a form of ours (docs/import-omrchecker.md)\n"
           "\n"
           "  -o, --output FILE      the form to write (default: standard output)\n"
           "      --key FILE         also write the key, from evaluation.json beside the template\n"
           "      --candidate FIELD  the field that names the candidate, such as Roll\n"
           "      --page-size WxH    millimetres that pageDimensions cover on paper\n"
           "      --dpi N            pixels of pageDimensions to an inch of paper\n"
           "      --image-size WxH   pixels of the scans, where OMRChecker stretched them\n"
           "                         (default: the page is 210 mm wide and not stretched)\n"
           "  -h, --help             this text\n"
           "\n"
           "example: yuejuan form import-omrchecker template.json -o form.yaml --key key.csv"));
}

/* "210x297": two lengths from 1 to 100000. An exit status. */
static int parse_size(const char *text, double *ret_w, double *ret_h)
{
    char *end;
    double w = strtod(text, &end), h = 0;

    if (end == text || *end != 'x')
        return usage_error(COMMAND, _("'%s' is no size such as 210x297"), text);
    const char *second = end + 1;
    h = strtod(second, &end);
    if (end == second || *end || !(w >= 1 && w <= 1e5 && h >= 1 && h <= 1e5))
        return usage_error(COMMAND, _("'%s' is no size such as 210x297"), text);
    *ret_w = w;
    *ret_h = h;
    return EXIT_DONE;
}

static int parse_dpi(const char *text, double *ret)
{
    char *end;
    double dpi = strtod(text, &end);

    if (end == text || *end || !(dpi >= 10 && dpi <= 2400))
        return usage_error(COMMAND, _("'%s' is no resolution from 10 to 2400"), text);
    *ret = dpi;
    return EXIT_DONE;
}

static int parse_option(int c, const char *value, struct arguments *a)
{
    double w, h;
    int status = EXIT_DONE;

    if (c == 'o')
        a->form_path = value;
    else if (c == 'k')
        a->key_path = value;
    else if (c == 'c')
        a->options.candidate = value;
    else if (c == 'd')
        status = parse_dpi(value, &a->options.dpi);
    else if (c == 'p')
        status = parse_size(value, &a->options.page_w, &a->options.page_h);
    else if (c == 'i' && (status = parse_size(value, &w, &h)) == EXIT_DONE) {
        a->options.image_w = (int)w;
        a->options.image_h = (int)h;
    }
    return status;
}

/* An exit status; *ret_help: only the help was asked for. */
static int parse_arguments(int argc, char **argv, struct arguments *a, bool *ret_help)
{
    static const struct option longs[] = {{"output", required_argument, NULL, 'o'},
                                          {"key", required_argument, NULL, 'k'},
                                          {"candidate", required_argument, NULL, 'c'},
                                          {"dpi", required_argument, NULL, 'd'},
                                          {"page-size", required_argument, NULL, 'p'},
                                          {"image-size", required_argument, NULL, 'i'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c, status = EXIT_DONE;

    opterr = 0;
    optind = 1;
    while (status == EXIT_DONE && (c = getopt_long(argc, argv, ":o:h", longs, NULL)) != -1) {
        if (c == 'h') {
            *ret_help = true;
            return EXIT_DONE;
        }
        status = c == '?' || c == ':' ? usage_error_option(COMMAND, argc, argv, c)
                                      : parse_option(c, optarg, a);
    }
    if (status == EXIT_DONE && optind + 1 != argc)
        status = usage_error(COMMAND, _("name one template, such as template.json"));
    a->template_path = argv[optind];
    return status;
}

/* The folder of a path, to be freed; "." where it has none. */
static char *folder_of(const char *path)
{
    char *copy = strdup(path ? path : "x"), *folder = copy ? strdup(dirname(copy)) : NULL;

    free(copy);
    return folder;
}

/* What we write must pass our own checks; it is told before anything is written. */
static int check_import(const struct arguments *a, const struct omr_import *import, struct diag *d)
{
    const char *form_name = a->form_path ? a->form_path : "form.yaml";
    struct form *form = NULL;
    struct key *key = NULL;
    int rc =
        form_parse(import->form, strlen(import->form), form_name, a->options.out_dir, &form, d);

    if (rc == 0 && import->key)
        rc = key_parse(import->key, strlen(import->key), a->key_path, &key, d);
    if (rc == 0 && import->key) {
        const struct form *forms[] = {form};
        rc = key_check(key, forms, 1, d);
    }
    key_destroy(key);
    form_destroy(form);
    return rc;
}

static int run(struct arguments *a, struct diag *d)
{
    struct omr_import import = {0};
    char *folder = folder_of(a->template_path), *out_dir = folder_of(a->form_path);
    char *evaluation = NULL;
    int rc = folder && out_dir && asprintf(&evaluation, "%s/evaluation.json", folder) >= 0
                 ? 0
                 : YJ_ENOMEM;

    if (rc == 0) {
        a->options.out_dir = out_dir;
        a->options.key_path = a->key_path ? evaluation : NULL;
        if (a->key_path && access(evaluation, R_OK) != 0)
            rc = diag_error(d, YJ_EINPUT, evaluation, 0, 0,
                            _("leave out --key: the form alone is imported then"),
                            _("cannot open '%s': %s"), evaluation, strerror(errno));
        else if (!a->key_path && access(evaluation, R_OK) == 0)
            diag_warning(d, evaluation, 0, 0, _("add --key key.csv"), _("the key is not imported"));
    }
    if (rc == 0)
        rc = omr_import(a->template_path, &a->options, &import, d);
    if (rc == 0)
        rc = check_import(a, &import, d);
    if (rc == 0)
        rc = file_write_text(a->form_path, import.form, d);
    if (rc == 0 && import.key)
        rc = file_write_text(a->key_path, import.key, d);
    omr_import_finish(&import);
    free(evaluation);
    free(out_dir);
    free(folder);
    return rc;
}

int cmd_form_import(int argc, char **argv)
{
    struct arguments a = {0};
    struct diag d;
    bool help = false;
    int status = parse_arguments(argc, argv, &a, &help);

    if (help)
        print_help();
    if (help || status != EXIT_DONE)
        return status;
    diag_init(&d);
    status = finish_command(&d, run(&a, &d));
    diag_finish(&d);
    return status;
}
